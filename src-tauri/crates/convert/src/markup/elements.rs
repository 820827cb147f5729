//! What the elements of HTML are to a translator.

use crate::block::{Role, SpanKind};
use crate::markup::{attribute, inline_kind};

/// Holders that are looked at from the inside out; a page is not nested deeper.
pub(super) const LOOKED_FOR: usize = 64;

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// A line break.
    Break,
    /// Nothing inside, in the middle of words.
    Void,
    /// Nothing inside, between blocks.
    Rule,
    /// Between blocks, and none of its text is prose.
    Foreign,
    /// In the middle of words, kept as a whole and not read.
    Kept,
    /// In the middle of words, kept as a whole and read.
    Verbatim,
    /// Holds blocks; of the role where it says one.
    Holder(Option<Role>),
    /// Around words.
    Inline(SpanKind),
}

impl Element {
    /// By its name, in lower case, and its tag.
    pub fn of(name: &str, tag: &str) -> Self {
        let local = name.rsplit(':').next().unwrap_or(name);
        let says = |key: &str, value: &str| {
            attribute(tag, key).is_some_and(|v| v.eq_ignore_ascii_case(value))
        };
        let element = Self::named(local, tag);
        if says("translate", "no") && !matches!(element, Self::Break | Self::Void | Self::Rule) {
            return if matches!(element, Self::Holder(_)) { Self::Foreign } else { Self::Verbatim };
        }
        match element {
            Self::Holder(_) if is_note(tag) => Self::Holder(Some(Role::Note)),
            element => element,
        }
    }

    fn named(name: &str, tag: &str) -> Self {
        match name {
            "br" => Self::Break,
            "img" | "input" | "wbr" | "embed" | "source" | "track" | "area" | "param" => Self::Void,
            "hr" | "meta" | "link" | "base" | "col" => Self::Rule,
            "pre" | "plaintext" | "xmp" | "listing" => Self::Foreign,
            "script" | "style" | "svg" | "math" | "object" | "iframe" | "video" | "audio"
            | "canvas" | "select" | "textarea" | "noscript" | "template" | "map" | "noembed"
            | "noframes" => Self::Kept,
            "code" | "kbd" | "samp" | "var" | "tt" | "ruby" => Self::Verbatim,
            "title" => Self::Holder(Some(Role::Title)),
            "nav" => Self::Holder(Some(Role::Contents)),
            "h1" => Self::Holder(Some(Role::Heading(1))),
            "h2" => Self::Holder(Some(Role::Heading(2))),
            "h3" => Self::Holder(Some(Role::Heading(3))),
            "h4" => Self::Holder(Some(Role::Heading(4))),
            "h5" => Self::Holder(Some(Role::Heading(5))),
            "h6" => Self::Holder(Some(Role::Heading(6))),
            "td" | "th" => Self::Holder(Some(Role::Cell)),
            "blockquote" => Self::Holder(Some(Role::Quote)),
            "li" | "dt" | "dd" => Self::Holder(Some(Role::ListItem)),
            name if HOLDERS.contains(&name) => Self::Holder(None),
            name => Self::Inline(inline_kind(name, tag)),
        }
    }
}

/// True for elements that nothing can be inside of.
pub(crate) fn is_void(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name);
    matches!(Element::named(&name, ""), Element::Break | Element::Void | Element::Rule)
}

/// Elements that hold blocks and say nothing of their role.
const HOLDERS: &[&str] = &[
    "html",
    "head",
    "body",
    "p",
    "div",
    "ul",
    "ol",
    "dl",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "caption",
    "colgroup",
    "section",
    "article",
    "header",
    "footer",
    "aside",
    "main",
    "figure",
    "figcaption",
    "form",
    "fieldset",
    "legend",
    "address",
    "details",
    "summary",
    "option",
    "optgroup",
    "center",
    "dir",
    "menu",
    "hgroup",
    "search",
    "dialog",
];

/// True for what a book says is a note.
fn is_note(tag: &str) -> bool {
    let is_note = |value: String| {
        value.contains("footnote") || value.contains("endnote") || value.contains("rearnote")
    };
    ["epub:type", "role"].iter().any(|key| attribute(tag, key).is_some_and(is_note))
}
