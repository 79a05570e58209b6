//! Reads a JPEG's scans into samples at the scale that is wanted, and finds where they break.

use super::{
    canvas::Canvas,
    coefficients::{self, Grid, Kept, Moves},
    dct::Weights,
    huffman::{Specs, Table},
    progressive::{BandScan, Direct, DirectScan, Store},
    report::{Found, Report},
    scan::{self, Layout, Outcome},
    sequential::{Part, Sample, Sequential},
};
use crate::{
    fault::{Fault, Refusal},
    options::Limits,
    pixmap::{Block, Orientation, Plane, Region},
    probe::jpeg::{
        Frame, ScanHeader,
        frame::{self, broken},
        marker::{self, Item, Walk},
        restart_interval,
    },
};
use std::ops::Range;

/// Scans that are read at most. Encoders write some ten of a progressive picture, search programs up to some thirty.
const MAX_SCANS: usize = 64;

/// What a picture must at least lose by leaving out its refining passes, in gray levels, for them to be read at 1/4.
const COARSE: f32 = 2.0;

/// The components of a picture, each at its scale, and what was found wrong.
pub struct Picture {
    /// One plane a component.
    pub planes: Vec<Plane>,
    /// Damage.
    pub faults: Vec<Fault>,
    /// Some blocks of the first component, at full scale.
    pub blocks: Vec<Block>,
}

/// Reads all scans. `side(i)` is the wanted side of an 8x8 block of component `i`: 8, 4, 2 or 1 samples. Of a sequential
/// picture only `region` is made, if there is one, and what lies below it is not read.
pub fn read(
    bytes: &[u8],
    side: impl Fn(usize) -> usize,
    region: Option<&Region>,
    limits: &Limits,
) -> Result<Picture, Refusal> {
    let mut reader = Reader::new(bytes, limits);
    reader.region = region.cloned();
    reader.walk(side)?;
    reader.finish()
}

/// Reads all scans, and keeps the coefficients as they stand upright; `None` where they cannot (see [`Grid::new`]).
pub fn grid(bytes: &[u8], orientation: Orientation, limits: &Limits) -> Result<Option<(Grid, Vec<Fault>)>, Refusal> {
    let mut reader = Reader::new(bytes, limits);
    reader.upright = Some(orientation);
    reader.walk(|_| 0)?;
    reader.finish_grid()
}

struct Reader<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    frame: Option<Frame>,
    tables: [Option<[u16; 64]>; 4],
    specs: Specs,
    interval: u16,
    region: Option<Region>,
    canvases: Vec<Canvas>,
    /// Of a progressive picture.
    stores: Vec<Store>,
    /// By component, from its first scan on.
    weights: Vec<Option<Weights>>,
    /// What the first one's weigh at full scale, and some of its blocks.
    fine: Option<Weights>,
    blocks: Vec<Block>,
    /// How the picture stands, when its coefficients are what is wanted.
    upright: Option<Orientation>,
    /// Where they go, when they can.
    grid: Option<Grid>,
    /// By component, from its first scan on.
    moves: Vec<Option<Moves>>,
    scans: usize,
    report: Report,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], limits: &'a Limits) -> Self {
        Self {
            bytes,
            limits,
            frame: None,
            tables: [None; 4],
            specs: Specs::default(),
            interval: 0,
            region: None,
            canvases: Vec::new(),
            stores: Vec::new(),
            weights: Vec::new(),
            fine: None,
            blocks: Vec::new(),
            upright: None,
            grid: None,
            moves: Vec::new(),
            scans: 0,
            report: Report::default(),
        }
    }

    /// Takes one part of the file after the other. `side(i)` is 0 where coefficients are kept.
    fn walk(&mut self, side: impl Fn(usize) -> usize) -> Result<(), Refusal> {
        let mut header = None;
        for item in Walk::new(self.bytes) {
            match item {
                Item::Segment { code: marker::SOS, body, at } => header = self.begin(body, at, &side)?,
                Item::Segment { code, body, at } if !self.is_complete() => self.segment(code, body, at)?,
                Item::Scan { data, at } => {
                    if let Some(header) = header.take() {
                        self.scan(&header, data, at)?;
                    }
                }
                Item::Cut { .. } => self.report.cut = true,
                Item::Junk { at, .. } if !self.is_complete() && self.scans > 0 => self.report.note(Found::junk(at)),
                // It changes nothing, and decoders that read on to the end stop at it.
                Item::Segment { code, body, at } if self.segment(code, body, at).is_err() => {
                    self.report.note(Found::behind(at));
                }
                Item::Segment { .. } | Item::Junk { .. } | Item::End { .. } => {}
            }
        }
        Ok(())
    }

    /// Whether no further segment can matter: sequential, and all components have come.
    fn is_complete(&self) -> bool {
        self.stores.is_empty() && !self.weights.is_empty() && self.weights.iter().all(Option::is_some)
    }

    fn segment(&mut self, code: u8, body: &[u8], at: usize) -> Result<(), Refusal> {
        match code {
            code if marker::is_frame(code) && self.frame.is_none() => self.frame = Some(Frame::parse(code, body, at)?),
            marker::DQT => frame::quantisation(body, &mut self.tables, at)?,
            marker::DHT => self.specs.take(body, at)?,
            marker::DRI => self.interval = restart_interval(body, at)?,
            marker::DAC => frame::check_conditioning(body, at)?,
            code if frame::is_reserved(code) => {
                return Err(broken(format!("the JPEG has a segment of no known kind ({code:02X})"), at));
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads a scan header, and makes room with the first; `None` for a scan that is not worth reading.
    fn begin(&mut self, body: &[u8], at: usize, side: &impl Fn(usize) -> usize) -> Result<Option<ScanHeader>, Refusal> {
        if self.is_complete() {
            return Ok(None);
        }
        let frame = self.frame.as_ref().ok_or_else(|| broken("the JPEG has no frame header", at))?;
        self.limits.in_time()?;
        self.scans += 1;
        if self.scans > MAX_SCANS {
            let (what, needed, limit) = ("scans in the JPEG", self.scans as u64, MAX_SCANS as u64);
            return Err(Refusal::Limit { what, needed, limit });
        }
        let header = ScanHeader::parse(body, frame, at)?;
        if self.canvases.is_empty() {
            let depths: Vec<usize> = (0..frame.components.len()).map(|i| self.depth(frame, i, side(i))).collect();
            let kept = if self.upright.is_some() { 128 } else { 0 };
            let extra = |i: usize| kept + if frame.is_progressive() { depths.get(i).map_or(0, |d| d * 2) } else { 0 };
            self.canvases = Canvas::all(frame, self.limits, |i| (side(i), extra(i)))?;
            if frame.is_progressive() {
                self.stores = self.canvases.iter().zip(depths).map(|(c, depth)| Store::new(c, depth)).collect();
            }
            self.weights = vec![None; frame.components.len()];
            self.moves = vec![None; frame.components.len()];
            self.grid = self.upright.and_then(|orientation| Grid::new(frame, orientation));
        }
        for (i, ..) in &header.components {
            let (Some(component), Some(weights)) = (frame.components.get(*i), self.weights.get_mut(*i)) else {
                continue;
            };
            if weights.is_none() {
                let table = self.tables.get(usize::from(component.table)).and_then(Option::as_ref);
                let table = table.ok_or_else(|| broken("a quantisation table of the JPEG is missing", at))?;
                // Coefficients that are kept need none, but what they do need goes with the same table.
                *weights = Some(Weights::new(table, side(*i).max(1)));
                if *i == 0 {
                    self.fine = Some(Weights::new(table, 8));
                }
                if let (Some(moves), Some(orientation)) = (self.moves.get_mut(*i), self.upright) {
                    *moves = Some(Moves::new(table, orientation));
                }
            }
        }
        Ok(Some(header))
    }

    /// Coefficients to keep of each block of a progressive picture's component: all, where refining passes matter,
    /// because they cannot be read without the others.
    fn depth(&self, frame: &Frame, component: usize, side: usize) -> usize {
        let last = Weights::new(&[1; 64], side.max(1)).last;
        let table = frame.components.get(component).and_then(|c| self.tables.get(usize::from(c.table))?.as_ref());
        let coarsest = frame::ZIGZAG.iter().take(last + 1).skip(1).filter_map(|k| table?.get(usize::from(*k))).max();
        let lost = |header: &ScanHeader| {
            let of_it = header.components.iter().any(|(i, ..)| *i == component);
            let first_pass = (1..=last).contains(&usize::from(header.first)) && header.high == 0;
            // Half a step of the coefficient at most; a quarter of that in the picture, as both norms are 1/2.
            let step = f32::from(*coarsest.unwrap_or(&1)) * f32::from(1_u16 << header.low.min(13));
            if of_it && first_pass && header.low > 0 { step / 8.0 } else { 0.0 }
        };
        let scans = Walk::new(self.bytes).filter_map(|item| match item {
            Item::Segment { code: marker::SOS, body, at } => ScanHeader::parse(body, frame, at).ok(),
            _ => None,
        });
        match side {
            1 => 1,
            2 if scans.take(MAX_SCANS).all(|header| lost(&header) <= COARSE) => last + 1,
            _ => 64,
        }
    }

    fn scan(&mut self, header: &ScanHeader, data: &[u8], at: usize) -> Result<(), Refusal> {
        let Some(frame) = self.frame.clone() else { return Ok(()) };
        // Zeroes up to the end of a file without end marker are room that was never filled.
        let to_the_end = at + data.len() == self.bytes.len();
        let zeroes = data.iter().rev().take_while(|b| **b == 0).count();
        let data = if to_the_end && zeroes >= 16 { data.get(..data.len() - zeroes).unwrap_or(data) } else { data };
        let Some(layout) = self.layout(&frame, header) else { return Ok(()) };
        let Some(outcome) = self.run(&frame, header, data, layout, at)? else { return Ok(()) };
        let doubtful = outcome.fault.is_some() || (!frame.is_progressive() && self.zeroes_are_noise(header));
        let hole = hole(data).filter(|_| doubtful && layout.interval == 0);
        match hole {
            // Up to the hole it is sound, behind it nothing can be trusted.
            Some((start, len)) if !frame.is_progressive() => {
                let before = data.get(..start).unwrap_or(data);
                let outcome = self.run(&frame, header, before, layout, at)?.unwrap_or_default();
                self.report.scan(&frame, header, layout, at, outcome, Some(len));
            }
            _ => self.report.scan(&frame, header, layout, at, outcome, hole.map(|(_, len)| len)),
        }
        Ok(())
    }

    /// Whether no picture has a long run of zero bytes in this sequential scan.
    fn zeroes_are_noise(&self, header: &ScanHeader) -> bool {
        let spec = |i: u8| self.specs.ac.get(usize::from(i)).and_then(Option::as_ref);
        header.components.iter().any(|(.., ac)| spec(*ac).is_some_and(|spec| !spec.writes_plain_as_zeroes()))
    }

    fn layout(&self, frame: &Frame, header: &ScanHeader) -> Option<Layout> {
        let (h_max, v_max) = frame.max_sampling();
        let (across, down) = match header.components.as_slice() {
            [(i, ..)] => self.canvases.get(*i)?.blocks,
            _ => (
                u32::from(frame.width).div_ceil(8 * h_max) as usize,
                u32::from(frame.height).div_ceil(8 * v_max) as usize,
            ),
        };
        let rows = self.wanted(frame, header).map_or(down, |(_, rows)| rows.end.min(down));
        Some(Layout { across, down: rows, interval: self.interval.into(), open: rows < down })
    }

    /// The columns and rows of units that the region is in.
    fn wanted(&self, frame: &Frame, header: &ScanHeader) -> Option<(Range<usize>, Range<usize>)> {
        let region = self.region.as_ref().filter(|_| !frame.is_progressive())?;
        let (h_max, v_max) = frame.max_sampling();
        let (h, v) = match header.components.as_slice() {
            [(i, ..)] => frame.components.get(*i).map(|c| (c.h.into(), c.v.into()))?,
            _ => (1, 1),
        };
        let units = |r: &Range<u32>, factor: u32, max: u32| {
            let unit = |pixel: u32| (u64::from(pixel) * u64::from(factor) / u64::from(8 * max)) as usize;
            unit(r.start)..unit(r.end) + 1
        };
        Some((units(&region.x, h, h_max), units(&region.y, v, v_max)))
    }

    /// Reads one scan; `None` where it is left out.
    fn run(
        &mut self,
        frame: &Frame,
        header: &ScanHeader,
        data: &[u8],
        layout: Layout,
        at: usize,
    ) -> Result<Option<Outcome>, Refusal> {
        let blocks = |i: usize| match (header.components.as_slice(), frame.components.get(i)) {
            ([_, _, ..], Some(c)) => (usize::from(c.h), usize::from(c.v)),
            _ => (1, 1),
        };
        let missing = || broken("a Huffman table of the JPEG is missing", at);
        let dc = |specs: &Specs, i: u8| {
            Table::dc(specs.dc.get(usize::from(i)).and_then(Option::as_ref).ok_or_else(missing)?, at)
        };
        let ac = |specs: &Specs, i: u8| specs.ac.get(usize::from(i)).and_then(Option::clone).ok_or_else(missing);
        if let (false, Some(_)) = (frame.is_progressive(), self.upright) {
            // Without a grid there is nothing to do for the caller.
            let Some(grid) = &mut self.grid else { return Ok(None) };
            let mut parts = Vec::with_capacity(4);
            for (component, dc_table, ac_table) in &header.components {
                let Some(moves) = self.moves.get(*component).and_then(Option::as_ref) else { return Ok(None) };
                let (dc, ac) = (dc(&self.specs, *dc_table)?, Table::ac(&ac(&self.specs, *ac_table)?, at)?);
                let (component, blocks) = (*component, blocks(*component));
                parts.push(coefficients::Part { component, blocks, dc, ac, moves, previous: 0 });
            }
            return Ok(Some(scan::run(data, layout, &mut Kept { grid, parts }, &self.limits.watch)));
        }
        if !frame.is_progressive() {
            let wanted = self.wanted(frame, header).unwrap_or((0..usize::MAX, 0..usize::MAX));
            let mut canvases: Vec<_> = self.canvases.iter_mut().map(Some).collect();
            let mut parts = Vec::with_capacity(4);
            for (i, dc_table, ac_table) in &header.components {
                let canvas = canvases.get_mut(*i).and_then(Option::take);
                let weights = self.weights.get(*i).and_then(Option::clone);
                let (Some(canvas), Some(weights)) = (canvas, weights) else { return Ok(None) };
                let (dc, ac) = (dc(&self.specs, *dc_table)?, Table::ac(&ac(&self.specs, *ac_table)?, at)?);
                parts.push(Part { canvas, blocks: blocks(*i), dc, ac, weights, previous: 0 });
            }
            let first = header.components.first().filter(|(i, ..)| *i == 0).map(|(i, ..)| blocks(*i));
            let made = |wanted: &Range<usize>, all: usize| wanted.end.min(all).saturating_sub(wanted.start);
            let size = (made(&wanted.0, layout.across), made(&wanted.1, layout.down));
            let sample =
                first.zip(self.fine.clone()).map(|((h, v), fine)| Sample::new(fine, &mut self.blocks, size, h * v));
            let mut units = Sequential::new(parts, sample, wanted);
            return Ok(Some(scan::run(data, layout, &mut units, &self.limits.watch)));
        }
        let refines = header.high > 0;
        let fits = header.components.iter().all(|(i, ..)| self.stores.get(*i).is_some_and(|s| s.follows(header)));
        if !fits {
            self.report.note(Found::stray(at));
            return Ok(None);
        }
        let mut stores: Vec<_> = self.stores.iter_mut().map(Some).collect();
        for (i, ..) in &header.components {
            stores.get_mut(*i).and_then(Option::as_mut).into_iter().for_each(|s| s.learn(header));
        }
        if header.first == 0 {
            let mut parts = Vec::with_capacity(4);
            for (i, table, _) in &header.components {
                let Some(store) = stores.get_mut(*i).and_then(Option::take) else { return Ok(None) };
                let table = if refines { None } else { Some(dc(&self.specs, *table)?) };
                parts.push(Direct { store, blocks: blocks(*i), table, previous: 0 });
            }
            return Ok(Some(scan::run(data, layout, &mut DirectScan { parts, low: header.low }, &self.limits.watch)));
        }
        let Some((i, _, table)) = header.components.first() else { return Ok(None) };
        let table = Table::band(&ac(&self.specs, *table)?, at)?;
        let Some(store) = stores.get_mut(*i).and_then(Option::take) else { return Ok(None) };
        let (band, settles) = ((usize::from(header.first), usize::from(header.last)), store.depth < 64);
        if band.0 >= store.depth || (refines && settles) {
            return Ok(None);
        }
        let mut units = BandScan { store, table, band, low: header.low, refines, settles, run: 0 };
        Ok(Some(scan::run(data, layout, &mut units, &self.limits.watch)))
    }

    /// Notes what the picture should have and never came. Scans that the wanted scale does not need are not read, and
    /// count all the same.
    fn note_missing(&mut self) {
        if self.weights.iter().any(Option::is_none) {
            self.report.note(Found::component(self.bytes.len()));
        }
        if let Some(never) = self.stores.iter().filter_map(Store::missing).max() {
            self.report.note(Found::passes(never, self.bytes.len()));
        }
    }

    fn finish_grid(mut self) -> Result<Option<(Grid, Vec<Fault>)>, Refusal> {
        self.limits.in_time()?;
        let Some(frame) = self.frame.take() else {
            return Err(broken("the JPEG has no frame header", self.bytes.len()));
        };
        let Some(mut grid) = self.grid.take() else { return Ok(None) };
        for ((i, store), moves) in self.stores.iter().enumerate().zip(&self.moves) {
            moves.iter().for_each(|moves| grid.pour(i, store, moves, &self.limits.watch));
        }
        self.limits.in_time()?;
        self.note_missing();
        grid.steps = self.moves.iter().flatten().map(Moves::steps).collect();
        let faults = self.report.finish(&frame, self.bytes.len())?;
        Ok(Some((grid, faults)))
    }

    fn finish(mut self) -> Result<Picture, Refusal> {
        self.limits.in_time()?;
        let Some(frame) = self.frame.take() else {
            return Err(broken("the JPEG has no frame header", self.bytes.len()));
        };
        for ((canvas, store), weights) in self.canvases.iter_mut().zip(&self.stores).zip(&self.weights) {
            weights.iter().for_each(|weights| store.draw(canvas, weights, &self.limits.watch));
        }
        self.limits.in_time()?;
        self.note_missing();
        let faults = self.report.finish(&frame, self.bytes.len())?;
        let planes: Option<Vec<Plane>> = self.canvases.into_iter().map(Canvas::into_plane).collect();
        let planes =
            planes.filter(|p| !p.is_empty()).ok_or_else(|| broken("the JPEG has no picture", self.bytes.len()))?;
        let sampled = self.stores.first().zip(self.fine.as_ref()).map(|(store, fine)| store.sample(fine));
        Ok(Picture { planes, faults, blocks: sampled.unwrap_or(self.blocks) })
    }
}

/// The longest run of zero bytes, where it is longer than pictures have it without being one plain area: a block takes
/// 24 bytes of them at most. Shorter holes are told where the data contradict themselves behind them, and not as holes;
/// one that they take up after by chance is not noticed, nor is any in a picture whose tables write plain areas as
/// zeroes.
fn hole(data: &[u8]) -> Option<(usize, usize)> {
    const LEAST: usize = 64;
    let mut best: Option<(usize, usize)> = None;
    let mut at = 0;
    // In a run that long, every 64th byte is one of its zeroes.
    while at < data.len() {
        if data.get(at) == Some(&0) {
            let start = at - data.get(..at)?.iter().rev().take_while(|b| **b == 0).count();
            let len = data.get(start..)?.iter().take_while(|b| **b == 0).count();
            if len >= LEAST && best.is_none_or(|(_, most)| len > most) {
                best = Some((start, len));
            }
            at = start + len;
        }
        at += LEAST;
    }
    best
}
