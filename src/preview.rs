//! A picture made small enough to be shown to people, and what has to be hidden in it before it is filed.

use crate::{
    measure::{
        self, face,
        text::{Cell, Text},
    },
    pixmap::{Pixmap, Plane, View},
    recompress::resize::resized,
    submission::Step,
    watch::Watch,
};
use std::fmt;

/// A picture reduced for people to look at. Its `Debug` shows sizes alone.
///
/// ```
/// use idenfy_preflight::{pixmap::Pixmap, preview::Preview};
/// let photo = Pixmap::new(2400, 1800, vec![180; 2400 * 1800 * 3]).unwrap();
/// let preview = Preview::of(&photo, (2400, 1800), None, None).unwrap();
/// assert_eq!((preview.width, preview.height, preview.redacted), (2400, 1800, false));
/// assert!(preview.jpeg.len() < 100_000 && Preview::LONG_SIDE == 1200);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preview {
    /// A JPEG without metadata, its long side [`Preview::LONG_SIDE`] pixels at the most.
    pub jpeg: Vec<u8>,
    /// Pixels across of the upright original: places in a report are in its pixels.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The worst place, near the original's own scale.
    pub detail: Option<Detail>,
    /// Whether faces and print are hidden.
    pub redacted: bool,
}

/// A part of a picture.
///
/// ```
/// use idenfy_preflight::{pixmap::Pixmap, preview::Preview};
/// let photo = Pixmap::new(2400, 1800, vec![180; 2400 * 1800 * 3]).unwrap();
/// let soft = [1000.0, 800.0, 200.0, 100.0];
/// let detail = Preview::of(&photo, (2400, 1800), Some(soft), None).unwrap().detail.unwrap();
/// let [x, y, width, height] = detail.place;
/// assert!(x < 1000 && y < 800 && x + width > 1200 && y + height > 900, "with what is around it");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// A JPEG without metadata.
    pub jpeg: Vec<u8>,
    /// `[x, y, width, height]` in pixels of the upright original.
    pub place: [u32; 4],
}

/// JPEG quality of previews: print of the reduced picture stays as crisp as it is.
const QUALITY: u8 = 82;
/// The least and the most that a detail shows, in pixels of the original.
const DETAIL: (f32, f32) = (360.0, 900.0);
/// The long side that a detail is brought to, at the most.
const DETAIL_LONG_SIDE: u32 = 720;

impl Preview {
    /// The long side of a preview, in pixels, at the most.
    pub const LONG_SIDE: u32 = 1200;

    /// Of an upright picture, or of one reduced from `width` x `height`. `worst` is the place `[x, y, width, height]` to
    /// show near its own scale, in pixels of the original; with something to hide there is no such detail. `None` for a
    /// picture that no JPEG holds.
    ///
    /// ```
    /// use idenfy_preflight::{pixmap::Pixmap, preview::Preview};
    /// let thumbnail = Pixmap::new(400, 300, vec![180; 400 * 300 * 3]).unwrap();
    /// let preview = Preview::of(&thumbnail, (4000, 3000), None, None).unwrap(); // reduced while it was read
    /// assert_eq!((preview.width, preview.height), (4000, 3000));
    /// ```
    pub fn of(
        picture: &Pixmap,
        (width, height): (u32, u32),
        worst: Option<[f32; 4]>,
        hidden: Option<&Hidden>,
    ) -> Option<Self> {
        let detail = worst.filter(|_| hidden.is_none()).and_then(|place| {
            let place = around(place, width, height);
            let reduced = |v: u32| (u64::from(v) * u64::from(picture.width()) / u64::from(width.max(1))) as u32;
            let part = crop(picture, place.map(reduced))?;
            Some(Detail { jpeg: jpeg(&fitted(part, DETAIL_LONG_SIDE)?)?, place })
        });
        let mut small = fitted(picture.clone(), Self::LONG_SIDE)?;
        if let Some(hidden) = hidden {
            small = hidden.hide(small, width, height)?;
        }
        Some(Self { jpeg: jpeg(&small)?, width, height, detail, redacted: hidden.is_some() })
    }
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Preview({} x {}, {} bytes)", self.width, self.height, self.jpeg.len())
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Detail({:?}, {} bytes)", self.place, self.jpeg.len())
    }
}

/// What has to be hidden before a picture is filed: faces, and whatever may be print.
///
/// Where print cannot be told from what is around it, or no face is found in a selfie, all of the document or picture is
/// hidden: a file that shows too little can be asked for again.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::{Step, preview::{Hidden, Preview, of_view}};
/// let hidden = Hidden::of(&Step::Front, &view);
/// let picture = of_view(&view).unwrap();
/// let filed = Preview::of(&picture, (view.width, view.height), None, Some(&hidden)).unwrap();
/// assert!(filed.redacted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hidden {
    /// `[x, y, width, height]` in pixels of the upright original.
    boxes: Vec<[f32; 4]>,
    /// Side of the squares that are painted with their mean, in pixels of the original.
    block: f32,
}

/// Share of a document's cells with print under which print counts as not found.
const FEW_PRINTED: f32 = 0.03;
/// Squares along a document: each covers two lines of its print and several letters, so that nothing of them is left.
const BLOCKS: f32 = 20.0;
/// How much a face's box grows on each side, so that hair and ears are in it.
const GROWN: f32 = 0.4;

impl Hidden {
    /// Of a picture that was sent for `step`.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::{Step, preview::{Hidden, Preview, of_view}};
    /// let (picture, size) = (of_view(&view).unwrap(), (view.width, view.height));
    /// let hidden = Hidden::of(&Step::Front, &view);
    /// let [shown, filed] = [None, Some(&hidden)].map(|hidden| Preview::of(&picture, size, None, hidden).unwrap());
    /// assert!(filed.jpeg.len() < shown.jpeg.len() / 2, "print and portrait are gone");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(step: &Step, view: &View) -> Self {
        let (w, h) = (view.width as f32, view.height as f32);
        let on_document = measure::measure(view);
        let block = (on_document.across_px / BLOCKS).max(w.max(h) / 64.0);
        let mut boxes = Vec::new();
        if let Some(document) = &on_document.document {
            printed(&mut boxes, &on_document.text, |u, v| document.place(u, v));
            // Print around the document.
            let around = measure::measure_on(view, None).text;
            cells(&mut boxes, &around, |u, v| [u * w, v * h]);
        } else {
            printed(&mut boxes, &on_document.text, |u, v| [u * w, v * h]);
        }
        let faces = face::find(view).unwrap_or_default();
        boxes.extend(
            faces
                .boxes
                .iter()
                .map(|b| [b.x - GROWN * b.w, b.y - GROWN * b.h, b.w * (1.0 + 2.0 * GROWN), b.h * (1.0 + 2.0 * GROWN)]),
        );
        if *step == Step::Face && faces.boxes.is_empty() {
            boxes = vec![[0.0, 0.0, w, h]];
        }
        Self { boxes, block }
    }

    /// The picture, reduced from one of `width` x `height`, with every square that touches a box painted with its mean.
    fn hide(&self, picture: Pixmap, width: u32, height: u32) -> Option<Pixmap> {
        let (w, h) = (picture.width() as usize, picture.height() as usize);
        let scale = [w as f32 / width.max(1) as f32, h as f32 / height.max(1) as f32];
        let side = ((self.block * scale[0]) as usize).clamp(4, w.max(h));
        let (across, down) = (w.div_ceil(side), h.div_ceil(side));
        let mut hidden = vec![false; across * down];
        for [x, y, bw, bh] in &self.boxes {
            let squares = |from: f32, size: f32, scale: f32, most: usize| {
                let at = |v: f32| (v * scale / side as f32).max(0.0) as usize;
                at(from).min(most)..(at(from + size) + 1).min(most)
            };
            for row in squares(*y, *bh, scale[1], down) {
                for column in squares(*x, *bw, scale[0], across) {
                    if let Some(square) = hidden.get_mut(row * across + column) {
                        *square = true;
                    }
                }
            }
        }
        let mut data = picture.into_data();
        for (i, _) in hidden.iter().enumerate().filter(|(_, hidden)| **hidden) {
            let (x, y) = (i % across * side, i / across * side);
            let rows = || (y..(y + side).min(h)).map(|row| (row * w + x) * 3..(row * w + (x + side).min(w)) * 3);
            let mut sum = [0_usize; 3];
            let mut count = 0;
            for pixel in rows().filter_map(|r| data.get(r)).flat_map(|r| r.as_chunks::<3>().0) {
                sum.iter_mut().zip(pixel).for_each(|(s, v)| *s += usize::from(*v));
                count += 1;
            }
            let mean = sum.map(|s| (s / count.max(1)) as u8);
            for row in rows() {
                data.get_mut(row).into_iter().for_each(|row| row.as_chunks_mut::<3>().0.fill(mean));
            }
        }
        Pixmap::new(w as u32, h as u32, data)
    }
}

/// The boxes of what may hold print; one around everything where hardly any is told.
fn printed(boxes: &mut Vec<[f32; 4]>, text: &Text, place: impl Fn(f32, f32) -> [f32; 2]) {
    let all = (text.count() as f32) < FEW_PRINTED * text.cells.len() as f32;
    if all || text.cells.is_empty() {
        boxes.push(bounds([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].map(|[u, v]| place(u, v))));
    } else {
        cells(boxes, text, place);
    }
}

/// The boxes of all cells that may hold print, with a cell more around each.
fn cells(boxes: &mut Vec<[f32; 4]>, text: &Text, place: impl Fn(f32, f32) -> [f32; 2]) {
    let (across, down) = (text.across.max(1), text.down.max(1));
    let (du, dv) = (1.0 / across as f32, 1.0 / down as f32);
    for (i, _) in text.cells.iter().enumerate().filter(|(_, cell)| matches!(cell, Cell::Text | Cell::Picture)) {
        let (u, v) = ((i % across) as f32 * du, (i / across) as f32 * dv);
        let (left, top, right, bottom) = (u - du, v - dv, u + 2.0 * du, v + 2.0 * dv);
        let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
        boxes.push(bounds(corners.map(|[u, v]| place(u.clamp(0.0, 1.0), v.clamp(0.0, 1.0)))));
    }
}

/// The upright box around four places.
fn bounds(corners: [[f32; 2]; 4]) -> [f32; 4] {
    let [x, y] = [0, 1].map(|i| corners.iter().filter_map(move |c| c.get(i).copied()));
    let (left, top) = (x.clone().fold(f32::MAX, f32::min), y.clone().fold(f32::MAX, f32::min));
    [left, top, x.fold(f32::MIN, f32::max) - left, y.fold(f32::MIN, f32::max) - top]
}

/// A picture that only PDFs need: what measuring sees of it, in colour.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::preview::of_view;
/// let picture = of_view(&view).unwrap();
/// assert_eq!((picture.width(), picture.height()), (view.luma.width(), view.luma.height()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn of_view(view: &View) -> Option<Pixmap> {
    let (w, h) = (view.luma.width(), view.luma.height());
    let data = (0..h).flat_map(|y| (0..w).flat_map(move |x| colour(view, x, y))).collect();
    Pixmap::new(w, h, data)
}

/// YCbCr to RGB (ITU-T T.871, section 7).
fn colour(view: &View, x: u32, y: u32) -> [u8; 3] {
    let luma = f32::from(view.luma.at(x.into(), y.into()));
    let [cb, cr] = match &view.chroma {
        Some(planes) => planes.each_ref().map(|plane| between(plane, view, x, y) - 128.0),
        None => [0.0; 2],
    };
    [luma + 1.402 * cr, luma - 0.344_136 * cb - 0.714_136 * cr, luma + 1.772 * cb].map(|v| v.round() as u8)
}

/// A coarse plane between its samples, at a pixel of luma.
fn between(plane: &Plane, view: &View, x: u32, y: u32) -> f32 {
    let at = |v: u32, coarse: u32, fine: u32| (v as f32 + 0.5) * coarse as f32 / fine as f32 - 0.5;
    let (x, y) = (at(x, plane.width(), view.luma.width()), at(y, plane.height(), view.luma.height()));
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let sample = |dx: i64, dy: i64| f32::from(plane.at(x.floor() as i64 + dx, y.floor() as i64 + dy));
    let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
    mix(mix(sample(0, 0), sample(1, 0), fx), mix(sample(0, 1), sample(1, 1), fx), fy)
}

/// The picture with its long side at most so long.
fn fitted(picture: Pixmap, long_side: u32) -> Option<Pixmap> {
    let long = picture.width().max(picture.height());
    if long <= long_side {
        return Some(picture);
    }
    let size = |n: u32| ((u64::from(n) * u64::from(long_side)).div_ceil(u64::from(long)) as u32).max(1);
    let size = (size(picture.width()), size(picture.height()));
    resized(picture, size, &Watch::default())
}

/// The part of the picture to show for a place: with what is around it, neither tiny nor all of it, of 4 by 3.
fn around([x, y, w, h]: [f32; 4], width: u32, height: u32) -> [u32; 4] {
    let across = (1.3 * w.max(h * 4.0 / 3.0)).clamp(DETAIL.0, DETAIL.1).min(width as f32);
    let down = (across * 0.75).min(height as f32);
    let from = |middle: f32, size: f32, limit: u32| (middle - size / 2.0).clamp(0.0, (limit as f32 - size).max(0.0));
    let (left, top) = (from(x + w / 2.0, across, width), from(y + h / 2.0, down, height));
    [left, top, across.max(1.0), down.max(1.0)].map(|v| v as u32)
}

fn crop(picture: &Pixmap, [x, y, w, h]: [u32; 4]) -> Option<Pixmap> {
    let row = |row: u32| {
        let start = (row as usize * picture.width() as usize + x as usize) * 3;
        picture.data().get(start..start + w as usize * 3)
    };
    let rows = (y..y + h).map(row).collect::<Option<Vec<_>>>()?;
    Pixmap::new(w, h, rows.concat())
}

fn jpeg(picture: &Pixmap) -> Option<Vec<u8>> {
    let (width, height) = (u16::try_from(picture.width()).ok()?, u16::try_from(picture.height()).ok()?);
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, QUALITY);
    encoder.encode(picture.data(), width, height, jpeg_encoder::ColorType::Rgb).ok()?;
    Some(jpeg)
}
