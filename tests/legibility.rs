//! Measures, scores and advice on documents drawn here, with faults of known strength.

#[path = "../testdata/paint.rs"]
mod paint;

use idenfy_preflight::{
    Image, Preflight,
    check::{
        advice::{self, Advice},
        quality,
    },
    decode,
    finding::Finding,
    measure::{self, Document, Measurements, blocks, glare::Covers},
    options::{Limits, Sensitivity, Thresholds},
    pixmap::{Pixmap, View},
    probe,
    report::Verdict,
    rules::{Level, Rule},
    score::{self, Scores},
    submission::Step,
};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};
use paint::{Canvas, Scene};

/// A scene of this many pixels across, 4:3.
fn scene(width: usize) -> Scene {
    Scene { width, height: width * 3 / 4, ..Scene::default() }
}

/// What is measured on a picture of a scene, the document's place being known.
fn measured(scene: &Scene, picture: Canvas) -> Measurements {
    let (w, h) = (picture.width as u32, picture.height as u32);
    let quad = scene.quad.map(|[x, y]| [x * w as f32, y * h as f32]);
    let document = Document::at(quad, w, h);
    let pixmap = Pixmap::new(w, h, picture.rgb).expect("the canvas is whole");
    let mut view = View::from_pixmap(&pixmap, View::reduction(w, h));
    if let Some((reduction, _)) = measure::finer(&view, &document) {
        view = View::from_pixmap(&pixmap, reduction);
    }
    measure::measure_on(&view, Some(document))
}

fn shot(scene: &Scene, art: &Canvas) -> Measurements {
    measured(scene, scene.shoot(art))
}

fn advised(m: &Measurements) -> Advice {
    let t = Thresholds::default();
    advice::image(&quality::check(&Step::Front, m, None, &t), &score::score(m), &t)
}

fn jpeg(picture: &Canvas, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let (w, h) = (picture.width as u32, picture.height as u32);
    JpegEncoder::new_with_quality(&mut file, quality)
        .write_image(&picture.rgb, w, h, ExtendedColorType::Rgb8)
        .expect("a canvas can be encoded");
    file
}

/// Through a JPEG file of this quality.
fn compressed(picture: &Canvas, quality: u8) -> Canvas {
    let file = jpeg(picture, quality);
    let rgb = image::load_from_memory(&file).expect("what was encoded decodes").into_rgb8().into_raw();
    Canvas { rgb, ..*picture }
}

#[test]
fn strong_compression_shows_in_pixels_that_were_saved_anew() {
    let scene = Scene::default();
    let picture = scene.shoot(&paint::card_front());
    for quality in [10, 15, 20, 25, 30, 40, 60, 80, 95] {
        let once = compressed(&picture, quality);
        for (saved_as, picture) in [("JPEG", compressed(&once, 95)), ("PNG", once)] {
            let m = measured(&scene, picture);
            assert_eq!(m.pixel_quality, Some(quality).filter(|q| *q <= 30), "of {quality} as {saved_as}");
            let found = quality::check(&Step::Front, &m, Some(95), &Thresholds::default());
            let told = found.iter().any(|f| f.rule == Rule::OverCompressed);
            assert_eq!(told, quality <= 25, "of {quality} as {saved_as}: {found:?}");
        }
    }
    assert_eq!(measured(&scene, picture).pixel_quality, None);
}

#[test]
fn strong_compression_shows_in_the_blocks_of_a_large_picture() {
    let limits = Limits::default();
    let seen = |file: &[u8]| {
        let header = probe::probe(file, &limits).expect("a picture");
        let reduction = View::reduction(header.width, header.height);
        let view = decode::view(file, &header, reduction, &limits).expect("pixels").picture;
        assert!(reduction > 1 && view.blocks.len() > 1000);
        blocks::quality(&view)
    };
    let picture = scene(2400).shoot(&paint::card_front());
    for quality in [10, 20, 30, 40, 95] {
        let once = compressed(&picture, quality);
        let want = Some(quality).filter(|q| *q <= 30);
        assert_eq!(seen(&jpeg(&once, 95)), want, "of {quality} as JPEG");
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up);
        encoder.write_image(&once.rgb, 2400, 1800, ExtendedColorType::Rgb8).expect("a canvas can be encoded");
        assert_eq!(seen(&png), want, "of {quality} as PNG");
    }
}

/// A portrait and print on paper of the same white as all around, so that no edge shows but the portrait's own.
#[cfg(feature = "face")]
#[test]
fn a_portrait_shows_that_a_document_is_there() {
    let mut paper = Canvas::new(1600, 1200, [236, 238, 240]);
    paper.rect(240, 330, 400, 500, [214, 220, 226]);
    paper.fill_face(440.0, 570.0, 330.0);
    paper.rect(0, 830, 1600, 370, [236, 238, 240]);
    for (i, line) in ["SPECIMEN", "ADA MARIE", "14.03.1988", "UT4471902", "02.09.2031"].iter().enumerate() {
        paper.text(760, 340 + 100 * i, 6, line, [26, 30, 44]);
    }
    let seen = |picture: &Canvas| {
        let file = jpeg(picture, 90);
        Preflight::default().inspect(&Image::new(Step::Front, "front.jpg", file)).expect("an image")
    };
    let turned = |picture: &Canvas| Canvas {
        rgb: picture.rgb.as_chunks::<3>().0.iter().rev().flatten().copied().collect(),
        ..*picture
    };
    for (picture, degrees) in [(&paper, None), (&turned(&paper), Some(180.0))] {
        let report = seen(picture);
        let found = |rule: &str| report.findings.iter().find(|f| f.rule.id() == rule);
        let edges = found("document_not_found").expect("no edge shows");
        assert!(edges.message.starts_with("A portrait"), "{edges:?}");
        let head = found("document_turned").map(|f| f.evidence["value"].as_f64());
        assert_eq!(head, degrees.map(Some), "{:?}", report.findings);
        assert_eq!(report.scores.document, Some(50));
        // The portrait's own frame, 400 pixels across, is not taken for the document, which would be called blurred.
        let across = report.document.map(|d| d.quad[1][0] - d.quad[0][0]);
        assert!(across.is_none_or(|across| across > 500.0) && report.verdict == Verdict::Ready, "{across:?}");
    }
    paper.rect(240, 330, 400, 500, [236, 238, 240]);
    assert!(seen(&paper).scores.document < Some(50), "print alone may be any");
}

/// The selfie by mistake, alone and with somebody smaller behind.
#[cfg(feature = "face")]
#[test]
fn a_selfie_is_no_document_that_only_lacks_edges() {
    let mut selfie = paint::selfie(900, 1200);
    for _ in 0..2 {
        let report =
            Preflight::default().inspect(&Image::new(Step::Front, "front.jpg", jpeg(&selfie, 90))).expect("an image");
        let found = report.findings.iter().find(|f| f.rule == Rule::DocumentNotFound).expect("no document");
        assert!(found.message.contains("selfie") && found.evidence.contains_key("selfie"), "{found:?}");
        assert!(!matches!(report.advice, Advice::SendWithSkipAnalysis), "{:?}", report.findings);
        assert!(report.scores.document < Some(50));
        selfie.fill_face(740.0, 180.0, 220.0);
    }
}

/// Asserts that values fall, each by at least `by`.
fn falls(values: &[u8], by: u8) {
    assert!(values.windows(2).all(|w| w[0] >= w[1].saturating_add(by)), "{values:?} do not fall");
}

#[test]
fn the_more_blur_the_less_sharpness() {
    let art = paint::card_front();
    let scores = [0.0, 2.0, 3.5, 6.0].map(|blur| score::score(&shot(&Scene { blur, ..scene(1200) }, &art)));
    let sharpness = scores.each_ref().map(|s| s.sharpness.expect("there is print"));
    assert!(sharpness.is_sorted_by(|a, b| a >= b), "{sharpness:?}");
    assert!(sharpness[0] >= 90 && sharpness[3] <= 5, "{sharpness:?}");
    let legibility = scores.each_ref().map(|s| s.legibility.expect("there is print"));
    assert!(legibility[0] >= 85 && legibility[3] <= 5, "{legibility:?}");
}

/// As a phone sharpens: the difference from a blurred copy, added once more.
fn sharpened(picture: &Canvas) -> Canvas {
    let soft = paint::blurred(picture, 1.5);
    let more = |(v, s): (&u8, &u8)| (i16::from(*v) + (i16::from(*v) - i16::from(*s))).clamp(0, 255) as u8;
    Canvas { rgb: picture.rgb.iter().zip(&soft.rgb).map(more).collect(), ..*picture }
}

/// A scene in these widths and JPEG qualities, as it is and sharpened, sharp and blurred.
fn one_verdict(widths: &[usize], qualities: &[u8]) {
    let art = paint::card_front();
    for (blur, want) in [(0.0, Advice::Send), (0.0065, Advice::Retake)] {
        for width in widths {
            let scene = Scene { blur: blur * *width as f32, ..scene(*width) };
            let plain = scene.shoot(&art);
            for (by_phone, picture) in [(true, sharpened(&plain)), (false, plain)] {
                for quality in qualities {
                    let m = measured(&scene, compressed(&picture, *quality));
                    let of = format!("blur {blur}, {width} pixels, quality {quality}, sharpened {by_phone}");
                    assert_eq!(advised(&m), want, "{of}: {:?}", m.sharpness);
                }
            }
        }
    }
}

#[test]
fn one_scene_gets_one_verdict_at_every_size_and_quality() {
    one_verdict(&[1032, 1632], &[60, 95]);
}

/// 5 and 12 megapixels take a while: `cargo test --release --test legibility -- --ignored`.
#[test]
#[ignore = "12 megapixels take a while"]
fn one_scene_gets_one_verdict_at_large_sizes() {
    one_verdict(&[1032, 1632, 2580, 4000], &[60, 70, 80, 95]);
}

#[test]
fn a_part_out_of_focus_is_shown_where_it_is() {
    let (art, scene) = (paint::card_front(), scene(1200));
    let plain = scene.shoot(&art);
    let soft = paint::blurred(&plain, 6.0);
    // Everything right of the middle.
    let mut picture = plain.clone();
    for (i, v) in picture.rgb.iter_mut().enumerate() {
        if i / 3 % 1200 >= 600 {
            *v = soft.rgb[i];
        }
    }
    let m = measured(&scene, picture);
    let found = quality::check(&Step::Front, &m, None, &Thresholds::default());
    let finding = found.iter().find(|f| f.rule == Rule::TooBlurry).expect("half of the print is soft");
    assert_eq!(finding.evidence["kind"], "partial", "{finding:#?}");
    let boxes = finding.evidence["boxes"].as_array().expect("the parts are shown");
    assert!(!boxes.is_empty());
    // Parts are a sixth of the card wide: none begins more than one of them left of the middle.
    assert!(boxes.iter().all(|b| b[0].as_f64() > Some(600.0 - 1200.0 * 0.8 / 6.0)), "{boxes:?}");
    let whole = quality::check(&Step::Front, &measured(&scene, plain), None, &Thresholds::default());
    assert!(!whole.iter().any(|f| f.rule == Rule::TooBlurry), "{whole:#?}");
}

#[test]
fn letters_are_as_high_as_they_are_drawn() {
    // Capitals of 49 and 56 pixels on artwork of 1712 pixels.
    for width in [800, 1600] {
        let m = shot(&scene(width), &paint::card_front());
        let wanted = 52.0 / 1712.0 * m.across_px;
        let letters = m.letter_px().expect("there is print");
        assert!((letters / wanted - 1.0).abs() < 0.25, "{letters} where {wanted} are drawn");
    }
}

#[test]
fn a_shadows_edge_is_no_blur() {
    let scene = scene(1200);
    let mut picture = scene.shoot(&paint::card_front());
    for (i, v) in picture.rgb.iter_mut().enumerate() {
        let (x, y) = ((i / 3 % 1200) as f32, (i / 3 / 1200) as f32);
        *v = (f32::from(*v) * (1.0 - 0.6 * ((x + y - 1000.0) / 40.0).clamp(0.0, 1.0))) as u8;
    }
    let m = measured(&scene, picture);
    let found = quality::check(&Step::Front, &m, None, &Thresholds::default());
    assert!(found.iter().any(|f| f.rule == Rule::Shadow), "{found:#?}");
    assert!(!found.iter().any(|f| f.rule == Rule::TooBlurry && f.denies()), "{found:#?}");
}

#[test]
fn a_blank_page_is_said_to_be_blank() {
    let m = shot(&Scene { table: [255; 3], noise: 0.5, ..scene(1200) }, &Canvas::new(1712, 1080, [255; 3]));
    let found = quality::check(&Step::Back, &m, None, &Thresholds::default());
    assert!(found.iter().any(|f| f.rule == Rule::Indeterminate && f.level == Level::Warn), "{found:#?}");
    assert!(!found.iter().any(Finding::denies), "{found:#?}");
}

#[test]
fn white_paper_is_not_glare() {
    for art in [paint::card_back(), paint::bill(), white_card()] {
        for exposure in [0.8, 1.0, 1.1] {
            let m = shot(&Scene { exposure, table: [250, 250, 250], ..scene(1200) }, &art);
            assert!(m.glare.fraction < 0.004, "{:?}", m.glare);
        }
    }
}

fn white_card() -> Canvas {
    let mut card = paint::card_front();
    for v in &mut card.rgb {
        *v = if *v > 180 { 255 } else { *v };
    }
    card
}

#[test]
fn a_reflection_is_measured_by_its_size_and_by_what_it_covers() {
    let art = paint::card_front();
    let over_print = |radius| shot(&Scene { glare: Some(([0.55, 0.42], radius)), ..scene(1200) }, &art);
    let [none, small, large] = [0.0001, 0.05, 0.12].map(over_print);
    falls(&[&none, &small, &large].map(|m| score::score(m).glare.expect("always told")), 5);
    assert!(none.glare.text_fraction < small.glare.text_fraction + 1e-6, "{:?}", small.glare);
    assert!(small.glare.text_fraction < large.glare.text_fraction, "{:?}", large.glare);
    assert_eq!(large.glare.blobs.first().map(|b| b.covers), Some(Covers::Text));
    assert_eq!(advised(&large), Advice::Retake);
    let [x, y, w, h] = large.glare.blobs.first().expect("there is one").place;
    let (cx, cy) = (0.55 * 1200.0, 0.42 * 900.0);
    assert!(x < cx && cx < x + w && y < cy && cy < y + h, "{x} {y} {w} {h}");
}

#[test]
fn a_reflection_beside_print_warrants_skip_analysis() {
    let art = paint::card_front();
    let m = shot(&Scene { glare: Some(([0.77, 0.45], 0.06)), ..scene(1200) }, &art);
    assert_eq!(m.glare.blobs.first().map(|b| b.covers), Some(Covers::Nothing), "{:?}", m.glare);
    let t = Thresholds::default();
    let findings = quality::check(&Step::Front, &m, None, &t);
    let advice = advice::image(&findings, &score::score(&m), &t);
    assert_eq!(advice, Advice::SendWithSkipAnalysis, "{findings:#?}");
    let skip = advice::submission([(advice, findings.as_slice())]);
    assert!(skip.recommended);
    assert_eq!(skip.because, ["glare on FRONT covers no text"]);
    // One picture that has to be taken again takes the recommendation away.
    assert!(!advice::submission([(advice, findings.as_slice()), (Advice::Retake, &[])]).recommended);
}

#[test]
fn a_side_without_print_is_indeterminate_and_never_blurred() {
    for blur in [0.0, 4.0] {
        let art = Canvas::new(1712, 1080, [226, 232, 240]);
        let m = shot(&Scene { blur, ..scene(1200) }, &art);
        let Scores { sharpness, legibility, .. } = score::score(&m);
        assert_eq!((sharpness, legibility), (None, None));
        let findings = quality::check(&Step::Back, &m, None, &Thresholds::default());
        assert!(findings.iter().any(|f| f.rule == Rule::Indeterminate && f.level == Level::Allow), "{findings:#?}");
        assert!(!findings.iter().any(|f| f.rule == Rule::TooBlurry || f.denies()), "{findings:#?}");
    }
}

#[test]
fn the_less_light_the_less_exposure() {
    let art = paint::card_front();
    let dark = |exposure| score::score(&shot(&Scene { exposure, noise: 4.0, ..scene(1200) }, &art));
    let scores = [1.0, 0.2, 0.06].map(|e| dark(e).exposure.expect("always told"));
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores[0] >= 90 && scores[2] <= 20, "{scores:?}");
}

#[test]
fn few_pixels_are_called_small_before_they_are_called_illegible() {
    let art = paint::card_front();
    let rules = |width| {
        let m = shot(&scene(width), &art);
        let found = quality::check(&Step::Front, &m, None, &Thresholds::default());
        let small = [Rule::TooSmall, Rule::TextTooSmall];
        found.into_iter().map(|f| f.rule).filter(|r| small.contains(r)).collect::<Vec<_>>()
    };
    assert_eq!(rules(1200), []);
    assert_eq!(rules(560), [Rule::TooSmall]);
    assert_eq!(rules(200), [Rule::TextTooSmall]);
}

#[test]
fn what_a_lower_sensitivity_denies_a_higher_one_denies_too() {
    let art = paint::card_front();
    for blur in [0.0, 2.0, 2.6, 3.2, 5.0] {
        let m = shot(&Scene { blur, ..scene(1200) }, &art);
        let denies = |s| quality::check(&Step::Front, &m, None, &Thresholds::new(s)).iter().any(|f| f.denies());
        let each = [Sensitivity::Low, Sensitivity::Medium, Sensitivity::High].map(denies);
        assert!(each.is_sorted(), "blur {blur}: {each:?}");
    }
}

#[test]
fn a_document_that_is_nowhere_is_measured_as_the_whole_picture() {
    let picture = scene(1200).shoot(&paint::card_front());
    let pixmap = Pixmap::new(1200, 900, picture.rgb).expect("the canvas is whole");
    let m = measure::measure_on(&View::from_pixmap(&pixmap, 1), None);
    assert!(score::score(&m).sharpness.is_some_and(|s| s >= 75), "{:?}", m.sharpness);
    let found = quality::check(&Step::Front, &m, None, &Thresholds::default());
    assert!(found.iter().any(|f| f.rule == Rule::DocumentNotFound), "{found:#?}");
}
