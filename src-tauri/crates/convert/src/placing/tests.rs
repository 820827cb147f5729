//! The rule of places, case by case.

use super::*;
use crate::block::Role;

/// A block whose spans are marked in its text: `[` and `]` around a style, `{` and `}` around a link, `^` for an anchor.
fn marked(text: &str) -> (Block, Vec<Option<usize>>) {
    let (mut plain, mut spans, mut parents) = (String::new(), Vec::<Span>::new(), Vec::new());
    let mut open: Vec<usize> = Vec::new();
    for mark in text.chars() {
        let here = plain.len();
        let kind = match mark {
            '[' => SpanKind::Style,
            '{' => SpanKind::Link,
            '^' => SpanKind::Anchor,
            ']' | '}' => {
                spans[open.pop().unwrap()].range.end = here;
                continue;
            }
            _ => {
                plain.push(mark);
                continue;
            }
        };
        parents.push(open.last().copied());
        if kind != SpanKind::Anchor {
            open.push(spans.len());
        }
        spans.push(Span { range: here..here, kind });
    }
    (Block { text: plain, role: Role::Paragraph, chapter: 0, spans }, parents)
}

/// The translation with its spans marked in the same way; a link that is written as it was is `{}`.
fn placed(source: &str, target: &str) -> String {
    let (block, parents) = marked(source);
    let places = places(&block, &parents, &target.into(), false, &|_, range| range);
    let mut marks = Vec::new();
    for (index, (place, span)) in places.iter().zip(&block.spans).enumerate() {
        let (open, close) = if span.kind == SpanKind::Link { ("{", "}") } else { ("[", "]") };
        match place {
            Place::Around(range) if range.is_empty() => {}
            Place::Around(range) => {
                marks.push((range.start, 1, index as isize, open));
                marks.push((range.end, 0, -(index as isize), close));
            }
            Place::At(at) => {
                let mark = if span.kind == SpanKind::Link { "{}" } else { "^" };
                marks.push((*at, 1, index as isize, mark));
            }
            Place::Nowhere(_) => {}
        }
    }
    marks.sort();
    let mut out = target.to_owned();
    marks.iter().rev().for_each(|(at, _, _, mark)| out.insert_str(*at, mark));
    out
}

#[test]
fn spans_go_where_the_rule_says() {
    let cases = [
        // Around the whole.
        ("[He left.]", "他走了。", "[他走了。]"),
        // The same words, in another order.
        (
            "{Paris} is older than {Berlin}.",
            "柏林（Berlin）没有巴黎（Paris）古老。",
            "柏林（{Berlin}）没有巴黎（{Paris}）古老。",
        ),
        // No part of a longer word.
        ("[he] saw it", "there he", "there [he]"),
        // Sentences correspond.
        (
            "He left. [She stayed.] It rained.",
            "他走了。她留下来了。下雨了。",
            "他走了。[她留下来了。]下雨了。",
        ),
        (
            "He left.^ She stayed for a very long time.",
            "他走了。她待了很久。",
            "他走了。^她待了很久。",
        ),
        // As far along.
        ("one two [three] four", "aaa bbb ccc ddd", "aaa bbb [ccc] ddd"),
        ("^one two", "一二", "^一二"),
        ("one two^", "一二", "一二^"),
    ];
    for (source, target, expected) in cases {
        assert_eq!(placed(source, target), expected, "{source}");
    }
}

#[test]
fn what_is_inside_stays_inside_and_nothing_overlaps() {
    assert_eq!(placed("a [b {c d} e] f", "u v w x y z"), "u [v {w x} y] z");
    assert_eq!(placed("[a b] [c d]", "x"), "[x]");
    assert_eq!(placed("a [^b] c", "x y z"), "x [^y] z");
}

#[test]
fn a_link_without_words_is_written_as_it_was() {
    assert_eq!(placed("{a} {b} {c}", "x").matches('{').count(), 3);
    assert_eq!(placed("see {this}", "").matches('{').count(), 1);
    assert_eq!(placed("^ a ^ b ^", "").matches('^').count(), 3);
}

#[test]
fn given_places_are_taken_where_they_fit() {
    let (block, parents) = marked("the [red] house");
    let place = |ranges: &[(usize, usize)]| {
        let ranges = ranges.iter().map(|&(start, end)| start..end).collect();
        let rewording = Rewording { text: "红房子".into(), places: Some(ranges) };
        super::places(&block, &parents, &rewording, false, &|_, range| range).remove(0)
    };
    assert_eq!(place(&[(0, 3)]), Place::Around(0..3));
    // Not at a character, outside, too many: the rule decides.
    let by_rule = places(&block, &parents, &"红房子".into(), false, &|_, range| range).remove(0);
    for wrong in [&[(0, 2)][..], &[(0, 300)], &[(0, 3), (0, 3)]] {
        assert_eq!(place(wrong), by_rule);
    }
}
