package io.voiceagent.ingress.submit.spec;

import io.voiceagent.ingress.follow.ToolCatalogue;
import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.messages.ToolChoice;
import io.voiceagent.messages.ToolDescription;
import io.voiceagent.messages.ToolSpec;
import io.voiceagent.messages.ToolSpec.ApprovalRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code tools} and {@code tool_choice}. Hosted tools must be in the catalogue, and no two tools may have one name. */
final class ToolsParser {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final String WEB_SEARCH = "web_search";
    private static final String HOSTED = "Use 'function', 'web_search' or 'mcp'.";
    private static final Set<String> REFUSED_TYPES = Set.of(
            "file_search",
            "code_interpreter",
            "computer_use_preview",
            "computer",
            "image_generation",
            "local_shell",
            "shell",
            "apply_patch",
            "custom",
            "tool_search",
            "namespace",
            "web_search_2025_08_26",
            "web_search_preview",
            "web_search_preview_2025_03_11");

    private final ToolCatalogue catalogue;
    private final List<ToolSpec> specs = new ArrayList<>();
    private final Set<String> functions = new HashSet<>();
    private final Set<String> hosted = new HashSet<>();

    ToolsParser(ToolCatalogue catalogue) {
        this.catalogue = catalogue;
    }

    /** Takes {@code tools}; to be called before {@link #choice}. */
    List<ToolSpec> tools(Fields root) {
        List<JsonNode> entries = root.array("tools", Limits.TOOLS);
        if (entries == null) {
            return List.of();
        }
        for (int i = 0; i < entries.size(); i++) {
            Fields tool = Fields.of(entries.get(i), "%s[%d]".formatted(root.path("tools"), i));
            String type = tool.requiredText("type", Limits.ID_CHARS);
            specs.add(
                    switch (type) {
                        case "function" -> function(tool);
                        case WEB_SEARCH -> webSearch(tool);
                        case "mcp" -> mcp(tool);
                        default -> throw refuseType(tool.path("type"), type);
                    });
            tool.end();
        }
        return List.copyOf(specs);
    }

    /** Takes {@code tool_choice}. */
    ToolChoice choice(Fields root) {
        JsonNode choice = root.any("tool_choice");
        String path = root.path("tool_choice");
        if (choice == null) {
            return ToolChoice.AUTO;
        }
        if (choice.isString()) {
            return switch (choice.stringValue()) {
                case "auto" -> ToolChoice.AUTO;
                case "none" -> new ToolChoice(ToolChoice.Mode.NONE, null);
                case "required" -> {
                    if (specs.isEmpty()) {
                        throw new Refusal(
                                Code.INVALID_VALUE, path, "'tool_choice' is 'required', but there are no 'tools'.");
                    }
                    yield new ToolChoice(ToolChoice.Mode.REQUIRED, null);
                }
                default ->
                    throw new Refusal(
                            Code.INVALID_VALUE,
                            path,
                            "'tool_choice' must be one of 'auto', 'none', 'required', or an object.");
            };
        }
        if (!choice.isObject()) {
            throw Fields.wrongType(path, "a string or an object", choice);
        }
        return named(Fields.of(choice, path));
    }

    private ToolChoice named(Fields choice) {
        String type = choice.requiredText("type", Limits.ID_CHARS);
        String name = switch (type) {
            case "function" -> known(choice, functionName(choice), functions);
            case WEB_SEARCH -> known(choice, WEB_SEARCH, hosted);
            case "mcp" -> {
                choice.requiredText("server_label", Limits.ID_CHARS);
                if (!choice.has("name")) {
                    throw new Refusal(
                            Code.UNSUPPORTED_VALUE,
                            choice.path("name"),
                            "A choice of a whole server is not supported: name one of its tools in '%s'."
                                    .formatted(choice.path("name")));
                }
                yield known(choice, functionName(choice), hosted);
            }
            default ->
                throw Fields.unsupportedValue(choice.path("type"), HOSTED + " Or give 'auto', 'none' or 'required'.");
        };
        choice.end();
        return new ToolChoice(ToolChoice.Mode.TOOL, name);
    }

    private static String known(Fields choice, String name, Set<String> names) {
        if (!names.contains(name)) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    choice.path(),
                    "'%s' names a tool that is not in 'tools'.".formatted(choice.path()));
        }
        return name;
    }

    private ToolSpec function(Fields tool) {
        tool.unsupported("Leave it out.", "defer_loading", "allowed_callers", "output_schema");
        String name = functionName(tool);
        if (hosted.contains(name) || !functions.add(name)) {
            throw clash(tool.path("name"));
        }
        JsonNode parameters = tool.any("parameters");
        if (parameters != null && !parameters.isObject()) {
            throw Fields.wrongType(tool.path("parameters"), "an object", parameters);
        }
        Boolean strict = tool.has("strict") ? (Boolean) tool.flag("strict", false) : null;
        return new ToolSpec.Function(name, tool.text("description", Limits.TOOL_DESCRIPTION_CHARS), parameters, strict);
    }

    private ToolSpec webSearch(Fields tool) {
        tool.unsupported("Leave it out.", "filters", "user_location", "search_content_types", "external_web_access");
        String size = tool.oneOf("search_context_size", List.of("low", "medium", "high"));
        if (catalogue.find(WEB_SEARCH).isEmpty()) {
            throw absent(tool.path("type"), "web_search");
        }
        host(tool.path("type"), WEB_SEARCH);
        return new ToolSpec.WebSearch(size);
    }

    private ToolSpec mcp(Fields tool) {
        tool.unsupported(
                "Only servers that the operator has set up can be used: give their 'server_label' alone.",
                "server_url",
                "connector_id",
                "tunnel_id",
                "authorization",
                "headers",
                "defer_loading",
                "allowed_callers");
        String label = tool.requiredText("server_label", Limits.ID_CHARS);
        ApprovalRule approval = ApprovalRuleParser.parse(tool);
        List<ToolDescription> server = catalogue.server(label);
        if (server.isEmpty()) {
            throw absent(tool.path("server_label"), "tools of that server");
        }
        List<String> allowed = allowedTools(tool, server);
        if (allowed == null) {
            server.forEach(description -> host(tool.path("server_label"), description.name()));
        } else {
            for (int i = 0; i < allowed.size(); i++) {
                host("%s[%d]".formatted(tool.path("allowed_tools"), i), allowed.get(i));
            }
        }
        return new ToolSpec.Mcp(
                label, allowed, tool.text("server_description", Limits.TOOL_DESCRIPTION_CHARS), approval);
    }

    private static @Nullable List<String> allowedTools(Fields tool, List<ToolDescription> server) {
        JsonNode value = tool.any("allowed_tools");
        if (value == null) {
            return null;
        }
        String path = tool.path("allowed_tools");
        if (value.isObject()) {
            throw Fields.unsupportedValue(path, "Give an array of tool names.");
        }
        List<JsonNode> entries = Fields.array(value, path, Limits.TOOLS);
        if (entries.isEmpty()) {
            throw new Refusal(Code.INVALID_VALUE, path, "'%s' must name at least one tool.".formatted(path));
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            String entryPath = "%s[%d]".formatted(path, i);
            String name = Fields.text(entries.get(i), entryPath, Limits.ID_CHARS);
            if (server.stream().noneMatch(description -> description.name().equals(name))) {
                throw absent(entryPath, "a tool of that name on that server");
            }
            names.add(name);
        }
        return names;
    }

    private void host(String path, String name) {
        if (functions.contains(name) || !hosted.add(name)) {
            throw clash(path);
        }
    }

    /** The {@code name} of a function or tool. */
    static String functionName(Fields fields) {
        String name = fields.requiredText("name", Limits.ID_CHARS);
        if (!NAME.matcher(name).matches()) {
            throw new Refusal(
                    Code.INVALID_VALUE,
                    fields.path("name"),
                    "'%s' must be 1 to 64 of the characters a-z, A-Z, 0-9, _ and -.".formatted(fields.path("name")));
        }
        return name;
    }

    private static Refusal refuseType(String path, String type) {
        return REFUSED_TYPES.contains(type)
                ? Fields.unsupportedValue(path, HOSTED)
                : new Refusal(
                        Code.INVALID_VALUE,
                        path,
                        "'%s' must be one of 'function', 'web_search', 'mcp'.".formatted(path));
    }

    private static Refusal clash(String path) {
        return new Refusal(
                Code.INVALID_VALUE,
                path,
                "'%s' gives a tool whose name another entry of 'tools' has too: the model could not tell them apart."
                        .formatted(path));
    }

    private static Refusal absent(String path, String what) {
        return new Refusal(
                Code.TOOL_NOT_AVAILABLE,
                path,
                "This server has no %s now: its tool workers offer none. Leave the tool out, or have the operator set it up."
                        .formatted(what));
    }
}
