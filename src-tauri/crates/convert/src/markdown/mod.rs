//! Markdown: only prose is replaced; marks, code, targets of links, tables' bars and front matter stay byte for byte.

mod hand;

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use crate::block::{Block, Role, SpanKind};
use crate::passage::{Piece, Spacing, What, passages};
use crate::slot::Slot;
use hand::{Around, Line, prefix};

/// A text's blocks and its title, if its front matter has one.
pub(crate) fn read(source: &str) -> (Vec<(Block, Slot)>, Option<String>) {
    let mut reader = Reader::new(source);
    for (event, range) in Parser::new_ext(source, options()).into_offset_iter() {
        reader.event(event, range);
    }
    reader.end_of_block();
    (reader.found, title(source))
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
}

/// `title: …` or `title = …` of the front matter.
fn title(source: &str) -> Option<String> {
    let fence = ["---", "+++"].into_iter().find(|fence| source.starts_with(fence))?;
    let mut lines = source.lines().skip(1).take_while(|line| line.trim_end() != fence);
    let value = lines.find_map(|line| {
        let rest = line.strip_prefix("title")?.trim_start();
        rest.strip_prefix([':', '='])
    })?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

struct Reader<'a> {
    source: &'a str,
    line_end: &'static str,
    found: Vec<(Block, Slot)>,
    pieces: Vec<Piece>,
    /// The pieces that begin a style or a link which has not ended.
    open: Vec<usize>,
    /// What the text is in, the innermost last.
    inside: Vec<Container>,
    chapter: usize,
    has_heading: bool,
    /// Inside what is kept as a whole, and so many deep.
    kept: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Quote,
    Item,
    Cell,
    Note,
    Heading(u8),
    /// Code, HTML, front matter.
    Foreign,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str) -> Self {
        let (found, pieces, open, inside) = Default::default();
        let is_crlf = source.find('\n').is_some_and(|at| source[..at].ends_with('\r'));
        let line_end = if is_crlf { "\r\n" } else { "\n" };
        Self {
            source,
            line_end,
            found,
            pieces,
            open,
            inside,
            chapter: 0,
            has_heading: false,
            kept: 0,
        }
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        if self.kept > 0 {
            match event {
                Event::Start(_) => self.kept += 1,
                Event::End(_) => self.kept -= 1,
                _ => {}
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(tag) => self.end(tag, range),
            _ if self.inside.contains(&Container::Foreign) => {}
            Event::Text(words) => {
                let range = self.with_backslash(range);
                self.piece(What::Words(words.into_string(), None), range);
            }
            Event::SoftBreak => self.piece(What::Words("\n".into(), None), range),
            Event::HardBreak => self.piece(What::Break, range),
            Event::Code(words) => self.kept_piece(words.into_string(), range),
            Event::InlineHtml(tag) => self.inline_html(&tag, range),
            Event::FootnoteReference(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {
                self.kept_piece(String::new(), range);
            }
            Event::Html(_) | Event::Rule => self.end_of_block(),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'a>, range: Range<usize>) {
        match tag {
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript => {
                self.open(SpanKind::Style, range);
            }
            Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. } => {
                let words = self.source[range.clone()].trim_matches(['<', '>']).to_owned();
                self.kept_piece(words, range);
                self.kept = 1;
            }
            Tag::Link { .. } => self.open(SpanKind::Link, range),
            Tag::Image { .. } => {
                self.kept_piece(String::new(), range);
                self.kept = 1;
            }
            Tag::TableHead | Tag::TableRow | Tag::Table(_) | Tag::List(_) | Tag::Paragraph => {
                self.end_of_block();
            }
            _ => {
                self.end_of_block();
                self.inside.push(container(tag));
            }
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link => self.close(range),
            TagEnd::Image => {}
            TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::Table
            | TagEnd::List(_)
            | TagEnd::Paragraph => self.end_of_block(),
            _ => {
                self.end_of_block();
                self.inside.pop();
            }
        }
    }

    fn piece(&mut self, what: What, range: Range<usize>) {
        self.pieces.push(Piece { what, range });
    }

    /// A text that begins with an escaped mark, from the backslash on.
    fn with_backslash(&self, range: Range<usize>) -> Range<usize> {
        let is_escape = range.start > 0
            && self.source.as_bytes()[range.start - 1] == b'\\'
            && self.source[range.start..].starts_with(|c: char| c.is_ascii_punctuation());
        range.start - usize::from(is_escape)..range.end
    }

    fn kept_piece(&mut self, words: String, range: Range<usize>) {
        self.pieces.push(Piece::kept(words, range));
    }

    /// Where a style or link begins; its marks are known once its content is.
    fn open(&mut self, kind: SpanKind, range: Range<usize>) {
        self.open.push(self.pieces.len());
        let what = What::Open { name: String::new(), kind, mark: String::new() };
        self.piece(what, range);
    }

    /// The marks are what the whole has before its first and behind its last piece.
    fn close(&mut self, whole: Range<usize>) {
        let Some(start) = self.open.pop() else { return };
        let content = match &self.pieces[start + 1..] {
            [] => whole.end..whole.end,
            [first, .., last] => first.range.start..last.range.end,
            [only] => only.range.clone(),
        };
        let slice = |range: Range<usize>| self.source.get(range).unwrap_or_default().to_owned();
        let open = slice(whole.start..content.start);
        let mut close = slice(content.end..whole.end);
        let is_link = matches!(self.pieces[start].what, What::Open { kind: SpanKind::Link, .. });
        if is_link && (close == "]" || close == "][]") {
            // `[words]` finds its target by its words, which are about to change.
            close = format!("][{}]", slice(content));
        }
        let name = format!("{start}");
        if let What::Open { name: of_open, mark, .. } = &mut self.pieces[start].what {
            (*of_open, *mark) = (name.clone(), open);
        }
        let opened = whole.start..self.pieces.get(start + 1).map_or(whole.end, |p| p.range.start);
        self.pieces[start].range = opened;
        self.piece(What::Close { name, mark: close }, whole.end..whole.end);
    }

    fn inline_html(&mut self, tag: &str, range: Range<usize>) {
        let inner = tag.trim_start_matches('<');
        let name = |inner: &str| {
            let end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
            format!("<{}", inner[..end].to_ascii_lowercase())
        };
        let mark = tag.to_owned();
        let what = match (inner.strip_prefix('/'), name(inner)) {
            (Some(inner), _) => What::Close { name: name(inner), mark },
            (None, name) if name == "<br" => What::Break,
            (None, name) if VOID.contains(&name.as_str()) || inner.ends_with("/>") => {
                return self.kept_piece(String::new(), range);
            }
            (None, name) if name == "<" => return self.kept_piece(String::new(), range),
            (None, name) => {
                let kind = if name == "<a" { SpanKind::Link } else { SpanKind::Style };
                What::Open { name, kind, mark }
            }
        };
        self.piece(what, range);
    }

    fn end_of_block(&mut self) {
        let mut pieces = std::mem::take(&mut self.pieces);
        keep_unpaired_tags(&mut pieces);
        self.open.clear();
        let Some(first) = pieces.first() else { return };
        let line = self.line(first.range.start);
        for passage in passages(&pieces, self.source, Spacing::Collapsed) {
            let role = self.role();
            if role == Role::Heading(1) {
                self.chapter += usize::from(self.has_heading || !self.found.is_empty());
                self.has_heading = true;
            }
            let (chapter, line) = (self.chapter, Box::new(line.clone()));
            self.found.push(passage.into_block(role, chapter, line));
        }
    }

    /// How the words that begin at `start` are written.
    fn line(&self, start: usize) -> Line {
        let around = self.around();
        let prefix = match around {
            Around::Paragraph | Around::Item => prefix(self.source, start),
            Around::Heading | Around::Cell => String::new(),
        };
        Line { around, prefix, line_end: self.line_end }
    }

    fn role(&self) -> Role {
        let is_in = |container| self.inside.contains(&container);
        match self.inside.last() {
            Some(Container::Heading(level)) => Role::Heading(*level),
            Some(Container::Cell) => Role::Cell,
            _ if is_in(Container::Note) => Role::Note,
            Some(Container::Item) => Role::ListItem,
            _ if is_in(Container::Quote) => Role::Quote,
            _ => Role::Paragraph,
        }
    }

    fn around(&self) -> Around {
        match self.inside.last() {
            Some(Container::Heading(_)) => Around::Heading,
            Some(Container::Cell) => Around::Cell,
            _ if self.inside.contains(&Container::Item) => Around::Item,
            _ if self.inside.contains(&Container::Note) => Around::Item,
            _ => Around::Paragraph,
        }
    }
}

/// Tags of HTML without a partner at the same level are things without words: nothing else hangs on them.
fn keep_unpaired_tags(pieces: &mut [Piece]) {
    let is_html = |name: &str| name.starts_with('<');
    let mut open: Vec<usize> = Vec::new();
    let mut unpaired = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let name_of = |at: usize| match &pieces[at].what {
            What::Open { name, .. } => name.as_str(),
            _ => "",
        };
        match &piece.what {
            What::Open { .. } => open.push(index),
            What::Close { name, .. } if is_html(name) => {
                let is_innermost = open.last().is_some_and(|&at| name_of(at) == name);
                if is_innermost {
                    open.pop();
                } else {
                    unpaired.push(index);
                }
            }
            What::Close { name, .. } => {
                while let Some(at) = open.pop().filter(|&at| name_of(at) != name) {
                    unpaired.push(at);
                }
            }
            _ => {}
        }
    }
    unpaired.extend(
        open.into_iter()
            .filter(|&at| matches!(&pieces[at].what, What::Open { name, .. } if is_html(name))),
    );
    for index in unpaired {
        pieces[index] = Piece::kept(String::new(), pieces[index].range.clone());
    }
}

fn container(tag: &Tag<'_>) -> Container {
    match tag {
        Tag::Heading { level, .. } => Container::Heading(match level {
            HeadingLevel::H1 => 1,
            HeadingLevel::H2 => 2,
            HeadingLevel::H3 => 3,
            HeadingLevel::H4 => 4,
            HeadingLevel::H5 => 5,
            HeadingLevel::H6 => 6,
        }),
        Tag::BlockQuote(_) => Container::Quote,
        Tag::TableCell => Container::Cell,
        Tag::FootnoteDefinition(_) => Container::Note,
        Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::MetadataBlock(_) => Container::Foreign,
        _ => Container::Item,
    }
}

/// Tags that have no partner.
const VOID: &[&str] = &["<img", "<input", "<wbr", "<hr", "<embed", "<source", "<meta", "<link"];
