//! iDenfy's page "Direct Processing" (2026), sentence by sentence, and the test of each.

use std::collections::BTreeSet;

/// A sentence and its tests, functions of these files.
const TESTED: &[(&str, &[&str])] = &[
    // Requirements.
    ("API key pair", &["requirements"]),
    ("Direct Processing feature enabled on your contract", &["requirements"]),
    // Limitations.
    ("Does not support 3D liveness detection", &["limitations"]),
    ("or short photo sequences.", &["no_short_photo_sequences"]),
    ("Maximum request size: 20 MB (total across all images).", &["limitations"]),
    ("Cannot be used to update an existing verification.", &["no_verification_is_updated"]),
    (
        "Use the Request Update feature or re-verify using the same clientId via session creation.",
        &["no_verification_is_updated"],
    ),
    ("Digital ID types are not supported and will be rejected.", &["limitations"]),
    // How it works.
    (
        "Direct processing lets you submit document images in a single POST request.",
        &["a_session_is_created_used_and_told_of_by_webhook"],
    ),
    ("The API responds immediately", &["a_session_is_created_used_and_told_of_by_webhook"]),
    ("Results are delivered via webhook.", &["a_session_is_created_used_and_told_of_by_webhook"]),
    // Endpoint.
    ("POST https://ivs.idenfy.com/api/v2/process", &["the_endpoint"]),
    ("Authorization: Basic {API_KEY}:{API_SECRET}", &["the_endpoint", "requirements"]),
    ("Content-Type: application/json", &["the_endpoint"]),
    // token.
    ("The verification session token generated beforehand via session creation.", &["the_token"]),
    ("Must be valid, unused,", &["the_token"]),
    ("and belong to the authorized partner.", &["a_token_belongs_to_a_partner"]),
    (
        "Deactivated immediately after the request — cannot be reused.",
        &["the_token", "of_ten_thousand_faulty_runs_none_sends_a_token_twice"],
    ),
    ("Must not have questionnaire answers (kyc_answers) attached.", &["the_token"]),
    ("NFC must not be required for the session.", &["the_token"]),
    // country.
    ("ISO 3166-1 alpha-2 country code (e.g. LT, US, DE).", &["the_country"]),
    ("Converted to uppercase automatically.", &["the_country"]),
    ("Must be a valid recognized country code.", &["the_country"]),
    // images.
    ("A dictionary of Base64-encoded images, keyed by side", &["the_images", "what_is_not_asked_for"]),
    ("FRONT: Document front: Always", &["the_images"]),
    ("BACK: Document back: When the document type has a back side", &["the_images"]),
    ("FACE: Selfie: Required for identification sessions; optional for document-only", &["the_images"]),
    (
        "UTILITY_BILL: Utility bill image or PDF: When configured as a required step on the token",
        &["the_images", "additional_steps"],
    ),
    ("SECOND_UTILITY_BILL: Second utility bill: When configured", &["the_images"]),
    ("Supported formats: PNG, JPG, JPEG, PDF.", &["the_images"]),
    ("Encrypted or password-protected PDFs are rejected.", &["the_images"]),
    // documentType.
    ("Valid values: ID_CARD, PASSPORT, DRIVER_LICENSE, RESIDENCE_PERMIT.", &["the_document_type", "the_images"]),
    (
        "If omitted, the system automatically detects the document type from the FRONT image.",
        &["the_document_type", "the_photo_check"],
    ),
    ("If auto-detection fails, the request is rejected with an error.", &["the_photo_check"]),
    ("When documentType is provided, BACK becomes required if that document type has a back side.", &["the_images"]),
    // skipAnalysis.
    ("Set to true to skip photo quality checks (blur, glare, document detection).", &["the_photo_check"]),
    ("(default: false)", &["the_photo_check"]),
    ("Does not skip data extraction or fraud checks — only the photo validation step.", &["the_photo_check"]),
    // Verification types.
    ("IDENTIFICATION (Default): Requires a FACE image.", &["the_images"]),
    ("Face matching runs against the document photo.", &["the_mark_of_the_face"]),
    (
        "DOCUMENT: Document-only. Face step is removed automatically — no FACE image or liveness check required.",
        &["the_images", "the_mark_of_the_face"],
    ),
    ("Result is marked FACE_NOT_CHECKED.", &["the_mark_of_the_face"]),
    // Additional steps.
    (
        "These are configured as additional steps on the token at session creation, not in the /v2/process call itself.",
        &["additional_steps"],
    ),
    ("optionally passes a reference address to compare against via additionalData", &["modes_of_additional_steps"]),
    (
        "the partner includes the utility bill image inside the images object alongside the main document images.",
        &["additional_steps"],
    ),
    ("No extra fields are needed in the /v2/process request body.", &["additional_steps"]),
    ("UPLOAD: Stores the image; no analysis", &["modes_of_additional_steps"]),
    ("EXTRACT: Extracts the address from the bill; no comparison", &["modes_of_additional_steps"]),
    (
        "COMPARE: Extracts the address and checks it against the reference address from additionalData",
        &["modes_of_additional_steps"],
    ),
    // Conditions and rules: those that say more than was said above.
    (
        "Partner must have direct processing enabled in their contract — if not, the request is rejected",
        &["requirements"],
    ),
    ("Token must have no kyc_answers attached", &["the_token"]),
    ("documentType omitted: Only FRONT is mandatory", &["the_document_type"]),
    ("FACE image: Required when the session type includes face matching", &["the_images"]),
    ("PDF submitted: Must not be password-protected", &["the_images"]),
    ("Token is deactivated after one direct processing call", &["the_token"]),
    // Response.
    ("A successful request returns HTTP 200 with no response body.", &["the_token", "without_a_fault_it_is_accepted"]),
    ("Processing continues asynchronously.", &["a_session_is_created_used_and_told_of_by_webhook"]),
    (
        "Failed requests return a JSON body identifying the problem",
        &["the_images", "every_published_identifier_is_known_and_others_are_kept"],
    ),
    (
        "A 200 OK with an error message body may indicate the document was not detected in the photo.",
        &["the_photo_check", "a_document_that_is_not_detected_comes_with_advice"],
    ),
    ("Add \"skipAnalysis\": true to the request", &["the_photo_check"]),
    (
        "Use a clearer photo with a fully visible document.",
        &["the_photo_check", "a_document_that_is_not_detected_comes_with_advice"],
    ),
    // What happens after.
    ("Face matching runs if a FACE image was provided.", &["the_mark_of_the_face"]),
    (
        "Results are delivered via webhook to your configured endpoint.",
        &["a_session_is_created_used_and_told_of_by_webhook"],
    ),
];

/// What the sandbox does not do and no client can see of the call; `GET /` says so.
const NOT_TESTED: &[&str] = &[
    "OCR extracts document fields — name, date of birth, expiry, document number, nationality, and more.",
    "Fraud checks and AML/sanctions screening run automatically.",
];

const FILES: &[&str] =
    &[include_str!("faults.rs"), include_str!("page.rs"), include_str!("random.rs"), include_str!("sessions.rs")];

/// The tests of a file, by name.
fn tests(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[test]\nfn ").skip(1).filter_map(|rest| rest.split('(').next())
}

#[test]
fn every_sentence_has_tests_that_exist() {
    let existing: BTreeSet<_> = FILES.iter().flat_map(|text| tests(text)).collect();
    let mut named = BTreeSet::new();
    for (sentence, functions) in TESTED {
        assert!(!functions.is_empty() && !NOT_TESTED.contains(sentence), "{sentence}");
        for function in *functions {
            assert!(existing.contains(function), "{sentence:?} names {function}, which is no test");
            named.insert(*function);
        }
    }
    // The other way round: each test of page.rs is of some sentence.
    let of_page: BTreeSet<_> = tests(include_str!("page.rs")).filter(|t| *t != "what_is_no_call_at_all").collect();
    assert!(of_page.is_subset(&named), "{:?} is of no sentence", of_page.difference(&named));
}
