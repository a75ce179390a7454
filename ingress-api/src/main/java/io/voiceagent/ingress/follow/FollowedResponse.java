package io.voiceagent.ingress.follow;

import io.voiceagent.messages.fold.ResponseEvent;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A response, running or ended, as it is known at this moment. Safe for use by any number of threads. */
public interface FollowedResponse {
    /** Public id. */
    String id();

    /** Owner. */
    String tenant();

    /** The response object as it is now, JSON text; {@code queued} before the turn was accepted. */
    String json();

    /** Whether the last event is there: nothing changes any more. */
    boolean ended();

    /** Whether it stays when it has ended; if not, it is there a little longer for those who lost their connection, and then gone. */
    boolean stored();

    /**
     * The events after {@code startingAfter}, those that are already there at once and the rest as they come; completes after the last event
     * of the turn. Every subscriber reads the shared events at its own pace and queues nothing.
     *
     * <p>Signals {@link FollowingLostException} when this process can't follow the turn any further (it shuts down, or lost its place in the
     * log): the client resumes elsewhere from the last sequence number that it has.
     *
     * @param startingAfter sequence number of the last event that the subscriber has, -1 for none
     */
    Flux<ResponseEvent> events(long startingAfter);

    /** The final response object, as soon as the turn has ended. Fails like {@link #events}. */
    Mono<String> whenEnded();
}
