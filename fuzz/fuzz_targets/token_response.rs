#![no_main]
//! A token response, under each `Compat`. What is taken reads the same elsewhere, is hidden, and lists each leniency.
use proofkey_authorize::Deviation;
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{COMPATS, EXCHANGES};
use proofkey_fuzz::{rules, tells_none};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, known)) = answer(data) else { return };
    let (document, by_letter) = (document(&response), EXCHANGES[0].receive(&response));
    let told = ["access_token", "refresh_token", "id_token", "scope"].map(|name| text(&document, name));
    let read = EXCHANGES[known].receive(&response).map_err(|error| tells_none(&error, &told));
    assert!(read.is_ok() || by_letter.is_err(), "{by_letter:?}");
    let Ok(tokens) = read else { return };
    rules::tokens(&document, &tokens, response.status().as_u16());
    assert!(tokens.deviations().iter().all(|deviation| COMPATS[known].allows(deviation)), "{tokens:?}");
    // A comma is read without a leniency as well, in another way.
    assert_eq!(tokens.deviations().iter().all(|used| used == Deviation::ScopeCommas), by_letter.is_ok(), "{tokens:?}");
});
