#![no_main]
//! An authorization request made of arbitrary parts parses back to what went in, each name once.
use proofkey_authorize::{AuthorizationRequest, AuthorizationServer, ClientId, Endpoint, RedirectUri, Scope};
use proofkey_fuzz::{issuer, now};

libfuzzer_sys::fuzz_target!(|parts: (&str, &str, &str, &str, &str, &str)| {
    let (endpoint, client_id, redirect_uri, scope, name, value) = parts;
    let (Ok(endpoint), Ok(client_id)) = (Endpoint::new(endpoint), ClientId::new(client_id)) else { return };
    let (Ok(redirect_uri), Ok(scope)) = (RedirectUri::new(redirect_uri), Scope::new(scope)) else { return };
    let server = AuthorizationServer::new(issuer(), endpoint.clone(), endpoint);
    let request = AuthorizationRequest::new(&server, client_id.clone(), redirect_uri.clone()).scope(scope.clone());
    let Ok(request) = request.parameter(name, value) else { return };
    let Ok((url, pending)) = request.begin(&[7; 96], now()) else { return };
    let query = url.split_once('?').expect("a query").1;
    let all = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .filter(|(own, _)| own == name)
            .map(|(_, value)| value.into_owned())
            .collect::<Vec<_>>()
    };
    let expected = [
        ("client_id", client_id.as_str()),
        ("redirect_uri", redirect_uri.as_str()),
        ("scope", scope.as_str()),
        ("state", pending.state().expose()),
        ("response_type", "code"),
        ("code_challenge_method", "S256"),
    ];
    expected.iter().for_each(|(name, value)| assert_eq!(all(name), [*value], "{url}"));
    assert!(value.is_empty() || all(name).contains(&value.to_owned()));
});
