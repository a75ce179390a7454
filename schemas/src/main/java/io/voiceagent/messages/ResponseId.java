package io.voiceagent.messages;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HexFormat;

/**
 * The place of a response in the log, carried by its public id: {@code resp_} and 48 hex digits of these 24 bytes.
 *
 * <pre>
 *  0      key id of the MAC (unsigned)
 *  1-2    partition of the conversation (unsigned)
 *  3-9    random part of the conversation
 * 10-15   time of submission, milliseconds since the epoch (unsigned, 48 bits)
 * 16-17   nonce
 * 18-23   MAC over bytes 0-17 and the tenant, truncated to 48 bits
 * </pre>
 *
 * The conversation (bytes 1-9, as 18 hex digits) is the key of all {@code agent.*} and {@code *.results} records, so one
 * conversation is one partition everywhere. Whoever holds the MAC keys (the ingress) checks the MAC; other readers only
 * need the place.
 *
 * @param conversation 18 lower-case hex digits
 * @param signed bytes 0-17 as 36 hex digits: what the MAC covers beside the tenant
 * @param mac 12 hex digits
 */
public record ResponseId(int keyId, String conversation, Instant submittedAt, String signed, String mac) {
    /** What every response id begins with. */
    public static final String PREFIX = "resp_";
    /** Bytes covered by the MAC. */
    public static final int SIGNED_BYTES = 18;
    /** Bytes of the truncated MAC. */
    public static final int MAC_BYTES = 6;

    private static final HexFormat HEX = HexFormat.of();

    /**
     * Reads a public id; does not check its MAC.
     *
     * @throws MalformedMessageException when the text is not such an id
     */
    public static ResponseId parse(String id) {
        if (!id.startsWith(PREFIX) || id.length() != PREFIX.length() + 2 * (SIGNED_BYTES + MAC_BYTES)) {
            throw new MalformedMessageException(
                    "not a response id: " + PREFIX + " and 48 hex digits are expected", null);
        }
        String hex = id.substring(PREFIX.length());
        if (!hex.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            throw new MalformedMessageException("not a response id: lower-case hex digits are expected", null);
        }
        ByteBuffer bytes = ByteBuffer.wrap(HEX.parseHex(hex));
        long time = ((long) (bytes.getShort(10) & 0xffff) << 32) | (bytes.getInt(12) & 0xffffffffL);
        return new ResponseId(
                bytes.get(0) & 0xff,
                hex.substring(2, 20),
                Instant.ofEpochMilli(time),
                hex.substring(0, 2 * SIGNED_BYTES),
                hex.substring(2 * SIGNED_BYTES));
    }

    /**
     * The 18 bytes that a MAC is computed over (beside the tenant).
     *
     * @param keyId 0 to 255
     * @param conversation 18 hex digits
     * @param nonce the low 16 bits count
     */
    public static byte[] signedBytes(int keyId, String conversation, Instant submittedAt, int nonce) {
        long millis = submittedAt.toEpochMilli();
        return ByteBuffer.allocate(SIGNED_BYTES)
                .put((byte) keyId)
                .put(HEX.parseHex(conversation))
                .putShort((short) (millis >>> 32))
                .putInt((int) millis)
                .putShort((short) nonce)
                .array();
    }

    /** Puts the public id together from the signed bytes and a MAC of at least {@link #MAC_BYTES} bytes. */
    public static String format(byte[] signed, byte[] mac) {
        return PREFIX + HEX.formatHex(signed) + HEX.formatHex(mac, 0, MAC_BYTES);
    }

    /**
     * A conversation in {@code partition}.
     *
     * @param partition 0 to 65535
     * @param random the low 56 bits count
     */
    public static String conversation(int partition, long random) {
        return HEX.toHexDigits((short) partition) + HEX.toHexDigits(random).substring(2);
    }

    /** The partition of a conversation, in every topic that is keyed by it. */
    public static int partition(String conversation) {
        return HexFormat.fromHexDigits(conversation, 0, 4);
    }

    /** The partition of this response's conversation. */
    public int partition() {
        return partition(conversation);
    }

    /** The public id. */
    @Override
    public String toString() {
        return PREFIX + signed + mac;
    }
}
