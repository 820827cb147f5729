//! The two kinds of attention: within a text, and from what is written to what was read.

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::attend::{Rows, Table, attend};
use super::distances::Distances;
use crate::layers::{Linear, numbers, rows};

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

impl Attention {
    /// Rows of several texts, one text after another: each row looks at all rows of its text.
    pub fn within(
        &self,
        x: &Tensor,
        texts: &[Range<usize>],
        distances: Option<&Distances>,
    ) -> Result<Tensor> {
        let (query, kept) = self.project(x)?;
        let text_of: Vec<Range<usize>> =
            texts.iter().flat_map(|text| vec![text.clone(); text.len()]).collect();
        let bias = distances.map(|distances| {
            let text_of = &text_of;
            move |row: usize, head: usize, index: usize| {
                distances.bias(head, row - text_of[row].start, index)
            }
        });
        let seen = attend(
            self.table(&query),
            self.table(&kept.keys),
            self.table(&kept.values),
            self.scale,
            &|row| Rows::Span(text_of[row].clone()),
            bias.as_ref().map(|bias| bias as _),
        );
        self.finish(seen, x)
    }

    /// The next place of several texts: each looks at its own places before it, and at itself.
    pub fn along(
        &self,
        x: &Tensor,
        kept: &mut Kept,
        places: &[Vec<u32>],
        distances: Option<&Distances>,
    ) -> Result<Tensor> {
        let (query, new) = self.project(x)?;
        kept.keys.extend_from_slice(&new.keys);
        kept.values.extend_from_slice(&new.values);
        let bias = distances.map(|distances| {
            move |row: usize, head: usize, index: usize| {
                distances.bias(head, places[row].len() - 1, index)
            }
        });
        let seen = attend(
            self.table(&query),
            self.table(&kept.keys),
            self.table(&kept.values),
            self.scale,
            &|row| Rows::Places(&places[row]),
            bias.as_ref().map(|bias| bias as _),
        );
        self.finish(seen, x)
    }

    /// Each row looks at the whole of a text that was read.
    pub fn across(&self, x: &Tensor, read: &Kept, texts: &[Range<usize>]) -> Result<Tensor> {
        let query = numbers(&self.query.forward(x)?)?;
        let seen = attend(
            self.table(&query),
            self.table(&read.keys),
            self.table(&read.values),
            self.scale,
            &|row| Rows::Span(texts[row].clone()),
            None,
        );
        self.finish(seen, x)
    }

    /// Keys and values of rows.
    pub fn keep(&self, x: &Tensor) -> Result<Kept> {
        let [keys, values] = Linear::forward_all([&self.key, &self.value], x)?;
        Ok(Kept { keys, values })
    }

    /// Queries, keys and values of rows.
    fn project(&self, x: &Tensor) -> Result<(Vec<f32>, Kept)> {
        let layers = [&self.query, &self.key, &self.value];
        let [query, keys, values] = Linear::forward_all(layers, x)?;
        Ok((query, Kept { keys, values }))
    }

    fn finish(&self, seen: Vec<f32>, like: &Tensor) -> Result<Tensor> {
        self.output.forward(&rows(seen, self.heads * self.width)?.to_device(like.device())?)
    }

    fn table<'a>(&self, numbers: &'a [f32]) -> Table<'a> {
        Table { numbers, heads: self.heads, width: self.width }
    }
}
