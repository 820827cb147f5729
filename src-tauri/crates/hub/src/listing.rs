//! What a hub says about repositories: the three questions of its API that are asked here.

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use tokio_util::sync::CancellationToken;

use crate::address::check_path;
use crate::transport::{Asked, Transport, unexpected};
use crate::{HubError, RepoId};

/// Most bytes of an answer in JSON.
const MOST_JSON: usize = 8 << 20;
/// Most pages of a list of files; a page has up to a thousand.
const MOST_PAGES: usize = 10;
/// Most repositories that one search gives.
const MOST_FOUND: u32 = 100;

/// A repository that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRepo {
    /// The repository.
    pub id: RepoId,
    /// Downloads in the last month.
    #[serde(default)]
    pub downloads: u64,
    /// People who like it.
    #[serde(default)]
    pub likes: u64,
    /// What it is for, `text-generation` for instance.
    #[serde(default)]
    pub pipeline_tag: Option<String>,
    /// Everything else that it is marked with: languages, formats, the licence.
    #[serde(default)]
    pub tags: Vec<String>,
    /// True where a licence has to be accepted first.
    #[serde(default, deserialize_with = "is_gated")]
    pub gated: bool,
}

/// A repository at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepoRevision {
    /// The commit, in hexadecimal.
    pub commit: String,
    /// True where a licence has to be accepted first.
    pub gated: bool,
    /// The licence's short name, `apache-2.0` for instance.
    pub licence: Option<String>,
    /// The architecture, as its files name it, where the hub has read them.
    pub architecture: Option<String>,
    /// Number of weights, where the hub has counted them.
    pub parameters: Option<u64>,
}

/// A file in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoFile {
    /// Its path, with forward slashes.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal; the hub knows it of large files only.
    pub sha256: Option<String>,
    /// Git's name for its content, in hexadecimal; none for large files, where it is that of a pointer.
    pub git_sha1: Option<String>,
}

#[derive(Deserialize)]
struct Revision {
    sha: String,
    #[serde(default, deserialize_with = "is_gated")]
    gated: bool,
    #[serde(default, rename = "cardData")]
    card: Option<serde_json::Value>,
    #[serde(default)]
    tags: Vec<String>,
    // What a hub has read in the files; a mirror may leave it out, or have something else there.
    #[serde(default)]
    config: serde_json::Value,
    #[serde(default)]
    gguf: serde_json::Value,
    #[serde(default)]
    safetensors: serde_json::Value,
}

#[derive(Deserialize)]
struct TreeEntry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: u64,
    oid: String,
    #[serde(default)]
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    oid: String,
    size: u64,
}

impl Transport {
    /// Repositories by name, the most used first.
    pub async fn search(
        &self,
        words: &str,
        limit: u32,
        cancel: &CancellationToken,
    ) -> Result<Vec<FoundRepo>, HubError> {
        let mut url = self.endpoint.url(["api", "models"]);
        url.query_pairs_mut()
            .append_pair("search", words)
            .append_pair("limit", &limit.min(MOST_FOUND).to_string())
            .append_pair("sort", "downloads");
        for field in ["downloads", "likes", "pipeline_tag", "tags", "gated"] {
            url.query_pairs_mut().append_pair("expand[]", field);
        }
        let asked = Asked { repo: None, what: "such models" };
        let (found, _): (Vec<serde_json::Value>, _) = self.json(&url, asked, cancel).await?;
        // A repository with a name that is not accepted cannot be fetched: it is not shown.
        Ok(found.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect())
    }

    /// What a branch, tag or commit is now.
    pub async fn revision(
        &self,
        repo: &RepoId,
        revision: &str,
        cancel: &CancellationToken,
    ) -> Result<RepoRevision, HubError> {
        let parts = ["api", "models", repo.owner(), repo.name(), "revision", revision];
        let url = self.endpoint.url(parts);
        let what = shown(repo, revision);
        let asked = Asked { repo: Some(repo), what: &what };
        let (found, _): (Revision, _) = self.json(&url, asked, cancel).await?;
        if !is_hex(&found.sha, 40) {
            return Err(unexpected(&url, "a commit has no valid name"));
        }
        let of_card = found.card.as_ref().and_then(|card| card["license"].as_str());
        let of_tags = || found.tags.iter().find_map(|tag| tag.strip_prefix("license:"));
        let licence = of_card.or_else(of_tags).map(str::to_owned);
        let architecture = found.gguf["architecture"].as_str();
        let architecture = architecture.or_else(|| found.config["model_type"].as_str());
        let counted = [&found.gguf["total"], &found.safetensors["total"]];
        Ok(RepoRevision {
            licence,
            architecture: architecture.map(str::to_owned),
            parameters: counted.into_iter().find_map(serde_json::Value::as_u64),
            commit: found.sha,
            gated: found.gated,
        })
    }

    /// All files of a revision. Those whose path is not plainly one below a folder are left out.
    pub async fn files(
        &self,
        repo: &RepoId,
        revision: &str,
        cancel: &CancellationToken,
    ) -> Result<Vec<RepoFile>, HubError> {
        let parts = ["api", "models", repo.owner(), repo.name(), "tree", revision];
        let mut url = self.endpoint.url(parts);
        url.set_query(Some("recursive=true"));
        let what = shown(repo, revision);
        let asked = Asked { repo: Some(repo), what: &what };
        let mut files = Vec::new();
        for _ in 0..MOST_PAGES {
            let (entries, next): (Vec<TreeEntry>, _) = self.json(&url, asked, cancel).await?;
            for entry in entries {
                if entry.kind == "file" && check_path(&entry.path).is_ok() {
                    files.push(
                        file_of(entry)
                            .ok_or_else(|| unexpected(&url, "a file has no valid hash"))?,
                    );
                }
            }
            match next {
                // Of a mirror's link only the query is taken: the next page is the mirror's too.
                Some(next) => url.set_query(next.query()),
                None => return Ok(files),
            }
        }
        Err(unexpected(&url, "its list of files is too long"))
    }

    /// Asks for JSON, and for the address of the next page.
    async fn json<T: DeserializeOwned>(
        &self,
        url: &Url,
        asked: Asked<'_>,
        cancel: &CancellationToken,
    ) -> Result<(T, Option<Url>), HubError> {
        self.persist(cancel, || async {
            let mut answer = self.get(url.clone(), &HeaderMap::new(), asked).await?;
            if answer.is_web_page() {
                return Err(unexpected(&answer.url, "a web page came"));
            }
            let next = answer.header(LINK).and_then(next_page).and_then(|next| url.join(next).ok());
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                bytes.extend_from_slice(chunk.as_ref());
                if bytes.len() > MOST_JSON {
                    return Err(unexpected(&answer.url, "its answer is too long"));
                }
            }
            let value = serde_json::from_slice(&bytes)
                .map_err(|error| unexpected(&answer.url, error.to_string()))?;
            Ok((value, next))
        })
        .await
    }
}

fn file_of(entry: TreeEntry) -> Option<RepoFile> {
    let TreeEntry { path, size, oid, lfs, .. } = entry;
    match lfs {
        Some(LargeFile { oid, size }) => is_hex(&oid, 64).then(|| RepoFile {
            path,
            bytes: size,
            sha256: Some(oid.to_ascii_lowercase()),
            git_sha1: None,
        }),
        None => is_hex(&oid, 40).then(|| RepoFile {
            path,
            bytes: size,
            sha256: None,
            git_sha1: Some(oid.to_ascii_lowercase()),
        }),
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn shown(repo: &RepoId, revision: &str) -> String {
    if revision == "main" { repo.to_string() } else { format!("{repo} at {revision}") }
}

/// The address in `<…>; rel="next"`.
fn next_page(link: &str) -> Option<&str> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    next.split_once('<')?.1.split_once('>').map(|(address, _)| address)
}

/// The hub says `false`, `"auto"` or `"manual"`.
fn is_gated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(!matches!(value, serde_json::Value::Bool(false) | serde_json::Value::Null))
}
