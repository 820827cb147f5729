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
    Ok(ModelRecord { repo: address.repo.clone(), commit, licence, entry, files, fetched_at_ms: 0 })
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
    let candidates: Vec<&RepoFile> = files.iter().filter(|file| is_gguf(file)).collect();
    let named = |asked: &str| -> Vec<&RepoFile> {
        let exact = candidates.iter().find(|file| file.path == asked);
        match exact {
            Some(file) => vec![file],
            None => candidates.iter().copied().filter(|file| is_named(&file.path, asked)).collect(),
        }
    };
    let found = match asked {
        Some(asked) => named(asked),
        None if candidates.len() == 1 => candidates.clone(),
        None => {
            let usual = USUAL.iter().map(|usual| named(usual)).find(|found| found.len() == 1);
            usual.unwrap_or_else(|| candidates.clone())
        }
    };
    match found[..] {
        [file] => {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            Ok((Some(name.to_owned()), vec![file.clone()]))
        }
        [] => Err(HubError::NotFound { what: address.to_string() }),
        _ if found.iter().all(|file| is_part(&file.path)) => {
            Err(no_model(address, "its GGUF is split into several files"))
        }
        _ => Err(HubError::SeveralModels {
            repo: address.repo.to_string(),
            files: found.iter().map(|file| file.path.clone()).collect(),
        }),
    }
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

fn is_part(path: &str) -> bool {
    path.trim_end_matches(".gguf").rsplit_once("-of-").is_some_and(|(_, parts)| {
        !parts.is_empty() && parts.bytes().all(|byte| byte.is_ascii_digit())
    })
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
