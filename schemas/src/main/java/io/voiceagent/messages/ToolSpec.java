package io.voiceagent.messages;

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
     */
    record Mcp(
            String serverLabel,
            @Nullable List<String> allowedTools,
            @Nullable String serverDescription) implements ToolSpec {
        public Mcp {
            allowedTools = allowedTools == null ? null : List.copyOf(allowedTools);
        }
    }
}
