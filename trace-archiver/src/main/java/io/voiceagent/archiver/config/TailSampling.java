package io.voiceagent.archiver.config;

import io.voiceagent.archiver.tail.TailSampler;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/** Runs the tail sampler, if there is one, with the service. */
final class TailSampling implements SmartLifecycle {
    private final @Nullable TailSampler sampler;
    private volatile boolean running;

    TailSampling(@Nullable TailSampler sampler) {
        this.sampler = sampler;
    }

    @Override
    public void start() {
        if (sampler != null) {
            sampler.start();
        }
        running = true;
    }

    @Override
    public void stop() {
        if (sampler != null) {
            sampler.close();
        }
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
