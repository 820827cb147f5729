//! Files of the reference models, to be changed and read.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use bimo_engine::EngineError;
use bimo_models::{
    ChatTemplate, LoadOptions, ModelSource, load, load_classifier, load_rewriter, open,
    open_encoder, open_seq2seq, open_tokenizer,
};
use serde_json::Value;
use tempfile::TempDir;

use super::mutation::{Numbers, mutate_bytes, mutate_from_the_end, mutate_json};

/// Of the cases that open, one in so many is loaded whole.
const LOADED_WHOLE: u64 = 16;

/// What each tokenizer reads.
const TEXT: &str = "  The ｂｏａｔ é\u{301} 😀 came<s> 雨停了。\u{0} ";

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The header of a GGUF file.
    Gguf,
    /// The header of a safetensors file.
    Safetensors,
    /// `tokenizer.json`.
    Tokenizer,
    /// SentencePiece's own `.model` and `.spm`.
    Pieces,
    /// PyTorch's own file.
    Pickle,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was read; the change did no harm.
    Read,
    /// It was refused with this code.
    Refused(&'static str),
    /// It panicked.
    Panicked,
}

/// What a model is for.
#[derive(Debug, Clone, Copy)]
enum Task {
    Continue,
    Rewrite,
    Understand,
}

struct Specimen {
    task: Task,
    folder: TempDir,
    /// The file that is changed.
    file: PathBuf,
    bytes: Vec<u8>,
    /// Bytes of it that say something, from its beginning.
    header: usize,
    /// What it says, if that is JSON.
    json: Option<Value>,
}

/// All specimens of a kind, each in a folder of its own.
pub struct Specimens {
    kind: Kind,
    all: Vec<Specimen>,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Gguf, Self::Safetensors, Self::Tokenizer, Self::Pieces, Self::Pickle];

    /// By its name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gguf => "gguf",
            Self::Safetensors => "safetensors",
            Self::Tokenizer => "tokenizer",
            Self::Pieces => "pieces",
            Self::Pickle => "pickle",
        }
    }

    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Gguf => &[
                "models/llama-gguf-q8_0",
                "models/llama-gguf-q8_0-sentencepiece",
                "models/gpt2-gguf-q8_0",
                "models/qwen3-yarn-gguf-f16",
                "models/gemma3-gguf-q8_0",
                "models/phi4-gguf-q8_0",
                "seq2seq/marian-gguf-q8_0",
                "seq2seq/t5-gguf-q8_0",
                "encoders/bert-gguf-q8_0",
            ],
            Self::Safetensors => &[
                "models/llama-safetensors",
                "models/gpt2-safetensors",
                "models/qwen2-sharded",
                "seq2seq/bart-safetensors",
                "seq2seq/mt5-safetensors",
                "encoders/distilbert-sst2",
            ],
            Self::Tokenizer => &[
                "tokenizers/gpt2-json",
                "tokenizers/llama3-json",
                "tokenizers/qwen2-json",
                "tokenizers/sentencepiece-json",
            ],
            Self::Pickle => &[
                "models/gpt2-chinese-bin",
                "encoders/bert-chinese-binary",
                "seq2seq/marian-opus-bin",
                "seq2seq/marian-opus-bin-older",
            ],
            Self::Pieces => {
                &["tokenizers/spm-t5", "tokenizers/spm-gemma", "tokenizers/spm-xlm-roberta"]
            }
        }
    }

    fn is_changed(self, name: &str) -> bool {
        match self {
            Self::Gguf => name.ends_with(".gguf"),
            Self::Safetensors => name.ends_with(".safetensors"),
            Self::Tokenizer => name == "tokenizer.json",
            Self::Pieces => name.ends_with(".model"),
            Self::Pickle => name.ends_with(".bin"),
        }
    }
}

impl Specimens {
    /// Copies the reference files of a kind.
    pub fn new(kind: Kind) -> Self {
        let all = kind.sources().iter().map(|name| Specimen::copy(kind, name)).collect();
        Self { kind, all }
    }

    /// Makes a case: which file, and its bytes.
    pub fn case(&self, seed: u64, case: u64) -> (&Path, Vec<u8>) {
        let specimen = self.specimen(case);
        let mut numbers = Numbers::of(seed, case);
        let bytes = match &specimen.json {
            Some(json) if numbers.below(2) == 0 => {
                specimen.with_json(&mutate_json(json, &mut numbers))
            }
            // The archive's own directory lies at the end.
            _ if self.kind == Kind::Pickle && numbers.below(2) == 0 => {
                mutate_from_the_end(&specimen.bytes, &mut numbers)
            }
            _ => mutate_bytes(&specimen.bytes, specimen.header, &mut numbers),
        };
        (&specimen.file, bytes)
    }

    /// Reads a case as the desk would.
    pub fn read(&self, seed: u64, case: u64) -> Ending {
        let (file, bytes) = self.case(seed, case);
        fs::write(file, bytes).expect("the folder can be written");
        let specimen = self.specimen(case);
        let whole = case.is_multiple_of(LOADED_WHOLE);
        let read = catch_unwind(|| specimen.open(self.kind, whole));
        fs::write(file, &specimen.bytes).expect("the folder can be written");
        match read {
            Ok(Ok(())) => Ending::Read,
            Ok(Err(error)) => Ending::Refused(error.code()),
            Err(_) => Ending::Panicked,
        }
    }

    fn specimen(&self, case: u64) -> &Specimen {
        &self.all[(case % self.all.len() as u64) as usize]
    }
}

impl Specimen {
    fn copy(kind: Kind, name: &str) -> Self {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/reference/fixtures");
        // In memory where the system has such a folder: a million files are written.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a folder");
        let mut changed = Vec::new();
        for entry in fs::read_dir(Path::new(fixtures).join(name)).expect("the reference models") {
            let entry = entry.expect("a file");
            let file = entry.file_name().into_string().expect("a name");
            if file == "expected.json" {
                continue;
            }
            let copy = folder.path().join(&file);
            fs::copy(entry.path(), &copy).expect("a copy");
            if kind.is_changed(&file) {
                changed.push(copy);
            }
        }
        let file = changed.into_iter().min().expect("a file of the kind");
        let bytes = fs::read(&file).expect("its bytes");
        let task = match name.split('/').next() {
            Some("seq2seq") => Task::Rewrite,
            Some("encoders") => Task::Understand,
            _ => Task::Continue,
        };
        let (header, json) = match kind {
            Kind::Gguf => (bytes.len().min(14_000), None),
            Kind::Safetensors => {
                let length: [u8; 8] = bytes[..8].try_into().expect("eight bytes");
                let header = 8 + u64::from_le_bytes(length) as usize;
                (header, serde_json::from_slice(&bytes[8..header]).ok())
            }
            Kind::Pieces => (bytes.len(), None),
            Kind::Pickle => (described(&bytes), None),
            Kind::Tokenizer => (bytes.len(), serde_json::from_slice(&bytes).ok()),
        };
        Self { task, folder, file, bytes, header, json }
    }

    /// The file with its JSON replaced.
    fn with_json(&self, json: &Value) -> Vec<u8> {
        let text = json.to_string().into_bytes();
        if self.header == self.bytes.len() {
            return text;
        }
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text);
        bytes.extend(&self.bytes[self.header..]);
        bytes
    }

    /// Reads it as the desk would, down to its weights where they are `whole`ly wanted.
    fn open(&self, kind: Kind, whole: bool) -> Result<(), EngineError> {
        let path = self.opened();
        let source = ModelSource::Path(path.clone());
        let options = LoadOptions::default();
        match (kind, self.task) {
            (Kind::Tokenizer | Kind::Pieces, _) => {
                let tokenizer = open_tokenizer(&path)?;
                let ids = tokenizer.encode(TEXT)?;
                drop(tokenizer.decode(&ids));
            }
            (_, Task::Continue) => {
                let files = open(&path)?;
                drop(files.chat_template().map(ChatTemplate::new).transpose()?);
                drop(files.tokenizer()?);
                if whole {
                    drop(load(&source, &options)?);
                }
            }
            (_, Task::Rewrite) => {
                drop(open_seq2seq(&path)?.tokenizer()?);
                if whole {
                    drop(load_rewriter(&source, &options)?);
                }
            }
            (_, Task::Understand) => {
                drop(open_encoder(&path)?.tokenizer()?);
                if whole {
                    drop(load_classifier(&source, &options)?);
                }
            }
        }
        Ok(())
    }

    /// The path that a person would give.
    fn opened(&self) -> PathBuf {
        if self.file.extension().is_some_and(|kind| kind == "gguf" || kind == "model") {
            return self.file.clone();
        }
        self.folder.path().to_owned()
    }
}

/// Bytes of a PyTorch file before its numbers: up to the second entry of an archive; of the older kind, about as many as
/// its pickles take.
fn described(file: &[u8]) -> usize {
    let second = file.windows(4).skip(1).position(|window| window == b"PK\x03\x04");
    second.unwrap_or_else(|| file.len().min(16_000))
}
