package io.voiceagent.transport.stage;

/** A record could not be brought into the log for so long that the incarnation has to end. */
final class DeliveryFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    DeliveryFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
