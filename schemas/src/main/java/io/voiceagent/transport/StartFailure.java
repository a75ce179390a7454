package io.voiceagent.transport;

/**
 * Why a service can't start, in words for whoever runs it: the message of the exception that implements this names the setting,
 * what is wrong and the remedy, and repeats no secret.
 */
public interface StartFailure {
    /** See {@link Throwable#getMessage}. */
    String getMessage();

    /** The message without line ends, for a log. */
    default String line() {
        return getMessage().replaceAll("\\s*\\R\\s*", " ");
    }
}
