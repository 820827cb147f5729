//! Texts on their way into the other language.
//!
//! Start reading at [`Translator`]: sentences in, sentences out, each judged by `checks` and tried again where something is
//! missing. `segmenting` cuts a text and finds its old sentences in a new version, `wrapping` and `typography` keep what
//! is around the words, `terms` honours the glossary, `likeness` serves the memory.
//!
//! With a library: `opening` has what a person does to a translation, `segments` to a sentence of it, `job` does the work
//! in the background, `work` knows which jobs there are.
//!
//! **Invariant**: a sentence is in the library before the window is told of it, and what the person made theirs is changed
//! by nobody else.

mod by_prompt;
mod chapter;
pub(crate) mod checks;
mod dictionary;
mod documents;
mod draft;
mod exchange;
mod glossary;
mod inline;
mod job;
mod language;
mod likeness;
mod memory;
mod models;
mod opening;
mod pairs;
mod report;
mod segmenting;
mod segments;
mod telling;
mod terms;
mod text;
mod translator;
mod typography;
mod work;
mod wrapping;

pub(crate) use chapter::translated;
pub use documents::{document_sample, plain_text};
pub use glossary::read_glossary;
pub(crate) use language::{detect, is_of_other_script, to_simplified, to_traditional};
pub use models::TranslatorSpec;
pub(crate) use opening::source_of;
pub use segmenting::Cut;
pub(crate) use segmenting::sentence_ranges;
pub use text::{TextPiece, TextTranslation, TextTranslationRequest, TranslatedSegment};
pub use translator::Translator;
pub(crate) use work::Translations;
