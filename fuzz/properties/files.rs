//! Files: any bytes are a kind, a header, pixels and numbers, or a reason why not.

use super::limits;
use idenfy_preflight::{
    decode::{self, Decoded},
    fault::{Fault, Refusal},
    format::{self, Format},
    measure,
    pixmap::{Pixmap, View},
    probe::{self, Details, Header},
    replace, score, unlock,
};

/// The kind depends on the bytes alone, its name leads back to it, and the reader of that kind is the one that is asked.
pub fn sniff(bytes: &[u8]) {
    let kind = format::sniff(bytes);
    assert_eq!(kind, format::sniff(bytes));
    let Some(kind) = kind else { return };
    assert!(!kind.name().is_empty() && !kind.described().is_empty());
    if kind.is_accepted() {
        assert_eq!(Format::from_name(&format!("x.{}", kind.name())), Some(kind));
    }
    if let Ok(header) = probe::probe(bytes, &limits()) {
        assert_eq!(header.format, kind);
    }
}

/// A header within the limits or a refusal, and the same one again. A limit that is met is told with numbers that
/// bear it out.
pub fn probe(bytes: &[u8]) {
    let limits = limits();
    let header = probe::probe(bytes, &limits);
    assert_eq!(header, probe::probe(bytes, &limits));
    match header {
        Ok(header) => {
            let pixels = u64::from(header.width) * u64::from(header.height);
            assert!(!matches!(header.format, Format::Jpeg | Format::Png) || (1..=limits.max_pixels).contains(&pixels));
            if let Details::Pdf(pdf) = &header.details {
                assert!(pdf.pages.is_none_or(|n| (1..=limits.max_pages).contains(&n)) || pdf.encryption.is_some());
            }
        }
        Err(Refusal::TooManyPixels { width, height }) => assert!(width.saturating_mul(height) > limits.max_pixels),
        Err(Refusal::Limit { needed, limit, .. }) => assert!(needed > limit),
        Err(Refusal::DecoderFault { decoder }) => panic!("the {decoder} decoder panicked"),
        Err(_) => {}
    }
}

/// The header, when the bytes are of this kind.
fn header_of(bytes: &[u8], kind: Format) -> Option<Header> {
    probe::probe(bytes, &limits()).ok().filter(|header| header.format == kind)
}

fn not_a_fault<T>(result: Result<T, Refusal>) -> Option<T> {
    match result {
        Err(Refusal::DecoderFault { decoder }) => panic!("the {decoder} decoder panicked"),
        other => other.ok(),
    }
}

/// Both roads to pixels give the size that the header says, at every scale; where one of them gives a picture without a
/// fault the other does too.
fn pixels(bytes: &[u8], header: &Header) -> Option<Decoded<Pixmap>> {
    let limits = limits();
    let size = header.upright_size();
    let whole = not_a_fault(decode::pixmap(bytes, header, &limits));
    if let Some(whole) = &whole {
        assert_eq!((whole.picture.width(), whole.picture.height()), size);
    }
    for reduction in [1, 2, 4, 8] {
        let seen = not_a_fault(decode::view(bytes, header, reduction, &limits));
        let sound = |faults: &[Fault]| faults.iter().all(|fault| matches!(fault, Fault::Flattened { .. }));
        assert!(seen.is_some() || !whole.as_ref().is_some_and(|whole| sound(&whole.faults)), "seen by one road alone");
        let Some(Decoded { picture: view, faults }) = seen else { continue };
        assert!(reduction > 1 || whole.is_some() || !sound(&faults), "seen by one road alone");
        assert_eq!((view.width, view.height), size);
        assert_eq!((view.luma.width(), view.luma.height()), (size.0.div_ceil(reduction), size.1.div_ceil(reduction)));
        let region = idenfy_preflight::pixmap::Region { x: size.0 / 4..size.0 / 2 + 1, y: size.1 / 3..size.1 / 2 + 1 };
        let part = not_a_fault(decode::part(bytes, header, reduction, &region, &limits));
        assert!(part.is_none_or(|part| part.luma.width() == view.luma.width()));
    }
    whole
}

/// See [`pixels`].
pub fn jpeg(bytes: &[u8]) {
    if let Some(header) = header_of(bytes, Format::Jpeg) {
        pixels(bytes, &header);
    }
}

/// A gray level may differ by that much between two decoders that round differently, twice where chroma plays in.
const ROUNDING: u8 = 4;
/// Of the pixels so many may differ by more: in blocks whose values lie far beyond what a picture has, decoders wrap or
/// clamp as they please.
const WILD: usize = 20;

/// Luma without a fault is what zune-jpeg reads from the same file, as far as it reads it. Blocks that touch black or
/// white are left out: what lies beyond is clamped at different stages.
pub fn jpeg_differential(bytes: &[u8]) {
    use zune_jpeg::{
        JpegDecoder,
        zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
    };
    let Some(header) = header_of(bytes, Format::Jpeg) else { return };
    let Details::Jpeg(details) = &header.details else { return };
    if !matches!(details.components, 1 | 3) || !header.faults.is_empty() {
        return;
    }
    // zune-jpeg 0.5 gets progressive files that leave out passes, and several sequential scans, wrong.
    let scans = bytes.windows(2).filter(|w| *w == [0xFF, 0xDA]).count();
    if details.process > 1 || scans != 1 {
        return;
    }
    let Ok(ours) = decode::jpeg::view(bytes, &header, 1, &limits()) else { return };
    if !ours.faults.is_empty() {
        return;
    }
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma).set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    // A panic over there is no fault of ours.
    let theirs = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| decoder.decode().ok())).ok().flatten();
    let Some(theirs) = theirs.filter(|_| decoder.input_colorspace() != Some(ColorSpace::RGB)) else { return };
    let (width, height) = (header.width as usize, header.height as usize);
    assert_eq!(theirs.len(), width * height, "another size");
    let ours = ours.picture.luma;
    let (mut compared, mut apart) = (0, 0);
    for (bx, by) in (0..height.div_ceil(8)).flat_map(|y| (0..width.div_ceil(8)).map(move |x| (x * 8, y * 8))) {
        let places = || {
            let (right, below) = (width.min(bx + 8), height.min(by + 8));
            (by..below).flat_map(move |y| (bx..right).map(move |x| y * width + x))
        };
        let inner = |v: u8| (8..=247).contains(&v);
        if places().all(|i| inner(ours.data()[i]) && inner(theirs[i])) {
            compared += places().count();
            apart += places().filter(|i| ours.data()[*i].abs_diff(theirs[*i]) > ROUNDING).count();
        }
    }
    assert!(apart * WILD <= compared, "{apart} of {compared} pixels differ");
}

/// As [`pixels`]; and every sample is what the `png` crate gives when it expands the picture itself.
pub fn png(bytes: &[u8]) {
    let Some(header) = header_of(bytes, Format::Png) else { return };
    let Some(ours) = pixels(bytes, &header) else { return };
    // Profiles are applied on our side alone; damage that is lived with is not lived with there.
    let foreign = [&b"iCCP"[..], b"cICP"].iter().any(|kind| bytes.windows(4).any(|w| w == *kind));
    if foreign || header.upright_size() != (header.width, header.height) || header.orientation.exif() != 1 {
        return;
    }
    if !ours.faults.iter().all(|fault| matches!(fault, Fault::Flattened { .. })) {
        return;
    }
    // Nor do the two agree on what a chunk is worth whose checksum is wrong: the transparency is left out here.
    if header.faults.iter().any(|fault| matches!(fault, Fault::Damaged(_))) {
        return;
    }
    let Some((theirs, channels)) = expanded(bytes) else { return };
    // 16 bits are rounded here and cut there, samples and alpha.
    let apart = if bytes.get(24) == Some(&16) { 3 } else { 1 };
    for (ours, theirs) in ours.picture.data().chunks_exact(3).zip(theirs.chunks_exact(channels)) {
        let rgba = match *theirs {
            [v] => [v, v, v, 255],
            [v, a] => [v, v, v, a],
            [r, g, b] => [r, g, b, 255],
            [r, g, b, a] => [r, g, b, a],
            _ => return,
        };
        let over_white = |v: u8| (u32::from(v) * u32::from(rgba[3]) + 255 * (255 - u32::from(rgba[3])) + 127) / 255;
        for (ours, theirs) in ours.iter().zip(&rgba[..3]) {
            assert!(u32::from(*ours).abs_diff(over_white(*theirs)) <= apart, "{ours} against {theirs}");
        }
    }
}

fn expanded(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut out = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut out).ok()?;
    out.truncate(info.buffer_size());
    Some((out, info.color_type.samples()))
}

/// The first page is a view of 16 million pixels at most or a refusal; a file that opens without a password is
/// unlocked to one of as many pages that is not encrypted.
pub fn pdf(bytes: &[u8]) {
    let Some(header) = header_of(bytes, Format::Pdf) else { return };
    let limits = limits();
    if let Some(Decoded { picture, .. }) = not_a_fault(decode::view(bytes, &header, 1, &limits)) {
        let pixels = u64::from(picture.luma.width()) * u64::from(picture.luma.height());
        assert!((1..=16_100_000).contains(&pixels), "{pixels} pixels");
    }
    let Details::Pdf(before) = &header.details else { return };
    match unlock::unlock(bytes, None, &limits) {
        Ok(copy) => {
            let after = probe::probe(&copy, &limits).expect("an unlocked copy is read");
            let Details::Pdf(after) = after.details else { panic!("an unlocked copy is a PDF") };
            assert!(before.encryption.is_some() && after.encryption.is_none());
            assert!(before.pages.is_none() || before.pages == after.pages);
        }
        Err(unlock::UnlockError::Refused(Refusal::DecoderFault { decoder })) => panic!("{decoder} panicked"),
        Err(_) => {}
    }
}

/// What is converted is a JPEG without a fault, upright, of the size that the picture has.
pub fn other(bytes: &[u8]) {
    let Ok(header) = probe::probe(bytes, &limits()) else { return };
    if header.format.is_accepted() {
        return;
    }
    let limits = limits();
    let Some(Ok(new)) = replace::replace(bytes, &header, true, None, &limits) else { return };
    let picture = decode::other::pixmap(bytes, header.format, &limits).expect("it decodes a second time").picture;
    let header = header_of(&new.bytes, Format::Jpeg).expect("what was converted is a JPEG");
    assert_eq!(header.upright_size(), (picture.width(), picture.height()));
    let again = decode::pixmap(&new.bytes, &header, &limits).expect("what was converted decodes");
    assert!(header.faults.is_empty() && again.faults.is_empty());
}

/// Any samples are measured: numbers that are numbers, corners that are places, scores up to 100, and the same from one
/// thread as from many.
pub fn measure(bytes: &[u8]) {
    let (sides, kind, samples) = super::settings(bytes);
    let (width, height) = (u32::from(sides & 0xFF) + 1, u32::from(sides >> 8) + 1);
    if samples.is_empty() {
        return;
    }
    // A few bytes make a large picture: repeated, and each sample as large as the kind says.
    let zoom = usize::from(kind >> 4) + 1;
    let at = |x: usize, y: usize, c: usize| {
        samples[((y / zoom * (width as usize / zoom + 1) + x / zoom) * 3 + c) % samples.len()]
    };
    let data = (0..height as usize)
        .flat_map(|y| (0..width as usize).flat_map(move |x| (0..3).map(move |c| (x, y, c))))
        .map(|(x, y, c)| at(x, y, c));
    let pixmap = Pixmap::new(width, height, data.collect()).expect("as many samples as pixels");
    let view = View::from_pixmap(&pixmap, 1 << (kind & 3));
    let measured = super::submissions::on_threads(1, || measure::measure(&view));
    assert_eq!(measured.native().len(), super::submissions::on_threads(3, || measure::measure(&view)).native().len());
    let again = super::submissions::on_threads(3, || measure::measure(&view));
    for ((name, a), (_, b)) in measured.native().into_iter().zip(again.native()) {
        assert!(a == b || (a.is_nan() && b.is_nan()), "{name}: {a} and {b}");
        assert!(!a.is_infinite(), "{name} is infinite");
    }
    if let Some(document) = &measured.document {
        assert!(document.quad.iter().flatten().all(|v| v.is_finite()));
        assert!((0.0..=1.0).contains(&document.confidence));
    }
    let scores = score::score(&measured);
    let all = [scores.legibility, scores.sharpness, scores.glare, scores.exposure, scores.document];
    assert!(all.into_iter().flatten().all(|score| score <= 100));
    measure::face::find(&view);
}
