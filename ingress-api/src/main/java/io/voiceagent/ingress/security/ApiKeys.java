package io.voiceagent.ingress.security;

import io.voiceagent.transport.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The API keys, held as SHA-256 hashes. A plain hash is enough: keys are long random texts, not passwords of people.
 *
 * <p>A key is compared with all keys in a time that tells neither which one it resembles nor how far.
 */
public final class ApiKeys {
    /** Shorter keys could be guessed. */
    static final int MIN_KEY_CHARS = 16;

    private static final int MIN_KEYS = 2;
    private static final int MAX_KEYS = 10_000;
    private static final String VARIABLE = "API_KEYS";
    private static final String REMEDY =
            "Use tenant:key,tenant:key with at least two keys of %d characters or more, for example from: openssl rand -hex 24"
                    .formatted(MIN_KEY_CHARS);
    private static final Pattern TENANT = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e&&[^,]]{" + MIN_KEY_CHARS + ",256}");

    private record Entry(String tenant, byte[] hash) {}

    private final List<Entry> entries;

    private ApiKeys(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /**
     * Reads {@code tenant:key,tenant:key}. A tenant may have several keys, so that they can be exchanged.
     *
     * @param value of the variable {@code API_KEYS}, null when it is not set
     * @throws InvalidSettingException naming the variable, the entry by its number, and the remedy; never a key
     */
    public static ApiKeys parse(@Nullable String value) {
        if (value == null || value.isBlank()) {
            throw new InvalidSettingException(VARIABLE, "is not set", REMEDY);
        }
        List<Entry> entries = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String pair : value.split(",", -1)) {
            int number = entries.size() + 1;
            int colon = pair.indexOf(':');
            String tenant = colon < 0 ? "" : pair.substring(0, colon).trim();
            String key = pair.substring(colon + 1).trim();
            if (!TENANT.matcher(tenant).matches()) {
                throw new InvalidSettingException(
                        VARIABLE, "has no tenant of 1 to 64 letters, digits, '_', '.', '-' in entry " + number, REMEDY);
            }
            if (!KEY.matcher(key).matches()) {
                throw new InvalidSettingException(
                        VARIABLE,
                        "has a key that is too short or has blanks or other than ASCII characters in entry " + number,
                        REMEDY);
            }
            if (!seen.add(key)) {
                throw new InvalidSettingException(
                        VARIABLE, "repeats in entry %d the key of an earlier entry".formatted(number), REMEDY);
            }
            entries.add(new Entry(tenant, sha256(key)));
        }
        if (entries.size() < MIN_KEYS || entries.size() > MAX_KEYS) {
            throw new InvalidSettingException(VARIABLE, "has %d keys".formatted(entries.size()), REMEDY);
        }
        return new ApiKeys(entries);
    }

    /** The tenant that {@code key} belongs to. */
    public Optional<String> tenant(String key) {
        byte[] hash = sha256(key);
        String tenant = null;
        for (Entry entry : entries) {
            // No early end: the time must not tell which entry matched
            if (MessageDigest.isEqual(entry.hash, hash)) {
                tenant = entry.tenant;
            }
        }
        return Optional.ofNullable(tenant);
    }

    private static byte[] sha256(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
