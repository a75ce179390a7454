package io.voiceagent.messages;

/** Tokens, as the model endpoint counts them. */
public record Usage(long inputTokens, long cachedInputTokens, long outputTokens, long reasoningTokens) {
    /** No tokens. */
    public static final Usage NONE = new Usage(0, 0, 0, 0);

    /** The sum of both. */
    public Usage plus(Usage other) {
        return new Usage(
                inputTokens + other.inputTokens,
                cachedInputTokens + other.cachedInputTokens,
                outputTokens + other.outputTokens,
                reasoningTokens + other.reasoningTokens);
    }
}
