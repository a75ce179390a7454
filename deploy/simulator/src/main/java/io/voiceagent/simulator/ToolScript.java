package io.voiceagent.simulator;

import io.voiceagent.simulator.ChatRequest.Message;
import io.voiceagent.simulator.ChatRequest.Tool;
import io.voiceagent.simulator.ChatRequest.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides which tools the simulated model calls, from the tools offered and the words of the last user message:
 *
 * <ul>
 *   <li>{@code calculator} for an arithmetic expression,
 *   <li>{@code current_time} for a question about the time or date,
 *   <li>{@code web_search} for words such as search, news, look up,
 *   <li>any other tool when its name occurs.
 * </ul>
 *
 * All that match are called in one response, unless parallel calls are switched off. With results in the messages the
 * model answers, except as {@code [[rounds=N]]} or a forced {@code tool_choice} has it: like the real service it calls
 * again as long as the request forces it to.
 */
final class ToolScript {

    private static final Pattern TIME =
            Pattern.compile("\\b(?:time|clock|date|what day|o'clock)\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern SEARCH =
            Pattern.compile("\\b(?:search|news|look up|google|latest|headlines|weather)\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern ZONE = Pattern.compile("\\b(?:[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+){1,2}|UTC)\\b");

    private static final int MAX_QUERY = 300;

    private ToolScript() {}

    /** A call: function name and the JSON text of its arguments. */
    record Call(String name, String arguments) {}

    /** The calls this request leads to; empty when the model answers with text. */
    static List<Call> calls(ChatRequest request, Markers markers) {
        List<Call> calls = switch (request.toolChoice()) {
            case ToolChoice.None none -> List.of();
            case ToolChoice.Named(String name) ->
                request.tools().stream()
                        .filter(tool -> tool.name().equals(name))
                        .map(tool -> call(tool, markers))
                        .toList();
            case ToolChoice.Required required -> {
                List<Call> wanted = wanted(request, markers);
                yield wanted.isEmpty() && !request.tools().isEmpty()
                        ? List.of(call(request.tools().getFirst(), markers))
                        : wanted;
            }
            case ToolChoice.Auto auto -> automatic(request, markers);
        };
        return request.parallelToolCalls() || calls.size() < 2 ? calls : calls.subList(0, 1);
    }

    private static List<Call> automatic(ChatRequest request, Markers markers) {
        int round = (int) request.sinceLastUser().stream()
                .filter(message -> !message.toolCallIds().isEmpty())
                .count();
        if (round < markers.rounds() && !request.tools().isEmpty()) {
            return List.of(roundCall(request, markers, round));
        }
        return round > 0 || answered(request) ? List.of() : wanted(request, markers);
    }

    private static boolean answered(ChatRequest request) {
        return request.sinceLastUser().stream().map(Message::role).anyMatch("tool"::equals);
    }

    private static Call roundCall(ChatRequest request, Markers markers, int round) {
        return request.tools().stream()
                .filter(tool -> tool.name().equals("calculator"))
                .findFirst()
                .map(tool -> new Call(tool.name(), filled(tool, "expression", (round + 1) + "+1", markers)))
                .orElseGet(() -> call(request.tools().getFirst(), markers));
    }

    private static List<Call> wanted(ChatRequest request, Markers markers) {
        List<Call> calls = new ArrayList<>();
        markers.calls().forEach(call -> calls.add(new Call(call.name(), call.arguments())));
        if (calls.isEmpty()) {
            Predicate<Tool> matching = tool -> matches(tool, markers.plainText());
            request.tools().stream().filter(matching).forEach(tool -> calls.add(call(tool, markers)));
        }
        return List.copyOf(calls);
    }

    private static boolean matches(Tool tool, String text) {
        boolean byMeaning = switch (tool.name()) {
            case "calculator" -> Arithmetic.in(text).isPresent();
            case "current_time" -> TIME.matcher(text).find();
            case "web_search" -> SEARCH.matcher(text).find();
            default -> false;
        };
        return byMeaning || mentions(text, tool.name());
    }

    private static boolean mentions(String text, String name) {
        return Pattern.compile("(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])", Pattern.CASE_INSENSITIVE)
                .matcher(text.toLowerCase(Locale.ROOT))
                .find();
    }

    private static Call call(Tool tool, Markers markers) {
        String text = markers.plainText();
        String arguments = switch (tool.name()) {
            case "calculator" -> filled(tool, "expression", Arithmetic.in(text).orElse("1+1"), markers);
            case "web_search" -> filled(tool, "query", query(text, markers), markers);
            case "current_time" -> {
                Optional<String> zone = zone(text);
                yield zone.isPresent()
                        ? filled(tool, "timezone", zone.get(), markers)
                        : SchemaSample.arguments(tool.parameters(), "UTC").toString();
            }
            default -> SchemaSample.arguments(tool.parameters(), text).toString();
        };
        return new Call(tool.name(), arguments);
    }

    private static String query(String text, Markers markers) {
        int kept = text.offsetByCodePoints(0, Math.min(MAX_QUERY, text.codePointCount(0, text.length())));
        return (text.substring(0, kept) + " " + markers.searchMarkers()).strip();
    }

    private static Optional<String> zone(String text) {
        Matcher zone = ZONE.matcher(text);
        return zone.find() ? Optional.of(zone.group()) : Optional.empty();
    }

    /** The required properties of the schema, and this one when the schema knows it or says nothing. */
    private static String filled(Tool tool, String property, String value, Markers markers) {
        ObjectNode arguments = SchemaSample.arguments(tool.parameters(), markers.plainText());
        boolean known = tool.parameters().path("properties").has(property)
                || !tool.parameters().has("properties");
        return (known ? arguments.put(property, value) : arguments).toString();
    }
}
