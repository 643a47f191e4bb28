-- Instants and spans are milliseconds, instants since the Unix epoch. Handles are UUIDv7, so that their order is that of creation.
-- Text that people bring is stored as src/text.rs writes it, and compared byte by byte.

-- Which schema this is, and the oldest version of nightlatch's schema whose programs can still work with it.
CREATE TABLE schema (
    version integer NOT NULL,
    oldest_reader integer NOT NULL
);

-- Facts are few and sessions are many. A filter finds the facts it means first, and then their sessions in one index.
CREATE TABLE facts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,     -- never given to others: readers remember what it stood for
    key bytea NOT NULL UNIQUE,                              -- SHA-256 of all of it: roles may be longer than an index takes
    application text COLLATE "C",
    device text COLLATE "C",
    roles text[] COLLATE "C" NOT NULL
);

CREATE INDEX facts_by_role ON facts USING gin (roles);

-- Touches change seen, longest_absence and last_page, and no index has these: PostgreSQL then writes the new row beside the old one
-- and no index entry (HOT), for which pages keep a quarter free.
CREATE TABLE sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    handle uuid NOT NULL UNIQUE,
    subject text COLLATE "C" NOT NULL,
    facts bigint NOT NULL,
    amr text NOT NULL,                                      -- JSON array
    created bigint NOT NULL,
    authenticated bigint NOT NULL,
    seen bigint NOT NULL,
    longest_absence bigint NOT NULL,
    held_until bigint,                                      -- the end of the latest hold, as it was asked for
    choice_ms bigint,                                       -- NULL: none; -1: off
    not_after bigint,
    locked_at bigint,
    own bigint NOT NULL,
    today bigint NOT NULL,
    due bigint NOT NULL,                                    -- 9223372036854775807: never
    version bigint NOT NULL,
    ended_at bigint,
    ended_reason text,
    last_page text,
    presence text,                                          -- JSON object
    ledger text                                             -- JSON object
) WITH (fillfactor = 75);

-- What asks for live sessions finds no ended one in its way, however many are kept.
CREATE INDEX live_by_subject ON sessions (subject, handle) WHERE ended_at IS NULL;
CREATE INDEX live_by_facts ON sessions (facts, handle) WHERE ended_at IS NULL;
CREATE INDEX live_by_deadline ON sessions (today, due) WHERE ended_at IS NULL;
CREATE INDEX ended_by_age ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ended_by_facts ON sessions (facts) WHERE ended_at IS NOT NULL;

-- Requests that must not take effect twice.
CREATE TABLE claims (
    key bytea PRIMARY KEY,
    request bytea NOT NULL,
    outcome text NOT NULL,
    at bigint NOT NULL
);

CREATE INDEX claims_by_age ON claims (at);

-- The audit in its order, a partition for each month (src/months.rs). One at a time moves rows here and numbers them, without a gap.
CREATE TABLE audit (
    seq bigint NOT NULL,
    at bigint NOT NULL,
    kind text NOT NULL,
    handle uuid,
    subject text COLLATE "C",
    application text COLLATE "C",
    reason text,
    last_activity bigint,
    longest_absence bigint,
    actor text NOT NULL,
    detail text,
    since bigint,
    count bigint,
    held bigint,
    PRIMARY KEY (seq, at)
) PARTITION BY RANGE (at);

-- Where no clock should be.
CREATE TABLE audit_before_1970 PARTITION OF audit FOR VALUES FROM (MINVALUE) TO (0);
CREATE TABLE audit_after_9999 PARTITION OF audit FOR VALUES FROM (253402300800000) TO (MAXVALUE);

CREATE INDEX audit_by_handle ON audit (handle, seq) WHERE handle IS NOT NULL;
CREATE INDEX audit_by_subject ON audit (subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX audit_by_application ON audit (application, seq) WHERE application IS NOT NULL;
CREATE INDEX audit_by_kind ON audit (kind, seq);
CREATE INDEX audit_by_time ON audit (at);

-- What the audit was told, in the transaction of what it tells. Nobody waits for a number there.
CREATE TABLE audit_new (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    told bigint NOT NULL DEFAULT extract(epoch FROM clock_timestamp()) * 1000,     -- since when it waits, by the clock of this server
    LIKE audit
);

ALTER TABLE audit_new DROP COLUMN seq;

-- The last number of the audit, in its only row.
CREATE TABLE audit_head (
    id integer PRIMARY KEY CHECK (id = 1),
    seq bigint NOT NULL
);

INSERT INTO audit_head VALUES (1, 0);

CREATE TABLE policies (
    revision bigint PRIMARY KEY,
    since bigint NOT NULL,
    document text NOT NULL,                                 -- JSON
    actor text NOT NULL,
    reason text,
    restored bigint
);

CREATE TABLE applications (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    origins text NOT NULL,                                  -- JSON array
    logout_urls text NOT NULL,                              -- JSON array
    version bigint NOT NULL
);

CREATE TABLE api_keys (
    name text COLLATE "C" PRIMARY KEY,
    digest bytea NOT NULL,
    created bigint NOT NULL,
    scopes text NOT NULL,                                   -- JSON array
    applications text                                       -- JSON array; NULL: all sessions
);

-- What keys are derived from, in its only row. Whoever starts first makes it.
CREATE TABLE secret (
    id integer PRIMARY KEY CHECK (id = 1),
    bytes bytea NOT NULL
);

-- The latest instant that whoever asks whether the store takes writes has told, in its only row.
CREATE TABLE clock (
    id integer PRIMARY KEY CHECK (id = 1),
    latest bigint NOT NULL
);

INSERT INTO clock VALUES (1, 0);

-- What nodes tell each other. A row is written in the transaction of what it tells and bears the number of that transaction, so that
-- whoever keeps a snapshot can tell exactly what became visible since.
CREATE TABLE changes (
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id bigint GENERATED ALWAYS AS IDENTITY,                 -- the order of changes of one session
    kind text NOT NULL,
    digest bytea,
    handle uuid,
    version bigint,
    at bigint,
    reason text
);

CREATE INDEX changes_by_xid ON changes (xid);

-- What was visible at some instants of the last minutes, in the order in which it was asked. Changes are forgotten up to one of these.
CREATE TABLE marks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    visible pg_snapshot NOT NULL
);

-- The nodes, and when they beat by the clock of this server.
CREATE TABLE nodes (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    version text NOT NULL,
    beaten bigint NOT NULL,
    told bigint NOT NULL                                    -- the latest cluster time that it told
) WITH (fillfactor = 50);

-- Background work that one node does at a time.
CREATE TABLE turns (
    turn text PRIMARY KEY,
    node bigint NOT NULL,
    until bigint NOT NULL
) WITH (fillfactor = 50);

-- The life of the server that nodes agreed on, in its only row: how far cluster time is ahead of its clock, the latest cluster time
-- that nodes told which are gone, and what had been visible when the changes that are forgotten were.
CREATE TABLE epoch (
    id integer PRIMARY KEY CHECK (id = 1),
    name text NOT NULL,
    time_offset bigint,
    latest bigint NOT NULL,
    forgotten pg_snapshot
);

INSERT INTO epoch VALUES (1, '', NULL, 0, NULL);
