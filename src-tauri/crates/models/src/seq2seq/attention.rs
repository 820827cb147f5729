//! The two kinds of attention: within a text, and from what is written to what was read.

use std::ops::Range;

use bimo_kernels::Rows;
use candle_core::Result;

use super::attend::{Bias, Table, attend};
use super::distances::Distances;
use crate::layers::{Linear, TextRows, look_within, with_scratch};

/// Projections and shape of an attention.
pub(super) struct Attention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
    pub heads: usize,
    pub width: usize,
    pub scale: f32,
}

/// Keys and values of rows.
#[derive(Default)]
pub(super) struct Kept {
    pub keys: Vec<f32>,
    pub values: Vec<f32>,
}

impl Kept {
    /// Makes room for more numbers; answers the new keys and values.
    pub fn extend(&mut self, numbers: usize) -> [&mut [f32]; 2] {
        [&mut self.keys, &mut self.values].map(|kept| {
            let old = kept.len();
            kept.resize(old + numbers, 0.0);
            &mut kept[old..]
        })
    }
}

impl Attention {
    /// Numbers of a row of queries, keys or values.
    pub fn row(&self) -> usize {
        self.heads * self.width
    }

    /// Queries, keys and values of rows of the stream.
    pub fn project(&self, x: &[f32], [query, key, value]: [&mut [f32]; 3]) -> Result<()> {
        Linear::write_all([&self.query, &self.key, &self.value], x, [query, key, value])
    }

    /// Keys and values of rows that are only looked at.
    pub fn keep(&self, x: &[f32], [key, value]: [&mut [f32]; 2]) -> Result<()> {
        Linear::write_all([&self.key, &self.value], x, [key, value])
    }

    /// Rows of several texts, one text after another: each row looks at all rows of its text.
    pub fn within(
        &self,
        [query, key, value]: [&[f32]; 3],
        texts: &[Range<usize>],
        distances: Option<&Distances>,
        seen: &mut [f32],
    ) -> Result<()> {
        let Some(distances) = distances else {
            let (heads, width, scale) = (self.heads, self.width, self.scale);
            return look_within(&TextRows { query, key, value, heads, width, scale }, texts, seen);
        };
        let text_of: Vec<Range<usize>> =
            texts.iter().flat_map(|text| vec![text.clone(); text.len()]).collect();
        let bias = |row: usize, head: usize, index: usize| {
            distances.bias(head, row - text_of[row].start, index)
        };
        attend(
            [query, key, value].map(|numbers| self.table(numbers)),
            self.scale,
            &|row| Rows::Span(text_of[row].clone()),
            Some(&bias),
            seen,
        )
    }

    /// The next place of several texts: each looks at its own places before it, and at itself.
    pub fn along(
        &self,
        query: &[f32],
        kept: &Kept,
        places: &[Vec<u32>],
        distances: Option<&Distances>,
        output: &mut [f32],
    ) -> Result<()> {
        let bias = distances.map(|distances| {
            move |row: usize, head: usize, index: usize| {
                distances.bias(head, places[row].len() - 1, index)
            }
        });
        let bias = bias.as_ref().map(|bias| bias as _);
        self.look(query, kept, &|row| Rows::Places(&places[row]), bias, output)
    }

    /// Each row of the stream looks at the whole of a text that was read.
    pub fn across(
        &self,
        x: &[f32],
        read: &Kept,
        texts: &[Range<usize>],
        output: &mut [f32],
    ) -> Result<()> {
        with_scratch(texts.len() * self.row(), |query| {
            self.query.write(x, None, query)?;
            self.look(query, read, &|row| Rows::Span(texts[row].clone()), None, output)
        })
    }

    fn look<'r>(
        &self,
        query: &[f32],
        kept: &Kept,
        rows: &(impl Fn(usize) -> Rows<'r> + Sync),
        bias: Option<Bias<'_>>,
        output: &mut [f32],
    ) -> Result<()> {
        with_scratch(query.len(), |seen| {
            let tables = [query, &kept.keys, &kept.values].map(|numbers| self.table(numbers));
            attend(tables, self.scale, rows, bias, seen)?;
            self.output.write(seen, None, output)
        })
    }

    fn table<'a>(&self, numbers: &'a [f32]) -> Table<'a> {
        Table { numbers, heads: self.heads, width: self.width }
    }
}
