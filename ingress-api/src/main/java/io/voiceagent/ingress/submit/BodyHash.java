package io.voiceagent.ingress.submit;

import io.voiceagent.messages.Sha256;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Tells whether two bodies ask for the same. */
public final class BodyHash {
    private static final ObjectWriter CANONICAL =
            JsonMapper.builder().build().writer().with(JsonNodeFeature.WRITE_PROPERTIES_SORTED);

    private BodyHash() {}

    /**
     * SHA-256, 64 hex digits, over all that the body says: neither the order of its fields, white space nor the way that a character is
     * escaped counts; every field does, and whether a number is written as a whole one.
     */
    public static String of(ObjectNode body) {
        MessageDigest digest = Sha256.begin();
        CANONICAL.writeValue(new DigestOutputStream(OutputStream.nullOutputStream(), digest), body);
        return HexFormat.of().formatHex(digest.digest());
    }
}
