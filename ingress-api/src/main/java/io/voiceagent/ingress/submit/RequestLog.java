package io.voiceagent.ingress.submit;

import io.opentelemetry.context.Context;
import io.voiceagent.messages.Request;
import reactor.core.publisher.Mono;

/** Where requests go. */
public interface RequestLog {
    /**
     * Appends a request; completes when it is there for good. Signals a {@link io.voiceagent.ingress.refusal.Refusal} when it is not, or when
     * nobody can tell.
     *
     * @param trace its span becomes the parent of everything that follows
     */
    Mono<Void> append(Request request, Context trace);
}
