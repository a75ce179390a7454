package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {

    private static final String URL = "http://127.0.0.1:8000";

    @Test
    void isForOneAtATime(@TempDir Path root) throws IOException {
        try (var first = DataDirectory.open(root, false, URL)) {
            assertThatThrownBy(() -> DataDirectory.open(root, true, "http://127.0.0.1:9000"))
                    .isInstanceOf(StartFailure.class)
                    .hasMessageContaining("already running on " + root + " at " + URL)
                    .hasMessageContaining("pid " + ProcessHandle.current().pid());
            assertThat(first.secret("api-keys", () -> "a")).isEqualTo("a");
        }
        try (var second = DataDirectory.open(root, false, URL)) {
            assertThat(second.secret("api-keys", () -> "b")).isEqualTo("a");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("api-keys"))))
                .isEqualTo("rw-------");
    }

    @Test
    void freshRemovesWhatIsOursAndNothingElse(@TempDir Path root) throws IOException {
        Path note = Files.writeString(root.resolve("note.txt"), "mine");
        try (var data = DataDirectory.open(root, false, URL)) {
            data.secret("api-keys", () -> "old");
            Files.createDirectories(data.broker().resolve("topic-0"));
            Files.writeString(data.broker().resolve("topic-0").resolve("0.log"), "records");
        }

        try (var data = DataDirectory.open(root, true, URL)) {
            assertThat(data.broker()).doesNotExist();
            assertThat(data.secret("api-keys", () -> "new")).isEqualTo("new");
            assertThat(note).hasContent("mine");
        }
    }

    @Test
    void saysThatItCannotBeWritten(@TempDir Path root) throws IOException {
        Path file = Files.writeString(root.resolve("file"), "");

        assertThatThrownBy(() -> DataDirectory.open(file.resolve("below"), false, URL))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("cannot write to " + file.resolve("below"))
                .hasMessageContaining("--data");
    }
}
