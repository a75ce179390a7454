-- One row per data point of a metric (OpenTelemetry metrics data model). Names are stored unchanged.
CREATE TABLE IF NOT EXISTS performance_metrics (
    service_name  text        NOT NULL,      -- resource attribute service.name
    name          text        NOT NULL,      -- e.g. http.server.duration_ms
    kind          text        NOT NULL,      -- gauge, sum, histogram, exponential_histogram, summary
    unit          text        NOT NULL,      -- UCUM; empty: none given
    temporality   text,                      -- delta, cumulative; null where the kind has none
    monotonic     boolean,                   -- of a sum; null elsewhere
    time          timestamptz NOT NULL,
    start_time    timestamptz,               -- begin of the interval that the point covers; null: not given
    value         double precision,          -- of a gauge or sum; null: no value was recorded, or another kind
    count         bigint,                    -- of a histogram or summary
    sum           double precision,
    min           double precision,
    max           double precision,
    buckets       jsonb,                     -- histogram: {"bounds", "counts"}; see the kind
    attributes    jsonb       NOT NULL,
    resource      jsonb       NOT NULL,
    exemplars     jsonb       NOT NULL,      -- [{"time", "value", "trace_id", "span_id", "attributes"}]
    scope_name    text,
    scope_version text,
    stored_at     timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (time);

CREATE TABLE IF NOT EXISTS performance_metrics_default PARTITION OF performance_metrics DEFAULT;

CREATE INDEX IF NOT EXISTS performance_metrics_by_name ON performance_metrics (name, service_name, time);

-- Where the rows go when the metrics tables are rolled back.
CREATE TABLE IF NOT EXISTS performance_metrics_archive (
    LIKE performance_metrics,
    archived_at timestamptz NOT NULL DEFAULT now()
);
