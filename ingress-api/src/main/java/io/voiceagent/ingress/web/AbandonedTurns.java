package io.voiceagent.ingress.web;

import io.opentelemetry.context.Context;
import io.voiceagent.ingress.submit.Submissions;
import io.voiceagent.ingress.submit.Submissions.Submitted;
import java.io.IOException;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.netty.channel.AbortedException;

/**
 * Cancels turns whose client goes away before it has its whole answer, for those clients that ask for it. Only the connection that submitted
 * a turn counts: one that was attached to an earlier submission is one of several that wait, and one that only follows has started nothing.
 */
final class AbandonedTurns {
    private static final Logger LOG = LoggerFactory.getLogger(AbandonedTurns.class);

    private final Submissions submissions;

    AbandonedTurns(Submissions submissions) {
        this.submissions = submissions;
    }

    /** Answers with {@code answer}; a submission that is under way when the client goes is brought to its end, and then cancelled. */
    Mono<Void> of(ServerWebExchange exchange, Mono<Submitted> submitted, Function<Submitted, Mono<Void>> answer) {
        return of(
                        Exchanges.tenant(exchange.getAttributes()),
                        Exchanges.trace(exchange.getAttributes()),
                        submitted,
                        answer::apply)
                .then();
    }

    /** As above, of a client whose turn is not a request of its own. */
    <T> Flux<T> of(String tenant, Context trace, Mono<Submitted> submitted, Function<Submitted, Publisher<T>> answer) {
        // Goes on when its subscriber is gone: what may be in the log already has to be found there
        Mono<Submitted> kept = submitted.cache();
        return kept.flatMapMany(answer)
                .doOnError(AbandonedTurns::isGone, gone -> cancel(tenant, trace, kept))
                .doFinally(signal -> {
                    if (signal == SignalType.CANCEL) {
                        cancel(tenant, trace, kept);
                    }
                });
    }

    /** Writing fails with one of these when there is nobody at the other end any more. */
    private static boolean isGone(Throwable failure) {
        return failure instanceof AbortedException || failure instanceof IOException;
    }

    private void cancel(String tenant, Context trace, Mono<Submitted> submitted) {
        submitted
                .filter(done -> !done.replayed())
                .flatMap(done -> submissions.cancel(tenant, done.response().id(), trace))
                .subscribe(
                        ended -> LOG.debug("{} was cancelled, since its client went away", ended.id()),
                        // Nothing was accepted, or the turn goes on to its end as any other does
                        failure -> LOG.warn("A turn whose client went away was not cancelled: {}", failure.toString()));
    }
}
