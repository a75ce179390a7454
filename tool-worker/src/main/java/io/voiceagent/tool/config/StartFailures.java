package io.voiceagent.tool.config;

import io.voiceagent.transport.StartFailure;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Tells in one line, with variable and remedy, why the service can't start, where that is known. Found by its name in
 * {@code spring.factories}.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
public final class StartFailures implements SpringBootExceptionReporter {
    private static final Logger LOG = LoggerFactory.getLogger(StartFailures.class);

    /** What Spring binds by itself, by the variable that it comes from. */
    private static final Map<String, String> BOUND = Map.of(
            "server.port", "PORT is not a port. Use a whole number from 0 to 65535, or leave it out for the default",
            "server.address",
                    "BIND_ADDRESS is not an address of this machine. Use for example 127.0.0.1, or leave it out for all");

    @Override
    public boolean reportException(Throwable failure) {
        Optional<String> line = line(failure);
        line.ifPresent(text -> LOG.error("Can't start: {}", text));
        return line.isPresent();
    }

    /** What to say, empty when the cause is none that is known. */
    static Optional<String> line(Throwable failure) {
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String text = switch (cause) {
                case StartFailure known -> known.line();
                case PortInUseException e -> "port " + e.getPort() + " is in use. Set PORT to a free one";
                case InvalidConfigurationPropertyValueException e -> BOUND.get(e.getName());
                case BindException e -> BOUND.get(e.getName().toString());
                default -> null;
            };
            if (text != null) {
                return Optional.of(text);
            }
        }
        return Optional.empty();
    }
}
