package io.voiceagent.ingress.follow;

/** Whether this replica knows all running turns. */
public interface Readiness {
    /** True once the log has been read from one maximum turn age ago up to where it ended at the start, and reading goes on. */
    boolean ready();

    /** For people: what is missing, or {@code ready}. */
    String detail();
}
