#![no_main]
//! A token response, under each `Compat`. What is taken reads the same elsewhere, is hidden, and lists each leniency.
use proofkey_authorize::Deviation::{PkceRefused, ScopeCommas};
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{COMPATS, EXCHANGES, now};
use proofkey_fuzz::{rules, tells_no_secret_of};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, known)) = answer(data) else { return };
    let (document, by_letter) = (document(&response), EXCHANGES[0].receive(&response, now()));
    let told = ["access_token", "refresh_token", "id_token", "scope"].map(|name| text(&document, name));
    let read = EXCHANGES[known].receive(&response, now()).map_err(|error| tells_no_secret_of(&error, told));
    assert!(read.is_ok() || by_letter.is_err(), "{by_letter:?}");
    let Ok(tokens) = read else { return };
    rules::tokens(&document, &tokens, response.status().as_u16(), &COMPATS[known]);
    // A comma is read without a leniency as well, in another way; PKCE is of the request.
    let is_strict = tokens.deviations().iter().all(|used| matches!(used, ScopeCommas | PkceRefused));
    assert_eq!(is_strict, by_letter.is_ok(), "{tokens:?}");
});
