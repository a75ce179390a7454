package io.voiceagent.archiver.ingest;

/**
 * Turns the value of one record into rows. Pure: no I/O, no clock, the same bytes give the same rows.
 *
 * @param <R> the row
 */
@FunctionalInterface
public interface PayloadDecoder<R> {

    /**
     * Decodes one record's value.
     *
     * @throws InvalidPayloadException when nothing of it can be read; the whole record is then a dead letter
     */
    Decoded<R> decode(byte[] payload) throws InvalidPayloadException;
}
