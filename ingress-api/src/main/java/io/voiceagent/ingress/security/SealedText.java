package io.voiceagent.ingress.security;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Text that clients keep for this server, and can neither read nor change: AES-256-GCM, bound to the tenant, by a key that is derived from
 * those of the response ids. The number of the key is in front, so a text can be opened as long as its key is among them. Thread-safe.
 *
 * <p>Form, base64url: number of the key (1 byte), nonce (12, random), ciphertext with tag (16).
 */
public final class SealedText {
    private static final String PURPOSE = "voice-agent sealed text 1";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final ResponseIds keys;
    private final SecureRandom random = new SecureRandom();

    /** @param keys from which the keys of the texts are derived */
    public SealedText(ResponseIds keys) {
        this.keys = keys;
    }

    /** {@code text}, which {@link #open} gives back to the same tenant alone. */
    public String seal(String tenant, String text) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        int keyId = keys.signingKey();
        try {
            byte[] sealed =
                    cipher(Cipher.ENCRYPT_MODE, keyId, nonce, tenant).doFinal(text.getBytes(StandardCharsets.UTF_8));
            ByteBuffer whole = ByteBuffer.allocate(1 + nonce.length + sealed.length)
                    .put((byte) keyId)
                    .put(nonce)
                    .put(sealed);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(whole.array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES/GCM", e);
        }
    }

    /** The text; empty when it was sealed for another tenant, by a key that is gone, or not by this server at all. */
    public Optional<String> open(String tenant, String sealed) {
        byte[] whole;
        try {
            whole = Base64.getUrlDecoder().decode(sealed);
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
        if (whole.length < 1 + NONCE_BYTES + TAG_BITS / 8 || !keys.has(whole[0] & 0xff)) {
            return Optional.empty();
        }
        byte[] nonce = new byte[NONCE_BYTES];
        System.arraycopy(whole, 1, nonce, 0, NONCE_BYTES);
        try {
            int head = 1 + NONCE_BYTES;
            byte[] text = cipher(Cipher.DECRYPT_MODE, whole[0] & 0xff, nonce, tenant)
                    .doFinal(whole, head, whole.length - head);
            return Optional.of(new String(text, StandardCharsets.UTF_8));
        } catch (AEADBadTagException foreign) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES/GCM", e);
        }
    }

    private Cipher cipher(int mode, int keyId, byte[] nonce, String tenant) throws GeneralSecurityException {
        SecretKey key = new SecretKeySpec(keys.derived(keyId, PURPOSE), "AES");
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(tenant.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
