//! Files in, files of the same format out.

use bimo_desk::wire::{Edition, TranslationKind};
use bimo_engine::scripted::ScriptedRewriter;

use crate::translating::{Told, desk_with};

const PAIRS: [(&str, &str); 3] = [
    ("It rained all day.", "雨下了一整天。"),
    ("She laughed.", "她笑了。"),
    ("A Rainy Day", "雨天"),
];

async fn through(name: &str, text: &str, edition: Edition) -> String {
    let (place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let path = |name: &str| place.folder.path().join(name).display().to_string();
    std::fs::write(path(name), text).expect("a file");
    let mut told = Told::of(&desk);
    let open = desk.import_document(path(name), None).await.expect("it is read");
    assert_eq!((open.summary.kind, &open.summary.title[..]), (TranslationKind::Document, name));
    told.until_finished().await;
    let new = path(&format!("new-{name}"));
    desk.export_document(open.summary.id, new.clone(), edition).await.expect("it is written");
    std::fs::read_to_string(new).expect("the file")
}

#[tokio::test]
async fn texts_and_subtitles_keep_their_form() {
    let markdown = "# A Rainy Day\n\nIt rained all day. She laughed.\n\n```\ncode\n```\n";
    assert_eq!(
        through("day.md", markdown, Edition::Translated).await,
        "# 雨天\n\n雨下了一整天。她笑了。\n\n```\ncode\n```\n"
    );
    let film = "1\n00:00:01,000 --> 00:00:02,000\nShe laughed.\n\n2\n00:00:03,000 --> 00:00:04,000\nIt rained all day.\n";
    assert_eq!(
        through("film.srt", film, Edition::Translated).await,
        film.replace("She laughed.", "她笑了。").replace("It rained all day.", "雨下了一整天。")
    );
    let both = through("day.md", markdown, Edition::Bilingual).await;
    let place = |words| both.find(words).unwrap_or_else(|| panic!("{words} in {both}"));
    assert!(place("It rained all day. She laughed.") < place("雨下了一整天。她笑了。"));
    assert!(place("雨下了一整天。她笑了。") < place("code"));
}

/// What breaks lines in the source is no space between Chinese sentences.
#[tokio::test]
async fn lines_of_a_paragraph_are_joined_as_the_language_joins_them() {
    let written = "雨下了一整天。她笑了。";
    let markdown = "It rained\nall day.\nShe laughed.\n";
    let into = through("day.md", markdown, Edition::Translated).await;
    assert_eq!(into, format!("{written}\n"));
    let page = "<p class=x>It rained all\n  day.\n  She laughed.</p>";
    let into = through("day.html", page, Edition::Translated).await;
    assert!(into.contains(&format!("{written}</p>")), "{into}");
    let both = through("day.html", page, Edition::Bilingual).await;
    assert!(both.contains(page) && both.contains(&format!("{written}</p>")), "{both}");
    let film = "1\n00:00:01,000 --> 00:00:02,000\nIt rained\nall day. She laughed.\n";
    let into = through("film.srt", film, Edition::Translated).await;
    assert!(into.contains("00:00:01,000 --> 00:00:02,000\n雨下了一整天。"), "{into}");
    assert!(!into.contains("。 "), "{into}");
}

#[tokio::test]
async fn files_that_are_no_documents_are_refused_and_leave_nothing_behind() {
    let (place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    for (name, bytes, code) in [
        ("empty.txt", &b""[..], "nothing_to_translate"),
        ("faces.txt", "😀😀".as_bytes(), "nothing_to_translate"),
        ("scan.pdf", b"%PDF-1.7 ...", "import_unsupported"),
        ("book.docx", b"not an archive at all", "import_invalid"),
        ("nul.txt", b"a\0b", "import_invalid"),
    ] {
        let path = place.folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        let refused = desk.import_document(path.display().to_string(), None).await.unwrap_err();
        assert_eq!(refused.code, code, "{name}: {refused}");
    }
    let gone = desk.import_document("/nowhere/book.txt".into(), None).await.unwrap_err();
    assert_eq!(gone.code, "file_unreadable");
    assert!(desk.translations().await.expect("the list").is_empty());
}

#[tokio::test]
async fn a_file_that_is_let_go_over_the_window_is_a_document_too() {
    let (_place, desk) = desk_with(ScriptedRewriter::knowing(PAIRS)).await;
    let mut told = Told::of(&desk);
    // "It rained all day." by coreutils' base64.
    let content = "SXQgcmFpbmVkIGFsbCBkYXku";
    let open = desk.import_dropped("day.txt".into(), content.into(), None).await;
    let open = open.expect("it is read");
    assert_eq!((open.summary.kind, &*open.summary.title), (TranslationKind::Document, "day.txt"));
    told.until_finished().await;
    let open = desk.open_translation(open.summary.id).await.expect("it is there");
    assert_eq!(open.segments[0].target, "雨下了一整天。");

    let half = desk.import_dropped("day.txt".into(), content[..5].into(), None).await;
    assert_eq!(half.unwrap_err().code, "file_unreadable");
}
