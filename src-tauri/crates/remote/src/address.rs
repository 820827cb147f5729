//! Where a server is.

use std::fmt;
use std::net::IpAddr;

use bimo_net::{Secret, host_of};
use reqwest::Url;

use crate::RemoteError;

/// The part of the path that every such server has.
const API: &str = "v1";

/// The address of a server, from `http://` or `https://` up to and with `/v1`.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerAddress(Url);

impl ServerAddress {
    /// Understands what a person writes: with or without `/v1`, with or without a slash at its end.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let text = text.trim();
        let refused = |reason| RemoteError::InvalidEndpoint { address: shown(text), reason };
        let mut url = Url::parse(text).map_err(|_| refused("it is no web address"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(refused("it begins with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("a name and password do not belong in it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it ends before ? and #"));
        }
        let path = url.path().trim_end_matches('/');
        let path = if path.is_empty() { format!("/{API}") } else { path.to_owned() };
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Host, with the port where it is not the usual one: who reads what is sent.
    pub fn host(&self) -> String {
        host_of(&self.0)
    }

    /// True for this computer: what is sent there does not leave it.
    pub fn is_this_computer(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.map_or(host == "localhost" || host.ends_with(".localhost"), |address| {
            address.is_loopback()
        })
    }

    /// True where everybody on the way could read a key, and the text too.
    pub fn is_open_line(&self) -> bool {
        self.0.scheme() == "http" && !self.is_this_computer()
    }

    /// True where a key would go over an open line.
    pub(crate) fn exposes(&self, key: Option<&Secret>) -> bool {
        key.is_some() && self.is_open_line()
    }

    /// The address of one thing that a server does.
    pub(crate) fn of(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path()));
        url
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str())
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ServerAddress({self})")
    }
}

/// An address without the part in which a password may be.
fn shown(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_writes_becomes_the_address_of_the_interface() {
        for (written, expected) in [
            ("http://localhost:8080", "http://localhost:8080/v1"),
            ("http://localhost:8080/", "http://localhost:8080/v1"),
            (" http://localhost:8080/v1/ ", "http://localhost:8080/v1"),
            ("https://example.org/api/v1", "https://example.org/api/v1"),
            ("https://example.org/openai", "https://example.org/openai"),
        ] {
            let address = ServerAddress::parse(written).expect(written);
            assert_eq!(address.to_string(), expected);
            assert_eq!(
                address.of("chat/completions").as_str(),
                format!("{expected}/chat/completions")
            );
        }
    }

    #[test]
    fn what_is_no_server_is_refused_without_showing_a_password() {
        for written in [
            "",
            "example.org",
            "file:///etc/passwd",
            "ftp://a.example",
            "https://a:pass@b.example",
            "https://b.example/v1?key=x",
            "https://b.example/#x",
            "http://",
        ] {
            let error = ServerAddress::parse(written).expect_err(written);
            assert_eq!(error.code(), "invalid_server_address", "{written}");
            assert!(!error.to_string().contains("pass@"), "{error}");
        }
    }

    #[test]
    fn a_key_on_an_open_line_is_warned_of_and_this_computer_needs_no_warning() {
        let key = Secret::new("sk-x");
        for (written, is_open) in [
            ("http://localhost:1", false),
            ("http://127.0.0.1:1", false),
            ("http://127.8.8.8:1", false),
            ("http://[::1]:1", false),
            ("https://example.org", false),
            ("http://example.org", true),
            ("http://192.168.1.7:8000", true),
            ("http://localhost.example.org", true),
        ] {
            let address = ServerAddress::parse(written).expect(written);
            assert_eq!(address.is_open_line(), is_open, "{written}");
            assert_eq!(address.exposes(key.as_ref()), is_open, "{written}");
            assert!(!address.exposes(None));
        }
    }
}
