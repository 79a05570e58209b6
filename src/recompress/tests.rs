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

/// A JPEG with an orientation, a GPS position, a maker's comment and a film behind it.
fn phone_jpeg(pixmap: &Pixmap, orientation: u8) -> Vec<u8> {
    jpeg_of(pixmap, orientation, 95)
}

fn jpeg_of(pixmap: &Pixmap, orientation: u8, quality: u8) -> Vec<u8> {
    let mut plain = Vec::new();
    let rgb = image::RgbImage::from_raw(pixmap.width(), pixmap.height(), pixmap.data().to_vec()).unwrap();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, quality).encode_image(&rgb).unwrap();
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

    fn of(pictures: &[Kind]) -> Self {
        let files = pictures.iter().zip(0u32..).map(|((w, h, noise, kind, quality), seed)| {
            let pixmap = pixmap(*w, *h, *noise, seed);
            if *kind == 0 || *kind == 9 { png(&pixmap) } else { jpeg_of(&pixmap, *kind, *quality) }
        });
        Self::new(files.collect())
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
            // No refusal is false: less room does not help, and the room that is asked for does.
            for less in [room * 99 / 100, room * 9 / 10, room * 7 / 10] {
                prop_assert!(given.fit(less, cap).is_err(), "{less} of {room}: {infeasible:?}");
            }
            if infeasible.reachable {
                let (room, cap) = match infeasible.bound {
                    Bound::Body => (infeasible.least - 100, cap),
                    Bound::Image => (u64::MAX / 2, Some(infeasible.least)),
                };
                let again = given.fit(room, cap);
                let others = |e: &Infeasible| infeasible.bound == Bound::Image && e.heaviest != infeasible.heaviest;
                prop_assert!(
                    again.as_ref().is_ok_and(|e| whole(e) <= room) || again.as_ref().is_err_and(others),
                    "{again:?}"
                );
            }
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
            // The floor is 42; what came coarser than that stays as coarse.
            let before = match &header.details {
                probe::Details::Jpeg(jpeg) => jpeg.quality.unwrap_or(100),
                _ => 100,
            };
            prop_assert!(
                quality + 1 >= before.min(43) && again.orientation == Orientation::Upright,
                "{quality} {before}"
            );
            let (width, height) = header.upright_size();
            let skew = f64::from(e.width) / f64::from(width) - f64::from(e.height) / f64::from(height);
            prop_assert!(e.width <= width && skew.abs() <= 1.0 / f64::from(width.min(height)));
        } else {
            prop_assert_eq!(again.upright_size(), header.upright_size());
        }
    }
    Ok(())
}

/// A picture's sides, noise, orientation (0 and 9: as PNG) and JPEG quality.
type Kind = (u32, u32, u32, u8, u8);
/// Pictures, the budget in percent of all, a cap in percent of the largest.
type Case = (Vec<Kind>, u64, Option<u64>);

/// Submissions of one to four pictures, and a budget for them from a tenth of their size up.
fn cases() -> impl Strategy<Value = Case> {
    let one = (8u32..700, 8u32..700, 0u32..60, 0u8..=9, prop_oneof![Just(95), 50u8..=100]);
    let cap = proptest::option::weighted(0.2, 20u64..120);
    (proptest::collection::vec(one, 1..5), 10u64..110, cap)
}

fn check((pictures, percent, cap): Case) -> Result<(), TestCaseError> {
    let given = Given::of(&pictures);
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
    let one = (8u32..1600, 8u32..1600, 0u32..60, 0u8..=9, prop_oneof![Just(95), 75u8..=100]);
    let strategy = (proptest::collection::vec(one, 1..5), 10u64..100);
    let mut runner = TestRunner::deterministic();
    let (mut used, mut passes, mut scaled) = (Vec::new(), Vec::new(), 0);
    for _ in 0..400 {
        let (pictures, percent) = strategy.new_tree(&mut runner).unwrap().current();
        let given = Given::of(&pictures);
        let room = (given.whole() * percent / 100).max(50_000);
        let Ok(encoded) = given.fit(room, None) else { continue };
        // Where all is as fine as it was, or as JPEG gets, there is nothing to use the rest for.
        if encoded.iter().all(|e| e.quality.is_none_or(|q| q >= 99)) {
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

/// Of a JPEG that was quantised once, sizes leap where new steps meet the old ones: no size in between is refused for it.
#[test]
fn whatever_the_quality_before_there_is_a_file_for_every_budget() {
    for (quality, noise) in [(75, 12), (80, 30), (85, 20), (92, 40), (98, 25)] {
        let given = Given::new(vec![jpeg_of(&pixmap(1100, 800, noise, 7), 1, quality)]);
        for percent in [70, 80, 86, 89, 91, 93, 95, 96, 97, 98, 99] {
            let room = given.whole() * percent / 100;
            let encoded = given.fit(room, None).unwrap();
            let used = whole(&encoded) as f64 / room as f64;
            let shrunk = encoded[0].width < 1100;
            assert!(used >= 0.95 || encoded[0].quality.is_none(), "{quality} {percent}: {used} {shrunk}");
        }
    }
}

#[test]
fn huffman_tables_that_fit_cost_nothing() {
    let given = Given::new(vec![jpeg_of(&pixmap(904, 704, 20, 2), 6, 85)]);
    let encoded = given.fit(given.whole() * 985 / 1000, None).unwrap();
    assert_eq!((encoded[0].quality, encoded[0].format), (None, Format::Jpeg));
    let read = |bytes: &[u8], header: &Header| decode::pixmap(bytes, header, &Limits::default()).unwrap().picture;
    let header = probe::probe(&encoded[0].bytes, &Limits::default()).unwrap();
    assert_eq!(header.orientation, Orientation::Upright);
    let (got, want) = (read(&encoded[0].bytes, &header), read(&given.files[0].1, &given.files[0].2));
    // The transform of a turned block rounds otherwise.
    assert!(got.data().iter().zip(want.data()).all(|(a, b)| a.abs_diff(*b) <= 2));
}

#[test]
fn what_fits_without_loss_is_not_coded_with_any() {
    let shot = pixmap(600, 400, 0, 4);
    let given = Given::new(vec![phone_jpeg(&pixmap(300, 200, 30, 0), 1), png(&shot)]);
    let encoded = given.fit(given.whole() * 8 / 10, None).unwrap();
    assert!(!encoded[0].recompressed, "the JPEG is left alone");
    assert_eq!((encoded[1].format, encoded[1].quality), (Format::Png, None));
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
    let coarse = given.fit(given.whole() * 15 / 100, None).unwrap();
    assert!(coarse[0].width < 1600 && coarse[0].quality >= Some(42));
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

#[test]
fn what_loses_nothing_is_kept_where_coding_it_would_take_more() {
    let given = Given::of(&[(1515, 162, 55, 0, 95), (262, 1280, 54, 2, 100)]);
    let encoded = given.fit(667_531, None).unwrap();
    assert_eq!((encoded[0].format, encoded[0].quality), (Format::Png, None));
    assert!(encoded[1].quality >= Some(99));
    let given = Given::of(&[(1594, 963, 29, 2, 75), (1173, 223, 6, 8, 95), (358, 407, 19, 3, 79)]);
    let encoded = given.fit(346_494, None).unwrap();
    assert!(encoded.iter().zip(&given.files).all(|(e, f)| e.bytes.len() <= f.1.len()));
    assert!(whole(&encoded) >= 336_000, "{}", whole(&encoded));
}
