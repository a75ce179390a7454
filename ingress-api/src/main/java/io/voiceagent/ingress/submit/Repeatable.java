package io.voiceagent.ingress.submit;

import io.voiceagent.messages.Request.Registration;
import io.voiceagent.messages.Request.Registration.Kind;
import io.voiceagent.messages.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A submission that its client may send again, and by what it is then known.
 *
 * @param key the client's idempotency key, null unless the kind is {@link Kind#KEY}
 * @param body SHA-256 of the canonical body, 64 hex digits
 */
public record Repeatable(Kind kind, @Nullable String key, String body) {
    /** Set apart what would otherwise be the same text for two purposes. */
    private static final String KEYED = "key";

    private static final String BLIND = "body";

    /** Whether only the orchestrator can tell if it is a turn of its own. A first try always is. */
    boolean mayRepeat() {
        return kind != Kind.FIRST_TRY;
    }

    /**
     * What goes into the log. An idempotency key holds within one tenant and one previous response, since only what is in one partition has
     * one order, and the partition is that of the previous response.
     */
    Registration registration(String tenant, @Nullable String previous) {
        MessageDigest digest = Sha256.begin();
        add(digest, key == null ? BLIND : KEYED);
        add(digest, tenant);
        add(digest, previous == null ? "" : previous);
        add(digest, key == null ? body : key);
        return new Registration(kind, HexFormat.of().formatHex(digest.digest()), body);
    }

    /** The partition that all repetitions go to when they continue nothing. */
    static int partition(Registration registration, int partitions) {
        return (int) Long.remainderUnsigned(HexFormat.fromHexDigitsToLong(registration.key(), 0, 16), partitions);
    }

    /** With its length, so that no two lists of parts are the same bytes. */
    private static void add(MessageDigest digest, String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }
}
