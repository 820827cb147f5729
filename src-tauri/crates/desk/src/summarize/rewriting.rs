//! A summary in a model's own words. What is too long for the model is summarised part by part, and the summaries again,
//! until one is left; every part can be seen.
//!
//! A model that was taught one length is given as many parts as make up the length that was asked for, and of its sentences
//! those stay that rest on the source the most.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bimo_engine::CancellationToken;
use bimo_text::{Counts, sentences};

use super::length::words_of;
use super::making::{Part, Told, Wish};
use super::parts::{Atom, Stretch, groups, plan, title};
use super::prompt::{Asked, Portion};
use super::source::Source;
use super::support::is_other;
use super::writer::{WORDS_AT_ONCE, WORDS_OF_A_REWRITING, Writer, Written};
use crate::wire::{
    ApiError, SourceLanguage, SummaryForm, SummaryLength, SummaryProgress, SummaryStage,
    TargetLanguage,
};

/// Words of a summary of a part, which is summarised again.
const WORDS_OF_A_PART: std::ops::RangeInclusive<u32> = 40..=200;
/// Han characters that say what a word of English says.
const HAN_PER_WORD: f32 = 1.6;
/// What stands between the summaries of parts, where they are given to the model or are the summary.
const BETWEEN: &str = "\n\n";
/// Tokens that this may take.
const BETWEEN_TOKENS: usize = 2;

/// A text that a model wrote for a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Rewritten {
    pub text: String,
    /// The model would have gone on.
    pub is_cut: bool,
    pub is_stopped: bool,
}

/// A summary of a part.
struct Said {
    number: u32,
    title: String,
    range: Range<usize>,
    text: String,
    is_cut: bool,
}

/// The work on one summary.
pub(super) struct Rewriting<'w, T> {
    writer: &'w Writer,
    source: Arc<Source>,
    wish: Wish,
    cancel: &'w CancellationToken,
    tell: &'w mut T,
    words: u32,
    /// What is written here is translated afterwards: it is no summary yet, and can be seen as a part.
    is_draft: bool,
    began: Instant,
    /// Parts that were told of.
    planned: u32,
    /// Texts that were written, and all that will be as far as can be told.
    done: u32,
    all: u32,
}

impl<'w, T: FnMut(Told) + Send> Rewriting<'w, T> {
    pub fn new(
        writer: &'w Writer,
        source: Arc<Source>,
        wish: Wish,
        cancel: &'w CancellationToken,
        tell: &'w mut T,
    ) -> Self {
        let words = words_wanted(&source, &wish);
        let is_draft = !writer.follows_instructions() && is_other(&source, wish.to);
        let (began, planned, done, all) = (Instant::now(), 0, 0, 1);
        Self { writer, source, wish, cancel, tell, words, is_draft, began, planned, done, all }
    }

    /// Writes it.
    pub async fn run(mut self) -> Result<Rewritten, ApiError> {
        let (name, sha256) = (self.writer.card().name.clone(), self.writer.sha256().await?);
        (self.tell)(Told::Model { name, sha256 });
        self.progress(SummaryStage::Reading, 0);
        let at_once = self.words_at_once();
        let wanted = self.words.div_ceil(at_once).max(1);
        let asked = self.asked(Portion::Whole, self.words.min(at_once));
        let room = self.writer.room(&asked).await?;
        let atoms = self.atoms(room).await?;
        let parts = plan(&atoms, room, wanted as usize);
        if let [_] = parts[..] {
            let text = self.source.text.clone();
            return self.write_last(&asked, &text, &[]).await;
        }
        self.all = parts.len() as u32 + u32::from(parts.len() as u32 > wanted);
        let said = self.write_parts(&parts, wanted).await?;
        self.join(said, wanted, room).await
    }

    /// The summaries of all parts. Where they are the summary already they are told as such.
    async fn write_parts(&mut self, parts: &[Stretch], wanted: u32) -> Result<Vec<Said>, ApiError> {
        let count = parts.len() as u32;
        let is_last = count <= wanted;
        let words = match is_last {
            true => self.words.div_ceil(count),
            false => (self.words * 2)
                .div_ceil(count)
                .clamp(*WORDS_OF_A_PART.start(), *WORDS_OF_A_PART.end()),
        };
        let mut planned: Vec<Part> = Vec::new();
        for part in parts {
            let title = title(&self.source, &part.sections);
            planned.push(self.plan(1, title, part.range.clone(), Vec::new()));
        }
        let mut said: Vec<Said> = Vec::new();
        for (part, number) in planned.into_iter().zip(1..) {
            if self.cancel.is_cancelled() {
                break;
            }
            self.progress(SummaryStage::Parts, part.range.start);
            let asked = self.asked(Portion::Part(number, count), words);
            let asked = Asked { form: form_of_part(self.wish.form, is_last), ..asked };
            let text = self.source.text[part.range.clone()].to_owned();
            let Some(one) = self.write_part(part, &asked, &text).await? else { break };
            if is_last && !self.is_draft {
                let between = if said.is_empty() { "" } else { BETWEEN };
                (self.tell)(Told::Text(format!("{between}{}", one.text)));
            }
            said.push(one);
        }
        Ok(said)
    }

    /// Summarises summaries until one is left, or as many as make up the length.
    async fn join(
        &mut self,
        mut said: Vec<Said>,
        wanted: u32,
        room: usize,
    ) -> Result<Rewritten, ApiError> {
        let mut level = 1;
        loop {
            if self.cancel.is_cancelled() {
                // What there is stands for its parts only: it can be read there, and is no summary of the whole.
                let text = if level == 1 && self.planned <= wanted {
                    joined(&said)
                } else {
                    String::new()
                };
                return Ok(Rewritten { text, is_cut: false, is_stopped: true });
            }
            let is_enough = said.len() as u32 <= wanted;
            if is_enough && level > 1 {
                self.tell_summary(&said);
            }
            if is_enough {
                let is_cut = said.last().is_some_and(|last| last.is_cut);
                return Ok(Rewritten { text: joined(&said), is_cut, is_stopped: false });
            }
            let mut tokens = Vec::new();
            for one in &said {
                tokens.push(self.writer.count(&one.text).await? + BETWEEN_TOKENS);
            }
            let groups = groups(&tokens, room, wanted as usize);
            if let [_] = groups[..] {
                let asked = self.asked(Portion::Summaries, self.words.min(self.words_at_once()));
                return self.write_last(&asked, &joined(&said), &said).await;
            }
            if groups.len() >= said.len() {
                // Not even two of them fit: they are the summary, longer than it was to be.
                self.tell_summary(&said);
                return Ok(Rewritten { text: joined(&said), is_cut: false, is_stopped: false });
            }
            level += 1;
            said = self.write_level(level, said, groups).await?;
        }
    }

    /// Summaries of groups of summaries.
    async fn write_level(
        &mut self,
        level: u32,
        said: Vec<Said>,
        groups: Vec<Range<usize>>,
    ) -> Result<Vec<Said>, ApiError> {
        self.all += groups.len() as u32;
        let mut planned = Vec::new();
        for group in groups {
            let group = &said[group];
            let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
            let title = if first.title == last.title {
                first.title.clone()
            } else {
                format!("{} … {}", first.title, last.title)
            };
            let range = first.range.start..last.range.end;
            planned.push((self.plan(level, title, range, numbers(group)), joined(group)));
        }
        let mut next = Vec::new();
        for (part, text) in planned {
            if self.cancel.is_cancelled() {
                break;
            }
            self.progress(SummaryStage::Joining, self.source.text.len());
            let asked = self.asked(Portion::Summaries, *WORDS_OF_A_PART.end());
            let asked = Asked { form: SummaryForm::Paragraph, ..asked };
            let Some(one) = self.write_part(part, &asked, &text).await? else { break };
            next.push(one);
        }
        Ok(next)
    }

    /// Nothing where it was stopped in the middle.
    async fn write_part(
        &mut self,
        part: Part,
        asked: &Asked,
        text: &str,
    ) -> Result<Option<Said>, ApiError> {
        let (number, title, range) = (part.number, part.title.clone(), part.range.clone());
        let Written { text, is_cut, is_stopped } = self.write_into(part, asked, text).await?;
        Ok((!is_stopped).then_some(Said { number, title, range, text, is_cut }))
    }

    /// A part, told as it comes.
    async fn write_into(
        &mut self,
        part: Part,
        asked: &Asked,
        text: &str,
    ) -> Result<Written, ApiError> {
        let tell = &mut self.tell;
        let mut so_far = String::new();
        let mut on_text = |more: &str| {
            so_far += more;
            tell(Told::Part(Part { text: so_far.trim().to_owned(), ..part.clone() }));
        };
        let written = self.writer.write(asked, text, self.cancel, &mut on_text).await?;
        let written = Written { text: written.text.trim().to_owned(), ..written };
        (self.tell)(Told::Part(Part {
            text: written.text.clone(),
            done: !written.is_stopped,
            ..part
        }));
        self.done += 1;
        Ok(written)
    }

    /// The summary itself, told as it comes; made from summaries where these are given.
    async fn write_last(
        &mut self,
        asked: &Asked,
        text: &str,
        made_from: &[Said],
    ) -> Result<Rewritten, ApiError> {
        match made_from {
            [] => self.progress(SummaryStage::Writing, 0),
            _ => self.progress(SummaryStage::Joining, self.source.text.len()),
        }
        let written = if self.is_draft {
            let (made_from, whole) = (numbers(made_from), 0..self.source.text.len());
            let level = if made_from.is_empty() { 1 } else { 2 };
            let part = self.plan(level, String::new(), whole, made_from);
            self.write_into(part, asked, text).await?
        } else {
            let tell = &mut self.tell;
            let mut on_text = |text: &str| tell(Told::Text(text.to_owned()));
            self.writer.write(asked, text, self.cancel, &mut on_text).await?
        };
        let Written { text, is_cut, is_stopped } = written;
        Ok(Rewritten { text, is_cut, is_stopped })
    }

    /// Summaries of parts are the summary.
    fn tell_summary(&mut self, said: &[Said]) {
        if !self.is_draft {
            (self.tell)(Told::Text(joined(said)));
        }
    }

    fn plan(
        &mut self,
        level: u32,
        title: String,
        range: Range<usize>,
        made_from: Vec<u32>,
    ) -> Part {
        let number = self.planned;
        self.planned += 1;
        let part =
            Part { number, level, title, range, made_from, text: String::new(), done: false };
        (self.tell)(Told::Part(part.clone()));
        part
    }

    fn progress(&mut self, stage: SummaryStage, read: usize) {
        let sentences = &self.source.layout.sentences;
        let through = sentences.partition_point(|sentence| sentence.to <= read);
        let each = self.began.elapsed().as_secs_f32() / self.done.max(1) as f32;
        let left = self.all.saturating_sub(self.done) as f32;
        (self.tell)(Told::Progress(SummaryProgress {
            stage,
            part: if self.planned > 0 { self.done + 1 } else { 0 },
            parts: if self.planned > 0 { self.all.max(self.done + 1) } else { 0 },
            sentences_done: through as u32,
            sentences: sentences.len() as u32,
            seconds_left: (self.done > 0).then_some(each * left),
        }));
    }

    fn words_at_once(&self) -> u32 {
        if self.writer.follows_instructions() { WORDS_AT_ONCE } else { WORDS_OF_A_REWRITING }
    }

    fn asked(&self, portion: Portion, words: u32) -> Asked {
        let sentences = match (portion, self.wish.length) {
            (Portion::Part(..), _) => None,
            (_, SummaryLength::Sentences { count }) => Some(count),
            _ => None,
        };
        let source = self.source.language();
        let in_chinese = match self.wish.to {
            Some(to) => to.is_chinese(),
            None => matches!(source, SourceLanguage::Simplified | SourceLanguage::Traditional),
        };
        let own = match source {
            SourceLanguage::English => Some(TargetLanguage::English),
            SourceLanguage::Simplified => Some(TargetLanguage::Simplified),
            SourceLanguage::Traditional => Some(TargetLanguage::Traditional),
            _ => None,
        };
        let to = self.wish.to.or(own);
        Asked { portion, words, sentences, form: self.wish.form, to, in_chinese }
    }

    /// Paragraphs with their tokens; sentences of those that do not fit, and pieces of such sentences.
    async fn atoms(&self, room: usize) -> Result<Vec<Atom>, ApiError> {
        let source = &self.source;
        let mut atoms = Vec::new();
        let mut sentences = source.layout.sentences.iter().peekable();
        for (index, paragraph) in source.layout.paragraphs.iter().enumerate() {
            let mut own = Vec::new();
            while let Some(sentence) = sentences.next_if(|sentence| sentence.paragraph == index) {
                own.push(sentence.clone());
            }
            let Some(section) = own.first().map(|first| first.section) else { continue };
            let range = paragraph.from..paragraph.to;
            let tokens = self.count(&range).await?;
            if tokens <= room / 2 {
                atoms.push(Atom { range, tokens, section });
                continue;
            }
            for sentence in own {
                self.add_pieces(sentence.range(), section, room, &mut atoms).await?;
            }
        }
        Ok(atoms)
    }

    async fn add_pieces(
        &self,
        range: Range<usize>,
        section: usize,
        room: usize,
        atoms: &mut Vec<Atom>,
    ) -> Result<(), ApiError> {
        let mut waiting = vec![range];
        while let Some(range) = waiting.pop() {
            // A token is a byte at the least: of what is surely too long nobody needs the tokens.
            let is_long = range.len() > room * 64;
            let tokens = if is_long { usize::MAX } else { self.count(&range).await? };
            let middle = half(&self.source.text, &range);
            match middle.filter(|_| tokens > room) {
                Some(middle) => waiting.extend([middle..range.end, range.start..middle]),
                None => atoms.push(Atom { range, tokens: tokens.min(room), section }),
            }
        }
        Ok(())
    }

    async fn count(&self, range: &Range<usize>) -> Result<usize, ApiError> {
        Ok(self.writer.count(&self.source.text[range.clone()]).await? + BETWEEN_TOKENS)
    }
}

/// The parts of a list are lists; what is summarised again is better read as text.
fn form_of_part(form: SummaryForm, is_last: bool) -> SummaryForm {
    if is_last { form } else { SummaryForm::Paragraph }
}

fn joined(said: &[Said]) -> String {
    said.iter().map(|one| &one.text[..]).collect::<Vec<_>>().join(BETWEEN)
}

fn numbers(said: &[Said]) -> Vec<u32> {
    said.iter().map(|one| one.number).collect()
}

/// A place in the middle, behind a space where there is one; nothing for a single character.
fn half(text: &str, range: &Range<usize>) -> Option<usize> {
    let middle = text.ceil_char_boundary(range.start + range.len() / 2);
    let before = &text[range.start..middle];
    let space = before.rfind(char::is_whitespace).filter(|at| *at > before.len() / 2);
    let middle = space.map_or(middle, |at| text.ceil_char_boundary(range.start + at + 1));
    (range.start < middle && middle < range.end).then_some(middle)
}

/// About how many words the summary is to have, counted as in its own language.
fn words_wanted(source: &Source, wish: &Wish) -> u32 {
    let words = words_of(wish.length, wish.form, source.words());
    let is_share = matches!(wish.length, SummaryLength::Share { .. });
    let factor = match wish.to.filter(|_| is_share && is_other(source, wish.to)) {
        Some(to) if to.is_chinese() => HAN_PER_WORD,
        Some(_) => 1.0 / HAN_PER_WORD,
        None => 1.0,
    };
    ((words as f32 * factor) as u32).max(3)
}

/// Of a text's sentences those that are as many as was asked for: the ones with the best support stay, in their order.
pub(super) fn fitting(
    text: &str,
    scores: &[f32],
    wish: &Wish,
    source_words: u32,
) -> Vec<Range<usize>> {
    let found = sentences(text);
    let words = |range: &Range<usize>| Counts::of(&text[range.clone()]).total();
    let mut kept: Vec<usize> = (0..found.len()).collect();
    let too_long = |kept: &[usize]| match (wish.form, wish.length) {
        (SummaryForm::OneLine | SummaryForm::Title, _) => kept.len() > 1,
        (_, SummaryLength::Sentences { count }) => kept.len() > count as usize,
        _ => {
            let all: u32 = kept.iter().map(|index| words(&found[*index])).sum();
            kept.len() > 1 && all * 4 > words_of(wish.length, wish.form, source_words) * 5
        }
    };
    while too_long(&kept) {
        // Of two that are supported as badly the later goes.
        let score = |index: usize| scores.get(index).copied().unwrap_or_default();
        let worst =
            kept.iter().copied().min_by(|a, b| score(*a).total_cmp(&score(*b)).then(b.cmp(a)));
        kept.retain(|index| Some(*index) != worst);
    }
    kept.into_iter().map(|index| found[index].clone()).collect()
}

#[cfg(test)]
mod tests;
