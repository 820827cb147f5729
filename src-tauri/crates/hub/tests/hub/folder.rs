//! The folder of models: verifying, removing, and records that others have written.

use std::fs;
use std::path::Path;

use bimo_hub::{CancellationToken, ModelAddress, ModelsFolder, Placing};
use tempfile::TempDir;

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

/// A folder with these files in it.
fn own_files(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_model_of_ones_own_is_listed_where_it_is_or_copied() {
    let split = [("a-00001-of-00002.gguf", "one"), ("a-00002-of-00002.gguf", "two")];
    let folder = [("config.json", "{}"), ("model.safetensors", "abc"), ("notes.txt", "mine")];
    let cancel = CancellationToken::new();
    for placing in [Placing::InPlace, Placing::Copied] {
        let place = TempDir::new().expect("a folder");
        let models = ModelsFolder::new(place.path().join("models"));
        for (files, asked, opened, count) in [
            (&split[..], "a-00002-of-00002.gguf", "a-00001-of-00002.gguf", 2),
            (&folder[..], "", "", 2),
        ] {
            let own = own_files(files);
            let before = names_in(own.path());
            let path = own.path().join(asked);
            let model = models.import(&path, placing, 7, &cancel).expect("it is imported");
            assert_eq!(models.installed().expect("a list"), std::slice::from_ref(&model));
            assert_eq!(model.record.files.len(), count);
            assert_eq!(model.verify(&cancel), Ok(Vec::new()));
            let own_path = own.path().canonicalize().expect("a path");
            let is_there = model.path().starts_with(&own_path);
            assert_eq!(is_there, placing == Placing::InPlace);
            assert!(model.path().ends_with(opened) && model.path().exists());
            // Twice is once.
            models.import(&path, placing, 8, &cancel).expect("it is imported again");
            let listed = models.installed().expect("a list");
            assert_eq!(listed.len(), 1);
            models.remove(&listed[0]).expect("it is removed");
            assert_eq!(models.installed(), Ok(Vec::new()));
            assert_eq!(names_in(own.path()), before);
        }
    }
}

#[test]
fn a_folder_without_a_model_is_not_imported() {
    let place = TempDir::new().expect("a folder");
    let models = ModelsFolder::new(place.path().join("models"));
    let own = own_files(&[("notes.txt", "mine"), ("b-00001-of-00002.gguf", "one")]);
    let cancel = CancellationToken::new();
    for (asked, code) in [("notes.txt", "model_not_found"), ("b-00001-of-00002.gguf", "no_model")] {
        let error = models.import(&own.path().join(asked), Placing::Copied, 7, &cancel);
        assert_eq!(error.expect_err("it is refused").code(), code, "{asked}");
    }
    let stopped = CancellationToken::new();
    stopped.cancel();
    fs::write(own.path().join("c.gguf"), "c").expect("a file");
    let error = models.import(&own.path().join("c.gguf"), Placing::Copied, 7, &stopped);
    assert_eq!(error.expect_err("it is stopped").code(), "cancelled");
    assert_eq!(models.installed(), Ok(Vec::new()));
}
