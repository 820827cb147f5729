//! Turns texts into texts: in batches of like lengths, with the search that was asked for.

use std::cmp::Reverse;

use bimo_engine::{
    CancellationToken, Candidate, EngineError, FinishReason, ModelCard, RewriteEvent,
    RewriteRequest, Rewriting, Seq2Seq, Source, TokenId,
};

use super::search::{Found, Plan, Search};
use super::{EncoderDecoder, Memory, Seq2SeqTokenizer, Writing};

/// Most texts that are written at a time, beams counted.
const MAX_ROWS: usize = 256;
/// Most tokens that are read at a time.
const MAX_READ: usize = 8192;
/// Bytes that keys and values of what is written may take, at the worst.
const MAX_CACHE: usize = 1 << 30;

/// An encoder-decoder with its tokenizer.
pub struct Rewriter {
    model: EncoderDecoder,
    tokenizer: Seq2SeqTokenizer,
    card: ModelCard,
}

/// A source with its place in the request.
struct Numbered {
    number: usize,
    tokens: Vec<TokenId>,
}

/// A request while it is worked on.
struct Work<'w> {
    plan: &'w Plan,
    cancel: &'w CancellationToken,
    on_event: &'w mut dyn FnMut(RewriteEvent),
    answers: Vec<Rewriting>,
    done: usize,
    /// Tokens that were told to be settled.
    settled: usize,
}

impl Rewriter {
    /// Puts the parts together; the tokenizer's tokens must be rows of the embeddings.
    pub fn new(model: EncoderDecoder, tokenizer: Seq2SeqTokenizer, card: ModelCard) -> Self {
        Self { model, tokenizer, card }
    }

    /// The network.
    pub fn model(&self) -> &EncoderDecoder {
        &self.model
    }

    /// Sources of like lengths together, the longest first: of what does not fit in memory one hears at once.
    fn batches(&self, mut sources: Vec<Numbered>, plan: &Plan) -> Vec<Vec<Numbered>> {
        sources.sort_by_key(|source| Reverse(source.tokens.len()));
        let config = self.model.config();
        let width = config.decoder.heads * config.head_dim;
        let token_bytes = 2 * config.decoder.layers * width * size_of::<f32>();
        let rows = (MAX_CACHE / (token_bytes * plan.settings.max_length))
            .clamp(plan.settings.beams, MAX_ROWS);
        let mut batches: Vec<Vec<Numbered>> = Vec::new();
        let mut read = 0;
        for source in sources {
            read += source.tokens.len();
            match batches.last_mut() {
                Some(batch)
                    if (batch.len() + 1) * plan.settings.beams <= rows && read <= MAX_READ =>
                {
                    batch.push(source);
                }
                _ => {
                    read = source.tokens.len();
                    batches.push(vec![source]);
                }
            }
        }
        batches
    }

    /// Works on a batch until its last text is whole.
    fn rewrite_batch(&self, batch: &[Numbered], work: &mut Work<'_>) -> Result<(), EngineError> {
        let texts: Vec<&[TokenId]> = batch.iter().map(|source| &source.tokens[..]).collect();
        let memory = self.model.read(&texts)?;
        let mut writing = self.model.begin(&memory);
        let beams = work.plan.settings.beams;
        writing.choose(&(0..batch.len() * beams).map(|row| row / beams).collect::<Vec<_>>());
        let mut open: Vec<(&Numbered, Search<'_>)> =
            batch.iter().map(|source| (source, Search::new(work.plan))).collect();
        while !open.is_empty() && !work.cancel.is_cancelled() {
            open = self.advance(open, &memory, &mut writing, work)?;
        }
        Ok(())
    }

    /// A token more in every text. Answers the searches that go on.
    fn advance<'b, 'p>(
        &self,
        mut open: Vec<(&'b Numbered, Search<'p>)>,
        memory: &Memory,
        writing: &mut Writing,
        work: &mut Work<'_>,
    ) -> Result<Vec<(&'b Numbered, Search<'p>)>, EngineError> {
        let last: Vec<Vec<TokenId>> = open.iter().map(|(_, search)| search.last_tokens()).collect();
        let tokens = last.concat();
        let texts: Vec<(usize, usize)> = (0..)
            .zip(&last)
            .flat_map(|(search, last)| (0..last.len()).map(move |text| (search, text)))
            .collect();
        let ranked = self.model.step_with(memory, writing, &tokens, |row, logits| {
            let (search, text) = texts[row];
            open[search].1.rank(text, logits)
        })?;
        let ranked: Option<Vec<_>> = ranked.into_iter().collect();
        let mut ranked = ranked.ok_or(EngineError::NotANumber)?.into_iter();
        let total = work.answers.len();
        (work.on_event)(RewriteEvent::Step { done: work.done, total, tokens: tokens.len() });
        let parents: Vec<Vec<usize>> = open
            .iter_mut()
            .zip(&last)
            .map(|((_, search), last)| search.advance(ranked.by_ref().take(last.len()).collect()))
            .collect();
        let (mut going, mut chosen, mut first) = (Vec::new(), Vec::new(), 0);
        for (((source, search), last), parents) in open.into_iter().zip(&last).zip(parents) {
            if parents.is_empty() {
                self.finish(source, search.finish(), work);
            } else {
                chosen.extend(parents.into_iter().map(|parent| first + parent));
                going.push((source, search));
            }
            first += last.len();
        }
        writing.choose(&chosen);
        if let (1, [(_, search)]) = (total, &going[..]) {
            self.settle(search.settled(), work);
        }
        Ok(going)
    }

    /// Tells what is certain of the only text, where that has become more.
    fn settle(&self, tokens: &[TokenId], work: &mut Work<'_>) {
        if tokens.len() <= work.settled {
            return;
        }
        work.settled = tokens.len();
        // Of a character that is several tokens the first ones are none.
        let text = self.tokenizer.decode(tokens);
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned();
        (work.on_event)(RewriteEvent::Settled { text });
    }

    fn finish(&self, source: &Numbered, found: Vec<Found>, work: &mut Work<'_>) {
        let candidate = |found: Found| Candidate {
            text: self.tokenizer.decode(&found.tokens),
            finish: match found.tokens.len() + 1 < work.plan.settings.max_length {
                true => FinishReason::EndOfText,
                false => FinishReason::Length,
            },
            tokens: found.tokens,
            score: found.score,
            logprobs: found.logprobs,
        };
        let rewriting = Rewriting {
            candidates: found.into_iter().map(candidate).collect(),
            source_tokens: source.tokens.len(),
        };
        work.answers[source.number] = rewriting.clone();
        work.done += 1;
        (work.on_event)(RewriteEvent::Finished { source: source.number, rewriting });
    }
}

impl Seq2Seq for Rewriter {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn target_languages(&self) -> Vec<String> {
        self.tokenizer.languages()
    }

    fn encode_source(&self, source: &Source) -> Result<Vec<TokenId>, EngineError> {
        self.tokenizer.encode(source)
    }

    fn decode_target(&self, tokens: &[TokenId]) -> Result<String, EngineError> {
        Ok(self.tokenizer.decode(tokens))
    }

    fn rewrite(
        &mut self,
        request: &RewriteRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(RewriteEvent),
    ) -> Result<Vec<Rewriting>, EngineError> {
        let plan = Plan::new(self.model.config(), &request.search)?;
        let context_length = self.model.config().context_length;
        let sources = request.sources.iter().enumerate().map(|(number, source)| {
            let tokens = self.tokenizer.encode(source)?;
            match tokens.len() {
                0 => Err(EngineError::InvalidParameter { name: "a source", value: "empty".into() }),
                prompt_tokens if prompt_tokens > context_length => {
                    Err(EngineError::PromptTooLong { prompt_tokens, context_length })
                }
                _ => Ok(Numbered { number, tokens }),
            }
        });
        let sources: Vec<Numbered> = sources.collect::<Result<_, _>>()?;
        let answers = vec![Rewriting::default(); sources.len()];
        let mut work = Work { plan: &plan, cancel, on_event, answers, done: 0, settled: 0 };
        for batch in self.batches(sources, &plan) {
            if cancel.is_cancelled() {
                break;
            }
            self.rewrite_batch(&batch, &mut work)?;
        }
        Ok(work.answers)
    }
}
