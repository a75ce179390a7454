package io.voiceagent.faults;

import io.voiceagent.messages.ToolDescription;
import io.voiceagent.tool.core.Descriptions;
import io.voiceagent.tool.core.Tool;
import io.voiceagent.tool.core.ToolCall;
import io.voiceagent.tool.core.ToolFailure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;

/** A tool that does not behave. */
final class OddTool implements Tool {
    static final String LATE = "late_effect";
    static final String HUGE = "huge_result";
    static final String BROKEN = "broken_tool";

    private static final Duration TIMEOUT = Duration.ofSeconds(1);
    private static final int HUGE_CHARS = 6_000_000;

    private interface Body {
        String run(ToolCall call) throws IOException, InterruptedException, ToolFailure;
    }

    private final ToolDescription description;
    private final Body body;

    private OddTool(String name, Body body) {
        this.body = body;
        this.description =
                Descriptions.builtin(name, ToolDescription.Kind.MCP, "Does not behave.", """
                {"type": "object", "properties": {"what": {"type": "string"}}, "additionalProperties": false}
                """, false, TIMEOUT, 1_000);
    }

    /** Has its effect and does not say so in time. */
    static OddTool late(URI server) {
        return new OddTool(
                LATE,
                call -> Http.send(HttpRequest.newBuilder(server)
                                .header("Idempotency-Key", call.idempotencyKey())
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        call.arguments().toString()))
                                .build())
                        .body());
    }

    /** Says more than anything could hold. */
    static OddTool huge() {
        return new OddTool(HUGE, _ -> "x".repeat(HUGE_CHARS));
    }

    /** Fails in a way that it did not mean to. */
    static OddTool broken() {
        return new OddTool(BROKEN, _ -> {
            throw new IllegalStateException("a defect of the tool");
        });
    }

    @Override
    public ToolDescription description() {
        return description;
    }

    @Override
    public String run(ToolCall call) throws IOException, InterruptedException, ToolFailure {
        return body.run(call);
    }
}
