-- Works, their chapters, what models wrote, and the index to search them. Times are milliseconds since 1970.
-- Numbers are never used twice (AUTOINCREMENT): authorship spans name generations.

CREATE TABLE work (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT    NOT NULL,
    goal       INTEGER,                       -- Han characters and words together
    memory     TEXT    NOT NULL DEFAULT '',
    note       TEXT    NOT NULL DEFAULT '',
    note_depth INTEGER NOT NULL DEFAULT 3,    -- lines between the note and the end of the text
    position   INTEGER NOT NULL,              -- dense from 0 among the works that are not in the bin
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    binned_at  INTEGER
) STRICT;

CREATE TABLE chapter (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    work         INTEGER NOT NULL REFERENCES work (id) ON DELETE CASCADE,
    title        TEXT    NOT NULL,
    position     INTEGER NOT NULL,            -- dense from 0 among the chapters of its work that are not in the bin
    version      INTEGER NOT NULL DEFAULT 0,  -- counts up with every change of the text
    han          INTEGER NOT NULL DEFAULT 0,
    words        INTEGER NOT NULL DEFAULT 0,
    characters   INTEGER NOT NULL DEFAULT 0,
    search_dirty INTEGER NOT NULL DEFAULT 1,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    binned_at    INTEGER
) STRICT;
CREATE INDEX chapter_by_work ON chapter (work, position);

-- Apart from `chapter`, so that the tree is read and reordered without touching long texts.
CREATE TABLE chapter_text (
    chapter    INTEGER PRIMARY KEY REFERENCES chapter (id) ON DELETE CASCADE,
    body       TEXT    NOT NULL,              -- Markdown
    checksum   INTEGER NOT NULL,              -- first 8 bytes of SHA-256 of body and authorship
    authorship BLOB    NOT NULL               -- little-endian u32 triples: from, to (UTF-16), generation
) STRICT;

CREATE TABLE revision (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    chapter    INTEGER NOT NULL REFERENCES chapter (id) ON DELETE CASCADE,
    reason     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    authorship BLOB    NOT NULL
) STRICT;
CREATE INDEX revision_by_chapter ON revision (chapter, id);

CREATE TABLE generation (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    chapter         INTEGER REFERENCES chapter (id) ON DELETE SET NULL,
    anchor          INTEGER,                  -- UTF-16 place of the next text; follows edits while it runs
    placed          INTEGER NOT NULL DEFAULT 0, -- UTF-16 units of the output that have come back as part of the page
    settled         INTEGER NOT NULL DEFAULT 0, -- 1 once no text is missing from the page
    first_try       INTEGER REFERENCES generation (id), -- the first try at this place; nothing on that one itself
    choices         INTEGER NOT NULL,         -- continuations written side by side
    status          TEXT    NOT NULL CHECK (status IN ('running', 'complete', 'stopped', 'failed')),
    finish          TEXT,
    output          TEXT    NOT NULL DEFAULT '',
    edited_output   TEXT,                     -- what the author had made of it when another try took its place
    context         TEXT    NOT NULL CHECK (json_valid(context)),
    sampling        TEXT    NOT NULL CHECK (json_valid(sampling)),
    seed            INTEGER NOT NULL,
    max_tokens      INTEGER NOT NULL,
    model           TEXT    NOT NULL,
    model_sha256    TEXT    NOT NULL,
    prompt_tokens   INTEGER NOT NULL DEFAULT 0,
    reused_tokens   INTEGER NOT NULL DEFAULT 0,
    tokens          INTEGER NOT NULL DEFAULT 0,
    prefill_seconds REAL    NOT NULL DEFAULT 0,
    decode_seconds  REAL    NOT NULL DEFAULT 0,
    error           TEXT,
    created_at      INTEGER NOT NULL,
    ended_at        INTEGER
) STRICT;
CREATE INDEX generation_by_chapter ON generation (chapter, id);
CREATE INDEX generation_by_first_try ON generation (first_try);
CREATE INDEX generation_unsettled ON generation (chapter) WHERE settled = 0;

-- Batches of generated tokens with their alternatives, in the order in which they were appended.
CREATE TABLE token_choice (
    id         INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL REFERENCES generation (id) ON DELETE CASCADE,
    choices    BLOB    NOT NULL
) STRICT;
CREATE INDEX token_choice_by_generation ON token_choice (generation, id);

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

-- A few paragraphs of a chapter: what the search finds. A change re-indexes only the passages that it touched.
CREATE TABLE passage (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    chapter  INTEGER NOT NULL REFERENCES chapter (id) ON DELETE CASCADE,
    start    INTEGER NOT NULL,                -- byte in the body
    length   INTEGER NOT NULL,                -- bytes
    checksum INTEGER NOT NULL
) STRICT;
CREATE INDEX passage_by_chapter ON passage (chapter, start);

CREATE VIRTUAL TABLE passage_terms USING fts5 (
    terms,
    content = '',
    contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);
CREATE TRIGGER passage_terms_go_with_passage AFTER DELETE ON passage BEGIN
    DELETE FROM passage_terms WHERE rowid = old.id;
END;
