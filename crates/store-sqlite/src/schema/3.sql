-- What keys are derived from, in its only row. Whoever starts first makes it.

CREATE TABLE secret (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    bytes BLOB NOT NULL
) STRICT;
