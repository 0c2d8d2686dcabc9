#![no_main]
//! An error in the place of tokens (RFC 6749 section 5.2, and providers' own ways). A refusal says what the server said,
//! reduced to what may be shown, and prints none of it.
use proofkey_authorize::Deviation::{ErrorWithSuccess, RefusalStatus};
use proofkey_fuzz::answer::{answer, document, text};
use proofkey_fuzz::login::{COMPATS, EXCHANGES};

proofkey_fuzz::target!(|data: &[u8]| {
    let Some((response, known)) = answer(data) else { return };
    let (Err(error), document) = (EXCHANGES[known].receive(&response), document(&response)) else { return };
    let told = ["error", "error_description", "error_uri", "errorCode", "errorSummary", "access_token"];
    proofkey_fuzz::tells_none(&error, &told.map(|name| text(&document, name)));
    let Some(refusal) = error.refusal() else { return };
    proofkey_fuzz::rules::refusal(&document, refusal);
    let used = |deviation| refusal.deviations().contains(deviation);
    assert!(refusal.deviations().iter().all(|deviation| COMPATS[known].allows(deviation)));
    assert_eq!(matches!(response.status().as_u16(), 403 | 428), used(RefusalStatus));
    assert_eq!(response.status().is_success() && error.code() == "refused", used(ErrorWithSuccess));
});
