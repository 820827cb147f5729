//! Which language a text is in, which one is to be written, and the two scripts of Chinese.

use std::sync::LazyLock;

use bimo_text::{is_han, is_kana};
use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

use crate::wire::{SourceLanguage, TargetLanguage};

/// Han characters that stand for a word of English, when the two are weighed.
const HAN_PER_WORD: f64 = 1.6;
/// From this share on a language is more than a few words in a text of the other.
const MIXED_SHARE: f64 = 0.25;
/// Characters that are looked at to tell the scripts apart, and to name a language.
const SAMPLE: usize = 2000;
/// Fewer letters than these do not tell English from its neighbours.
const LETTERS_TO_TELL: usize = 60;

static TO_SIMPLIFIED: LazyLock<Option<OpenCC>> = LazyLock::new(|| converter(BuiltinConfig::T2s));
static TO_TRADITIONAL: LazyLock<Option<OpenCC>> = LazyLock::new(|| converter(BuiltinConfig::S2t));

fn converter(config: BuiltinConfig) -> Option<OpenCC> {
    let made = OpenCC::from_config(config);
    made.inspect_err(|error| tracing::error!(%error, "the script tables cannot be read")).ok()
}

/// In simplified characters.
pub(crate) fn to_simplified(text: &str) -> String {
    TO_SIMPLIFIED.as_ref().map_or_else(|| text.to_owned(), |tables| tables.convert(text))
}

/// In traditional characters.
pub(crate) fn to_traditional(text: &str) -> String {
    TO_TRADITIONAL.as_ref().map_or_else(|| text.to_owned(), |tables| tables.convert(text))
}

/// True where a Chinese text has more characters that only the traditional script has than the other way round.
pub(crate) fn is_traditional(text: &str) -> bool {
    let han: String = text.chars().filter(|c| is_han(*c)).take(SAMPLE).collect();
    let changed = |other: &str| han.chars().zip(other.chars()).filter(|(a, b)| a != b).count();
    let (traditional, simplified) = (changed(&to_simplified(&han)), changed(&to_traditional(&han)));
    traditional > simplified
}

/// What a text has, as far as languages go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Letters {
    han: usize,
    kana: usize,
    latin: usize,
    words: usize,
    other: usize,
}

impl Letters {
    fn of(text: &str) -> Self {
        let mut letters = Self::default();
        let mut in_word = false;
        for c in text.chars() {
            let latin = is_latin(c);
            letters.words += usize::from(latin && !in_word);
            in_word = latin || (in_word && matches!(c, '\'' | '’' | '-'));
            match c {
                _ if latin => letters.latin += 1,
                _ if is_han(c) => letters.han += 1,
                _ if is_kana(c) => letters.kana += 1,
                _ if c.is_alphabetic() => letters.other += 1,
                _ => {}
            }
        }
        letters
    }

    /// A Chinese sentence has few words in Latin letters, an English one fewer Han characters than words.
    fn is_rather_chinese(self) -> bool {
        self.han >= self.words
    }

    fn is_empty(self) -> bool {
        self.han + self.kana + self.words + self.other == 0
    }

    /// Japanese has Han and kana side by side.
    fn is_of_other_script(self) -> bool {
        self.other > self.han + self.latin || self.kana * 5 > self.han
    }

    /// How much of the text is Chinese, from 0 to 1.
    fn chinese_share(self) -> f64 {
        let chinese = self.han as f64 / HAN_PER_WORD;
        chinese / (chinese + self.words as f64).max(f64::MIN_POSITIVE)
    }
}

/// True for letters of the Latin alphabet, those with marks too.
pub(crate) fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
        || (c.is_alphabetic() && matches!(c, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}'))
}

/// What a text is written in.
pub(crate) fn detect(text: &str) -> SourceLanguage {
    let letters = Letters::of(text);
    if letters.is_empty() {
        return SourceLanguage::Unknown;
    }
    if letters.is_of_other_script() {
        return SourceLanguage::Other;
    }
    let share = letters.chinese_share();
    if share < MIXED_SHARE {
        return if is_english(text, letters.latin) {
            SourceLanguage::English
        } else {
            SourceLanguage::Other
        };
    }
    match share <= 1.0 - MIXED_SHARE {
        true => SourceLanguage::Mixed,
        false if is_traditional(text) => SourceLanguage::Traditional,
        false => SourceLanguage::Simplified,
    }
}

/// True for a text without any letters, and for one in letters that are neither Latin nor Chinese.
pub(crate) fn is_of_other_script(text: &str) -> bool {
    let letters = Letters::of(text);
    letters.is_empty() || letters.is_of_other_script()
}

fn is_english(text: &str, latin: usize) -> bool {
    if latin < LETTERS_TO_TELL {
        return true;
    }
    let sample: String = text.chars().take(SAMPLE).collect();
    let found = whatlang::detect(&sample);
    found.is_none_or(|found| !found.is_reliable() || found.lang() == whatlang::Lang::Eng)
}

/// The language to write: the other one than a text's own.
pub(crate) fn other_than(text: &str) -> TargetLanguage {
    match detect(text) {
        SourceLanguage::Simplified | SourceLanguage::Traditional => TargetLanguage::English,
        SourceLanguage::Mixed if Letters::of(text).is_rather_chinese() => TargetLanguage::English,
        _ => TargetLanguage::Simplified,
    }
}

/// What is to be done with a sentence on its way into a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The model is asked.
    Translation,
    /// It is in the language already, or has no words.
    Nothing,
    /// It is in a script that the models do not read.
    Unreadable,
}

/// Whether a sentence needs a model on its way into a language.
pub(crate) fn need_of(sentence: &str, to: TargetLanguage) -> Need {
    let Letters { han, kana, words, other, .. } = Letters::of(sentence);
    let foreign = other + kana;
    let source = match to {
        TargetLanguage::English => han,
        TargetLanguage::Simplified | TargetLanguage::Traditional => words,
    };
    match source {
        0 if foreign > 0 && foreign > han + words => Need::Unreadable,
        0 => Need::Nothing,
        _ if foreign > 2 * (han + words) => Need::Unreadable,
        _ => Need::Translation,
    }
}

impl TargetLanguage {
    /// `en-zh` or `zh-en`; what is written in traditional characters is `en-zh-Hant`.
    pub fn direction(self) -> &'static str {
        match self {
            Self::English => "zh-en",
            Self::Simplified => "en-zh",
            Self::Traditional => "en-zh-Hant",
        }
    }

    /// The other language than a text's own, by its letters.
    pub fn other_than(text: &str) -> Self {
        other_than(text)
    }

    pub(crate) fn is_chinese(self) -> bool {
        self != Self::English
    }

    /// The name under which it is kept.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Simplified => "zh-Hans",
            Self::Traditional => "zh-Hant",
        }
    }

    /// The other way round.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "en" => Self::English,
            "zh-Hant" => Self::Traditional,
            _ => Self::Simplified,
        }
    }

    /// What models call it, the wanted names first. What they write is brought into the wanted script.
    pub(crate) fn model_names(self) -> &'static [&'static str] {
        match self {
            Self::English => &["en", "eng"],
            _ => &["zh", "cmn_Hans", "zho_Hans", "zh_Hans", "zho", "cmn", "zh_cn"],
        }
    }
}

impl SourceLanguage {
    /// The name under which it is kept.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Simplified => "zh-Hans",
            Self::Traditional => "zh-Hant",
            Self::Mixed => "mixed",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// The other way round.
    pub(crate) fn named(name: &str) -> Self {
        let all = [Self::English, Self::Simplified, Self::Traditional, Self::Mixed, Self::Other];
        all.into_iter().find(|language| language.name() == name).unwrap_or(Self::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_told_by_its_letters() {
        let cases = [
            ("It rained all day.", SourceLanguage::English),
            ("雨下了一整天。", SourceLanguage::Simplified),
            ("他們說過會來這裡。", SourceLanguage::Traditional),
            ("皇后走了，他们还在说话。", SourceLanguage::Simplified),
            ("他说 hello world，然后 walked away slowly。", SourceLanguage::Mixed),
            ("我用 Rust 写了一个很小的程序给自己用。", SourceLanguage::Simplified),
            ("Дождь шёл весь день.", SourceLanguage::Other),
            ("مرحبا بالعالم", SourceLanguage::Other),
            ("雨が一日中降っていました。", SourceLanguage::Other),
            (
                "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se fermaient.",
                SourceLanguage::Other,
            ),
            ("😀😀 … 3.14", SourceLanguage::Unknown),
            ("", SourceLanguage::Unknown),
        ];
        for (text, expected) in cases {
            assert_eq!(detect(text), expected, "{text}");
        }
    }

    #[test]
    fn the_language_to_write_is_the_other_one() {
        let cases = [
            ("It rained all day.", TargetLanguage::Simplified),
            ("雨下了一整天。", TargetLanguage::English),
            ("他說過會來。", TargetLanguage::English),
            ("他说 hello world。", TargetLanguage::English),
            ("123", TargetLanguage::Simplified),
        ];
        for (text, expected) in cases {
            assert_eq!(TargetLanguage::other_than(text), expected, "{text}");
        }
    }

    /// Pairs as OpenCC's own documentation has them: one character has several counterparts, words decide.
    #[test]
    fn scripts_turn_by_words_and_not_by_characters() {
        for (simplified, traditional) in [
            ("皇后在后面", "皇后在後面"),
            ("头发发现", "頭髮發現"),
            ("干杯，干燥，干部", "乾杯，乾燥，幹部"),
            ("里程碑在房间里", "里程碑在房間裏"),
        ] {
            assert_eq!(to_traditional(simplified), traditional);
            assert_eq!(to_simplified(traditional), simplified);
        }
    }

    #[test]
    fn a_model_is_asked_only_where_there_is_something_to_translate() {
        let english = TargetLanguage::English;
        let chinese = TargetLanguage::Simplified;
        for (sentence, to, expected) in [
            ("下雨了。", english, Need::Translation),
            ("下雨了。", chinese, Need::Nothing),
            ("It rained.", english, Need::Nothing),
            ("他说 hello。", chinese, Need::Translation),
            ("12.5", chinese, Need::Nothing),
            ("Дождь идёт.", chinese, Need::Unreadable),
            ("雨が降っていました。", english, Need::Unreadable),
            ("مرحبا OK", chinese, Need::Unreadable),
        ] {
            assert_eq!(need_of(sentence, to), expected, "{sentence} {to:?}");
        }
    }
}
