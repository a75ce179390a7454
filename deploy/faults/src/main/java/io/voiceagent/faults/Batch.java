package io.voiceagent.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Turns under way while something is harmed. */
final class Batch {
    /** Longer than the lease of a worker (5 s) and the session of an orchestrator (6 s). */
    private static final Duration PAUSE = Duration.ofSeconds(9);

    private static final Duration WARM = Duration.ofMillis(1500);
    private static final Duration REACHED_WITHIN = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofMinutes(4);

    /**
     * What came of it.
     *
     * @param harmedNanos {@link System#nanoTime} of the harm; 0: the process has not come to the point
     * @param refusals submissions that were not accepted at once
     * @param refused what customers gave up with
     */
    record Result(long harmedNanos, List<Accepted> turns, Refusals refusals, List<String> refused) {
        Result {
            turns = List.copyOf(turns);
            refused = List.copyOf(refused);
        }

        boolean reached() {
            return harmedNanos != 0;
        }
    }

    private final Fleet fleet;
    private final int customers;
    private final AtomicInteger numbers;
    private final AtomicInteger begun = new AtomicInteger();
    private final Refusals refusals = new Refusals();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final Collection<Accepted> turns = new ConcurrentLinkedQueue<>();
    private final Collection<String> refused = new ConcurrentLinkedQueue<>();

    private Batch(Fleet fleet, int customers, AtomicInteger numbers) {
        this.fleet = fleet;
        this.customers = customers;
        this.numbers = numbers;
    }

    /**
     * Lets customers ask, harms, lets each ask once more, and waits for all that they have begun. What was killed is started again.
     *
     * @param numbers of turns: each has one of its own
     */
    static Result run(Fleet fleet, Fault fault, int customers, AtomicInteger numbers) {
        return run(fleet, () -> harm(fleet, fault), customers, numbers);
    }

    /** The same with a harm of another kind. */
    static Result run(Fleet fleet, Harming harming, int customers, AtomicInteger numbers) {
        return new Batch(fleet, customers, numbers).run(harming);
    }

    /** Done once in the middle of a batch. */
    interface Harming {
        /**
         * Does harm and makes it good again.
         *
         * @return {@link System#nanoTime} of the harm; 0: it did not come to it
         */
        long harm();
    }

    private Result run(Harming harming) {
        fleet.awaitAll();
        long harmed;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> asking = new ArrayList<>();
            for (int i = 0; i < customers; i++) {
                int first = i % 2;
                asking.add(threads.submit(() -> keepAsking(first)));
            }
            sleep(WARM);
            harmed = harming.harm();
            int before = begun.get();
            Cluster.await(
                    "turns begun after the harm",
                    LONG,
                    () -> begun.get() >= before + customers || asking.stream().allMatch(Future::isDone));
            enough.set(true);
            for (Future<?> customer : asking) {
                customer.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
        return new Result(harmed, new ArrayList<>(turns), refusals, new ArrayList<>(refused));
    }

    private static long harm(Fleet fleet, Fault fault) {
        ManagedProcess victim = fleet.victim(fault);
        @Nullable Long before = Fleet.harmedAt(victim);
        victim.order(fault);
        if (fault.needsSeals()) {
            fleet.killToolWorker();
        }
        long end = System.nanoTime() + REACHED_WITHIN.toNanos();
        @Nullable Long at = before;
        while (at == null || at.equals(before)) {
            if (System.nanoTime() > end) {
                victim.order(null);
                return 0;
            }
            sleep(Duration.ofMillis(50));
            at = Fleet.harmedAt(victim);
        }
        long ago = System.currentTimeMillis() - at;
        long nanos = System.nanoTime() - Duration.ofMillis(ago).toNanos();
        if (fault.harm() == Harm.KILL) {
            fleet.revive(fault);
        } else {
            sleep(PAUSE.minusMillis(ago));
            victim.resume();
        }
        return nanos;
    }

    private void keepAsking(int first) {
        Customer customer = new Customer(fleet.apis(), first, refusals);
        while (!enough.get()) {
            begun.incrementAndGet();
            try {
                turns.addAll(customer.ask(numbers.incrementAndGet()));
            } catch (IllegalStateException e) {
                refused.add(String.valueOf(e.getMessage()));
            }
        }
    }

    static void sleep(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
