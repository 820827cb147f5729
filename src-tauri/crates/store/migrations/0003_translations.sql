-- Translations sentence by sentence, what the person has agreed to, and how terms are to be translated.

CREATE TABLE translation (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    kind               TEXT    NOT NULL CHECK (kind IN ('text', 'chapter', 'document')),
    title              TEXT    NOT NULL,
    work               INTEGER REFERENCES work (id) ON DELETE SET NULL,       -- whose glossary is used
    chapter            INTEGER REFERENCES chapter (id) ON DELETE SET NULL,    -- that is translated
    linked_chapter     INTEGER REFERENCES chapter (id) ON DELETE SET NULL,    -- that takes the translation
    linked_version     INTEGER,               -- of that chapter when the translation was written into it last
    source_language    TEXT    NOT NULL,
    target_language    TEXT    NOT NULL,
    direction_detected INTEGER NOT NULL,      -- 1 where the target follows the text
    lead               TEXT    NOT NULL DEFAULT '', -- what stands before the first segment
    status             TEXT    NOT NULL CHECK (status IN ('running', 'paused', 'stopped', 'complete', 'failed')),
    error              TEXT    CHECK (json_valid(error)),
    model              TEXT    NOT NULL DEFAULT '', -- that was used last
    model_sha256       TEXT    NOT NULL DEFAULT '',
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX translation_by_chapter ON translation (chapter);

-- Apart from `translation`, so that the list is read without touching files.
CREATE TABLE translation_document (
    translation INTEGER PRIMARY KEY REFERENCES translation (id) ON DELETE CASCADE,
    format      TEXT    NOT NULL,             -- `docx`, for instance
    bytes       BLOB    NOT NULL
) STRICT;

CREATE TABLE segment (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    translation  INTEGER NOT NULL REFERENCES translation (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,            -- dense from 0 in its translation
    block        INTEGER NOT NULL,            -- of the document; 0 of a text
    source       TEXT    NOT NULL,
    gap          TEXT    NOT NULL,            -- between it and the next
    target       TEXT    NOT NULL DEFAULT '',
    state        TEXT    NOT NULL DEFAULT 'new'
                 CHECK (state IN ('new', 'machine', 'memory', 'edited', 'confirmed')),
    locked       INTEGER NOT NULL DEFAULT 0,
    confidence   REAL,                        -- mean probability of a token
    alternatives TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(alternatives)),
    flags        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(flags)),
    terms        TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(terms)),
    memory       REAL                         -- score of the most alike pair in the memory
) STRICT;
CREATE INDEX segment_by_translation ON segment (translation, position);
CREATE INDEX segment_new ON segment (translation, position) WHERE state = 'new';

-- Pairs of sentences that the person has agreed to. They serve both directions.
CREATE TABLE memory (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    english    TEXT    NOT NULL,
    chinese    TEXT    NOT NULL,
    origin     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (english, chinese)
) STRICT;
CREATE INDEX memory_by_chinese ON memory (chinese);

CREATE VIRTUAL TABLE memory_terms USING fts5(
    english,
    chinese,
    content = '',
    contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);
CREATE TRIGGER memory_terms_go_with_memory AFTER DELETE ON memory BEGIN
    DELETE FROM memory_terms WHERE rowid = old.id;
END;

CREATE TABLE glossary (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    work        INTEGER REFERENCES work (id) ON DELETE CASCADE, -- nothing for all works
    term        TEXT    NOT NULL,
    translation TEXT    NOT NULL,
    note        TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX glossary_by_term ON glossary (coalesce(work, 0), term);
