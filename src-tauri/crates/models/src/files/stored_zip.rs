//! Where the entries of a ZIP archive lie that packs none of them, as PyTorch writes archives.
//!
//! Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
//!
//! **Invariant**: nothing is inflated and nothing is read past the file; what the archive says of its own lengths decides no
//! allocation.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::limits::MAX_ENTRIES;

const END: &[u8] = b"PK\x05\x06";
const END_64_PLACE: &[u8] = b"PK\x06\x07";
const END_64: &[u8] = b"PK\x06\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

const END_LENGTH: usize = 22;
const END_64_PLACE_LENGTH: usize = 20;
const ENTRY_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;

/// In four bytes: the number stands among the extra fields.
const ELSEWHERE: usize = 0xFFFF_FFFF;

/// Entries by name, each with the place of its content.
pub(super) type Entries = BTreeMap<String, Range<usize>>;

/// Finds every entry.
///
/// # Errors
/// What is wrong with the archive, in words.
pub(super) fn entries(bytes: &[u8]) -> Result<Entries, String> {
    let (count, mut at) = directory(bytes).ok_or("it is no whole ZIP archive")?;
    if count > MAX_ENTRIES {
        return Err(format!("it has {count} entries"));
    }
    let mut entries = Entries::new();
    for number in 0..count {
        let (entry, length) =
            Entry::read(bytes, at).ok_or_else(|| format!("its entry {number} is damaged"))?;
        at += length;
        if entry.is_packed {
            return Err(format!("its entry {} is packed", entry.name));
        }
        let place = entry
            .place(bytes)
            .ok_or_else(|| format!("its entry {} is longer than the file", entry.name))?;
        if entries.insert(entry.name.to_owned(), place).is_some() {
            return Err(format!("it has two entries {}", entry.name));
        }
    }
    Ok(entries)
}

/// How many entries the directory has, and where it begins. PyTorch ends an archive with no remark.
fn directory(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = signed(bytes, bytes.len().checked_sub(END_LENGTH)?, END)?;
    let place = bytes.len() - END_LENGTH;
    let large = place
        .checked_sub(END_64_PLACE_LENGTH)
        .and_then(|at| signed(bytes, at, END_64_PLACE))
        .and_then(|place| signed(bytes, number(place, 8, 8)?, END_64));
    match large {
        Some(end) => Some((number(end, 32, 8)?, number(end, 48, 8)?)),
        None => Some((number(end, 10, 2)?, number(end, 16, 4)?)),
    }
}

/// What the directory says of an entry.
struct Entry<'a> {
    name: &'a str,
    is_packed: bool,
    size: usize,
    /// Where its own header lies.
    header: usize,
}

impl<'a> Entry<'a> {
    /// The entry, and the bytes it takes in the directory.
    fn read(bytes: &'a [u8], at: usize) -> Option<(Self, usize)> {
        let entry = signed(bytes, at, ENTRY)?;
        let [name_length, extra_length, remark_length] =
            [28, 30, 32].map(|at| number(entry, at, 2));
        let name_end = ENTRY_LENGTH + name_length?;
        let extra_end = name_end + extra_length?;
        let name = std::str::from_utf8(entry.get(ENTRY_LENGTH..name_end)?).ok()?;
        let mut wide = WideNumbers::of(entry.get(name_end..extra_end)?);
        // In the order in which they stand among the extra fields.
        let size = wide.or(number(entry, 24, 4)?)?;
        let packed = wide.or(number(entry, 20, 4)?)?;
        let header = wide.or(number(entry, 42, 4)?)?;
        let is_encrypted = number(entry, 8, 2)? & 1 != 0;
        let is_packed = is_encrypted || number(entry, 10, 2)? != 0 || packed != size;
        Some((Self { name, is_packed, size, header }, extra_end + remark_length?))
    }

    /// Where its content lies, if the file has all of it.
    fn place(&self, bytes: &[u8]) -> Option<Range<usize>> {
        let header = signed(bytes, self.header, LOCAL)?;
        let before = LOCAL_LENGTH + number(header, 26, 2)? + number(header, 28, 2)?;
        let start = self.header.checked_add(before)?;
        let end = start.checked_add(self.size)?;
        (end <= bytes.len()).then_some(start..end)
    }
}

/// The numbers of an entry that do not fit into four bytes.
struct WideNumbers<'a>(&'a [u8]);

impl<'a> WideNumbers<'a> {
    fn of(mut extra: &'a [u8]) -> Self {
        while let (Some(kind), Some(length)) = (number(extra, 0, 2), number(extra, 2, 2)) {
            let Some((field, rest)) = extra[4..].split_at_checked(length) else { break };
            if kind == 1 {
                return Self(field);
            }
            extra = rest;
        }
        Self(&[])
    }

    /// The number itself, or the next wide one where it stands elsewhere.
    fn or(&mut self, narrow: usize) -> Option<usize> {
        if narrow != ELSEWHERE {
            return Some(narrow);
        }
        let wide = number(self.0, 0, 8)?;
        self.0 = &self.0[8..];
        Some(wide)
    }
}

/// What follows from a place, if it begins so.
fn signed<'a>(bytes: &'a [u8], at: usize, signature: &[u8]) -> Option<&'a [u8]> {
    bytes.get(at..).filter(|rest| rest.starts_with(signature))
}

/// A whole number of some bytes, the lowest first.
pub(super) fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..)?.get(..width)?;
    let number = bytes.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of one entry `a` of three bytes, byte by byte as the source says.
    fn archive(is_wide: bool) -> Vec<u8> {
        let narrow = |number: u32| if is_wide { [0xFF; 4] } else { number.to_le_bytes() };
        let wide: Vec<u8> = match is_wide {
            // Another field before it, as long as it says; then size, packed size and place.
            true => [&b"FB\x02\0xx\x01\0\x18\0"[..], &[3, 0, 0, 0, 0, 0, 0, 0].repeat(2), &[0; 8]]
                .concat(),
            false => Vec::new(),
        };
        let extra = [wide.len() as u8, 0];
        let local = [LOCAL, &[0; 22], &[1, 0, 2, 0], b"a", b"??", b"xyz"].concat();
        let sizes = [narrow(3), narrow(3)].concat();
        let entry = [ENTRY, &[0; 16], &sizes, &[1, 0], &extra, &[0; 10], &narrow(0), b"a", &wide];
        let entry = entry.concat();
        let place = (local.len() as u32).to_le_bytes();
        let large = [
            &[END_64, &[0; 28], &[1, 0, 0, 0, 0, 0, 0, 0], &[0; 8], &place, &[0; 4]].concat()[..],
            &[END_64_PLACE, &[0; 4], &((local.len() + entry.len()) as u64).to_le_bytes(), &[0; 4]]
                .concat(),
        ];
        let large = if is_wide { large.concat() } else { Vec::new() };
        let count: [u8; 4] = if is_wide { [0xFF; 4] } else { [1, 0, 1, 0] };
        let end = [END, &[0; 4], &count, &[0; 4], &narrow(local.len() as u32), &[0; 2]].concat();
        [local, entry, large, end].concat()
    }

    #[test]
    fn an_entry_is_found_where_its_content_lies() {
        for is_wide in [false, true] {
            let bytes = archive(is_wide);
            let found = entries(&bytes).unwrap();
            let [(name, place)] = &Vec::from_iter(found)[..] else { panic!("{is_wide}") };
            assert_eq!((&name[..], &bytes[place.clone()]), ("a", &b"xyz"[..]), "{is_wide}");
        }
    }

    #[test]
    fn what_pytorch_does_not_write_is_refused_by_name() {
        let changed = |at: usize, byte: u8| {
            let mut bytes = archive(false);
            bytes[at] = byte;
            entries(&bytes).unwrap_err()
        };
        let entry = LOCAL_LENGTH + 6;
        assert_eq!(changed(entry + 8, 1), "its entry a is packed");
        assert_eq!(changed(entry + 10, 8), "its entry a is packed");
        assert_eq!(changed(entry + 24, 4), "its entry a is packed");
        assert_eq!(changed(entry + 42, 1), "its entry a is longer than the file");
        assert_eq!(changed(26, 0xFF), "its entry a is longer than the file");
        assert_eq!(changed(entry + 28, 0xFF), "its entry 0 is damaged");
        assert_eq!(changed(entry, b'Q'), "its entry 0 is damaged");
        let end = archive(false).len() - END_LENGTH;
        assert_eq!(changed(end + 10, 2), "its entry 1 is damaged");
        assert_eq!(changed(end + 18, 2), "its entry 0 is damaged");
        assert_eq!(changed(end, b'Q'), "it is no whole ZIP archive");
        assert_eq!(entries(&[]).unwrap_err(), "it is no whole ZIP archive");
        let mut many = archive(true);
        let count = many.len() - END_LENGTH - END_64_PLACE_LENGTH - 56 + 32;
        many[count + 5] = 1;
        assert_eq!(entries(&many).unwrap_err(), format!("it has {} entries", (1_u64 << 40) + 1));
    }
}
