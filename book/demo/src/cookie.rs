//! Cookies on `http://localhost`.
//!
//! `HttpOnly` keeps them from scripts, and `SameSite=Lax` from requests that other sites make, but for the navigation
//! by which the authorization server sends a person back. The prefix `__Host-`, which would keep other ports and
//! subdomains from writing them, demands `Secure`, and `Secure` demands https: on plain http a browser may drop such a
//! cookie. An app on https writes `__Host-session=..; Secure` here.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// An unguessable name: 32 bytes of the system's entropy.
pub(crate) fn random() -> std::io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub(crate) fn set(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")
}

pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}
