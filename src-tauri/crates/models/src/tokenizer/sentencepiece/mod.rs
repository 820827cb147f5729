//! SentencePiece (Kudo & Richardson 2018): pieces with scores, `▁` for a space, single bytes for what no piece covers.
//!
//! Computed here rather than by `tokenizers`, whose parts of these names give other tokens than SentencePiece for
//! texts with combining marks, with the names of control tokens in them, or with ways of the same worth.
//!
//! **Invariant**: a control piece and a byte piece are found in no text, however it is spelled.

mod charsmap;
mod merging;
mod normalizer;
mod trie;
mod unigram;

use std::collections::HashMap;
use std::ops::Range;

use bimo_engine::{EngineError, TokenId};

use charsmap::Charsmap;
use merging::Merging;
pub(crate) use normalizer::Spaces;
use normalizer::{Normalizer, SPACE};
use trie::Trie;
use unigram::Unigram;

use super::{Frame, Pieces, TextTokenizer, TokenBytes, longest_first};

/// What a piece is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PieceKind {
    /// Part of texts, by its score.
    Normal,
    /// Stands for what no piece covers.
    Unknown,
    /// Stands around texts.
    Control,
    /// Part of texts and never cut.
    Whole,
    /// Has a place and is never given.
    Unused,
    /// One byte of a character that no piece covers.
    Byte,
}

impl PieceKind {
    /// Numbered as files do.
    pub fn of_number(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::Whole,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }

    /// Whether texts are spelled with it; an unused one may be a step on the way to another.
    fn is_spelled(self) -> bool {
        matches!(self, Self::Normal | Self::Whole | Self::Unused)
    }
}

/// A piece as files have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub text: String,
    /// Finite.
    pub score: f32,
    pub kind: PieceKind,
}

/// How a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Unigram,
    BytePairs,
}

/// What such a model is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SentencePieceParts {
    pub pieces: Vec<Piece>,
    pub algorithm: Algorithm,
    /// The compiled table of replacements; may be empty.
    pub charsmap: Vec<u8>,
    pub spaces: Spaces,
    /// A character that no piece covers becomes its bytes.
    pub byte_fallback: bool,
    /// What decoding writes for an unknown piece.
    pub unknown_surface: String,
}

/// A model ready to cut texts.
pub(crate) struct SentencePieces {
    pieces: Vec<Piece>,
    cutter: Cutter,
    normalizer: Normalizer,
    bytes: Option<Box<[u32; 256]>>,
    unknown_surface: String,
}

enum Cutter {
    Unigram(Unigram),
    Merging(Merging),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Which piece, counted as the file does; nothing where it is unknown.
    pub piece: Option<u32>,
    /// Its spelling, with `▁` for spaces; empty for a byte.
    pub text: String,
    /// Its bytes in the text.
    pub range: Range<usize>,
}

impl SentencePieces {
    /// Checks the parts and puts them together.
    pub fn new(parts: SentencePieceParts) -> Result<Self, EngineError> {
        let SentencePieceParts { pieces, algorithm, charsmap, spaces, byte_fallback, .. } = parts;
        if !pieces.iter().any(|piece| piece.kind.is_spelled()) {
            return Err(invalid("pieces", "there are none"));
        }
        let cutter = match algorithm {
            Algorithm::Unigram => Cutter::Unigram(Unigram::new(&pieces)),
            Algorithm::BytePairs => Cutter::Merging(Merging::new(&pieces)),
        };
        let whole = pieces.iter().zip(0..).filter(|(piece, _)| piece.kind == PieceKind::Whole);
        let whole = Trie::of(whole.map(|(piece, place)| (piece.text.as_str(), place)));
        Ok(Self {
            bytes: if byte_fallback { Some(byte_pieces(&pieces)?) } else { None },
            normalizer: Normalizer { charsmap: Charsmap::read(&charsmap)?, spaces, whole },
            pieces,
            cutter,
            unknown_surface: parts.unknown_surface,
        })
    }

    /// A text in pieces. Neighbouring unknown characters are one part.
    pub fn cut(&self, text: &str) -> Vec<Cut> {
        let normalized = self.normalizer.normalize(text);
        let spelled = normalized.text.as_str();
        let found = match &self.cutter {
            Cutter::Unigram(unigram) => unigram.cut(spelled),
            Cutter::Merging(merging) => merging.cut(spelled, &self.normalizer.whole),
        };
        let mut cuts: Vec<Cut> = Vec::with_capacity(found.len());
        for (piece, range) in found {
            let origin = normalized.origins[range.start]..normalized.origins[range.end];
            let text = &spelled[range];
            match (piece, &self.bytes, cuts.last_mut()) {
                (None, Some(bytes), _) => cuts.extend(text.bytes().map(|byte| Cut {
                    piece: Some(bytes[usize::from(byte)]),
                    text: String::new(),
                    range: origin.clone(),
                })),
                (None, None, Some(last)) if last.piece.is_none() => {
                    last.text.push_str(text);
                    last.range.end = origin.end;
                }
                _ => cuts.push(Cut { piece, text: text.to_owned(), range: origin }),
            }
        }
        cuts
    }

    /// What a piece adds to a text.
    fn bytes_of(&self, piece: &Piece) -> Vec<u8> {
        match piece.kind {
            PieceKind::Control => Vec::new(),
            PieceKind::Unknown => self.unknown_surface.clone().into_bytes(),
            PieceKind::Byte => byte_of(&piece.text).map(|byte| vec![byte]).unwrap_or_default(),
            _ => spoken(&piece.text),
        }
    }
}

/// What a piece of an ordinary spelling adds to a text.
fn spoken(spelling: &str) -> Vec<u8> {
    spelling.replace(SPACE, " ").into_bytes()
}

/// The byte of `<0x0A>`.
fn byte_of(text: &str) -> Option<u8> {
    let hex = text.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(hex, 16).ok()
}

/// The piece of each byte.
fn byte_pieces(pieces: &[Piece]) -> Result<Box<[u32; 256]>, EngineError> {
    let named = pieces.iter().zip(0..).filter(|(piece, _)| piece.kind == PieceKind::Byte);
    let named: HashMap<u8, u32> =
        named.filter_map(|(piece, place)| Some((byte_of(&piece.text)?, place))).collect();
    let mut all = Box::new([0; 256]);
    for (byte, place) in (0..=u8::MAX).zip(all.iter_mut()) {
        let piece = named.get(&byte);
        *place = *piece.ok_or_else(|| invalid("pieces", format!("<0x{byte:02X}> is missing")))?;
    }
    Ok(all)
}

/// The tokens of a model that numbers them otherwise than the pieces of its SentencePiece file.
pub(crate) struct Vocabulary {
    /// By number.
    pub tokens: Vec<Piece>,
    /// The token of each piece.
    pub of_piece: Vec<TokenId>,
    /// Tokens of unknown parts by their spelling, where the vocabulary has more than the pieces.
    pub of_text: HashMap<String, TokenId>,
    /// The token of any other unknown part.
    pub unknown: TokenId,
}

/// A SentencePiece model with the numbers of its tokens.
pub(super) struct NumberedPieces {
    model: SentencePieces,
    of_piece: Option<Vec<TokenId>>,
    of_text: HashMap<String, TokenId>,
    unknown: TokenId,
}

impl NumberedPieces {
    pub fn encode(&self, text: &str) -> (Vec<TokenId>, Vec<Range<usize>>) {
        self.model.cut(text).into_iter().map(|cut| (self.token(&cut), cut.range)).unzip()
    }

    /// How many spaces at the beginning of a decoded text, at most, are not the text's.
    pub fn opening_spaces(&self) -> usize {
        match self.model.normalizer.spaces {
            Spaces { are_single: true, .. } => usize::MAX,
            Spaces { before: true, .. } => 1,
            _ => 0,
        }
    }

    pub fn is_unknown(&self, token: TokenId) -> bool {
        token == self.unknown
    }

    fn token(&self, cut: &Cut) -> TokenId {
        match (cut.piece, &self.of_piece) {
            (Some(piece), Some(of_piece)) => of_piece[piece as usize],
            (Some(piece), None) => piece,
            (None, _) => self.of_text.get(&cut.text).copied().unwrap_or(self.unknown),
        }
    }
}

impl SentencePieces {
    /// A tokenizer whose tokens are the pieces.
    pub fn tokenizer(self, frame: Frame) -> TextTokenizer {
        let is_unknown = |piece: &Piece| piece.kind == PieceKind::Unknown;
        let unknown = self.pieces.iter().position(is_unknown).unwrap_or_default() as TokenId;
        let (bytes, control) = self.table(&self.pieces);
        let of_text = HashMap::new();
        let pieces = NumberedPieces { model: self, of_piece: None, of_text, unknown };
        TextTokenizer { pieces: Pieces::Sentence(Box::new(pieces)), bytes, control, frame }
    }

    /// A tokenizer with the tokens of another vocabulary.
    pub fn in_vocabulary(self, vocabulary: Vocabulary, frame: Frame) -> TextTokenizer {
        let Vocabulary { tokens, of_piece, of_text, unknown } = vocabulary;
        let (bytes, control) = self.table(&tokens);
        let pieces = NumberedPieces { model: self, of_piece: Some(of_piece), of_text, unknown };
        TextTokenizer { pieces: Pieces::Sentence(Box::new(pieces)), bytes, control, frame }
    }

    /// What each token adds to a text, and the control tokens.
    fn table(&self, tokens: &[Piece]) -> (TokenBytes, Vec<(String, TokenId)>) {
        let bytes = tokens.iter().map(|token| self.bytes_of(token)).collect();
        let is_control =
            |piece: &Piece| matches!(piece.kind, PieceKind::Control | PieceKind::Unknown);
        let control = tokens.iter().zip(0..).filter(|(token, _)| is_control(token));
        (bytes, longest_first(control.map(|(token, id)| (token.text.clone(), id)).collect()))
    }
}

/// Refuses a compiled table of replacements that is malformed, or in which a look-up could lead outside.
pub(super) fn check_charsmap(bytes: &[u8]) -> Result<(), EngineError> {
    Charsmap::read(bytes)?.check_closed()
}

fn invalid(field: &str, reason: impl Into<String>) -> EngineError {
    EngineError::ModelInvalid { field: field.to_owned(), reason: reason.into() }
}
