//! The way to the service: proxies, and whom to trust at its end.
#![cfg(feature = "cli")]

use crate::submit::program::submit_in;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

const TOKEN: [&str; 2] = ["--token", "TOKENTOKENTOKEN"];

/// Listens, keeps the beginning of what each caller says, and hangs up.
fn listen() -> (u16, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let keep = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut said, mut chunk) = (stream.unwrap(), Vec::new(), [0; 1000]);
            // A line may come in pieces; the others speak first and wait for a word.
            while !said.ends_with(b"\n") && (said.is_empty() || said.starts_with(b"C")) {
                match stream.read(&mut chunk) {
                    Ok(n @ 1..) => said.extend_from_slice(&chunk[..n]),
                    _ => break,
                }
            }
            keep.lock().unwrap().push(said);
        }
    });
    (port, heard)
}

/// What a proxy in this variable, and the service, hear of a call; and what the program prints.
fn by(variable: &str, scheme: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>, String) {
    let ((proxy, at_proxy), (service, at_service)) = (listen(), listen());
    let url = format!("{scheme}127.0.0.1:{proxy}");
    let (status, stdout, stderr) = submit_in(&[(variable, &url)], &format!("https://127.0.0.1:{service}"), &TOKEN);
    assert_eq!(status, 2, "{stdout}{stderr}");
    // Another test's caller may come by a port that was just given back, or hang up before it speaks.
    let said = |heard: Arc<Mutex<Vec<Vec<u8>>>>| -> Vec<Vec<u8>> {
        heard.lock().unwrap().iter().filter(|said| !said.is_empty()).cloned().collect()
    };
    (said(at_proxy), said(at_service), stdout)
}

#[test]
fn proxies_are_used_or_told() {
    let ways = [
        ("HTTPS_PROXY", "http://"),
        ("ALL_PROXY", "socks5://"),
        ("HTTP_PROXY", "http://"),
        ("HTTPS_PROXY", "gopher://me:SECRETSECRET@"),
    ];
    // All at once, for each waits between its attempts.
    let all = ways.map(|(variable, scheme)| thread::spawn(move || by(variable, scheme)));
    let [http, socks, other, unusable] = all.map(|one| one.join().unwrap());
    let heard = |all: &[Vec<u8>], beginning: &[u8]| all.iter().any(|said| said.starts_with(beginning));
    assert!(heard(&http.0, b"CONNECT 127.0.0.1:") && http.1.is_empty(), "{http:?}");
    assert!(heard(&socks.0, &[5]) && socks.1.is_empty(), "SOCKS version 5 says 5 first: {socks:?}");
    // HTTP_PROXY is not that of https: the service itself is called, by TLS.
    assert!(other.0.is_empty() && heard(&other.1, &[0x16]), "{other:?}");
    // One that cannot be understood is not gone around.
    assert!(unusable.0.is_empty() && unusable.1.is_empty(), "{unusable:?}");
    assert!(unusable.2.contains("Not sent: the proxy in HTTPS_PROXY"), "{}", unusable.2);
    assert!(!unusable.2.contains("SECRETSECRET"), "{}", unusable.2);
}

/// What the program prints of a service with this certificate, when it trusts the issuer.
fn with(certificate: CertificateParams, trusted: bool) -> (i32, String) {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let chain = vec![CertificateDer::from(certificate.signed_by(&key, &authority).unwrap())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let (mut seen, mut chunk) = (Vec::new(), [0; 4096]);
            while !seen.ends_with(b"}}") {
                match stream.read(&mut chunk) {
                    Ok(n) if n > 0 => seen.extend_from_slice(&chunk[..n]),
                    _ => break,
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, authority.pem()).unwrap();
    let variables = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let variables = if trusted { &variables[..] } else { &[] };
    let (status, stdout, stderr) = submit_in(variables, &format!("https://localhost:{port}"), &TOKEN);
    (status, stdout + &stderr)
}

#[test]
fn certificates_are_told_apart_in_words() {
    let of = |name: &str| CertificateParams::new([name.to_owned()]).unwrap();
    let (status, text) = with(of("localhost"), true);
    assert_eq!(status, 0, "{text}");
    let mut expired = of("localhost");
    expired.not_after = date_time_ymd(2020, 1, 1);
    let mut early = of("localhost");
    early.not_before = date_time_ymd(4000, 1, 1);
    let mut authority = of("localhost");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for (certificate, trusted, said) in [
        (of("localhost"), false, "its issuer is not trusted"),
        (of("other.example"), true, "it is for another name"),
        (expired, true, "it has expired"),
        (early, true, "it is not valid yet"),
        (authority, true, "it is an authority's own"),
    ] {
        let (status, text) = with(certificate, trusted);
        assert_eq!(status, 2, "{text}");
        assert!(text.contains(&format!("Not sent: the host's certificate was not accepted: {said}")), "{said}: {text}");
    }
}
