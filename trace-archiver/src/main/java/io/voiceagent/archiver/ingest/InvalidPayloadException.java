package io.voiceagent.archiver.ingest;

/** A record's value that is not what its topic carries. The message says why, for the dead letter's reason header. */
public final class InvalidPayloadException extends Exception {

    private static final long serialVersionUID = 1L;

    public InvalidPayloadException(String message, Throwable cause) {
        super(message, cause);
    }
}
