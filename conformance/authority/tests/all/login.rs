//! A client's side of a login, with everything that a test may want to bend.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proofkey_authority::{Authority, Client, ClientAuth};
use sha2::{Digest, Sha256};

use crate::http::{Response, first, form, get, post, request};

/// RFC 7636 Appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:50123/callback";
pub(crate) const SCOPE: &str = "openid profile email offline_access";

/// A change of a parameter: set, or leave out.
pub(crate) type Change<'a> = (&'a str, Option<&'a str>);

pub(crate) fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn changed<'a>(mut pairs: Vec<(&'a str, &'a str)>, changes: &[Change<'a>]) -> Vec<(&'a str, &'a str)> {
    for (name, value) in changes {
        pairs.retain(|(key, _)| key != name);
        pairs.extend(value.map(|value| (*name, value)));
    }
    pairs
}

pub(crate) fn authorization_url(authority: &Authority, changes: &[Change<'_>]) -> String {
    let client = Client::native();
    let pairs = vec![
        ("response_type", "code"),
        ("client_id", &client.id),
        ("redirect_uri", REDIRECT_URI),
        ("scope", SCOPE),
        ("state", "the-state/+ of this"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    format!("{}?{}", authority.endpoints().authorization, form(&changed(pairs, changes)))
}

pub(crate) fn authorize(authority: &Authority, changes: &[Change<'_>]) -> Response {
    get(&authorization_url(authority, changes))
}

/// # Panics
///
/// When there is no code in the answer.
#[track_caller]
pub(crate) fn code(authority: &Authority, changes: &[Change<'_>]) -> String {
    let answer = authorize(authority, changes);
    first(&answer.location_pairs(), "code").expect("a code").to_owned()
}

pub(crate) fn exchange(authority: &Authority, code: &str, changes: &[Change<'_>]) -> Response {
    exchange_by(authority, &[], code, changes)
}

pub(crate) fn exchange_by(
    authority: &Authority,
    headers: &[(&str, &str)],
    code: &str,
    changes: &[Change<'_>],
) -> Response {
    let client = Client::native();
    let pairs = vec![
        ("grant_type", "authorization_code"),
        ("client_id", &client.id),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    post(&authority.endpoints().token, headers, &changed(pairs, changes))
}

/// A whole login; the token response.
#[track_caller]
pub(crate) fn log_in(authority: &Authority) -> Response {
    exchange(authority, &code(authority, &[]), &[])
}

pub(crate) fn refresh(authority: &Authority, token: &str, changes: &[Change<'_>]) -> Response {
    let client = Client::native();
    let pairs = vec![("grant_type", "refresh_token"), ("client_id", client.id.as_str()), ("refresh_token", token)];
    post(&authority.endpoints().token, &[], &changed(pairs, changes))
}

pub(crate) fn userinfo(authority: &Authority, token: &str) -> Response {
    request("GET", &authority.endpoints().userinfo, &[("authorization", &format!("Bearer {token}"))], "")
}

pub(crate) fn basic(client: &Client) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let secret = match &client.auth {
        ClientAuth::Basic(secret) | ClientAuth::Post(secret) | ClientAuth::SecretJwt(secret) => secret.as_str(),
        ClientAuth::None | ClientAuth::PrivateKeyJwt => "",
    };
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(&client.id), encode(secret))))
}
