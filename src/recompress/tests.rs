use super::{budget::base64_len, *};
use crate::{
    decode,
    pixmap::{Orientation, Pixmap},
    probe,
    watch::Watch,
};
use proptest::prelude::*;

/// A picture with edges, gradients and as much noise as asked for.
fn pixmap(width: u32, height: u32, noise: u32, seed: u32) -> Pixmap {
    let hash = |i: u32| {
        (i ^ seed.wrapping_mul(0x9E37)).wrapping_mul(0x85EB_CA6B).rotate_left(15).wrapping_mul(0xC2B2_AE35) >> 16
    };
    let data = (0..width * height).flat_map(|i| {
        let (x, y) = (i % width, i / width);
        let base = if (x / 7 + y / 11) % 5 == 0 { 40 } else { 150 + (x * 60 / width) };
        let n = if noise == 0 { 0 } else { hash(i) % noise };
        [base + n, base + n - 15, base + n - 30].map(|v| v.min(255) as u8)
    });
    Pixmap::new(width, height, data.collect()).unwrap()
}

/// A JPEG at quality 95 with an orientation, a GPS position, a maker's comment and a film behind it.
fn phone_jpeg(pixmap: &Pixmap, orientation: u8) -> Vec<u8> {
    let mut plain = Vec::new();
    let rgb = image::RgbImage::from_raw(pixmap.width(), pixmap.height(), pixmap.data().to_vec()).unwrap();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 95).encode_image(&rgb).unwrap();
    let mut exif = b"\xFF\xE1\0\x36Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0]);
    exif.extend(b"\x01\x0F\0\x02\0\0\0\x08\0\0\0\x26\0\0\0\0GPSHERE\0");
    [&plain[..2], &exif, &plain[2..], b"ftypmp42 a film"].concat()
}

fn png(pixmap: &Pixmap) -> Vec<u8> {
    let rgb = image::RgbImage::from_raw(pixmap.width(), pixmap.height(), pixmap.data().to_vec()).unwrap();
    let mut out = std::io::Cursor::new(Vec::new());
    rgb.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

struct Given {
    files: Vec<(Step, Vec<u8>, Header)>,
}

impl Given {
    fn new(files: Vec<Vec<u8>>) -> Self {
        let steps = ["FRONT", "BACK", "FACE", "UTILITY_BILL", "PAGE_4", "PAGE_5"];
        let each = files.into_iter().zip(steps).map(|(bytes, step)| {
            let header = probe::probe(&bytes, &Limits::default()).unwrap();
            (step.into(), bytes, header)
        });
        Self { files: each.collect() }
    }

    fn whole(&self) -> u64 {
        self.files.iter().map(|f| base64_len(f.1.len() as u64)).sum()
    }

    fn fit(&self, room: u64, cap: Option<u64>) -> Result<Vec<Encoded<'_>>, Infeasible> {
        let sources: Vec<Source<'_>> = self
            .files
            .iter()
            .map(|(step, bytes, header)| Source { step, bytes, header, hint: Hint::default() })
            .collect();
        let mut service = Service::default();
        service.max_body_bytes = room + 100;
        service.max_image_base64 = cap;
        fit(&sources, 100, &service, &Limits::default())
    }
}

fn whole(encoded: &[Encoded<'_>]) -> u64 {
    encoded.iter().map(|e| base64_len(e.bytes.len() as u64)).sum()
}

/// What must hold of any answer.
fn holds(given: &Given, room: u64, cap: Option<u64>) -> Result<(), TestCaseError> {
    let answer = given.fit(room, cap);
    let fits =
        given.whole() <= room && given.files.iter().all(|f| base64_len(f.1.len() as u64) <= cap.unwrap_or(u64::MAX));
    let encoded = match answer {
        Err(infeasible) => {
            prop_assert!(!fits && infeasible.least > infeasible.limit, "{infeasible:?}");
            return Ok(());
        }
        Ok(encoded) => encoded,
    };
    prop_assert!(whole(&encoded) <= room, "{} of {room}", whole(&encoded));
    for (e, (_, original, header)) in encoded.iter().zip(&given.files) {
        prop_assert!(base64_len(e.bytes.len() as u64) <= cap.unwrap_or(u64::MAX));
        prop_assert!(!fits || matches!(e.bytes, Cow::Borrowed(b) if b.as_ptr() == original.as_ptr()));
        prop_assert_eq!(e.recompressed, *e.bytes != **original);
        let again = probe::probe(&e.bytes, &Limits::default()).unwrap();
        let picture = decode::pixmap(&e.bytes, &again, &Limits::default()).unwrap().picture;
        prop_assert_eq!((picture.width(), picture.height()), (e.width, e.height));
        prop_assert_eq!(again.format, e.format);
        if e.recompressed {
            prop_assert!(!e.bytes.windows(7).any(|w| w == b"GPSHERE" || w == b"ftypmp4"));
        }
        if let Some(quality) = e.quality {
            prop_assert!(quality >= 75 && again.orientation == Orientation::Upright);
            let (width, height) = header.upright_size();
            let skew = f64::from(e.width) / f64::from(width) - f64::from(e.height) / f64::from(height);
            prop_assert!(e.width <= width && skew.abs() <= 1.0 / f64::from(width.min(height)));
        } else {
            prop_assert_eq!(again.upright_size(), header.upright_size());
        }
    }
    Ok(())
}

/// Submissions of one to four pictures, and a budget for them from a tenth of their size up.
fn cases() -> impl Strategy<Value = (Vec<(u32, u32, u32, u8)>, u64, Option<u64>)> {
    let one = (8u32..700, 8u32..700, 0u32..60, 0u8..=9);
    let cap = proptest::option::weighted(0.2, 20u64..120);
    (proptest::collection::vec(one, 1..5), 10u64..110, cap)
}

fn check((pictures, percent, cap): (Vec<(u32, u32, u32, u8)>, u64, Option<u64>)) -> Result<(), TestCaseError> {
    let files = pictures.iter().zip(0u32..).map(|((w, h, noise, kind), seed)| {
        let pixmap = pixmap(*w, *h, *noise, seed);
        if *kind == 0 || *kind == 9 { png(&pixmap) } else { phone_jpeg(&pixmap, *kind) }
    });
    let given = Given::new(files.collect());
    let room = (given.whole() * percent / 100).max(50_000);
    let largest = given.files.iter().map(|f| base64_len(f.1.len() as u64)).max().unwrap_or(0);
    holds(&given, room, cap.map(|percent| largest * percent / 100))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn never_over_and_what_fits_is_untouched(case in cases()) {
        check(case)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    /// `cargo test --release --lib -- --ignored ten_thousand`
    #[test]
    #[ignore = "takes minutes"]
    fn never_over_in_ten_thousand_submissions(case in cases()) {
        check(case)?;
    }
}

/// `cargo test --release --lib -- --ignored --nocapture the_budget_is_used_in`
#[test]
#[ignore = "takes minutes"]
#[expect(clippy::print_stdout, reason = "the figures of testdata/BUDGET.md")]
fn the_budget_is_used_in_four_hundred_submissions() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let one = (8u32..1600, 8u32..1600, 0u32..60, 0u8..=9);
    let strategy = (proptest::collection::vec(one, 1..5), 10u64..100);
    let mut runner = TestRunner::deterministic();
    let (mut used, mut passes, mut scaled) = (Vec::new(), Vec::new(), 0);
    for _ in 0..400 {
        let (pictures, percent) = strategy.new_tree(&mut runner).unwrap().current();
        let files = pictures.iter().zip(0u32..).map(|((w, h, noise, kind), seed)| {
            let pixmap = pixmap(*w, *h, *noise, seed);
            if *kind == 0 || *kind == 9 { png(&pixmap) } else { phone_jpeg(&pixmap, *kind) }
        });
        let given = Given::new(files.collect());
        let room = (given.whole() * percent / 100).max(50_000);
        let Ok(encoded) = given.fit(room, None) else { continue };
        // Where all is as fine as it was there is nothing to use the rest for.
        let finest = |(e, f): (&Encoded<'_>, &(Step, Vec<u8>, Header))| {
            e.quality.is_none_or(|q| q >= if f.2.format == Format::Jpeg { 95 } else { 99 })
        };
        if encoded.iter().zip(&given.files).all(finest) {
            continue;
        }
        let share = whole(&encoded) as f64 / room as f64;
        if share < 0.97 {
            let each: Vec<_> =
                encoded.iter().map(|e| (e.format, e.bytes.len(), e.quality, e.width, e.passes)).collect();
            println!("{share:.4} of {room}: {pictures:?} {each:?}");
        }
        used.push(share);
        passes.extend(encoded.iter().filter(|e| e.quality.is_some()).map(|e| e.passes));
        scaled += usize::from(encoded.iter().zip(&given.files).any(|(e, f)| e.width != f.2.upright_size().0));
    }
    used.sort_by(f64::total_cmp);
    passes.sort_unstable();
    let (median, worst) = (used[used.len() / 2], used[0]);
    println!(
        "{} recompressed, {scaled} of them scaled: used {median:.4} at the median, {worst:.4} at worst",
        used.len()
    );
    println!("5 % use less than {:.4}", used[used.len() / 20]);
    println!("passes: {} at the median, {} at worst", passes[passes.len() / 2], passes[passes.len() - 1]);
    assert!(median >= 0.98 && worst >= 0.95);
}

#[test]
fn the_budget_is_used_when_something_had_to_give() {
    let given = Given::new((0..4).map(|i| phone_jpeg(&pixmap(900, 700, 30, i), 1)).collect());
    for percent in [50, 60, 75, 90] {
        let room = given.whole() * percent / 100;
        let used = whole(&given.fit(room, None).unwrap());
        assert!(used as f64 >= 0.95 * room as f64, "{used} of {room}");
    }
}

#[test]
fn what_costs_nothing_goes_first() {
    let given = Given::new((0..2).map(|i| phone_jpeg(&pixmap(300, 200, 30, i), 6)).collect());
    let encoded = given.fit(given.whole() - 30, None).unwrap();
    assert_eq!(encoded.iter().map(|e| (e.recompressed, e.quality)).collect::<Vec<_>>(), [(true, None), (false, None)]);
}

#[test]
fn a_picture_stands_upright_in_its_new_file() {
    let stored = pixmap(320, 240, 20, 3);
    let given = Given::new(vec![phone_jpeg(&stored, 6)]);
    let encoded = given.fit(given.whole() * 6 / 10, None).unwrap();
    assert_eq!((encoded[0].width, encoded[0].height), (240, 320));
    let header = probe::probe(&encoded[0].bytes, &Limits::default()).unwrap();
    let got = decode::pixmap(&encoded[0].bytes, &header, &Limits::default()).unwrap().picture;
    let want = stored.oriented(Orientation::Turned90);
    let error: f64 = got.data().iter().zip(want.data()).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    assert!((error / want.data().len() as f64).sqrt() < 12.0);
}

/// At steps of 1 nothing is lost but by rounding, whichever way the picture lay and was coded.
#[test]
fn coefficients_stand_upright_as_pixels_do() {
    use jpeg_encoder::{ColorType, Encoder, SamplingFactor as S};
    let samplings = [S::F_1_1, S::F_2_1, S::F_1_2, S::F_2_2];
    for (sampling, progressive, (width, height)) in
        samplings.into_iter().flat_map(|s| [(s, false, (64, 48)), (s, true, (64, 48)), (s, false, (50, 39))])
    {
        for orientation in 1..=8 {
            let stored = pixmap(width, height, 20, 5);
            let mut file = Vec::new();
            let mut encoder = Encoder::new(&mut file, 92);
            encoder.set_sampling_factor(sampling);
            encoder.set_progressive(progressive);
            let tag = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";
            let exif = [&tag[..], &[orientation], &[0; 6]].concat();
            encoder.add_app_segment(1, exif).unwrap();
            encoder.encode(stored.data(), width as u16, height as u16, ColorType::Rgb).unwrap();
            let header = probe::probe(&file, &Limits::default()).unwrap();
            assert_eq!(header.orientation.exif(), orientation);
            let whole_units = (width, height) == (64, 48);
            let Some(own) = decode::jpeg::coefficients(&file, &header, &Limits::default()).unwrap() else {
                assert!(!whole_units && ![1, 5].contains(&orientation));
                continue;
            };
            let coefficients = jpeg::Coefficients::from_grid(own.picture).unwrap();
            let again = coefficients.written(&coefficients.counted(0.001, &Watch::default()), &Watch::default());
            let read = |file: &[u8]| {
                let header = probe::probe(file, &Limits::default()).unwrap();
                decode::pixmap(file, &header, &Limits::default()).unwrap().picture
            };
            let (got, want) = (read(&again), read(&file));
            assert_eq!((got.width(), got.height()), (want.width(), want.height()));
            let most = got.data().iter().zip(want.data()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(most <= Some(3), "{sampling:?} {progressive} {orientation} {most:?}");
        }
    }
}

#[test]
fn dimensions_give_only_when_quality_has_and_bills_lose_quality_first() {
    let files = || (0..4).map(|i| phone_jpeg(&pixmap(1600, 1200, 50, i), 1)).collect();
    let given = Given::new(files());
    let fine = given.fit(given.whole() * 6 / 10, None).unwrap();
    assert!(fine.iter().all(|e| e.width == 1600));
    assert!(fine[3].quality < fine[0].quality, "{:?} {:?}", fine[3].quality, fine[0].quality);
    let coarse = given.fit(given.whole() * 3 / 10, None).unwrap();
    assert!(coarse[0].width < 1600 && coarse[0].quality >= Some(75));
    // A page of 1600 pixels is under 150 pixels an inch already.
    assert_eq!((coarse[3].width, coarse[3].coarse_dpi), (1600, None));
}

#[test]
fn a_screenshot_stays_a_png() {
    let text = pixmap(800, 600, 0, 1);
    let bytes = png(&text);
    let given = Given::new(vec![bytes]);
    let encoded = given.fit(given.whole() * 7 / 10, None).unwrap();
    let header = probe::probe(&encoded[0].bytes, &Limits::default()).unwrap();
    assert_eq!((encoded[0].format, encoded[0].quality), (Format::Png, None));
    assert_eq!(decode::pixmap(&encoded[0].bytes, &header, &Limits::default()).unwrap().picture, text);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let given = Given::new((0..3).map(|i| phone_jpeg(&pixmap(500, 400, 30, i), 3)).collect());
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| given.fit(given.whole() / 2, None).unwrap())
    };
    assert_eq!(with(1), with(5));
}

#[test]
fn what_cannot_fit_says_by_how_much_and_who_weighs_most() {
    let small = phone_jpeg(&pixmap(64, 64, 0, 0), 1);
    let given = Given::new(vec![small, phone_jpeg(&pixmap(900, 700, 60, 1), 1)]);
    let infeasible = given.fit(9_000, None).unwrap_err();
    assert_eq!((infeasible.bound, infeasible.limit, infeasible.heaviest), (Bound::Body, 9_100, Step::Back));
    assert!(infeasible.least > 9_100 && infeasible.least < given.whole());
    let infeasible = given.fit(1_000_000_000, Some(6_000)).unwrap_err();
    assert_eq!((infeasible.bound, infeasible.limit, infeasible.heaviest), (Bound::Image, 6_000, Step::Back));
}
