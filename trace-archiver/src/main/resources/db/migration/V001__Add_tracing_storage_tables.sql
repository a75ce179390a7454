-- Spans, the positions up to which topics are archived, and the function that makes day partitions.
-- Every statement may be run again: after a rollback the *_archive tables are still there, and the same file is
-- meant to work with psql -f.

-- One row per topic partition, moved by compare-and-set in the transaction that writes the rows.
-- The topic's id is part of the key: a topic that was deleted and created again starts at 0, not at the old position.
CREATE TABLE IF NOT EXISTS kafka_offsets (
    topic       text        NOT NULL,
    topic_id    text        NOT NULL,
    partition   integer     NOT NULL,
    next_offset bigint      NOT NULL CHECK (next_offset >= 0),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, topic_id, partition)
);

-- Makes the missing partitions of a table partitioned by day (UTC), from first_day to last_day inclusive, and returns
-- how many it made. Rows of such a day that already lie in the default partition move into the new one.
-- Expects the default partition to be named <parent>_default. Safe to call at the same time from several sessions.
CREATE OR REPLACE FUNCTION ensure_day_partitions(parent regclass, key_column name, first_day date, last_day date)
    RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    day_start date := first_day;
    part_name text;
    from_time text;
    to_time   text;
    made      integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_day_partitions'), parent::oid::integer);
    WHILE day_start <= last_day LOOP
        part_name := parent::text || '_p' || to_char(day_start, 'YYYYMMDD');
        IF to_regclass(part_name) IS NULL THEN
            from_time := to_char(day_start, 'YYYY-MM-DD') || ' 00:00:00+00';
            to_time := to_char(day_start + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
            -- Writers wait here for as long as the rows move; else a row that arrives in between makes ATTACH fail.
            EXECUTE format('LOCK TABLE %s_default IN ACCESS EXCLUSIVE MODE', parent);
            EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part_name, parent);
            EXECUTE format(
                'WITH moved AS (DELETE FROM %1$s_default WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING *) '
                'INSERT INTO %5$s SELECT * FROM moved',
                parent, key_column, from_time, to_time, part_name);
            EXECUTE format(
                'ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                parent, part_name, from_time, to_time);
            made := made + 1;
        END IF;
        day_start := day_start + 1;
    END LOOP;
    RETURN made;
END
$$;

-- One row per finished span (OpenTelemetry trace data model).
CREATE TABLE IF NOT EXISTS trace_spans (
    trace_id        text             NOT NULL,  -- 32 lower-case hex digits
    span_id         text             NOT NULL,  -- 16 lower-case hex digits
    parent_span_id  text,                       -- null: a root span
    service_name    text             NOT NULL,  -- resource attribute service.name
    name            text             NOT NULL,  -- the operation
    kind            text             NOT NULL,  -- unspecified, internal, server, client, producer, consumer
    start_time      timestamptz      NOT NULL,
    end_time        timestamptz      NOT NULL,
    start_unix_nano bigint           NOT NULL,  -- start_time is cut to microseconds; this is exact
    duration_ms     double precision NOT NULL,
    status          text             NOT NULL,  -- unset, ok, error
    status_message  text,
    trace_state     text,
    scope_name      text,
    scope_version   text,
    attributes      jsonb            NOT NULL,
    resource        jsonb            NOT NULL,
    events          jsonb            NOT NULL,  -- [{"name", "time", "attributes"}]
    links           jsonb            NOT NULL,  -- [{"trace_id", "span_id", "attributes"}]
    stored_at       timestamptz      NOT NULL DEFAULT now()
) PARTITION BY RANGE (start_time);

-- A span is never refused because its day has no partition (clocks that are wrong, very late spans).
CREATE TABLE IF NOT EXISTS trace_spans_default PARTITION OF trace_spans DEFAULT;

CREATE INDEX IF NOT EXISTS trace_spans_by_trace ON trace_spans (trace_id);
CREATE INDEX IF NOT EXISTS trace_spans_by_operation ON trace_spans (service_name, name, start_time);
CREATE INDEX IF NOT EXISTS trace_spans_errors ON trace_spans (start_time) WHERE status = 'error';

-- Where the rows go when the tracing tables are rolled back.
CREATE TABLE IF NOT EXISTS trace_spans_archive (
    LIKE trace_spans,
    archived_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS trace_spans_archive_by_trace ON trace_spans_archive (trace_id);
