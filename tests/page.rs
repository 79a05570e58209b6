//! The report as a page: nothing in it runs or loads, everything is where the report says, and redaction hides.
#![cfg(feature = "html")]

use idenfy_preflight::{
    Image, Outcome, Preflight, SkipAnalysis, Step, Submission, check::advice::Advice, finding::Finding,
    preview::Preview, report::html::Page, rules::Rule, texts::Texts,
};
use std::collections::BTreeSet;

fn testdata(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)).unwrap()
}

fn submission(name: &str) -> Submission<'static> {
    Submission::new()
        .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE")
        .country("LT")
        .document_type("ID_CARD")
        .image(Image::new(Step::Front, name.to_owned(), testdata("front.jpg")))
        .image(Image::new(Step::Back, "back.jpg", testdata("back.jpg")))
        .image(Image::new(Step::Face, "face.jpg", testdata("face.jpg")))
}

fn checked(submission: &Submission<'_>, redact: bool) -> (Outcome, Vec<Option<Preview>>, String) {
    let preflight = Preflight::default();
    let outcome = preflight.check(submission).unwrap();
    let images = submission.images.iter().zip(&outcome.report.images);
    let previews: Vec<_> = images.map(|(image, report)| preflight.preview(image, report, redact)).collect();
    let skeleton = outcome.request.as_ref().map(|r| r.skeleton());
    let page = Page::of_submission(&outcome.report, &previews, skeleton).render(&preflight.options().thresholds);
    (outcome, previews, page)
}

#[test]
fn nothing_in_it_runs_or_loads_whatever_files_are_called() {
    let hostile = "\"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\u{202e}\u{1b}\u{9b}.jpg";
    let submission = submission(hostile)
        .image(Image::new("<b onclick=x>\"'", hostile, b"<svg onload=alert(1)>".as_slice()))
        .country("<i>");
    let (_, _, page) = checked(&submission, false);
    let lower = page.to_ascii_lowercase();
    for tag in ["<script", "<b ", "<i>", "<svg onload", "<img src=x", "<link", "<iframe", "<object", "@import", "url("]
    {
        assert!(!lower.contains(tag), "{tag}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the name is shown");
    for (at, _) in page.match_indices("src=\"") {
        assert!(page[at..].starts_with("src=\"data:image/jpeg;base64,"));
    }
    assert!(!page.contains(['\u{202e}', '\u{1b}', '\u{9b}']), "nothing turns the direction of what follows");
    assert!(!page.contains("http://") && !page.contains("https://"));
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("3FA5TFPA2ZE3LMPGGS1EGOJNJE"), "no token");
}

#[test]
fn what_is_drawn_is_where_the_report_says() {
    let preflight = Preflight::default();
    for (step, name) in [(Step::Front, "glare.jpg"), (Step::Front, "too_blurry.jpg"), (Step::Face, "face.jpg")] {
        let image = Image::new(step, name, testdata(name));
        let report = preflight.inspect(&image).unwrap();
        let preview = preflight.preview(&image, &report, false);
        let size = preview.as_ref().map(|p| (p.width, p.height));
        assert_eq!(size, report.width.zip(report.height), "{name}");
        let has_detail = preview.as_ref().unwrap().detail.is_some();
        assert_eq!(has_detail, name != "face.jpg", "{name}");
        let page = Page::of_images(std::slice::from_ref(&report), &[preview]).render(&preflight.options().thresholds);
        assert!(page.contains(&format!("viewBox=\"0 0 {} {}\"", report.width.unwrap(), report.height.unwrap())));
        let places = &report.places;
        let all = [("glare", &places.glare), ("soft", &places.soft), ("face", &places.faces)];
        assert!(all.iter().any(|(_, boxes)| !boxes.is_empty()), "{name} has something to show");
        for (class, boxes) in all {
            for [x, y, w, h] in boxes {
                let drawn = format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"></rect>");
                assert!(page.contains(&drawn), "{name}: {drawn}");
            }
        }
        for finding in &report.findings {
            assert!(page.contains(&finding.rule.to_string()) && page.contains(&finding.help.replace('"', "&quot;")));
        }
    }
}

#[test]
fn the_request_is_shown_without_images_and_token() {
    let (outcome, _, page) = checked(&submission("front.jpg"), false);
    let request = outcome.request.unwrap();
    let skeleton = request.skeleton();
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&skeleton).unwrap();
    let real: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&parsed["token"], &parsed["country"]), (&"(hidden)".into(), &"LT".into()));
    for (step, text) in parsed["images"].as_object().unwrap() {
        let characters = real["images"][step].as_str().unwrap().len();
        assert_eq!(text.as_str().unwrap(), format!("({characters} characters of base64)"));
    }
    assert!(skeleton.len() < 400 && page.contains(&skeleton.replace('"', "&quot;")), "{skeleton}");
}

#[test]
fn a_redacted_picture_has_neither_print_nor_face() {
    let submission = submission("Ada Marie Specimen.jpg");
    let (_, previews, page) = checked(&submission, true);
    assert!(!page.contains("Specimen.jpg") && page.contains("are hidden"));
    let unread = Preflight::default().inspect(&Image::new(Step::Front, "Ada Marie Specimen.jpg", &b"x"[..])).unwrap();
    let page = Page::of_images(&[unread], &[None]).redacted(true).render(&Default::default());
    assert!(!page.contains("Specimen"));
    for (image, preview) in submission.images.iter().zip(previews.into_iter().flatten()) {
        assert!(preview.redacted && preview.detail.is_none());
        let seen = Preflight::default().inspect(&Image::new(image.step.clone(), "", preview.jpeg)).unwrap();
        // What is left of a card are its edges and squares of one colour.
        let legibility = seen.scores.legibility.unwrap_or(0);
        assert!(legibility < 50 && seen.places.faces.is_empty(), "{} reads {legibility}: {seen}", image.step);
    }
}

#[test]
fn where_print_or_a_face_cannot_be_told_everything_is_hidden() {
    let preflight = Preflight::default();
    for (step, name) in [(Step::Face, "front.png"), (Step::Front, "underexposed.jpg")] {
        let image = Image::new(step.clone(), name, testdata(name));
        let report = preflight.inspect(&image).unwrap();
        let Some(preview) = preflight.preview(&image, &report, true) else { panic!("{name} is shown") };
        let hidden = image::load_from_memory(&preview.jpeg).unwrap().to_luma8();
        let shown =
            image::load_from_memory(&preflight.preview(&image, &report, false).unwrap().jpeg).unwrap().to_luma8();
        // Steps between neighbours that are no edge of a square.
        let steps = |picture: &image::GrayImage| {
            let pairs = picture.rows().flat_map(|row| {
                row.map(|p| p.0[0]).collect::<Vec<_>>().windows(2).map(|w| w[0].abs_diff(w[1])).collect::<Vec<_>>()
            });
            pairs.filter(|d| *d > 8).count()
        };
        assert!(
            steps(&hidden) * 4 < steps(&shown).max(400),
            "{name} for {step}: {} of {}",
            steps(&hidden),
            steps(&shown)
        );
    }
}

#[test]
fn files_that_cannot_be_shown_have_no_preview() {
    let preflight = Preflight::default();
    for name in ["empty_file.jpg", "unreadable.jpg", "pdf_encrypted.pdf", "too_many_pixels.png"] {
        let image = Image::new(Step::Front, name, testdata(name));
        let report = preflight.inspect(&image).unwrap();
        assert!(preflight.preview(&image, &report, false).is_none(), "{name}");
        let page = Page::of_images(&[report], &[None]).render(&preflight.options().thresholds);
        assert!(page.contains("cannot be shown"));
    }
}

/// What a person reads on a page, and what is read out: texts between tags, and those in attributes.
fn said(page: &str) -> BTreeSet<String> {
    let body = page.split_once("</style>").unwrap().1;
    let title = page.split("<title>").nth(1).unwrap().split('<').next().unwrap();
    let mut said = BTreeSet::from([title.to_owned()]);
    for piece in body.split('<').filter(|piece| !piece.starts_with("/style")) {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        let attributes = [" alt=\"", " aria-label=\""].into_iter().filter_map(|name| tag.split(name).nth(1));
        said.extend(attributes.map(|value| value.split('"').next().unwrap().to_owned()));
        // The request is no prose.
        if !tag.starts_with("pre") {
            said.insert(text.trim().to_owned());
        }
    }
    said
}

#[test]
fn a_german_page_has_no_english_left() {
    let german = Texts::german();
    let pictures = ["front.jpg", "glare.jpg", "too_blurry.jpg", "underexposed.jpg", "pdf_encrypted.pdf"];
    let mut submission = submission("front.jpg").skip_analysis(SkipAnalysis::Never);
    let steps = ["ONE", "TWO", "THREE", "FOUR", "FIVE"];
    submission
        .images
        .extend(steps.into_iter().zip(pictures).map(|(step, name)| Image::new(step, name, testdata(name))));
    let preflight = Preflight::default();
    // One of which a copy is sent, one that is refused, one by one, and with the reasons for `skipAnalysis`.
    for (redact, images) in [(false, 3), (true, 3), (false, 8)] {
        let mut submission = submission.clone();
        submission.images.truncate(images);
        let mut outcome = preflight.check(&submission).unwrap();
        let pairs = submission.images.iter().zip(&outcome.report.images);
        let previews: Vec<_> = pairs.map(|(image, report)| preflight.preview(image, report, redact)).collect();
        if images == 8 {
            let front = &mut outcome.report.images[0];
            front.advice = Advice::SendWithSkipAnalysis;
            let glare =
                Finding::new(Rule::Glare, "A reflection.", "Tilt it.").on(&Step::Front).with("covers", "nothing");
            front
                .findings
                .push(glare.with("value", 0.021).with("threshold", 0.01).with("unit", "share of the document"));
        }
        let skeleton = outcome.request.as_ref().map(|request| request.skeleton());
        let in_english = {
            Texts::english().translate(&mut outcome.report);
            Page::of_submission(&outcome.report, &previews, skeleton.clone()).render(&Default::default())
        };
        assert!(in_english.contains("<html lang=\"en\">"));
        german.translate(&mut outcome.report);
        let page = Page::of_submission(&outcome.report, &previews, skeleton).texts(&german).render(&Default::default());
        let single = Page::of_images(&outcome.report.images, &previews).texts(&german).render(&Default::default());
        assert!(page.contains("<html lang=\"de\">") && single.contains("<html lang=\"de\">"));
        assert!(single.contains("Bildern können gesendet werden"));
        assert_eq!(page.contains("verdeckt keine Schrift"), images == 8, "the reason for skipAnalysis");
        // Names stay what they are, and what findings on the call say to programmers is marked as English.
        let names = |text: &str| {
            Rule::from_id(text).is_some()
                || !text.contains(|c: char| c.is_ascii_lowercase())
                || pictures.iter().chain(&["back.jpg", "face.jpg"]).any(|name| *name == text)
        };
        let english: Vec<_> = outcome.report.all_findings().filter(|f| german.get(f.rule.id()).is_none()).collect();
        let marked = |text: &str| english.iter().any(|f| f.message == text || f.help == text);
        assert_eq!(page.contains("lang=\"en\""), !english.is_empty());
        let both: Vec<_> = said(&in_english).intersection(&said(&page)).cloned().collect();
        let left: Vec<_> = both.iter().filter(|text| !names(text) && !marked(&text.replace("&quot;", "\""))).collect();
        assert!(left.is_empty(), "{left:#?}");
    }
}

#[test]
fn a_german_text_is_german_throughout() {
    let preflight = Preflight::default();
    let mut outcome =
        preflight.check(submission("front.jpg").image(Image::new("X", "glare.jpg", testdata("glare.jpg")))).unwrap();
    let before = outcome.report.clone();
    Texts::english().translate(&mut outcome.report);
    assert_eq!(outcome.report, before);
    let german = Texts::german();
    german.translate(&mut outcome.report);
    let text = outcome.report.told(Default::default()).texts(&german).to_string();
    assert!(text.starts_with("gut  FRONT: front.jpg (JPEG, 1600 x 1200, 266,7 kB), Lesbarkeit"), "{text}");
    assert!(text.contains("FEHLER  glare"), "{text}");
    assert!(text.contains(", rechts (24,2 % des Dokuments, Schwelle 1 %)."), "{text}");
    assert!(text.ends_with("Befund ist zuerst zu klären.\n") || text.ends_with("Befunde sind zuerst zu klären.\n"));
}
