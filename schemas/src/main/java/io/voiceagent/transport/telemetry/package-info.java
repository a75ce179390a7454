/**
 * How a service is observed: its own OpenTelemetry SDK, trace context over Kafka headers, spans and metrics as OTLP
 * protobuf on Kafka topics, and log lines that carry trace ids.
 *
 * <p>Nothing here is global: several services may share one JVM, each with its own {@code Telemetry}. May import
 * OpenTelemetry, Micrometer, Kafka clients and {@code io.voiceagent.transport}; never Spring or a service.
 */
@NullMarked
package io.voiceagent.transport.telemetry;

import org.jspecify.annotations.NullMarked;
