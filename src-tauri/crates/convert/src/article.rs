//! The article of a cluttered web page.

use dom_smoothie::{Config, Readability};
use html5gum::{Token, Tokenizer};

use crate::block::{Block, Role, SpanKind};
use crate::encoding::{decode, stated_in_markup};
use crate::limits::PART_BYTES;
use crate::markup::{self, Dialect};
use crate::wrapping::columns;
use crate::{ConvertError, Document};

/// Elements inside each other, of which no page has more.
const DEEPEST: usize = 512;
/// Elements of a page that is searched for its article.
const MOST_ELEMENTS: usize = 200_000;
/// Columns of text from which on something is an article: a short paragraph.
const SHORTEST: usize = 140;

/// An article as text: title and blocks. No markup is left of the page, so that nothing of it can be run or fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its title, of which a page's name is left out where it can be told.
    pub title: String,
    /// Who wrote it, if the page says so.
    pub byline: Option<String>,
    /// The tag of its language, if the page says so.
    pub language: Option<String>,
    /// Its text.
    pub blocks: Vec<Block>,
}

impl Article {
    /// Takes the article out of a page: of its text, or of its bytes in any encoding.
    ///
    /// # Errors
    /// `import_no_article` where there is less text than a short paragraph, or most of it leads elsewhere;
    /// `import_too_large` and `import_invalid` as of [`Document::read`], and for pages that nest deeper than any page does.
    pub fn extract(page: &[u8]) -> Result<Self, ConvertError> {
        if page.len() > PART_BYTES {
            return Err(ConvertError::too_many_bytes("the page", PART_BYTES));
        }
        let page = decode(page, stated_in_markup(page).as_deref())?;
        refuse_depth(&page)?;
        let config = Config { max_elements_to_parse: MOST_ELEMENTS, ..Config::default() };
        let mut readability = Readability::new(page.as_str(), None, Some(config))
            .map_err(|_| ConvertError::NoArticle)?;
        let found = readability.parse().map_err(|_| ConvertError::NoArticle)?;
        let content = markup::read(&found.content, Dialect::Html, None);
        let blocks: Vec<Block> = content
            .found
            .into_iter()
            .map(|(block, _)| block)
            .filter(|block| block.role.is_running_text())
            .collect();
        if !is_article(&blocks) {
            return Err(ConvertError::NoArticle);
        }
        Ok(Self {
            title: found.title.trim().to_owned(),
            byline: found.byline.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
            language: found.lang,
            blocks,
        })
    }

    /// The article of a document that is a page, or of any other document its text.
    ///
    /// # Errors
    /// Those of [`Document::read`]. A page without an article is taken as it is.
    pub fn of(bytes: &[u8], name: Option<&str>) -> Result<Self, ConvertError> {
        let document = Document::read(bytes, name)?;
        if document.kind() == crate::Kind::Html
            && let Ok(article) = Self::extract(bytes)
        {
            return Ok(article);
        }
        let is_text = |block: &&Block| block.role.is_running_text();
        Ok(Self {
            title: document.title().unwrap_or_default().to_owned(),
            byline: None,
            language: document.language().map(str::to_owned),
            blocks: document.blocks().iter().filter(is_text).cloned().collect(),
        })
    }
}

fn is_article(blocks: &[Block]) -> bool {
    let all: usize = blocks.iter().map(|block| columns(&block.text)).sum();
    let linked: usize = blocks
        .iter()
        .flat_map(|block| block.spans.iter().map(move |span| (block, span)))
        .filter(|(_, span)| span.kind == SpanKind::Link)
        .map(|(block, span)| columns(&block.text[span.range.clone()]))
        .sum();
    let has_prose = blocks.iter().any(|block| !matches!(block.role, Role::Heading(_) | Role::Cell));
    all >= SHORTEST && linked * 2 < all && has_prose
}

/// A tree that deep would be walked by recursion.
fn refuse_depth(page: &str) -> Result<(), ConvertError> {
    let mut depth = 0_usize;
    for token in Tokenizer::new(page) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) if !markup::is_void(&tag.name) => depth += 1,
            Token::EndTag(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(ConvertError::invalid(format!(
                "the page nests more than {DEEPEST} elements: copy the text itself"
            )));
        }
    }
    Ok(())
}
