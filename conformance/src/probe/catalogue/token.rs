//! The tokens themselves: refresh tokens, revocation, ID tokens, access tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authority::Endpoint;
use serde_json::Value;

use super::Probe;
use crate::case::Level::{Must, Should};
use crate::probe::bench::{Bench, Tokens, answer_json, random, shown, summary};
use crate::probe::config::Client;
use crate::probe::http::{Answer, Failure};
use crate::probe::pairs::Pairs;
use crate::probe::stop::{Stop, invalid_grant, received, refused};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "OA-44/refresh-by-another-client",
        rows: &["OA-44"],
        level: Must,
        group: "refresh",
        about: "A refresh token is sent by another registered client.",
        expected: "refuse with 400 invalid_grant",
        advice: "Store the client with the refresh token and compare it with the one that is authenticated.",
        defects: &["refresh-by-another-client"],
        run: |bench| {
            let client = bench.any();
            let other = bench.other_than(&client)?;
            bench.login(&other)?;
            let (_, refresh_token) = refreshable(bench, &client)?;
            invalid_grant(refresh(bench, &other, &refresh_token, None))
        },
    },
    Probe {
        id: "BP-21/rotation",
        rows: &["BP-21"],
        level: Must,
        group: "refresh",
        about: "A public client refreshes.",
        expected: "replace the refresh token",
        advice: "Issue a new refresh token with each refresh of a public client, and invalidate the old one.",
        defects: &["refresh-token-kept"],
        run: |bench| {
            let client = bench.public()?;
            let (_, refresh_token) = refreshable(bench, &client)?;
            let next = refreshed(bench, &client, &refresh_token)?;
            match next {
                Some(next) if next != refresh_token => Ok(()),
                Some(_) => Err(Stop::breach("a new refresh token", "the old one")),
                None => Err(Stop::breach("a new refresh token", "none, so the old one stays valid")),
            }
        },
    },
    Probe {
        id: "BP-21/replay",
        rows: &["BP-21"],
        level: Must,
        group: "refresh",
        about: "A refresh token that was replaced is sent again, and then the new one.",
        expected: "refuse both with 400 invalid_grant",
        advice: "A replayed refresh token means that it or its successor was stolen: revoke the whole family.",
        defects: &["family-survives-a-replay"],
        run: |bench| {
            let client = bench.public()?;
            let (_, refresh_token) = refreshable(bench, &client)?;
            let next = refreshed(bench, &client, &refresh_token)?.filter(|next| *next != refresh_token);
            let Some(next) = next else { return Err(Stop::NotClaimed("refresh tokens are not replaced".into())) };
            invalid_grant(refresh(bench, &client, &refresh_token, None))?;
            invalid_grant(refresh(bench, &client, &next, None))
        },
    },
    Probe {
        id: "BP-22/wider-scope",
        rows: &["BP-22"],
        level: Must,
        group: "refresh",
        about: "A refresh requests one scope more than was granted.",
        expected: "refuse with 400 invalid_scope, or grant no more than before",
        advice: "Compare the scope of a refresh with the one to which the user consented.",
        defects: &["refresh-widens-the-scope"],
        run: |bench| {
            let client = bench.any();
            let (tokens, refresh_token) = refreshable(bench, &client)?;
            let scope = format!("{} proofkey-wider", tokens.granted.ask.get("scope"));
            let answer = received(refresh(bench, &client, &refresh_token, Some(&scope)), "invalid_scope")?;
            let json = answer_json(&answer);
            let is_wider = json["scope"].as_str().is_none_or(|scope| scope.contains("proofkey-wider"));
            if json["access_token"].is_null() {
                return refused(Ok(answer), &[400], &["invalid_scope"]);
            }
            if is_wider { Err(Stop::breach("invalid_scope", &summary(&answer))) } else { Ok(()) }
        },
    },
    Probe {
        id: "RV-02/revocation-by-another-client",
        rows: &["RV-02"],
        level: Must,
        group: "revoke",
        about: "Another registered client revokes an access token.",
        expected: "leave the token valid",
        advice: "Revoke a token only for the client that it was issued to.",
        defects: &["foreign-token-revoked"],
        run: |bench| {
            let client = bench.authenticating();
            let other = bench.other_than(&client)?;
            revocable(bench, &client)?;
            let tokens = bench.login(&client)?;
            received(revoke(bench, &other, tokens.get("access_token").unwrap_or_default()), "an answer")?;
            if bench.is_usable(&tokens)? {
                Ok(())
            } else {
                Err(Stop::breach("a token that is still valid", "one that is revoked"))
            }
        },
    },
    Probe {
        id: "RV-03/unknown-token",
        rows: &["RV-03"],
        level: Must,
        group: "revoke",
        about: "A token that was never issued is revoked.",
        expected: "answer 200",
        advice: "Answer 200 whether the token was known or not: the client has what it wants.",
        defects: &["unknown-token-refused"],
        run: |bench| {
            let client = bench.authenticating();
            revocable(bench, &client)?;
            let answer = received(revoke(bench, &client, &random()), "200")?;
            if answer.status == 200 { Ok(()) } else { Err(Stop::breach("200", &answer.status.to_string())) }
        },
    },
    Probe {
        id: "RV-04/access-token-of-a-revoked-grant",
        rows: &["RV-04"],
        level: Should,
        group: "revoke",
        about: "The refresh token is revoked, and then the access token is used.",
        expected: "have revoked the access token as well",
        advice: "Revoke the grant, not only the one token.",
        defects: &["access-token-survives-revocation"],
        run: |bench| {
            let client = bench.authenticating();
            revocable(bench, &client)?;
            let tokens = bench.login(&client)?;
            let Some(refresh_token) = tokens.get("refresh_token").map(str::to_owned) else {
                return Err(Stop::NotTested(NO_REFRESH_TOKEN.into()));
            };
            received(revoke(bench, &client, &refresh_token), "200")?;
            if bench.is_usable(&tokens)? {
                Err(Stop::breach("an access token that is revoked", "one that is good"))
            } else {
                Ok(())
            }
        },
    },
    Probe {
        id: "ID-05/id-token",
        rows: &["ID-05"],
        level: Must,
        group: "id_token",
        about: "The token response of a login for openid.",
        expected: "have an ID token",
        advice: "Issue an ID token whenever the granted scope has openid.",
        defects: &["no-id-token"],
        run: |bench| {
            if !bench.target.is_openid() {
                return Err(Stop::NotTested("`scope` in as.toml has no openid".into()));
            }
            let client = bench.any();
            let tokens = bench.login(&client)?;
            let is_there = tokens.get("id_token").is_some_and(|token| parts(token).is_some());
            if is_there { Ok(()) } else { Err(Stop::breach("an ID token", "none that can be read")) }
        },
    },
    Probe {
        id: "ID-36/claims",
        rows: &["ID-36"],
        level: Must,
        group: "id_token",
        about: "The claims of an ID token.",
        expected: "have iss (the issuer), sub, aud (the client), exp and iat",
        advice: "Set the claims of OpenID Connect Core section 2; iss is the issuer byte for byte, aud the client_id.",
        defects: &["id-token-without-exp"],
        run: |bench| {
            let (tokens, claims) = id_token(bench, |ask| ask)?;
            let client = tokens.granted.ask.client.id;
            let is_for = claims["aud"] == client.as_str()
                || claims["aud"].as_array().is_some_and(|all| all.iter().any(|one| *one == client.as_str()));
            let checks = [
                ("iss", claims["iss"] == bench.target.issuer.as_str()),
                ("sub", claims["sub"].as_str().is_some_and(|sub| !sub.is_empty())),
                ("aud", is_for),
                ("exp", claims["exp"].is_number()),
                ("iat", claims["iat"].is_number()),
            ];
            wrong(&checks, &claims)
        },
    },
    Probe {
        id: "ID-36/nonce",
        rows: &["ID-36"],
        level: Must,
        group: "id_token",
        about: "The nonce of an ID token.",
        expected: "be that of the authorization request",
        advice: "Store the nonce with the code, and copy it unchanged.",
        defects: &["id-token-without-nonce"],
        run: |bench| {
            let (tokens, claims) = id_token(bench, |ask| ask)?;
            wrong(&[("nonce", claims["nonce"] == tokens.granted.ask.get("nonce"))], &claims)
        },
    },
    Probe {
        id: "ID-36/auth-time",
        rows: &["ID-36"],
        level: Must,
        group: "id_token",
        about: "The ID token of a login with max_age.",
        expected: "have auth_time",
        advice: "Store the time of the sign-in, and state it whenever max_age was sent.",
        defects: &["id-token-without-auth-time"],
        run: |bench| {
            let (_, claims) = id_token(bench, |ask| ask.also("max_age", "3600"))?;
            wrong(&[("auth_time", claims["auth_time"].is_number())], &claims)
        },
    },
    Probe {
        id: "AT-01/unsigned-access-token",
        rows: &["AT-01"],
        level: Must,
        group: "access_token",
        about: "The header of an access token that is a JWT.",
        expected: "name an algorithm other than none, and the type at+jwt if it follows RFC 9068",
        advice: "Sign access tokens with the key of the JWK set, with typ at+jwt.",
        defects: &["access-token-unsigned"],
        run: |bench| {
            let (header, _, signature) = access_token(bench)?;
            match header["alg"].as_str() {
                Some(alg) if !alg.eq_ignore_ascii_case("none") && !signature.is_empty() => {}
                alg => return Err(Stop::breach("a signature", &format!("alg {alg:?}"))),
            }
            if is_rfc_9068(&header) {
                return Ok(());
            }
            Err(Stop::NotClaimed("access tokens are signed JWTs, but not of the type of RFC 9068".into()))
        },
    },
    Probe {
        id: "AT-02/claims-of-an-access-token",
        rows: &["AT-02", "BP-37"],
        level: Must,
        group: "access_token",
        about: "The claims of an access token by RFC 9068.",
        expected: "have iss, exp, aud, sub, client_id, iat and jti",
        advice: "Set every claim of RFC 9068 section 2.2; aud is the API, so that no other API accepts the token.",
        defects: &["access-token-without-audience"],
        run: |bench| {
            let (header, claims, _) = access_token(bench)?;
            if !is_rfc_9068(&header) {
                return Err(Stop::NotClaimed("access tokens are not of the type of RFC 9068".into()));
            }
            let names = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];
            wrong(&names.map(|name| (name, !claims[name].is_null())), &claims)
        },
    },
];

const NO_REFRESH_TOKEN: &str = "there is no refresh token; request one with `scope` in as.toml, such as offline_access";

/// A login with a refresh token.
fn refreshable(bench: &mut Bench<'_>, client: &Client) -> Result<(Tokens, String), Stop> {
    let tokens = bench.login(client)?;
    let refresh_token = tokens.get("refresh_token").map(str::to_owned);
    refresh_token.map(|token| (tokens, token)).ok_or_else(|| Stop::NotTested(NO_REFRESH_TOKEN.into()))
}

fn refresh(bench: &Bench<'_>, client: &Client, token: &str, scope: Option<&str>) -> Result<Answer, Failure> {
    let pairs = Pairs::of([("grant_type", "refresh_token"), ("refresh_token", token)]);
    bench.token(client, &scope.into_iter().fold(pairs, |pairs, scope| pairs.also("scope", scope)))
}

/// A control: a refresh as it should be. The new refresh token, if one came.
fn refreshed(bench: &mut Bench<'_>, client: &Client, token: &str) -> Result<Option<String>, Stop> {
    let outcome = refresh(bench, client, token, None);
    let answer = bench.control(outcome)?;
    let json = answer_json(&answer);
    let is_success = answer.status == 200 && json["access_token"].is_string();
    bench.control(if is_success { Ok(()) } else { Err(summary(&answer)) })?;
    Ok(json["refresh_token"].as_str().map(str::to_owned))
}

fn revoke(bench: &Bench<'_>, client: &Client, token: &str) -> Result<Answer, Failure> {
    let pairs = Pairs::of([("token", token)]);
    bench.http.send(&bench.as_client("revocation_endpoint", Endpoint::Revocation, client, &pairs))
}

/// A control: the client can revoke its own access token.
fn revocable(bench: &mut Bench<'_>, client: &Client) -> Result<(), Stop> {
    if bench.target.endpoint("revocation_endpoint").is_none() {
        return Err(Stop::NotClaimed("there is no revocation_endpoint".into()));
    }
    let tokens = bench.login(client)?;
    if !bench.is_usable(&tokens)? {
        return Err(Stop::Control("the access token is refused at once".into()));
    }
    let answer = revoke(bench, client, tokens.get("access_token").unwrap_or_default());
    let answer = bench.control(answer)?;
    match (answer.status, bench.is_usable(&tokens)?) {
        (200, false) => Ok(()),
        (200, true) => {
            Err(Stop::NotTested("the access token is still valid after its own client has revoked it".into()))
        }
        (status, _) => Err(Stop::Control(format!("the client's own revocation is answered {status}"))),
    }
}

/// A login for openid, changed, and the claims of its ID token.
fn id_token(
    bench: &mut Bench<'_>,
    change: impl Fn(crate::probe::bench::Ask) -> crate::probe::bench::Ask,
) -> Result<(Tokens, Value), Stop> {
    if !bench.target.is_openid() {
        return Err(Stop::NotTested("`scope` in as.toml has no openid".into()));
    }
    let client = bench.any();
    bench.login(&client)?;
    let tokens = bench.tokens_for(&change(bench.ask(&client))).map_err(Stop::Breach)?;
    let claims = tokens.get("id_token").and_then(parts).map(|(_, claims, _)| claims);
    let claims = claims.ok_or_else(|| Stop::NotTested("there is no readable ID token".into()))?;
    Ok((tokens, claims))
}

/// A login, and header, claims and signature of its access token.
fn access_token(bench: &mut Bench<'_>) -> Result<(Value, Value, String), Stop> {
    let client = bench.any();
    let tokens = bench.login(&client)?;
    let parts = tokens.get("access_token").and_then(parts);
    parts.ok_or_else(|| Stop::NotClaimed("access tokens are not JWTs".into()))
}

fn is_rfc_9068(header: &Value) -> bool {
    let kind = header["typ"].as_str().unwrap_or_default().to_lowercase();
    matches!(kind.as_str(), "at+jwt" | "application/at+jwt")
}

/// Header, claims and signature of a compact JWT. The signature is not checked: that is its reader's part.
fn parts(token: &str) -> Option<(Value, Value, String)> {
    let mut segments = token.split('.');
    let (header, claims, signature) = (segments.next()?, segments.next()?, segments.next()?);
    let json = |text: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok().filter(Value::is_object)
    };
    segments.next().is_none().then_some((json(header)?, json(claims)?, signature.to_owned()))
}

/// The claims that are not as they should be.
fn wrong(checks: &[(&str, bool)], claims: &Value) -> Result<(), Stop> {
    let wrong = checks.iter().filter(|(_, is_right)| !is_right);
    let wrong: Vec<String> =
        wrong.map(|(name, _)| format!("{name} is {}", shown(&claims[*name].to_string()))).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Stop::breach("all claims", &wrong.join(", "))) }
}
