//! What a person typed into the search box.

use std::ops::Range;

use super::continues_run;
use super::tokens::{Token, TokenizedText};
use crate::ByteOffset;

/// Longest query that is looked at, in characters.
const LONGEST_QUERY: usize = 256;

/// A parsed query: terms that must all be there. Terms are separated by spaces; "double quotes" of any kind hold
/// words together. The last word of a term also matches longer words that begin with it.
#[derive(Debug)]
pub struct Query {
    terms: Vec<TokenizedText>,
}

impl Query {
    /// Parses what was typed; nothing if no letter or digit is in it. Characters past the first 256 are left out.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed: String = typed.chars().take(LONGEST_QUERY).collect();
        let terms: Vec<_> = split_terms(&typed)
            .into_iter()
            .map(TokenizedText::of)
            .filter(|term| !term.tokens.is_empty())
            .collect();
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// The query as an FTS5 `MATCH` expression over [`super::index_terms`].
    ///
    /// Each term is a quoted string of folded letters and digits, so nothing typed is ever an operator.
    pub fn match_expression(&self) -> String {
        let terms: Vec<_> = self.terms.iter().map(term_expression).collect();
        terms.join(" AND ")
    }

    /// The places where the query matches, in order: the whole query as one phrase if the text has it, otherwise its
    /// longest term.
    pub fn places(&self, text: &str) -> Vec<Range<ByteOffset>> {
        let text = TokenizedText::of(text);
        let phrase: Vec<_> = self.terms.iter().flat_map(words_of).collect();
        let found = places_of(&phrase, &text);
        if !found.is_empty() || self.terms.len() == 1 {
            return found;
        }
        let longest = self.terms.iter().map(|term| words_of(term).collect::<Vec<_>>()).max_by_key(
            |words: &Vec<Word>| words.iter().map(|word| word.text.chars().count()).sum::<usize>(),
        );
        longest.map_or_else(Vec::new, |words| places_of(&words, &text))
    }
}

/// Cuts at white space outside double quotes. A quote that is never closed reaches to the end.
fn split_terms(typed: &str) -> Vec<&str> {
    typed
        .split(['"', '“', '”', '＂', '„'])
        .enumerate()
        .flat_map(|(index, part)| {
            let quoted = index % 2 == 1;
            let words = (!quoted).then(|| part.split_whitespace());
            quoted.then_some(part).into_iter().chain(words.into_iter().flatten())
        })
        .collect()
}

fn term_expression(term: &TokenizedText) -> String {
    let mut expression = String::from("\"");
    let tokens = &term.tokens;
    let mut prefix = false;
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        let pair = next.filter(|next| continues_run(token, next));
        let begins_run = index == 0 || !continues_run(&tokens[index - 1], token);
        // The last character of a run is in the pair before it; its own entry is only certain where the run ends.
        if token.unspaced && pair.is_none() && next.is_none() && !begins_run {
            continue;
        }
        if index > 0 {
            expression.push(' ');
        }
        expression.push_str(term.term(token));
        if let Some(next) = pair {
            expression.push_str(term.term(next));
        }
        prefix = pair.is_none() && next.is_none();
    }
    expression.push('"');
    if prefix {
        expression.push('*');
    }
    expression
}

/// A token to look for.
struct Word<'a> {
    text: &'a str,
    unspaced: bool,
    /// It must follow the one before without a gap.
    touches: bool,
    /// Longer words that begin with it match too.
    prefix: bool,
}

fn words_of(term: &TokenizedText) -> impl Iterator<Item = Word<'_>> {
    let last = term.tokens.len() - 1;
    term.tokens.iter().enumerate().map(move |(index, token)| Word {
        text: term.term(token),
        unspaced: token.unspaced,
        touches: index > 0 && continues_run(&term.tokens[index - 1], token),
        prefix: index == last && !token.unspaced,
    })
}

fn places_of(words: &[Word], text: &TokenizedText) -> Vec<Range<ByteOffset>> {
    let mut places = Vec::new();
    let mut free = 0;
    for (start, tokens) in text.tokens.windows(words.len()).enumerate() {
        if start >= free && matches(words, tokens, text) {
            let first = tokens[0].original.start as usize;
            let last = tokens[tokens.len() - 1].original.end as usize;
            places.push(ByteOffset(first)..ByteOffset(last));
            free = start + words.len();
        }
    }
    places
}

fn matches(words: &[Word], tokens: &[Token], text: &TokenizedText) -> bool {
    words.iter().zip(tokens).all(|(word, token)| {
        let term = text.term(token);
        let same = if word.prefix { term.starts_with(word.text) } else { term == word.text };
        same && word.unspaced == token.unspaced && (!word.touches || token.touches)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expression(typed: &str) -> Option<String> {
        Query::parse(typed).map(|query| query.match_expression())
    }

    #[test]
    fn queries_become_quoted_phrases() {
        let check =
            |typed, expected: &str| assert_eq!(expression(typed).as_deref(), Some(expected));
        check("春", "\"春\"*");
        check("春天", "\"春天\"");
        check("春天来了", "\"春天 天来 来了\"");
        check("Red dragon", "\"red\"* AND \"dragon\"*");
        check("\"Red dragon\"", "\"red dragon\"*");
        check("“Red dragon”", "\"red dragon\"*");
        check("Rust语言", "\"rust 语言\"");
        check("语言Rust", "\"语言 言 rust\"*");
        check("don't", "\"don t\"*");
        check(
            "a OR b* NEAR(c) col:d",
            "\"a\"* AND \"or\"* AND \"b\"* AND \"near c\"* AND \"col d\"*",
        );
        check("open \"quote", "\"open\"* AND \"quote\"*");
        assert_eq!(expression(" ，。\"* "), None);
        assert_eq!(expression(""), None);
    }

    fn check(typed: &str, text: &str, expected: &[&str]) {
        let query = Query::parse(typed).expect("a query with letters");
        let places = query.places(text);
        let found: Vec<_> = places.iter().map(|place| &text[place.start.0..place.end.0]).collect();
        assert_eq!(found, expected, "{typed:?} in {text:?}");
    }

    #[test]
    fn places_are_those_of_the_original_text() {
        check("春天", "今年春天，春 天，春天", &["春天", "春天"]);
        check("春", "春春", &["春", "春"]);
        check("cast", "A CASTLE, a broadcast; cast", &["CASTLE", "cast"]);
        check("cafe\u{301}", "Café", &["Café"]);
        check("ABC", "ｘ ＡＢＣ", &["ＡＢＣ"]);
        check("red dragon", "Red,  dragons and red", &["Red,  dragons"]);
        check("red dragon", "a dragon, red", &["dragon"]);
        check("语言Rust", "用语言Rust", &["语言Rust"]);
        check("天来", "春天来了", &["天来"]);
        check("𠮷野", "在𠮷野家", &["𠮷野"]);
        check("x", "nothing", &[]);
    }

    proptest! {
        #[test]
        fn any_query_is_parsed_and_any_place_is_a_slice(typed in ".{0,40}", text in ".{0,80}") {
            if let Some(query) = Query::parse(&typed) {
                let expression = query.match_expression();
                let plain = |character: char| {
                    character.is_alphanumeric() || !character.is_ascii() || " \"*".contains(character)
                };
                prop_assert!(expression.replace(" AND ", " ").chars().all(plain), "{}", expression);
                for place in query.places(&text) {
                    prop_assert!(text.get(place.start.0..place.end.0).is_some());
                }
            }
        }
    }
}
