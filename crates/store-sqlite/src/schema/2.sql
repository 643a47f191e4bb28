-- Facts are few and sessions are many. A filter finds the facts it means first, and then their sessions in one index.

CREATE TABLE facts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given to others: readers remember what it stood for
    application TEXT,
    device TEXT,
    roles TEXT NOT NULL                     -- JSON array
) STRICT;

CREATE UNIQUE INDEX facts_by_all ON facts (application, device, roles);

CREATE TABLE facts_roles (
    role TEXT NOT NULL,
    facts INTEGER NOT NULL,
    PRIMARY KEY (role, facts)
) STRICT, WITHOUT ROWID;

INSERT INTO facts (application, device, roles)
SELECT DISTINCT application, device, roles FROM sessions;

-- Roles that cannot be read are the matter of those who read them.
INSERT OR IGNORE INTO facts_roles (role, facts)
SELECT role.value, facts.id FROM facts, json_each(iif(json_valid(facts.roles), facts.roles, '[]')) AS role
WHERE role.type = 'text';

CREATE TABLE sessions_2 (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    handle BLOB NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    facts INTEGER NOT NULL,
    amr TEXT NOT NULL,              -- JSON array
    created INTEGER NOT NULL,
    authenticated INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    longest_absence INTEGER NOT NULL,
    choice_ms INTEGER,              -- NULL: none; -1: off
    locked_at INTEGER,
    own INTEGER NOT NULL,
    today INTEGER NOT NULL,
    due INTEGER NOT NULL,           -- 9223372036854775807: never
    version INTEGER NOT NULL,
    ended_at INTEGER,
    ended_reason TEXT,
    presence TEXT                   -- JSON object; last, for it may be long
) STRICT;

INSERT INTO sessions_2
SELECT sessions.id, digest, handle, subject, facts.id, amr, created, authenticated, seen, longest_absence, choice_ms,
    locked_at, own, today, ifnull(due, 9223372036854775807), version, ended_at, ended_reason, presence
FROM sessions CROSS JOIN facts ON facts.application IS sessions.application AND facts.device IS sessions.device
    AND facts.roles = sessions.roles
ORDER BY sessions.id;

DROP TABLE sessions;
DROP TABLE live_roles;
ALTER TABLE sessions_2 RENAME TO sessions;

-- What asks for live sessions finds no ended one in its way, however many are kept.
CREATE INDEX live ON sessions (handle, facts) WHERE ended_at IS NULL;
CREATE INDEX live_by_subject ON sessions (subject, handle, facts) WHERE ended_at IS NULL;
CREATE INDEX live_by_deadline ON sessions (today, due, handle) WHERE ended_at IS NULL;
-- The living in the order of handles, then the ended by their end.
CREATE INDEX by_facts ON sessions (facts, ended_at, handle);

ALTER TABLE audit ADD COLUMN last_activity INTEGER;
ALTER TABLE audit ADD COLUMN longest_absence INTEGER;

CREATE TABLE policies_2 (
    revision INTEGER PRIMARY KEY,
    since INTEGER NOT NULL,
    document TEXT NOT NULL,         -- JSON
    actor TEXT NOT NULL,
    reason TEXT,
    restored INTEGER
) STRICT;

INSERT INTO policies_2 SELECT revision, since, document, 'file', NULL, NULL FROM policies;
DROP TABLE policies;
ALTER TABLE policies_2 RENAME TO policies;

CREATE TABLE applications (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    origins TEXT NOT NULL,          -- JSON array
    logout_urls TEXT NOT NULL,      -- JSON array
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys_2 (
    name TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    created INTEGER NOT NULL,
    scopes TEXT NOT NULL            -- JSON array
) STRICT, WITHOUT ROWID;

-- There were no scopes: every key could do everything.
INSERT INTO api_keys_2 SELECT name, digest, created, '["*"]' FROM api_keys;
DROP TABLE api_keys;
ALTER TABLE api_keys_2 RENAME TO api_keys;

-- Requests that must not take effect twice.
CREATE TABLE claims (
    key BLOB PRIMARY KEY,
    request BLOB NOT NULL,
    outcome TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX claims_by_age ON claims (at);
