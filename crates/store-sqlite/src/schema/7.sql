-- The end of the latest hold, that of one that runs as it was asked for: with it a touch tells how long nobody was there.
ALTER TABLE sessions ADD COLUMN held_until INTEGER;

UPDATE sessions SET held_until = (
    SELECT max(until) FROM (
        SELECT presence ->> '$.held_until' AS until
        UNION ALL SELECT json_each.value ->> '$.until' FROM json_each(presence, '$.holds') WHERE json_each.type = 'object'
    )
) WHERE presence IS NOT NULL AND json_valid(presence);
