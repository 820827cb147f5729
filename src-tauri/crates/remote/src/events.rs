//! Server-sent events, as the HTML standard defines them (§9.2.6), as they come in pieces of any size.
//!
//! **Invariant**: a line that never ends takes no more than [`LONGEST_LINE`] bytes of memory.

/// Longest line, and longest event, that is taken.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its kind, where it has one: `error`, for instance.
    pub kind: String,
    /// Its data, lines joined by `\n`.
    pub data: String,
}

/// Something came that cannot be an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A line or an event is too long.
    TooLong,
    /// A line is no UTF-8.
    NotText,
}

/// Cuts what comes into events.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    /// The last byte was a carriage return, so that a line feed belongs to it.
    after_return: bool,
    begun: bool,
    kind: String,
    data: Option<String>,
}

impl EventReader {
    /// The events that are whole with these bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Broken> {
        let mut events = Vec::new();
        for &byte in bytes {
            let ends = matches!(byte, b'\r' | b'\n');
            let is_second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if is_second_half {
                continue;
            }
            if ends {
                let line = std::mem::take(&mut self.line);
                events.extend(self.end_line(&line)?);
            } else if self.line.len() == LONGEST_LINE {
                return Err(Broken::TooLong);
            } else {
                self.line.push(byte);
            }
        }
        Ok(events)
    }

    /// What is left when nothing more comes. The standard throws it away; some servers forget the last empty line.
    pub fn end(&mut self) -> Result<Option<Event>, Broken> {
        let line = std::mem::take(&mut self.line);
        let event = self.end_line(&line)?;
        Ok(event.or_else(|| self.take_event()))
    }

    fn end_line(&mut self, line: &[u8]) -> Result<Option<Event>, Broken> {
        let mut line = std::str::from_utf8(line).map_err(|_| Broken::NotText)?;
        if !std::mem::replace(&mut self.begun, true) {
            line = line.trim_start_matches('\u{FEFF}');
        }
        if line.is_empty() {
            return Ok(self.take_event());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add(value)?,
            "event" => value.clone_into(&mut self.kind),
            // A comment that keeps the line open, or a field that says nothing here.
            _ => {}
        }
        Ok(None)
    }

    fn add(&mut self, value: &str) -> Result<(), Broken> {
        let data = match &mut self.data {
            Some(data) => {
                data.push('\n');
                data
            }
            none => none.insert(String::new()),
        };
        if data.len() + value.len() > LONGEST_LINE {
            return Err(Broken::TooLong);
        }
        data.push_str(value);
        Ok(())
    }

    fn take_event(&mut self) -> Option<Event> {
        let kind = std::mem::take(&mut self.kind);
        self.data.take().map(|data| Event { kind, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_of(bytes: &[u8], size: usize) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        for piece in bytes.chunks(size) {
            events.extend(reader.push(piece).expect("events"));
        }
        events.extend(reader.end().expect("the end"));
        events.into_iter().map(|event| event.kind + &event.data).collect()
    }

    #[test]
    fn events_come_out_however_they_are_cut() {
        let stream = "\u{FEFF}: keep-alive\r\n\r\ndata: 雪停了。\r\n\r\ndata:{\"a\":\ndata: 1}\nid: 7\nretry: 3\n\n\
                      : \n\nevent: error\rdata: 猫🐈\r\rdata\n\ndata: [DONE]";
        let expected = ["雪停了。", "{\"a\":\n1}", "error猫🐈", "", "[DONE]"];
        for size in 1..=stream.len() {
            assert_eq!(data_of(stream.as_bytes(), size), expected, "{size}");
        }
    }

    #[test]
    fn a_line_without_end_and_an_event_without_end_are_refused() {
        let mut reader = EventReader::default();
        let piece = [b'x'; 4096];
        let mut pushed = 0;
        let broken = loop {
            match reader.push(&piece) {
                Ok(_) => pushed += piece.len(),
                Err(broken) => break broken,
            }
        };
        assert_eq!(broken, Broken::TooLong);
        assert!(pushed <= LONGEST_LINE && reader.line.capacity() <= 2 * LONGEST_LINE);

        let mut reader = EventReader::default();
        let line = format!("data: {}\n", "x".repeat(1000));
        let refused = (0..2000).find_map(|_| reader.push(line.as_bytes()).err());
        assert_eq!(refused, Some(Broken::TooLong));
        assert_eq!(EventReader::default().push(b"data: \xFF\n\n"), Err(Broken::NotText));
    }
}
