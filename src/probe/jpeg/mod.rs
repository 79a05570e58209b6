//! The markers of a JPEG: size, coding, orientation, quantisation, and what stands behind the picture's end.

mod behind;
pub(crate) mod colour;
pub(crate) mod frame;
pub(crate) mod marker;

pub use colour::{ColourModel, Profile};
pub(crate) use frame::{Component, Frame, ScanHeader};

use super::{Details, Header, check_size, tiff::Tiff};
use crate::{
    fault::{Break, Fault, Refusal},
    format::Format,
    options::Limits,
    pixmap::Orientation,
};
use frame::broken;
use marker::{Item, Walk};
use memchr::memmem;

/// What only a JPEG has.
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{self, Details}};
/// let header = probe::probe(&std::fs::read("testdata/front.jpg")?, &Limits::default())?;
/// let Details::Jpeg(jpeg) = header.details else { panic!("a JPEG") };
/// assert_eq!((jpeg.process, jpeg.components), (0, 3)); // baseline, in colour
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct JpegDetails {
    /// The start-of-frame marker's low nibble: 0 baseline, 1 extended, 2 progressive (ITU T.81, table B.1).
    pub process: u8,
    /// Components: 1 gray, 3 colour, 4 CMYK or YCCK.
    pub components: u8,
    /// How they make a colour.
    pub model: ColourModel,
    /// Sampling factors of each component, across and down; chroma is halved where its are half of luma's.
    pub sampling: Vec<(u8, u8)>,
    /// The quality that libjpeg's scale would give the luma table, 1 to 100; `None` without a table.
    pub quality: Option<u8>,
    /// The quantisation table of the first component, natural (row-major) order; `None` without one.
    pub luma_table: Option<[u16; 64]>,
    /// Units between restart markers, 0 without them.
    pub restart_interval: u16,
    /// The colour transform of an Adobe segment.
    pub adobe_transform: Option<u8>,
    /// The embedded ICC profile.
    pub profile: Option<Profile>,
    /// The byte behind the end marker, where the picture proper ends; `None` when the marker is missing.
    pub end: Option<u64>,
}

/// Walks all markers and reads those in front of the first scan.
///
/// # Errors
/// [`Refusal::Unreadable`] where libjpeg's readers stop too (no frame header, impossible tables), with the byte;
/// [`Refusal::Unsupported`] for a process other than sequential and progressive Huffman at 8 bits;
/// [`Refusal::TooManyPixels`].
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::jpeg};
/// let header = jpeg::probe(&std::fs::read("testdata/front.jpg")?, &Limits::default())?;
/// assert_eq!((header.width, header.height), (1600, 1200));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    let mut found = Found::default();
    for item in Walk::new(bytes) {
        limits.in_time()?;
        found.take(item, limits)?;
    }
    let frame = found.frame.ok_or_else(|| broken("the JPEG has no frame header", bytes.len()))?;
    if !found.scan {
        return Err(broken("the JPEG ends before its picture begins", bytes.len()));
    }
    let table = |c: &Component| found.tables.get(usize::from(c.table)).copied().flatten();
    let luma_table = frame.components.first().and_then(table);
    let mut faults = found.faults;
    faults.extend(behind::faults(bytes, found.end, found.hints));
    Ok(Header {
        format: Format::Jpeg,
        width: frame.width.into(),
        height: frame.height.into(),
        orientation: found.orientation.unwrap_or_default(),
        faults,
        details: Details::Jpeg(JpegDetails {
            process: frame.process,
            components: frame.components.len() as u8,
            model: ColourModel::of(&frame, found.jfif, found.adobe),
            sampling: frame.components.iter().map(|c| (c.h, c.v)).collect(),
            quality: luma_table.map(|t| frame::quality(&t)),
            luma_table,
            restart_interval: found.restart_interval,
            adobe_transform: found.adobe,
            profile: found.profile.join().and_then(|icc| colour::parse(&icc)).map(|p| colour::describe(&p)),
            end: found.end.map(|at| at as u64),
        }),
    })
}

/// What the walk has gathered so far.
#[derive(Default)]
struct Found<'a> {
    frame: Option<Frame>,
    tables: [Option<[u16; 64]>; 4],
    scan: bool,
    end: Option<usize>,
    jfif: bool,
    adobe: Option<u8>,
    restart_interval: u16,
    orientation: Option<Orientation>,
    profile: colour::ProfileParts<'a>,
    hints: behind::Hints,
    faults: Vec<Fault>,
}

impl<'a> Found<'a> {
    fn take(&mut self, item: Item<'a>, limits: &Limits) -> Result<(), Refusal> {
        match item {
            Item::Segment { code, body, at } => {
                self.profile.take(&item);
                if !self.scan {
                    self.segment(code, body, at, limits)?;
                }
            }
            Item::Scan { .. } => self.scan = true,
            // Between scans it is the decoder's to judge.
            Item::Junk { bytes, at } if !self.scan && self.faults.is_empty() => {
                let what = format!("{bytes} stray bytes stand between the JPEG's header segments");
                self.faults.push(Fault::Damaged(Break::new(what).at_byte(at)));
            }
            Item::End { at } => self.end = Some(at),
            Item::Junk { .. } | Item::Cut { .. } => {}
        }
        Ok(())
    }

    fn segment(&mut self, code: u8, body: &'a [u8], at: usize, limits: &Limits) -> Result<(), Refusal> {
        match code {
            code if marker::is_frame(code) => {
                if self.frame.is_some() {
                    return Err(broken("the JPEG has two frame headers", at));
                }
                let frame = Frame::parse(code, body, at)?;
                check_size(frame.width.into(), frame.height.into(), limits)?;
                self.frame = Some(frame);
            }
            marker::DQT => frame::quantisation(body, &mut self.tables, at)?,
            marker::DRI => self.restart_interval = restart_interval(body, at)?,
            marker::DAC => frame::check_conditioning(body, at)?,
            marker::SOS => {
                let frame = self.frame.as_ref().ok_or_else(|| broken("the JPEG has no frame header", at))?;
                ScanHeader::parse(body, frame, at)?;
            }
            0xE0..=0xEF => self.application(code, body),
            code if frame::is_reserved(code) => {
                return Err(broken(format!("the JPEG's header has a segment of no known kind ({code:02X})"), at));
            }
            _ => {}
        }
        Ok(())
    }

    fn application(&mut self, code: u8, body: &'a [u8]) {
        match (code, body) {
            (0xE0, [b'J', b'F', b'I', b'F', 0, ..]) => self.jfif = true,
            (0xE1, [b'E', b'x', b'i', b'f', 0, _, tiff @ ..]) if self.orientation.is_none() => {
                self.orientation = Tiff::new(tiff).and_then(|tiff| tiff.orientation());
            }
            (0xE2, [b'M', b'P', b'F', 0, ..]) => self.hints.multi_picture = true,
            (0xEE, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..]) => self.adobe = Some(*transform),
            _ => {}
        }
        let announces = |name: &[u8]| memmem::find(body, name).is_some();
        if matches!(code, 0xE1 | 0xE2) && !self.hints.gain_map {
            self.hints.gain_map = announces(b"hdr-gain-map") || announces(b"hdrgm") || announces(b":iso:ts:21496");
        }
    }
}

/// The units between restart markers (DRI).
pub(crate) fn restart_interval(body: &[u8], at: usize) -> Result<u16, Refusal> {
    match body {
        [high, low] => Ok(u16::from_be_bytes([*high, *low])),
        _ => Err(broken("the JPEG's restart interval contradicts its own length", at)),
    }
}

#[cfg(test)]
mod tests;
