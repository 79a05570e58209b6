//! The chunks of a PNG, one after the other (PNG, third edition, 5.3).

use crate::format::PNG_SIGNATURE;

/// One chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'a> {
    /// The four letters of its type.
    pub(crate) kind: [u8; 4],
    /// The byte of the file at which it begins, with its length.
    pub(crate) at: usize,
    /// Its data; of a chunk that is cut, what there is of it.
    pub(crate) data: &'a [u8],
    /// The checksum that stands behind the data; `None` when the file ends before it.
    crc: Option<u32>,
}

impl Chunk<'_> {
    /// Whether the file ends within it.
    pub(crate) fn is_cut(&self) -> bool {
        self.crc.is_none()
    }

    /// Whether its checksum is there and right.
    pub(crate) fn crc_holds(&self) -> bool {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.kind);
        crc.update(self.data);
        self.crc == Some(crc.finalize())
    }

    /// Whether a decoder that does not know it has to give up: the first letter is a capital (5.4).
    pub(crate) fn is_critical(&self) -> bool {
        self.kind[0].is_ascii_uppercase()
    }

    /// Whether its type is made of letters. Where it is not, whatever follows is no PNG.
    pub(crate) fn is_named(&self) -> bool {
        self.kind.iter().all(u8::is_ascii_alphabetic)
    }

    /// Its type as text.
    pub(crate) fn name(&self) -> String {
        self.kind.escape_ascii().to_string()
    }

    /// The byte behind it, its checksum included.
    pub(crate) fn end(&self) -> usize {
        self.at + 8 + self.data.len() + if self.is_cut() { 0 } else { 4 }
    }
}

/// Walks the chunks behind the signature, up to the end of the file or a chunk that is cut.
pub(crate) struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Chunks<'a> {
    /// Of a whole file.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: PNG_SIGNATURE.len() }
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let rest = self.bytes.get(self.at..)?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let len = u32::from_be_bytes(*len) as usize;
        let (data, crc) = match rest.split_at_checked(len) {
            Some((data, rest)) => (data, rest.first_chunk::<4>().map(|crc| u32::from_be_bytes(*crc))),
            None => (rest, None),
        };
        let chunk = Chunk { kind: *kind, at: self.at, data, crc };
        self.at = if chunk.is_cut() { self.bytes.len() } else { chunk.end() };
        Some(chunk)
    }
}
