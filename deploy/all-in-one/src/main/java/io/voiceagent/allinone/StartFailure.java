package io.voiceagent.allinone;

import org.jspecify.annotations.Nullable;

/** Why nothing was started, in one line that says what to do. */
public final class StartFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final String OURS = "io.voiceagent.";

    private final boolean remedy;

    /** A failure whose message has the remedy. */
    StartFailure(String message) {
        super(message);
        this.remedy = true;
    }

    /** A failure whose message has the remedy. */
    StartFailure(String message, Throwable cause) {
        this(message, cause, true);
    }

    private StartFailure(String message, Throwable cause, boolean remedy) {
        super(message, cause);
        this.remedy = remedy;
    }

    /**
     * A part that did not start. Of the causes, the outermost of our own kinds knows the remedy; else the innermost at
     * least knows what happened.
     */
    static StartFailure of(String part, Throwable error) {
        Throwable telling = error;
        for (@Nullable Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof StartFailure known) {
                return known;
            }
            telling = cause;
            if (isOurs(cause)) {
                break;
            }
        }
        String message = telling.getMessage() == null ? telling.toString() : telling.getMessage();
        return new StartFailure(
                part + " did not start: " + message.replaceAll("\\s*\\R\\s*", " "), error, isOurs(telling));
    }

    /** Whether the message says what to do. */
    boolean hasRemedy() {
        return remedy;
    }

    private static boolean isOurs(Throwable cause) {
        return cause.getClass().getName().startsWith(OURS);
    }
}
