//! A SentencePiece model file (`.spm`, `.model`), read within stated limits.
//!
//! Source: the protocol buffer `ModelProto` of the SentencePiece project; a field is a key (number and wire type) and
//! its value. Fields that are not needed are passed over.
//!
//! **Invariant**: whatever the bytes are, reading ends with parts or an error that names the field; no panic, no
//! allocation that the file's own length does not pay for.

use std::path::Path;

use bimo_engine::EngineError;

use super::bytes::Bytes;
use super::gguf_header::invalid;
use crate::limits::{MAX_PIECE_BYTES, MAX_SENTENCEPIECE_FILE, MAX_WIDTH};
use crate::tokenizer::{Algorithm, Piece, PieceKind, SentencePieceParts, Spaces};

/// What decoding writes for an unknown piece where the file does not say.
pub(super) const UNKNOWN_SURFACE: &str = " \u{2047} ";

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<SentencePieceParts, EngineError> {
    let bytes = Bytes::of_file(path)?;
    if bytes.len() as u64 > MAX_SENTENCEPIECE_FILE {
        let named = super::file_name(path);
        let words = format!("{} bytes, {MAX_SENTENCEPIECE_FILE} are allowed", bytes.len());
        return Err(invalid(&named, words));
    }
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Result<SentencePieceParts, EngineError> {
    let mut pieces = Vec::new();
    let mut trainer = Trainer::default();
    let mut normalizer = NormalizerSpec::default();
    for field in Fields::of(bytes, "ModelProto") {
        match field? {
            (1, Value::Bytes(_)) if pieces.len() == MAX_WIDTH => {
                return Err(invalid("pieces", format!("there are more than {MAX_WIDTH}")));
            }
            (1, Value::Bytes(piece)) => pieces.push(read_piece(piece, pieces.len())?),
            (2, Value::Bytes(spec)) => trainer = Trainer::read(spec)?,
            (3, Value::Bytes(spec)) => normalizer = NormalizerSpec::read(spec)?,
            _ => {}
        }
    }
    if !pieces.iter().any(|piece| piece.kind == PieceKind::Unknown) {
        return Err(invalid("pieces", "none stands for what is unknown"));
    }
    Ok(SentencePieceParts {
        pieces,
        algorithm: trainer.algorithm,
        charsmap: normalizer.charsmap,
        spaces: Spaces { is_behind: trainer.space_behind, ..normalizer.spaces },
        byte_fallback: trainer.byte_fallback,
        unknown_surface: trainer.unknown_surface,
    })
}

fn read_piece(bytes: &[u8], place: usize) -> Result<Piece, EngineError> {
    let named = format!("pieces[{place}]");
    let mut piece = Piece { text: String::new(), score: 0.0, kind: PieceKind::Normal };
    for field in Fields::of(bytes, &named) {
        match field? {
            (1, Value::Bytes(text)) => piece.text = text_of(text, &named)?,
            (2, Value::Four(score)) => piece.score = f32::from_le_bytes(score),
            (3, Value::Number(kind)) => {
                let kind = PieceKind::of_number(kind);
                piece.kind = kind.ok_or_else(|| invalid(&named, "its type is not known"))?;
            }
            _ => {}
        }
    }
    if piece.text.is_empty() || piece.text.len() > MAX_PIECE_BYTES {
        return Err(invalid(&named, format!("a text of {} bytes", piece.text.len())));
    }
    if !piece.score.is_finite() {
        return Err(invalid(&named, format!("its score is {}", piece.score)));
    }
    Ok(piece)
}

/// What is needed of `TrainerSpec`.
struct Trainer {
    algorithm: Algorithm,
    byte_fallback: bool,
    space_behind: bool,
    unknown_surface: String,
}

impl Default for Trainer {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Unigram,
            byte_fallback: false,
            space_behind: false,
            unknown_surface: UNKNOWN_SURFACE.into(),
        }
    }
}

impl Trainer {
    fn read(bytes: &[u8]) -> Result<Self, EngineError> {
        let mut spec = Self::default();
        for field in Fields::of(bytes, "trainer_spec") {
            match field? {
                (3, Value::Number(1)) => spec.algorithm = Algorithm::Unigram,
                (3, Value::Number(2)) => spec.algorithm = Algorithm::BytePairs,
                (3, Value::Number(kind)) => {
                    let words = format!("a SentencePiece model of type {kind}");
                    return Err(EngineError::ModelUnsupported(words));
                }
                (24, Value::Number(flag)) => spec.space_behind = flag != 0,
                (35, Value::Number(flag)) => spec.byte_fallback = flag != 0,
                (44, Value::Bytes(text)) => spec.unknown_surface = text_of(text, "unk_surface")?,
                _ => {}
            }
        }
        Ok(spec)
    }
}

/// What is needed of `NormalizerSpec`.
struct NormalizerSpec {
    charsmap: Vec<u8>,
    spaces: Spaces,
}

impl Default for NormalizerSpec {
    fn default() -> Self {
        let spaces = Spaces { before: true, is_behind: false, are_single: true, are_visible: true };
        Self { charsmap: Vec::new(), spaces }
    }
}

impl NormalizerSpec {
    fn read(bytes: &[u8]) -> Result<Self, EngineError> {
        let mut spec = Self::default();
        for field in Fields::of(bytes, "normalizer_spec") {
            match field? {
                (2, Value::Bytes(charsmap)) => spec.charsmap = charsmap.to_vec(),
                (3, Value::Number(flag)) => spec.spaces.before = flag != 0,
                (4, Value::Number(flag)) => spec.spaces.are_single = flag != 0,
                (5, Value::Number(flag)) => spec.spaces.are_visible = flag != 0,
                _ => {}
            }
        }
        Ok(spec)
    }
}

fn text_of(bytes: &[u8], field: &str) -> Result<String, EngineError> {
    let text = std::str::from_utf8(bytes).map_err(|_| invalid(field, "it is not UTF-8"))?;
    Ok(text.to_owned())
}

/// The value of a field.
#[derive(Debug, PartialEq)]
enum Value<'a> {
    Number(u64),
    Four([u8; 4]),
    Eight,
    Bytes(&'a [u8]),
}

/// The fields of a message, one after another; ends after the first error.
struct Fields<'a> {
    rest: &'a [u8],
    named: &'a str,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8], named: &'a str) -> Self {
        Self { rest: bytes, named }
    }

    fn field(&mut self) -> Result<(u64, Value<'a>), EngineError> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Eight)?,
            2 => {
                let length = self.number()?;
                Value::Bytes(self.take(usize::try_from(length).unwrap_or(usize::MAX))?)
            }
            5 => {
                let mut four = [0; 4];
                four.copy_from_slice(self.take(4)?);
                Value::Four(four)
            }
            kind => return Err(invalid(self.named, format!("a field of wire type {kind}"))),
        };
        Ok((key >> 3, value))
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn number(&mut self) -> Result<u64, EngineError> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7F) << (7 * place);
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(invalid(self.named, "a number of more than ten bytes"))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], EngineError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| {
            let words = format!("{count} bytes where {} are left", self.rest.len());
            invalid(self.named, words)
        })?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::SentencePieces;

    /// A field with bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length >= 0x80 {
            field.push(length as u8 | 0x80);
            length >>= 7;
        }
        field.push(length as u8);
        field.extend(bytes);
        field
    }

    fn piece(text: &str, score: f32, kind: u8) -> Vec<u8> {
        let score = [&[2 << 3 | 5], score.to_le_bytes().as_slice()].concat();
        field(1, &[field(1, text.as_bytes()), score, vec![3 << 3, kind]].concat())
    }

    fn small() -> Vec<u8> {
        [piece("<unk>", 0.0, 2), piece("a", -1.0, 1), piece("\u{2581}", -2.0, 1)].concat()
    }

    /// The code and the words of the refusal.
    fn refusal(bytes: &[u8]) -> (&'static str, String) {
        match parse(bytes).and_then(SentencePieces::new) {
            Ok(_) => ("opened", String::new()),
            Err(error) => (error.code(), error.to_string()),
        }
    }

    #[test]
    fn the_file_that_the_others_are_made_from_opens() {
        assert_eq!(refusal(&small()).0, "opened");
    }

    #[test]
    fn a_file_that_lies_is_refused_by_the_name_of_the_place() {
        let and = |more: Vec<u8>| [small(), more].concat();
        let normalizer = |charsmap: &[u8]| and(field(3, &field(2, charsmap)));
        let bytes_wanted = and(field(2, &[35 << 3 | 0x80, 2, 1]));
        let long_replacement = [&[0; 4], [b'x'; 300].as_slice()].concat();
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (Vec::new(), "pieces"),
            (piece("<unk>", 0.0, 2), "pieces"),
            (piece("a", -1.0, 1), "pieces"),
            (and(vec![1 << 3 | 2, 200]), "ModelProto"),
            (and([&[1 << 3 | 2], [0xFF; 9].as_slice(), &[1]].concat()), "ModelProto"),
            (and([0xFF; 11].to_vec()), "ModelProto"),
            (and(vec![1 << 3 | 3]), "ModelProto"),
            (and(vec![1 << 3 | 1, 0]), "ModelProto"),
            (and(field(1, &[1 << 3 | 2, 9, b'a'])), "pieces[3]"),
            (and(field(1, &field(1, &[0xFF]))), "pieces[3]"),
            (and(piece("", 0.0, 1)), "pieces[3]"),
            (and(piece(&"x".repeat(2000), 0.0, 1)), "pieces[3]"),
            (and(piece("b", f32::NAN, 1)), "pieces[3]"),
            (and(piece("b", f32::NEG_INFINITY, 1)), "pieces[3]"),
            (and(piece("b", 0.0, 9)), "pieces[3]"),
            (bytes_wanted, "<0x00>"),
            (normalizer(&[1]), "precompiled_charsmap"),
            (normalizer(&[0xFF; 4]), "precompiled_charsmap"),
            (normalizer(&[3, 0, 0, 0, 1, 2, 3]), "precompiled_charsmap"),
            (normalizer(&[0, 0, 0, 0, 0xFF]), "precompiled_charsmap"),
            (normalizer(&long_replacement), "precompiled_charsmap"),
        ];
        for (bytes, place) in cases {
            let (code, words) = refusal(&bytes);
            assert_eq!(code, "model_invalid", "{place}: {words}");
            assert!(words.contains(place), "{words} does not name {place}");
        }
        assert_eq!(refusal(&and(field(2, &[3 << 3, 4]))).0, "model_unsupported");
    }

    #[test]
    fn a_tree_of_replacements_that_turns_in_circles_ends() {
        // Every unit answers to `a`, has a leaf and leads to itself or its neighbour.
        let unit = (1_u32 << 10 | 1 << 8 | u32::from(b'a')).to_le_bytes();
        let charsmap = [&1024_u32.to_le_bytes(), unit.repeat(256).as_slice(), b"b\0"].concat();
        let parts = parse(&[small(), field(3, &field(2, &charsmap))].concat()).unwrap();
        let model = SentencePieces::new(parts).unwrap();
        // It leads to no replacement, so the text stays, with the space before it.
        assert_eq!(model.cut(&"a".repeat(10_000)).len(), 10_001);
    }
}
