package io.voiceagent.ingress.follow;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Usage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** Reads of the steps of all turns what a {@link TurnWatcher} is told, and no more: most turns are followed by nobody here. */
final class WatchedTurns {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedTurns.class);

    private final TurnWatcher watcher;

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Begun(String tenant, long submittedAt) {}

    /** Of {@link StepEvent.Ended}. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Over(long at, Usage usage) {}

    WatchedTurns(TurnWatcher watcher) {
        this.watcher = watcher;
    }

    /** The next record of the steps. */
    void record(LogRecord record) {
        try {
            if (record.type().equals(TurnLog.ACCEPTED)) {
                Begun begun = Json.mapper().readValue(record.value(), Begun.class);
                watcher.accepted(record.responseId(), begun.tenant, begun.submittedAt);
            } else if (record.type().equals(TurnLog.ENDED)) {
                Over over = Json.mapper().readValue(record.value(), Over.class);
                watcher.ended(record.responseId(), over.usage.inputTokens() + over.usage.outputTokens(), over.at);
            } else if (record.type().equals(Verdicts.REPEATED)) {
                // It was no turn after all
                watcher.ended(record.responseId(), 0, 0);
            }
        } catch (JacksonException e) {
            LOG.warn("A step of {} can't be counted: {}", record.responseId(), e.getOriginalMessage());
        }
    }
}
