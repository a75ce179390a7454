package io.voiceagent.ingress.web;

import io.voiceagent.ingress.refusal.Code;
import io.voiceagent.ingress.refusal.Refusal;
import io.voiceagent.ingress.submit.BodyHash;
import io.voiceagent.ingress.submit.Repeatable;
import io.voiceagent.messages.Request.Registration.Kind;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a request's headers say about its repetition.
 *
 * @param kind null: nothing, and so each request is a turn of its own
 * @param key only with {@link Kind#KEY}
 */
record RetryHeaders(@Nullable Kind kind, @Nullable String key) {
    /** A promise of the client: the same key is the same submission. Stronger than {@link #RETRY_COUNT}. */
    static final String KEY = "Idempotency-Key";
    /** Sent by the clients that are generated for this dialect: how often this request was sent before. */
    static final String RETRY_COUNT = "X-Stainless-Retry-Count";
    /** Of an answer: it is the one of an earlier submission. */
    static final String REPLAYED = "Idempotency-Replayed";

    private static final Pattern USABLE_KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");
    private static final Pattern COUNT = Pattern.compile("\\d{1,6}");

    /** @throws Refusal when the key is none */
    static RetryHeaders of(HttpHeaders headers) {
        List<String> keys = headers.get(KEY);
        if (keys != null) {
            if (keys.size() != 1 || !USABLE_KEY.matcher(keys.getFirst()).matches()) {
                throw new Refusal(
                        Code.INVALID_VALUE,
                        KEY,
                        "The header '%s' must be sent once, with 1 to 255 visible ASCII characters.".formatted(KEY));
            }
            return new RetryHeaders(Kind.KEY, keys.getFirst());
        }
        List<String> counts = headers.get(RETRY_COUNT);
        // It is a remark of the client's and no promise: one that makes no sense is passed over
        if (counts == null
                || counts.size() != 1
                || !COUNT.matcher(counts.getFirst()).matches()) {
            return new RetryHeaders(null, null);
        }
        return new RetryHeaders(Integer.parseInt(counts.getFirst()) == 0 ? Kind.FIRST_TRY : Kind.RETRY, null);
    }

    /** Whether the answer may be that of an earlier submission. */
    boolean mayRepeat() {
        return kind == Kind.KEY || kind == Kind.RETRY;
    }

    /** By what a repetition of this body is known, null when it is not. */
    @Nullable
    Repeatable with(ObjectNode body) {
        return kind == null ? null : new Repeatable(kind, key, BodyHash.of(body));
    }
}
