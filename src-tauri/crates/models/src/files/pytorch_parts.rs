//! The two kinds of files that `torch.save` writes: what describes the tensors, and where their numbers lie.
//!
//! Since PyTorch 1.6 a file is a ZIP archive; before, and with `_use_new_zipfile_serialization=False`, it is a sequence of
//! pickles with the numbers behind them. Source: `torch/serialization.py`.

use std::collections::HashMap;
use std::ops::Range;

use super::pickle::{Pickle, Place, Problem};
use super::stored_zip::{entries, number};
use crate::limits::MAX_PICKLE;

/// The magic number with which a file of the older kind begins, as a pickle.
const OLDER: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
const PICKLE: &str = "data.pkl";

/// A file taken apart.
pub(super) struct Parts<'a> {
    /// What describes the tensors, and the place of all of it.
    pub pickle: Pickle<'a>,
    pub top: Place,
    /// Where the numbers of each storage lie.
    storages: HashMap<String, Range<usize>>,
}

/// Numbers that tensors are parts of.
pub(super) struct Storage {
    /// What PyTorch calls the numbers, `Half` for instance.
    pub kind: String,
    /// Bytes of each.
    pub width: usize,
    pub place: Range<usize>,
}

impl<'a> Parts<'a> {
    pub fn of(bytes: &'a [u8]) -> Result<Self, Problem> {
        if bytes.starts_with(OLDER) { Self::of_sequence(bytes) } else { Self::of_archive(bytes) }
    }

    fn of_archive(bytes: &'a [u8]) -> Result<Self, Problem> {
        let entries = entries(bytes)?;
        let end = |name: &str| {
            name.strip_suffix(PICKLE).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let pickled = entries.iter().find(|(name, _)| end(name));
        let (name, place) = pickled.ok_or("it has no data.pkl")?;
        let folder = name.strip_suffix(PICKLE).unwrap_or_default();
        let order = entries.get(&format!("{folder}byteorder"));
        if order.is_some_and(|order| &bytes[order.clone()] != b"little") {
            return Err("the bytes of its numbers are in the order of another machine".to_owned());
        }
        let (pickle, top) = read(&bytes[place.clone()])?;
        let of_storage = |(name, place): (&String, &Range<usize>)| {
            let key = name.strip_prefix(folder)?.strip_prefix("data/")?;
            Some((key.to_owned(), place.clone()))
        };
        let storages = entries.iter().filter_map(of_storage).collect();
        Ok(Self { pickle, top, storages })
    }

    /// Behind the magic number: the version, the machine, the tensors, the keys of the storages in their order; then for
    /// each of these how many numbers it has, and the numbers.
    fn of_sequence(bytes: &'a [u8]) -> Result<Self, Problem> {
        let mut at = OLDER.len();
        let mut next = || {
            let (pickle, top) = read(&bytes[at..])?;
            at += pickle.length();
            Ok::<_, Problem>((pickle, top))
        };
        let _version = next()?;
        let _machine = next()?;
        let (pickle, top) = next()?;
        let (keys, list) = next()?;
        let widths: HashMap<&str, usize> = pickle
            .outside()
            .filter_map(|place| identity(&pickle, place))
            .filter_map(|(kind, key)| Some((key, width_of(kind)?)))
            .collect();
        let mut storages = HashMap::new();
        for &key in keys.parts(list).unwrap_or_default() {
            let key = keys.text(key).ok_or("a storage has no name")?;
            let width =
                widths.get(key).ok_or_else(|| format!("of storage {key} nothing is said"))?;
            // A file that was cut short has none of the last ones, or less than it says.
            let length = number(bytes, at, 8).map_or(0, |count| count.saturating_mul(*width));
            let start = (at + size_of::<u64>()).min(bytes.len());
            at = start.saturating_add(length).min(bytes.len());
            storages.insert(key.to_owned(), start..at);
        }
        drop(widths);
        Ok(Self { pickle, top, storages })
    }

    /// The storage that a tensor speaks of; a problem where the file has none of the kind.
    pub fn storage(&self, place: Place) -> Result<Storage, Problem> {
        let (kind, key) = identity(&self.pickle, place).ok_or("it names no storage")?;
        let width = width_of(kind).ok_or_else(|| format!("{kind} is no kind of number we read"))?;
        let place = self.storages.get(key).ok_or_else(|| format!("it has no storage {key}"))?;
        Ok(Storage { kind: kind.to_owned(), width, place: place.clone() })
    }
}

/// A pickle of a length that files of weights have.
fn read(bytes: &[u8]) -> Result<(Pickle<'_>, Place), Problem> {
    let limited = &bytes[..bytes.len().min(MAX_PICKLE)];
    Pickle::read(limited).map_err(|problem| match limited.len() < bytes.len() {
        true => format!("{problem}, or its pickle is longer than {MAX_PICKLE} bytes"),
        false => problem,
    })
}

/// The kind and the key of a storage: `("storage", torch.HalfStorage, "0", "cpu", 1024)`.
fn identity<'p>(pickle: &'p Pickle<'_>, place: Place) -> Option<(&'p str, &'p str)> {
    let &[_, kind, key, ..] = pickle.parts(place)? else { return None };
    let kind = pickle.name(kind)?.strip_prefix("torch.")?.strip_suffix("Storage")?;
    Some((kind, pickle.text(key)?))
}

/// Bytes of a number.
fn width_of(kind: &str) -> Option<usize> {
    match kind {
        "Bool" | "Byte" | "Char" => Some(1),
        "Half" | "BFloat16" | "Short" => Some(2),
        "Float" | "Int" => Some(4),
        "Double" | "Long" | "ComplexFloat" => Some(8),
        "ComplexDouble" => Some(16),
        _ => None,
    }
}
