package io.voiceagent.agent.core;

import io.voiceagent.messages.ResponseSpec;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Which hosted tools a turn may use. */
public final class Catalogue {
    private Catalogue() {}

    /** The described tools that the turn asks for, ordered by name. */
    public static List<ToolDescription> resolve(ResponseSpec spec, Collection<ToolDescription> described) {
        return described.stream()
                .filter(tool -> spec.tools().stream().anyMatch(wanted -> matches(wanted, tool)))
                .sorted(Comparator.comparing(ToolDescription::name))
                .toList();
    }

    private static boolean matches(ToolSpec wanted, ToolDescription tool) {
        return switch (wanted) {
            case ToolSpec.Function _ -> false;
            case ToolSpec.WebSearch _ -> tool.kind() == ToolDescription.Kind.WEB_SEARCH;
            case ToolSpec.Mcp mcp ->
                mcp.serverLabel().equals(tool.server())
                        && (mcp.allowedTools() == null || mcp.allowedTools().contains(tool.name()));
        };
    }
}
