//! The authorization request and its answer: RFC 6749 sections 4.1.1 and 4.1.2.

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use proofkey_authorize::{AuthorizationRequest, Pending};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use super::verifier::IS_UNRESERVED;
use crate::Operation;
use crate::fixtures::{
    AUTHORIZE, CHALLENGE, CLIENT_ID, CODE, ISSUER, REDIRECT_URI, SCOPE, VERIFIER, client_id, now, redirect_uri, scope,
    server,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![begin(), url(), callback(), store(), restore()]
}

fn begin() -> Operation {
    let (server, client_id, redirect_uri, scope) = (server(), client_id(), redirect_uri(), scope());
    let their_url = their_client();
    let about = "one system call for 96 bytes, 4 base64, SHA-256, one String, the three secrets overwritten; \
                 oauth2 takes its bytes from a generator in the process, and is given a nonce as well";
    Operation::new("begin", about, 1.2)
        .ahead(2.0)
        .allocations(2)
        .with("ours", move || {
            let mut entropy = [0; 96];
            getrandom::fill(&mut entropy).expect("entropy");
            AuthorizationRequest::new(&server, client_id.clone(), redirect_uri.clone())
                .scope(scope.clone())
                .begin(&entropy, now())
        })
        .with("limit", || {
            let mut entropy = [0; 96];
            getrandom::fill(&mut entropy).expect("entropy");
            least(&entropy)
        })
        .with("oauth2 5", move || {
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let nonce = CsrfToken::new_random();
            (their_url(challenge, CsrfToken::new_random(), &nonce), verifier, nonce)
        })
}

/// The texts of verifier, state and nonce, overwritten when dropped.
struct Secrets([[u8; 43]; 3]);

impl Drop for Secrets {
    fn drop(&mut self) {
        self.0.as_flattened_mut().zeroize();
    }
}

/// The URL, and what has to be kept until the callback.
fn least(entropy: &[u8; 96]) -> (String, Secrets) {
    let mut secrets = Secrets([[0; 43]; 3]);
    for (text, octets) in secrets.0.iter_mut().zip(entropy.chunks(32)) {
        URL_SAFE_NO_PAD.encode_slice(octets, text).expect("room");
    }
    let mut challenge = [0; 43];
    URL_SAFE_NO_PAD.encode_slice(Sha256::digest(secrets.0[0]), &mut challenge).expect("room");
    let [_, state, nonce] = &secrets.0;
    let [state, nonce, challenge] =
        [state, nonce, &challenge].map(|text| std::str::from_utf8(text).unwrap_or_default());
    (url_of(state, nonce, challenge), secrets)
}

/// The URL, escaped where it must be, in one allocation.
fn url_of(state: &str, nonce: &str, challenge: &str) -> String {
    let mut url = String::with_capacity(512);
    url.push_str(AUTHORIZE);
    for (name, value) in
        [("?response_type=code&client_id=", CLIENT_ID), ("&redirect_uri=", REDIRECT_URI), ("&scope=", SCOPE)]
    {
        url.push_str(name);
        let mut rest = value;
        while let Some(at) = rest.bytes().position(|octet| !IS_UNRESERVED[usize::from(octet)]) {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            let octet = rest.as_bytes()[at];
            url.push_str(&rest[..at]);
            url.push('%');
            url.push(char::from(DIGITS[usize::from(octet >> 4)]));
            url.push(char::from(DIGITS[usize::from(octet & 15)]));
            rest = &rest[at + 1..];
        }
        url.push_str(rest);
    }
    let plain = [("&state=", state), ("&nonce=", nonce), ("&code_challenge=", challenge)];
    for text in plain.into_iter().flat_map(|(name, value)| [name, value]).chain(["&code_challenge_method=S256"]) {
        url.push_str(text);
    }
    url
}

/// The client of oauth2, made once, and what a login asks of it.
fn their_client() -> impl Fn(PkceCodeChallenge, CsrfToken, &CsrfToken) -> (oauth2::url::Url, CsrfToken) {
    let client = BasicClient::new(ClientId::new(CLIENT_ID.to_owned()))
        .set_auth_uri(AuthUrl::new(AUTHORIZE.to_owned()).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).expect("a URL"));
    move |challenge, state, nonce| {
        let scopes = SCOPE.split(' ').map(|scope| Scope::new(scope.to_owned()));
        let request = client.authorize_url(move || state).add_scopes(scopes).set_pkce_challenge(challenge);
        request.add_extra_param("nonce", nonce.secret()).url()
    }
}

fn url() -> Operation {
    let (server, client_id, redirect_uri, scope) = (server(), client_id(), redirect_uri(), scope());
    let entropy = [7; 96];
    let values: [String; 2] = ["s", "n"].map(|text| text.repeat(43));
    let [state, nonce] = values.clone();
    let (nonce, their_url) = (CsrfToken::new(nonce), their_client());
    let verifier = oauth2::PkceCodeVerifier::new(VERIFIER.to_owned());
    Operation::new("url", "the URL with eight parameters from given secrets, escaped, in one String", 1.15)
        .ahead(1.0)
        .allocations(1)
        .with("ours", move || {
            AuthorizationRequest::new(&server, client_id.clone(), redirect_uri.clone())
                .scope(scope.clone())
                .begin(&entropy, now())
        })
        .with("limit", move || least(&entropy))
        .with("form_urlencoded 1.2", move || {
            let mut form = form_urlencoded::Serializer::new(format!("{AUTHORIZE}?"));
            form.append_pair("response_type", "code").append_pair("client_id", CLIENT_ID);
            form.append_pair("redirect_uri", REDIRECT_URI).append_pair("scope", SCOPE);
            form.append_pair("state", &values[0]).append_pair("nonce", &values[1]);
            form.append_pair("code_challenge", CHALLENGE).append_pair("code_challenge_method", "S256").finish()
        })
        .with("oauth2 5", move || {
            let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
            their_url(challenge, CsrfToken::new(state.clone()), &nonce)
        })
}

fn pending() -> Pending {
    let server = server();
    AuthorizationRequest::new(&server, client_id(), redirect_uri())
        .scope(scope())
        .begin(&[7; 96], now())
        .expect("a login")
        .1
}

fn callback() -> Operation {
    let state = pending().state().expose().to_owned();
    let query = format!("code={CODE}&state={state}&iss=https%3A%2F%2Ftenant.example%2F&session_state=1");
    let url = format!("{REDIRECT_URI}?{query}");
    let [own, least, form, serde] = [(); 4].map(|()| query.clone());
    let [state_of_limit, state_of_form, state_of_serde] = [(); 3].map(|()| state.clone());
    let about = "size and shape, split four pairs by the standard search, look for repetitions, escapes and control \
                 characters, compare age, state and issuer, hand on the code with the login that it answers; the peers \
                 parse, and state, issuer and error are what an application has to add";
    Operation::new("callback", about, 1.5)
        .ahead(5.0)
        .allocations(1)
        .with_each("ours", pending, move |pending| pending.receive(black_box(&own), now()))
        .with_each("limit", pending, move |pending| limit_callback(pending, black_box(&least), &state_of_limit))
        .with_each(
            "form_urlencoded 1.2",
            || (),
            move |()| checked(form_urlencoded::parse(black_box(form.as_bytes())), &state_of_form),
        )
        .with_each(
            "serde_urlencoded 0.7",
            || (),
            move |()| {
                // A member that comes twice is an error of its own here.
                let answer: Answer = serde_urlencoded::from_str(black_box(&serde)).ok()?;
                answer.belongs_to(&state_of_serde).then_some(answer.code).flatten()
            },
        )
        .with_each("url 2", || (), move |()| checked(url::Url::parse(black_box(&url)).ok()?.query_pairs(), &state))
}

/// The answer as a struct, which is how applications read a query by serde.
#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

impl Answer {
    fn belongs_to(&self, state: &str) -> bool {
        self.state.as_deref() == Some(state) && self.iss.as_deref() == Some(ISSUER) && self.error.is_none()
    }
}

/// The code out of decoded pairs, each name once, after state and issuer were compared.
fn checked<'a>(pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>, expected: &str) -> Option<String> {
    let (mut code, mut state, mut iss, mut error) = (None, None, None, None);
    for (name, value) in pairs {
        let place = match &*name {
            "code" => &mut code,
            "state" => &mut state,
            "iss" => &mut iss,
            "error" => &mut error,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    let good = state.as_deref() == Some(expected) && iss.as_deref() == Some(ISSUER) && error.is_none();
    code.filter(|_| good).map(Cow::into_owned)
}

/// The same checks on borrowed text. Only the code is copied; the login is handed on, as ours hands it on.
fn limit_callback(pending: Pending, query: &str, expected: &str) -> Option<(String, Pending)> {
    let is_of_scheme = |octet: &u8| octet.is_ascii_alphanumeric() || b"+-.".contains(octet);
    let is_url = query.bytes().find(|octet| !is_of_scheme(octet)) == Some(b':');
    let is_expired = now().duration_since(pending.created_at()).is_ok_and(|age| age > Duration::from_secs(600));
    if query.len() > 32 * 1024 || is_url || is_expired {
        return None;
    }
    let query = query.strip_prefix('?').unwrap_or(query);
    let (mut code, mut state, mut iss, mut error, mut description, mut uri) = (None, None, None, None, None, None);
    for (name, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        let place = match name {
            "code" => &mut code,
            "state" => &mut state,
            "iss" => &mut iss,
            "error" => &mut error,
            "error_description" => &mut description,
            "error_uri" => &mut uri,
            _ if name.contains('%') => return None,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    let good = is_plain(state?)
        && is_same(state?, expected)
        && iss.is_none_or(|iss| decodes_to(iss, ISSUER))
        && error.is_none();
    code.filter(|code| good && !code.is_empty() && is_plain(code)).map(|code| (code.to_owned(), pending))
}

/// Neither an escape nor a control character.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |all, octet| all & !(octet.is_ascii_control() | (octet == b'%') | (octet == b'+')))
}

/// Compared in constant time, word by word.
fn is_same(one: &str, other: &str) -> bool {
    let (words, rest) = one.as_bytes().as_chunks();
    let (others, other_rest) = other.as_bytes().as_chunks();
    let word = |octets: &[u8; 8]| u64::from_ne_bytes(*octets);
    let words = words.iter().zip(others);
    let same = words.fold(rest.ct_eq(other_rest), |same, (a, b)| same & word(a).ct_eq(&word(b)));
    one.len() == other.len() && same.into()
}

/// Whether `text` is an escaped form of `expected`.
fn decodes_to(text: &str, expected: &str) -> bool {
    let mut rest = text.as_bytes();
    expected.bytes().all(|expected| {
        let (octet, after) = match rest {
            [b'%', high, low, after @ ..] => {
                let digit = |octet: &u8| char::from(*octet).to_digit(16);
                (digit(high).zip(digit(low)).map(|(high, low)| (high * 16 + low) as u8), after)
            }
            [octet, after @ ..] => (Some(*octet), after),
            [] => return false,
        };
        rest = after;
        octet == Some(expected)
    }) && rest.is_empty()
}

fn store() -> Operation {
    let pending = pending();
    let about = format!("a login under way, {} bytes", pending.to_json().len());
    Operation::new("store", about, 1.0).with("ours", move || pending.to_json())
}

fn restore() -> Operation {
    let stored = pending().to_json();
    let about = format!("a login under way read back from {} bytes", stored.len());
    Operation::new("restore", about, 1.0).with("ours", move || Pending::from_json(&stored))
}
