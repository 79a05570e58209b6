//! Components to luma and chroma, or to sRGB.

use super::canvas::stretched;
use crate::{
    pixmap::{Pixmap, Plane, View},
    probe::jpeg::{ColourModel, colour, marker::Walk},
};
use moxcms::{ColorProfile, Layout, TransformOptions};

/// A view from a picture's components at 1/`n` of its `size`; chroma of YCbCr at any scale.
pub fn view(planes: Vec<Plane>, model: ColourModel, size: (u32, u32), n: u32) -> Option<View> {
    let (width, height) = size;
    let (w, h) = (width.div_ceil(n), height.div_ceil(n));
    let mut planes = planes.into_iter();
    let luma = stretched(planes.next()?, w, h)?;
    let chroma = match model {
        ColourModel::Gray => None,
        ColourModel::YCbCr => {
            let (cb, cr) = (planes.next()?, planes.next()?);
            let (w, h) = (cb.width().max(cr.width()), cb.height().max(cr.height()));
            Some([stretched(cb, w, h)?, stretched(cr, w, h)?])
        }
        ColourModel::Rgb | ColourModel::Cmyk | ColourModel::Ycck => {
            let rest: Vec<Plane> = planes.map(|plane| stretched(plane, w, h)).collect::<Option<_>>()?;
            let view = View::from_pixmap(&mixed(&luma, &rest, model)?, 1);
            return Some(View { width, height, ..view });
        }
    };
    let chroma = chroma.filter(|planes| planes.iter().any(|plane| plane.data().iter().any(|v| *v != 128)));
    Some(View { luma, chroma, width, height })
}

/// RGB from components of one size.
fn mixed(first: &Plane, rest: &[Plane], model: ColourModel) -> Option<Pixmap> {
    let mut rgb = Vec::with_capacity(first.data().len() * 3);
    let [second, third, ..] = rest else { return None };
    let colours = first.data().iter().zip(second.data()).zip(third.data()).map(|((a, b), c)| match model {
        ColourModel::YCbCr => rgb_of(*a, *b, *c),
        ColourModel::Ycck => rgb_of(*a, *b, *c).map(|v| 255 - v),
        _ => [*a, *b, *c],
    });
    match rest.get(2) {
        // Inks are stored inverted: 255 is none.
        Some(black) => colours.zip(black.data()).for_each(|(inks, k)| {
            rgb.extend(inks.map(|ink| ((u32::from(ink) * u32::from(*k) + 127) / 255) as u8));
        }),
        None => colours.for_each(|colour| rgb.extend(colour)),
    }
    Pixmap::new(first.width(), first.height(), rgb)
}

/// Full-range BT.601 in 16-bit fixed point (ITU T.871, 7).
fn rgb_of(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = ((i32::from(y) << 16) + 32768, i32::from(cb) - 128, i32::from(cr) - 128);
    [y + 91881 * cr, y - 22554 * cb - 46802 * cr, y + 116_130 * cb].map(|v| (v >> 16).clamp(0, 255) as u8)
}

/// Colours of a wide profile brought into sRGB; others are near enough to stay, broken profiles are passed over.
pub fn to_srgb(picture: Pixmap, bytes: &[u8]) -> Option<Pixmap> {
    let mut parts = colour::ProfileParts::default();
    Walk::new(bytes).for_each(|item| parts.take(&item));
    let profile = parts.join().and_then(|icc| colour::parse(&icc)).filter(colour::is_wide);
    let transform = profile.and_then(|profile| {
        let srgb = ColorProfile::new_srgb();
        profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, TransformOptions::default()).ok()
    });
    let Some(transform) = transform else { return Some(picture) };
    let (width, height) = (picture.width(), picture.height());
    let mut data = picture.into_data();
    let mut before = Vec::new();
    for row in data.chunks_exact_mut(width as usize * 3) {
        before.clear();
        before.extend_from_slice(row);
        if transform.transform(&before, row).is_err() {
            row.copy_from_slice(&before);
        }
    }
    Pixmap::new(width, height, data)
}
