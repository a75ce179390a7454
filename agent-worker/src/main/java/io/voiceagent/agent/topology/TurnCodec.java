package io.voiceagent.agent.topology;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.voiceagent.agent.core.CallState;
import io.voiceagent.agent.core.Turn;
import io.voiceagent.messages.Json;
import tools.jackson.databind.json.JsonMapper;

/** States of turns as they are kept: JSON, of which fields are added and never removed. */
final class TurnCodec {
    private static final JsonMapper MAPPER = Json.mapper()
            .rebuild()
            .addMixIn(Turn.class, TurnTypes.class)
            .addMixIn(CallState.class, CallStateTypes.class)
            .build();

    private TurnCodec() {}

    static byte[] write(Turn turn) {
        return MAPPER.writerFor(Turn.class).writeValueAsBytes(turn);
    }

    static Turn read(byte[] bytes) {
        return MAPPER.readValue(bytes, Turn.class);
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "state")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Turn.Queued.class, name = "queued"),
        @JsonSubTypes.Type(value = Turn.Running.class, name = "running"),
        @JsonSubTypes.Type(value = Turn.Stopping.class, name = "stopping"),
        @JsonSubTypes.Type(value = Turn.Over.class, name = "over"),
        @JsonSubTypes.Type(value = Turn.Gone.class, name = "gone")
    })
    private interface TurnTypes {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "state")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = CallState.Waiting.class, name = "waiting"),
        @JsonSubTypes.Type(value = CallState.Assigned.class, name = "assigned"),
        @JsonSubTypes.Type(value = CallState.Done.class, name = "done")
    })
    private interface CallStateTypes {}
}
