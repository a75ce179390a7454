package io.voiceagent.archiver.config;

import io.voiceagent.transport.StartFailure;
import java.net.BindException;
import org.jspecify.annotations.Nullable;

/** What to say of a start that failed. */
public final class StartFailures {

    private StartFailures() {}

    /** One line that names the setting and the remedy where the cause is known, else the innermost cause. */
    public static String lastLine(Throwable failure) {
        Throwable innermost = failure;
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof StartFailure known) {
                return known.line();
            }
            if (cause instanceof BindException
                    || cause.getClass().getSimpleName().equals("PortInUseException")) {
                return "The port is busy. Set PORT to a free one";
            }
            innermost = cause;
        }
        return oneLine(innermost);
    }

    private static String oneLine(Throwable cause) {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getName() : message.replaceAll("\\s*\\R\\s*", " ");
    }
}
