use super::*;
use crate::{
    format::PNG_SIGNATURE,
    probe::png::{
        probe,
        tests::{chunk, deflated, ihdr, place, png, small},
    },
};
use proptest::prelude::*;

fn seen(bytes: &[u8]) -> Result<Decoded<Pixmap>, Refusal> {
    let limits = Limits::default();
    pixmap(bytes, &probe(bytes, &limits)?, &limits)
}

fn gray(bytes: &[u8]) -> Vec<u8> {
    seen(bytes).unwrap().picture.data().iter().step_by(3).copied().collect()
}

/// Sums made right again, after something was changed within chunks.
fn summed(bytes: &[u8]) -> Vec<u8> {
    let mut out = PNG_SIGNATURE.to_vec();
    for part in crate::probe::png::chunks::Chunks::new(bytes) {
        out.extend(chunk(&part.kind, part.data));
    }
    out
}

/// Seven passes of 8-bit gray (PNG, 8.2).
fn interlaced(width: u32, height: u32, gray: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    for (x0, y0, dx, dy) in
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    {
        for y in (y0..height).step_by(dy) {
            let row: Vec<u8> = (x0..width).step_by(dx).map(|x| gray[(y * width + x) as usize]).collect();
            if !row.is_empty() {
                data.push(0);
                data.extend(row);
            }
        }
    }
    png(Ihdr { interlaced: true, ..ihdr(width, height, 8, 0) }, &[], &data)
}

/// A picture of any kind, with a palette and a transparent colour or none.
fn any_png() -> impl Strategy<Value = (Ihdr, Vec<u8>)> {
    const KINDS: [(u8, u8); 15] = [
        (1, 0),
        (2, 0),
        (4, 0),
        (8, 0),
        (16, 0),
        (8, 2),
        (16, 2),
        (1, 3),
        (2, 3),
        (4, 3),
        (8, 3),
        (8, 4),
        (16, 4),
        (8, 6),
        (16, 6),
    ];
    let size = (1u32..20, 1u32..20, prop::sample::select(KINDS.to_vec()), any::<bool>());
    size.prop_flat_map(|(width, height, (depth, colour), transparent)| {
        let ihdr = ihdr(width, height, depth, colour);
        let bytes = row_bytes(&ihdr) as usize * height as usize;
        (Just((ihdr, transparent)), proptest::collection::vec(any::<u8>(), bytes))
    })
    .prop_map(|((ihdr, transparent), samples)| {
        let rows = samples.chunks(row_bytes(&ihdr) as usize).flat_map(|row| [&[0], row].concat()).collect::<Vec<_>>();
        let mut extra = Vec::new();
        if ihdr.colour == 3 {
            extra.push(chunk(b"PLTE", &(0..3 << ihdr.depth).map(|i| (i * 37 % 251) as u8).collect::<Vec<_>>()));
        }
        let first = &samples[..samples.len().min(6)];
        match ihdr.colour {
            0 if transparent => extra.push(chunk(b"tRNS", &gray_key(ihdr.depth, first))),
            2 if transparent && ihdr.depth == 8 => extra.push(chunk(b"tRNS", &[0, first[0], 0, first[1], 0, first[2]])),
            2 if transparent => extra.push(chunk(b"tRNS", first)),
            3 if transparent => extra.push(chunk(b"tRNS", &[0, 100])),
            _ => {}
        }
        (ihdr, png(ihdr, &extra, &rows))
    })
}

/// The first sample, as tRNS has it.
fn gray_key(depth: u8, samples: &[u8]) -> [u8; 2] {
    match depth {
        16 => [samples[0], samples[1]],
        depth => [0, samples[0] >> (8 - depth)],
    }
}

proptest! {
    #[test]
    fn every_kind_comes_out_as_another_decoder_has_it((ihdr, bytes) in any_png()) {
        let got = seen(&bytes).unwrap();
        let rgba = image::load_from_memory(&bytes).unwrap().to_rgba8();
        let mut clear = false;
        for (got, [want @ .., alpha]) in got.picture.data().chunks(3).zip(rgba.as_chunks::<4>().0) {
            clear |= *alpha < 255;
            let alpha = f64::from(*alpha) / 255.0;
            for (got, want) in got.iter().zip(want) {
                let want = f64::from(*want) * alpha + 255.0 * (1.0 - alpha);
                prop_assert!((f64::from(*got) - want).abs() <= 1.0, "{got} for {want} in {ihdr:?}");
            }
        }
        let told = got.faults.contains(&Fault::Flattened { what: "transparency".into() });
        prop_assert!(told == clear || ihdr.depth == 16, "{:?}", got.faults);
    }

    #[test]
    fn the_view_is_the_picture_brought_down((ihdr, bytes) in any_png(), n in prop::sample::select(vec![1u32, 2, 4, 8])) {
        let limits = Limits::default();
        let header = probe(&bytes, &limits).unwrap();
        let got = view(&bytes, &header, n, &limits).unwrap();
        let whole = pixmap(&bytes, &header, &limits).unwrap();
        prop_assert_eq!(&got.faults, &whole.faults);
        let want = View::from_pixmap(&whole.picture, n);
        prop_assert_eq!((got.picture.width, got.picture.height), (ihdr.width, ihdr.height));
        for (got, want) in got.picture.luma.data().iter().zip(want.luma.data()) {
            prop_assert!(got.abs_diff(*want) <= 1);
        }
    }

    #[test]
    fn interlaced_pictures_are_put_together(
        (width, height, samples) in (1u32..20, 1u32..20).prop_flat_map(|(w, h)| {
            (Just(w), Just(h), proptest::collection::vec(any::<u8>(), (w * h) as usize))
        }),
    ) {
        prop_assert_eq!(gray(&interlaced(width, height, &samples)), samples);
    }

    #[test]
    fn every_truncation_is_noticed((_, bytes) in any_png(), at in any::<prop::sample::Index>()) {
        noticed(&bytes[..at.index(bytes.len())])?;
    }

    #[test]
    fn changed_bytes_never_panic(
        (_, mut bytes) in any_png(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        sums: bool,
    ) {
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = seen(&if sums { summed(&bytes) } else { bytes });
    }
}

fn noticed(bytes: &[u8]) -> Result<(), TestCaseError> {
    let limits = Limits::default();
    if let Ok(header) = probe(bytes, &limits) {
        let damaged = |faults: &[Fault]| faults.iter().any(|f| matches!(f, Fault::Damaged(_)));
        let decoded = view(bytes, &header, 1, &limits);
        prop_assert!(damaged(&header.faults) || decoded.is_err(), "{decoded:?} of {} bytes", bytes.len());
    }
    Ok(())
}

#[test]
fn every_truncation_of_one_picture_is_noticed() {
    let picture = interlaced(9, 9, &[7; 81]);
    for bytes in [small(&[chunk(b"tEXt", b"a\0b")]), picture] {
        (0..bytes.len()).for_each(|cut| noticed(&bytes[..cut]).unwrap());
    }
}

#[test]
fn missing_rows_are_counted() {
    let rows: Vec<u8> = (0..64).flat_map(|y| [&[0][..], &[y; 64]].concat()).collect();
    let bytes = png(ihdr(64, 80, 8, 0), &[], &rows);
    let decoded = seen(&bytes).unwrap();
    let [Fault::BrokenOff(at)] = decoded.faults.as_slice() else { panic!("{:?}", decoded.faults) };
    assert_eq!((at.what.as_str(), at.row), ("the picture breaks off after 64 of 80 rows", Some(64)));
    assert!(
        decoded.picture.data().chunks(64 * 3).enumerate().all(|(y, row)| row[0] == if y < 64 { y as u8 } else { 128 })
    );
    assert!(at.byte.is_some_and(|byte| (byte as usize) > place(&bytes, b"IDAT") && (byte as usize) < bytes.len()));
    let noise: Vec<u8> = (0..64u32).flat_map(|y| [&[0][..], &noise(y)].concat()).collect();
    let bytes = png(ihdr(64, 64, 8, 0), &[], &noise);
    let limits = Limits::default();
    let half = &bytes[..bytes.len() / 2];
    let decoded = view(half, &probe(half, &limits).unwrap(), 8, &limits).unwrap();
    let [Fault::BrokenOff(at)] = decoded.faults.as_slice() else { panic!("{:?}", decoded.faults) };
    assert!(at.row.is_some_and(|row| (20..40).contains(&row)), "{at:?}");
}

#[test]
fn next_to_nothing_is_no_picture() {
    for (rows, is_one) in [(0_u8, false), (3, false), (4, true)] {
        let rows: Vec<u8> = (0..rows).flat_map(|y| [&[0][..], &[y; 64]].concat()).collect();
        let decoded = seen(&png(ihdr(64, 80, 8, 0), &[], &rows));
        assert_eq!(decoded.is_ok(), is_one, "{decoded:?}");
    }
}

#[test]
fn an_interlaced_picture_that_breaks_off_late_is_a_coarse_one() {
    let samples: Vec<u8> = (0..64 * 64_u32).map(|i| (i % 64 * 2 + i / 64) as u8).collect();
    let whole = raw(&interlaced(64, 64, &samples));
    // Bytes of the passes 1 to 7, each row with its filter byte.
    let ends: Vec<usize> = [(8, 8), (8, 8), (8, 16), (16, 16), (16, 32), (32, 32), (32, 64)]
        .iter()
        .scan(0, |end, (rows, width)| {
            *end += rows * (width + 1);
            Some(*end)
        })
        .collect();
    assert_eq!(ends[6], whole.len());
    for (pass, end) in ends.iter().enumerate().take(6) {
        let cut = png(Ihdr { interlaced: true, ..ihdr(64, 64, 8, 0) }, &[], &whole[..end + 9]);
        let told = format!("the picture breaks off in pass {} of its 7", pass + 2);
        match seen(&cut) {
            Ok(decoded) => {
                assert!(pass >= 4, "{pass}");
                let [Fault::BrokenOff(at)] = decoded.faults.as_slice() else { panic!("{:?}", decoded.faults) };
                assert_eq!(at.what, told);
                let gray = decoded.picture.data().iter().step_by(3);
                assert!(gray.zip(&samples).all(|(got, want)| got.abs_diff(*want) <= 3));
            }
            Err(Refusal::Unreadable(at)) => assert!(pass < 4 && at.what == told, "{at:?}"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// The filtered rows of a PNG with one run of data.
fn raw(bytes: &[u8]) -> Vec<u8> {
    let chunks = crate::probe::png::chunks::Chunks::new(bytes);
    let data: Vec<u8> = chunks.filter(|c| &c.kind == b"IDAT").flat_map(|c| c.data.to_vec()).collect();
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&*data), &mut out).unwrap();
    out
}

fn noise(seed: u32) -> [u8; 64] {
    std::array::from_fn(|i| ((seed * 64 + i as u32).wrapping_mul(2_654_435_761) >> 13) as u8)
}

#[test]
fn one_wrong_sum_is_damage_and_two_are_the_end() {
    let good = small(&[]);
    let sum_of_pixels = place(&good, b"IEND") - 5;
    let mut bytes = good.clone();
    bytes[sum_of_pixels] ^= 1;
    assert!(matches!(seen(&bytes), Err(Refusal::Unreadable(_))), "both sums are wrong");
    let decoded = seen(&summed(&bytes)).unwrap();
    assert_eq!(decoded.picture, seen(&good).unwrap().picture);
    let told = Fault::Damaged(Break::new("the checksum of the pixels is wrong"));
    assert_eq!(decoded.faults, [told]);
    let mut bytes = good.clone();
    bytes[sum_of_pixels + 1] ^= 1;
    assert_eq!(seen(&bytes).unwrap().faults, [], "probe has told already");
}

#[test]
fn only_the_first_run_of_data_counts() {
    let rows = deflated(&[0, 1, 0, 2]);
    let (a, b) = rows.split_at(5);
    let whole = png(ihdr(1, 2, 8, 0), &[], &[]);
    let with = |parts: &[Vec<u8>]| [&whole[..33], &parts.concat(), &chunk(b"IEND", &[])].concat();
    assert_eq!(gray(&with(&[chunk(b"IDAT", a), chunk(b"IDAT", b)])), [1, 2]);
    let apart = with(&[chunk(b"IDAT", a), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", b)]);
    assert!(matches!(seen(&apart), Err(Refusal::Unreadable(_))));
}

#[test]
fn colours_that_the_palette_lacks_are_damage() {
    let bytes = png(ihdr(2, 1, 8, 3), &[chunk(b"PLTE", &[9, 9, 9])], &[0, 0, 5]);
    let decoded = seen(&bytes).unwrap();
    assert_eq!(decoded.picture.data(), [9, 9, 9, 0, 0, 0]);
    assert_eq!(decoded.faults, [Fault::Damaged(Break::new("pixels have colours that its palette lacks"))]);
}

#[test]
fn transparency_that_no_pixel_has_is_not_told() {
    let palette = [chunk(b"PLTE", &[9, 9, 9, 5, 5, 5]), chunk(b"tRNS", &[255, 0])];
    assert_eq!(seen(&png(ihdr(1, 1, 8, 3), &palette, &[0, 0])).unwrap().faults, []);
    assert_eq!(seen(&png(ihdr(1, 1, 8, 3), &palette, &[0, 1])).unwrap().picture.data(), [255; 3]);
    assert_eq!(seen(&png(ihdr(1, 1, 8, 6), &[], &[0, 1, 2, 3, 255])).unwrap().faults, []);
    assert_eq!(seen(&png(ihdr(1, 1, 8, 6), &[], &[0, 1, 2, 3, 0])).unwrap().picture.data(), [255; 3]);
}

#[test]
fn memory_is_asked_for_within_the_limit() {
    let limits = Limits { max_memory: 1000, ..Limits::default() };
    let plain = png(ihdr(40, 40, 8, 0), &[], &[0; 41 * 40]);
    let header = probe(&plain, &limits).unwrap();
    assert!(matches!(pixmap(&plain, &header, &limits), Err(Refusal::Limit { needed: 4800, limit: 1000, .. })));
    assert!(view(&plain, &header, 1, &limits).is_ok());
    let passes = interlaced(40, 40, &[0; 1600]);
    assert!(matches!(view(&passes, &header, 1, &limits), Err(Refusal::Limit { needed: 1600, .. })));
}

#[test]
fn wide_colours_are_converted_and_srgb_stays_to_the_bit() {
    let with = |profile: moxcms::ColorProfile| {
        let icc = [b"a profile\0\0", &deflated(&profile.encode().unwrap())[..]].concat();
        png(ihdr(1, 1, 8, 2), &[chunk(b"iCCP", &icc)], &[0, 200, 100, 50])
    };
    assert_eq!(seen(&with(moxcms::ColorProfile::new_srgb())).unwrap().picture.data(), [200, 100, 50]);
    // Display P3 has the wider primaries, so that the same numbers are a stronger colour: 215, 93, 31 in sRGB.
    let p3 = seen(&with(moxcms::ColorProfile::new_display_p3())).unwrap().picture;
    let near = |got: &[u8], want: [u8; 3]| got.iter().zip(want).all(|(a, b)| a.abs_diff(b) <= 2);
    assert!(near(p3.data(), [215, 93, 31]), "{:?}", p3.data());
    let code_points = |p, t| png(ihdr(1, 1, 8, 2), &[chunk(b"cICP", &[p, t, 0, 1])], &[0, 200, 100, 50]);
    assert_eq!(seen(&code_points(1, 13)).unwrap().picture.data(), [200, 100, 50]);
    let p3 = seen(&code_points(12, 13)).unwrap().picture;
    assert!(near(p3.data(), [215, 93, 31]), "{:?}", p3.data());
    let broken = png(ihdr(1, 1, 8, 2), &[chunk(b"iCCP", b"name\0\0junk")], &[0, 200, 100, 50]);
    assert_eq!(seen(&broken).unwrap().picture.data(), [200, 100, 50]);
}
