package io.voiceagent.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The instructions to the simulator inside a text, written {@code [[name]]} or {@code [[name=value]]}. Double brackets
 * with a name that is not known are plain text.
 *
 * <table>
 * <caption>Markers</caption>
 * <tr><td>{@code tokens=50}</td><td>length of the answer</td></tr>
 * <tr><td>{@code ttft=200}, {@code tps=100}</td><td>milliseconds to the first token, tokens a second</td></tr>
 * <tr><td>{@code reasoning}, {@code reasoning=20}</td><td>reasoning tokens before the answer</td></tr>
 * <tr><td>{@code refuse}</td><td>a refusal in the place of an answer</td></tr>
 * <tr><td>{@code invalid=2}</td><td>the first two answers after this message are not of the format that is asked for</td></tr>
 * <tr><td>{@code rounds=3}</td><td>rounds of tool calls before the answer</td></tr>
 * <tr><td><code>call=name {"a":1}</code></td><td>this call, offered or not, with exactly these arguments</td></tr>
 * <tr><td>{@code fault=KIND}, {@code fault=KIND:2}</td><td>always, or for the first two requests; see {@link Fault}</td></tr>
 * <tr><td>{@code cut=5}, {@code stall=5:1}</td><td>cut or stall after five tokens; always, or once</td></tr>
 * <tr><td>{@code tag=name}</td><td>count this request under the name in the statistics</td></tr>
 * <tr><td>{@code search-fault=KIND:1}</td><td>travels in the query of {@code web_search} and hits the search</td></tr>
 * </table>
 *
 * @param faults in the order of the text: each is used up before the next one begins
 */
record Markers(
        OptionalInt tokens,
        Optional<Duration> timeToFirstToken,
        OptionalDouble tokensPerSecond,
        int reasoningTokens,
        boolean refuse,
        int invalid,
        int rounds,
        List<ExplicitCall> calls,
        List<Fault> faults,
        List<Fault> searchFaults,
        Optional<String> tag,
        String plainText,
        String searchMarkers) {

    private static final Pattern MARKER = Pattern.compile("\\[\\[call=([\\w.-]{1,64})(?: ?(\\{.{0,4000}?\\}))?\\]\\]"
            + "|\\[\\[([a-z-]{1,20})(?:=([^\\[\\]]{0,100}))?\\]\\]");
    private static final int DEFAULT_REASONING_TOKENS = 10;
    private static final int DEFAULT_FAULT_AFTER_TOKENS = 5;
    private static final int MAX_ROUNDS = 100;

    /** A call spelled out in the text; its arguments go out as they stand, right or wrong. */
    record ExplicitCall(String name, String arguments) {}

    /** @throws InvalidRequest when a marker that is known has a value out of bounds */
    static Markers of(String text) {
        Parser parser = new Parser();
        Matcher matcher = MARKER.matcher(text);
        StringBuilder plain = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(plain, parser.accept(matcher) ? " " : Matcher.quoteReplacement(matcher.group()));
        }
        matcher.appendTail(plain);
        return parser.markers(plain.toString().strip().replaceAll("\\s+", " "));
    }

    /** The fault that hits a request before which {@code earlier} others with the same text came. */
    Optional<Fault> faultFor(int earlier) {
        return next(faults, earlier);
    }

    /** The fault that hits a search; both names count there. */
    Optional<Fault> searchFaultFor(int earlier) {
        return next(searchFaults.isEmpty() ? faults : searchFaults, earlier);
    }

    private static Optional<Fault> next(List<Fault> faults, int earlier) {
        int left = earlier;
        for (Fault fault : faults) {
            if (left < fault.times()) {
                return Optional.of(fault);
            }
            left -= fault.times();
        }
        return Optional.empty();
    }

    private static final class Parser {
        private OptionalInt tokens = OptionalInt.empty();
        private Optional<Duration> timeToFirstToken = Optional.empty();
        private OptionalDouble tokensPerSecond = OptionalDouble.empty();
        private int reasoningTokens;
        private boolean refuse;
        private int invalid;
        private int rounds;
        private final List<ExplicitCall> calls = new ArrayList<>();
        private final List<Fault> faults = new ArrayList<>();
        private final List<Fault> searchFaults = new ArrayList<>();
        private Optional<String> tag = Optional.empty();
        private final List<String> searchMarkers = new ArrayList<>();

        /** Takes the marker found, or answers false when its name is not one of ours. */
        boolean accept(Matcher found) {
            String called = found.group(1);
            if (called != null) {
                String arguments = found.group(2);
                calls.add(new ExplicitCall(called, arguments == null ? "{}" : arguments));
                return true;
            }
            String name = found.group(3);
            String given = found.group(4);
            String value = given == null ? "" : given.strip().toLowerCase(Locale.ROOT);
            switch (name) {
                case "tokens" -> tokens = OptionalInt.of(integer(name, value, 1, SimulatorOptions.MAX_TOKENS));
                case "ttft" ->
                    timeToFirstToken = Optional.of(
                            Duration.ofMillis(integer(name, value, 0, (int) SimulatorOptions.MAX_DELAY.toMillis())));
                case "tps" -> tokensPerSecond = OptionalDouble.of(pace(value));
                case "reasoning" ->
                    reasoningTokens = value.isEmpty() ? DEFAULT_REASONING_TOKENS : integer(name, value, 1, 10_000);
                case "refuse" -> refuse = true;
                case "invalid" -> invalid = value.isEmpty() ? 1 : integer(name, value, 0, MAX_ROUNDS);
                case "rounds" -> rounds = integer(name, value, 0, MAX_ROUNDS);
                case "fault" -> faults.add(fault(name, value));
                case "cut" -> faults.add(faultAfter(name, Fault.Kind.CUT, value));
                case "stall" -> faults.add(faultAfter(name, Fault.Kind.STALL, value));
                case "search-fault" -> {
                    searchFaults.add(fault(name, value));
                    searchMarkers.add(found.group());
                }
                case "tag" -> tag = Optional.of(given == null ? "" : given.strip());
                default -> {
                    return false;
                }
            }
            return true;
        }

        Markers markers(String plainText) {
            return new Markers(
                    tokens,
                    timeToFirstToken,
                    tokensPerSecond,
                    reasoningTokens,
                    refuse,
                    invalid,
                    rounds,
                    List.copyOf(calls),
                    List.copyOf(faults),
                    List.copyOf(searchFaults),
                    tag,
                    plainText,
                    searchMarkers.stream().collect(Collectors.joining(" ")));
        }

        private static Fault fault(String name, String value) {
            String[] parts = value.split(":", 2);
            Fault.Kind kind = Fault.Kind.of(parts[0])
                    .orElseThrow(() -> new InvalidRequest("messages", "marker " + name + ": no fault '" + value + "'"));
            return new Fault(kind, DEFAULT_FAULT_AFTER_TOKENS, times(name, parts));
        }

        private static Fault faultAfter(String name, Fault.Kind kind, String value) {
            String[] parts = value.split(":", 2);
            int after = parts[0].isEmpty()
                    ? DEFAULT_FAULT_AFTER_TOKENS
                    : integer(name, parts[0], 0, SimulatorOptions.MAX_TOKENS);
            return new Fault(kind, after, times(name, parts));
        }

        private static int times(String name, String[] parts) {
            return parts.length < 2 ? Integer.MAX_VALUE : integer(name, parts[1], 1, 1_000_000);
        }

        private static double pace(String value) {
            double pace;
            try {
                pace = Double.parseDouble(value);
            } catch (NumberFormatException e) {
                throw new InvalidRequest("messages", "marker tps: '" + value + "' is not a number");
            }
            if (!(pace > 0 && pace <= SimulatorOptions.MAX_TOKENS_PER_SECOND)) {
                throw new InvalidRequest(
                        "messages", "marker tps must be above 0 and at most " + SimulatorOptions.MAX_TOKENS_PER_SECOND);
            }
            return pace;
        }

        private static int integer(String name, String value, int least, int most) {
            try {
                int number = Integer.parseInt(value);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // falls through to the one message below
            }
            throw new InvalidRequest(
                    "messages",
                    "marker " + name + " must be a whole number " + least + " to " + most + ", was '" + value + "'");
        }
    }
}
