-- Summaries with what they summarise, and the summaries of its parts where it was too long for the model.

CREATE TABLE summary_source (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL CHECK (kind IN ('text', 'page', 'file', 'chapter', 'work')),
    title    TEXT    NOT NULL,
    byline   TEXT,
    language TEXT    NOT NULL,
    work     INTEGER REFERENCES work (id) ON DELETE SET NULL,
    chapter  INTEGER REFERENCES chapter (id) ON DELETE SET NULL,
    text     TEXT    NOT NULL,
    layout   TEXT    NOT NULL CHECK (json_valid(layout)) -- sections, paragraphs and sentences as stretches of the text
) STRICT;

CREATE TABLE summary (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    source       INTEGER NOT NULL REFERENCES summary_source (id),
    method       TEXT    NOT NULL CHECK (method IN ('key', 'rewritten')),
    form         TEXT    NOT NULL CHECK (form IN ('paragraph', 'bullets', 'one_line', 'title')),
    length       TEXT    NOT NULL CHECK (json_valid(length)),
    language     TEXT,                        -- to write; nothing for that of the source
    model        TEXT    NOT NULL DEFAULT '',
    model_sha256 TEXT    NOT NULL DEFAULT '',
    status       TEXT    NOT NULL CHECK (status IN ('running', 'complete', 'stopped', 'failed')),
    error        TEXT    CHECK (json_valid(error)),
    text         TEXT    NOT NULL DEFAULT '',
    evidence     TEXT    CHECK (json_valid(evidence)), -- its sentences, what they rest on, and the coverage
    created_at   INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
CREATE INDEX summary_by_source ON summary (source);
CREATE TRIGGER summary_source_goes_with_its_last_summary AFTER DELETE ON summary
WHEN NOT EXISTS (SELECT 1 FROM summary WHERE source = old.source) BEGIN
    DELETE FROM summary_source WHERE id = old.source;
END;

CREATE TABLE summary_part (
    summary     INTEGER NOT NULL REFERENCES summary (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,             -- from 0, in the order in which they are written
    level       INTEGER NOT NULL,             -- 1: of a stretch of the source; more: of summaries
    title       TEXT    NOT NULL,
    source_from INTEGER NOT NULL,             -- bytes of the source's text
    source_to   INTEGER NOT NULL,
    made_from   TEXT    NOT NULL CHECK (json_valid(made_from)), -- numbers of parts
    text        TEXT    NOT NULL DEFAULT '',
    done        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (summary, number)
) STRICT, WITHOUT ROWID;
