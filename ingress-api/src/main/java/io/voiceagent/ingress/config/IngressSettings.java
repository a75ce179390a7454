package io.voiceagent.ingress.config;

import io.voiceagent.ingress.security.ApiKeys;
import io.voiceagent.ingress.security.ResponseIds;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the ingress reads from its environment, beside what all services read.
 *
 * @param apiKeys variable {@code API_KEYS}
 * @param responseIds variable {@code RESPONSE_ID_KEYS}
 * @param defaultModel variable {@code LLM_MODEL}; null: each request must name its model
 * @param turnDeadline variable {@code TURN_DEADLINE_SECONDS}, 1 to 86,400
 * @param corsOrigins variable {@code CORS_ORIGINS}; empty: no other origin may call from a browser
 */
public record IngressSettings(
        ApiKeys apiKeys,
        ResponseIds responseIds,
        @Nullable String defaultModel,
        Duration turnDeadline,
        List<String> corsOrigins) {
    /** Reads the settings; throws {@link InvalidSettingException} naming the variable and the remedy. */
    public static IngressSettings from(Variables variables) {
        return new IngressSettings(
                ApiKeys.parse(variables.find("API_KEYS")),
                ResponseIds.parse(variables.find("RESPONSE_ID_KEYS")),
                variables.find("LLM_MODEL"),
                Duration.ofSeconds(variables.integer("TURN_DEADLINE_SECONDS", 600, 1, 86_400)),
                origins(variables.find("CORS_ORIGINS")));
    }

    private static List<String> origins(@Nullable String value) {
        List<String> origins = new ArrayList<>();
        for (String origin : value == null ? new String[0] : value.split(",", -1)) {
            String trimmed = origin.trim();
            if (!isOrigin(trimmed)) {
                throw new InvalidSettingException(
                        "CORS_ORIGINS",
                        "has \"%s\", which is no origin".formatted(trimmed),
                        "Use scheme://host[:port] without a path, such as https://app.example.com, separated by commas");
            }
            origins.add(trimmed);
        }
        return List.copyOf(origins);
    }

    private static boolean isOrigin(String text) {
        try {
            URI uri = URI.create(text);
            return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
                    && uri.getHost() != null
                    && text.equals(uri.getScheme() + "://" + uri.getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
