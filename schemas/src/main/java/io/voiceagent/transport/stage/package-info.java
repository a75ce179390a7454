/**
 * The runtime of a stage: a worker that announces itself, takes the calls that name it as their owner, runs each on a
 * virtual thread, streams frames, reports results, obeys stops and drains.
 *
 * <p>The decisions are pure classes without Kafka or clock ({@code CallLedger}, {@code FrameBuffer}, {@code
 * OwnLease}); the I/O is around them. May import Kafka clients, Micrometer, OpenTelemetry, {@code
 * io.voiceagent.messages} and {@code io.voiceagent.transport}; never Spring or a service.
 */
@NullMarked
package io.voiceagent.transport.stage;

import org.jspecify.annotations.NullMarked;
