//! `translate`, on a model with random weights: its words mean nothing, its form does.

use crate::{object, printed, refused};

const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../tests/reference/fixtures/seq2seq/marian-gguf-q8_0/model.gguf"
);

#[test]
fn every_line_is_a_segment_with_as_many_texts_as_beams() {
    let arguments = ["translate", "--model", MODEL, "--per", "line", "--beams", "3", "-"];
    let found = object(&arguments, "It rained.\n\nHe left.\n");
    assert_eq!(found["direction"], "en-zh");
    let segments = found["segments"].as_array().expect("segments");
    let sources: Vec<&str> = segments.iter().filter_map(|one| one["source"].as_str()).collect();
    assert_eq!(sources, ["It rained.", "", "He left."]);
    assert_eq!(segments[0]["alternatives"].as_array().map(Vec::len), Some(2));
    assert!(segments[0]["score"].as_f64() < Some(0.0));
    assert_eq!(segments[1]["target"], "");
    assert_eq!(segments[1]["score"], serde_json::Value::Null);
}

#[test]
fn a_text_keeps_its_lines_and_the_direction_can_be_said() {
    let arguments = ["translate", "--model", MODEL, "--beams", "1", "--to", "en", "-"];
    let text = printed(&arguments, "下雨了。\n\n他走了。\n");
    assert_eq!(text.matches('\n').count(), 3, "{text:?}");
    assert_eq!(object(&arguments, "他走了。")["direction"], "zh-en");
}

#[test]
fn a_model_that_continues_texts_is_no_translator() {
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/../../starter/story/story.gguf");
    let words = refused(&["translate", "--model", story, "-"], "It rained.");
    assert!(words.contains("answers in a conversation"), "{words}");
}

/// The texts are those of transformers' MarianMTModel on the same weights, with four beams.
#[test]
fn without_a_model_the_starter_translates_both_ways() {
    let chinese = printed(&["translate", "--beams", "4", "-"], "My brother has three books.");
    assert_eq!(chinese.trim_end(), "我哥哥有三个书。");
    let english = object(&["translate", "--beams", "4", "-"], "他走了。");
    assert_eq!(english["direction"], "zh-en");
}

#[test]
fn traditional_characters_are_written_and_read() {
    let found = object(&["translate", "--to", "zh-Hant", "-"], "My brother has three books.");
    assert_eq!(found["direction"], "en-zh-Hant");
    let text = found["segments"][0]["target"].as_str().expect("its text");
    assert!(text.contains('書') && !text.contains('书'), "{text}");
    let back = object(&["translate", "-"], "他們說過會來這裡。");
    assert_eq!(back["direction"], "zh-en");
}

#[test]
fn a_bilingual_edition_has_each_paragraph_and_its_translation() {
    let arguments = ["translate", "--model", MODEL, "--beams", "1", "--bilingual", "-"];
    let text = printed(&arguments, "It rained.\n\nHe left.\n");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[2], lines[3]), ("It rained.", "", "He left."));
    assert_eq!(lines.len(), 5, "{text}");
}

#[test]
fn a_glossary_is_honoured_or_its_miss_is_flagged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("terms.csv");
    let mut rows = String::from("term,translation,note\nbrother,兄长,\n");
    // A thousand terms are no more work than one.
    rows.extend((0..1000).map(|number| format!("unheard{number},没听过{number},\n")));
    std::fs::write(&path, rows).expect("a glossary");
    let path = path.to_str().expect("a path");
    let arguments = ["translate", "--glossary", path, "-"];
    let found = object(&arguments, "My brother has three books.");
    let segment = &found["segments"][0];
    let honoured = segment["target"].as_str().is_some_and(|text| text.contains("兄长"));
    let missed =
        segment["flags"].as_array().is_some_and(|flags| flags.contains(&"glossary_missed".into()));
    assert!(honoured != missed, "{segment}");
}

#[test]
fn texts_that_have_nothing_to_translate_stay_as_they_are() {
    for text in ["", "\n", "😀😀\n", "12.5\n"] {
        assert_eq!(printed(&["translate", "--to", "en", "-"], text).trim_end(), text.trim_end());
    }
    let found = object(&["translate", "--to", "en", "-"], "Дождь идёт. 雨停了。");
    assert_eq!(found["segments"][0]["flags"], serde_json::json!(["other_language"]));
    assert_eq!(found["segments"][0]["target"], "Дождь идёт.");
}

#[test]
fn a_document_is_written_in_its_own_format_and_any_encoding_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let film = "1\n00:00:01,000 --> 00:00:02,000\nIt rained.\n";
    std::fs::write(path("film.srt"), film).expect("subtitles");
    let arguments = ["translate", "--model", MODEL, "--beams", "1", "--output"];
    printed(&[&arguments[..], &[&path("new.srt"), &path("film.srt")]].concat(), "");
    let written = std::fs::read_to_string(path("new.srt")).expect("a file");
    assert!(written.starts_with("1\n00:00:01,000 --> 00:00:02,000\n"), "{written}");
    assert!(!written.contains("It rained."), "{written}");

    let page = "<html><body class=\"a\"><h1>Rain</h1><p id=\"p\">It rained.</p></body></html>";
    std::fs::write(path("page.html"), page).expect("a page");
    printed(&[&arguments[..], &[&path("new.html"), "--to", "zh", &path("page.html")]].concat(), "");
    let written = std::fs::read_to_string(path("new.html")).expect("a file");
    assert!(written.contains("<body class=\"a\"><h1>"), "{written}");
    assert!(written.contains("<p id=\"p\">") && !written.contains("It rained."), "{written}");

    // 雨停了。他走了。门开了。她笑了。 in GBK, and in UTF-16 with its mark.
    let gbk = b"\xd3\xea\xcd\xa3\xc1\xcb\xa1\xa3\xcb\xfb\xd7\xdf\xc1\xcb\xa1\xa3\xc3\xc5\xbf\xaa\xc1\xcb\xa1\xa3\xcb\xfd\xd0\xa6\xc1\xcb\xa1\xa3";
    let utf16: Vec<u8> = "\u{feff}雨停了。他走了。门开了。她笑了。"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes) in [("gbk.txt", &gbk[..]), ("utf16.txt", &utf16)] {
        std::fs::write(path(name), bytes).expect("a text");
        let found =
            object(&["translate", "--model", MODEL, "--beams", "1", "--to", "en", &path(name)], "");
        assert_eq!(found["segments"][0]["source"], "雨停了。", "{name}");
    }
    std::fs::write(path("bad.docx"), b"no archive").expect("a file");
    let words = refused(&["translate", "--output", &path("x.docx"), &path("bad.docx")], "");
    assert!(words.contains("save it again"), "{words}");
}
