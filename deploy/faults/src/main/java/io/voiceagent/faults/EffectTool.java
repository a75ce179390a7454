package io.voiceagent.faults;

import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.Descriptions;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import io.voiceagent.tool.core.ToolFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A tool that changes the world: it posts to the {@link EffectServer}. One must not run twice, as most of the world; the other may. */
final class EffectTool implements Tool {
    static final String ONCE = "record_effect";
    static final String REPEATABLE = "repeat_effect";

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;
    private final ToolDescription description;

    EffectTool(String name, boolean idempotent, URI server) {
        this.server = server;
        this.description = Descriptions.builtin(
                name, ToolDescription.Kind.MCP, "Changes the world.", """
                {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"], "additionalProperties": false}
                """, idempotent, TIMEOUT, 1_000);
    }

    @Override
    public ToolDescription description() {
        return description;
    }

    @Override
    public String run(ToolCall call) throws IOException, InterruptedException, ToolFailure {
        HttpRequest request = HttpRequest.newBuilder(server)
                .timeout(TIMEOUT)
                .header("Idempotency-Key", call.idempotencyKey())
                .POST(HttpRequest.BodyPublishers.ofString(call.arguments().toString()))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw ToolFailure.failed("the effect server answered " + response.statusCode());
        }
        return response.body();
    }
}
