//! Where on the document there is print: a coarse map of text, picture and paper.

use super::{
    edges::Edges,
    sheet::Sheet,
    tally::{Cells, quantile},
};
use fearless_simd::{Level, dispatch};

/// What is in one cell of the map.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, edges::Edges, sheet::Sheet, text::{Cell, Text}};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// let edges = Edges::of(&sheet);
/// let text = Text::of(&sheet, &edges);
/// let printed = (0..text.down).flat_map(|y| (0..text.across).map(move |x| (x, y)));
/// assert_eq!(printed.filter(|(x, y)| text.at(*x, *y) == Cell::Text).count(), text.count());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, edges::Edges, sheet::Sheet, text::Text};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// let edges = Edges::of(&sheet);
/// let text = Text::of(&sheet, &edges);
/// assert!(text.count() > 20, "{} cells hold print", text.count());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{document, edges::Edges, sheet::Sheet, text::Text};
    /// let card = document::find(&view);
    /// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
    /// let edges = Edges::of(&sheet);
    /// let text = Text::of(&sheet, &edges);
    /// assert_eq!(text.cells.len(), text.across * text.down);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(sheet: &Sheet, edges: &Edges) -> Self {
        let (across, down) = ((edges.width / CELL).max(1), (edges.height / CELL).max(1));
        let tallies = dispatch!(Level::new(), _simd => Tally::all(sheet, edges, across, down));
        let cells = tallies.iter().enumerate().map(|(i, tally)| {
            let Some(own) = tally.light else { return Cell::Outside };
            let near = around(i, across, 3).filter_map(|at| tallies.get(at).and_then(|t| t.light));
            let share = tally.print as f32 / tally.all.max(1) as f32;
            match () {
                () if own < 0.75 * near.fold(0.0, f32::max) => Cell::Picture,
                () if share >= 0.35 => Cell::Text,
                () => Cell::Paper,
            }
        });
        let cells: Vec<Cell> = cells.collect();
        let mut strengths = [0_u32; 256];
        for (cell, tally) in cells.iter().zip(&tallies) {
            if let Some(n) = strengths.get_mut((tally.most >> 4) as usize).filter(|_| *cell == Cell::Text) {
                *n += 1;
            }
        }
        Self { across, down, cells, faint: quantile(&strengths, 0.25) }
    }

    /// What is in the cell at column `x`, row `y`.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{document, edges::Edges, sheet::Sheet, text::{Cell, Text}};
    /// let card = document::find(&view);
    /// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
    /// let edges = Edges::of(&sheet);
    /// let text = Text::of(&sheet, &edges);
    /// assert_ne!(text.at(0, 0), Cell::Text, "nothing is printed in the corner");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(&self, x: usize, y: usize) -> Cell {
        if x >= self.across { Cell::Outside } else { self.cells.get(y * self.across + x).copied().unwrap_or_default() }
    }

    /// How many cells hold text.
    pub fn count(&self) -> usize {
        self.cells.iter().filter(|c| **c == Cell::Text).count()
    }
}

/// What is counted in a cell.
struct Tally {
    /// Pixels, and those of them with print.
    all: u32,
    print: u32,
    /// The largest range.
    most: i16,
    /// 75th percentile of luma; `None` where too little of the cell lies in the picture.
    light: Option<f32>,
}

impl Tally {
    /// Of all cells, row after row.
    #[inline(always)]
    fn all(sheet: &Sheet, edges: &Edges, across: usize, down: usize) -> Vec<Self> {
        let (w, h) = (edges.width, edges.height);
        let threshold = edges.print_from(0.3);
        let inset = edges.inset();
        let mut tallies = Vec::with_capacity(across * down);
        let mut cells = Cells::<64>::new(w, across);
        // Of every column of the row of cells.
        let (mut print, mut most) = (vec![0_u16; w], vec![0_i16; w]);
        for row in 0..down {
            print.fill(0);
            most.fill(0);
            // Every other row is enough.
            let from = (row * h).div_ceil(down).next_multiple_of(2);
            for y in (from..((row + 1) * h).div_ceil(down)).step_by(2) {
                let span = sheet.inside(y, inset / 2);
                cells.add(sheet.luma.row(y as u32), &span);
                let range = edges.range.get(y * w + span.start..y * w + span.end).unwrap_or(&[]);
                let columns = print.iter_mut().zip(&mut most).skip(span.start);
                for ((print, most), r) in columns.zip(range) {
                    *print += u16::from(*r >= threshold);
                    *most = (*most).max(*r);
                }
            }
            let columns = cells.columns().to_vec();
            tallies.extend(columns.into_iter().zip(cells.take()).map(|(columns, histogram)| {
                let all = histogram.iter().sum();
                Self {
                    all,
                    print: print.get(columns.clone()).unwrap_or(&[]).iter().map(|n| u32::from(*n)).sum(),
                    most: most.get(columns).unwrap_or(&[]).iter().copied().max().unwrap_or(0),
                    light: (all >= (CELL * CELL / 6) as u32).then(|| 4.0 * quantile(&histogram, 0.75)),
                }
            }));
        }
        tallies
    }
}

/// The places up to `reach` cells away from place `i` in a map `across` wide.
fn around(i: usize, across: usize, reach: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (i % across, i / across);
    let columns = x.saturating_sub(reach)..(x + reach + 1).min(across);
    (y.saturating_sub(reach)..y + reach + 1).flat_map(move |row| columns.clone().map(move |c| row * across + c))
}
