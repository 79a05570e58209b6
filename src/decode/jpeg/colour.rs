//! Components to luma and chroma, or to sRGB.

use crate::{
    decode::colour::Profile,
    options::Limits,
    pixmap::{Pixmap, Plane, View},
    probe::jpeg::{ColourModel, colour::ProfileParts, marker::Walk},
    watch::Watch,
};

/// A view from a picture's components at 1/`n` of its `size`; chroma of YCbCr at any scale.
pub fn view(planes: Vec<Plane>, model: ColourModel, size: (u32, u32), n: u32, watch: &Watch) -> Option<View> {
    let (width, height) = size;
    let (w, h) = (width.div_ceil(n), height.div_ceil(n));
    if !matches!(model, ColourModel::Gray | ColourModel::YCbCr) {
        let view = View::from_pixmap(&pixmap(&planes, model, (w, h), watch)?, 1);
        return Some(View { width, height, ..view });
    }
    let mut planes = planes.into_iter();
    let luma = stretched(planes.next()?, w, h)?;
    let chroma = match (planes.next(), planes.next()) {
        (Some(cb), Some(cr)) => {
            let (w, h) = (cb.width().max(cr.width()), cb.height().max(cr.height()));
            Some([stretched(cb, w, h)?, stretched(cr, w, h)?])
        }
        _ => None,
    };
    let chroma = chroma.filter(|planes| planes.iter().any(|plane| plane.data().iter().any(|v| *v != 128)));
    Some(View { luma, chroma, width, height, blocks: Vec::new() })
}

/// RGB of this size from components of any. Each sample of a coarser one is repeated: encoded anew at the same
/// subsampling, it comes back as it was. `None` when it is time to stop.
pub fn pixmap(planes: &[Plane], model: ColourModel, size: (u32, u32), watch: &Watch) -> Option<Pixmap> {
    let mut sources: Vec<_> = planes.iter().map(|plane| Rows::new(plane, size)).collect();
    let mut rgb = vec![0; size.0 as usize * size.1 as usize * 3];
    for (y, out) in (0..).zip(rgb.chunks_exact_mut(size.0 as usize * 3)) {
        if watch.is_over() {
            watch.release(rgb);
            return None;
        }
        let mut rows = sources.iter_mut().map(|rows| rows.row(y));
        let first = rows.next()?;
        let (Some(second), Some(third)) = (rows.next(), rows.next()) else {
            write(out, first.iter().map(|v| [*v; 3]));
            continue;
        };
        let triples = first.iter().zip(second).zip(third).map(|((a, b), c)| [*a, *b, *c]);
        let black = rows.next().unwrap_or(&[]);
        // Inks are stored inverted: 255 is none.
        let inked = |(inks, k): ([u8; 3], &u8)| inks.map(|ink| ((u32::from(ink) * u32::from(*k) + 127) / 255) as u8);
        match model {
            ColourModel::Gray | ColourModel::YCbCr => write(out, triples.map(rgb_of)),
            ColourModel::Rgb => write(out, triples),
            ColourModel::Cmyk => write(out, triples.zip(black).map(inked)),
            ColourModel::Ycck => write(out, triples.map(|ycc| rgb_of(ycc).map(|v| 255 - v)).zip(black).map(inked)),
        }
    }
    Pixmap::new(size.0, size.1, rgb)
}

#[inline(always)]
fn write(out: &mut [u8], colours: impl Iterator<Item = [u8; 3]>) {
    out.as_chunks_mut::<3>().0.iter_mut().zip(colours).for_each(|(out, colour)| *out = colour);
}

/// The plane at another size, by its nearest samples.
fn stretched(plane: Plane, width: u32, height: u32) -> Option<Plane> {
    if (plane.width(), plane.height()) == (width, height) {
        return Some(plane);
    }
    let mut rows = Rows::new(&plane, (width, height));
    let mut data = Vec::with_capacity(width as usize * height as usize);
    (0..height).for_each(|y| data.extend_from_slice(rows.row(y)));
    Plane::new(width, height, data)
}

/// The rows of a plane as they are at another size.
struct Rows<'a> {
    plane: &'a Plane,
    size: (u32, u32),
    row: Vec<u8>,
}

impl<'a> Rows<'a> {
    fn new(plane: &'a Plane, size: (u32, u32)) -> Self {
        let row = if plane.width() == size.0 { Vec::new() } else { vec![0; size.0 as usize] };
        Self { plane, size, row }
    }

    fn row(&mut self, y: u32) -> &[u8] {
        let near = |i: u32, from: u32, to: u32| (u64::from(i) * u64::from(from) / u64::from(to.max(1))) as u32;
        let source = self.plane.row(near(y, self.plane.height(), self.size.1));
        if self.row.is_empty() {
            return source;
        }
        let times = self.size.0.div_ceil(self.plane.width().max(1));
        match times {
            _ if self.size.0.div_ceil(times) != self.plane.width() => {
                for (x, to) in (0..).zip(&mut self.row) {
                    *to = source.get(near(x, self.plane.width(), self.size.0) as usize).copied().unwrap_or(128);
                }
            }
            // By far the most: two at once, and what is left of an odd row.
            2 => {
                let (pairs, odd) = self.row.as_chunks_mut();
                pairs.iter_mut().zip(source).for_each(|(pair, v)| *pair = [*v; 2]);
                odd.iter_mut().zip(source.last()).for_each(|(odd, v)| *odd = *v);
            }
            _ => self.row.chunks_mut(times as usize).zip(source).for_each(|(cell, v)| cell.fill(*v)),
        }
        &self.row
    }
}

/// Full-range BT.601 in 16-bit fixed point (ITU T.871, 7).
#[inline(always)]
fn rgb_of([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = ((i32::from(y) << 16) + 32768, i32::from(cb) - 128, i32::from(cr) - 128);
    [y + 91881 * cr, y - 22554 * cb - 46802 * cr, y + 116_130 * cb].map(|v| (v >> 16).clamp(0, 255) as u8)
}

/// Colours brought from the embedded profile into sRGB.
pub fn to_srgb(picture: Pixmap, bytes: &[u8], limits: &Limits) -> Option<Pixmap> {
    let Some(profile) = profile(bytes, limits) else { return Some(picture) };
    let (width, height) = (picture.width(), picture.height());
    let mut rgb = picture.into_data();
    profile.to_srgb(&mut rgb, &limits.watch);
    Pixmap::new(width, height, rgb)
}

/// The embedded profile where it differs from sRGB; a broken one is passed over, as viewers do.
pub fn profile(bytes: &[u8], limits: &Limits) -> Option<Profile> {
    let mut parts = ProfileParts::default();
    Walk::new(bytes).for_each(|item| parts.take(&item));
    parts.join().and_then(|icc| Profile::from_icc(&icc, limits))
}
