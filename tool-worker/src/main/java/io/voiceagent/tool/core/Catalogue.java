package io.voiceagent.tool.core;

import io.voiceagent.messages.ToolDescription;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The tools of this worker, by name. */
public final class Catalogue {
    /** What becomes of a call, by the name and hash that it asks for. */
    public sealed interface Match {
        /** It is offered as asked for. */
        record Offered(Tool tool) implements Match {}

        /** There is a tool of that name, but it is described otherwise than the turn knows it. */
        record Changed(String offeredHash) implements Match {}

        /** There is no such tool here. */
        record Absent() implements Match {}
    }

    private final Map<String, Tool> tools;

    /** @throws IllegalArgumentException when two tools have one name, or a hash is not that of its description */
    public Catalogue(Collection<? extends Tool> tools) {
        Map<String, Tool> byName = new TreeMap<>();
        for (Tool tool : tools) {
            ToolDescription description = tool.description();
            if (!Descriptions.hash(description).equals(description.hash())) {
                throw new IllegalArgumentException("the hash of the tool " + description.name() + " is not its own");
            }
            if (byName.put(description.name(), tool) != null) {
                throw new IllegalArgumentException("two tools are called " + description.name());
            }
        }
        this.tools = byName;
    }

    /** All descriptions, in the order of their names. */
    public List<ToolDescription> descriptions() {
        return tools.values().stream().map(Tool::description).toList();
    }

    /** Name → hash of each tool, for the announcements. */
    public Map<String, String> hashes() {
        return descriptions().stream().collect(Collectors.toMap(ToolDescription::name, ToolDescription::hash));
    }

    /** Finds the tool {@code name} as a turn knows it. */
    public Match find(String name, String hash) {
        Tool tool = tools.get(name);
        if (tool == null) {
            return new Match.Absent();
        }
        String offered = tool.description().hash();
        return offered.equals(hash) ? new Match.Offered(tool) : new Match.Changed(offered);
    }
}
