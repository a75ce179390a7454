package io.voiceagent.messages.fold;

import io.voiceagent.messages.Price;
import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.StepEvent;
import io.voiceagent.messages.StepEvent.Ended;
import io.voiceagent.messages.StepEvent.Status;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.TurnError;
import io.voiceagent.messages.Usage;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/**
 * The response object of the <a href="https://www.openresponses.org/">Responses</a> dialect. No field is ever left out, absent values are null
 * or the default that the dialect names: clients parse a response into types without optional fields.
 *
 * @param submittedAt milliseconds since the epoch
 * @param position in the queue of its conversation, null when it waits for none
 * @param ended null as long as the turn goes on
 */
record ResponseObject(
        String id,
        long submittedAt,
        ResponseSpec spec,
        String status,
        List<OutputItem> output,
        @Nullable Integer position,
        @Nullable Ended ended) {
    static ResponseObject queued(String id, long submittedAt, ResponseSpec spec) {
        return new ResponseObject(id, submittedAt, spec, "queued", List.of(), null, null);
    }

    static ResponseObject accepted(
            StepEvent.Accepted accepted, List<OutputItem> output, @Nullable Integer position, @Nullable Ended ended) {
        return new ResponseObject(
                accepted.responseId(),
                accepted.submittedAt(),
                accepted.spec(),
                position == null ? status(ended) : "queued",
                output,
                position,
                ended);
    }

    private static String status(@Nullable Ended ended) {
        if (ended == null) {
            return "in_progress";
        }
        return switch (ended.status()) {
            case COMPLETED -> "completed";
            case FAILED -> "failed";
            case CANCELLED -> "cancelled";
            case INCOMPLETE -> "incomplete";
        };
    }

    /** Writes the fields of the object, without its braces. */
    void writeFields(JsonGenerator out) {
        out.writeStringProperty("id", id);
        out.writeStringProperty("object", "response");
        out.writeNumberProperty("created_at", submittedAt / 1000);
        out.writeStringProperty("status", status);
        if (position != null) {
            // Not of the dialect: there only as long as it says something
            out.writeNumberProperty("queue_position", position);
        }
        out.writeName("completed_at");
        if (ended != null && ended.status() == Status.COMPLETED) {
            out.writeNumber(ended.at() / 1000);
        } else {
            out.writeNull();
        }
        writeError(out);
        writeIncompleteDetails(out);
        out.writeBooleanProperty("background", spec.background());
        out.writeStringProperty("instructions", spec.instructions());
        writeInteger(out, "max_output_tokens", spec.maxOutputTokens());
        writeInteger(out, "max_tool_calls", spec.maxToolCalls());
        writeMaxCost(out);
        out.writeStringProperty("model", spec.model());
        out.writeName("output");
        out.writeStartArray();
        output.forEach(item -> item.write(out));
        out.writeEndArray();
        out.writeBooleanProperty("parallel_tool_calls", spec.parallelToolCalls());
        out.writeStringProperty("previous_response_id", spec.previousResponseId());
        writeConversation(out);
        out.writeName("reasoning");
        writeTree(out, spec.reasoning());
        out.writeBooleanProperty("store", spec.store());
        out.writeNumberProperty("temperature", spec.temperature() == null ? 1.0 : spec.temperature());
        writeText(out);
        out.writeName("tool_choice");
        writeToolChoice(out);
        out.writeName("tools");
        out.writeStartArray();
        spec.tools().forEach(tool -> writeTool(out, tool));
        out.writeEndArray();
        out.writeNumberProperty("top_p", spec.topP() == null ? 1.0 : spec.topP());
        out.writeNumberProperty("presence_penalty", 0.0);
        out.writeNumberProperty("frequency_penalty", 0.0);
        out.writeNumberProperty("top_logprobs", spec.topLogprobs() == null ? 0 : spec.topLogprobs());
        out.writeStringProperty("truncation", spec.truncation() == null ? "disabled" : "auto");
        out.writeStringProperty("service_tier", spec.serviceTier() == null ? "default" : spec.serviceTier());
        out.writeName("usage");
        writeUsage(out, ended == null ? null : ended.usage());
        out.writeStringProperty("safety_identifier", spec.safetyIdentifier());
        out.writeStringProperty("prompt_cache_key", spec.promptCacheKey());
        out.writeName("metadata");
        out.writeStartObject();
        spec.metadata().forEach(out::writeStringProperty);
        out.writeEndObject();
    }

    /** An extension, so only shown to who asked for it: US dollars. */
    private void writeMaxCost(JsonGenerator out) {
        if (spec.spend() != null && spec.spend().asked() != null) {
            BigDecimal dollars = Price.dollars(spec.spend().asked());
            out.writeName("max_cost");
            out.writeNumber(dollars.stripTrailingZeros());
        }
    }

    private void writeError(JsonGenerator out) {
        out.writeName("error");
        TurnError error = ended == null ? null : ended.error();
        if (error == null) {
            out.writeNull();
            return;
        }
        out.writeStartObject();
        out.writeStringProperty("code", error.code());
        out.writeStringProperty("message", error.message());
        out.writeEndObject();
    }

    private void writeIncompleteDetails(JsonGenerator out) {
        out.writeName("incomplete_details");
        if (ended == null || ended.status() != Status.INCOMPLETE) {
            out.writeNull();
            return;
        }
        out.writeStartObject();
        out.writeStringProperty("reason", ended.incompleteReason());
        out.writeEndObject();
    }

    private void writeConversation(JsonGenerator out) {
        out.writeName("conversation");
        if (spec.conversationId() == null) {
            out.writeNull();
            return;
        }
        out.writeStartObject();
        out.writeStringProperty("id", spec.conversationId());
        out.writeEndObject();
    }

    /** The client's object, and the format that holds when it names none. */
    private void writeText(JsonGenerator out) {
        out.writeName("text");
        JsonNode text = spec.text();
        out.writeStartObject();
        if (text == null || !text.hasNonNull("format")) {
            out.writeName("format");
            out.writeStartObject();
            out.writeStringProperty("type", "text");
            out.writeEndObject();
        }
        if (text != null && text.isObject()) {
            text.properties().stream()
                    .filter(field -> !field.getValue().isNull())
                    .forEach(field -> {
                        out.writeName(field.getKey());
                        out.writeTree(field.getValue());
                    });
        }
        out.writeEndObject();
    }

    private void writeToolChoice(JsonGenerator out) {
        ToolChoice choice = spec.toolChoice();
        switch (choice.mode()) {
            case AUTO -> out.writeString("auto");
            case NONE -> out.writeString("none");
            case REQUIRED -> out.writeString("required");
            case TOOL -> writeNamedTool(out, choice.name());
        }
    }

    private void writeNamedTool(JsonGenerator out, @Nullable String name) {
        out.writeStartObject();
        boolean function = spec.tools().stream()
                .anyMatch(
                        tool -> tool instanceof ToolSpec.Function f && f.name().equals(name));
        ToolSpec.Mcp server = spec.tools().stream()
                .filter(ToolSpec.Mcp.class::isInstance)
                .map(ToolSpec.Mcp.class::cast)
                .filter(mcp -> mcp.allowedTools() == null || mcp.allowedTools().contains(name))
                .findFirst()
                .orElse(null);
        if (function || server == null && !"web_search".equals(name)) {
            out.writeStringProperty("type", "function");
            out.writeStringProperty("name", name);
        } else if (server == null || "web_search".equals(name)) {
            out.writeStringProperty("type", "web_search");
        } else {
            out.writeStringProperty("type", "mcp");
            out.writeStringProperty("server_label", server.serverLabel());
            out.writeStringProperty("name", name);
        }
        out.writeEndObject();
    }

    private static void writeTool(JsonGenerator out, ToolSpec tool) {
        out.writeStartObject();
        switch (tool) {
            case ToolSpec.Function function -> {
                out.writeStringProperty("type", "function");
                out.writeStringProperty("name", function.name());
                out.writeStringProperty("description", function.description());
                out.writeName("parameters");
                writeTree(out, function.parameters());
                out.writeName("strict");
                if (function.strict() == null) {
                    out.writeNull();
                } else {
                    out.writeBoolean(function.strict());
                }
            }
            case ToolSpec.WebSearch search -> {
                out.writeStringProperty("type", "web_search");
                out.writeStringProperty(
                        "search_context_size",
                        search.searchContextSize() == null ? "medium" : search.searchContextSize());
            }
            case ToolSpec.Mcp mcp -> {
                out.writeStringProperty("type", "mcp");
                out.writeStringProperty("server_label", mcp.serverLabel());
                out.writeStringProperty("server_description", mcp.serverDescription());
                out.writeName("allowed_tools");
                if (mcp.allowedTools() == null) {
                    out.writeNull();
                } else {
                    out.writeStartArray();
                    mcp.allowedTools().forEach(out::writeString);
                    out.writeEndArray();
                }
                writeApprovalRule(out, mcp.requireApproval());
            }
        }
        out.writeEndObject();
    }

    private static void writeApprovalRule(JsonGenerator out, ToolSpec.@Nullable ApprovalRule rule) {
        out.writeName("require_approval");
        if (rule == null || rule.mode() == ToolSpec.ApprovalRule.Mode.NEVER) {
            out.writeString("never");
        } else if (rule.mode() == ToolSpec.ApprovalRule.Mode.ALWAYS) {
            out.writeString("always");
        } else {
            out.writeStartObject();
            if (!rule.always().isEmpty()) {
                writeToolNames(out, "always", rule.always());
            }
            if (rule.never() != null) {
                writeToolNames(out, "never", rule.never());
            }
            out.writeEndObject();
        }
    }

    private static void writeToolNames(JsonGenerator out, String filter, List<String> names) {
        out.writeName(filter);
        out.writeStartObject();
        out.writeName("tool_names");
        out.writeStartArray();
        names.forEach(out::writeString);
        out.writeEndArray();
        out.writeEndObject();
    }

    private static void writeUsage(JsonGenerator out, @Nullable Usage usage) {
        if (usage == null) {
            out.writeNull();
            return;
        }
        out.writeStartObject();
        out.writeNumberProperty("input_tokens", usage.inputTokens());
        out.writeName("input_tokens_details");
        out.writeStartObject();
        out.writeNumberProperty("cached_tokens", usage.cachedInputTokens());
        out.writeEndObject();
        out.writeNumberProperty("output_tokens", usage.outputTokens());
        out.writeName("output_tokens_details");
        out.writeStartObject();
        out.writeNumberProperty("reasoning_tokens", usage.reasoningTokens());
        out.writeEndObject();
        out.writeNumberProperty("total_tokens", usage.inputTokens() + usage.outputTokens());
        out.writeEndObject();
    }

    private static void writeInteger(JsonGenerator out, String name, @Nullable Integer value) {
        out.writeName(name);
        if (value == null) {
            out.writeNull();
        } else {
            out.writeNumber(value.intValue());
        }
    }

    private static void writeTree(JsonGenerator out, @Nullable JsonNode node) {
        if (node == null || node.isMissingNode() || node.isNull()) {
            out.writeNull();
        } else {
            out.writeTree(node);
        }
    }
}
