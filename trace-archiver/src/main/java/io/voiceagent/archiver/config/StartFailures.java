package io.voiceagent.archiver.config;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaUnavailableException;
import io.voiceagent.transport.TopicMismatchException;
import java.net.BindException;
import org.jspecify.annotations.Nullable;

/** What to say of a start that failed. */
public final class StartFailures {

    private StartFailures() {}

    /** One line that names the setting and the remedy where the cause is known, else the innermost cause. */
    public static String lastLine(Throwable failure) {
        Throwable innermost = failure;
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidSettingException
                    || cause instanceof PostgresUnavailableException
                    || cause instanceof KafkaUnavailableException
                    || cause instanceof TopicMismatchException) {
                return oneLine(cause);
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
