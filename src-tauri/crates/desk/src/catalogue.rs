//! Models that can be had: the catalogue, a search, and what a repository offers; each with whether it fits here.

use std::collections::HashSet;

use bimo_engine::CancellationToken;
use bimo_hub::{FoundRepo, ModelAddress, RepoOffer};
use bimo_models::{ExpectedContext, MemoryNeed, Precision, can_run, free_memory};

use crate::tasks::DONE;
use crate::wire::{
    ApiError, Bilingual, CatalogueEntry, Fit, FoundModel, Instead, ModelOffer, ModelTask,
    OfferedModel,
};
use crate::{Desk, Models};

/// Repositories that a search shows.
const FOUND: u32 = 30;
/// A recommended model leaves at least so many parts of the free memory to other programs, of a hundred.
const LEFT_FREE: u64 = 40;
/// Licences that ask for nothing but their own text.
const FREE: &[&str] = &["apache-2.0", "mit"];
/// The memory of a context whose shape is not known before the file is here.
const USUAL_CONTEXT: ExpectedContext =
    ExpectedContext { layers: 28, kv_heads: 8, head_dim: 128, tokens: 4096 };

impl Desk {
    /// The models that are worth knowing of, as they are for this computer now. Asks nobody.
    pub fn catalogue(&self) -> Vec<CatalogueEntry> {
        let cache = self.model().means().cache;
        let known = bimo_hub::catalogue().iter().map(|entry| {
            let (shown, need) = known(entry);
            (shown, need.keeping(Precision::default(), cache))
        });
        assess(known.collect(), &here(self.fetched_models()), free_memory())
    }

    /// Asks the hub for repositories by name.
    pub async fn search_models(&self, words: String) -> Result<Vec<FoundModel>, ApiError> {
        let found = self.fetched_models().search(&words, FOUND, &CancellationToken::new()).await;
        self.downloads().tell();
        Ok(found?.into_iter().map(found_model).collect())
    }

    /// Asks the hub which models a name or the address of a page means, how large they are, and whether they fit.
    pub async fn offer_model(&self, name: String) -> Result<ModelOffer, ApiError> {
        let models = self.fetched_models();
        let offered = models.offer(&name, &CancellationToken::new()).await;
        self.downloads().tell();
        Ok(shown(&name.parse()?, offered?, models))
    }
}

/// An entry before it has been compared with this computer, and its expected need.
fn known(entry: &bimo_hub::CatalogueEntry) -> (CatalogueEntry, MemoryNeed) {
    let bimo_hub::CatalogueShape { layers, kv_heads, head_dim, context } = entry.shape;
    let context = ExpectedContext { layers, kv_heads, head_dim, tokens: context };
    let file_bytes = (entry.parameters as f64 * entry.bits_per_weight / 8.0) as u64;
    let need = MemoryNeed::expected(entry.parameters, file_bytes, context);
    let task = serde_json::from_value(entry.task.as_str().into()).unwrap_or(ModelTask::Story);
    let shown = CatalogueEntry {
        task,
        address: entry.name(),
        title: entry.title.clone(),
        good_for: bilingual(&entry.good_for),
        quality: bilingual(&entry.quality),
        languages: entry.languages.clone(),
        parameters: entry.parameters as f64,
        licence: entry.licence.clone(),
        files: entry.files.clone(),
        pickle: entry.pickle,
        runs: can_run(&entry.architecture) && DONE.contains(&task),
        fit: Fit { need_bytes: 0.0, free_bytes: 0.0, fits: false, instead: None },
        recommended: false,
        here: false,
    };
    (shown, need)
}

/// Compares the entries with this computer: which fit, which instead, which one to take.
fn assess(
    entries: Vec<(CatalogueEntry, MemoryNeed)>,
    here: &HashSet<String>,
    free: u64,
) -> Vec<CatalogueEntry> {
    let best = |task, most| best_of(&entries, task, most);
    let comfortable = free / 100 * (100 - LEFT_FREE);
    let assessed = entries.iter().map(|(entry, need)| {
        let fits = need.bytes() <= free;
        let instead = best(entry.task, free).filter(|_| !fits).map(|best| best.title);
        let recommended =
            best(entry.task, comfortable).is_some_and(|best| best.address == entry.address);
        let fit = fit(*need, free, instead);
        let here = here.contains(&entry.address);
        CatalogueEntry { fit, recommended, here, ..entry.clone() }
    });
    assessed.collect()
}

/// The most able model for a task that anybody can have with one click and that needs at most so many bytes.
fn best_of(
    entries: &[(CatalogueEntry, MemoryNeed)],
    task: ModelTask,
    most: u64,
) -> Option<Instead> {
    let able = entries.iter().filter(|(entry, need)| {
        entry.task == task && entry.runs && is_easy(entry) && need.bytes() <= most
    });
    let (entry, _) = able.max_by_key(|(entry, _)| entry.parameters as u64)?;
    Some(Instead { title: entry.title.clone(), address: entry.address.clone() })
}

/// The same, of the whole catalogue.
pub(crate) fn best_that_fits(task: ModelTask, free: u64) -> Option<Instead> {
    let entries: Vec<_> = bimo_hub::catalogue().iter().map(known).collect();
    best_of(&entries, task, free)
}

/// Both languages, a licence without conditions, no pickle: one click has to be enough.
fn is_easy(entry: &CatalogueEntry) -> bool {
    let speaks = |language: &&str| entry.languages.iter().any(|one| one == language);
    let is_free = entry.licence.as_deref().is_some_and(|licence| FREE.contains(&licence));
    ["en", "zh"].iter().all(speaks) && is_free && !entry.pickle
}

fn fit(need: MemoryNeed, free: u64, instead: Option<String>) -> Fit {
    let fits = need.bytes() <= free;
    Fit { need_bytes: need.bytes() as f64, free_bytes: free as f64, fits, instead }
}

fn bilingual(words: &bimo_hub::Bilingual) -> Bilingual {
    Bilingual { en: words.en.clone(), zh: words.zh.clone() }
}

/// Names of the models that are on this computer.
fn here(models: &Models) -> HashSet<String> {
    let installed = models.installed().unwrap_or_default();
    installed.into_iter().map(|model| model.record.name()).collect()
}

fn found_model(repo: FoundRepo) -> FoundModel {
    let licence = repo.tags.iter().find_map(|tag| tag.strip_prefix("license:"));
    let task = repo.pipeline_tag.as_deref().and_then(|tag| match tag {
        "text-generation" | "image-text-to-text" => Some(ModelTask::Story),
        "translation" => Some(ModelTask::Translate),
        "summarization" => Some(ModelTask::Summarize),
        "text-classification" => Some(ModelTask::Sentiment),
        "question-answering" => Some(ModelTask::Answer),
        "sentence-similarity" | "feature-extraction" => Some(ModelTask::Embed),
        _ => None,
    });
    FoundModel {
        address: repo.id.to_string(),
        downloads: repo.downloads as f64,
        likes: repo.likes as f64,
        task,
        licence: licence.map(str::to_owned),
        gated: repo.gated,
        gguf: repo.tags.iter().any(|tag| tag == "gguf"),
    }
}

fn shown(asked: &ModelAddress, offer: RepoOffer, models: &Models) -> ModelOffer {
    let RepoOffer { revision, page, models: offered } = offer;
    let (here, free, disk) = (here(models), free_memory(), models.free_disk());
    let fits: Vec<Fit> = offered
        .iter()
        .map(|model| fit(expected(model.record.bytes(), revision.parameters), free, None))
        .collect();
    let largest = fits.iter().rposition(|fit| fit.fits);
    let label = |at: usize| offered[at].record.entry.clone();
    let instead = largest.and_then(label);
    let shown = offered.iter().zip(&fits).map(|(model, fit)| {
        let record = &model.record;
        let bytes = record.bytes();
        let instead = instead.clone().filter(|_| !fit.fits);
        OfferedModel {
            address: address_of(asked, &page, record),
            file: record.entry.clone(),
            bytes: bytes as f64,
            files: record.files.len() as u32,
            pickle: model.pickle,
            fit: Fit { instead, ..fit.clone() },
            fits_on_disk: bytes <= disk,
            here: here.contains(&record.name()),
        }
    });
    ModelOffer {
        repo: asked.repo.to_string(),
        models: shown.collect(),
        page: page.clone(),
        licence: revision.licence,
        gated: revision.gated,
        runs: revision.architecture.as_deref().is_none_or(can_run),
        architecture: revision.architecture,
        parameters: revision.parameters.map(|parameters| parameters as f64),
        free_disk_bytes: disk as f64,
    }
}

/// What is typed to have this model: its name, or where another revision was asked for its page.
fn address_of(asked: &ModelAddress, page: &str, record: &bimo_hub::ModelRecord) -> String {
    match (&asked.revision, &record.entry, record.files.first()) {
        (None, ..) => record.name(),
        (Some(revision), Some(_), Some(file)) => format!("{page}/resolve/{revision}/{}", file.path),
        (Some(revision), ..) => format!("{page}/tree/{revision}"),
    }
}

/// Where the hub has not counted the weights, as many as there would be in one byte each.
fn expected(bytes: u64, parameters: Option<u64>) -> MemoryNeed {
    MemoryNeed::expected(parameters.unwrap_or(bytes), bytes, USUAL_CONTEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1 << 30;

    fn catalogue(free: u64) -> Vec<CatalogueEntry> {
        let entries = bimo_hub::catalogue().iter().map(known).collect();
        assess(entries, &HashSet::new(), free)
    }

    fn recommended(entries: &[CatalogueEntry]) -> Vec<&str> {
        let marked = entries.iter().filter(|entry| entry.recommended);
        marked.map(|entry| entry.title.as_str()).collect()
    }

    #[test]
    fn one_model_is_recommended_by_the_free_memory_and_leaves_room() {
        assert_eq!(recommended(&catalogue(GB / 4)), Vec::<&str>::new());
        // In units of 10^9 bytes: of 9 GB 5.80 may be taken. The 8B: a file of 4.97, a cache of 4096 x 36 x 2 x 8 x 128 x 2
        // bytes, 0.60, and some to work with. Of 8 GB 5.15, so the 4B with 2.5 and 0.6. Of 4 GB 2.58: the 1.7B has 1.8 and 0.5.
        let expected = [
            (3, "Qwen3 0.6B"),
            (4, "Qwen3 1.7B"),
            (8, "Qwen3 4B"),
            (9, "Qwen3 8B"),
            (64, "Qwen3 14B"),
        ];
        for (free, title) in expected {
            let entries = catalogue(free * GB);
            let story: Vec<_> =
                entries.iter().filter(|entry| entry.task == ModelTask::Story).cloned().collect();
            assert_eq!(recommended(&story), [title], "{free} GB");
            let best = story.iter().find(|entry| entry.recommended).expect("one");
            assert!(best.fit.need_bytes <= (free * GB) as f64 * 0.6);
        }
    }

    #[test]
    fn one_that_does_not_fit_names_one_that_does() {
        for entry in catalogue(6 * GB).iter().filter(|entry| entry.task == ModelTask::Story) {
            assert_eq!(entry.fit.fits, entry.fit.need_bytes <= entry.fit.free_bytes);
            assert_eq!(entry.fit.instead.is_some(), !entry.fit.fits, "{}", entry.title);
            assert_ne!(entry.fit.instead.as_ref(), Some(&entry.title));
        }
        let nothing = catalogue(0);
        assert!(nothing.iter().all(|entry| !entry.fit.fits && entry.fit.instead.is_none()));
    }

    #[test]
    fn what_this_edition_cannot_run_is_never_recommended() {
        let entries = catalogue(64 * GB);
        for task in DONE {
            assert!(entries.iter().filter(|entry| entry.task == task).all(|entry| entry.runs));
        }
        assert!(entries.iter().filter(|entry| entry.recommended).all(|entry| entry.runs));
    }
}
