package io.voiceagent.archiver.query;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Typed, checked access to a request's query parameters. An empty value counts as absent. */
final class Parameters {

    private static final int MAX_TEXT = 400; // no name in the archive is longer
    private static final int MAX_TAGS = 10;
    private static final int MAX_TAG_VALUE = 2_000;
    private static final Pattern TRACE_ID = Pattern.compile("[0-9a-fA-F]{1,32}");
    /** What Postgres can tell and our own clocks can be in: years 1970 to 2261. */
    private static final Instant LATEST = Instant.ofEpochSecond(9_200_000_000L);

    private final Map<String, List<String>> values;

    Parameters(Map<String, List<String>> values) {
        this.values = values;
    }

    /** @throws InvalidParameterException when there is a parameter that is not among {@code known} */
    void only(Set<String> known) {
        for (String name : values.keySet()) {
            if (!known.contains(name)) {
                throw new InvalidParameterException(
                        shown(name),
                        "is not known",
                        "Use " + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    /** The text, of 400 characters at most. */
    @Nullable
    String text(String name) {
        List<String> given = all(name);
        if (given.size() > 1) {
            throw new InvalidParameterException(name, "is there more than once", "Give it once");
        }
        return given.isEmpty() ? null : checked(name, given.getFirst(), MAX_TEXT);
    }

    /** As {@link #text}, for one that must be there. */
    String required(String name) {
        String text = text(name);
        if (text == null) {
            throw new InvalidParameterException(name, "is missing", "Give it");
        }
        return text;
    }

    /** One of {@code allowed}. */
    @Nullable
    String oneOf(String name, Set<String> allowed) {
        String text = text(name);
        if (text != null && !allowed.contains(text)) {
            throw new InvalidParameterException(
                    name,
                    "is not one that is known",
                    "Use one of " + String.join(", ", allowed.stream().sorted().toList()));
        }
        return text;
    }

    /** A whole number from {@code min} to {@code max}, both included. */
    int integer(String name, int otherwise, int min, int max) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        if (text.matches("-?\\d{1,9}")) {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        }
        throw new InvalidParameterException(
                name, "is not usable", "Use a whole number from %d to %d".formatted(min, max));
    }

    /** A duration such as {@code 250ms}. */
    @Nullable
    Duration duration(String name) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        return Durations.parse(text)
                .orElseThrow(() -> new InvalidParameterException(
                        name, "is no duration", "Use a number with ns, us, ms, s, m, h or d, such as 250ms or 1.5s"));
    }

    /** Refuses a longest duration below the shortest. */
    static void ordered(String minName, @Nullable Duration min, String maxName, @Nullable Duration max) {
        if (min != null && max != null && max.compareTo(min) < 0) {
            throw new InvalidParameterException(maxName, "is less than " + minName, "Use one that is more");
        }
    }

    /** A moment such as {@code 2026-01-31T12:00:00Z}. */
    @Nullable
    Instant instant(String name) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        try {
            return inRange(name, Instant.parse(text));
        } catch (DateTimeParseException e) {
            throw new InvalidParameterException(
                    name, "is no time", "Use ISO 8601 in UTC, such as 2026-01-31T12:00:00Z");
        }
    }

    /** A moment in microseconds since 1970. */
    @Nullable
    Instant micros(String name) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        if (!text.matches("\\d{1,16}")) {
            throw new InvalidParameterException(name, "is no time", "Use microseconds since 1970, a whole number");
        }
        long micros = Long.parseLong(text);
        return inRange(name, Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000));
    }

    /** The range from one moment to the other; the last {@code lookback} where the first is not given. */
    static TimeRange range(@Nullable Instant from, @Nullable Instant to, Duration lookback, Instant now) {
        // What began just now counts, also with a clock that runs a little ahead
        Instant end = to == null ? now.plusSeconds(60) : to;
        Instant start = from == null ? (to == null ? now : to).minus(lookback) : from;
        if (!start.isBefore(end)) {
            throw new InvalidParameterException("start", "is not before end", "Use an earlier one, or a later end");
        }
        return new TimeRange(start, end);
    }

    /** Tags {@code key:value} of one parameter that may be there ten times, and a JSON object of texts of another. */
    Map<String, String> tags(String single, @Nullable String object) {
        Map<String, String> tags = new LinkedHashMap<>();
        for (String tag : all(single)) {
            int colon = tag.indexOf(':');
            if (colon < 1) {
                throw new InvalidParameterException(single, "is not key:value", "Use for example error.type:timeout");
            }
            tags.put(
                    checked(single, tag.substring(0, colon), MAX_TEXT),
                    checked(single, tag.substring(colon + 1), MAX_TAG_VALUE));
        }
        if (object != null) {
            for (String json : all(object)) {
                tags.putAll(texts(object, json));
            }
        }
        if (tags.size() > MAX_TAGS) {
            throw new InvalidParameterException(
                    single, "is there too often", "Use %d tags at most".formatted(MAX_TAGS));
        }
        return tags;
    }

    private static Map<String, String> texts(String name, String json) {
        JsonNode object;
        try {
            object = JsonMapper.shared().readTree(json.length() > 10_000 ? "" : json);
        } catch (JacksonException e) {
            throw notTexts(name);
        }
        if (!object.isObject()) {
            throw notTexts(name);
        }
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> one : object.properties()) {
            if (one.getValue().isContainer() || one.getValue().isNull()) {
                throw notTexts(name);
            }
            texts.put(
                    checked(name, one.getKey(), MAX_TEXT),
                    checked(name, one.getValue().asString(), MAX_TAG_VALUE));
        }
        return texts;
    }

    private static InvalidParameterException notTexts(String name) {
        return new InvalidParameterException(
                name, "is no JSON object of texts", "Use for example {\"error.type\":\"timeout\"}");
    }

    /** A trace's id as the archive has it: 32 lower-case hex digits. */
    static String traceId(String text) {
        if (!TRACE_ID.matcher(text).matches()) {
            throw new InvalidParameterException("traceID", "is no trace id", "Use 32 hex digits");
        }
        return "0".repeat(32 - text.length()) + text.toLowerCase(Locale.ROOT);
    }

    /** A name out of a path. */
    static String name(String parameter, String text) {
        return checked(parameter, text, MAX_TEXT);
    }

    private List<String> all(String name) {
        return values.getOrDefault(name, List.of()).stream()
                .filter(value -> value != null && !value.isEmpty())
                .toList();
    }

    private static String checked(String name, String text, int longest) {
        if (text.length() > longest) {
            throw new InvalidParameterException(
                    name, "is longer than %d characters".formatted(longest), "Use a shorter one");
        }
        if (text.indexOf('\0') >= 0) {
            throw new InvalidParameterException(name, "has a character that no text here can have", "Leave U+0000 out");
        }
        return text;
    }

    private static Instant inRange(String name, Instant time) {
        if (time.isBefore(Instant.EPOCH) || time.isAfter(LATEST)) {
            throw new InvalidParameterException(name, "is out of range", "Use a time from 1970 to 2261");
        }
        return time;
    }

    /** A stranger's text for an answer: short, and of harmless characters. */
    private static String shown(String name) {
        String harmless = name.replaceAll("[^A-Za-z0-9_.\\[\\]-]", "?");
        return harmless.length() > 60 ? harmless.substring(0, 60) : harmless;
    }
}
