//! Finding a server by its issuer: RFC 8414 and OpenID Connect Discovery.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{IssuerShape, Lie, Setup};
use serde_json::{Value, json};

use super::{parameter, refuse, refuse_after, refused_for_want_of_pkce, without_faults};
use crate::case::{Case, Check, Expect, Profile};
use crate::transcript::Transcript;

pub(super) fn cases() -> Vec<Case> {
    let refused = |id, rows, about, classes, mutants, edit| {
        Case::new(id, rows, "discovery", about, refuse(classes), mutants)
            .discovery()
            .lie(Lie::metadata([edit]))
            .and(untouched)
    };
    let issuer = |id: &'static str, about, mutants, text: &str| {
        let edit = JsonEdit::set("issuer", text);
        let rows = if id.starts_with("DI-01") { &["DI-01", "DI-02"] } else { &["DI-02", "DI-01"] };
        refused(id, rows, about, &["issuer"], mutants, edit)
    };
    let missing = |id, about, member| {
        let mutants = &["discovery-endpoints-guessed"];
        refused(id, &["DI-06"], about, &["discovery", "config"], mutants, JsonEdit::remove(member))
    };
    let endpoint = |id, about, mutants, member, address: &str| {
        refused(id, &["DI-12"], about, &["discovery"], mutants, JsonEdit::set(member, address)).should()
    };
    let found = |id, about, profile, mutants, shape, check: Check| {
        Case::new(id, &["DI-03", "BP-27"], "discovery", about, Expect::Accept(check), mutants)
            .profile(profile)
            .discovery()
            .setup(Setup { issuer: shape, ..Setup::witness() })
    };
    let path = || IssuerShape::Path("tenant/one".into());
    let path_slash = || IssuerShape::PathSlash("tenant/one".into());
    const ASKED_TWICE: &[&str] = &["discovery-path-slash-doubled"];
    const OAUTH: &[&str] = &["discovery-path-appended", "discovery-path-root"];
    const OPENID: &[&str] = &["discovery-path-inserted", "discovery-path-root"];
    vec![
        issuer(
            "DI-01/issuer-of-another",
            "The document is that of another issuer.",
            &["discovery-issuer-ignored"],
            "https://attacker.example/",
        ),
        refused(
            "DI-01/issuer-missing",
            &["DI-01"],
            "The document names no issuer.",
            &["issuer", "discovery"],
            &["discovery-issuer-missing-ok"],
            JsonEdit::remove("issuer"),
        ),
        issuer(
            "DI-02/slash-missing",
            "The issuer in the document lacks the slash at its end.",
            &["discovery-issuer-slash-ok", "discovery-issuer-ignored"],
            "{issuer|chop}",
        ),
        issuer(
            "DI-02/upper-case",
            "The issuer in the document is written in upper case.",
            &["discovery-issuer-case-ok", "discovery-issuer-ignored"],
            "{issuer|upper}",
        ),
        issuer(
            "DI-02/other-scheme",
            "The issuer in the document is https, the requested one is http.",
            &["discovery-issuer-scheme-ok", "discovery-issuer-ignored"],
            "{issuer|https}",
        ),
        issuer(
            "DI-02/longer",
            "The issuer in the document is the requested one with a suffix.",
            &["discovery-issuer-prefix-ok", "discovery-issuer-ignored"],
            "{issuer}tenant",
        ),
        found(
            "DI-03/oauth-with-a-path",
            "The issuer has a path: RFC 8414 puts the well-known segment before it.",
            Profile::OAuth,
            OAUTH,
            path(),
            asked_once,
        ),
        found(
            "DI-03/oauth-with-a-path-and-a-slash",
            "The issuer has a path that ends in a slash: the slash is removed before the segment is inserted.",
            Profile::OAuth,
            ASKED_TWICE,
            path_slash(),
            asked_once,
        ),
        found(
            "DI-03/openid-with-a-path",
            "The issuer has a path: OpenID Connect puts the well-known segment after it.",
            Profile::OpenId,
            OPENID,
            path(),
            asked_once,
        ),
        found(
            "DI-03/openid-with-a-path-and-a-slash",
            "The issuer has a path that ends in a slash: there is no double slash before the segment.",
            Profile::OpenId,
            ASKED_TWICE,
            path_slash(),
            asked_once,
        ),
        missing(
            "DI-06/authorization-endpoint-missing",
            "There is no authorization_endpoint: the client does not guess one.",
            "authorization_endpoint",
        ),
        // A client may find that out when it comes to redeem the code.
        Case::new(
            "DI-06/token-endpoint-missing",
            &["DI-06"],
            "discovery",
            "There is no token_endpoint: the client does not guess one.",
            refuse(&["discovery", "config", "token_http", "other"]),
            &["discovery-endpoints-guessed"],
        )
        .discovery()
        .lie(Lie::metadata([JsonEdit::remove("token_endpoint")])),
        // RFC 8259 section 4: what a reader makes of it is not said.
        Case::new(
            "DI-06/member-twice",
            &["DI-06", "DI-05"],
            "discovery",
            "token_endpoint is repeated.",
            Expect::Choice(&["discovery"]),
            &["discovery-duplicates-ok"],
        )
        .discovery()
        .lie(Lie::metadata([JsonEdit::duplicate("token_endpoint", "{base}/oauth/token")])),
        Case::new(
            "DI-07/no-methods-announced",
            &["DI-07", "PK-08", "PK-10"],
            "authorize",
            "There is no code_challenge_methods_supported.",
            Expect::Policy(|seen| match parameter(seen, "code_challenge_method").as_deref() {
                Some("S256") => Ok("still logs in with S256".into()),
                None if refused_for_want_of_pkce(seen) => Ok("does not begin".into()),
                None if seen.wire.authorization_requests().is_empty() => Err("the metadata was not read".into()),
                None if parameter(seen, "code_challenge").is_none() => Ok("does without PKCE".into()),
                _ => Err("expected: S256, no PKCE or no login; seen: plain".into()),
            }),
            &["plain-when-absent"],
        )
        .discovery()
        .setup(Setup { announces_pkce: false, ..Setup::witness() }),
        Case::new(
            "DI-08/no-authentication-methods-announced",
            &["DI-08"],
            "token",
            "There is no token_endpoint_auth_methods_supported, and no method is configured: the client uses HTTP \
              Basic.",
            Expect::Accept(|seen| {
                let basic = |request: &proofkey_authority::Exchange| {
                    request.header("authorization").is_some_and(|value| value.starts_with("Basic "))
                };
                if seen.wire.code_requests().iter().all(basic) {
                    without_faults(seen, &["two_authentications"])
                } else {
                    Err("expected: client_secret_basic; seen: another method".into())
                }
            }),
            &["auth-method-absent-post"],
        )
        .profile(Profile::Basic)
        .discovery()
        .lie(Lie::metadata([JsonEdit::remove("token_endpoint_auth_methods_supported")]))
        .config("client", {
            let client = proofkey_authority::Client::web();
            json!({"id": client.id, "secret": client.auth.secret(), "auth": Value::Null})
        }),
        Case::new(
            "DI-11/id-token-without-the-slash",
            &["DI-11", "ID-07"],
            "id_token",
            "iss of the ID token lacks the slash at the end of the issuer that was discovered.",
            refuse_after(&["claim_iss"]),
            &["iss-claim-slash-ok", "iss-claim-ignored"],
        )
        .profile(Profile::OpenId)
        .discovery()
        .lie(Lie::claims([JsonEdit::set("iss", "{issuer|chop}")])),
        endpoint(
            "DI-12/javascript",
            "authorization_endpoint is a javascript: URL.",
            &["discovery-scheme-ok"],
            "authorization_endpoint",
            "javascript:alert(1)",
        ),
        endpoint(
            "DI-12/file",
            "token_endpoint is a file: URL.",
            &["discovery-scheme-ok"],
            "token_endpoint",
            "file:///etc/passwd",
        ),
        endpoint(
            "DI-12/data",
            "jwks_uri is a data: URL.",
            &["discovery-scheme-ok"],
            "jwks_uri",
            "data:application/json,{}",
        ),
        endpoint(
            "DI-12/shell",
            "authorization_endpoint contains characters that a shell interprets.",
            &["discovery-shell-ok"],
            "authorization_endpoint",
            "{base}/authorize?a=`id`|b;$(c)",
        ),
        Case::new(
            "DI-14/signed-metadata",
            &["DI-14"],
            "discovery",
            "signed_metadata by an untrusted party names other endpoints: it is not used.",
            Expect::Accept(|_| Ok(())),
            &["discovery-signed-metadata-trusted"],
        )
        .discovery()
        .lie(Lie::metadata([JsonEdit::set("signed_metadata", unsigned_metadata())])),
        Case::new(
            "DI-14/unknown-member",
            &["DI-14"],
            "discovery",
            "The document has unknown members: they are ignored.",
            Expect::Accept(|_| Ok(())),
            &["discovery-unknown-member-refused"],
        )
        .discovery()
        .lie(Lie::metadata([JsonEdit::set("x-of-the-future", json!({"a": [1, null]}))])),
    ]
}

/// A JWT without a signature whose token endpoint is a port on which nobody listens.
fn unsigned_metadata() -> String {
    let claims = json!({"iss": "https://attacker.example/", "token_endpoint": "http://127.0.0.1:9/token"}).to_string();
    format!("{}.{}.", URL_SAFE_NO_PAD.encode("{\"alg\":\"none\"}"), URL_SAFE_NO_PAD.encode(claims))
}

/// Nothing of the document was used.
fn untouched(seen: &Transcript) -> Result<(), String> {
    let metadata = |exchange: &proofkey_authority::Exchange| exchange.path.contains("/.well-known/o");
    let used = seen.wire.exchanges().into_iter().find(|exchange| !metadata(exchange));
    match used {
        Some(exchange) => Err(format!("expected: nothing of the document is used; seen: {}", exchange.path)),
        None => Ok(()),
    }
}

/// The document was found where it has to stand, at the first try.
fn asked_once(seen: &Transcript) -> Result<(), String> {
    let asked: Vec<String> = seen
        .wire
        .exchanges()
        .into_iter()
        .filter(|exchange| exchange.path.contains(".well-known"))
        .map(|e| e.path)
        .collect();
    let keys = |path: &&String| path.ends_with("jwks.json");
    match asked.iter().filter(|path| !keys(path)).count() {
        1 => Ok(()),
        _ => Err(format!("expected: one request for the metadata; seen: {}", asked.join(" "))),
    }
}
