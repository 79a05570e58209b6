//! Quality rules, each on measurements like those of a good photo but for one.

use crate::{Case, case};
use idenfy_preflight::{
    Step,
    check::quality,
    decode,
    finding::Finding,
    measure::{
        self, Document, Measurements,
        document::Side,
        glare::{Blob, Covers},
    },
    options::{Limits, Thresholds},
    pixmap::View,
    probe,
    rules::{Level, Rule},
};

/// Edge pixels from which on sharpness is measured.
const FEWEST_EDGES: u32 = 250;

/// A card that fills most of a picture of 2000 x 1500, sharp, well lit, in colour.
fn good() -> Measurements {
    let mut m = Measurements::default();
    let card = Document::at([[200.0, 200.0], [1800.0, 200.0], [1800.0, 1209.0], [200.0, 1209.0]], 2000, 1500);
    m.document = Some(card);
    m.across_px = 1600.0;
    m.sharpness.acutance = Some(0.25);
    m.sharpness.by_direction = [Some(0.25), None, Some(0.28), None];
    m.sharpness.edge_pixels = 30_000;
    m.exposure.mean = 180.0;
    m.exposure.paper = 220.0;
    m.exposure.contrast = 160.0;
    m.exposure.noise = 1.0;
    m.exposure.colour = Some(8.0);
    m
}

fn found(change: impl FnOnce(&mut Measurements)) -> Vec<Finding> {
    found_in(None, change)
}

fn found_in(quality: Option<u8>, change: impl FnOnce(&mut Measurements)) -> Vec<Finding> {
    let mut m = good();
    change(&mut m);
    quality::check(&Step::Front, &m, quality, &Thresholds::default())
}

fn document(change: impl FnOnce(&mut Document)) -> Vec<Finding> {
    found(|m| {
        if let Some(d) = &mut m.document {
            change(d);
        }
    })
}

/// With the zone of a real card, at its head or at its foot.
fn zone(top: f32, bottom: f32) -> Vec<Finding> {
    let view = |bytes: &[u8], limits: &Limits| {
        let header = probe::probe(bytes, limits).ok()?;
        Some(decode::view(bytes, &header, View::reduction(header.width, header.height), limits).ok()?.picture)
    };
    let back = view(include_bytes!("../../testdata/back.jpg"), &Limits::default()).expect("a picture");
    let mut zone = measure::measure(&back).glyphs.zone.expect("three rows");
    assert!(zone.top > 0.5, "as it is, it stands at the foot: {zone:?}");
    (zone.top, zone.bottom) = (top, bottom);
    found(|m| m.glyphs.zone = Some(zone))
}

fn glare(m: &mut Measurements, fraction: f32, text_fraction: f32) {
    let covers = if text_fraction > 0.0 { Covers::Text } else { Covers::Nothing };
    m.glare.fraction = fraction;
    m.glare.text_fraction = text_fraction;
    m.glare.blobs = vec![Blob { place: [900.0, 500.0, 200.0, 100.0], fraction, certainty: 1.0, covers }];
}

/// Every quality rule on print and document, and what comes near.
pub fn cases() -> Vec<Case> {
    let at = |level, rule, fires, near_miss| Case { rule, level, fires, near_miss };
    vec![
        case(
            Rule::TooBlurry,
            found(|m| m.sharpness.acutance = Some(0.17)),
            found(|m| m.sharpness.acutance = Some(0.215)),
        ),
        at(
            Level::Warn,
            Rule::TooBlurry,
            found(|m| m.sharpness.acutance = Some(0.203)),
            found(|m| m.sharpness.acutance = Some(0.215)),
        ),
        // Sharpness is measured from a number of edge pixels on (`measure::sharpness`), and told however few they are.
        case(
            Rule::Indeterminate,
            found(|m| (m.sharpness.acutance, m.sharpness.edge_pixels) = (None, FEWEST_EDGES - 1)),
            found(|m| (m.sharpness.acutance, m.sharpness.edge_pixels) = (Some(0.25), FEWEST_EDGES)),
        ),
        case(Rule::Glare, found(|m| glare(m, 0.1, 0.25)), found(|m| glare(m, 0.005, 0.0))),
        at(Level::Warn, Rule::Glare, found(|m| glare(m, 0.05, 0.0)), found(|m| glare(m, 0.0, 0.0))),
        case(
            Rule::Underexposed,
            found(|m| (m.exposure.paper, m.exposure.contrast, m.exposure.noise) = (60.0, 30.0, 3.0)),
            found(|m| (m.exposure.contrast, m.exposure.noise) = (60.0, 6.0)),
        ),
        case(
            Rule::Noisy,
            found(|m| (m.exposure.contrast, m.exposure.noise) = (60.0, 6.0)),
            found(|m| (m.exposure.contrast, m.exposure.noise) = (160.0, 4.0)),
        ),
        case(
            Rule::Overexposed,
            found(|m| (m.exposure.clipped_fraction, m.exposure.contrast) = (0.8, 30.0)),
            found(|m| m.exposure.clipped_fraction = 0.8),
        ),
        case(Rule::LowContrast, found(|m| m.exposure.contrast = 30.0), found(|m| m.exposure.contrast = 40.0)),
        case(Rule::Shadow, found(|m| m.exposure.unevenness = 0.35), found(|m| m.exposure.unevenness = 0.17)),
        case(Rule::Colourless, found(|m| m.exposure.colour = None), found(|m| m.exposure.colour = Some(2.0))),
        case(Rule::TextTooSmall, found(|m| m.across_px = 190.0), found(|m| m.across_px = 420.0)),
        case(Rule::TooSmall, found(|m| m.across_px = 420.0), found(|m| m.across_px = 600.0)),
        case(Rule::OverCompressed, found_in(Some(20), |_| {}), found_in(Some(60), |_| {})),
        case(Rule::DocumentNotFound, found(|m| m.document = None), document(|d| d.confidence = 0.6)),
        at(
            Level::Warn,
            Rule::DocumentNotFound,
            document(|d| d.confidence = 0.3),
            document(|d| d.sides = [Side::Frame; 4]),
        ),
        case(Rule::Borderless, document(|d| d.sides = [Side::Frame; 4]), document(|d| d.sides[0] = Side::Frame)),
        case(
            Rule::DocumentNotFullyVisible,
            document(|d| (d.fully_visible, d.sides[2]) = (false, Side::Cut)),
            document(|d| d.sides[2] = Side::Frame),
        ),
        case(Rule::DocumentTurned, zone(0.05, 0.31), zone(0.3, 0.43)),
        case(Rule::Tilted, document(|d| d.pose.perspective_deg = 40.0), document(|d| d.pose.perspective_deg = 25.0)),
    ]
}
