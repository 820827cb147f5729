//! Summaries as the person asks for them, opens them and lets them go.

use std::path::Path;
use std::sync::Arc;

use bimo_store as store;
use bimo_store::{SummaryEnd, SummaryId, SummaryPlace, SummaryStatus};

use super::job::Job;
use super::length;
use super::making::{Wish, make_of_key_sentences};
use super::reading::{Found, on_thread, restored};
use super::source::Source;
use super::support::is_other;
use super::telling::{evidence_of, open_of, to_keep};
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
        let entries = self.store().summaries().await?;
        Ok(entries.iter().map(|entry| self.summaries_at_work().told(entry)).collect())
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
        let id = match outcome.filter(|_| is_at_once) {
            Some(outcome) => {
                let evidence = evidence_of(&outcome)?;
                let end = SummaryEnd {
                    status: SummaryStatus::Complete,
                    text: Some(&outcome.text),
                    evidence: Some(&evidence),
                    error: None,
                };
                self.write_down(&found, &wish, Some(&end)).await?
            }
            None => {
                let id = self.write_down(&found, &wish, None).await?;
                Job::new(self, id, found.source.clone(), wish).begin();
                id
            }
        };
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

    /// Writes a summary down that is made, or about to be.
    async fn write_down(
        &self,
        found: &Found,
        wish: &Wish,
        end: Option<&SummaryEnd<'_>>,
    ) -> Result<SummaryId, ApiError> {
        let (store, kept, now_ms) = (self.store(), to_keep(wish)?, self.now_ms());
        let Some(source) = found.kept else {
            let place = found.to_keep()?;
            return Ok(store.write_summary(SummaryPlace::New(&place), &kept, end, now_ms).await?);
        };
        let before = match wish.method {
            SummaryMethod::Key => store.key_summary_of(source, kept.language.as_deref()).await?,
            SummaryMethod::Rewritten => None,
        };
        let place = before.map_or(SummaryPlace::Beside(source), SummaryPlace::Instead);
        Ok(store.write_summary(place, &kept, end, now_ms).await?)
    }

    async fn summary_as_open(
        &self,
        id: SummaryId,
        source: Option<Arc<Source>>,
    ) -> Result<OpenSummary, ApiError> {
        let mut summary = self.store().summary(id).await?;
        if let Some(error) = self.summaries_at_work().unkept(id) {
            summary.entry.status = SummaryStatus::Failed;
            summary.error = serde_json::to_string(&error).ok();
        }
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
