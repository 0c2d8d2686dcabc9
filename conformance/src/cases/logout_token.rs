//! The authority says that a user was logged out: OpenID Connect Back-Channel Logout 1.0, section 2.6.

use proofkey_authority::Authority;
use proofkey_authority::lie::{IdTokenEdit, JsonEdit, SignatureEdit, Signing};
use serde_json::json;

use super::refuse_after;
use crate::api_request::set_header;
use crate::case::{Case, Expect, Profile, Step};
use crate::transcript::Transcript;

const ROWS: &[&str] = &["LO-01"];

/// Whose sessions end, and which of them.
const SUBJECT: &str = "auth0|john";
const SESSION: &str = "08a5019c-17e1-4977-8f42-65a12843ea02";

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The honest logout token for the client, after these edits.
pub(crate) fn token(authority: &Authority, client_id: &str, edits: &[IdTokenEdit]) -> String {
    let now = authority.clock().unix();
    let claims = json!({
        "iss": authority.issuer(), "aud": client_id, "iat": now, "exp": now + 120, "jti": "logout-token-of-the-runner",
        "sub": SUBJECT, "sid": SESSION, "events": {EVENT: {}},
    });
    let edits: Vec<_> = std::iter::once(set_header("typ", "logout+jwt")).chain(edits.iter().cloned()).collect();
    authority.sign_with(&claims, &edits)
}

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let case = |id, about, expect, mutants, edits: &[IdTokenEdit]| {
        Case::new(id, ROWS, "logout", about, expect, mutants)
            .profile(Profile::OpenId)
            .then(Step::LogoutToken(edits.to_vec()))
    };
    let refused = |id, about, classes, mutants, edit| case(id, about, refuse_after(classes), mutants, &[edit]);
    let taken = |id, about, mutants, edits: &[IdTokenEdit]| case(id, about, Expect::Accept(whose), mutants, edits);
    let claim = IdTokenEdit::Claim;
    let text = |name: &str, value: &str| claim(JsonEdit::set(name, value));
    let remove = |name: &str| claim(JsonEdit::remove(name));
    const ISS: &[&str] = &["claim_iss", "jwt_malformed"];
    const AUD: &[&str] = &["claim_aud", "jwt_malformed"];
    const EXP: &[&str] = &["claim_exp", "jwt_malformed"];
    const EVENTS: &[&str] = &["claim_events", "jwt_malformed"];
    const TYP: &[&str] = &["typ", "claim_events", "claim_nonce", "jwt_malformed"];
    vec![
        taken("LO-01/good", "The logout token is valid, and says whose session ends.", &["logout-tokens-refused"], &[]),
        // Explicit typing is RECOMMENDED of the issuer (section 2.4), and was not known to the first servers.
        taken("LO-01/typ-jwt", "typ is JWT, as from older servers.", &["logout-token-typ-required"],
            &[set_header("typ", "JWT")]),
        taken("LO-01/user-without-session", "The token names the user and no session: all sessions of the user end.",
            &["logout-token-sid-required"], &[remove("sid")]),
        taken("LO-01/session-without-user", "The token names the session and no user.",
            &["logout-token-sub-required"], &[remove("sub")]),
        refused("LO-01/iss-other", "iss is another issuer.", ISS, &["logout-token-iss-ignored"],
            text("iss", "https://other.example/")),
        refused("LO-01/aud-other", "aud is another client.", AUD, &["logout-token-aud-ignored"],
            text("aud", "another-client")),
        refused("LO-01/expired", "exp is an hour ago.", EXP, &["logout-token-exp-ignored"],
            claim(JsonEdit::set_time("exp", -3600))),
        refused("LO-01/exp-missing", "There is no exp.", EXP,
            &["logout-token-exp-ignored", "logout-token-exp-missing-ok"], remove("exp")),
        refused("LO-01/iat-missing", "There is no iat.", &["claim_iat", "jwt_malformed"],
            &["logout-token-iat-missing-ok"], remove("iat")),
        // Section 2.4 demands the jti of the issuer, and no rule of section 2.6 looks at it but the optional one.
        refused("LO-01/jti-missing", "There is no jti.", &["claim_jti", "jwt_malformed"],
            &["logout-token-jti-missing-ok"], remove("jti")).should(),
        refused("LO-01/tampered", "The user was changed after the token was signed.", &["signature", "key"],
            &["logout-token-unsigned-ok"], IdTokenEdit::Tamper(JsonEdit::set("sub", "auth0|mallory"))),
        refused("LO-01/signature-empty", "The signature is empty.", &["signature", "jwt_malformed"],
            &["logout-token-unsigned-ok"], IdTokenEdit::Signature(SignatureEdit::Empty)),
        refused("LO-01/alg-none", "alg is none, and there is no signature.", &["alg", "signature", "jwt_malformed"],
            &["logout-token-unsigned-ok", "logout-token-alg-none-ok"], IdTokenEdit::Sign(Signing::None("none".into()))),
        refused("LO-01/foreign-key", "The token is signed by a key that the issuer does not publish.", &["signature", "key"],
            &["logout-token-unsigned-ok"], IdTokenEdit::Sign(Signing::Foreign)),
        // Section 2.6 does not look at typ.
        refused("LO-01/typ-access-token", "typ is that of an access token.", TYP, &["logout-token-typ-ignored"],
            set_header("typ", "at+jwt")).should(),
        case("LO-01/id-token", "An ID token is sent in place of a logout token.", refuse_after(TYP),
            &["logout-token-events-ignored"],
            &[set_header("typ", "JWT"), remove("events")]),
        refused("LO-01/nonce", "There is a nonce, which a logout token must not have.", &["claim_nonce", "jwt_malformed"],
            &["logout-token-nonce-ok"], text("nonce", "n-0S6_WzA2Mj")),
        refused("LO-01/events-missing", "There is no events.", EVENTS, &["logout-token-events-ignored"], remove("events")),
        refused("LO-01/events-other", "events has another event.", EVENTS,
            &["logout-token-events-ignored", "logout-token-any-event-ok"],
            claim(JsonEdit::set("events", json!({"https://schemas.openid.net/secevent/caep/event-type/session-revoked": {}})))),
        case("LO-01/neither-sub-nor-sid", "Neither a user nor a session is named.", refuse_after(&["claim_sub", "jwt_malformed"]),
            &["logout-token-subjectless-ok"], &[remove("sub"), remove("sid")]),
        // Section 2.6, rule 8, is optional.
        case("LO-01/replayed", "The same logout token is sent again.",
            Expect::Policy(|seen| Ok(match seen.answers.last() {
                Some(answer) if answer.is_ok() => "takes it again".into(),
                _ => "refuses it".into(),
            })), &["logout-token-replay-ok"], &[])
            .then(Step::LogoutToken(Vec::new())),
    ]
}

/// The client knows whose sessions end.
fn whose(seen: &Transcript) -> Result<(), String> {
    let ended = seen.answers.last().map(|answer| (answer.message["sub"].clone(), answer.message["sid"].clone()));
    let ended = ended.unwrap_or_default();
    match (ended.0.as_str(), ended.1.as_str()) {
        (None | Some(SUBJECT), None | Some(SESSION)) if ended != Default::default() => Ok(()),
        _ => Err(format!("expected: sub and sid as in the token; seen: {} and {}", ended.0, ended.1)),
    }
}
