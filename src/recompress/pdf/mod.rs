//! PDF files: of the pictures in them, those that are larger than their page needs are coded anew, in place. All other
//! bytes, and with them structure, fonts and text, stay as they are.

mod write;

pub(super) use write::replaced;

use super::{jpeg::Coefficients, resize};
use crate::{
    decode,
    format::Format,
    options::Limits,
    pixmap::{Orientation, Pixmap},
    probe::{
        self, Details, Header,
        jpeg::ColourModel,
        pdf::{File, Page},
    },
};
use lopdf::{Dictionary, Object};
use std::collections::BTreeMap;

/// Pictures under this share of the file are left alone.
const SMALL: usize = 50;

/// A picture that may be coded anew.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Image {
    pub number: u32,
    /// Bytes of its data in the file.
    pub stored: usize,
    pub width: u32,
    pub height: u32,
    /// Pixels an inch where it is drawn largest.
    pub dpi: f64,
}

/// The pictures that may be coded anew; none in files that are encrypted or had to be repaired to be read.
pub(super) fn images(bytes: &[u8], limits: &Limits) -> Vec<Image> {
    let Ok(opened) = probe::pdf::open(bytes, limits) else { return Vec::new() };
    if opened.encryption.is_some() || opened.rebuilt.is_some() {
        return Vec::new();
    }
    let file = &opened.file;
    let mut drawn = BTreeMap::new();
    if let Some(catalog) = file.catalog() {
        file.visit(&catalog, |page| note_drawn(file, page, &mut drawn));
    }
    let image = |(number, inches): (u32, (f64, f64))| {
        let stream = file.stream(number)?;
        let (width, height) = (side(file, &stream.dict, b"Width")?, side(file, &stream.dict, b"Height")?);
        let dpi = (f64::from(width) / inches.0).min(f64::from(height) / inches.1);
        let image = Image { number, stored: stream.content.len(), width, height, dpi };
        (image.stored.saturating_mul(SMALL) >= bytes.len() && pixels(file, &image).is_some()).then_some(image)
    };
    drawn.into_iter().filter_map(image).collect()
}

/// Notes the largest size in inches at which a page may draw its pictures: as drawn where it is one picture and nothing
/// else, and the whole page otherwise.
fn note_drawn(file: &File, dict: &Dictionary, drawn: &mut BTreeMap<u32, (f64, f64)>) {
    let page = Page::of(file, dict.clone());
    let inches = |points: f32| f64::from(points * page.unit / 72.0).max(1e-3);
    let mut note = |number: u32, (w, h): (f32, f32)| {
        let most = drawn.entry(number).or_insert((0.0, 0.0));
        *most = (most.0.max(inches(w)), most.1.max(inches(h)));
    };
    let content = probe::pdf::content(file, &page).ok();
    if let Some(sole) = content.and_then(|content| probe::pdf::sole_picture(file, &page, &content)) {
        return note(sole.number, sole.size);
    }
    let [left, bottom, right, top] = page.area;
    let long = (right - left).max(top - bottom);
    let objects = file.dict(&page.dict, b"Resources").and_then(|r| file.dict(&r, b"XObject")).unwrap_or_default();
    for (_, object) in objects.iter().take(file.limits.max_objects as usize) {
        if let Object::Reference((number, _)) = object {
            note(*number, (long, long));
        }
    }
}

fn side(file: &File, dict: &Dictionary, key: &[u8]) -> Option<u32> {
    file.value(dict, key).as_i64().ok().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=65_535).contains(n))
}

/// What a picture is made of.
enum Pixels {
    /// A JPEG file, and its header without the orientation, which PDF passes over.
    Jpeg(Vec<u8>, Box<Header>),
    /// Samples of one component or three.
    Samples(usize),
}

/// How a picture is coded, when its pixels are shown as they are.
fn pixels(file: &File, image: &Image) -> Option<Pixels> {
    let dict = file.stream(image.number)?.dict;
    if !dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Image")
        || u64::from(image.width) * u64::from(image.height) > file.limits.max_pixels
    {
        return None;
    }
    if let Some(jpeg) = decode::pdf::plain_jpeg(file, image.number) {
        let header = probe::jpeg::probe(&jpeg, file.limits).ok()?;
        let Details::Jpeg(details) = &header.details else { return None };
        let plain = matches!(details.model, ColourModel::Gray | ColourModel::YCbCr) && details.profile.is_none();
        let whole = header.faults.is_empty() && (header.width, header.height) == (image.width, image.height);
        let header = Box::new(Header { orientation: Orientation::Upright, ..header });
        return (plain && whole).then_some(Pixels::Jpeg(jpeg, header));
    }
    let altered = [&b"SMask"[..], b"Mask", b"Decode", b"ImageMask"];
    let packed = |filters: &[&[u8]]| filters.iter().all(|f| [&b"FlateDecode"[..], b"LZWDecode"].contains(f));
    let stream = file.stream(image.number)?;
    if altered.iter().any(|key| !file.value(&dict, key).is_null())
        || !file.value(&dict, b"BitsPerComponent").as_i64().is_ok_and(|bits| bits == 8)
        || !stream.filters().is_ok_and(|filters| packed(&filters))
    {
        return None;
    }
    match file.value(&dict, b"ColorSpace") {
        Object::Name(name) if name == b"DeviceRGB" => Some(Pixels::Samples(3)),
        Object::Name(name) if name == b"DeviceGray" => Some(Pixels::Samples(1)),
        Object::Array(space) => match (space.first().map(|n| file.resolve(n)), space.get(1).map(|p| file.resolve(p))) {
            (Some(Object::Name(name)), Some(Object::Dictionary(profile))) if name == b"ICCBased" => {
                let n = file.value(&profile, b"N").as_i64().ok()?;
                matches!(n, 1 | 3).then_some(Pixels::Samples(n as usize))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The pictures' coefficients at no more than `dpi` pixels an inch; `None` when one of them cannot be read.
pub(super) fn coefficients(bytes: &[u8], images: &[Image], dpi: f64, limits: &Limits) -> Option<Vec<Coefficients>> {
    let opened = probe::pdf::open(bytes, limits).ok()?;
    let file = &opened.file;
    let one = |image: &Image| {
        let scale = (dpi / image.dpi.max(1.0)).min(1.0);
        let to = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(1, side.max(1));
        let size = (to(image.width), to(image.height));
        let pixmap = match pixels(file, image)? {
            Pixels::Jpeg(jpeg, header) if size == (image.width, image.height) => {
                let own = decode::jpeg::coefficients(&jpeg, &header, limits).ok().flatten()?;
                return Coefficients::from_grid(own.picture);
            }
            Pixels::Jpeg(jpeg, header) => decode::jpeg::pixmap(&jpeg, &header, limits).ok()?.picture,
            Pixels::Samples(components) => {
                let data = file.decoded(&file.stream(image.number)?).ok()?;
                let wanted = image.width as usize * image.height as usize * components;
                let data = data.get(..wanted)?;
                let rgb = if components == 3 { data.to_vec() } else { data.iter().flat_map(|v| [*v; 3]).collect() };
                Pixmap::new(image.width, image.height, rgb)?
            }
        };
        Coefficients::of(&resize::resized(pixmap, size, &limits.watch)?, &limits.watch)
    };
    images.iter().map(one).collect()
}

/// Whether a file written anew is still the document that it was: as many pages, open, and nothing damaged that was not.
pub(super) fn alike(new: &[u8], old: &Header, limits: &Limits) -> bool {
    let Ok(header) = probe::probe(new, limits) else { return false };
    header.format == Format::Pdf
        && (header.width, header.height) == (old.width, old.height)
        && header.details == old.details
        && header.faults.len() <= old.faults.len()
}

#[cfg(test)]
mod tests;
