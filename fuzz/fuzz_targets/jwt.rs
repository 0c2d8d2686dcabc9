#![no_main]
//! Decoding a compact JWT, beside base64 and serde_json. Ours may refuse more: members that stand twice, algorithms
//! that it does not know, sizes; what it takes, they read alike.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_jwt::danger::decode_unverified;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match decode_unverified(text) {
        Ok(jwt) => {
            let segments: Vec<Vec<u8>> =
                text.split('.').map(|segment| URL_SAFE_NO_PAD.decode(segment).expect("base64url")).collect();
            let [header, claims, _] = segments.as_slice() else { panic!("{} segments", segments.len()) };
            let (header, claims): (serde_json::Value, serde_json::Value) =
                (serde_json::from_slice(header).expect("a header"), serde_json::from_slice(claims).expect("claims"));
            assert_eq!((header["alg"].as_str(), claims.is_object()), (Some(jwt.algorithm()), true));
            assert_eq!(
                (header["kid"].as_str(), claims["sub"].as_str()),
                (jwt.key_id(), jwt.unverified_claims().subject())
            );
        }
        Err(error) => proofkey_fuzz::tells_none(&error, &[]),
    }
});
