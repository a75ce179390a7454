package io.voiceagent.simulator;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Cuts text into tokens, and pads an answer to the length asked for. */
final class Filler {

    private static final Pattern TOKEN = Pattern.compile("\\s?\\S{1,12}|\\s+");
    private static final List<String> WORDS = List.of(
            "these", "words", "only", "fill", "the", "length", "that", "was", "asked", "for", "and", "mean", "nothing");

    private Filler() {}

    /** The text cut into tokens: words with the blank before them; joined they are the text again. */
    static List<String> tokens(String text) {
        return TOKEN.matcher(text).results().map(MatchResult::group).toList();
    }

    /** The filler token with this number. */
    static String token(int index) {
        return " " + WORDS.get(Math.floorMod(index, WORDS.size()));
    }

    /** The tokens cut or padded to exactly so many. */
    static List<String> fitted(List<String> tokens, int length) {
        if (tokens.size() >= length) {
            return List.copyOf(tokens.subList(0, length));
        }
        while (tokens.size() < length) {
            tokens.add(token(tokens.size()));
        }
        return List.copyOf(tokens);
    }
}
