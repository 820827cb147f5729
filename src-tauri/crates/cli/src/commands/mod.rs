//! One file for each command.

mod continuing;
mod export;
mod history;
mod models;
mod score;
mod sentiment;
mod tokenize;
mod translate;
mod works;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use bimo_desk::wire::{Destination, NewServer};
use bimo_desk::{CancellationToken, Folders, LibraryReader, ModelSpec, Models, TextModel};

use crate::arguments::{Arguments, Command, OfServer};

/// Does what was asked.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let Arguments { json, library, command } = arguments;
        match command {
            Command::Continue(asked) => return continuing::run(asked, json).await,
            Command::Tokenize(asked) => tokenize::run(&asked, json)?,
            Command::Score(asked) => score::run(asked, json).await?,
            Command::Translate(asked) => return translate::run(asked, json).await,
            Command::Sentiment(asked) => return sentiment::run(asked, json).await,
            Command::Works => works::run(&open_library(library).await?, json).await?,
            Command::Export(asked) => {
                export::run(&open_library(library).await?, &asked, json).await?;
            }
            Command::History(asked) => {
                history::run(&open_library(library).await?, asked, json).await?;
            }
            Command::Models(asked) => return models::run(asked, json).await,
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

async fn open_library(named: Option<PathBuf>) -> anyhow::Result<LibraryReader> {
    let named = named.or_else(|| folder_in("BIMO_LIBRARY"));
    Ok(LibraryReader::open(&Folders::of_this_computer(named)?).await?)
}

fn open_models(mirror: Option<String>) -> anyhow::Result<Models> {
    Ok(Models::of_this_computer(folder_in("BIMO_MODELS"), mirror)?)
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
async fn load_from_server(
    address: &str,
    asked: &OfServer,
    model: Option<PathBuf>,
) -> anyhow::Result<TextModel> {
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
    Ok(TextModel::load(spec).await?)
}

async fn load_model(model: Option<PathBuf>) -> anyhow::Result<TextModel> {
    Ok(TextModel::load(locate(model)?.map_or_else(ModelSpec::starter, ModelSpec::at)).await?)
}
