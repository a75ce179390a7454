package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.StepEvent;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Submissions whose fate somebody waits for: the tail of the committed steps tells it. As many as there are requests that wait. */
final class Verdicts {
    static final String REPEATED = "repeated";
    static final String REFUSED = "refused";

    private final ConcurrentHashMap<String, Sinks.One<ResponseReader.Verdict>> awaited = new ConcurrentHashMap<>();
    private final Scheduler scheduler;

    /** @param scheduler runs those who wait, since the tail must not */
    Verdicts(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    ResponseReader.Watch watch(String responseId) {
        Sinks.One<ResponseReader.Verdict> sink = Sinks.one();
        awaited.put(responseId, sink);
        return new ResponseReader.Watch() {
            @Override
            public Mono<ResponseReader.Verdict> verdict() {
                return sink.asMono().publishOn(scheduler);
            }

            @Override
            public void close() {
                awaited.remove(responseId, sink);
            }
        };
    }

    /** The next record of the steps. */
    void record(LogRecord record) {
        Sinks.One<ResponseReader.Verdict> sink = awaited.get(record.responseId());
        if (sink == null) {
            return;
        }
        if (record.type().equals(TurnLog.ACCEPTED)) {
            sink.tryEmitValue(new ResponseReader.Verdict.Accepted());
            return;
        }
        try {
            ResponseReader.Verdict verdict = verdict(Json.read(record.value(), StepEvent.class));
            if (verdict != null) {
                sink.tryEmitValue(verdict);
            }
        } catch (MalformedMessageException e) {
            sink.tryEmitError(e);
        }
    }

    private static ResponseReader.@Nullable Verdict verdict(StepEvent event) {
        return switch (event) {
            case StepEvent.Repeated repeated -> new ResponseReader.Verdict.Repeats(repeated.earlier(), repeated.same());
            case StepEvent.Refused refused -> new ResponseReader.Verdict.Refused(refused.error());
            case StepEvent.OfConversation change -> new ResponseReader.Verdict.OfConversation(change);
            default -> null;
        };
    }

    /** How many are awaited. */
    int size() {
        return awaited.size();
    }
}
