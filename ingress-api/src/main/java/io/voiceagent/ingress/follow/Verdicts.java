package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Json;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.StepEvent;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Submissions whose fate somebody waits for: the tail of the committed steps tells it. As many as there are requests that wait. */
final class Verdicts {
    static final String REPEATED = "repeated";

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
        } else if (record.type().equals(REPEATED)) {
            try {
                if (Json.read(record.value(), StepEvent.class) instanceof StepEvent.Repeated repeated) {
                    sink.tryEmitValue(new ResponseReader.Verdict.Repeats(repeated.earlier(), repeated.same()));
                }
            } catch (MalformedMessageException e) {
                sink.tryEmitError(e);
            }
        }
    }

    /** How many are awaited. */
    int size() {
        return awaited.size();
    }
}
