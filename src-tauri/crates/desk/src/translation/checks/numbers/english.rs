//! Numbers in words of English.

use super::{Number, Weight};

const UNITS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] =
    &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: &[&str] = &[
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];
const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: &[&str] =
    &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a word adds to the number that it is part of.
enum Part {
    Add(f64),
    Times(f64),
}

fn part(word: &str) -> Option<Part> {
    let place = |list: &[&str]| list.iter().position(|known| *known == word).map(|at| at as f64);
    match word {
        "hundred" => Some(Part::Times(1e2)),
        "thousand" => Some(Part::Times(1e3)),
        "million" => Some(Part::Times(1e6)),
        "billion" => Some(Part::Times(1e9)),
        _ => place(UNITS).or_else(|| place(TENS).map(|ten| (ten + 2.0) * 10.0)).map(Part::Add),
    }
}

pub(super) fn numbers(text: &str) -> Vec<Number> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).collect();
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match in_words(&words[at..]) {
            Some((number, length)) => {
                numbers.push(number);
                at += length;
            }
            None => {
                numbers.extend(named(words[at]));
                at += 1;
            }
        }
    }
    numbers
}

/// A number that begins with the first word, and how many words it has.
fn in_words(words: &[&str]) -> Option<(Number, usize)> {
    let (mut whole, mut section, mut length) = (0.0, 0.0, 0);
    let mut parts = 0;
    while let Some(word) = words.get(length) {
        let lower = word.to_lowercase();
        match part(&lower) {
            Some(Part::Add(value)) => section += value,
            Some(Part::Times(_)) if parts == 0 => return None,
            Some(Part::Times(100.0)) => section *= 100.0,
            Some(Part::Times(scale)) => {
                whole += section * scale;
                section = 0.0;
            }
            None if lower == "and"
                && parts > 0
                && words.get(length + 1).is_some_and(is_small)
                && section >= 100.0 =>
            {
                length += 1;
                continue;
            }
            None => break,
        }
        parts += 1;
        length += 1;
    }
    let value = whole + section;
    let weight = match value {
        0.0..2.0 => Weight::Free,
        _ if parts == 1 && value <= 10.0 => Weight::Weak,
        _ => Weight::Strong,
    };
    // `one hundred` is as often said by the way as `a hundred`.
    let is_round = matches!(value, 100.0 | 1000.0 | 10_000.0);
    let weight = if is_round { Weight::Free } else { weight };
    (parts > 0).then_some((Number { value, weight }, length))
}

fn is_small(word: &&str) -> bool {
    matches!(part(&word.to_lowercase()), Some(Part::Add(_)))
}

/// Words that mean a number and are not always translated by one.
fn named(word: &str) -> Option<Number> {
    let place = |list: &[&str], word: &str| list.iter().position(|known| *known == word);
    let lower = word.to_lowercase();
    let value = match &lower[..] {
        "once" => Some(1),
        "twice" | "both" | "pair" | "couple" | "twos" => Some(2),
        "threes" => Some(3),
        "dozen" => Some(12),
        "hundred" => Some(100),
        "thousand" => Some(1000),
        "million" => Some(1_000_000),
        _ => place(ORDINALS, &lower)
            .or_else(|| place(MONTHS, word))
            .or_else(|| place(DAYS, word))
            .map(|at| at + 1),
    };
    value.map(|value| Number { value: value as f64, weight: Weight::Free })
}
