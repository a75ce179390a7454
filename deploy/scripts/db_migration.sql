-- Makes the archive's tables, as the archiver does by itself at its start: psql -f db_migration.sql
--
-- Written from trace-archiver/src/main/resources/db, so that either way leaves the same tables and the same history;
-- what one has done the other takes as done. May be run again; a run that fails leaves everything as it was.
\set ON_ERROR_STOP on

BEGIN;

SELECT pg_advisory_xact_lock(hashtext('db_migration.sql'));

CREATE SCHEMA IF NOT EXISTS public;
CREATE TABLE IF NOT EXISTS public.schema_migrations (
    installed_rank integer       NOT NULL CONSTRAINT schema_migrations_pk PRIMARY KEY,
    version        varchar(50),
    description    varchar(200)  NOT NULL,
    type           varchar(20)   NOT NULL,
    script         varchar(1000) NOT NULL,
    checksum       integer,
    installed_by   varchar(100)  NOT NULL,
    installed_on   timestamp     NOT NULL DEFAULT now(),
    execution_time integer       NOT NULL,
    success        boolean       NOT NULL
);
CREATE INDEX IF NOT EXISTS schema_migrations_s_idx ON public.schema_migrations (success);
LOCK TABLE public.schema_migrations IN SHARE ROW EXCLUSIVE MODE;

-- public 001: Add tracing storage tables
DO $do$
BEGIN
IF NOT EXISTS (SELECT FROM public.schema_migrations WHERE version = '001') THEN
SET LOCAL search_path = public;
EXECUTE $migration$
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
$migration$;
INSERT INTO public.schema_migrations
    (installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success)
SELECT coalesce(max(installed_rank), 0) + 1, '001', 'Add tracing storage tables', 'SQL', 'V001__Add_tracing_storage_tables.sql', 403721336, current_user, clock_timestamp(), 0, true
FROM public.schema_migrations;
END IF;
END
$do$;

-- public 002: Add performance metrics tables
DO $do$
BEGIN
IF NOT EXISTS (SELECT FROM public.schema_migrations WHERE version = '002') THEN
SET LOCAL search_path = public;
EXECUTE $migration$
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
$migration$;
INSERT INTO public.schema_migrations
    (installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success)
SELECT coalesce(max(installed_rank), 0) + 1, '002', 'Add performance metrics tables', 'SQL', 'V002__Add_performance_metrics_tables.sql', 1484418867, current_user, clock_timestamp(), 0, true
FROM public.schema_migrations;
END IF;
END
$do$;

-- public 003: Add backup tracking tables
DO $do$
BEGIN
IF NOT EXISTS (SELECT FROM public.schema_migrations WHERE version = '003') THEN
SET LOCAL search_path = public;
EXECUTE $migration$
-- One row per backup, from its plan to its end.
CREATE TABLE IF NOT EXISTS backup_history (
    backup_id          bigint      GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    backup_type        text        NOT NULL CHECK (backup_type IN ('full', 'incremental')),
    status             text        NOT NULL DEFAULT 'pending'
                                   CHECK (status IN ('pending', 'in_progress', 'completed', 'failed')),
    base_backup_id     bigint,                 -- what an incremental backup adds to; null for a full one
    created_at         timestamptz NOT NULL DEFAULT now(),
    started_at         timestamptz,
    completed_at       timestamptz,            -- also the time of failure
    location           text,                   -- directory or object-store URL
    size_bytes         bigint,                 -- compressed
    row_count          bigint,
    sha256             text,                   -- 64 hex digits, of the manifest
    error              text,                   -- why it failed
    restore_checked_at timestamptz,
    restore_check      text        CHECK (restore_check IN ('passed', 'failed')),
    details            jsonb       NOT NULL DEFAULT '{}'
);

CREATE INDEX IF NOT EXISTS backup_history_by_time ON backup_history (created_at);

-- Where the rows go when the backup tables are rolled back.
CREATE TABLE IF NOT EXISTS backup_history_archive (
    LIKE backup_history,
    archived_at timestamptz NOT NULL DEFAULT now()
);
$migration$;
INSERT INTO public.schema_migrations
    (installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success)
SELECT coalesce(max(installed_rank), 0) + 1, '003', 'Add backup tracking tables', 'SQL', 'V003__Add_backup_tracking_tables.sql', 329586067, current_user, clock_timestamp(), 0, true
FROM public.schema_migrations;
END IF;
END
$do$;

CREATE SCHEMA IF NOT EXISTS responses;
CREATE TABLE IF NOT EXISTS responses.schema_migrations (
    installed_rank integer       NOT NULL CONSTRAINT schema_migrations_pk PRIMARY KEY,
    version        varchar(50),
    description    varchar(200)  NOT NULL,
    type           varchar(20)   NOT NULL,
    script         varchar(1000) NOT NULL,
    checksum       integer,
    installed_by   varchar(100)  NOT NULL,
    installed_on   timestamp     NOT NULL DEFAULT now(),
    execution_time integer       NOT NULL,
    success        boolean       NOT NULL
);
CREATE INDEX IF NOT EXISTS schema_migrations_s_idx ON responses.schema_migrations (success);
LOCK TABLE responses.schema_migrations IN SHARE ROW EXCLUSIVE MODE;

-- responses 001: Add finished responses
DO $do$
BEGIN
IF NOT EXISTS (SELECT FROM responses.schema_migrations WHERE version = '001') THEN
SET LOCAL search_path = responses;
EXECUTE $migration$
-- Finished responses with their event log, as the archiver derives them from agent.steps and agent.stream.
-- The schema is its own so that a rollback of the telemetry tables leaves answers that clients may still fetch alone.
CREATE SCHEMA IF NOT EXISTS responses;

CREATE TABLE IF NOT EXISTS responses.responses (
    response_id  text        PRIMARY KEY,
    tenant       text        NOT NULL,
    conversation text        NOT NULL,
    status       text        NOT NULL,   -- completed, incomplete, failed, cancelled
    created_at   timestamptz NOT NULL,
    completed_at timestamptz NOT NULL,
    fold_version integer     NOT NULL,   -- the version of the fold that derived body and events
    body         text,                   -- the exact JSON of the final response object; null once deleted
    events       bytea,                  -- gzip of the event JSON texts, one a line, byte for byte; null once deleted
    input_items  text,                   -- JSON array of the turn's own input items; null once deleted
    deleted_at   timestamptz             -- set: the client deleted it; the row stays so that it is not written again
);

-- Bodies are read by response_id alone; these serve a tenant's listing, a conversation's turns, and retention.
CREATE INDEX IF NOT EXISTS responses_by_tenant ON responses.responses (tenant, created_at);
CREATE INDEX IF NOT EXISTS responses_by_conversation ON responses.responses (conversation, created_at);
CREATE INDEX IF NOT EXISTS responses_by_completion ON responses.responses (completed_at);

-- As public.kafka_offsets, for the topics that the responses are derived from. A position is that of the oldest turn whose end has
-- not been seen, for the fold needs all of a turn.
CREATE TABLE IF NOT EXISTS responses.kafka_offsets (
    topic       text        NOT NULL,
    topic_id    text        NOT NULL,
    partition   integer     NOT NULL,
    next_offset bigint      NOT NULL CHECK (next_offset >= 0),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, topic_id, partition)
);
$migration$;
INSERT INTO responses.schema_migrations
    (installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success)
SELECT coalesce(max(installed_rank), 0) + 1, '001', 'Add finished responses', 'SQL', 'V001__Add_finished_responses.sql', 1265609290, current_user, clock_timestamp(), 0, true
FROM responses.schema_migrations;
END IF;
END
$do$;

COMMIT;
