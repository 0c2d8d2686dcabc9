//! Further switches, each with what makes it visible.

use proofkey_authority::lie::{
    CodeLie, ExtraKey, HmacKey, IdTokenEdit, JsonEdit, KeyEdit, Lie, ParamEdit, ResponseEdit, SignatureEdit, Signing,
    TestKey, TextEdit, TransportFault, When,
};
use proofkey_authority::{Algorithm, Client, ClientAuth, Endpoint, HmacAlgorithm, IssuerShape, Setup};
use serde_json::json;

use crate::drive::{Login, Outcome};
use crate::overlooked::check;

/// The verdict with the switch off, and with it on.
async fn verdicts(login: &Login, switch: &'static str) -> (String, String) {
    (login.run().await.verdict(), login.clone().with(switch).run().await.verdict())
}

fn lying(lie: Lie) -> Login {
    Login::new(Setup::lying(lie))
}

#[tokio::test]
async fn where_the_metadata_is_looked_for() {
    let at = |shape, scope| Login::new(Setup { issuer: shape, ..Setup::witness() }).config(json!({ "scope": scope }));
    let path = || IssuerShape::Path("tenant".into());
    for (login, switch) in [
        (at(path(), "profile"), "discovery-path-appended"),
        (at(path(), "openid"), "discovery-path-inserted"),
        (at(path(), "openid"), "discovery-path-root"),
        (at(IssuerShape::PathSlash("tenant".into()), "openid"), "discovery-path-slash-doubled"),
    ] {
        let asked = |seen: &Outcome| seen.wire.exchanges()[0].path.clone();
        let (off, on) = (login.run().await, login.clone().with(switch).run().await);
        assert_eq!(off.verdict(), "ok", "{switch}");
        assert_ne!(asked(&off), asked(&on), "{switch}");
    }
}

#[tokio::test]
async fn what_metadata_says() {
    let document = |members: &str| Lie::answer(Endpoint::Metadata, 200, "application/json", members);
    let array = "[{\"issuer\":\"{issuer}\",\"authorization_endpoint\":\"{base}/authorize\",\
                 \"token_endpoint\":\"{base}/oauth/token\",\"jwks_uri\":\"{base}/.well-known/jwks.json\"}]";
    check(&Login::new(Setup::witness()), vec![("discovery-array-ok", document(array), "discovery")]).await;

    let client = Client::web();
    let silent = lying(Lie::metadata([JsonEdit::remove("token_endpoint_auth_methods_supported")]))
        .config(json!({"client": {"id": client.id, "secret": client.auth.secret(), "auth": null}}));
    let by_header = |seen: &Outcome| seen.wire.code_requests()[0].header("authorization").is_some();
    assert!(by_header(&silent.run().await));
    assert!(!by_header(&silent.with("auth-method-absent-post").run().await));

    for (name, path, endpoint, switch) in [
        ("authorization_endpoint", "/authorize", Endpoint::Authorization, "authorization-query-dropped"),
        ("token_endpoint", "/oauth/token", Endpoint::Token, "token-query-dropped"),
    ] {
        let login = lying(Lie::metadata([JsonEdit::set(name, format!("{{base}}{path}?tenant=a"))]));
        let kept = |seen: &Outcome| seen.wire.at(endpoint)[0].query("tenant") == Some("a");
        assert!(kept(&login.run().await), "{name}");
        assert!(!kept(&login.with(switch).run().await), "{switch}");
    }
}

#[tokio::test]
async fn how_requests_are_written() {
    let fragment = Login::new(Setup::witness()).config(json!({"redirect_uri": "http://localhost:8091/callback#a"}));
    let relative = Login::new(Setup::witness()).config(json!({"redirect_uri": "/callback"}));
    for (login, switch) in [(fragment, "redirect-fragment-ok"), (relative, "redirect-relative-ok")] {
        let (off, on) = (login.run().await, login.with(switch).run().await);
        assert_eq!((off.verdict().as_str(), off.tries, on.tries), ("config", 0, 1), "{switch}");
    }
    let login = Login::new(Setup::witness());
    let raw = login.clone().with("parameters-unescaped").run().await;
    assert!(raw.wire.authorization_requests()[0].url.contains("redirect_uri=http://"));
    let mut odd = 0;
    for _ in 0..20 {
        let seen = login.clone().with("challenge-standard-alphabet").run().await;
        let challenge = seen.wire.authorization_requests()[0].query("code_challenge").unwrap().to_owned();
        odd += usize::from(challenge.contains(['+', '/']));
    }
    assert!(odd > 0);
    let hashed = login.with("nonce-is-hash-of-state").run().await;
    let request = &hashed.wire.authorization_requests()[0];
    assert_ne!(request.query("nonce"), request.query("state"));

    let code = lying(Lie::Code(CodeLie::Text("a+b&c%2f{code}".into())));
    let (off, on) = (code.run().await, code.with("token-unescaped").run().await);
    let whole = |seen: &Outcome| seen.wire.code_requests()[0].form("code").unwrap().starts_with("a+b&c%2f");
    assert!(whole(&off) && !whole(&on));
}

#[tokio::test]
async fn callbacks() {
    let twice = Lie::callback([
        ParamEdit::remove("code"),
        ParamEdit::set("error", "access_denied"),
        ParamEdit::Append("error".into(), "server_error".into()),
    ]);
    let (off, on) = verdicts(&lying(twice), "first-of-duplicate-error").await;
    assert_eq!((off.as_str(), on.as_str()), ("callback_malformed", "as_error"));
    let (off, on) = verdicts(&Login::new(Setup::witness()), "iss-not-decoded").await;
    assert_eq!((off.as_str(), on.as_str()), ("ok", "iss"));
    for (lie, switch) in [
        (Lie::callback([ParamEdit::set("code", "")]), "code-empty-ok"),
        (Lie::callback([ParamEdit::remove("code")]), "code-missing-ok"),
    ] {
        let (off, on) = (lying(lie.clone()).run().await, lying(lie).with(switch).run().await);
        assert_eq!((off.verdict().as_str(), off.wire.token_requests().len()), ("callback_malformed", 0), "{switch}");
        assert_eq!(on.wire.token_requests().len(), 1, "{switch}");
    }
    let foreign = lying(Lie::callback([
        ParamEdit::remove("code"),
        ParamEdit::set("error", "access_denied"),
        ParamEdit::set("iss", "https://other.example/"),
    ]));
    assert_eq!(verdicts(&foreign, "iss-not-checked-on-error").await, ("iss".into(), "as_error".into()));
    let stateless = lying(Lie::callback([
        ParamEdit::remove("code"),
        ParamEdit::set("error", "access_denied"),
        ParamEdit::set("state", "wrong"),
    ]));
    assert_eq!(verdicts(&stateless, "error-before-state").await, ("state".into(), "as_error".into()));
    let long = lying(Lie::Code(CodeLie::Text(format!("{{code}}{}", "a".repeat(4096)))));
    assert!(long.run().await.wire.code_requests()[0].form("code").unwrap().len() > 4096);
    let cut = long.with("code-truncated").run().await;
    assert_eq!(cut.wire.code_requests()[0].form("code").unwrap().len(), 512);
}

#[tokio::test]
async fn token_responses() {
    let unauthorised = lying(Lie::error(Endpoint::Token, 401, "invalid_client"));
    assert_eq!(unauthorised.run().await.result["code"], "invalid_client");
    assert!(unauthorised.with("token-401-unread").run().await.result["code"].is_null());
    let huge = lying(Lie::token_response([JsonEdit::set("expires_in", 1_000_000_000_000_u64)]));
    assert_eq!(huge.run().await.result["expires_in"], 1_000_000_000_000_u64);
    assert!(huge.with("expires-in-huge-never").run().await.result["expires_in"].is_null());
    for granted in ["profile", ""] {
        let narrow = lying(Lie::token_response([JsonEdit::set("scope", granted)]));
        assert_eq!(narrow.run().await.result["scope"], granted);
        assert!(narrow.with("scope-requested-kept").run().await.result["scope"].as_str().unwrap().contains("email"));
    }
    // A limit that is not there shows as silence: the first answer never comes.
    let silence = lying(Lie::Transport { at: Endpoint::Token, fault: TransportFault::Silence });
    assert_eq!(silence.run().await.verdict(), "timeout");
    let silence = silence.with("no-timeout");
    let waiting = silence.run();
    let patience = std::time::Duration::from_millis(crate::drive::DEADLINE_MS);
    assert!(tokio::time::timeout(patience, waiting).await.is_err());
}

#[tokio::test]
async fn the_shape_of_a_token() {
    let claims = "[{\"iss\":\"{issuer}\",\"sub\":\"{sub}\",\"aud\":\"{client_id}\",\"exp\":9999999999,\
                  \"iat\":{now},\"nonce\":\"{nonce}\"}]";
    check(
        &Login::new(Setup::witness()),
        vec![
            ("jwt-alphabet-ok", Lie::text(TextEdit::StandardAlphabet(2)), "jwt_malformed"),
            (
                "header-array-ok",
                Lie::header([JsonEdit::Text("[{\"alg\":\"RS256\",\"kid\":\"{kid}\"}]".into())]),
                "jwt_malformed",
            ),
            ("claims-not-object-ok", Lie::claims([JsonEdit::Text(claims.into())]), "jwt_malformed"),
        ],
    )
    .await;
}

#[tokio::test]
async fn secrets_as_keys() {
    let long = Client {
        id: "long".into(),
        auth: ClientAuth::Post("a secret of at least thirty-two octets, as it should be".into()),
        redirect_uris: Client::native().redirect_uris,
    };
    let signed = Lie::signing(Signing::Hmac(HmacAlgorithm::Hs256, HmacKey::ClientSecret));
    let agreed = json!({"id_token_algs": ["HS256"]});
    let setup = Setup { clients: vec![long.clone(), Client::web_post()], ..Setup::lying(signed) };
    let login = Login { client: long, ..Login::new(setup.clone()) };
    assert_eq!(login.config(agreed.clone()).run().await.verdict(), "ok");
    let short = Login { client: Client::web_post(), ..Login::new(setup) }.config(agreed);
    assert_eq!(verdicts(&short, "hmac-short-ok").await, ("key".into(), "ok".into()));
}

#[tokio::test]
async fn which_key() {
    let no_kid = || IdTokenEdit::Header(JsonEdit::remove("kid"));
    let stranger = || Lie::keys([KeyEdit::Before(ExtraKey::new(TestKey::Foreign(Algorithm::Rs256)))]);
    let first = lying(Lie::Together(vec![stranger(), Lie::id_token([no_kid()])]));
    assert_eq!(verdicts(&first, "kid-absent-first-only").await, ("ok".into(), "signature".into()));
    let spoiled = [no_kid(), IdTokenEdit::Signature(SignatureEdit::FlipBit(0))];
    let spoiled = lying(Lie::Together(vec![stranger(), Lie::id_token(spoiled)]));
    assert_eq!(verdicts(&spoiled, "kid-absent-unchecked").await, ("signature".into(), "ok".into()));

    let with = |key| lying(Lie::keys([KeyEdit::Before(key)]));
    let twins = with(ExtraKey::same_kid(TestKey::Encryption));
    assert_eq!(verdicts(&twins, "kid-duplicate-first-only").await, ("ok".into(), "key".into()));
    let odd = with(ExtraKey::new(TestKey::Json(json!({"kty": "unheard-of", "kid": "x"}))));
    assert_eq!(verdicts(&odd, "jwks-entry-fatal").await, ("ok".into(), "key".into()));
    let private = with(ExtraKey::new(TestKey::Private));
    assert_eq!(verdicts(&private, "key-private-refused").await, ("ok".into(), "key".into()));
    let only_private = lying(Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::Private))]));
    assert_eq!(verdicts(&only_private, "key-private-used").await, ("key".into(), "ok".into()));

    let es = Setup { signing: Algorithm::Es256, ..Setup::witness() };
    let posing = Lie::Together(vec![
        Lie::keys([KeyEdit::Signing(JsonEdit::remove("alg"))]),
        Lie::header([JsonEdit::set("alg", "RS256")]),
    ]);
    check(&Login::new(es), vec![("key-kty-ignored", posing, "key")]).await;

    let ed = Setup { signing: Algorithm::EdDsa, ..Setup::witness() };
    let x25519 = Lie::keys([KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::same_kid(TestKey::X25519))]);
    let agreed = Login::new(ed).config(json!({"id_token_algs": ["EdDSA"]}));
    check(&agreed, vec![("okp-curve-ignored", x25519, "key")]).await;

    for (name, switch) in [("jku", "jku-followed"), ("x5u", "x5u-followed")] {
        let pointing = lying(Lie::id_token([
            IdTokenEdit::Sign(Signing::Foreign),
            IdTokenEdit::Header(JsonEdit::set(name, "{attacker}/jwks.json")),
        ]));
        let (off, on) = (pointing.run().await, pointing.with(switch).run().await);
        assert_eq!((off.verdict().as_str(), off.wire.attacker_requests().len()), ("signature", 0), "{name}");
        assert_eq!(on.wire.attacker_requests().len(), 1, "{name}");
        assert_eq!(on.verdict() == "ok", name == "jku", "{name}");
    }
}

#[tokio::test]
async fn claims() {
    let now = 1_800_000_000_u64;
    let edge = lying(Lie::claims([JsonEdit::set("exp", now), JsonEdit::set("iat", now - 60)]));
    let edge = edge.config(json!({ "now": now }));
    assert_eq!(verdicts(&edge, "exp-equal-ok").await, ("claim_exp".into(), "ok".into()));
    assert_eq!(verdicts(&Login::new(Setup::witness()), "at-hash-whole").await, ("ok".into(), "at_hash".into()));
    let early = lying(Lie::claims([JsonEdit::set("nonce", "other")]));
    assert!(early.run().await.wire.userinfo_requests().is_empty());
    assert_eq!(early.with("userinfo-before-id-token").run().await.wire.userinfo_requests().len(), 1);
}

#[tokio::test]
async fn after_the_login() {
    for (endpoint, step, switch) in [
        (Endpoint::UserInfo, "userinfo", "userinfo-redirect-followed"),
        (Endpoint::Revocation, "revoke", "revoke-redirect-followed"),
    ] {
        let login = lying(Lie::redirect(endpoint, 307, "{attacker}")).then(&[step]);
        let (off, on) = (login.run().await, login.with(switch).run().await);
        assert_eq!((off.verdict().as_str(), off.wire.attacker_requests().len()), ("redirect", 0), "{switch}");
        assert_eq!(on.wire.attacker_requests().len(), 1, "{switch}");
    }
    let refused = lying(Lie::error(Endpoint::UserInfo, 401, "invalid_token")).then(&["userinfo"]);
    assert_eq!(refused.run().await.wire.userinfo_requests().len(), 1);
    assert_eq!(refused.with("userinfo-retry-loop").run().await.wire.userinfo_requests().len(), 6);

    let once = lying(Lie::token_response([JsonEdit::remove("refresh_token")]).only(When::AfterFirst));
    let twice = once.then(&["refresh", "refresh"]);
    assert_eq!(verdicts(&twice, "refresh-old-dropped").await, ("ok".into(), "config".into()));
    let silent = lying(Lie::claims([JsonEdit::remove("nonce")]).only(When::AfterFirst)).then(&["refresh"]);
    assert_eq!(verdicts(&silent, "refresh-nonce-required").await, ("ok".into(), "claim_nonce".into()));
    let moved = lying(Lie::claims([JsonEdit::set_time("auth_time", -500)]).only(When::AfterFirst)).then(&["refresh"]);
    let moved = moved.config(json!({"max_age": 3600}));
    assert_eq!(verdicts(&moved, "refresh-auth-time-ignored").await, ("claim_auth_time".into(), "ok".into()));
    let blank = [ResponseEdit::Status(200), ResponseEdit::Text("done".into())];
    let revoked = lying(Lie::response(Endpoint::Revocation, blank)).then(&["revoke"]);
    assert_eq!(verdicts(&revoked, "revoke-body-required").await, ("ok".into(), "token_malformed".into()));
}
