//! Switches of the ID token that need more than one lie: clocks, trust, names that stand twice, key sets, requests.

use proofkey_authority::lie::{
    ExtraKey, HmacKey, IdTokenEdit, JsonEdit, KeyEdit, Lie, Signing, TestKey, TextEdit, When,
};
use proofkey_authority::{Client, ClientAuth, Endpoint, HmacAlgorithm, Setup};
use serde_json::{Value, json};

use crate::drive::Login;
use crate::overlooked::check;

async fn verdicts(login: &Login, switch: &'static str) -> (String, String) {
    (login.run().await.verdict(), login.clone().with(switch).run().await.verdict())
}

fn lying(lie: Lie) -> Login {
    Login::new(Setup::lying(lie))
}

fn pair(off: &str, on: &str) -> (String, String) {
    (off.to_owned(), on.to_owned())
}

#[tokio::test]
async fn clocks_that_differ() {
    let now = 1_800_000_000_i64;
    let at = |name: &str, seconds: i64| {
        let edits = [("exp", 3600), ("iat", 0), (name, seconds)].map(|(name, after)| JsonEdit::set(name, now + after));
        lying(Lie::claims(edits)).config(json!({"now": now, "skew": 60}))
    };
    for (name, within, beyond, class) in [("exp", -59, -60, "claim_exp"), ("nbf", 60, 61, "claim_nbf")] {
        assert_eq!(verdicts(&at(name, within), "skew-ignored").await, pair("ok", class), "{name}");
        assert_eq!(verdicts(&at(name, beyond), "skew-doubled").await, pair(class, "ok"), "{name}");
    }
}

#[tokio::test]
async fn numbers_that_are_none() {
    let text = |name: &str, text: &str| Lie::claims([JsonEdit::set_text(name, text)]);
    let wraps = Lie::claims([JsonEdit::set_time("exp", 3600 - (1 << 32))]);
    check(
        &Login::new(Setup::witness()),
        vec![
            ("number-nan-ok", text("exp", "NaN"), "jwt_malformed"),
            ("date-overflow-ok", wraps, "claim_exp"),
            ("date-overflow-ok", text("nbf", "18446744073709551616"), "claim_nbf"),
        ],
    )
    .await;
    let longest = lying(Lie::claims([JsonEdit::SetLong("sub".into(), 255)]));
    assert_eq!(verdicts(&longest, "sub-255-refused").await, pair("ok", "claim_sub"));
}

#[tokio::test]
async fn whom_to_trust() {
    let aud = || JsonEdit::set("aud", json!(["{client_id}", "https://api.example/"]));
    let trusting =
        |edits: Vec<JsonEdit>| lying(Lie::claims(edits)).config(json!({"trusted_audiences": ["https://api.example/"]}));
    let ours = trusting(vec![aud(), JsonEdit::set("azp", "{client_id}")]);
    assert_eq!(verdicts(&ours, "aud-trusted-refused").await, pair("ok", "claim_aud"));
    assert_eq!(verdicts(&trusting(vec![aud()]), "azp-missing-ok").await, pair("claim_azp", "ok"));
    let later = lying(Lie::claims([JsonEdit::set("azp", "{client_id}")]).only(When::AfterFirst)).then(&["refresh"]);
    assert_eq!(verdicts(&later, "refresh-azp-ignored").await, pair("claim_azp", "ok"));
}

#[tokio::test]
async fn names_that_stand_twice() {
    let subject = async |switch| {
        let twice = lying(Lie::claims([JsonEdit::duplicate("sub", "auth0|mallory")]));
        twice.with(switch).run().await.result["sub"].clone()
    };
    assert_eq!(subject("claims-duplicates-ok").await, "auth0|mallory");
    assert_ne!(subject("claims-duplicates-first").await, "auth0|mallory");
    assert_ne!(subject("claims-duplicates-split").await, "auth0|mallory");
}

#[tokio::test]
async fn key_sets() {
    let beside = |key: Value| lying(Lie::keys([KeyEdit::Before(ExtraKey::new(TestKey::Json(key)))]));
    let curve = beside(json!({"kty": "EC", "crv": "P-1024", "kid": "q", "x": "AA", "y": "AA"}));
    let member = lying(Lie::json(Endpoint::Jwks, [JsonEdit::set("x", 1)]));
    for (login, switch) in [
        (curve, "jwks-curve-fatal"),
        (member, "jwks-set-member-refused"),
        (lying(Lie::keys([KeyEdit::Twice])), "jwks-kid-twice-fatal"),
    ] {
        assert_eq!(verdicts(&login, switch).await, pair("ok", "key"), "{switch}");
    }
}

#[tokio::test]
async fn secrets_that_everybody_knows() {
    let auth = ClientAuth::Post("a secret of at least thirty-two octets, as it should be".into());
    let client = Client { id: "long".into(), auth, ..Client::web_post() };
    let by = |key, more: Vec<Lie>| {
        let lies = [vec![Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, key))], more].concat();
        let setup = Setup { clients: vec![client.clone()], ..Setup::lying(Lie::Together(lies)) };
        Login { client: client.clone(), ..Login::new(setup) }.config(json!({"id_token_algs": ["RS256", "HS256"]}))
    };
    let published = Lie::keys([KeyEdit::Before(ExtraKey::new(TestKey::Symmetric))]);
    for (login, switch) in [
        (by(HmacKey::Pem, Vec::new()), "hs256-with-public-key"),
        (by(HmacKey::Published, vec![published]), "oct-key-used"),
    ] {
        assert_eq!(verdicts(&login, switch).await, pair("signature", "ok"), "{switch}");
        let honest = by(HmacKey::ClientSecret, Vec::new());
        assert_eq!(verdicts(&honest, switch).await, pair("ok", "ok"), "{switch}");
    }
}

#[tokio::test]
async fn certificates_that_the_token_brings_or_names() {
    for (header, switch, visits) in [
        (JsonEdit::set_text("x5c", "{foreign_x5c}"), "x5c-used", 0),
        (JsonEdit::set("x5u", "{attacker}/x5u.pem"), "x5u-followed", 1),
    ] {
        let brought = lying(Lie::id_token([IdTokenEdit::Sign(Signing::Foreign), IdTokenEdit::Header(header)]));
        let (off, on) = (brought.run().await, brought.with(switch).run().await);
        assert_eq!((off.verdict().as_str(), off.wire.attacker_requests().len()), ("signature", 0), "{switch}");
        assert_eq!((on.verdict().as_str(), on.wire.attacker_requests().len()), ("ok", visits), "{switch}");
    }
}

#[tokio::test]
async fn a_compressed_token_is_not_unpacked() {
    // {"alg":"dir","enc":"A128GCM","zip":"DEF"}
    let packed = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIiwiemlwIjoiREVGIn0..AAAA.AAAA.AAAA";
    let login = lying(Lie::text(TextEdit::Whole(packed.into())));
    assert_eq!(verdicts(&login, "jwe-unpacked").await, pair("jwt_malformed", "crash"));
    let plain = lying(Lie::text(TextEdit::Encrypted));
    assert_eq!(verdicts(&plain, "jwe-unpacked").await, pair("jwt_malformed", "jwt_malformed"));
}

#[tokio::test]
async fn what_was_to_be_asked_for() {
    let login = Login::new(Setup::witness()).config(json!({"max_age": 60, "acr_values": "gold"}));
    for (name, value, switch) in [("max_age", "60", "max-age-missing"), ("acr_values", "gold", "acr-values-missing")] {
        let sent = async |login: Login| {
            let seen = login.run().await;
            seen.wire.authorization_requests()[0].query(name).map(str::to_owned)
        };
        assert_eq!(sent(login.clone()).await.as_deref(), Some(value), "{name}");
        assert_eq!(sent(login.clone().with(switch)).await, None, "{switch}");
    }
}

#[tokio::test]
async fn errors_of_openid_connect() {
    for (error, reported) in
        [("login_required", "server_error"), ("consent_required", "server_error"), ("access_denied", "access_denied")]
    {
        let login = lying(Lie::refusal(error));
        assert_eq!(login.run().await.result["code"], error);
        assert_eq!(login.with("error-openid-unknown").run().await.result["code"], reported, "{error}");
    }
}
