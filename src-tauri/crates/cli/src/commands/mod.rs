//! One file for each command.

mod continuing;
mod export;
mod history;
mod models;
mod score;
mod sentiment;
mod summarize;
mod tokenize;
mod translate;
mod works;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use bimo_desk::wire::{ApiError, Destination, ModelTask, NewServer};
use bimo_desk::{
    CacheBits, CancellationToken, Folders, LibraryReader, Means, ModelSpec, Models, TextModel,
};

use crate::arguments::{Arguments, CacheWidth, Command, OfServer};

/// Does what was asked.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let Arguments { json, library, command } = arguments;
        match command {
            Command::Continue(mut asked) => {
                if asked.server.server.is_none() {
                    asked.model = chosen(asked.model, library, ModelTask::Story).await;
                }
                return continuing::run(asked, json).await;
            }
            Command::Tokenize(asked) => tokenize::run(&asked, json)?,
            Command::Score(asked) => score::run(asked, json).await?,
            Command::Translate(mut asked) => {
                if asked.server.server.is_none() {
                    asked.model = chosen(asked.model, library, ModelTask::Translate).await;
                }
                return translate::run(asked, json).await;
            }
            Command::Sentiment(mut asked) => {
                asked.model = chosen(asked.model, library, ModelTask::Sentiment).await;
                return sentiment::run(asked, json).await;
            }
            Command::Summarize(mut asked) => {
                let translator = chosen(None, library.clone(), ModelTask::Translate).await;
                asked.encoder = chosen(asked.encoder, library.clone(), ModelTask::Embed).await;
                if asked.server.server.is_none() {
                    asked.model = chosen(asked.model, library, ModelTask::Summarize).await;
                }
                return summarize::run(asked, translator, json).await;
            }
            Command::Works => works::run(&open_library(library).await?, json).await?,
            Command::Export(asked) => {
                export::run(&open_library(library).await?, &asked, json).await?;
            }
            Command::History(asked) => {
                history::run(&open_library(library).await?, asked, json).await?;
            }
            Command::Models(asked) => return models::run(asked, library, json).await,
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// What a shell expects of a program that was interrupted.
const INTERRUPTED: u8 = 130;

/// Is cancelled by Ctrl+C.
fn interruption() -> anyhow::Result<CancellationToken> {
    let cancel = CancellationToken::new();
    let interrupted = cancel.clone();
    ctrlc::set_handler(move || interrupted.cancel()).context("Ctrl+C cannot be caught")?;
    Ok(cancel)
}

/// A folder that is named in the environment.
fn folder_in(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|name| !name.is_empty()).map(PathBuf::from)
}

async fn open_library(named: Option<PathBuf>) -> Result<LibraryReader, ApiError> {
    let named = named.or_else(|| folder_in("BIMO_LIBRARY"));
    LibraryReader::open(&Folders::of_this_computer(named)?).await
}

/// The library, for what the person has set there. Who has none, or one that cannot be read now, has set nothing.
async fn settings_of(library: Option<PathBuf>) -> Option<LibraryReader> {
    match open_library(library).await {
        Ok(library) => Some(library),
        Err(error) if error.code == "no_library" || error.code == "no_home_folder" => None,
        Err(error) => {
            eprintln!("bimo: what is set in the window is not used: {error}");
            None
        }
    }
}

/// The model that is named, else the one that the window uses for this task; none for the one in the program.
async fn chosen(
    named: Option<PathBuf>,
    library: Option<PathBuf>,
    task: ModelTask,
) -> Option<PathBuf> {
    if named.is_some() {
        return named;
    }
    settings_of(library).await?.chosen_model(task).await.unwrap_or_else(|error| {
        eprintln!("bimo: the model that is chosen in the window is not used: {error}");
        None
    })
}

fn open_models(mirror: Option<String>) -> anyhow::Result<Models> {
    Ok(Models::of_this_computer(folder_in("BIMO_MODELS"), mirror)?)
}

/// The folder of models, and the hub as the window reaches it.
async fn open_hub(mirror: Option<String>, library: Option<PathBuf>) -> anyhow::Result<Models> {
    let models = open_models(mirror)?;
    Ok(match settings_of(library).await {
        Some(library) => models.as_chosen_in(&library).await?,
        None => models,
    })
}

/// The path of a model that is given as one, or by its name on the hub.
fn locate(model: Option<PathBuf>) -> anyhow::Result<Option<PathBuf>> {
    match model {
        // A path that is there needs no folder of models.
        Some(path) if path.exists() => Ok(Some(path)),
        Some(name) => Ok(Some(open_models(None)?.locate(&name)?)),
        None => Ok(None),
    }
}

/// A server's model. Who gets the text is said.
fn on_server(address: &str, asked: &OfServer, model: Option<PathBuf>) -> anyhow::Result<ModelSpec> {
    let key = match &asked.key_file {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("the key in {} cannot be read", path.display()))?,
        None => std::env::var("BIMO_SERVER_KEY").unwrap_or_default(),
    };
    let model = model.map(|name| name.to_string_lossy().into_owned());
    let server = NewServer {
        name: String::new(),
        address: address.to_owned(),
        model: model.unwrap_or_default(),
        key,
        converses: asked.chat,
        context_length: asked.context,
    };
    let spec = ModelSpec::on_server(server, open_models(None)?.request_log())?;
    if let Some(Destination { host, open_line, .. }) = &spec.goes_to {
        eprintln!("bimo: the text goes to {host}");
        if *open_line {
            eprintln!(
                "bimo: others on the way can read it, and a key too: use https:// if you can"
            );
        }
    }
    Ok(spec)
}

async fn load_model(
    model: Option<PathBuf>,
    cache: Option<CacheWidth>,
) -> anyhow::Result<TextModel> {
    let cache = match cache {
        None => CacheBits::Automatic,
        Some(CacheWidth::Sixteen) => CacheBits::Sixteen,
        Some(CacheWidth::ThirtyTwo) => CacheBits::ThirtyTwo,
    };
    let spec = locate(model)?.map_or_else(ModelSpec::starter, ModelSpec::at);
    Ok(TextModel::load_with(spec, Means { cache, ..Means::default() }).await?)
}
