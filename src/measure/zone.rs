//! The machine-readable zone: rows of 30, 36 or 44 characters as far apart as each other (ICAO 9303, parts 3 to 7). It
//! stands at the foot of whatever has one, and so tells which way up that is.

use super::glyphs::Letter;

/// Where the machine-readable zone is.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/back.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let zone = idenfy_preflight::measure::measure(&view).glyphs.zone.unwrap();
/// assert!(zone.characters >= 20 && zone.top > 0.5 && !zone.is_upside_down());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Zone {
    /// Characters of its longest row that were seen one after the other.
    pub characters: u32,
    /// Where it begins, from 0 (the document's top as it lies) to 1.
    pub top: f32,
    /// Where it ends.
    pub bottom: f32,
}

/// The least characters of a row. On 160 captures and specimens all rows of 16 and more were of a zone.
const FEWEST: u32 = 20;
/// Characters are at least this high, in pixels of the sheet: smaller ones run into each other. (On a card of full size
/// they have 18.)
const LEAST: u32 = 7;
/// How far apart the middles of two characters are, in heights, before the row's own distance is known: OCR-B of size 1 has
/// 1.06 (2.54 mm by 2.4 mm), its `<` more; 0.7 to 1.4 were measured.
const PITCH: std::ops::RangeInclusive<f32> = 0.6..=1.6;
/// By what share of its distance a row may vary: half of what a blank or a letter that was missed would change it by would
/// do too.
const UNEVEN: f32 = 0.2;
/// By what share of their height the middles of two neighbours may differ: a row seen at a slant of 10 degrees has 0.2.
const UNLEVEL: f32 = 0.35;
/// Over this many pixels a sheet is a page of A4, which has none; that of a card or passport has 800 at most.
const PAGE: usize = 1000;
/// A zone that ends above this stands on its head: three rows of a card take 31 % of it.
const HEAD: f32 = 0.35;

impl Zone {
    /// Whether it is at the document's top as it lies: then that has to be turned by 180 degrees.
    pub fn is_upside_down(&self) -> bool {
        self.bottom < HEAD
    }
}

/// A row of characters, from left to right.
struct Row {
    last: Letter,
    pitch: f32,
    count: u32,
    top: u32,
    bottom: u32,
}

/// Finds it among the letters of a sheet of this size.
pub(super) fn find(letters: &[Letter], (width, height): (usize, usize)) -> Option<Zone> {
    if width.max(height) > PAGE {
        return None;
    }
    let fits = |l: &&Letter| l.height() >= LEAST && (l.height() / 6..=l.height() * 5 / 4).contains(&l.width());
    let mut letters: Vec<Letter> = letters.iter().filter(fits).copied().collect();
    letters.sort_unstable_by_key(|l| (l.left, l.top));
    let mut rows: Vec<Row> = Vec::new();
    // By line of pixels, the row whose letter was the last to cover it.
    let mut latest: Vec<Option<usize>> = vec![None; height];
    for letter in letters {
        let before = latest.get(letter.middle() as usize).copied().flatten();
        let joined = before.filter(|i| rows.get_mut(*i).is_some_and(|row| row.take(&letter)));
        let row = joined.unwrap_or_else(|| {
            let (top, bottom) = (letter.top, letter.bottom);
            rows.push(Row { last: letter, pitch: 0.0, count: 1, top, bottom });
            rows.len() - 1
        });
        if let Some(covered) = latest.get_mut(letter.top as usize..letter.bottom as usize) {
            covered.fill(Some(row));
        }
    }
    let rows = || rows.iter().filter(|row| row.count >= FEWEST);
    let share = |y: u32| y as f32 / height as f32;
    Some(Zone {
        characters: rows().map(|row| row.count).max()?,
        top: share(rows().map(|row| row.top).min()?),
        bottom: share(rows().map(|row| row.bottom).max()?),
    })
}

impl Row {
    /// Takes a letter if it is the next one.
    fn take(&mut self, letter: &Letter) -> bool {
        let high = self.last.height().max(letter.height()) as f32;
        let apart = letter.centre() - self.last.centre();
        let even = match self.count {
            1 | 2 => PITCH.contains(&(apart / high)),
            _ => (apart - self.pitch).abs() < UNEVEN * self.pitch,
        };
        let level = letter.middle().abs_diff(self.last.middle()) as f32 <= UNLEVEL * high;
        if even && level {
            let distances = self.count as f32;
            self.pitch += (apart - self.pitch) / distances;
            self.count += 1;
            (self.top, self.bottom) = (self.top.min(letter.top), self.bottom.max(letter.bottom));
            self.last = *letter;
        }
        even && level
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A row of characters `pitch` apart, from line `top` on, `<` lower than the others.
    fn row(top: u32, count: u32, pitch: u32) -> impl Iterator<Item = Letter> {
        (0..count).map(move |i| {
            let (high, wide) = if i % 3 == 0 { (12, 9) } else { (16, 5 + i % 7) };
            let (left, top) = (20 + i * pitch - wide / 2, top + (16 - high) / 2);
            Letter { left, right: left + wide, top, bottom: top + high }
        })
    }

    /// Turned by 180 degrees.
    fn turned(letters: &[Letter], (width, height): (u32, u32)) -> Vec<Letter> {
        let turn = |l: &Letter| Letter {
            left: width - l.right,
            right: width - l.left,
            top: height - l.bottom,
            bottom: height - l.top,
        };
        letters.iter().map(turn).collect()
    }

    #[test]
    fn its_place_tells_which_way_up() {
        for (count, pitch, tops, size) in [
            (44, 16, &[460, 500][..], (800, 564)),
            (36, 17, &[360, 392], (640, 450)),
            (30, 20, &[290, 326, 362], (640, 404)),
        ] {
            let upright: Vec<Letter> = tops.iter().flat_map(|top| row(*top, count, pitch)).collect();
            let zone = |letters: &[Letter]| find(letters, (size.0 as usize, size.1 as usize)).unwrap();
            assert_eq!(zone(&upright).characters, count);
            assert!(!zone(&upright).is_upside_down());
            assert!(zone(&turned(&upright, size)).is_upside_down());
        }
    }

    #[test]
    fn words_and_short_rows_are_none() {
        let words: Vec<Letter> = row(100, 60, 16).enumerate().filter(|(i, _)| i % 12 != 11).map(|(_, l)| l).collect();
        assert_eq!(find(&words, (960, 600)), None);
        assert_eq!(find(&row(100, 19, 16).collect::<Vec<_>>(), (960, 600)), None);
        assert_eq!(find(&row(100, 44, 16).collect::<Vec<_>>(), (1400, 990)), None, "a page has none");
        assert_eq!(find(&[], (640, 404)), None);
    }

    proptest! {
        #[test]
        fn a_row_is_told_though_letters_are_off_a_little(
            shifts in proptest::collection::vec((0u32..2, 0u32..4), 36), missed in 0usize..36
        ) {
            let off = |(mut l, (x, y)): (Letter, &(u32, u32))| {
                (l.left, l.right, l.top, l.bottom) = (l.left + x, l.right + x, l.top + y, l.bottom + y);
                l
            };
            let letters: Vec<Letter> = row(300, 36, 17).zip(&shifts).map(off).collect();
            let zone = find(&letters, (640, 450));
            prop_assert_eq!(zone.map(|z| z.characters), Some(36));
            // One that is missed cuts it in two.
            let cut: Vec<Letter> = letters.iter().enumerate().filter(|(i, _)| *i != missed).map(|(_, l)| *l).collect();
            let longest = missed.max(35 - missed) as u32;
            prop_assert_eq!(find(&cut, (640, 450)).map(|z| z.characters), Some(longest).filter(|n| *n >= FEWEST));
        }

        #[test]
        fn any_letters_will_do(boxes in proptest::collection::vec((0u32..700, 0u32..500, 1u32..80, 1u32..70), 0..200)) {
            let letters: Vec<Letter> =
                boxes.iter().map(|(x, y, w, h)| Letter { left: *x, right: x + w, top: *y, bottom: y + h }).collect();
            if let Some(zone) = find(&letters, (640, 404)) {
                prop_assert!(zone.characters >= FEWEST && zone.top < zone.bottom);
            }
        }
    }
}
