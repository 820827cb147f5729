//! Attributes of a tag as it is written, byte for byte.

use std::ops::Range;

/// An attribute: its name, its value as it is written, and its bytes with the space before it.
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    whole: Range<usize>,
}

/// The value of an attribute, with the usual escapes undone.
pub(crate) fn attribute(tag: &str, name: &str) -> Option<String> {
    let found = attributes(tag).find(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
    let plain = found.value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    Some(plain.replace("&apos;", "'").replace("&#39;", "'").replace("&amp;", "&"))
}

/// The tag without an attribute.
pub(crate) fn without_attribute(tag: &str, name: &str) -> String {
    match attributes(tag).find(|attribute| attribute.name.eq_ignore_ascii_case(name)) {
        Some(Attribute { whole, .. }) => format!("{}{}", &tag[..whole.start], &tag[whole.end..]),
        None => tag.to_owned(),
    }
}

/// The tag with an attribute, which is the last one where it is new.
pub(crate) fn with_attribute(tag: &str, name: &str, value: &str) -> String {
    let written = format!(" {name}=\"{value}\"");
    let found = attributes(tag).find(|attribute| attribute.name.eq_ignore_ascii_case(name));
    let range = found.map_or_else(
        || {
            let end = tag.trim_end_matches(['>', '/']).trim_end().len();
            end..end
        },
        |attribute| attribute.whole,
    );
    format!("{}{written}{}", &tag[..range.start], &tag[range.end..])
}

fn attributes(tag: &str) -> impl Iterator<Item = Attribute<'_>> {
    let is_end = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let mut at = tag.find(is_end).unwrap_or(tag.len());
    std::iter::from_fn(move || {
        let start = at;
        at += tag[at..].find(|c: char| !is_end(c))?;
        let name = at;
        at += tag[at..].find(|c: char| is_end(c) || c == '=').unwrap_or(tag.len() - at);
        // A name may begin with an equals sign; without this the search would stand still.
        if at == name {
            at += tag[at..].chars().next().map_or(0, char::len_utf8);
        }
        let name = &tag[name..at];
        let mut value = "";
        let rest = tag[at..].trim_start();
        if let Some(rest) = rest.strip_prefix('=') {
            let rest = rest.trim_start();
            at = tag.len() - rest.len();
            let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'');
            match quote {
                Some(quote) => {
                    let length = rest[1..].find(quote).unwrap_or(rest.len() - 1);
                    value = &rest[1..1 + length];
                    at = (at + length + 2).min(tag.len());
                }
                None => {
                    let end = |c: char| c.is_ascii_whitespace() || c == '>';
                    let length = rest.find(end).unwrap_or(rest.len());
                    value = &rest[..length];
                    at += length;
                }
            }
        }
        Some(Attribute { name, value, whole: start..at })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_however_they_are_written() {
        let tag = "<a href=x.html\n  title = 'a > b' data-x ID=\"n&amp;1\"/>";
        assert_eq!(attribute(tag, "href").as_deref(), Some("x.html"));
        assert_eq!(attribute(tag, "title").as_deref(), Some("a > b"));
        assert_eq!(attribute(tag, "data-x").as_deref(), Some(""));
        assert_eq!(attribute(tag, "id").as_deref(), Some("n&1"));
        assert_eq!(attribute(tag, "class"), None);
        for odd in ["<a", "<a =>", "<a b='", "<a b=", "<a / = ' >", ""] {
            assert_eq!(attribute(odd, "zzz"), None, "{odd}");
        }
    }

    #[test]
    fn attributes_are_set_and_taken_away() {
        assert_eq!(with_attribute("<html>", "lang", "zh"), "<html lang=\"zh\">");
        assert_eq!(with_attribute("<html lang='en' x>", "lang", "zh"), "<html lang=\"zh\" x>");
        assert_eq!(with_attribute("<p class=a />", "lang", "zh"), "<p class=a lang=\"zh\" />");
        assert_eq!(without_attribute("<p id=\"a\" class=b>", "id"), "<p class=b>");
        assert_eq!(without_attribute("<p>", "id"), "<p>");
    }
}
