package io.voiceagent.agent.topology;

/** A turn before the one that runs is no longer there, so its model can't be told what it continues. */
final class BranchGoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BranchGoneException(String responseId) {
        super("a turn before " + responseId + " is no longer there");
    }
}
