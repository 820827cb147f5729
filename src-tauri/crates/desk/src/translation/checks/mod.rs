//! Whether a translation left something out: pure functions over a sentence and its translation.
//!
//! They decide only what can be decided by looking: numbers, names in another script, quotations, lengths, loops, and
//! words that were not translated. What fails is tried again and then flagged; nothing is hidden.

mod lengths;
pub(crate) mod numbers;
pub(crate) mod words;

use crate::wire::{SegmentFlag, TargetLanguage};

/// Whether something is wrong with a source's translation into a language.
type Fails = fn(&str, &str, TargetLanguage) -> bool;

/// Everything that looks wrong with a translation, in the order of the flags.
pub(crate) fn check(source: &str, target: &str, to: TargetLanguage) -> Vec<SegmentFlag> {
    let checks: [(SegmentFlag, Fails); 7] = [
        (SegmentFlag::Numbers, numbers::differ),
        (SegmentFlag::Names, words::lack_names),
        (SegmentFlag::Quotes, words::quote_differently),
        (SegmentFlag::TooShort, lengths::too_short),
        (SegmentFlag::TooLong, lengths::too_long),
        (SegmentFlag::Repeats, lengths::repeats),
        (SegmentFlag::Untranslated, words::untranslated),
    ];
    let failed = checks.into_iter().filter(|(_, fails)| fails(source, target, to));
    failed.map(|(flag, _)| flag).collect()
}

/// The case table of a check: source, target, whether it fails.
#[cfg(test)]
fn assert_cases(fails: Fails, to: TargetLanguage, cases: &[(&str, &str, bool)]) {
    for (source, target, expected) in cases {
        assert_eq!(fails(source, target, to), *expected, "{source} -> {target}");
    }
}
