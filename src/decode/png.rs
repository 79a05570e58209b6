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
/// [`Refusal::Unreadable`] when rows are missing or wrong: the decoders that the world's programs use give no picture
/// then. [`Refusal::Limit`] when an interlaced picture does not fit [`Limits::max_memory`].
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

/// Decodes all rows into what `start` makes, a second time without the checksum when that alone is wrong.
fn decode<R: Rows>(
    bytes: &[u8],
    header: &Header,
    parts: &Parts<'_>,
    limits: &Limits,
    start: impl Fn(Samples) -> R,
) -> Result<Decoded<R>, Refusal> {
    let mut expander = Expander::new(parts);
    let mut rows = start(expander.samples());
    let Err(refusal) = read(bytes, parts, limits, true, |row| rows.push(expander.row(row))) else {
        return Ok(Decoded { picture: rows, faults: expander.faults() });
    };
    limits.in_time()?;
    // Data that is cut, or that another checksum speaks against, is not worth a second look.
    if !parts.data_whole || matches!(&header.details, Details::Png(png) if !png.data_sums_hold) {
        return Err(refusal);
    }
    let mut expander = Expander::new(parts);
    let mut rows = start(expander.samples());
    read(bytes, parts, limits, false, |row| rows.push(expander.row(row))).map_err(|_| refusal)?;
    let mut faults = expander.faults();
    faults.push(Fault::Damaged(Break::new("the checksum of the pixels is wrong")));
    Ok(Decoded { picture: rows, faults })
}

/// Hands over every row as the file has it, unfiltered, from top to bottom.
fn read(
    bytes: &[u8],
    parts: &Parts<'_>,
    limits: &Limits,
    check_sum: bool,
    mut take: impl FnMut(&[u8]),
) -> Result<(), Refusal> {
    let ihdr = &parts.ihdr;
    check_memory(whole_bytes(ihdr), limits)?;
    let mut source = Source::new(bytes, parts);
    let mut options = png::DecodeOptions::default();
    options.set_ignore_crc(true);
    options.set_ignore_adler32(!check_sum);
    let mut decoder = png::Decoder::new_with_options(&mut source, options);
    decoder.set_limits(png::Limits { bytes: limits.max_memory as usize });
    let (result, row) = match decoder.read_info() {
        Ok(mut reader) if ihdr.interlaced => (interlaced(&mut reader, ihdr, limits, take), None),
        Ok(mut reader) => {
            let mut row = 0;
            loop {
                limits.in_time()?;
                match reader.next_row() {
                    Ok(Some(data)) => take(data.data()),
                    Ok(None) => break (Ok(()), Some(row)),
                    Err(e) => break (Err(e), Some(row)),
                }
                row += 1;
            }
        }
        Err(e) => (Err(e), Some(0)),
    };
    limits.in_time()?;
    result.map_err(|error| {
        if matches!(error, png::DecodingError::LimitsExceeded) {
            return Refusal::Limit { what: "bytes of memory", needed: row_bytes(ihdr), limit: limits.max_memory };
        }
        let (height, byte) = (ihdr.height, source.position());
        Refusal::Unreadable(match row {
            Some(row) if row == height => Break::new("the end of the picture data is missing").at_byte(byte),
            Some(row) => {
                Break::new(format!("the picture breaks off after {row} of {height} rows")).at_byte(byte).at_row(row)
            }
            // Most rows get their last pixels in the last pass only.
            None => Break::new("the picture breaks off before its rows are complete").at_byte(byte),
        })
    })
}

/// An interlaced picture is put together whole before its rows are handed over; some of it when it is time to stop.
fn interlaced<R: std::io::BufRead + std::io::Seek>(
    reader: &mut png::Reader<R>,
    ihdr: &Ihdr,
    limits: &Limits,
    mut take: impl FnMut(&[u8]),
) -> Result<(), png::DecodingError> {
    let stride = row_bytes(ihdr) as usize;
    let mut whole = vec![0; whole_bytes(ihdr) as usize];
    let bits = u8::try_from(bits_per_pixel(ihdr)).unwrap_or(u8::MAX);
    while let Some(row) = reader.next_interlaced_row()? {
        if limits.is_over() {
            return Ok(());
        }
        if let png::InterlaceInfo::Adam7(pass) = row.interlace() {
            png::expand_interlaced_row(&mut whole, stride, row.data(), pass, bits);
        }
    }
    whole.chunks_exact(stride).take_while(|_| !limits.is_over()).for_each(&mut take);
    Ok(())
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
