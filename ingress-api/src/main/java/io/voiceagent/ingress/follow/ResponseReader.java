package io.voiceagent.ingress.follow;

import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import reactor.core.publisher.Mono;

/** Finds responses, wherever they are. */
public interface ResponseReader {
    /**
     * Follows a turn whose request has just been acknowledged by the log: {@code queued} until the orchestrator accepts it. Looks nothing up.
     *
     * @param submit the acknowledged record
     */
    FollowedResponse submitted(Request.Submit submit);

    /**
     * Looks for a response: in memory, in the log from the id's time on, in the archive, at last among the requests that nobody has accepted
     * yet. Never signals an error for a source that can't be reached: that is {@link Lookup.Unreachable}.
     *
     * @param id parsed, its MAC already checked
     * @param tenant who asks; another tenant's response is {@link Lookup.Missing}
     */
    Mono<Lookup> find(ResponseId id, String tenant);

    /**
     * Watches for what the orchestrator makes of a submission that may repeat an earlier one. It sees what is decided from now on, so it comes
     * before the request is appended.
     */
    Watch watch(String responseId);

    /** Somebody waits for a verdict; to be closed in any case. */
    interface Watch extends AutoCloseable {
        /** What is committed about the submission; without an end when nothing is. */
        Mono<Verdict> verdict();

        @Override
        void close();
    }

    /** What the orchestrator made of a submission. */
    sealed interface Verdict {
        /** It is a turn. */
        record Accepted() implements Verdict {}

        /**
         * No turn comes of it.
         *
         * @param earlier id of the response that has its place
         * @param same whether the bodies were equal
         */
        record Repeats(String earlier, boolean same) implements Verdict {}
    }

    /** What came of a search. */
    sealed interface Lookup {
        /** It is there. */
        record Found(FollowedResponse response) implements Lookup {}

        /** All sources answered, and none has it for that tenant. */
        record Missing() implements Lookup {}

        /**
         * A source did not answer, so nobody can tell.
         *
         * @param component {@code kafka} or {@code postgres}
         * @param reason for people and logs
         */
        record Unreachable(String component, String reason) implements Lookup {}
    }
}
