package io.voiceagent.agent.core;

import io.voiceagent.messages.Item;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes a context short enough for the model, as {@code truncation: auto} asks for: the oldest turns are left out, whole, until the rest
 * fits. A turn begins where the user speaks after somebody else did, whether the client sent the turns before as input or by a previous
 * response. System messages stay, and so does the last turn, also when it alone is too long: then the model endpoint has the word.
 *
 * <p>Tokens are estimated from above for nearly all text, at one for three bytes of UTF-8: which tokenizer a model has, nobody tells us, and
 * to leave out a little too much is better than to fail.
 */
final class Window {
    /** Bytes of text that a token has at the least, but for odd text. */
    private static final int BYTES_PER_TOKEN = 3;
    /** What a message costs beside its text. */
    private static final int OVERHEAD = 8;
    /** An image of full detail, by the rule of most endpoints. */
    private static final int IMAGE = 1_500;
    /** Bytes that fit into one record of the log beside all else. */
    private static final long MAX_BYTES = 3_000_000;

    private Window() {}

    /**
     * The newest part of {@code past} that fits.
     *
     * @param past everything before what the turn itself has brought
     * @param tokens what there is room for
     */
    static List<Item> fit(List<Item> past, long tokens) {
        List<Integer> turns = turns(past);
        int first = 0;
        List<Item> kept = past;
        while (first < turns.size() - 1 && !fits(kept, tokens)) {
            first++;
            kept = from(past, turns.get(first));
        }
        return first == 0 ? past : kept;
    }

    private static boolean fits(List<Item> items, long tokens) {
        return items.stream().mapToLong(Window::tokens).sum() <= tokens
                && items.stream().mapToLong(Window::bytes).sum() <= MAX_BYTES;
    }

    /** Where turns begin. */
    private static List<Integer> turns(List<Item> items) {
        List<Integer> turns = new ArrayList<>();
        boolean spoke = false;
        for (int i = 0; i < items.size(); i++) {
            boolean speaks = items.get(i) instanceof Item.Message message && message.role() == Item.Role.USER;
            if (speaks && !spoke) {
                turns.add(i);
            }
            spoke = speaks;
        }
        return turns;
    }

    /** An answer to a call that is left out is left out, too: a model endpoint refuses it. */
    private static List<Item> from(List<Item> past, int begin) {
        List<Item> kept = new ArrayList<>();
        Set<String> calls = new HashSet<>();
        for (int i = 0; i < past.size(); i++) {
            Item item = past.get(i);
            boolean keeps = switch (item) {
                case Item.Message message -> i >= begin || message.role() == Item.Role.SYSTEM;
                case Item.Reasoning _ -> i >= begin;
                case Item.ToolCall _, Item.ApprovalAnswer _ -> i >= begin;
                case Item.ToolResult result -> calls.contains(result.callId());
            };
            if (keeps) {
                kept.add(item);
                if (item instanceof Item.ToolCall call) {
                    calls.add(call.callId());
                }
            }
        }
        return kept;
    }

    /** What {@code item} costs at the most. */
    static long tokens(Item item) {
        return switch (item) {
            case Item.Message message ->
                tokens(message.text())
                        + message.content().stream()
                                        .filter(Item.Content.Image.class::isInstance)
                                        .count()
                                * IMAGE;
            case Item.Reasoning _, Item.ApprovalAnswer _ -> 0; // never sent to the model
            case Item.ToolCall call -> tokens(call.name()) + tokens(call.arguments());
            case Item.ToolResult result -> tokens(result.output());
        };
    }

    /** What a message of this text costs at the most. */
    static long tokens(String text) {
        return OVERHEAD + (utf8(text) + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
    }

    private static long bytes(Item item) {
        return switch (item) {
            case Item.Message message ->
                utf8(message.text())
                        + message.content().stream()
                                .mapToLong(part -> part instanceof Item.Content.Image image
                                        ? image.url().length()
                                        : 0)
                                .sum();
            case Item.Reasoning reasoning -> utf8(reasoning.text());
            case Item.ToolCall call -> utf8(call.arguments());
            case Item.ToolResult result -> utf8(result.output());
            case Item.ApprovalAnswer answer -> answer.reason() == null ? 0 : utf8(answer.reason());
        };
    }

    private static long utf8(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // A surrogate is half of a character of four bytes
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }
}
