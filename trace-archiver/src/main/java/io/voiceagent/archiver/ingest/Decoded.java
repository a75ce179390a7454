package io.voiceagent.archiver.ingest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one record's value holds.
 *
 * @param rows what is stored, in the order of the payload
 * @param refused the part that is not stored; null when all of it is
 * @param <R> the row
 */
public record Decoded<R>(List<R> rows, @Nullable Refused refused) {

    /**
     * The items of a payload that break a rule of the data model while their neighbours are fine.
     *
     * @param payload those items alone, in the payload's own format, so that a repaired decoder can read them again
     * @param count how many
     * @param reason what is wrong with the first
     */
    // The array is never shared: the decoder makes it, the dead letter carries it.
    @SuppressWarnings("ArrayRecordComponent")
    public record Refused(byte[] payload, int count, String reason) {}
}
