//! The place of a block in its document, and how words are written there.

use std::fmt;
use std::ops::Range;

use crate::placing::Place;
use crate::splice::Splices;

/// Where a block's words are in its part, and what stands there beside them.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The number of the part.
    pub part: usize,
    /// The bytes that are replaced.
    pub inner: Range<usize>,
    /// Space before the words, which is no part of the block's text.
    pub lead: String,
    /// Space behind the words.
    pub tail: String,
    /// What is written for each of the block's spans.
    pub inks: Vec<Ink>,
    /// The span around each span.
    pub parents: Vec<Option<usize>>,
    /// Who writes there.
    pub hand: Box<dyn Hand>,
}

/// What is written for a span.
#[derive(Debug, Clone)]
pub(crate) enum Ink {
    /// Marks before and behind the words.
    Tags {
        /// Before.
        open: String,
        /// Behind.
        close: String,
        /// All of it in the source, for where there are no words left for it.
        whole: Range<usize>,
    },
    /// A property of every piece of text: its bytes in the source.
    Run(Range<usize>),
    /// A stretch of the source as it is, with what has to stand around it.
    Slice {
        /// Before.
        before: String,
        /// The stretch.
        whole: Range<usize>,
        /// Behind.
        after: String,
    },
}

/// How a format writes words.
pub(crate) trait Hand: fmt::Debug + Send + Sync {
    /// Writes words. `run` is the property of the innermost [`Ink::Run`] around them, `starts` is true at the beginning of
    /// the block.
    fn words(&self, pen: &Pen<'_>, words: &str, run: Option<&Range<usize>>, starts: bool)
    -> String;

    /// Marks around a span as they are written now, beside the copy of a translation too.
    fn tags(&self, pen: &Pen<'_>, open: &str, close: &str) -> (String, String) {
        let _ = pen;
        (open.to_owned(), close.to_owned())
    }

    /// Where a span may begin and end so that its marks work.
    fn fitting(&self, text: &str, range: Range<usize>) -> Range<usize> {
        let _ = text;
        range
    }

    /// For an edition in two languages: where the translation `words` goes, and how it stands there.
    fn beside(&self, pen: &Pen<'_>, inner: &Range<usize>, words: String) -> (usize, String);
}

/// What a hand writes with.
pub(crate) struct Pen<'a> {
    /// The part.
    pub source: &'a str,
    /// The tag of the language that is written.
    pub language: &'a str,
    /// True for a translation that stands beside its source, where nothing may be twice that has to be single.
    pub is_copy: bool,
}

/// A block's new words with everything that belongs between them.
pub(crate) fn written(
    pen: &Pen<'_>,
    slot: &Slot,
    text: &str,
    places: &[Place],
    splices: &mut Splices,
) -> String {
    let children = children(slot, places);
    let mut writing =
        Writing { pen, slot, text, places, children: &children, splices, out: String::new() };
    if !slot.lead.is_empty() {
        writing.words_as_they_are(&slot.lead, None);
    }
    writing.group(0, 0..text.len(), None);
    if !slot.tail.is_empty() && !pen.is_copy {
        writing.words_as_they_are(&slot.tail, None);
    }
    writing.out
}

/// The spans in each span, and at 0 those in none, in the order in which they are written.
fn children(slot: &Slot, places: &[Place]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); places.len() + 1];
    for (span, parent) in slot.parents.iter().enumerate() {
        children[parent.map_or(0, |parent| parent + 1)].push(span);
    }
    for group in &mut children {
        // What is as early keeps the order of the source.
        group.sort_by_key(|&span| places[span].start());
    }
    children
}

struct Writing<'a, 'b> {
    pen: &'a Pen<'b>,
    slot: &'a Slot,
    text: &'a str,
    places: &'a [Place],
    children: &'a [Vec<usize>],
    splices: &'a mut Splices,
    out: String,
}

impl Writing<'_, '_> {
    /// Writes a stretch of the words with the spans of a group. As deep as spans are nested, which is bounded.
    fn group(&mut self, group: usize, window: Range<usize>, run: Option<&Range<usize>>) {
        let mut at = window.start;
        for &span in &self.children[group] {
            let place = self.places[span].clone();
            self.words(at..place.start(), run);
            at = at.max(place.end());
            self.span(span, place, run);
        }
        self.words(at..window.end, run);
    }

    fn span(&mut self, span: usize, place: Place, run: Option<&Range<usize>>) {
        match (&self.slot.inks[span], place) {
            (Ink::Tags { open, close, .. }, Place::Around(range)) => {
                let is_empty = range.is_empty();
                let (open, close) = self.slot.hand.tags(self.pen, open, close);
                if !is_empty {
                    self.out.push_str(&open);
                }
                self.group(span + 1, range, run);
                if !is_empty {
                    self.out.push_str(&close);
                }
            }
            (Ink::Run(properties), Place::Around(range)) => {
                let properties = properties.clone();
                self.group(span + 1, range, Some(&properties));
            }
            (Ink::Tags { whole, .. }, Place::At(_)) => {
                let whole = whole.clone();
                self.whole("", whole, "");
            }
            (Ink::Slice { before, whole, after }, Place::At(_) | Place::Around(_)) => {
                let (before, whole, after) = (before.clone(), whole.clone(), after.clone());
                self.whole(&before, whole, &after);
            }
            (Ink::Run(_), Place::At(_)) | (_, Place::Nowhere(_)) => {}
        }
    }

    fn whole(&mut self, before: &str, whole: Range<usize>, after: &str) {
        self.out.push_str(before);
        self.out.push_str(&self.splices.take(self.pen.source, whole));
        self.out.push_str(after);
    }

    fn words(&mut self, range: Range<usize>, run: Option<&Range<usize>>) {
        let starts = range.start == 0;
        let words = self.text.get(range).unwrap_or_default();
        if !words.is_empty() {
            self.out.push_str(&self.slot.hand.words(self.pen, words, run, starts));
        }
    }

    fn words_as_they_are(&mut self, words: &str, run: Option<&Range<usize>>) {
        self.out.push_str(&self.slot.hand.words(self.pen, words, run, false));
    }
}

impl Slot {
    /// The place of words without anything in between.
    pub fn without_spans(inner: Range<usize>, hand: Box<dyn Hand>) -> Self {
        let (lead, tail) = (String::new(), String::new());
        Self { part: 0, inner, lead, tail, inks: Vec::new(), parents: Vec::new(), hand }
    }
}
