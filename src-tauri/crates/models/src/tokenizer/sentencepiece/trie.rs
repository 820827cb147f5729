//! Which pieces begin at a place of a text.

use std::collections::VecDeque;
use std::ops::Range;

/// Stands where a node ends no piece.
const NOTHING: u32 = u32::MAX;

/// A tree of bytes. The children of a node lie side by side, by their byte.
pub(super) struct Trie {
    nodes: Vec<Node>,
}

struct Node {
    byte: u8,
    children: u16,
    first_child: u32,
    value: u32,
}

impl Trie {
    /// Of texts with their values; of equal texts the first counts. Takes 12 bytes for each byte of the texts at most.
    pub fn of<'t>(texts: impl Iterator<Item = (&'t str, u32)>) -> Self {
        let mut texts: Vec<(&[u8], u32)> =
            texts.map(|(text, value)| (text.as_bytes(), value)).collect();
        texts.sort_by_key(|(text, _)| *text);
        let mut nodes = vec![Node::leaf(0)];
        let mut waiting = VecDeque::from([(0, 0..texts.len(), 0)]);
        while let Some((node, range, depth)) = waiting.pop_front() {
            let ended = texts[range.clone()].iter().take_while(|(text, _)| text.len() == depth);
            let rest = range.start + ended.count();
            if rest > range.start {
                nodes[node].value = texts[range.start].1;
            }
            nodes[node].first_child = nodes.len() as u32;
            for (byte, range) in by_byte(&texts, rest..range.end, depth) {
                nodes[node].children += 1;
                waiting.push_back((nodes.len(), range, depth + 1));
                nodes.push(Node::leaf(byte));
            }
        }
        Self { nodes }
    }

    /// Lengths and values of all texts of the tree that `text` begins with, the shortest first.
    pub fn prefixes<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, u32)> + 't {
        let nodes = text.iter().scan(0, |node, &byte| {
            *node = self.child(*node, byte)?;
            Some(self.nodes[*node].value)
        });
        nodes.enumerate().filter(|(_, value)| *value != NOTHING).map(|(at, value)| (at + 1, value))
    }

    fn child(&self, node: usize, byte: u8) -> Option<usize> {
        let Node { first_child, children, .. } = self.nodes[node];
        let first = first_child as usize;
        let found = self.nodes[first..first + usize::from(children)]
            .binary_search_by_key(&byte, |child| child.byte);
        found.ok().map(|place| first + place)
    }
}

impl Node {
    fn leaf(byte: u8) -> Self {
        Self { byte, children: 0, first_child: 0, value: NOTHING }
    }
}

/// The runs of sorted texts that have the same byte at a depth.
fn by_byte<'t>(
    texts: &'t [(&[u8], u32)],
    range: Range<usize>,
    depth: usize,
) -> impl Iterator<Item = (u8, Range<usize>)> + 't {
    let runs = texts[range.clone()].chunk_by(move |a, b| a.0[depth] == b.0[depth]);
    runs.scan(range.start, move |start, run| {
        let first = *start;
        *start += run.len();
        Some((run[0].0[depth], first..*start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_found_and_nothing_else() {
        let texts = ["雨", "a", "雨天", "abc", "b", "abd", "a"];
        let trie = Trie::of(texts.into_iter().zip(0..));
        let found = |text: &str| trie.prefixes(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found("abcd"), [(1, 1), (3, 3)]);
        assert_eq!(found("雨天b"), [(3, 0), (6, 2)]);
        assert_eq!(found("雪"), []);
        assert_eq!(found(""), []);
        assert_eq!(Trie::of(std::iter::empty()).prefixes(b"a").count(), 0);
    }
}
