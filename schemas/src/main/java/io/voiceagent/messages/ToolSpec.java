package io.voiceagent.messages;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A tool that the client allows for a turn. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ToolSpec.Function.class, name = "function"),
    @JsonSubTypes.Type(value = ToolSpec.WebSearch.class, name = "web_search"),
    @JsonSubTypes.Type(value = ToolSpec.Mcp.class, name = "mcp")
})
public sealed interface ToolSpec {
    /** Run by the client: the turn completes with {@code function_call} items. */
    record Function(
            String name,
            @Nullable String description,
            @Nullable JsonNode parameters,
            @Nullable Boolean strict) implements ToolSpec {}

    /** The tool {@code web_search} of a tool worker. */
    record WebSearch(@Nullable String searchContextSize) implements ToolSpec {}

    /**
     * Tools of a server that tool workers reach; {@link ToolDescription#BUILTIN_SERVER} is the workers' own.
     *
     * @param allowedTools null: all tools of that server
     * @param requireApproval which calls wait for the client's approval; null: none but those of tools that demand it themselves, see {@link
     *     Approvals#needed}
     */
    record Mcp(
            String serverLabel,
            @Nullable List<String> allowedTools,
            @Nullable String serverDescription,
            @Nullable ApprovalRule requireApproval)
            implements ToolSpec {
        public Mcp {
            allowedTools = allowedTools == null ? null : List.copyOf(allowedTools);
        }

        /** Tools of which the client wants to approve none. */
        public Mcp(String serverLabel, @Nullable List<String> allowedTools, @Nullable String serverDescription) {
            this(serverLabel, allowedTools, serverDescription, null);
        }
    }

    /**
     * Which calls of a server's tools the client wants to approve.
     *
     * @param always tools whose calls wait; only with {@link Mode#BY_NAME}
     * @param never tools whose calls do not wait while those of all others do; null: only those of {@code always} wait
     */
    record ApprovalRule(
            Mode mode, List<String> always, @Nullable List<String> never) {
        /** How the client said it. */
        public enum Mode {
            @JsonProperty("always")
            ALWAYS,
            @JsonProperty("never")
            NEVER,
            @JsonProperty("by_name")
            BY_NAME
        }

        public ApprovalRule {
            always = always == null ? List.of() : List.copyOf(always);
            never = never == null ? null : List.copyOf(never);
        }

        /** Every call waits. */
        public static final ApprovalRule ALWAYS = new ApprovalRule(Mode.ALWAYS, List.of(), null);
        /** No call waits. */
        public static final ApprovalRule NEVER = new ApprovalRule(Mode.NEVER, List.of(), null);

        /** Whether a call of that tool waits. */
        public boolean holds(String tool) {
            return switch (mode) {
                case ALWAYS -> true;
                case NEVER -> false;
                case BY_NAME -> always.contains(tool) || never != null && !never.contains(tool);
            };
        }
    }
}
