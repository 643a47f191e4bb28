-- Until when whoever authenticated the person says that the session may last.
ALTER TABLE sessions ADD COLUMN not_after INTEGER;
