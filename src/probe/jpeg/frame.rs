//! Frame and scan headers and quantisation tables, held against the same rules as in libjpeg: what its readers refuse,
//! nobody opens.

use super::marker;
use crate::fault::{Break, Refusal};

/// Zigzag index to natural (row-major) index (ITU T.81, figure A.6).
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// A frame header (SOF).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Low nibble of the marker: 0 baseline, 1 extended, 2 progressive.
    pub process: u8,
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// The components, 1 to 4.
    pub components: Vec<Component>,
}

/// One component of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// The name that scans call it by.
    pub id: u8,
    /// Horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// Vertical sampling factor, 1 to 4.
    pub v: u8,
    /// Which quantisation table.
    pub table: u8,
}

/// A scan header (SOS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanHeader {
    /// Index of the component in the frame, DC table, AC table.
    pub components: Vec<(usize, u8, u8)>,
    /// First coefficient of the band, zigzag.
    pub first: u8,
    /// Last coefficient of the band, zigzag.
    pub last: u8,
    /// Bit position of the previous pass, 0 when there was none.
    pub high: u8,
    /// Bit position of this pass.
    pub low: u8,
}

/// A refusal that names the place.
pub fn broken(what: impl Into<String>, at: usize) -> Refusal {
    Refusal::Unreadable(Break::new(what).at_byte(at))
}

impl Frame {
    /// The longest side: libjpeg's JPEG_MAX_DIMENSION.
    pub const MOST: u16 = 65_500;

    /// Reads a frame header. Sizes are not yet held against limits.
    pub fn parse(code: u8, body: &[u8], at: usize) -> Result<Self, Refusal> {
        let [precision, h1, h0, w1, w0, count, specs @ ..] = body else {
            return Err(broken("the JPEG's frame header is cut short", at));
        };
        let coding = match code {
            0xC0..=0xC2 => None,
            0xC3 => Some("lossless"),
            0xC5..=0xC7 => Some("hierarchical"),
            0xC9 | 0xCA => Some("arithmetic-coded"),
            0xCB => Some("lossless arithmetic-coded"),
            _ => Some("hierarchical arithmetic-coded"),
        };
        let components: Vec<_> = specs
            .as_chunks::<3>()
            .0
            .iter()
            .map(|[id, hv, table]| Component { id: *id, h: hv >> 4, v: hv & 15, table: *table })
            .collect();
        if specs.len() != usize::from(*count) * 3 || components.is_empty() {
            return Err(broken("the JPEG's frame header contradicts its own length", at));
        }
        if let Some(coding) = coding {
            return Err(Refusal::Unsupported(format!("{coding} JPEG")));
        }
        if *precision == 12 {
            return Err(Refusal::Unsupported("JPEG with 12 bits per sample".into()));
        }
        if *precision != 8 {
            return Err(broken(format!("the JPEG's header says {precision} bits per sample"), at));
        }
        if components.iter().any(|c| !(1..=4).contains(&c.h) || !(1..=4).contains(&c.v) || c.table > 3) {
            return Err(broken("the JPEG's header has impossible sampling factors", at));
        }
        let most = |of: fn(&Component) -> u8| components.iter().map(of).max().unwrap_or(1);
        let (h, v) = (most(|c| c.h), most(|c| c.v));
        if components.iter().any(|c| h % c.h != 0 || v % c.v != 0) {
            // libjpeg has no upsampling for them (jdsample.c), nor has what is built on it.
            return Err(broken("the JPEG's header has sampling factors that common decoders do not read", at));
        }
        if !matches!(components.len(), 1 | 3 | 4) {
            return Err(Refusal::Unsupported(format!("JPEG with {} components", components.len())));
        }
        let (width, height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
        if width.max(height) > Self::MOST {
            let what = format!(
                "the JPEG says {width} x {height} pixels, and common decoders read no side over {}",
                Self::MOST
            );
            return Err(broken(what, at));
        }
        Ok(Self { process: code & 15, width, height, components })
    }

    /// Whether it is sent in several passes.
    pub fn is_progressive(&self) -> bool {
        self.process == 2
    }

    /// The largest sampling factors, across and down.
    pub fn max_sampling(&self) -> (u32, u32) {
        self.components.iter().fold((1, 1), |(h, v), c| (h.max(c.h.into()), v.max(c.v.into())))
    }
}

impl ScanHeader {
    /// Reads a scan header of this frame.
    pub fn parse(body: &[u8], frame: &Frame, at: usize) -> Result<Self, Refusal> {
        let bad = |what: &str| broken(what, at);
        let (Some((count, rest)), Some([first, last, bits])) = (body.split_first(), body.last_chunk::<3>()) else {
            return Err(bad("a scan header of the JPEG is cut short"));
        };
        let count = usize::from(*count);
        if !(1..=4).contains(&count) || rest.len() != count * 2 + 3 {
            return Err(bad("a scan header of the JPEG contradicts its own length"));
        }
        let mut components: Vec<(usize, u8, u8)> = Vec::with_capacity(count);
        for [id, tables] in rest.as_chunks::<2>().0.iter().take(count) {
            // The same name may stand for two components; each is used once, in order.
            let index = (0..frame.components.len())
                .find(|i| {
                    frame.components.get(*i).is_some_and(|c| c.id == *id) && components.iter().all(|(j, ..)| j != i)
                })
                .ok_or_else(|| bad("a scan of the JPEG names a component that there is not"))?;
            components.push((index, tables >> 4, tables & 15));
        }
        let scan = Self { components, first: *first, last: *last, high: bits >> 4, low: bits & 15 };
        let blocks: u32 = scan
            .components
            .iter()
            .filter_map(|(i, ..)| frame.components.get(*i))
            .map(|c| u32::from(c.h) * u32::from(c.v))
            .sum();
        if count > 1 && blocks > 10 {
            return Err(bad("a scan of the JPEG has too many blocks in a unit"));
        }
        // Sequential readers pass over a wrong band with a warning, progressive ones stop (jdphuff.c).
        let dc = scan.first == 0;
        let sound = scan.last < 64
            && scan.first <= scan.last
            && (if dc { scan.last == 0 } else { count == 1 })
            && (scan.high == 0 || scan.high == scan.low + 1)
            && scan.low <= 13;
        if frame.is_progressive() && !sound {
            return Err(bad("a scan of the progressive JPEG has impossible parameters"));
        }
        Ok(scan)
    }
}

/// Reads a segment of quantisation tables (DQT) into the four places, natural order.
pub fn quantisation(body: &[u8], tables: &mut [Option<[u16; 64]>; 4], at: usize) -> Result<(), Refusal> {
    let mut rest = body;
    while let Some((spec, data)) = rest.split_first() {
        let wide = spec >> 4 != 0;
        let len = if wide { 128 } else { 64 };
        let place = tables
            .get_mut(usize::from(spec & 15))
            .ok_or_else(|| broken("the JPEG has a quantisation table with an impossible number", at))?;
        let values = data.get(..len).ok_or_else(|| broken("a quantisation table of the JPEG is cut short", at))?;
        rest = data.get(len..).unwrap_or(&[]);
        let mut table = [1_u16; 64];
        for (i, natural) in ZIGZAG.iter().enumerate() {
            let value = match values.get(i * 2..i * 2 + 2) {
                Some([high, low]) if wide => u16::from_be_bytes([*high, *low]),
                _ => values.get(i).copied().unwrap_or(1).into(),
            };
            if let Some(to) = table.get_mut(usize::from(*natural)) {
                *to = value;
            }
        }
        *place = Some(table);
    }
    Ok(())
}

/// The quality on libjpeg's scale whose luma table comes nearest (jcparam.c, `jpeg_set_quality`; the table is
/// K.1 of ITU T.81).
pub fn quality(table: &[u16; 64]) -> u8 {
    const STANDARD: [u16; 64] = [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ];
    let distance = |quality: &u8| -> u64 {
        let q = u32::from(*quality);
        let scale = if q < 50 { 5000 / q } else { 200 - 2 * q };
        let scaled = STANDARD.iter().map(|s| ((u32::from(*s) * scale + 50) / 100).clamp(1, 255));
        table.iter().zip(scaled).map(|(t, s)| u64::from(u32::from(*t).abs_diff(s))).sum()
    };
    (1..=100_u8).rev().min_by_key(distance).unwrap_or(1)
}

/// Whether libjpeg would stop at this marker: codes that are reserved or of processes that nobody writes.
pub fn is_reserved(code: u8) -> bool {
    matches!(code, 0x02..=0xBF | 0xC8 | 0xDE | 0xDF | 0xF0..=0xFD) || code == marker::SOI
}

/// Conditioning of arithmetic coding, which readers check though they do not use it (jdmarker.c, `get_dac`).
pub fn check_conditioning(body: &[u8], at: usize) -> Result<(), Refusal> {
    let (pairs, rest) = body.as_chunks::<2>();
    let sound = rest.is_empty()
        && pairs.iter().all(|[index, value]| match index {
            0..=15 => value & 15 <= value >> 4,
            16..=31 => true,
            _ => false,
        });
    if sound { Ok(()) } else { Err(broken("the JPEG has impossible arithmetic conditioning", at)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_is_found_back() {
        for quality in [1, 10, 35, 50, 75, 90, 94, 100] {
            let mut bytes = Vec::new();
            let encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
            encoder.encode(&[0; 64], 8, 8, jpeg_encoder::ColorType::Luma).unwrap();
            let mut tables = [None; 4];
            for item in marker::Walk::new(&bytes) {
                if let marker::Item::Segment { code: marker::DQT, body, at } = item {
                    quantisation(body, &mut tables, at).unwrap();
                }
            }
            assert_eq!(super::quality(&tables[0].unwrap()), quality);
        }
    }

    #[test]
    fn zigzag_names_every_place_once() {
        let mut seen = ZIGZAG;
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, v)| usize::from(*v) == i));
    }
}
