//! Bytes as text: UTF-8, UTF-16, and the encodings that Chinese and Western files had before.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::ConvertError;

/// Bytes from which an encoding is guessed.
const GUESSED_FROM: usize = 1 << 20;

/// Bytes of a text that are too few to tell Chinese from Korean, Japanese or Thai by how often characters come. Of these
/// languages it is Chinese that is translated.
const FEW_WORDS: usize = 40;

/// The text of a file that has no blocks: a table, a dictionary.
///
/// # Errors
/// `import_invalid` where its bytes are no text.
pub fn text_of(bytes: &[u8]) -> Result<String, ConvertError> {
    decode(bytes, None)
}

/// The text of a file whose encoding nobody states, or whose statement is `label`.
///
/// The mark at the beginning decides, then UTF-8 if it fits, then the label, then a guess. Text that does not fit its
/// encoding is refused: a book with holes is worse than none.
pub(crate) fn decode(bytes: &[u8], label: Option<&str>) -> Result<String, ConvertError> {
    let text = decode_leniently(bytes, label)?;
    match text.find('\0') {
        Some(at) => Err(ConvertError::invalid(format!(
            "at byte {at} is a NUL, which no text has: it may be another kind of file"
        ))),
        None => Ok(text),
    }
}

fn decode_leniently(bytes: &[u8], label: Option<&str>) -> Result<String, ConvertError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return exactly(encoding, &bytes[mark..]);
    }
    let damage = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error.valid_up_to(),
    };
    if let Some(encoding) = utf16_without_mark(bytes) {
        return exactly(encoding, bytes);
    }
    if is_damaged_utf8(bytes) {
        return Err(ConvertError::invalid(format!(
            "it is UTF-8 but for the byte at {damage}: save it again from the program that wrote it"
        )));
    }
    match label.and_then(|label| Encoding::for_label(label.as_bytes())) {
        Some(encoding) if encoding != UTF_8 => exactly(encoding, bytes),
        _ => exactly(guess(bytes), bytes),
    }
}

fn exactly(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, ConvertError> {
    let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
    if has_errors {
        let name = encoding.name();
        return Err(ConvertError::invalid(format!(
            "its bytes are no text in {name}: save it as UTF-8 and open it again"
        )));
    }
    Ok(text.into_owned())
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(GUESSED_FROM)], true);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    let is_simplified = guessed == encoding_rs::GBK
        || (guessed != encoding_rs::BIG5 && bytes.len() <= FEW_WORDS && is_common_gb2312(bytes));
    // Every GBK file is a GB18030 file, and the latter has all characters.
    if is_simplified { encoding_rs::GB18030 } else { guessed }
}

/// True where all beyond ASCII are marks and the 3,755 common characters of GB 2312. Of texts in other encodings only a few
/// words can be so, and of Big5, which has second bytes that GB 2312 has not, hardly any.
fn is_common_gb2312(bytes: &[u8]) -> bool {
    let mut rest = bytes.iter();
    while let Some(&first) = rest.next() {
        if first.is_ascii() {
            continue;
        }
        let second = rest.next().copied().unwrap_or_default();
        if !matches!(first, 0xA1..=0xA3 | 0xB0..=0xD7) || !matches!(second, 0xA1..=0xFE) {
            return false;
        }
    }
    true
}

/// UTF-16 of mostly Western text has a zero in every other byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    let zeros = |first: usize| sample.iter().skip(first).step_by(2).filter(|&&b| b == 0).count();
    let half = sample.len() / 2;
    let (high, low) = (zeros(0), zeros(1));
    match half {
        0 => None,
        _ if low * 10 > half * 7 && high == 0 => Some(UTF_16LE),
        _ if high * 10 > half * 7 && low == 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// True where far more of the bytes beyond ASCII are UTF-8 than are not.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 8 * bad
}

/// The encoding that an XML declaration or a `<meta>` at the beginning of a page states.
pub(crate) fn stated_in_markup(bytes: &[u8]) -> Option<String> {
    let head: Cow<str> = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]);
    let head = head.to_ascii_lowercase();
    let behind = |word: &str| head.split_once(word).map(|(_, rest)| rest.trim_start());
    let value = behind("charset=").or_else(|| behind("encoding="))?;
    let value = value.trim_start_matches(['"', '\'', ' ']);
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c));
    Some(value[..end.unwrap_or(value.len())].to_owned()).filter(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes as Python's `str.encode` gives them.
    #[test]
    fn old_chinese_encodings_are_recognised() {
        let gbk = b"\xb5\xda\xd2\xbb\xd5\xc2\x0a\xcb\xfb\xd7\xdf\xb3\xf6\xc3\xc5\xa3\xac\xcc\xec\xd2\xd1\xbe\xad\xba\xda\xc1\xcb\xa1\xa3";
        assert_eq!(decode(gbk, None).unwrap(), "第一章\n他走出门，天已经黑了。");
        let big5 = b"\xb2\xc4\xa4@\xb3\xb9\x0a\xa5L\xa8\xab\xa5X\xaa\xf9\xa1A\xa4\xd1\xa4w\xb8g\xb6\xc2\xa4F\xa1C";
        assert_eq!(decode(big5, None).unwrap(), "第一章\n他走出門，天已經黑了。");
    }

    #[test]
    fn a_few_words_are_told_apart_too() {
        let read = |encoding: &'static Encoding, words: &str| {
            let text = decode(&encoding.encode(words).0, None).unwrap();
            assert_eq!(text, words, "{}", encoding.name());
        };
        // Most of the first ones are Korean, Thai, Cyrillic or accented letters as well.
        for words in
            ["笔墨", "妈妈", "江湖", "月亮", "山上", "门开了", "回家吧", "去哪儿", "雨停了。"]
        {
            read(encoding_rs::GBK, words);
        }
        for words in ["雨停了。", "他走了，門開著。", "第一章", "她沒有說話。", "老人與海"]
        {
            read(encoding_rs::BIG5, words);
        }
        read(encoding_rs::WINDOWS_1252, "Ça va très bien");
        read(encoding_rs::WINDOWS_1251, "Привет, мир");
        read(encoding_rs::EUC_JP, "雨が降った。");
        read(encoding_rs::EUC_KR, "안녕하세요, 오늘은 비가 많이 내렸습니다. 그래서 집에");
    }

    #[test]
    fn marks_and_zeros_tell_utf_16() {
        assert_eq!(decode(b"\xff\xfeH\0i\0", None).unwrap(), "Hi");
        assert_eq!(decode(b"\xfe\xff\x7b\x14\x58\xa8", None).unwrap(), "笔墨");
        let bare: Vec<u8> = "caf\u{e9} au lait".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&bare, None).unwrap(), "café au lait");
        assert_eq!(decode(b"\xef\xbb\xbfHi", None).unwrap(), "Hi");
    }

    #[test]
    fn what_is_no_text_is_refused_with_the_reason() {
        let refused = |bytes: &[u8]| decode(bytes, None).unwrap_err().to_string();
        assert!(refused(b"one\0two").contains("NUL"));
        assert!(refused(b"\xff\xfeH\0\x00\xd8").contains("UTF-16"), "a lone surrogate");
        let mut damaged = "天已经黑了，他还没有回来。".repeat(5).into_bytes();
        damaged[20] = 0xff;
        assert!(refused(&damaged).contains("UTF-8 but for the byte"));
    }

    #[test]
    fn a_page_states_its_encoding() {
        let stated = |head: &str| stated_in_markup(head.as_bytes());
        assert_eq!(stated("<meta charset=\"GBK\">").as_deref(), Some("gbk"));
        assert_eq!(stated("<?xml version='1.0' encoding='big5'?>").as_deref(), Some("big5"));
        assert_eq!(stated("<p>charset</p>"), None);
    }
}
