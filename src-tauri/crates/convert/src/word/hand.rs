//! Words as runs.

use std::ops::Range;

use crate::markup::escaped;
use crate::slot::{Hand, Pen};

/// Words between runs.
#[derive(Debug)]
pub(super) struct Runs {
    /// The properties of the words outside all spans.
    pub base: Range<usize>,
    /// For a paragraph that is written again for its translation: its properties, and where it ends.
    pub paragraph: Option<(Range<usize>, usize)>,
}

impl Hand for Runs {
    fn words(&self, pen: &Pen<'_>, words: &str, run: Option<&Range<usize>>, _: bool) -> String {
        let properties = pen.source.get(run.unwrap_or(&self.base).clone()).unwrap_or_default();
        let mut out = format!("<w:r>{}", in_language(properties, pen.language));
        for (number, line) in words.split('\n').enumerate() {
            if number > 0 {
                out.push_str("<w:br/>");
            }
            for (number, column) in line.split('\t').enumerate() {
                if number > 0 {
                    out.push_str("<w:tab/>");
                }
                if !column.is_empty() {
                    let column = escaped(column);
                    out.push_str(&format!("<w:t xml:space=\"preserve\">{column}</w:t>"));
                }
            }
        }
        out.push_str("</w:r>");
        out
    }

    fn tags(&self, pen: &Pen<'_>, open: &str, close: &str) -> (String, String) {
        // A content control or a tracked change is there once; a link may be twice.
        let may_be_twice = open.starts_with("<w:hyperlink") || open.starts_with("<w:r");
        if pen.is_copy && !may_be_twice {
            Default::default()
        } else {
            (open.to_owned(), close.to_owned())
        }
    }

    fn beside(&self, pen: &Pen<'_>, inner: &Range<usize>, words: String) -> (usize, String) {
        match &self.paragraph {
            Some((properties, end)) => {
                let properties = pen.source.get(properties.clone()).unwrap_or_default();
                (*end, format!("<w:p>{properties}{words}</w:p>"))
            }
            None => (inner.end, format!("<w:r><w:br/></w:r>{words}")),
        }
    }
}

/// What stands behind the language among a run's properties.
const BEHIND: &[&str] =
    &["<w:eastAsianLayout", "<w:specVanish", "<w:oMath", "<w:rPrChange", "</w:rPr>"];

/// A run's properties with the language of its new words, for spelling and for the choice of a font.
fn in_language(properties: &str, language: &str) -> String {
    let tag = match language {
        "zh-Hant" | "zh-TW" | "zh-HK" => "<w:lang w:eastAsia=\"zh-TW\"/>",
        language if language.starts_with("zh") => "<w:lang w:eastAsia=\"zh-CN\"/>",
        language if language.starts_with("en") => "<w:lang w:val=\"en-US\"/>",
        _ => return properties.to_owned(),
    };
    // Empty, or `<w:rPr/>`.
    if !properties.ends_with("</w:rPr>") {
        return format!("<w:rPr>{tag}</w:rPr>");
    }
    let old = properties.find("<w:lang ").map(|start| {
        let length = properties[start..].find('>').map_or(0, |length| length + 1);
        start..start + length
    });
    if old.as_ref().is_some_and(|old| !properties[old.clone()].ends_with("/>")) {
        return properties.to_owned();
    }
    let changed = properties.find("<w:rPrChange").unwrap_or(properties.len());
    let range = old.filter(|old| old.start < changed).unwrap_or_else(|| {
        let at = BEHIND.iter().filter_map(|tag| properties.find(tag)).min();
        let at = at.unwrap_or(properties.len());
        at..at
    });
    format!("{}{tag}{}", &properties[..range.start], &properties[range.end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_new_words_stands_where_the_schema_wants_it() {
        let cases = [
            ("", "<w:rPr><w:lang w:val=\"en-US\"/></w:rPr>"),
            ("<w:rPr/>", "<w:rPr><w:lang w:val=\"en-US\"/></w:rPr>"),
            ("<w:rPr><w:b/></w:rPr>", "<w:rPr><w:b/><w:lang w:val=\"en-US\"/></w:rPr>"),
            (
                "<w:rPr><w:b/><w:lang w:eastAsia=\"zh-CN\"/><w:oMath/></w:rPr>",
                "<w:rPr><w:b/><w:lang w:val=\"en-US\"/><w:oMath/></w:rPr>",
            ),
            (
                "<w:rPr><w:i/><w:specVanish/></w:rPr>",
                "<w:rPr><w:i/><w:lang w:val=\"en-US\"/><w:specVanish/></w:rPr>",
            ),
        ];
        for (properties, expected) in cases {
            assert_eq!(in_language(properties, "en"), expected);
        }
        assert_eq!(in_language("<w:rPr><w:b/></w:rPr>", "fr"), "<w:rPr><w:b/></w:rPr>");
    }
}
