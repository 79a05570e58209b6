//! Lines of bounded length from any reader.

use std::io::{self, BufRead};

/// One line, without its line break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Raw {
    /// Counts from 1.
    pub number: u64,
    /// The bytes; `None` when there were more than a line may have.
    pub bytes: Option<Vec<u8>>,
    /// Where in the input it ends, its line break included.
    pub end: u64,
    /// Whether a line break stands behind it.
    pub whole: bool,
}

/// Cuts a reader into lines. A line that is too long is read past and told, never held.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    max: usize,
    number: u64,
    end: u64,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R, max: usize) -> Self {
        Self { reader, max, number: 0, end: 0 }
    }

    /// The next line; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<Raw>> {
        let mut bytes = Some(Vec::new());
        let mut began = false;
        loop {
            let chunk = match self.reader.fill_buf() {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if chunk.is_empty() && !began {
                return Ok(None);
            }
            began = true;
            let found = memchr::memchr(b'\n', chunk);
            let (line, used) = match found {
                Some(at) => (chunk.get(..at).unwrap_or_default(), at.saturating_add(1)),
                None => (chunk, chunk.len()),
            };
            bytes = bytes.filter(|held| held.len().saturating_add(line.len()) <= self.max);
            if let Some(held) = &mut bytes {
                held.extend_from_slice(line);
            }
            self.reader.consume(used);
            self.end = self.end.saturating_add(used as u64);
            if found.is_some() || used == 0 {
                self.number = self.number.saturating_add(1);
                return Ok(Some(Raw { number: self.number, bytes, end: self.end, whole: found.is_some() }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use std::io::BufReader;

    proptest! {
        /// However the reader hands them out, lines are what lies between line breaks.
        #[test]
        fn lines_are_what_lies_between_breaks(
            lines in vec(vec(prop_oneof![Just(b'x'), Just(b'\r'), Just(0_u8)], 0..30), 0..20),
            ends in any::<bool>(), buffer in 1_usize..40, max in 0_usize..30,
        ) {
            let mut text = lines.join(&b'\n');
            // A last line without a break that is empty is no line.
            let mut expected = lines.clone();
            if ends && !lines.is_empty() { text.push(b'\n') } else if expected.last().is_some_and(Vec::is_empty) { expected.pop(); }
            let mut read = Lines::new(BufReader::with_capacity(buffer, &*text), max);
            for (i, line) in expected.iter().enumerate() {
                let raw = read.next().unwrap().unwrap();
                prop_assert_eq!(raw.number, i as u64 + 1);
                prop_assert_eq!(raw.bytes, (line.len() <= max).then(|| line.clone()));
            }
            prop_assert_eq!(read.next().unwrap(), None);
            prop_assert_eq!(read.end, text.len() as u64);
        }
    }
}
