//! `POST /api/v2/process`: what the page says of it, in order.

use super::{
    LimitCounts, Settings, Shared, TokenFields,
    reply::{self, Reply},
    state::{Asked, Issued, State, Verdict, parse},
    webhook,
};
use crate::{
    Image, Preflight, Submission,
    check::request::{self, Terms},
    finding::Finding,
    format::sniff,
    options::{Limits, Service},
    probe::{self, Details, Header},
    rules::{Family, Rule},
    submission::{DocumentType, Step, TokenType},
    submit::session::Mode,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use rayon::prelude::*;
use serde_json::Value;
use std::time::Instant;

/// "Maximum request size: 20 MB"; that these are millions is an assumption.
const MAX_BYTES: usize = 20_000_000;

pub(super) fn process(shared: &Shared, body: &[u8], arrived: usize) -> Reply {
    let settings = shared.settings().clone();
    if arrived > MAX_BYTES && (settings.limit_counts == LimitCounts::Body || arrived > body.len()) {
        return reply::html(413, "413 Request Entity Too Large");
    }
    let value = match parse(body) {
        Ok(value) => value,
        Err(reply) => return reply,
    };
    let token = match token(&value, settings.token_field) {
        Ok(token) => token,
        Err(reply) => return reply,
    };
    if !settings.contract {
        return reply::error(403, "PARTNER_CONTRACT_ERROR", "Direct processing is not enabled in the contract");
    }
    let issued = match take(&mut shared.state(), token) {
        Ok(issued) => issued,
        Err(reply) => return reply,
    };
    let judged = judge(&value, &issued, &settings);
    let refused = judged.as_ref().map_or(true, |j| j.not_detected);
    let mut state = shared.state();
    let Some(stored) = state.sessions.get_mut(token) else { return reply::error(500, "INTERNAL_ERROR", "") };
    stored.used = !refused || settings.token_burns_on_error;
    match judged {
        Err(reply) => reply,
        Ok(judged) if judged.not_detected => reply::error(200, "BAD_VALUE", "Document was not detected in the photo"),
        Ok(judged) => {
            stored.verdict = Some(judged.verdict);
            webhook::send(shared, stored);
            reply::accepted()
        }
    }
}

fn token(value: &Value, fields: TokenFields) -> Result<&str, Reply> {
    let (name, given) = match fields {
        TokenFields::Token => ("token", value.get("token")),
        TokenFields::AuthToken => ("authToken", value.get("authToken")),
        TokenFields::Either => ("token", value.get("token").or(value.get("authToken"))),
    };
    given.filter(|v| !v.is_null()).ok_or_else(|| missing(name))?.as_str().ok_or_else(|| bad(name))
}

/// Marks the token used, so that of two calls at once one is refused.
fn take(state: &mut State, token: &str) -> Result<Issued, Reply> {
    let issued = state.sessions.get_mut(token);
    match issued.filter(|i| !i.used && i.expires.is_none_or(|at| Instant::now() < at)) {
        None => Err(reply::error(400, "TOKEN_NOT_VALID", "Token is not valid")),
        Some(issued) => {
            issued.used = true;
            Ok(issued.clone())
        }
    }
}

struct Judged {
    not_detected: bool,
    verdict: Verdict,
}

fn judge(value: &Value, issued: &Issued, settings: &Settings) -> Result<Judged, Reply> {
    let country = value.get("country").filter(|v| !v.is_null()).ok_or_else(|| missing("country"))?;
    let country = country.as_str().filter(|c| c.len() == 2).ok_or_else(|| bad("country"))?;
    let document_type = match value.get("documentType").filter(|v| !v.is_null()) {
        None => None,
        Some(given) => {
            let given = given.as_str().ok_or_else(|| bad("documentType"))?;
            if request::DIGITAL_IDS.contains(&given) {
                return Err(reply::error(400, "BAD_VALUE", "Digital IDs are not supported"));
            }
            Some(given.parse::<DocumentType>().map_err(|()| bad("documentType"))?)
        }
    };
    let skip = match value.get("skipAnalysis").filter(|v| !v.is_null()) {
        None => false,
        Some(given) => given.as_bool().ok_or_else(|| bad("skipAnalysis"))?,
    };
    let (images, headers): (Vec<_>, Vec<_>) = images(value, settings)?.into_iter().unzip();
    let mut submission = Submission::new().token("-").country(country).session(issued.session.clone());
    submission.document_type = document_type.map(|t| t.name().to_owned());
    submission.images = images;
    let (terms, mut found) = request::check(&submission, &Service::default());
    for (image, header) in submission.images.iter().zip(&headers) {
        found.extend(header.iter().flat_map(|h| request::check_pdf(&image.step, h, &submission, &terms)));
    }
    let counts = |f: &&Finding| f.denies() || (settings.refuse_unasked && f.rule == Rule::UnknownStep);
    if let Some(refused) = found.iter().filter(counts).find_map(refusal) {
        return Err(refused);
    }
    let seen = if settings.photo_check { look(&submission.images) } else { Vec::new() };
    // Without a type the service tells it from the FRONT; "if auto-detection fails, the request is rejected".
    let unseen = |f: &Finding| f.rule == Rule::DocumentNotFound && f.step == Some(Step::Front);
    if document_type.is_none() && seen.iter().any(unseen) {
        return Err(reply::error(400, "BAD_VALUE", "Document type could not be detected"));
    }
    // What cannot be decoded, or ends in the middle, is not detected either.
    let objects = |f: &&Finding| f.denies() || matches!(f.rule, Rule::DocumentNotFound | Rule::Damaged);
    let objection = seen.iter().find(objects);
    let told_later =
        |f: &&Finding| f.predicts.as_deref().is_some_and(|p| !["FACE", "NO_FACE"].iter().any(|n| p.starts_with(n)));
    let foreseen = objection.or(found.iter().find(told_later));
    let code = foreseen.map(|f| match f.family() {
        Family::Container => f.predicts.as_deref().unwrap_or("DOC_NOT_FOUND"),
        _ => f.predicts.as_deref().unwrap_or("DOC_TOO_BLURRY"),
    });
    let further = submission.images.iter().map(|i| &i.step).filter(|s| !s.is_document() && **s != Step::Face);
    Ok(Judged {
        not_detected: objection.is_some() && !skip,
        verdict: Verdict {
            overall: if code.is_some() { "DENIED" } else { "APPROVED" },
            auto_document: code.unwrap_or("DOC_VALIDATED").to_owned(),
            auto_face: if terms.token_type == TokenType::Document { "FACE_NOT_CHECKED" } else { "FACE_MATCH" }
                .to_owned(),
            additional_steps: further.map(|s| (s.name().to_owned(), mode(s, issued, &terms).map(Mode::name))).collect(),
        },
    })
}

/// What is done with a step's image, by the most specific of the session's entries for it; `None` when it asks for
/// none.
fn mode(step: &Step, issued: &Issued, terms: &Terms) -> Option<Mode> {
    let country = |a: &Asked| a.country == "ALL" || terms.country.is_some_and(|c| c.code() == a.country);
    let document_type =
        |a: &Asked| a.document_type == "ALL" || terms.document_type.is_none_or(|t| t.name() == a.document_type);
    let asked = issued.asked.iter().filter(|a| a.step == *step && country(a) && document_type(a));
    let by_steps = asked.max_by_key(|a| (a.country != "ALL", a.document_type != "ALL")).map(|a| a.mode);
    by_steps.or((issued.session.utility_bill && *step == Step::UtilityBill).then_some(Mode::Upload))
}

/// The images, decoded and told by their content, each with its header where it has one that can be read.
fn images(value: &Value, settings: &Settings) -> Result<Vec<(Image<'static>, Option<Header>)>, Reply> {
    let given = value.get("images").filter(|v| !v.is_null()).ok_or_else(|| missing("images"))?;
    let mut images = Vec::new();
    for (name, text) in given.as_object().ok_or_else(|| bad("images"))? {
        let text = text.as_str().ok_or_else(|| bad(name))?;
        let bytes = BASE64_STANDARD
            .decode(text)
            .map_err(|_| reply::error(400, "ENCODING_ERROR", &format!("Image of step '{name}' is not valid base64")))?;
        if !sniff(&bytes).is_some_and(|f| f.is_accepted()) {
            return Err(reply::error(
                400,
                "BAD_VALUE",
                &format!("Image of step '{name}' is not PNG, JPG, JPEG or PDF"),
            ));
        }
        let header = probe::probe(&bytes, &Limits::default()).ok();
        if let Some(Details::Pdf(pdf)) = header.as_ref().map(|h| &h.details)
            && pdf.encryption.is_some()
        {
            return Err(reply::error(400, "BAD_VALUE", &format!("PDF of step '{name}' is password-protected")));
        }
        // Keys are as documented: in capitals.
        let step = Some(Step::from(name.as_str())).filter(|s| s.name() == name);
        let step = step.unwrap_or_else(|| Step::Custom(name.as_str().into()));
        images.push((Image::new(step, "", bytes), header));
    }
    let total: usize = images.iter().map(|(i, _)| i.bytes.len()).sum();
    if settings.limit_counts == LimitCounts::Images && total > MAX_BYTES {
        return Err(reply::html(413, "413 Request Entity Too Large"));
    }
    Ok(images)
}

/// What this library's own check says of the document's photos: the nearest thing at hand to the service's.
fn look(images: &[Image<'_>]) -> Vec<Finding> {
    let preflight = Preflight::default();
    let photos: Vec<_> = images.iter().filter(|i| i.step.is_document()).collect();
    let found: Vec<_> = photos.into_par_iter().filter_map(|i| preflight.inspect(i).ok()).map(|r| r.findings).collect();
    found.concat()
}

/// The refusal that a finding on the call amounts to; those that the service tells later by webhook have none.
fn refusal(finding: &Finding) -> Option<Reply> {
    let step = finding.step.as_ref().map(Step::name).unwrap_or_default();
    let say = |text: &str| Some(reply::error(400, "BAD_VALUE", text));
    match finding.rule {
        // The service's own words.
        Rule::MissingStep => Some(reply::error(400, "MISSING_VALUE", &format!("No image provided for step '{step}'"))),
        Rule::UnknownCountry => say("Bad value for 'country'"),
        Rule::DuplicateStep => say(&format!("Step '{step}' is given twice")),
        Rule::Questionnaire => say("Tokens with a questionnaire are not allowed"),
        Rule::NfcRequired => say("Tokens that require NFC are not allowed"),
        Rule::LivenessRequired => say("Tokens that require liveness are not allowed"),
        Rule::PdfNotAllowed => say(&format!("Step '{step}' takes no PDF")),
        Rule::UnknownStep => say(&format!("Step '{step}' is not one of the session's")),
        _ => None,
    }
}

fn missing(field: &str) -> Reply {
    reply::error(400, "MISSING_VALUE", &format!("No value provided for '{field}'"))
}

fn bad(field: &str) -> Reply {
    reply::error(400, "BAD_VALUE", &format!("Bad value for '{field}'"))
}
