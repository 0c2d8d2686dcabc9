//! No secret in any text, wherever a server puts it.

use proptest::prelude::*;
use serde_json::json;

use crate::desk::*;

const SENTINEL: &str = "Sentinel0Sentinel1Sentinel2";

fn assert_silent(text: &str) {
    assert!(!text.contains("Sentinel"), "{text}");
    assert!(!text.contains("83, 101, 110, 116, 105, 110, 101, 108"), "{text}");
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn what_a_login_is_made_of_does_not_show_it() {
    use proofkey::token::{ClientAuthentication, ClientSecret};
    let desk = Desk::open();
    let secret = ClientSecret::new(SENTINEL.repeat(2)).unwrap();
    let login = desk.login().with_id_token_hmac(proofkey::jwt::MacAlgorithm::Hs256, &secret).unwrap();
    let login = login.with_client_authentication(ClientAuthentication::post(secret));
    *desk.members.lock().unwrap() =
        json!({"access_token": SENTINEL, "refresh_token": SENTINEL, SENTINEL: SENTINEL, "expires_in": 5});
    assert_silent(&format!("{login:?} {:?}", login.request().login_hint("a")));
    // The code, the subject and the e-mail address of this desk hold the sentinel, too.
    desk.edit_claims(|claims| claims["sub"] = json!("Sentinel0sub"));
    let mut finish = login.finish_steps(desk.grant(&login, login.request())).unwrap();
    assert_silent(&format!("{finish:?} {finish:#?}"));
    assert!(format!("{finish:?}").contains("state: Ready(Prepared(..))"), "{finish:?}");
    let mut identity = run(desk.drive(&mut finish, &desk.http())).unwrap();
    assert_silent(&format!("{identity:?} {identity:#?} {finish:?}"));
    *desk.claims.lock().unwrap() = None;
    run(login.refresh(&desk.http(), &mut identity)).unwrap();
    assert_silent(&format!("{identity:?} {:?}", identity.tokens()));
    assert!(identity.subject().contains("Sentinel") && identity.tokens().access_token().unwrap().expose() == SENTINEL);
}

/// A document with the sentinel where it is likely to be repeated.
fn document() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        3 => Just(json!(SENTINEL)),
        1 => Just(json!("Bearer")),
        1 => Just(json!([SENTINEL])),
        1 => Just(json!({ SENTINEL: SENTINEL })),
        1 => Just(json!(format!("{SENTINEL}.{SENTINEL}.{SENTINEL}"))),
        1 => any::<i64>().prop_map(|number| json!(number)),
    ];
    let name = prop::sample::select(vec![
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "scope",
        "id_token",
        "error",
        "error_description",
        "error_uri",
        "keys",
        "sub",
        "issuer",
        "authorization_endpoint",
        SENTINEL,
    ]);
    prop_oneof![
        5 => prop::collection::vec((name, value), 0..7).prop_map(|members| {
            json!(members.into_iter().collect::<std::collections::HashMap<_, _>>()).to_string()
        }),
        1 => Just(format!("<html>{SENTINEL}")),
        1 => Just(format!("{{\"{SENTINEL}\":\"{SENTINEL}\",\"{SENTINEL}\":1}}")),
        1 => Just(format!("\"{SENTINEL}\"")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_error_shows_what_a_server_repeated(
        path in prop::sample::select(vec![
            "/token", "/token", "/jwks", "/userinfo", "/revoke", "/.well-known/openid-configuration",
        ]),
        status in prop::sample::select(vec![200_u16, 200, 200, 400, 401, 302, 403, 500, 503]),
        body in document(),
    ) {
        let desk = Desk::open();
        let login = desk.login();
        desk.answer(path, Answer::Reply(status, body.clone()));
        desk.answer(path, Answer::Reply(status, body));
        let http = desk.http();
        run(async {
            let mut errors = Vec::new();
            errors.extend(proofkey::discover(&http, ISSUER).await.err());
            let grant = desk.grant(&login, login.request());
            match login.finish(&http, grant).await {
                Err(error) => errors.push(error),
                Ok(mut identity) => {
                    assert_silent(&format!("{identity:?}"));
                    errors.extend(login.userinfo(&http, &identity).await.err());
                    errors.extend(login.revoke(&http, identity.tokens().access_token().unwrap()).await.err());
                    errors.extend(login.refresh(&http, &mut identity).await.err());
                }
            }
            // An issuer is no secret: it has to be compared, and is shown.
            for error in errors.iter().filter(|error| error.code() != "discovery_issuer_mismatch") {
                assert_silent(&texts(error));
            }
        });
    }

    #[test]
    fn no_error_shows_what_a_token_claims_about_the_user_or_the_login(
        name in prop::sample::select(vec!["sub", "nonce", "at_hash", "exp", "acr", "auth_time"]),
        list in any::<bool>(),
    ) {
        let desk = Desk::open();
        let login = desk.login().with_required_acr(["urn:mfa"]);
        desk.edit_claims(|claims| claims[name] = if list { json!([SENTINEL, 1]) } else { json!(SENTINEL) });
        let grant = desk.grant(&login, login.request().max_age(60));
        if let Err(error) = run(login.finish(&desk.http(), grant)) {
            assert_silent(&texts(&error));
        }
    }
}
