//! Connections and paths.

use super::{
    Fault, Shared, openapi, process,
    reply::{self, Closed, Reply},
    state, token, webhook,
};
use http_body_util::BodyExt;
use hyper::{
    Method, Request,
    body::Incoming,
    header::{AUTHORIZATION, HOST, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE},
    http::uri::Authority,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use std::{future, net::IpAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// Beyond this a body is read and thrown away: with the limit on images a body may be a third larger than it.
const MAX_KEPT: usize = 27_000_000;

/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(30);

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| handle(Arc::clone(&shared), request));
            // A client that goes away, and the faults that were asked for, end here.
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD);
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Reply, Closed> {
    let (head, mut incoming) = request.into_parts();
    if !head.headers.get_all(HOST).iter().all(|host| is_own(host.as_bytes())) {
        return Ok(reply::error(421, "BAD_VALUE", "The sandbox is asked by localhost, 127.0.0.1 or [::1] alone"));
    }
    let given = head.headers.get(AUTHORIZATION).map(|v| v.as_bytes());
    let authorised = given == Some(shared.credentials.header().as_bytes());
    let settings = shared.settings().clone();
    let path = head.uri.path().to_owned();
    let fault = if path == "/api/v2/process" && head.method == Method::POST { settings.fault } else { Fault::None };
    if fault == Fault::Hangup {
        return Err(Closed);
    }
    let mut body = Vec::new();
    let mut arrived = 0;
    while let Some(frame) = incoming.frame().await {
        let Some(data) = frame.ok().and_then(|f| f.into_data().ok()) else { break };
        arrived += data.len();
        if arrived <= MAX_KEPT {
            body.extend_from_slice(&data);
        }
        if fault == Fault::CutBody {
            break;
        }
    }
    // Whole or not; what nobody with the key sent is nobody's.
    if path == "/api/v2/process" && authorised {
        shared.state().count(&body);
    }
    tokio::time::sleep(settings.latency).await;
    if fault == Fault::CutBody {
        return Err(Closed);
    }
    if let Some(allowed) = allowed(&path)
        && head.method != allowed
    {
        return Ok(reply::method_not_allowed(allowed));
    }
    if path.starts_with("/api/") && allowed(&path).is_some() && !authorised {
        // "Before any request processing", and without an identifier.
        let refused = reply::json(401, &json!({"message": "Invalid authorization credentials"}));
        return Ok(reply::header(refused, WWW_AUTHENTICATE, "Basic"));
    }
    let carry_out = {
        let shared = Arc::clone(&shared);
        let path = path.clone();
        let signature: Vec<_> =
            head.headers.iter().map(|(n, v)| (n.as_str().to_owned(), v.as_bytes().to_vec())).collect();
        move || match path.as_str() {
            "/" => reply::text(200, openapi::about(&shared)),
            "/openapi.json" => reply::json(200, &openapi::description()),
            "/api/v2/token" => token::create(&shared, &body),
            "/api/v2/process" => process::process(&shared, &body, arrived),
            "/api/v2/status" => state::status(&shared, &body),
            "/webhook" => webhook::receive(&shared, &signature, &body),
            "/webhooks" => reply::text(200, shared.state().webhooks()),
            "/calls" => reply::text(200, state::calls(&shared)),
            _ => reply::error(404, "BAD_VALUE", "There is no such path"),
        }
    };
    match fault {
        Fault::InternalError => return Ok(reply::error(500, "INTERNAL_ERROR", "Internal error")),
        Fault::TooManyRequests => return Ok(reply::header(too_many(), RETRY_AFTER, "7")),
        Fault::TooManyRequestsBare => return Ok(too_many()),
        Fault::TooLarge => return Ok(reply::html(413, "413 Request Entity Too Large")),
        Fault::BadGateway => return Ok(reply::html(502, "502 Bad Gateway")),
        Fault::Redirect => {
            return Ok(reply::header(reply::html(307, "Moved"), LOCATION, "http://localhost:1/api/v2/process"));
        }
        _ => {}
    }
    // Looking at photos takes a while, and other connections do not wait for it.
    let done = tokio::task::spawn_blocking(carry_out).await.map_err(|_| Closed)?;
    match fault {
        Fault::Reset => Err(Closed),
        Fault::HalfAnswer => Ok(reply::half(done.status().as_u16())),
        Fault::Silence => future::pending().await,
        _ => Ok(done),
    }
}

fn too_many() -> Reply {
    reply::error(429, "TOO_MANY_REQUESTS", "Too many requests")
}

/// Whether a Host header names this machine. A browser's page of another host may have its name lead here (DNS rebinding),
/// and would read what is asked without credentials.
fn is_own(host: &[u8]) -> bool {
    let Ok(host) = Authority::try_from(host) else { return false };
    let name = host.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name).parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The method that a path takes.
fn allowed(path: &str) -> Option<&'static str> {
    match path {
        "/" | "/openapi.json" | "/webhooks" | "/calls" => Some("GET"),
        "/api/v2/token" | "/api/v2/process" | "/api/v2/status" | "/webhook" => Some("POST"),
        _ => None,
    }
}
