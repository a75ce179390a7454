package io.voiceagent.agent.core;

import io.voiceagent.agent.core.ConversationRules.Admission;
import io.voiceagent.messages.CallRef;
import io.voiceagent.messages.CallResult;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.TurnError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that a turn has to answer to. Time is an input, too. */
public sealed interface Input {
    /**
     * A client's turn.
     *
     * @param parent what {@code previousResponseId} leads to
     * @param catalogue the hosted tools that the turn may use, see {@link Catalogue#resolve}
     * @param foldVersion version of the fold that all readers have
     * @param traceparent of the request, null when it is not traced
     * @param earlier the submission that this one may repeat, see {@link Registered}; null when there is none
     * @param admission what the conversation that the turn names makes of it; null when it names none
     * @param approvals the requests that the turn's input answers, see {@link ApprovalRules#answered}
     */
    record Submit(
            Request.Submit request,
            Parent parent,
            List<ToolDescription> catalogue,
            int foldVersion,
            @Nullable String traceparent,
            @Nullable Registered earlier,
            @Nullable Admission admission,
            List<ApprovalRequest> approvals)
            implements Input {
        public Submit {
            catalogue = List.copyOf(catalogue);
            approvals = List.copyOf(approvals);
        }

        /** A turn that answers no request for approval. */
        public Submit(
                Request.Submit request,
                Parent parent,
                List<ToolDescription> catalogue,
                int foldVersion,
                @Nullable String traceparent,
                @Nullable Registered earlier,
                @Nullable Admission admission) {
            this(request, parent, catalogue, foldVersion, traceparent, earlier, admission, List.of());
        }

        /** A turn that repeats none. */
        public Submit(
                Request.Submit request,
                Parent parent,
                List<ToolDescription> catalogue,
                int foldVersion,
                @Nullable String traceparent) {
            this(request, parent, catalogue, foldVersion, traceparent, null, null);
        }
    }

    /** The state of the response that a turn continues. */
    enum Parent {
        /** The turn continues none. */
        NONE,
        /** It has ended and its whole branch is there. */
        ENDED,
        /** It has not ended. */
        RUNNING,
        /** It, or an ancestor of it, is not there, no longer there, not kept, or not the tenant's. */
        MISSING
    }

    /** The client wants the turn to stop. */
    record Cancel(Request.Cancel request) implements Input {}

    /**
     * The turn's conversation has time for it.
     *
     * @param parent the node that it follows, null when it is the first
     * @param unfit why it can't follow that node, null when it can
     * @param approvals as of {@link Submit}
     */
    record Begin(@Nullable String parent, @Nullable TurnError unfit, List<ApprovalRequest> approvals) implements Input {
        public Begin {
            approvals = List.copyOf(approvals);
        }

        /** It can, and answers nothing. */
        public Begin(@Nullable String parent) {
            this(parent, null, List.of());
        }
    }

    /** The turn waits at another position of its conversation's queue. */
    record Move(int position) implements Input {}

    /** Another turn takes its place, or its conversation is gone. */
    record Interrupt() implements Input {}

    /** The client wants the response to be gone. */
    record Delete(Request.Delete request) implements Input {}

    /** A worker's answer. */
    record Result(CallResult result) implements Input {}

    /** Look at the time and at the workers: deadline, waits that are over, dead owners, free slots. Does no harm at any moment. */
    record Tick() implements Input {}

    /** The living owner of that attempt does not list it: it is asked what became of it. */
    record Unlisted(CallRef ref) implements Input {}

    /**
     * The turn can't go on, whatever it does: it ends at once and waits for nobody.
     *
     * @param error why
     * @param submit set when the turn was not even accepted
     */
    record Abort(TurnError error, @Nullable Submit submit) implements Input {}
}
