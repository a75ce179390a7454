package io.voiceagent.ingress.follow;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.Usage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads of the steps of all turns what a {@link TurnWatcher} is told, and no more: most turns are followed by nobody here. */
final class WatchedTurns {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedTurns.class);

    private final TurnWatcher watcher;

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
                accepted(record);
            } else if (record.type().equals(TurnLog.ENDED)) {
                Over over = Json.mapper().readValue(record.value(), Over.class);
                watcher.ended(record.responseId(), over.usage.inputTokens() + over.usage.outputTokens(), over.at);
            } else if (record.type().equals(Verdicts.REPEATED) || record.type().equals(Verdicts.REFUSED)) {
                // It was no turn after all
                watcher.ended(record.responseId(), 0, 0);
            }
        } catch (RuntimeException e) {
            // Not only what is malformed: the tail reads all turns, and must outlive any record of one
            LOG.warn("A step of {} can't be counted", record.responseId(), e);
        }
    }

    /** Reads no further than it must: behind these fields come the turn's input and its catalogue, which may be megabytes. */
    private void accepted(LogRecord record) {
        String tenant = null;
        Long submittedAt = null;
        try (JsonParser parser = Json.mapper().createParser(record.value())) {
            parser.nextToken();
            while ((tenant == null || submittedAt == null) && parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "tenant" -> tenant = parser.getString();
                    case "submittedAt" -> submittedAt = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        }
        watcher.accepted(record.responseId(), required("tenant", tenant), required("submittedAt", submittedAt));
    }

    private static <T> T required(String field, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException("it has no " + field);
        }
        return value;
    }
}
