package io.voiceagent.archiver.query;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A metric's figures in one step of time.
 *
 * @param time where the step begins
 * @param count observations of a histogram or summary; points of a gauge or sum
 * @param sum of all values; of a sum that only grows: by how much it grew
 * @param avg null: nothing was observed
 * @param min null: not known
 * @param max null: not known
 * @param p95 of a gauge or sum: over its points; of a histogram: within the bucket, by straight line; null: not known
 */
record MetricStep(
        Instant time,
        long count,
        double sum,
        @Nullable Double avg,
        @Nullable Double min,
        @Nullable Double max,
        @Nullable Double p95) {}
