//! A part's paragraphs, in one pass over its XML.

use std::collections::HashMap;
use std::ops::Range;

use quick_xml::events::{BytesStart, Event};

use crate::ConvertError;
use crate::block::{Block, Role, SpanKind};
use crate::passage::{Piece, What};
use crate::slot::Slot;
use crate::word::fields::Field;
use crate::word::paragraph::{Paragraph, Run};
use crate::word::styles::Styles;
use crate::xml::{self, attribute};

/// What is read now; the innermost last. A text box is a kept thing with paragraphs of its own inside.
enum Frame {
    Paragraph(Paragraph),
    /// Properties of a paragraph, from here on.
    Properties(usize),
    /// Properties of a run.
    RunProperties(usize),
    /// Kept as a whole.
    Kept(Kept),
}

struct Kept {
    start: usize,
    field: Option<Field>,
    /// Its words, which are shown where Word computes them.
    words: String,
    shows_words: bool,
    /// Part of the marks around it, and of nothing else.
    is_silent: bool,
}

/// Reads a part.
pub(super) struct Reader<'a> {
    source: &'a str,
    styles: &'a Styles,
    is_body: bool,
    frames: Vec<(usize, Frame)>,
    depth: usize,
    /// Inside so many cells of tables.
    cells: usize,
    is_text: bool,
    chapter: usize,
    /// Properties of runs by what they do.
    properties: HashMap<String, Range<usize>>,
    found: Vec<(Block, Slot)>,
}

impl<'a> Reader<'a> {
    /// The blocks of a part in the order of its text.
    pub fn read(
        source: &'a str,
        name: &str,
        styles: &'a Styles,
        is_body: bool,
    ) -> Result<Vec<(Block, Slot)>, ConvertError> {
        let (frames, properties, found) = Default::default();
        let mut reader = Self {
            source,
            styles,
            is_body,
            frames,
            depth: 0,
            cells: 0,
            is_text: false,
            chapter: 0,
            properties,
            found,
        };
        xml::read(source, name, |event, range| reader.event(event, range))?;
        reader.found.sort_by_key(|(_, slot)| slot.inner.start);
        Ok(reader.found)
    }

    fn event(&mut self, event: &Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.start(tag, range, false);
            }
            Event::Empty(tag) => {
                self.depth += 1;
                self.start(tag, range.clone(), true);
                self.end(tag.name().as_ref(), range.end..range.end);
                self.depth -= 1;
            }
            Event::End(tag) => {
                self.end(tag.name().as_ref(), range);
                self.depth = self.depth.saturating_sub(1);
            }
            Event::Text(words) => self.words(&words.xml10_content()),
            Event::CData(words) => self.words(&words.xml10_content()),
            Event::GeneralRef(name) => self.words(&xml::reference(name)),
            _ => {}
        }
    }

    fn words(&mut self, words: &str) {
        match self.frames.last_mut() {
            Some((_, Frame::Kept(kept))) => kept.words.push_str(words),
            Some((_, Frame::Paragraph(paragraph))) if self.is_text => paragraph.words(words),
            _ => {}
        }
    }

    fn start(&mut self, tag: &BytesStart<'a>, range: Range<usize>, is_empty: bool) {
        let name = tag.name();
        let name = name.as_ref();
        match name {
            "w:tc" => self.cells += 1,
            "w:p" => {
                return self.push(Frame::Paragraph(Paragraph::default()));
            }
            _ => {}
        }
        match self.frames.last_mut() {
            Some((_, Frame::Paragraph(paragraph))) if paragraph.run.is_some() => {
                self.start_in_run(name, tag, range);
            }
            Some((_, Frame::Paragraph(_))) => self.start_in_paragraph(name, range, is_empty),
            Some((_, Frame::Properties(_))) => self.property(name, tag),
            _ => {}
        }
    }

    fn start_in_paragraph(&mut self, name: &str, range: Range<usize>, is_empty: bool) {
        let source = self.source;
        let Some((_, Frame::Paragraph(paragraph))) = self.frames.last_mut() else { return };
        match name {
            "w:pPr" => self.push(Frame::Properties(range.start)),
            "w:r" if is_empty => {}
            "w:r" => {
                let (start, first) = (range.start, paragraph.pieces.len());
                paragraph.run = Some(Run { start, first, properties: 0..0 });
            }
            name if is_around(name) && !is_empty => {
                let kind = if name == "w:hyperlink" { SpanKind::Link } else { SpanKind::Style };
                let mark = source.get(range.clone()).unwrap_or_default().to_owned();
                paragraph.push(What::Open { name: name.to_owned(), kind, mark }, range);
            }
            "w:sdt" => paragraph.control = Some(range.start),
            "w:sdtContent" => {
                let range = paragraph.control.take().unwrap_or(range.start)..range.end;
                let mark = source.get(range.clone()).unwrap_or_default().to_owned();
                let name = name.to_owned();
                paragraph.push(What::Open { name, kind: SpanKind::Style, mark }, range);
            }
            name => {
                let is_silent = matches!(name, "w:sdtPr" | "w:sdtEndPr" | "w:proofErr");
                let shows_words = name == "w:fldSimple";
                self.keep(range.start, None, shows_words, is_silent);
            }
        }
    }

    fn start_in_run(&mut self, name: &str, tag: &BytesStart<'a>, range: Range<usize>) {
        let Some((_, Frame::Paragraph(paragraph))) = self.frames.last_mut() else { return };
        match name {
            "w:rPr" => self.push(Frame::RunProperties(range.start)),
            "w:t" => self.is_text = true,
            "w:tab" => paragraph.words("\t"),
            "w:noBreakHyphen" => paragraph.words("\u{2011}"),
            "w:cr" => paragraph.push(What::Break, range),
            "w:br" if attribute(tag, "w:type").is_none_or(|kind| kind == "textWrapping") => {
                paragraph.push(What::Break, range);
            }
            name => {
                let field = match (name, attribute(tag, "w:fldCharType").as_deref()) {
                    ("w:fldChar", Some("begin")) => Some(Field::Begin),
                    ("w:fldChar", Some("separate")) => Some(Field::Separate),
                    ("w:fldChar", Some("end")) => Some(Field::End),
                    ("w:instrText", _) => Some(Field::Instruction(String::new())),
                    _ => None,
                };
                let is_silent = matches!(name, "w:lastRenderedPageBreak" | "w:softHyphen");
                self.keep(range.start, field, false, is_silent);
            }
        }
    }

    fn push(&mut self, frame: Frame) {
        self.frames.push((self.depth, frame));
    }

    fn keep(&mut self, start: usize, field: Option<Field>, shows_words: bool, is_silent: bool) {
        let words = String::new();
        self.push(Frame::Kept(Kept { start, field, words, shows_words, is_silent }));
    }

    /// A property of the paragraph before the last frame.
    fn property(&mut self, name: &str, tag: &BytesStart<'a>) {
        let Some(index) = self.frames.len().checked_sub(2) else { return };
        let (_, Frame::Paragraph(paragraph)) = &mut self.frames[index] else { return };
        match name {
            "w:pStyle" => {
                let id = attribute(tag, "w:val").unwrap_or_default();
                paragraph.role = self.styles.role(&id);
            }
            "w:numPr" => paragraph.is_item = true,
            "w:sectPr" => paragraph.ends_section = true,
            _ => {}
        }
    }

    fn end(&mut self, name: &str, range: Range<usize>) {
        if name == "w:tc" {
            self.cells = self.cells.saturating_sub(1);
        }
        if self.frames.last().is_some_and(|(depth, _)| *depth == self.depth) {
            if let Some((_, frame)) = self.frames.pop() {
                self.end_of_frame(frame, range.end);
            }
            return;
        }
        let source = self.source;
        let Some((_, Frame::Paragraph(paragraph))) = self.frames.last_mut() else { return };
        let slice = |range: Range<usize>| source.get(range).unwrap_or_default().to_owned();
        match name {
            "w:t" => self.is_text = false,
            "w:r" => paragraph.end_run(range.end),
            "w:sdtContent" => paragraph.control_end = Some(range.start),
            "w:sdt" => {
                if let Some(start) = paragraph.control_end.take() {
                    let (name, range) = ("w:sdtContent".to_owned(), start..range.end);
                    paragraph.push(What::Close { name, mark: slice(range.clone()) }, range);
                }
            }
            name if is_around(name) && paragraph.run.is_none() => {
                let mark = slice(range.clone());
                paragraph.push(What::Close { name: name.to_owned(), mark }, range);
            }
            _ => {}
        }
    }

    fn end_of_frame(&mut self, frame: Frame, end: usize) {
        match frame {
            Frame::Paragraph(paragraph) => self.end_of_paragraph(paragraph, end),
            Frame::Properties(start) => {
                if let Some((_, Frame::Paragraph(paragraph))) = self.frames.last_mut() {
                    paragraph.properties = start..end;
                }
            }
            Frame::RunProperties(start) => {
                let range = self.known(start..end);
                if let Some((_, Frame::Paragraph(Paragraph { run: Some(run), .. }))) =
                    self.frames.last_mut()
                {
                    run.properties = range;
                }
            }
            Frame::Kept(kept) => self.end_of_kept(kept, end),
        }
    }

    fn end_of_kept(&mut self, kept: Kept, end: usize) {
        let Some((_, Frame::Paragraph(paragraph))) = self.frames.last_mut() else { return };
        let slice = kept.start..end;
        let field = match kept.field {
            Some(Field::Instruction(_)) => Some(Field::Instruction(kept.words.clone())),
            field => field,
        };
        match paragraph.run {
            _ if kept.is_silent => {}
            Some(_) => paragraph.kept(slice, self.source, field),
            None => {
                let words = if kept.shows_words { kept.words } else { String::new() };
                paragraph.pieces.push(Piece::kept(words, slice));
            }
        }
    }

    fn end_of_paragraph(&mut self, paragraph: Paragraph, end: usize) {
        let role = match paragraph.role {
            _ if !self.is_body => Role::Note,
            _ if self.cells > 0 => Role::Cell,
            Some(role) => role,
            None if paragraph.is_item => Role::ListItem,
            None => Role::Paragraph,
        };
        let is_chapter = role == Role::Heading(1);
        if is_chapter && self.found.iter().any(|(block, _)| block.role != Role::Contents) {
            self.chapter += 1;
        }
        self.found.extend(paragraph.blocks(self.source, end, role, self.chapter));
    }

    /// The first properties that do the same as these: what Word notes for itself makes no difference.
    fn known(&mut self, range: Range<usize>) -> Range<usize> {
        let text = self.source.get(range.clone()).unwrap_or_default();
        let mut key = text.replace(" w:hint=\"eastAsia\"", "").replace("<w:rFonts/>", "");
        for noted in ["<w:lang ", "<w:noProof"] {
            while let Some(start) = key.find(noted) {
                let length = key[start..].find('>').map_or(key.len() - start, |length| length + 1);
                key.replace_range(start..start + length, "");
            }
        }
        if key == "<w:rPr></w:rPr>" || key == "<w:rPr/>" {
            return 0..0;
        }
        self.properties.entry(key).or_insert(range).clone()
    }
}

/// Elements around runs that are written again around new ones.
fn is_around(name: &str) -> bool {
    matches!(
        name,
        "w:hyperlink" | "w:ins" | "w:moveTo" | "w:smartTag" | "w:customXml" | "w:dir" | "w:bdo"
    )
}
