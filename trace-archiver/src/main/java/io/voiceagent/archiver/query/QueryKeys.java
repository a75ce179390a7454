package io.voiceagent.archiver.query;

import io.voiceagent.messages.Sha256;
import io.voiceagent.transport.InvalidSettingException;
import io.voiceagent.transport.Variables;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys that let somebody look into the archive, held as SHA-256 hashes. They are long random texts, so there is nothing that a slow hash
 * would protect.
 */
public final class QueryKeys {

    private static final String VARIABLE = "QUERY_API_KEYS";
    private static final int MAX_KEYS = 100;
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e&&[^,]]{16,256}");
    private static final Pattern HASH = Pattern.compile("sha256:([0-9a-fA-F]{64})");
    private static final String REMEDY =
            "Use one or more by commas, each of 16 characters or more (openssl rand -hex 24) or sha256:HASH, with HASH from: printf %s \"$KEY\" | sha256sum";

    private final List<byte[]> hashes;

    private QueryKeys(List<byte[]> hashes) {
        this.hashes = List.copyOf(hashes);
    }

    /**
     * Reads the variable {@code QUERY_API_KEYS}.
     *
     * @throws InvalidSettingException naming it, the entry by its number, and the remedy; never a key
     */
    public static QueryKeys from(Variables variables) {
        String value = variables.find(VARIABLE);
        List<byte[]> hashes = new ArrayList<>();
        for (String entry : value == null ? new String[0] : value.split(",", -1)) {
            String key = entry.trim();
            var hash = HASH.matcher(key);
            if (hash.matches()) {
                hashes.add(HexFormat.of().parseHex(hash.group(1)));
            } else if (KEY.matcher(key).matches() && !key.startsWith("sha256:")) {
                hashes.add(Sha256.of(key));
            } else {
                throw new InvalidSettingException(
                        VARIABLE, "has no usable key in entry " + (hashes.size() + 1), REMEDY);
            }
        }
        if (hashes.size() > MAX_KEYS) {
            throw new InvalidSettingException(
                    VARIABLE, "has %d keys".formatted(hashes.size()), "Use %d at most".formatted(MAX_KEYS));
        }
        return new QueryKeys(hashes);
    }

    /** Whether there is none. */
    boolean none() {
        return hashes.isEmpty();
    }

    /** Whether {@code key} is one of them. Takes as long for each that is not. */
    boolean has(@Nullable String key) {
        byte[] hash = Sha256.of(key == null ? "" : key);
        boolean found = false;
        for (byte[] known : hashes) {
            found |= MessageDigest.isEqual(known, hash);
        }
        return found && key != null;
    }
}
