//! A secret that says to a server who asks.

use std::fmt;

use reqwest::header::HeaderValue;

/// A token or key of an account. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret; none where the text is empty.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The value of an `Authorization` header, marked so that nothing prints it; none where it has characters that
    /// cannot stand in one.
    pub fn bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The secret itself, for the system's keyring and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new(" sk-hidden\n").expect("a secret");
        assert_eq!(secret.reveal(), "sk-hidden");
        let header = secret.bearer().expect("a header");
        assert_eq!(header.as_bytes(), b"Bearer sk-hidden");
        assert!(!format!("{secret:?} {header:?}").contains("hidden"));
        assert_eq!(Secret::new(" \n"), None);
        assert_eq!(Secret::new("a\nb").expect("a secret").bearer(), None);
    }
}
