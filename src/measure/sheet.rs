//! The document seen from straight above, brought to one width, so that what is measured on it has the same meaning
//! whatever the camera's distance and pixel count.

use super::{
    Document,
    document::{Homography, Proportions},
};
use crate::pixmap::{Plane, Region, View};
use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8,
};
use fearless_simd::{Level, dispatch};
use std::borrow::Cow;

/// The document (or the whole picture, where no document was made out) seen from straight above.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, sheet::Sheet};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// let [x, y] = sheet.place(0.0, 0.0); // the card's first corner, in pixels of the photo
/// let corner = card.unwrap().quad[0];
/// assert!((x - corner[0]).abs() < 5.0 && (y - corner[1]).abs() < 5.0);
/// let [_, _, width, height] = sheet.place_box([0.0, 100.0], [0.0, 50.0]);
/// assert!(width > height);
/// assert!(sheet.inside(sheet.luma.height() as usize / 2, 20).len() > 500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sheet {
    /// BT.601 luma.
    pub luma: Plane,
    /// Cb and Cr at half the scale of `luma`; `None` for a gray picture.
    pub chroma: Option<[Plane; 2]>,
    /// For every row of `luma` the columns, from and to, that lie inside the picture.
    pub spans: Vec<(usize, usize)>,
    /// Pixels of the original for one pixel of `luma`, along the long side.
    pub scale: f32,
    /// Pixels of the view for one pixel of `luma`, along the long side; under 1 the view is coarser than the sheet.
    pub view_scale: f32,
    map: Homography,
}

/// Pixels on the long side of a card's or passport's sheet. Print of 2 mm is then 12 to 18 pixels high: strokes are
/// two pixels wide, which is where their edges tell most about blur.
const CARD: f32 = 640.0;
/// The same for a passport's page: as large in millimetres would be 935, but its print is larger.
const PASSPORT: f32 = 800.0;
/// The same for a page of A4, whose print is half as high in proportion.
const PAGE: f32 = 1400.0;
/// The same where no document was made out: it may be anything from half of the picture upward.
const FRAME: f32 = 960.0;

impl Sheet {
    /// Of a document, or of the whole picture.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{document, sheet::Sheet};
    /// let card = document::find(&view);
    /// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
    /// let whole = Sheet::of(&view, None).unwrap();
    /// assert!(sheet.scale > 0.0 && whole.luma.width() > 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(view: &View, document: Option<&Document>) -> Option<Self> {
        let (w, h) = (view.width as f32, view.height as f32);
        let quad = document.map_or([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]], |d| d.quad);
        let side = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
        let [a, b, c, d] = quad;
        let (across, down) = ((side(a, b) + side(d, c)) / 2.0, (side(a, d) + side(b, c)) / 2.0);
        let native = across.max(down);
        if !native.is_finite() || across.min(down) < 16.0 || native > 16.0 * across.min(down) {
            return None;
        }
        // Never larger than the original: sharpness is not to be had by enlarging.
        let long = long_side(document).min(native);
        let (width, height) = (across * long / native, down * long / native);
        let (width, height) = (width.round().max(16.0) as u32, height.round().max(16.0) as u32);
        let map = Homography::onto(&quad);
        let scale = native / long;
        let view_scale = scale / view.scale();

        let ([luma], spans) = Source::of([&view.luma], view, &quad, 1.0 / view_scale).warp(&map, width, height);
        let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
        let chroma = view.chroma.as_ref().and_then(|[cb, cr]| {
            let shrink = 0.5 * scale.recip() * view.width as f32 / cb.width() as f32;
            let ([cb, cr], _) = Source::of([cb, cr], view, &quad, shrink).warp(&map, cw, ch);
            Plane::new(cw, ch, cb).zip(Plane::new(cw, ch, cr)).map(|(cb, cr)| [cb, cr])
        });
        Some(Self { luma: Plane::new(width, height, luma)?, chroma, spans, scale, view_scale, map })
    }

    /// Where a pixel of the sheet is in the upright original.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{document, sheet::Sheet};
    /// let card = document::find(&view);
    /// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
    /// let [x, y] = sheet.place(100.0, 50.0);
    /// assert!((0.0..1600.0).contains(&x) && (0.0..1200.0).contains(&y));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn place(&self, x: f32, y: f32) -> [f32; 2] {
        self.map.apply(x / self.luma.width() as f32, y / self.luma.height() as f32)
    }

    /// The smallest upright box `[x, y, width, height]` in the original that holds a box `x0..x1`, `y0..y1` of the sheet.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{document, sheet::Sheet};
    /// let card = document::find(&view);
    /// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
    /// let [_, _, width, height] = sheet.place_box([0.0, 10.0], [0.0, 10.0]);
    /// assert!(width > 0.0 && height > 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn place_box(&self, x: [f32; 2], y: [f32; 2]) -> [f32; 4] {
        let corners = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])].map(|(x, y)| self.place(x, y));
        let fold = |i: usize, f: fn(f32, f32) -> f32| corners.iter().filter_map(|c| c.get(i).copied()).reduce(f);
        let of = |i, f| fold(i, f).unwrap_or(0.0).round();
        let (x0, y0) = (of(0, f32::min).max(0.0), of(1, f32::min).max(0.0));
        [x0, y0, of(0, f32::max) - x0, of(1, f32::max) - y0]
    }

    /// The columns of row `y` that lie inside the picture and at least `inset` pixels from the document's outline.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{document, sheet::Sheet};
    /// let card = document::find(&view);
    /// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
    /// assert!(sheet.inside(100, 30).len() < sheet.inside(100, 10).len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn inside(&self, y: usize, inset: usize) -> std::ops::Range<usize> {
        let (w, h) = (self.luma.width() as usize, self.luma.height() as usize);
        let (from, to) = self.spans.get(y).copied().unwrap_or((0, 0));
        let (from, to) = ((from + 2).max(inset), to.saturating_sub(2).min(w.saturating_sub(inset)));
        if y < inset || y + inset >= h || from >= to { 0..0 } else { from..to }
    }
}

/// Pixels on the long side that this document is measured at.
fn long_side(document: Option<&Document>) -> f32 {
    match document {
        None => FRAME,
        Some(d) if d.pose.proportions == Proportions::A4 => PAGE,
        Some(d) if d.pose.proportions == Proportions::Id3 => PASSPORT,
        Some(_) => CARD,
    }
}

/// The reduction of a view that shows the document finely enough, and the part of the picture that it is needed of;
/// `None` when `view` does, or nothing finer can be had.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, finer};
/// let card = document::find(&view).unwrap();
/// // It fills the photo, and nothing finer is needed; of a small one `decode::part` has it.
/// assert!(finer(&view, &card).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn finer(view: &View, document: &Document) -> Option<(u32, Region)> {
    let native = document.pose.across;
    let now = view.scale();
    let wanted = long_side(Some(document)).min(native) * 0.9;
    (now > 1.5 && native / now < wanted)
        .then(|| [4, 2, 1].into_iter().find(|n| (*n as f32) < now && native / *n as f32 >= wanted).unwrap_or(1))
        .map(|reduction| (reduction, region(view, document)))
}

/// The box around the document, with a margin for filters: two samples of the coarsest chroma, each of 16 pixels.
fn region(view: &View, document: &Document) -> Region {
    let extent = |i: usize, size: u32| {
        let at = || document.quad.iter().filter_map(|corner| corner.get(i));
        let from = at().fold(f32::MAX, |a, b| a.min(*b)) - 32.0;
        let to = at().fold(0.0, |a: f32, b| a.max(*b)) + 32.0;
        // From below zero or beyond the picture: to its edge.
        from as u32..(to.ceil() as u32).min(size)
    };
    Region { x: extent(0, view.width), y: extent(1, view.height) }
}

/// Bits behind the point of places in a plane.
const FIXED: u32 = 12;
/// The farthest place, well inside what 32 bits hold: 2^18 pixels.
const FAR: f32 = (1_u32 << 30) as f32;
/// Columns between places that are computed with perspective: over so few, lines are straight to a fraction of a pixel.
const STRIDE: usize = 16;

/// The part of planes of one size that holds the document, brought near the sheet's scale.
struct Source<'a, const N: usize> {
    planes: [Cow<'a, Plane>; N],
    /// Pixels of the planes for one pixel of the original, and where their first one is: across, then down.
    scale: [f32; 2],
    origin: [f32; 2],
}

impl<'a, const N: usize> Source<'a, N> {
    /// Of planes of `view`, averaged over areas when they are to shrink by more than a twentieth.
    fn of(planes: [&'a Plane; N], view: &View, quad: &[[f32; 2]; 4], shrink: f32) -> Self {
        let (columns, rows) = planes.first().map_or((1, 1), |p| (p.width(), p.height()));
        let scale = [columns as f32 / view.width as f32, rows as f32 / view.height as f32];
        let whole = Self { planes: planes.map(Cow::Borrowed), scale, origin: [0.0; 2] };
        if shrink > 0.95 {
            return whole;
        }
        // The box around the document, with a margin for the filter.
        let extent = |i: usize, limit: u32| {
            let at = || quad.iter().filter_map(|c| Some(c.get(i)? * scale.get(i)?));
            let from = at().fold(f32::MAX, f32::min).clamp(2.0, limit as f32) - 2.0;
            let to = at().fold(0.0, f32::max).clamp(0.0, limit as f32 - 2.0) + 2.0;
            (from.floor(), (to.ceil() - from.floor()).max(1.0))
        };
        let ((left, width), (top, height)) = (extent(0, columns), extent(1, rows));
        let (w, h) = ((width * shrink).ceil().max(1.0), (height * shrink).ceil().max(1.0));
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box)).crop(
            left.into(),
            top.into(),
            width.into(),
            height.into(),
        );
        let mut resizer = Resizer::new();
        // By its one pixel type: the untyped call brings the code for all sixteen.
        let small = planes.map(|plane| {
            let mut small = vec![0; w as usize * h as usize];
            let mut image = TypedImage::<U8>::from_buffer(w as u32, h as u32, &mut small).ok()?;
            let big = TypedImageRef::<U8>::from_buffer(plane.width(), plane.height(), plane.data()).ok()?;
            resizer.resize_typed(&big, &mut image, &options).ok()?;
            Plane::new(w as u32, h as u32, small)
        });
        if small.iter().any(Option::is_none) {
            return whole;
        }
        let mut small = small.into_iter().flatten();
        let planes = planes.map(|plane| small.next().map_or(Cow::Borrowed(plane), Cow::Owned));
        let scale = [scale[0] * w / width, scale[1] * h / height];
        Self { planes, origin: [left * w / width, top * h / height], scale }
    }

    /// Samples the planes, bilinearly, where a sheet of `width` x `height` has its pixels. Also the columns of every row
    /// that lie inside the planes.
    fn warp(&self, map: &Homography, width: u32, height: u32) -> ([Vec<u8>; N], Vec<(usize, usize)>) {
        // By the widest registers that the processor has.
        dispatch!(Level::new(), _simd => self.warped(map, width, height))
    }

    #[inline(always)]
    fn warped(&self, map: &Homography, width: u32, height: u32) -> ([Vec<u8>; N], Vec<(usize, usize)>) {
        let (sw, sh) = self.planes.first().map_or((0, 0), |p| (p.width() as usize, p.height() as usize));
        let data = self.planes.each_ref().map(|p| p.data());
        let (columns, rows) = (width as usize, height as usize);
        if sw < 2 || sh < 2 {
            let flat = data.map(|d| vec![d.first().copied().unwrap_or(0); columns * rows]);
            return (flat, vec![(0, columns); rows]);
        }
        let [[a, b, c], [d, e, f], [g, h, i]] = *map.matrix();
        let ([kx, ky], [ox, oy]) = (self.scale, self.origin);
        let (du, dv) = (1.0 / width as f32, 1.0 / height as f32);
        // Places in 1/4096 of a pixel, exact at every 16th column and on straight lines between; the last pixel that has a
        // right and a lower neighbour bounds them.
        let last = |n: usize| ((n - 1) << FIXED) as i32 - 1;
        let (last_x, last_y) = (last(sw), last(sh));
        let mut out = data.map(|_| Vec::with_capacity(columns * rows));
        let mut spans = Vec::with_capacity(rows);
        let mut places = Places::new(columns);
        let [mut xs, mut ys] = [(); 2].map(|()| vec![0; columns.div_ceil(STRIDE) + 1]);
        for row in 0..height {
            let v = (row as f32 + 0.5) * dv;
            let (bx, by, bz) = (b * v + c, e * v + f, h * v + i);
            for (i, (x, y)) in (0_u16..).zip(xs.iter_mut().zip(&mut ys)) {
                let u = (f32::from(i) * STRIDE as f32 + 0.5) * du;
                let z = 1.0 / (g * u + bz);
                let fix = |v: f32| ((v - 0.5) * (1 << FIXED) as f32).clamp(-FAR, FAR) as i32;
                (*x, *y) = (fix((a * u + bx) * z * kx - ox), fix((d * u + by) * z * ky - oy));
            }
            let (mut from, mut to) = (columns, 0);
            let stations = xs.array_windows().zip(ys.array_windows());
            for (start, ((x, y), (xs, ys))) in (0..columns).step_by(STRIDE).zip(stations.zip(places.chunks())) {
                let inside = |x: i32, y: i32| (0..=last_x).contains(&x) && (0..=last_y).contains(&y);
                *xs = between(*x);
                *ys = between(*y);
                let n = STRIDE.min(columns - start);
                if inside(x[0], y[0]) && inside(x[1], y[1]) {
                    (from, to) = (from.min(start), start + n);
                } else {
                    // Half a pixel beyond the outer ones still is the picture.
                    const HALF: i32 = 1 << (FIXED - 1);
                    for (column, (x, y)) in (start..start + n).zip(xs.iter().zip(&*ys)) {
                        if (-HALF..=last_x + HALF).contains(x) && (-HALF..=last_y + HALF).contains(y) {
                            (from, to) = (from.min(column), column + 1);
                        }
                    }
                    xs.iter_mut().for_each(|x| *x = (*x).clamp(0, last_x));
                    ys.iter_mut().for_each(|y| *y = (*y).clamp(0, last_y));
                }
            }
            places.split(sw as u32);
            for (out, data) in out.iter_mut().zip(data) {
                places.sample(data, sw);
                out.extend_from_slice(places.samples.get(..columns).unwrap_or(&[]));
            }
            spans.push((from.min(to), to));
        }
        (out, spans)
    }
}

/// Places in equal steps from one to another.
#[inline(always)]
fn between([from, to]: [i32; 2]) -> [i32; STRIDE] {
    let step = (to - from) / STRIDE as i32;
    let mut places = [0; STRIDE];
    for (i, place) in (0..STRIDE).zip(&mut places) {
        *place = from + i as i32 * step;
    }
    places
}

/// Where a row of the sheet is sampled, and what is found there. Plain steps over whole rows, which are done many
/// columns at a time.
struct Places {
    x: Vec<i32>,
    y: Vec<i32>,
    /// Index of the sample on the upper left, and in 256ths how far right of it and below it the place is.
    at: Vec<u32>,
    right: Vec<u16>,
    below: Vec<u16>,
    /// The samples left and right of the place, in one half of the bits each, above and below it.
    upper: Vec<u16>,
    lower: Vec<u16>,
    samples: Vec<u8>,
}

impl Places {
    fn new(columns: usize) -> Self {
        let n = columns.next_multiple_of(STRIDE);
        let (places, halves) = (vec![0; n], vec![0; n]);
        let (y, right, below, upper) = (places.clone(), halves.clone(), halves.clone(), halves.clone());
        Self { x: places, y, at: vec![0; n], right, below, upper, lower: halves, samples: vec![0; n] }
    }

    /// [`STRIDE`] columns at a time.
    fn chunks(&mut self) -> impl Iterator<Item = (&mut [i32; STRIDE], &mut [i32; STRIDE])> {
        self.x.as_chunks_mut().0.iter_mut().zip(self.y.as_chunks_mut().0)
    }

    /// Splits places, none of them less than 0, into samples and what lies between these.
    #[inline(always)]
    fn split(&mut self, width: u32) {
        for (at, (x, y)) in self.at.iter_mut().zip(self.x.iter().zip(&self.y)) {
            *at = (*y as u32 >> FIXED).wrapping_mul(width).wrapping_add(*x as u32 >> FIXED);
        }
        let part = |place: &i32| (place >> (FIXED - 8)) as u16 & 255;
        self.right.iter_mut().zip(&self.x).for_each(|(right, x)| *right = part(x));
        self.below.iter_mut().zip(&self.y).for_each(|(below, y)| *below = part(y));
    }

    /// A plane's samples there, bilinearly.
    #[inline(always)]
    fn sample(&mut self, data: &[u8], width: usize) {
        let pair = |data: &[u8], at: u32| {
            let pair = data.get(at as usize..).and_then(|rest| rest.first_chunk());
            pair.map_or(0, |pair| u16::from_le_bytes(*pair))
        };
        let next_row = data.get(width..).unwrap_or(&[]);
        for (at, (upper, lower)) in self.at.iter().zip(self.upper.iter_mut().zip(&mut self.lower)) {
            (*upper, *lower) = (pair(data, *at), pair(next_row, *at));
        }
        let pairs = self.upper.iter().zip(&self.lower).zip(self.right.iter().zip(&self.below));
        for (sample, ((upper, lower), (right, below))) in self.samples.iter_mut().zip(pairs) {
            let across = |pair: &u16| u32::from((pair & 255) * (256 - right) + (pair >> 8) * right);
            let below = u32::from(*below);
            *sample = ((across(upper) * (256 - below) + across(lower) * below + (1 << 15)) >> 16) as u8;
        }
    }
}
