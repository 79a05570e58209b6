use super::{parts::Ihdr, *};
use crate::{fault::Refusal, format::PNG_SIGNATURE};
use flate2::{Compression, write::ZlibEncoder};
use proptest::prelude::*;
use std::io::Write;

/// A chunk with its length and checksum.
pub(crate) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let sum = crc32fast::hash(&[kind, data].concat());
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &sum.to_be_bytes()].concat()
}

pub(crate) fn deflated(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A PNG of rows without filter, with `extra` chunks before its data. Interlaced pictures are left to `data`.
pub(crate) fn png(ihdr: Ihdr, extra: &[Vec<u8>], data: &[u8]) -> Vec<u8> {
    let mut header = [ihdr.width.to_be_bytes(), ihdr.height.to_be_bytes()].concat();
    header.extend([ihdr.depth, ihdr.colour, 0, 0, u8::from(ihdr.interlaced)]);
    let mut out = [&PNG_SIGNATURE[..], &chunk(b"IHDR", &header), &extra.concat()].concat();
    out.extend(chunk(b"IDAT", &deflated(data)));
    out.extend(chunk(b"IEND", &[]));
    out
}

pub(crate) fn ihdr(width: u32, height: u32, depth: u8, colour: u8) -> Ihdr {
    Ihdr { width, height, depth, colour, interlaced: false }
}

/// Gray, 4 x 3, each row with a filter byte of 0.
pub(crate) fn small(extra: &[Vec<u8>]) -> Vec<u8> {
    png(ihdr(4, 3, 8, 0), extra, &[0, 10, 20, 30, 40, 0, 50, 60, 70, 80, 0, 90, 100, 110, 120])
}

fn probed(bytes: &[u8]) -> Header {
    probe(bytes, &Limits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> String {
    match probe(bytes, &Limits::default()) {
        Err(Refusal::Unreadable(at)) => at.what,
        other => panic!("{other:?}"),
    }
}

fn damage(bytes: &[u8]) -> String {
    match probed(bytes).faults.as_slice() {
        [Fault::Damaged(at)] => at.what.clone(),
        other => panic!("{other:?}"),
    }
}

/// Where a chunk begins, with its length.
pub(crate) fn place(bytes: &[u8], kind: &[u8; 4]) -> usize {
    crate::format::find(bytes, kind).unwrap() - 4
}

#[test]
fn a_clean_file_has_no_faults() {
    let header = probed(&small(&[chunk(b"tEXt", b"Software\0by hand"), chunk(b"pHYs", &[0; 9])]));
    assert_eq!((header.width, header.height, header.orientation), (4, 3, Orientation::Upright));
    assert_eq!(header.faults, []);
    let Details::Png(details) = header.details else { panic!() };
    assert!(details.data_sums_hold && !details.colour_managed && details.bit_depth == 8);
}

#[test]
fn a_damaged_signature_says_what_happened() {
    let good = small(&[]);
    let mangled = |from: &[u8], to: &[u8]| [to, &good[from.len()..]].concat();
    assert!(refused(&mangled(b"\x89PNG\r\n\x1A\n", b"\x89PNG\n\x1A\n")).contains("as if it were text"));
    assert!(refused(&mangled(b"\x89PNG\r\n", b"\x89PNG\r\r\n")).contains("as if it were text"));
    assert!(refused(&mangled(b"\x89", b"\x09")).contains("eighth bit"));
    assert!(refused(&good[..8]).contains("first bytes"));
    assert!(refused(&good[..5]).contains("first bytes"));
}

#[test]
fn headers_that_make_no_sense_are_refused() {
    for (depth, colour) in [(3, 0), (0, 2), (16, 3), (8, 1), (8, 5), (4, 6)] {
        assert!(refused(&png(ihdr(1, 1, depth, colour), &[], &[0, 0])).contains("does not exist"), "{depth} {colour}");
    }
    assert!(refused(&png(ihdr(0, 1, 8, 0), &[], &[])).contains("0 x 1"));
    let mut bad_sum = small(&[]);
    bad_sum[20] ^= 1;
    assert!(refused(&bad_sum).contains("header is damaged"));
    let two = small(&[chunk(b"IHDR", &small(&[])[16..29])]);
    assert!(refused(&two).contains("two headers"));
    let mut apple = small(&[]);
    apple.splice(8..8, chunk(b"CgBI", &[0; 4]));
    assert!(matches!(probe(&apple, &Limits::default()), Err(Refusal::Unsupported(_))));
}

#[test]
fn the_size_is_refused_from_the_header_alone() {
    let huge = &png(ihdr(50_000, 50_000, 8, 6), &[], &[])[..33];
    let got = probe(huge, &Limits::default());
    assert_eq!(got, Err(Refusal::TooManyPixels { width: 50_000, height: 50_000 }));
}

#[test]
fn palettes_and_unknown_parts_are_judged_as_libpng_does() {
    let indexed = |extra: &[Vec<u8>]| png(ihdr(1, 1, 8, 3), extra, &[0, 0]);
    let plte = chunk(b"PLTE", &[1, 2, 3]);
    assert_eq!(probed(&indexed(std::slice::from_ref(&plte))).faults, []);
    assert!(refused(&indexed(&[])).contains("no palette"));
    assert!(refused(&indexed(&[chunk(b"PLTE", &[1, 2, 3, 4])])).contains("palette is damaged"));
    assert!(refused(&indexed(&[chunk(b"PLTE", &[0; 771])])).contains("palette is damaged"));
    assert!(refused(&indexed(&[plte.clone(), plte])).contains("two palettes"));
    assert!(refused(&small(&[chunk(b"CRIT", &[])])).contains("unknown part, CRIT"));
    assert_eq!(probed(&small(&[chunk(b"noTe", b"hello")])).faults, []);
    assert!(refused(&small(&[chunk(b"\x01\x02\x03\x04", b"hello")])).contains("not where they should be"));
}

#[test]
fn wrong_checksums_and_lengths_are_damage() {
    let mut bytes = small(&[chunk(b"tEXt", b"a\0b")]);
    let at = place(&bytes, b"tEXt");
    bytes[at + 9] ^= 1;
    assert!(damage(&bytes).contains("checksum of the part tEXt"));
    let mut bytes = small(&[]);
    let at = place(&bytes, b"IEND") - 1;
    bytes[at] ^= 1;
    assert!(damage(&bytes).contains("checksum of the picture data"));
    let Details::Png(details) = probed(&bytes).details else { panic!() };
    assert!(!details.data_sums_hold);
    assert!(damage(&small(&[chunk(b"sRGB", &[0; 2])])).contains("sRGB has the wrong length"));
    assert!(damage(&small(&[chunk(b"tRNS", &[0; 3])])).contains("tRNS has the wrong length"));
}

#[test]
fn a_missing_end_is_damage_and_missing_data_is_the_end() {
    let bytes = small(&[]);
    let end = place(&bytes, b"IEND");
    assert!(damage(&bytes[..end]).contains("ends before the PNG does"));
    assert!(damage(&[&bytes[..end], b"\0\0\0\0\0\0\0\0\0\0\0\0"].concat()).contains("junk follows"));
    let data = place(&bytes, b"IDAT");
    assert!(refused(&[&bytes[..data], &bytes[end..]].concat()).contains("no picture data"));
}

#[test]
fn what_follows_the_end_is_named() {
    let behind = |tail: &[u8]| probed(&[&small(&[]), tail].concat()).faults;
    let trailing = |bytes, what: &str| vec![Fault::Trailing { bytes, what: what.into() }];
    assert_eq!(behind(b"hello there"), trailing(11, "plain text"));
    assert_eq!(behind(&[0; 5]), trailing(5, "zero bytes and nothing else, as a failed copy leaves them"));
    assert_eq!(behind(b"\xFF\xD8\xFF\xE0"), trailing(4, "a JPEG file"));
    assert_eq!(behind(b"\x01\x02\x9F"), trailing(3, "bytes of no known kind"));
    assert_eq!(behind(b"PK\x03\x04 PK\x05\x06"), [Fault::Polyglot { also: "zip" }]);
    assert_eq!(behind(b"%PDF-1.4\n1 0 obj\nstartxref\n0\n%%EOF"), [Fault::Polyglot { also: "pdf" }]);
}

#[test]
fn text_that_swells_is_told_and_never_unpacked_further_than_allowed() {
    let bomb = deflated(&vec![b'a'; (1 << 20) + 1]);
    let ztxt = chunk(b"zTXt", &[b"Comment\0\0", &bomb[..]].concat());
    let itxt = chunk(b"iTXt", &[b"Comment\0\x01\0en\0Kommentar\0", &bomb[..]].concat());
    for text in [ztxt, itxt] {
        assert!(damage(&small(std::slice::from_ref(&text))).contains("more than 1 MiB"));
        let limits = Limits { max_inflated: 1000, ..Limits::default() };
        assert_eq!(probe(&small(&[text]), &limits).unwrap().faults, []);
    }
    let fine = deflated(&vec![b'a'; 1 << 20]);
    assert_eq!(probed(&small(&[chunk(b"zTXt", &[b"Comment\0\0", &fine[..]].concat())])).faults, []);
}

#[test]
fn orientation_is_read_from_exif_that_is_whole() {
    let tiff =
        |value: u8| [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[value, 0, 0, 0, 0, 0, 0][..]].concat();
    for value in 1..=8 {
        assert_eq!(probed(&small(&[chunk(b"eXIf", &tiff(value))])).orientation.exif(), value);
        let prefixed = [b"Exif\0\0", &tiff(value)[..]].concat();
        assert_eq!(probed(&small(&[chunk(b"eXIf", &prefixed)])).orientation.exif(), value);
    }
    let mut bad = small(&[chunk(b"eXIf", &tiff(6))]);
    let at = place(&bad, b"eXIf");
    bad[at + 8] ^= 1;
    assert_eq!(probed(&bad).orientation, Orientation::Upright);
    assert!(damage(&bad).contains("eXIf"));
}

#[test]
fn animations_and_deep_samples_are_told() {
    let control = |frames: u32| chunk(b"acTL", &[frames.to_be_bytes(), [0; 4]].concat());
    let frame = || chunk(b"fcTL", &[0; 26]);
    let faults = |extra: &[Vec<u8>]| probed(&small(extra)).faults;
    assert_eq!(faults(&[control(2), frame(), frame()]), [Fault::Flattened { what: "an animation of 2 frames".into() }]);
    assert_eq!(faults(&[control(1), frame()]), []);
    assert!(matches!(faults(&[control(3), frame()]).as_slice(), [Fault::Damaged(_)]));
    assert!(matches!(faults(&[control(0)]).as_slice(), [Fault::Damaged(_)]));
    let deep = png(ihdr(1, 1, 16, 0), &[], &[0, 1, 2]);
    assert_eq!(probed(&deep).faults, [Fault::Flattened { what: "16 bits per sample".into() }]);
}

proptest! {
    #[test]
    fn any_chunks_get_an_answer(
        kinds in proptest::collection::vec(prop::sample::select(vec![
            *b"IHDR", *b"PLTE", *b"IDAT", *b"IEND", *b"tRNS", *b"eXIf", *b"iCCP", *b"cICP", *b"acTL", *b"fcTL", *b"zTXt",
            *b"iTXt", *b"sRGB", *b"CRIT", *b"\0\0\0\0",
        ]), 0..12),
        data in proptest::collection::vec(any::<u8>(), 0..60),
        cut in 0usize..2000,
    ) {
        let extra: Vec<_> = kinds.iter().enumerate().map(|(i, k)| chunk(k, &data[i.min(data.len())..])).collect();
        let bytes = small(&extra);
        let _ = probe(&bytes[..bytes.len().min(cut)], &Limits::default());
    }
}
