//! A text as what is translated and what stands between: joined again, the two are the text, byte for byte.

use std::collections::HashMap;
use std::ops::Range;

use bimo_store::{NewSegment, Segment, SegmentChange, SegmentState};
use bimo_text::sentences;

use super::likeness::likeness;
use super::wrapping::marks_at_line_start;
use crate::wire::{SegmentFlag, TargetLanguage};

/// A sentence of more bytes is cut, so that it is translated and shown part by part.
const LONGEST_BYTES: usize = 1500;
/// A sentence that the person has translated and then changed keeps its translation where it is as much the same.
const SAME_SENTENCE: f32 = 0.5;

/// How a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Each line is a segment, empty ones too.
    Lines,
    /// Each sentence is one.
    Sentences,
}

/// A text that is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutText {
    /// What stands before the first segment.
    pub lead: String,
    /// Each with what stands behind it.
    pub segments: Vec<NewSegment>,
}

impl CutText {
    /// Cuts a text.
    pub fn of(text: &str, cut: Cut) -> Self {
        let ranges = match cut {
            Cut::Lines => lines(text),
            Cut::Sentences => sentence_ranges(text, has_words),
        };
        let starts = ranges.iter().map(|range| range.start).chain([text.len()]).skip(1);
        let segments = ranges.iter().zip(starts).map(|(range, next)| NewSegment {
            block: 0,
            source: text[range.clone()].to_owned(),
            gap: text[range.end..next].to_owned(),
        });
        let lead = ranges.first().map_or(text.len(), |first| first.start);
        Self { segments: segments.collect(), lead: text[..lead].to_owned() }
    }
}

fn lines(text: &str) -> Vec<Range<usize>> {
    let mut end = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let start = end;
        end += line.len();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    });
    lines.collect()
}

/// The bytes of each sentence that is `worth` something, without code between fences and without the marks of Markdown before it.
pub(crate) fn sentence_ranges(text: &str, worth: fn(&str) -> bool) -> Vec<Range<usize>> {
    prose(text).into_iter().flat_map(|prose| wordings(text, prose, worth)).collect()
}

/// What is not between fences of code.
fn prose(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut start, mut fence) = (Vec::new(), 0, None);
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let (at, marks) = (end, line.trim_start_matches([' ', '>']));
        end += line.len();
        let opens = ["```", "~~~"].into_iter().find(|mark| marks.starts_with(mark));
        match fence {
            None if opens.is_some() => {
                found.push(start..at);
                fence = opens;
            }
            Some(_) if opens == fence => (fence, start) = (None, end),
            _ => {}
        }
    }
    if fence.is_none() {
        found.push(start..text.len());
    }
    found
}

/// Sentences without the marks of Markdown before them.
fn wordings(
    text: &str,
    prose: Range<usize>,
    worth: fn(&str) -> bool,
) -> impl Iterator<Item = Range<usize>> {
    let found = sentences(&text[prose.clone()]).into_iter();
    let found = found.map(move |range| prose.start + range.start..prose.start + range.end);
    let wordings = found.filter_map(move |range| {
        let is_space = |c: char| c.is_whitespace() && c != '\n';
        let before = text[..range.start].trim_end_matches(is_space);
        let is_first = before.is_empty() || before.ends_with('\n');
        let marks = if is_first { marks_at_line_start(&text[range.clone()]) } else { 0 };
        let wording = range.start + marks..range.end;
        worth(&text[wording.clone()]).then_some(wording)
    });
    wordings.flat_map(move |range| short_enough(text, range))
}

pub(crate) fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn short_enough(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let (mut waiting, mut parts) = (vec![range], Vec::new());
    while let Some(range) = waiting.pop() {
        match halves(&text[range.clone()]) {
            Some((first, second)) if range.len() > LONGEST_BYTES => {
                let at = |part: Range<usize>| range.start + part.start..range.start + part.end;
                waiting.extend([at(second), at(first)]);
            }
            _ => parts.push(range),
        }
    }
    parts
}

/// Cuts a text near its middle, without the space around the cut: behind a mark or at a space where there is one in
/// its middle half, else anywhere. Nothing of a text that has no two parts.
pub(crate) fn halves(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    let middle = text.len() / 2;
    let inside = |at: usize| (text.len() / 4..=text.len() * 3 / 4).contains(&at);
    let nearest = |marks: fn(char) -> bool| {
        let ends = text.char_indices().filter(|(_, mark)| marks(*mark));
        let ends = ends.map(|(at, mark)| at + mark.len_utf8()).filter(|&at| inside(at));
        ends.min_by_key(|&at| at.abs_diff(middle))
    };
    let at = nearest(|mark| ",;:，；：、。！？!?—…".contains(mark))
        .or_else(|| nearest(char::is_whitespace))
        .or_else(|| (middle..text.len()).find(|&at| text.is_char_boundary(at)))?;
    let (first, second) = (text[..at].trim_end(), text[at..].trim_start());
    let (first, second) = (0..first.len(), text.len() - second.len()..text.len());
    (!first.is_empty() && !second.is_empty()).then_some((first, second))
}

/// What stands between two translations, where `gap` stands between their sources: line breaks and marks stay, spaces
/// are those of the language.
pub(crate) fn target_gap(gap: &str, is_last: bool, to: TargetLanguage) -> String {
    let is_space = gap.chars().all(|c| matches!(c, ' ' | '\u{3000}'));
    match (is_space && !is_last, to) {
        (true, TargetLanguage::English) => " ".to_owned(),
        (true, _) => String::new(),
        (false, TargetLanguage::English) => gap.replace("——", "— "),
        (false, _) => gap.replace("— ", "——"),
    }
}

/// What a new cut of a source changes of its segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    /// The first segment that is another one.
    pub at: usize,
    /// Segments that were there.
    pub removed: usize,
    /// Segments in their place.
    pub inserted: Vec<SegmentChange>,
}

/// Finds the segments of a new cut among the old ones: those before and behind the change, and in it every one with the
/// same sentence. What the person has made theirs survives a change of its sentence too, with a flag.
pub(crate) fn splice(old: &[Segment], new: &[NewSegment]) -> Splice {
    let same =
        |(old, new): &(&Segment, &NewSegment)| old.source == new.source && old.gap == new.gap;
    let at = old.iter().zip(new).take_while(same).count();
    let behind = old[at..].iter().rev().zip(new[at..].iter().rev()).take_while(same).count();
    let (old, new) = (&old[at..old.len() - behind], &new[at..new.len() - behind]);
    let mut by_source: HashMap<&str, Vec<&Segment>> = HashMap::new();
    for segment in old.iter().rev() {
        by_source.entry(&segment.source).or_default().push(segment);
    }
    let mut matched: Vec<Option<&Segment>> =
        new.iter().map(|new| by_source.get_mut(&new.source[..]).and_then(Vec::pop)).collect();
    // In the order of the text.
    let mut own: Vec<&Segment> =
        by_source.into_values().flatten().filter(|one| is_own(one)).collect();
    own.sort_by_key(|segment| segment.position);
    for (new, matched) in new.iter().zip(&mut matched).filter(|(_, matched)| matched.is_none()) {
        let is_like = |old: &&Segment| likeness(&old.source, &new.source) >= SAME_SENTENCE;
        if let Some(found) = own.iter().position(is_like) {
            *matched = Some(own.remove(found));
        }
    }
    let inserted = new.iter().zip(matched).map(|(new, matched)| change(new, matched)).collect();
    Splice { at, removed: old.len(), inserted }
}

fn is_own(segment: &Segment) -> bool {
    let state = segment.outcome.state;
    segment.locked || matches!(state, SegmentState::Edited | SegmentState::Confirmed)
}

fn change(new: &NewSegment, matched: Option<&Segment>) -> SegmentChange {
    match matched {
        None => SegmentChange::New(new.clone()),
        Some(old) if old.source == new.source => {
            SegmentChange::Kept { id: old.id, gap: new.gap.clone() }
        }
        Some(old) => {
            let mut flags: Vec<SegmentFlag> =
                serde_json::from_str(&old.outcome.flags).unwrap_or_default();
            if !flags.contains(&SegmentFlag::SourceChanged) {
                flags.push(SegmentFlag::SourceChanged);
            }
            SegmentChange::Reworded {
                id: old.id,
                source: new.source.clone(),
                gap: new.gap.clone(),
                flags: serde_json::to_string(&flags).unwrap_or_default(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bimo_store::{SegmentId, SegmentOutcome, TranslationId};

    use super::*;

    fn sources(text: &str) -> Vec<String> {
        let cut = CutText::of(text, Cut::Sentences);
        let whole = cut.segments.iter().map(|one| one.source.clone() + &one.gap);
        assert_eq!(cut.lead.clone() + &whole.collect::<String>(), text, "nothing is lost");
        cut.segments.into_iter().map(|segment| segment.source).collect()
    }

    #[test]
    fn marks_stand_between_sentences_and_not_in_them() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  \n\n", &[]),
            ("😀😀\n", &[]),
            ("# A Title\n\nOne. Two.\n", &["A Title", "One.", "Two."]),
            ("- one\n- two\n1. three\n", &["one", "two", "three"]),
            ("> He left.\n> > She too.\n", &["He left.", "She too."]),
            ("— Go! — he said.\n", &["Go!", "— he said."]),
            ("——走吧！\n他说。", &["走吧！", "他说。"]),
            ("　　雪停了。门开了。\r\n", &["雪停了。", "门开了。"]),
            ("Before.\n```\nlet x = 1;\n```\nAfter.", &["Before.", "After."]),
            ("One.\n\n***\n\nTwo.", &["One.", "Two."]),
            ("```\nnever closed. Really.", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(&sources(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_cut_and_nothing_is_lost() {
        let parts = sources(&"word ".repeat(200_000));
        assert!(parts.len() > 600 && parts.iter().all(|part| part.len() <= LONGEST_BYTES));
        assert!(sources(&"字".repeat(5000)).iter().all(|part| part.len() <= LONGEST_BYTES));
        assert_eq!(sources(&"😀".repeat(5000)), Vec::<String>::new());
    }

    #[test]
    fn spaces_between_sentences_are_those_of_the_language() {
        let gap = |gap, to| target_gap(gap, false, to);
        assert_eq!(gap(" ", TargetLanguage::Simplified), "");
        assert_eq!(gap("", TargetLanguage::English), " ");
        assert_eq!(gap("\n\n## ", TargetLanguage::Simplified), "\n\n## ");
        assert_eq!(gap("\n——", TargetLanguage::English), "\n— ");
        assert_eq!(gap("\n— ", TargetLanguage::Traditional), "\n——");
        assert_eq!(target_gap("", true, TargetLanguage::English), "");
    }

    fn stored(sources: &[&str]) -> Vec<Segment> {
        let cut = |source: &&str| CutText::of(source, Cut::Sentences).segments.remove(0);
        let stored = (1..).zip(sources.iter().map(cut)).map(|(id, new)| Segment {
            id: SegmentId(id),
            translation: TranslationId(1),
            position: id - 1,
            block: 0,
            source: new.source,
            gap: new.gap,
            outcome: SegmentOutcome {
                target: format!("target {id}"),
                state: SegmentState::Machine,
                confidence: None,
                alternatives: "[]".into(),
                flags: "[]".into(),
                terms: "[]".into(),
                memory: None,
            },
            locked: false,
        });
        stored.collect()
    }

    fn kept(id: u32, gap: &str) -> SegmentChange {
        SegmentChange::Kept { id: SegmentId(id), gap: gap.into() }
    }

    #[test]
    fn only_what_changed_is_another_segment() {
        let old = stored(&["One. ", "Two. ", "Three. ", "Four."]);
        let new = CutText::of("One. Two and more. Three. Four.", Cut::Sentences).segments;
        let found = splice(&old, &new);
        assert_eq!((found.at, found.removed), (1, 1));
        assert_eq!(found.inserted, [SegmentChange::New(new[1].clone())]);
        let new = CutText::of("Three. One. Two. Four.", Cut::Sentences).segments;
        let found = splice(&old, &new);
        assert_eq!(found.inserted, [kept(3, " "), kept(1, " "), kept(2, " ")]);
        let same = CutText::of("One. Two. Three. Four.", Cut::Sentences).segments;
        assert_eq!(splice(&old, &same), Splice { at: 4, removed: 0, inserted: vec![] });
    }

    #[test]
    fn the_persons_own_translation_survives_a_change_of_its_sentence() {
        let mut old = stored(&["The old man sat by the fire. ", "Two."]);
        old[0].outcome.state = SegmentState::Edited;
        let new = CutText::of("The old man sat near the fire. Two.", Cut::Sentences).segments;
        let found = splice(&old, &new);
        let [SegmentChange::Reworded { id, source, flags, .. }] = &found.inserted[..] else {
            panic!("{found:?}");
        };
        assert_eq!((id.0, &source[..]), (1, "The old man sat near the fire."));
        assert_eq!(flags, r#"["source_changed"]"#);
        let new = CutText::of("Nothing of it is left now. Two.", Cut::Sentences).segments;
        assert!(matches!(splice(&old, &new).inserted[..], [SegmentChange::New(_)]));
    }
}
