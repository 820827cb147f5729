//! Which hub is asked, and the token that is for it alone.

use reqwest::Url;

use crate::{HubError, Token};

/// The public hub.
const PUBLIC_HUB: &str = "https://huggingface.co";

/// A hub: the public one, or a mirror that speaks the same language.
#[derive(Debug, Clone)]
pub struct Endpoint {
    base: Url,
    token: Option<Token>,
    proxy: Option<Url>,
}

impl Endpoint {
    /// The hub at `base`, which may have a path but no password and no query.
    pub fn new(base: &str, token: Option<Token>) -> Result<Self, HubError> {
        let base = base.trim();
        let refused = |reason| HubError::InvalidEndpoint { endpoint: shown(base), reason };
        let url = Url::parse(base).map_err(|_| refused("it is no web address"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(refused("it begins with https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("a name and password do not belong in it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it ends before ? and #"));
        }
        Ok(Self { base: url, token, proxy: None })
    }

    /// The mirror that a person chose, else the one in `HF_ENDPOINT`, else the public hub; with the token in
    /// `HF_TOKEN`. `variable` reads the environment.
    pub fn choose(
        mirror: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, HubError> {
        let given = |text: &String| !text.trim().is_empty();
        let mirror = mirror.map(str::to_owned).filter(given);
        let base = mirror.or_else(|| variable("HF_ENDPOINT").filter(given));
        let token = variable("HF_TOKEN").as_deref().and_then(Token::new);
        Self::new(base.as_deref().unwrap_or(PUBLIC_HUB), token)
    }

    /// The same hub with another token.
    #[must_use]
    pub fn with_token(self, token: Option<Token>) -> Self {
        Self { token, ..self }
    }

    /// The same hub, reached through a proxy; through the system's where the text is empty.
    pub fn through(self, proxy: &str) -> Result<Self, HubError> {
        let proxy = proxy.trim();
        if proxy.is_empty() {
            return Ok(Self { proxy: None, ..self });
        }
        let refused = |reason| HubError::InvalidProxy { proxy: shown(proxy), reason };
        let url = Url::parse(proxy).map_err(|_| refused("it is no web address"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(refused("it begins with http:// or https://"));
        }
        // It would lie in the library in plain text.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("a name and password belong in HTTPS_PROXY"));
        }
        Ok(Self { proxy: Some(url), ..self })
    }

    /// The proxy that was chosen; none for the system's.
    pub(crate) fn proxy(&self) -> Option<&Url> {
        self.proxy.as_ref()
    }

    /// True where a token is given.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// The address below the base with these path segments, each escaped.
    pub(crate) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base.clone();
        // Only an address that cannot have a path has none, and those were refused.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// True where an address is on the hub's own host: only there may the token go.
    pub(crate) fn is_home_of(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// The `Authorization` header for an address; none anywhere but at home.
    pub(crate) fn authorization(&self, url: &Url) -> Option<reqwest::header::HeaderValue> {
        self.token.as_ref().filter(|_| self.is_home_of(url))?.bearer()
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

    const SECRET: &str = "hf_secret";

    fn endpoint(base: &str) -> Endpoint {
        Endpoint::new(base, Token::new(SECRET)).expect("an endpoint")
    }

    #[test]
    fn the_token_stays_at_home_and_is_never_printed() {
        let hub = endpoint("https://hub.example/mirror/");
        let sent = |url: &str| hub.authorization(&Url::parse(url).expect("an address")).is_some();
        assert!(sent("https://hub.example/api/models"));
        assert!(sent("https://hub.example:443/"));
        for elsewhere in [
            "http://hub.example/",
            "https://hub.example:8443/",
            "https://cdn.hub.example/",
            "https://hub.example.evil.example/",
            "https://hub.example@evil.example/",
        ] {
            assert!(!sent(elsewhere), "{elsewhere}");
        }
        let header = hub.authorization(&hub.url([])).expect("a header");
        assert!(!format!("{hub:?} {header:?}").contains(SECRET));
    }

    #[test]
    fn addresses_are_escaped_below_the_base() {
        let hub = endpoint("https://hub.example/mirror/");
        let url = hub.url(["a", "b", "resolve", "refs/pr/1", "x y?.gguf"]);
        assert_eq!(
            url.as_str(),
            "https://hub.example/mirror/a/b/resolve/refs%2Fpr%2F1/x%20y%3F.gguf"
        );
    }

    #[test]
    fn a_choice_wins_over_the_environment_and_that_over_the_public_hub() {
        let none = |_: &str| None;
        let set = |name: &str| {
            let values = [("HF_ENDPOINT", "http://127.0.0.1:1"), ("HF_TOKEN", SECRET)];
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let choose = |mirror, variable: &dyn Fn(&str) -> Option<String>| {
            let endpoint = Endpoint::choose(mirror, variable).expect("an endpoint");
            (endpoint.origin(), endpoint.has_token())
        };
        assert_eq!(choose(None, &none), ("https://huggingface.co".into(), false));
        assert_eq!(choose(Some(" "), &set), ("http://127.0.0.1:1".into(), true));
        let mirror = Some("https://mirror.example");
        assert_eq!(choose(mirror, &set), ("https://mirror.example".into(), true));
    }

    #[test]
    fn a_proxy_is_checked_and_the_token_never_goes_to_it() {
        let hub = endpoint("https://hub.example").through(" http://proxy.example:3128 ");
        let hub = hub.expect("a proxy");
        assert_eq!(hub.proxy().map(Url::as_str), Some("http://proxy.example:3128/"));
        let to_proxy = Url::parse("http://proxy.example:3128/").expect("an address");
        assert!(hub.authorization(&to_proxy).is_none());
        assert!(hub.clone().through("").expect("the system's").proxy().is_none());
        for proxy in ["proxy.example", "socks5://p:1", "http://a:pass@p:1", "http://"] {
            let error = hub.clone().through(proxy).expect_err(proxy);
            assert_eq!(error.code(), "invalid_proxy");
            assert!(!error.to_string().contains("pass@"), "{error}");
        }
    }

    #[test]
    fn what_is_no_hub_is_refused_without_showing_a_password() {
        for base in ["", "hub.example", "file:///etc", "https://a:pass@b.example", "https://b/?x"] {
            let error = Endpoint::new(base, None).expect_err(base);
            assert_eq!(error.code(), "invalid_endpoint");
            assert!(!error.to_string().contains("pass@"), "{error}");
        }
    }
}
