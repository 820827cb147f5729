//! Who wrote which characters: stretches that a model wrote, kept through edits.

use std::cmp::{max, min};

use crate::{TextEdit, Utf16Offset};

/// A stretch that a model wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorSpan {
    /// First place.
    pub from: Utf16Offset,
    /// One past the last.
    pub to: Utf16Offset,
    /// The generation that wrote it.
    pub generation: u32,
}

/// All model-written stretches of a text. What the person typed is in none of them.
///
/// **Invariant**: in order, none empty, none overlapping, and two that touch are of different generations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Authorship(Vec<AuthorSpan>);

impl Authorship {
    /// Puts spans in order for a text of `length` units. What reaches past its end is cut off; where two overlap, the
    /// one that begins first keeps the place.
    pub fn new(mut spans: Vec<AuthorSpan>, length: u32) -> Self {
        spans.sort_by_key(|span| span.from);
        let mut authorship = Self::default();
        for span in spans {
            let free = authorship.0.last().map_or(0, |last| last.to.0);
            authorship.push(max(span.from.0, free), min(span.to.0, length), span.generation);
        }
        authorship
    }

    /// The spans in order.
    pub fn spans(&self) -> &[AuthorSpan] {
        &self.0
    }

    /// Follows one edit: what it removes is nobody's, what it inserts belongs to its generation or to the person.
    pub fn apply(&mut self, edit: &TextEdit) {
        let (from, to, inserted) = (edit.from.0, edit.to.0, edit.inserted());
        let behind = |place: u32| place - (to - from) + inserted;
        let mut edited = Self(Vec::with_capacity(self.0.len() + 2));
        for span in &self.0 {
            edited.push(span.from.0, min(span.to.0, from), span.generation);
        }
        if let Some(generation) = edit.generation {
            edited.push(from, from + inserted, generation);
        }
        for span in self.0.iter().filter(|span| span.to.0 > to) {
            edited.push(behind(max(span.from.0, to)), behind(span.to.0), span.generation);
        }
        *self = edited;
    }

    /// Adds a span behind all others.
    fn push(&mut self, from: u32, to: u32, generation: u32) {
        if from >= to {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.to.0 == from && last.generation == generation => {
                last.to = Utf16Offset(to);
            }
            _ => {
                self.0.push(AuthorSpan { from: Utf16Offset(from), to: Utf16Offset(to), generation })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(from: u32, to: u32, generation: u32) -> AuthorSpan {
        AuthorSpan { from: Utf16Offset(from), to: Utf16Offset(to), generation }
    }

    fn edit(from: u32, to: u32, insert: &str, generation: Option<u32>) -> TextEdit {
        TextEdit {
            from: Utf16Offset(from),
            to: Utf16Offset(to),
            insert: insert.to_owned(),
            generation,
        }
    }

    fn check(spans: &[AuthorSpan], edit: &TextEdit, expected: &[AuthorSpan]) {
        let mut authorship = Authorship::new(spans.to_vec(), 100);
        authorship.apply(edit);
        assert_eq!(authorship.spans(), expected, "{edit:?}");
    }

    #[test]
    fn typing_inside_a_model_span_splits_it() {
        check(&[span(2, 8, 1)], &edit(5, 5, "我", None), &[span(2, 5, 1), span(6, 9, 1)]);
    }

    #[test]
    fn typing_beside_a_model_span_leaves_it_whole() {
        check(&[span(2, 8, 1)], &edit(2, 2, "ab", None), &[span(4, 10, 1)]);
        check(&[span(2, 8, 1)], &edit(8, 8, "ab", None), &[span(2, 8, 1)]);
    }

    #[test]
    fn a_generation_that_goes_on_stays_one_span() {
        check(&[span(2, 8, 1)], &edit(8, 8, "😀", Some(1)), &[span(2, 10, 1)]);
        check(&[span(2, 8, 1)], &edit(8, 8, "b", Some(2)), &[span(2, 8, 1), span(8, 9, 2)]);
    }

    #[test]
    fn deleting_closes_the_gap() {
        check(&[span(2, 4, 1), span(6, 8, 1)], &edit(4, 6, "", None), &[span(2, 6, 1)]);
        check(&[span(2, 4, 1), span(6, 8, 2)], &edit(0, 9, "", None), &[]);
        check(&[span(2, 8, 1)], &edit(4, 12, "x", None), &[span(2, 4, 1)]);
    }

    #[test]
    fn spans_from_outside_are_put_in_order() {
        let given =
            vec![span(6, 30, 2), span(1, 3, 1), span(3, 5, 1), span(4, 8, 3), span(9, 9, 4)];
        let authorship = Authorship::new(given, 20);
        assert_eq!(authorship.spans(), [span(1, 5, 1), span(5, 8, 3), span(8, 20, 2)]);
    }

    proptest! {
        #[test]
        fn agrees_with_an_author_for_each_unit(
            edits in prop::collection::vec((0usize..40, 0usize..12, "[a-c]{0,8}", prop::option::of(1u32..4)), 0..20)
        ) {
            let mut authors: Vec<Option<u32>> = vec![None; 20];
            let mut authorship = Authorship::default();
            for (from, length, insert, generation) in edits {
                let from = from.min(authors.len());
                let to = (from + length).min(authors.len());
                authors.splice(from..to, insert.chars().map(|_| generation));
                authorship.apply(&edit(from as u32, to as u32, &insert, generation));
            }
            let mut expected: Vec<AuthorSpan> = Vec::new();
            for (at, author) in authors.iter().enumerate() {
                let at = at as u32;
                match (author, expected.last_mut()) {
                    (Some(generation), Some(last)) if last.to.0 == at && last.generation == *generation => {
                        last.to.0 += 1;
                    }
                    (Some(generation), _) => expected.push(span(at, at + 1, *generation)),
                    (None, _) => {}
                }
            }
            prop_assert_eq!(authorship.spans(), expected);
        }
    }
}
