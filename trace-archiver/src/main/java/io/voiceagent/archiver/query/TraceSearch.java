package io.voiceagent.archiver.query;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What traces are looked for. A trace is found when one of its spans has all that is asked for.
 *
 * @param service null: any
 * @param operation the span's name; null: any
 * @param status {@code ok}, {@code error} or {@code unset}; null: any
 * @param minDuration of the span; null: any
 * @param maxDuration of the span; null: any
 * @param tags attributes of the span or its resource, as text; also {@code error}, {@code span.kind} and {@code otel.status_code} as Jaeger has
 *     them
 * @param range when the span began
 * @param limit how many traces at most, 1 or more
 * @param after goes on behind this one; null: from the newest
 */
record TraceSearch(
        @Nullable String service,
        @Nullable String operation,
        @Nullable String status,
        @Nullable Duration minDuration,
        @Nullable Duration maxDuration,
        Map<String, String> tags,
        TimeRange range,
        int limit,
        @Nullable Position after) {

    TraceSearch {
        tags = Map.copyOf(tags);
    }

    /**
     * A trace's place among those found, the newest first.
     *
     * @param time when its last span began that has what is asked for, to the microsecond
     */
    record Position(Instant time, String traceId) {}
}
