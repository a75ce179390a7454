-- Where the reader of the committed steps goes on; moved in the transaction that stores the deliveries of what it has read.
CREATE TABLE positions (
    topic_id    text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic_id, partition)
);

-- One row for each event and endpoint. While it is pending, next_attempt_at is also the end of the claim of whoever sends it.
CREATE TABLE deliveries (
    seq             bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    id              text        PRIMARY KEY,
    tenant          text        NOT NULL,
    endpoint        text        NOT NULL,
    url             text        NOT NULL,
    response_id     text        NOT NULL,
    event_type      text        NOT NULL,
    body            text        NOT NULL,
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'given_up')),
    attempts        int         NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_attempt_at timestamptz,
    last_status     int,
    last_error      text,
    ended_at        timestamptz
);
CREATE INDEX deliveries_due ON deliveries (endpoint, next_attempt_at) WHERE state = 'pending';
CREATE INDEX deliveries_of_tenant ON deliveries (tenant, seq DESC);
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- Endpoints that answered 410, by the fingerprint of their entry: a changed entry is another one.
CREATE TABLE disabled (
    fingerprint text        PRIMARY KEY,
    tenant      text        NOT NULL,
    url         text        NOT NULL,
    since       timestamptz NOT NULL DEFAULT now()
);
