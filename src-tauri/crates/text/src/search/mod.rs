//! Search in both languages: what goes into the full-text index, how a query asks for it, and where it matches.
//!
//! Words are indexed as they are. Han (and kana) has no spaces, so each of its characters is indexed together with the
//! one that follows it, and the last of a run by itself: 春天来 becomes `春天 天来 来`. Two characters are then one
//! index term, more are a phrase, and a single one is found by its prefix. Everything is NFKC-normalised and
//! case-folded.

mod query;
mod tokens;

pub use query::Query;

use tokens::{Token, TokenizedText};

/// The terms of a text, separated by spaces, for an FTS5 table whose tokenizer is
/// `unicode61 remove_diacritics 0 categories 'L* N* M* Co'`.
pub fn index_terms(text: &str) -> String {
    let tokenized = TokenizedText::of(text);
    let mut terms = String::with_capacity(text.len() * 2);
    for (index, token) in tokenized.tokens.iter().enumerate() {
        if index > 0 {
            terms.push(' ');
        }
        terms.push_str(tokenized.term(token));
        if let Some(next) =
            tokenized.tokens.get(index + 1).filter(|next| continues_run(token, next))
        {
            terms.push_str(tokenized.term(next));
        }
    }
    terms
}

/// True where `next` belongs to the same unbroken run of Han as `token`.
fn continues_run(token: &Token, next: &Token) -> bool {
    token.unspaced && next.unspaced && next.touches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn han_is_indexed_by_pairs_and_words_whole() {
        assert_eq!(index_terms("春天来了。"), "春天 天来 来了 了");
        assert_eq!(index_terms("Don’t use Rust语言, ok?"), "don t use rust 语言 言 ok");
        assert_eq!(index_terms("春，天"), "春 天");
        assert_eq!(index_terms("ＡＢＣ Straße ﬁn Cafe\u{301}"), "abc strasse fin caf\u{e9}");
        assert_eq!(index_terms("  \n"), "");
    }
}
