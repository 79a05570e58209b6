//! Planes made small.

use crate::pixmap::Plane;
use fearless_simd::{Level, dispatch};

/// A level of a plane is this much in a small one: averaging gives half levels away otherwise.
pub(super) const FINE: u32 = 2;

/// A plane brought to `width` x `height` by area average, levels times [`FINE`]; the nearest samples where it is coarser than that.
pub(super) fn shrink(plane: &Plane, width: usize, height: usize) -> Vec<i16> {
    dispatch!(Level::new(), _simd => averaged(plane, width, height))
}

#[inline(always)]
fn averaged(plane: &Plane, width: usize, height: usize) -> Vec<i16> {
    let span = |i: usize, n: usize, of: u32| {
        let of = of as usize;
        let from = i * of / n;
        (from, ((i + 1) * of / n).max(from + 1))
    };
    let spans: Vec<_> = (0..width).map(|x| span(x, width, plane.width())).collect();
    let mut out = Vec::with_capacity(width * height);
    let mut columns = vec![0u32; plane.width() as usize];
    // Of all columns up to each.
    let mut sums = vec![0u32; columns.len() + 1];
    for y in 0..height {
        let (top, bottom) = span(y, height, plane.height());
        columns.fill(0);
        for row in top..bottom {
            for (sum, v) in columns.iter_mut().zip(plane.row(row as u32)) {
                *sum += u32::from(*v);
            }
        }
        let mut sum = 0_u32;
        for (s, column) in sums.iter_mut().skip(1).zip(&columns) {
            sum = sum.wrapping_add(*column);
            *s = sum;
        }
        let rows = (bottom - top) as u32;
        let before = |x: usize| sums.get(x).copied().unwrap_or(sum);
        out.extend(spans.iter().map(|(from, to)| {
            // Right even where the sums overflow, for the difference does not.
            let sum = before(*to).wrapping_sub(before(*from));
            (FINE * sum / ((*to - *from) as u32 * rows).max(1)) as i16
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_averaged_and_a_coarser_plane_is_repeated() {
        let plane = Plane::new(5, 2, vec![0, 10, 20, 30, 40, 0, 10, 20, 31, 41]).unwrap();
        assert_eq!(shrink(&plane, 2, 1), [10, 60]);
        assert_eq!(shrink(&Plane::new(1, 1, vec![7]).unwrap(), 3, 2), [14; 6]);
    }
}
