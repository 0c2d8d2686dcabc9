#![no_main]
//! An error in the place of tokens (RFC 6749 section 5.2, and providers' own ways). An error document says what the server
//! said, reduced to what may be shown; no word that can be a secret is shown.
use proofkey_authorize::Deviation;
use proofkey_fuzz::answer::{answer, document, members, text};
use proofkey_fuzz::login::{COMPATS, EXCHANGES, now};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, known)) = answer(data) else { return };
    let Err(error) = EXCHANGES[known].receive(&response, now()) else { return };
    // An error document is read whatever it calls itself, and as a form only where that is allowed.
    let is_form = COMPATS[known].allows(Deviation::FormBody);
    let document = if is_form { document(&response) } else { members(response.body()) };
    proofkey_fuzz::tells_no_secret_of(&error, document.values().filter_map(|value| value.as_str()));
    let Some(refusal) = error.error_response() else { return };
    proofkey_fuzz::rules::error_response(&document, refusal, &COMPATS[known]);
    assert!(!text(&document, "error").is_empty() || !text(&document, "errorCode").is_empty());
    let is_refused = !response.status().is_success() || error.code() == "token_refused";
    assert!(is_refused || error.code() == "token_error_with_success", "{error}");
});
