package io.voiceagent.ingress.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.voiceagent.transport.InvalidSettingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class KeyFileTest {
    private static final Duration OFTEN = Duration.ofMillis(20);
    private static final ApiKeys FIXED = ApiKeys.parse("acme:acme-key-0123456789");

    @TempDir
    Path directory;

    private static String line(String tenant, String key) {
        return "%s:sha256:%s\n".formatted(tenant, ApiKeysTest.hash(key));
    }

    @Test
    void aChangeIsInForceWithoutARestart() throws Exception {
        Path file = Files.writeString(directory.resolve("keys"), line("globex", "globex-key-0123456789"));
        try (KeyFile keys = KeyFile.open(FIXED, file, OFTEN)) {
            assertThat(keys.get().find("globex-key-0123456789")).isPresent();
            assertThat(keys.get().find("acme-key-0123456789")).isPresent();
            // As a mounted secret does: another file takes its place
            Path next = Files.writeString(directory.resolve("next"), line("globex", "globex-key-abcdefghij"));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            await().untilAsserted(() -> {
                assertThat(keys.get().find("globex-key-abcdefghij")).isPresent();
                assertThat(keys.get().find("globex-key-0123456789")).isEmpty();
                assertThat(keys.get().find("acme-key-0123456789")).isPresent();
            });
        }
    }

    @Test
    void aBadFileChangesNothingAndIsToldOnce(CapturedOutput output) throws Exception {
        Path file = Files.writeString(directory.resolve("keys"), line("globex", "globex-key-0123456789"));
        try (KeyFile keys = KeyFile.open(FIXED, file, OFTEN)) {
            Files.writeString(file, "globex:globex-key-0123456789\n");
            await().until(() -> output.getAll().contains("API_KEYS_FILE names a file whose line 1"));
            Files.delete(file);
            await().until(() -> output.getAll().contains("which can't be read (NoSuchFileException)"));
            assertThat(keys.get().find("globex-key-0123456789")).isPresent();
            Files.writeString(file, line("globex", "globex-key-abcdefghij"));
            await().until(() -> keys.get().find("globex-key-abcdefghij").isPresent());
            assertThat(output.getAll().split("stay as they were", -1)).hasSize(3);
            assertThat(output.getAll())
                    .doesNotContain("globex-key-0123456789", ApiKeysTest.hash("globex-key-0123456789"));
        }
    }

    @Test
    void whatCannotBeUsedAtTheStartIsAFailureOfTheStart() throws Exception {
        Path none = directory.resolve("none");
        assertThatThrownBy(() -> KeyFile.open(FIXED, none, OFTEN))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("API_KEYS_FILE")
                .hasMessageContaining(none.toString());
        Path empty = Files.writeString(directory.resolve("empty"), "# nothing\n");
        assertThatThrownBy(() -> KeyFile.open(FIXED, empty, OFTEN))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("has 1 keys");
        Path noText = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
        assertThatThrownBy(() -> KeyFile.open(FIXED, noText, OFTEN))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("not UTF-8");
    }
}
