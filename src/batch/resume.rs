//! What an earlier run answered already.

use super::input::Lines;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Seek, SeekFrom},
};

/// Why an output cannot be gone on with.
///
/// ```
/// use idenfy_preflight::batch::{Answered, ResumeError};
/// use std::io::Write;
/// let mut file = tempfile::tempfile()?;
/// writeln!(file, "Dear diary,")?;
/// assert!(matches!(Answered::read(&mut file, |_| ()), Err(ResumeError::Foreign { line: 1, .. })));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// It could not be read or cut.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It holds something else than answers.
    #[error("line {line} is no answer of a batch: is it another file? Nothing was changed")]
    Foreign {
        /// The first line that is none, from 1.
        line: u64,
    },
}

/// Lines that have their answer.
///
/// ```
/// use idenfy_preflight::batch::Answered;
/// let mut answered = Answered::default();
/// for line in [1, 2, 5] {
///     answered.insert(line);
/// }
/// assert!(answered.contains(2) && !answered.contains(3));
/// assert_eq!((answered.count(), answered.last()), (3, 5));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// First to last, both included; apart from each other.
    ranges: BTreeMap<u64, u64>,
    /// One line with its id, to know the input again.
    pub(super) witness: Option<(u64, String)>,
}

#[derive(Deserialize)]
struct Head<'a> {
    line: u64,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// How an answer begins.
const BEGINNING: &[u8] = b"{\"line\":";

/// Bytes that an answer may have: far more than any has.
const MAX_ANSWER: usize = 64 << 20;

impl Answered {
    /// Reads what stands in an output, gives each answer to `seen`, cuts off a last one that is not whole, and leaves
    /// the file where the next is to be written.
    ///
    /// # Errors
    /// [`ResumeError::Foreign`] when it is something else than the output of a batch; it is not touched then.
    ///
    /// ```
    /// use idenfy_preflight::batch::Answered;
    /// use std::io::Write;
    /// let mut file = tempfile::tempfile()?;
    /// write!(file, "{{\"line\":1,\"id\":7,\"verdict\":\"ready\"}}\n{{\"line\":2,\"id")?; // a power cut
    /// let answered = Answered::read(&mut file, |answer| println!("{answer}")).unwrap();
    /// assert!(answered.contains(1) && !answered.contains(2));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn read(file: &mut File, mut seen: impl FnMut(&str)) -> Result<Self, ResumeError> {
        let mut answered = Self::default();
        let mut whole = 0;
        file.seek(SeekFrom::Start(0))?;
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, &mut *file), MAX_ANSWER);
        while let Some(raw) = lines.next()? {
            let foreign = || ResumeError::Foreign { line: raw.number };
            let bytes = raw.bytes.as_deref().ok_or_else(foreign)?;
            if !raw.whole {
                // Cut anywhere, or grown by a file system that then lost the content.
                let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |at| at.saturating_add(1));
                let held = bytes.get(..end).unwrap_or_default();
                let cut = held.starts_with(BEGINNING) || BEGINNING.starts_with(held);
                if !cut {
                    return Err(foreign());
                }
                break;
            }
            let text = std::str::from_utf8(bytes).map_err(|_| foreign())?;
            let head: Head = serde_json::from_str(text).map_err(|_| foreign())?;
            answered.insert(head.line);
            let id = head.id.map_or("null", RawValue::get);
            if answered.witness.as_ref().is_none_or(|(line, _)| *line < head.line) {
                answered.witness = Some((head.line, id.to_owned()));
            }
            seen(text);
            whole = raw.end;
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok(answered)
    }

    /// Whether a line has its answer.
    pub fn contains(&self, line: u64) -> bool {
        self.ranges.range(..=line).next_back().is_some_and(|(_, last)| *last >= line)
    }

    /// How many have.
    pub fn count(&self) -> u64 {
        self.ranges.iter().fold(0, |n: u64, (first, last)| n.saturating_add(last.abs_diff(*first)).saturating_add(1))
    }

    /// The last that has; 0 when none has.
    pub fn last(&self) -> u64 {
        self.ranges.last_key_value().map_or(0, |(_, last)| *last)
    }

    /// Adds a line.
    ///
    /// ```
    /// use idenfy_preflight::batch::Answered;
    /// let mut answered = Answered::default();
    /// answered.insert(7);
    /// answered.insert(7);
    /// assert_eq!(answered.count(), 1);
    /// ```
    pub fn insert(&mut self, line: u64) {
        if self.contains(line) {
            return;
        }
        let before =
            line.checked_sub(1).and_then(|l| self.ranges.range(..=l).next_back().filter(|(_, last)| **last == l));
        let first = before.map_or(line, |(first, _)| *first);
        let last = line.checked_add(1).and_then(|l| self.ranges.remove(&l)).unwrap_or(line);
        self.ranges.insert(first, last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use std::{collections::BTreeSet, io::Write};

    proptest! {
        #[test]
        fn a_set_of_lines(lines in vec(prop_oneof![0_u64..60, Just(u64::MAX), Just(u64::MAX - 1)], 0..60)) {
            let mut answered = Answered::default();
            lines.iter().for_each(|l| answered.insert(*l));
            let set: BTreeSet<u64> = lines.iter().copied().collect();
            prop_assert_eq!(answered.count(), set.len() as u64);
            prop_assert_eq!(answered.last(), set.last().copied().unwrap_or(0));
            for line in (0..62).chain([u64::MAX - 2, u64::MAX - 1, u64::MAX]) {
                prop_assert_eq!(answered.contains(line), set.contains(&line), "{}", line);
            }
            let apart = answered.ranges.iter().zip(answered.ranges.iter().skip(1)).all(|(a, b)| a.1 + 1 < *b.0);
            prop_assert!(apart, "{:?}", answered.ranges);
        }

        /// Cut anywhere, with or without lost content behind: what is whole stays, the rest goes.
        #[test]
        fn an_output_that_was_cut_anywhere(ids in vec("[a-z\u{e9}\u{1f600}]{0,9}", 0..8), at in any::<prop::sample::Index>(), lost in 0_usize..9) {
            let lines: Vec<String> = ids.iter().enumerate()
                .map(|(i, id)| format!("{{\"line\":{},\"id\":\"{id}\",\"verdict\":\"ready\"}}\n", i + 1)).collect();
            let text = lines.concat();
            let cut = at.index(text.len() + 1);
            let kept = text.as_bytes()[..cut].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let whole = text[..kept].lines().count();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&text.as_bytes()[..cut]).unwrap();
            // A file system may have kept the length and lost what was written last.
            file.write_all(&vec![0; lost]).unwrap();
            let mut seen = 0;
            let answered = Answered::read(&mut file, |_| seen += 1).unwrap();
            prop_assert_eq!((answered.count(), answered.last(), seen), (whole as u64, whole as u64, whole));
            prop_assert_eq!(file.metadata().unwrap().len(), kept as u64);
            prop_assert_eq!(file.stream_position().unwrap(), kept as u64);
            prop_assert_eq!(answered.witness, whole.checked_sub(1).map(|i| (i as u64 + 1, format!("\"{}\"", ids[i]))));
        }
    }

    #[test]
    fn another_file_is_not_touched() {
        for text in
            ["my only copy", "my only copy\n", "{\"line\":1}\nand more\n", "{\"line\":1}\nand more", "\n", "{}\n"]
        {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert!(matches!(Answered::read(&mut file, |_| {}), Err(ResumeError::Foreign { .. })), "{text:?}");
            assert_eq!(file.metadata().unwrap().len(), text.len() as u64);
        }
    }
}
