//! Each lie says what it should: metadata, callback, answers, keys. (ID tokens: `token_lies`.)

use proofkey_authority::lie::{CodeLie, ExtraKey, JsonEdit, KeyEdit, ParamEdit, ResponseEdit, TestKey, When};
use proofkey_authority::{Algorithm, Authority, Browser, Client, Endpoint, Landing, Lie, Setup};
use serde_json::{Value, json};

use crate::http::{Response, first, get, pairs, post};
use crate::jwt;
use crate::login::{
    CHALLENGE, REDIRECT_URI, VERIFIER, authorization_url, authorize, code, exchange, log_in, refresh, userinfo,
};

async fn lying(lie: Lie) -> Authority {
    Authority::start(Setup::lying(lie)).await
}

fn metadata(authority: &Authority) -> Response {
    get(&format!("{}/.well-known/openid-configuration", authority.base()))
}

#[tokio::test]
async fn json_edits_do_what_they_say() {
    let value = |edits: Vec<JsonEdit>| async move {
        let authority = lying(Lie::metadata(edits)).await;
        let issuer = authority.issuer().to_owned();
        (metadata(&authority).text(), issuer)
    };
    let (text, issuer) = value(vec![JsonEdit::set("issuer", "{issuer|chop}")]).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["issuer"], issuer[..issuer.len() - 1]);
    let (text, issuer) = value(vec![JsonEdit::set("x", json!({"a": ["{issuer}", 1, "{unknown}"]}))]).await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["x"], json!({"a": [issuer, 1, "{unknown}"]}));
    let (text, _) = value(vec![JsonEdit::remove("token_endpoint")]).await;
    assert!(!text.contains("token_endpoint\""), "{text}");
    let (text, _) = value(vec![JsonEdit::Rename("issuer".into(), "Issuer".into())]).await;
    assert!(text.contains("\"Issuer\":") && !text.contains("\"issuer\":"));
    let (text, issuer) = value(vec![JsonEdit::duplicate("issuer", "second")]).await;
    let (at_first, at_second) = (text.find(&format!("\"issuer\":\"{issuer}\"")), text.find("\"issuer\":\"second\""));
    assert!(at_first.unwrap() < at_second.unwrap(), "{text}");
    let (text, issuer) = value(vec![JsonEdit::duplicate_first("issuer", "first")]).await;
    let (at_first, at_second) = (text.find("\"issuer\":\"first\""), text.find(&format!("\"issuer\":\"{issuer}\"")));
    assert!(at_first.unwrap() < at_second.unwrap(), "{text}");
    let (text, _) = value(vec![JsonEdit::set_text("x", "1e400"), JsonEdit::set_text("y", "NaN")]).await;
    assert!(text.contains("\"x\":1e400") && text.contains("\"y\":NaN"), "{text}");
    let (text, _) = value(vec![JsonEdit::SetDeep("x".into(), 3), JsonEdit::SetLong("y".into(), 5)]).await;
    assert!(text.contains("\"x\":[[[]]]") && text.contains("\"y\":\"aaaaa\""), "{text}");
    let many = JsonEdit::SetMany { name: "x".into(), value: "a".into(), times: 3, last: "b".into() };
    let (text, _) = value(vec![many]).await;
    assert!(text.contains(r#""x":["a","a","a","b"]"#), "{text}");
    let (text, issuer) = value(vec![JsonEdit::Text("[\"{issuer}\"]".into())]).await;
    assert_eq!(text, format!("[\"{issuer}\"]"));
    let (text, _) = value(vec![JsonEdit::Prefix(b"\xef\xbb\xbf".to_vec()), JsonEdit::Suffix(b"}".to_vec())]).await;
    assert!(text.starts_with("\u{feff}{") && text.ends_with("}}"));
}

#[tokio::test]
async fn times_are_told_by_the_clock() {
    let edits = [
        JsonEdit::set_time("a", -5),
        JsonEdit::SetTimeFraction("b".into(), 0.5),
        JsonEdit::SetTimeString("c".into(), 5),
        JsonEdit::set("d", "{now}"),
    ];
    let authority = lying(Lie::metadata(edits)).await;
    authority.clock().advance(1_000_000);
    let before = authority.clock().unix();
    let document = metadata(&authority).json();
    let after = authority.clock().unix();
    let between = |number: i64| (before..=after).contains(&number);
    assert!(between(document["a"].as_i64().unwrap() + 5));
    let fraction = document["b"].as_f64().unwrap() - 0.5;
    assert!(fraction.fract() == 0.0 && between(fraction as i64), "{fraction}");
    assert!(between(document["c"].as_str().unwrap().parse::<i64>().unwrap() - 5));
    assert!(between(document["d"].as_str().unwrap().parse().unwrap()));
}

#[tokio::test]
async fn placeholders_speak_of_the_login_that_is_answered() {
    let names = [
        "issuer",
        "base",
        "client_id",
        "redirect_uri",
        "redirect_origin",
        "redirect_path",
        "state",
        "nonce",
        "scope",
        "challenge",
        "code",
        "sub",
        "access_token",
        "kid",
    ];
    let edits = names.map(|name| JsonEdit::set(&format!("x_{name}"), format!("{{{name}}}")));
    let authority = lying(Lie::token_response(edits)).await;
    let code = code(&authority, &[]);
    authorize(&authority, &[("state", Some("another"))]);
    let tokens = exchange(&authority, &code, &[]).json();
    for (name, expected) in [
        ("issuer", authority.issuer()),
        ("base", authority.base()),
        ("client_id", &Client::native().id),
        ("redirect_uri", REDIRECT_URI),
        ("redirect_origin", "http://127.0.0.1:50123"),
        ("redirect_path", "/callback"),
        ("state", "the-state/+ of this"),
        ("nonce", "the-nonce"),
        ("challenge", CHALLENGE),
        ("code", &code),
        ("kid", "123"),
    ] {
        assert_eq!(tokens[format!("x_{name}")], expected, "{name}");
    }
    let authority = lying(Lie::userinfo([JsonEdit::set("x", "{sub} {access_token}")])).await;
    let token = log_in(&authority).json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(userinfo(&authority, &token).json()["x"], format!("auth0|john {token}"));
}

#[tokio::test]
async fn filters_bend_a_value() {
    for (filter, expected) in [
        ("upper", "AB-CD"),
        ("lower", "ab-cd"),
        ("swapcase", "aB-Cd"),
        ("chop", "Ab-c"),
        ("half", "Ab"),
        ("reverse", "Dc-bA"),
        ("bend", "Ab-cA"),
    ] {
        let authority = lying(Lie::callback([ParamEdit::set("x", &format!("{{state|{filter}}}"))])).await;
        let callback = authorize(&authority, &[("state", Some("Ab-cD"))]).location_pairs();
        assert_eq!(first(&callback, "x"), Some(expected), "{filter}");
    }
    let authority = lying(Lie::callback([ParamEdit::set("x", "{state|nonsense}")])).await;
    assert_eq!(first(&authorize(&authority, &[]).location_pairs(), "x"), Some("{state|nonsense}"));
}

#[tokio::test]
async fn callback_edits_do_what_they_say() {
    let location = |edits: Vec<ParamEdit>| async move {
        let authority = lying(Lie::callback(edits)).await;
        let location = authorize(&authority, &[("state", Some("S"))]).header("location").unwrap().to_owned();
        location.strip_prefix(REDIRECT_URI).unwrap().to_owned()
    };
    let query = location(vec![ParamEdit::set("state", "a b&c")]).await;
    assert!(query.contains("state=a+b%26c"), "{query}");
    let query = location(vec![ParamEdit::remove("state")]).await;
    assert!(!query.contains("state="), "{query}");
    let query = location(vec![ParamEdit::append("state", "T")]).await;
    assert!(query.contains("state=S&") && query.ends_with("&state=T"), "{query}");
    let query = location(vec![ParamEdit::prepend("code", "x")]).await;
    assert!(query.starts_with("?code=x&code="), "{query}");
    let query = location(vec![ParamEdit::Rename("code".into(), "Code".into())]).await;
    assert!(query.starts_with("?Code="), "{query}");
    let query = location(vec![ParamEdit::SetEncoded("state".into(), "%zz".into())]).await;
    assert!(query.contains("state=%zz"), "{query}");
    let query = location(vec![ParamEdit::SetLong("state".into(), 9)]).await;
    assert!(query.contains("state=aaaaaaaaa&"), "{query}");
    assert_eq!(location(vec![ParamEdit::Text("a=%ff&{state}".into())]).await, "?a=%ff&S");
    let query = location(vec![ParamEdit::Suffix("&&=&".into())]).await;
    assert!(query.ends_with("&&=&"), "{query}");
    let query = location(vec![ParamEdit::remove("code"), ParamEdit::set("error", "x")]).await;
    assert!(query.contains("error=x") && !query.contains("code="), "{query}");
}

#[tokio::test]
async fn a_refusal_has_an_error_in_place_of_the_code() {
    let authority = lying(Lie::refusal("access_denied")).await;
    let callback = authorize(&authority, &[]).location_pairs();
    assert_eq!((first(&callback, "error"), first(&callback, "code")), (Some("access_denied"), None));
}

#[tokio::test]
async fn the_other_login_is_the_one_before() {
    let edits = ["state", "nonce", "code", "challenge"]
        .map(|name| ParamEdit::set(&format!("x_{name}"), &format!("{{other_{name}}}")));
    let authority = lying(Lie::callback(edits)).await;
    let alone = authorize(&authority, &[]).location_pairs();
    assert_eq!(first(&alone, "x_state").map(str::len), Some(43), "made up");
    let (state, code) = ("the-state/+ of this", first(&alone, "code").unwrap());
    let second = authorize(&authority, &[("state", Some("second")), ("nonce", Some("second"))]).location_pairs();
    assert_eq!(first(&second, "x_state"), Some(state));
    assert_eq!(first(&second, "x_nonce"), Some("the-nonce"));
    assert_eq!(first(&second, "x_code"), Some(code));
    assert_eq!(first(&second, "x_challenge"), Some(CHALLENGE));
}

#[tokio::test]
async fn the_callback_may_go_astray() {
    for (lie, start) in [
        (Lie::CallbackAddress("{redirect_uri}/x".into()), format!("{REDIRECT_URI}/x?code=")),
        (Lie::CallbackAddress("http://127.0.0.1:1{redirect_path}".into()), "http://127.0.0.1:1/callback?code=".into()),
        (Lie::CallbackAddress("{redirect_origin}/other?a=b".into()), "http://127.0.0.1:50123/other?a=b&code=".into()),
        (Lie::CallbackInFragment, format!("{REDIRECT_URI}#code=")),
    ] {
        let authority = lying(lie).await;
        let location = authorize(&authority, &[]).header("location").unwrap().to_owned();
        assert!(location.starts_with(&start), "{location}");
    }
}

#[tokio::test]
async fn a_form_post_tells_the_callbacks_lie_too() {
    let authority = lying(Lie::callback([ParamEdit::append("state", "again")])).await;
    let url = authorization_url(&authority, &[("response_mode", Some("form_post"))]);
    let landing = Browser::new(authority.wire()).open(&url).await.unwrap();
    let Landing::FormPost { body, .. } = landing else { panic!("a form, not {landing:?}") };
    assert_eq!(pairs(&body).iter().filter(|(name, _)| name == "state").count(), 2);
}

#[tokio::test]
async fn a_code_may_look_odd_and_be_good() {
    for (text, expected) in [("a".to_owned(), "a"), ("+/%=&\u{e9} ".to_owned(), "+/%=&\u{e9} "), ("c".repeat(4096), "")]
    {
        let authority = lying(Lie::Code(CodeLie::Text(text.clone()))).await;
        let code = code(&authority, &[]);
        assert_eq!(code, if expected.is_empty() { &text } else { expected });
        assert_eq!(exchange(&authority, &code, &[]).status, 200);
        // The next login's code reads the same, and is another one.
        let again = self::code(&authority, &[]);
        assert_eq!(exchange(&authority, &again, &[]).status, 200);
        assert!(authority.wire().faults().is_empty());
    }
}

#[tokio::test]
async fn a_code_of_another_person_is_redeemed_as_theirs() {
    let authority = lying(Lie::Code(CodeLie::User("auth0|mallory".into()))).await;
    let tokens = log_in(&authority).json();
    assert_eq!(jwt::claims(tokens["id_token"].as_str().unwrap())["sub"], "auth0|mallory");
}

#[tokio::test]
async fn whole_answers_may_be_lies_at_every_endpoint() {
    let login_first =
        |authority: &Authority| log_in(authority).json()["access_token"].as_str().unwrap_or("").to_owned();
    for at in [Endpoint::Metadata, Endpoint::Token, Endpoint::Jwks, Endpoint::UserInfo, Endpoint::Revocation] {
        let authority = lying(Lie::answer(at, 503, "text/html", "<h1>{issuer}</h1>")).await;
        let endpoints = authority.endpoints();
        let answer = match at {
            Endpoint::Metadata => metadata(&authority),
            Endpoint::Token => log_in(&authority),
            Endpoint::Jwks => get(&endpoints.jwks),
            Endpoint::UserInfo => userinfo(&authority, &login_first(&authority)),
            _ => post(&endpoints.revocation, &[], &[("client_id", &Client::native().id), ("token", "x")]),
        };
        assert_eq!((answer.status, answer.header("content-type")), (503, Some("text/html")), "{at:?}");
        assert_eq!(answer.text(), format!("<h1>{}</h1>", authority.issuer()));
        let last = authority.wire().at(at).pop().unwrap();
        assert!(last.notes.contains(&"this answer is a lie".to_owned()));
    }
}

#[tokio::test]
async fn answers_are_edited_piece_by_piece() {
    let edits = [
        ResponseEdit::Status(201),
        ResponseEdit::Header("Cache-Control".into(), "public".into()),
        ResponseEdit::AddHeader("x-twice".into(), "1".into()),
        ResponseEdit::AddHeader("x-twice".into(), "2".into()),
        ResponseEdit::RemoveHeader("Pragma".into()),
        ResponseEdit::Json(JsonEdit::set_text("expires_in", "1e400")),
        ResponseEdit::Json(JsonEdit::remove("token_type")),
        ResponseEdit::Blanks(7),
    ];
    let authority = lying(Lie::response(Endpoint::Token, edits)).await;
    let answer = log_in(&authority);
    assert_eq!(answer.status, 201);
    let count = |name: &str| answer.headers.iter().filter(|(key, _)| key == name).count();
    assert_eq!((count("cache-control"), count("x-twice"), count("pragma")), (1, 2, 0));
    assert_eq!(answer.header("cache-control"), Some("public"));
    let text = answer.text();
    assert!(text.contains("\"expires_in\":1e400") && !text.contains("token_type"), "both edits: {text}");
    assert!(text.ends_with("}       "));

    let authority = lying(Lie::response(Endpoint::Token, [ResponseEdit::FormEncoded])).await;
    let answer = log_in(&authority);
    assert_eq!(answer.header("content-type"), Some("application/x-www-form-urlencoded"));
    let fields = pairs(&answer.text());
    assert_eq!(first(&fields, "token_type"), Some("Bearer"));
    assert_eq!(first(&fields, "expires_in"), Some("86400"));

    let authority = lying(Lie::response(Endpoint::Token, [ResponseEdit::Octets(vec![0xff, 0xfe])])).await;
    assert_eq!(log_in(&authority).body, [0xff, 0xfe]);
}

#[tokio::test]
async fn an_oauth_error_may_come_with_any_status() {
    for status in [200, 400, 401, 403, 428] {
        let authority = lying(Lie::error(Endpoint::Token, status, "slow_down")).await;
        let answer = log_in(&authority);
        assert_eq!((answer.status, answer.error().as_deref()), (status, Some("slow_down")));
    }
}

#[tokio::test]
async fn a_lie_may_be_told_once_or_only_later() {
    let lie = Lie::error(Endpoint::Token, 503, "temporarily_unavailable");
    let authority = lying(lie.clone().only(When::First)).await;
    assert_eq!(log_in(&authority).status, 503);
    assert_eq!(log_in(&authority).status, 200);
    let authority = lying(lie.only(When::AfterFirst)).await;
    let tokens = log_in(&authority);
    assert_eq!(tokens.status, 200);
    assert_eq!(refresh(&authority, tokens.json()["refresh_token"].as_str().unwrap(), &[]).status, 503);
}

#[tokio::test]
async fn redirects_lead_to_the_attacker_who_counts_and_answers() {
    for status in [301, 302, 307, 308] {
        let authority = lying(Lie::redirect(Endpoint::Token, status, "{attacker}/token")).await;
        let answer = log_in(&authority);
        assert_eq!(answer.status, status);
        let location = answer.header("location").unwrap();
        assert_eq!(location, format!("{}/token", authority.attacker()));
        assert_ne!(origin(location), origin(authority.base()), "another origin");
        assert_eq!(authority.wire().attacker_requests().len(), 0);
        let code = code(&authority, &[]);
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &Client::native().id),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        let followed = post(location, &[], &form);
        assert_eq!((followed.status, followed.json()["token_type"].as_str()), (200, Some("Bearer")));
        let visit = authority.wire().attacker_requests().remove(0);
        assert_eq!(visit.form("code_verifier"), Some(VERIFIER), "what was given away is in the log");
    }
}

fn origin(url: &str) -> &str {
    url.split('/').nth(2).unwrap()
}

#[tokio::test]
async fn the_attacker_publishes_keys_of_its_own() {
    let authority = Authority::honest().await;
    assert_eq!(authority.attacker(), format!("{}/attacker", authority.base()));
    let keys = get(&format!("{}/jwks", authority.attacker())).json();
    let honest: Value = serde_json::from_str(&authority.jwks_json()).unwrap();
    assert_ne!(keys["keys"][0]["n"], honest["keys"][0]["n"]);
    assert_eq!(keys["keys"][0]["kid"], honest["keys"][0]["kid"]);
    let pem = get(&format!("{}/x5u.pem", authority.attacker()));
    assert!(pem.text().starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert_eq!(get(&format!("{}/anything", authority.attacker())).text(), "{}");
    assert_eq!(authority.wire().attacker_requests().len(), 3);
}

fn keys_of(authority: &Authority) -> Vec<Value> {
    get(&authority.endpoints().jwks).json()["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn key_edits_do_what_they_say() {
    let keys = |edits: Vec<KeyEdit>| async move { keys_of(&lying(Lie::keys(edits)).await) };
    let honest = keys(vec![]).await;
    assert_eq!(honest.len(), 1);
    assert_eq!(keys(vec![KeyEdit::RemoveAll]).await, Vec::<Value>::new());
    let edited =
        keys(vec![KeyEdit::Signing(JsonEdit::remove("alg")), KeyEdit::Signing(JsonEdit::set("use", "enc"))]).await;
    assert_eq!((edited[0].get("alg"), &edited[0]["use"]), (None, &json!("enc")));
    assert_eq!(keys(vec![KeyEdit::Twice]).await, [honest[0].clone(), honest[0].clone()]);
    let extra = keys(vec![
        KeyEdit::Before(ExtraKey::new(TestKey::Encryption)),
        KeyEdit::After(ExtraKey::same_kid(TestKey::Foreign(Algorithm::Es256))),
    ])
    .await;
    assert_eq!((&extra[0]["use"], &extra[0]["alg"]), (&json!("enc"), &json!("RSA-OAEP")));
    assert_eq!(extra[1], honest[0]);
    assert_eq!((&extra[2]["kid"], &extra[2]["crv"]), (&json!("123"), &json!("P-256")));
    let only = keys(vec![KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::Json(json!("garbage"))))]).await;
    assert_eq!(only, [json!("garbage")]);
    let encryption = || ExtraKey::new(TestKey::Encryption);
    let emptied = vec![KeyEdit::Before(encryption()), KeyEdit::After(encryption()), KeyEdit::RemoveAll];
    assert_eq!(keys(emptied).await, Vec::<Value>::new());
    for (key, member, value) in [
        (TestKey::Symmetric, "kty", "oct"),
        (TestKey::SmallRsa, "kid", "small"),
        (TestKey::ExponentOne, "e", "AQ"),
        (TestKey::Secp256k1, "crv", "secp256k1"),
        (TestKey::X25519, "crv", "X25519"),
        (TestKey::SmallOrder, "crv", "Ed25519"),
        (TestKey::Own(Algorithm::Es512), "crv", "P-521"),
    ] {
        let found = keys(vec![KeyEdit::After(ExtraKey::new(key.clone()))]).await;
        assert_eq!(found[1][member], value, "{key:?}");
    }
    let private = keys(vec![KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::Private))]).await;
    assert_eq!(private[0]["n"], honest[0]["n"]);
    assert!(["d", "p", "q", "dp", "dq", "qi"].iter().all(|name| private[0][*name].is_string()));
}

#[tokio::test]
async fn keys_rotate_when_the_first_set_is_an_old_one() {
    let old = [KeyEdit::RemoveAll, KeyEdit::After(ExtraKey::new(TestKey::Foreign(Algorithm::Rs256)))];
    let authority = lying(Lie::keys(old).only(When::First)).await;
    let tokens = log_in(&authority).json();
    let id_token = tokens["id_token"].as_str().unwrap();
    assert!(!jwt::verifies(id_token, &get(&authority.endpoints().jwks).text()));
    assert!(jwt::verifies(id_token, &get(&authority.endpoints().jwks).text()));
}

#[tokio::test]
async fn one_untruth_may_need_several_places() {
    let lie = Lie::Together(vec![
        Lie::metadata([JsonEdit::set("token_endpoint", "{attacker}/token")]),
        Lie::callback([ParamEdit::set("iss", "{issuer|upper}")]),
    ]);
    let authority = lying(lie).await;
    assert_eq!(metadata(&authority).json()["token_endpoint"], format!("{}/token", authority.attacker()));
    let callback = authorize(&authority, &[]).location_pairs();
    assert_eq!(first(&callback, "iss").unwrap(), authority.issuer().to_uppercase());
}

#[test]
fn a_lie_is_data() {
    let lie = Lie::Together(vec![Lie::claims([JsonEdit::set_time("exp", -1)]), Lie::CallbackInFragment]);
    let setup = Setup::lying(lie.clone());
    assert_eq!(setup, Setup::lying(lie));
    let text = serde_json::to_string(&setup).unwrap();
    assert!(text.contains(r#""claim":{"set_time":["exp",-1]}"#), "{text}");
    assert!(serde_json::to_string(&Setup::google("http://a")).is_ok());
}

#[tokio::test]
async fn an_authority_may_name_another_ones_places() {
    let honest = Authority::start(Setup::honest().named("honest")).await;
    let edits = [
        JsonEdit::set("token_endpoint", "{base:honest}/oauth/token"),
        JsonEdit::set("issuer", "{issuer:honest}"),
        JsonEdit::set("x", "{base:nobody}"),
    ];
    let setup = Setup::lying(Lie::metadata(edits)).named("evil");
    let evil = Authority::start_with(setup, honest.wire(), honest.clock()).await;
    let document = metadata(&evil).json();
    assert_eq!(document["token_endpoint"], honest.endpoints().token);
    assert_eq!(document["issuer"], honest.issuer());
    assert_eq!(document["x"], "{base:nobody}");
}
