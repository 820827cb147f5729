//! `bimo tokenize`

use bimo_desk::open_tokenizer;
use serde_json::json;

use super::locate;
use crate::arguments::Tokenize;
use crate::input::read_text;
use crate::output::{on_one_line, print_json, print_line};

/// Prints a text's tokens: their numbers on one line, or each with its text.
pub fn run(asked: &Tokenize, json: bool) -> anyhow::Result<()> {
    let tokenizer = open_tokenizer(locate(asked.model.clone())?.as_deref())?;
    let tokens = tokenizer.encode(&read_text(&asked.file)?)?;
    if json && asked.ids {
        print_json(&json!({ "ids": tokens }))
    } else if json {
        let texts: Vec<_> = tokens
            .iter()
            .map(|&token| json!({ "token": token, "text": tokenizer.decode(&[token]) }))
            .collect();
        print_json(&json!({ "tokens": texts }))
    } else if asked.ids {
        let numbers: Vec<String> = tokens.iter().map(u32::to_string).collect();
        Ok(print_line(&numbers.join(" "))?)
    } else {
        for token in tokens {
            print_line(&format!("{token}\t{}", on_one_line(&tokenizer.decode(&[token]))))?;
        }
        Ok(())
    }
}
