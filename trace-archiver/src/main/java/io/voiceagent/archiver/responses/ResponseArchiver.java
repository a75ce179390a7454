package io.voiceagent.archiver.responses;

import io.micrometer.core.instrument.MeterRegistry;
import io.voiceagent.archiver.ingest.LogArchiver;
import java.util.List;

/** Archives the responses of finished turns. */
public final class ResponseArchiver {

    /** What health checks and logs call it. */
    private static final String SUBJECT = "responses";

    private ResponseArchiver() {}

    /** An archiver that has not begun to read. */
    public static LogArchiver of(ResponseStorage storage, ArchiveLimits limits, MeterRegistry registry) {
        ResponseMeters meters = new ResponseMeters(registry, storage.stepsTopic(), storage.streamTopic());
        return new LogArchiver(
                SUBJECT,
                report -> new ResponseSession(storage, limits, meters, report),
                meters.steps,
                List.of(meters.stepsLag, meters.streamLag));
    }
}
