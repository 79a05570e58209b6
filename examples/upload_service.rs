//! An upload page in front of direct processing: every photo is checked as it arrives, the verdict shown beside it, and
//! what is ready goes to a sandbox that runs along. `cargo run --example upload_service`, then open the address.
//!
//! What it shows: work on rayon's threads while the runtime's stay free, a bound on uploads and on checks under way
//! (503 with Retry-After beyond it), and a stop that lets answers finish.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Multipart, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use idenfy_preflight::{
    Image, Outcome, Preflight, Step, Submission,
    report::ImageReport,
    sandbox::{Sandbox, Settings},
    submit::{BaseUrl, Credentials, Patience, Submitter, session::NewSession},
    texts::Texts,
};
use serde_json::{Value, json};
use std::{error::Error, net::SocketAddr, sync::Arc};
use tokio::{
    net::TcpListener,
    signal,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};

/// The most that one photo may have; a whole submission three times that.
const PHOTO_BYTES: usize = 20 << 20;
/// Checks under way at a time. Each may take [`Limits::max_memory`](idenfy_preflight::options::Limits::max_memory).
const CHECKS: usize = 4;

#[derive(Clone)]
struct Service {
    preflight: Arc<Preflight>,
    submitter: Arc<Submitter>,
    places: Arc<Semaphore>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Against iDenfy: Submitter::new(Credentials::from_env()?).
    let credentials = || Credentials::new("key", "secret");
    let sandbox = Sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), credentials()?, Settings::default())?;
    let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
    let service = Service {
        preflight: Arc::new(Preflight::default()),
        submitter: Arc::new(Submitter::to(base, Patience::default(), credentials()?)),
        places: Arc::new(Semaphore::new(CHECKS)),
    };
    let app = Router::new()
        .route(
            "/",
            get(|| async { ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("upload_service.html"))) }),
        )
        .route("/look/{step}", post(look).layer(DefaultBodyLimit::max(PHOTO_BYTES)))
        .route("/submit", post(submit).layer(DefaultBodyLimit::max(3 * PHOTO_BYTES)))
        .with_state(service);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8080".into());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(async { drop(signal::ctrl_c().await) }).await?;
    Ok(())
}

const POLICY: &str =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src blob:; connect-src 'self'";

/// Why there is no report.
enum Refusal {
    Busy,
    Bad(String),
    Failed(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let said = |status, said: &str| (status, Json(json!({ "error": said }))).into_response();
        match self {
            Self::Busy => {
                let busy = Json(json!({"error": "The service is busy; the photo is sent again in a moment."}));
                (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], busy).into_response()
            }
            Self::Bad(what) => said(StatusCode::BAD_REQUEST, &what),
            Self::Failed(what) => said(StatusCode::INTERNAL_SERVER_ERROR, &what),
        }
    }
}

/// Work for the processor, on rayon's threads. Its place is free again when it is done, also when the client has gone.
async fn on_rayon<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let (done, answer) = oneshot::channel();
    rayon::spawn(move || {
        let _ = done.send(work());
        drop(place);
    });
    answer.await.map_err(|_| Refusal::Failed("the check did not come to an end".into()))
}

/// Waiting for the network is no work: it has threads of its own. `submit` gives up by itself, so that nothing hangs.
async fn on_network<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(wait).await.map_err(|_| Refusal::Failed("the call did not come to an end".into()))
}

/// What the hints are said in.
fn texts(headers: &HeaderMap) -> Texts {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if accepted.starts_with("de") { Texts::german() } else { Texts::english() }
}

/// One photo, as it was dropped.
async fn look(
    State(service): State<Service>,
    Path(step): Path<String>,
    headers: HeaderMap,
    photo: Bytes,
) -> Result<Json<ImageReport>, Refusal> {
    let place = service.places.try_acquire_owned().map_err(|_| Refusal::Busy)?;
    let step = Step::from(step.as_str());
    let report = on_rayon(place, move || service.preflight.inspect(&Image::new(step, "", &*photo))).await?;
    let mut report = report.map_err(|e| Refusal::Failed(e.to_string()))?;
    texts(&headers).translate_image(&mut report);
    Ok(Json(report))
}

/// All photos and the words that go with them: a session is created, the whole is checked and, when ready, sent once.
async fn submit(
    State(service): State<Service>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Result<Json<Value>, Refusal> {
    let place = service.places.clone().try_acquire_owned().map_err(|_| Refusal::Busy)?;
    let bad = |e: axum::extract::multipart::MultipartError| Refusal::Bad(e.body_text());
    let mut submission = Submission::new();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await.map_err(bad)?;
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        submission = match (name.as_str(), file) {
            ("country", None) => submission.country(text()),
            ("documentType", None) => submission.document_type(text()),
            (step, Some(file)) if !bytes.is_empty() => submission.image(Image::new(step, file, Vec::from(bytes))),
            _ => submission,
        };
    }
    let Service { preflight, submitter, .. } = service;
    let blocking = Arc::clone(&submitter);
    let create = move || blocking.create(&NewSession::new("user-7")).map_err(|e| e.to_string());
    let session = on_network(create).await?.map_err(Refusal::Failed)?.session;
    let outcome = on_rayon(place, move || preflight.check(submission.session(session))).await?;
    let Outcome { mut report, request, .. } = outcome.map_err(|e| Refusal::Failed(e.to_string()))?;
    let mut answer = Value::Null;
    if let Some(request) = request {
        let report = report.clone();
        answer = on_network(move || submitter.submit(&request, &report)).await?.to_json();
    }
    texts(&headers).translate(&mut report);
    Ok(Json(json!({"report": report, "answer": answer})))
}
