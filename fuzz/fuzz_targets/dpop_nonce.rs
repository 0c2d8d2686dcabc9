#![no_main]
//! A response with DPoP nonces. The next proof has the newest valid one, and a request is repeated just for want of it.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Response;
use proofkey_fuzz::login::{CLIENT_ID, SERVER, now};
use proofkey_token::{AccessToken, ClientAuthentication, Dpop, Fresh, KeyHeader, Signer};
use std::error::Error;

#[derive(Debug)]
struct Unsigned(KeyHeader);

impl Signer for Unsigned {
    fn header(&self) -> &KeyHeader {
        &self.0
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
        Ok(vec![7; 64])
    }
}

const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// The nonce in the proof of a request.
fn nonce<B>(request: &http::Request<B>) -> Option<String> {
    let proof = request.headers()["dpop"].to_str().expect("ASCII").split('.').nth(1).expect("claims");
    let claims: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(proof).expect("base64url")).expect("JSON");
    Some(claims.get("nonce")?.as_str()?.to_owned())
}

proofkey_fuzz::target!(|input: (bool, u8, Vec<&[u8]>, &[u8], &[u8])| {
    let (is_api, status, nonces, challenge, body) = input;
    let header = KeyHeader::new("EdDSA").and_then(|key| key.with_public_jwk(JWK)).expect("a header");
    let fresh = || Ok::<_, String>(Fresh { now: now(), entropy: [7; 16] });
    let dpop = Dpop::new(Unsigned(header), fresh).expect("a key");
    let authentication = ClientAuthentication::none().with_dpop(dpop.clone());
    let status = [200, 400, 401, 403][usize::from(status) % 4];
    let mut response = Response::builder().status(status).header("www-authenticate", challenge);
    for nonce in &nonces {
        response = response.header("dpop-nonce", *nonce);
    }
    let Ok(response) = response.body(body) else { return };
    let mut request = http::Request::post("https://as.example/token").body(Vec::new()).expect("a request");
    let is_asked = match is_api {
        true => dpop.asks_again(request.uri(), &response),
        false => authentication.asks_again(request.uri(), &response),
    };
    match is_api {
        true => dpop.authorize(&mut request, &AccessToken::new("opaque").expect("a token")).expect("a proof"),
        false => {
            let client_id = proofkey_authorize::ClientId::new(CLIENT_ID).expect("a client");
            authentication.authenticate(&mut request, &SERVER, &client_id).expect("a proof");
        }
    }
    let is_nonce = |text: &&[u8]| {
        (1..=1024).contains(&text.len())
            && text.iter().all(|byte| (b'!'..=b'~').contains(byte) && !b"\"\\".contains(byte))
    };
    // The HTTP library takes no blanks off a value.
    let expected = nonces.first().filter(|_| nonces.len() == 1).filter(|nonce| is_nonce(nonce));
    assert_eq!(nonce(&request).as_deref().map(str::as_bytes), expected.copied());
    if is_asked {
        assert!(expected.is_some() && status != 200 && (!is_api || status == 401));
        let said = if is_api { challenge } else { body };
        assert!(String::from_utf8_lossy(said).contains("nonce") || said.contains(&b'\\'), "{said:?}");
    }
});
