package io.voiceagent.transport;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where Postgres is and how it is spoken to; the same variables for every service that uses it: {@code POSTGRES_URL}, {@code
 * POSTGRES_SSLMODE} (as libpq has it; {@code verify-full} when a root certificate is named and nothing is said), {@code POSTGRES_SSLROOTCERT}
 * (PEM), and for a server that asks its clients for certificates {@code POSTGRES_SSLCERT} (PEM) with {@code POSTGRES_SSLKEY} (PKCS#8, DER).
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-ssl.html">SSL support of libpq</a>
 */
public final class PostgresUrl {
    private static final String URL = "POSTGRES_URL";
    private static final String MODE = "POSTGRES_SSLMODE";
    private static final String ROOT = "POSTGRES_SSLROOTCERT";
    private static final String CERTIFICATE = "POSTGRES_SSLCERT";
    private static final String KEY = "POSTGRES_SSLKEY";
    private static final Set<String> MODES =
            Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

    private PostgresUrl() {}

    /**
     * The JDBC URL, with what is said about TLS as its parameters.
     *
     * @throws InvalidSettingException when a file can't be read, or two settings contradict each other
     */
    public static String from(Variables variables) {
        String url = variables.text(URL, "jdbc:postgresql://localhost:5432/voice_agent");
        Map<String, String> parameters = new LinkedHashMap<>();
        boolean rooted = variables.find(ROOT) != null;
        String mode = variables.oneOf(MODE, rooted ? "verify-full" : "", MODES);
        if (mode.startsWith("verify-") && !rooted) {
            throw new InvalidSettingException(
                    ROOT,
                    "is not set, but %s is %s".formatted(MODE, mode),
                    "Set it to a PEM file of root certificates");
        }
        if (rooted && !mode.startsWith("verify-")) {
            throw new InvalidSettingException(
                    MODE, "is %s, and would ignore %s".formatted(mode, ROOT), "Use verify-full, or leave it out");
        }
        if ((variables.find(CERTIFICATE) == null) != (variables.find(KEY) == null)) {
            throw new InvalidSettingException(
                    variables.find(KEY) == null ? KEY : CERTIFICATE,
                    "is not set, but its other half is",
                    "Set both %s and %s, or neither".formatted(CERTIFICATE, KEY));
        }
        if (!mode.isEmpty()) {
            parameters.put("sslmode", mode);
        }
        Map.of(ROOT, "sslrootcert", CERTIFICATE, "sslcert", KEY, "sslkey")
                .forEach((variable, parameter) -> file(variables, variable, parameter, parameters));
        if (parameters.isEmpty()) {
            return url;
        }
        if (url.contains("ssl")) {
            throw new InvalidSettingException(
                    URL, "speaks of TLS, and so do other variables", "Say it in %s and %s alone".formatted(MODE, ROOT));
        }
        return url
                + parameters.entrySet().stream()
                        .map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining("&", url.contains("?") ? "&" : "?", ""));
    }

    private static void file(Variables variables, String variable, String parameter, Map<String, String> parameters) {
        String file = variables.find(variable);
        if (file == null) {
            return;
        }
        if (!Files.isReadable(Path.of(file))) {
            throw new InvalidSettingException(
                    variable, "names a file that can't be read", "Check the path and who may read it");
        }
        parameters.put(parameter, file);
    }
}
