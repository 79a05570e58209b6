//! The API's rules on the call as a whole: token, session, country, document type, steps.
//!
//! Source of all, unless a line says otherwise: iDenfy, "Direct Processing", as read in 2026.

mod steps;

pub use steps::check_pdf;

use crate::{
    country::Country,
    finding::Finding,
    options::Service,
    rules::Rule,
    session::Session,
    submission::{DocumentType, Submission, TokenType},
};

/// Digital IDs, "not supported and will be rejected"; the names are those of iDenfy's "Documents and countries" page
/// and of its OpenAPI description (2026).
pub const DIGITAL_IDS: [&str; 17] = [
    "SMART_ID",
    "BANK_ID_SE",
    "BANK_ID_NO",
    "BANK_ID_CZ",
    "CLEAR",
    "ONE_ID",
    "MIT_ID",
    "VERIMI",
    "SPID",
    "ITSME",
    "FTN",
    "YOTI_ID",
    "LA_WALLET",
    "SAMSUNG_WALLET",
    "MOJE_ID_CZ",
    "CNH_DIGITAL",
    "CNH",
];

/// The submission's own words, understood. What could not be understood is `None` and has a finding.
///
/// ```
/// use idenfy_preflight::{Submission, check::request, options::Service, submission::{DocumentType, TokenType}};
/// let submission = Submission::new().country("lt").document_type("ID_CARD");
/// let (terms, _) = request::check(&submission, &Service::default());
/// assert_eq!(terms.country.map(|country| country.to_string()).as_deref(), Some("LT"));
/// assert_eq!((terms.document_type, terms.token_type), (Some(DocumentType::IdCard), TokenType::Identification));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Terms {
    /// The country.
    pub country: Option<Country>,
    /// The document type; `None` also when it was left out.
    pub document_type: Option<DocumentType>,
    /// The kind of session.
    pub token_type: TokenType,
}

/// Judges everything about the call that can be judged without looking at a file.
///
/// ```
/// use idenfy_preflight::{Submission, check::request, options::Service, rules::Rule};
/// let (_, found) = request::check(&Submission::new().country("UK"), &Service::default());
/// let rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
/// assert!(rules.contains(&Rule::MissingToken) && rules.contains(&Rule::MissingStep));
/// ```
pub fn check(submission: &Submission<'_>, service: &Service) -> (Terms, Vec<Finding>) {
    let mut found = Vec::new();
    let default = Session::default();
    let session = submission.session.as_ref().unwrap_or(&default);
    token(submission, session, &mut found);
    session_rules(session, &mut found);
    let country = country(submission.country.as_deref(), session, &mut found);
    let document_type = document_type(submission.document_type.as_deref(), country, session, &mut found);
    let token_type = match &submission.session {
        Some(session) => session.known_token_type().unwrap_or_default(),
        None => submission.token_type.unwrap_or_default(),
    };
    let terms = Terms { country, document_type, token_type };
    let typed = submission.document_type.is_some();
    steps::check(submission, session, &terms, typed, service, &mut found);
    (terms, found)
}

fn token(submission: &Submission<'_>, session: &Session, found: &mut Vec<Finding>) {
    let Some(token) = submission.effective_token() else {
        found.push(Finding::new(
            Rule::MissingToken,
            "There is no token, and the service takes no call without one.",
            "Create a session (POST /api/v2/token) and give its token, or its whole answer as the session.",
        ));
        return;
    };
    if session.token.as_ref().is_some_and(|sessions| sessions != token) {
        found.push(Finding::new(
            Rule::TokenMismatch,
            "The token given and the session's own token differ, so the session's rules would be applied to another session.",
            "Leave the token out, or give the session that belongs to it.",
        ));
    }
    let text = token.expose();
    let length = text.chars().count();
    // "10-40 characters, ASCII only": the page of early 2026. The newest one states no length, hence a warning.
    let strange = match text {
        _ if !text.is_ascii() => ", some of them not plain ASCII",
        _ if !text.bytes().all(|b| b.is_ascii_graphic()) => ", among them a blank or control character",
        _ => "",
    };
    if !(10..=40).contains(&length) || !strange.is_empty() {
        found.push(
            Finding::new(
                Rule::TokenShape,
                format!("The token has {length} characters{strange}, where 10 to 40 ASCII characters are usual."),
                "Check that `authToken` of the session's answer was copied whole and without blanks.",
            )
            .with("value", length)
            .with("threshold", "10 to 40")
            .with("unit", "characters"),
        );
    }
}

fn session_rules(session: &Session, found: &mut Vec<Finding>) {
    if session.known_token_type().is_none() {
        let name = session.token_type.as_deref().unwrap_or_default();
        // VIDEO_CALL, VIDEO_CALL_PHOTOS and VIDEO_CALL_IDENTIFICATION are the known others.
        found.push(
            Finding::new(
                Rule::TokenType,
                format!("The session is of type {name:?}; direct processing serves IDENTIFICATION and DOCUMENT."),
                "Create a session of one of these two types, or send the user through iDenfy's own pages.",
            )
            .with("value", name),
        );
    }
    if session.questionnaire.is_some() {
        found.push(Finding::new(
            Rule::Questionnaire,
            "The session has a questionnaire attached, which direct processing refuses.",
            "Create the session with \"questionnaire\": null, or send the user through iDenfy's own pages.",
        ));
    }
    if session.nfc_required {
        found.push(Finding::new(
            Rule::NfcRequired,
            "The session requires reading the document's chip (NFC), which no upload can do.",
            "Create the session with \"nfcRequired\": false, or use iDenfy's mobile SDK.",
        ));
    }
    if session.check_liveness {
        found.push(Finding::new(
            Rule::LivenessRequired,
            "The session requires a liveness check or a short photo sequence, which direct processing does not do.",
            "Create the session with \"checkLiveness\": false, or use iDenfy's SDK or web pages.",
        ));
    }
    if session.update_only {
        found.push(Finding::new(
            Rule::VerificationUpdate,
            "The session is one to update an existing verification, which direct processing cannot do.",
            "Send the user the update link, or create a new session with the same clientId.",
        ));
    }
}

fn country(given: Option<&str>, session: &Session, found: &mut Vec<Finding>) -> Option<Country> {
    let Some(given) = given.filter(|c| !c.trim().is_empty()) else {
        found.push(Finding::new(
            Rule::MissingCountry,
            "There is no country, and the service takes no call without one.",
            "Give the two-letter code of the country that issued the document, such as LT.",
        ));
        return None;
    };
    let Ok(country) = given.parse::<Country>() else {
        let shown: String = given.chars().take(20).collect();
        let help = match Country::suggestion(given) {
            Some(code) => format!("Did you mean {code}?"),
            None => "Give the two-letter code of the country that issued the document, such as LT.".to_owned(),
        };
        found.push(
            Finding::new(
                Rule::UnknownCountry,
                format!("{shown:?} is not a country code that the service knows."),
                help,
            )
            .with("value", shown)
            .with("suggestion", Country::suggestion(given)),
        );
        return None;
    };
    let code = country.code();
    let by_list = session.countries.is_empty() || session.countries.iter().any(|c| c == code || c == "ALL");
    let by_map = session.allowed_documents.is_empty()
        || session.allowed_documents.contains_key(code)
        || session.allowed_documents.contains_key("ALL");
    if !(by_list && by_map) {
        let (field, allowed) = match by_list {
            false => ("country", session.countries.clone()),
            true => ("allowedDocuments", session.allowed_documents.keys().cloned().collect()),
        };
        found.push(
            Finding::new(
                Rule::CountryNotAllowed,
                format!(
                    "The session does not allow documents of {code}; its `{field}` allows {} only.",
                    listed(&allowed)
                ),
                "Ask the user for a document of an allowed country, or create a session that allows this one.",
            )
            .predicting("COUNTRY_NOT_SUPPORTED")
            .with("value", code)
            .with("field", field)
            .with("allowed", allowed),
        );
    }
    Some(country)
}

/// The first of a list, in words.
fn listed(all: &[String]) -> String {
    const SHOWN: usize = 10;
    let more = all.len().saturating_sub(SHOWN);
    let first = all.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}

fn document_type(
    given: Option<&str>,
    country: Option<Country>,
    session: &Session,
    found: &mut Vec<Finding>,
) -> Option<DocumentType> {
    let given = given?;
    let upper = given.trim().to_ascii_uppercase().replace('-', "_");
    let Ok(document_type) = upper.parse::<DocumentType>() else {
        let shown: String = given.chars().take(40).collect();
        found.push(if DIGITAL_IDS.contains(&upper.as_str()) {
            Finding::new(
                Rule::DigitalId,
                format!("{upper} is a digital ID; direct processing refuses digital IDs."),
                "Ask the user for a photo of a physical document, or send them through iDenfy's own pages.",
            )
            .predicting("DOC_NOT_SUPPORTED")
            .with("value", upper)
        } else {
            let likest = likest(&upper, DocumentType::ALL.iter().map(|known| known.name()));
            let help = "or leave it out and let the service tell the type from the FRONT.";
            Finding::new(
                Rule::UnknownDocumentType,
                format!(
                    "{shown:?} is no document type of direct processing; it takes ID_CARD, PASSPORT, DRIVER_LICENSE and RESIDENCE_PERMIT."
                ),
                match likest {
                    Some(likest) => format!("Give {likest} if that was meant, {help}"),
                    None => format!("Give one of the four, {help}"),
                },
            )
            .with("value", shown)
        });
        return None;
    };
    let name = document_type.name();
    let by_country =
        country.and_then(|c| session.allowed_documents.get(c.code())).or(session.allowed_documents.get("ALL"));
    let allowed = |types: &Vec<String>| types.is_empty() || types.iter().any(|t| t == name || t == "ALL");
    let lists = [("documents", Some(&session.documents)), ("allowedDocuments", by_country)];
    if let Some((field, allowed)) =
        lists.into_iter().find_map(|(field, list)| Some((field, list.filter(|l| !allowed(l))?)))
    {
        found.push(
            Finding::new(
                Rule::DocumentTypeNotAllowed,
                format!("The session does not allow {name}; its `{field}` allows {} only.", listed(allowed)),
                "Ask the user for an allowed document, or create a session that allows this one.",
            )
            .predicting("DOC_NOT_ALLOWED")
            .with("value", name)
            .with("field", field)
            .with("allowed", allowed.clone()),
        );
    }
    Some(document_type)
}

/// The name that was probably meant by one that is none: the nearest, at two slips of the pen at most, and at fewer than
/// half of its letters.
fn likest<'n>(given: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    const MOST: usize = 2;
    // Longer ones are no slip, and are a stranger's to choose.
    let given: String = given.chars().take(64).flat_map(char::to_uppercase).collect();
    let near = names.map(|name| (strsim::osa_distance(&given, name), name));
    let near = near.filter(|(slips, name)| *slips <= MOST && slips * 2 < name.len());
    near.min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}
