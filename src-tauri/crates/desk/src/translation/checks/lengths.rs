//! Lengths and loops.

use bimo_text::is_han;

use super::super::language::is_latin;
use crate::wire::TargetLanguage;

/// Han characters that a word of English becomes, in the mean.
const HAN_PER_WORD: f32 = 1.6;
/// A translation under this share of what is expected lacks something.
const SHORTEST: f32 = 0.4;
/// One over this many times of it says too much.
const LONGEST: f32 = 2.5;
/// Words of English by which any sentence may differ: short ones say little about lengths.
const LEEWAY: f32 = 4.0;
/// Longest loop that is looked for, in words or Han characters.
const LONGEST_LOOP: usize = 12;

/// Length in words of English.
fn words(text: &str) -> f32 {
    units(text)
        .iter()
        .map(|unit| if unit.starts_with(is_han) { 1.0 / HAN_PER_WORD } else { 1.0 })
        .sum()
}

/// Words, and single Han characters.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut word_is_open = false;
    for c in text.chars() {
        let is_letter = c.is_alphanumeric() || matches!(c, '\'' | '’');
        match units.last_mut() {
            Some(word) if is_letter && !is_han(c) && word_is_open => word.extend(c.to_lowercase()),
            _ if is_letter => units.push(c.to_lowercase().collect()),
            _ => {}
        }
        word_is_open = is_letter && !is_han(c);
    }
    units
}

pub(super) fn too_short(source: &str, target: &str, _: TargetLanguage) -> bool {
    let (source, target) = (words(source), words(target));
    target < source * SHORTEST && source - target > LEEWAY || (source > 0.0 && target == 0.0)
}

pub(super) fn too_long(source: &str, target: &str, _: TargetLanguage) -> bool {
    let (source, target) = (words(source), words(target));
    target > source * LONGEST && target - source > LEEWAY
}

/// The same again and again, where the source does not say it again and again.
pub(super) fn repeats(source: &str, target: &str, _: TargetLanguage) -> bool {
    let loops = |text| {
        let units = units(text);
        (1..=LONGEST_LOOP).any(|period| is_loop(&units, period))
    };
    loops(target) && !loops(source)
}

/// True where a run of `period` units comes three times in a row; a single one more often.
fn is_loop(units: &[String], period: usize) -> bool {
    let times = match period {
        1 if units.iter().any(|unit| unit.starts_with(is_latin)) => 3,
        1 => 4,
        _ => 3,
    };
    let wanted = period * (times - 1);
    let mut same = 0;
    units.iter().zip(units.iter().skip(period)).any(|(unit, later)| {
        same = if unit == later { same + 1 } else { 0 };
        same >= wanted
    })
}

#[cfg(test)]
mod tests {
    use super::super::assert_cases;
    use super::*;

    #[test]
    fn a_translation_is_about_as_long_as_its_source() {
        let long = "At the end of Willow Lane stood the youngest street lamp in town.";
        assert_cases(
            too_short,
            TargetLanguage::Simplified,
            &[
                (long, "柳巷的尽头立着全镇最年轻的一盏路灯。", false),
                (long, "柳巷的尽头。", true),
                (long, "", true),
                ("Yes.", "是。", false),
                ("I do not know.", "不知道。", false),
            ],
        );
        assert_cases(
            too_long,
            TargetLanguage::English,
            &[
                ("柳巷的尽头立着全镇最年轻的一盏路灯。", long, false),
                ("是。", "Yes, it is.", false),
                ("他走了。", "He left and then he went to the house and saw the man there.", true),
            ],
        );
    }

    #[test]
    fn a_loop_is_seen_unless_the_source_has_one() {
        assert_cases(
            repeats,
            TargetLanguage::English,
            &[
                ("他走了。", "He went to the, to the, to the, to the end.", true),
                ("他走了。", "no no no", true),
                ("不，不，不，不！", "No, no, no, no!", false),
                ("他一步一步地走。", "He went step by step.", false),
                ("他走了。", "He left the man and the boy and the dog.", false),
            ],
        );
        assert_cases(
            repeats,
            TargetLanguage::Simplified,
            &[
                ("He laughed.", "他笑了，他笑了，他笑了。", true),
                ("He laughed.", "哈哈哈，他笑了。", false),
                ("Ha ha ha ha!", "哈哈哈哈！", false),
            ],
        );
    }
}
