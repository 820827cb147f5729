//! What models are used for, and which of them can do what.

use bimo_models::ModelKind;
use bimo_models::seq2seq::Seq2SeqArchitecture;

use crate::wire::{ApiError, ModelTask};

/// The tasks that something in this program does. For others no model can be chosen: nobody would ask it.
pub(crate) const DONE: [ModelTask; 3] =
    [ModelTask::Story, ModelTask::Translate, ModelTask::Sentiment];

/// The tasks that a model can do and that something asks it for.
pub(crate) fn tasks_of(kind: ModelKind) -> Vec<ModelTask> {
    let able: &[ModelTask] = match kind {
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
    use super::*;

    #[test]
    fn a_model_can_be_chosen_for_what_it_does_and_what_is_asked_for() {
        let tasks = |kind| tasks_of(kind);
        assert_eq!(tasks(ModelKind::Continues), [ModelTask::Story]);
        assert_eq!(tasks(ModelKind::Rewrites(Seq2SeqArchitecture::Marian)), [ModelTask::Translate]);
        assert_eq!(tasks(ModelKind::Classifies), [ModelTask::Sentiment]);
        for unused in [ModelKind::FindsAnswers, ModelKind::PlacesSentences] {
            assert_eq!(tasks(unused), []);
            assert_eq!(without_use(unused).code, "model_without_use");
        }
    }
}
