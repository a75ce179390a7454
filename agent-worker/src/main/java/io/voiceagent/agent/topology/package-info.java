/**
 * The orchestrator around its pure core: a Kafka Streams topology that gives inputs to the decider and carries out what it decides in
 * one transaction; and, on threads of their own, the view of the workers and the writer of seals.
 *
 * <p>May import Kafka, OpenTelemetry, Micrometer, {@code io.voiceagent.agent.core}, {@code io.voiceagent.messages} and {@code
 * io.voiceagent.transport}: no HTTP, no JDBC, no Spring.
 */
@NullMarked
package io.voiceagent.agent.topology;

import org.jspecify.annotations.NullMarked;
