//! The forward DCT of 8x8 blocks: Arai, Agui and Nakajima's, in floating point, as libjpeg's `jfdctflt`.

/// The place in a block (row after row) of each coefficient in zigzag order (ITU T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Row `k` of the flow graph comes out multiplied by this (cos(kπ/16)·√2, 1 for the first).
const AAN: [f32; 8] = [1.0, 1.387_039_8, 1.306_563, 1.175_875_6, 1.0, 0.785_694_96, 0.541_196_1, 0.275_899_38];

/// What takes that out again, in both directions. The graph's output is 8 times the DCT, as are our units.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const SCALE: [[f32; 8]; 8] = {
    let mut scale = [[0.0; 8]; 8];
    let mut i = 0;
    while i < 64 {
        scale[i / 8][i % 8] = 1.0 / (AAN[i / 8] * AAN[i % 8]);
        i += 1;
    }
    scale
};

/// The nearest whole number of a small value, by the way floats are stored: several at a time.
#[inline]
pub(super) fn nearest(v: f32) -> i32 {
    const MAGIC: f32 = 12_582_912.0;
    (v + MAGIC).to_bits() as i32 - MAGIC.to_bits() as i32
}

/// Samples less 128, row after row, to coefficients in eighths, in zigzag order.
#[expect(clippy::indexing_slicing, reason = "all arrays have 8 rows of 8, and ZIGZAG is a permutation of 0 to 63")]
pub(super) fn forward(samples: &[[f32; 8]; 8], out: &mut [i16; 64]) {
    let mut rows = *samples;
    pass(&mut rows);
    let mut columns: [[f32; 8]; 8] = std::array::from_fn(|x| std::array::from_fn(|y| rows[y][x]));
    pass(&mut columns);
    // Column u of the block is now row u of `columns`.
    let mut natural = [[0i16; 8]; 8];
    for (out, (column, scale)) in natural.iter_mut().zip(columns.iter().zip(&SCALE)) {
        *out = std::array::from_fn(|v| nearest(column[v] * scale[v]) as i16);
    }
    for (place, from) in out.iter_mut().zip(ZIGZAG) {
        *place = natural[usize::from(from & 7)][usize::from(from >> 3)];
    }
}

/// The transform down the columns, all eight at once.
#[expect(clippy::indexing_slicing, reason = "rows have 8 places")]
fn pass(block: &mut [[f32; 8]; 8]) {
    type Row = [f32; 8];
    let add = |a: &Row, b: &Row| -> Row { std::array::from_fn(|i| a[i] + b[i]) };
    let sub = |a: &Row, b: &Row| -> Row { std::array::from_fn(|i| a[i] - b[i]) };
    let mul = |a: &Row, k: f32| -> Row { a.map(|v| v * k) };
    let [d0, d1, d2, d3, d4, d5, d6, d7] = &*block;
    let (s0, s1, s2, s3) = (add(d0, d7), add(d1, d6), add(d2, d5), add(d3, d4));
    let (t7, t6, t5, t4) = (sub(d0, d7), sub(d1, d6), sub(d2, d5), sub(d3, d4));
    let (e0, e3, e1, e2) = (add(&s0, &s3), sub(&s0, &s3), add(&s1, &s2), sub(&s1, &s2));
    let z1 = mul(&add(&e2, &e3), 0.707_106_77);
    let (o0, o1, o2) = (add(&t4, &t5), add(&t5, &t6), add(&t6, &t7));
    let z5 = mul(&sub(&o0, &o2), 0.382_683_43);
    let z2 = add(&mul(&o0, 0.541_196_1), &z5);
    let z4 = add(&mul(&o2, 1.306_563), &z5);
    let z3 = mul(&o1, 0.707_106_77);
    let (z11, z13) = (add(&t7, &z3), sub(&t7, &z3));
    *block = [
        add(&e0, &e1),
        add(&z11, &z4),
        add(&e3, &z1),
        sub(&z13, &z2),
        sub(&e0, &e1),
        add(&z13, &z2),
        sub(&e3, &z1),
        sub(&z11, &z4),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::jpeg::coefficients::UNITS;
    use std::f64::consts::PI;

    /// ITU T.81, A.3.3, as it is written there.
    fn by_the_book(s: &[[f32; 8]; 8], v: usize, u: usize) -> f64 {
        let c = |k: usize| if k == 0 { 0.5f64.sqrt() } else { 1.0 };
        let cos = |x: usize, k: usize| ((2 * x + 1) as f64 * k as f64 * PI / 16.0).cos();
        let sum: f64 = (0..64).map(|i| f64::from(s[i / 8][i % 8]) * cos(i % 8, u) * cos(i / 8, v)).sum();
        sum * c(u) * c(v) / 4.0
    }

    #[test]
    fn it_is_the_transform_of_the_standard() {
        let samples: [[f32; 8]; 8] =
            std::array::from_fn(|y| std::array::from_fn(|x| ((x * 37 + y * 91 + x * y * 13) % 256) as f32 - 128.0));
        let mut out = [0; 64];
        forward(&samples, &mut out);
        for (got, place) in out.iter().zip(ZIGZAG) {
            let want = by_the_book(&samples, usize::from(place) / 8, usize::from(place) % 8);
            assert!((f64::from(*got) / f64::from(UNITS) - want).abs() < 0.08, "{got} at {place}: {want}");
        }
    }
}
