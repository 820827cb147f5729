//! The HTTP client, set up in one place.

use std::time::Duration;

/// How a client reaches what it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// By the proxy that the system or the environment names, where there is one.
    ByProxy,
    /// By the proxy at this address.
    Through(reqwest::Url),
    /// By none: what is on this computer is behind no proxy.
    Direct,
}

/// A client that follows no redirect and says nothing of the person but the program's name. Fails, in the system's
/// words, where the system's certificates or proxies cannot be read.
pub fn client(connect_timeout: Duration, route: Route) -> Result<reqwest::Client, String> {
    // Another part of the program may have chosen one before; any is good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = match route {
        Route::ByProxy => reqwest::Client::builder(),
        Route::Through(proxy) => {
            reqwest::Client::builder().proxy(reqwest::Proxy::all(proxy).map_err(words)?)
        }
        Route::Direct => reqwest::Client::builder().no_proxy(),
    };
    builder
        .user_agent(concat!("bimo/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(connect_timeout)
        .build()
        .map_err(words)
}

/// What happened, in the words of the innermost cause. What is around it has addresses, and an address may have a
/// secret in it.
pub fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
