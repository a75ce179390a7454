package io.voiceagent.transport.stage;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.voiceagent.messages.Call;
import io.voiceagent.transport.stage.Conclusion.End;
import io.voiceagent.transport.stage.Conclusion.StopKind;
import io.voiceagent.transport.telemetry.LogScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt under way: runs its handler, and ends with exactly one conclusion. */
final class RunningCall implements CallContext {
    private static final Logger LOG = LoggerFactory.getLogger(RunningCall.class);
    private final Call call;
    private final FrameStream frames;
    private final Span span;
    private final Context context;
    private final BooleanSupplier leaseHeld;
    private final Duration stopGrace;
    private final CompletableFuture<End> end = new CompletableFuture<>();

    private final List<Runnable> onStop = new ArrayList<>();
    private @Nullable StopKind stop;
    private @Nullable Thread handlerThread;

    RunningCall(
            Call call, FrameStream frames, Span span, Context context, BooleanSupplier leaseHeld, Duration stopGrace) {
        this.call = call;
        this.frames = frames;
        this.span = span;
        this.context = context;
        this.leaseHeld = leaseHeld;
        this.stopGrace = stopGrace;
    }

    /** Runs the handler on a virtual thread and waits until it has ended or is overdue. */
    Conclusion run(CallHandler handler) throws InterruptedException {
        frames.open();
        Thread thread = Thread.ofVirtual().name("call-" + ref()).unstarted(context.wrap((Runnable)
                () -> end.complete(handle(handler))));
        startUnlessStopped(thread);
        End ended = awaitEnd();
        return new Conclusion(ended, stopKind(), frames.broken());
    }

    /**
     * Tells the attempt to end. The first reason counts.
     *
     * @param by where the actions of {@link #onStop} run
     */
    void stop(StopKind kind, Executor by) {
        List<Runnable> actions;
        synchronized (this) {
            if (stop != null) {
                return;
            }
            stop = kind;
            actions = List.copyOf(onStop);
            frames.stop();
            if (handlerThread == null) {
                // Not begun: it never will
                end.complete(new End.Threw(new CallStoppedException("Stopped before it began", null)));
            } else {
                handlerThread.interrupt();
            }
        }
        by.execute(() -> actions.forEach(this::runQuietly));
        CompletableFuture.delayedExecutor(stopGrace.toMillis(), TimeUnit.MILLISECONDS, by)
                .execute(() -> {
                    if (end.complete(new End.Overdue())) {
                        LOG.warn("Call {} did not end within {} of its stop", ref(), stopGrace);
                    }
                });
    }

    @Override
    public Call call() {
        return call;
    }

    @Override
    public FrameWriter frames() {
        return frames;
    }

    @Override
    public Span span() {
        return span;
    }

    @Override
    public Context traceContext() {
        return context;
    }

    @Override
    public synchronized boolean stopped() {
        return stop != null;
    }

    @Override
    public void onStop(Runnable action) {
        synchronized (this) {
            if (stop == null) {
                onStop.add(action);
                return;
            }
        }
        runQuietly(action);
    }

    @Override
    public void beginEffect() {
        if (stopped()) {
            throw new CallStoppedException("The call is stopped", null);
        }
        if (!leaseHeld.getAsBoolean()) {
            throw new LeaseLostException("No announcement was acknowledged for most of the lease", null);
        }
    }

    private End handle(CallHandler handler) {
        try (LogScope ids = LogScope.of(context)) {
            return new End.Returned(handler.handle(this));
        } catch (Throwable e) {
            if (!stopped() && !(e instanceof FramesFailedException) && !(e instanceof LeaseLostException)) {
                LOG.error("The handler of call {} failed", ref(), e);
            }
            return new End.Threw(e);
        }
    }

    private synchronized void startUnlessStopped(Thread thread) {
        if (stop == null) {
            handlerThread = thread;
            thread.start();
        }
    }

    private End awaitEnd() throws InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The end of a call is never exceptional", e);
        }
    }

    private synchronized @Nullable StopKind stopKind() {
        return stop;
    }

    private void runQuietly(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.warn("An action on the stop of call {} failed", ref(), e);
        }
    }
}
