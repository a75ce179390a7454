package io.voiceagent.ingress.web;

import io.voiceagent.ingress.follow.ToolCatalogue;
import io.voiceagent.messages.Json;
import io.voiceagent.messages.ToolDescription;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** A catalogue that a test has filled. */
public final class FakeCatalogue implements ToolCatalogue {
    private final List<ToolDescription> tools;

    private FakeCatalogue(List<ToolDescription> tools) {
        this.tools = tools;
    }

    /** A catalogue of the built-in server, with {@code web_search} where it is among the names. */
    public static FakeCatalogue of(String... names) {
        return new FakeCatalogue(Arrays.stream(names)
                .map(FakeCatalogue::tool)
                .sorted(Comparator.comparing(ToolDescription::name))
                .toList());
    }

    @Override
    public Optional<ToolDescription> find(String name) {
        return tools.stream().filter(tool -> tool.name().equals(name)).findFirst();
    }

    @Override
    public List<ToolDescription> server(String label) {
        return tools.stream().filter(tool -> tool.server().equals(label)).toList();
    }

    @Override
    public boolean offered(String name) {
        return find(name).isPresent();
    }

    private static ToolDescription tool(String name) {
        return new ToolDescription(
                name,
                ToolDescription.BUILTIN_SERVER,
                name.equals("web_search") ? ToolDescription.Kind.WEB_SEARCH : ToolDescription.Kind.MCP,
                "A tool",
                Json.tree("{\"type\":\"object\"}"),
                true,
                1_000,
                1_000,
                "00");
    }
}
