package io.voiceagent.agent.llm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The order to stop one call; may be given at any moment, from any thread, more than once. */
final class Stop {
    private final BooleanSupplier told;
    private final CountDownLatch ordered = new CountDownLatch(1);
    private final List<Runnable> actions = new ArrayList<>();

    /** @param told whether the order has been given, though {@link #order} may not yet have been called */
    Stop(BooleanSupplier told) {
        this.told = told;
    }

    /** Stops the call: what {@link #during} holds at this moment is run, on this thread. */
    void order() {
        List<Runnable> due;
        synchronized (actions) {
            ordered.countDown();
            due = List.copyOf(actions);
        }
        due.forEach(Runnable::run);
    }

    boolean isOrdered() {
        return ordered.getCount() == 0 || told.getAsBoolean();
    }

    /** Runs {@code action} when the order comes, at once when it has come, and no longer once the answer is closed. */
    Registration during(Runnable action) {
        boolean late;
        synchronized (actions) {
            actions.add(action);
            late = ordered.getCount() == 0;
        }
        if (late) {
            action.run();
        }
        return () -> {
            synchronized (actions) {
                actions.remove(action);
            }
        };
    }

    /** Waits so long, or until the order comes; true when it has. */
    boolean await(Duration wait) throws InterruptedException {
        return ordered.await(wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Ends what {@link #during} began. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
