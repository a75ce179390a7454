package io.voiceagent.ingress.follow;

import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Request;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.TurnError;
import java.util.List;
import reactor.core.publisher.Flux;
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
     * yet. What was deleted, or was not to be kept and has ended a while ago, is {@link Lookup.Missing} wherever it lies. Never signals an error for a source that can't be reached: that is {@link Lookup.Unreachable}.
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

    /** Watches which turns of a conversation object begin from now on, in their order. */
    LineWatch line(ConversationId id);

    /** Somebody follows a conversation; to be closed in any case. */
    interface LineWatch extends AutoCloseable {
        /**
         * Ids of the turns that begin; completes when the conversation was deleted. For one subscriber. Signals {@link FollowingLostException}
         * when this process can't follow any further, or the subscriber is too far behind.
         */
        Flux<String> begun();

        @Override
        void close();
    }

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

        /** Nothing comes of it, for this reason. */
        record Refused(TurnError error) implements Verdict {}

        /** It was about a conversation object, and this came of it. */
        record OfConversation(StepEvent.OfConversation event) implements Verdict {}
    }

    /** Watches for the deletion of a response. It sees what is decided from now on, so it comes before the request is appended. */
    DeletionWatch watchDeletion(String responseId);

    /** Somebody waits for a deletion; to be closed in any case. */
    interface DeletionWatch extends AutoCloseable {
        /** Completes when the deletion is committed and nobody is shown the response here any more; without an end when it is not. */
        Mono<Void> deleted();

        @Override
        void close();
    }

    /**
     * Looks for what a turn was submitted with: among the requests in the log, and in the archive.
     *
     * @param id of a response that was found, so that it is known whose it is
     */
    Mono<InputLookup> input(ResponseId id);

    /** What came of a search for an input. */
    sealed interface InputLookup {
        /** It is there; the items are those of the turn itself, not of its ancestors. */
        record Found(List<Item> items) implements InputLookup {}

        /** All sources answered, and none has it any more. */
        record Missing() implements InputLookup {}

        /**
         * A source did not answer, so nobody can tell.
         *
         * @param component {@code kafka} or {@code postgres}
         */
        record Unreachable(String component) implements InputLookup {}
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
