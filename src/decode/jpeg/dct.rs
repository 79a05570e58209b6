//! Inverse transforms to 1/1, 1/2, 1/4 and 1/8 of the scale.
//!
//! The mean of the cosine of order u over m neighbouring samples is the cosine of the same order on the coarser grid,
//! weighted by sin(m u pi / 16) / (m sin(u pi / 16)). So an area average is a smaller inverse transform of weighted
//! coefficients; those of orders beyond the coarser grid fold back on it. The sum over all 64 is the exact average; at
//! 1/4 and 1/2 the highest terms, small in pictures, are left out and need not be decoded.

use crate::probe::jpeg::frame::ZIGZAG;
use std::f64::consts::PI;

/// How the coefficients of one component become samples.
#[derive(Clone, Debug)]
pub struct Weights {
    /// By zigzag index: quantiser, norm, and the weight of the average.
    pub factor: [f32; 64],
    /// By zigzag index: the cell of the small transform that it adds to.
    pub cell: [u8; 64],
    /// The last zigzag index that counts.
    pub last: usize,
}

impl Weights {
    /// For blocks of `side` x `side` samples (1, 2, 4 or 8) and a quantisation table in natural order.
    pub fn new(table: &[u16; 64], side: usize) -> Self {
        // 1/4 takes in the third order, without which edges lose a tenth of their contrast.
        let last = match side {
            1 => 0,
            2 => 9,
            4 => 24,
            _ => 63,
        };
        let (mut factor, mut cell) = ([0.0; 64], [0; 64]);
        for ((factor, cell), natural) in factor.iter_mut().zip(&mut cell).zip(ZIGZAG) {
            let natural = usize::from(natural);
            let ((v, wv), (u, wu)) = (fold(natural / 8, side), fold(natural % 8, side));
            *factor = (wv * wu * f64::from(table.get(natural).copied().unwrap_or(1))) as f32;
            *cell = (v * side + u) as u8;
        }
        Self { factor, cell, last }
    }
}

/// The weighted coefficients of a block, given in zigzag order.
#[inline(always)]
pub fn cells<const S: usize>(block: &[i16], weights: &Weights) -> [[f32; S]; S] {
    let mut cells = [[0.0; S]; S];
    for ((value, factor), cell) in block.iter().zip(&weights.factor).zip(&weights.cell) {
        if let Some(cell) = cells.as_flattened_mut().get_mut(usize::from(*cell)) {
            *cell += f32::from(*value) * factor;
        }
    }
    cells
}

/// Order and weight, along one axis, of the coefficient of order `u` on a grid of `side` samples a block.
fn fold(u: usize, side: usize) -> (usize, f64) {
    let angle = u as f64 * PI / 16.0;
    let m = (8 / side) as f64;
    let norm = if u == 0 { 8_f64.sqrt().recip() } else { 0.5 };
    let mean = if u == 0 { 1.0 } else { (m * angle).sin() / (m * angle.sin()) };
    match u {
        _ if u < side => (u, norm * mean),
        // cos((2x+1) u pi / 2s) = -cos((2x+1) (2s-u) pi / 2s); of order s it is nought everywhere.
        _ if u > side && u <= 2 * side => (2 * side - u, if u == 2 * side { 0.0 } else { -norm * mean }),
        _ => (0, 0.0),
    }
}

/// Cosines of the inverse transform of `S` samples: `[order][sample]`.
pub fn basis<const S: usize>() -> [[f32; S]; S] {
    let mut basis = [[0.0; S]; S];
    for (u, row) in basis.iter_mut().enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            *value = ((2 * x + 1) as f64 * u as f64 * PI / (2 * S) as f64).cos() as f32;
        }
    }
    basis
}

/// The samples of a block from its weighted coefficients, rows of `S`, not yet rounded, around 0.
#[inline(always)]
pub fn inverse<const S: usize>(cells: &[[f32; S]; S], basis: &[[f32; S]; S]) -> [[f32; S]; S] {
    let mut columns = [[0.0; S]; S];
    if S == 8 {
        halves(cells, basis, &mut columns);
    } else {
        for (cells, basis) in cells.iter().zip(basis) {
            for (column, b) in columns.iter_mut().zip(basis) {
                column.iter_mut().zip(cells).for_each(|(sum, c)| *sum += b * c);
            }
        }
    }
    let mut rows = [[0.0; S]; S];
    for (row, column) in rows.iter_mut().zip(&columns) {
        for (c, basis) in column.iter().zip(basis) {
            row.iter_mut().zip(basis).for_each(|(sum, b)| *sum += c * b);
        }
    }
    rows
}

/// The transform along columns: cosines of even order are alike on both sides of the middle, those of odd order
/// opposite, so that half of the products do.
#[inline(always)]
fn halves<const S: usize>(cells: &[[f32; S]; S], basis: &[[f32; S]; S], columns: &mut [[f32; S]; S]) {
    let (upper, lower) = columns.split_at_mut(S / 2);
    for (y, (upper, lower)) in upper.iter_mut().zip(lower.iter_mut().rev()).enumerate() {
        let (mut even, mut odd) = ([0.0; S], [0.0; S]);
        for ([cells, odd_cells], [basis, odd_basis]) in cells.as_chunks::<2>().0.iter().zip(basis.as_chunks::<2>().0) {
            let (b, odd_b) = (basis.get(y).copied().unwrap_or(0.0), odd_basis.get(y).copied().unwrap_or(0.0));
            even.iter_mut().zip(cells).for_each(|(sum, c)| *sum += b * c);
            odd.iter_mut().zip(odd_cells).for_each(|(sum, c)| *sum += odd_b * c);
        }
        upper.iter_mut().zip(even.iter().zip(&odd)).for_each(|(to, (e, o))| *to = e + o);
        lower.iter_mut().zip(even.iter().zip(&odd)).for_each(|(to, (e, o))| *to = e - o);
    }
}

/// A sample around 0 as a byte.
#[inline(always)]
pub fn sample(value: f32) -> u8 {
    (value + 128.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 8x8 inverse transform by its definition (ITU T.81, A.3.3), without level shift.
    fn definition(coefficients: &[i32; 64]) -> Vec<f64> {
        let c = |u: usize| if u == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let cos = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos();
        let sum = |x: usize, y: usize| -> f64 {
            (0..64)
                .map(|i| c(i / 8) * c(i % 8) / 4.0 * f64::from(coefficients[i]) * cos(y, i / 8) * cos(x, i % 8))
                .sum()
        };
        (0..64).map(|i| sum(i % 8, i / 8)).collect()
    }

    fn reduced<const S: usize>(coefficients: &[i32; 64], last: usize) -> Vec<f64> {
        let weights = Weights::new(&[1; 64], S);
        let mut cells = [[0.0; S]; S];
        for k in 0..=last {
            let cell = usize::from(weights.cell[k]);
            cells[cell / S][cell % S] += weights.factor[k] * coefficients[usize::from(ZIGZAG[k])] as f32;
        }
        inverse(&cells, &basis::<S>()).as_flattened().iter().map(|v| f64::from(*v)).collect()
    }

    #[test]
    fn all_terms_give_the_exact_area_average() {
        let mut coefficients = [0; 64];
        for (i, c) in coefficients.iter_mut().enumerate() {
            *c = (i as i32 * 37 + 11) % 101 - 50;
        }
        let full = definition(&coefficients);
        let average = |side: usize| -> Vec<f64> {
            let m = 8 / side;
            let mean = |i: usize| {
                let cell = (0..64).filter(|p| p / 8 / m == i / side && p % 8 / m == i % side);
                cell.map(|p| full[p]).sum::<f64>() / (m * m) as f64
            };
            (0..side * side).map(mean).collect()
        };
        let near = |a: Vec<f64>, b: Vec<f64>| a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(near(reduced::<8>(&coefficients, 63), average(8)));
        assert!(near(reduced::<4>(&coefficients, 63), average(4)));
        // At 1/4 orders 5 to 7 would fold twice; they are beyond what is decoded.
        let mut low = coefficients;
        for k in 10..64 {
            low[usize::from(ZIGZAG[k])] = 0;
        }
        let exact = definition(&low);
        let got = reduced::<2>(&low, 9);
        let mean = (0..64).filter(|p| p / 8 < 4 && p % 8 < 4).map(|p| exact[p]).sum::<f64>() / 16.0;
        assert!((got[0] - mean).abs() < 1e-3);
        assert!((reduced::<1>(&coefficients, 0)[0] - average(1)[0]).abs() < 1e-3);
    }
}
