/**
 * Metrics: OTLP metric payloads to rows of {@code performance_metrics}. Pure; the reading and writing is {@code
 * ingest}'s.
 *
 * <p>May import {@code ingest}, {@code otlp}, the OTLP protobuf classes and Jackson's streaming writer; not {@code
 * spans}, {@code responses}, {@code backup} or {@code query}.
 */
@NullMarked
package io.voiceagent.archiver.metrics;

import org.jspecify.annotations.NullMarked;
