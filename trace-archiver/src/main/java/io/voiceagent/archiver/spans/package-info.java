/**
 * Spans: OTLP trace payloads to rows of {@code trace_spans}. Pure; the reading and writing is {@code ingest}'s.
 *
 * <p>May import {@code ingest}, {@code otlp}, the OTLP protobuf classes and Jackson's streaming writer; not {@code
 * metrics}, {@code responses}, {@code backup} or {@code query}.
 */
@NullMarked
package io.voiceagent.archiver.spans;

import org.jspecify.annotations.NullMarked;
