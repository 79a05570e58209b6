//! Planes made small.

use crate::pixmap::Plane;

/// A level of a plane is this much in a small one: averaging gives half levels away otherwise.
pub(super) const FINE: u32 = 2;

/// A plane brought to `width` x `height` by area average, levels times [`FINE`]; the nearest samples where it is coarser than that.
pub(super) fn shrink(plane: &Plane, width: usize, height: usize) -> Vec<i16> {
    let span = |i: usize, n: usize, of: u32| {
        let of = of as usize;
        let from = i * of / n;
        (from, ((i + 1) * of / n).max(from + 1))
    };
    let spans: Vec<_> = (0..width).map(|x| span(x, width, plane.width())).collect();
    let mut out = Vec::with_capacity(width * height);
    let mut columns = vec![0u32; plane.width() as usize];
    for y in 0..height {
        let (top, bottom) = span(y, height, plane.height());
        columns.fill(0);
        for row in top..bottom {
            for (sum, v) in columns.iter_mut().zip(plane.row(row as u32)) {
                *sum += u32::from(*v);
            }
        }
        let rows = (bottom - top) as u32;
        out.extend(spans.iter().map(|(from, to)| {
            let sum: u32 = columns.get(*from..*to).unwrap_or(&[]).iter().sum();
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
