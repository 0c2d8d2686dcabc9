//! Tokens that are bound to a key of the client: RFC 9449.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::lie::{JsonEdit, ResponseEdit, When};
use proofkey_authority::{DpopMode, Endpoint, Lie, PushMode, Setup};
use serde_json::Value;

use super::{parameter, without_faults};
use crate::case::{Case, Check, Expect, Profile, Step};
use crate::transcript::Transcript;

/// 96 bits in base64url.
const SHORTEST_JTI: usize = 16;

const SCOPE: &str = "profile email offline_access";
const OPENID: &str = "openid profile email offline_access";

pub(super) fn cases() -> Vec<Case> {
    let case = |id, rows, about, expect, mutants| {
        let setup = Setup { dpop: DpopMode::Offered, ..Setup::witness() };
        Case::new(id, rows, "token", about, expect, mutants).setup(setup).config("dpop", true)
    };
    let bound = |id, rows, about, mutants, check: Check| case(id, rows, about, Expect::Accept(check), mutants);
    let with_nonces = |mut case: Case| {
        case.setup.dpop = DpopMode::Nonces;
        case
    };
    let pushed = |mut case: Case| {
        case.setup.push = PushMode::Offered;
        case
    };
    let openid = |case: Case| case.profile(Profile::OpenId).config("scope", OPENID);
    let refused = |id, about, token_requests, mutants| {
        let expect = Expect::Refuse { classes: &["dpop", "token_type"], token_requests, code: None };
        case(id, &["DP-09"], about, expect, mutants)
    };
    let bearer = || Lie::token_response([JsonEdit::set("token_type", "Bearer")]);
    let endless = |id, about, classes, token_requests, mutants| {
        let expect = Expect::Refuse { classes, token_requests, code: None };
        case(id, &["DP-17"], about, expect, mutants)
    };
    vec![
        bound(
            "DP-01/proof",
            &["DP-01"],
            "The token request has a proof with its type, a signature, the public key alone, and every required claim.",
            &["dpop-omitted", "dpop-untyped", "dpop-alg-none", "dpop-private-key"],
            |seen| proved_without(seen, &["proof_missing", "proof_malformed"]),
        ),
        bound(
            "DP-01/unique-jti",
            &["DP-01", "DP-03"],
            "The identifiers of proofs are long enough to be unique wherever the key is used.",
            &["dpop-jti-counted"],
            |seen| match proofs(seen)
                .iter()
                .find(|proof| proof["jti"].as_str().unwrap_or_default().len() < SHORTEST_JTI)
            {
                Some(_) => Err("expected: a jti of 16 characters at least, 96 bits; seen: a shorter one".into()),
                None => proved_without(seen, &[]),
            },
        )
        // Section 4.2 asks for uniqueness, and names 96 bits as one way to it.
        .should(),
        bound(
            "DP-02/address-without-query",
            &["DP-02"],
            "The token endpoint has a query: htu is its URL without the query.",
            &["dpop-htu-with-query"],
            |seen| proved_without(seen, &["proof_target"]),
        )
        .discovery()
        .lie(Lie::metadata([JsonEdit::set("token_endpoint", "{base}/oauth/token?tenant=1")])),
        openid(bound(
            "DP-02/method",
            &["DP-02"],
            "User info is fetched: htm and htu are those of this request.",
            &["dpop-htm-post"],
            |seen| proved_without(seen, &["proof_target"]),
        ))
        .then(Step::UserInfo("f1")),
        openid(bound(
            "DP-03/one-for-each-request",
            &["DP-03"],
            "A login, user info and a refresh: each request has its own recent proof.",
            &["dpop-jti-constant", "dpop-iat-milliseconds"],
            |seen| proved_without(seen, &["proof_replayed", "proof_time"]),
        ))
        .then(Step::UserInfo("f1"))
        .then(Step::Refresh("f1")),
        with_nonces(bound(
            "DP-03/one-for-a-second-try",
            &["DP-03", "DP-13"],
            "The server demands a nonce: the retry has a new proof.",
            &["dpop-jti-constant"],
            |seen| proved_without(seen, &["proof_replayed"]),
        )),
        bound(
            "DP-08/same-key",
            &["DP-08", "DP-01"],
            "A public client refreshes with a proof of the key to which the refresh token is bound.",
            &["dpop-key-per-request", "dpop-refresh-unproved"],
            |seen| proved_without(seen, &["proof_key", "proof_missing"]),
        )
        .config("scope", SCOPE)
        .then(Step::Refresh("f1")),
        refused(
            "DP-09/bearer",
            "A bound token was requested, and the response has a bearer token: it is discarded.",
            1,
            &["dpop-downgrade-ok"],
        )
        .lie(bearer()),
        refused(
            "DP-09/bearer-after-a-refresh",
            "The first token is bound, and the refreshed one is not.",
            2,
            &["dpop-downgrade-ok", "refresh-type-unchecked"],
        )
        .lie(bearer().only(When::AfterFirst))
        .config("scope", SCOPE)
        .then(Step::Refresh("f1")),
        openid(bound(
            "DP-10/user-info",
            &["DP-10", "DP-01", "DP-08"],
            "A bound token is sent with the scheme DPoP, and with a proof by its key that contains its hash.",
            &["dpop-ath-missing", "dpop-bearer-scheme", "dpop-key-per-request"],
            |seen| proved_without(seen, &["proof_token", "proof_missing", "token_missing"]),
        ))
        .then(Step::UserInfo("f1")),
        with_nonces(bound(
            "DP-13/nonce-of-the-server",
            &["DP-13"],
            "The server demands a nonce: the token request is sent again, with it.",
            &["dpop-nonce-ignored", "dpop-nonce-left-out"],
            |seen| match seen.wire.token_requests().len() {
                2 => proved_without(seen, &["proof_nonce"]),
                sent => Err(format!("expected: two token requests; seen: {sent}")),
            },
        )),
        with_nonces(openid(bound(
            "DP-13/nonce-of-an-api",
            &["DP-13"],
            "The userinfo endpoint demands a nonce: the request is sent again, with it.",
            &["dpop-nonce-ignored", "dpop-nonce-left-out"],
            |seen| proved_without(seen, &["proof_nonce"]),
        )))
        .then(Step::UserInfo("f1")),
        with_nonces(bound(
            "DP-13/newest",
            &["DP-13"],
            "A token response has a new nonce: the next token request uses it.",
            &["dpop-nonce-first-kept"],
            |seen| proved_without(seen, &["proof_nonce"]),
        ))
        .config("scope", SCOPE)
        .then(Step::Refresh("f1")),
        with_nonces(openid(bound(
            "DP-13/apart",
            &["DP-13"],
            "The nonces of the authorization server and of the API are not confused, although both have the same \
              origin.",
            &["dpop-nonces-shared"],
            |seen| proved_without(seen, &["proof_nonce"]),
        )))
        .then(Step::UserInfo("f1"))
        .then(Step::Refresh("f1")),
        case(
            "DP-15/key-of-the-code",
            &["DP-15"],
            "Whether the authorization request names the key to which the code will be bound.",
            Expect::Policy(|seen| {
                proved_without(seen, &["code_of_another_key"])?;
                Ok(match parameter(seen, "dpop_jkt") {
                    Some(_) => "names its key".into(),
                    None => "does not name it".into(),
                })
            }),
            &["dpop-jkt-omitted", "dpop-jkt-other", "dpop-key-per-request"],
        ),
        with_nonces(pushed(bound(
            "DP-16/pushed",
            &["DP-16", "DP-15", "DP-13"],
            "The authorization request is pushed to a server that demands nonces: if it names the key, it does so \
              correctly.",
            &["dpop-jkt-other", "dpop-key-per-request"],
            |seen| proved_without(seen, &["code_of_another_key", "proof_target", "proof_nonce"]),
        )))
        .config("push", true),
        endless(
            "DP-17/endless",
            "The server demands a nonce each time: the code is sent at most twice.",
            &["dpop", "token_error", "token_http"],
            2,
            &["dpop-nonce-loop", "token-error-as-success"],
        )
        .lie(wants_a_nonce(Endpoint::Token, 400)),
        openid(endless(
            "DP-17/endless-at-an-api",
            "The userinfo endpoint demands a nonce each time: the request is sent at most twice.",
            &["dpop", "token_http", "token_error"],
            1,
            // Each of these asks, or takes the answer, where the client has nothing more to say.
            &["dpop-nonce-loop", "userinfo-retry-loop", "userinfo-status-ignored", "userinfo-before-id-token"],
        ))
        .lie(wants_a_nonce(Endpoint::UserInfo, 401))
        .then(Step::UserInfo("f1"))
        .and(|seen| match seen.wire.userinfo_requests().len() {
            0..=2 => Ok(()),
            sent => Err(format!("expected: at most two requests for user info; seen: {sent}")),
        }),
    ]
}

fn wants_a_nonce(at: Endpoint, status: u16) -> Lie {
    Lie::response(
        at,
        [
            ResponseEdit::Status(status),
            ResponseEdit::Header("content-type".into(), "application/json".into()),
            ResponseEdit::Header("www-authenticate".into(), "DPoP error=\"use_dpop_nonce\"".into()),
            ResponseEdit::Header("dpop-nonce".into(), "a-nonce-that-is-never-enough".into()),
            ResponseEdit::Text("{\"error\":\"use_dpop_nonce\"}".into()),
        ],
    )
}

/// The claims of every proof, in order.
fn proofs(seen: &Transcript) -> Vec<Value> {
    let claims = |proof: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(proof.split('.').nth(1)?).ok()?).ok();
    seen.wire.exchanges().iter().filter_map(|request| claims(request.header("dpop")?)).collect()
}

/// There was a proof, and no request broke one of the rules of these names.
fn proved_without(seen: &Transcript, codes: &[&str]) -> Result<(), String> {
    if proofs(seen).is_empty() {
        return Err("expected: a DPoP proof; seen: none".into());
    }
    without_faults(seen, codes)
}
