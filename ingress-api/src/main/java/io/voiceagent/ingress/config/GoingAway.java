package io.voiceagent.ingress.config;

import org.springframework.context.SmartLifecycle;

/**
 * At the end of the service, before the server waits for what is open: tells those that hold a connection without an end of its own to let
 * go. They would not end by themselves in that time, and a connection that is just cut tells nobody that the turn goes on.
 */
final class GoingAway implements SmartLifecycle {
    private final Runnable letGo;
    private volatile boolean running;

    /** @param letGo is run once, when the service ends */
    GoingAway(Runnable letGo) {
        this.letGo = letGo;
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
        letGo.run();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
