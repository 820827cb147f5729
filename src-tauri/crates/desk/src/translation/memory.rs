//! The memory at work: a sentence that was agreed to is taken word for word, one like it is shown.

use std::path::Path;

use bimo_store as store;
use bimo_store::{MemoryId, NewPair, Pair, PairSide, Translation};

use super::exchange::{read_pairs, write_pairs};
use super::language::{is_traditional, to_simplified, to_traditional};
use super::likeness::{difference, likeness};
use crate::Desk;
use crate::files::{read_file, write_file};
use crate::wire::{ApiError, Imported, MemoryMatch, SegmentId, TargetLanguage};

/// Sentences that are less alike are no help.
const LIKE_ENOUGH: f32 = 0.6;
/// Pairs that are compared with a sentence, and that are shown.
const MOST_COMPARED: u32 = 30;
const MOST_SHOWN: usize = 5;
/// Pairs that are read for a file at a time.
const PAGE: u32 = 500;
/// Where a sentence comes from that was read from a file without saying so.
const LONGEST_ORIGIN: usize = 200;

/// What the memory has of a sentence.
pub(super) enum Recalled {
    /// Its translation.
    Exact(String),
    /// One so much like it.
    Like(f32),
    /// Nothing.
    Nothing,
}

impl Desk {
    /// Looks a sentence up.
    pub(super) async fn recall(
        &self,
        source: &str,
        to: TargetLanguage,
    ) -> Result<Recalled, ApiError> {
        if let Some(pair) = self.store().exact_pair(side_of(to), source).await? {
            return Ok(Recalled::Exact(target_of(&pair, to)));
        }
        let best = self.alike(source, to).await?.into_iter().next();
        Ok(best.map_or(Recalled::Nothing, |(score, _)| Recalled::Like(score)))
    }

    /// Keeps what the person agreed to.
    pub(super) async fn remember(
        &self,
        segment: &store::Segment,
        translation: &Translation,
    ) -> Result<(), ApiError> {
        let (source, target) = (segment.source.clone(), segment.outcome.target.clone());
        let to = TargetLanguage::named(&translation.target_language);
        let (english, chinese) = if to.is_chinese() { (source, target) } else { (target, source) };
        let pair = NewPair { english, chinese, origin: translation.title.clone() };
        self.store().keep_pairs(&[pair], self.now_ms()).await?;
        Ok(())
    }

    /// Sentences of the memory that are like a segment's, the most alike first.
    pub async fn memory_matches(&self, segment: SegmentId) -> Result<Vec<MemoryMatch>, ApiError> {
        let segment = self.store().segment(segment.into()).await?;
        let translation = self.store().translation(segment.translation).await?;
        let to = TargetLanguage::named(&translation.target_language);
        let alike = self.alike(&segment.source, to).await?.into_iter().take(MOST_SHOWN);
        let shown = alike.map(|(score, pair)| MemoryMatch {
            id: pair.id.into(),
            score,
            difference: difference(source_of(&pair, to), &segment.source),
            source: source_of(&pair, to).to_owned(),
            target: target_of(&pair, to),
            confirmed_at_ms: pair.updated_at_ms as f64,
            origin: pair.origin,
        });
        Ok(shown.collect())
    }

    /// Pairs that are like enough to a sentence, the most alike first.
    async fn alike(&self, source: &str, to: TargetLanguage) -> Result<Vec<(f32, Pair)>, ApiError> {
        let candidates = self.store().like_pairs(side_of(to), source, MOST_COMPARED).await?;
        let scored =
            candidates.into_iter().map(|pair| (likeness(source_of(&pair, to), source), pair));
        let mut alike: Vec<(f32, Pair)> =
            scored.filter(|(score, _)| *score >= LIKE_ENOUGH).collect();
        alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        Ok(alike)
    }

    /// Reads pairs of sentences from a TMX or CSV file.
    pub async fn import_memory(&self, path: String) -> Result<Imported, ApiError> {
        let path = Path::new(&path);
        let origin = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let origin: String = origin.unwrap_or_default().chars().take(LONGEST_ORIGIN).collect();
        let (pairs, skipped) = read_pairs(path, &read_file(path).await?)?;
        let new = |(english, chinese)| NewPair { english, chinese, origin: origin.clone() };
        let pairs: Vec<NewPair> = pairs.into_iter().map(new).collect();
        let added = self.store().keep_pairs(&pairs, self.now_ms()).await?;
        Ok(Imported { added, changed: pairs.len() as u32 - added, skipped })
    }

    /// Writes the memory to a TMX or CSV file.
    pub async fn export_memory(&self, path: String) -> Result<(), ApiError> {
        let mut all: Vec<Pair> = Vec::new();
        loop {
            let after = all.last().map_or(MemoryId(0), |pair| pair.id);
            let page = self.store().pairs(after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        let path = Path::new(&path);
        write_file(path, write_pairs(path, &all)?).await
    }
}

/// The side of a pair that is in the language of the source.
fn side_of(to: TargetLanguage) -> PairSide {
    if to.is_chinese() { PairSide::English } else { PairSide::Chinese }
}

fn source_of(pair: &Pair, to: TargetLanguage) -> &str {
    if to.is_chinese() { &pair.english } else { &pair.chinese }
}

/// The other side, in the script that is wanted.
fn target_of(pair: &Pair, to: TargetLanguage) -> String {
    match (to, is_traditional(&pair.chinese)) {
        (TargetLanguage::English, _) => pair.english.clone(),
        (TargetLanguage::Simplified, true) => to_simplified(&pair.chinese),
        (TargetLanguage::Traditional, false) => to_traditional(&pair.chinese),
        _ => pair.chinese.clone(),
    }
}
