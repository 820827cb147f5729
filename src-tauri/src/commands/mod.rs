//! What the window may ask: one command for each method of the desk, with the same name and the same types.
//!
//! The window's side of it, `ui/src/generated/bindings.ts`, is written from here:
//! `BIMO_WRITE_BINDINGS=1 cargo test -p bimo-desktop bindings`.

mod glossary;
mod history;
mod hub;
mod library;
mod model;
mod page;
mod sentiment;
mod servers;
mod settings;
mod story;
mod summarize;
mod translate;

use std::future::Future;

use bimo_desk::{Desk, wire::ApiError};
use specta_typescript::semantic::Configuration;
use tauri::State;
use tauri::ipc::{Channel, IpcResponse};
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands, collect_events};

use crate::closing::Closing;
use crate::opening::{Opening, guarded};

/// What a command answers.
type Answer<T> = Result<T, ApiError>;

/// Waits for the desk and puts the request to it.
async fn ask<T, F>(
    opening: State<'_, Opening>,
    request: impl FnOnce(Desk) -> F + Send + 'static,
) -> Answer<T>
where
    T: Send + 'static,
    F: Future<Output = Answer<T>> + Send + 'static,
{
    let desk = opening.desk().await?;
    guarded(async move { request(desk).await }).await
}

/// Passes events on to the window. A window that is gone hears nothing; what it would have heard is stored.
fn tell<T: IpcResponse + Send + Sync + 'static>(
    channel: Channel<T>,
) -> impl Fn(T) + Send + Sync + 'static {
    move |event| drop(channel.send(event))
}

/// All commands and events, with their types.
pub(crate) fn bindings() -> Builder<tauri::Wry> {
    Builder::new()
        .error_handling(ErrorHandlingMode::Throw)
        .disable_serde_phases()
        .semantic_types(finite_numbers())
        .events(collect_events![Closing])
        .commands(collect_commands![
            settings::desk_state,
            settings::save_settings,
            settings::set_library_folder,
            settings::choose_folder,
            settings::close_window,
            model::watch_model,
            model::model_card,
            model::models,
            model::bring_model,
            model::forget_model,
            model::remove_model,
            model::use_model,
            model::unload_model,
            model::reload_model,
            model::memory_use,
            model::keep_defaults,
            model::limit_context,
            model::choose_model_file,
            hub::catalogue,
            hub::search_models,
            hub::offer_model,
            hub::watch_downloads,
            hub::download_model,
            hub::pause_download,
            hub::move_download,
            hub::cancel_download,
            hub::hub_access,
            hub::set_hub,
            hub::set_hub_token,
            hub::network_requests,
            servers::servers,
            servers::add_server,
            servers::forget_server,
            servers::use_server,
            servers::server_models,
            library::create_work,
            library::create_chapter,
            library::rename,
            library::move_work,
            library::move_chapter,
            library::set_goal,
            library::move_to_bin,
            library::restore,
            library::delete_forever,
            library::search_library,
            page::open_chapter,
            page::save_edits,
            page::replace_page,
            page::save_guidance,
            story::continue_story,
            story::stop_writing,
            story::preview_context,
            story::read_ahead,
            story::tries,
            story::keep_edited_try,
            history::history,
            history::generation,
            history::write_again,
            translate::watch_translations,
            translate::watch_translator,
            translate::translations,
            translate::new_translation,
            translate::open_translation,
            translate::delete_translation,
            translate::set_translation_source,
            translate::set_translation_target,
            translate::set_translation_work,
            translate::pause_translation,
            translate::resume_translation,
            translate::stop_translation,
            translate::choose_alternative,
            translate::edit_segment,
            translate::lock_segment,
            translate::confirm_segment,
            translate::translate_again,
            translate::translation_report,
            translate::translate_chapter,
            translate::import_document,
            translate::import_dropped,
            translate::export_document,
            translate::choose_document,
            translate::choose_target_file,
            summarize::watch_summaries,
            summarize::watch_summarizer,
            summarize::summarizer,
            summarize::summaries,
            summarize::read_source,
            summarize::summarize,
            summarize::open_summary,
            summarize::stop_summary,
            summarize::export_summary,
            summarize::delete_summary,
            summarize::summary_draft,
            summarize::keep_summary_draft,
            sentiment::watch_mood_model,
            sentiment::read_mood,
            sentiment::stop_mood,
            sentiment::mood_view,
            sentiment::mood_words,
            sentiment::compare_moods,
            sentiment::export_moods,
            sentiment::save_picture,
            sentiment::mood_characters,
            sentiment::keep_mood_characters,
            sentiment::mood_draft,
            sentiment::keep_mood_draft,
            sentiment::chapter_revisions,
            sentiment::table_columns,
            glossary::glossary,
            glossary::keep_glossary_entry,
            glossary::remove_glossary_entry,
            glossary::import_glossary,
            glossary::export_glossary,
            glossary::memory_matches,
            glossary::memory_pairs,
            glossary::change_memory_pair,
            glossary::forget_memory_pair,
            glossary::import_memory,
            glossary::export_memory,
            glossary::dictionary,
            glossary::use_dictionary,
            glossary::look_up,
        ])
}

/// Numbers are `number`, not `number | null`: nothing that crosses is NaN or infinite.
fn finite_numbers() -> Configuration {
    Configuration::empty().enable_lossless_floats()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use specta_typescript::Typescript;

    /// The interface is checked against these types, so they have to be the ones of this program.
    #[test]
    fn bindings_are_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/generated/bindings.ts");
        let fresh = fresh_bindings();
        if std::env::var_os("BIMO_WRITE_BINDINGS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &fresh).unwrap();
        }
        assert!(
            std::fs::read_to_string(&path).is_ok_and(|committed| committed == fresh),
            "{} is out of date: BIMO_WRITE_BINDINGS=1 cargo test -p bimo-desktop bindings",
            path.display()
        );
    }

    fn fresh_bindings() -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bindings.ts");
        super::bindings().export(Typescript::default(), &path).unwrap();
        std::fs::read_to_string(path).unwrap().lines().map(whole).collect()
    }

    /// Rust fills what a stored setting of an older version lacks; between window and desk every value is whole.
    fn whole(line: &str) -> String {
        let field = line.starts_with('\t').then(|| line.replacen("?: ", ": ", 1));
        field.unwrap_or_else(|| line.to_owned()).trim_end().to_owned() + "\n"
    }
}
