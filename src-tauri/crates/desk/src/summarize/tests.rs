//! Vectors and ranks by hand, and what holds of every summary.

mod articles;
mod encoding;

use std::time::{Duration, Instant};

use bimo_convert::{Block, Role};

use super::key::{KeySentences, key_sentences};
use super::making::{Wish, make_of_key_sentences};
use super::ranking::{Budget, centrality, select};
use super::shape::Shaped;
use super::source::{Chapter, Source};
use super::support::{Comparison, Evidence};
use super::vectors::{Row, Vectors};
use crate::wire::{
    ApiError, SummaryFlag, SummaryForm, SummaryLength, SummaryMethod, SummaryOutcome,
};

fn blocks(paragraphs: &[&str]) -> Vec<Block> {
    let block = |text: &&str| Block {
        text: (*text).to_owned(),
        role: Role::Paragraph,
        chapter: 0,
        spans: Vec::new(),
    };
    paragraphs.iter().map(block).collect()
}

fn source(paragraphs: &[&str]) -> Source {
    let chapter = Chapter { blocks: blocks(paragraphs), of_library: None };
    Source::of(String::new(), vec![chapter]).expect("it has words")
}

const fn sentences(count: u32) -> SummaryLength {
    SummaryLength::Sentences { count }
}

fn key(source: &Source, length: SummaryLength) -> Result<KeySentences, ApiError> {
    key_sentences(source, &vectors(source), length, SummaryForm::Paragraph)
}

fn vectors(source: &Source) -> Vectors {
    Vectors::of(source.sentences())
}

/// A summary in a model's own words, compared by words.
fn judge(source: &Source, shaped: &Shaped, how: Comparison) -> SummaryOutcome {
    let vectors = vectors(source);
    let rows: Vec<_> = shaped.words().map(|text| vectors.row_of(text)).collect();
    Evidence { source, vectors: &vectors }.judge(shaped, &rows, how)
}

fn places(source: &Source, length: SummaryLength) -> Vec<usize> {
    key(source, length).expect("sentences").chosen.into_iter().map(|(index, _)| index).collect()
}

fn cosine(vectors: &Vectors, one: usize, other: usize) -> f32 {
    let alike = vectors.alike_to(other).into_iter().find(|(sentence, _)| *sentence == one);
    alike.map_or(0.0, |(_, cosine)| cosine)
}

/// "p q", "q u", "u w w": q and u are in two of three sentences, p and w in one. With l = ln 4 and m = ln 2 the vectors are
/// (p: l, q: m), (q: m, u: m), (u: m, w: 2l), of lengths 1.549924, 0.980258, 2.857919.
#[test]
fn three_sentences_by_hand() {
    let vectors = Vectors::of(["p q", "q u", "u w w"].into_iter());
    // m² / (1.549924 · 0.980258) and m² / (0.980258 · 2.857919) with m² = 0.480453.
    assert!((cosine(&vectors, 0, 1) - 0.316228).abs() < 1e-4, "{}", cosine(&vectors, 0, 1));
    assert!((cosine(&vectors, 1, 2) - 0.171499).abs() < 1e-4, "{}", cosine(&vectors, 1, 2));
    assert_eq!(cosine(&vectors, 0, 2), 0.0);
    assert!((cosine(&vectors, 2, 2) - 1.0).abs() < 1e-6);
    // "q x x": q as above, and a word of no sentence, which counts as one of none would: (q: m, x: 2l), of length 2.857919.
    let row = vectors.row_of("q x x");
    let Row::Words(terms) = &row else { panic!("by words: {row:?}") };
    let [(_, weight)] = terms[..] else { panic!("one word is known: {row:?}") };
    assert!((weight - 0.242536).abs() < 1e-4, "{weight}");
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
    let scores = [1.0, 0.9, 0.5, 0.1];
    let found = select(&vectors, &scores, &[0, 1, 2, 3], Budget::Sentences(10));
    assert_eq!(found.chosen, [0, 2, 3]);
    assert!(found.nearest.iter().all(|nearest| *nearest > 0.99));
    let earlier = select(&vectors, &[1.0; 4], &[2, 3], Budget::Sentences(1));
    assert_eq!(earlier.chosen, [2], "the earlier of two");
    let words = [5, 5, 6, 4];
    let chosen =
        |most| select(&vectors, &scores, &[0, 1, 2, 3], Budget::Words(most, &words)).chosen;
    assert_eq!(chosen(11), [0, 2]);
    assert_eq!(chosen(10), [0, 3], "what fits");
    assert_eq!(chosen(1), [0], "one at the least");
}

const STORY: &[&str] = &[
    "The keeper lit the lamp every evening on the island. He counted the ships that passed the island at night.",
    "One winter the lamp broke, and no ship passed the island. The keeper was alone with the broken lamp.",
    "Bread was dear. A ship brought a new lamp to the keeper in spring.",
    "The keeper lit the lamp every evening on the island.",
];

#[test]
fn a_summary_is_sentences_of_the_source_in_its_order() {
    let source = source(STORY);
    assert_eq!(source.layout.sentences.len(), 7);
    for count in 1..=8 {
        let found = places(&source, sentences(count));
        assert!(found.len() <= count as usize);
        assert!(found.is_sorted_by(|a, b| a < b), "{found:?}");
        let mut texts: Vec<&str> = found.iter().map(|index| source.sentence(*index)).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), found.len(), "nothing twice");
    }
    assert_eq!(places(&source, SummaryLength::Share { share: 0.3 }).len(), 2);
    let few = places(&source, SummaryLength::Words { count: 20 });
    let words = few.iter().map(|index| source.sentence(*index).split(' ').count()).sum::<usize>();
    assert!((1..=20).contains(&words), "{words}");
    let title = key_sentences(&source, &vectors(&source), sentences(9), SummaryForm::Title);
    let title = title.expect("one");
    assert_eq!(title.chosen.len(), 1, "a title has no length of its own");
}

async fn outcome(paragraphs: &[&str], length: SummaryLength) -> SummaryOutcome {
    let wish = Wish { method: SummaryMethod::Key, length, form: SummaryForm::Bullets, to: None };
    make_of_key_sentences(source(paragraphs).into(), wish).await.expect("a summary")
}

#[tokio::test]
async fn key_sentences_point_at_their_own_places_and_cover_more_the_more_they_are() {
    let story = source(STORY);
    let found = outcome(STORY, sentences(3)).await;
    let units: Vec<u16> = found.text.encode_utf16().collect();
    for sentence in &found.sentences {
        let text = String::from_utf16(&units[sentence.from as usize..sentence.to as usize]);
        let [own] = sentence.sources[..] else { panic!("one source: {sentence:?}") };
        assert_eq!(text.expect("whole"), story.sentence(own.sentence as usize));
        assert_eq!((own.similarity, &sentence.flags[..]), (1.0, &[][..]));
    }
    assert_eq!(found.text.lines().filter(|line| line.starts_with("- ")).count(), 3);
    let bars = &found.coverage.bars;
    assert_eq!(bars.len(), 7, "one for each of so few sentences");
    assert!(bars.windows(2).all(|two| two[0].to == two[1].from), "they cover the text");
    assert_eq!(bars.iter().filter(|bar| bar.weight == 1.0).count(), 3);
    let mut shares = Vec::new();
    for count in [1, 3, 6] {
        shares.push(outcome(STORY, sentences(count)).await.coverage.share);
    }
    assert!(shares.is_sorted_by(|a, b| a < b) && shares[2] <= 1.0, "{shares:?}");
}

#[test]
fn a_rewritten_summary_shows_its_sources_and_what_it_has_none_for() {
    let source = source(STORY);
    let text = "The lamp broke one winter. Pirates stole 30 barrels of rum near Tortuga. The lamp broke one winter.";
    let shaped = Shaped::read(text, SummaryForm::Paragraph);
    let how = |is_other_language| Comparison {
        is_other_language,
        form: SummaryForm::Paragraph,
        is_cut: false,
        is_own: false,
    };
    let found = judge(&source, &shaped, how(false));
    let [lamp, rum, again] = &found.sentences[..] else { panic!("three: {found:?}") };
    assert_eq!(
        source.sentence(lamp.sources[0].sentence as usize),
        "One winter the lamp broke, and no ship passed the island."
    );
    assert!(lamp.score > 0.5 && lamp.flags.is_empty(), "{lamp:?}");
    assert_eq!(rum.flags, [SummaryFlag::Unsupported, SummaryFlag::Numbers, SummaryFlag::Names]);
    let doubted: Vec<&str> =
        rum.doubts.iter().map(|doubt| &text[doubt.from as usize..doubt.to as usize]).collect();
    assert_eq!(doubted, ["30", "Tortuga"]);
    assert_eq!(again.flags, [SummaryFlag::Repeats]);
    let other = judge(&source, &shaped, how(true));
    assert!(other.sentences.iter().all(|sentence| sentence.sources.is_empty()));
    assert_eq!(other.sentences[0].flags, [SummaryFlag::OtherLanguage], "and not unsupported");
    assert_eq!(other.coverage.share, 0.0);
    let cut = Comparison { is_cut: true, ..how(false) };
    let cut = judge(&source, &Shaped::read("The lamp broke and", SummaryForm::Paragraph), cut);
    assert_eq!(cut.sentences[0].flags, [SummaryFlag::CutShort]);
}

#[test]
fn a_long_speech_is_several_sentences_with_their_places() {
    let long = "The lamp burned all night, as it had burned in every night of every year that he could remember. ";
    let speech = format!("“{}” he said. She went. “Go,” he said.", long.repeat(4).trim_end());
    let text = source(&[&speech]);
    let found: Vec<&str> = text.sentences().collect();
    assert_eq!(found.len(), 6, "{found:?}");
    assert!(found[0].starts_with("“The lamp") && found[0].ends_with("remember."));
    assert!(found[3].ends_with("remember.” he said."), "{}", found[3]);
    assert_eq!(found[4..], ["She went.", "“Go,” he said."]);
    let broken = format!("“The lamp,” he muttered, “is out. {}”", long.repeat(4).trim_end());
    assert_eq!(source(&[&broken]).sentences().len(), 5);
    let chinese = format!("「{}」他说。", "灯塔的灯整夜亮着，老人数着经过小岛的船。".repeat(8));
    assert!(source(&[&chinese]).sentences().len() >= 8);
    let marks = "“".repeat(20_000) + "灯亮着。";
    assert_eq!(source(&[&marks]).sentences().len(), 1, "marks without an end");
}

#[test]
fn a_heading_that_nobody_marked_is_no_key_sentence() {
    let text = source(&["THE KEEPER OF THE LAMP, CHAPTER ONE.", STORY[0], STORY[1]]);
    for count in 1..=4 {
        assert!(!places(&text, sentences(count)).contains(&0));
    }
}

#[test]
fn chinese_is_summarised_by_pairs_of_characters() {
    let source = source(&[
        "守灯塔的老人每天点灯。他数着经过小岛的船。",
        "面包很贵。冬天灯坏了，没有船经过小岛。",
        "老人守着坏了的灯塔。",
    ]);
    assert_eq!(places(&source, sentences(2)).len(), 2);
    let shaped = Shaped::read("老人每天给灯塔点灯。", SummaryForm::Paragraph);
    let how = Comparison {
        is_other_language: false,
        form: SummaryForm::Paragraph,
        is_cut: false,
        is_own: false,
    };
    let found = judge(&source, &shaped, how);
    assert_eq!(found.sentences[0].sources[0].sentence, 0);
}

#[test]
fn odd_texts_are_refused_in_words_or_have_a_sentence() {
    let refused = |text: &str| {
        Source::of_document(text.as_bytes(), None)
            .and_then(|source| key(&source, sentences(3)).map(drop))
            .unwrap_err()
            .code
    };
    for text in ["", "  \n", "……", "😀😀😀 👩‍👩‍👧", "Word", "-\n-\n-"] {
        assert_eq!(refused(text), "nothing_to_summarize", "{text:?}");
    }
    assert_eq!(refused(&"a".repeat(1 << 20)), "nothing_to_summarize", "one line that is one word");
    assert_eq!(refused(&"a. ".repeat(3 << 20)), "too_long_to_summarize");
    let line = "The lamp burns on the rock. Ships go by in the night! ".repeat(20_000);
    let long = Source::of_document(line.as_bytes(), None).expect("a megabyte in one line");
    assert_eq!(places(&long, sentences(5)).len(), 2, "two sentences, said again and again");
    let russian = source(&["Дождь шёл весь день и всю ночь. Река поднялась, и мост унесло."]);
    assert_eq!(places(&russian, sentences(1)).len(), 1);
    assert_eq!(russian.language(), crate::wire::SourceLanguage::Other);
    let many = source(&[&"One lamp. ".repeat(3000)]);
    assert_eq!(key(&many, SummaryLength::Share { share: 1.0 }).unwrap_err().code, "invalid_length");
}

#[test]
fn a_page_is_summarised_by_its_article_and_one_without_is_refused() {
    let story: String = STORY.iter().map(|text| format!("<p>{text}</p>")).collect();
    let page = format!(
        "<html><title>The keeper</title><script>alert(1)</script><nav><a href=/>Home</a></nav><article>{story}</article></html>"
    );
    let source = Source::of_document(page.as_bytes(), Some("a.html")).expect("an article");
    assert_eq!(source.title, "The keeper");
    assert!(!source.text.contains("alert") && !source.text.contains("Home"));
    let links = "<li><a href=/a>The ten best lamps of the year</a></li>".repeat(40);
    let page = format!("<html><body><div><ul>{links}</ul></div></body></html>");
    let error = Source::of_document(page.as_bytes(), Some("a.html")).unwrap_err();
    assert_eq!(error.code, "import_no_article");
    let wrong = Source::of_document(b"no archive", Some("a.docx")).unwrap_err();
    assert_eq!(wrong.code, "import_invalid");
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
    let source = source(&paragraphs.iter().map(String::as_str).collect::<Vec<_>>());
    let began = Instant::now();
    let found = places(&source, sentences(20));
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(found.len(), 20);
    println!("{} words in {took:?}", source.words());
}
