//! Changes a file in a way that a seed and a number decide, so that every case can be made again.

use serde_json::{Value, json};

/// Numbers that programs trip over.
const EDGES: &[u64] = &[
    0,
    1,
    2,
    3,
    0x7f,
    0xff,
    0xffff,
    1 << 31,
    (1 << 31) - 1,
    0xffff_ffff,
    1 << 40,
    1 << 63,
    u64::MAX,
];

/// Bytes of an archive's directory that are changed, at most.
const DIRECTORY: usize = 4096;

/// A repeatable source of numbers (SplitMix64).
pub struct Numbers(u64);

impl Numbers {
    /// For one case of a run.
    pub fn of(seed: u64, case: u64) -> Self {
        let mut numbers = Self(seed ^ case.wrapping_mul(0x2545_f491_4f6c_dd1d));
        numbers.next();
        numbers
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// One to four changes of a binary file within its first `header` bytes.
pub fn mutate_bytes(file: &[u8], header: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..=numbers.below(4) {
        change_bytes(&mut bytes, header, numbers);
    }
    bytes
}

/// The same within its last bytes, where an archive has its directory.
pub fn mutate_from_the_end(file: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let (front, end) = file.split_at(file.len() - file.len().min(DIRECTORY));
    [front, &mutate_bytes(end, DIRECTORY, numbers)].concat()
}

fn change_bytes(bytes: &mut Vec<u8>, header: usize, numbers: &mut Numbers) {
    let at = numbers.below(header.min(bytes.len()));
    let length = (1 + numbers.below(16)).min(bytes.len() - at);
    match numbers.below(8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..at + length)),
        2 => {
            let again = bytes[at..at + length].to_vec();
            bytes.splice(at..at, again);
        }
        3 => {
            let last = bytes.len() - length;
            let to = numbers.below(header.min(last + 1));
            bytes.copy_within(at..at + length, to);
        }
        4 | 5 => {
            let edge = EDGES[numbers.below(EDGES.len())].to_le_bytes();
            let width = [1, 4, 8][numbers.below(3)].min(bytes.len() - at);
            bytes[at..at + width].copy_from_slice(&edge[..width]);
        }
        _ if !bytes.is_empty() => bytes[at] = numbers.next() as u8,
        _ => {}
    }
}

/// One to three changes of what a JSON file says; it stays JSON.
pub fn mutate_json(file: &Value, numbers: &mut Numbers) -> Value {
    let mut changed = file.clone();
    for _ in 0..=numbers.below(3) {
        change_json(&mut changed, numbers);
    }
    changed
}

/// Walks to a random place and changes it.
fn change_json(value: &mut Value, numbers: &mut Numbers) {
    let stop = numbers.below(5) == 0;
    match value {
        Value::Object(map) if !map.is_empty() && !stop => {
            let at = numbers.below(map.len());
            let key = map.keys().nth(at).cloned().unwrap_or_default();
            match numbers.below(12) {
                0 => drop(map.remove(&key)),
                1 => drop(map.insert(format!("{key}x"), junk(numbers))),
                _ => {
                    if let Some(inner) = map.get_mut(&key) {
                        change_json(inner, numbers);
                    }
                }
            }
        }
        Value::Array(list) if !list.is_empty() && !stop => {
            let at = numbers.below(list.len());
            match numbers.below(12) {
                0 => drop(list.remove(at)),
                1 => {
                    let again = list[at].clone();
                    list.push(again);
                }
                2 => list.reverse(),
                _ => change_json(&mut list[at], numbers),
            }
        }
        place => *place = junk(numbers),
    }
}

fn junk(numbers: &mut Numbers) -> Value {
    match numbers.below(12) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(EDGES[numbers.below(EDGES.len())]),
        3 => json!(1e308),
        4 => json!(""),
        5 => json!("\u{0}\u{fffd}墨"),
        6 => json!("x".repeat(5000)),
        7 => json!([]),
        8 => json!({}),
        9 => (0..100).fold(json!(0), |inner, _| json!([inner])),
        10 => json!(true),
        _ => json!(numbers.below(300)),
    }
}
