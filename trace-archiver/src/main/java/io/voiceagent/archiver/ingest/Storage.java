package io.voiceagent.archiver.ingest;

import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Everything that turns a topic's records into rows.
 *
 * @param dataSource a pool of connections to Postgres; each wait for one must be bounded
 * @param decoder reads a record's value
 * @param format writes a row
 * @param deadLetters takes what can't be stored
 * @param topicIds the id that the broker has given a topic of that name; throws a {@link
 *     org.apache.kafka.common.KafkaException} when it can't be told now
 * @param <R> the row
 */
public record Storage<R>(
        DataSource dataSource,
        PayloadDecoder<R> decoder,
        RowFormat<R> format,
        DeadLetters deadLetters,
        Function<String, String> topicIds) {

    BatchWriter<R> writer(String topic) {
        OffsetStore offsets = new OffsetStore("kafka_offsets", topic, topicIds.apply(topic));
        return new BatchWriter<>(dataSource, offsets, decoder, format, deadLetters);
    }
}
