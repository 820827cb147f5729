//! Pickles as PyTorch writes them, read as data: no name in one is ever looked up and nothing in it is run.
//!
//! Source: the opcodes of Python's `pickletools`, as far as `torch.save` uses them.
//!
//! **Invariant**: whatever the bytes are, reading takes a step for each of them at most, and memory in their proportion: what
//! is built is kept in one list and referred to by place, so that nothing is copied, nested or taken apart by recursion.

use std::collections::HashMap;
use std::ops::Range;

use crate::limits::MAX_PICKLED_NAME;

/// The place of a value.
pub(super) type Place = usize;

/// What a pickle builds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Where the parts of a tuple, a list or a mapping begin.
    Mark,
    Integer(i64),
    /// Its bytes in the pickle.
    Text(Range<usize>),
    Tuple(Vec<Place>),
    List(Vec<Place>),
    Map(Vec<(Place, Place)>),
    /// A name such as `torch._utils._rebuild_tensor_v2`.
    Name(String),
    /// A name that is to be called with arguments.
    Call {
        name: Place,
        arguments: Place,
    },
    /// What lies outside the pickle, a tensor's numbers for instance.
    Outside(Place),
    /// What no tensor is made of.
    Other,
}

/// A pickle that has been read.
pub(super) struct Pickle<'a> {
    bytes: &'a [u8],
    /// Where the opcode that is being read lies, for messages.
    opcode: usize,
    at: usize,
    values: Vec<Value>,
    stack: Vec<Place>,
    memo: HashMap<u32, Place>,
}

/// Why a pickle cannot be read.
pub(super) type Problem = String;

impl<'a> Pickle<'a> {
    /// Reads the pickle at the beginning of the bytes, and answers with the place of what it is.
    pub fn read(bytes: &'a [u8]) -> Result<(Self, Place), Problem> {
        let (values, stack, memo) = (Vec::new(), Vec::new(), HashMap::new());
        let mut pickle = Self { bytes, opcode: 0, at: 0, values, stack, memo };
        while pickle.step()? {}
        let top = pickle.pop()?;
        Ok((pickle, top))
    }

    /// Bytes that it takes.
    pub fn length(&self) -> usize {
        self.at
    }

    pub fn value(&self, place: Place) -> &Value {
        &self.values[place]
    }

    /// What lies outside it, each by what it is told apart by.
    pub fn outside(&self) -> impl Iterator<Item = Place> {
        self.values.iter().filter_map(|value| match value {
            Value::Outside(place) => Some(*place),
            _ => None,
        })
    }

    /// A text, where there is one of a name's length.
    pub fn text(&self, place: Place) -> Option<&'a str> {
        match self.value(place) {
            Value::Text(range) if range.len() <= MAX_PICKLED_NAME => {
                std::str::from_utf8(&self.bytes[range.clone()]).ok()
            }
            _ => None,
        }
    }

    /// A whole number that is not negative, where there is one.
    pub fn number(&self, place: Place) -> Option<usize> {
        match self.value(place) {
            Value::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The parts of a tuple or a list, where there is one.
    pub fn parts(&self, place: Place) -> Option<&[Place]> {
        match self.value(place) {
            Value::Tuple(parts) | Value::List(parts) => Some(parts),
            _ => None,
        }
    }

    /// A name, where there is one.
    pub fn name(&self, place: Place) -> Option<&str> {
        match self.value(place) {
            Value::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The next opcode; false at the last.
    fn step(&mut self) -> Result<bool, Problem> {
        self.opcode = self.at;
        match self.byte()? {
            b'.' => return Ok(false),
            // The version, and the length of a frame.
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.push(Value::Mark),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            b'2' => self.stack.push(self.top()?),
            b')' => self.push(Value::Tuple(Vec::new())),
            b'}' => self.push(Value::Map(Vec::new())),
            b']' => self.push(Value::List(Vec::new())),
            b't' => self.push_parts(Value::Tuple)?,
            b'l' => self.push_parts(Value::List)?,
            code @ 0x85..=0x87 => {
                let count = usize::from(code - 0x84);
                let first = self.stack.len().checked_sub(count).ok_or_else(|| self.problem())?;
                let parts = self.stack.split_off(first);
                self.push(Value::Tuple(parts));
            }
            b'a' => {
                let part = self.pop()?;
                self.append(&[part])?;
            }
            b'e' => {
                let parts = self.pop_to_mark()?;
                self.append(&parts)?;
            }
            b'd' => {
                let parts = self.pop_to_mark()?;
                self.push(Value::Map(Vec::new()));
                self.insert(&parts)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.insert(&[key, value])?;
            }
            b'u' => {
                let parts = self.pop_to_mark()?;
                self.insert(&parts)?;
            }
            b'N' | 0x88 | 0x89 => self.push(Value::Other),
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push_name(module, name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let parts = self.text(module).zip(self.text(name));
                let (module, name) = parts.ok_or_else(|| self.problem())?;
                self.push_name(module, name)?;
            }
            b'R' | 0x81 => {
                let (arguments, name) = (self.pop()?, self.pop()?);
                self.call(name, arguments);
            }
            // What an object is told of itself is not what tensors are made of.
            b'b' => drop(self.pop()?),
            b'Q' => {
                let id = self.pop()?;
                self.push(Value::Outside(id));
            }
            code => self.constant(code)?,
        }
        Ok(true)
    }

    /// Numbers, texts and what is remembered.
    fn constant(&mut self, code: u8) -> Result<(), Problem> {
        match code {
            b'K' => {
                let number = self.byte()?;
                self.push(Value::Integer(number.into()));
            }
            b'M' => {
                let number = self.little(2)?;
                self.push(Value::Integer(number as i64));
            }
            b'J' => {
                let number = self.little(4)? as u32;
                self.push(Value::Integer(number.cast_signed().into()));
            }
            0x8A => {
                let length = usize::from(self.byte()?);
                let number = self.take(length)?;
                self.push(long(number).map_or(Value::Other, Value::Integer));
            }
            b'G' => {
                self.take(8)?;
                self.push(Value::Other);
            }
            b'X' | b'T' | b'B' => {
                let length = self.little(4)?;
                self.push_text(length)?;
            }
            0x8C | b'U' | b'C' => {
                let length = self.little(1)?;
                self.push_text(length)?;
            }
            b'q' | b'r' => {
                let key = self.little(if code == b'q' { 1 } else { 4 })?;
                self.memo.insert(key as u32, self.top()?);
            }
            0x94 => {
                self.memo.insert(self.memo.len() as u32, self.top()?);
            }
            b'h' | b'j' => {
                let key = self.little(if code == b'h' { 1 } else { 4 })?;
                let place = self.memo.get(&(key as u32)).copied();
                self.stack.push(place.ok_or_else(|| self.problem())?);
            }
            _ => return Err(self.problem()),
        }
        Ok(())
    }

    fn problem(&self) -> Problem {
        format!("byte {} is not what PyTorch writes", self.opcode)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Problem> {
        let rest = &self.bytes[self.at..];
        let (taken, _) = rest.split_at_checked(count).ok_or("it ends too early")?;
        self.at += count;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Problem> {
        Ok(self.take(1)?[0])
    }

    /// A number of up to eight bytes.
    fn little(&mut self, bytes: usize) -> Result<u64, Problem> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Up to the end of the line.
    fn line(&mut self) -> Result<&'a str, Problem> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or("it ends too early")?;
        let line = self.take(length + 1)?;
        std::str::from_utf8(&line[..length]).map_err(|_| self.problem())
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn push_text(&mut self, length: u64) -> Result<(), Problem> {
        let start = self.at;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        self.push(Value::Text(start..self.at));
        Ok(())
    }

    fn push_name(&mut self, module: &str, name: &str) -> Result<(), Problem> {
        if module.len() + name.len() > MAX_PICKLED_NAME {
            return Err(self.problem());
        }
        self.push(Value::Name(format!("{module}.{name}")));
        Ok(())
    }

    fn push_parts(&mut self, made: impl FnOnce(Vec<Place>) -> Value) -> Result<(), Problem> {
        let parts = self.pop_to_mark()?;
        self.push(made(parts));
        Ok(())
    }

    fn pop(&mut self) -> Result<Place, Problem> {
        self.stack.pop().ok_or_else(|| self.problem())
    }

    fn top(&self) -> Result<Place, Problem> {
        self.stack.last().copied().ok_or_else(|| self.problem())
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Place>, Problem> {
        let mark = self.stack.iter().rposition(|&place| self.values[place] == Value::Mark);
        let parts = self.stack.split_off(mark.ok_or_else(|| self.problem())?);
        Ok(parts[1..].to_vec())
    }

    fn append(&mut self, parts: &[Place]) -> Result<(), Problem> {
        let top = self.top()?;
        match &mut self.values[top] {
            Value::List(list) => list.extend(parts),
            _ => return Err(self.problem()),
        }
        Ok(())
    }

    fn insert(&mut self, parts: &[Place]) -> Result<(), Problem> {
        let top = self.top()?;
        match (&mut self.values[top], parts.as_chunks()) {
            (Value::Map(map), (pairs, [])) => {
                map.extend(pairs.iter().map(|[key, value]| (*key, *value)))
            }
            _ => return Err(self.problem()),
        }
        Ok(())
    }

    /// An ordered mapping is made by a call; it is filled afterwards.
    fn call(&mut self, name: Place, arguments: Place) {
        let is_map = self.name(name) == Some("collections.OrderedDict");
        self.push(if is_map { Value::Map(Vec::new()) } else { Value::Call { name, arguments } });
    }
}

/// A whole number in two's complement; nothing where it is larger than any that counts something.
fn long(bytes: &[u8]) -> Option<i64> {
    let Some(last) = bytes.last() else { return Some(0) };
    let mut whole = [if *last < 0x80 { 0 } else { 0xFF }; 8];
    whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python's `pickletools` shows for `pickle.dumps(OrderedDict(a=(1, -2, 300)), 2)`, by hand.
    #[test]
    fn a_mapping_of_a_tuple_is_read_as_python_wrote_it() {
        let bytes = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00aq\x02K\x01J\xfe\xff\xff\xffM\x2c\x01\x87q\x03s.";
        let (pickle, top) = Pickle::read(bytes).unwrap();
        let Value::Map(pairs) = pickle.value(top) else { panic!("{:?}", pickle.value(top)) };
        let &[(key, value)] = &pairs[..] else { panic!("{pairs:?}") };
        assert_eq!(pickle.text(key), Some("a"));
        let parts = pickle.parts(value).unwrap();
        assert_eq!(pickle.value(parts[1]), &Value::Integer(-2));
        assert_eq!([parts[0], parts[2]].map(|part| pickle.number(part)), [Some(1), Some(300)]);
        assert_eq!(pickle.number(parts[1]), None);
    }

    #[test]
    fn names_are_never_looked_up() {
        let bytes = b"cos\nsystem\nX\x04\x00\x00\x00exit\x85R.";
        let (pickle, top) = Pickle::read(bytes).unwrap();
        let &Value::Call { name, .. } = pickle.value(top) else {
            panic!("{:?}", pickle.value(top))
        };
        assert_eq!(pickle.name(name), Some("os.system"));
    }

    /// As Python's `pickle.encode_long` writes them.
    #[test]
    fn long_numbers_have_a_sign() {
        for (bytes, number) in [
            (&b""[..], Some(0)),
            (b"\xff\x00", Some(255)),
            (b"\xff", Some(-1)),
            (b"\x00\x80", Some(-32_768)),
            (b"\x00\x00\x00\x80\x00", Some(1 << 31)),
            (b"\xff\xff\xff\xff\xff\xff\xff\x7f", Some(i64::MAX)),
            (b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", None),
        ] {
            assert_eq!(long(bytes), number, "{bytes:?}");
        }
    }

    /// A text that is remembered makes a name of twice its length in five bytes.
    #[test]
    fn names_do_not_grow_past_what_a_name_is() {
        let name = |length: usize| {
            let text = [&b"X"[..], &(length as u32).to_le_bytes(), &b"x".repeat(length)];
            [&text.concat()[..], b"q\x00h\x00\x93."].concat()
        };
        assert!(Pickle::read(&name(MAX_PICKLED_NAME / 2)).is_ok());
        assert!(Pickle::read(&name(MAX_PICKLED_NAME / 2 + 1)).is_err());
        assert!(Pickle::read(&name(1 << 20)).is_err());
    }

    #[test]
    fn what_is_nested_doubled_or_longer_than_the_file_takes_no_more_than_its_bytes() {
        let nested = [b")".as_slice(), &[0x85].repeat(1 << 20), b"."].concat();
        assert!(Pickle::read(&nested).is_ok());
        // Each step names the one before it twice: 2^1000 leaves, where they are counted.
        let doubled = [b")".as_slice(), &b"22\x86".repeat(1000), b"."].concat();
        assert!(Pickle::read(&doubled).is_ok());
        for bad in [
            &b"X\xff\xff\xff\xffa."[..],
            b"T\xff\xff\xff\xff.",
            b"h\x07.",
            b"t.",
            b".",
            b"",
            b"\x87.",
            b"(1.",
            b"K\x01K\x01s.",
            b"}(K\x01u.",
            b"]K\x01K\x02s.",
            b"cno newline",
            b"\x8a\xff\x00.",
            b"\x8a\x02\x01.",
            b"i.",
        ] {
            assert!(Pickle::read(bad).is_err(), "{bad:?}");
        }
    }
}
