package io.voiceagent.ingress.security;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may call, and from where.
 *
 * @param apiKeys variable {@code API_KEYS}
 * @param apiKeysFile variable {@code API_KEYS_FILE}; null: there is none
 * @param corsOrigins variable {@code CORS_ORIGINS}; empty: no other origin may call from a browser
 */
public record SecuritySettings(ApiKeys apiKeys, @Nullable Path apiKeysFile, List<String> corsOrigins) {
    public SecuritySettings {
        corsOrigins = List.copyOf(corsOrigins);
    }

    /** Reads the settings; throws {@link InvalidSettingException} naming the variable and the remedy. */
    public static SecuritySettings from(Variables variables) {
        String name = variables.find("API_KEYS_FILE");
        Path file = name == null ? null : Path.of(name);
        ApiKeys keys = ApiKeys.parse(variables.find("API_KEYS"));
        KeyFile.check(keys, file);
        return new SecuritySettings(keys, file, origins(variables.find("CORS_ORIGINS")));
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
