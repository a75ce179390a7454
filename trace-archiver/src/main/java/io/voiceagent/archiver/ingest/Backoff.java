package io.voiceagent.archiver.ingest;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waiting times that double from a first to a longest one, each cut by up to a third at random. Not thread-safe. */
public final class Backoff {

    private final Duration first;
    private final Duration longest;
    private Duration next;

    public Backoff(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
        this.next = first;
    }

    /** The time to wait after one more failure. */
    public Duration failed() {
        Duration wait = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(longest) > 0 ? longest : doubled;
        return wait.minusMillis(ThreadLocalRandom.current().nextLong(wait.toMillis() / 3 + 1));
    }

    /** Begins anew after a success. */
    public void succeeded() {
        next = first;
    }
}
