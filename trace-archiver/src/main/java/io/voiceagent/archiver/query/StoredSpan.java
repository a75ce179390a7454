package io.voiceagent.archiver.query;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code trace_spans}.
 *
 * @param parentSpanId null: a root
 * @param startUnixNano since 1970
 * @param durationNanos 0 or more
 * @param status {@code unset}, {@code ok} or {@code error}
 * @param attributes JSON object
 * @param resource JSON object
 * @param events JSON array of {@code name}, {@code time}, {@code attributes}
 * @param links JSON array of {@code trace_id}, {@code span_id}, {@code attributes}
 */
record StoredSpan(
        String traceId,
        String spanId,
        @Nullable String parentSpanId,
        String service,
        String name,
        String kind,
        long startUnixNano,
        long durationNanos,
        String status,
        @Nullable String statusMessage,
        @Nullable String scopeName,
        @Nullable String scopeVersion,
        String attributes,
        String resource,
        String events,
        String links) {

    /** Characters of what is JSON in it, which is what makes a span large. */
    int size() {
        return attributes.length() + resource.length() + events.length() + links.length();
    }
}
