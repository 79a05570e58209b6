//! JPEG pixels.
//!
//! [`view`] is read by our own reader: luma at the wanted scale straight from the DCT, of chroma the DC terms alone, so
//! that most of a photo's symbols are passed over and no full-size frame is ever held; every byte is read all the same.
//! [`pixmap`] is read by it too: what was measured is what is sent. The decoder of the `image` crate is what the tests
//! hold it against; it takes fewer codings (of files with one scan a component, zune-jpeg 0.5.15 gets those with chroma
//! halved down the picture wrong).

mod bits;
mod canvas;
pub(crate) mod coefficients;
mod colour;
mod dct;
mod huffman;
mod progressive;
mod reader;
mod report;
mod scan;
mod sequential;

pub(crate) use self::colour::profile;
use self::{coefficients::Grid, reader::Picture};
use super::Decoded;
use crate::{
    fault::Refusal,
    options::Limits,
    pixmap::{Pixmap, Region, View},
    probe::{Details, Header, jpeg::ColourModel},
};

/// The view, as stored (not yet upright).
///
/// Luma is the area average of the original, but for terms of the DCT too high for the scale. Chroma of a YCbCr picture
/// has one sample for each of its 8x8 blocks: 1/8 of the original, or 1/16 where it is subsampled.
///
/// # Errors
/// [`Refusal::Unreadable`] when next to nothing can be read; [`Refusal::Limit`].
///
/// ```
/// use idenfy_preflight::{decode::jpeg, options::Limits, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let view = jpeg::view(&photo, &header, 2, &limits)?.picture;
/// assert_eq!((view.width, view.luma.width()), (header.width, header.width / 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn view(bytes: &[u8], header: &Header, reduction: u32, limits: &Limits) -> Result<Decoded<View>, Refusal> {
    seen(bytes, header, reduction, None, limits)
}

/// The view of a region of the stored picture; what lies outside may stay gray, and damage is not told.
///
/// # Errors
/// As [`view`].
///
/// ```
/// use idenfy_preflight::{decode::jpeg, options::Limits, pixmap::Region, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let view = jpeg::part(&photo, &header, 1, &Region { x: 400..1200, y: 300..900 }, &limits)?;
/// assert_eq!(view.luma.width(), header.width);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn part(bytes: &[u8], header: &Header, reduction: u32, region: &Region, limits: &Limits) -> Result<View, Refusal> {
    Ok(seen(bytes, header, reduction, Some(region), limits)?.picture)
}

/// The view of the whole or of a region.
fn seen(
    bytes: &[u8],
    header: &Header,
    reduction: u32,
    region: Option<&Region>,
    limits: &Limits,
) -> Result<Decoded<View>, Refusal> {
    let model = model(header);
    let side = match reduction {
        0 | 1 => 8,
        2 | 3 => 4,
        4..=7 => 2,
        _ => 1,
    };
    let coarse = |i: usize| if i > 0 && model == ColourModel::YCbCr { 1 } else { side };
    let Picture { planes, faults, blocks } = reader::read(bytes, coarse, region, limits)?;
    let view = colour::view(planes, model, (header.width, header.height), 8 / side as u32, &limits.watch);
    limits.in_time()?;
    // Blocks of red or of an ink are not luma.
    let blocks = if matches!(model, ColourModel::Gray | ColourModel::YCbCr) { blocks } else { Vec::new() };
    Ok(Decoded { picture: View { blocks, ..view.ok_or_else(empty)? }, faults })
}

/// The whole picture, as stored (not yet upright), in sRGB: colours of a wide profile are converted.
///
/// # Errors
/// As [`view`].
///
/// ```
/// use idenfy_preflight::{decode::jpeg, options::Limits, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let picture = jpeg::pixmap(&photo, &header, &limits)?.picture;
/// assert_eq!((picture.width(), picture.height()), (header.width, header.height));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pixmap(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let rgb = u64::from(header.width) * u64::from(header.height) * 3;
    let rest = Limits { max_memory: limits.max_memory.saturating_sub(rgb), ..limits.clone() };
    let picture = reader::read(bytes, |_| 8, None, &rest)?;
    let pixmap = colour::pixmap(&picture.planes, model(header), (header.width, header.height), &limits.watch);
    limits.watch.release(picture.planes);
    let pixmap = pixmap.and_then(|pixmap| colour::to_srgb(pixmap, bytes, limits));
    limits.in_time()?;
    let pixmap = pixmap.ok_or_else(empty)?;
    Ok(Decoded { picture: pixmap, faults: picture.faults })
}

/// The picture's coefficients, upright; `None` when pixels have to be made all the same: other colours than gray and
/// YCbCr, a profile that has to be applied, and what [`Grid::new`] leaves alone.
///
/// # Errors
/// As [`view`].
pub(crate) fn coefficients(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Option<Decoded<Grid>>, Refusal> {
    let as_they_are = matches!(model(header), ColourModel::Gray | ColourModel::YCbCr);
    if !as_they_are || colour::profile(bytes, limits).is_some() {
        return Ok(None);
    }
    let read = reader::grid(bytes, header.orientation, limits)?;
    Ok(read.map(|(picture, faults)| Decoded { picture, faults }))
}

fn empty() -> Refusal {
    Refusal::unreadable("the JPEG has no picture")
}

fn model(header: &Header) -> ColourModel {
    match &header.details {
        Details::Jpeg(details) => details.model,
        _ => ColourModel::default(),
    }
}

#[cfg(test)]
mod tests;
