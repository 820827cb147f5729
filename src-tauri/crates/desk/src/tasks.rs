//! What models are used for, and which of them can do what.

use bimo_models::seq2seq::Seq2SeqArchitecture;
use bimo_models::{DescribedModel, ModelKind};

use crate::Desk;
use crate::servers::KeptServers;
use crate::shelf::Shelf;
use crate::wire::{ApiError, ModelTask};

/// The tasks that something in this program does. For others no model can be chosen: nobody would ask it.
pub(crate) const DONE: [ModelTask; 5] = [
    ModelTask::Story,
    ModelTask::Translate,
    ModelTask::Summarize,
    ModelTask::Sentiment,
    ModelTask::Embed,
];

/// Those of them that a model does by being asked in words, and so also a server.
pub(crate) const ASKED: [ModelTask; 3] =
    [ModelTask::Story, ModelTask::Translate, ModelTask::Summarize];

/// The tasks that a model can do and that something asks it for.
pub(crate) fn tasks_of(model: &DescribedModel) -> Vec<ModelTask> {
    let able: &[ModelTask] = match model.kind {
        ModelKind::Continues if model.instruct => &ASKED,
        ModelKind::Continues => &[ModelTask::Story],
        ModelKind::Rewrites(Seq2SeqArchitecture::Marian) => &[ModelTask::Translate],
        ModelKind::Rewrites(Seq2SeqArchitecture::Bart) => &[ModelTask::Summarize],
        // What a T5 has been taught stands nowhere in its files.
        ModelKind::Rewrites(Seq2SeqArchitecture::T5) => {
            &[ModelTask::Translate, ModelTask::Summarize]
        }
        ModelKind::Classifies => &[ModelTask::Sentiment],
        ModelKind::FindsAnswers => &[ModelTask::Answer],
        ModelKind::PlacesSentences => &[ModelTask::Embed],
    };
    able.iter().copied().filter(|task| DONE.contains(task)).collect()
}

impl Desk {
    /// Has tasks done by what is chosen for them now: a server, else a model of the person's own, else the one in the
    /// program.
    pub(crate) async fn take_up(
        &self,
        tasks: impl IntoIterator<Item = ModelTask>,
    ) -> Result<(), ApiError> {
        let shelf = Shelf::load(self.store()).await?;
        let servers = KeptServers::load(self.store()).await?;
        let access = self.server_access();
        for task in tasks {
            match task {
                ModelTask::Story => {
                    let chosen = access.story(&servers).or_else(|| shelf.story());
                    self.load_model(chosen.unwrap_or_else(|| self.built_in().clone())).await;
                }
                ModelTask::Translate => {
                    let chosen = access.translator(&servers).or_else(|| shelf.translator());
                    self.translations_at_work().use_model(chosen);
                }
                ModelTask::Summarize => {
                    let chosen = shelf.summarizer(access, &servers);
                    self.summaries_at_work().use_model(chosen).await;
                }
                ModelTask::Sentiment => self.moods().use_model(shelf.classifier()),
                ModelTask::Embed => self.summaries_at_work().use_encoder(shelf.encoder()),
                // Nothing asks for one.
                ModelTask::Answer => {}
            }
        }
        Ok(())
    }
}

/// The refusal of any model for a task that nothing does.
pub(crate) fn not_done() -> ApiError {
    let message = "Nothing in this edition of the program does that yet: choose another task.";
    ApiError::new("task_not_done", message)
}

/// The refusal of a model that can do none of them.
pub(crate) fn without_use(kind: ModelKind) -> ApiError {
    let message = "Nothing in this edition of the program uses such a model: choose another.";
    ApiError::new("model_without_use", message).with_detail(format!("it is {}", kind.in_words()))
}

/// The refusal of a model for a task that it cannot do.
pub(crate) fn not_for(task: ModelTask, model: &str) -> ApiError {
    let what = match task {
        ModelTask::Story => "go on with stories",
        ModelTask::Translate => "translate",
        ModelTask::Summarize => "summarise",
        ModelTask::Sentiment => "read moods",
        ModelTask::Answer => "find answers",
        ModelTask::Embed => "find what is alike",
    };
    let message = "The model is not for this task: choose it for its own, or choose another.";
    ApiError::new("model_of_other_task", message).with_detail(format!("{model} cannot {what}"))
}

#[cfg(test)]
mod tests {
    use bimo_models::{MemoryNeed, Precision};

    use super::*;

    fn tasks(kind: ModelKind, instruct: bool) -> Vec<ModelTask> {
        tasks_of(&DescribedModel {
            name: String::new(),
            kind,
            architecture: "",
            parameters: 0,
            context_length: 0,
            instruct,
            labels: Vec::new(),
            weight_bytes: 0,
            need: MemoryNeed::of_weights(0, 0, Precision::Fast),
        })
    }

    #[test]
    fn a_model_can_be_chosen_for_what_it_does_and_what_is_asked_for() {
        let marian = ModelKind::Rewrites(Seq2SeqArchitecture::Marian);
        assert_eq!(tasks(ModelKind::Continues, false), [ModelTask::Story]);
        assert_eq!(tasks(ModelKind::Continues, true), ASKED);
        assert_eq!(tasks(marian, false), [ModelTask::Translate]);
        assert_eq!(tasks(ModelKind::Classifies, false), [ModelTask::Sentiment]);
        assert_eq!(tasks(ModelKind::PlacesSentences, false), [ModelTask::Embed]);
        assert_eq!(tasks(ModelKind::FindsAnswers, false), []);
        assert_eq!(without_use(ModelKind::FindsAnswers).code, "model_without_use");
    }
}
