//! Where the styles, links and footnote marks of a block go in its translation.
//!
//! The rule, of which the first that applies holds for a span:
//!
//! 1. what is around the whole text is around the whole translation, and what stands at its beginning or end stays there;
//! 2. words that the translation has too (a name, a number, code) keep what they have, at the occurrence nearest to 4.;
//! 3. where source and translation have the same number of sentences, beginnings and ends of sentences correspond, and
//!    inside a sentence 4. holds for that sentence alone;
//! 4. as far along the translation as it was along the source, at the nearest end of a word.
//!
//! Nothing overlaps afterwards and what was inside a span is inside it still. A style that finds no words is dropped; a link
//! or a mark never is: it is written as it was, at the nearest place.

use std::ops::Range;

use bimo_text::sentences;
use unicode_segmentation::UnicodeSegmentation;

use crate::block::{Block, Rewording, Span, SpanKind};

/// Bytes around the expected place in which the same words are looked for.
const SEARCHED: usize = 4096;
/// Spans up to which the same words are looked for at all.
const SEARCHED_SPANS: usize = 500;

/// Where a span goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Around these words.
    Around(Range<usize>),
    /// Here, as it was in the source.
    At(usize),
    /// Its source is part of what is written for another.
    Nowhere(usize),
}

impl Place {
    pub fn start(&self) -> usize {
        match self {
            Self::Around(range) => range.start,
            Self::At(at) | Self::Nowhere(at) => *at,
        }
    }

    pub fn end(&self) -> usize {
        match self {
            Self::Around(range) => range.end,
            Self::At(at) | Self::Nowhere(at) => *at,
        }
    }
}

/// Where each of a block's spans goes in other words. `fitting` narrows a range to one whose marks work.
pub(crate) fn places(
    block: &Block,
    parents: &[Option<usize>],
    rewording: &Rewording,
    is_copy: bool,
    fitting: &dyn Fn(&str, Range<usize>) -> Range<usize>,
) -> Vec<Place> {
    let ruler = Ruler::new(&block.text, &rewording.text);
    let fits = |place: &Range<usize>| {
        place.start <= place.end && rewording.text.get(place.clone()).is_some()
    };
    let given = rewording
        .places
        .as_ref()
        .filter(|places| places.len() == block.spans.len() && places.iter().all(fits));
    let mut settling = Settling {
        block,
        text: &rewording.text,
        parents,
        ruler: &ruler,
        is_copy,
        fitting,
        places: Vec::new(),
    };
    for (index, span) in block.spans.iter().enumerate() {
        let wanted = match given {
            Some(given) => given[index].clone(),
            None => settling.wanted(span),
        };
        let place = settling.first(index, wanted);
        settling.places.push(place);
    }
    settling.settle();
    settling.places
}

struct Settling<'a> {
    block: &'a Block,
    text: &'a str,
    parents: &'a [Option<usize>],
    ruler: &'a Ruler,
    is_copy: bool,
    fitting: &'a dyn Fn(&str, Range<usize>) -> Range<usize>,
    places: Vec<Place>,
}

impl Settling<'_> {
    /// The words of a span by the rule, not minding the others.
    fn wanted(&self, span: &Span) -> Range<usize> {
        let (range, kind) = (span.range.clone(), span.kind);
        if range == (0..self.block.text.len()) {
            return 0..self.text.len();
        }
        let near = self.ruler.map(range.start);
        if kind == SpanKind::Anchor {
            return near..near;
        }
        let words = self.block.text[range.clone()].trim();
        if self.block.spans.len() <= SEARCHED_SPANS
            && let Some(found) = nearest(self.text, words, near)
        {
            return found;
        }
        if kind == SpanKind::Verbatim { near..near } else { self.ruler.map_range(range) }
    }

    /// The wanted place as one of its kind, inside the parent's.
    fn first(&self, span: usize, wanted: Range<usize>) -> Place {
        let window = match self.parents[span].map(|parent| &self.places[parent]) {
            None => 0..self.text.len(),
            Some(Place::Around(range)) => range.clone(),
            Some(place) => return Place::Nowhere(place.start()),
        };
        let start = wanted.start.clamp(window.start, window.end);
        let end = wanted.end.clamp(start, window.end);
        match self.block.spans[span].kind {
            SpanKind::Anchor if self.is_copy => Place::Nowhere(start),
            SpanKind::Anchor => Place::At(start),
            SpanKind::Verbatim if start == end => Place::At(start),
            SpanKind::Verbatim => Place::Around(start..end),
            kind => self.around(kind, start..end),
        }
    }

    fn around(&self, kind: SpanKind, range: Range<usize>) -> Place {
        let words = &self.text[range.clone()];
        let start = range.start + words.len() - words.trim_start().len();
        let range = (self.fitting)(self.text, start..start + words.trim().len());
        if range.is_empty() && kind == SpanKind::Link {
            // In a copy the link is beside already, with its words.
            return if self.is_copy { Place::Nowhere(range.start) } else { Place::At(range.start) };
        }
        Place::Around(range)
    }

    /// Moves spans of one group apart, group after group from the outside in.
    fn settle(&mut self) {
        let mut groups = vec![Vec::new(); self.places.len() + 1];
        for (span, parent) in self.parents.iter().enumerate() {
            groups[parent.map_or(0, |parent| parent + 1)].push(span);
        }
        // A parent stands before what is inside it, so that its own place is settled first.
        for (parent, group) in groups.iter().enumerate().filter(|(_, group)| !group.is_empty()) {
            let window = match parent.checked_sub(1).map(|parent| &self.places[parent]) {
                None => 0..self.text.len(),
                Some(Place::Around(range)) => range.clone(),
                Some(place) => {
                    let at = place.start();
                    group.iter().for_each(|&span| self.places[span] = Place::Nowhere(at));
                    continue;
                }
            };
            self.settle_group(group, window);
        }
    }

    fn settle_group(&mut self, group: &[usize], window: Range<usize>) {
        let mut ranges: Vec<usize> = group
            .iter()
            .copied()
            .filter(|&span| matches!(self.places[span], Place::Around(_)))
            .collect();
        ranges.sort_by_key(|&span| self.places[span].start());
        let mut free = window.start;
        for &span in &ranges {
            let Place::Around(range) = &self.places[span] else { continue };
            let start = range.start.clamp(free, window.end);
            let end = range.end.clamp(start, window.end);
            free = end;
            let kind = self.block.spans[span].kind;
            self.places[span] = match kind {
                SpanKind::Verbatim if start == end => Place::At(start),
                SpanKind::Verbatim => Place::Around(start..end),
                kind => self.around(kind, start..end),
            };
        }
        let taken: Vec<Range<usize>> =
            ranges.iter().map(|&span| self.places[span].start()..self.places[span].end()).collect();
        let mut last = window.start;
        for &span in group {
            if let Place::At(at) = self.places[span] {
                let at = outside(&taken, at.clamp(window.start, window.end).max(last));
                last = at;
                self.places[span] = Place::At(at);
            }
        }
    }
}

/// The place itself, or the end of the range that it is inside. `taken` is sorted and does not overlap.
fn outside(taken: &[Range<usize>], at: usize) -> usize {
    let after = taken.partition_point(|range| range.end <= at);
    match taken.get(after) {
        Some(range) if range.start < at => range.end,
        _ => at,
    }
}

/// Where `words` stand nearest to a place, not as part of a longer word.
fn nearest(text: &str, words: &str, near: usize) -> Option<Range<usize>> {
    if words.is_empty() {
        return None;
    }
    let from = text.floor_char_boundary(near.saturating_sub(SEARCHED));
    let to = text.ceil_char_boundary((near + SEARCHED).min(text.len()));
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && (c as u32) < 0x2E80);
    text[from..to]
        .match_indices(words)
        .map(|(at, _)| from + at..from + at + words.len())
        .filter(|range| {
            let (before, after) =
                (text[..range.start].chars().next_back(), text[range.end..].chars().next());
            let cut_before = is_letter(before) && is_letter(words.chars().next());
            let cut_after = is_letter(after) && is_letter(words.chars().next_back());
            !cut_before && !cut_after
        })
        .min_by_key(|range| range.start.abs_diff(near))
}

/// Places of a source as places of its translation.
struct Ruler {
    /// Places that correspond, ascending in both.
    marks: Vec<(usize, usize)>,
    /// Where words of the translation begin.
    starts: Vec<usize>,
    /// Where they end.
    ends: Vec<usize>,
    /// Where they and the marks behind them end.
    stops: Vec<usize>,
}

impl Ruler {
    fn new(source: &str, target: &str) -> Self {
        let mut marks = vec![(0, 0)];
        let (from, to) = (sentences(source), sentences(target));
        if from.len() == to.len() {
            for (from, to) in from.into_iter().zip(to) {
                marks.extend([(from.start, to.start), (from.end, to.end)]);
            }
        }
        marks.push((source.len(), target.len()));
        let is_word = |word: &str| word.chars().any(char::is_alphanumeric);
        let (mut starts, mut ends, mut stops) = (Vec::new(), Vec::new(), Vec::new());
        for (at, word) in target.split_word_bound_indices().filter(|(_, w)| !w.trim().is_empty()) {
            if is_word(word) {
                starts.push(at);
                ends.push(at + word.len());
            }
            stops.push(at + word.len());
        }
        Self { marks, starts, ends, stops }
    }

    /// The end of a word or of the mark behind it that is as far along.
    fn map(&self, at: usize) -> usize {
        self.snapped(at, &self.stops)
    }

    /// The words that are as far along, at least one where there is one.
    fn map_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.snapped(range.start, &self.starts);
        let end = self.snapped(range.end, &self.ends);
        if start < end {
            return start..end;
        }
        match self.ends.iter().find(|&&end| end > start) {
            Some(&end) => start..end,
            None => self.starts.last().map_or(start..start, |&word| word..start.max(word)),
        }
    }

    fn snapped(&self, at: usize, words: &[usize]) -> usize {
        let after = self.marks.partition_point(|&(source, _)| source < at);
        let Some(&(end, target_end)) = self.marks.get(after) else { return 0 };
        if end == at || after == 0 {
            return target_end;
        }
        let (start, target_start) = self.marks[after - 1];
        let share = (at - start) as f64 / (end - start) as f64;
        let exact = target_start as f64 + share * target_end.saturating_sub(target_start) as f64;
        closest(words, exact.round() as usize)
    }
}

/// The one of some ascending places that is closest.
fn closest(places: &[usize], at: usize) -> usize {
    let after = places.partition_point(|&place| place < at);
    let around = &places[after.saturating_sub(1)..places.len().min(after + 1)];
    around.iter().copied().min_by_key(|place| place.abs_diff(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
