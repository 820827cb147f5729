//! Texts on their way into the other language.

use crate::Desk;
use crate::wire::{
    ApiError, ChapterId, DictionaryEntry, DictionaryStatus, Edition, GlossaryEntry,
    GlossaryEntryId, Imported, MemoryMatch, ModelStatus, OpenTranslation, Segment, SegmentId,
    SourceChange, TargetLanguage, TranslationEvent, TranslationId, TranslationReport,
    TranslationSummary, WorkId,
};

impl Desk {
    /// Tells `sink` whatever happens to any translation from now on.
    pub fn watch_translations(&self, _sink: impl Fn(TranslationEvent) + Send + Sync + 'static) {}

    /// Tells `sink` where the model that translates is, at once and whenever that changes.
    pub fn watch_translator(&self, _sink: impl Fn(ModelStatus) + Send + Sync + 'static) {}

    /// All translations, the one changed last first.
    pub async fn translations(&self) -> Result<Vec<TranslationSummary>, ApiError> {
        not_yet()
    }

    /// An empty text to translate; the direction follows the text where none is given.
    pub async fn new_translation(
        &self,
        _work: Option<WorkId>,
        _to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        not_yet()
    }

    /// A translation with all of its text.
    pub async fn open_translation(
        &self,
        _translation: TranslationId,
    ) -> Result<OpenTranslation, ApiError> {
        not_yet()
    }

    /// Removes a translation for good. A linked chapter stays.
    pub async fn delete_translation(
        &self,
        _translation: TranslationId,
    ) -> Result<Vec<TranslationSummary>, ApiError> {
        not_yet()
    }

    /// Takes the text as it is now, and begins to translate the sentences that are new. Of a text only.
    pub async fn set_translation_source(
        &self,
        _translation: TranslationId,
        _text: String,
    ) -> Result<SourceChange, ApiError> {
        not_yet()
    }

    /// Chooses what is written, or lets it follow the text, and begins to translate.
    pub async fn set_translation_target(
        &self,
        _translation: TranslationId,
        _to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        not_yet()
    }

    /// Chooses the work whose glossary is used.
    pub async fn set_translation_work(
        &self,
        _translation: TranslationId,
        _work: Option<WorkId>,
    ) -> Result<OpenTranslation, ApiError> {
        not_yet()
    }

    /// Stops translating for now.
    pub async fn pause_translation(&self, _translation: TranslationId) -> Result<(), ApiError> {
        not_yet()
    }

    /// Goes on exactly where it was.
    pub async fn resume_translation(&self, _translation: TranslationId) -> Result<(), ApiError> {
        not_yet()
    }

    /// Gives a translation up; what is translated stays.
    pub async fn stop_translation(&self, _translation: TranslationId) -> Result<(), ApiError> {
        not_yet()
    }

    /// Takes another of the texts that the model thought of.
    pub async fn choose_alternative(
        &self,
        _segment: SegmentId,
        _alternative: u32,
    ) -> Result<Segment, ApiError> {
        not_yet()
    }

    /// Takes the person's own translation. Nothing changes it but the person.
    pub async fn edit_segment(
        &self,
        _segment: SegmentId,
        _target: String,
    ) -> Result<Segment, ApiError> {
        not_yet()
    }

    /// Keeps a segment's translation as it is, or lets it go again.
    pub async fn lock_segment(
        &self,
        _segment: SegmentId,
        _locked: bool,
    ) -> Result<Segment, ApiError> {
        not_yet()
    }

    /// Agrees to a translation: the memory keeps it.
    pub async fn confirm_segment(&self, _segment: SegmentId) -> Result<Segment, ApiError> {
        not_yet()
    }

    /// Has the model translate a segment once more, and otherwise than before. The new text is told.
    pub async fn translate_again(&self, _segment: SegmentId) -> Result<Segment, ApiError> {
        not_yet()
    }

    /// What a translation has come to so far.
    pub async fn translation_report(
        &self,
        _translation: TranslationId,
    ) -> Result<TranslationReport, ApiError> {
        not_yet()
    }

    /// Begins to translate a chapter into a linked one behind it; goes on where it has begun already.
    pub async fn translate_chapter(
        &self,
        _chapter: ChapterId,
        _to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        not_yet()
    }

    /// Begins to translate a file.
    pub async fn import_document(
        &self,
        _path: String,
        _to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        not_yet()
    }

    /// Writes a translation to a file, a document in its own format.
    pub async fn export_document(
        &self,
        _translation: TranslationId,
        _path: String,
        _edition: Edition,
    ) -> Result<(), ApiError> {
        not_yet()
    }

    /// The glossary of a work and of all works; the latter only where no work is given.
    pub async fn glossary(&self, _work: Option<WorkId>) -> Result<Vec<GlossaryEntry>, ApiError> {
        not_yet()
    }

    /// Adds an entry, or changes it where it has a number.
    pub async fn keep_glossary_entry(
        &self,
        _entry: GlossaryEntry,
    ) -> Result<GlossaryEntry, ApiError> {
        not_yet()
    }

    /// Removes an entry.
    pub async fn remove_glossary_entry(&self, _entry: GlossaryEntryId) -> Result<(), ApiError> {
        not_yet()
    }

    /// Reads entries from a CSV file.
    pub async fn import_glossary(
        &self,
        _work: Option<WorkId>,
        _path: String,
    ) -> Result<Imported, ApiError> {
        not_yet()
    }

    /// Writes the entries to a CSV file.
    pub async fn export_glossary(
        &self,
        _work: Option<WorkId>,
        _path: String,
    ) -> Result<(), ApiError> {
        not_yet()
    }

    /// Sentences of the memory that are like a segment's, the most alike first.
    pub async fn memory_matches(&self, _segment: SegmentId) -> Result<Vec<MemoryMatch>, ApiError> {
        not_yet()
    }

    /// Reads pairs of sentences from a TMX or CSV file.
    pub async fn import_memory(&self, _path: String) -> Result<Imported, ApiError> {
        not_yet()
    }

    /// Writes the memory to a TMX or CSV file.
    pub async fn export_memory(&self, _path: String) -> Result<(), ApiError> {
        not_yet()
    }

    /// The dictionary that is used.
    pub async fn dictionary(&self) -> Result<DictionaryStatus, ApiError> {
        not_yet()
    }

    /// Uses a file of CC-CEDICT, or none.
    pub async fn use_dictionary(
        &self,
        _path: Option<String>,
    ) -> Result<DictionaryStatus, ApiError> {
        not_yet()
    }

    /// The longest words of the dictionary that a text begins with, and whatever it has of an English word.
    pub async fn look_up(&self, _text: String) -> Result<Vec<DictionaryEntry>, ApiError> {
        not_yet()
    }
}

fn not_yet<T>() -> Result<T, ApiError> {
    Err(ApiError::internal("translations are not kept yet"))
}
