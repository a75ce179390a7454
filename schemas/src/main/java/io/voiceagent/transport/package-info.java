/**
 * Topics, serialisation, tracing and the runtime of a stage, over Kafka clients.
 *
 * <p>May import Kafka clients, OpenTelemetry, Micrometer and {@code messages}; not Spring.
 */
@NullMarked
package io.voiceagent.transport;

import org.jspecify.annotations.NullMarked;
