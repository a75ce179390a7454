package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Objects;

/**
 * A record of {@link Topics#LLM_CALLS} and {@link Topics#TOOL_CALLS}, in the partition of the worker that owns the call. Only
 * the incarnation named as {@link #owner} may act on it; anyone else passes over it.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Call.Model.class, name = "model"),
    @JsonSubTypes.Type(value = Call.Tool.class, name = "tool"),
    @JsonSubTypes.Type(value = Call.Stop.class, name = "stop")
})
public sealed interface Call {
    /** The attempt that is ordered or stopped. */
    CallRef ref();

    /** Key of the frames and results that answer. */
    String conversation();

    /** Incarnation of the worker that may act. */
    String owner();

    /**
     * Call a model.
     *
     * @param notAfter milliseconds since the epoch: not started by then, it is not started at all
     */
    record Model(CallRef ref, String conversation, String tenant, String owner, long notAfter, ModelRequest request)
            implements Call {
        public Model {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(request, "request");
        }
    }

    /**
     * Run a tool.
     *
     * @param notAfter milliseconds since the epoch: not started by then, it is not started at all
     * @param callId the model's id of this call
     * @param hash of the {@link ToolDescription} that the turn pinned
     * @param arguments the model's text, to be checked against the tool's schema by the worker
     */
    record Tool(
            CallRef ref,
            String conversation,
            String tenant,
            String owner,
            long notAfter,
            String callId,
            String tool,
            String hash,
            String arguments)
            implements Call {
        public Tool {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(callId, "callId");
            Objects.requireNonNull(tool, "tool");
            Objects.requireNonNull(hash, "hash");
            Objects.requireNonNull(arguments, "arguments");
        }
    }

    /** Stop that attempt: it is answered with {@link CallResult.Stopped}, {@link CallResult.NeverStarted}, or its result again. */
    record Stop(CallRef ref, String conversation, String owner, String reason) implements Call {
        public Stop {
            Objects.requireNonNull(ref, "ref");
            Objects.requireNonNull(conversation, "conversation");
            Objects.requireNonNull(owner, "owner");
        }
    }
}
