//! A model that finds answers it was told, and one vector for each text.

use crate::{
    Answer, CancellationToken, EngineError, ExtractRequest, ModelCard, Progress, SentenceEncoder,
    SentenceVector, Span, SpanExtractor,
};

/// Answers every question with the first of its phrases that the text contains; places texts by how often they have
/// each phrase.
#[derive(Clone)]
pub struct ScriptedReader {
    card: ModelCard,
    phrases: Vec<String>,
}

impl ScriptedReader {
    /// Knows these phrases.
    pub fn knowing<const N: usize>(phrases: [&str; N]) -> Self {
        Self { card: super::card(), phrases: phrases.map(String::from).to_vec() }
    }
}

impl SpanExtractor for ScriptedReader {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn extract(
        &mut self,
        request: &ExtractRequest,
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Answer>>, EngineError> {
        let total = request.questions.len();
        let mut found = vec![None; total];
        for (place, asked) in request.questions.iter().enumerate() {
            if cancel.is_cancelled() {
                break;
            }
            let spans = self.phrases.iter().filter_map(|phrase| {
                let start = asked.text.find(phrase.as_str())?;
                Some(Span { range: start..start + phrase.len(), score: 0.9 })
            });
            let spans: Vec<Span> = spans.take(request.best).collect();
            let nowhere = if spans.is_empty() { 0.9 } else { 0.1 };
            found[place] = Some(Answer { spans, nowhere, left_out: 0 });
            on_progress(Progress { done: place + 1, total });
        }
        Ok(found)
    }
}

impl SentenceEncoder for ScriptedReader {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn dimensions(&self) -> usize {
        self.phrases.len()
    }

    fn encode(
        &mut self,
        texts: &[String],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<SentenceVector>>, EngineError> {
        let mut found = vec![None; texts.len()];
        for (place, text) in texts.iter().enumerate() {
            if cancel.is_cancelled() {
                break;
            }
            let often = |phrase: &String| text.matches(phrase.as_str()).count() as f32;
            let numbers = self.phrases.iter().map(often).collect();
            found[place] = Some(SentenceVector { numbers, left_out: 0 });
            on_progress(Progress { done: place + 1, total: texts.len() });
        }
        Ok(found)
    }
}
