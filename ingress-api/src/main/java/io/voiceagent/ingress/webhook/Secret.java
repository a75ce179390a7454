package io.voiceagent.ingress.webhook;

import io.voiceagent.messages.Sha256;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A signing secret of 24 to 64 bytes, written {@code whsec_} and base64 (Standard Webhooks). Never shows its bytes. */
final class Secret {
    static final String PREFIX = "whsec_";
    private static final int MIN_BYTES = 24;
    private static final int MAX_BYTES = 64;
    private static final String ALGORITHM = "HmacSHA256";

    private final byte[] key;

    private Secret(byte[] key) {
        this.key = key;
    }

    /** @throws IllegalArgumentException saying what is wrong, without the secret */
    static Secret parse(String text) {
        if (!text.startsWith(PREFIX)) {
            throw new IllegalArgumentException("does not begin with " + PREFIX);
        }
        byte[] key;
        try {
            key = Base64.getDecoder().decode(text.substring(PREFIX.length()));
        } catch (IllegalArgumentException e) {
            // Without the cause, whose message quotes a character of the secret
            throw new IllegalArgumentException("is not base64 after " + PREFIX);
        }
        if (key.length < MIN_BYTES || key.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "has %d bytes instead of %d to %d".formatted(key.length, MIN_BYTES, MAX_BYTES));
        }
        return new Secret(key);
    }

    byte[] hmac(byte[] message) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac.doFinal(message);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    String hash() {
        return HexFormat.of().formatHex(Sha256.of(key));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && hash().equals(secret.hash());
    }

    @Override
    public int hashCode() {
        return hash().hashCode();
    }

    @Override
    public String toString() {
        return PREFIX + "***";
    }
}
