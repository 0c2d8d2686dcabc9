#![no_main]
//! An authorization request made of arbitrary parts parses back to what went in, and to nothing else.
use proofkey_authorize::AuthorizationRequest;
use proofkey_fuzz::login::{ENTROPY, honest, now};
type Given<'a> = ((&'a str, &'a str, &'a str, &'a str), Option<u64>, &'a str, &'a str, Vec<(&'a str, &'a str)>);

proofkey_fuzz::target!(|given: Given<'_>| {
    let (parts, max_age, hint, resource, own) = given;
    let (server, client, redirect, scope) = honest(parts);
    let request = AuthorizationRequest::new(&server, client.clone(), redirect.clone()).scope(scope.clone());
    let request = max_age.into_iter().fold(request, AuthorizationRequest::max_age).login_hint(hint).resource(resource);
    let request = own.iter().fold(request, |request, (name, value)| request.parameter(name, value));
    let Ok((url, pending)) = request.begin(&ENTROPY, now()) else { return };
    let (state, age) = (pending.state().expose(), max_age.map(|seconds| seconds.to_string()).unwrap_or_default());
    let nonce = if scope.as_str().split(' ').any(|token| token == "openid") { state } else { "" };
    let asked = [("client_id", client.as_str()), ("redirect_uri", redirect.as_str()), ("scope", scope.as_str())];
    let rest = [("state", state), ("nonce", nonce), ("max_age", &age), ("resource", resource), ("login_hint", hint)];
    proofkey_fuzz::rules::request(&url, server.authorization_endpoint(), &[&asked, &rest, &own]);
});
