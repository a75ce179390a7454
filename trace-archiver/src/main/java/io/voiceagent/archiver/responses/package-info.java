/**
 * Finished responses: folds the turns of {@code agent.steps} and {@code agent.stream} and stores each that has ended, with its
 * events, in the schema {@code responses}.
 *
 * <pre>
 *  agent.steps  (group, committed)   ─┐
 *                                     ├─▶ OpenTurns, one a partition ──▶ ResponseWriter: rows and both positions, one transaction
 *  agent.stream (same partitions)    ─┘      └ position: the oldest open turn
 * </pre>
 *
 * <p>May import {@code ingest}, messages with the fold, transport, Kafka clients, JDBC and Micrometer; not {@code spans}, {@code metrics}, {@code
 * backup} or {@code query}.
 */
@NullMarked
package io.voiceagent.archiver.responses;

import org.jspecify.annotations.NullMarked;
