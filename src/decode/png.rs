//! PNG pixels, row by row. Only an interlaced picture is ever held whole.
//!
//! The `png` crate inflates and unfilters; it is given nothing but header, palette and picture data, so that whatever is
//! wrong in the other chunks is judged in `probe` alone.

mod samples;
mod source;

use self::{samples::Expander, source::Source};
use super::{Decoded, colour};
use crate::{
    fault::{Break, Fault, Refusal},
    options::Limits,
    pixmap::{Pixmap, Samples, View, ViewRows},
    probe::{
        Details, Header,
        png::parts::{Ihdr, Parts},
    },
};

/// The view, as stored (not yet upright).
///
/// # Errors
/// [`Refusal::Unreadable`] when next to nothing can be read: fewer than one in twenty rows, of an interlaced picture
/// fewer than five of its seven passes, or rows that two checksums speak against. [`Refusal::Limit`] when an interlaced picture does not fit [`Limits::max_memory`].
///
/// ```
/// use idenfy_preflight::{decode::png, options::Limits, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.png")?);
/// let header = probe::probe(&photo, &limits)?;
/// let view = png::view(&photo, &header, 2, &limits)?.picture;
/// assert_eq!((view.width, view.luma.width()), (header.width, header.width / 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn view(bytes: &[u8], header: &Header, reduction: u32, limits: &Limits) -> Result<Decoded<View>, Refusal> {
    let parts = Parts::read(bytes, limits)?;
    let (width, height) = (parts.ihdr.width, parts.ihdr.height);
    decode(bytes, header, &parts, limits, |samples| ViewRows::new(width, height, reduction, samples))?
        .try_map(|rows| rows.finish())
}

/// The whole picture, as stored (not yet upright), in sRGB.
///
/// # Errors
/// As [`view`], and [`Refusal::Limit`] when the picture does not fit [`Limits::max_memory`].
///
/// ```
/// use idenfy_preflight::{decode::png, options::Limits, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.png")?);
/// let header = probe::probe(&photo, &limits)?;
/// let picture = png::pixmap(&photo, &header, &limits)?.picture;
/// assert_eq!((picture.width(), picture.height()), (header.width, header.height));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pixmap(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let parts = Parts::read(bytes, limits)?;
    let (width, height) = (parts.ihdr.width, parts.ihdr.height);
    let len = u64::from(width) * u64::from(height) * 3;
    check_memory(len + whole_bytes(&parts.ihdr), limits)?;
    let canvas = |samples| Canvas { samples, width: width as usize, rgb: Vec::with_capacity(len as usize) };
    let mut decoded = decode(bytes, header, &parts, limits, canvas)?;
    if let Some(profile) = colour::Profile::of_png(parts.icc, parts.cicp, limits) {
        profile.to_srgb(&mut decoded.picture.rgb, &limits.watch);
        limits.in_time()?;
    }
    decoded.try_map(|canvas| Pixmap::new(width, height, canvas.rgb))
}

impl<T> Decoded<T> {
    /// The picture made of what was decoded; there is one unless it has no pixels, which `probe` refuses.
    fn try_map<U>(self, make: impl FnOnce(T) -> Option<U>) -> Result<Decoded<U>, Refusal> {
        let picture = make(self.picture).ok_or_else(|| Refusal::unreadable("the picture has no pixels"))?;
        Ok(Decoded { picture, faults: self.faults })
    }
}

/// Where rows of 8-bit samples go.
trait Rows {
    fn push(&mut self, row: &[u8]);
}

impl Rows for ViewRows {
    fn push(&mut self, row: &[u8]) {
        ViewRows::push(self, row);
    }
}

/// A picture as RGB.
struct Canvas {
    samples: Samples,
    width: usize,
    rgb: Vec<u8>,
}

impl Rows for Canvas {
    fn push(&mut self, row: &[u8]) {
        if self.samples == Samples::Rgb {
            self.rgb.extend_from_slice(row);
            return;
        }
        let start = self.rgb.len();
        self.rgb.resize(start + self.width * 3, 0);
        let pixels = self.rgb.get_mut(start..).unwrap_or_default().as_chunks_mut::<3>().0.iter_mut();
        if self.samples == Samples::Gray {
            pixels.zip(row).for_each(|(out, v)| *out = [*v; 3]);
        } else {
            pixels.zip(row.as_chunks::<4>().0).for_each(|(out, [r, g, b, _])| *out = [*r, *g, *b]);
        }
    }
}

/// The least share of its rows that must be there for a picture to be one, as of JPEG.
const LEAST_SHARE: u32 = 20;
/// The gray of what is missing, as in JPEG.
const MISSING: u8 = 128;

/// Decodes all rows into what `start` makes, a second time without the checksum when that alone is wrong. Where the
/// picture breaks off, what was read stays, and the rest is gray.
fn decode<R: Rows>(
    bytes: &[u8],
    header: &Header,
    parts: &Parts<'_>,
    limits: &Limits,
    start: impl Fn(Samples) -> R,
) -> Result<Decoded<R>, Refusal> {
    let run = |how| {
        let mut expander = Expander::new(parts);
        let (mut rows, mut taken) = (start(expander.samples()), 0_u32);
        let read = read(bytes, parts, limits, how, |row| {
            taken += 1;
            rows.push(expander.row(row));
        });
        (rows, expander, taken, read)
    };
    let (mut rows, mut expander, mut taken, read) = run(How { check_sum: true, splat: false });
    let Err(mut refusal) = read else { return Ok(Decoded { picture: rows, faults: expander.faults() }) };
    limits.in_time()?;
    let sums_hold = matches!(&header.details, Details::Png(png) if png.data_sums_hold);
    if parts.data_whole && sums_hold {
        let (rows, expander, _, read) = run(How { check_sum: false, splat: false });
        if read.is_ok() {
            let mut faults = expander.faults();
            faults.push(Fault::Damaged(Break::new("the checksum of the pixels is wrong")));
            return Ok(Decoded { picture: rows, faults });
        }
    }
    if parts.ihdr.interlaced {
        let (again, its, count, read) = run(How { check_sum: true, splat: true });
        (rows, expander, taken) = (again, its, count);
        refusal = read.err().unwrap_or(refusal);
    }
    let height = parts.ihdr.height;
    // All rows, and two checksums that speak against them: nobody knows what they show.
    let refuted = taken == height && parts.data_whole && !sums_hold && !parts.ihdr.interlaced;
    let Refusal::Unreadable(at) = refusal else { return Err(refusal) };
    if refuted || taken == 0 || taken < height.div_ceil(LEAST_SHARE) {
        return Err(Refusal::Unreadable(at));
    }
    let missing = vec![MISSING; parts.ihdr.width as usize * expander.samples().per_pixel()];
    (taken..height).for_each(|_| rows.push(&missing));
    let mut faults = expander.faults();
    faults.push(Fault::BrokenOff(at));
    Ok(Decoded { picture: rows, faults })
}

/// How pixels are read.
#[derive(Clone, Copy)]
struct How {
    /// Whether their checksum has to be right.
    check_sum: bool,
    /// Whether the pixels of an interlaced picture fill the places of those that come later, so that a picture that
    /// breaks off late is a coarse one.
    splat: bool,
}

/// Hands over every row as the file has it, unfiltered, from top to bottom; of an interlaced picture that breaks off
/// none, or all of them, coarse ones, where that was asked for and makes sense.
fn read(
    bytes: &[u8],
    parts: &Parts<'_>,
    limits: &Limits,
    how: How,
    mut take: impl FnMut(&[u8]),
) -> Result<(), Refusal> {
    let ihdr = &parts.ihdr;
    check_memory(whole_bytes(ihdr), limits)?;
    let mut source = Source::new(bytes, parts);
    let mut options = png::DecodeOptions::default();
    options.set_ignore_crc(true);
    options.set_ignore_adler32(!how.check_sum);
    let mut decoder = png::Decoder::new_with_options(&mut source, options);
    decoder.set_limits(png::Limits { bytes: limits.max_memory as usize });
    let (result, at) = match decoder.read_info() {
        Ok(mut reader) if ihdr.interlaced => {
            let (result, rows) = interlaced(&mut reader, ihdr, how.splat, limits, take);
            (result, At::Pass(pass_of(ihdr, rows)))
        }
        Ok(mut reader) => {
            let mut row = 0;
            loop {
                limits.in_time()?;
                match reader.next_row() {
                    Ok(Some(data)) => take(data.data()),
                    Ok(None) => break (Ok(()), At::Row(row)),
                    Err(e) => break (Err(e), At::Row(row)),
                }
                row += 1;
            }
        }
        Err(e) => (Err(e), At::Row(0)),
    };
    limits.in_time()?;
    result.map_err(|error| {
        if matches!(error, png::DecodingError::LimitsExceeded) {
            return Refusal::Limit { what: "bytes of memory", needed: row_bytes(ihdr), limit: limits.max_memory };
        }
        let height = ihdr.height;
        let found = match at {
            At::Row(row) if row == height => Break::new("the end of the picture data is missing"),
            At::Row(row) => Break::new(format!("the picture breaks off after {row} of {height} rows")).at_row(row),
            At::Pass(PASSES) => Break::new("the end of the picture data is missing"),
            // Most rows get their last pixels in the last pass only.
            At::Pass(pass) => Break::new(format!("the picture breaks off in pass {} of its {PASSES}", pass + 1)),
        };
        Refusal::Unreadable(found.at_byte(source.position()))
    })
}

/// Where a picture breaks off.
enum At {
    /// After so many rows.
    Row(u32),
    /// After so many passes.
    Pass(usize),
}

/// Passes of an interlaced picture.
const PASSES: usize = 7;
/// Passes after which every square of 2 x 2 pixels has one: what they show can be looked at.
const COARSE_PASSES: usize = 5;

/// The whole passes that so many rows of passes make (Adam7: PNG, 8.2).
fn pass_of(ihdr: &Ihdr, mut rows: u32) -> usize {
    // Of each pass the first column and row, and how far apart they are.
    const ADAM7: [(u32, u32, u32, u32); PASSES] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let count = |size: u32, first: u32, apart: u32| size.saturating_sub(first).div_ceil(apart);
    let whole = ADAM7.iter().take_while(|(x, y, dx, dy)| {
        let all = if count(ihdr.width, *x, *dx) == 0 { 0 } else { count(ihdr.height, *y, *dy) };
        let left = rows.checked_sub(all);
        rows = left.unwrap_or(0);
        left.is_some()
    });
    whole.count()
}

/// An interlaced picture is put together whole before its rows are handed over, some of it when it is time to stop.
/// Counts the rows of its passes.
fn interlaced<R: std::io::BufRead + std::io::Seek>(
    reader: &mut png::Reader<R>,
    ihdr: &Ihdr,
    splat: bool,
    limits: &Limits,
    mut take: impl FnMut(&[u8]),
) -> (Result<(), png::DecodingError>, u32) {
    let stride = row_bytes(ihdr) as usize;
    let mut whole = vec![0; whole_bytes(ihdr) as usize];
    let bits = u8::try_from(bits_per_pixel(ihdr)).unwrap_or(u8::MAX);
    let put = if splat { png::splat_interlaced_row } else { png::expand_interlaced_row };
    let mut rows = 0;
    let result = loop {
        match reader.next_interlaced_row() {
            Ok(Some(_)) if limits.is_over() => break Ok(()),
            Ok(Some(row)) => {
                if let png::InterlaceInfo::Adam7(pass) = row.interlace() {
                    put(&mut whole, stride, row.data(), pass, bits);
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        rows += 1;
    };
    if result.is_ok() || (splat && pass_of(ihdr, rows) >= COARSE_PASSES) {
        whole.chunks_exact(stride).take_while(|_| !limits.is_over()).for_each(&mut take);
    }
    (result, rows)
}

fn bits_per_pixel(ihdr: &Ihdr) -> u64 {
    let samples = match ihdr.colour {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    samples * u64::from(ihdr.depth)
}

fn row_bytes(ihdr: &Ihdr) -> u64 {
    (u64::from(ihdr.width) * bits_per_pixel(ihdr)).div_ceil(8)
}

/// What holding the whole picture takes, where that has to be.
fn whole_bytes(ihdr: &Ihdr) -> u64 {
    if ihdr.interlaced { row_bytes(ihdr) * u64::from(ihdr.height) } else { 0 }
}

fn check_memory(needed: u64, limits: &Limits) -> Result<(), Refusal> {
    if needed > limits.max_memory {
        return Err(Refusal::Limit { what: "bytes of memory", needed, limit: limits.max_memory });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
