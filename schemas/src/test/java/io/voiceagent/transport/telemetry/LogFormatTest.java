package io.voiceagent.transport.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.voiceagent.messages.Json;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.MDC;

/** Log lines as a service writes them, in a process of its own because a JVM has only one logging system. */
class LogFormatTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";

    @TempDir
    Path directory;

    @Test
    void aProcessWithoutATerminalWritesJsonWithTheIds() throws Exception {
        List<String> lines = run(Map.of());

        assertThat(lines).allSatisfy(line -> assertThat(line).startsWith("{"));
        var json = Json.tree(
                lines.stream().filter(l -> l.contains("inside")).findFirst().orElseThrow());
        assertThat(json.get("message").asString()).isEqualTo("inside");
        assertThat(json.get("level").asString()).isEqualTo("INFO");
        assertThat(json.get("trace_id").asString()).isEqualTo(TRACE);
        assertThat(json.get("span_id").asString()).isEqualTo(SPAN);
    }

    @Test
    void textLinesCarryTheTraceWhereThereIsOne() throws Exception {
        List<String> lines = run(Map.of("LOG_FORMAT", "text"));

        assertThat(lines)
                .anySatisfy(l -> assertThat(l).contains("[" + TRACE + "]").endsWith("inside"));
        assertThat(lines).anySatisfy(l -> assertThat(l).doesNotContain("[]").endsWith("outside"));
    }

    @Test
    void anUnknownFormatIsRefused() {
        assertThatThrownBy(() -> LogFormat.from(Variables.of(Map.of("LOG_FORMAT", "xml"))))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("LOG_FORMAT is \"xml\", which is not known. Use one of json, text");
    }

    @Test
    void aScopePutsBackWhatWasThere() {
        MDC.put(LogScope.TRACE_ID, "outer");
        try (LogScope scope = LogScope.of(TraceHeaders.parent(TRACE, SPAN, true))) {
            assertThat(MDC.get(LogScope.TRACE_ID)).isEqualTo(TRACE);
        }
        assertThat(MDC.get(LogScope.TRACE_ID)).isEqualTo("outer");
        assertThat(MDC.get(LogScope.SPAN_ID)).isNull();
        MDC.remove(LogScope.TRACE_ID);
    }

    private List<String> run(Map<String, String> environment) throws Exception {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        // The program alone, without the tests' own logging configuration
        Path tests = Path.of(Program.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Path file = Path.of(Program.class.getName().replace('.', '/') + ".class");
        Files.createDirectories(directory.resolve(file).getParent());
        Files.copy(tests.resolve(file), directory.resolve(file));
        ProcessBuilder process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                path.replace(tests.toString(), directory.toString()),
                Program.class.getName());
        process.environment().remove("LOG_FORMAT");
        process.environment().putAll(environment);
        process.redirectErrorStream(true);
        Process running = process.start();
        running.getOutputStream().close();
        List<String> lines = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(running.waitFor()).as("%s", lines).isZero();
        return lines;
    }
}
