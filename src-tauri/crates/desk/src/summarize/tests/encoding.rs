//! Summaries whose sentences are compared by an encoder, and by their words where it fails.

use std::sync::{Arc, Mutex};

use bimo_engine::scripted::{ScriptedGenerator, ScriptedReader};
use bimo_engine::{
    CancellationToken, EngineError, GeneratorWorker, ModelCard, Progress, SentenceEncoder,
    SentenceEncoderWorker, SentenceVector,
};

use super::{sentences, source};
use crate::summarize::making::{Engines, Made, Told, Wish, make};
use crate::summarize::placing::Placer;
use crate::summarize::source::Source;
use crate::summarize::writer::Writer;
use crate::translation::Translator;
use crate::wire::{
    ApiError, SummaryFlag, SummaryForm, SummaryMethod, SummaryStage, TargetLanguage,
};

/// Counts the texts that it is given, and can be told to compute nonsense from some text on.
struct Counting {
    scripted: ScriptedReader,
    texts: Arc<Mutex<usize>>,
    most: usize,
}

impl SentenceEncoder for Counting {
    fn card(&self) -> &ModelCard {
        SentenceEncoder::card(&self.scripted)
    }

    fn dimensions(&self) -> usize {
        self.scripted.dimensions()
    }

    fn encode(
        &mut self,
        texts: &[String],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<SentenceVector>>, EngineError> {
        let mut count = self.texts.lock().expect("nobody panics");
        *count += texts.len();
        match *count > self.most {
            true => Err(EngineError::NotANumber),
            false => self.scripted.encode(texts, cancel, on_progress),
        }
    }
}

struct Models {
    placer: Placer,
    texts: Arc<Mutex<usize>>,
    said: &'static str,
}

impl Models {
    /// One sees which of these is in a sentence, as often as it is asked for; the other says this of any text.
    async fn seeing<const N: usize>(phrases: [&str; N], most: usize, said: &'static str) -> Self {
        let texts = Arc::new(Mutex::new(0));
        let scripted = ScriptedReader::knowing(phrases);
        let encoder = Counting { scripted, texts: texts.clone(), most };
        let worker = SentenceEncoderWorker::spawn(move || Ok(Box::new(encoder))).await;
        Self { placer: Placer::of(worker.expect("it loads"), Arc::default()), texts, said }
    }

    fn asked(&self) -> usize {
        *self.texts.lock().expect("nobody panics")
    }
}

impl Engines for Models {
    async fn translator(&self, _: TargetLanguage) -> Result<Translator, ApiError> {
        Err(ApiError::internal("nobody asks"))
    }

    async fn writer(&self) -> Result<Writer, ApiError> {
        let model = ScriptedGenerator::writing([self.said]).as_instruct();
        Ok(Writer::Asked(GeneratorWorker::spawn(move || Ok(Box::new(model))).await?))
    }

    async fn placer(&self) -> Result<Option<Placer>, ApiError> {
        Ok(Some(self.placer.clone()))
    }
}

async fn made(
    models: &Models,
    source: &Arc<Source>,
    (method, count): (SummaryMethod, u32),
    cancel: &CancellationToken,
) -> (Made, Vec<Told>) {
    let (length, form) = (sentences(count), SummaryForm::Paragraph);
    let wish = Wish { method, length, form, to: None };
    let mut told = Vec::new();
    let made = make(models, source.clone(), wish, cancel, |what| told.push(what)).await;
    (made.expect("a summary"), told)
}

fn sea() -> Arc<Source> {
    Arc::new(source(&[
        "The old boat sinks near the stony harbour. A baker bakes bread for sailors every morning.",
        "Three rich merchants count their silver money. Nobody wept about those barrels.",
    ]))
}

#[tokio::test]
async fn sentences_that_mean_the_same_support_each_other_without_a_word_in_common() {
    let said = "Everything was sinking fast. Kings ride horses.";
    let models = Models::seeing(["sink", "bak", "count"], 99, said).await;
    let never = CancellationToken::new();
    let (made, _) = made(&models, &sea(), (SummaryMethod::Rewritten, 2), &never).await;
    let [sinking, kings] = &made.outcome.sentences[..] else { panic!("two: {made:?}") };
    assert_eq!((sinking.sources[0].sentence, &sinking.flags[..]), (0, &[][..]));
    assert_eq!(kings.flags, [SummaryFlag::Unsupported]);
    assert_eq!(made.outcome.compared.encoder.as_deref(), Some("Scripted"));
    assert_eq!(made.outcome.compared.problem, None);
}

#[tokio::test]
async fn an_encoder_that_fails_costs_no_summary() {
    let never = CancellationToken::new();
    let said = "The old boat sinks. Kings ride horses.";
    // In the middle of the source, and behind it.
    for most in [0, 4] {
        let models = Models::seeing(["sink", "bak"], most, said).await;
        let (made, _) = made(&models, &sea(), (SummaryMethod::Rewritten, 2), &never).await;
        assert_eq!(made.outcome.sentences[0].sources[0].sentence, 0, "by its words");
        assert_eq!(made.outcome.compared.encoder, None);
        let problem = made.outcome.compared.problem.expect("it is said");
        assert_eq!(problem.code, "not_a_number", "{most}");
    }
}

#[tokio::test]
async fn a_source_is_placed_once_for_all_lengths_with_progress_and_can_be_stopped() {
    let words = ["boat", "bread", "silver", "winter", "harbour"];
    let line = |at: usize| {
        let (one, other) = (words[at % 5], words[at / 5 % 5]);
        format!("Number {at} brings a {one} and another {other} home.")
    };
    let text: Vec<String> = (0..300).map(line).collect();
    let source = Arc::new(source(&text.iter().map(String::as_str).collect::<Vec<_>>()));
    let models = Models::seeing(words, 10_000, "").await;
    let never = CancellationToken::new();
    let (first, told) = made(&models, &source, (SummaryMethod::Key, 5), &never).await;
    assert_eq!(first.outcome.sentences.len(), 5);
    assert_eq!(models.asked(), 300);
    let placing = |told: &Told| match told {
        Told::Progress(progress) if progress.stage == SummaryStage::Placing => {
            Some((progress.sentences_done, progress.sentences))
        }
        _ => None,
    };
    let progress: Vec<_> = told.iter().filter_map(placing).collect();
    assert_eq!(progress, [(0, 300), (64, 300), (128, 300), (192, 300), (256, 300)]);
    let (more, _) = made(&models, &source, (SummaryMethod::Key, 9), &never).await;
    assert_eq!((more.outcome.sentences.len(), models.asked()), (9, 300));
    let stopped = CancellationToken::new();
    stopped.cancel();
    let (none, _) = made(&models, &source, (SummaryMethod::Key, 5), &stopped).await;
    assert!(none.is_stopped && none.outcome.text.is_empty());
}
