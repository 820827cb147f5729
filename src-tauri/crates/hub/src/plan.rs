//! Which files of a repository make one model.

use crate::{HubError, ModelAddress, ModelRecord, RepoFile, RepoRevision};

/// What stands beside the weights, as the repositories of the public hub have it.
const COMPANIONS: &[&str] = &[
    "1_Pooling/config.json",
    "LICENSE",
    "LICENSE.md",
    "LICENSE.txt",
    "NOTICE",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "config.json",
    "generation_config.json",
    "merges.txt",
    "modules.json",
    "sentence_bert_config.json",
    "sentencepiece.bpe.model",
    "source.spm",
    "special_tokens_map.json",
    "spiece.model",
    "spm.model",
    "target.spm",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
];
/// Of several quantisations without a word from the person: the usual one, then by what is lost.
const USUAL: &[&str] = &["Q4_K_M", "Q5_K_M", "Q8_0", "Q6_K", "Q4_0"];

/// Parts that a model may be split into; more stand in no repository.
const MOST_PARTS: u32 = 512;

/// Weights in Python's pickle format are programs; they are read without being run, and only by those who agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pickle {
    /// They do not count as a model.
    #[default]
    Refused,
    /// They are taken where there are no others.
    Accepted,
}

/// The model that an address names, with the files that are to be fetched for it.
pub(crate) fn plan(
    address: &ModelAddress,
    revision: RepoRevision,
    files: &[RepoFile],
    pickle: Pickle,
) -> Result<ModelRecord, HubError> {
    let folder = || folder_files(address, files, pickle);
    let asked = address.file.as_deref().filter(|asked| !is_of_a_folder(asked));
    let (entry, files) = match asked {
        Some(asked) => one_file(address, files, Some(asked))?,
        None => match folder() {
            Ok(files) => (None, files),
            Err(_) if files.iter().any(is_gguf) => one_file(address, files, None)?,
            Err(error) => return Err(error),
        },
    };
    let RepoRevision { commit, licence, .. } = revision;
    let repo = address.repo.clone();
    Ok(ModelRecord { repo, commit, licence, entry, files, elsewhere: None, fetched_at_ms: 0 })
}

/// True where a part of a file's name is that of a whole quantisation, or the path is the file's own.
pub(crate) fn is_named(path: &str, asked: &str) -> bool {
    if path == asked {
        return true;
    }
    let (path, asked) = (path.to_ascii_lowercase(), asked.to_ascii_lowercase());
    let in_a_word = |c: char| c.is_alphanumeric() || c == '_';
    path.match_indices(&asked).any(|(at, _)| {
        let after = &path[at + asked.len()..];
        !path[..at].ends_with(char::is_alphanumeric) && !after.starts_with(in_a_word)
    })
}

type Chosen = (Option<String>, Vec<RepoFile>);

fn one_file(
    address: &ModelAddress,
    files: &[RepoFile],
    asked: Option<&str>,
) -> Result<Chosen, HubError> {
    let candidates = editions(files);
    let named = |asked: &str| -> Vec<&Edition<'_>> {
        let is_it = |edition: &&Edition<'_>| edition.iter().any(|file| file.path == asked);
        match candidates.iter().find(is_it) {
            Some(edition) => vec![edition],
            None => candidates.iter().filter(|edition| is_named(&edition[0].path, asked)).collect(),
        }
    };
    let found = match asked {
        Some(asked) => named(asked),
        None if candidates.len() == 1 => candidates.iter().collect(),
        None => {
            let usual = USUAL.iter().map(|usual| named(usual)).find(|found| found.len() == 1);
            usual.unwrap_or_else(|| candidates.iter().collect())
        }
    };
    match found[..] {
        [edition] => whole(address, edition),
        [] => Err(HubError::NotFound { what: address.to_string() }),
        _ => Err(HubError::SeveralModels {
            repo: address.repo.to_string(),
            files: found.iter().map(|edition| edition[0].path.clone()).collect(),
        }),
    }
}

/// The files of one GGUF, by the order of their parts; never empty.
type Edition<'a> = Vec<&'a RepoFile>;

/// All GGUF models, each in one file or in several.
fn editions(files: &[RepoFile]) -> Vec<Edition<'_>> {
    let mut editions: Vec<Edition<'_>> = Vec::new();
    for file in files.iter().filter(|file| is_gguf(file)) {
        let same = editions.iter_mut().find(|edition| {
            let (one, other) = (part_of(&edition[0].path), part_of(&file.path));
            matches!((one, other), (Some(one), Some(other)) if one.base == other.base && one.count == other.count)
        });
        match same {
            Some(edition) => edition.push(file),
            None => editions.push(vec![file]),
        }
    }
    for edition in &mut editions {
        edition.sort_by_key(|file| part_of(&file.path).map(|part| part.number));
    }
    editions
}

/// A GGUF with all its parts; the first is the one that is opened.
fn whole(address: &ModelAddress, edition: &[&RepoFile]) -> Result<Chosen, HubError> {
    let first = &edition[0].path;
    if let Some(Part { count, .. }) = part_of(first) {
        let is_there = |number| {
            edition.iter().any(|file| part_of(&file.path).is_some_and(|part| part.number == number))
        };
        if let Some(missing) = (1..=count).find(|&number| !is_there(number)) {
            let reason = format!("part {missing} of {count} of its GGUF is not there");
            return Err(no_model(address, &reason));
        }
    }
    let name = first.rsplit('/').next().unwrap_or(first);
    Ok((Some(name.to_owned()), edition.iter().copied().cloned().collect()))
}

/// What the name `BASE-00002-of-00003.gguf` says.
struct Part<'a> {
    base: &'a str,
    number: u32,
    count: u32,
}

/// The name without its number, for a part of a GGUF.
pub(crate) fn base_of(path: &str) -> Option<&str> {
    part_of(path).map(|part| part.base)
}

fn part_of(path: &str) -> Option<Part<'_>> {
    let (before, count) = path.strip_suffix(".gguf")?.rsplit_once("-of-")?;
    let (base, number) = before.rsplit_once('-')?;
    let (number, count) = (number.parse().ok()?, count.parse().ok()?);
    (1..=MOST_PARTS).contains(&count).then_some(Part { base, number, count })
}

fn folder_files(
    address: &ModelAddress,
    files: &[RepoFile],
    pickle: Pickle,
) -> Result<Vec<RepoFile>, HubError> {
    let named = |name: &str| files.iter().find(|file| file.path == name);
    if named("config.json").is_none() {
        return Err(no_model(address, "it has neither a GGUF file nor a config.json"));
    }
    let safe = weights(files, "model", ".safetensors");
    let weights = match (safe, pickle) {
        (Some(weights), _) => weights,
        (None, Pickle::Accepted) => weights(files, "pytorch_model", ".bin")
            .ok_or_else(|| no_model(address, "its weights are not all there"))?,
        (None, Pickle::Refused) => {
            return Err(no_model(address, "it has no weights in safetensors files"));
        }
    };
    let companions = COMPANIONS.iter().filter_map(|name| named(name));
    Ok(companions.chain(weights).cloned().collect())
}

/// The one file of weights, or all parts of it with their index.
fn weights<'a>(files: &'a [RepoFile], stem: &str, ending: &str) -> Option<Vec<&'a RepoFile>> {
    let named = |name: &str| files.iter().find(|file| file.path == name);
    if let Some(whole) = named(&format!("{stem}{ending}")) {
        return Some(vec![whole]);
    }
    let index = named(&format!("{stem}{ending}.index.json"))?;
    let part_of = |file: &RepoFile| -> Option<(u32, u32)> {
        let numbers = file.path.strip_prefix(stem)?.strip_prefix('-')?.strip_suffix(ending)?;
        let (part, parts) = numbers.split_once("-of-")?;
        Some((part.parse().ok()?, parts.parse().ok()?))
    };
    let parts: Vec<(u32, u32, &RepoFile)> = files
        .iter()
        .filter_map(|file| part_of(file).map(|(part, parts)| (part, parts, file)))
        .collect();
    let count = u32::try_from(parts.len()).ok()?;
    let all_there =
        (1..=count).all(|number| parts.iter().any(|part| part.0 == number && part.1 == count));
    (count > 0 && all_there)
        .then(|| std::iter::once(index).chain(parts.iter().map(|part| part.2)).collect())
}

fn is_gguf(file: &RepoFile) -> bool {
    let name = file.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    // What helps a model to see, and what it was quantised with, are no models.
    name.ends_with(".gguf") && !name.starts_with("mmproj") && !name.contains("imatrix")
}

/// True for a file that is part of a model which is a folder: whoever names it means all of it.
fn is_of_a_folder(path: &str) -> bool {
    [".safetensors", ".bin", ".json"].iter().any(|ending| path.ends_with(ending))
}

fn no_model(address: &ModelAddress, reason: &str) -> HubError {
    HubError::NoModel { repo: address.repo.to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
