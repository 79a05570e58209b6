//! How a picture is to be turned to stand upright.

use crate::watch::Watch;
use std::ops::Range;

/// A part of a picture: columns and rows of pixels of the original.
///
/// ```
/// use idenfy_preflight::pixmap::{Orientation, Region};
/// let top_left = Region { x: 0..10, y: 0..20 };
/// // Where to read in a file of 100 x 50 that is to be turned by a quarter.
/// let stored = Orientation::Turned90.stored(&top_left, 100, 50);
/// assert_eq!((stored.x.len(), stored.y.len()), (20, 10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Columns.
    pub x: Range<u32>,
    /// Rows.
    pub y: Range<u32>,
}

/// The eight ways a camera may have been held (TIFF 6.0, tag 274; EXIF 2.32, table 4).
///
/// ```
/// use idenfy_preflight::pixmap::Orientation;
/// let held = Orientation::from_exif(6);
/// assert!(held.swaps_sides());
/// assert_eq!((held.size(4032, 3024), held.exif()), ((3024, 4032), 6));
/// assert_eq!(Orientation::from_exif(77), Orientation::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orientation {
    /// 1: as stored.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    Mirrored,
    /// 3: turned by 180 degrees.
    Turned180,
    /// 4: mirrored top to bottom.
    Flipped,
    /// 5: mirrored along the main diagonal.
    Transposed,
    /// 6: to be turned 90 degrees clockwise.
    Turned90,
    /// 7: mirrored along the other diagonal.
    Transversed,
    /// 8: to be turned 270 degrees clockwise.
    Turned270,
}

impl Orientation {
    /// From the tag's value; anything but 1 to 8 counts as upright, as viewers do.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::Orientation;
    /// assert_eq!([1, 6, 9].map(Orientation::from_exif), [Orientation::Upright, Orientation::Turned90, Orientation::Upright]);
    /// ```
    pub fn from_exif(value: u32) -> Self {
        match value {
            2 => Self::Mirrored,
            3 => Self::Turned180,
            4 => Self::Flipped,
            5 => Self::Transposed,
            6 => Self::Turned90,
            7 => Self::Transversed,
            8 => Self::Turned270,
            _ => Self::Upright,
        }
    }

    /// The tag's value, 1 to 8.
    pub fn exif(self) -> u8 {
        self as u8 + 1
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        self as u8 >= Self::Transposed as u8
    }

    /// The size of the upright picture.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::Orientation;
    /// assert_eq!(Orientation::Turned270.size(4032, 3024), (3024, 4032));
    /// ```
    pub fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// Where a region of the upright picture is in the stored one of this size.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::{Orientation, Region};
    /// let stored = Orientation::Turned180.stored(&Region { x: 0..10, y: 0..20 }, 100, 50);
    /// assert_eq!(stored, Region { x: 90..100, y: 30..50 });
    /// ```
    pub fn stored(self, region: &Region, width: u32, height: u32) -> Region {
        use Orientation::*;
        let (x, y) = (region.x.clone(), region.y.clone());
        let from_end = |r: Range<u32>, size: u32| size.saturating_sub(r.end)..size.saturating_sub(r.start);
        let (x, y) = if self.swaps_sides() { (y, x) } else { (x, y) };
        let x = if matches!(self, Mirrored | Turned180 | Transversed | Turned270) { from_end(x, width) } else { x };
        let y = if matches!(self, Turned180 | Flipped | Turned90 | Transversed) { from_end(y, height) } else { y };
        Region { x, y }
    }
}

/// Moves `N`-byte pixels to their upright places; one black pixel when it is time to stop.
pub(super) fn orient<const N: usize>(
    width: u32,
    height: u32,
    data: Vec<u8>,
    orientation: Orientation,
    watch: &Watch,
) -> (u32, u32, Vec<u8>) {
    use Orientation::*;
    if orientation == Upright {
        return (width, height, data);
    }
    let (w, h) = (width as usize, height as usize);
    let (ow, oh) = orientation.size(width, height);
    let src = data.as_chunks::<N>().0;
    let mut out = Vec::with_capacity(data.len());
    for y in 0..oh as usize {
        if watch.is_over() {
            watch.release((data, out));
            return (1, 1, vec![0; N]);
        }
        // The source index of the row's first pixel, and the step to its next one.
        let (start, step) = match orientation {
            Upright => (y * w, 1),
            Mirrored => (y * w + w - 1, -1),
            Turned180 => ((h - 1 - y) * w + w - 1, -1),
            Flipped => ((h - 1 - y) * w, 1),
            Transposed => (y, w as isize),
            Turned90 => ((h - 1) * w + y, -(w as isize)),
            Transversed => ((h - 1) * w + w - 1 - y, -(w as isize)),
            Turned270 => (w - 1 - y, w as isize),
        };
        let mut at = start;
        for _ in 0..ow {
            out.extend_from_slice(src.get(at).map_or(&[0; N], |p| p));
            at = at.wrapping_add_signed(step);
        }
    }
    (ow, oh, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixmap::Plane;

    #[test]
    fn every_orientation_puts_the_first_pixel_where_the_tag_says() {
        // 3x2: a b c / d e f
        let plane = || Plane::new(3, 2, b"abcdef".to_vec()).unwrap();
        let cases = [
            (1, 3, "abcdef"),
            (2, 3, "cbafed"),
            (3, 3, "fedcba"),
            (4, 3, "defabc"),
            (5, 2, "adbecf"),
            (6, 2, "daebfc"),
            (7, 2, "fcebda"),
            (8, 2, "cfbead"),
        ];
        for (tag, width, want) in cases {
            let got = plane().oriented(Orientation::from_exif(tag));
            assert_eq!((got.width(), got.data()), (width, want.as_bytes()), "orientation {tag}");
        }
    }

    #[test]
    fn a_region_is_found_in_the_stored_picture() {
        for tag in 1..=8 {
            let (w, h) = (7, 5);
            let region = Region { x: 1..3, y: 0..4 };
            let orientation = Orientation::from_exif(tag);
            let stored = orientation.stored(&region, w, h);
            let inside = |r: &Region, x: u32, y: u32| u8::from(r.x.contains(&x) && r.y.contains(&y));
            let paint = |r: &Region, w, h| (0..w * h).map(|i| inside(r, i % w, i / w)).collect::<Vec<u8>>();
            let upright = Plane::new(w, h, paint(&stored, w, h)).unwrap().oriented(orientation);
            assert_eq!(upright.data(), paint(&region, upright.width(), upright.height()), "orientation {tag}");
        }
    }
}
