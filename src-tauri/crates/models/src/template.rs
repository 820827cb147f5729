//! Chat templates: a model's own Jinja text that turns a conversation into what the model was trained on.
//!
//! **Invariant**: a template is untrusted code. It has a bounded number of steps and a bounded output, reaches nothing
//! outside its own text and the conversation, and its failure is [`EngineError::TemplateInvalid`].

use std::io::{self, Write};

use bimo_engine::EngineError;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use serde::Serialize;
use serde_json::Value;

use crate::limits::{MAX_TEMPLATE_OUTPUT, TEMPLATE_FUEL};

const NAME: &str = "chat";

/// A turn of a conversation, as templates name its parts.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

/// What a template may know besides the messages.
#[derive(Debug, Clone, Default)]
pub struct TemplateContext {
    /// The text of the token that opens a text.
    pub bos_token: Option<String>,
    /// The text of the token that ends one.
    pub eos_token: Option<String>,
    /// Whether the model is to speak next.
    pub add_generation_prompt: bool,
    /// Further variables, `enable_thinking` for instance.
    pub more: serde_json::Map<String, Value>,
}

/// A parsed chat template.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    environment: Environment<'static>,
}

impl ChatTemplate {
    /// Parses it.
    pub fn new(source: &str) -> Result<Self, EngineError> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(TEMPLATE_FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        // As transformers sets Jinja up.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| invalid(&error))?);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |words: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, words))
        });
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| invalid(&error))?;
        Ok(Self { environment })
    }

    /// The conversation as the model wants it.
    pub fn render(
        &self,
        messages: &[TemplateMessage],
        more: &TemplateContext,
    ) -> Result<String, EngineError> {
        let template = self.environment.get_template(NAME).map_err(|error| invalid(&error))?;
        let mut output = Bounded(Vec::new());
        let known = context! {
            messages => minijinja::Value::from(Serde(messages)),
            add_generation_prompt => more.add_generation_prompt,
            bos_token => more.bos_token.clone(),
            eos_token => more.eos_token.clone(),
            ..minijinja::Value::from(Serde(&more.more))
        };
        template.render_captured_to(known, &mut output).map_err(|error| invalid(&error))?;
        String::from_utf8(output.0)
            .map_err(|_| EngineError::TemplateInvalid("it writes no text".into()))
    }
}

/// Output that refuses to grow past its limit.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEMPLATE_OUTPUT {
            return Err(io::Error::other(format!("it writes over {MAX_TEMPLATE_OUTPUT} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn invalid(error: &Error) -> EngineError {
    EngineError::TemplateInvalid(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn refused(source: &str) -> String {
        let began = Instant::now();
        let rendered = ChatTemplate::new(source)
            .and_then(|template| template.render(&[], &TemplateContext::default()));
        assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
        match rendered {
            Err(EngineError::TemplateInvalid(reason)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_hostile_template_is_refused_at_once() {
        refused("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}");
        refused("{% for i in range(9999) %}{{ 'x' * 9999 }}{% endfor %}");
        refused(&format!("{{% set x = 'doubled' %}}{}", "{% set x = x ~ x %}".repeat(60)));
        refused(&format!(
            "{{% set x = 'squared' %}}{}",
            "{% set x = x | replace('', x) %}".repeat(9)
        ));
        refused("{{ nothing.here }}");
        refused("{% if %}");
        refused("{% include '/etc/passwd' %}");
        assert!(refused("{{ raise_exception('no system text') }}").contains("no system text"));
    }
}
