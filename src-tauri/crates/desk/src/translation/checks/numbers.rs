//! Numbers, in digits and in words of both languages.
//!
//! A number in digits, or one in words that nobody says by the way (`三十五`, `forty-two`), has to be on the other side
//! too. Small ones in words (`三`, `three`) are wrong only where both sides have one that the other has not: languages count
//! where the other does not (`一个`, `a`). Ordinals, months and days of the week may match, and need not.

mod chinese;
mod english;

use crate::wire::TargetLanguage;

/// How surely a number has to be on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// It has to be there.
    Strong,
    /// It must not have become another one.
    Weak,
    /// It may be there.
    Free,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Number {
    value: f64,
    weight: Weight,
}

impl Number {
    fn is(self, other: Self) -> bool {
        (self.value - other.value).abs() <= 1e-9 * self.value.abs().max(1.0)
    }
}

pub(super) fn differ(source: &str, target: &str, _: TargetLanguage) -> bool {
    let (source, target) = (numbers(source), numbers(target));
    let left = |these: &[Number], those: &[Number]| -> Vec<Weight> {
        let alone = these.iter().filter(|this| !those.iter().any(|that| this.is(*that)));
        alone.map(|number| number.weight).filter(|weight| *weight != Weight::Free).collect()
    };
    let (lost, new) = (left(&source, &target), left(&target, &source));
    lost.contains(&Weight::Strong)
        || new.contains(&Weight::Strong)
        || (!lost.is_empty() && !new.is_empty())
}

/// The numbers of a text, those in digits first, and whether each is one that nobody says by the way.
pub(crate) fn values(text: &str) -> Vec<(f64, bool)> {
    let is_sure = |number: &Number| number.weight == Weight::Strong;
    numbers(text).iter().map(|number| (number.value, is_sure(number))).collect()
}

fn numbers(text: &str) -> Vec<Number> {
    let text: String = text.chars().map(half_width).collect();
    let mut numbers = in_digits(&text);
    numbers.extend(english::numbers(&text));
    numbers.extend(chinese::numbers(&text));
    numbers
}

fn half_width(c: char) -> char {
    match c {
        '０'..='９' | '．' | '，' | '：' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// `1,234.5`, `3万`, `2 million`; not those in names such as `GPT-2`.
fn in_digits(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let before = rest[..start].trim_end_matches('-').chars().next_back();
        let found = &rest[start..];
        let length = digits(found);
        let (digits, behind) = found.split_at(length);
        if !before.is_some_and(|before| before.is_alphabetic() && before.is_ascii())
            && let Ok(value) = digits.replace(',', "").parse::<f64>()
        {
            // `the 1980s` is 八十年代 in Chinese.
            let is_decade = behind.starts_with('s') || behind.starts_with("年代");
            let weight = if is_decade { Weight::Free } else { Weight::Strong };
            numbers.push(Number { value: value * scale(behind), weight });
        }
        rest = behind;
    }
    numbers
}

/// Bytes of a number in digits, its separators included.
fn digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = 0;
    let mut has_point = false;
    while is_digit(end)
        || (matches!(bytes.get(end), Some(b',' | b'.')) && is_digit(end + 1) && !has_point)
    {
        has_point |= bytes[end] == b'.';
        // A comma stands before three digits; any other separates two numbers.
        if bytes[end] == b',' && !(is_digit(end + 2) && is_digit(end + 3) && !is_digit(end + 4)) {
            break;
        }
        end += 1;
    }
    end
}

fn scale(behind: &str) -> f64 {
    let behind = behind.trim_start();
    let units = [
        ("万亿", 1e12),
        ("亿", 1e8),
        ("百万", 1e6),
        ("千万", 1e7),
        ("万", 1e4),
        ("千", 1e3),
        ("百", 1e2),
        ("hundred", 1e2),
        ("thousand", 1e3),
        ("million", 1e6),
        ("billion", 1e9),
        ("trillion", 1e12),
    ];
    units.into_iter().find(|(unit, _)| behind.starts_with(unit)).map_or(1.0, |(_, scale)| scale)
}

#[cfg(test)]
mod tests {
    use super::super::assert_cases;
    use super::*;

    #[test]
    fn numbers_are_the_same_on_both_sides() {
        assert_cases(
            differ,
            TargetLanguage::Simplified,
            &[
                ("It cost 35 dollars.", "花了35美元。", false),
                ("It cost 35 dollars.", "花了三十五美元。", false),
                ("It cost 35 dollars.", "花了３５美元。", false),
                ("It cost 35 dollars.", "花了53美元。", true),
                ("It cost 35 dollars.", "花了很多钱。", true),
                ("It cost a lot.", "花了35美元。", true),
                ("He has 1,234.5 shares.", "他有1234.5股。", false),
                ("He has 20,000 books.", "他有两万本书。", false),
                ("2 million people", "两百万人", false),
                ("2 million people", "200万人", false),
                ("It was 1984.", "那是一九八四年。", false),
                ("It was 1984.", "那是1948年。", true),
                ("My brother has three books.", "我哥哥有三本书。", false),
                ("My brother has three books.", "我哥哥有四本书。", true),
                ("My brother has books.", "我哥哥有三本书。", false),
                ("He left at 10:30.", "他10点30分走了。", false),
                ("Ask GPT-2.", "问GPT-2。", false),
                ("forty-two men", "四十二个男人", false),
                ("forty-two men", "二十四个男人", true),
                ("three hundred and five", "三百零五", false),
                ("in the 1980s", "在八十年代", false),
            ],
        );
    }

    #[test]
    fn words_that_only_look_like_numbers_are_none() {
        assert_cases(
            differ,
            TargetLanguage::English,
            &[
                ("他十分高兴。", "He was very happy.", false),
                ("千万别去。", "Do not go.", false),
                ("四周一片漆黑。", "It was dark all around.", false),
                ("三月的一个星期五", "a Friday in March", false),
                ("一百个人", "a hundred people", false),
                ("他有两个孩子。", "He has both children.", false),
                ("他们三三两两地走。", "They went in twos and threes.", false),
                ("十几个人", "more than ten people", false),
                ("第三天", "on the third day", false),
                ("二十五年前", "twenty-five years ago", false),
                ("百分之五十", "50%", false),
                ("一千二百元", "1,200 yuan", false),
                ("一千二百元", "2,100 yuan", true),
                ("三亿五千万", "350 million", false),
            ],
        );
    }
}
