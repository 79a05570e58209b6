//! The largest and the smallest of the 9 x 9 pixels around every pixel, row after row.

/// Pixels of a window to each side of the one it is around.
pub(super) const REACH: usize = 4;

/// Takes rows, one after the other, and gives the window around each pixel of the row that came [`REACH`] earlier.
///
/// Nine are joined from three threes, first along the row, then down; only the rows that are still needed are kept.
pub(super) struct Window {
    /// Of three along the row.
    along: Vec<i16>,
    /// Of nine along the last three rows.
    nine: [Vec<i16>; 3],
    /// The same of three rows each, for the last seven.
    three: [Vec<i16>; 7],
}

impl Window {
    /// For rows of `width` pixels; `none` is what never is picked before a value, and stands for rows that are not there.
    pub(super) fn new(width: usize, none: i16) -> Self {
        let row = || vec![none; width];
        Self { along: vec![none; width + 2 * REACH - 2], nine: [(); 3].map(|()| row()), three: [(); 7].map(|()| row()) }
    }

    /// Takes a row with [`REACH`] pixels more at both ends; writes the windows around the row that came [`REACH`]
    /// earlier to `out`, and rubbish as long as there is none.
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "all rows are of one width")]
    pub(super) fn push(&mut self, row: &[i16], pick: impl Fn(i16, i16) -> i16 + Copy, out: &mut [i16]) {
        let n = out.len();
        let threes = self.along.iter_mut().zip(row.array_windows());
        threes.for_each(|(three, [a, b, c])| *three = pick(pick(*a, *b), *c));
        self.nine.rotate_left(1);
        self.three.rotate_left(1);
        let (first, second, third) = (&self.along[..n], &self.along[3..n + 3], &self.along[6..n + 6]);
        let [before, last, now] = &mut self.nine;
        let (before, last, now) = (&before[..n], &last[..n], &mut now[..n]);
        let [oldest, _, _, middle, _, _, newest] = &mut self.three;
        let (oldest, middle, newest) = (&oldest[..n], &middle[..n], &mut newest[..n]);
        for x in 0..n {
            let nine = pick(pick(first[x], second[x]), third[x]);
            let three = pick(pick(before[x], last[x]), nine);
            (now[x], newest[x]) = (nine, three);
            out[x] = pick(pick(oldest[x], middle[x]), three);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_the_largest_of_nine_by_nine() {
        let (width, height) = (23_i64, 17_i64);
        let at = |x: i64, y: i64| ((y.clamp(0, height - 1) * width + x.clamp(0, width - 1)) * 7919 % 4001) as i16;
        let mut window = Window::new(width as usize, i16::MIN);
        let mut out = vec![0; width as usize];
        for y in 0..height + 4 {
            let none = vec![i16::MIN; width as usize + 8];
            let row: Vec<i16> = if y < height { (-4..width + 4).map(|x| at(x, y)).collect() } else { none };
            window.push(&row, i16::max, &mut out);
            for (x, got) in (0..).zip(&out).filter(|_| y >= 4) {
                let want = (-4..=4).flat_map(|dy| (-4..=4).map(move |dx| at(x + dx, y - 4 + dy))).max();
                assert_eq!(Some(*got), want, "at {x}, {}", y - 4);
            }
        }
    }
}
