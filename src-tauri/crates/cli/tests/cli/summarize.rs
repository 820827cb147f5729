//! `summarize`

use crate::{object, printed, refused};

const TEXT: &str = "# The keeper\n\nThe keeper lit the lamp every evening on the island. He counted the **ships** that passed the island at night.\n\nBread was dear in those years. One winter the lamp broke, and no ship passed the island.\n";

#[test]
fn a_text_is_summarised_by_its_own_sentences() {
    let summary = printed(&["summarize", "--sentences", "2", "-"], TEXT);
    assert_eq!(summary.lines().count(), 1, "{summary}");
    let found = object(&["summarize", "--sentences", "2", "-"], TEXT);
    assert_eq!(found["summary"].as_str().map(str::trim), Some(summary.trim()));
    let sentences = found["sentences"].as_array().expect("sentences");
    assert_eq!(sentences.len(), 2);
    for sentence in sentences {
        let text = sentence["text"].as_str().expect("a text");
        assert!(TEXT.contains(text), "{text}");
        assert!(sentence["sources"][0].is_u64() && sentence["score"].is_f64());
        assert_eq!(sentence["flags"].as_array().map(Vec::len), Some(0));
    }
    let coverage = found["coverage"].as_f64().expect("a number");
    assert!((0.0..=1.0).contains(&coverage), "{coverage}");
}

#[test]
fn a_share_of_the_sentences_can_be_asked_for() {
    let found = object(&["summarize", "--ratio", "0.25", "-"], TEXT);
    assert_eq!(found["sentences"].as_array().map(Vec::len), Some(1));
    for wrong in
        [&["--ratio", "0"][..], &["--ratio", "2"], &["--sentences", "0"], &["--method", "guess"]]
    {
        refused(&[&["summarize"], wrong, &["-"]].concat(), TEXT);
    }
}

#[test]
fn documents_are_what_their_content_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    std::fs::write(
        &page,
        format!(
            "<title>T</title><script>alert(1)</script><p>{}</p>",
            "The lamp burns all night long. ".repeat(2)
        ),
    )
    .expect("it is written");
    let found = object(&["summarize", page.to_str().expect("a path")], "");
    assert_eq!(found["sentences"].as_array().map(Vec::len), Some(1), "said twice, summed up once");
    let wrong = folder.path().join("page.docx");
    std::fs::write(&wrong, "no archive").expect("it is written");
    let error = refused(&["summarize", wrong.to_str().expect("a path")], "");
    assert!(error.contains("name"), "{error}");
    assert!(refused(&["summarize", "-"], "").contains("longer"), "nothing to summarise");
}
