package io.voiceagent.ingress.config;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.KafkaUnavailableException;
import io.voiceagent.transport.TopicMismatchException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/** Tells why the service can't start in the words of the setting at fault, instead of by a stack trace. Found by its name in {@code spring.factories}. */
public final class StartFailures implements FailureAnalyzer {
    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidSettingException
                    || cause instanceof KafkaUnavailableException
                    || cause instanceof TopicMismatchException) {
                // Variable, problem and remedy are all in the message
                return new FailureAnalysis(cause.getMessage(), null, failure);
            }
        }
        return null;
    }
}
