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
