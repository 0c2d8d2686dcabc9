//! The authorization request and its answer: RFC 6749 sections 4.1.1 and 4.1.2.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use proofkey_authorize::{AuthorizationRequest, Pending};
use sha2::{Digest as _, Sha256};

use crate::Operation;
use crate::fixtures::{
    AUTHORIZE, CHALLENGE, CLIENT_ID, REDIRECT_URI, SCOPE, client_id, now, redirect_uri, scope, server,
};

pub(super) fn operations() -> Vec<Operation> {
    vec![begin(), url(), callback(), store(), restore()]
}

fn begin() -> Operation {
    let (server, client_id, redirect_uri, scope) = (server(), client_id(), redirect_uri(), scope());
    Operation::new("begin", "one system call for 96 octets, 4 base64, SHA-256, one String", 1.2)
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
        .with("oauth2 5", || {
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            (their_url(challenge, CsrfToken::new_random()), verifier)
        })
}

/// The URL, and the texts of verifier, state, nonce and challenge.
fn least(entropy: &[u8; 96]) -> (String, [[u8; 43]; 4]) {
    let mut texts = [[0; 43]; 4];
    for (text, octets) in texts.iter_mut().zip(entropy.chunks(32)) {
        URL_SAFE_NO_PAD.encode_slice(octets, text).expect("room");
    }
    let hash = Sha256::digest(texts[0]);
    URL_SAFE_NO_PAD.encode_slice(hash, &mut texts[3]).expect("room");
    let text = |at: usize| std::str::from_utf8(&texts[at]).unwrap_or_default();
    (url_of(text(1), text(2), text(3)), texts)
}

/// The URL, escaped where it must be, in one allocation.
fn url_of(state: &str, nonce: &str, challenge: &str) -> String {
    let mut url = String::with_capacity(512);
    url.push_str(AUTHORIZE);
    for (name, value) in [
        ("?response_type=", "code"),
        ("&client_id=", CLIENT_ID),
        ("&redirect_uri=", REDIRECT_URI),
        ("&scope=", SCOPE),
        ("&state=", state),
        ("&nonce=", nonce),
        ("&code_challenge=", challenge),
        ("&code_challenge_method=", "S256"),
    ] {
        url.push_str(name);
        let mut rest = value;
        while let Some(at) = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~'))) {
            url.push_str(&rest[..at]);
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            let octet = rest.as_bytes()[at];
            url.push('%');
            url.push(char::from(DIGITS[usize::from(octet >> 4)]));
            url.push(char::from(DIGITS[usize::from(octet & 15)]));
            rest = &rest[at + 1..];
        }
        url.push_str(rest);
    }
    url
}

fn their_url(challenge: PkceCodeChallenge, state: CsrfToken) -> (oauth2::url::Url, CsrfToken) {
    let client = BasicClient::new(ClientId::new(CLIENT_ID.to_owned()))
        .set_auth_uri(AuthUrl::new(AUTHORIZE.to_owned()).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).expect("a URL"));
    let scopes = SCOPE.split(' ').map(|scope| Scope::new(scope.to_owned()));
    client.authorize_url(move || state).add_scopes(scopes).set_pkce_challenge(challenge).url()
}

fn url() -> Operation {
    let (server, client_id, redirect_uri, scope) = (server(), client_id(), redirect_uri(), scope());
    let entropy = [7; 96];
    let values: [String; 2] = ["s", "n"].map(|text| text.repeat(43));
    Operation::new("url", "the URL with eight parameters from given secrets, escaped, in one String", 1.2)
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
        .with("oauth2 5", || {
            let verifier = oauth2::PkceCodeVerifier::new(crate::fixtures::VERIFIER.to_owned());
            let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
            their_url(challenge, CsrfToken::new("s".repeat(43)))
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
    let pending = pending();
    let query = format!(
        "code=SplxlOBeZQQYbYS6WxSbIA&state={}&iss=https%3A%2F%2Ftenant.example%2F&session_state=1",
        pending.state().expose()
    );
    let state = pending.state().expose().to_owned();
    let theirs = [query.clone(), query.clone(), format!("{REDIRECT_URI}?{query}")];
    let own = query.clone();
    let [form, serde, url] = theirs;
    Operation::new("callback", "split four pairs, decode, look for repetitions, compare state and issuer", 1.5)
        .with("ours", move || pending.look(std::hint::black_box(&own), now()).is_ok())
        .with("limit", move || limit_callback(std::hint::black_box(&query), &state))
        .with("form_urlencoded 1.2", move || form_urlencoded::parse(form.as_bytes()).into_owned().collect::<Vec<_>>())
        .with("serde_urlencoded 0.7", move || serde_urlencoded::from_str::<Vec<(String, String)>>(&serde))
        .with("url 2", move || url::Url::parse(&url).map(|url| url.query_pairs().into_owned().collect::<Vec<_>>()))
}

/// The same checks on borrowed text; only a value that is escaped is copied.
fn limit_callback(query: &str, state: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    let (mut code, mut given, mut iss, mut error) = (None, None, None, None);
    for (name, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        let place = match name {
            "code" => &mut code,
            "state" => &mut given,
            "iss" => &mut iss,
            "error" => &mut error,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return false;
        }
    }
    let decoded = iss.map(|iss| if iss.contains('%') { unescape(iss) } else { iss.to_owned() });
    given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(state.as_bytes())))
        && decoded.is_none_or(|iss| iss == crate::fixtures::ISSUER)
        && error.is_none()
        && code.is_some_and(|code| !code.is_empty())
}

fn unescape(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|octet| char::from(*octet).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                octets.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                octets.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(octets).unwrap_or_default()
}

fn store() -> Operation {
    let pending = pending();
    Operation::new("store", "a login under way written for a session store", 2.0)
        .with("ours", move || pending.to_json())
}

fn restore() -> Operation {
    let stored = pending().to_json();
    Operation::new("restore", "a login under way read back", 2.0).with("ours", move || Pending::from_json(&stored))
}
