package io.voiceagent.ingress.config;

import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/**
 * Has the server speak TLS, 1.2 or 1.3, when {@code TLS_CERTIFICATE_FILE} (PEM, the chain, its own certificate first) and {@code
 * TLS_PRIVATE_KEY_FILE} (PEM, PKCS#8) are set. The files are watched: a certificate is exchanged without a restart.
 */
public final class Tls implements ApplicationContextInitializer<ConfigurableApplicationContext> {
    private static final String CERTIFICATE = "TLS_CERTIFICATE_FILE";
    private static final String KEY = "TLS_PRIVATE_KEY_FILE";
    private static final String BUNDLE = "spring.ssl.bundle.pem.ingress.";

    /** @throws InvalidSettingException when only one of them is set, or can't be read */
    @Override
    public void initialize(ConfigurableApplicationContext context) {
        Variables variables = Variables.of(context.getEnvironment()::getProperty);
        String certificate = variables.find(CERTIFICATE);
        String key = variables.find(KEY);
        if (certificate == null && key == null) {
            return;
        }
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "tls",
                        Map.of(
                                BUNDLE + "keystore.certificate",
                                location(CERTIFICATE, certificate),
                                BUNDLE + "keystore.private-key",
                                location(KEY, key),
                                BUNDLE + "reload-on-update",
                                "true",
                                BUNDLE + "options.enabled-protocols",
                                "TLSv1.3,TLSv1.2",
                                "server.ssl.bundle",
                                "ingress")));
    }

    private static String location(String variable, @Nullable String file) {
        if (file == null) {
            throw new InvalidSettingException(
                    variable, "is not set", "Set both %s and %s, or none of them".formatted(CERTIFICATE, KEY));
        }
        Path path = Path.of(file).toAbsolutePath();
        if (!Files.isReadable(path)) {
            throw new InvalidSettingException(
                    variable,
                    "names \"%s\", which can't be read".formatted(file),
                    "Name a PEM file that this process may read");
        }
        return path.toUri().toString();
    }
}
