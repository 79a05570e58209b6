//! What decoding a picture would take, read off the copy as the renderer itself reads it, pictures in the midst of
//! drawing instructions included. The decoders believe the coded data before the page, and allocate what it says.

use super::{jbig2, jpx};
use crate::{fault::Refusal, options::Limits, probe};
use hayro::hayro_syntax::{
    Filter,
    object::{Array, Dict, Name, Object, Stream},
};
use lopdf::dictionary;

/// Columns of a fax; no machine sends more.
const MAX_COLUMNS: u64 = 65_535;

/// Dictionaries of parameters that a picture may have; there is one for each filter.
const MAX_PARAMS: usize = 16;

/// Components that spaces of many which rest upon each other, as they may in the midst of instructions, may come to.
const WITHIN_ITSELF: u64 = 2048;

/// Colour spaces of a few components, by the names that the renderer knows.
const NAMED: [&[u8]; 11] = [
    b"DeviceGray",
    b"G",
    b"DeviceRGB",
    b"RGB",
    b"DeviceCMYK",
    b"CMYK",
    b"CalGray",
    b"CalRGB",
    b"Lab",
    b"Indexed",
    b"Pattern",
];

/// A picture as its coded data states it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Coded {
    pub width: u64,
    pub height: u64,
    /// Bytes that decoding holds.
    pub bytes: u64,
}

/// Holds a picture against the limits, and takes its pixels from those that the page may still have; `most` are the
/// components that a colour space may have of which only the name is known.
///
/// # Errors
/// [`Refusal::TooManyPixels`], [`Refusal::Limit`]; [`Refusal::Unreadable`] when its size cannot be told.
pub fn hold(stream: &Stream<'_>, pixels: &mut u64, most: u64, limits: &Limits) -> Result<(), Refusal> {
    let dict = stream.dict();
    let side =
        |short: &[u8], long: &[u8]| dict.get::<u32>(short).or_else(|| dict.get::<u32>(long)).map_or(0, u64::from);
    let (width, height) = (side(b"W", b"Width"), side(b"H", b"Height"));
    let coded = coded(stream, height, limits)?;
    let mut largest = 0;
    for (width, height) in [(width, height), (coded.width, coded.height)] {
        let area = width.saturating_mul(height);
        if area > *pixels {
            return Err(Refusal::TooManyPixels { width, height });
        }
        largest = area.max(largest);
    }
    *pixels = pixels.saturating_sub(largest);
    // Samples, and the pixels made of them.
    let needed = largest.saturating_mul(components(dict, most).saturating_add(7)).max(largest.saturating_mul(8));
    let (needed, limit) = (needed.max(coded.bytes), limits.max_memory);
    let what = "bytes to decode a picture of the PDF";
    if needed > limit { Err(Refusal::Limit { what, needed, limit }) } else { Ok(()) }
}

fn coded(stream: &Stream<'_>, height: u64, limits: &Limits) -> Result<Coded, Refusal> {
    let unreadable = || Refusal::unreadable("a picture of the PDF has impossible parameters");
    let (filters, params) = (stream.filters(), params(stream.dict()));
    if params.len() > MAX_PARAMS {
        return Err(unreadable());
    }
    let number = |key: &[u8]| params.iter().filter_map(|p| p.get::<u32>(key)).max().map(u64::from);
    let at = filters.iter().position(|f| {
        matches!(f, Filter::DctDecode | Filter::JpxDecode | Filter::Jbig2Decode | Filter::CcittFaxDecode)
    });
    let packing = filters.get(..at.unwrap_or(filters.len())).unwrap_or(&[]);
    let data = stream.raw_data();
    let Some(coding) = at.and_then(|at| filters.get(at)) else {
        // Only pictures in the midst of instructions are still packed.
        if number(b"Columns").is_some_and(|n| n > limits.max_inflated) {
            return Err(unreadable());
        }
        let most = packing.iter().fold(data.len() as u64, |len, filter| len.saturating_mul(expansion(filter)));
        if most > limits.max_inflated {
            unpacked(&data, packing, limits)?;
        }
        return Ok(Coded::default());
    };
    // Pictures in the midst of instructions, which belong to no object, have no such codings (ISO 32000-2, 8.9.7).
    let misplaced = filters.iter().any(|f| matches!(f, Filter::JpxDecode | Filter::Jbig2Decode | Filter::Crypt))
        && stream.dict().obj_id().is_none();
    // What parameters make of the data is not undone here, but by the renderer.
    let altered = !packing.is_empty() && [&b"Predictor"[..], b"EarlyChange"].iter().any(|key| has(&params, key));
    if packing.len() + 1 != filters.len() || misplaced || altered {
        return Err(unreadable());
    }
    if *coding == Filter::CcittFaxDecode {
        let (width, height) = (number(b"Columns").unwrap_or(1728), height.max(number(b"Rows").unwrap_or(0)));
        let plausible = width <= MAX_COLUMNS && params.iter().all(|p| is_width(p));
        return if plausible {
            Ok(Coded { width, height, bytes: 0 })
        } else {
            Err(Refusal::TooManyPixels { width: width.max(MAX_COLUMNS + 1), height })
        };
    }
    let data = if packing.is_empty() { data } else { unpacked(&data, packing, limits)?.into() };
    match coding {
        Filter::DctDecode => Ok(match probe::jpeg::probe(&data, &Limits::default()) {
            Ok(header) => {
                let (width, height) = (u64::from(header.width), u64::from(header.height));
                // The coefficients of a progressive one are held beside its samples, which of four is more than the rest.
                let each = match &header.details {
                    probe::Details::Jpeg(jpeg) if jpeg.process == 2 && jpeg.components > 3 => {
                        3 * u64::from(jpeg.components)
                    }
                    _ => 0,
                };
                Coded { width, height, bytes: width.saturating_mul(height).saturating_mul(each) }
            }
            Err(Refusal::TooManyPixels { width, height }) => Coded { width, height, bytes: 0 },
            Err(_) => Coded::default(),
        }),
        Filter::JpxDecode => jpx::size(&data).ok_or_else(unreadable),
        _ => {
            let globals = params.iter().find_map(|p| p.get::<Stream<'_>>(b"JBIG2Globals"));
            let globals = globals.map(|g| unpacked(&g.raw_data(), &g.filters(), limits)).transpose()?;
            jbig2::size(&data, globals.as_deref().unwrap_or(&[]))
        }
    }
}

/// Every dictionary of parameters, whichever of its two names it goes by.
fn params<'a>(dict: &Dict<'a>) -> Vec<Dict<'a>> {
    let mut all = Vec::new();
    for key in [&b"DP"[..], b"DecodeParms"] {
        all.extend(dict.get::<Dict<'a>>(key));
        let array = dict.get::<Array<'a>>(key);
        all.extend(array.iter().flat_map(Array::iter::<Object<'a>>).filter_map(Object::into_dict).take(MAX_PARAMS + 1));
    }
    all
}

fn has(params: &[Dict<'_>], key: &[u8]) -> bool {
    params.iter().any(|params| params.contains_key(key))
}

/// Whether the columns of a fax, if they are stated, are a number that 32 bits hold.
fn is_width(params: &Dict<'_>) -> bool {
    params.get::<u32>(b"Columns").is_some() || params.get::<Object<'_>>(b"Columns").is_none()
}

/// How much longer than itself a filter may make its data.
fn expansion(filter: &Filter) -> u64 {
    match filter {
        Filter::FlateDecode => 1040,
        Filter::LzwDecode => 4096,
        Filter::RunLengthDecode => 64,
        Filter::Ascii85Decode => 4,
        _ => 1,
    }
}

fn unpacked(data: &[u8], packing: &[Filter], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let names = packing.iter().map(|filter| {
        lopdf::Object::from(match filter {
            Filter::FlateDecode => "FlateDecode",
            Filter::LzwDecode => "LZWDecode",
            Filter::RunLengthDecode => "RunLengthDecode",
            Filter::Ascii85Decode => "ASCII85Decode",
            _ => "ASCIIHexDecode",
        })
    });
    if packing.is_empty() {
        return Ok(data.to_vec());
    }
    let stream = lopdf::Stream::new(dictionary! { "Filter" => names.collect::<Vec<_>>() }, data.to_vec());
    let limit = limits.max_inflated;
    stream.decompressed_content_with_limit(limit as usize).map_err(|e| match e {
        lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }) => {
            Refusal::Limit { what: "bytes in a picture of the PDF, inflated", needed: limit + 1, limit }
        }
        e => Refusal::unreadable(format!("a picture of the PDF cannot be read: {e}")),
    })
}

fn components(dict: &Dict<'_>, most: u64) -> u64 {
    match dict.get::<Object<'_>>(b"CS").or_else(|| dict.get::<Object<'_>>(b"ColorSpace")) {
        None => 1,
        Some(Object::Name(name)) if NAMED.contains(&&*name) => 1,
        Some(Object::Array(space)) => {
            let mut parts = space.iter::<Object<'_>>();
            match parts.next().and_then(Object::into_name).as_deref() {
                Some(b"DeviceN") => {
                    let names = parts.next().and_then(Object::into_array);
                    let own = names.map_or(1, |names| names.iter::<Name<'_>>().take(256).count() as u64);
                    // What these colours are worked out in is held for each pixel too, and may be of the same kind.
                    let other =
                        parts.next().and_then(Object::into_array).and_then(|space| space.iter::<Name<'_>>().next());
                    let within =
                        |name: &[u8]| matches!(name, b"DeviceN" | b"Separation" | b"Indexed" | b"I" | b"Pattern");
                    if other.is_some_and(|name| within(&name)) { WITHIN_ITSELF } else { own }
                }
                Some(b"Pattern") => WITHIN_ITSELF,
                _ => 1,
            }
        }
        Some(_) => most,
    }
}
