//! Which part of a file an answer has.

/// `Content-Range`, as RFC 9110 has it in section 14.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// Number of the first byte, from 0.
    pub first: u64,
    /// Number of the last byte.
    pub last: u64,
    /// Bytes of the whole; none where the server does not say.
    pub whole: Option<u64>,
}

impl ContentRange {
    /// Reads `bytes 5-9/10`; nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let (range, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        let whole = match whole.trim() {
            "*" => None,
            number => Some(number.parse().ok()?),
        };
        (first <= last && whole.is_none_or(|whole| last < whole)).then_some(Self {
            first,
            last,
            whole,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sound_range_is_one() {
        let range = |first, last, whole| Some(ContentRange { first, last, whole });
        for (text, expected) in [
            ("bytes 42-1233/1234", range(42, 1233, Some(1234))),
            ("bytes 42-1233/*", range(42, 1233, None)),
            ("bytes 0-0/1", range(0, 0, Some(1))),
            ("bytes */1234", None),
            ("bytes 9-5/10", None),
            ("bytes 5-10/10", None),
            ("bytes 5-18446744073709551616/*", None),
            ("bytes -5-9/10", None),
            ("items 0-1/2", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), expected, "{text}");
        }
    }
}
