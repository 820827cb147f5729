//! The folder of models: verifying, removing, and records that others have written.

use bimo_hub::{CancellationToken, ModelAddress};

use crate::{Desk, REPO, all_files, content};

#[tokio::test]
async fn one_changed_bit_is_found() {
    let bytes = content(3000);
    let desk = Desk::with_file(&bytes).await;
    let model = desk.pull_right(&bytes).await;
    let verify = || {
        let faults = model.verify(&CancellationToken::new()).expect("it is read");
        faults.iter().map(|fault| fault.error.code()).collect::<Vec<_>>()
    };
    assert_eq!(verify(), Vec::<&str>::new());
    let mut changed = bytes.clone();
    changed[1500] ^= 1;
    std::fs::write(model.path(), &changed).expect("it is written");
    assert_eq!(verify(), ["wrong_hash"]);
    std::fs::write(model.path(), &bytes[1..]).expect("it is written");
    assert_eq!(verify(), ["wrong_size"]);
    std::fs::remove_file(model.path()).expect("it is removed");
    assert_eq!(verify(), ["models_folder"]);
    let stopped = CancellationToken::new();
    std::fs::write(model.path(), &bytes).expect("it is written");
    stopped.cancel();
    assert_eq!(model.verify(&stopped).expect_err("it is stopped").code(), "cancelled");
}

#[tokio::test]
async fn a_removed_model_leaves_nothing_and_can_be_fetched_again() {
    let bytes = content(3000);
    let desk = Desk::with_file(&bytes).await;
    let model = desk.pull_right(&bytes).await;
    desk.hub.folder().remove(&model).expect("it is removed");
    assert_eq!(desk.hub.folder().installed(), Ok(Vec::new()));
    let left = all_files(desk.folder.path());
    assert!(!left.iter().any(|name| name.contains("gguf")), "{left:?}");
    desk.pull_right(&bytes).await;
}

#[tokio::test]
async fn a_record_that_leads_out_of_its_folder_is_no_model() {
    let bytes = content(3000);
    let desk = Desk::with_file(&bytes).await;
    let model = desk.pull_right(&bytes).await;
    let record = model.folder.join("model.json");
    let text = std::fs::read_to_string(&record).expect("a record");
    for (from, to) in [
        ("story-Q8_0.gguf", "../../../../../etc/passwd"),
        ("story-Q8_0.gguf", "/etc/passwd"),
        ("owner/name", "../.."),
        ("0123456789abcdef0123456789abcdef01234567", "../../../../../x"),
        ("{", "["),
    ] {
        std::fs::write(&record, text.replace(from, to)).expect("it is written");
        assert_eq!(desk.hub.folder().installed(), Ok(Vec::new()), "{to}");
    }
    std::fs::write(&record, text).expect("it is written");
    let address: ModelAddress = REPO.parse().expect("an address");
    assert_eq!(desk.hub.folder().find(&address), Ok(model));
}
