//! The header: what a file says of itself, without its pixels. Bytes in, [`Header`] or [`Refusal`] out.
//!
//! Walks the structure of the whole container where that is cheap (markers, chunks, objects); entropy-coded data is
//! left to `decode`.
//!
//! ```
//! use idenfy_preflight::{format::Format, options::Limits, probe};
//!
//! let header = probe::probe(&std::fs::read("testdata/wrong_extension.png")?, &Limits::default())?;
//! assert_eq!(header.format, Format::Jpeg, "names are not believed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod jpeg;
pub mod pdf;
pub mod png;
pub(crate) mod tiff;

use crate::{
    fault::{Fault, Refusal},
    format::{Format, sniff},
    options::Limits,
    pixmap::Orientation,
};

/// What a file says of itself.
///
/// ```
/// use idenfy_preflight::{format::Format, options::Limits, probe};
/// let header = probe::probe(&std::fs::read("testdata/front.jpg")?, &Limits::default())?;
/// assert_eq!((header.format, header.upright_size()), (Format::Jpeg, (1600, 1200)));
/// assert!(header.jpeg_quality() > Some(50));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// The kind of file.
    pub format: Format,
    /// Pixels across as stored; for a PDF the first page's width in points (1/72 inch), rounded up.
    pub width: u32,
    /// Pixels down as stored; for a PDF the first page's height in points, rounded up.
    pub height: u32,
    /// How the picture is to be turned to stand upright (EXIF; for a PDF its pages are upright already).
    pub orientation: Orientation,
    /// What is wrong and can be lived with.
    pub faults: Vec<Fault>,
    /// What only this kind of file has.
    pub details: Details,
}

impl Header {
    /// Of a file of which only the kind is known.
    ///
    /// ```
    /// use idenfy_preflight::{format::Format, probe::{Details, Header}};
    /// let header = Header::unread(Format::Heic);
    /// assert!(header.width == 0 && header.details == Details::None);
    /// ```
    pub fn unread(format: Format) -> Self {
        Self {
            format,
            width: 0,
            height: 0,
            orientation: Orientation::Upright,
            faults: Vec::new(),
            details: Details::None,
        }
    }

    /// The quality that a JPEG was coded with, on libjpeg's scale.
    ///
    /// ```
    /// use idenfy_preflight::{options::Limits, probe};
    /// let limits = Limits::default();
    /// let quality = |name| Ok::<_, Box<dyn std::error::Error>>(probe::probe(&std::fs::read(name)?, &limits)?.jpeg_quality());
    /// assert!(quality("testdata/front.jpg")?.is_some() && quality("testdata/front.png")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn jpeg_quality(&self) -> Option<u8> {
        match &self.details {
            Details::Jpeg(jpeg) => jpeg.quality,
            _ => None,
        }
    }

    /// Width and height of the upright picture.
    ///
    /// ```
    /// use idenfy_preflight::{format::Format, pixmap::Orientation, probe::Header};
    /// let mut header = Header::unread(Format::Jpeg);
    /// (header.width, header.height, header.orientation) = (4032, 3024, Orientation::from_exif(6));
    /// assert_eq!(header.upright_size(), (3024, 4032));
    /// ```
    pub fn upright_size(&self) -> (u32, u32) {
        self.orientation.size(self.width, self.height)
    }
}

/// What only one kind of file has.
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{self, Details}};
/// let header = probe::probe(&std::fs::read("testdata/bill.pdf")?, &Limits::default())?;
/// let Details::Pdf(pdf) = header.details else { panic!("a PDF") };
/// assert_eq!((pdf.pages, pdf.encryption), (Some(1), None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Details {
    /// Of a JPEG.
    Jpeg(jpeg::JpegDetails),
    /// Of a PNG.
    Png(png::PngDetails),
    /// Of a PDF.
    Pdf(pdf::PdfDetails),
    /// Of a format that is only named.
    None,
}

/// Reads the header of a file of any format; those that the service does not take come back with their name, zero
/// sizes and [`Details::None`].
///
/// # Errors
/// [`Refusal::Empty`], [`Refusal::TooManyPixels`] or [`Refusal::Limit`] before anything is allocated for the picture,
/// [`Refusal::Unreadable`] and [`Refusal::Unsupported`] as the format's own reader finds, and [`Refusal::NoPages`].
///
/// ```
/// use idenfy_preflight::{fault::Refusal, options::Limits, probe::probe};
/// assert_eq!(probe(b"", &Limits::default()), Err(Refusal::Empty));
/// let bomb = std::fs::read("testdata/too_many_pixels.png")?;
/// assert!(matches!(probe(&bomb, &Limits::default()), Err(Refusal::TooManyPixels { .. })));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.len() as u64 > limits.max_file_bytes {
        return Err(Refusal::Limit {
            what: "bytes in the file",
            needed: bytes.len() as u64,
            limit: limits.max_file_bytes,
        });
    }
    match sniff(bytes) {
        Some(Format::Jpeg) => jpeg::probe(bytes, limits),
        Some(Format::Png) => png::probe(bytes, limits),
        Some(Format::Pdf) => pdf::probe(bytes, limits),
        other => Ok(Header::unread(other.unwrap_or(Format::Other("unknown")))),
    }
}

/// Holds a picture's size against the limits; zero sides are refused too.
pub(crate) fn check_size(width: u64, height: u64, limits: &Limits) -> Result<(), Refusal> {
    if width == 0 || height == 0 {
        return Err(Refusal::unreadable(format!("the header says {width} x {height} pixels")));
    }
    if width.saturating_mul(height) > limits.max_pixels {
        return Err(Refusal::TooManyPixels { width, height });
    }
    Ok(())
}
