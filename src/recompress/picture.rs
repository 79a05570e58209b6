//! One picture between its file and what is sent of it.

use super::{
    Encoded, Source,
    allocate::{Curve, Share},
    jpeg::{self, Coefficients, Counted, Layout},
    lossless, resize,
    resolution::{Rung, gives_first},
};
use crate::{decode, format::Format, options::Limits};
use std::borrow::Cow;

/// Factors on the tables of annex K, from quality 99 to the floor of 75.
const COARSENESS: [f64; 12] = [0.02, 0.04, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.31, 0.4, 0.5];
/// How much the loss of pictures counts that are to give first.
const FIRST_WORTH: f64 = 0.5;
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
    pub coefficients: Option<Coefficients>,
    pub share: Share,
    counted: Option<Counted>,
    written: Option<Vec<u8>>,
    size: (u32, u32),
    passes: u8,
}

impl<'s, 'a> Picture<'s, 'a> {
    /// A picture that stays as it is.
    pub fn fixed(source: &'s Source<'a>, lossless: Cow<'a, [u8]>, cap: u64) -> Self {
        Self {
            source,
            rung: Rung::new(source, 1.0),
            curve: Curve::new(Vec::new(), Some(lossless.len() as u64), 1.0, cap),
            lossless,
            lossless_format: source.header.format,
            coefficients: None,
            share: Share::Lossless,
            counted: None,
            written: None,
            size: source.header.upright_size(),
            passes: 0,
        }
    }

    /// Whether it can be encoded anew.
    pub fn can_give(source: &Source<'_>) -> bool {
        matches!(source.header.format, Format::Jpeg | Format::Png) && source.header.width > 0
    }

    /// Bytes that working on it holds.
    pub fn memory(&self) -> u64 {
        let pixels = u64::from(self.source.header.width) * u64::from(self.source.header.height);
        pixels * 3 + Coefficients::memory(pixels)
    }

    /// The largest scale at which it can be worked on within memory and the sides of a JPEG.
    fn most(&self, limits: &Limits) -> f64 {
        let (width, height) = self.size_at(1.0);
        let by_memory = (limits.max_memory as f64 / self.memory().max(1) as f64).sqrt();
        let by_side = 65_535.0 / f64::from(width.max(height).max(1));
        by_memory.min(by_side).min(1.0)
    }

    fn size_at(&self, scale: f64) -> (u32, u32) {
        let (width, height) = self.source.header.upright_size();
        let to = |side: u32| ((f64::from(side) * scale).round() as u32).clamp(1, side.max(1));
        (to(width), to(height))
    }

    /// A length that no JPEG of it can go below at the lowest resolution: two bits a block.
    pub fn bound(&self) -> u64 {
        if !Self::can_give(self.source) {
            return self.lossless.len() as u64;
        }
        let (width, height) = self.size_at(self.rung.lowest());
        let scan = Layout::Gray.mcus(width, height) / 4;
        scan.min(self.lossless.len() as u64)
    }

    /// Decodes, scales and transforms; `None` when it cannot be decoded.
    fn transformed(&self, limits: &Limits) -> Option<(Coefficients, Option<Vec<u8>>)> {
        if self.source.header.format == Format::Jpeg
            && self.rung.scale >= 1.0
            && let Ok(Some(own)) = decode::jpeg::coefficients(self.source.bytes, self.source.header, limits)
        {
            return Some((Coefficients::from_grid(own.picture)?, None));
        }
        let decoded = decode::pixmap(self.source.bytes, self.source.header, limits).ok()?;
        let png = (self.source.header.format == Format::Png).then(|| lossless::png(&decoded.picture)).flatten();
        let pixmap = resize::resized(decoded.picture, self.size_at(self.rung.scale));
        Some((Coefficients::of(&pixmap)?, png))
    }

    /// Makes the curve at the picture's scale. A picture that cannot be decoded stays as it is.
    pub fn analyse(&mut self, limits: &Limits) {
        self.rung.scale = self.rung.scale.min(self.most(limits));
        self.counted = None;
        let Some((coefficients, png)) = self.transformed(limits) else {
            return;
        };
        self.passes += 1;
        self.size = (coefficients.width.into(), coefficients.height.into());
        if let Some(png) = png.filter(|png| png.len() < self.lossless.len()) {
            self.lossless = Cow::Owned(png);
            self.lossless_format = Format::Png;
        }
        let points = coefficients.points(&COARSENESS);
        self.curve = Curve::new(points, Some(self.lossless.len() as u64), self.worth(), self.curve.cap);
        self.coefficients = Some(coefficients);
    }

    /// How much its loss counts: less for bills and other pages, and less where pixels abound.
    fn worth(&self) -> f64 {
        let abundance = (self.rung.dpi * self.rung.scale / OVERSIZED_DPI).max(1.0);
        let first = if gives_first(self.source.step) { FIRST_WORTH } else { 1.0 };
        first / abundance
    }

    /// Does something with the coefficients, made again when they were let go.
    fn with_coefficients<T>(&self, limits: &Limits, run: impl FnOnce(&Coefficients) -> T) -> Option<T> {
        match &self.coefficients {
            Some(coefficients) => Some(run(coefficients)),
            None => self.transformed(limits).map(|(coefficients, _)| run(&coefficients)),
        }
    }

    /// Corrects the curve at the share by a closer look at a sample.
    pub fn refine(&mut self) {
        if let (Share::Coarseness(coarseness), Some(coefficients), None) =
            (self.share, &self.coefficients, &self.counted)
            && let [point] = &*coefficients.points(&[coarseness])
        {
            self.curve.corrected(coarseness, point.bytes);
        }
    }

    /// Counts the symbols of the share, and corrects the curve by what was found.
    pub fn count(&mut self, limits: &Limits) {
        let Share::Coarseness(coarseness) = self.share else {
            self.counted = None;
            return;
        };
        if self.counted.as_ref().is_some_and(|c| c.coarseness == coarseness) {
            return;
        }
        self.counted = self.with_coefficients(limits, |c| c.counted(coarseness));
        self.passes += 1;
        if let Some(counted) = &self.counted {
            self.curve.corrected(coarseness, counted.bytes);
        }
    }

    /// Bytes of what was counted.
    pub fn planned(&self) -> u64 {
        self.counted.as_ref().map_or(self.lossless.len() as u64, |c| c.bytes.ceil() as u64)
    }

    /// Whether there is nothing better to be had for more bytes.
    pub fn is_finest(&self) -> bool {
        self.counted.as_ref().is_none_or(|c| self.curve.finest().is_none_or(|finest| c.coarseness < finest * 1.001))
    }

    /// Writes the file as counted.
    pub fn write(&mut self, limits: &Limits) {
        self.written = self.counted.as_ref().and_then(|c| self.with_coefficients(limits, |k| k.written(c)));
        self.passes += u8::from(self.written.is_some());
        if let (Some(file), Some(counted)) = (&self.written, &self.counted) {
            self.curve.corrected(counted.coarseness, file.len() as f64);
        }
    }

    /// Bytes of the file that would be sent now.
    pub fn len(&self) -> usize {
        self.written.as_ref().map_or(self.lossless.len(), Vec::len)
    }

    /// The file, given away.
    pub fn sent(&mut self) -> Encoded<'a> {
        let (Some(file), Some(counted)) = (self.written.take(), &self.counted) else {
            let lossless = std::mem::take(&mut self.lossless);
            return Encoded::lossless(self.source, lossless, self.lossless_format, self.passes);
        };
        Encoded {
            bytes: Cow::Owned(file),
            format: Format::Jpeg,
            width: self.size.0,
            height: self.size.1,
            recompressed: true,
            quality: Some(jpeg::quality(counted.coarseness)),
            coarse_dpi: self.rung.coarse_dpi(),
            passes: self.passes,
        }
    }
}
