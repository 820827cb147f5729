//! One file for each command.

mod continuing;
mod export;
mod history;
mod score;
mod tokenize;
mod works;

use std::path::PathBuf;
use std::process::ExitCode;

use bimo_desk::{Folders, LibraryReader, ModelSpec, TextModel};

use crate::arguments::{Arguments, Command};

/// Does what was asked.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let Arguments { json, library, command } = arguments;
        match command {
            Command::Continue(asked) => return continuing::run(asked, json).await,
            Command::Tokenize(asked) => tokenize::run(&asked, json)?,
            Command::Score(asked) => score::run(asked, json).await?,
            Command::Works => works::run(&open_library(library).await?, json).await?,
            Command::Export(asked) => {
                export::run(&open_library(library).await?, &asked, json).await?;
            }
            Command::History(asked) => {
                history::run(&open_library(library).await?, asked, json).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn open_library(named: Option<PathBuf>) -> anyhow::Result<LibraryReader> {
    let from_environment = || std::env::var_os("BIMO_LIBRARY").filter(|name| !name.is_empty());
    let named = named.or_else(|| from_environment().map(PathBuf::from));
    Ok(LibraryReader::open(&Folders::of_this_computer(named)?).await?)
}

async fn load_model(path: Option<PathBuf>) -> anyhow::Result<TextModel> {
    Ok(TextModel::load(path.map_or_else(ModelSpec::starter, ModelSpec::at)).await?)
}
