//! What a server answers, whatever its habits: pieces of a completion or of a chat, errors, lists of models.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Characters of a server's own words that are shown.
const LONGEST_WORDS: usize = 300;

/// One event's data, or a whole answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Chunk {
    #[serde(default)]
    pub choices: Vec<ChunkChoice>,
    pub usage: Option<Usage>,
    pub error: Option<Value>,
    /// Some servers put an error's words here.
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ChunkChoice {
    #[serde(default)]
    pub index: u32,
    text: Option<String>,
    delta: Option<Said>,
    message: Option<Said>,
    logprobs: Option<Logprobs>,
    pub finish_reason: Option<String>,
    /// vLLM: the stop text, or the number of the token.
    pub stop_reason: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Said {
    content: Option<String>,
}

/// Tokens that were written and read.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Usage {
    #[serde(default)]
    pub prompt_tokens: usize,
    #[serde(default)]
    pub completion_tokens: usize,
    prompt_tokens_details: Option<PromptTokens>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct PromptTokens {
    cached_tokens: Option<usize>,
}

/// Both shapes: that of chats (`content`), and the older one of completions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Logprobs {
    content: Option<Vec<ChatToken>>,
    tokens: Option<Vec<String>>,
    token_logprobs: Option<Vec<Option<f32>>>,
    top_logprobs: Option<Vec<Option<BTreeMap<String, f32>>>>,
}

#[derive(Debug, Deserialize)]
struct ChatToken {
    #[serde(default)]
    token: String,
    logprob: Option<f32>,
    #[serde(default)]
    top_logprobs: Vec<Self>,
}

/// A token that a server wrote.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written {
    pub text: String,
    pub logprob: Option<f32>,
    /// Likeliest first.
    pub alternatives: Vec<(String, f32)>,
}

impl Chunk {
    /// An error in place of an answer.
    pub fn fault(&self) -> Option<Fault> {
        match (&self.error, &self.message) {
            (Some(Value::Null) | None, Some(message)) if self.choices.is_empty() => {
                Some(Fault { words: shortened(message), code: String::new() })
            }
            (Some(Value::Null) | None, _) => None,
            (Some(error), _) => Some(Fault::of_error(error)),
        }
    }
}

impl ChunkChoice {
    fn text(&self) -> &str {
        let said = self.delta.as_ref().or(self.message.as_ref());
        let said = said.and_then(|said| said.content.as_deref());
        self.text.as_deref().or(said).unwrap_or_default()
    }

    /// Its tokens. Where the server does not tell them apart all its text is one; where their texts do not make up the
    /// text, since a character lies over several, the last one has all of it.
    pub fn written(&self) -> Vec<Written> {
        let text = self.text();
        let mut written = self.logprobs.as_ref().map(Logprobs::written).unwrap_or_default();
        if written.is_empty() && !text.is_empty() {
            written.push(Written { text: text.to_owned(), logprob: None, alternatives: vec![] });
        }
        let told = written.iter().map(|token| token.text.as_str()).collect::<String>();
        if told != text {
            written.iter_mut().for_each(|token| token.text.clear());
            if let Some(last) = written.last_mut() {
                text.clone_into(&mut last.text);
            }
        }
        written
    }
}

impl Usage {
    pub fn cached_tokens(&self) -> usize {
        self.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0)
    }
}

impl Logprobs {
    fn written(&self) -> Vec<Written> {
        if let Some(content) = &self.content {
            return content.iter().map(ChatToken::written).collect();
        }
        let tokens = self.tokens.iter().flatten().enumerate();
        let written = tokens.map(|(at, text)| {
            let logprob = self.token_logprobs.as_ref().and_then(|all| *all.get(at)?);
            let likeliest = self.top_logprobs.as_ref().and_then(|all| all.get(at)?.as_ref());
            let others = likeliest.into_iter().flatten();
            let mut alternatives: Vec<_> = others.map(|(text, p)| (text.clone(), *p)).collect();
            alternatives.sort_by(|a, b| b.1.total_cmp(&a.1));
            Written { text: text.clone(), logprob, alternatives }
        });
        written.collect()
    }
}

impl ChatToken {
    fn written(&self) -> Written {
        let others = self.top_logprobs.iter();
        let others = others.filter_map(|other| Some((other.token.clone(), other.logprob?)));
        Written { text: self.token.clone(), logprob: self.logprob, alternatives: others.collect() }
    }
}

/// An error in a server's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    pub words: String,
    pub code: String,
}

impl Fault {
    /// From the body of an answer that is no success.
    pub fn of_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(object)) => {
                let error = object.get("error").or_else(|| object.get("detail")).cloned();
                Self::of_error(&error.unwrap_or(Value::Object(object)))
            }
            _ => Self { words: shortened(&String::from_utf8_lossy(body)), code: String::new() },
        }
    }

    fn of_error(error: &Value) -> Self {
        let field = |name: &str| match &error[name] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let words = match error {
            Value::String(words) => words.clone(),
            Value::Object(_) if error["message"].is_string() => field("message"),
            other => other.to_string(),
        };
        Self { words: shortened(&words), code: format!("{} {}", field("code"), field("type")) }
    }

    /// True where its words or its code have one of these in them, in lower case.
    pub fn names(&self, any: &[&str]) -> bool {
        let all = format!("{} {}", self.words, self.code).to_lowercase();
        any.iter().any(|part| all.contains(part))
    }

    /// True where the text is too long for the model.
    pub fn is_of_context(&self) -> bool {
        self.names(&[
            "context_length",
            "context length",
            "context window",
            "context size",
            "exceed_context",
        ])
    }
}

/// Its beginning, without control characters.
fn shortened(words: &str) -> String {
    let visible = words.chars().map(|one| if one.is_control() { ' ' } else { one });
    let mut shown: String = visible.take(LONGEST_WORDS).collect();
    if shown.len() < words.len() && shown.chars().count() == LONGEST_WORDS {
        shown.push('…');
    }
    shown
}

/// The answer to a question for the models.
#[derive(Debug, Deserialize)]
pub(crate) struct ModelList {
    #[serde(default)]
    pub data: Vec<ListedModel>,
}

/// A model as a server lists it.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedModel {
    pub id: String,
    #[serde(default)]
    pub owned_by: Value,
    /// vLLM.
    max_model_len: Option<usize>,
    /// Several gateways.
    context_length: Option<usize>,
    /// LM Studio.
    max_context_length: Option<usize>,
    /// llama.cpp.
    meta: Option<Meta>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    n_ctx: Option<usize>,
    n_params: Option<u64>,
}

impl ListedModel {
    /// Tokens that the server lets a sequence have, where it says so.
    pub fn context_length(&self) -> Option<usize> {
        let of_meta = self.meta.as_ref().and_then(|meta| meta.n_ctx);
        self.max_model_len.or(self.context_length).or(self.max_context_length).or(of_meta)
    }

    /// Number of weights, where the server says so.
    pub fn parameters(&self) -> u64 {
        self.meta.as_ref().and_then(|meta| meta.n_params).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str) -> Vec<Written> {
        let chunk: Chunk = serde_json::from_str(json).expect("a chunk");
        chunk.choices[0].written()
    }

    fn token(text: &str, logprob: Option<f32>, alternatives: &[(&str, f32)]) -> Written {
        let alternatives = alternatives.iter().map(|(text, p)| ((*text).to_owned(), *p)).collect();
        Written { text: text.into(), logprob, alternatives }
    }

    #[test]
    fn both_shapes_of_probabilities_are_read() {
        let old = r#"{"choices":[{"text":" the cat","logprobs":{"tokens":[" the"," cat"],
            "token_logprobs":[-0.5,null],"top_logprobs":[{" a":-2.5," the":-0.5},null],"text_offset":[0,4]}}]}"#;
        let expected =
            [token(" the", Some(-0.5), &[(" the", -0.5), (" a", -2.5)]), token(" cat", None, &[])];
        assert_eq!(written(old), expected);
        let chat = r#"{"choices":[{"delta":{"content":"雪"},"logprobs":{"content":[
            {"token":"雪","logprob":-0.25,"bytes":[233,155,170],"top_logprobs":[{"token":"雪","logprob":-0.25}]}]}}]}"#;
        assert_eq!(written(chat), [token("雪", Some(-0.25), &[("雪", -0.25)])]);
    }

    #[test]
    fn a_character_over_several_tokens_comes_whole_with_the_last() {
        let json = r#"{"choices":[{"text":"猫","logprobs":{"content":[
            {"token":"\ufffd","logprob":-1.0},{"token":"\ufffd","logprob":-2.0}]}}]}"#;
        assert_eq!(written(json), [token("", Some(-1.0), &[]), token("猫", Some(-2.0), &[])]);
        assert_eq!(written(r#"{"choices":[{"delta":{"role":"assistant"}}]}"#), []);
        assert_eq!(
            written(r#"{"choices":[{"text":"a b","logprobs":null}]}"#),
            [token("a b", None, &[])]
        );
    }

    #[test]
    fn an_error_is_understood_in_every_shape() {
        for (body, words) in [
            (r#"{"error":{"message":"no such model","code":404}}"#, "no such model"),
            (r#"{"error":"no such model"}"#, "no such model"),
            (r#"{"detail":"no such model"}"#, "no such model"),
            (r#"{"object":"error","message":"no such model","code":404}"#, "no such model"),
            ("no such\nmodel", "no such model"),
            ("", ""),
        ] {
            assert_eq!(Fault::of_body(body.as_bytes()).words, words, "{body}");
        }
        let long = Fault::of_body("x".repeat(5000).as_bytes()).words;
        assert_eq!(long.chars().count(), LONGEST_WORDS + 1);
        let fault = |words: &str| Fault { words: words.into(), code: String::new() };
        assert!(fault("This model's maximum context length is 4096 tokens").is_of_context());
        assert!(fault("Requested tokens (5000) exceed context window of 2048").is_of_context());
        assert!(fault("the request exceeds the available context size").is_of_context());
        assert!(!fault("unknown field").is_of_context());
    }
}
