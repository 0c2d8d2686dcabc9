//! An honest login, step by step, at a strict server.

use proofkey_authority::{
    Algorithm, Authority, Browser, Client, Clock, Endpoint, Enforcement, IssuerShape, Landing, Setup, Wire,
};
use serde_json::json;

use crate::http::{first, get, pairs, post, request};
use crate::jwt;
use crate::login::{
    CHALLENGE, REDIRECT_URI, SCOPE, authorization_url, authorize, basic, code, exchange, exchange_by, log_in, refresh,
    userinfo,
};

#[tokio::test]
async fn a_login_goes_through() {
    let authority = Authority::honest().await;
    let answer = authorize(&authority, &[]);
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(&format!("{REDIRECT_URI}?")), "{location}");
    let callback = answer.location_pairs();
    assert_eq!(first(&callback, "state"), Some("the-state/+ of this"));
    assert_eq!(first(&callback, "iss"), Some(authority.issuer()));
    assert_eq!(callback.len(), 3, "code, state and iss, and no secret: {callback:?}");

    let stored = authority.stored_codes().remove(0);
    assert_eq!(Some(stored.code.as_str()), first(&callback, "code"));
    assert_eq!(stored.client_id, Client::native().id);
    assert_eq!(stored.redirect_uri, REDIRECT_URI);
    assert_eq!(stored.challenge.as_deref(), Some(CHALLENGE));
    assert_eq!(stored.method.as_deref(), Some("S256"));
    assert_eq!(stored.scope, SCOPE);
    assert_eq!(stored.sub, "auth0|john");
    assert_eq!(stored.expires_at - stored.issued_at, 600);
    assert!(!stored.redeemed);

    let answer = exchange(&authority, &stored.code, &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 86_400);
    assert_eq!(tokens["scope"], SCOPE);
    assert!(authority.stored_codes()[0].redeemed);

    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(jwt::header(id_token), json!({"alg": "RS256", "typ": "JWT", "kid": "123"}));
    assert!(jwt::verifies(id_token, &authority.jwks_json()));
    let claims = jwt::claims(id_token);
    assert_eq!(claims["iss"], authority.issuer());
    assert_eq!(claims["aud"], Client::native().id);
    assert_eq!(claims["sub"], "auth0|john");
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims["email"], "user@example.com");
    assert_eq!(claims["name"], "John Doe");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    assert_eq!(claims.get("auth_time"), None, "no max_age was sent");

    let profile = userinfo(&authority, tokens["access_token"].as_str().unwrap());
    assert_eq!(profile.status, 200);
    assert_eq!(profile.header("cache-control"), Some("no-store"));
    assert_eq!(profile.json()["sub"], "auth0|john");
    assert!(authority.wire().faults().is_empty());
}

#[tokio::test]
async fn at_hash_is_the_left_half_of_the_hash_that_the_algorithm_names() {
    use base64::Engine as _;
    use sha2::Digest as _;
    for (signing, octets) in [(Algorithm::Rs256, 16), (Algorithm::Es384, 24), (Algorithm::EdDsa, 32)] {
        let authority = Authority::start(Setup { signing, ..Setup::honest() }).await;
        let tokens = log_in(&authority).json();
        let token = tokens["access_token"].as_str().unwrap().as_bytes();
        let hash = match octets {
            16 => sha2::Sha256::digest(token).to_vec(),
            24 => sha2::Sha384::digest(token).to_vec(),
            _ => sha2::Sha512::digest(token).to_vec(),
        };
        let half = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&hash[..octets]);
        assert_eq!(jwt::claims(tokens["id_token"].as_str().unwrap())["at_hash"], half, "{signing:?}");
    }
}

#[tokio::test]
async fn every_algorithm_signs_and_is_announced() {
    for signing in Algorithm::ALL {
        let authority = Authority::start(Setup { signing, ..Setup::honest() }).await;
        let tokens = log_in(&authority).json();
        let id_token = tokens["id_token"].as_str().unwrap();
        assert_eq!(jwt::header(id_token)["alg"], signing.as_str());
        let jwks = get(&authority.endpoints().jwks).text();
        assert!(jwt::verifies(id_token, &jwks), "{signing:?}");
        assert_eq!(jwks, authority.jwks_json());
        let tampered = id_token.replacen('.', ".eyJ", 1);
        assert!(!jwt::verifies(&tampered, &jwks), "{signing:?}: the verification in this test can fail");
        for secret in ["\"d\"", "\"p\"", "\"q\"", "\"k\""] {
            assert!(!jwks.contains(secret), "{secret} is not published");
        }
        let document = get(&format!("{}/.well-known/openid-configuration", authority.base())).json();
        let announced = document["id_token_signing_alg_values_supported"].as_array().unwrap();
        assert!(announced.contains(&json!(signing.as_str())) && announced.contains(&json!("RS256")));
    }
}

#[tokio::test]
async fn metadata_stands_where_both_specifications_put_it() {
    let shapes = [
        (IssuerShape::Slash, "/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        (IssuerShape::Plain, "", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
        (
            IssuerShape::Path("t/1".into()),
            "/t/1",
            "/t/1/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/t/1",
        ),
        (
            IssuerShape::PathSlash("t".into()),
            "/t/",
            "/t/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/t",
        ),
    ];
    for (issuer, suffix, openid, oauth) in shapes {
        let authority = Authority::start(Setup { issuer, ..Setup::honest() }).await;
        assert_eq!(authority.issuer(), format!("{}{suffix}", authority.base()));
        let document = get(&format!("{}{openid}", authority.base()));
        assert_eq!((document.status, document.header("content-type")), (200, Some("application/json")));
        let other = get(&format!("{}{oauth}", authority.base()));
        assert_eq!(document.body, other.body);
        let document = document.json();
        assert_eq!(document["issuer"], authority.issuer());
        assert_eq!(document["token_endpoint"], authority.endpoints().token);
        assert_eq!(document["jwks_uri"], authority.endpoints().jwks);
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        for wrong in [format!("{}/.well-known", oauth), "/.well-known/openid-configuration/t".into()] {
            assert_eq!(get(&format!("{}{wrong}", authority.base())).status, 404, "{wrong}");
        }
        assert_eq!(log_in(&authority).status, 200);
    }
}

#[tokio::test]
async fn what_is_not_announced_is_a_matter_of_the_setup() {
    let setup = Setup { announces_iss: false, announces_pkce: false, sends_iss: false, ..Setup::honest() };
    let authority = Authority::start(setup).await;
    let document = get(&format!("{}/.well-known/openid-configuration", authority.base())).json();
    assert_eq!(document.get("code_challenge_methods_supported"), None);
    assert_eq!(document.get("authorization_response_iss_parameter_supported"), None);
    assert_eq!(first(&authorize(&authority, &[]).location_pairs(), "iss"), None);
}

#[tokio::test]
async fn auth_time_and_acr_are_there_when_they_were_asked_for() {
    let authority = Authority::honest().await;
    let code = code(&authority, &[("max_age", Some("60")), ("acr_values", Some("urn:loa:2 urn:loa:1"))]);
    let tokens = exchange(&authority, &code, &[]).json();
    let claims = jwt::claims(tokens["id_token"].as_str().unwrap());
    assert!((claims["iat"].as_i64().unwrap() - claims["auth_time"].as_i64().unwrap()).abs() <= 1);
    assert_eq!(claims["acr"], "urn:loa:2");
}

#[tokio::test]
async fn scope_decides_what_is_told() {
    let authority = Authority::honest().await;
    let plain = exchange(&authority, &code(&authority, &[("scope", Some("openid"))]), &[]).json();
    assert_eq!(plain.get("refresh_token"), None);
    let claims = jwt::claims(plain["id_token"].as_str().unwrap());
    assert_eq!((claims.get("email"), claims.get("name")), (None, None));
    let api = exchange(&authority, &code(&authority, &[("scope", Some("read:workflows"))]), &[]).json();
    assert_eq!(api.get("id_token"), None);
    let refused = userinfo(&authority, api["access_token"].as_str().unwrap());
    assert_eq!((refused.status, refused.error().as_deref()), (403, Some("insufficient_scope")));
}

#[tokio::test]
async fn refresh_tokens_rotate_and_the_new_id_token_has_no_nonce() {
    let authority = Authority::honest().await;
    let first_tokens = log_in(&authority).json();
    let old = first_tokens["refresh_token"].as_str().unwrap();
    let narrower = refresh(&authority, old, &[("scope", Some("openid"))]);
    assert_eq!(narrower.status, 200, "{}", narrower.text());
    let tokens = narrower.json();
    assert_eq!(tokens["scope"], "openid");
    assert_eq!(tokens.get("refresh_token"), None, "offline_access was given up");
    let again = log_in(&authority).json();
    let tokens = refresh(&authority, again["refresh_token"].as_str().unwrap(), &[]).json();
    assert_ne!(tokens["refresh_token"], again["refresh_token"]);
    assert_ne!(tokens["access_token"], again["access_token"]);
    let claims = jwt::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims.get("nonce"), None);
    assert_eq!(claims["sub"], "auth0|john");
}

#[tokio::test]
async fn a_refresh_token_whose_answer_was_lost_is_repeatable_where_that_is_set() {
    for is_repeatable in [false, true] {
        let authority = Authority::start(Setup { refresh_repeatable: is_repeatable, ..Setup::honest() }).await;
        let first = log_in(&authority).json()["refresh_token"].as_str().unwrap().to_owned();
        let lost = refresh(&authority, &first, &[]).json()["refresh_token"].as_str().unwrap().to_owned();
        let again = refresh(&authority, &first, &[]);
        assert_eq!(again.status == 200, is_repeatable);
        if is_repeatable {
            let second = again.json()["refresh_token"].as_str().unwrap().to_owned();
            assert_eq!(refresh(&authority, &second, &[]).status, 200);
            assert_eq!(refresh(&authority, &first, &[]).status, 400, "its successor was used");
            assert_eq!(refresh(&authority, &lost, &[]).status, 400);
        }
    }
}

#[tokio::test]
async fn confidential_clients_log_in_by_header_and_by_body() {
    let authority = Authority::honest().await;
    let web = Client::web();
    let code_for = |client: &Client| code(&authority, &[("client_id", Some(&client.id))]);
    let by_header =
        exchange_by(&authority, &[("authorization", &basic(&web))], &code_for(&web), &[("client_id", None)]);
    assert_eq!(by_header.status, 200, "{}", by_header.text());
    let post_client = Client::web_post();
    let by_body = exchange(
        &authority,
        &code_for(&post_client),
        &[("client_id", Some(&post_client.id)), ("client_secret", post_client.auth.secret())],
    );
    assert_eq!(by_body.status, 200, "{}", by_body.text());
}

#[tokio::test]
async fn form_post_sends_a_page_that_submits_itself() {
    let authority = Authority::honest().await;
    let mut browser = Browser::new(authority.wire());
    let url = authorization_url(&authority, &[("response_mode", Some("form_post")), ("state", Some("a\"<b>&'c"))]);
    let Landing::FormPost { action, body } = browser.open(&url).await.unwrap() else { panic!("a form") };
    assert_eq!(action, REDIRECT_URI);
    let fields = pairs(&body);
    assert_eq!(first(&fields, "state"), Some("a\"<b>&'c"));
    assert_eq!(exchange(&authority, first(&fields, "code").unwrap(), &[]).status, 200);
}

#[tokio::test]
async fn authorization_requests_may_be_posted_and_unknown_parameters_are_ignored() {
    let authority = Authority::honest().await;
    let url = authorization_url(&authority, &[("x_unknown", Some("1"))]);
    let (address, query) = url.split_once('?').unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = request("POST", address, &headers, query);
    assert!(first(&answer.location_pairs(), "code").is_some());
}

#[tokio::test]
async fn revocation_takes_tokens_back() {
    let authority = Authority::honest().await;
    let tokens = log_in(&authority).json();
    let (access, refresh_token) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let revoke = |token: &str| {
        post(&authority.endpoints().revocation, &[], &[("client_id", &Client::native().id), ("token", token)])
    };
    assert_eq!(revoke("nobody's").status, 200);
    assert_eq!(userinfo(&authority, access).status, 200);
    assert_eq!(revoke(access).status, 200);
    assert_eq!(userinfo(&authority, access).status, 401);
    let fresh = refresh(&authority, refresh_token, &[]).json();
    assert_eq!(revoke(fresh["refresh_token"].as_str().unwrap()).status, 200);
    assert_eq!(userinfo(&authority, fresh["access_token"].as_str().unwrap()).status, 401, "the grant is dead");
    assert_eq!(refresh(&authority, fresh["refresh_token"].as_str().unwrap(), &[]).status, 400);
}

#[tokio::test]
async fn a_signed_token_of_ones_own_verifies() {
    let authority = Authority::honest().await;
    let token = authority.sign_id_token(&json!({"iss": authority.issuer(), "sub": "x"}));
    assert!(jwt::verifies(&token, &authority.jwks_json()));
    assert_eq!(jwt::claims(&token)["sub"], "x");
}

#[tokio::test]
async fn authorities_share_log_and_clock_when_asked_to() {
    let (wire, clock) = (Wire::new(), Clock::new());
    let one = Authority::start_with(Setup::honest().named("one"), &wire, &clock).await;
    let other = Authority::start_with(Setup::honest().named("other"), &wire, &clock).await;
    authorize(&one, &[]);
    authorize(&other, &[]);
    assert_eq!((wire.to("one").len(), wire.to("other").len()), (1, 1));
    assert_eq!(wire.count(Endpoint::Authorization), 2);
    assert_eq!(wire.exchanges().iter().map(|exchange| exchange.seq).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(wire.authority_at(&format!("{}/x", other.base())).as_deref(), Some("other"));
    assert_eq!(wire.authority_at(&format!("{}1/x", other.base())), None, "another port");
    assert_eq!(wire.authority_at(&format!("{}.evil.test/x", other.base())), None);
    clock.advance(100);
    assert_eq!((one.clock().offset(), other.clock().offset()), (100, 100));
}

#[tokio::test]
async fn a_server_may_lack_one_check() {
    let lax = Setup {
        enforcement: Enforcement::Without(vec![proofkey_authority::Rule::VerifierMismatch]),
        ..Setup::honest()
    };
    let authority = Authority::start(lax).await;
    let other = "x".repeat(43);
    assert_eq!(exchange(&authority, &code(&authority, &[]), &[("code_verifier", Some(&other))]).status, 200);
    assert_eq!(exchange(&authority, &code(&authority, &[]), &[("code_verifier", None)]).status, 400);
}

/// Hundreds are started in one run.
#[tokio::test]
async fn many_authorities_run_side_by_side() {
    let mut authorities = Vec::new();
    for _ in 0..100 {
        authorities.push(Authority::start(Setup::witness()).await);
    }
    let mut addresses: Vec<&str> = authorities.iter().map(Authority::base).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 100);
    assert!(authorities.iter().all(|authority| log_in(authority).status == 200));
}

#[tokio::test]
async fn chosen_codes_come_first_and_random_ones_after_them() {
    let codes = vec!["the-first".to_owned(), "the-second".to_owned()];
    let authority = Authority::start(Setup { codes, ..Setup::honest() }).await;
    assert_eq!((code(&authority, &[]), code(&authority, &[])), ("the-first".into(), "the-second".into()));
    assert_eq!(code(&authority, &[]).len(), 43);
    assert_eq!(exchange(&authority, "the-first", &[]).status, 200);
    assert_eq!(authority.wire().mask("code=the-first"), "code=<code 1>");
}

#[tokio::test]
async fn an_access_token_for_an_api_is_a_jwt_that_the_api_can_check() {
    let api = Some("https://api.example/".to_owned());
    let authority = Authority::start(Setup { api, ..Setup::honest() }).await;
    let tokens = log_in(&authority).json();
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(jwt::header(token), json!({"alg": "RS256", "typ": "at+jwt", "kid": "123"}));
    assert!(jwt::verifies(token, &authority.jwks_json()));
    let claims = jwt::claims(token);
    for (name, value) in [
        ("iss", json!(authority.issuer())),
        ("aud", json!("https://api.example/")),
        ("sub", json!("auth0|john")),
        ("client_id", json!(Client::native().id)),
        ("scope", json!(SCOPE)),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    assert_ne!(claims["jti"], jwt::claims(log_in(&authority).json()["access_token"].as_str().unwrap())["jti"]);
    assert_eq!(userinfo(&authority, token).status, 200);
    assert_eq!(jwt::header(tokens["id_token"].as_str().unwrap())["typ"], "JWT");
}

#[tokio::test]
async fn a_stopped_clock_moves_only_when_it_is_moved() {
    let clock = Clock::stopped_at(1_706_362_800);
    let authority = Authority::start_with(Setup::honest(), &Wire::new(), &clock).await;
    let stored = code(&authority, &[]);
    authority.clock().advance(599);
    let claims = jwt::claims(exchange(&authority, &stored, &[]).json()["id_token"].as_str().unwrap());
    assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(1_706_363_399), Some(1_706_449_799)));
    assert_eq!((clock.offset(), clock.unix()), (599, 1_706_363_399));
}
