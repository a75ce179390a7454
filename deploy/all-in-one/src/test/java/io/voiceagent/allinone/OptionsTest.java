package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {

    @Test
    void hasDefaults() {
        Options options = Options.parse(List.of());

        assertThat(options.port()).isEqualTo(8000);
        assertThat(options.data()).isAbsolute().hasFileName(".data");
        assertThat(options.fresh()).isFalse();
    }

    @Test
    void takesTheLastOfEach() {
        Options options = Options.parse(
                List.of("--data", "/a", "--port", "1", "--data", "/b/../c", "--fresh", "--port", "65535"));

        assertThat(options).isEqualTo(new Options(65535, Path.of("/c"), true));
        assertThat(options.url()).isEqualTo("http://127.0.0.1:65535");
    }

    @ParameterizedTest
    @CsvSource({
        "--port 0, --port must be a number from 1 to 65535",
        "--port 65536, --port must be a number from 1 to 65535",
        "--port x, --port must be a number from 1 to 65535",
        "--port, --port needs a value",
        "--data, --data needs a value",
        "--prot 1, unknown argument --prot"
    })
    void namesTheArgumentThatIsWrong(String line, String message) {
        assertThatThrownBy(() -> Options.parse(List.of(line.split(" "))))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining(message);
    }
}
