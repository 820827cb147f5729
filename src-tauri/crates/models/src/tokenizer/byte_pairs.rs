//! Byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019).

use std::collections::HashSet;

use bimo_engine::{EngineError, TokenId};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

use super::{Frame, Pieces, TextTokenizer, longest_first};

/// How a text is cut before pairs are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Splitting {
    /// Words with the space before them, runs of digits, runs of other characters.
    Gpt2,
    /// Digits one by one, in a text whose accents are composed.
    Qwen2,
    /// Digits in threes; a word that is a token needs no merges.
    Llama3,
    /// Digits one by one, the rest as GPT-2.
    SmolLm,
}

/// What a byte-level tokenizer is made of.
pub(crate) struct BytePairs {
    /// By number; a character stands for each byte.
    pub tokens: Vec<String>,
    /// Most important first.
    pub merges: Vec<(String, String)>,
    pub control: Vec<TokenId>,
    /// Found whole in a person's text too, `<think>` for instance.
    pub whole: Vec<TokenId>,
    pub splitting: Splitting,
    pub frame: Frame,
}

impl BytePairs {
    /// Checks the parts and puts them together.
    pub fn build(self) -> Result<TextTokenizer, EngineError> {
        let control: HashSet<TokenId> = self.control.iter().copied().collect();
        let whole: HashSet<TokenId> = self.whole.iter().copied().collect();
        let alphabet = Alphabet::new();
        let bytes = |(token, text): (usize, &String)| {
            if control.contains(&(token as TokenId)) {
                return Vec::new();
            }
            match whole.contains(&(token as TokenId)) {
                true => text.clone().into_bytes(),
                false => alphabet.bytes_of(text),
            }
        };
        let bytes = self.tokens.iter().enumerate().map(bytes).collect();
        let named = |&token: &TokenId| (self.tokens[token as usize].clone(), token);
        let control_texts = longest_first(self.control.iter().map(named).collect());
        let frame = self.frame.clone();
        let pieces = Pieces::Library(Box::new(self.pieces(&control)?));
        Ok(TextTokenizer { pieces, bytes, control: control_texts, frame })
    }

    /// The library's tokenizer without the control tokens, so that no text can become one.
    fn pieces(self, control: &HashSet<TokenId>) -> Result<Tokenizer, EngineError> {
        let Self { tokens, merges, splitting, whole, .. } = self;
        let whole = whole.iter().map(|&token| tokens[token as usize].clone());
        let whole: Vec<String> = whole.collect();
        let longest = tokens.iter().map(String::len).max().unwrap_or_default();
        // The library refuses a merge with a part that is no token, and panics where the whole is longer than any.
        if let Some((left, right)) = merges.iter().find(|(a, b)| a.len() + b.len() > longest) {
            return Err(no_token(format!("{left} {right}")));
        }
        let mut vocabulary = Vocab::with_capacity(tokens.len());
        let ordinary = tokens.into_iter().zip(0..).filter(|(_, id)| !control.contains(id));
        vocabulary.extend(ordinary);
        let model = BPE::builder()
            .vocab_and_merges(vocabulary, merges)
            .ignore_merges(splitting == Splitting::Llama3)
            .build()
            .map_err(|error| no_token(error.to_string()))?;
        let mut pieces = Tokenizer::new(model);
        if splitting == Splitting::Qwen2 {
            pieces.with_normalizer(Some(NFC)).map_err(|error| invalid(error.to_string()))?;
        }
        pieces.with_pre_tokenizer(Some(splitter(splitting)?));
        let whole = whole.into_iter().map(|text| AddedToken::from(text, false).normalized(false));
        pieces.add_tokens(whole).map_err(|error| invalid(error.to_string()))?;
        Ok(pieces)
    }
}

/// The two parts of a merge as files write it, `left right`; `place` names the file or key.
pub(crate) fn pair_of(merge: &str, place: &str) -> Result<(String, String), EngineError> {
    let parts = merge.split_once(' ').ok_or_else(|| EngineError::ModelInvalid {
        field: place.to_owned(),
        reason: format!("{merge:?} is no pair"),
    })?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

fn splitter(splitting: Splitting) -> Result<PreTokenizerWrapper, EngineError> {
    let pattern = match splitting {
        Splitting::Gpt2 => return Ok(ByteLevel::new(false, false, true).into()),
        Splitting::SmolLm => {
            let digits = Digits::new(true).into();
            let words = ByteLevel::new(false, false, true).into();
            return Ok(Sequence::new(vec![digits, words]).into());
        }
        Splitting::Qwen2 => QWEN2,
        Splitting::Llama3 => LLAMA3,
    };
    let pattern = SplitPattern::Regex(pattern.into());
    let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
    let split = split.map_err(|error| invalid(error.to_string()))?;
    let bytes = ByteLevel::new(false, false, false);
    Ok(Sequence::new(vec![split.into(), bytes.into()]).into())
}

const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The byte that a character stands for, by the character's number; all are below this one.
pub(super) struct Alphabet([Option<u8>; 0x144]);

impl Alphabet {
    pub fn new() -> Self {
        let mut bytes = [None; 0x144];
        for byte in 0..=u8::MAX {
            bytes[character_of(byte) as usize] = Some(byte);
        }
        Self(bytes)
    }

    /// The bytes of a token. One that was added whole is written as it is.
    pub fn bytes_of(&self, token: &str) -> Vec<u8> {
        let byte_of = |character| self.0.get(character as usize).copied().flatten();
        let bytes: Option<Vec<u8>> = token.chars().map(byte_of).collect();
        bytes.unwrap_or_else(|| token.as_bytes().to_vec())
    }
}

/// The character that stands for a byte: itself where it prints, else one from U+0100 on.
fn character_of(byte: u8) -> char {
    let prints = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if prints(byte) {
        return char::from(byte);
    }
    let place = (0..byte).filter(|&other| !prints(other)).count() as u32;
    char::from_u32(0x100 + place).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn no_token(merge: String) -> EngineError {
    invalid(format!("a merge has a part that is no token: {merge}"))
}

fn invalid(reason: String) -> EngineError {
    EngineError::ModelInvalid { field: "tokenizer.ggml.merges".into(), reason }
}
