//! The proxy that the environment names. A proxy that is wanted and cannot be used is told: to go around it in silence
//! would send faces another way than was meant.

use super::NotSentReason;
use ureq::{Proxy, ProxyProtocol, http::Uri};

/// In curl's order. As there, `HTTP_PROXY` is for http alone, which goes nowhere but to this machine.
const PROXIES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The proxy on the way to this address; `None` for the direct way. Variables that are empty count as not set.
pub(super) fn find(to: &Uri, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Proxy>, NotSentReason> {
    let first = |names: &[&'static str]| {
        let set = |name: &&'static str| Some((*name, variable(name).filter(|v| !v.trim().is_empty())?));
        names.iter().find_map(set)
    };
    let Some((name, url)) = first(&PROXIES) else { return Ok(None) };
    let exceptions = first(&EXCEPTIONS).map(|e| e.1).unwrap_or_default();
    let asked = exceptions
        .split([',', ' '])
        .filter(|e| !e.is_empty())
        .fold(Proxy::builder(ProxyProtocol::Http), |builder, exception| builder.no_proxy(exception));
    if asked.build().is_ok_and(|p| p.is_no_proxy(to)) {
        return Ok(None);
    }
    let proxy = Proxy::new(url.trim()).ok().filter(has_port).ok_or(NotSentReason::Proxy(name))?;
    Ok(Some(proxy))
}

/// Whether its port is a number or left out; the HTTP library takes the default for any other.
fn has_port(proxy: &Proxy) -> bool {
    proxy.uri().authority().is_some_and(|a| {
        let place = a.as_str().rsplit('@').next().unwrap_or_default();
        place == a.host() || a.port_u16().is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Option<String>, NotSentReason> {
        let get = |name: &str| variables.iter().find(|v| v.0 == name).map(|v| v.1.to_owned());
        let found = find(&"https://ivs.idenfy.com/api".parse().unwrap(), get)?;
        Ok(found.map(|p| format!("{:?} {} {}", p.protocol(), p.host(), p.port())))
    }

    #[test]
    fn a_proxy_that_is_wanted_is_used_or_told() {
        let some = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(with(&[]), Ok(None));
        assert_eq!(with(&[("HTTP_PROXY", "http://p:1"), ("http_proxy", "http://p:1")]), Ok(None));
        assert_eq!(with(&[("HTTPS_PROXY", "http://u:secret@p:1")]), some("Http p 1"));
        assert_eq!(with(&[("HTTPS_PROXY", "p:8080")]), some("Http p 8080"));
        assert_eq!(with(&[("HTTPS_PROXY", "socks5://p")]), some("Socks5 p 1080"));
        assert_eq!(with(&[("ALL_PROXY", "socks5h://p"), ("https_proxy", " ")]), some("Socks5h p 1080"));
        assert_eq!(with(&[("ALL_PROXY", "http://a:1"), ("HTTPS_PROXY", "http://b:2")]), some("Http b 2"));
        for bad in ["::::", "ftp://p", "http://", "/just/a/path", "http://p:notaport", "\u{fffd}"] {
            assert_eq!(with(&[("HTTPS_PROXY", bad)]), Err(NotSentReason::Proxy("HTTPS_PROXY")), "{bad}");
            assert_eq!(with(&[("all_proxy", bad)]), Err(NotSentReason::Proxy("all_proxy")), "{bad}");
        }
    }

    #[test]
    fn exceptions_go_directly() {
        let but = |exceptions: &str| with(&[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", exceptions)]).unwrap();
        for direct in ["ivs.idenfy.com", "localhost, ivs.idenfy.com", ".idenfy.com", "*.idenfy.com", "*"] {
            assert_eq!(but(direct), None, "{direct}");
        }
        for proxied in ["", "localhost", "idenfy.com.evil.com"] {
            assert!(but(proxied).is_some(), "{proxied}");
        }
    }
}
