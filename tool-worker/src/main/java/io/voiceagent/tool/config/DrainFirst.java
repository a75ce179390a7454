package io.voiceagent.tool.config;

import io.voiceagent.transport.stage.StageRuntime;
import org.springframework.context.SmartLifecycle;

/**
 * Begins the end of the service with the stage. By default the web server comes first, for 2 s and more in which the worker
 * would take calls still, and health and metrics would be gone while calls run out.
 */
final class DrainFirst implements SmartLifecycle {
    private final StageRuntime stage;
    private volatile boolean running;

    DrainFirst(StageRuntime stage) {
        this.stage = stage;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        stage.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
