package io.voiceagent.allinone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.Tool;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Everything in one process, driven by a client that knows nothing of it. */
@Timeout(300)
class LocalSystemTest {

    private static final Settings SETTINGS = new Settings(Map.of("SIM_TTFT_MS", "20", "SIM_TOKENS_PER_SECOND", "1000"));

    @TempDir
    private Path root;

    @Test
    void answersTurnsAndKeepsThemOverARestart() throws Exception {
        var options = new Options(freePort(), root, false);
        String id;
        try (var directory = open(options);
                var system = new LocalSystem(options, directory, SETTINGS, quiet())) {
            system.start();
            OpenAIClient client = client(options, directory);

            Response answer = client.responses()
                    .create(question("What is 17 * 23, and what time is it in Asia/Tokyo?")
                            .addTool(builtinTools())
                            .build());
            id = answer.id();

            assertThat(answer.status()).contains(ResponseStatus.COMPLETED);
            assertThat(answer.output()).filteredOn(item -> item.isMcpCall()).hasSize(2);
            assertThat(text(answer)).contains("391");
            assertThat(streamed(client)).isNotBlank();
        }

        try (var directory = open(options);
                var system = new LocalSystem(options, directory, SETTINGS, quiet())) {
            system.start();
            OpenAIClient client = client(options, directory);

            assertThat(text(client.responses().retrieve(id))).contains("391");
            Response next = client.responses()
                    .create(question("And what is 2 * 3?")
                            .previousResponseId(id)
                            .build());
            assertThat(next.status()).contains(ResponseStatus.COMPLETED);
        }
    }

    @Test
    void namesABusyPort() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var options = new Options(taken.getLocalPort(), root, false);
            try (var directory = open(options);
                    var system = new LocalSystem(options, directory, SETTINGS, quiet())) {
                assertThatThrownBy(system::start)
                        .isInstanceOf(StartFailure.class)
                        .hasMessage("port " + options.port() + " is busy: free it or choose another with --port");
            }
        }
    }

    private static DataDirectory open(Options options) {
        return DataDirectory.open(options.data(), options.fresh(), options.url());
    }

    private static Progress quiet() {
        return new Progress(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    }

    private static OpenAIClient client(Options options, DataDirectory directory) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(options.url() + "/api/v1")
                .apiKey(Settings.firstKey(SETTINGS.apiKeys(directory)))
                .timeout(Duration.ofSeconds(60))
                .maxRetries(0)
                .build();
    }

    private static ResponseCreateParams.Builder question(String input) {
        return ResponseCreateParams.builder().model("simulator").input(input);
    }

    private static Tool.Mcp builtinTools() {
        return Tool.Mcp.builder()
                .serverLabel("builtin")
                .requireApproval(Tool.Mcp.RequireApproval.McpToolApprovalSetting.NEVER)
                .build();
    }

    private static String streamed(OpenAIClient client) {
        var text = new StringBuilder();
        try (var events =
                client.responses().createStreaming(question("Say something.").build())) {
            List<ResponseStreamEvent> all = events.stream().toList();
            all.forEach(event -> event.outputTextDelta().ifPresent(delta -> text.append(delta.delta())));
            assertThat(all.getLast().isCompleted()).isTrue();
        }
        return text.toString();
    }

    private static String text(Response response) {
        var text = new StringBuilder();
        response.output()
                .forEach(item -> item.message()
                        .ifPresent(message -> message.content()
                                .forEach(part -> part.outputText().ifPresent(output -> text.append(output.text())))));
        return text.toString();
    }

    private static int freePort() throws Exception {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
