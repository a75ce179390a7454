package io.voiceagent.ingress.config;

import io.voiceagent.ingress.follow.Follow;
import org.springframework.context.SmartLifecycle;

/**
 * At the end of the service, before the server waits for the requests that are open: tells those that follow a turn to go elsewhere. They
 * would not end by themselves in that time, and a connection that is just cut tells nobody that the turn goes on.
 */
final class LetGo implements SmartLifecycle {
    private final Follow follow;
    private volatile boolean running;

    LetGo(Follow follow) {
        this.follow = follow;
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
        follow.letGo();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
