#![no_main]
//! A DPoP proof with any header (the first line) and any claims, signed. What is accepted keeps the rules, as they are read
//! off its JSON, and is accepted once.
use proofkey_fuzz::api::{self, EXPECTED, REQUEST, signed};
use proofkey_fuzz::{login::now, tells_none};
use proofkey_jwt::{DpopProof, ReplayWindow};

proofkey_fuzz::target!(|text: &str| {
    let Some((header, claims)) = text.split_once('\n') else { return };
    let token = signed(header, claims);
    match DpopProof::validate(&token, &EXPECTED.4, &REQUEST, now()) {
        Ok(proof) => {
            api::dpop_proof(&serde_json::from_str(header).expect("JSON"), &serde_json::from_str(claims).expect("JSON"));
            let mut seen = ReplayWindow::new(2);
            assert!(seen.accept_proof(&proof, now()).is_ok() && seen.accept_proof(&proof, now()).is_err());
        }
        Err(error) => tells_none(&error, &[&token, header, claims]),
    }
});
