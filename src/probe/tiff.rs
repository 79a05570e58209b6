//! The numbers of a TIFF (6.0, section 2), which is what EXIF is written in too.

use crate::pixmap::Orientation;

/// The bytes behind "II" or "MM".
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiff<'a> {
    bytes: &'a [u8],
    big: bool,
}

/// The most entries of a directory that are looked at: EXIF's own is among the first few dozen.
const MOST: u32 = 1000;

impl<'a> Tiff<'a> {
    /// `None` when it begins with neither order of bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let big = match bytes.first_chunk()? {
            b"MM\0*" => true,
            b"II*\0" => false,
            _ => return None,
        };
        Some(Self { bytes, big })
    }

    /// A number of up to four bytes.
    pub(crate) fn number(&self, at: usize, len: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(len)?)?;
        let shift = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        Some(if self.big { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) })
    }

    /// The place of the first directory's entry of this tag.
    fn entry(&self, directory: usize, tag: u32) -> Option<usize> {
        let entries = self.number(directory, 2)?.min(MOST) as usize;
        let first = directory.checked_add(2)?;
        (0..entries).filter_map(|i| first.checked_add(i * 12)).find(|at| self.number(*at, 2) == Some(tag))
    }

    /// The orientation (tag 274): one SHORT, or LONG as some write. Nothing else in it is read: what is broken there does
    /// not matter, and parsers that read all of EXIF can be made to read for ever.
    pub(crate) fn orientation(&self) -> Option<Orientation> {
        let entry = self.entry(self.number(4, 4)? as usize, 274)?;
        let one = self.number(entry.checked_add(4)?, 4)? == 1;
        let value = entry.checked_add(8)?;
        match self.number(entry.checked_add(2)?, 2)? {
            3 if one => self.number(value, 2),
            4 if one => self.number(value, 4),
            _ => None,
        }
        .map(Orientation::from_exif)
    }

    /// The pictures in it, previews left aside (TIFF 6.0, sections 2 and 8, NewSubfileType). No more are counted than
    /// anyone scans.
    #[cfg(feature = "tiff")]
    pub(crate) fn pages(&self) -> usize {
        const NEW_SUBFILE_TYPE: u32 = 254;
        let (mut pages, mut next) = (0, self.number(4, 4));
        for _ in 0..MOST {
            let Some(at) = next.filter(|at| *at != 0).map(|at| at as usize) else { break };
            let Some(entries) = self.number(at, 2) else { break };
            let kind = self.entry(at, NEW_SUBFILE_TYPE).and_then(|entry| self.number(entry.saturating_add(8), 4));
            pages += usize::from(kind.is_none_or(|bits| bits & 1 == 0));
            next = self.number(at.saturating_add(2).saturating_add(entries as usize * 12), 4);
        }
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of one entry, in the order of bytes that `II` or `MM` stand for.
    fn tiff(big: bool, kind: u16, count: u32, value: u32) -> Vec<u8> {
        let two = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let four = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let value = if big && kind == 3 { value << 16 } else { value };
        let mut out = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        out.extend(four(8));
        out.extend(two(1).into_iter().chain(two(274)).chain(two(kind)));
        out.extend(four(count).into_iter().chain(four(value)).chain(four(0)));
        out
    }

    #[test]
    fn orientation_is_one_short_or_long_in_either_order_of_bytes() {
        let read = |bytes: &[u8]| Tiff::new(bytes).and_then(|t| t.orientation());
        for big in [true, false] {
            assert_eq!(read(&tiff(big, 3, 1, 6)), Some(Orientation::Turned90));
            assert_eq!(read(&tiff(big, 4, 1, 8)), Some(Orientation::Turned270));
            assert_eq!(read(&tiff(big, 3, 1, 77)), Some(Orientation::Upright));
            assert_eq!(read(&tiff(big, 2, 1, 6)), None, "a text");
            assert_eq!(read(&tiff(big, 3, 2, 6)), None, "two of them");
            let whole = tiff(big, 3, 1, 6);
            (0..18).for_each(|end| assert_eq!(read(&whole[..end]), None, "cut after {end}"));
        }
        assert_eq!(read(b"PK\0*"), None);
    }

    /// A directory that leads to itself.
    #[cfg(feature = "tiff")]
    #[test]
    fn a_chain_of_directories_ends() {
        let mut chain = b"II*\0\x08\0\0\0".to_vec();
        chain.extend([0, 0, 8, 0, 0, 0]);
        assert_eq!(Tiff::new(&chain).unwrap().pages(), MOST as usize);
        assert_eq!(Tiff::new(&chain).unwrap().orientation(), None);
    }
}
