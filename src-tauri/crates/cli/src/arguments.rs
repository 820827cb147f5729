//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Bimo, a private bilingual writing desk, without its window.
#[derive(Debug, Parser)]
#[command(name = "bimo", version, about)]
pub struct Arguments {
    /// Print one JSON object
    #[arg(long, global = true)]
    pub json: bool,
    /// The library's folder [default: BIMO_LIBRARY, or the one that the desk uses]
    #[arg(long, global = true, value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// One for each file in `commands`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Go on with a text
    Continue(Continue),
    /// Show a text as a model's tokens; only the tokenizer of the model is read
    Tokenize(Tokenize),
    /// Say how likely a model finds a text: bits per byte, and the log-probability of each token
    Score(Score),
    /// Translate a text between English and Chinese
    Translate(Translate),
    /// Say what mood, or what other class, a text and its sentences have
    Sentiment(Sentiment),
    /// Summarise a text or document of any kind
    Summarize(Summarize),
    /// List the works in the library
    Works,
    /// Print a work as Markdown
    Export(Export),
    /// List what models have written, newest first
    History(History),
    /// Find models on the hub, fetch them, and see which are here
    Models(Models),
}

/// `bimo continue`
///
/// Without sampler options the text is written as the desk's slider in its middle would; with `--raw`, by the model's
/// own distribution.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub struct Continue {
    /// A GGUF file, a folder in Hugging Face layout, or owner/name[:file] of a fetched model [default: the one that the
    /// window writes with, at first the model that is part of the program]
    #[arg(long, value_name = "PATH|MODEL")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub server: OfServer,
    /// The text to go on with
    #[arg(long, value_name = "TEXT", conflicts_with = "file")]
    pub prompt: Option<String>,
    /// A file with the text to go on with; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: Option<PathBuf>,
    /// Most tokens to write
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tokens: u32,
    /// 0 is greedy, 1 leaves the distribution as it is
    #[arg(long, value_name = "X")]
    pub temperature: Option<f32>,
    /// Keep the smallest set of tokens whose probability reaches X; 1 is off
    #[arg(long, value_name = "X")]
    pub top_p: Option<f32>,
    /// Keep the N likeliest tokens; 0 is off
    #[arg(long, value_name = "N")]
    pub top_k: Option<u32>,
    /// Keep tokens at least X times as likely as the likeliest; 0 is off
    #[arg(long, value_name = "X")]
    pub min_p: Option<f32>,
    /// Make tokens that have come up less likely; 1 is off
    #[arg(long, value_name = "X")]
    pub repetition_penalty: Option<f32>,
    /// The same seed, model and prompt give the same text [default: a new one]
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,
    /// Always take the likeliest token
    #[arg(long, conflicts_with = "temperature")]
    pub greedy: bool,
    /// Report each token with its K likeliest alternatives (with --json)
    #[arg(long, value_name = "K")]
    pub logprobs: Option<usize>,
    /// Take the prompt as it is: no template, no trimming
    #[arg(long)]
    pub raw: bool,
    /// Print what a thinking model thinks too, to standard error; it is never part of the text
    #[arg(long)]
    pub show_thinking: bool,
    /// In how many bits the model keeps what it has read [default: 16 where its weights have few bits]
    #[arg(long, value_name = "BITS", conflicts_with = "server")]
    pub cache_bits: Option<CacheWidth>,
}

/// In how many bits a model keeps what it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CacheWidth {
    /// Half the memory, each number within a 2048th of itself
    #[value(name = "16")]
    Sixteen,
    /// Exactly
    #[value(name = "32")]
    ThirtyTwo,
}

/// A server that writes in place of a model on this computer. Its key is read from BIMO_SERVER_KEY or from a file.
#[derive(Debug, Clone, Args)]
pub struct OfServer {
    /// Let an OpenAI-compatible server write, with --model as its name for the model
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// A file with the server's key [default: the key in BIMO_SERVER_KEY]
    #[arg(long, value_name = "FILE", requires = "server")]
    pub key_file: Option<PathBuf>,
    /// Ask the server's model in a conversation
    #[arg(long, requires = "server")]
    pub chat: bool,
    /// Tokens of the server's context [default: what the server says]
    #[arg(long, value_name = "N", requires = "server")]
    pub context: Option<u32>,
}

/// `bimo tokenize`
#[derive(Debug, Args)]
pub struct Tokenize {
    /// A GGUF file, a folder with a tokenizer, or owner/name[:file] of a fetched model [default: the model that is part of
    /// the program]
    #[arg(long, value_name = "PATH|MODEL")]
    pub model: Option<PathBuf>,
    /// Only the tokens' numbers, separated by spaces
    #[arg(long)]
    pub ids: bool,
    /// The text; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
}

/// `bimo score`
#[derive(Debug, Args)]
pub struct Score {
    /// A GGUF file, a folder in Hugging Face layout, or owner/name[:file] of a fetched model [default: the model that is
    /// part of the program]
    #[arg(long, value_name = "PATH|MODEL")]
    pub model: Option<PathBuf>,
    /// In how many bits the model keeps what it has read [default: 16 where its weights have few bits]
    #[arg(long, value_name = "BITS")]
    pub cache_bits: Option<CacheWidth>,
    /// The text; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
}

/// `bimo translate`
///
/// Sentences are printed as they come; paragraphs, line breaks and the marks of Markdown stay as they are.
#[derive(Debug, Args)]
pub struct Translate {
    /// A translator, or a model that answers in a conversation: a GGUF file, a folder in Hugging Face layout, or
    /// owner/name[:file] of a fetched model [default: the one that the window translates with, at first the small
    /// translator that is part of the program]
    #[arg(long, value_name = "PATH|MODEL")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub server: OfServer,
    /// The language to write [default: the other one than the text's]
    #[arg(long, value_name = "LANGUAGE")]
    pub to: Option<TranslateTo>,
    /// Beams of the search, and texts to choose from with --json; 1 is greedy [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
    pub beams: Option<usize>,
    /// A CSV file with terms, their translations and notes; the translations are used where they fit into the sentence
    #[arg(long, value_name = "FILE")]
    pub glossary: Option<PathBuf>,
    /// Print each paragraph and behind it its translation
    #[arg(long, conflicts_with = "json")]
    pub bilingual: bool,
    /// Write the document in its own format: .txt, .md, .srt, .html, .docx, .epub
    #[arg(long, value_name = "FILE", conflicts_with = "per")]
    pub output: Option<PathBuf>,
    /// What is translated at a time
    #[arg(long, value_name = "UNIT", default_value = "sentence")]
    pub per: TranslateUnit,
    /// The text or document; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
}

/// A language that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TranslateTo {
    /// English
    En,
    /// Chinese in simplified characters
    Zh,
    /// Chinese in traditional characters
    #[value(name = "zh-Hant", alias = "zh-hant")]
    ZhHant,
}

/// What is translated at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TranslateUnit {
    /// Each line, empty ones too
    Line,
    /// Each sentence
    Sentence,
}

/// `bimo sentiment`
#[derive(Debug, Args)]
pub struct Sentiment {
    /// A classifier: a GGUF file, a folder in Hugging Face layout, or owner/name[:file] of a fetched model
    /// [default: the one that the window reads moods with, at first the small one that is part of the program]
    #[arg(long, value_name = "PATH|MODEL")]
    pub model: Option<PathBuf>,
    /// What is classified, beside the whole text
    #[arg(long, value_enum, default_value = "sentence")]
    pub per: Unit,
    /// Print comma-separated values, where --json is not asked for
    #[arg(long)]
    pub csv: bool,
    /// The text; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
}

/// Parts of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    /// Each sentence
    Sentence,
    /// Only the whole
    Document,
    /// Each line that is not empty
    Line,
}

/// `bimo summarize`
///
/// Texts, Markdown, web pages (of which the article is taken), subtitles, Word documents and EPUB books.
#[derive(Debug, Args)]
pub struct Summarize {
    /// So many sentences [default: 5]
    #[arg(long, value_name = "N", conflicts_with = "ratio", value_parser = clap::value_parser!(u32).range(1..))]
    pub sentences: Option<u32>,
    /// This share of the text's sentences, above 0 and up to 1
    #[arg(long, value_name = "X", value_parser = share)]
    pub ratio: Option<f32>,
    /// How the summary is made
    #[arg(long, value_name = "METHOD", default_value = "key")]
    pub method: SummaryMethod,
    /// The model that rewrites: a GGUF file, a folder, or `owner/name` on the hub
    #[arg(long, value_name = "PATH")]
    pub model: Option<PathBuf>,
    /// The model that says which sentences mean the same; without one their words are compared [default: the one that the
    /// window uses]
    #[arg(long, value_name = "PATH|MODEL")]
    pub encoder: Option<PathBuf>,
    /// What the summary looks like
    #[arg(long, value_name = "FORM", default_value = "paragraph")]
    pub form: SummaryForm,
    /// Language of the summary; that of the text where nothing is said
    #[arg(long, value_name = "LANGUAGE")]
    pub to: Option<TranslateTo>,
    /// A server that rewrites
    #[command(flatten)]
    pub server: OfServer,
    /// The document; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
}

/// How a summary is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SummaryMethod {
    /// Of the text's own sentences those that say the most; no model is needed
    Key,
    /// In the words of a model for summaries, or of one that follows instructions
    Rewrite,
}

/// What a summary looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SummaryForm {
    /// Running text
    Paragraph,
    /// A list
    Bullets,
    /// One sentence
    Line,
    /// A title
    Title,
}

fn share(text: &str) -> Result<f32, String> {
    let share: f32 = text.parse().map_err(|_| "a number is needed".to_owned())?;
    let is_share = share > 0.0 && share <= 1.0;
    is_share.then_some(share).ok_or_else(|| "it is above 0 and at most 1".to_owned())
}

/// `bimo export`
#[derive(Debug, Args)]
pub struct Export {
    /// The work's number or title, as `bimo works` shows them
    #[arg(value_name = "WORK")]
    pub work: String,
}

/// `bimo history`
#[derive(Debug, Args)]
pub struct History {
    /// Only those with these words in their text or prompt
    #[arg(long, value_name = "WORDS", default_value = "")]
    pub search: String,
    /// At most so many, up to 200
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
}

/// `bimo models`
///
/// A model is named as owner/name, as owner/name:file where the repository has several, or by the address of its page.
#[derive(Debug, Args)]
pub struct Models {
    /// Ask this hub [default: HF_ENDPOINT, the mirror set in the window, or https://huggingface.co]
    #[arg(long, global = true, value_name = "URL")]
    pub mirror: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// One for each thing that can be done with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models on this machine; asks nobody
    List,
    /// Ask the hub for repositories by name
    Search {
        /// Words of the name
        #[arg(value_name = "WORDS", required = true)]
        words: Vec<String>,
        /// At most so many, up to 100
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Fetch a model, or what is missing of it; Ctrl+C pauses
    Pull {
        /// owner/name[:file], or the address of a page
        #[arg(value_name = "MODEL")]
        model: String,
        /// Also take weights in pickle files where there are no others; they are never run
        #[arg(long)]
        pickle: bool,
    },
    /// List a model of your own; its files stay where they are
    Import {
        /// A GGUF file, or a folder in Hugging Face layout
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// Copy the files into the folder of models
        #[arg(long)]
        copy: bool,
    },
    /// Show a model's files, size and licence; asks the hub where the model is not here. Of a file or folder on the disk, what
    /// it is for
    Info {
        /// owner/name[:file], or the address of a page
        #[arg(value_name = "MODEL")]
        model: String,
        /// Also count weights in pickle files
        #[arg(long)]
        pickle: bool,
    },
    /// Read every byte of a model and compare it with the hub's hashes; asks nobody
    Verify {
        /// owner/name[:file]
        #[arg(value_name = "MODEL")]
        model: String,
    },
    /// Remove a model from this machine
    Remove {
        /// owner/name[:file]
        #[arg(value_name = "MODEL")]
        model: String,
    },
    /// List every request that was made for models
    Requests,
}
