package io.voiceagent.simulator;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A misbehaviour asked for by a marker.
 *
 * @param kind what goes wrong
 * @param afterTokens tokens sent before it goes wrong; used by {@link Kind#CUT} and {@link Kind#STALL}
 * @param times how many requests with this text are hit, {@link Integer#MAX_VALUE} for all
 */
record Fault(Kind kind, int afterTokens, int times) {

    /** The kinds of faults, by the word that stands in a marker. */
    enum Kind {
        /** HTTP 429 with {@code Retry-After: 1}. */
        RATE_LIMITED("429"),
        /** HTTP 500. */
        SERVER_ERROR("500"),
        /** HTTP 503. */
        UNAVAILABLE("503"),
        /** Headers of a 200 at once, then never a token. */
        HANG("hang"),
        /** Not even headers. */
        SILENT("silent"),
        /** The connection is closed in mid-stream. */
        CUT("cut"),
        /** The stream stays open, and no further token comes. */
        STALL("stall"),
        /** A tool call whose arguments are not JSON. */
        MALFORMED("malformed"),
        /** The right body under a wrong content type. */
        BADTYPE("badtype"),
        /** Tokens that never end (but for the limit the request sets). */
        ENDLESS("endless");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** The word in the marker. */
        String word() {
            return word;
        }

        static Optional<Kind> of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word.equals(word.toLowerCase(Locale.ROOT)))
                    .findFirst();
        }
    }
}
