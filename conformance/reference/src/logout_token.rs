//! The logout token of an authority: OpenID Connect Back-Channel Logout 1.0, section 2.6.

use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::defects::Defects;
use crate::failure::{Failure, refuse, stage::LOGOUT};
use crate::jwt::{self, Jwt};
use crate::keys::{self, KeyCache};
use crate::signature::{ASYMMETRIC, is_valid};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Who may send a logout token, and for whom.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) jwks: Option<&'a str>,
    pub(crate) algs: &'a [String],
}

/// Checks a logout token: whose session ends, and the identifier of the token.
pub(crate) async fn check(
    text: &str,
    expected: &Expected<'_>,
    keys: &mut KeyCache,
    cx: &Context<'_>,
) -> Result<(Map<String, Value>, Value), Failure> {
    let defects = cx.defects;
    if defects.has("logout-tokens-refused") {
        return Err(refuse(LOGOUT, "typ", "this client knows no logout tokens"));
    }
    // What every token has in common is checked by cases about ID tokens, with switches of their own.
    let plain = Defects::none();
    let jwt = jwt::decode_any(text, &plain).map_err(|failure| failure.at(LOGOUT))?;
    check_type(&jwt, defects)?;
    check_claims(&jwt.claims, expected, cx)?;
    check_signature(&jwt, expected, keys, cx, &plain).await?;
    let named = ["sub", "sid"].into_iter().filter_map(|name| Some((name.to_owned(), jwt.claims.get(name)?.clone())));
    Ok((named.collect(), jwt.claims.get("jti").cloned().unwrap_or_default()))
}

fn check_type(jwt: &Jwt, defects: &Defects) -> Result<(), Failure> {
    let typ = jwt.header.get("typ").map(|typ| typ.as_str().unwrap_or_default().to_ascii_lowercase());
    let accepted = match typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ)) {
        Some("logout+jwt") => true,
        None | Some("jwt") => !defects.has("logout-token-typ-required"),
        Some(_) => defects.has("logout-token-typ-ignored"),
    };
    if accepted { Ok(()) } else { Err(refuse(LOGOUT, "typ", "the token is of another kind")) }
}

fn check_claims(claims: &Map<String, Value>, expected: &Expected<'_>, cx: &Context<'_>) -> Result<(), Failure> {
    let defects = cx.defects;
    let (now, skew) = (cx.clock.now(), cx.skew);
    let is_client = |aud: &Value| aud == expected.client_id;
    let aud = claims
        .get("aud")
        .is_some_and(|aud| is_client(aud) || aud.as_array().is_some_and(|list| list.iter().any(is_client)));
    let exp = match claims.get("exp") {
        Some(exp) => exp.as_u64().is_some_and(|exp| now < exp.saturating_add(skew)),
        None => defects.has("logout-token-exp-missing-ok"),
    };
    let events = claims.get("events").and_then(Value::as_object);
    let event = events.is_some_and(|events| match events.get(EVENT) {
        Some(event) => event.is_object(),
        None => defects.has("logout-token-any-event-ok"),
    });
    let text = |name: &str| claims.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let (sub, sid) = (text("sub"), text("sid"));
    for (kept, class, switch, what) in [
        (
            claims.get("iss") == Some(&json!(expected.issuer)),
            "claim_iss",
            "logout-token-iss-ignored",
            "iss is another issuer",
        ),
        (aud, "claim_aud", "logout-token-aud-ignored", "aud is another client"),
        (exp, "claim_exp", "logout-token-exp-ignored", "exp is past or missing"),
        (claims.get("iat").is_some_and(Value::is_number), "claim_iat", "logout-token-iat-missing-ok", "iat is missing"),
        (text("jti"), "claim_jti", "logout-token-jti-missing-ok", "jti is missing"),
        (event, "claim_events", "logout-token-events-ignored", "events has no logout"),
        (!claims.contains_key("nonce"), "claim_nonce", "logout-token-nonce-ok", "there is a nonce"),
        (sub || sid, "claim_sub", "logout-token-subjectless-ok", "neither sub nor sid is there"),
    ] {
        if !kept && !defects.has(switch) {
            return Err(refuse(LOGOUT, class, what));
        }
    }
    for (name, is_there, switch) in
        [("sub", sub, "logout-token-sub-required"), ("sid", sid, "logout-token-sid-required")]
    {
        if !is_there && defects.has(switch) {
            return Err(refuse(LOGOUT, "claim_sub", format!("{name} is missing")));
        }
    }
    Ok(())
}

async fn check_signature(
    jwt: &Jwt,
    expected: &Expected<'_>,
    keys: &mut KeyCache,
    cx: &Context<'_>,
    plain: &Defects,
) -> Result<(), Failure> {
    let defects = cx.defects;
    let alg = jwt.alg.as_deref().unwrap_or_default();
    let forgiven =
        || alg == "none" && defects.has("logout-token-alg-none-ok") || defects.has("logout-token-unsigned-ok");
    if !ASYMMETRIC.contains(&alg) || !expected.algs.iter().any(|agreed| agreed == alg) {
        return if forgiven() {
            Ok(())
        } else {
            Err(refuse(LOGOUT, "alg", "the algorithm is not the one agreed upon"))
        };
    }
    let kid = jwt.header.get("kid").and_then(Value::as_str);
    let keys = keys.keys(expected.jwks, kid, cx).await.map_err(|failure| failure.at(LOGOUT))?;
    let fitting = keys::fitting(keys, kid, alg, plain).map_err(|failure| failure.at(LOGOUT))?;
    let valid = fitting.iter().any(|key| is_valid(alg, key, &jwt.signed, &jwt.signature, plain));
    if valid || forgiven() { Ok(()) } else { Err(refuse(LOGOUT, "signature", "the signature is not valid")) }
}
