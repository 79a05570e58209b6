use super::*;

#[test]
fn an_answer_as_documented_is_read() {
    let session = Session::from_json(
        br#"{"message":"Token created successfully","authToken":"pgYQX0z2T8mtcpNj9I20uWVCLKNuG0vgr12f0wAC",
        "scanRef":"d2714c8a-d4c2-4f22-aec4-6ee1ef2c2e36","clientId":"c","tokenType":"DOCUMENT","country":["lt","LV"],
        "documents":["PASSPORT","ID_CARD"],"driverLicenseBack":true,"allowedDocuments":{"lt":["passport"]},
        "nfcRequired":null,"questionnaire":null,
        "utilityBill":false,"futureField":{"a":[1]},"additionalSteps":{"ALL":{"ALL":{"UTILITY_BILL":{"type":"COMPARE",
        "settings":{"canUploadPDF":false}}}},"LT":{"PASSPORT":{"VISA_PAGE":{}}}}}"#,
    )
    .unwrap();
    assert_eq!(session.known_token_type(), Some(TokenType::Document));
    assert_eq!(session.countries, ["LT", "LV"]);
    assert_eq!(format!("{:?}", session.allowed_documents), r#"{"LT": ["PASSPORT"]}"#);
    assert!(!session.nfc_required && !session.update_only && session.questionnaire.is_none());
    let lt = "LT".parse().ok();
    let names = |c, t| session.steps_for(c, t).iter().map(|s| s.step.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(lt, Some(DocumentType::Passport)), ["UTILITY_BILL", "VISA_PAGE"]);
    assert_eq!(names(lt, Some(DocumentType::IdCard)), ["UTILITY_BILL"]);
    assert_eq!(names(None, None), ["UTILITY_BILL"]);
    assert_eq!(session.additional_steps[0].can_upload_pdf, Some(false));
}

#[test]
fn an_update_and_wrong_types_are_told() {
    assert!(Session::from_json(br#"{"tokenString":"abc"}"#).unwrap().update_only);
    for more in [r#""authToken":"abc""#, r#""scanRef":"def""#] {
        let json = format!(r#"{{"tokenString":"abc",{more}}}"#);
        assert!(!Session::from_json(json.as_bytes()).unwrap().update_only);
    }
    let wrong = Session::from_json(br#"{"nfcRequired":"yes"}"#).unwrap_err();
    assert_eq!(wrong.to_string(), "the session's `nfcRequired` is a text where true or false was expected");
    for (value, kind) in
        [("-1", "a number"), ("18446744073709551615", "a number"), ("0.5", "a number"), ("{}", "an object")]
    {
        let wrong = Session::from_json(format!(r#"{{"nfcRequired":{value}}}"#).as_bytes()).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            format!("the session's `nfcRequired` is {kind} where true or false was expected")
        );
    }
    for bad in [&b"[]"[..], b"", b"{", b"\xff", b"{\"authToken\":1}"] {
        assert!(Session::from_json(bad).is_err());
    }
}

#[test]
fn what_no_answer_of_the_service_is_is_told() {
    let twice = br#"{"nfcRequired":true,"nfcR\u0065quired":false}"#;
    assert_eq!(Session::from_json(twice), Err(SessionError::Twice("nfcRequired".into())));
    let of = |steps: usize| {
        let steps = (0..steps).map(|i| format!("\"S{i}\":{{}}")).collect::<Vec<_>>().join(",");
        Session::from_json(format!("{{\"additionalSteps\":{{\"ALL\":{{\"ALL\":{{{steps}}}}}}}}}").as_bytes())
    };
    assert_eq!(of(64).unwrap().additional_steps.len(), 64);
    assert_eq!(of(65), Err(SessionError::TooManySteps(65)));
    // The same step for many countries and types is one.
    let types = ["A", "B", "C"].map(|kind| format!("\"{kind}\":{{\"VISA_PAGE\":{{}}}}")).join(",");
    let countries = (0..27).map(|i| format!("\"C{i}\":{{{types}}}")).collect::<Vec<_>>().join(",");
    let many = Session::from_json(format!("{{\"additionalSteps\":{{{countries}}}}}").as_bytes());
    assert_eq!(many.unwrap().additional_steps.len(), 81);
    let within = br#"{"additionalSteps":{"ALL":{"ALL":{"A":{}}},"ALL":{"ALL":{"B":{}}}}}"#;
    assert_eq!(Session::from_json(within), Err(SessionError::Twice("ALL".into())));
    let padded = |bytes: usize| [&b"{}"[..], &vec![b' '; bytes - 2]].concat();
    assert!(Session::from_json(&padded(1 << 20)).is_ok());
    assert_eq!(Session::from_json(&padded((1 << 20) + 1)), Err(SessionError::TooLarge((1 << 20) + 1)));
    for (wrong, said) in [("\"SECRET\"", "it is a text"), (" [1]", "it is a list"), ("nul", "line 1")] {
        let told = Session::from_json(wrong.as_bytes()).unwrap_err().to_string();
        assert!(told.contains(said) && !told.contains("SECRET"), "{told}");
    }
}

#[test]
fn nothing_may_be_written_in_any_way() {
    let plain = Session::from_json(b"{}").unwrap();
    for nothing in ["null", "[]", "{}", "\"\""] {
        let fields = ["additionalSteps", "questionnaire", "country", "documents", "allowedDocuments", "kyc_answers"];
        let json = fields.map(|field| format!("\"{field}\":{nothing}")).join(",");
        assert_eq!(Session::from_json(format!("{{{json}}}").as_bytes()), Ok(plain.clone()), "{json}");
    }
    let nested = br#"{"additionalSteps":{"ALL":[],"LT":{"ALL":[]}},"allowedDocuments":{"LT":[]}}"#;
    assert_eq!(Session::from_json(nested).unwrap().additional_steps, []);
    assert_eq!(Session::from_json("\u{feff}{}".as_bytes()), Ok(plain));
    // What is there in a strange form counts, and a flag is not guessed at.
    let attached = Session::from_json(br#"{"questionnaire":{"name":"risk"}}"#).unwrap();
    assert_eq!(attached.questionnaire.as_deref(), Some("questionnaire"));
    for bad in [&br#"{"nfcRequired":[]}"#[..], br#"{"additionalSteps":["a"]}"#, br#"{"questionnaire":true}"#] {
        assert!(Session::from_json(bad).is_err());
    }
}

#[test]
fn debug_shows_no_secret() {
    let json = br#"{"authToken":"SECRETSECRET","scanRef":"REF","documents":["PASSPORT"]}"#;
    let session = Session::from_json(json).unwrap();
    let debug = format!("{session:?} {:?}", session.token);
    assert!(!debug.contains("SECRET") && !debug.contains("REF") && debug.contains("PASSPORT"), "{debug}");
}
