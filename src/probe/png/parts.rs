//! What a PNG is made of: the parts that a picture is drawn from, and what is wrong with the rest.
//!
//! The line between a fault and a refusal is libpng's, which the browsers, OpenCV and ImageMagick read with, and Pillow
//! agrees: what it stops at is unreadable, what it warns about and passes over is damage.

use super::chunks::{Chunk, Chunks};
use crate::{
    fault::{Break, Fault, Refusal},
    format::PNG_SIGNATURE,
    options::Limits,
    probe::check_size,
};
use std::ops::Range;

/// The header chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ihdr {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bits per sample.
    pub(crate) depth: u8,
    /// 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha.
    pub(crate) colour: u8,
    pub(crate) interlaced: bool,
}

/// What a PNG is made of.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) ihdr: Ihdr,
    /// Red, green, blue, one after the other; empty without a palette.
    pub(crate) palette: &'a [u8],
    /// The data of tRNS, where it is usable.
    pub(crate) transparency: Option<&'a [u8]>,
    /// Where the first run of IDAT chunks lies in the file, checksums and lengths included.
    pub(crate) data: Range<usize>,
    /// Whether the last of them is whole.
    pub(crate) data_whole: bool,
    pub(crate) exif: Option<&'a [u8]>,
    /// The data of iCCP: a name, a method, and a compressed profile.
    pub(crate) icc: Option<&'a [u8]>,
    /// The data of cICP.
    pub(crate) cicp: Option<[u8; 4]>,
    /// Frames of an animation, counted.
    pub(crate) frames: Option<u32>,
    /// Where the file's picture ends: behind IEND, or at the end of the file.
    pub(crate) end: usize,
    /// What is wrong with the chunks, the checksums of the picture data left aside.
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Parts<'a> {
    /// Reads the header chunk and walks over all others. Nothing is decompressed, the data of the picture is not looked
    /// at.
    ///
    /// # Errors
    /// [`Refusal::Unreadable`], [`Refusal::Unsupported`], [`Refusal::TooManyPixels`].
    pub(crate) fn read(bytes: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        check_signature(bytes)?;
        let mut chunks = Chunks::new(bytes);
        let first = chunks.next().ok_or_else(|| {
            Refusal::Unreadable(Break::new("the file ends right after a PNG's first bytes").at_byte(bytes.len()))
        })?;
        let ihdr = read_header(&first)?;
        check_size(ihdr.width.into(), ihdr.height.into(), limits)?;
        let parts = Self {
            ihdr,
            palette: &[],
            transparency: None,
            data: 0..0,
            data_whole: true,
            exif: None,
            icc: None,
            cicp: None,
            frames: None,
            end: bytes.len(),
            faults: Vec::new(),
        };
        let walk = Walk { parts, in_data: false, frame_controls: 0, bad_sums: 0, first_bad: None, ended: false };
        walk.over(chunks)
    }

    /// Takes a fault; of very many the first ones are kept, for a file may be made of nothing else.
    fn damaged(&mut self, what: impl Into<String>, at: usize) {
        const MOST: usize = 16;
        if self.faults.len() < MOST {
            self.faults.push(Fault::Damaged(Break::new(what).at_byte(at)));
        }
    }

    fn has_data(&self) -> bool {
        !self.data.is_empty()
    }
}

/// What is kept in mind while walking.
struct Walk<'a> {
    parts: Parts<'a>,
    in_data: bool,
    frame_controls: u32,
    bad_sums: u32,
    first_bad: Option<Chunk<'a>>,
    ended: bool,
}

impl<'a> Walk<'a> {
    fn over(mut self, chunks: Chunks<'a>) -> Result<Parts<'a>, Refusal> {
        for chunk in chunks {
            if !chunk.is_named() {
                if !self.parts.has_data() {
                    return Err(unreadable("the PNG's parts are not where they should be", &chunk));
                }
                self.parts.damaged("junk follows the picture data", chunk.at);
                self.ended = true;
                break;
            }
            if &chunk.kind == b"IDAT" {
                self.take_data(&chunk)?;
                continue;
            }
            self.in_data = false;
            if chunk.is_cut() {
                break;
            }
            let holds = chunk.crc_holds();
            if !holds {
                self.bad_sums += 1;
                self.first_bad.get_or_insert(chunk);
            }
            if &chunk.kind == b"IEND" {
                self.ended = true;
                self.parts.end = chunk.end();
                break;
            }
            if chunk.is_critical() {
                self.take_critical(&chunk, holds)?;
            } else if holds {
                self.take_ancillary(&chunk);
            }
        }
        self.finish()
    }

    fn take_data(&mut self, chunk: &Chunk<'a>) -> Result<(), Refusal> {
        let parts = &mut self.parts;
        if !parts.has_data() {
            if parts.ihdr.colour == 3 && parts.palette.is_empty() {
                return Err(unreadable("the PNG has no palette, and its pixels need one", chunk));
            }
            parts.data = chunk.at..chunk.at;
            self.in_data = true;
        }
        if self.in_data {
            parts.data.end = chunk.end();
            parts.data_whole = !chunk.is_cut();
        }
        Ok(())
    }

    fn take_critical(&mut self, chunk: &Chunk<'a>, holds: bool) -> Result<(), Refusal> {
        let parts = &mut self.parts;
        match &chunk.kind {
            b"PLTE" if !parts.palette.is_empty() => return Err(unreadable("the PNG has two palettes", chunk)),
            b"PLTE" => {
                let fits = chunk.data.len().is_multiple_of(3) && (3..=768).contains(&chunk.data.len());
                if fits && holds {
                    parts.palette = chunk.data;
                } else if parts.ihdr.colour == 3 {
                    return Err(unreadable("the PNG's palette is damaged", chunk));
                }
            }
            b"IHDR" => return Err(unreadable("the PNG has two headers", chunk)),
            _ if parts.has_data() => parts.damaged(format!("an unknown part {} follows", chunk.name()), chunk.at),
            _ => return Err(unreadable(format!("the PNG has an unknown part, {}", chunk.name()), chunk)),
        }
        Ok(())
    }

    fn take_ancillary(&mut self, chunk: &Chunk<'a>) {
        let parts = &mut self.parts;
        let expected = match &chunk.kind {
            b"sRGB" => Some(1),
            b"gAMA" | b"cICP" => Some(4),
            b"tIME" => Some(7),
            b"acTL" => Some(8),
            b"pHYs" => Some(9),
            b"fcTL" => Some(26),
            b"cHRM" => Some(32),
            b"tRNS" if parts.ihdr.colour == 0 => Some(2),
            b"tRNS" if parts.ihdr.colour == 2 => Some(6),
            _ => None,
        };
        if expected.is_some_and(|len| len != chunk.data.len()) {
            parts.damaged(format!("the part {} has the wrong length", chunk.name()), chunk.at);
            return;
        }
        match &chunk.kind {
            b"tRNS" if matches!(parts.ihdr.colour, 4 | 6) => {
                parts.damaged("transparency is given in two ways", chunk.at);
            }
            b"tRNS" if !parts.has_data() && !chunk.data.is_empty() => parts.transparency = Some(chunk.data),
            b"eXIf" => parts.exif = parts.exif.or(Some(chunk.data)),
            b"iCCP" if !parts.has_data() => parts.icc = parts.icc.or(Some(chunk.data)),
            b"cICP" => parts.cicp = chunk.data.first_chunk().copied(),
            // What is announced, until all are counted.
            b"acTL" => parts.frames = chunk.data.first_chunk().map(|n| u32::from_be_bytes(*n)),
            b"fcTL" => self.frame_controls += 1,
            _ => {}
        }
    }

    fn finish(self) -> Result<Parts<'a>, Refusal> {
        let mut parts = self.parts;
        if !parts.has_data() {
            return Err(Refusal::Unreadable(Break::new("the PNG has no picture data").at_byte(parts.end)));
        }
        if let Some(chunk) = self.first_bad {
            let more = if self.bad_sums > 1 { format!(", and of {} others", self.bad_sums - 1) } else { String::new() };
            parts.damaged(format!("the checksum of the part {} is wrong{more}", chunk.name()), chunk.at);
        }
        let there = self.frame_controls;
        let announced = parts.frames;
        parts.frames = announced.map(|_| there);
        if let Some(announced) = announced.filter(|n| self.ended && (*n == 0 || *n != there)) {
            let what = format!("its animation has {there} frames where {announced} are announced");
            parts.faults.push(Fault::Damaged(Break::new(what)));
        }
        if !self.ended {
            parts.damaged("the file ends before the PNG does", parts.end);
        }
        Ok(parts)
    }
}

fn unreadable(what: impl Into<String>, chunk: &Chunk<'_>) -> Refusal {
    Refusal::Unreadable(Break::new(what).at_byte(chunk.at))
}

/// The signature is made so that what a transfer as text does to a file shows in it (PNG, 5.2).
fn check_signature(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.starts_with(&PNG_SIGNATURE) {
        return Ok(());
    }
    let what = match bytes {
        b"\x89PNG" | b"\x89PNG\r" | b"\x89PNG\r\n" | b"\x89PNG\r\n\x1A" => "the file ends within a PNG's first bytes",
        [b'\x09', b'P', b'N', b'G', ..] => "the PNG was sent in a way that strips the eighth bit of each byte",
        [0x89, b'P', b'N', b'G', b'\n' | b'\r', ..] => {
            "the PNG was sent as if it were text, which changed its line ends and spoilt it"
        }
        _ => "the PNG's first bytes are damaged",
    };
    Err(Refusal::Unreadable(Break::new(what).at_byte(0)))
}

/// The longest side that libpng reads by default (PNG_USER_WIDTH_MAX); it bounds what a single row takes, too.
const MOST_SIDE: u32 = 1_000_000;

fn read_header(chunk: &Chunk<'_>) -> Result<Ihdr, Refusal> {
    if &chunk.kind == b"CgBI" {
        return Err(Refusal::Unsupported("Apple's own variety of PNG, made for iPhone apps".into()));
    }
    if &chunk.kind != b"IHDR" {
        return Err(unreadable("the PNG does not begin with its header", chunk));
    }
    let (true, [w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, compression, filter, interlace]) =
        (chunk.crc_holds(), chunk.data)
    else {
        let what = if chunk.is_cut() { "the file ends within the PNG's header" } else { "the PNG's header is damaged" };
        return Err(unreadable(what, chunk));
    };
    // PNG, table 9: the depths that go with each colour type.
    let fits = match colour {
        0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
        3 => matches!(depth, 1 | 2 | 4 | 8),
        2 | 4 | 6 => matches!(depth, 8 | 16),
        _ => false,
    };
    if !fits || *compression != 0 || *filter != 0 || *interlace > 1 {
        return Err(unreadable("the PNG's header asks for a kind of picture that does not exist", chunk));
    }
    let (width, height) = (u32::from_be_bytes([*w3, *w2, *w1, *w0]), u32::from_be_bytes([*h3, *h2, *h1, *h0]));
    if width.max(height) > MOST_SIDE {
        let what = format!("the PNG says {width} x {height} pixels, and common decoders read no side over {MOST_SIDE}");
        return Err(unreadable(what, chunk));
    }
    Ok(Ihdr { width, height, depth: *depth, colour: *colour, interlaced: *interlace == 1 })
}
