package io.voiceagent.archiver.tail;

import java.time.Duration;

/**
 * Which traces are kept, and how long and how much is waited for it.
 *
 * @param slow a turn that took so long is kept
 * @param settle so long after the span that decides, the others of its trace may come
 * @param patience a trace of which nothing decides is given up after so long; longer than a turn may take
 * @param maxBytes what may wait; beyond it the oldest traces are given up
 */
record TailRule(Duration slow, Duration settle, Duration patience, long maxBytes) {
    /** For turns of at most ten minutes. */
    static TailRule of(Duration slow, long maxBytes) {
        return new TailRule(slow, Duration.ofSeconds(5), Duration.ofMinutes(12), maxBytes);
    }
}
