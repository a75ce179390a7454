package io.voiceagent.ingress.webhook;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Whether and how webhooks are sent.
 *
 * @param file of endpoints; variable {@code WEBHOOKS_FILE}, without which there are no webhooks
 * @param allowPrivate whether requests may go to private addresses and over plain http; variable {@code WEBHOOK_ALLOW_PRIVATE}, {@code false}
 *     unless all tenants are trusted with the service's own network
 * @param firstPause before the second attempt; variable {@code WEBHOOK_RETRY_SECONDS}, 0.1 to 3,600, 5 by default
 * @param patience how long an answer may take; variable {@code WEBHOOK_TIMEOUT_SECONDS}, 1 to 30, 10 by default
 */
public record WebhookOptions(Path file, boolean allowPrivate, Duration firstPause, Duration patience) {
    /** Whether there are webhooks at all. */
    public static boolean wanted(Variables variables) {
        return variables.find(EndpointsFile.VARIABLE) != null;
    }

    /**
     * Reads the variables; empty without webhooks.
     *
     * @throws InvalidSettingException naming the variable and the remedy
     */
    public static Optional<WebhookOptions> from(Variables variables) {
        String file = variables.find(EndpointsFile.VARIABLE);
        return file == null
                ? Optional.empty()
                : Optional.of(new WebhookOptions(
                        path(file),
                        variables
                                .oneOf("WEBHOOK_ALLOW_PRIVATE", "false", Set.of("true", "false"))
                                .equals("true"),
                        Duration.ofMillis(Math.round(variables.decimal("WEBHOOK_RETRY_SECONDS", 5, 0.1, 3_600) * 1e3)),
                        Duration.ofSeconds(variables.integer("WEBHOOK_TIMEOUT_SECONDS", 10, 1, 30))));
    }

    private static Path path(String file) {
        try {
            return Path.of(file);
        } catch (InvalidPathException e) {
            throw new InvalidSettingException(EndpointsFile.VARIABLE, "is no path", "Name a readable file");
        }
    }
}
