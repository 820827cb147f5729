//! `bimo models`

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bimo_desk::wire::ApiError;
use bimo_desk::{
    CancellationToken, FoundRepo, LocalModel, ModelRecord, Models, Phase, Pickle, Placing,
    Progress, RequestRecord, describe_model,
};
use serde_json::{Value, json};

use super::{INTERRUPTED, interruption, open_hub};
use crate::arguments::{self, ModelsCommand};
use crate::output::{on_one_line, print_json, print_line};

/// Shortest time between two lines about a download where nobody watches a terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// What a model on this machine is for, from its headers alone.
fn describe(path: &Path, json: bool) -> anyhow::Result<()> {
    let model = describe_model(path)?;
    if json {
        return print_json(&json!({
            "path": path,
            "name": model.name,
            "task": model.kind.in_words(),
            "architecture": model.architecture,
            "parameters": model.parameters,
            "context_length": model.context_length,
            "labels": model.labels,
        }));
    }
    print_line(&format!("{}: {}", model.name, model.kind.in_words()))?;
    print_line(&format!(
        "{}, {} parameters, reads {} tokens",
        model.architecture, model.parameters, model.context_length
    ))?;
    if !model.labels.is_empty() {
        print_line(&format!("labels: {}", on_one_line(&model.labels.join(", "))))?;
    }
    Ok(())
}

/// Does what was asked. Results go to standard output, progress to standard error.
pub async fn run(
    asked: arguments::Models,
    library: Option<PathBuf>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    if let ModelsCommand::Info { model, .. } = &asked.command
        && Path::new(model).exists()
    {
        return describe(Path::new(model), json).map(|()| ExitCode::SUCCESS);
    }
    let models = open_hub(asked.mirror, library).await?;
    let cancel = interruption()?;
    let done = match asked.command {
        ModelsCommand::List => list(&models, json),
        ModelsCommand::Search { words, limit } => {
            search(&models, &words.join(" "), limit, &cancel, json).await
        }
        ModelsCommand::Pull { model, pickle } => {
            pull(&models, &model, consent(pickle), &cancel, json).await
        }
        ModelsCommand::Import { path, copy } => import(&models, &path, copy, &cancel, json),
        ModelsCommand::Info { model, pickle } => {
            info(&models, &model, consent(pickle), &cancel, json).await
        }
        ModelsCommand::Verify { model } => return verify(&models, &model, &cancel, json),
        ModelsCommand::Remove { model } => remove(&models, &model, json),
        ModelsCommand::Requests => requests(&models, json),
    };
    match done {
        Err(error) if cancel.is_cancelled() => {
            eprintln!("bimo: {error:#}");
            Ok(ExitCode::from(INTERRUPTED))
        }
        done => done.map(|()| ExitCode::SUCCESS),
    }
}

fn list(models: &Models, json: bool) -> anyhow::Result<()> {
    let (installed, unfinished) = (models.installed()?, models.unfinished()?);
    if json {
        let objects = |models: &[LocalModel]| models.iter().map(local).collect::<Vec<_>>();
        return print_json(&json!({
            "folder": models.folder(),
            "models": objects(&installed),
            "unfinished": objects(&unfinished),
        }));
    }
    for model in &installed {
        let LocalModel { record, .. } = model;
        let licence = record.licence.as_deref().unwrap_or("-");
        print_line(&format!("{}\t{}\t{licence}", record.name(), size(record.bytes())))?;
    }
    for LocalModel { record, bytes_here, .. } in &unfinished {
        let (here, whole) = (size(*bytes_here), size(record.bytes()));
        print_line(&format!("{}\t{here} of {whole}\tunfinished", record.name()))?;
    }
    Ok(())
}

async fn search(
    models: &Models,
    words: &str,
    limit: u32,
    cancel: &CancellationToken,
    json: bool,
) -> anyhow::Result<()> {
    let found = models.search(words, limit, cancel).await?;
    if json {
        return print_json(&json!({ "models": found }));
    }
    for FoundRepo { id, downloads, likes, pipeline_tag, gated, .. } in &found {
        let task = on_one_line(pipeline_tag.as_deref().unwrap_or("-"));
        let gated = if *gated { "\tlicence to accept" } else { "" };
        print_line(&format!(
            "{id}\t{task}\t{}\t{}{gated}",
            counted(*downloads, "download"),
            counted(*likes, "like")
        ))?;
    }
    Ok(())
}

async fn pull(
    models: &Models,
    name: &str,
    pickle: Pickle,
    cancel: &CancellationToken,
    json: bool,
) -> anyhow::Result<()> {
    let telling = Telling::default();
    let pulled = models.pull(name, pickle, cancel, |progress| telling.tell(&progress)).await;
    telling.end();
    let model = pulled?;
    if json {
        print_json(&local(&model))
    } else {
        Ok(print_line(&model.path().display().to_string())?)
    }
}

fn import(
    models: &Models,
    path: &Path,
    copy: bool,
    cancel: &CancellationToken,
    json: bool,
) -> anyhow::Result<()> {
    let placing = if copy { Placing::Copied } else { Placing::InPlace };
    let model = models.import(path, placing, cancel)?;
    if json {
        print_json(&local(&model))
    } else {
        Ok(print_line(&format!("{}\t{}", model.record.name(), model.path().display()))?)
    }
}

async fn info(
    models: &Models,
    name: &str,
    pickle: Pickle,
    cancel: &CancellationToken,
    json: bool,
) -> anyhow::Result<()> {
    let here = match models.find(name) {
        Ok(model) => Some(model),
        Err(error) if error.code == "model_not_installed" => None,
        Err(error) => return Err(error.into()),
    };
    let planned = match &here {
        Some(_) => None,
        None => Some(models.plan(name, pickle, cancel).await?),
    };
    let object = here.as_ref().map(local).or_else(|| planned.as_ref().map(described));
    let Some(record) = here.as_ref().map(|model| &model.record).or(planned.as_ref()) else {
        return Err(ApiError::internal("a model is neither here nor elsewhere").into());
    };
    if json {
        return print_json(&object);
    }
    print_line(&record.name())?;
    print_line(&format!("commit\t{}", record.commit))?;
    print_line(&format!("licence\t{}", on_one_line(record.licence.as_deref().unwrap_or("-"))))?;
    print_line(&format!("size\t{}", size(record.bytes())))?;
    let path = here
        .as_ref()
        .map_or("not on this machine".to_owned(), |model| model.path().display().to_string());
    print_line(&format!("place\t{path}"))?;
    for file in &record.files {
        let hash = file.sha256.as_ref().map(|sha256| format!("sha256:{sha256}"));
        let git = || file.git_sha1.as_ref().map(|sha1| format!("git:{sha1}"));
        let hash = hash.or_else(git).unwrap_or_default();
        print_line(&format!("file\t{}\t{}\t{hash}", file.path, size(file.bytes)))?;
    }
    Ok(())
}

fn verify(
    models: &Models,
    name: &str,
    cancel: &CancellationToken,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let model = models.find(name)?;
    let faults = model.verify(cancel).map_err(ApiError::from)?;
    let is_whole = faults.is_empty();
    if json {
        let faults: Vec<Value> = faults
            .iter()
            .map(|fault| {
                json!({ "path": fault.path, "code": fault.error.code(), "reason": fault.error.to_string() })
            })
            .collect();
        print_json(&json!({ "model": model.record.name(), "whole": is_whole, "faults": faults }))?;
    } else if is_whole {
        print_line(&format!("{} is what the hub says", model.record.name()))?;
    } else {
        for fault in &faults {
            eprintln!("bimo: {}: {}", fault.path.display(), fault.error);
        }
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn remove(models: &Models, name: &str, json: bool) -> anyhow::Result<()> {
    let model = models.remove(name)?;
    if json {
        return print_json(&json!({ "removed": local(&model) }));
    }
    let (name, bytes) = (model.record.name(), size(model.bytes_here));
    Ok(print_line(&format!("{name} is removed: {bytes}"))?)
}

fn requests(models: &Models, json: bool) -> anyhow::Result<()> {
    let requests = models.requests()?;
    if json {
        return print_json(&json!({ "requests": requests }));
    }
    for RequestRecord { at_ms, method, host, path, status, bytes } in &requests {
        let status = status.map_or("-".to_owned(), |status| status.to_string());
        print_line(&format!(
            "{at_ms}\t{method}\t{host}\t{}\t{status}\t{bytes}",
            on_one_line(path)
        ))?;
    }
    Ok(())
}

fn consent(pickle: bool) -> Pickle {
    if pickle { Pickle::Accepted } else { Pickle::Refused }
}

fn described(record: &ModelRecord) -> Value {
    json!({
        "name": record.name(),
        "repo": record.repo,
        "commit": record.commit,
        "licence": record.licence,
        "bytes": record.bytes(),
        "files": record.files,
    })
}

fn local(model: &LocalModel) -> Value {
    let mut object = described(&model.record);
    object["path"] = json!(model.path());
    object["bytes_here"] = json!(model.bytes_here);
    object
}

/// `1 like`, `2 likes`.
fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Bytes as people read them, in units of 1000.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// Says on standard error how far a download is: on one line of a terminal, else on a line now and then.
#[derive(Default)]
struct Telling {
    last: Mutex<Option<(Instant, Phase)>>,
}

impl Telling {
    fn tell(&self, progress: &Progress) {
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut out = std::io::stderr().lock();
        let words = words_of(progress);
        // Who has closed standard error does not want to be told.
        let _ = if out.is_terminal() {
            write!(out, "\r\x1b[K{words}").and_then(|()| out.flush())
        } else {
            let is_new = last.as_ref().is_none_or(|(at, phase)| {
                at.elapsed() >= BETWEEN_LINES || *phase != progress.phase
            });
            if !is_new {
                return;
            }
            writeln!(out, "{words}")
        };
        *last = Some((Instant::now(), progress.phase.clone()));
    }

    fn end(&self) {
        let mut out = std::io::stderr().lock();
        if out.is_terminal() {
            let _ = writeln!(out);
        }
    }
}

fn words_of(progress: &Progress) -> String {
    let Progress { phase, file, bytes, total_bytes, bytes_per_second, seconds_left } = progress;
    let so_far = format!("{} of {}", size(*bytes), size(*total_bytes));
    match phase {
        Phase::Queued => "waiting for another download".to_owned(),
        Phase::Checking => format!("{file}: reading what is here"),
        Phase::Retrying(code) => format!("{file}: {so_far}, trying again after {code}"),
        Phase::Done => so_far,
        Phase::Fetching => {
            let left = seconds_left.map_or(String::new(), |left| format!(", {left:.0} s left"));
            // At the beginning there is no speed yet.
            let speed = match *bytes_per_second as u64 {
                0 => String::new(),
                bytes => format!(", {}/s", size(bytes)),
            };
            format!("{file}: {so_far}{speed}{left}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_said_in_numbers() {
        let progress = Progress {
            phase: Phase::Fetching,
            file: "a.gguf".into(),
            bytes: 1_500_000,
            total_bytes: 2_340_000_000,
            bytes_per_second: 900_000.0,
            seconds_left: Some(2598.4),
        };
        assert_eq!(words_of(&progress), "a.gguf: 1.5 MB of 2.34 GB, 900.0 kB/s, 2598 s left");
        let first = Progress { bytes_per_second: 0.0, seconds_left: None, ..progress };
        assert_eq!(words_of(&first), "a.gguf: 1.5 MB of 2.34 GB");
        let counts = [0, 1, 2].map(|number| counted(number, "like"));
        assert_eq!(counts, ["0 likes", "1 like", "2 likes"]);
    }
}
