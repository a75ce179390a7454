package io.voiceagent.archiver.query;

/** The archive can't be read now, or not in the time that a request has. */
public final class ArchiveUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String code;

    /** @param code for programs: {@code query_timeout}, {@code archive_busy} or {@code archive_unavailable} */
    ArchiveUnavailableException(String code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** For programs. */
    String code() {
        return code;
    }
}
