//! The signed webhook: sent to the session's `callbackUrl`, and received for those who have nothing that listens.

use super::{
    Shared,
    reply::{self, Reply},
    state::{Issued, summary},
};
use crate::submit::webhook::{SIGNATURE, sign, verify};
use serde_json::json;
use std::{thread, time::Duration};

fn key(shared: &Shared) -> String {
    shared.settings().webhook_key.clone().unwrap_or_else(|| shared.credentials.secret().to_owned())
}

/// Sends the result, up to three times half a second apart (the service's FAQ of 2022; today's schedule is not
/// published).
pub(super) fn send(shared: &Shared, issued: &Issued) {
    let Some(url) = issued.callback_url.clone() else { return };
    let steps = issued.verdict.as_ref().map(|v| v.additional_steps.clone());
    let body = json!({
        "final": true, "platform": "API", "scanRef": issued.scan_ref, "clientId": issued.client_id,
        "externalRef": issued.external_ref, "status": summary(issued), "additionalSteps": steps,
        "data": {}, "fileUrls": {},
    })
    .to_string();
    let signature = sign(body.as_bytes(), key(shared).as_bytes());
    thread::spawn(move || {
        let limit = Some(Duration::from_secs(10));
        let config = ureq::Agent::config_builder().timeout_global(limit).max_redirects(0).proxy(None).build();
        let agent = ureq::Agent::from(config);
        for _ in 0..3 {
            let sent = agent
                .post(&url)
                .header(SIGNATURE, &signature)
                .header("Idenfy-Event-Type", "IDENTIFICATION_AUTO_FINISHED")
                .header("Content-Type", "application/json")
                .send(&body);
            if sent.is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(500));
        }
    });
}

/// Keeps a webhook when its signature is right.
pub(super) fn receive(shared: &Shared, headers: &[(String, Vec<u8>)], body: &[u8]) -> Reply {
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    match verify(headers, body, key(shared).as_bytes()) {
        Ok(_) => {
            let line = String::from_utf8_lossy(body).replace(['\r', '\n'], " ") + "\n";
            shared.state().keep(line);
            reply::accepted()
        }
        Err(e) => reply::error(400, "BAD_VALUE", &e.to_string()),
    }
}
