//! The key pair.

use super::redact::strike;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::{env, fmt};
use zeroize::{Zeroize, Zeroizing};

/// An API key and its secret. Never shown: its `Debug` is redacted and its bytes are wiped on drop.
///
/// ```
/// use idenfy_preflight::submit::Credentials;
/// let credentials = Credentials::new("key", "a secret")?; // or Credentials::from_env()
/// assert!(!format!("{credentials:?}").contains("a secret"));
/// # Ok::<(), idenfy_preflight::submit::CredentialsError>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    key: String,
    secret: String,
}

/// Why there are no credentials.
///
/// ```
/// use idenfy_preflight::submit::Credentials;
/// let told = Credentials::new("key", "secret\n").unwrap_err();
/// assert_eq!(told.variable, "IDENFY_API_SECRET");
/// println!("{told}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {what}")]
pub struct CredentialsError {
    /// Which variable.
    pub variable: &'static str,
    /// What is the matter with it; never its value.
    pub what: &'static str,
}

/// The variable that holds the key.
pub const KEY_VARIABLE: &str = "IDENFY_API_KEY";
/// The variable that holds the secret.
pub const SECRET_VARIABLE: &str = "IDENFY_API_SECRET";

const BASIC: &str = "Basic ";

impl Credentials {
    /// Takes a pair.
    ///
    /// # Errors
    /// An empty half, or one that Basic authentication cannot carry (a colon in the key, control characters: RFC 7617).
    ///
    /// ```
    /// use idenfy_preflight::submit::Credentials;
    /// assert!(Credentials::new("key", "secret").is_ok());
    /// assert!(Credentials::new("key:secret", "").is_err());
    /// ```
    pub fn new(key: impl Into<String>, secret: impl Into<String>) -> Result<Self, CredentialsError> {
        let pair = Self { key: key.into(), secret: secret.into() };
        for (variable, text) in [(KEY_VARIABLE, &pair.key), (SECRET_VARIABLE, &pair.secret)] {
            let fail = |what| Err(CredentialsError { variable, what });
            if text.is_empty() {
                return fail("is not set");
            }
            if text.chars().any(char::is_control) {
                return fail("holds control characters, perhaps a line break at its end");
            }
        }
        if pair.key.contains(':') {
            return Err(CredentialsError { variable: KEY_VARIABLE, what: "holds a colon; it is the key alone" });
        }
        Ok(pair)
    }

    /// Takes the pair from `IDENFY_API_KEY` and `IDENFY_API_SECRET`.
    ///
    /// # Errors
    /// As [`Credentials::new`].
    ///
    /// ```
    /// use idenfy_preflight::submit::Credentials;
    /// match Credentials::from_env() {
    ///     Ok(credentials) => println!("{credentials:?}"), // redacted
    ///     Err(error) => println!("{error}"), // IDENFY_API_KEY is not set
    /// }
    /// ```
    pub fn from_env() -> Result<Self, CredentialsError> {
        Self::new(env::var(KEY_VARIABLE).unwrap_or_default(), env::var(SECRET_VARIABLE).unwrap_or_default())
    }

    /// The header's value: `Basic base64(key:secret)`.
    pub(crate) fn header(&self) -> Zeroizing<String> {
        let pair = Zeroizing::new(format!("{}:{}", self.key, self.secret));
        let coded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
        Zeroizing::new(format!("{BASIC}{}", coded.as_str()))
    }

    /// The secret, which signed webhooks before keys of their own existed.
    #[cfg(feature = "sandbox")]
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// The text without either half in it, nor the two as Basic authentication codes them, however they are escaped.
    pub(crate) fn redact(&self, text: &str) -> String {
        let header = self.header();
        let pair = header.strip_prefix(BASIC).unwrap_or(&header);
        // Some leave the padding out.
        let pair = pair.trim_end_matches('=');
        [pair, &self.secret, &self.key].iter().fold(text.to_owned(), |text, secret| strike(&text, secret))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        self.key.zeroize();
        self.secret.zeroize();
    }
}
