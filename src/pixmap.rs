//! Pictures in memory: [`Pixmap`] (8-bit RGB, for encoding), [`Plane`] (8 bits of one component) and [`View`]
//! (what measuring sees: luma brought to one scale, coarse chroma, and the size of the original).

mod blocks;
mod orientation;
mod rows;

pub use blocks::Block;
pub(crate) use blocks::{BlockRows, SIDE, every};
pub use orientation::{Orientation, Region};
pub use rows::{Samples, ViewRows};

use crate::watch::Watch;
use orientation::orient;
use std::fmt;

/// One 8-bit component, row-major without padding. `data.len() == width * height`, both at least 1.
///
/// ```
/// use idenfy_preflight::pixmap::{Orientation, Plane};
/// let plane = Plane::new(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
/// assert_eq!((plane.width(), plane.height(), plane.data().len()), (3, 2, 6));
/// assert_eq!((plane.row(1), plane.at(2, 0), plane.at(-1, 99)), (&[4, 5, 6][..], 3, 4));
/// let turned = plane.oriented(Orientation::Turned90);
/// assert_eq!((turned.width(), turned.data()), (2, &[4, 1, 5, 2, 6, 3][..]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Plane {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Plane {
    /// `None` when a side is zero or `data` is not `width * height` bytes long.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::Plane;
    /// assert!(Plane::new(2, 2, vec![0; 4]).is_some());
    /// assert!(Plane::new(2, 2, vec![0; 5]).is_none() && Plane::new(0, 2, vec![]).is_none());
    /// ```
    pub fn new(width: u32, height: u32, data: Vec<u8>) -> Option<Self> {
        let len = (width as usize).checked_mul(height as usize)?;
        (len > 0 && len == data.len()).then_some(Self { width, height, data })
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All samples, row after row.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// One row; empty when `y` is outside.
    pub fn row(&self, y: u32) -> &[u8] {
        let (w, start) = (self.width as usize, (y as usize).saturating_mul(self.width as usize));
        self.data.get(start..start.saturating_add(w)).unwrap_or(&[])
    }

    /// The sample at (x, y), the nearest one for a place outside.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::Plane;
    /// let plane = Plane::new(2, 1, vec![10, 20]).unwrap();
    /// assert_eq!([plane.at(0, 0), plane.at(1, 0), plane.at(7, -7)], [10, 20, 20]);
    /// ```
    pub fn at(&self, x: i64, y: i64) -> u8 {
        let x = x.clamp(0, i64::from(self.width) - 1) as usize;
        let y = y.clamp(0, i64::from(self.height) - 1) as usize;
        self.data.get(y * self.width as usize + x).copied().unwrap_or(0)
    }

    /// The plane as it stands upright.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::{Orientation, Plane};
    /// let plane = Plane::new(2, 1, vec![1, 2]).unwrap();
    /// assert_eq!(plane.oriented(Orientation::Mirrored).data(), [2, 1]);
    /// ```
    pub fn oriented(self, orientation: Orientation) -> Self {
        let (width, height, data) = orient::<1>(self.width, self.height, self.data, orientation, &Watch::default());
        Self { width, height, data }
    }
}

impl fmt::Debug for Plane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plane({}x{})", self.width, self.height)
    }
}

/// An 8-bit sRGB picture, row-major, three bytes a pixel, upright.
///
/// ```
/// use idenfy_preflight::pixmap::{Orientation, Pixmap};
/// let (red, blue) = ([255, 0, 0], [0, 0, 255]);
/// let pixmap = Pixmap::new(2, 1, [red, blue].concat()).unwrap();
/// assert_eq!((pixmap.width(), pixmap.height(), &pixmap.data()[..3]), (2, 1, &red[..]));
/// assert_eq!(pixmap.oriented(Orientation::Turned180).into_data(), [blue, red].concat());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pixmap {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl Pixmap {
    /// `None` when a side is zero or `data` is not `width * height * 3` bytes long.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::Pixmap;
    /// assert!(Pixmap::new(2, 2, vec![0; 12]).is_some() && Pixmap::new(2, 2, vec![0; 4]).is_none());
    /// ```
    pub fn new(width: u32, height: u32, data: Vec<u8>) -> Option<Self> {
        let len = (width as usize).checked_mul(height as usize)?.checked_mul(3)?;
        (len > 0 && len == data.len()).then_some(Self { width, height, data })
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All samples, R, G, B, row after row.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The samples, given away.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The picture as it stands upright.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::{Orientation, Pixmap};
    /// let stored = Pixmap::new(4, 2, vec![0; 24]).unwrap();
    /// assert_eq!(stored.oriented(Orientation::Turned90).height(), 4);
    /// ```
    pub fn oriented(self, orientation: Orientation) -> Self {
        self.turned(orientation, &Watch::default())
    }

    /// As [`Pixmap::oriented`]; one black pixel when it is time to stop.
    pub(crate) fn turned(self, orientation: Orientation, watch: &Watch) -> Self {
        let (width, height, data) = orient::<3>(self.width, self.height, self.data, orientation, watch);
        Self { width, height, data }
    }
}

impl fmt::Debug for Pixmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pixmap({}x{})", self.width, self.height)
    }
}

/// What measuring sees of a picture, upright.
///
/// The planes are the original brought down by the power of two that leaves the long side of `luma` between
/// [`View::LONG_SIDE`] and twice that (smaller originals stay as they are), by area average or, for JPEG, in the DCT
/// domain. Chroma is as coarse or coarser than luma.
///
/// ```
/// use idenfy_preflight::pixmap::{Pixmap, View};
/// let photo = Pixmap::new(4000, 3000, vec![200; 36_000_000]).unwrap();
/// let view = View::from_pixmap(&photo, View::reduction(photo.width(), photo.height()));
/// assert_eq!((view.luma.width(), view.width, view.scale()), (1000, 4000, 4.0));
/// ```
#[derive(Clone, Debug)]
pub struct View {
    /// BT.601 luma, full range 0 to 255.
    pub luma: Plane,
    /// Cb and Cr, full range, 128 is neutral; `None` for a gray picture.
    pub chroma: Option<[Plane; 2]>,
    /// Pixels across of the upright original.
    pub width: u32,
    /// Pixels down of the upright original.
    pub height: u32,
    /// Some two thousand blocks at the original's scale, spread over it (or over the part that was wanted), as stored (not
    /// upright): for what a reduced plane no longer shows. Of a JPEG they may go beyond its rim. Empty where the decoder
    /// gives none.
    pub blocks: Vec<Block>,
}

impl View {
    /// The least long side that a reduced luma plane has, in pixels: an ID-1 card that fills 60 % of the frame is then
    /// 600 pixels wide, above the 512 that sharpness is measured at.
    pub const LONG_SIDE: u32 = 1000;

    /// The power of two (1, 2, 4 or 8) by which a picture of this size is brought down for measuring.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::View;
    /// assert_eq!([View::reduction(4032, 3024), View::reduction(800, 600)], [4, 1]);
    /// ```
    pub fn reduction(width: u32, height: u32) -> u32 {
        let long = width.max(height);
        [8, 4, 2].into_iter().find(|n| long / n >= Self::LONG_SIDE).unwrap_or(1)
    }

    /// Pixels of the original for one pixel of luma.
    pub fn scale(&self) -> f32 {
        self.width as f32 / self.luma.width() as f32
    }

    /// A view of a decoded picture, reduced by `reduction` (1, 2, 4 or 8; 1 keeps the scale).
    ///
    /// ```
    /// use idenfy_preflight::pixmap::{Pixmap, View};
    /// let gray = Pixmap::new(2, 2, vec![128; 12]).unwrap();
    /// let view = View::from_pixmap(&gray, 1);
    /// assert_eq!(view.luma.data(), [128; 4]);
    /// ```
    pub fn from_pixmap(pixmap: &Pixmap, reduction: u32) -> Self {
        let mut rows = ViewRows::new(pixmap.width, pixmap.height, reduction, Samples::Rgb);
        for row in pixmap.data.chunks_exact(pixmap.width as usize * 3) {
            rows.push(row);
        }
        let (width, height) = (pixmap.width, pixmap.height);
        let black = || Plane { width: 1, height: 1, data: vec![0] };
        rows.finish().unwrap_or_else(|| Self { luma: black(), chroma: None, width, height, blocks: Vec::new() })
    }

    /// The view as it stands upright.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::{Orientation, Pixmap, View};
    /// let stored = View::from_pixmap(&Pixmap::new(4, 2, vec![0; 24]).unwrap(), 1);
    /// let upright = stored.oriented(Orientation::from_exif(6));
    /// assert_eq!((upright.width, upright.height), (2, 4));
    /// ```
    pub fn oriented(self, orientation: Orientation) -> Self {
        let (width, height) = orientation.size(self.width, self.height);
        Self {
            luma: self.luma.oriented(orientation),
            chroma: self.chroma.map(|c| c.map(|p| p.oriented(orientation))),
            width,
            height,
            blocks: self.blocks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_averages_and_keeps_the_odd_edge() {
        let mut rgb = vec![0; 3 * 3 * 3];
        rgb[..3].copy_from_slice(&[255, 255, 255]);
        let view = View::from_pixmap(&Pixmap::new(3, 3, rgb).unwrap(), 2);
        assert_eq!((view.luma.width(), view.luma.height()), (2, 2));
        assert_eq!(view.luma.data(), &[64, 0, 0, 0]);
        assert!(view.chroma.is_none());
    }
}
