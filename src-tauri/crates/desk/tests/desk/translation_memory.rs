//! The memory, the glossary and the dictionary.

use bimo_desk::wire::{DifferenceKind, GlossaryEntry, SegmentFlag, SegmentState};
use bimo_engine::scripted::ScriptedRewriter;

use crate::translating::{Told, desk_with, translated};

const PAIRS: [(&str, &str); 4] = [
    ("The old man sat by the fire.", "老人坐在火边。"),
    ("The old man sat by the door.", "老人坐在门边。"),
    ("Rose laughed.", "罗斯笑了。"),
    ("Rose", "罗斯"),
];

fn entry(term: &str, translation: &str) -> GlossaryEntry {
    GlossaryEntry {
        id: None,
        work: None,
        term: term.into(),
        translation: translation.into(),
        note: String::new(),
    }
}

#[tokio::test]
async fn a_confirmed_sentence_comes_back_word_for_word_and_helps_with_ones_like_it() {
    let (place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let (_, open, _) = translated(&desk, "The old man sat by the fire.").await;
    let id = open.segments[0].id;
    desk.edit_segment(id, "老头坐在炉火旁。".into()).await.expect("an edit");
    let confirmed = desk.confirm_segment(id).await.expect("it is confirmed");
    assert_eq!(confirmed.state, SegmentState::Confirmed);

    let text = "The old man sat by the fire. The old man sat by the door.";
    let (_, open, _) = translated(&desk, text).await;
    let [exact, like] = &open.segments[..] else { panic!() };
    assert_eq!((exact.state, &exact.target[..]), (SegmentState::Memory, "老头坐在炉火旁。"));
    assert_eq!(exact.memory, Some(1.0));
    assert_eq!((like.state, &like.target[..]), (SegmentState::Machine, "老人坐在门边。"));
    assert_eq!(like.memory, Some(6.0 / 7.0));
    let matches = desk.memory_matches(like.id).await.expect("what is like it");
    assert_eq!(matches[0].target, "老头坐在炉火旁。");
    let parts: Vec<_> =
        matches[0].difference.iter().map(|part| (part.kind, &part.text[..])).collect();
    assert!(parts.contains(&(DifferenceKind::Removed, "fire")), "{parts:?}");
    assert!(parts.contains(&(DifferenceKind::Added, "door")), "{parts:?}");

    // Both ways, and through a file.
    let (_, open, _) = translated(&desk, "老头坐在炉火旁。").await;
    assert_eq!(open.segments[0].target, "The old man sat by the fire.");
    for name in ["memory.tmx", "memory.csv"] {
        let path = place.folder.path().join(name).display().to_string();
        desk.export_memory(path.clone()).await.expect("a file");
        let (_other, elsewhere) = desk_with(ScriptedRewriter::knowing([])).await;
        let read = elsewhere.import_memory(path).await.expect("it is read");
        assert_eq!((read.added, read.changed, read.skipped), (1, 0, 0), "{name}");
        let (_, open, _) = translated(&elsewhere, "The old man sat by the fire.").await;
        assert_eq!(open.segments[0].target, "老头坐在炉火旁。");
    }
}

/// A file as the TMX 1.4 specification describes it, with what other programs put in: several languages, inline codes,
/// entities.
#[tokio::test]
async fn other_programs_memories_are_read_and_bad_ones_refused() {
    let (place, desk) = desk_with(ScriptedRewriter::knowing([])).await;
    let tmx = r#"<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">
        <tmx version="1.4"><header srclang="en"/><body>
        <tu tuid="1"><tuv xml:lang="de"><seg>Ja &amp; nein</seg></tuv><tuv xml:lang="en-US"><seg>Yes &amp; <bpt i="1"/>no&#33;</seg></tuv>
        <tuv xml:lang="zh-CN"><seg>是和不是！</seg></tuv></tu>
        <tu><tuv xml:lang="en"><seg>Only English</seg></tuv></tu></body></tmx>"#;
    let write = |name: &str, text: &str| {
        let path = place.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let read = desk.import_memory(write("a.tmx", tmx)).await.expect("it is read");
    assert_eq!((read.added, read.skipped), (1, 1));
    for (name, text, code) in [
        ("b.tmx", "no xml at all", "exchange_invalid"),
        ("c.tmx", "<tmx><tu><seg>open", "exchange_invalid"),
        ("d.csv", "\u{fffd}", ""),
    ] {
        match desk.import_memory(write(name, text)).await {
            Err(error) => assert_eq!(error.code, code, "{name}"),
            Ok(read) => assert_eq!((read.added, code), (0, ""), "{name}"),
        }
    }
    let gone = desk.import_memory("/nowhere/at/all.tmx".into()).await.unwrap_err();
    assert_eq!(gone.code, "file_unreadable");
    std::fs::write(
        place.folder.path().join("gbk.csv"),
        b"\xc4\xe3\xba\xc3,hello\n\xd4\xd9\xbc\xfb,bye\n",
    )
    .expect("a file");
    let path = place.folder.path().join("gbk.csv").display().to_string();
    assert_eq!(desk.import_memory(path).await.expect("GBK is read").added, 2);
}

#[tokio::test]
async fn the_glossary_is_honoured_and_marked() {
    let (place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let kept = desk.keep_glossary_entry(entry(" Rose ", "露丝")).await.expect("it is kept");
    let (_, open, _) = translated(&desk, "“Rose laughed.”").await;
    let segment = &open.segments[0];
    assert_eq!(segment.target, "“露丝笑了。”");
    assert_eq!(segment.terms[0].entry, kept.id.expect("its number"));
    assert_eq!((segment.terms[0].source_from, segment.terms[0].source_to), (1, 5));
    assert_eq!((segment.terms[0].target_from, segment.terms[0].target_to), (Some(1), Some(3)));

    desk.keep_glossary_entry(entry("laughed", "微笑")).await.expect("it is kept");
    let (id, open, _) = translated(&desk, "Rose laughed.").await;
    assert_eq!(open.segments[0].flags, [SegmentFlag::GlossaryMissed], "no rendering to replace");
    let report = desk.translation_report(id).await.expect("a report");
    assert_eq!((report.terms, report.terms_honoured), (2, 1));

    let path = place.folder.path().join("glossary.csv").display().to_string();
    desk.export_glossary(None, path.clone()).await.expect("a file");
    desk.remove_glossary_entry(kept.id.expect("its number")).await.expect("it goes");
    let read = desk.import_glossary(None, path).await.expect("it is read");
    assert_eq!((read.added, read.changed, read.skipped), (1, 0, 0));
    let refused = desk.keep_glossary_entry(entry("x", "  ")).await.unwrap_err();
    assert_eq!(refused.code, "glossary_entry_invalid");
}

#[tokio::test]
async fn a_dictionary_is_a_file_that_the_person_brings() {
    let (place, desk) = desk_with(ScriptedRewriter::knowing([])).await;
    let _told = Told::of(&desk);
    assert_eq!(desk.look_up("笔".into()).await.unwrap_err().code, "no_dictionary");
    let path = place.folder.path().join("cedict_ts.u8");
    std::fs::write(&path, "# CC-CEDICT\n筆 笔 [bi3] /pen/\n").expect("a file");
    let path = path.display().to_string();
    let status = desk.use_dictionary(Some(path.clone())).await.expect("it is read");
    assert_eq!((status.path.as_deref(), status.entries), (Some(&path[..]), 1));
    assert_eq!(desk.look_up("笔墨".into()).await.expect("a word")[0].pinyin, "bǐ");
    std::fs::write(&path, "nothing of the kind").expect("a file");
    assert_eq!(desk.use_dictionary(Some(path)).await.unwrap_err().code, "dictionary_invalid");
    assert_eq!(desk.use_dictionary(None).await.expect("none").entries, 0);
}

#[tokio::test]
async fn the_memory_is_listed_put_right_and_forgotten() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let (_, open, _) = translated(&desk, "The old man sat by the fire.").await;
    desk.confirm_segment(open.segments[0].id).await.expect("it is confirmed");
    let listed = |words: &str| desk.memory_pairs(words.to_owned(), None);
    let pairs = listed(" FIRE ").await.expect("a search");
    assert_eq!((&*pairs[0].english, &*pairs[0].chinese), (PAIRS[0].0, PAIRS[0].1));
    assert!(listed("door").await.expect("a search").is_empty());

    let refused = desk.change_memory_pair(pairs[0].id, "  ".into(), "他。".into()).await;
    assert_eq!(refused.unwrap_err().code, "invalid_pair");
    let right = ("The old man sat by the fire.".to_owned(), " 老头坐在火边。".to_owned());
    desk.change_memory_pair(pairs[0].id, right.0, right.1).await.expect("it is put right");
    let (_, open, _) = translated(&desk, "The old man sat by the fire.").await;
    assert_eq!(open.segments[0].target, "老头坐在火边。");

    let pairs = listed("").await.expect("all");
    desk.forget_memory_pair(pairs[0].id).await.expect("it is forgotten");
    assert!(listed("").await.expect("all").is_empty());
    let gone = desk.forget_memory_pair(pairs[0].id).await.unwrap_err();
    assert_eq!(gone.code, "not_found");
}
