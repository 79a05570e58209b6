//! The first page of a PDF as a picture: a scan's own pixels where the page is one, drawn otherwise.

#[cfg(feature = "pdf-render")]
mod colours;
#[cfg(feature = "pdf-render")]
mod excerpt;
#[cfg(feature = "pdf-render")]
mod jbig2;
#[cfg(feature = "pdf-render")]
mod jpx;
#[cfg(feature = "pdf-render")]
mod meter;
#[cfg(feature = "pdf-render")]
mod nesting;
#[cfg(feature = "pdf-render")]
mod pictures;
#[cfg(feature = "pdf-render")]
mod render;
#[cfg(feature = "pdf-render")]
mod symbols;

use super::Decoded;
use crate::{
    fault::Refusal,
    options::Limits,
    pixmap::{Orientation, View},
    probe::{
        self, Header,
        pdf::{File, Page, Picture},
    },
};
use lopdf::Object;

/// Pixels an inch at which a page of print is drawn. ISO/IEC 19005 and the scanning profiles of archives take 150 as
/// the least at which body text (8 to 10 points, an x-height of 9 to 11 pixels) is fully legible; A4 becomes 1240 x 1754,
/// which a view takes unreduced, so that sharpness is measured on the print's own edges.
#[cfg(feature = "pdf-render")]
const PRINT_DPI: f32 = 150.0;

/// Pixels of the long side between which any page is drawn: a business card still has to be measured, a poster need not
/// be read whole.
#[cfg(feature = "pdf-render")]
const LONG_SIDE: (f32, f32) = (1000.0, 2400.0);

/// Pixels of a drawn scan. A4 at 400 dpi has 15.5 million; drawing takes four bytes for each, several times over.
#[cfg(feature = "pdf-render")]
const MAX_SCAN_PIXELS: f32 = 16e6;

/// The first page as a picture, its long side between 1000 and 2400 pixels when drawn, a scan's own when it is one.
/// `reduction` is not for the caller of a PDF to know, and is chosen by the picture's size.
///
/// # Errors
/// [`Refusal::Unsupported`] for encrypted files, and without the feature `pdf-render` for all but JPEG scans;
/// [`Refusal::Limit`] and [`Refusal::TooManyPixels`] for pages that cost too much; [`Refusal::Unreadable`] and
/// [`Refusal::DecoderFault`] when the page cannot be drawn.
///
/// ```
/// # #[cfg(feature = "pdf-render")] {
/// use idenfy_preflight::{decode::pdf, options::Limits, probe};
/// let (limits, bill) = (Limits::default(), std::fs::read("testdata/bill.pdf")?);
/// let header = probe::probe(&bill, &limits)?;
/// let view = pdf::view(&bill, &header, 1, &limits)?.picture;
/// assert!(view.luma.height() > view.luma.width(), "a page of A4");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn view(bytes: &[u8], _header: &Header, _reduction: u32, limits: &Limits) -> Result<Decoded<View>, Refusal> {
    let opened = probe::pdf::open(bytes, limits)?;
    if opened.encryption.is_some() {
        return Err(Refusal::Unsupported("pages of encrypted PDFs are not drawn".into()));
    }
    let (file, page) = (&opened.file, opened.pages.first.as_ref().ok_or(Refusal::NoPages)?);
    let content = probe::pdf::content(file, page)?;
    let scan = probe::pdf::sole_picture(file, page, &content);
    limits.in_time()?;
    if let Some(scan) = &scan
        && let Some(jpeg) = plain_jpeg(file, scan.number)
        && let Ok(header) = probe::jpeg::probe(&jpeg, limits)
    {
        let reduction = View::reduction(header.width, header.height);
        // Viewers ignore the orientation that the JPEG itself states.
        let decoded = super::jpeg::view(&jpeg, &header, reduction, limits)?;
        return Ok(decoded.map(|view| view.oriented(scan.orientation).oriented(turned(page.rotate))));
    }
    drawn(file, page, scan.as_ref(), limits)
}

#[cfg(feature = "pdf-render")]
fn drawn(file: &File, page: &Page, scan: Option<&Picture>, limits: &Limits) -> Result<Decoded<View>, Refusal> {
    // Of a scan no more than the scan itself.
    let page = &Page { area: scan.map_or(page.area, |scan| scan.area), ..page.clone() };
    let [left, bottom, right, top] = page.area;
    let (width, height) = (right - left, top - bottom);
    let long = width.max(height);
    let scale = match scan {
        Some(scan) => scan_scale(file, scan).min((MAX_SCAN_PIXELS / (width * height)).sqrt()).min(30_000.0 / long),
        None => (PRINT_DPI / 72.0 * page.unit).clamp(LONG_SIDE.0 / long, LONG_SIDE.1 / long),
    };
    // Neither side may round down to nothing.
    if !scale.is_finite() || width.min(height) * scale < 1.0 {
        return Err(Refusal::unreadable(format!("the first page is {width} x {height} points")));
    }
    let excerpt = excerpt::one_page(file, page)?;
    limits.in_time()?;
    render::draw(excerpt, scale, limits)
}

#[cfg(not(feature = "pdf-render"))]
fn drawn(_: &File, _: &Page, _: Option<&Picture>, _: &Limits) -> Result<Decoded<View>, Refusal> {
    Err(Refusal::Unsupported("PDF pages are not drawn in this build".into()))
}

/// Pixels a unit of the page at which a scan is drawn one to one; never less than for print.
#[cfg(feature = "pdf-render")]
fn scan_scale(file: &File, scan: &Picture) -> f32 {
    let Object::Dictionary(dict) = file.get(scan.number) else { return PRINT_DPI / 72.0 };
    let side = |key: &[u8]| file.value(&dict, key).as_float().unwrap_or(0.0).max(1.0);
    (side(b"Width") / scan.size.0).max(side(b"Height") / scan.size.1)
}

/// A picture's bytes, when they are a JPEG whose pixels are shown as they are.
pub(crate) fn plain_jpeg(file: &File, number: u32) -> Option<Vec<u8>> {
    let mut stream = file.stream(number)?;
    let filters = stream.filters().ok()?;
    let (&b"DCTDecode", packing) = filters.split_last()? else { return None };
    let packing: Vec<Object> = packing.iter().map(|f| Object::Name(f.to_vec())).collect();
    let altered = [&b"SMask"[..], b"Mask", b"Decode", b"ImageMask"];
    if altered.iter().any(|key| !file.value(&stream.dict, key).is_null()) {
        return None;
    }
    let components = match file.value(&stream.dict, b"ColorSpace") {
        Object::Name(name) => match name.as_slice() {
            b"DeviceRGB" => 3,
            b"DeviceGray" => 1,
            _ => return None,
        },
        Object::Array(space) => match (space.first().map(|n| file.resolve(n)), space.get(1).map(|p| file.resolve(p))) {
            (Some(Object::Name(name)), Some(Object::Dictionary(profile))) => match name.as_slice() {
                b"ICCBased" => file.value(&profile, b"N").as_i64().ok()?,
                b"CalRGB" => 3,
                b"CalGray" => 1,
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    if !packing.is_empty() {
        stream.dict.remove(b"DecodeParms");
        stream.dict.set("Filter", packing);
        stream.content = file.decoded(&stream).ok()?;
    }
    let header = probe::jpeg::probe(&stream.content, file.limits).ok()?;
    let probe::Details::Jpeg(details) = header.details else { return None };
    (i64::from(details.components) == components).then_some(stream.content)
}

fn turned(rotate: u16) -> Orientation {
    match rotate {
        90 => Orientation::Turned90,
        180 => Orientation::Turned180,
        270 => Orientation::Turned270,
        _ => Orientation::Upright,
    }
}

#[cfg(test)]
mod tests;
