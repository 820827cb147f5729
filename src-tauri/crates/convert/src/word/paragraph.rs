//! A paragraph while it is read, and the blocks that it becomes.

use std::ops::Range;

use crate::block::{Block, Role};
use crate::passage::{Piece, Spacing, What, passages};
use crate::slot::Slot;
use crate::word::fields::{Field, with_fields};
use crate::word::hand::Runs;

/// A paragraph that has begun.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    /// What is in it so far.
    pub pieces: Vec<Piece>,
    /// The pieces that belong to fields, with what they are there.
    pub fields: Vec<(usize, Field)>,
    /// Its properties as they stand in the source.
    pub properties: Range<usize>,
    /// What its style says.
    pub role: Option<Role>,
    /// True for an entry of a list.
    pub is_item: bool,
    /// True where a section of the document ends with it.
    pub ends_section: bool,
    /// The run that has begun.
    pub run: Option<Run>,
    /// Where a content control began whose content has not.
    pub control: Option<usize>,
    /// Where the content of a content control ended.
    pub control_end: Option<usize>,
}

/// A run that has begun.
#[derive(Debug)]
pub(super) struct Run {
    /// Where it begins.
    pub start: usize,
    /// The number of its first piece.
    pub first: usize,
    /// Its properties as they stand in the source.
    pub properties: Range<usize>,
}

impl Paragraph {
    /// The blocks of a paragraph that ends at `end`.
    pub fn blocks(
        self,
        source: &str,
        end: usize,
        role: Role,
        chapter: usize,
    ) -> Vec<(Block, Slot)> {
        let pieces = with_fields(self.pieces, &self.fields, source);
        let found = passages(&pieces, source, Spacing::Kept);
        let is_alone = found.len() == 1 && role == Role::Paragraph && !self.ends_section;
        let blocks = found.into_iter().map(|passage| {
            let hand = Runs {
                base: passage.base.clone().unwrap_or_default(),
                paragraph: is_alone.then(|| (self.properties.clone(), end)),
            };
            passage.into_block(role, chapter, Box::new(hand))
        });
        blocks.collect()
    }

    /// The run has ended at `end`: that is how far each of its pieces goes.
    pub fn end_run(&mut self, end: usize) {
        let Some(run) = self.run.take() else { return };
        for piece in &mut self.pieces[run.first..] {
            piece.range = run.start..end;
        }
    }

    /// Something between runs.
    pub fn push(&mut self, what: What, range: Range<usize>) {
        self.pieces.push(Piece { what, range });
    }

    /// Words of the run.
    pub fn words(&mut self, words: &str) {
        let Some(run) = &self.run else { return };
        let property = Some(run.properties.clone());
        match self.pieces[run.first..].last_mut() {
            Some(Piece { what: What::Words(text, _), .. }) => text.push_str(words),
            _ => self.push(What::Words(words.to_owned(), property), 0..0),
        }
    }

    /// Something of the run that is kept, which is written as a run of its own.
    pub fn kept(&mut self, slice: Range<usize>, source: &str, field: Option<Field>) {
        let Some(run) = &self.run else { return };
        let properties = source.get(run.properties.clone()).unwrap_or_default();
        let (before, after) = (format!("<w:r>{properties}"), "</w:r>".to_owned());
        self.fields.extend(field.map(|field| (self.pieces.len(), field)));
        self.push(What::Kept { words: String::new(), before, slice, after }, 0..0);
    }
}
