package io.voiceagent.messages;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How likely the model held a token of its answer.
 *
 * @param token its text; of a token that ends inside of a character, whatever the model endpoint shows for it
 * @param logprob natural logarithm of its probability, 0 at the most
 * @param bytes its bytes, 0 to 255 each; null where they are the UTF-8 of {@code token}
 * @param top the likeliest tokens at its place, as many as were asked for, the likeliest first
 */
public record TokenLogprob(
        String token, double logprob, @Nullable List<Integer> bytes, List<Candidate> top) {
    public TokenLogprob {
        bytes = bytes == null ? null : List.copyOf(bytes);
        top = top == null ? List.of() : List.copyOf(top);
    }

    /**
     * A token that could have been there.
     *
     * @param token as in {@link TokenLogprob}
     * @param logprob as in {@link TokenLogprob}
     * @param bytes as in {@link TokenLogprob}
     */
    public record Candidate(
            String token, double logprob, @Nullable List<Integer> bytes) {
        public Candidate {
            bytes = bytes == null ? null : List.copyOf(bytes);
        }
    }

    /** The bytes of a token, whether they are written down or follow from its text. */
    public static List<Integer> bytes(String token, @Nullable List<Integer> written) {
        if (written != null) {
            return written;
        }
        List<Integer> bytes = new ArrayList<>();
        for (byte each : token.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(each & 0xff);
        }
        return bytes;
    }
}
