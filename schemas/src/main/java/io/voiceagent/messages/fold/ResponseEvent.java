package io.voiceagent.messages.fold;

/**
 * One public event of a turn.
 *
 * @param sequence the event's {@code sequence_number}, contiguous from 0
 * @param type the event's {@code type}, for example {@code response.output_text.delta}
 * @param json the event as JSON on one line, the exact text of an SSE data line
 */
public record ResponseEvent(long sequence, String type, String json) {}
