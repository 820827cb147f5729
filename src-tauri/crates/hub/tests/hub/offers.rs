//! What a repository offers before anything is fetched.

use bimo_hub::{CancellationToken, HubError, RepoOffer};

use crate::{Desk, REPO, content};

async fn offer(name: &str, files: &[(&str, &[u8], bool)]) -> Result<RepoOffer, HubError> {
    let desk = Desk::with_files(files).await;
    let address = name.parse().expect("an address");
    let offer = desk.hub.offer(&address, &CancellationToken::new()).await;
    assert!(desk.server.seen_of_files().is_empty(), "nothing is fetched");
    offer
}

/// Names, sizes, and whether they are pickles.
fn listed(offer: &RepoOffer) -> Vec<(String, u64, bool)> {
    let model =
        |model: &bimo_hub::OfferedModel| (model.record.name(), model.record.bytes(), model.pickle);
    offer.models.iter().map(model).collect()
}

#[tokio::test]
async fn every_quantisation_is_offered_with_its_size_the_smallest_first() {
    let (small, large) = (content(2000), content(3000));
    let files: &[(&str, &[u8], bool)] = &[
        ("README.md", b"# words", false),
        ("m-Q8_0.gguf", &large, true),
        ("m-Q4_K_M.gguf", &small, true),
        ("mmproj-f16.gguf", &small, true),
    ];
    let found = offer(REPO, files).await.expect("an offer");
    let names = [("m-Q4_K_M.gguf", 2000), ("m-Q8_0.gguf", 3000)];
    let expected = names.map(|(file, bytes)| (format!("{REPO}:{file}"), bytes, false));
    assert_eq!(listed(&found), expected);
    assert_eq!(found.revision.architecture.as_deref(), Some("llama"));
    assert_eq!(found.revision.parameters, Some(1234));
    assert!(found.page.ends_with(&format!("/{REPO}")), "{}", found.page);

    let named = offer(&format!("{REPO}:Q8_0"), files).await.expect("an offer");
    assert_eq!(listed(&named), expected[1..]);
}

#[tokio::test]
async fn a_folder_of_pickles_is_offered_as_such_and_nothing_is_said_to_be_nothing() {
    let weights = content(3000);
    let files: &[(&str, &[u8], bool)] =
        &[("config.json", b"{}", false), ("pytorch_model.bin", &weights, true)];
    let found = offer(REPO, files).await.expect("an offer");
    assert_eq!(listed(&found), [(REPO.to_owned(), 3002, true)]);
    let nothing = offer(REPO, &[("README.md", b"# words", false)]).await;
    assert_eq!(nothing.expect_err("there is no model").code(), "no_model");
}
