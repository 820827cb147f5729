//! Vectors and ranks by hand, and what holds of every summary.

use std::time::{Duration, Instant};

use super::*;
use crate::summarize::ranking::{centrality, select};

fn blocks(paragraphs: &[&str]) -> Vec<Block> {
    let block = |text: &&str| Block {
        text: (*text).to_owned(),
        role: Role::Paragraph,
        chapter: 0,
        spans: Vec::new(),
    };
    paragraphs.iter().map(block).collect()
}

fn cosine(vectors: &Vectors, one: usize, other: usize) -> f32 {
    let mut room = vectors.room();
    vectors.write(other, &mut room, false);
    vectors.product(one, &room)
}

/// "a b", "b c", "c d d": b and c are in two of three sentences, a and d in one. With l = ln 4 and m = ln 2 the vectors are
/// (a: l, b: m), (b: m, c: m), (c: m, d: 2l), of lengths 1.549924, 0.980258, 2.857919.
#[test]
fn three_sentences_by_hand() {
    let vectors = Vectors::of(["a b", "b c", "c d d"].into_iter());
    // m² / (1.549924 · 0.980258) and m² / (0.980258 · 2.857919) with m² = 0.480453.
    assert!((cosine(&vectors, 0, 1) - 0.316228).abs() < 1e-4, "{}", cosine(&vectors, 0, 1));
    assert!((cosine(&vectors, 1, 2) - 0.171499).abs() < 1e-4, "{}", cosine(&vectors, 1, 2));
    assert_eq!(cosine(&vectors, 0, 2), 0.0);
    assert!((cosine(&vectors, 2, 2) - 1.0).abs() < 1e-6);
    // A chain of three with weights p and q: r0 = t + d·s·r1, r1 = t + d(r0 + r2), r2 = t + d(1 - s)·r1 with s = p / (p + q) =
    // 0.648371 and t = 0.05, which solves to r1 = 0.135 / 0.2775 = 0.486486.
    let rank = centrality(&vectors);
    for (rank, expected) in rank.iter().zip([0.318110, 0.486486, 0.195403]) {
        assert!((rank - expected).abs() < 5e-3, "{rank} {expected}");
    }
}

#[test]
fn no_sentence_is_chosen_that_says_the_same_as_another() {
    let lines = [
        "the lamp burns all night",
        "the lamp burns all night",
        "the ships go by at dawn",
        "nobody sees the ships",
    ];
    let vectors = Vectors::of(lines.into_iter());
    let (chosen, nearest) = select(&vectors, &[1.0, 0.9, 0.5, 0.1], &[0, 1, 2, 3], 10);
    assert_eq!(chosen, [0, 2, 3]);
    assert!(nearest.iter().all(|nearest| *nearest > 0.99));
    let (chosen, _) = select(&vectors, &[1.0; 4], &[2, 3], 1);
    assert_eq!(chosen, [2], "the earlier of two");
}

const STORY: &[&str] = &[
    "The keeper lit the lamp every evening on the island. He counted the ships that passed the island at night.",
    "One winter the lamp broke, and no ship passed the island. The keeper was alone with the broken lamp.",
    "Bread was dear. A ship brought a new lamp to the keeper in spring.",
    "The keeper lit the lamp every evening on the island.",
];

#[test]
fn a_summary_is_sentences_of_the_source_in_its_order() {
    let blocks = blocks(STORY);
    for count in 1..=8 {
        let found = key_sentences(&blocks, Length::Sentences(count));
        assert_eq!(found.source_sentences, 7);
        assert!(found.sentences.len() <= count);
        let sources: Vec<usize> =
            found.sentences.iter().map(|sentence| sentence.sources[0]).collect();
        assert!(sources.is_sorted_by(|a, b| a < b), "{sources:?}");
        for KeySentence { text, place, .. } in &found.sentences {
            assert_eq!(&blocks[place.block].text[place.start..place.end], text);
        }
        let mut texts: Vec<&String> =
            found.sentences.iter().map(|sentence| &sentence.text).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), found.sentences.len(), "nothing twice");
    }
    let coverage = |count| key_sentences(&blocks, Length::Sentences(count)).coverage;
    assert!(coverage(1) < coverage(3) && coverage(3) < coverage(6));
    assert_eq!(key_sentences(&blocks, Length::Share(0.3)).sentences.len(), 2);
    assert_eq!(key_sentences(&blocks, Length::Share(0.0)).sentences.len(), 1);
}

#[test]
fn chinese_is_summarised_by_pairs_of_characters() {
    let blocks = blocks(&[
        "守灯塔的老人每天点灯。他数着经过小岛的船。",
        "面包很贵。冬天灯坏了，没有船经过小岛。",
        "老人守着坏了的灯塔。",
    ]);
    let found = key_sentences(&blocks, Length::Sentences(2));
    assert_eq!(found.sentences.len(), 2);
    assert!(!found.summary.contains(' '), "{}", found.summary);
}

#[test]
fn odd_texts_have_no_summary_or_one_sentence() {
    for text in ["", "  \n", "……", "😀😀😀"] {
        assert!(key_sentences(&blocks(&[text]), Length::Sentences(3)).sentences.len() <= 1);
    }
    assert_eq!(key_sentences(&blocks(&["Word"]), Length::Sentences(3)).summary, "Word");
    let error = summarize_document(b"", Some("a.txt"), Length::Sentences(3)).unwrap_err();
    assert_eq!(error.code, "nothing_to_summarize");
    let line = "a".repeat(1 << 20);
    assert_eq!(key_sentences(&blocks(&[&line]), Length::Sentences(3)).sentences.len(), 1);
}

#[test]
fn a_page_with_scripts_is_summarised_by_its_article() {
    let story: String = STORY.iter().map(|text| format!("<p>{text}</p>")).collect();
    let page = format!(
        "<html><title>The keeper</title><script>alert(1)</script><nav><a href=/>Home</a></nav><article>{story}</article></html>"
    );
    let found = summarize_document(page.as_bytes(), Some("a.html"), Length::Sentences(3)).unwrap();
    assert_eq!(found.title, "The keeper");
    assert_eq!(found.sentences.len(), 3);
    assert!(!found.summary.contains("alert") && !found.summary.contains("Home"));
}

#[test]
fn a_novel_of_100_000_words_takes_seconds() {
    // Words of a small vocabulary in an order that does not repeat.
    let mut state = 1_u32;
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("w{}", (state >> 16) % 5000 * ((state >> 28) % 4 + 1) / 4)
    };
    let mut sentence =
        || format!("The {}. ", (0..19).map(|_| word()).collect::<Vec<_>>().join(" "));
    let paragraphs: Vec<String> = (0..1000).map(|_| (0..5).map(|_| sentence()).collect()).collect();
    let blocks = blocks(&paragraphs.iter().map(String::as_str).collect::<Vec<_>>());
    let began = Instant::now();
    let found = key_sentences(&blocks, Length::Sentences(20));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(found.sentences.len(), 20);
}
