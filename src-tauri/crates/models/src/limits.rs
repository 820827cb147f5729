//! Limits on what a model file may claim.

/// Blocks of a network.
pub const MAX_LAYERS: usize = 512;
/// Any width, and the vocabulary.
pub const MAX_WIDTH: usize = 1 << 20;
/// Labels of a classifier.
pub const MAX_LABELS: usize = 65_536;
/// Heads of an attention whose distances have biases, and the longest such distance.
pub const MAX_BIASED_HEADS: usize = 1 << 10;
/// See [`MAX_BIASED_HEADS`].
pub const MAX_BIASED_DISTANCE: usize = 1 << 12;
/// Tokens of a context.
pub const MAX_CONTEXT: usize = 1 << 24;
/// Bytes of a JSON or text file beside the weights.
pub const MAX_TEXT_FILE: u64 = 64 << 20;
/// Bytes of the pickle that describes the tensors of a PyTorch file; each tensor takes some two hundred.
pub const MAX_PICKLE: usize = 2 << 20;
/// Bytes of a name in it.
pub const MAX_PICKLED_NAME: usize = 512;
/// Dimensions of a tensor in it.
pub const MAX_DIMENSIONS: usize = 8;
/// Entries of a PyTorch file: one for each tensor and a few more.
pub const MAX_ENTRIES: usize = 1 << 16;
/// Files that the weights may be divided into.
pub const MAX_SHARDS: usize = 512;
/// Bytes that a chat template may write.
pub const MAX_TEMPLATE_OUTPUT: usize = 1 << 20;
/// Steps that a chat template may take.
pub const TEMPLATE_FUEL: u64 = 200_000;
/// Bytes of a SentencePiece file; the largest vocabularies take five million.
pub const MAX_SENTENCEPIECE_FILE: u64 = 16 << 20;
/// Bytes of one of its pieces.
pub const MAX_PIECE_BYTES: usize = 1024;
/// Bytes of all pieces of a unigram vocabulary in a `tokenizer.json`; the largest have three million.
pub const MAX_UNIGRAM_BYTES: usize = 8 << 20;
/// Tokens that a `tokenizer.json` adds to its vocabulary.
pub const MAX_ADDED_TOKENS: usize = 1 << 16;
/// How many times as long a text may become by the replacements of a `tokenizer.json`.
pub const MAX_TEXT_GROWTH: usize = 1 << 10;
