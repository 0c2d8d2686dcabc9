//! What goes into a request comes out of its body and headers, read by another library's decoder; and what a response says
//! comes out of the tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use proofkey_authorize::ClientId;
use proofkey_token::{AccessToken, ClientAuthentication, ExchangeRequest, RevocationRequest, UserInfoRequest};
use proptest::prelude::*;
use serde_json::json;

use crate::flow::*;

/// The body as another decoder reads it, in order.
fn parameters(request: &Request<Vec<u8>>) -> Vec<(String, String)> {
    form_urlencoded::parse(request.body()).into_owned().collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Client and secret out of the header of Basic: form-encoded each, a colon between them.
fn basic(request: &Request<Vec<u8>>) -> (String, String) {
    let header = request.headers()["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let text = String::from_utf8(STANDARD.decode(header).unwrap()).unwrap();
    let (id, secret) = text.split_once(':').unwrap();
    let decoded = |text: &str| form_urlencoded::parse(format!("x={text}").as_bytes()).next().unwrap().1.into_owned();
    (decoded(id), decoded(secret))
}

proptest! {
    #[test]
    fn oa_09_oa_11_code_client_and_secret_arrive_as_they_were(
        code in "[^\\x00-\\x1f\\x7f]{1,60}",
        id in "[ -~]{1,20}",
        text in any::<String>().prop_filter("a secret", |text| !text.is_empty()),
    ) {
        let client_id = || ClientId::new(&id).unwrap();
        for (authentication, at) in [
            (ClientAuthentication::none(), 0),
            (ClientAuthentication::post(secret(&text)), 1),
            (ClientAuthentication::basic(secret(&text)), 2),
        ] {
            let grant = grant_for(&code, None, client_id());
            let mut expected = vec![
                pair("grant_type", "authorization_code"),
                pair("code", &code),
                pair("redirect_uri", "https://app.example/cb?from=a%2Fb"),
                pair("code_verifier", grant.verifier().unwrap().expose()),
            ];
            let (request, _) = ExchangeRequest::new(grant, &server()).build(&authentication).unwrap();
            match at {
                0 => expected.push(pair("client_id", &id)),
                1 => expected.extend([pair("client_id", &id), pair("client_secret", &text)]),
                _ => prop_assert_eq!(basic(&request), pair(&id, &text)),
            }
            prop_assert_eq!(request.headers().contains_key("authorization"), at == 2);
            prop_assert_eq!(parameters(&request), expected);
        }
    }

    #[test]
    fn oa_33_tokens_arrive_as_they_were_and_are_sent_on_so(
        access in "[!-~]{1,60}",
        refresh in "[ -~]{1,60}",
        id_token in "[A-Za-z0-9_-]{1,20}\\.[A-Za-z0-9_-]{1,20}\\.[A-Za-z0-9_-]{0,20}",
        seconds in 0..100_000_u64,
    ) {
        let body = json!({
            "access_token": access, "token_type": "Bearer", "refresh_token": refresh, "id_token": id_token,
            "expires_in": seconds,
        });
        let tokens = receive(&body.to_string()).unwrap();
        prop_assert_eq!(tokens.access_token().unwrap().expose(), &access);
        prop_assert_eq!(tokens.refresh_token().unwrap().expose(), &refresh);
        prop_assert_eq!(tokens.id_token().unwrap().expose(), &id_token);
        prop_assert_eq!(tokens.expires_in().unwrap().as_secs(), seconds);
        let (server, client_id, none) = (server(), client_id(), ClientAuthentication::none());
        let (request, _) = tokens.refresh_request(&server, &client_id).unwrap().build(&none).unwrap();
        prop_assert!(parameters(&request).contains(&pair("refresh_token", &refresh)));
        let (request, _) = RevocationRequest::new(tokens.refresh_token().unwrap(), &server, &client_id).build(&none).unwrap();
        prop_assert!(parameters(&request).contains(&pair("token", &refresh)));
        let (request, _) = UserInfoRequest::new(&AccessToken::new(access.as_str()).unwrap(), "sub", &server).build().unwrap();
        prop_assert_eq!(request.headers()["authorization"].to_str().unwrap(), format!("Bearer {access}"));
        prop_assert_eq!(request.uri(), "https://as.example/userinfo");
    }
}
