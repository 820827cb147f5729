//! Words as HTML and XML have to write them.

use std::ops::Range;

use crate::markup::{with_attribute, without_attribute};
use crate::slot::{Hand, Pen};

/// Words between tags.
#[derive(Debug)]
pub(super) struct Tagged {
    /// For a paragraph that is written again for its translation.
    pub repeat: Option<Repeat>,
    /// True where no tags may be, as in a window's title.
    pub is_name: bool,
}

/// A paragraph's own element.
#[derive(Debug)]
pub(super) struct Repeat {
    /// Its tag.
    pub tag: Range<usize>,
    /// Where it has ended.
    pub at: usize,
}

impl Hand for Tagged {
    fn words(&self, _: &Pen<'_>, words: &str, _: Option<&Range<usize>>, _: bool) -> String {
        let line_break = if self.is_name { " " } else { "<br/>" };
        escaped(words).replace('\n', line_break)
    }

    fn tags(&self, pen: &Pen<'_>, open: &str, close: &str) -> (String, String) {
        // An id is there once.
        let open = if pen.is_copy { without_attribute(open, "id") } else { open.to_owned() };
        (open, close.to_owned())
    }

    fn beside(&self, pen: &Pen<'_>, inner: &Range<usize>, words: String) -> (usize, String) {
        let language = pen.language;
        match &self.repeat {
            Some(Repeat { tag, at }) => {
                let tag = pen.source.get(tag.clone()).unwrap_or("<p>");
                let tag = without_attribute(&without_attribute(tag, "id"), "xml:lang");
                let tag = with_attribute(&tag, "lang", language);
                (*at, format!("\n{tag}{words}</p>"))
            }
            None => (inner.end, format!("<br/><span lang=\"{language}\">{words}</span>")),
        }
    }
}

/// Text as it stands between tags; what XML forbids is left out.
pub(crate) fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len() + 8);
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' => out.push(c),
            '\u{FFFE}' | '\u{FFFF}' | '\0'..='\u{1F}' => {}
            c => out.push(c),
        }
    }
    out
}
