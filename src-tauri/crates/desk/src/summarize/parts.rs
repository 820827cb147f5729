//! A source that is too long for a model, cut into parts: at chapters, paragraphs or sentences, wherever it can be.

use std::ops::Range;

use super::source::Source;

/// From this share of a part on it ends with its section.
const ENOUGH_FOR_A_SECTION: usize = 3;

/// A stretch of a source that stays in one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    /// Its bytes.
    pub range: Range<usize>,
    /// What the model counts.
    pub tokens: usize,
    /// Its section.
    pub section: usize,
}

/// A part of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Its bytes.
    pub range: Range<usize>,
    /// The sections that it has something of.
    pub sections: Range<usize>,
}

/// The parts, of at most `room` tokens each; at least so many of them, where there is enough to share.
pub(super) fn plan(atoms: &[Atom], room: usize, at_least: usize) -> Vec<Stretch> {
    let all: usize = atoms.iter().map(|atom| atom.tokens).sum();
    // One that fits as a whole stays whole.
    let is_whole = at_least <= 1 && all <= room;
    let size = if at_least <= 1 { room } else { all.div_ceil(at_least).min(room) };
    let mut parts: Vec<Stretch> = Vec::new();
    let mut filled = 0;
    for atom in atoms {
        let is_full = |part: &Stretch| {
            let new_section = atom.section >= part.sections.end;
            let is_enough = new_section && filled * ENOUGH_FOR_A_SECTION >= size;
            !is_whole && (filled + atom.tokens > size || is_enough)
        };
        match parts.last_mut().filter(|part| !is_full(part)) {
            Some(part) => {
                part.range.end = atom.range.end;
                part.sections.end = atom.section + 1;
                filled += atom.tokens;
            }
            None => {
                let sections = atom.section..atom.section + 1;
                parts.push(Stretch { range: atom.range.clone(), sections });
                filled = atom.tokens;
            }
        }
    }
    parts
}

/// Neighbours together, of at most `room` tokens, given those of each; at least so many groups where that can be.
pub(super) fn groups(tokens: &[usize], room: usize, at_least: usize) -> Vec<Range<usize>> {
    let size = tokens.iter().sum::<usize>().div_ceil(at_least.max(1)).min(room);
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut filled = 0;
    for (index, tokens) in tokens.iter().enumerate() {
        match groups.last_mut().filter(|_| filled + tokens <= size) {
            Some(group) => {
                group.end = index + 1;
                filled += tokens;
            }
            None => {
                groups.push(index..index + 1);
                filled = *tokens;
            }
        }
    }
    groups
}

/// The title of a part: that of its section, or of its first and last.
pub(super) fn title(source: &Source, sections: &Range<usize>) -> String {
    let titled = source.layout.sections.get(sections.clone()).unwrap_or_default();
    let mut titles =
        titled.iter().map(|section| section.title.trim()).filter(|title| !title.is_empty());
    match (titles.next(), titles.next_back()) {
        (Some(first), Some(last)) => format!("{first} … {last}"),
        (Some(only), None) => only.to_owned(),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(sizes: &[(usize, usize)]) -> Vec<Atom> {
        let mut end = 0;
        let atom = |&(tokens, section): &(usize, usize)| {
            let start = end;
            end += tokens;
            Atom { range: start..end, tokens, section }
        };
        sizes.iter().map(atom).collect()
    }

    fn ranges(parts: &[Stretch]) -> Vec<Range<usize>> {
        parts.iter().map(|part| part.range.clone()).collect()
    }

    #[test]
    fn parts_fit_and_end_with_their_sections() {
        let book = atoms(&[(40, 0), (40, 0), (40, 0), (10, 1), (90, 2), (5, 3)]);
        let parts = plan(&book, 100, 1);
        assert_eq!(ranges(&parts), [0..80, 80..120, 120..220, 220..225]);
        assert_eq!(parts[0].sections, 0..1);
        let small: Vec<(usize, usize)> = (0..12).map(|section| (10, section)).collect();
        let parts = plan(&atoms(&small), 100, 1);
        assert_eq!(ranges(&parts), [0..40, 40..80, 80..120], "small chapters share a part");
        assert_eq!(parts[0].sections, 0..4);
        assert_eq!(plan(&book, 225, 1).len(), 1, "what fits stays whole");
    }

    #[test]
    fn as_many_parts_as_are_asked_for_where_there_is_enough() {
        let text = atoms(&[(10, 0); 12]);
        assert_eq!(plan(&text, 1000, 1).len(), 1);
        assert_eq!(plan(&text, 1000, 4).len(), 4);
        assert_eq!(plan(&text, 25, 1).len(), 6, "the room decides");
        assert_eq!(plan(&text, 1000, 99).len(), 12);
        assert!(plan(&[], 100, 3).is_empty());
    }

    #[test]
    fn neighbours_are_grouped_by_what_fits() {
        assert_eq!(groups(&[3, 3, 3, 9, 1], 6, 1), [0..2, 2..3, 3..4, 4..5]);
        assert_eq!(groups(&[3; 6], 99, 1).len(), 1);
        assert_eq!(groups(&[3; 6], 99, 3), [0..2, 2..4, 4..6]);
        assert!(groups(&[], 6, 1).is_empty());
    }
}
