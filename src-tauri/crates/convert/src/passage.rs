//! From the pieces that a reader finds between two ends of blocks to the texts of blocks.
//!
//! A tag without its partner, and styles nested deeper than anybody means, cut the pieces: they stay where they are, and the
//! words before and behind become blocks of their own.

use std::ops::Range;

use crate::block::{Block, Role, Span, SpanKind};
use crate::limits::NESTED_STYLES;
use crate::slot::{Hand, Ink, Slot};
use crate::wrapping::joint;

/// What a reader finds inside a paragraph.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    /// What it is.
    pub what: What,
    /// Its bytes in the source.
    pub range: Range<usize>,
}

impl Piece {
    /// A stretch of the source that is kept, with its words.
    pub fn kept(words: String, slice: Range<usize>) -> Self {
        let (before, after) = (String::new(), String::new());
        let range = slice.clone();
        Self { what: What::Kept { words, before, slice, after }, range }
    }
}

/// Kinds of pieces.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Words, without escapes, in text of a property where the format has such.
    Words(String, Option<Range<usize>>),
    /// A line break that is meant.
    Break,
    /// Marks before words, with the name that their partner has.
    Open { name: String, kind: SpanKind, mark: String },
    /// Marks behind words.
    Close { name: String, mark: String },
    /// Something that is kept: its words, if it has any, its bytes, and what has to stand around it.
    Kept { words: String, before: String, slice: Range<usize>, after: String },
}

/// The text of a block and what is written with it.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    pub text: String,
    pub spans: Vec<Span>,
    pub inks: Vec<Ink>,
    pub parents: Vec<Option<usize>>,
    pub inner: Range<usize>,
    pub lead: String,
    pub tail: String,
    /// The property of the words outside all spans.
    pub base: Option<Range<usize>>,
}

/// What space means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Any of it is one space, and none around a paragraph.
    Collapsed,
    /// Each is what it is.
    Kept,
}

/// The passages of a run of pieces; none where there are no words.
pub(crate) fn passages(pieces: &[Piece], source: &str, spacing: Spacing) -> Vec<Passage> {
    let partners = partners(pieces);
    let is_cut = |index: usize| {
        matches!(pieces[index].what, What::Open { .. } | What::Close { .. })
            && partners[index].is_none()
    };
    let mut found = Vec::new();
    let mut from = 0;
    for index in (0..=pieces.len()).filter(|&index| index == pieces.len() || is_cut(index)) {
        found.extend(passage(pieces, from..index, &partners, source, spacing));
        from = index + 1;
    }
    found
}

/// The partner of each tag, for those that can be written anew around other words.
fn partners(pieces: &[Piece]) -> Vec<Option<usize>> {
    let mut partners = vec![None; pieces.len()];
    let mut open: Vec<usize> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match &piece.what {
            What::Open { .. } => open.push(index),
            What::Close { name, .. } => {
                let same = |&at: &usize| matches!(&pieces[at].what, What::Open { name: other, .. } if other == name);
                let above = open.iter().rev().take(NESTED_STYLES).position(same);
                if let Some(above) = above {
                    open.truncate(open.len() - above);
                    if let Some(start) = open.pop().filter(|_| open.len() < NESTED_STYLES) {
                        partners[start] = Some(index);
                        partners[index] = Some(start);
                    }
                }
            }
            _ => {}
        }
    }
    // Whatever is around a cut is cut as well.
    let mut open: Vec<usize> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        match (&piece.what, partners[index]) {
            (What::Open { .. }, Some(_)) => open.push(index),
            (What::Close { .. }, Some(_)) => {
                open.pop();
            }
            (What::Open { .. } | What::Close { .. }, None) => {
                for start in open.drain(..) {
                    if let Some(end) = partners[start].take() {
                        partners[end] = None;
                    }
                }
            }
            _ => {}
        }
    }
    partners
}

fn passage(
    pieces: &[Piece],
    range: Range<usize>,
    partners: &[Option<usize>],
    source: &str,
    spacing: Spacing,
) -> Option<Passage> {
    let is_space = |index: usize| match &pieces[index].what {
        What::Words(words, _) => {
            spacing == Spacing::Collapsed && words.chars().all(|c| c.is_ascii_whitespace())
        }
        _ => false,
    };
    // What stands before the words stays there without being written anew.
    let is_before = |index: usize| {
        let is_kept = matches!(&pieces[index].what, What::Kept { words, .. } if words.is_empty());
        let is_apart = |next: &Piece| next.range.start >= pieces[index].range.end;
        is_kept && pieces.get(index + 1).is_some_and(is_apart)
    };
    let mut range = range;
    while !range.is_empty() && (is_space(range.start) || is_before(range.start)) {
        range.start += 1;
    }
    while !range.is_empty() && is_space(range.end - 1) {
        range.end -= 1;
    }
    let (first, last) = (pieces.get(range.start)?, pieces.get(range.end.checked_sub(1)?)?);
    let mut inner = first.range.start..last.range.end;
    if spacing == Spacing::Collapsed {
        let bytes = source.get(inner.clone())?;
        let is_space = |c: char| c.is_ascii_whitespace();
        if matches!(first.what, What::Words(..)) {
            inner.start += bytes.len() - bytes.trim_start_matches(is_space).len();
        }
        if matches!(last.what, What::Words(..)) {
            inner.end -= bytes.len() - bytes.trim_end_matches(is_space).len();
        }
    }
    let mut gathering = Gathering::default();
    for index in range {
        let partner = partners[index].map(|partner| &pieces[partner]);
        gathering.piece(&pieces[index], partner, spacing);
    }
    gathering.finish(inner)
}

#[derive(Default)]
struct Gathering {
    passage: Passage,
    /// The spans that are open, the innermost last.
    open: Vec<usize>,
    /// The span of a property that the last words had.
    run: Option<usize>,
    /// Space that is written before the next words; true where a line ended in it.
    gap: Option<bool>,
}

impl Gathering {
    fn piece(&mut self, piece: &Piece, partner: Option<&Piece>, spacing: Spacing) {
        let last_run = self.run.take();
        match (&piece.what, partner.map(|partner| &partner.what)) {
            (What::Words(words, None), _) => self.words(words, spacing),
            (What::Words(words, Some(property)), _) => {
                self.begin_run(property, last_run);
                self.words(words, spacing);
                let end = self.passage.text.len();
                self.run.iter().for_each(|&run| self.passage.spans[run].range.end = end);
            }
            (What::Break, _) => {
                self.gap = None;
                self.passage.text.push('\n');
                self.run = last_run;
                let end = self.passage.text.len();
                self.run.iter().for_each(|&run| self.passage.spans[run].range.end = end);
            }
            (What::Open { kind, mark, .. }, Some(What::Close { mark: close, .. })) => {
                let whole = piece.range.start..partner.map_or(piece.range.end, |p| p.range.end);
                let ink = Ink::Tags { open: mark.clone(), close: close.clone(), whole };
                let span = self.span(*kind, ink);
                self.open.push(span);
            }
            (What::Close { .. }, Some(_)) => self.close(),
            (What::Kept { words, before, slice, after }, _) => {
                let whole = slice.clone();
                let ink = Ink::Slice { before: before.clone(), whole, after: after.clone() };
                if words.is_empty() {
                    self.span(SpanKind::Anchor, ink);
                } else {
                    self.fill_gap(words.chars().next());
                    let span = self.span(SpanKind::Verbatim, ink);
                    self.passage.text.push_str(words);
                    self.passage.spans[span].range.end = self.passage.text.len();
                }
            }
            // Tags without a partner are between passages.
            (What::Open { .. } | What::Close { .. }, _) => {}
        }
    }

    fn words(&mut self, words: &str, spacing: Spacing) {
        if spacing == Spacing::Kept {
            self.passage.text.push_str(words);
            return;
        }
        for c in words.chars() {
            if c.is_ascii_whitespace() {
                self.gap = Some(self.gap.unwrap_or(false) || c == '\n');
            } else {
                self.fill_gap(Some(c));
                self.passage.text.push(c);
            }
        }
    }

    /// Writes the space before `next`, in front of what has been opened since the last words.
    fn fill_gap(&mut self, next: Option<char>) {
        let Some(has_line_end) = self.gap.take() else { return };
        let text = &mut self.passage.text;
        let at = text.len();
        let last = text.chars().next_back();
        if last.is_none_or(|last| last == '\n') {
            return;
        }
        text.push_str(if has_line_end { joint(last, next) } else { " " });
        for &span in &self.open {
            let range = &mut self.passage.spans[span].range;
            if range.start == at {
                range.start = text.len();
                range.end = range.end.max(range.start);
            }
        }
    }

    /// A span that begins here.
    fn span(&mut self, kind: SpanKind, ink: Ink) -> usize {
        let at = self.passage.text.len();
        self.passage.spans.push(Span { range: at..at, kind });
        self.passage.inks.push(ink);
        self.passage.parents.push(self.open.last().copied());
        self.passage.spans.len() - 1
    }

    fn begin_run(&mut self, property: &Range<usize>, last: Option<usize>) {
        let same =
            |&run: &usize| matches!(&self.passage.inks[run], Ink::Run(other) if other == property);
        self.run = last
            .filter(same)
            .or_else(|| Some(self.span(SpanKind::Style, Ink::Run(property.clone()))));
    }

    fn close(&mut self) {
        let Some(span) = self.open.pop() else { return };
        let Passage { text, spans, inks, parents, .. } = &mut self.passage;
        let start = spans[span].range.start.min(text.len());
        spans[span].range = start..text.len();
        let words = text[start..].trim();
        if words.is_empty() || (spans[span].kind == SpanKind::Link && is_mark(words)) {
            // A footnote's number, an image with a link: one thing without words.
            let Ink::Tags { whole, .. } = &inks[span] else { return };
            let (before, after) = (String::new(), String::new());
            inks[span] = Ink::Slice { before, whole: whole.clone(), after };
            spans[span] = Span { range: start..start, kind: SpanKind::Anchor };
            text.truncate(start);
            spans.truncate(span + 1);
            inks.truncate(span + 1);
            parents.truncate(span + 1);
        }
    }

    /// The passage without the space around it; nothing where it has no words of its own.
    fn finish(self, inner: Range<usize>) -> Option<Passage> {
        let mut passage = self.passage;
        passage.inner = inner;
        let text = passage.text.trim_end();
        passage.tail = passage.text[text.len()..].to_owned();
        let lead = text.len() - text.trim_start().len();
        passage.lead = text[..lead].to_owned();
        passage.text = text[lead..].to_owned();
        for span in &mut passage.spans {
            let place = |at: usize| at.saturating_sub(lead).min(passage.text.len());
            span.range = place(span.range.start)..place(span.range.end);
        }
        passage.keep_one_property();
        passage.has_words_of_its_own().then_some(passage)
    }
}

/// True for what marks a footnote.
fn is_mark(words: &str) -> bool {
    words.chars().count() <= 6 && words.chars().all(|c| !c.is_alphabetic())
}

impl Passage {
    fn has_words_of_its_own(&self) -> bool {
        let mut kept = self.spans.iter().filter(|span| span.kind == SpanKind::Verbatim).peekable();
        self.text.char_indices().any(|(at, c)| {
            while kept.next_if(|span| span.range.end <= at).is_some() {}
            c.is_alphanumeric() && kept.peek().is_none_or(|span| at < span.range.start)
        })
    }

    /// The property that most of the text has becomes that of the whole, so that only what differs is a span.
    fn keep_one_property(&mut self) {
        let mut lengths: Vec<(Range<usize>, usize)> = Vec::new();
        for (span, ink) in self.spans.iter().zip(&self.inks) {
            if let Ink::Run(property) = ink {
                match lengths.iter().position(|(other, _)| other == property) {
                    Some(known) => lengths[known].1 += span.range.len(),
                    None if lengths.len() < NESTED_STYLES => {
                        lengths.push((property.clone(), span.range.len()));
                    }
                    None => {}
                }
            }
        }
        // Of several that are as long the first.
        let longest = lengths.iter().rev().max_by_key(|(_, length)| *length);
        let Some(base) = longest.map(|(property, _)| property.clone()) else { return };
        let is_base = |ink: &Ink| matches!(ink, Ink::Run(property) if *property == base);
        let mut numbers = Vec::with_capacity(self.spans.len());
        let mut next = 0;
        for ink in &self.inks {
            numbers.push(next);
            next += usize::from(!is_base(ink));
        }
        let keeps: Vec<bool> = self.inks.iter().map(|ink| !is_base(ink)).collect();
        let kept = |index: &usize| keeps[*index];
        let indices: Vec<usize> = (0..self.spans.len()).filter(kept).collect();
        self.spans = indices.iter().map(|&index| self.spans[index].clone()).collect();
        self.inks = indices.iter().map(|&index| self.inks[index].clone()).collect();
        // Nothing is inside a property's span, so that no parent is lost.
        let parents =
            indices.iter().map(|&index| self.parents[index].map(|parent| numbers[parent]));
        self.parents = parents.collect();
        self.base = Some(base);
    }
}

impl Passage {
    /// The block and its place.
    pub fn into_block(self, role: Role, chapter: usize, hand: Box<dyn Hand>) -> (Block, Slot) {
        let Self { text, spans, inks, parents, inner, lead, tail, base: _ } = self;
        let slot = Slot { part: 0, inner, lead, tail, inks, parents, hand };
        (Block { text, role, chapter, spans }, slot)
    }
}
