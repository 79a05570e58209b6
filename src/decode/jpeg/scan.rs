//! The units of a scan one after another, across restart markers and damage.

use super::bits::{Bits, Source};
use crate::watch::Watch;

/// What reads the units of a scan.
pub trait Units {
    /// Forgets what is carried from unit to unit.
    fn restart(&mut self);

    /// Reads the unit at (x, y), counted in units; `None` for data that no encoder writes.
    fn read(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()>;
}

/// How the units of a scan lie.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Units across.
    pub across: usize,
    /// Units down that are read.
    pub down: usize,
    /// Units between restart markers, 0 without them.
    pub interval: usize,
    /// Whether more may follow that is not wanted.
    pub open: bool,
}

/// What became of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Units that were read.
    pub read: usize,
    /// The first thing that was wrong.
    pub fault: Option<ScanFault>,
}

/// Something wrong within a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanFault {
    /// What.
    pub kind: FaultKind,
    /// The byte of the scan's data.
    pub byte: usize,
    /// The unit, counted row by row, where it can be told.
    pub unit: Option<usize>,
}

/// What can be wrong within a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The data end before the units do.
    Short,
    /// A code that there is not, or a value beyond its block.
    Code,
    /// A restart marker is missing, out of order or in the wrong place.
    Restart,
    /// Data are left when all units are read.
    Left,
    /// A marker where none can be: damaged stuffing.
    Noise,
}

/// Bytes that may be left over at the end of a restart interval or scan: some encoders fill up to a word.
const PADDING: usize = 3;

/// Reads all units that the data have, or some of them, without a word on where it broke off, when it is time to stop.
pub fn run(data: &[u8], layout: Layout, units: &mut impl Units, watch: &Watch) -> Outcome {
    let total = layout.across.saturating_mul(layout.down);
    let interval = if layout.interval == 0 { total } else { layout.interval };
    let mut source = Source::new(data, layout.interval != 0);
    let mut outcome = Outcome::default();
    let (mut index, mut start) = (0, 0);
    while start < total {
        let end = total.min(start + interval);
        units.restart();
        let (next, stop) = section(&mut source, layout.across, start..end, units, watch);
        outcome.read += next - start;
        if watch.is_over() {
            // To tell the place takes its time.
            return outcome;
        }
        let here = source.mark();
        if let Some(kind) = stop {
            outcome.note(kind, source.position(here), Some(next));
        }
        if end == total {
            if stop.is_none() && !layout.open && source.left() > PADDING {
                outcome.note(FaultKind::Left, source.position(here), None);
            }
            break;
        }
        let Some((resumed, skipped)) = resume(&mut source, index) else {
            outcome.note(FaultKind::Short, source.position(here), Some(next));
            break;
        };
        if resumed != index + 1 || skipped > PADDING {
            outcome.note(FaultKind::Restart, source.position(here), Some(end));
        }
        (index, start) = (resumed, resumed.saturating_mul(interval));
    }
    if let Some(byte) = source.noise() {
        outcome.note(FaultKind::Noise, byte, None);
    }
    outcome
}

impl Outcome {
    fn note(&mut self, kind: FaultKind, byte: usize, unit: Option<usize>) {
        self.fault.get_or_insert(ScanFault { kind, byte, unit });
    }
}

/// Reads the units of one restart interval: the first that could not be read, and why.
fn section(
    source: &mut Source,
    across: usize,
    mut range: std::ops::Range<usize>,
    units: &mut impl Units,
    watch: &Watch,
) -> (usize, Option<FaultKind>) {
    let (mut x, mut y) = (range.start % across.max(1), range.start / across.max(1));
    let mut stop = (range.end, None);
    loop {
        // In registers for as long as it lasts.
        let mut bits = source.bits();
        let over = loop {
            let Some(unit) = range.next() else { break true };
            let read = units.read(&mut bits, x, y);
            if bits.is_overdrawn() {
                stop = (unit, Some(FaultKind::Short));
                break true;
            }
            if read.is_none() {
                stop = (unit, Some(FaultKind::Code));
                break true;
            }
            x += 1;
            if x == across {
                (x, y) = (0, y + 1);
                if watch.is_over() {
                    stop = (unit, None);
                    break true;
                }
            }
            if !bits.is_sure() {
                break false;
            }
        };
        let place = bits.place();
        source.keep(place);
        if over {
            return stop;
        }
    }
}

/// Goes on behind the restart marker that ends section `index`, or behind a later one where markers are lost: the
/// section that begins there, and the bytes passed over. Numbers run from 0 to 7; one that is up to four ahead is
/// believed, one that is behind is a leftover (as libjpeg's `jpeg_resync_to_restart`, which believes two).
fn resume(source: &mut Source, index: usize) -> Option<(usize, usize)> {
    let mut passed = 0;
    loop {
        let (skipped, number) = source.restart()?;
        passed += skipped;
        let ahead = usize::from(number).wrapping_sub(index) & 7;
        if ahead <= 4 {
            return Some((index + 1 + ahead, passed));
        }
    }
}
