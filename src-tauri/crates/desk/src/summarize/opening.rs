//! Summaries as the person asks for them, opens them and lets them go.

use std::path::Path;
use std::sync::Arc;

use bimo_store as store;
use bimo_store::{SummaryEnd, SummaryId, SummaryStatus};

use super::job::Job;
use super::length;
use super::making::{Wish, make_of_key_sentences};
use super::reading::{Found, on_thread, restored};
use super::source::Source;
use super::support::is_other;
use super::telling::{evidence_of, open_of, to_keep, wire_entry};
use crate::Desk;
use crate::files::write_file;
use crate::wire::{
    self, ApiError, OpenSummary, SummaryEntry, SummaryEvent, SummaryMethod, SummaryRequest,
};

impl Desk {
    /// Tells `sink` whatever happens to any summary from now on, in the place of whoever was told before.
    pub fn watch_summaries(&self, sink: impl Fn(SummaryEvent) + Send + Sync + 'static) {
        self.summaries_at_work().watch(sink);
    }

    /// All summaries, the newest first.
    pub async fn summaries(&self) -> Result<Vec<SummaryEntry>, ApiError> {
        Ok(self.store().summaries().await?.iter().map(wire_entry).collect())
    }

    /// Keeps a source and begins to summarise it. Key sentences in the source's own language are there at once, unless an
    /// encoder has to read it first; of a source that is kept they take the place of those that were there.
    pub async fn summarize(&self, request: SummaryRequest) -> Result<OpenSummary, ApiError> {
        let SummaryRequest { source, method, length, form, to } = request;
        let wish = Wish { method, length, form, to };
        length::check(length)?;
        let found = self.find_source(source).await?;
        let is_at_once = method == SummaryMethod::Key
            && !is_other(&found.source, to)
            && !self.summaries_at_work().encoders.is_chosen();
        // Nothing is kept of what cannot be summarised.
        let outcome = match method {
            SummaryMethod::Key => Some(make_of_key_sentences(found.source.clone(), wish).await?),
            SummaryMethod::Rewritten => {
                self.summary_writer_is_there().await?;
                None
            }
        };
        let id = self.row_for(&found, &wish).await?;
        match outcome.filter(|_| is_at_once) {
            Some(outcome) => {
                let evidence = evidence_of(&outcome)?;
                let end = SummaryEnd {
                    status: SummaryStatus::Complete,
                    text: Some(&outcome.text),
                    evidence: Some(&evidence),
                    error: None,
                };
                self.store().end_summary(id, &end, self.now_ms()).await?;
            }
            None => Job::new(self, id, found.source.clone(), wish).begin(),
        }
        self.summary_as_open(id, Some(found.source)).await
    }

    /// A summary with its source.
    pub async fn open_summary(&self, summary: wire::SummaryId) -> Result<OpenSummary, ApiError> {
        self.summary_as_open(summary.into(), None).await
    }

    /// Stops writing a summary; what is written stays.
    pub async fn stop_summary(&self, summary: wire::SummaryId) -> Result<(), ApiError> {
        self.summaries_at_work().stop(summary.into());
        Ok(())
    }

    /// Writes a summary to a file: Markdown, with its title above it, where the file's name ends in `.md`, else plain text.
    pub async fn export_summary(
        &self,
        summary: wire::SummaryId,
        path: String,
    ) -> Result<(), ApiError> {
        let store::Summary { entry, text, .. } = self.store().summary(summary.into()).await?;
        let path = Path::new(&path);
        let is_markdown = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md"));
        let title = if is_markdown { format!("# {}\n\n", entry.title) } else { String::new() };
        write_file(path, format!("{title}{}\n", text.trim()).into_bytes()).await
    }

    /// Removes a summary for good, and what it summarises with the last summary of it.
    pub async fn delete_summary(
        &self,
        summary: wire::SummaryId,
    ) -> Result<Vec<SummaryEntry>, ApiError> {
        self.summaries_at_work().forget(summary.into());
        self.store().delete_summary(summary.into()).await?;
        self.summaries().await
    }

    /// The row of a summary that is about to be made.
    async fn row_for(&self, found: &Found, wish: &Wish) -> Result<SummaryId, ApiError> {
        let (store, kept) = (self.store(), to_keep(wish)?);
        if let Some(source) = found.kept {
            let before = store.key_summary_of(source, kept.language.as_deref()).await?;
            if let Some(before) = before.filter(|_| wish.method == SummaryMethod::Key) {
                store.restart_summary(before, &kept).await?;
                return Ok(before);
            }
        }
        let source = match found.kept {
            Some(source) => source,
            None => store.keep_summary_source(&found.to_keep()?).await?,
        };
        Ok(store.create_summary(source, &kept, self.now_ms()).await?)
    }

    async fn summary_as_open(
        &self,
        id: SummaryId,
        source: Option<Arc<Source>>,
    ) -> Result<OpenSummary, ApiError> {
        let summary = self.store().summary(id).await?;
        let parts = self.store().summary_parts(id).await?;
        let (source, is_changed) = match source {
            Some(source) => (source, false),
            None => {
                let kept: store::SummarySource =
                    self.store().summary_source(summary.entry.source).await?;
                let is_changed = self.source_changed(&kept).await;
                (Arc::new(restored(&kept)), is_changed)
            }
        };
        on_thread(move || Ok(open_of(summary, parts, &source, is_changed))).await
    }
}
