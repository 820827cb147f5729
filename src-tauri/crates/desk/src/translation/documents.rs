//! Files in, files of the same format out: a document's blocks are cut into sentences, and put together again from their
//! translations.

use std::path::Path;

use bimo_convert::{Document, Rewording, SpanKind};
use bimo_engine::CancellationToken;
use bimo_store as store;
use bimo_store::{NewSegment, NewTranslation, SegmentState, TranslatedDocument, TranslationKind};
use bimo_text::sentences;

use super::chapter::translated;
use super::language::{detect, other_than};
use super::segmenting::{CutText, has_words, target_gap};
use super::text::{TextPiece, TextTranslation, TextTranslationRequest};
use super::translator::Translator;
use crate::Desk;
use crate::files::{dropped_bytes, read_file, write_file};
use crate::wire::{ApiError, Edition, OpenTranslation, TargetLanguage, TranslationId};

/// What stands between the last sentence of a block and the next block, where a document is shown as a text.
const BETWEEN_BLOCKS: &str = "\n\n";
/// Bytes of a document by which its language is told.
const SAMPLE_BYTES: usize = 64 << 10;

impl Desk {
    /// Begins to translate a file.
    pub async fn import_document(
        &self,
        path: String,
        to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        let path = Path::new(&path);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.begin_document(name, read_file(path).await?, to).await
    }

    /// Begins to translate a file of which there are only its name and its content, in Base64.
    pub async fn import_dropped(
        &self,
        name: String,
        content: String,
        to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        let bytes = dropped_bytes(&content)?;
        self.begin_document(name, bytes, to).await
    }

    async fn begin_document(
        &self,
        name: String,
        bytes: Vec<u8>,
        to: Option<TargetLanguage>,
    ) -> Result<OpenTranslation, ApiError> {
        let (document, bytes) = read(bytes, name.clone()).await?;
        let cut = cut(&document);
        if cut.segments.is_empty() {
            let message = "The document has no words to translate: choose another.";
            return Err(ApiError::new("nothing_to_translate", message));
        }
        let sample = sample(&document);
        let new = NewTranslation {
            kind: TranslationKind::Document,
            title: &name,
            work: None,
            chapter: None,
            linked_chapter: None,
            source_language: detect(&sample).name(),
            target_language: to.unwrap_or_else(|| other_than(&sample)).name(),
            direction_detected: to.is_none(),
            lead: "",
            segments: &cut.segments,
            document: Some(TranslatedDocument {
                format: document.kind().extension().into(),
                bytes,
            }),
        };
        let id = self.store().create_translation(&new, self.now_ms()).await?;
        self.go_on(id).await?;
        self.opened(id).await
    }

    /// Writes a translation to a file, a document in its own format. Sentences that have no translation yet stay as they
    /// are.
    pub async fn export_document(
        &self,
        translation: TranslationId,
        path: String,
        edition: Edition,
    ) -> Result<(), ApiError> {
        let id = translation.into();
        let translation = self.store().translation(id).await?;
        let segments = self.store().segments(id).await?;
        let to = TargetLanguage::named(&translation.target_language);
        let bytes = match self.store().translated_document(id).await? {
            Some(TranslatedDocument { format, bytes }) => {
                let (document, _) = read(bytes, format!("document.{format}")).await?;
                let parts = segments.iter().map(|segment| Part {
                    block: segment.block,
                    source: &segment.source,
                    target: done(segment),
                    gap: &segment.gap,
                });
                written(&document, parts, edition, to)?
            }
            None if edition == Edition::Translated => {
                translated(&translation, &segments).into_bytes()
            }
            None => side_by_side(&translation, &segments).into_bytes(),
        };
        write_file(Path::new(&path), bytes).await
    }
}

impl Translator {
    /// Translates a file, and writes it in the same format. `on_piece` hears its text in order.
    pub async fn translate_document(
        &self,
        bytes: Vec<u8>,
        name: &str,
        (request, edition): (&TextTranslationRequest, Edition),
        cancel: CancellationToken,
        on_piece: impl FnMut(TextPiece<'_>) + Send,
    ) -> Result<(TextTranslation, Vec<u8>), ApiError> {
        let (document, _) = read(bytes, name.to_owned()).await?;
        let cut = cut(&document);
        let found = self.translate_cut(&cut, request, cancel, on_piece).await?;
        let parts = cut.segments.iter().zip(&found.segments).map(|(segment, done)| Part {
            block: segment.block,
            source: &segment.source,
            target: Some(&done.target),
            gap: &segment.gap,
        });
        let bytes = written(&document, parts, edition, request.to)?;
        Ok((found, bytes))
    }
}

/// The words of a file's text, by which its language is told.
pub async fn document_sample(bytes: Vec<u8>, name: &str) -> Result<String, ApiError> {
    Ok(sample(&read(bytes, name.to_owned()).await?.0))
}

/// The text of a file that is nothing but text, whatever its encoding.
pub fn plain_text(bytes: &[u8]) -> Result<String, ApiError> {
    Ok(bimo_convert::text_of(bytes)?)
}

/// A sentence of a block.
struct Part<'s> {
    block: u32,
    source: &'s str,
    target: Option<&'s str>,
    gap: &'s str,
}

fn done(segment: &store::Segment) -> Option<&str> {
    (segment.outcome.state != SegmentState::New).then_some(&segment.outcome.target)
}

async fn read(bytes: Vec<u8>, name: String) -> Result<(Document, Vec<u8>), ApiError> {
    let reading = move || Ok((Document::read(&bytes, Some(&name))?, bytes));
    tokio::task::spawn_blocking(reading).await.map_err(ApiError::internal)?
}

fn sample(document: &Document) -> String {
    let mut sample = String::new();
    for block in document.blocks().iter().filter(|block| block.role.is_running_text()) {
        sample += &block.text;
        sample.push('\n');
        if sample.len() > SAMPLE_BYTES {
            break;
        }
    }
    sample
}

/// The sentences of all blocks that have words to translate.
fn cut(document: &Document) -> CutText {
    let mut segments = Vec::new();
    for (number, block) in (0..).zip(document.blocks()) {
        let is_kept = block
            .spans
            .iter()
            .any(|span| span.kind == SpanKind::Verbatim && span.range.len() == block.text.len());
        if is_kept || !has_words(&block.text) {
            continue;
        }
        let ranges = sentences(&block.text);
        for (at, range) in ranges.iter().enumerate() {
            // What stands before the first sentence is part of it: the block has no other place for it.
            let start = if at == 0 { 0 } else { range.start };
            let gap = match ranges.get(at + 1) {
                Some(next) => block.text[range.end..next.start].to_owned(),
                None => BETWEEN_BLOCKS.to_owned(),
            };
            let source = block.text[start..range.end].to_owned();
            segments.push(NewSegment { block: number, source, gap });
        }
    }
    CutText { lead: String::new(), segments }
}

/// The document with each block's sentences in the place of its own. What has no translation stays as it is.
fn written<'s>(
    document: &Document,
    parts: impl Iterator<Item = Part<'s>>,
    edition: Edition,
    to: TargetLanguage,
) -> Result<Vec<u8>, ApiError> {
    let mut rewordings: Vec<Option<Rewording>> = vec![None; document.blocks().len()];
    for part in parts {
        let Some(rewording) = rewordings.get_mut(part.block as usize) else { continue };
        let is_last = part.gap == BETWEEN_BLOCKS;
        let text = &mut rewording.get_or_insert_with(|| "".into()).text;
        *text += part.target.unwrap_or(part.source);
        if !is_last {
            *text += &target_gap(part.gap, false, to);
        }
    }
    let edition = match edition {
        Edition::Translated => bimo_convert::Edition::Translated,
        Edition::Bilingual => bimo_convert::Edition::Bilingual,
    };
    let language = match to {
        TargetLanguage::English => "en",
        TargetLanguage::Simplified => "zh",
        TargetLanguage::Traditional => "zh-Hant",
    };
    Ok(document.write(&rewordings, edition, language)?)
}

/// Each paragraph of a text, and behind it its translation.
fn side_by_side(translation: &store::Translation, segments: &[store::Segment]) -> String {
    let to = TargetLanguage::named(&translation.target_language);
    let mut text = translation.lead.clone();
    let (mut source, mut target) = (String::new(), String::new());
    for segment in segments {
        source += &segment.source;
        target += done(segment).unwrap_or_default();
        let is_last = segment.position + 1 >= translation.total;
        if segment.gap.contains('\n') || is_last {
            text += &format!("{source}\n\n{target}{}", segment.gap);
            (source, target) = Default::default();
        } else {
            source += &segment.gap;
            target += &target_gap(&segment.gap, false, to);
        }
    }
    text
}
