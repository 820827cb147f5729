//! The model that is part of the program.

use std::time::Duration;

use bimo_engine::scripted::ScriptedGenerator;

use crate::ModelSpec;

const WEIGHTS: &[u8] = include_bytes!("../../../starter/story/story.gguf");
const CARD: &str = include_str!("../../../starter/story/card.md");

impl ModelSpec {
    /// The model that is part of the program: it writes before anything has been downloaded.
    #[must_use]
    pub fn starter() -> Self {
        Self {
            name: "Starter".into(),
            starter: true,
            bytes: WEIGHTS.len() as u64,
            card: CARD.into(),
            load: Box::new(|_threads| {
                let texts = [
                    " The rain had stopped, and the road shone. She walked on without a word.",
                    " 雨停了，石板路亮得像一面镜子。她没有回头，只是慢慢地往前走。",
                ];
                let writer = ScriptedGenerator::writing(texts);
                Ok(Box::new(writer.with_delay(Duration::from_millis(30))))
            }),
        }
    }
}
