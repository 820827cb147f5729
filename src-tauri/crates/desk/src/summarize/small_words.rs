//! Words that say nothing of what a text is about: a sentence is not alike to another because both have them.
//!
//! A long sentence has more of them than a short one, and one that has many is like every other: counted, they would
//! make the longest sentences the most central. TextRank leaves them out for the same reason (Mihalcea and Tarau 2004).

use std::collections::HashSet;
use std::sync::LazyLock;

use bimo_text::is_han;

/// In small letters; what is left of contractions (`don t`, `we ll`) too.
const ENGLISH: &str = "
    a about above after again against all also although always am among an and any anybody anyone anything are aren around as
    at away back be because been before behind being below beside besides between beyond both but by can cannot could couldn
    did didn do does doesn doing don done down during each either else enough even ever every everybody everyone everything
    few for from further had hadn has hasn have haven having he her here hers herself him himself his how however i if in into
    is isn it its itself just least less let like ll many may me might mine more most much must my myself near neither never
    no nobody none nor not nothing now of off often on once one only onto or other others our ours ourselves out over own per
    perhaps quite rather re s said same say says shall she should shouldn since so some somebody someone something still such
    t than that the their theirs them themselves then there therefore these they this those though through thus till to
    together too toward towards two under until up upon us ve very was wasn we well were weren what when where whether which
    while who whoever whole whom whose why will with within without won would wouldn yet you your yours yourself yourselves";

/// Simplified and traditional. Characters that are also parts of nouns (地, 会, 上, 中) are none of them.
const HAN: &str = "的了吗嗎呢吧啊呀是在和也就都而及与與但或又还還很更这這那我你您他她它们們之其把被让讓给給从從跟比为為因\
                   所个個一不没沒有说說么麼什谁誰哪每";

static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.split_whitespace().collect());
static CHARACTERS: LazyLock<HashSet<char>> = LazyLock::new(|| HAN.chars().collect());

/// True for a term of the index ([`bimo_text::search::index_terms`]) that says nothing: a small word, a pair of Han
/// characters of which one is such a word, or the last character of a run, which the pair before it has.
pub(super) fn is_small(term: &str) -> bool {
    let mut characters = term.chars();
    match (characters.next(), characters.next()) {
        (Some(first), second) if is_han(first) => {
            second.is_none_or(|second| [first, second].iter().any(|c| CHARACTERS.contains(c)))
        }
        _ => WORDS.contains(term),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_words_are_told_in_both_languages() {
        for small in ["the", "don", "他们", "的人", "老了", "船"] {
            assert!(is_small(small), "{small}");
        }
        for word in ["ferry", "地铁", "会议", "上海", "1987", "lamp"] {
            assert!(!is_small(word), "{word}");
        }
    }
}
