//! Names of repositories and files, as people type and paste them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::HubError;

/// Longest owner or name on the hub, in characters.
const LONGEST_NAME: usize = 96;
/// Longest revision or path in a repository that is accepted, in bytes.
const LONGEST_PATH: usize = 512;
/// First parts of a hub's paths that are no owners.
const NO_OWNERS: &[&str] = &["api", "datasets", "docs", "models", "spaces"];
/// Names that Windows gives to devices, whatever their extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];
/// The public hub under its two names.
const PUBLIC_HUBS: &[&str] = &["huggingface.co", "hf.co"];

/// `owner/name` of a repository on a hub.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoId {
    owner: String,
    name: String,
}

impl RepoId {
    /// Whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for RepoId {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        let (owner, name) =
            text.split_once('/').ok_or_else(|| invalid(text, "it has the form owner/name"))?;
        if NO_OWNERS.contains(&owner) {
            return Err(invalid(text, "only models are fetched"));
        }
        for part in [owner, name] {
            check_name(part).map_err(|reason| invalid(text, reason))?;
        }
        Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for RepoId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

impl TryFrom<String> for RepoId {
    type Error = HubError;

    fn try_from(text: String) -> Result<Self, HubError> {
        text.parse()
    }
}

impl From<RepoId> for String {
    fn from(repo: RepoId) -> Self {
        repo.to_string()
    }
}

/// A model as a person names it: a repository, perhaps with a revision and a file or the name of a quantisation.
///
/// It is read from `owner/name`, `owner/name:file`, or the address of a page of the hub: the repository's own, or
/// one with `/tree/`, `/blob/` or `/resolve/` in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAddress {
    /// The repository.
    pub repo: RepoId,
    /// Branch, tag or commit; none for `main`.
    pub revision: Option<String>,
    /// A file's path, or a part of it such as `Q8_0`.
    pub file: Option<String>,
    /// Scheme, host and port of the page that was pasted; none where none was, or it was the public hub's.
    pub origin: Option<String>,
}

impl FromStr for ModelAddress {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        let text = text.trim();
        if text.contains("://") {
            return from_page(text);
        }
        let host = text.split('/').next().unwrap_or_default();
        if PUBLIC_HUBS.contains(&host) {
            return from_page(&format!("https://{text}"));
        }
        let (repo, file) = match text.split_once(':') {
            Some((repo, file)) => (repo, Some(file)),
            None => (text, None),
        };
        let file = file.map(|file| checked_path(text, file)).transpose()?;
        Ok(Self { repo: repo.parse()?, revision: None, file, origin: None })
    }
}

impl fmt::Display for ModelAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.repo)?;
        self.file.as_ref().map_or(Ok(()), |file| write!(formatter, ":{file}"))
    }
}

fn from_page(text: &str) -> Result<ModelAddress, HubError> {
    let url = reqwest::Url::parse(text).map_err(|error| invalid(text, error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
        return Err(invalid(text, "it is no page of a hub"));
    }
    // The parser has resolved `..` already; what was meant by them is not guessed.
    if text.contains("..") {
        return Err(invalid(text, "a path cannot have .. in it"));
    }
    let parts: Vec<String> = url
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .map(|part| decoded(part).ok_or_else(|| invalid(text, "it is not valid UTF-8")))
        .collect::<Result<_, _>>()?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (repo, revision, file) = match parts[..] {
        [owner, name] => ([owner, name], None, None),
        [owner, name, "tree", revision] => ([owner, name], Some(revision), None),
        [owner, name, "blob" | "resolve", revision, ref path @ ..] if !path.is_empty() => {
            ([owner, name], Some(revision), Some(path.join("/")))
        }
        _ => return Err(invalid(text, "it is no page of a model")),
    };
    if let Some(revision) = revision {
        check_path(revision).map_err(|reason| invalid(text, reason))?;
    }
    let is_public = url.host_str().is_some_and(|host| PUBLIC_HUBS.contains(&host));
    Ok(ModelAddress {
        repo: repo.join("/").parse()?,
        revision: revision.filter(|revision| *revision != "main").map(str::to_owned),
        file: file.map(|file| checked_path(text, &file)).transpose()?,
        origin: (!is_public).then(|| url.origin().ascii_serialization()),
    })
}

/// Undoes `%20` and the like.
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let [first, tail @ ..] = rest {
        if let (b'%', [high, low, tail @ ..]) = (*first, tail) {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push((digit(*high)? * 16 + digit(*low)?) as u8);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn check_name(name: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err("an owner and a name have 1 to 96 characters");
    }
    if !name.chars().all(allowed) {
        return Err("an owner and a name have letters, digits, dots, hyphens and underscores");
    }
    // Two hyphens separate owner and name in the folder of models.
    if name.starts_with(['-', '.']) || name.ends_with(['-', '.']) || is_device(name) {
        return Err("a name cannot begin or end like this");
    }
    if name.contains("--") || name.contains("..") {
        return Err("a name cannot have -- or .. in it");
    }
    Ok(())
}

/// Refuses every path that is not plainly one below its folder, on any system.
pub(crate) fn check_path(path: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_alphanumeric() || " -_.+()[]=,@#~".contains(c);
    if path.is_empty() || path.len() > LONGEST_PATH {
        return Err("a path has 1 to 512 bytes");
    }
    for part in path.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return Err("a path leads from the repository downwards");
        }
        if !part.chars().all(allowed) {
            return Err("a path cannot have such characters");
        }
        if part.ends_with(['.', ' ']) || part.starts_with(' ') || is_device(part) {
            return Err("a path cannot have such a part");
        }
    }
    Ok(())
}

fn checked_path(address: &str, path: &str) -> Result<String, HubError> {
    check_path(path).map_err(|reason| invalid(address, reason))?;
    Ok(path.to_owned())
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = ["com", "lpt"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|rest| rest.len() == 1 && rest.is_ascii())
    });
    numbered || DEVICES.contains(&stem.as_str())
}

fn invalid(address: &str, reason: impl Into<String>) -> HubError {
    HubError::InvalidAddress { address: address.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_named_in_many_ways() {
        let address = |repo: &str, revision: Option<&str>, file: Option<&str>| ModelAddress {
            repo: repo.parse().expect("a repository"),
            revision: revision.map(str::to_owned),
            file: file.map(str::to_owned),
            origin: None,
        };
        let qwen = "Qwen/Qwen3-0.6B-GGUF";
        for (text, expected) in [
            ("Qwen/Qwen3-0.6B-GGUF", address(qwen, None, None)),
            (" Qwen/Qwen3-0.6B-GGUF\n", address(qwen, None, None)),
            ("Qwen/Qwen3-0.6B-GGUF:Q8_0", address(qwen, None, Some("Q8_0"))),
            ("Qwen/Qwen3-0.6B-GGUF:a/b.gguf", address(qwen, None, Some("a/b.gguf"))),
            ("https://huggingface.co/Qwen/Qwen3-0.6B-GGUF", address(qwen, None, None)),
            ("https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/?x=1#y", address(qwen, None, None)),
            ("huggingface.co/Qwen/Qwen3-0.6B-GGUF", address(qwen, None, None)),
            ("https://hf.co/Qwen/Qwen3-0.6B-GGUF/tree/main", address(qwen, None, None)),
            (
                "https://hf.co/Qwen/Qwen3-0.6B-GGUF/tree/refs%2Fpr%2F1",
                address(qwen, Some("refs/pr/1"), None),
            ),
            (
                "https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/blob/main/Qwen3-0.6B-Q8_0.gguf",
                address(qwen, None, Some("Qwen3-0.6B-Q8_0.gguf")),
            ),
            (
                "https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/resolve/v1/a%20b/c.gguf?download=true",
                address(qwen, Some("v1"), Some("a b/c.gguf")),
            ),
        ] {
            assert_eq!(text.parse::<ModelAddress>(), Ok(expected), "{text}");
        }
        let mirrored: ModelAddress =
            "https://mirror.example:8443/Qwen/Qwen3-0.6B-GGUF".parse().expect("an address");
        assert_eq!(mirrored.origin.as_deref(), Some("https://mirror.example:8443"));
    }

    #[test]
    fn what_leads_elsewhere_names_no_model() {
        for text in [
            "",
            "gpt2",
            "/etc/passwd",
            "a/b/c",
            "../b",
            "a/..",
            "a/b..c",
            "a/b--c",
            "a/.hidden",
            "a/b c",
            "a/b\u{202e}c",
            "a/模型",
            "a/con",
            "a/b:",
            "a/b:../../x",
            "a/b:/etc/passwd",
            "a/b:c\\d",
            "a/b:c\0",
            "a/b:C:/x",
            "a/b:x/nul.txt",
            "datasets/squad",
            "https://huggingface.co/datasets/a/b",
            "https://huggingface.co/a/b/resolve/main/../../../x",
            "https://huggingface.co/a/b/resolve/main/%2e%2e%2fx",
            "https://huggingface.co/a/b/resolve/main/%ff",
            "https://huggingface.co/a/b/settings",
            "https://huggingface.co/",
            "https://user:secret@huggingface.co/a/b",
            "file:///etc/passwd",
            &format!("a/{}", "b".repeat(97)),
        ] {
            let error = text.parse::<ModelAddress>().expect_err(text);
            assert_eq!(error.code(), "invalid_address", "{text}");
        }
    }
}
