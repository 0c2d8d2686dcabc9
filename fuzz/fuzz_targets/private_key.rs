#![no_main]
//! A private key in any of its forms. What is loaded signs what its public key verifies, survives a store, and is printed
//! nowhere.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proofkey_jwt::{JwkSet, Jws, SigningAlgorithm, SigningKey};

proofkey_fuzz::target!(|input: (u8, bool, &[u8])| {
    let (number, is_verified, data) = input;
    let algorithm = SigningAlgorithm::ALL[usize::from(number) % SigningAlgorithm::ALL.len()];
    let document: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    let secrets = ["d", "p", "q", "dp", "dq", "qi"].map(|name| document[name].as_str().unwrap_or_default());
    let loaded = [
        SigningKey::from_jwk(algorithm, data),
        SigningKey::from_pem(algorithm, &String::from_utf8_lossy(data)),
        SigningKey::from_pkcs8_der(algorithm, data),
    ];
    for key in loaded {
        let Ok(key) = key.map_err(|error| proofkey_fuzz::tells_none(&error, &secrets)) else { continue };
        let printed = format!("{key:?}");
        assert!(secrets.iter().all(|secret| secret.len() < 32 || !printed.contains(secret)), "{printed}");
        let stored = key.to_pkcs8_der().expect("a stored key");
        let again = SigningKey::from_pkcs8_der(algorithm, stored.expose()).expect("a key that was stored");
        assert_eq!(again.public_key(), key.public_key());
        // A signature with RSA takes a while.
        if is_verified {
            let input = format!("{}.e30", URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}"}}"#).as_bytes()));
            let signature = URL_SAFE_NO_PAD.encode(&key.sign(input.as_bytes()).expect("a signature"));
            let keys = JwkSet::parse(format!(r#"{{"keys":[{}]}}"#, key.public_jwk()).as_bytes()).expect("a set");
            Jws::verify(&format!("{input}.{signature}"), &keys, &[algorithm.verified_by()]).expect("its own signature");
        }
    }
});
