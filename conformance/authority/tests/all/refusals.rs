//! Everything that a strict server refuses, each beside the request that it grants.

use proofkey_authority::{Authority, Client, Endpoint, LoginMode, Rule, Setup};

use crate::http::{Response, first, form, get, post, request};
use crate::login::{
    REDIRECT_URI, SCOPE, VERIFIER, authorization_url, authorize, basic, challenge_of, code, exchange, exchange_by,
    log_in, refresh, userinfo,
};

/// # Panics
///
/// When the last exchange does not have just this fault.
#[track_caller]
fn assert_fault(authority: &Authority, rule: Rule) {
    let last = authority.wire().exchanges().pop().unwrap();
    let rules: Vec<Rule> = last.faults.iter().map(|fault| fault.rule).collect();
    assert_eq!(rules, [rule], "{}", authority.wire().render());
}

#[tokio::test]
async fn without_a_known_client_and_address_there_is_a_page_and_no_redirect() {
    let authority = Authority::honest().await;
    let cases: [(&str, Option<&str>, Rule); 15] = [
        ("client_id", None, Rule::ClientUnknown),
        ("client_id", Some(""), Rule::ClientUnknown),
        ("client_id", Some("nobody"), Rule::ClientUnknown),
        ("redirect_uri", None, Rule::RedirectUnregistered),
        ("redirect_uri", Some("https://evil.test/callback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://127.0.0.1:50123/callback/"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://127.0.0.1:50123/Callback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://127.0.0.1:50123/callback?x=1"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://127.0.0.1:50123/a/../callback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://127.0.0.1:50123/%63allback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://127.0.0.1.evil.test/callback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://127.0.0.1@evil.test/callback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("http://localhost:8092/callback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("https://127.0.0.1:50123/callback"), Rule::RedirectUnregistered),
        ("redirect_uri", Some("javascript:alert(1)"), Rule::RedirectUnregistered),
    ];
    for (name, value, rule) in cases {
        let answer = authorize(&authority, &[(name, value)]);
        assert_eq!(answer.status, 400, "{name} {value:?}");
        assert_eq!(answer.header("location"), None, "{name} {value:?}");
        assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
        assert_fault(&authority, rule);
    }
    assert!(authority.stored_codes().is_empty());
    for granted in [REDIRECT_URI, "http://[::1]:4/callback", "http://localhost:8091/callback"] {
        assert_eq!(authorize(&authority, &[("redirect_uri", Some(granted))]).status, 302, "{granted}");
    }
}

#[tokio::test]
async fn other_faults_of_the_authorization_request_are_told_to_the_client() {
    let authority = Authority::honest().await;
    let long = "a".repeat(44);
    let cases: [(&str, Option<&str>, Rule, &str); 14] = [
        ("response_type", None, Rule::ResponseType, "unsupported_response_type"),
        ("response_type", Some("token"), Rule::ResponseType, "unsupported_response_type"),
        ("response_mode", Some("fragment"), Rule::ResponseMode, "invalid_request"),
        ("code_challenge", None, Rule::ChallengeMissing, "invalid_request"),
        ("code_challenge", Some(""), Rule::ChallengeMissing, "invalid_request"),
        ("code_challenge", Some("short"), Rule::ChallengeMalformed, "invalid_request"),
        ("code_challenge", Some(&long), Rule::ChallengeMalformed, "invalid_request"),
        (
            "code_challenge",
            Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"),
            Rule::ChallengeMalformed,
            "invalid_request",
        ),
        ("code_challenge_method", None, Rule::MethodPlain, "invalid_request"),
        ("code_challenge_method", Some(""), Rule::MethodPlain, "invalid_request"),
        ("code_challenge_method", Some("plain"), Rule::MethodPlain, "invalid_request"),
        ("code_challenge_method", Some("s256"), Rule::MethodUnknown, "invalid_request"),
        ("code_challenge_method", Some("S512"), Rule::MethodUnknown, "invalid_request"),
        ("code_challenge_method", Some(" S256"), Rule::MethodUnknown, "invalid_request"),
    ];
    for (name, value, rule, error) in cases {
        let answer = authorize(&authority, &[(name, value)]);
        let callback = answer.location_pairs();
        assert!(answer.header("location").unwrap().starts_with(REDIRECT_URI));
        assert_eq!(first(&callback, "error"), Some(error), "{name} {value:?}");
        assert_eq!(first(&callback, "state"), Some("the-state/+ of this"));
        assert_eq!(first(&callback, "iss"), Some(authority.issuer()), "iss is sent with errors too");
        assert_eq!(first(&callback, "code"), None);
        assert_fault(&authority, rule);
    }
    assert!(first(&authorize(&authority, &[]).location_pairs(), "code").is_some());
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let authority = Authority::honest().await;
    for name in ["code_challenge", "code_challenge_method", "state", "nonce", "x"] {
        let url = authorization_url(&authority, &[("x", Some("1"))]);
        let callback = get(&format!("{url}&{name}=again")).location_pairs();
        assert_eq!(first(&callback, "error"), Some("invalid_request"), "{name}");
        assert_fault(&authority, Rule::ParameterRepeated);
    }
    for name in ["client_id", "redirect_uri"] {
        let answer = get(&format!("{}&{name}=again", authorization_url(&authority, &[])));
        assert_eq!((answer.status, answer.header("location")), (400, None), "{name}");
    }
    let resources = "&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example";
    let answer = get(&format!("{}{resources}", authorization_url(&authority, &[])));
    assert!(first(&answer.location_pairs(), "code").is_some(), "resource may be repeated (RFC 8707)");
    let code = code(&authority, &[]);
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("client_id", &Client::native().id),
        ("code", &code),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]);
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = request("POST", &authority.endpoints().token, &headers, &body);
    assert_eq!((answer.status, answer.error().as_deref()), (400, Some("invalid_request")));
}

#[tokio::test]
async fn what_no_server_refuses_is_written_down() {
    let authority = Authority::honest().await;
    for (change, rule) in [
        (("state", None), Rule::StateMissing),
        (("nonce", None), Rule::NonceMissing),
        (("code_verifier", Some(VERIFIER)), Rule::SecretInUrl),
    ] {
        assert!(first(&authorize(&authority, &[change]).location_pairs(), "code").is_some());
        assert_fault(&authority, rule);
    }
}

#[tokio::test]
async fn a_code_is_only_good_with_everything_it_is_bound_to() {
    let authority = Authority::honest().await;
    let other_verifier = "another-verifier-of-forty-three-characters-x";
    let too_long = format!("{VERIFIER}{}", "a".repeat(100));
    let newline = format!("{VERIFIER}\n");
    let padded = format!("{VERIFIER}=");
    let swapped = VERIFIER.to_ascii_uppercase();
    let challenge = challenge_of(VERIFIER);
    let cases: Vec<(&str, Option<&str>, Rule, &str)> = vec![
        ("code", None, Rule::CodeMissing, "invalid_request"),
        ("code", Some("never-issued"), Rule::CodeUnknown, "invalid_grant"),
        ("client_id", Some("another-client"), Rule::CodeOfAnotherClient, "invalid_grant"),
        ("client_id", None, Rule::ClientUnknown, "invalid_client"),
        ("client_id", Some("nobody"), Rule::ClientUnknown, "invalid_client"),
        ("client_secret", Some("guessed"), Rule::ClientAuthentication, "invalid_client"),
        ("redirect_uri", None, Rule::RedirectMismatch, "invalid_grant"),
        ("redirect_uri", Some("http://127.0.0.1:50124/callback"), Rule::RedirectMismatch, "invalid_grant"),
        ("code_verifier", None, Rule::VerifierMissing, "invalid_grant"),
        ("code_verifier", Some(""), Rule::VerifierMissing, "invalid_grant"),
        ("code_verifier", Some(other_verifier), Rule::VerifierMismatch, "invalid_grant"),
        ("code_verifier", Some(&challenge), Rule::VerifierMismatch, "invalid_grant"),
        ("code_verifier", Some(&swapped), Rule::VerifierMismatch, "invalid_grant"),
        ("code_verifier", Some(&VERIFIER[..42]), Rule::VerifierMalformed, "invalid_grant"),
        ("code_verifier", Some(&too_long), Rule::VerifierMalformed, "invalid_grant"),
        ("code_verifier", Some(&newline), Rule::VerifierMalformed, "invalid_grant"),
        ("code_verifier", Some(&padded), Rule::VerifierMalformed, "invalid_grant"),
        ("grant_type", None, Rule::GrantType, "unsupported_grant_type"),
        ("grant_type", Some("password"), Rule::GrantType, "unsupported_grant_type"),
    ];
    for (name, value, rule, error) in cases {
        let code = code(&authority, &[]);
        let answer = exchange(&authority, &code, &[(name, value)]);
        assert_eq!((answer.status, answer.error().as_deref()), (400, Some(error)), "{name} {value:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_fault(&authority, rule);
        assert_eq!(exchange(&authority, &self::code(&authority, &[]), &[]).status, 200, "the twin");
    }
}

#[tokio::test]
async fn a_failed_attempt_burns_the_code() {
    let authority = Authority::honest().await;
    let code = code(&authority, &[]);
    assert_eq!(exchange(&authority, &code, &[("code_verifier", None)]).status, 400);
    assert_eq!(exchange(&authority, &code, &[]).status, 400);
    assert_fault(&authority, Rule::CodeReplayed);
}

#[tokio::test]
async fn a_second_redemption_takes_the_first_ones_tokens_back() {
    let authority = Authority::honest().await;
    let code = code(&authority, &[]);
    let tokens = exchange(&authority, &code, &[]).json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&authority, access).status, 200);
    let again = exchange(&authority, &code, &[]);
    assert_eq!((again.status, again.error().as_deref()), (400, Some("invalid_grant")));
    assert_eq!(userinfo(&authority, access).status, 401);
    assert_eq!(refresh(&authority, tokens["refresh_token"].as_str().unwrap(), &[]).status, 400);
}

#[tokio::test]
async fn a_code_lives_for_600_seconds() {
    let authority = Authority::honest().await;
    let code_in_time = code(&authority, &[]);
    authority.clock().advance(598);
    assert_eq!(exchange(&authority, &code_in_time, &[]).status, 200);
    let code_too_late = code(&authority, &[]);
    authority.clock().advance(600);
    let answer = exchange(&authority, &code_too_late, &[]);
    assert_eq!(answer.error().as_deref(), Some("invalid_grant"));
    assert_fault(&authority, Rule::CodeExpired);
}

#[tokio::test]
async fn of_many_that_redeem_one_code_at_once_one_succeeds() {
    let authority = Authority::honest().await;
    let code = code(&authority, &[]);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(|| exchange(&authority, &code, &[]).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
}

#[tokio::test]
async fn parallel_logins_cannot_swap_verifiers() {
    let authority = Authority::honest().await;
    let second = "second-verifier-of-forty-three-characters-xx";
    let second_challenge = challenge_of(second);
    let code_one = code(&authority, &[]);
    let code_two = code(&authority, &[("code_challenge", Some(&second_challenge))]);
    assert_eq!(exchange(&authority, &code_one, &[("code_verifier", Some(second))]).status, 400);
    assert_eq!(exchange(&authority, &code_two, &[("code_verifier", Some(second))]).status, 200);
}

#[tokio::test]
async fn a_confidential_client_must_prove_itself_in_its_own_way_and_in_one() {
    // A secret that reads otherwise unencoded.
    let web = Client::web_unusual();
    let authority = Authority::start(Setup { clients: vec![web.clone()], ..Setup::honest() }).await;
    let mut wrong = web.clone();
    wrong.auth = proofkey_authority::ClientAuth::Basic("guessed".into());
    let unknown = Client { id: "nobody".into(), ..web.clone() };
    let (right, wrong, unknown) = (basic(&web), basic(&wrong), basic(&unknown));
    let raw = {
        use base64::Engine as _;
        let pair = format!("{}:{}", web.id, web.auth.secret().unwrap());
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    };
    let attempt = |header: Option<&str>, secret: Option<&str>, id: Option<&str>| -> Response {
        let code = code(&authority, &[("client_id", Some(&web.id))]);
        let headers: Vec<(&str, &str)> = header.map(|value| ("authorization", value)).into_iter().collect();
        exchange_by(&authority, &headers, &code, &[("client_id", id), ("client_secret", secret)])
    };
    assert_eq!(attempt(Some(&right), None, None).status, 200);
    assert_eq!(attempt(Some(&right), None, Some(&web.id)).status, 200, "the id may be said twice");
    for header in [&wrong, &unknown, &raw, &"Basic !!".to_owned(), &"Bearer x".to_owned()] {
        let answer = attempt(Some(header), None, None);
        assert_eq!((answer.status, answer.error().as_deref()), (401, Some("invalid_client")), "{header}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"));
    }
    let answer = attempt(None, None, Some(&web.id));
    assert_eq!((answer.status, answer.error().as_deref()), (400, Some("invalid_client")));
    let answer = attempt(None, web.auth.secret(), Some(&web.id));
    assert_eq!(answer.error().as_deref(), Some("invalid_client"), "registered for the header");
    let answer = attempt(Some(&right), web.auth.secret(), Some(&web.id));
    assert_eq!((answer.status, answer.error().as_deref()), (400, Some("invalid_request")), "two ways at once");
    assert_fault(&authority, Rule::TwoAuthentications);
    let answer = attempt(Some(&right), None, Some("another-client"));
    assert_eq!(answer.error().as_deref(), Some("invalid_client"), "header and body name two clients");
}

#[tokio::test]
async fn the_token_endpoint_takes_posted_forms_only() {
    let authority = Authority::honest().await;
    let code = code(&authority, &[]);
    let query = form(&[("grant_type", "authorization_code"), ("code", &code)]);
    let answer = get(&format!("{}?{query}", authority.endpoints().token));
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
    let answer =
        request("POST", &authority.endpoints().token, &[("content-type", "application/json")], "{\"code\":\"x\"}");
    assert_eq!((answer.status, answer.error().as_deref()), (400, Some("invalid_request")));
    assert_fault(&authority, Rule::NotForm);
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_its_client_its_scope_and_one_use() {
    let authority = Authority::honest().await;
    let token = || log_in(&authority).json()["refresh_token"].as_str().unwrap().to_owned();
    let answer = refresh(&authority, &token(), &[("client_id", Some("another-client"))]);
    assert_eq!((answer.status, answer.error().as_deref()), (400, Some("invalid_grant")));
    assert_fault(&authority, Rule::RefreshUnknown);
    let answer = refresh(&authority, &token(), &[("scope", Some("openid admin"))]);
    assert_eq!(answer.error().as_deref(), Some("invalid_scope"));
    assert_fault(&authority, Rule::ScopeWidened);
    assert_eq!(refresh(&authority, "never-issued", &[]).error().as_deref(), Some("invalid_grant"));
    let old = token();
    let new = refresh(&authority, &old, &[("scope", Some(SCOPE))]).json();
    assert_eq!(refresh(&authority, &old, &[]).error().as_deref(), Some("invalid_grant"), "replaced");
    let answer = refresh(&authority, new["refresh_token"].as_str().unwrap(), &[]);
    assert_eq!(answer.status, 400, "and the family with it");
}

#[tokio::test]
async fn userinfo_wants_one_good_token_in_the_header() {
    let authority = Authority::honest().await;
    let tokens = log_in(&authority).json();
    let token = tokens["access_token"].as_str().unwrap();
    let endpoint = authority.endpoints().userinfo;
    let answer = get(&endpoint);
    assert_eq!((answer.status, answer.text().as_str()), (401, ""));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"userinfo\""), "no error code is named");
    let answer = get(&format!("{endpoint}?access_token={token}"));
    assert_eq!(answer.status, 401);
    let bearer = format!("Bearer {token}");
    let answer = request("GET", &format!("{endpoint}?access_token={token}"), &[("authorization", &bearer)], "");
    assert_eq!((answer.status, answer.error().as_deref()), (400, Some("invalid_request")));
    for wrong in ["guessed", tokens["id_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap()] {
        let answer = userinfo(&authority, wrong);
        assert_eq!((answer.status, answer.error().as_deref()), (401, Some("invalid_token")));
        assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
    }
    assert_eq!(userinfo(&authority, token).status, 200);
    authority.clock().advance(86_401);
    assert_eq!(userinfo(&authority, token).status, 401, "expired");
}

#[tokio::test]
async fn a_token_of_another_client_is_not_revoked() {
    let authority = Authority::honest().await;
    let tokens = log_in(&authority).json();
    let token = tokens["access_token"].as_str().unwrap();
    let revoke = |id: &str, token: &[(&str, &str)]| {
        let mut pairs = vec![("client_id", id)];
        pairs.extend(token);
        post(&authority.endpoints().revocation, &[], &pairs)
    };
    assert_eq!(revoke("another-client", &[("token", token)]).error().as_deref(), Some("invalid_grant"));
    assert_eq!(userinfo(&authority, token).status, 200);
    assert_eq!(revoke(&Client::native().id, &[]).error().as_deref(), Some("invalid_request"));
    assert_eq!(revoke("nobody", &[("token", token)]).error().as_deref(), Some("invalid_client"));
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let authority = Authority::start(Setup { login: LoginMode::Page, ..Setup::honest() }).await;
    let callback = authorize(&authority, &[("prompt", Some("none"))]).location_pairs();
    assert_eq!(first(&callback, "error"), Some("login_required"));
    assert_eq!(authorize(&authority, &[]).status, 200, "the login page");
}

#[tokio::test]
async fn every_rule_has_a_name_of_its_own_and_a_place_in_the_log() {
    let mut codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!(serde_json::to_value(rule).unwrap(), rule.code(), "the name is the serialised one");
    }
    let authority = Authority::honest().await;
    get(&format!("{}/nowhere", authority.base()));
    assert_eq!(authority.wire().count(Endpoint::Other), 1);
}
