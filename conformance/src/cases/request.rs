//! What a client asks for, seen on the wire of logins in which nobody lies: RFC 6749 sections 2.3, 3 and 4.1.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::lie::{CodeLie, JsonEdit};
use proofkey_authority::{Client, Endpoint, Lie, Setup};
use serde_json::json;

use super::{parameter, refuse, refuse_after, refused_for_want_of_pkce, without_faults};
use crate::case::{Case, Expect, Profile, Step};
use crate::transcript::Transcript;

/// What form encoding must not lose.
const UNUSUAL: &str = "a+b/c%3D&d=e ;~'\"";

pub(super) fn cases() -> Vec<Case> {
    let accept =
        |id, rows, stage, about, mutants, check| Case::new(id, rows, stage, about, Expect::Accept(check), mutants);
    let redirect_uri = |id, about, uri: &str, mutants| {
        Case::new(id, &["OA-05"], "authorize", about, refuse(&["config"]), mutants).mistake("redirect_uri", uri)
    };
    vec![
        accept(
            "OA-03/no-parameter-twice",
            &["OA-03"],
            "token",
            "No parameter is sent twice, at either endpoint.",
            &["parameter-twice", "token-parameter-twice"],
            |seen| without_faults(seen, &["parameter_repeated"]),
        ),
        accept(
            "OA-03/no-empty-parameter",
            &["OA-03"],
            "token",
            "A parameter without a value is omitted.",
            &["scope-empty-sent"],
            |seen| {
                let empty =
                    seen.wire.exchanges().into_iter().flat_map(|exchange| [exchange.query, exchange.form].concat());
                match empty.into_iter().find(|(_, value)| value.is_empty()) {
                    Some((name, _)) => Err(format!("expected: {name} left out; seen: {name} without a value")),
                    None => Ok(()),
                }
            },
        )
        .config("scope", ""),
        accept(
            "OA-04/query-of-the-authorization-endpoint",
            &["OA-04"],
            "authorize",
            "The authorization endpoint has a query of its own: it is kept.",
            &["authorization-query-dropped"],
            |seen| kept_query(seen, Endpoint::Authorization),
        )
        .lie(Lie::metadata([JsonEdit::set("authorization_endpoint", "{base}/authorize?tenant=a%20b%26c&v=2")]))
        .discovery(),
        accept(
            "OA-04/query-of-the-token-endpoint",
            &["OA-04"],
            "token",
            "The token endpoint has a query of its own: it is kept.",
            &["token-query-dropped"],
            |seen| kept_query(seen, Endpoint::Token),
        )
        .lie(Lie::metadata([JsonEdit::set("token_endpoint", "{base}/oauth/token?tenant=a%20b%26c&v=2")]))
        .discovery(),
        redirect_uri(
            "OA-05/redirect-uri-with-a-fragment",
            "The redirect URI has a fragment.",
            "http://127.0.0.1:8091/callback#home",
            &["redirect-fragment-ok"],
        ),
        redirect_uri(
            "OA-05/redirect-uri-relative",
            "The redirect URI has neither scheme nor host.",
            "/callback",
            &["redirect-relative-ok"],
        ),
        accept("OA-08/post", &["OA-08"], "token", "The token request is a POST.", &["token-get"], |seen| {
            without_faults(seen, &["method_not_post"])
        }),
        accept("OA-09/form", &["OA-09"], "token", "The token request is form-encoded.", &["token-json"], |seen| {
            without_faults(seen, &["not_form"])
        }),
        accept(
            "OA-09/code-with-every-character",
            &["OA-09"],
            "token",
            "A code with reserved characters and a space, which RFC 6749 appendix A.11 allows, arrives unchanged.",
            &["token-unescaped"],
            |seen| match seen.wire.codes_redeemed().first() {
                Some(code) if code != UNUSUAL => {
                    Err("expected: the code, character by character; seen: another text".into())
                }
                _ => Ok(()),
            },
        )
        .lie(Lie::Code(CodeLie::Text(UNUSUAL.into()))),
        accept(
            "OA-10/one-authentication",
            &["OA-10"],
            "token",
            "The secret is sent by one method only.",
            &["two-auth-methods"],
            |seen| without_faults(seen, &["two_authentications"]),
        )
        .profile(Profile::Basic),
        accept(
            "OA-10/one-authentication-in-the-body",
            &["OA-10"],
            "token",
            "The secret is sent in the body, and not \
          also in a header.",
            &["two-auth-methods"],
            |seen| without_faults(seen, &["two_authentications"]),
        )
        .profile(Profile::Post),
        accept(
            "OA-11/basic-encoding",
            &["OA-11"],
            "token",
            "A client_id and a secret with ':', '%', '+' and a space arrive unchanged by HTTP Basic.",
            &["basic-unescaped"],
            known_client,
        )
        .profile(Profile::Basic)
        .setup(unusual(Client::web_unusual())),
        accept(
            "OA-09/secret-with-every-character",
            &["OA-09"],
            "token",
            "A secret with '&', '=', '%', '+' and a space arrives unchanged in the body.",
            &["token-unescaped"],
            known_client,
        )
        .profile(Profile::Post)
        .setup(unusual(Client::web_post_unusual())),
        accept(
            "OA-12/secret-not-in-a-url",
            &["OA-12", "PK-18"],
            "token",
            "The client's secret is in no URL.",
            &["secret-in-url", "secret-in-token-url"],
            |seen| without_faults(seen, &["secret_in_url"]),
        )
        .profile(Profile::Basic),
        accept(
            "OA-13/client-id",
            &["OA-13"],
            "token",
            "A public client sends its client_id in the token request.",
            &["client-id-omitted"],
            |seen| {
                let missing = seen.wire.code_requests().iter().any(|request| request.form("client_id").is_none());
                if missing { Err("expected: a client_id; seen: none".into()) } else { Ok(()) }
            },
        ),
        accept(
            "OA-16/response-type-and-client-id",
            &["OA-16", "BP-20"],
            "authorize",
            "The authorization request has response_type=code and the client_id.",
            &["response-type-missing", "client-id-missing", "response-type-token"],
            |seen| {
                let right = parameter(seen, "response_type").as_deref() == Some("code")
                    && parameter(seen, "client_id").is_some();
                if right {
                    Ok(())
                } else {
                    Err("expected: response_type=code and client_id; seen: something else".into())
                }
            },
        ),
        accept(
            "ID-01/openid",
            &["ID-01"],
            "authorize",
            "The scope contains openid.",
            &["scope-without-openid", "scope-missing"],
            |seen| {
                let scope = parameter(seen, "scope").unwrap_or_default();
                if scope.split(' ').any(|word| word == "openid") {
                    Ok(())
                } else {
                    Err(format!("expected: openid; seen: {scope:?}"))
                }
            },
        )
        .profile(Profile::OpenId),
        Case::new(
            "BP-06/state-without-announced-pkce",
            &["BP-06", "OA-17"],
            "authorize",
            "The server does not announce PKCE, which is then no defence against forged callbacks: there is a state, \
              or no login.",
            Expect::Wire(|seen| {
                if refused_for_want_of_pkce(seen) { Ok(()) } else { without_faults(seen, &["state_missing"]) }
            }),
            &["state-missing"],
        )
        .discovery()
        .setup(Setup { announces_pkce: false, ..Setup::witness() }),
        accept(
            "BP-12/pkce-of-a-confidential-client",
            &["BP-12", "BP-11", "PK-10", "PK-17"],
            "authorize",
            "A client with a secret uses PKCE as well.",
            &["challenge-missing"],
            |seen| match parameter(seen, "code_challenge_method").as_deref() {
                Some("S256") => without_faults(seen, &["verifier_missing"]),
                _ => Err("expected: S256; seen: no PKCE".into()),
            },
        )
        .profile(Profile::Basic)
        .should(),
        accept(
            "BP-13/challenge-and-nonce-of-one-login",
            &["BP-13", "PK-04"],
            "authorize",
            "Each authorization request has its own code_challenge and nonce.",
            &["challenge-constant", "nonce-constant"],
            |seen| {
                for name in ["code_challenge", "nonce"] {
                    let mut values: Vec<String> = seen
                        .wire
                        .authorization_requests()
                        .iter()
                        .filter_map(|request| request.query(name).map(str::to_owned))
                        .collect();
                    let all = values.len();
                    values.sort();
                    values.dedup();
                    if values.len() < all {
                        return Err(format!("expected: {all} different values of {name}; seen: {}", values.len()));
                    }
                }
                Ok(())
            },
        )
        .profile(Profile::OpenId)
        .steps([Step::Begin("f2".into()), Step::Deliver("f2", Vec::new())]),
        Case::new(
            "BP-20/no-token-in-the-fragment",
            &["BP-20"],
            "authorize",
            "The server also offers the implicit grant, and lists it first: it is not used.",
            Expect::Accept(|seen| match parameter(seen, "response_type").as_deref() {
                Some("code") => Ok(()),
                _ => Err("expected: response_type=code; seen: another".into()),
            }),
            &["response-type-token"],
        )
        .discovery()
        .should()
        .lie(Lie::metadata([JsonEdit::set("response_types_supported", json!(["token", "id_token token", "code"]))])),
        Case::new(
            "BP-23/no-password-grant",
            &["BP-23", "OA-23", "PK-25", "PK-18"],
            "token",
            "The code is refused, and the server offers the password grant: it is not used.",
            refuse_after(&["token_error"]),
            &["grant-type-password"],
        )
        .lie(Lie::error(Endpoint::Token, 400, "unauthorized_client"))
        .and(|seen| {
            match seen.wire.token_requests().iter().find(|request| request.form("grant_type") == Some("password")) {
                Some(_) => Err("expected: no password grant; seen: one".into()),
                None => Ok(()),
            }
        }),
        accept(
            "BP-35/no-web-message",
            &["BP-35"],
            "authorize",
            "The request asks for a response by redirect or form, not by a message between windows.",
            &["response-mode-web-message"],
            |seen| without_faults(seen, &["response_mode"]),
        ),
        Case::new(
            "BP-39/assertion-audience",
            &["BP-39"],
            "token",
            "The issuer is the only audience of a client's assertion; a client that signs none passes.",
            Expect::Wire(assertion_audience),
            &["assertion-for-the-endpoint"],
        )
        .profile(Profile::Basic)
        .discovery()
        .lie(Lie::metadata([JsonEdit::set(
            "token_endpoint_auth_methods_supported",
            json!(["client_secret_jwt", "client_secret_basic"]),
        )])),
    ]
}

/// The only client has an id or a secret that must be encoded.
fn unusual(client: Client) -> Setup {
    Setup { clients: vec![client], ..Setup::witness() }
}

/// The server recognised the client.
fn known_client(seen: &Transcript) -> Result<(), String> {
    match seen.wire.code_requests().iter().flat_map(|request| &request.faults).next() {
        Some(fault) if ["client_authentication", "client_unknown"].contains(&fault.code()) => {
            Err(format!("expected: the client's id and secret; seen: {}", fault.code()))
        }
        _ => Ok(()),
    }
}

fn kept_query(seen: &Transcript, endpoint: Endpoint) -> Result<(), String> {
    let requests = seen.wire.at(endpoint);
    let kept = |request: &proofkey_authority::Exchange| {
        request.query("tenant") == Some("a b&c") && request.query("v") == Some("2")
    };
    if !requests.is_empty() && requests.iter().all(kept) {
        Ok(())
    } else {
        Err("expected: the endpoint's own parameters tenant and v; seen: a request without them".into())
    }
}

/// The `aud` of each client assertion is the issuer, alone (draft-ietf-oauth-security-topics-update section 2.1).
fn assertion_audience(seen: &Transcript) -> Result<(), String> {
    let issuer = seen.wire.metadata_requests().first().and_then(|request| {
        let document: serde_json::Value = serde_json::from_slice(&request.response_body).ok()?;
        Some(document["issuer"].clone())
    });
    for request in seen.wire.token_requests() {
        let Some(assertion) = request.form("client_assertion") else { continue };
        let payload = assertion.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: serde_json::Value =
            payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default();
        if Some(&claims["aud"]) != issuer.as_ref() {
            return Err("expected: the issuer as the assertion's only audience; seen: another".into());
        }
    }
    Ok(())
}
