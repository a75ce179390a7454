package io.voiceagent.ingress.config;

import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Says that the service ends, before the server waits for connections that are open: those that have no end of their own are to close then. */
final class GoingAway implements SmartLifecycle {
    private final Sinks.Empty<Void> ends = Sinks.empty();
    private volatile boolean running;

    /** Completes when the service ends. */
    Mono<Void> ends() {
        return ends.asMono();
    }

    /** Stopped first: the phases of the server are below. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        ends.tryEmitEmpty();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
