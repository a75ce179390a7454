/**
 * Finished responses: from {@code agent.steps} and {@code agent.stream} to the schema {@code responses}. So far its tables
 * alone, in {@code db/responses}.
 *
 * <p>May import {@code ingest}, messages with the fold, Kafka clients and JDBC; not {@code spans}, {@code metrics}, {@code
 * backup} or {@code query}.
 */
@NullMarked
package io.voiceagent.archiver.responses;

import org.jspecify.annotations.NullMarked;
