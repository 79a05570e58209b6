//! Where on the document there is print: a coarse map of text, picture and paper.

use super::{edges::Edges, sheet::Sheet, tally::quantile};

/// What is in one cell of the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cell {
    /// Outside the picture.
    #[default]
    Outside,
    /// Paper, or a pattern too faint for print.
    Paper,
    /// Lines on paper: text, a barcode, a machine-readable zone.
    Text,
    /// Dark or busy throughout: a portrait, a band of colour.
    Picture,
}

/// A coarse map of what is printed where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// Cells across.
    pub across: usize,
    /// Cells down.
    pub down: usize,
    /// Row after row.
    pub cells: Vec<Cell>,
    /// What faint print stands out from paper by, in luma levels: the first quartile, over cells with text, of the
    /// largest range in the cell.
    pub faint: f32,
}

/// Side of a cell in pixels of the sheet: about a line of print.
pub const CELL: usize = 16;

impl Text {
    /// Of a sheet.
    pub fn of(sheet: &Sheet, edges: &Edges) -> Self {
        let (w, h) = (edges.width, edges.height);
        let (across, down) = ((w / CELL).max(1), (h / CELL).max(1));
        let threshold = edges.print_from(0.3);
        let inset = edges.inset();
        let mut tallies = vec![(0_u32, 0_i16, [0_u32; 64]); across * down];
        let columns: Vec<usize> = (0..w).map(|x| x * across / w).collect();
        // Every other row is enough.
        for y in (0..h).step_by(2) {
            let span = sheet.inside(y, inset / 2);
            let luma = sheet.luma.row(y as u32).get(span.clone()).unwrap_or(&[]);
            let range = edges.range.get(y * w + span.start..y * w + span.end).unwrap_or(&[]);
            let row = y * down / h * across;
            for ((v, r), column) in luma.iter().zip(range).zip(columns.get(span).unwrap_or(&[])) {
                if let Some((print, most, histogram)) = tallies.get_mut(row + column) {
                    *print += u32::from(*r >= threshold);
                    *most = (*most).max(*r);
                    if let Some(n) = histogram.get_mut(usize::from(v >> 2)) {
                        *n += 1;
                    }
                }
            }
        }
        let full = (CELL * CELL / 6) as u32;
        let light = tallies.iter().map(|(_, _, h)| (h.iter().sum::<u32>() >= full).then(|| 4.0 * quantile(h, 0.75)));
        let light: Vec<Option<f32>> = light.collect();
        let cells = tallies.iter().zip(&light).enumerate().map(|(i, ((print, _, histogram), own))| {
            let Some(own) = own else { return Cell::Outside };
            let paper = around(i, across, 3).filter_map(|at| light.get(at).copied().flatten()).fold(0.0, f32::max);
            let share = *print as f32 / histogram.iter().sum::<u32>().max(1) as f32;
            match () {
                () if *own < 0.75 * paper => Cell::Picture,
                () if share >= 0.35 => Cell::Text,
                () => Cell::Paper,
            }
        });
        let cells: Vec<Cell> = cells.collect();
        let mut strengths = [0_u32; 256];
        for (cell, (_, most, _)) in cells.iter().zip(&tallies) {
            if let Some(n) = strengths.get_mut((most >> 4) as usize).filter(|_| *cell == Cell::Text) {
                *n += 1;
            }
        }
        Self { across, down, cells, faint: quantile(&strengths, 0.25) }
    }

    /// What is in the cell at column `x`, row `y`.
    pub fn at(&self, x: usize, y: usize) -> Cell {
        if x >= self.across { Cell::Outside } else { self.cells.get(y * self.across + x).copied().unwrap_or_default() }
    }

    /// How many cells hold text.
    pub fn count(&self) -> usize {
        self.cells.iter().filter(|c| **c == Cell::Text).count()
    }
}

/// The places up to `reach` cells away from place `i` in a map `across` wide.
fn around(i: usize, across: usize, reach: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (i % across, i / across);
    let columns = x.saturating_sub(reach)..(x + reach + 1).min(across);
    (y.saturating_sub(reach)..y + reach + 1).flat_map(move |row| columns.clone().map(move |c| row * across + c))
}
