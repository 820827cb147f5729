//! Beam search with whole texts kept aside, as `transformers` has it.

use bimo_engine::{EarlyStopping, TokenId};
use bimo_kernels::{InstructionSet, best, shift};

use super::{Choice, Found, Plan};
use crate::sampling::log_sum_exp;

/// The score of what is not there.
const NOWHERE: f32 = -1e9;

pub(in crate::seq2seq) struct Beams<'p> {
    plan: &'p Plan,
    running: Vec<Beam>,
    /// At most as many as beams, best first.
    whole: Vec<Beam>,
}

/// A text with the opening token.
#[derive(Clone)]
struct Beam {
    text: Vec<TokenId>,
    /// Before any constraint.
    logprobs: Vec<f32>,
    score: f32,
}

/// A way to go on.
#[derive(Clone, Copy)]
struct Step {
    beam: usize,
    choice: Choice,
    score: f32,
    is_last: bool,
}

impl<'p> Beams<'p> {
    pub fn new(plan: &'p Plan) -> Self {
        let beam = |score| Beam { text: vec![plan.start_token], logprobs: Vec::new(), score };
        // All begin alike, so only the first counts in the first step.
        let scores = (0..plan.settings.beams).map(|number| if number == 0 { 0.0 } else { NOWHERE });
        Self { plan, running: scores.map(beam).collect(), whole: Vec::new() }
    }

    pub fn last_tokens(&self) -> Vec<TokenId> {
        self.running.iter().map(|beam| beam.text[beam.text.len() - 1]).collect()
    }

    /// More than there are beams, so that enough are left when many of them end a text.
    pub fn rank(&self, beam: usize, logits: &mut [f32]) -> Vec<Choice> {
        let (set, beam) = (InstructionSet::chosen(), &self.running[beam]);
        shift(set, logits, -log_sum_exp(logits));
        let logprobs = logits;
        let before = self.plan.moves_scores(&beam.text).then(|| logprobs.to_vec());
        self.plan.constrain(&beam.text, logprobs);
        let choice = |(token, score)| {
            let logprob = before.as_ref().map_or(score, |logprobs| logprobs[token]);
            Choice { token: token as TokenId, logprob, score: score + beam.score }
        };
        best(set, logprobs, self.wanted()).into_iter().map(choice).collect()
    }

    pub fn advance(&mut self, ranked: &[Vec<Choice>]) -> Vec<usize> {
        let steps = self.best_steps(ranked);
        self.keep_whole(&steps);
        let chosen = self.go_on(&steps);
        if self.is_over(steps.iter().all(|step| step.is_last)) { Vec::new() } else { chosen }
    }

    /// What all texts agree on that go on or are whole: the best one is or will be among them.
    pub fn settled(&self) -> &[TokenId] {
        let mut texts = self.running.iter().chain(&self.whole).map(|beam| &beam.text[..]);
        let Some(first) = texts.next() else { return &[] };
        let alike = |length, text: &[TokenId]| {
            first[..length].iter().zip(text).take_while(|(one, other)| one == other).count()
        };
        &first[1..texts.fold(first.len(), alike)]
    }

    pub fn finish(self) -> Vec<Found> {
        let found = if self.whole.is_empty() { self.running } else { self.whole };
        let texts = found.into_iter().take(self.plan.settings.best).map(|beam| Found {
            tokens: beam.text[1..].to_vec(),
            logprobs: beam.logprobs,
            score: beam.score,
        });
        texts.collect()
    }

    fn wanted(&self) -> usize {
        (1 + self.plan.end_tokens.len()).max(2) * self.plan.settings.beams
    }

    fn best_steps(&self, ranked: &[Vec<Choice>]) -> Vec<Step> {
        let of_beam = |(beam, choices): (usize, &Vec<Choice>)| {
            let length = self.running[beam].text.len() + 1;
            let step = |&choice: &Choice| Step {
                beam,
                choice,
                score: choice.score,
                is_last: self.plan.ends(choice.token, length),
            };
            choices.iter().map(step).collect::<Vec<_>>()
        };
        let mut steps: Vec<Step> = ranked.iter().enumerate().flat_map(of_beam).collect();
        steps.sort_by(|a, b| b.score.total_cmp(&a.score));
        steps.truncate(self.wanted());
        steps
    }

    /// Whole texts count only where they are among the best, one for each beam.
    fn keep_whole(&mut self, steps: &[Step]) {
        let beams = self.plan.settings.beams;
        let is_full = self.whole.len() == beams;
        if is_full && self.plan.settings.early_stopping == EarlyStopping::WhenFull {
            return;
        }
        for step in steps.iter().take(beams).filter(|step| step.is_last) {
            let mut beam = self.follow(step);
            beam.score = self.plan.score(step.score, beam.text.len() - 1);
            self.whole.push(beam);
        }
        self.whole.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.whole.truncate(beams);
    }

    fn go_on(&mut self, steps: &[Step]) -> Vec<usize> {
        let mut open: Vec<Step> = steps.to_vec();
        for step in open.iter_mut().filter(|step| step.is_last) {
            step.score += NOWHERE;
        }
        open.sort_by(|a, b| b.score.total_cmp(&a.score));
        open.truncate(self.plan.settings.beams);
        self.running = open.iter().map(|step| self.follow(step)).collect();
        open.iter().map(|step| step.beam).collect()
    }

    fn follow(&self, step: &Step) -> Beam {
        let mut beam = self.running[step.beam].clone();
        beam.text.push(step.choice.token);
        beam.logprobs.push(step.choice.logprob);
        beam.score = step.score;
        beam
    }

    fn is_over(&self, nothing_is_open: bool) -> bool {
        let plan = self.plan;
        let is_full = self.whole.len() == plan.settings.beams;
        if nothing_is_open || (is_full && plan.settings.early_stopping == EarlyStopping::WhenFull) {
            return true;
        }
        let [best, ..] = &self.running[..] else { return true };
        let length = match plan.settings.early_stopping {
            EarlyStopping::WhenImpossible if plan.settings.length_penalty > 0.0 => {
                plan.settings.max_length - 1
            }
            _ => best.text.len() - 1,
        };
        let worst = self.whole.last().filter(|_| is_full).map_or(NOWHERE, |beam| beam.score);
        plan.score(best.score, length) <= worst
    }
}
