/**
 * From a Kafka topic into a Postgres table, each row once: the consumer loop, the transaction that copies rows and moves
 * the position together, dead letters, day partitions.
 *
 * <p>Knows nothing of what the rows mean; {@code spans} and {@code metrics} bring a {@link
 * io.voiceagent.archiver.ingest.PayloadDecoder} and a {@link io.voiceagent.archiver.ingest.RowFormat}. May import Kafka
 * clients, JDBC, the Postgres driver and Micrometer; none of the module's other packages.
 */
@NullMarked
package io.voiceagent.archiver.ingest;

import org.jspecify.annotations.NullMarked;
