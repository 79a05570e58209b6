//! Light thrown back: clipped, colourless, soft at the rim, and what it covers.

mod map;

use super::{
    edges::Edges,
    sheet::Sheet,
    text::{Cell, Text},
};
use fearless_simd::{Level, dispatch};
use map::{Map, Patch};

/// Light thrown back by the document.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let glare = idenfy_preflight::measure::measure(&view).glare;
/// assert!(glare.fraction < 0.01 && glare.text_fraction == 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Glare {
    /// Share of the document that is blown out by reflections, 0 to 1; each blob weighed by how surely it is one.
    pub fraction: f32,
    /// Share of the document's print that reflections cover, as far as can be told from the print around them, 0 to 1.
    pub text_fraction: f32,
    /// Share of the document's pictures (portrait) that reflections cover, 0 to 1.
    pub picture_fraction: f32,
    /// The reflections, largest first, 16 at most.
    pub blobs: Vec<Blob>,
}

/// One reflection.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/glare.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let glare = idenfy_preflight::measure::measure(&view).glare;
/// let largest = glare.blobs.first().unwrap();
/// let [x, _, width, _] = largest.place;
/// assert!(x + width / 2.0 > view.width as f32 / 2.0, "at the right");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blob {
    /// `[x, y, width, height]` in pixels of the upright original.
    pub place: [f32; 4],
    /// Share of the document.
    pub fraction: f32,
    /// How surely it is a reflection and not printed white, 0 to 1, by its rim.
    pub certainty: f32,
    /// What it covers most of, beside paper.
    pub covers: Covers,
}

/// What a reflection covers.
///
/// ```
/// use idenfy_preflight::measure::glare::Covers;
/// assert_eq!([Covers::Text, Covers::Picture, Covers::Nothing].map(Covers::name), ["text", "picture", "nothing"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Print.
    Text,
    /// A portrait or another picture.
    Picture,
    /// Neither.
    Nothing,
}

impl Covers {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Picture => "picture",
            Self::Nothing => "nothing",
        }
    }
}

/// Measures reflections on a sheet.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, edges::Edges, glare, sheet::Sheet, text::Text};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// let edges = Edges::of(&sheet);
/// let text = Text::of(&sheet, &edges);
/// assert!(glare::measure(&sheet, &edges, &text).fraction < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn measure(sheet: &Sheet, edges: &Edges, text: &Text) -> Glare {
    let map = dispatch!(Level::new(), _simd => Map::of(sheet, edges));
    let Some((map, mut blobs)) = map.and_then(Map::labelled) else { return Glare::default() };
    dispatch!(Level::new(), _simd => map.rims(&mut blobs));
    let area = map.inside.max(1) as f32;

    let cover = Cover::of(&map, &blobs, text);
    let mut glare = Glare { text_fraction: cover.text, picture_fraction: cover.picture, ..Glare::default() };
    for (i, blob) in blobs.iter().enumerate() {
        let certainty = blob.certainty();
        let fraction = blob.pixels as f32 / area;
        glare.fraction += fraction * certainty;
        let [x, y] = [blob.x, blob.y].map(|[from, to]| [2.0 * from as f32, 2.0 * (to + 1) as f32]);
        let covers = cover.blobs.get(i).copied().unwrap_or(Covers::Nothing);
        glare.blobs.push(Blob { place: sheet.place_box(x, y), fraction, certainty, covers });
    }
    glare
}

/// What reflections cover, told from the print beside them on the same rows.
struct Cover {
    text: f32,
    picture: f32,
    blobs: Vec<Covers>,
}

/// How far beside a reflection print is looked for, in cells: light still veils what lies next to it.
const REACH: usize = 4;
/// How many cells of a row are thought to be covered where print is seen on one side only.
const ONE_SIDED: usize = 6;

impl Cover {
    fn of(map: &Map, patches: &[Patch], text: &Text) -> Self {
        let (w, h) = (text.across, text.down);
        let sure: Vec<bool> = patches.iter().map(|p| p.certainty() >= 0.3).collect();
        // For each cell the patch that blows most of it out, if any does.
        let owner = |x: usize, y: usize| {
            let (x0, x1) = (x * map.width / w, (x + 1) * map.width / w);
            let rows = y * map.height / h..(y + 1) * map.height / h;
            let labels = rows.clone().flat_map(|row| map.label.get(row * map.width + x0..row * map.width + x1));
            let all = labels.flatten().filter_map(|l| usize::from(*l).checked_sub(1));
            let labels: Vec<usize> = all.filter(|i| sure.get(*i) == Some(&true)).collect();
            (labels.len() * 2 >= (x1 - x0) * rows.len()).then(|| labels.first().copied()).flatten()
        };
        let mut lost = vec![[0_usize; 2]; patches.len()];
        // The rows of cells with a reflection in them.
        let among = || patches.iter().zip(&sure).filter(|(_, sure)| **sure).map(|(p, _)| p.y);
        let first = among().map(|y| y[0]).min().map_or(h, |y| y * h / map.height);
        let last = among().map(|y| y[1]).max().map_or(0, |y| (y + 1) * h / map.height + 1);
        for y in first..last.min(h) {
            let owners: Vec<Option<usize>> = (0..w).map(|x| owner(x, y)).collect();
            let mut x = 0;
            while x < w {
                let run = owners.iter().skip(x).take_while(|o| o.is_some()).count();
                let beside = |cell| {
                    let left = (x.saturating_sub(REACH)..x).any(|c| text.at(c, y) == cell);
                    let right = (x + run..(x + run + REACH).min(w)).any(|c| text.at(c, y) == cell);
                    match (left, right) {
                        (true, true) => run,
                        (false, false) => 0,
                        _ => run.min(ONE_SIDED),
                    }
                };
                let here = owners.get(x).copied().flatten().and_then(|i| lost.get_mut(i));
                if let Some([print, picture]) = here {
                    *print += beside(Cell::Text);
                    *picture += beside(Cell::Picture);
                }
                x += run.max(1);
            }
        }
        let share = |lost: usize, cell: Cell| {
            let seen = text.cells.iter().filter(|c| **c == cell).count();
            lost as f32 / (lost + seen).max(1) as f32
        };
        let blobs = lost.iter().map(|[print, picture]| match () {
            () if *print > 0 && print >= picture => Covers::Text,
            () if *picture > 1 => Covers::Picture,
            () => Covers::Nothing,
        });
        Self {
            text: share(lost.iter().map(|l| l[0]).sum(), Cell::Text),
            picture: share(lost.iter().map(|l| l[1]).sum(), Cell::Picture),
            blobs: blobs.collect(),
        }
    }
}
