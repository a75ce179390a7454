package io.voiceagent.ingress.submit;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.Approvals;
import io.voiceagent.messages.Item;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.ToolSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Answers to requests for approval, checked against the responses that asked as far as those can tell. Whether a request has an answer
 * already only the orchestrator can tell; it says so in the response.
 */
final class ApprovalAnswers {
    /** Responses whose requests one turn may answer: each may be a look-up in the log or the archive. */
    static final int RESPONSES = 20;

    private ApprovalAnswers() {}

    /**
     * The responses that asked, each once.
     *
     * @throws Refusal when they are too many
     */
    static List<String> asking(List<Item> input) {
        List<String> ids = answers(input).stream()
                .flatMap(answer -> Approvals.responseOf(answer.requestId()).stream())
                .distinct()
                .toList();
        if (ids.size() > RESPONSES) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    "input",
                    "'input' answers approval requests of more than %d responses.".formatted(RESPONSES));
        }
        return ids;
    }

    /**
     * Checks the answers to the requests of one response.
     *
     * @param response JSON text
     * @param life how long a request waits for its answer
     * @throws Refusal when there is no such request, it is too old, or the turn may not use the tool that it approves a call of
     */
    static void requireOpen(String id, String response, ResponseSpec spec, Instant now, Duration life) {
        JsonNode asked = Json.tree(response);
        for (Item.ApprovalAnswer answer : answers(spec.input())) {
            if (Approvals.responseOf(answer.requestId()).filter(id::equals).isPresent()) {
                JsonNode request = request(asked, answer).orElseThrow(ApprovalAnswers::notFound);
                requireInTime(asked, now, life);
                if (answer.approve()) {
                    requireTool(spec, request);
                }
            }
        }
    }

    /** No response asks for it that this tenant could go on from. */
    static Refusal notFound() {
        return new Refusal(
                Code.APPROVAL_NOT_FOUND,
                "input",
                "An mcp_approval_response of 'input' has an approval_request_id that no previous response has.");
    }

    /** Of a turn that was cancelled, or broke off, nothing can be approved. */
    private static Optional<JsonNode> request(JsonNode asked, Item.ApprovalAnswer answer) {
        if (!asked.path("status").asString("").equals("completed")) {
            return Optional.empty();
        }
        return asked.path("output")
                .valueStream()
                .filter(item -> item.path("id").asString("").equals(answer.requestId()))
                .findFirst();
    }

    private static void requireInTime(JsonNode asked, Instant now, Duration life) {
        Instant askedAt = Instant.ofEpochSecond(asked.path("completed_at").longValue());
        if (!askedAt.plus(life).isAfter(now)) {
            throw new Refusal(
                    Code.APPROVAL_EXPIRED,
                    "input",
                    "The approval was asked for at %s and waited %d s for its answer. Ask the model again."
                            .formatted(askedAt, life.toSeconds()));
        }
    }

    private static void requireTool(ResponseSpec spec, JsonNode request) {
        String name = request.path("name").asString("");
        String server = request.path("server_label").asString("");
        boolean listed = spec.tools().stream().anyMatch(tool -> switch (tool) {
            case ToolSpec.Function _ -> false;
            case ToolSpec.WebSearch _ -> name.equals("web_search");
            case ToolSpec.Mcp mcp ->
                mcp.serverLabel().equals(server)
                        && (mcp.allowedTools() == null || mcp.allowedTools().contains(name));
        });
        if (!listed) {
            throw new Refusal(
                    Code.TOOL_NOT_AVAILABLE,
                    "tools",
                    "A call of '%s' is approved, but 'tools' does not have it: give its server as the previous response did."
                            .formatted(name));
        }
    }

    private static List<Item.ApprovalAnswer> answers(List<Item> input) {
        return input.stream()
                .filter(Item.ApprovalAnswer.class::isInstance)
                .map(Item.ApprovalAnswer.class::cast)
                .toList();
    }
}
