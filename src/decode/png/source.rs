//! The bytes that the `png` crate gets to see.

use crate::{format::PNG_SIGNATURE, probe::png::parts::Parts};
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// What the picture is drawn from and nothing else: signature, IHDR, PLTE, the run of IDAT chunks as it stands in the
/// file, and IEND.
pub(super) struct Source<'a> {
    head: Vec<u8>,
    data: &'a [u8],
    end: &'static [u8],
    read: usize,
    /// Where `data` begins in the file.
    offset: usize,
}

impl<'a> Source<'a> {
    /// Of a whole file. Checksums of the chunks made here are zero; they are not looked at.
    pub(super) fn new(bytes: &'a [u8], parts: &Parts<'_>) -> Self {
        // The header's 13 bytes stand behind signature, length and type; `Parts` has read them.
        let mut head = PNG_SIGNATURE.to_vec();
        chunk(&mut head, b"IHDR", bytes.get(16..29).unwrap_or_default());
        if parts.ihdr.colour == 3 {
            chunk(&mut head, b"PLTE", parts.palette);
        }
        let data = bytes.get(parts.data.clone()).unwrap_or_default();
        // A chunk that is cut would take the end for its own data.
        let end: &[u8] = if parts.data_whole { b"\0\0\0\0IEND\0\0\0\0" } else { b"" };
        Self { head, data, end, read: 0, offset: parts.data.start }
    }

    /// The byte of the file up to which was read.
    pub(super) fn position(&self) -> usize {
        self.offset + self.read.saturating_sub(self.head.len()).min(self.data.len())
    }

    fn rest(&self) -> &[u8] {
        let mut at = self.read;
        for part in [&self.head, self.data, self.end] {
            if let Some(rest) = part.get(at..).filter(|rest| !rest.is_empty()) {
                return rest;
            }
            at -= part.len().min(at);
        }
        &[]
    }
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(kind);
    out.extend(data);
    out.extend([0; 4]);
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.rest().read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl Seek for Source<'_> {
    /// The `png` crate asks for the trait and does not use it.
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
