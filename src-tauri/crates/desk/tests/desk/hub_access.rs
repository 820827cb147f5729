//! The way to the hub: mirror and proxy are kept, a token is kept in the keyring and goes to its own hub only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bimo_desk::wire::TokenFrom;
use bimo_desk::{
    CancellationToken, Desk, DeskOptions, LibraryReader, Models, Secrets, SecretsError,
};
use bimo_engine::scripted::ScriptedGenerator;

use crate::Place;
use crate::server::LocalHub;

const SECRET: &str = "hf_s3cretToken";

/// A keyring in memory, or none at all.
#[derive(Default)]
struct Keyring {
    missing: bool,
    secrets: Mutex<HashMap<String, String>>,
}

impl Keyring {
    fn open(&self) -> Result<std::sync::MutexGuard<'_, HashMap<String, String>>, SecretsError> {
        if self.missing {
            return Err(SecretsError::NoKeyring);
        }
        Ok(self.secrets.lock().expect("a lock"))
    }
}

impl Secrets for Keyring {
    fn read(&self, name: &str) -> Result<Option<String>, SecretsError> {
        Ok(self.open()?.get(name).cloned())
    }

    fn keep(&self, name: &str, secret: &str) -> Result<(), SecretsError> {
        self.open()?.insert(name.to_owned(), secret.to_owned());
        Ok(())
    }

    fn forget(&self, name: &str) -> Result<(), SecretsError> {
        self.open()?.remove(name);
        Ok(())
    }
}

async fn desk(place: &Place, keyring: &Arc<Keyring>) -> Desk {
    place.closed().await;
    let models = Models::of_this_computer(Some(place.models()), None).expect("models");
    let models = models.with_secrets(keyring.clone());
    let options = place.options(ScriptedGenerator::writing([" The end."]));
    Desk::open(DeskOptions { models, ..options }).await.expect("it opens")
}

/// The token that the last request to a hub had with it.
fn last_token(hub: &LocalHub) -> Option<String> {
    let seen = hub.seen();
    seen.last().expect("a request").header("authorization").map(str::to_owned)
}

#[tokio::test]
async fn a_token_is_kept_in_the_keyring_and_goes_to_its_own_hub_only() {
    let (hub, other) = (LocalHub::start("a/b", &[]).await, LocalHub::start("a/b", &[]).await);
    let (place, keyring) = (Place::new(), Arc::new(Keyring::default()));
    let first = desk(&place, &keyring).await;
    first.set_hub(hub.base(), String::new()).await.expect("a mirror");
    let access = first.set_hub_token(format!(" {SECRET}\n"), true).await.expect("it is kept");
    assert_eq!((access.token, access.origin), (TokenFrom::Keyring, hub.base()));
    first.search_models("x".into()).await.expect("a list");
    assert_eq!(last_token(&hub), Some(format!("Bearer {SECRET}")));
    drop(first);

    let second = desk(&place, &keyring).await;
    assert_eq!(second.hub_access().expect("how").token, TokenFrom::Keyring);
    second.search_models("x".into()).await.expect("a list");
    assert_eq!(last_token(&hub), Some(format!("Bearer {SECRET}")));
    let elsewhere = second.set_hub(other.base(), String::new()).await.expect("another mirror");
    assert_eq!(elsewhere.token, TokenFrom::Nowhere);
    second.search_models("x".into()).await.expect("a list");
    assert_eq!(last_token(&other), None);

    second.set_hub(hub.base(), String::new()).await.expect("the first mirror");
    let forgotten = second.set_hub_token(String::new(), false).await.expect("it is forgotten");
    assert_eq!(forgotten.token, TokenFrom::Nowhere);
    assert!(keyring.secrets.lock().expect("a lock").is_empty());
    second.search_models("x".into()).await.expect("a list");
    assert_eq!(last_token(&hub), None);
    drop(second);
    place.closed().await;
    for (path, bytes) in all_files(place.folder.path()) {
        let found = bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
        assert!(!found, "the token is in {path}");
    }
}

#[tokio::test]
async fn without_a_keyring_that_is_said_and_the_token_lasts_until_the_program_is_closed() {
    let hub = LocalHub::start("a/b", &[]).await;
    let place = Place::new();
    let keyring = Arc::new(Keyring { missing: true, ..Keyring::default() });
    let first = desk(&place, &keyring).await;
    first.set_hub(hub.base(), String::new()).await.expect("a mirror");
    let refused = first.set_hub_token(SECRET.into(), true).await.expect_err("there is none");
    assert_eq!(refused.code, "no_keyring");
    let access = first.set_hub_token(SECRET.into(), false).await.expect("for now");
    assert_eq!(access.token, TokenFrom::ThisRun);
    first.search_models("x".into()).await.expect("a list");
    assert_eq!(last_token(&hub), Some(format!("Bearer {SECRET}")));
    drop(first);
    let second = desk(&place, &keyring).await;
    assert_eq!(second.hub_access().expect("how").token, TokenFrom::Nowhere);
    assert_eq!(second.hub_access().expect("how").mirror, hub.base());
}

#[tokio::test]
async fn what_is_no_mirror_no_proxy_and_no_token_is_refused_and_nothing_changes() {
    let (place, keyring) = (Place::new(), Arc::new(Keyring::default()));
    let desk = desk(&place, &keyring).await;
    let before = desk.hub_access().expect("how");
    let refused = desk.set_hub("hub.example".into(), String::new()).await.expect_err("no mirror");
    assert_eq!(refused.code, "invalid_endpoint");
    let refused = desk.set_hub(String::new(), "socks5://p:1".into()).await.expect_err("no proxy");
    assert_eq!(refused.code, "invalid_proxy");
    let refused = desk.set_hub_token("two words".into(), true).await.expect_err("no token");
    assert_eq!(refused.code, "invalid_token");
    assert!(!refused.to_string().contains("two words"));
    assert_eq!(desk.hub_access(), Ok(before));
    assert_eq!(desk.network_requests().await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_script_reaches_the_hub_as_the_window_does_unless_it_says_otherwise() {
    let (hub, other) = (LocalHub::start("a/b", &[]).await, LocalHub::start("a/b", &[]).await);
    let (place, keyring) = (Place::new(), Arc::new(Keyring::default()));
    let window = desk(&place, &keyring).await;
    window.set_hub(hub.base(), String::new()).await.expect("a mirror");
    window.set_hub_token(SECRET.into(), true).await.expect("it is kept");

    let library = LibraryReader::open(&place.folders()).await.expect("the library, to read");
    let script = async |mirror: Option<String>| {
        let models = Models::of_this_computer(Some(place.models()), mirror).expect("models");
        let models = models.with_secrets(keyring.clone());
        let models = models.as_chosen_in(&library).await.expect("what is chosen");
        models.search("x", 1, &CancellationToken::new()).await.expect("a list");
    };
    script(None).await;
    assert_eq!(last_token(&hub), Some(format!("Bearer {SECRET}")));
    let asked = hub.seen().len();
    script(Some(other.base())).await;
    assert_eq!((hub.seen().len(), other.seen().len()), (asked, 1), "what is said wins");
    assert_eq!(last_token(&other), None);
}

/// All files below a folder, with their content.
fn all_files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.flat_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return all_files(&path);
        }
        vec![(path.display().to_string(), std::fs::read(&path).unwrap_or_default())]
    });
    files.collect()
}
