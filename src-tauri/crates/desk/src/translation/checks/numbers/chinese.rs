//! Numbers in Chinese numerals.

use super::{Number, Weight};

/// Words with numerals in them that count nothing.
const NO_NUMBERS: &[&str] = &[
    "三三两两",
    "四面八方",
    "五颜六色",
    "七上八下",
    "乱七八糟",
    "九牛一毛",
    "不三不四",
    "接二连三",
    "三心二意",
    "一五一十",
    "千方百计",
    "十全十美",
    "百分之",
    "十分",
    "十足",
    "十字",
    "万一",
    "千万别",
    "千万不",
    "千万要",
    "四周",
    "四处",
    "四季",
    "五官",
    "八卦",
    "百姓",
    "万物",
    "万岁",
    "三角",
    "二手",
    "两旁",
    "两边",
];

fn digit(c: char) -> Option<u64> {
    let digits = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    match c {
        '〇' => Some(0),
        '两' | '兩' => Some(2),
        _ => digits.iter().position(|digit| *digit == c).map(|at| at as u64),
    }
}

fn unit(c: char) -> Option<u64> {
    match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        '万' | '萬' => Some(10_000),
        '亿' | '億' => Some(100_000_000),
        _ => None,
    }
}

fn is_numeral(c: char) -> bool {
    digit(c).is_some() || unit(c).is_some()
}

pub(super) fn numbers(text: &str) -> Vec<Number> {
    let text = NO_NUMBERS.iter().fold(text.to_owned(), |text, word| text.replace(word, "，"));
    let mut numbers = Vec::new();
    let mut rest = &text[..];
    while let Some(start) = rest.find(is_numeral) {
        let before = &rest[..start];
        let found = &rest[start..];
        let end = found.find(|c| !is_numeral(c)).unwrap_or(found.len());
        let (run, behind) = found.split_at(end);
        // 几十 and 十几 are no number; the digits before 万 have been read with it.
        let is_vague =
            before.ends_with(['几', '数', '好']) || behind.starts_with(['几', '多', '来']);
        let is_scale = before.ends_with(|c: char| c.is_ascii_digit());
        if !is_vague && !is_scale {
            numbers.extend(number(run, before, behind));
        }
        rest = behind;
    }
    numbers
}

fn number(run: &str, before: &str, behind: &str) -> Option<Number> {
    let chars: Vec<char> = run.chars().collect();
    let is_name = before.ends_with(['周', '期', '拜', '第', '初'])
        || behind.starts_with('月')
        || behind.starts_with("年代");
    let free = |value: u64| Some(Number { value: value as f64, weight: Weight::Free });
    let strong = |value: u64| Some(Number { value: value as f64, weight: Weight::Strong });
    match chars[..] {
        [only] => match (digit(only), only) {
            (Some(value), _) if is_name || value < 2 => free(value),
            (Some(value), _) => Some(Number { value: value as f64, weight: Weight::Weak }),
            (None, '十') if is_name => free(10),
            (None, '十') => Some(Number { value: 10.0, weight: Weight::Weak }),
            _ => None,
        },
        _ if chars.iter().all(|c| digit(*c).is_some()) => {
            // 一九八四年; three or four is 三四.
            let is_year =
                chars.len() == 4 && (behind.starts_with('年') || run.contains(['〇', '零']));
            let value = chars.iter().fold(0, |value, c| value * 10 + digit(*c).unwrap_or(0));
            if is_year || (chars.len() > 2 && run.contains(['〇', '零'])) {
                strong(value)
            } else {
                None
            }
        }
        ['一', unit_only] => unit(unit_only).and_then(free),
        [first, ..] if digit(first).is_some() || first == '十' => {
            let value = value_of(&chars)?;
            if is_name { free(value) } else { strong(value) }
        }
        _ => None,
    }
}

/// 三亿五千万, 一千二百: nothing where it does not fit together.
fn value_of(chars: &[char]) -> Option<u64> {
    let (mut whole, mut section, mut open) = (0u64, 0u64, None);
    for &c in chars {
        match (digit(c), unit(c)) {
            (Some(value), _) => open = Some(value),
            (None, Some(unit)) if unit >= 10_000 => {
                section += open.take().unwrap_or(0);
                whole = (whole + section)
                    .checked_mul(unit)
                    .filter(|_| unit > 10_000 || whole == 0)
                    .or_else(|| {
                        section.checked_mul(unit).and_then(|part| whole.checked_add(part))
                    })?;
                section = 0;
            }
            (None, Some(unit)) => section += open.take().unwrap_or(1) * unit,
            _ => return None,
        }
    }
    // 一千二 is 1200: the digit at the end stands for the next lower unit.
    let last = chars.iter().rev().nth(1).copied().and_then(unit);
    let rest = match last.filter(|unit| *unit > 10) {
        Some(unit) => open.unwrap_or(0) * unit / 10,
        None => open.unwrap_or(0),
    };
    whole.checked_add(section)?.checked_add(rest)
}
