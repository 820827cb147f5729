//! The first run, the settings, and libraries that are elsewhere, gone or damaged.

use bimo_desk::Desk;
use bimo_desk::wire::{ApiError, DeskState, LibraryItem, Settings, Theme};
use bimo_engine::scripted::ScriptedGenerator;
use bimo_store::{Store, StoreOptions};

use crate::{Place, body, edit};

async fn open(place: &Place) -> Desk {
    place.open(ScriptedGenerator::writing([""])).await
}

async fn state(desk: &Desk) -> DeskState {
    desk.desk_state().await.expect("its state")
}

fn codes(state: &DeskState) -> Vec<&str> {
    state.notices.iter().map(|notice| notice.code.as_str()).collect()
}

#[tokio::test]
async fn the_first_run_has_a_work_in_each_language_and_no_later_one_brings_them_back() {
    let place = Place::new();
    let desk = open(&place).await;
    let first = state(&desk).await;
    assert_eq!(first.library.works.len(), 2);
    let [english, chinese] = &first.library.works[..] else { panic!("two") };
    assert!((150..=250).contains(&english.counts.words), "{english:?}");
    assert!((150..=250).contains(&chinese.counts.han), "{chinese:?}");
    assert_eq!((english.counts.han, chinese.counts.words), (0, 0));
    assert!(first.notices.is_empty() && first.recovered.is_empty());
    assert_eq!((first.network_requests, first.system_locale.as_str()), (0, "en-GB"));
    for work in &first.library.works {
        desk.move_to_bin(LibraryItem::Work(work.id)).await.expect("it is thrown away");
        desk.delete_forever(LibraryItem::Work(work.id)).await.expect("for good");
    }
    drop(desk);
    assert!(state(&open(&place).await).await.library.works.is_empty());
}

#[tokio::test]
async fn on_a_chinese_system_the_chinese_work_is_first() {
    let place = Place::new();
    let mut options = place.options(ScriptedGenerator::writing([""]));
    options.system_locale = "zh-CN".into();
    let desk = Desk::open(options).await.expect("the desk opens");
    assert_eq!(state(&desk).await.library.works[0].title, "借伞的人");
}

#[tokio::test]
async fn settings_stay_and_are_brought_into_their_bounds() {
    let place = Place::new();
    let desk = open(&place).await;
    let mut settings = Settings { theme: Theme::Dark, page_size: 99, ..Settings::default() };
    settings.writing.wildness = f32::NAN;
    settings.writing.length = 0;
    settings.library_width = 3;
    desk.save_settings(settings.clone()).await.expect("they are saved");
    drop(desk);
    let desk = open(&place).await;
    let kept = state(&desk).await.settings;
    assert_eq!((kept.theme, kept.page_size, kept.library_width), (Theme::Dark, 32, 160));
    assert_eq!((kept.writing.wildness, kept.writing.length), (0.5, 1));

    settings.writing.sampling =
        Some(bimo_desk::SamplingParams { min_p: -1.0, ..Default::default() });
    let error = desk.save_settings(settings).await.expect_err("it means nothing");
    assert_eq!(error.code, "invalid_parameter");
    assert_eq!(state(&desk).await.settings, kept);
}

#[tokio::test]
async fn works_and_chapters_are_made_moved_binned_and_found() {
    let place = Place::new();
    let desk = open(&place).await;
    let made = desk.create_work("  A  new\nwork ".into()).await.expect("a work");
    let work = made.library.works[2].clone();
    assert_eq!((work.title.as_str(), work.chapters[0].id), ("A new work", made.chapter));
    edit(&desk, made.chapter, 0, 0, "雪停了，the candle burned.", None).await;
    let second = desk.create_chapter(work.id, "Two".into(), Some(0)).await.expect("a chapter");
    assert_eq!(second.library.works[2].chapters[0].id, second.chapter);
    let library = desk.move_chapter(second.chapter, work.id, 9).await.expect("it is moved");
    assert_eq!(library.works[2].chapters[1].id, second.chapter);
    let library = desk.move_work(work.id, 0).await.expect("it is moved");
    assert_eq!(library.works[0].id, work.id);
    let library = desk.set_goal(work.id, Some(500)).await.expect("a goal");
    assert_eq!((library.works[0].goal, library.works[0].counts.han), (Some(500), 3));
    assert_eq!(desk.set_goal(work.id, Some(0)).await.expect("none").works[0].goal, None);

    for query in ["雪停", "candle"] {
        let hits = desk.search_library(query.into()).await.expect("hits");
        assert_eq!(
            (hits.len(), hits[0].chapter, hits[0].matched.as_str()),
            (1, made.chapter, query)
        );
    }
    let item = LibraryItem::Chapter(made.chapter);
    let library = desk.rename(item, "One".into()).await.expect("it is renamed");
    assert_eq!(library.works[0].chapters[0].title, "One");
    let library = desk.move_to_bin(item).await.expect("it is thrown away");
    assert_eq!((library.works[0].chapters.len(), library.bin.len()), (1, 1));
    assert!(desk.search_library("candle".into()).await.expect("none").is_empty());
    assert_eq!(desk.restore(item).await.expect("it is back").works[0].chapters.len(), 2);
    let error = desk.delete_forever(item).await.expect_err("it is not in the bin");
    assert_eq!((error.code.as_str(), error.retryable), ("not_found", false));
}

#[tokio::test]
async fn a_library_moves_at_the_next_start_with_all_that_was_written_until_then() {
    let place = Place::new();
    let desk = open(&place).await;
    let new = place.folder.path().join("elsewhere").join("my library");
    let answered = desk.set_library_folder(new.display().to_string()).await.expect("it can be");
    assert_eq!(answered, new.display().to_string());
    let chapter = desk.create_work("Later".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "written after", None).await;
    drop(desk);

    let desk = open(&place).await;
    assert_eq!(state(&desk).await.library_folder, answered);
    assert_eq!(codes(&state(&desk).await), Vec::<&str>::new());
    assert_eq!(body(&desk, chapter).await, "written after");
    assert!(place.folders().usual.join("library.sqlite").exists(), "the old one stays");
    edit(&desk, chapter, 0, 0, "in the new one, ", None).await;
    drop(desk);
    assert_eq!(body(&open(&place).await, chapter).await, "in the new one, written after");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_named_and_the_usual_one_opened() {
    let place = Place::new();
    let desk = open(&place).await;
    let new = place.folder.path().join("stick").join("library");
    desk.set_library_folder(new.display().to_string()).await.expect("it can be");
    drop(desk);
    drop(open(&place).await);
    let stick = place.folder.path().join("stick");
    std::fs::rename(&stick, place.folder.path().join("pocket")).expect("it is pulled out");

    let desk = open(&place).await;
    let now = state(&desk).await;
    assert_eq!(codes(&now), ["library_folder_missing"]);
    assert_eq!(now.notices[0].detail, new.display().to_string());
    assert_eq!(now.library_folder, place.folders().usual.display().to_string());
    assert!(!new.exists());
    drop(desk);
    std::fs::rename(place.folder.path().join("pocket"), &stick).expect("it is put in again");
    assert_eq!(state(&open(&place).await).await.library_folder, new.display().to_string());
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_refused() {
    let place = Place::new();
    let desk = open(&place).await;
    let file = place.folder.path().join("file");
    std::fs::write(&file, b"").expect("a file");
    let refused = async |path: &str| -> ApiError {
        desk.set_library_folder(path.into()).await.expect_err("it cannot be")
    };
    assert_eq!(refused("relative/path").await.code, "folder_not_absolute");
    assert_eq!(refused("").await.code, "folder_not_absolute");
    assert_eq!(refused(&file.display().to_string()).await.code, "library_not_writable");
    drop(desk);
    assert!(codes(&state(&open(&place).await).await).is_empty());
}

#[tokio::test]
async fn a_damaged_library_is_replaced_by_its_backup_and_kept() {
    let place = Place::new();
    let desk = open(&place).await;
    let chapter = desk.create_work("Mine".into()).await.expect("a work").chapter;
    edit(&desk, chapter, 0, 0, "all of it", None).await;
    desk.close().await.expect("it closes");
    drop(desk);
    place.closed().await;
    let later = crate::NOW_MS + 25 * 60 * 60 * 1000;
    let backups = StoreOptions::new(place.folders().usual, later).backups;
    let store = Store::open(StoreOptions::new(place.folders().usual, later)).await;
    store.expect("the library opens").back_up(later).await.expect("a backup of all of it");

    // The same on another disk, where no connection of the first desk can mend the file.
    let other = Place::new();
    let other_backups = other.folder.path().join("library-backups");
    std::fs::create_dir_all(&other_backups).expect("a folder");
    for copy in std::fs::read_dir(&backups).expect("the backups").flatten() {
        std::fs::copy(copy.path(), other_backups.join(copy.file_name())).expect("a copy");
    }
    std::fs::create_dir_all(&other.folders().usual).expect("a folder");
    let database = other.folders().usual.join("library.sqlite");
    std::fs::write(&database, b"this is no library").expect("the damage");

    let desk = open(&other).await;
    let now = state(&desk).await;
    assert_eq!(codes(&now), ["restored_backup", "damaged_library_kept"]);
    assert_eq!(body(&desk, chapter).await, "all of it");
    let kept = std::fs::read(&now.notices[1].detail).expect("the damaged one is kept");
    assert_eq!(kept, b"this is no library");
}
