package io.voiceagent.archiver.config;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.PostgresUrl;
import io.voiceagent.transport.Variables;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How to reach Postgres.
 *
 * @param url variable {@code POSTGRES_URL}, {@code jdbc:postgresql://host:port/database}, without user and password; with what
 *     {@code POSTGRES_SSL…} say
 * @param user variable {@code POSTGRES_USER}
 * @param password variable {@code POSTGRES_PASSWORD}
 * @param startTimeout how long a start waits for Postgres; variable {@code POSTGRES_START_SECONDS}, 0 to 600
 */
public record PostgresSettings(String url, String user, String password, Duration startTimeout) {

    private static final String PREFIX = "jdbc:postgresql:";
    private static final Pattern URL =
            Pattern.compile("(?<server>jdbc:postgresql:(//[^/]*/)?)(?<name>[^/?]*)(?<parameters>\\?.*)?");
    private static final String REMEDY =
            "Use jdbc:postgresql://host:port/database, such as jdbc:postgresql://localhost:5432/voice_agent";

    /** @throws InvalidSettingException when the URL is not one of Postgres, or carries a password */
    public PostgresSettings {
        if (!url.startsWith(PREFIX)) {
            throw new InvalidSettingException("POSTGRES_URL", "does not begin with " + PREFIX, REMEDY);
        }
        if (url.contains("password=")) {
            throw new InvalidSettingException(
                    "POSTGRES_URL", "carries a password, which would be logged", "Set POSTGRES_PASSWORD instead");
        }
    }

    /** Reads the settings from the variables. */
    public static PostgresSettings from(Variables variables) {
        return new PostgresSettings(
                PostgresUrl.from(variables),
                variables.text("POSTGRES_USER", "agent_user"),
                variables.text("POSTGRES_PASSWORD", ""),
                Duration.ofSeconds(variables.integer("POSTGRES_START_SECONDS", 30, 0, 600)));
    }

    /** The name of the database. */
    String database() {
        String name = parts().group("name");
        return name.isEmpty() ? user : name; // as the server has it
    }

    /** Another database of the same server. */
    PostgresSettings withDatabase(String name) {
        Matcher parts = parts();
        String others = parts.group("parameters");
        return new PostgresSettings(
                parts.group("server") + name + (others == null ? "" : others), user, password, startTimeout);
    }

    private Matcher parts() {
        Matcher parts = URL.matcher(url);
        if (!parts.matches()) {
            throw new InvalidSettingException("POSTGRES_URL", "is \"%s\"".formatted(url), REMEDY);
        }
        return parts;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "PostgresSettings[url=" + url + ", user=" + user + "]";
    }
}
