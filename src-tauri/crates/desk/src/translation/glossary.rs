//! The glossary as the person keeps it, and as a CSV file: term, translation, note.

use std::path::Path;

use bimo_store as store;
use bimo_store::{Kept, NewGlossaryEntry};

use super::exchange::{read_entries, write_entries};
use crate::Desk;
use crate::files::{read_file, write_file};
use crate::wire::{ApiError, GlossaryEntry, GlossaryEntryId, Imported, WorkId};

/// Characters of a term or its translation, and of a note.
const LONGEST_TERM: usize = 200;
const LONGEST_NOTE: usize = 2000;

impl Desk {
    /// The glossary of a work and of all works; the latter only where no work is given.
    pub async fn glossary(&self, work: Option<WorkId>) -> Result<Vec<GlossaryEntry>, ApiError> {
        let entries = self.store().glossary(work.map(Into::into)).await?;
        Ok(entries.into_iter().map(wire_entry).collect())
    }

    /// Adds an entry, or changes it where it has a number. The next sentences that are translated honour it.
    pub async fn keep_glossary_entry(
        &self,
        entry: GlossaryEntry,
    ) -> Result<GlossaryEntry, ApiError> {
        let Some(new) = new_entry(&entry) else {
            let message = "A term and its translation are needed, of at most 200 characters each.";
            return Err(ApiError::new("glossary_entry_invalid", message));
        };
        let now_ms = self.now_ms();
        let id = match entry.id {
            Some(id) => {
                self.store().change_glossary_entry(id.into(), &new, now_ms).await?;
                id
            }
            None => match self.store().keep_glossary(std::slice::from_ref(&new), now_ms).await?[..]
            {
                [(id, _)] => id.into(),
                _ => return Err(ApiError::internal("an entry was kept without a number")),
            },
        };
        let NewGlossaryEntry { term, translation, note, .. } = new;
        Ok(GlossaryEntry { id: Some(id), work: entry.work, term, translation, note })
    }

    /// Removes an entry.
    pub async fn remove_glossary_entry(&self, entry: GlossaryEntryId) -> Result<(), ApiError> {
        Ok(self.store().remove_glossary_entry(entry.into()).await?)
    }

    /// Reads entries from a CSV file.
    pub async fn import_glossary(
        &self,
        work: Option<WorkId>,
        path: String,
    ) -> Result<Imported, ApiError> {
        let read = read_glossary(&read_file(Path::new(&path)).await?)?;
        let all = read.len() as u32;
        let new: Vec<NewGlossaryEntry> = read
            .iter()
            .filter_map(|entry| new_entry(&GlossaryEntry { work, ..entry.clone() }))
            .collect();
        let kept = self.store().keep_glossary(&new, self.now_ms()).await?;
        let count = |what| kept.iter().filter(|(_, kept)| *kept == what).count() as u32;
        let skipped = all - new.len() as u32;
        Ok(Imported { added: count(Kept::Added), changed: count(Kept::Changed), skipped })
    }

    /// Writes the entries to a CSV file.
    pub async fn export_glossary(
        &self,
        work: Option<WorkId>,
        path: String,
    ) -> Result<(), ApiError> {
        let entries = self.glossary(work).await?;
        write_file(Path::new(&path), write_entries(&entries)?).await
    }
}

/// The entries of a CSV file: term, translation, and a note where there is one.
pub fn read_glossary(bytes: &[u8]) -> Result<Vec<GlossaryEntry>, ApiError> {
    let entry = |[term, translation, note]: [String; 3]| GlossaryEntry {
        id: None,
        work: None,
        term,
        translation,
        note,
    };
    Ok(read_entries(bytes)?.into_iter().map(entry).collect())
}

pub(super) fn wire_entry(entry: store::GlossaryEntry) -> GlossaryEntry {
    GlossaryEntry {
        id: Some(entry.id.into()),
        work: entry.work.map(Into::into),
        term: entry.term,
        translation: entry.translation,
        note: entry.note,
    }
}

/// Nothing where a part that is needed is empty or too long.
fn new_entry(entry: &GlossaryEntry) -> Option<NewGlossaryEntry> {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (term, translation) = (line(&entry.term), line(&entry.translation));
    let fits = |text: &str| (1..=LONGEST_TERM).contains(&text.chars().count());
    let note = entry.note.chars().take(LONGEST_NOTE).collect();
    (fits(&term) && fits(&translation)).then(|| NewGlossaryEntry {
        work: entry.work.map(Into::into),
        term,
        translation,
        note,
    })
}
