package io.voiceagent.ingress.security;

import io.voiceagent.messages.ConversationId;
import io.voiceagent.messages.MalformedMessageException;
import io.voiceagent.messages.ResponseId;
import io.voiceagent.transport.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Issues response ids and tells its own from others. The MAC (HMAC-SHA256, truncated to 48 bits) is over the place in the log <em>and</em> the
 * tenant: so a foreign tenant's id is exactly as unknown as an invented one, without a look-up. It guards against look-ups for invented ids;
 * what a response holds is guarded by the tenant that is stored with it.
 */
public final class ResponseIds {
    private static final String VARIABLE = "RESPONSE_ID_KEYS";
    private static final String REMEDY =
            "Use 1:KEY with KEY from: openssl rand -base64 32. To exchange a key put the new one first, as in 2:NEW,1:OLD";
    private static final int KEY_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";

    private final Map<Integer, SecretKeySpec> keys;
    private final int signingKey;

    private ResponseIds(Map<Integer, SecretKeySpec> keys) {
        this.keys = Map.copyOf(keys);
        this.signingKey = keys.keySet().iterator().next();
    }

    /**
     * Reads {@code id:base64[,id:base64…]}; the first key signs, all verify.
     *
     * @param value of the variable {@code RESPONSE_ID_KEYS}, null when it is not set
     * @throws InvalidSettingException naming the variable and the remedy, never a key
     */
    public static ResponseIds parse(@Nullable String value) {
        if (value == null || value.isBlank()) {
            throw new InvalidSettingException(VARIABLE, "is not set", REMEDY);
        }
        Map<Integer, SecretKeySpec> keys = new LinkedHashMap<>();
        for (String pair : value.split(",", -1)) {
            int number = keys.size() + 1;
            int colon = pair.indexOf(':');
            String id = colon < 0 ? "" : pair.substring(0, colon).trim();
            if (!id.matches("\\d{1,3}") || Integer.parseInt(id) > 255) {
                throw new InvalidSettingException(VARIABLE, "has no key id from 0 to 255 in entry " + number, REMEDY);
            }
            byte[] key = decode(pair.substring(colon + 1).trim(), number);
            if (keys.put(Integer.parseInt(id), new SecretKeySpec(key, ALGORITHM)) != null) {
                throw new InvalidSettingException(VARIABLE, "has the key id %s twice".formatted(id), REMEDY);
            }
        }
        return new ResponseIds(keys);
    }

    /**
     * A new id.
     *
     * @param conversation 18 hex digits
     * @param nonce the low 16 bits count
     */
    public ResponseId mint(String tenant, String conversation, Instant submittedAt, int nonce) {
        byte[] signed = ResponseId.signedBytes(signingKey, conversation, submittedAt, nonce);
        return ResponseId.parse(ResponseId.format(signed, mac(signingKey, signed, tenant)));
    }

    /** A new id of a conversation object; the parameters are those of {@link #mint}. */
    public ConversationId mintConversation(String tenant, String conversation, Instant createdAt, int nonce) {
        byte[] signed = ResponseId.signedBytes(signingKey, conversation, createdAt, nonce);
        return new ConversationId(ResponseId.parse(ResponseId.format(signed, mac(signingKey, signed, ofLine(tenant)))));
    }

    /** As {@link #verify}, of a conversation object. */
    public Optional<ConversationId> verifyConversation(String id, String tenant) {
        if (!id.startsWith(ConversationId.PREFIX)) {
            return Optional.empty();
        }
        return verify(ResponseId.PREFIX + id.substring(ConversationId.PREFIX.length()), ofLine(tenant))
                .map(ConversationId::new);
    }

    /** Sets the MACs of conversations apart: no response id can be made one. No tenant has this character in its name. */
    private static String ofLine(String tenant) {
        return tenant + "\0conversation";
    }

    /** The parsed id when it was issued for this tenant, by any of the keys; else nothing, whatever the reason. */
    public Optional<ResponseId> verify(String id, String tenant) {
        ResponseId parsed;
        try {
            parsed = ResponseId.parse(id);
        } catch (MalformedMessageException e) {
            return Optional.empty();
        }
        if (!keys.containsKey(parsed.keyId())) {
            return Optional.empty();
        }
        byte[] expected = mac(parsed.keyId(), HexFormat.of().parseHex(parsed.signed()), tenant);
        byte[] actual = HexFormat.of().parseHex(parsed.mac());
        return MessageDigest.isEqual(java.util.Arrays.copyOf(expected, ResponseId.MAC_BYTES), actual)
                ? Optional.of(parsed)
                : Optional.empty();
    }

    /** Number of the key that signs. */
    int signingKey() {
        return signingKey;
    }

    /** Whether there is a key of that number. */
    boolean has(int keyId) {
        return keys.containsKey(keyId);
    }

    /** A key of 32 bytes for another purpose, from which neither the key itself nor that for a third purpose follows. */
    byte[] derived(int keyId, String purpose) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(keys.get(keyId));
            // Longer than what is signed by ids, so never equal to a MAC of one
            return mac.doFinal(("derived key: " + purpose + ".".repeat(64)).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private byte[] mac(int keyId, byte[] signed, String tenant) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(keys.get(keyId));
            // Signed bytes have a fixed length, so the two parts can't run into one another
            mac.update(signed);
            return mac.doFinal(tenant.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private static byte[] decode(String text, int number) {
        byte[] key;
        try {
            key = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(VARIABLE, "has a key that is not base64 in entry " + number, REMEDY);
        }
        if (key.length != KEY_BYTES) {
            throw new InvalidSettingException(
                    VARIABLE,
                    "has a key of %d bytes instead of %d in entry %d".formatted(key.length, KEY_BYTES, number),
                    REMEDY);
        }
        return key;
    }
}
