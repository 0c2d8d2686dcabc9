#![no_main]
//! Decoding a compact JWT, beside base64 and serde_json. Ours may refuse more: members that stand twice, algorithms
//! that it does not know, sizes; what it takes, they read alike.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_jwt::danger::decode_unverified;
use serde_json::Value;

proofkey_fuzz::target!(|text: &str| {
    match decode_unverified(text) {
        Ok(jwt) => {
            let octets = text.split('.').map(|segment| URL_SAFE_NO_PAD.decode(segment).expect("base64url"));
            let [header, claims, _] = &octets.collect::<Vec<_>>()[..] else { panic!("no three segments") };
            let [header, claims] = [header, claims].map(|json| serde_json::from_slice::<Value>(json).expect("JSON"));
            assert_eq!((header["alg"].as_str(), header["kid"].as_str()), (Some(jwt.algorithm()), jwt.key_id()));
            proofkey_fuzz::rules::claims(jwt.unverified_claims(), &claims);
        }
        Err(error) => proofkey_fuzz::tells_none(&error, &[text]),
    }
});
