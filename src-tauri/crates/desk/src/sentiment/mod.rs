//! The moods of texts, or whatever else a classifier's labels say of them.
//!
//! Start reading at [`Classifier`]: a loaded model with its labels, and what they are as moods (`polarity`). `text` reads a
//! text for whoever has no library.
//!
//! With a library: `source` finds and cuts what is to be read, `scoring` has it read in the background, `reading` is a
//! text with its scores so far, and everything else looks at one: `view` and `arc` draw it, `why` leaves words out,
//! `comparing` lays two side by side, `export` writes rows. `work` knows which readings there are, `draft` what was left
//! in the panel.
//!
//! The mood of a text is the mean of its sentences' probabilities, each sentence as important as it is long; a short text
//! is read as a whole too, and that counts. The valence of a sentence is the sum of its labels' polarities, each times its
//! probability: p(positive) − p(negative) where there are three.
//!
//! **Invariant**: a sentence is read once by each model, as long as the library remembers it.

mod arc;
mod characters;
mod classifier;
mod comparing;
mod draft;
mod export;
mod models;
mod polarity;
mod reading;
mod scores;
mod scoring;
mod source;
mod table;
mod text;
mod view;
mod why;
mod work;

pub use classifier::Classifier;
pub use models::ClassifierSpec;
pub use text::{Judged, JudgedPart, JudgedText, Per, readable_text};
pub(crate) use work::Moods;
