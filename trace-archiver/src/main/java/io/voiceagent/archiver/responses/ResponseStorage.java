package io.voiceagent.archiver.responses;

import io.voiceagent.archiver.ingest.DeadLetters;
import java.util.function.Function;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * Where turns are read from and responses go to. Both topics have the same partitions.
 *
 * @param stepsTopic of step events
 * @param streamTopic of frames
 * @param stepsConsumers makes, for a client id, a member of the group that shares the partitions: read_committed, without commits and resets
 * @param streamConsumers makes, for a client id, a reader without a group: read_uncommitted, without resets
 * @param dataSource a pool of connections to Postgres; each wait for one must be bounded
 * @param deadLetters takes records that can't be used
 * @param topicIds the id that the broker has given a topic of that name; throws a {@link
 *     org.apache.kafka.common.KafkaException} when it can't be told now
 */
public record ResponseStorage(
        String stepsTopic,
        String streamTopic,
        Function<String, Consumer<byte[], byte[]>> stepsConsumers,
        Function<String, Consumer<byte[], byte[]>> streamConsumers,
        DataSource dataSource,
        DeadLetters deadLetters,
        Function<String, String> topicIds) {}
