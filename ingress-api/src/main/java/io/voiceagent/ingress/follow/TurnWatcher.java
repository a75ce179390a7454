package io.voiceagent.ingress.follow;

/**
 * Is told of the beginning and the end of every turn in the log, by the thread that reads it: must be quick, and may be told of the same
 * turn again when the log is read again.
 */
public interface TurnWatcher {
    /** @param submittedAt milliseconds since the epoch */
    void accepted(String id, String tenant, long submittedAt);

    /**
     * @param tokens of the model, in and out
     * @param at when it ended, milliseconds since the epoch
     */
    void ended(String id, long tokens, long at);

    /** Does nothing. */
    TurnWatcher NONE = new TurnWatcher() {
        @Override
        public void accepted(String id, String tenant, long submittedAt) {}

        @Override
        public void ended(String id, long tokens, long at) {}
    };
}
