-- What classifiers said of sentences, so that a text that was read once is drawn at once and only what changed is read again.

CREATE TABLE mood_model (
    id     INTEGER PRIMARY KEY,
    sha256 TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE mood (
    model    INTEGER NOT NULL REFERENCES mood_model (id) ON DELETE CASCADE,
    sentence INTEGER NOT NULL,                -- first 8 bytes of its SHA-256
    scores   BLOB    NOT NULL,                -- little-endian pairs: label (u32), score (f32), the best first
    used_on  INTEGER NOT NULL,                -- days since 1970: those that nobody used for longest go first
    PRIMARY KEY (model, sentence)
) STRICT, WITHOUT ROWID;

-- By which names the people of a work are found in its sentences.
CREATE TABLE work_character (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    work  INTEGER NOT NULL REFERENCES work (id) ON DELETE CASCADE,
    names TEXT    NOT NULL CHECK (json_valid(names))
) STRICT;
CREATE INDEX work_character_by_work ON work_character (work, id);
