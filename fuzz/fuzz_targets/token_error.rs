#![no_main]
//! An error in the place of tokens (RFC 6749 section 5.2, and providers' own ways). An error document says what the server
//! said, reduced to what may be shown; no word that can be a secret is shown.
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{COMPATS, EXCHANGES, now};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, known)) = answer(data) else { return };
    let (Err(error), document) = (EXCHANGES[known].receive(&response, now()), document(&response)) else { return };
    proofkey_fuzz::tells_no_secret_of(&error, document.values().filter_map(|value| value.as_str()));
    let Some(refusal) = error.error_response() else { return };
    proofkey_fuzz::rules::error_response(&document, refusal, &COMPATS[known]);
    assert!(!text(&document, "error").is_empty() || !text(&document, "errorCode").is_empty());
    let is_refused = !response.status().is_success() || error.code() == "token_refused";
    assert!(is_refused || error.code() == "token_error_with_success", "{error}");
});
