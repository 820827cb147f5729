//! Works, chapters and generations in SQLite
