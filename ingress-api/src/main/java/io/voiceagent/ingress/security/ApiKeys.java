package io.voiceagent.ingress.security;

import io.voiceagent.messages.Sha256;
import io.voiceagent.transport.InvalidSettingException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The API keys, held as SHA-256 hashes. A plain hash is enough, and no slow one is needed: keys are long random texts, not passwords of
 * people, so there is nothing to try out.
 *
 * <p>A key is looked up by its hash. The time of that may depend on the hash, of which nobody can choose even the first bytes without knowing
 * the key; the hash that is found is compared in constant time.
 */
public final class ApiKeys {
    /** Shorter keys could be guessed. */
    static final int MIN_KEY_CHARS = 16;

    private static final int MAX_KEYS = 10_000;
    private static final int HASH_BYTES = 32;
    private static final String VARIABLE = "API_KEYS";
    private static final String FILE_VARIABLE = "API_KEYS_FILE";
    private static final String REMEDY =
            "Use tenant:key,tenant:key with at least two keys of %d characters or more, for example from: openssl rand -hex 24"
                    .formatted(MIN_KEY_CHARS);
    private static final String FILE_REMEDY =
            "Write one line for each key, tenant:sha256:HASH or tenant:sha256:HASH:submit+read, with HASH from: printf %s \"$KEY\" | sha256sum";
    private static final Pattern TENANT = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e&&[^,]]{" + MIN_KEY_CHARS + ",256}");
    private static final Pattern HASH = Pattern.compile("[0-9a-fA-F]{" + 2 * HASH_BYTES + "}");

    private record Entry(byte[] hash, ApiKey key) {}

    /** By the first bytes of the hash. */
    private final Map<Long, Entry> byHash;

    private ApiKeys(Map<Long, Entry> byHash) {
        this.byHash = Map.copyOf(byHash);
    }

    /**
     * Reads {@code tenant:key,tenant:key}; such keys have the scopes submit and read. A tenant may have several keys, so that they can be
     * exchanged.
     *
     * @param value of the variable {@code API_KEYS}, null when it is not set: no keys
     * @throws InvalidSettingException naming the variable, the entry by its number, and the remedy; never a key
     */
    public static ApiKeys parse(@Nullable String value) {
        Map<Long, Entry> keys = new HashMap<>();
        int number = 0;
        for (String pair : value == null || value.isBlank() ? new String[0] : value.split(",", -1)) {
            number++;
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
            if (!add(keys, Sha256.of(key), new ApiKey(tenant, ApiKey.USUAL))) {
                throw new InvalidSettingException(
                        VARIABLE, "repeats in entry %d the key of an earlier entry".formatted(number), REMEDY);
            }
        }
        return new ApiKeys(keys);
    }

    /**
     * Reads lines of {@code tenant:sha256:HEX[:SCOPE+SCOPE]}; blank lines and those that begin with {@code #} are passed over.
     *
     * @param text of the file that {@code API_KEYS_FILE} names
     * @throws InvalidSettingException naming the variable, the line by its number, and the remedy; never what the line says
     */
    public static ApiKeys parseFile(String text) {
        Map<Long, Entry> keys = new HashMap<>();
        int number = 0;
        for (String raw : text.lines().toList()) {
            number++;
            String line = raw.trim();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String[] parts = line.split(":", -1);
            if (parts.length < 3 || parts.length > 4 || !parts[1].equals("sha256")) {
                throw inLine(number, "is not tenant:sha256:HASH");
            }
            if (!TENANT.matcher(parts[0]).matches()) {
                throw inLine(number, "has no tenant of 1 to 64 letters, digits, '_', '.', '-'");
            }
            if (!HASH.matcher(parts[2]).matches()) {
                throw inLine(number, "has no hash of %d hex digits".formatted(2 * HASH_BYTES));
            }
            ApiKey key = new ApiKey(parts[0], parts.length == 4 ? scopes(number, parts[3]) : ApiKey.USUAL);
            if (!add(keys, HexFormat.of().parseHex(parts[2]), key)) {
                throw inLine(number, "repeats the key of an earlier line");
            }
        }
        return new ApiKeys(keys);
    }

    private static Set<Scope> scopes(int number, String text) {
        Set<Scope> scopes = new HashSet<>();
        for (String scope : text.split("\\+", -1)) {
            scopes.add(Scope.find(scope)
                    .orElseThrow(() -> inLine(number, "has a scope other than submit, read and admin")));
        }
        return scopes;
    }

    private static InvalidSettingException inLine(int number, String problem) {
        return new InvalidSettingException(
                FILE_VARIABLE, "names a file whose line %d %s".formatted(number, problem), FILE_REMEDY);
    }

    /** These and {@code others}; a key that is in both is taken as the others have it. */
    public ApiKeys with(ApiKeys others) {
        Map<Long, Entry> all = new HashMap<>(byHash);
        all.putAll(others.byHash);
        return new ApiKeys(all);
    }

    /**
     * These keys, when there are at least {@code least} and not too many.
     *
     * @throws InvalidSettingException naming the variable and the remedy
     */
    public ApiKeys required(int least) {
        if (byHash.size() < least || byHash.size() > MAX_KEYS) {
            throw new InvalidSettingException(
                    VARIABLE,
                    byHash.isEmpty() ? "is not set" : "has %d keys".formatted(byHash.size()),
                    REMEDY + "; or name in API_KEYS_FILE a file with the hashes of keys");
        }
        return this;
    }

    /** How many keys there are. */
    public int size() {
        return byHash.size();
    }

    /** What {@code key} stands for. */
    public Optional<ApiKey> find(String key) {
        byte[] hash = Sha256.of(key);
        Entry entry = byHash.get(prefix(hash));
        return entry != null && MessageDigest.isEqual(entry.hash, hash) ? Optional.of(entry.key) : Optional.empty();
    }

    private static boolean add(Map<Long, Entry> keys, byte[] hash, ApiKey key) {
        return keys.putIfAbsent(prefix(hash), new Entry(hash, key)) == null;
    }

    private static long prefix(byte[] hash) {
        return ByteBuffer.wrap(hash).getLong();
    }
}
