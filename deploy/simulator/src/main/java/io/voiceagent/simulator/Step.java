package io.voiceagent.simulator;

/** One token of an answer, as one chunk of the stream carries it. */
sealed interface Step {

    /** A piece of the answer's text. */
    record Text(String token) implements Step {}

    /** A piece of a refusal. */
    record Refusal(String token) implements Step {}

    /** A piece of reasoning, sent as {@code reasoning_content} as several compatible servers do. */
    record Reasoning(String token) implements Step {}

    /** The begin of a tool call. */
    record ToolCall(int index, String id, String name) implements Step {}

    /** A piece of the JSON text of a tool call's arguments. */
    record Arguments(int index, String fragment) implements Step {}
}
