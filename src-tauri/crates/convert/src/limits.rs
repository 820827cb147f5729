//! How much of a document is read.

/// Most bytes of a text, or of a part of an archive once it is inflated.
pub const PART_BYTES: usize = 64 << 20;
/// Most inflated bytes of all parts of an archive that are read.
pub const ALL_PARTS_BYTES: usize = 256 << 20;
/// Most bytes of an archive as it is stored.
pub const ARCHIVE_BYTES: usize = 256 << 20;
/// Most entries of an archive.
pub const ENTRIES: usize = 20_000;
/// Most blocks of a document.
pub const BLOCKS: usize = 1_000_000;
/// Styles inside styles, of which more are left as they are.
pub(crate) const NESTED_STYLES: usize = 32;
