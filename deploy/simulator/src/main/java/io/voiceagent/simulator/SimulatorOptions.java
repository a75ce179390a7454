package io.voiceagent.simulator;

import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/**
 * How the simulator listens and how fast it answers. Every figure is a default that a marker in the text of a request
 * may override for that request.
 *
 * @param host address to listen on; loopback unless told otherwise
 * @param port TCP port, 0 for any free one
 * @param timeToFirstToken from the end of the request to the first token, at most {@link #MAX_DELAY}
 * @param tokensPerSecond pace after the first token, above 0 and at most {@link #MAX_TOKENS_PER_SECOND}
 * @param tokens length of an answer that names no length, 1 to {@link #MAX_TOKENS}
 * @param jitter each token is late by a pseudo-random part of this, at most {@link #MAX_DELAY}
 * @param searchDelay from a search request to its results, at most {@link #MAX_DELAY}
 */
public record SimulatorOptions(
        String host,
        int port,
        Duration timeToFirstToken,
        double tokensPerSecond,
        int tokens,
        Duration jitter,
        Duration searchDelay) {

    /** The longest delay that may be asked for. */
    public static final Duration MAX_DELAY = Duration.ofMinutes(10);

    /** The highest pace that may be asked for. */
    public static final double MAX_TOKENS_PER_SECOND = 100_000;

    /** The longest answer that may be asked for, in tokens. */
    public static final int MAX_TOKENS = 100_000;

    /** @throws IllegalArgumentException naming the option and its bounds */
    public SimulatorOptions {
        require(!host.isBlank(), "host must not be blank");
        require(port >= 0 && port <= 65_535, "port must be 0 to 65535, was " + port);
        requireDelay("timeToFirstToken", timeToFirstToken);
        require(
                tokensPerSecond > 0 && tokensPerSecond <= MAX_TOKENS_PER_SECOND,
                "tokensPerSecond must be above 0 and at most " + MAX_TOKENS_PER_SECOND + ", was " + tokensPerSecond);
        require(tokens >= 1 && tokens <= MAX_TOKENS, "tokens must be 1 to " + MAX_TOKENS + ", was " + tokens);
        requireDelay("jitter", jitter);
        requireDelay("searchDelay", searchDelay);
    }

    /** 127.0.0.1, any free port, 200 ms to the first token, 100 tokens a second, 50 tokens, no jitter, search 50 ms. */
    public static SimulatorOptions defaults() {
        return new SimulatorOptions(
                "127.0.0.1", 0, Duration.ofMillis(200), 100, 50, Duration.ZERO, Duration.ofMillis(50));
    }

    /**
     * The defaults, overridden by {@code SIM_BIND_ADDRESS}, {@code SIM_PORT}, {@code SIM_TTFT_MS},
     * {@code SIM_TOKENS_PER_SECOND}, {@code SIM_TOKENS}, {@code SIM_JITTER_MS} and {@code SIM_SEARCH_MS}.
     *
     * @throws IllegalArgumentException naming the variable that is not a number, or the option out of bounds
     */
    public static SimulatorOptions fromEnvironment(Map<String, String> environment) {
        SimulatorOptions base = defaults();
        return new SimulatorOptions(
                environment.getOrDefault("SIM_BIND_ADDRESS", base.host),
                number(environment, "SIM_PORT", base.port, Integer::parseInt),
                number(environment, "SIM_TTFT_MS", base.timeToFirstToken, SimulatorOptions::millis),
                number(environment, "SIM_TOKENS_PER_SECOND", base.tokensPerSecond, Double::parseDouble),
                number(environment, "SIM_TOKENS", base.tokens, Integer::parseInt),
                number(environment, "SIM_JITTER_MS", base.jitter, SimulatorOptions::millis),
                number(environment, "SIM_SEARCH_MS", base.searchDelay, SimulatorOptions::millis));
    }

    /** A copy that listens on the given port. */
    public SimulatorOptions withPort(int newPort) {
        return new SimulatorOptions(host, newPort, timeToFirstToken, tokensPerSecond, tokens, jitter, searchDelay);
    }

    /** A copy with another pace: time to the first token, tokens a second, and default length. */
    public SimulatorOptions withPace(Duration newTimeToFirstToken, double newTokensPerSecond, int newTokens) {
        return new SimulatorOptions(
                host, port, newTimeToFirstToken, newTokensPerSecond, newTokens, jitter, searchDelay);
    }

    private static <T> T number(Map<String, String> environment, String name, T absent, Function<String, T> parse) {
        String value = environment.get(name);
        if (value == null || value.isBlank()) {
            return absent;
        }
        try {
            return parse.apply(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " must be a number, was '" + value + "'", e);
        }
    }

    private static Duration millis(String value) {
        return Duration.ofMillis(Long.parseLong(value));
    }

    private static void requireDelay(String name, Duration delay) {
        require(
                !delay.isNegative() && delay.compareTo(MAX_DELAY) <= 0,
                name + " must be 0 to " + MAX_DELAY.toMillis() + " ms, was " + delay.toMillis() + " ms");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
