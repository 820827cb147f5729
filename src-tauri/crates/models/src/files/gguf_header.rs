//! The header of a GGUF file, read within stated limits.
//!
//! Source: the GGUF specification, versions 2 and 3, little-endian.
//!
//! **Invariant**: whatever the bytes are, reading ends with a header or an error that names the place; no panic, no
//! allocation that the file's own length does not pay for.

use std::collections::HashMap;

use bimo_engine::EngineError;
use candle_core::quantized::GgmlDType;

const MAX_METADATA: u64 = 4096;
const MAX_TENSORS: u64 = 65_536;
const MAX_KEY_BYTES: u64 = 1024;
const MAX_DIMENSIONS: u32 = 4;
const MAX_ALIGNMENT: u64 = 1 << 20;

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Any whole number.
    Integer(i128),
    /// f32 or f64.
    Float(f64),
    /// true or false.
    Bool(bool),
    /// UTF-8 text.
    Text(String),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// f32 or f64.
    Floats(Vec<f64>),
    /// UTF-8 texts.
    Texts(Texts),
}

/// Many texts one behind the other: a vocabulary has hundreds of thousands, and as many pieces of memory take long.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Each in its order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.text[std::mem::replace(&mut start, end)..end])
    }

    /// Copies of all of them.
    pub fn to_vec(&self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }
}

/// Where a tensor lies.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorPlace {
    /// Outermost dimension first, as candle has it.
    pub shape: Vec<usize>,
    /// Kind of its blocks.
    pub dtype: GgmlDType,
    /// Which file it is in, where there are several; from 0.
    pub part: usize,
    /// First byte in that file.
    pub start: usize,
    /// Length in bytes.
    pub bytes: usize,
}

/// Metadata and tensors of a file.
#[derive(Debug, Default)]
pub struct Header {
    /// By key.
    pub metadata: HashMap<String, Value>,
    /// By name.
    pub tensors: HashMap<String, TensorPlace>,
}

impl Header {
    /// Reads the header of a whole file.
    pub fn read(file: &[u8]) -> Result<Self, EngineError> {
        let mut cursor = Cursor { bytes: file, at: 0 };
        if cursor.take(4, "magic")? != b"GGUF" {
            return Err(invalid("magic", "the file does not begin with GGUF"));
        }
        let version = cursor.u32("version")?;
        if !(2..=3).contains(&version) {
            return Err(invalid("version", format!("{version}; versions 2 and 3 are known")));
        }
        let tensors = bounded(cursor.u64("tensor_count")?, MAX_TENSORS, "tensor_count")?;
        let entries = bounded(cursor.u64("metadata_kv_count")?, MAX_METADATA, "metadata_kv_count")?;
        let mut header = Self::default();
        for _ in 0..entries {
            let key = cursor.text(MAX_KEY_BYTES, "metadata key")?;
            let kind = cursor.u32(key)?;
            let value = cursor.value(kind, key)?;
            header.metadata.insert(key.to_owned(), value);
        }
        let places = (0..tensors).map(|_| cursor.tensor()).collect::<Result<Vec<_>, _>>()?;
        header.place(places, cursor.at, file.len())?;
        Ok(header)
    }

    fn place(
        &mut self,
        places: Vec<(String, TensorPlace)>,
        header_end: usize,
        file_bytes: usize,
    ) -> Result<(), EngineError> {
        let alignment = self.alignment()?;
        let data = header_end.next_multiple_of(alignment);
        let mut spans = Vec::with_capacity(places.len());
        for (name, mut place) in places {
            if place.start % alignment != 0 {
                return Err(invalid(&name, "its offset is not aligned"));
            }
            let start = data.checked_add(place.start).ok_or_else(|| too_large(&name))?;
            let end = start.checked_add(place.bytes).ok_or_else(|| too_large(&name))?;
            if end > file_bytes {
                return Err(EngineError::ModelIncomplete(format!(
                    "tensor {name} ends at byte {end} and the file at {file_bytes}; download it again"
                )));
            }
            place.start = start;
            spans.push((start, end, name.clone()));
            if self.tensors.insert(name.clone(), place).is_some() {
                return Err(invalid(&name, "the tensor is there twice"));
            }
        }
        spans.sort_unstable();
        match spans.windows(2).find(|pair| pair[0].1 > pair[1].0) {
            Some(pair) => Err(invalid(&pair[1].2, format!("it overlaps {}", pair[0].2))),
            None => Ok(()),
        }
    }

    fn alignment(&self) -> Result<usize, EngineError> {
        let key = "general.alignment";
        let alignment = match self.metadata.get(key) {
            None => 32,
            Some(Value::Integer(value)) => u64::try_from(*value).unwrap_or(0),
            Some(_) => 0,
        };
        if alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT {
            Ok(alignment as usize)
        } else {
            Err(invalid(key, "it must be a power of two, at most 1 MiB"))
        }
    }

    /// A whole number from `low` to `high`, where the key is there.
    pub fn integer(&self, key: &str, low: i128, high: i128) -> Result<Option<usize>, EngineError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Integer(value)) if (low..=high).contains(value) => {
                Ok(Some(*value as usize))
            }
            Some(value) => Err(invalid(key, format!("{value:?} is not between {low} and {high}"))),
        }
    }

    /// A number, where the key is there.
    pub fn float(&self, key: &str) -> Result<Option<f64>, EngineError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Float(value)) if value.is_finite() => Ok(Some(*value)),
            Some(_) => Err(invalid(key, "it is not a finite number")),
        }
    }

    /// A text, where the key is there.
    pub fn text(&self, key: &str) -> Result<Option<&str>, EngineError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(key, "it is not a text")),
        }
    }

    /// true or false, where the key is there.
    pub fn bool(&self, key: &str) -> Result<Option<bool>, EngineError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(invalid(key, "it is not true or false")),
        }
    }

    /// A list of texts, where the key is there.
    pub fn texts(&self, key: &str) -> Result<Option<&Texts>, EngineError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Texts(texts)) => Ok(Some(texts)),
            Some(_) => Err(invalid(key, "it is not a list of texts")),
        }
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize, field: &str) -> Result<&'a [u8], EngineError> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| invalid(field, "the file ends before it"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &str) -> Result<[u8; N], EngineError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    fn u32(&mut self, field: &str) -> Result<u32, EngineError> {
        Ok(u32::from_le_bytes(self.array(field)?))
    }

    fn u64(&mut self, field: &str) -> Result<u64, EngineError> {
        Ok(u64::from_le_bytes(self.array(field)?))
    }

    fn text(&mut self, limit: u64, field: &str) -> Result<&'a str, EngineError> {
        let remaining = (self.bytes.len() - self.at) as u64;
        let length = self.u64(field)?;
        if length > limit.min(remaining) {
            return Err(invalid(field, format!("a text of {length} bytes")));
        }
        let text = std::str::from_utf8(self.take(length as usize, field)?);
        text.map_err(|_| invalid(field, "it is not UTF-8"))
    }

    fn scalar(&mut self, kind: u32, field: &str) -> Result<Value, EngineError> {
        Ok(match kind {
            0 => Value::Integer(self.array::<1>(field)?[0].into()),
            1 => Value::Integer(i8::from_le_bytes(self.array(field)?).into()),
            2 => Value::Integer(u16::from_le_bytes(self.array(field)?).into()),
            3 => Value::Integer(i16::from_le_bytes(self.array(field)?).into()),
            4 => Value::Integer(self.u32(field)?.into()),
            5 => Value::Integer(i32::from_le_bytes(self.array(field)?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array(field)?).into()),
            7 => match self.array::<1>(field)?[0] {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                other => return Err(invalid(field, format!("{other} is not true or false"))),
            },
            8 => Value::Text(self.text(u64::MAX, field)?.to_owned()),
            10 => Value::Integer(self.u64(field)?.into()),
            11 => Value::Integer(i64::from_le_bytes(self.array(field)?).into()),
            12 => Value::Float(f64::from_le_bytes(self.array(field)?)),
            other => return Err(invalid(field, format!("unknown type {other}"))),
        })
    }

    fn value(&mut self, kind: u32, field: &str) -> Result<Value, EngineError> {
        if kind == 9 { self.list(field) } else { self.scalar(kind, field) }
    }

    /// Lists of lists have no use in any model that can run here, so none is read, however deep.
    fn list(&mut self, field: &str) -> Result<Value, EngineError> {
        let kind = self.u32(field)?;
        let count = self.u64(field)?;
        let remaining = self.bytes.len() - self.at;
        let count = usize::try_from(count).ok().filter(|&count| count <= remaining);
        let count = count.ok_or_else(|| invalid(field, "the list is longer than the file"))?;
        match kind {
            0..=5 | 7 | 10 | 11 => {
                let mut list = Vec::with_capacity(count);
                for _ in 0..count {
                    list.push(match self.scalar(kind, field)? {
                        Value::Bool(value) => value.into(),
                        Value::Integer(value) => {
                            i64::try_from(value).map_err(|_| invalid(field, "too large"))?
                        }
                        _ => return Err(invalid(field, "it is not a whole number")),
                    });
                }
                Ok(Value::Integers(list))
            }
            6 | 12 => {
                let mut list = Vec::with_capacity(count);
                for _ in 0..count {
                    if let Value::Float(value) = self.scalar(kind, field)? {
                        list.push(value);
                    }
                }
                Ok(Value::Floats(list))
            }
            8 => {
                let mut list = Texts::default();
                // A text takes eight bytes at the least: its length.
                list.ends.reserve(count.min(remaining / 8));
                for _ in 0..count {
                    list.push(self.text(u64::MAX, field)?);
                }
                Ok(Value::Texts(list))
            }
            9 => Err(invalid(field, "lists within lists are not read")),
            other => Err(invalid(field, format!("unknown type {other}"))),
        }
    }

    fn tensor(&mut self) -> Result<(String, TensorPlace), EngineError> {
        let name = self.text(MAX_KEY_BYTES, "tensor name")?.to_owned();
        let dimensions = self.u32(&name)?;
        if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
            return Err(invalid(&name, format!("{dimensions} dimensions")));
        }
        let mut shape = Vec::with_capacity(dimensions as usize);
        for _ in 0..dimensions {
            let dimension = usize::try_from(self.u64(&name)?).unwrap_or(0);
            if dimension == 0 || dimension > 1 << 32 {
                return Err(invalid(&name, "a dimension is zero or too large"));
            }
            shape.push(dimension);
        }
        let row = shape[0];
        shape.reverse();
        let dtype = dtype(self.u32(&name)?, &name)?;
        let elements = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
        let blocks = elements.ok_or_else(|| too_large(&name))? / dtype.block_size();
        if row % dtype.block_size() != 0 {
            return Err(invalid(&name, format!("rows of {row} do not divide into blocks")));
        }
        let bytes = blocks.checked_mul(dtype.type_size()).ok_or_else(|| too_large(&name))?;
        let start = usize::try_from(self.u64(&name)?).map_err(|_| too_large(&name))?;
        Ok((name, TensorPlace { shape, dtype, part: 0, start, bytes }))
    }
}

fn dtype(number: u32, name: &str) -> Result<GgmlDType, EngineError> {
    Ok(match number {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        other => return Err(invalid(name, format!("tensor type {other} is not known"))),
    })
}

fn bounded(count: u64, limit: u64, field: &str) -> Result<u64, EngineError> {
    if count <= limit { Ok(count) } else { Err(invalid(field, format!("{count} is over {limit}"))) }
}

fn too_large(field: &str) -> EngineError {
    invalid(field, "its size is over any memory")
}

pub(crate) fn invalid(field: &str, reason: impl Into<String>) -> EngineError {
    EngineError::ModelInvalid { field: field.to_owned(), reason: reason.into() }
}
