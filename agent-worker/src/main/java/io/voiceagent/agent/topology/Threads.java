package io.voiceagent.agent.topology;

/** Ends threads. */
final class Threads {
    private Threads() {}

    /** Waits for each for so long, then interrupts it. */
    static void join(long millis, Thread... threads) {
        for (Thread thread : threads) {
            try {
                thread.join(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (thread.isAlive()) {
                thread.interrupt();
            }
        }
    }
}
