//! Changes to a text, made at once.

use std::collections::BTreeMap;
use std::ops::Range;

/// Stretches of a text and what stands there instead. None overlaps another.
#[derive(Debug, Default)]
pub(crate) struct Splices {
    by_start: BTreeMap<(usize, usize), String>,
}

impl Splices {
    pub fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// Puts `text` in the place of a stretch. What was to change inside it must have been taken out before.
    pub fn replace(&mut self, range: Range<usize>, text: String) {
        self.by_start.entry((range.start, range.end)).or_default().push_str(&text);
    }

    /// A stretch of the source with its changes, which are then no longer waiting.
    pub fn take(&mut self, source: &str, range: Range<usize>) -> String {
        let inside: Vec<_> = self
            .by_start
            .range((range.start, 0)..=(range.end, usize::MAX))
            .map(|(&key, _)| key)
            .filter(|&(_, end)| end <= range.end)
            .collect();
        let mut text = String::new();
        let mut at = range.start;
        for (start, end) in inside {
            let change = self.by_start.remove(&(start, end)).unwrap_or_default();
            text.push_str(source.get(at..start).unwrap_or_default());
            text.push_str(&change);
            at = at.max(end);
        }
        text.push_str(source.get(at..range.end).unwrap_or_default());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_inside_a_stretch_are_taken_with_it() {
        let mut splices = Splices::default();
        splices.replace(0..1, "A".into());
        splices.replace(2..3, "C".into());
        splices.replace(3..3, "+".into());
        assert_eq!(splices.take("abcdef", 1..5), "bC+de");
        assert_eq!(splices.take("abcdef", 0..6), "Abcdef");
        assert!(splices.is_empty());
    }
}
