//! What was found wrong while reading, in words.

use super::scan::{FaultKind, Layout, Outcome};
use crate::{
    fault::{Break, Fault, Refusal},
    probe::jpeg::{Frame, ScanHeader},
};

/// The least share of the picture that must have been read for there to be one at all; at least one row of units.
const LEAST_SHARE: f32 = 0.05;

/// One thing that was found wrong.
#[derive(Clone, Debug)]
pub struct Found {
    what: String,
    byte: Option<usize>,
    row: Option<u32>,
}

impl Found {
    /// Stray bytes between scans.
    pub fn junk(at: usize) -> Self {
        Self { what: "stray bytes stand between the JPEG's scans".into(), byte: Some(at), row: None }
    }

    /// A damaged segment behind the last scan.
    pub fn behind(at: usize) -> Self {
        Self { what: "a damaged segment stands behind the JPEG's picture".into(), byte: Some(at), row: None }
    }

    /// A scan that does not follow on those before.
    pub fn stray(at: usize) -> Self {
        Self { what: "a scan of the progressive JPEG does not fit those before it".into(), byte: Some(at), row: None }
    }

    /// Passes of a progressive picture that never came: `never` of 64 coefficients of a block were not sent at all.
    pub fn passes(never: usize, end: usize) -> Self {
        let what = match never {
            0 => "passes of the picture are missing: its detail came only coarsely".into(),
            1.. => format!("passes of the picture are missing: {never} of its 64 steps of detail never came"),
        };
        Self { what, byte: Some(end), row: None }
    }

    /// A component without a scan.
    pub fn component(end: usize) -> Self {
        Self { what: "a colour component of the JPEG is missing".into(), byte: Some(end), row: None }
    }
}

/// Gathers what was found wrong; the first thing is told, with whether the end marker is there.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Whether the file ends without an end marker.
    pub cut: bool,
    first: Option<Found>,
    /// The share of the first component's units that was read, 0 to 1.
    share: f32,
}

impl Report {
    /// Takes a finding.
    pub fn note(&mut self, found: Found) {
        self.first.get_or_insert(found);
    }

    /// Takes what became of a scan whose data begin at `at`; `hole` zero bytes were found in them.
    pub fn scan(
        &mut self,
        frame: &Frame,
        header: &ScanHeader,
        layout: Layout,
        at: usize,
        outcome: Outcome,
        hole: Option<usize>,
    ) {
        let total = layout.across.saturating_mul(layout.down).max(1);
        if header.first == 0 && header.high == 0 && header.components.iter().any(|(i, ..)| *i == 0) {
            let whole_row = outcome.read >= layout.across;
            self.share = if whole_row { outcome.read as f32 / total as f32 } else { 0.0 };
        }
        let Some(fault) = outcome.fault else { return };
        let (_, v_max) = frame.max_sampling();
        let rows = match header.components.as_slice() {
            [(i, ..)] => 8 * v_max / frame.components.get(*i).map_or(1, |c| u32::from(c.v)),
            _ => 8 * v_max,
        };
        let height = u32::from(frame.height);
        let row = fault.unit.map(|unit| ((unit / layout.across.max(1)) as u32).saturating_mul(rows).min(height));
        let place = row.map_or(String::new(), |row| format!(" after {row} of {height} rows"));
        let detail = frame.is_progressive() && (header.first > 0 || header.high > 0);
        let what = match (fault.kind, hole) {
            (_, Some(len)) => format!("the picture has a hole of {len} zero bytes{place}"),
            (FaultKind::Short, _) if detail => format!("a pass of the picture's detail ends{place}"),
            (FaultKind::Short, _) => format!("the picture ends{place}"),
            (FaultKind::Code, _) => format!("the picture's data are wrong{place}"),
            (FaultKind::Restart, _) => format!("part of the picture's data is missing{place}"),
            (FaultKind::Left, _) => "the picture's data do not end where its rows do, so some of it is wrong".into(),
            (FaultKind::Noise, _) => "the picture's data have wrong bytes in them".into(),
        };
        self.note(Found { what, byte: Some(at + fault.byte), row });
    }

    /// The faults, of a file of `len` bytes.
    ///
    /// # Errors
    /// [`Refusal::Unreadable`] when next to nothing could be read.
    pub fn finish(self, frame: &Frame, len: usize) -> Result<Vec<Fault>, Refusal> {
        let end = || Found { what: "the file's end is missing".into(), byte: Some(len), row: None };
        let found = self.first.or_else(|| self.cut.then(end));
        let fault = found.map(|found| {
            let mut fault = Break::new(found.what);
            fault.row = found.row.filter(|row| *row < u32::from(frame.height));
            fault.byte = found.byte.map(|byte| byte as u64);
            fault
        });
        if self.share < LEAST_SHARE {
            let mut fault = fault.unwrap_or_default();
            fault.what = format!("next to nothing of the JPEG can be read ({:.0} % of its rows)", self.share * 100.0);
            return Err(Refusal::Unreadable(fault));
        }
        Ok(fault.map(Fault::Damaged).into_iter().collect())
    }
}
