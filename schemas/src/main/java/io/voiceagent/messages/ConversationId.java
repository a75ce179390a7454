package io.voiceagent.messages;

import java.time.Instant;

/**
 * The place of a conversation object in the log, carried by its public id: {@code conv_} and 48 hex digits, laid out as those of a {@link
 * ResponseId}, with the time of creation in the place of the time of submission. So any ingress knows the partition of a conversation without
 * a look-up, and all of its turns, whose ids carry the same {@link #conversation}, are in that partition.
 *
 * @param place the same bytes as a response id
 */
public record ConversationId(ResponseId place) {
    /** What every id of a conversation begins with. */
    public static final String PREFIX = "conv_";

    /**
     * Reads a public id; does not check its MAC.
     *
     * @throws MalformedMessageException when the text is not such an id
     */
    public static ConversationId parse(String id) {
        if (!id.startsWith(PREFIX)) {
            throw new MalformedMessageException("not a conversation id: " + PREFIX + " is expected", null);
        }
        return new ConversationId(ResponseId.parse(ResponseId.PREFIX + id.substring(PREFIX.length())));
    }

    /** The key of all records of its turns, 18 hex digits. */
    public String conversation() {
        return place.conversation();
    }

    /** When it was created. */
    public Instant createdAt() {
        return place.submittedAt();
    }

    /** The public id. */
    @Override
    public String toString() {
        return PREFIX + place.signed() + place.mac();
    }
}
