//! The first run: one short work in each language, each an opening that asks to be continued.

use bimo_store::Store;
use bimo_text::{TextEdit, Utf16Offset};

use crate::wire::ApiError;

const SEEDED: &str = "samples_given";

struct Sample {
    title: &'static str,
    chapter: &'static str,
    text: &'static str,
}

const ENGLISH: Sample = Sample {
    title: "The Bell on the Far Bank",
    chapter: "One",
    text: include_str!("samples/en.md"),
};
const CHINESE: Sample =
    Sample { title: "借伞的人", chapter: "一", text: include_str!("samples/zh.md") };

/// Puts the samples into a library that never had anything in it, the one in the system's language first.
pub(crate) async fn seed_first_run(
    store: &Store,
    system_locale: &str,
    now_ms: i64,
) -> Result<(), ApiError> {
    if store.setting(SEEDED).await?.is_some() {
        return Ok(());
    }
    let library = store.library().await?;
    if library.works.is_empty() && library.bin.is_empty() {
        let order =
            if system_locale.starts_with("zh") { [CHINESE, ENGLISH] } else { [ENGLISH, CHINESE] };
        for sample in order {
            add(store, &sample, now_ms).await?;
        }
    }
    Ok(store.set_setting(SEEDED, &true.into()).await?)
}

async fn add(store: &Store, sample: &Sample, now_ms: i64) -> Result<(), ApiError> {
    let (_, chapter) = store.create_work(sample.title, now_ms).await?;
    store.rename_chapter(chapter, sample.chapter, now_ms).await?;
    let text = TextEdit {
        from: Utf16Offset(0),
        to: Utf16Offset(0),
        insert: sample.text.trim_end().to_owned(),
        generation: None,
    };
    store.apply_edits(chapter, 0, &[text], now_ms).await?;
    Ok(())
}
