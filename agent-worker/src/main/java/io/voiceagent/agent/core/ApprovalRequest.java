package io.voiceagent.agent.core;

import io.voiceagent.messages.Approvals;
import org.jspecify.annotations.Nullable;

/**
 * A call that a turn which is over has left to the client, kept with that turn. Exactly these arguments are what the client approves.
 *
 * @param id see {@link Approvals#requestId}
 * @param callId the model's id of the call
 * @param askedAt when the turn ended, milliseconds since the epoch
 * @param answeredBy the turn that began with the answer, null as long as there is none. It stands beside the fold of the turn's own events, as
 *     the answer is an event of another turn
 */
public record ApprovalRequest(
        String id,
        String callId,
        String tool,
        String arguments,
        long askedAt,
        @Nullable String answeredBy) {
    ApprovalRequest answered(String by) {
        return new ApprovalRequest(id, callId, tool, arguments, askedAt, by);
    }
}
