package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.ToolSpec.ApprovalRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code require_approval} of an {@code mcp} tool: {@code always}, {@code never}, or which tools by name. */
final class ApprovalRuleParser {
    private static final String FIELD = "require_approval";

    private ApprovalRuleParser() {}

    /** Takes the field; null when it is not there. */
    static @Nullable ApprovalRule parse(Fields tool) {
        JsonNode value = tool.any(FIELD);
        String path = tool.path(FIELD);
        if (value == null) {
            return null;
        }
        if (value.isString()) {
            return switch (value.stringValue()) {
                case "always" -> ApprovalRule.ALWAYS;
                case "never" -> ApprovalRule.NEVER;
                default ->
                    throw new Refusal(
                            Code.INVALID_VALUE, path, "'%s' must be 'always', 'never' or an object.".formatted(path));
            };
        }
        if (!value.isObject()) {
            throw Fields.wrongType(path, "a string or an object", value);
        }
        return byName(Fields.of(value, path));
    }

    private static ApprovalRule byName(Fields rule) {
        List<String> always = names(rule, "always");
        List<String> never = names(rule, "never");
        rule.end();
        if (always == null && never == null) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    rule.path(),
                    "'%s' must have 'always' or 'never', each with 'tool_names'.".formatted(rule.path()));
        }
        if (always != null && never != null && always.stream().anyMatch(never::contains)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    rule.path("never"),
                    "'%s' names a tool that 'always' names, too.".formatted(rule.path("never")));
        }
        return new ApprovalRule(ApprovalRule.Mode.BY_NAME, always == null ? List.of() : always, never);
    }

    private static @Nullable List<String> names(Fields rule, String name) {
        Fields filter = rule.object(name);
        if (filter == null) {
            return null;
        }
        filter.unsupported("Give 'tool_names'.", "read_only");
        List<JsonNode> entries = filter.array("tool_names", Limits.TOOLS);
        if (entries == null) {
            throw Fields.missing(filter.path("tool_names"));
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            String path = "%s[%d]".formatted(filter.path("tool_names"), i);
            names.add(Fields.text(entries.get(i), path, Limits.ID_CHARS));
        }
        filter.end();
        return names;
    }
}
