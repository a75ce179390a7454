package io.voiceagent.ingress.config;

import io.voiceagent.transport.StartFailure;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/** Tells why the service can't start in the words of the setting at fault, instead of by a stack trace. Found by its name in {@code spring.factories}. */
public final class StartFailures implements FailureAnalyzer {
    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof StartFailure known) {
                return new FailureAnalysis(known.getMessage(), null, failure);
            }
        }
        return null;
    }
}
