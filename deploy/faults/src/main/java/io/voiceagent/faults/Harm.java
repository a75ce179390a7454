package io.voiceagent.faults;

/** What happens to a process. */
public enum Harm {
    /** {@code SIGKILL}: it is gone at once, and started again. */
    KILL(9),
    /** {@code SIGSTOP} for longer than lease and session, then {@code SIGCONT}: it goes on as if nothing had been. */
    PAUSE(19);

    private final int signal;

    Harm(int signal) {
        this.signal = signal;
    }

    /** The signal's number on Linux. */
    int signal() {
        return signal;
    }

    /** As tables have it. */
    String text() {
        return this == KILL ? "kill -9" : "SIGSTOP";
    }
}
