//! What a case tells the subject first: which client it is to be, or which API it is to guard.

use proofkey_authority::{Authority, Client, ClientAuth, ca_pem, client_key};
use serde_json::{Value, json};

use crate::api_request::AUDIENCE;
use crate::case::{Case, Profile, Step};
use crate::cases::logout;
use crate::transcript::Mode;

/// The `config` message of a case. A subject that always asks for `openid` is told to, in each.
pub(crate) fn config_message(
    case: &Case,
    mode: Mode,
    can: &[&str],
    authority: &Authority,
    others: &[Authority],
) -> Value {
    let (openid_always, per_issuer) = (can.contains(&"openid_always"), can.contains(&"redirect_per_issuer"));
    let client = client_of(case, authority);
    let is_openid = openid_always || case.profile.is_openid();
    let port = match mode {
        Mode::Stdin => 8091,
        Mode::Http => 0,
    };
    let mut config = json!({
        "t": "config",
        "issuer": authority.issuer(),
        "discovery": case.discovery,
        "client": described(&client),
        "redirect_uri": format!("http://127.0.0.1:{port}/callback"),
        "scope": case.profile.scope(),
        "expect_nonce": is_openid,
        "id_token_algs": ["RS256"],
        "max_age": null, "now": null, "skew": 0,
        "ca_pem": case.setup.https.then(ca_pem),
        "allow_http_loopback": true,
    });
    // What only a logout needs is left out elsewhere: a shim may refuse a field that it does not know.
    let logs_out = case.steps.iter().any(|step| matches!(step, Step::Logout(..)));
    if logs_out {
        config["post_logout_redirect_uri"] = logout::REDIRECT_URI.into();
    }
    if case.still {
        config["now"] = authority.clock().unix().into();
    }
    if !case.discovery {
        config["endpoints"] = json!(authority.endpoints());
        if let Some(endpoints) = config["endpoints"].as_object_mut().filter(|_| !logs_out) {
            endpoints.remove("end_session");
        }
    }
    let other = |other: &Authority| {
        // A client of its own there, unless the two servers have the first one in common.
        let first = other.setup().clients.first();
        let own = first.filter(|own| Some(*own) != authority.setup().clients.first());
        let client = own.map(described);
        let mut endpoints = (!case.discovery).then(|| json!(other.endpoints()));
        if let Some(endpoints) = endpoints.as_mut().and_then(Value::as_object_mut) {
            endpoints.remove("end_session");
        }
        json!({
            "issuer": other.issuer(), "discovery": case.discovery, "endpoints": endpoints, "client": client,
            "redirect_uri": per_issuer.then(|| format!("http://127.0.0.1:{port}/cb")),
        })
    };
    if !others.is_empty() {
        config["issuers"] = others.iter().map(other).collect();
    }
    for (field, value) in case.config.iter().chain(&case.mistake).chain(&case.known) {
        config[*field] = match value {
            Value::String(text) => text.replace("{base}", authority.base()).into(),
            other => other.clone(),
        };
    }
    let scope = config["scope"].as_str().unwrap_or_default();
    if openid_always && !scope.split(' ').any(|word| word == "openid") {
        config["scope"] = format!("openid {scope}").trim_end().into();
    }
    config
}

/// Which client of the authority the subject is told to be.
pub(crate) fn client_of(case: &Case, authority: &Authority) -> Client {
    let auth = match case.profile {
        Profile::OAuth | Profile::OpenId => "none",
        Profile::Basic | Profile::BasicOpenId => "basic",
        Profile::Post => "post",
        Profile::PrivateKeyJwt => "private_key_jwt",
        Profile::SecretJwt => "client_secret_jwt",
    };
    let clients = &authority.setup().clients;
    clients.iter().find(|client| method(&client.auth) == auth).cloned().unwrap_or_else(Client::native)
}

/// The `guard` message of a case.
pub(crate) fn guard_message(case: &Case, authority: &Authority) -> Value {
    let mut guard = json!({
        "t": "guard", "issuer": authority.issuer(), "jwks": authority.endpoints().jwks, "audience": AUDIENCE,
        "algs": ["RS256"], "skew": 0, "allow_http_loopback": true,
    });
    for (field, value) in &case.config {
        guard[*field] = value.clone();
    }
    guard
}

/// Who the subject is at a server. What only a key needs is left out elsewhere.
fn described(client: &Client) -> Value {
    let mut described = json!({"id": client.id, "secret": client.auth.secret(), "auth": method(&client.auth)});
    if client.auth == ClientAuth::PrivateKeyJwt {
        described["key"] = client_key();
    }
    described
}

/// The name of an authentication method in the protocol.
fn method(auth: &ClientAuth) -> &'static str {
    match auth {
        ClientAuth::None => "none",
        ClientAuth::Basic(_) => "basic",
        ClientAuth::Post(_) => "post",
        ClientAuth::PrivateKeyJwt => "private_key_jwt",
        ClientAuth::SecretJwt(_) => "client_secret_jwt",
    }
}
