//! One picture between its file and what is sent of it.

use super::{
    Encoded, Source,
    allocate::{Curve, Share},
    group::{Group, Plan},
    jpeg::{Coefficients, Layout},
    lossless, pdf, resize,
    resolution::{GOOD_DPI, Rung, gives_first},
};
use crate::{decode, format::Format, options::Limits, probe::jpeg::Frame};
use std::borrow::Cow;

/// How much the loss of pictures counts that are to give first.
const FIRST_WORTH: f64 = 0.65;
/// Pixels an inch from which on a frame is larger than reading needs, and its loss counts less.
const OVERSIZED_DPI: f64 = 600.0;

/// A picture in work.
pub(super) struct Picture<'s, 'a> {
    pub source: &'s Source<'a>,
    /// The smallest file found so far that loses nothing.
    pub lossless: Cow<'a, [u8]>,
    lossless_format: Format,
    pub rung: Rung,
    pub curve: Curve,
    /// Kept between passes while memory allows.
    pub group: Option<Group>,
    /// Of a PDF.
    images: Vec<pdf::Image>,
    pub share: Share,
    planned: f64,
    /// The coarseness estimated last, and its bytes; and what to multiply estimates with.
    estimated: (f64, f64),
    bias: f64,
    counted: Option<Plan>,
    kept: Option<Plan>,
    written: Option<Vec<u8>>,
    size: (u32, u32),
    passes: u8,
}

impl<'s, 'a> Picture<'s, 'a> {
    /// A picture that stays as it is, for now.
    pub fn new(source: &'s Source<'a>, lossless: Cow<'a, [u8]>, cap: u64, limits: &Limits) -> Self {
        let pdf = source.header.format == Format::Pdf;
        let images = if pdf { pdf::images(source.bytes, limits) } else { Vec::new() };
        let rung = match images.iter().map(|image| image.dpi).reduce(f64::max) {
            // Unlike a photo, whose document is somewhere in it, a scan is known to need no more.
            Some(dpi) => Rung { dpi, scale: (GOOD_DPI / dpi).min(1.0), gives_first: gives_first(source.step) },
            None => Rung::new(source, 1.0),
        };
        Self {
            source,
            rung,
            curve: Curve::new(Vec::new(), Some(lossless.len() as u64), 1.0, cap),
            lossless,
            lossless_format: source.header.format,
            group: None,
            images,
            share: Share::Lossless,
            planned: 0.0,
            estimated: (0.0, 0.0),
            bias: 1.0,
            counted: None,
            kept: None,
            written: None,
            size: source.header.upright_size(),
            passes: 0,
        }
    }

    /// Whether it can be encoded anew.
    pub fn can_give(&self) -> bool {
        match self.source.header.format {
            Format::Jpeg | Format::Png => self.source.header.width > 0,
            _ => !self.images.is_empty(),
        }
    }

    /// Bytes that working on it holds.
    pub fn memory(&self) -> u64 {
        let whole = |width: u32, height: u32| u64::from(width) * u64::from(height);
        match &*self.images {
            [] => {
                let pixels = whole(self.source.header.width, self.source.header.height);
                pixels * 3 + Coefficients::memory(pixels)
            }
            // Pixels of one at a time, coefficients of all.
            images => {
                let each = || images.iter().map(|image| whole(image.width, image.height));
                each().max().unwrap_or(0) * 6 + Coefficients::memory(each().sum())
            }
        }
    }

    /// The largest scale at which it can be worked on within memory and the sides of a JPEG.
    fn most(&self, limits: &Limits) -> f64 {
        if !self.images.is_empty() {
            return 1.0;
        }
        let (width, height) = self.size_at(1.0);
        let by_memory = (limits.max_memory as f64 / self.memory().max(1) as f64).sqrt();
        let by_side = f64::from(Frame::MOST) / f64::from(width.max(height).max(1));
        by_memory.min(by_side).min(1.0)
    }

    fn size_at(&self, scale: f64) -> (u32, u32) {
        let (width, height) = self.source.header.upright_size();
        let to = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(1, side.max(1));
        (to(width), to(height))
    }

    /// A length that no JPEG of it can go below at the lowest resolution: two bits a block.
    pub fn bound(&self) -> u64 {
        if !self.can_give() {
            return self.lossless.len() as u64;
        }
        if !self.images.is_empty() {
            return self.around() as u64;
        }
        let (width, height) = self.size_at(self.rung.lowest());
        let scan = Layout::Gray.mcus(width, height) / 4;
        scan.min(self.lossless.len() as u64)
    }

    /// Bytes of a PDF that are not its pictures'; new streams and the table of objects take some more.
    fn around(&self) -> f64 {
        let stored: usize = self.images.iter().map(|image| image.stored).sum();
        self.source.bytes.len().saturating_sub(stored) as f64
    }

    /// Decodes, scales and transforms; `None` when it cannot be decoded.
    fn transformed(&self, limits: &Limits) -> Option<(Group, Option<Vec<u8>>)> {
        let Source { bytes, header, .. } = self.source;
        if header.format == Format::Pdf {
            if self.memory() > limits.max_memory {
                return None;
            }
            let parts = pdf::coefficients(bytes, &self.images, self.rung.dpi * self.rung.scale, limits)?;
            return Some((Group { parts, around: self.around() }, None));
        }
        let one = |coefficients| Group { parts: vec![coefficients], around: 0.0 };
        if header.format == Format::Jpeg
            && self.rung.scale >= 1.0
            && let Ok(Some(own)) = decode::jpeg::coefficients(bytes, header, limits)
        {
            return Some((one(Coefficients::from_grid(own.picture)?), None));
        }
        let decoded = decode::pixmap(bytes, header, limits).ok()?;
        let png = (header.format == Format::Png).then(|| lossless::png(&decoded.picture, &limits.watch)).flatten();
        let pixmap = resize::resized(decoded.picture, self.size_at(self.rung.scale), &limits.watch)?;
        let coefficients = Coefficients::of(&pixmap, &limits.watch);
        limits.watch.release(pixmap);
        Some((one(coefficients?), png))
    }

    /// Makes the curve at the picture's scale. A picture that cannot be decoded stays as it is.
    pub fn analyse(&mut self, limits: &Limits) {
        self.rung.scale = self.rung.scale.min(self.most(limits));
        (self.counted, self.kept, self.estimated, self.bias) = (None, None, (0.0, 0.0), 1.0);
        let Some((group, png)) = self.transformed(limits) else {
            return;
        };
        if let (true, [only]) = (self.images.is_empty(), &*group.parts) {
            self.size = (only.width.into(), only.height.into());
        }
        if let Some(png) = png.filter(|png| png.len() < self.lossless.len()) {
            self.lossless = Cow::Owned(png);
            self.lossless_format = Format::Png;
        }
        let points = group.points(&group.ladder());
        self.curve = Curve::new(points, Some(self.lossless.len() as u64), self.worth(), self.curve.cap);
        self.group = Some(group);
    }

    /// How much its loss counts: less for bills and other pages, and less where pixels abound.
    fn worth(&self) -> f64 {
        let abundance = (self.rung.dpi * self.rung.scale / OVERSIZED_DPI).max(1.0);
        let first = if gives_first(self.source.step) { FIRST_WORTH } else { 1.0 };
        first / abundance
    }

    /// Does something with the coefficients, made again when they were let go.
    fn with_group<T>(&self, limits: &Limits, run: impl FnOnce(&Group) -> T) -> Option<T> {
        match &self.group {
            Some(group) => Some(run(group)),
            None => self.transformed(limits).map(|(group, _)| run(&group)),
        }
    }

    /// Estimates the share's bytes from a sample, as far off as the last estimate was found to be.
    pub fn estimate(&mut self) {
        let Share::Coarseness(coarseness) = self.share else {
            self.planned = self.lossless.len() as f64;
            return;
        };
        if self.estimated.0 != coarseness {
            let bytes = match &self.group {
                Some(group) => group.points(&[coarseness]).first().map_or(0.0, |point| point.bytes),
                None => self.curve.bytes_at(coarseness),
            };
            self.estimated = (coarseness, bytes);
        }
        self.planned = self.estimated.1 * self.bias;
    }

    /// Counts the symbols of the share. The curve of a picture that its own cap binds is corrected by what was found.
    pub fn count(&mut self, limits: &Limits) {
        let Share::Coarseness(coarseness) = self.share else {
            self.counted = None;
            self.planned = self.lossless.len() as f64;
            return;
        };
        if self.counted.as_ref().is_none_or(|c| c.coarseness != coarseness) {
            self.counted = self.with_group(limits, |group| group.counted(coarseness, &limits.watch));
            self.passes += 1;
        }
        self.planned = self.counted.as_ref().map_or(self.lossless.len() as f64, |c| c.bytes);
        if self.estimated.0 == coarseness {
            self.bias = self.planned / self.estimated.1.max(1.0);
        }
        if self.planned() > self.curve.cap || self.curve.is_capped(coarseness) {
            self.curve.corrected(coarseness, self.planned);
        }
    }

    /// Bytes of what was estimated or counted last.
    pub fn planned(&self) -> u64 {
        self.planned.ceil() as u64
    }

    /// Means to write what was counted last.
    pub fn keep(&mut self) {
        self.kept.clone_from(&self.counted);
    }

    /// Whether its share is a file that loses nothing.
    pub fn loses_nothing(&self) -> bool {
        match self.share {
            Share::Lossless => true,
            Share::Coarseness(coarseness) => self.curve.loss_at(coarseness) == 0.0,
        }
    }

    /// Goes back to the file that was given.
    pub fn restore(&mut self) {
        self.lossless = Cow::Borrowed(self.source.bytes);
        self.lossless_format = self.source.header.format;
        self.written = None;
    }

    /// Whether there is nothing better to be had for more bytes.
    pub fn is_finest(&self) -> bool {
        self.counted.as_ref().is_none_or(|c| self.curve.finest().is_none_or(|finest| c.coarseness < finest * 1.001))
    }

    /// Writes the file that is meant.
    pub fn write(&mut self, limits: &Limits) {
        let write = |group: &Group, plan: &Plan| {
            let mut files = group.written(plan, &limits.watch);
            if self.images.is_empty() {
                return files.pop().map(|(_, file)| file);
            }
            let whole = pdf::replaced(self.source.bytes, &self.images, &files, limits);
            whole.filter(|new| pdf::alike(new, self.source.header, limits))
        };
        self.written =
            self.kept.as_ref().and_then(|plan| self.with_group(limits, |group| write(group, plan)).flatten());
        self.passes += u8::from(self.written.is_some());
    }

    /// Bytes of the file that would be sent now.
    pub fn len(&self) -> usize {
        self.written.as_ref().map_or(self.lossless.len(), Vec::len)
    }

    /// The file, given away.
    pub fn sent(&mut self) -> Encoded<'a> {
        let (Some(file), Some(kept)) = (self.written.take(), &self.kept) else {
            let lossless = std::mem::take(&mut self.lossless);
            return Encoded::lossless(self.source, lossless, self.lossless_format, self.passes);
        };
        Encoded {
            bytes: Cow::Owned(file),
            format: if self.images.is_empty() { Format::Jpeg } else { Format::Pdf },
            width: self.size.0,
            height: self.size.1,
            recompressed: true,
            quality: (!kept.exact).then_some(kept.quality),
            coarse_dpi: self.rung.coarse_dpi(),
            passes: self.passes,
        }
    }
}
