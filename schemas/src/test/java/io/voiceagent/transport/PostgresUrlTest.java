package io.voiceagent.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresUrlTest {
    @TempDir
    Path directory;

    private static String of(Map<String, String> variables) {
        return PostgresUrl.from(Variables.of(variables));
    }

    @Test
    void withoutTlsItIsTheUrl() {
        assertThat(of(Map.of())).isEqualTo("jdbc:postgresql://localhost:5432/voice_agent");
        assertThat(of(Map.of("POSTGRES_URL", "jdbc:postgresql://h/d?sslmode=require")))
                .isEqualTo("jdbc:postgresql://h/d?sslmode=require");
        assertThat(of(Map.of("POSTGRES_SSLMODE", "Require"))).endsWith("/voice_agent?sslmode=require");
    }

    @Test
    void aRootCertificateMeansThatTheServerIsVerified() throws Exception {
        Path root = Files.writeString(directory.resolve("a root.pem"), "x");
        String url = of(Map.of("POSTGRES_URL", "jdbc:postgresql://h/d?a=b", "POSTGRES_SSLROOTCERT", root.toString()));
        assertThat(url)
                .startsWith("jdbc:postgresql://h/d?a=b&sslmode=verify-full&sslrootcert=")
                .endsWith("a+root.pem");
    }

    @Test
    void whatContradictsItselfIsRefusedByName() throws Exception {
        String file = Files.writeString(directory.resolve("f"), "x").toString();
        Map<String, Map<String, String>> wrong = Map.of(
                "POSTGRES_SSLMODE is \"full\"", Map.of("POSTGRES_SSLMODE", "full"),
                "POSTGRES_SSLMODE is require", Map.of("POSTGRES_SSLMODE", "require", "POSTGRES_SSLROOTCERT", file),
                "POSTGRES_SSLROOTCERT is not set", Map.of("POSTGRES_SSLMODE", "verify-full"),
                "POSTGRES_SSLROOTCERT names", Map.of("POSTGRES_SSLROOTCERT", file + "2"),
                "POSTGRES_SSLKEY is not set", Map.of("POSTGRES_SSLCERT", file),
                "POSTGRES_SSLCERT is not set", Map.of("POSTGRES_SSLKEY", file),
                "POSTGRES_URL speaks",
                        Map.of("POSTGRES_URL", "jdbc:postgresql://h/d?ssl=true", "POSTGRES_SSLMODE", "require"));
        wrong.forEach((message, variables) -> assertThatThrownBy(() -> of(variables))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith(message));
    }
}
