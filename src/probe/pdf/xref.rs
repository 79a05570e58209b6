//! The cross-reference table (ISO 32000-2, 7.5.4 to 7.5.8): the chain of sections from `startxref` back, and what is
//! found by reading the whole file when that chain is broken.

use super::{
    file::{Entry, File},
    kept::held,
    lexer::is_space,
};
use crate::fault::{Break, Refusal};
use lopdf::{Dictionary, Object};
use std::collections::{HashMap, HashSet, VecDeque};

/// Sections that are followed; each is an update of the file, and hundreds are already strange.
const MAX_SECTIONS: usize = 4096;

/// Why a chain was left.
pub(crate) enum Stop {
    /// It is damaged.
    Broken(Break),
    /// A limit was met.
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn broken(what: &str, at: usize) -> Stop {
    Stop::Broken(Break::new(what).at_byte(at))
}

impl File<'_> {
    /// Follows the chain of sections, newest first.
    pub fn read_chain(&mut self) -> Result<(), Stop> {
        let end = self.bytes.len();
        let marker = memchr::memmem::rfind(self.bytes, b"startxref")
            .ok_or_else(|| broken("the pointer to the table of objects (startxref) is missing", end))?;
        let mut lexer = self.lexer(marker + b"startxref".len());
        let start = lexer.unsigned().ok_or_else(|| broken("startxref has no number", marker))?;
        let mut next = VecDeque::from([start]);
        let mut seen = HashSet::new();
        while let Some(offset) = next.pop_front() {
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            if !seen.insert(offset) {
                return Err(broken("the tables of objects point at each other in a loop", offset));
            }
            if seen.len() > MAX_SECTIONS {
                return Err(broken("the file has too many tables of objects", offset));
            }
            let trailer = [self.base.saturating_add(offset), offset]
                .into_iter()
                .find_map(|at| self.section(at).transpose())
                .ok_or_else(|| broken("there is no table of objects where the file says", offset))??;
            let prev = self.value(&trailer, b"Prev").as_i64().ok().and_then(|n| u64::try_from(n).ok());
            let hybrid = trailer.get(b"XRefStm").and_then(Object::as_i64).ok().and_then(|n| u64::try_from(n).ok());
            self.keep_trailer(trailer)?;
            next.extend(hybrid.into_iter().chain(prev));
        }
        Ok(())
    }

    /// Adds a trailer behind the newer ones: what is asked of it, and no more.
    fn keep_trailer(&mut self, mut trailer: Dictionary) -> Result<(), Refusal> {
        let kept: Dictionary = [&b"Root"[..], b"Info", b"ID", b"Encrypt"]
            .into_iter()
            .filter_map(|key| Some((key.to_vec(), trailer.remove(key)?)))
            .collect();
        self.keep(kept.iter().map(|(_, value)| held(value)).sum());
        self.trailers.push(kept);
        self.within()
    }

    /// Reads the section at a byte: a table with its trailer, or a stream that is both. `None` when there is neither.
    fn section(&mut self, at: usize) -> Result<Option<Dictionary>, Stop> {
        let mut lexer = self.lexer(at);
        if lexer.take(b"xref") {
            return self.table(lexer.at).map(Some);
        }
        let Some((stream, _)) = self.stream_at(at).filter(|(s, _)| s.dict.has_type(b"XRef")) else {
            return Ok(None);
        };
        self.table_stream(&stream)?;
        Ok(Some(stream.dict))
    }

    fn table(&mut self, at: usize) -> Result<Dictionary, Stop> {
        let mut lexer = self.lexer(at);
        // Where a hybrid file has a stream beside the table, what the table calls free may be in the stream.
        let mut free = Vec::new();
        while !lexer.take(b"trailer") {
            let section = lexer.at;
            let (Some(mut first), Some(count)) = (lexer.unsigned(), lexer.unsigned()) else {
                return Err(broken("the table of objects is damaged", section));
            };
            for i in 0..count {
                let (Some(offset), Some(generation)) = (lexer.unsigned(), lexer.unsigned()) else {
                    return Err(broken("the table of objects is shorter than it says", lexer.at));
                };
                let used = lexer.take(b"n");
                if !used && !lexer.take(b"f") {
                    return Err(broken("the table of objects is damaged", lexer.at));
                }
                // A common slip: the list's head, object 0, counted as object 1.
                if i == 0 && first == 1 && !used && generation == 65535 {
                    first = 0;
                }
                let Ok(number) = u32::try_from(first.saturating_add(i)) else {
                    return Err(broken("the table of objects is damaged", section));
                };
                match usize::try_from(offset) {
                    Ok(offset) if used && offset > 0 => self.add(number, Entry::At(offset))?,
                    _ => free.push(number),
                }
            }
        }
        let trailer = match lexer.object() {
            Some(Object::Dictionary(trailer)) => trailer,
            _ => return Err(broken("the trailer is damaged", lexer.at)),
        };
        lexer.skip_space();
        if lexer.strained || lexer.rest().starts_with(b">>") {
            self.note(Break::new("the trailer is damaged").at_byte(lexer.at));
        }
        if !trailer.has(b"XRefStm") {
            for number in free {
                self.add(number, Entry::Free)?;
            }
        }
        Ok(trailer)
    }

    fn table_stream(&mut self, stream: &lopdf::Stream) -> Result<(), Stop> {
        let damaged = || Stop::Broken(Break::new("the table of objects is damaged"));
        let number = |o: &Object| o.as_i64().ok().and_then(|n| usize::try_from(n).ok());
        let numbers =
            |o: Object| o.as_array().ok().map(|a| a.iter().map(|v| number(v).unwrap_or(0)).collect::<Vec<_>>());
        let widths = numbers(self.value(&stream.dict, b"W")).filter(|w| w.len() >= 3).ok_or_else(damaged)?;
        let widths = [widths.first(), widths.get(1), widths.get(2)].map(|w| w.copied().unwrap_or(0));
        let width: usize = widths.iter().fold(0, |a, b| a.saturating_add(*b));
        if width == 0 || widths.iter().any(|w| *w > 8) {
            return Err(damaged());
        }
        let size = number(&self.value(&stream.dict, b"Size")).unwrap_or(usize::MAX);
        let index = numbers(self.value(&stream.dict, b"Index")).unwrap_or_else(|| vec![0, size]);
        let data = self.decoded(stream).map_err(|e| match e {
            Refusal::Unreadable(b) => Stop::Broken(b),
            limit => Stop::Refused(limit),
        })?;
        let mut rows = data.chunks_exact(width);
        for range in index.chunks_exact(2) {
            let [first, count] = [range.first(), range.get(1)].map(|v| v.copied().unwrap_or(0));
            if rows.len() < count {
                self.note(Break::new("the table of objects is shorter than it says"));
            }
            for (number, row) in (first..first.saturating_add(count)).zip(rows.by_ref()) {
                let (kind, row) = row.split_at_checked(widths[0]).unwrap_or((&[], row));
                let (place, _) = row.split_at_checked(widths[1]).unwrap_or((&[], row));
                let value = |bytes: &[u8]| bytes.iter().fold(0usize, |v, b| v.wrapping_shl(8) | usize::from(*b));
                let entry = match (if kind.is_empty() { 1 } else { value(kind) }, value(place)) {
                    (0, _) | (1, 0) => Entry::Free,
                    (1, offset) => Entry::At(offset),
                    (2, container) => u32::try_from(container).map_or(Entry::Free, Entry::In),
                    _ => continue,
                };
                if let Ok(number) = u32::try_from(number) {
                    self.add(number, entry)?;
                }
            }
        }
        Ok(())
    }

    /// Finds objects and trailers by reading the whole file once, as viewers do with a damaged one. Streams are passed
    /// over, so nothing inside them counts; of an object that is there several times the last one holds.
    ///
    /// # Errors
    /// [`Refusal::Limit`].
    pub fn rebuild(&mut self) -> Result<(), Refusal> {
        self.base = 0;
        let mut found: HashMap<u32, Entry> = HashMap::new();
        let mut containers = Vec::new();
        self.trailers.clear();
        let mut at = 0;
        while let Some(start) = self.next_landmark(at) {
            self.limits.in_time()?;
            let mut lexer = self.lexer(start);
            if lexer.take(b"trailer") {
                at = lexer.at;
                if let Some(Object::Dictionary(trailer)) = lexer.object() {
                    self.keep_trailer(trailer)?;
                    at = lexer.at;
                }
                continue;
            }
            let Some((number, _)) = lexer.object_header() else {
                at = start + 1;
                continue;
            };
            at = lexer.at;
            found.insert(number, Entry::At(start));
            if found.len() as u64 > self.limits.max_objects {
                break;
            }
            let object = lexer.object();
            if !self.spend(lexer.at.saturating_sub(at)) {
                break;
            }
            // What has no end is not believed to be whole, and is looked through for more.
            let is_stream = lexer.take(b"stream");
            if !is_stream && !lexer.take(b"endobj") {
                continue;
            }
            at = lexer.at;
            let (true, Some(Object::Dictionary(dict))) = (is_stream, object) else { continue };
            if dict.has_type(b"ObjStm") {
                containers.push(number);
            }
            if let Some((stream, end)) = self.stream_at(start) {
                at = end;
                if dict.has_type(b"XRef") {
                    self.keep_trailer(stream.dict)?;
                }
            }
        }
        self.entries.clear();
        for (number, entry) in found {
            self.add(number, entry)?;
        }
        self.trailers.reverse();
        // What updates put into object streams later in the file is newer.
        for container in containers.into_iter().rev() {
            for number in self.contained(container) {
                self.add(number, Entry::In(container))?;
            }
        }
        Ok(())
    }

    /// The next place from `at` on where an object's header or a trailer begins, comments left out.
    fn next_landmark(&self, floor: usize) -> Option<usize> {
        let mut at = floor;
        loop {
            let rest = self.bytes.get(at..)?;
            let hit = at + memchr::memchr2(b'j', b't', rest)?;
            let (before, from) = self.bytes.split_at_checked(hit)?;
            let start = match before.strip_suffix(b"ob") {
                _ if from.starts_with(b"trailer") => Some(hit),
                Some(before) if from.starts_with(b"j") => header_start(before, floor),
                _ => None,
            };
            match start {
                Some(start) if !self.in_comment(start) => return Some(start),
                _ => at = hit + 1,
            }
        }
    }

    /// Whether a comment is open at a byte.
    fn in_comment(&self, at: usize) -> bool {
        let line = self.bytes.get(at.saturating_sub(256)..at).unwrap_or(&[]);
        line.iter().rev().take_while(|b| !matches!(b, b'\r' | b'\n')).any(|b| *b == b'%')
    }
}

/// Where the two numbers before an `obj` begin.
fn header_start(before: &[u8], floor: usize) -> Option<usize> {
    let space = |at: usize| Some(before.get(..at)?.iter().rev().take(32).take_while(|b| is_space(**b)).count());
    let digits = |at: usize| -> Option<usize> {
        let count = before.get(..at)?.iter().rev().take(10).take_while(|b| b.is_ascii_digit()).count();
        (count > 0).then(|| at - count)
    };
    let back = |at: usize| -> Option<usize> { space(at).map(|n: usize| at - n) };
    let generation = digits(back(before.len())?)?;
    let gap = back(generation)?;
    let number = digits(gap)?;
    (gap < generation && number >= floor).then_some(number)
}
