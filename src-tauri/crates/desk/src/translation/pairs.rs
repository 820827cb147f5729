//! The memory as a list: what is in it, put right or forgotten.

use bimo_store::{MemoryId as StoreMemoryId, Pair};

use crate::Desk;
use crate::wire::{ApiError, MemoryId, MemoryPair};

/// Pairs that are listed at a time.
const PAGE: u32 = 100;
/// Bytes of a sentence of a pair.
const LONGEST_SENTENCE: usize = 64 << 10;

impl Desk {
    /// Pairs that have these words on either side, the latest first, a hundred at a time; all where there are no words.
    pub async fn memory_pairs(
        &self,
        words: String,
        before: Option<MemoryId>,
    ) -> Result<Vec<MemoryPair>, ApiError> {
        let before = before.map(StoreMemoryId::from);
        let pairs = self.store().find_pairs(words.trim(), before, PAGE).await?;
        Ok(pairs.into_iter().map(told).collect())
    }

    /// Puts a pair right. It is a new one from then on, the latest of all.
    pub async fn change_memory_pair(
        &self,
        pair: MemoryId,
        english: String,
        chinese: String,
    ) -> Result<(), ApiError> {
        let sentences = (english.trim().to_owned(), chinese.trim().to_owned());
        let is_fit = |text: &str| (1..=LONGEST_SENTENCE).contains(&text.len());
        if !is_fit(&sentences.0) || !is_fit(&sentences.1) {
            let message = "A pair has a sentence on both sides, none of them too long.";
            return Err(ApiError::new("invalid_pair", message));
        }
        Ok(self.store().change_pair(pair.into(), sentences, self.now_ms()).await?)
    }

    /// Forgets a pair. Translations that were made of it stay.
    pub async fn forget_memory_pair(&self, pair: MemoryId) -> Result<(), ApiError> {
        Ok(self.store().forget_pair(pair.into()).await?)
    }
}

fn told(pair: Pair) -> MemoryPair {
    MemoryPair {
        id: pair.id.into(),
        english: pair.english,
        chinese: pair.chinese,
        origin: pair.origin,
        confirmed_at_ms: pair.updated_at_ms as f64,
    }
}
