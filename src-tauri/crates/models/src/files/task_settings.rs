//! What the files of an encoder-decoder say of a task that it has been taught: `task_specific_params` in `config.json`.

use bimo_engine::{EarlyStopping, EngineError, SearchParams};
use serde_json::Value;

use super::gguf_header::invalid;
use super::opened::Layout;
use super::seq2seq::Seq2SeqFiles;
use crate::limits::MAX_CONTEXT;

/// Bytes of the words before a source.
const LONGEST_PREFIX: usize = 256;

/// How a model is to be used for a task.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskSettings {
    /// What stands before every source, `summarize: ` for instance; mostly nothing.
    pub prefix: String,
    /// How it wants its texts searched for, where that is another way than for the rest.
    pub search: SearchParams,
}

impl Seq2SeqFiles {
    /// What its files say of a task by its name there, `summarization` for instance; nothing where they do not name it.
    ///
    /// # Errors
    /// `model_invalid` for a setting that has no meaning, by its name.
    pub fn task_settings(&self, task: &str) -> Result<TaskSettings, EngineError> {
        match &self.layout {
            Layout::Gguf(_) => Ok(TaskSettings::default()),
            Layout::Folder(folder) => read(&folder.settings["task_specific_params"][task]),
        }
    }
}

fn read(settings: &Value) -> Result<TaskSettings, EngineError> {
    let count = |key: &str| match &settings[key] {
        Value::Null => Ok(None),
        value => match value.as_u64().filter(|count| *count <= MAX_CONTEXT as u64) {
            Some(count) => Ok(Some(count as usize)),
            None => Err(invalid(key, format!("{value} is not between 0 and {MAX_CONTEXT}"))),
        },
    };
    let prefix = settings["prefix"].as_str().unwrap_or_default();
    if prefix.len() > LONGEST_PREFIX {
        return Err(invalid("prefix", format!("it is longer than {LONGEST_PREFIX} bytes")));
    }
    // These lengths count the opening token, those of a request do not.
    let without_opening = |length: Option<usize>| length.map(|length| length.saturating_sub(1));
    let search = SearchParams {
        beams: count("num_beams")?,
        length_penalty: settings["length_penalty"].as_f64().map(|penalty| penalty as f32),
        early_stopping: match &settings["early_stopping"] {
            Value::Bool(true) => Some(EarlyStopping::WhenFull),
            Value::Bool(false) => Some(EarlyStopping::WhenUnlikely),
            _ => None,
        },
        max_new_tokens: without_opening(count("max_length")?),
        min_new_tokens: without_opening(count("min_length")?),
        no_repeat_ngram: count("no_repeat_ngram_size")?,
        ..SearchParams::default()
    };
    search.validate().map_err(|error| invalid("task_specific_params", error.to_string()))?;
    Ok(TaskSettings { prefix: prefix.to_owned(), search })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As in the `config.json` of t5-small.
    #[test]
    fn published_settings_are_read() {
        let settings = json!({
            "early_stopping": true, "length_penalty": 2.0, "max_length": 200, "min_length": 30,
            "no_repeat_ngram_size": 3, "num_beams": 4, "prefix": "summarize: "
        });
        let found = read(&settings).unwrap();
        assert_eq!(found.prefix, "summarize: ");
        assert_eq!((found.search.beams, found.search.no_repeat_ngram), (Some(4), Some(3)));
        assert_eq!(found.search.max_new_tokens, Some(199));
        assert_eq!(found.search.min_new_tokens, Some(29));
        assert_eq!(found.search.length_penalty, Some(2.0));
        assert_eq!(found.search.early_stopping, Some(EarlyStopping::WhenFull));
        assert_eq!(read(&Value::Null).unwrap(), TaskSettings::default());
    }

    #[test]
    fn settings_without_a_meaning_are_refused_by_their_names() {
        for (settings, field) in [
            (json!({ "num_beams": -1 }), "num_beams"),
            (json!({ "max_length": 1e12 }), "max_length"),
            (json!({ "num_beams": 1000 }), "task_specific_params"),
            (json!({ "length_penalty": 1e9 }), "task_specific_params"),
            (json!({ "prefix": "x".repeat(1000) }), "prefix"),
        ] {
            match read(&settings) {
                Err(EngineError::ModelInvalid { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{field}: {other:?}"),
            }
        }
    }
}
