//! Client assertions: RFC 7523, RFC 10070, OpenID Connect Core section 9.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Client, DevicePlan, DpopMode, Exchange, KeySet, Lie, PushMode, Setup};
use serde_json::{Value, json};

use super::without_faults;
use crate::case::{Case, Check, Expect, Profile, Step};
use crate::transcript::Transcript;

const AUDIENCE: &[&str] = &["assertion-for-token-endpoint", "assertion-for-each-endpoint", "assertion-audience-list"];

pub(super) fn cases() -> Vec<Case> {
    let setup = || Setup { clients: vec![Client::with_key()], ..Setup::witness() };
    let by_key = |id, rows, about, mutants, check: Check| {
        let case = Case::new(id, rows, "token", about, Expect::Accept(check), mutants);
        case.setup(setup()).profile(Profile::PrivateKeyJwt)
    };
    let by_mac = |id, rows, about, mutants, check: Check| {
        let setup = Setup { clients: vec![Client::with_mac()], ..Setup::witness() };
        let case = Case::new(id, rows, "token", about, Expect::Accept(check), mutants);
        case.setup(setup).profile(Profile::SecretJwt)
    };
    let audience: Check = |seen| asserted_without(seen, "assertion_audience");
    vec![
        by_key(
            "CA-01/audience",
            &["CA-01", "BP-39"],
            "The only audience of the assertion for the token endpoint is the issuer.",
            AUDIENCE,
            audience,
        ),
        by_mac(
            "CA-01/audience-beside-a-mac",
            &["CA-01", "BP-39"],
            "The only audience of an assertion with a MAC by the client secret is the issuer.",
            AUDIENCE,
            audience,
        ),
        by_key(
            "CA-02/pushed",
            &["CA-02", "CA-01"],
            "The client authenticates when it pushes the authorization request: the audience is the issuer.",
            AUDIENCE,
            audience,
        )
        .setup(Setup { push: PushMode::Offered, ..setup() })
        .config("push", true),
        by_key(
            "CA-02/revocation",
            &["CA-02", "CA-01"],
            "The client authenticates when it revokes a token: the audience is the issuer.",
            AUDIENCE,
            audience,
        )
        .then(Step::Revoke("f1")),
        by_key(
            "CA-02/device",
            &["CA-02", "CA-01"],
            "The client authenticates when it requests the codes of a device: the audience is the issuer.",
            AUDIENCE,
            audience,
        )
        .setup(Setup { device: Some(DevicePlan { answers: Vec::new(), ..DevicePlan::default() }), ..setup() })
        .steps([Step::Grant("device", "d1")]),
        Case::new(
            "CA-03/audience-injection",
            &["CA-03", "CA-01"],
            "token",
            "The attacker's metadata names the token endpoint of an honest server at which the client has the same \
              key, and the attacker's own endpoint for pushed requests: an assertion that is caught there is not valid \
              at the honest server.",
            Expect::Wire(nothing_for_the_bystander),
            // Without authentication nothing is seen that could be caught.
            &["assertion-for-token-endpoint", "assertion-audience-list", "push-unauthenticated"],
        )
        .setup(Setup { push: PushMode::Required, ..setup() })
        .profile(Profile::PrivateKeyJwt)
        .discovery()
        .beside(Setup { keys: KeySet::Second, clients: vec![Client::with_key()], ..Setup::honest() }.named("bystander"))
        .lie(Lie::metadata([JsonEdit::set("token_endpoint", "{base:bystander}/oauth/token")])),
        by_key(
            "CA-04/explicit-type",
            &["CA-04"],
            "The assertion states its type, so that no other JWT of the client can be mistaken for one.",
            &["assertion-untyped"],
            |seen| asserted_without(seen, "assertion_type"),
        )
        .should(),
        by_key(
            "CA-05/claims",
            &["CA-05"],
            "iss and sub are the client_id, exp is in the future, and there is a jti.",
            &["assertion-issuer-other", "assertion-without-exp", "assertion-without-jti"],
            |seen| asserted_without(seen, "assertion_claims"),
        ),
        by_key(
            "CA-05/one-for-each-request",
            &["CA-05"],
            "The code is redeemed and the tokens are refreshed, each time with a new assertion.",
            &["assertion-reused"],
            each_once,
        )
        .config("scope", "profile email offline_access")
        .then(Step::Refresh("f1")),
        by_key(
            "CA-05/one-for-a-second-try",
            &["CA-05", "DP-13"],
            "The server demands a retry of the token request, with a nonce in the proof: the assertion is new.",
            &["assertion-reused"],
            each_once,
        )
        .setup(Setup { dpop: DpopMode::Nonces, ..setup() })
        .config("dpop", true),
        Case::new(
            "CA-05/lifetime",
            &["CA-05"],
            "token",
            "The lifetime of an assertion: a server may refuse an unreasonably long one.",
            Expect::Policy(lifetime),
            &["assertion-long"],
        )
        .setup(setup())
        .profile(Profile::PrivateKeyJwt),
        by_key(
            "CA-06/signed",
            &["CA-06"],
            "The assertion is signed with the client's key.",
            &["assertion-alg-none", "assertion-mac-by-public-key"],
            |seen| asserted_without(seen, "assertion_signature"),
        ),
        Case::new(
            "CA-06/algorithm-not-listed",
            &["CA-06"],
            "token",
            "The metadata does not list the algorithm of the client's key.",
            Expect::Choice(&["config", "alg", "other"]),
            &["assertion-alg-unlisted"],
        )
        .setup(setup())
        .profile(Profile::PrivateKeyJwt)
        .discovery()
        .lie(Lie::metadata([JsonEdit::set("token_endpoint_auth_signing_alg_values_supported", json!(["PS256"]))])),
        by_mac(
            "CA-07/one-authentication",
            &["CA-07", "OA-10"],
            "A client that authenticates by a MAC does not send its secret.",
            &["assertion-beside-secret"],
            |seen| asserted_without(seen, "two_authentications"),
        ),
    ]
}

/// Every request with an assertion.
fn asserting(seen: &Transcript) -> Vec<(Exchange, Value)> {
    let with = |request: Exchange| {
        let claims = request.form("client_assertion")?.split('.').nth(1)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        Some((request, serde_json::from_slice(&claims).ok()?))
    };
    seen.wire.exchanges().into_iter().filter_map(with).collect()
}

/// There was an assertion, and no request broke this rule.
fn asserted_without(seen: &Transcript, code: &str) -> Result<(), String> {
    if asserting(seen).is_empty() {
        return Err("expected: a client assertion; seen: none".into());
    }
    without_faults(seen, &[code])
}

/// No assertion has the identifier of another, whether the server got so far as to look at it or not.
fn each_once(seen: &Transcript) -> Result<(), String> {
    let mut ids: Vec<String> = asserting(seen).iter().map(|(_, claims)| claims["jti"].to_string()).collect();
    let sent = ids.len();
    ids.sort_unstable();
    ids.dedup();
    match (sent, ids.len()) {
        (0 | 1, _) => Err(format!("expected: two assertions; seen: {sent}")),
        (sent, different) if sent == different => Ok(()),
        _ => Err("expected: a jti of its own in each assertion; seen: the same one twice".into()),
    }
}

fn nothing_for_the_bystander(seen: &Transcript) -> Result<(), String> {
    let honest = seen.wire.to("bystander").first().map(|request| origin(&request.url).to_owned()).unwrap_or_default();
    let mut caught = asserting(seen).into_iter().filter(|(request, _)| request.to != "bystander").peekable();
    if caught.peek().is_none() {
        return Err("expected: an assertion for the attacker's server; seen: none".into());
    }
    match caught.find(|(_, claims)| !honest.is_empty() && claims["aud"].to_string().contains(&honest)) {
        Some(_) => Err("expected: assertions for the server that is asked; seen: one for the honest server".into()),
        None => Ok(()),
    }
}

fn origin(url: &str) -> &str {
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    &url[..path]
}

fn lifetime(seen: &Transcript) -> Result<String, String> {
    let (_, claims) = asserting(seen).into_iter().next().ok_or("expected: a client assertion; seen: none")?;
    Ok(match (claims["iat"].as_i64(), claims["exp"].as_i64()) {
        (Some(iat), Some(exp)) if exp - iat <= 600 => "at most 10 minutes".into(),
        (Some(_), Some(_)) => "more than 10 minutes".into(),
        _ => "it does not say from when".into(),
    })
}
