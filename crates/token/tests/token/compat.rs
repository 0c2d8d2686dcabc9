//! Each leniency of requests and responses: off (refused by name), on and needed (listed), on and not needed.

use http::Response;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, Compat, Deviation, Deviations, RedirectUri, Tenancy,
};
use proofkey_token::{
    ClientAuthentication, ErrorResponse, ExchangeError, ExchangeRequest, RefreshRequest, RefreshToken,
    RevocationRequest, TokenSet, UserInfoRequest,
};

use crate::flow::*;

fn listed(deviations: Deviations) -> Vec<&'static str> {
    deviations.iter().map(Deviation::name).collect()
}

fn lenient(compat: &Compat) -> AuthorizationServer {
    server().with_compat(compat.clone())
}

/// What an exchange at a server of this kind makes of the response.
fn at(compat: &Compat, response: &Response<Vec<u8>>) -> Result<TokenSet, ExchangeError> {
    ExchangeRequest::new(grant(), &lenient(compat))
        .build(&ClientAuthentication::none())
        .unwrap()
        .1
        .receive(response, now())
}

/// The tokens, and nothing listed but `codes`.
fn taken(compat: &Compat, response: &Response<Vec<u8>>, codes: &[&str]) -> TokenSet {
    let tokens = at(compat, response).unwrap();
    assert_eq!(listed(tokens.deviations()), codes);
    assert!(format!("{tokens:?}").contains(&format!("deviations: {:?}", tokens.deviations())));
    tokens
}

fn code(compat: &Compat, response: &Response<Vec<u8>>) -> &'static str {
    at(compat, response).unwrap_err().code()
}

fn refusal(compat: &Compat, response: &Response<Vec<u8>>) -> ErrorResponse {
    at(compat, response).unwrap_err().error_response().unwrap().clone()
}

type With = fn(Compat) -> Compat;

/// Everything but this one.
fn all_but(deviation: Deviation) -> Compat {
    let all: [(Deviation, With); 11] = [
        (Deviation::ExpiresInText, Compat::with_expires_in_text),
        (Deviation::ExpiresInFraction, Compat::with_expires_in_fraction),
        (Deviation::FormBody, Compat::with_form_body),
        (Deviation::ErrorWithSuccess, Compat::with_error_with_success),
        (Deviation::ErrorCodeMember, Compat::with_error_code_member),
        (Deviation::RefusalStatus, Compat::with_refusal_status),
        (Deviation::SuccessStatus, Compat::with_success_status),
        (Deviation::ScopeCommas, Compat::with_scope_commas),
        (Deviation::ScopeArray, Compat::with_scope_array),
        (Deviation::TokenTypeMissing, Compat::with_token_type_missing),
        (Deviation::BasicUnencoded, Compat::with_basic_unencoded),
    ];
    let others = all.into_iter().filter(|(own, _)| *own != deviation);
    others.fold(Compat::strict(), |compat, (_, with)| with(compat))
}

#[test]
fn what_keeps_to_the_specifications_lists_nothing_under_any_leniency() {
    let body = r#"{"access_token":"opaque","token_type":"Bearer","expires_in":3600,"scope":"openid profile"}"#;
    let all = all_but(Deviation::ResourceNotSent).with_resource_not_sent();
    let tokens = taken(&all, &json(200, body), &[]);
    assert_eq!(tokens.scope().unwrap().as_str(), "openid profile");
    let refused = refusal(&all, &json(400, r#"{"error":"invalid_grant","errorCode":"E0000011"}"#));
    assert_eq!((refused.error(), refused.deviations()), ("invalid_grant", Deviations::NONE));
}

#[test]
fn expires_in_text() {
    let response = json(200, &with("expires_in", "\"3599\""));
    assert_eq!(code(&all_but(Deviation::ExpiresInText), &response), "token_member_type");
    let compat = Compat::entra(Tenancy::AnyOrganisation);
    assert_eq!(taken(&compat, &response, &["expires_in_text"]).expires_in().unwrap().as_secs(), 3599);
    taken(&compat, &json(200, &with("expires_in", "3599")), &[]);
    for bad in ["\"-1\"", "\"3599.5\"", "\" 3599\"", "\"1h\"", "true", "[\"1\"]"] {
        assert_eq!(code(&compat, &json(200, &with("expires_in", bad))), "token_member_type", "{bad}");
    }
    let both = Compat::strict().with_expires_in_text().with_expires_in_fraction();
    let response = json(200, &with("expires_in", "\"3599.9\""));
    let tokens = taken(&both, &response, &["expires_in_text", "expires_in_fraction"]);
    assert_eq!(tokens.expires_in().unwrap().as_secs(), 3599);
}

#[test]
fn expires_in_fraction() {
    let compat = Compat::strict().with_expires_in_fraction();
    for (value, seconds) in [("3599.9", 3599), ("3.6e3", 3600), ("0.0", 0), ("1e300", 315_360_000)] {
        let response = json(200, &with("expires_in", value));
        assert_eq!(code(&all_but(Deviation::ExpiresInFraction), &response), "token_member_type", "{value}");
        let tokens = taken(&compat, &response, &["expires_in_fraction"]);
        assert_eq!(tokens.expires_in().unwrap().as_secs(), seconds, "{value}");
    }
    taken(&compat, &json(200, &with("expires_in", "3600")), &[]);
    for bad in ["-1.5", "-0", "-0.0", "1e400", "\"3599.9\"", "\"3599\""] {
        assert_eq!(code(&compat, &json(200, &with("expires_in", bad))), "token_member_type", "{bad}");
    }
}

#[test]
fn form_body() {
    const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
    let response = typed(200, FORM, "access_token=gho_16C7&expires_in=28800&scope=repo&token_type=bearer");
    assert_eq!(code(&all_but(Deviation::FormBody), &response), "token_content_type");
    let tokens = taken(&Compat::github(), &response, &["form_body"]);
    assert_eq!((tokens.access_token().unwrap().expose(), tokens.expires_in().unwrap().as_secs()), ("gho_16C7", 28800));
    taken(&Compat::github(), &json(200, GOOD), &[]);

    let broken = |body| code(&Compat::github(), &typed(200, FORM, body));
    assert_eq!(broken("access_token=%zz&token_type=bearer"), "token_not_form");
    assert_eq!(broken("access_token=a&access_token=b&token_type=bearer"), "token_member_duplicate");
    assert_eq!(broken(""), "token_empty");
    assert_eq!(broken("token_type=bearer"), "token_member_missing");
    assert_eq!(broken("access_token=a"), "token_type_missing");
    assert_eq!(broken("access_token=a&token_type=bearer&expires_in=soon"), "token_member_type");
    // JSON under that name is a form with one strange member, and JSON under a third name is nothing.
    assert_eq!(broken(GOOD), "token_type_missing");
    assert_eq!(code(&Compat::github(), &typed(200, "text/plain", GOOD)), "token_content_type");
}

#[test]
fn error_with_success() {
    let response = json(200, r#"{"error":"bad_verification_code","error_description":"The code is incorrect"}"#);
    let strict = at(&all_but(Deviation::ErrorWithSuccess), &response).unwrap_err();
    assert_eq!(strict.code(), "token_error_with_success");
    assert_eq!(strict.error_response().map(ErrorResponse::deviations), Some(Deviations::NONE));
    let known = at(&Compat::github(), &response).unwrap_err();
    assert_eq!((known.code(), known.is_retryable()), ("token_refused", false));
    let known = known.error_response().unwrap();
    assert_eq!((known.status(), known.error()), (200, "bad_verification_code"));
    assert_eq!(listed(known.deviations()), ["error_with_success"]);
    // An access token beside the error is no excuse.
    let both = json(200, r#"{"error":"x","access_token":"opaque","token_type":"Bearer"}"#);
    assert_eq!(code(&Compat::github(), &both), "token_refused");
    let form = typed(200, "application/x-www-form-urlencoded", "error=bad_verification_code");
    assert_eq!(listed(refusal(&Compat::github(), &form).deviations()), ["form_body", "error_with_success"]);
}

#[test]
fn error_code_member() {
    let body = r#"{"errorCode":"invalid_client","errorSummary":"Invalid value for client_id","errorId":"oae"}"#;
    let response = json(401, body);
    assert_eq!(code(&all_but(Deviation::ErrorCodeMember), &response), "token_member_missing");
    let known = refusal(&Compat::okta(), &response);
    assert_eq!((known.status(), known.error()), (401, "invalid_client"));
    assert_eq!(known.description(), Some("Invalid value for client_id"));
    assert_eq!(known.further().keys().collect::<Vec<_>>(), ["errorId"]);
    assert_eq!(listed(known.deviations()), ["error_code_member"]);
    assert_eq!(code(&Compat::okta(), &json(401, r#"{"errorCode":""}"#)), "token_member_missing");
    assert_eq!(code(&Compat::okta(), &json(401, "{}")), "token_member_missing");
    // With a status that no refusal has, only a document that states one is a refusal.
    assert_eq!(code(&Compat::okta().with_refusal_status(), &json(403, "{}")), "token_unexpected_status");
    assert_eq!(code(&all_but(Deviation::ErrorCodeMember), &json(403, body)), "token_unexpected_status");
}

#[test]
fn refusal_status() {
    let body = r#"{"error":"invalid_grant","error_description":"Invalid authorization code"}"#;
    for status in [403, 428] {
        assert_eq!(refusal(&all_but(Deviation::RefusalStatus), &json(status, body)).deviations(), Deviations::NONE);
        for compat in [Compat::auth0(), Compat::google()] {
            let known = refusal(&compat, &json(status, body));
            assert_eq!((known.status(), known.error()), (status, "invalid_grant"));
            assert_eq!(listed(known.deviations()), ["refusal_status"]);
            for page in [json(status, "{}"), json(status, "<html>")] {
                assert_eq!(code(&compat, &page), "token_unexpected_status");
            }
        }
    }
    assert_eq!(refusal(&Compat::auth0(), &json(400, body)).deviations(), Deviations::NONE);
}

#[test]
fn success_status() {
    let compat = Compat::strict().with_success_status();
    for status in [201, 202, 299] {
        assert_eq!(code(&all_but(Deviation::SuccessStatus), &json(status, GOOD)), "token_unexpected_status");
        taken(&compat, &json(status, GOOD), &["success_status"]);
    }
    taken(&compat, &json(200, GOOD), &[]);
    assert_eq!(code(&compat, &json(204, "")), "token_empty");
    assert_eq!(code(&compat, &json(302, GOOD)), "token_redirected");
    assert_eq!(code(&compat, &json(404, GOOD)), "token_unexpected_status");
}

#[test]
fn scope_commas() {
    let scope = |tokens: &TokenSet| tokens.scope().map(|scope| scope.as_str().to_owned());
    let response = json(200, &with("scope", "\"repo,read:user, gist,,\""));
    // By the letter a comma is a character like any other, and the first token is the text up to the space.
    let strict = taken(&all_but(Deviation::ScopeCommas), &response, &[]);
    assert!(strict.scope().unwrap().contains("repo,read:user,"));
    let known = taken(&Compat::github(), &response, &["scope_commas"]);
    assert_eq!(scope(&known).unwrap(), "repo read:user gist");
    assert_eq!(scope(&taken(&Compat::github(), &json(200, &with("scope", "\"repo\"")), &[])).unwrap(), "repo");
    assert_eq!(scope(&taken(&Compat::github(), &json(200, &with("scope", "\"\"")), &[])), None);
    assert_eq!(scope(&taken(&Compat::github(), &json(200, &with("scope", "\",\"")), &["scope_commas"])), None);
}

#[test]
fn scope_array() {
    let compat = Compat::strict().with_scope_array();
    let response = json(200, &with("scope", r#"["user:read","chat:edit"]"#));
    assert_eq!(code(&all_but(Deviation::ScopeArray), &response), "token_member_type");
    let tokens = taken(&compat, &response, &["scope_array"]);
    assert_eq!(tokens.scope().unwrap().as_str(), "user:read chat:edit");
    assert!(taken(&compat, &json(200, &with("scope", "[]")), &["scope_array"]).scope().is_none());
    taken(&compat, &json(200, &with("scope", "\"user:read\"")), &[]);
    for bad in [r#"["a b"]"#, r#"[""]"#, "[1]", r#"[["a"]]"#, "{}"] {
        assert_eq!(code(&compat, &json(200, &with("scope", bad))), "token_member_type", "{bad}");
    }
    assert_eq!(code(&compat, &json(200, &with("scope", r#"["\u00e9"]"#))), "token_bad_character");
}

#[test]
fn token_type_missing() {
    let compat = Compat::strict().with_token_type_missing();
    let response = json(200, r#"{"access_token":"opaque"}"#);
    assert_eq!(code(&all_but(Deviation::TokenTypeMissing), &response), "token_type_missing");
    taken(&compat, &response, &["token_type_missing"]);
    taken(&compat, &json(200, GOOD), &[]);
    for other in ["\"\"", "\"mac\"", "\"DPoP\""] {
        assert_eq!(code(&compat, &json(200, &with("token_type", other))), "token_type_unknown", "{other}");
    }
}

#[test]
fn basic_unencoded() {
    let header = |compat: &Compat, id: &str, text: &str| {
        let authentication = ClientAuthentication::basic(secret(text));
        let (request, exchange) =
            ExchangeRequest::new(grant_for("c", None, ClientId::new(id).unwrap()), &lenient(compat))
                .build(&authentication)
                .unwrap();
        let tokens = exchange.receive(&json(200, GOOD), now()).unwrap();
        let value = request.headers()["authorization"].to_str().unwrap().to_owned();
        (value, listed(tokens.deviations()))
    };
    let compat = Compat::strict().with_basic_unencoded();
    // `id:s%2Bt%2Fu` and `id:s+t/u`
    assert_eq!(header(&all_but(Deviation::BasicUnencoded), "id", "s+t/u"), ("Basic aWQ6cyUyQnQlMkZ1".into(), vec![]));
    assert_eq!(header(&compat, "id", "s+t/u"), ("Basic aWQ6cyt0L3U=".into(), vec!["basic_unencoded"]));
    assert_eq!(header(&compat, "id", "plain"), header(&Compat::strict(), "id", "plain"));
    // The same secret is sent in the same way wherever it is sent.
    let token = RefreshToken::new("r").unwrap();
    let authentication = ClientAuthentication::basic(secret("s+t/u"));
    let (id, server) = (ClientId::new("id").unwrap(), lenient(&compat));
    let (refresh, _) = RefreshRequest::new(&token, &server, &id).build(&authentication).unwrap();
    let (revocation, _) = RevocationRequest::new(&token, &server, &id).build(&authentication).unwrap();
    for request in [refresh, revocation] {
        assert_eq!(request.headers()["authorization"], "Basic aWQ6cyt0L3U=");
    }
}

#[test]
fn resource_not_sent() {
    let api = "https://api.example/";
    let grant = || {
        let (server, redirect_uri) = (server(), RedirectUri::new("https://app.example/cb").unwrap());
        let request = AuthorizationRequest::new(&server, client_id(), redirect_uri).resource(api);
        let (_, pending) = request.begin(&[7; 96], now()).unwrap();
        let callback = format!("code=c&state={}", pending.state().expose());
        pending.receive(&callback, now()).unwrap()
    };
    let resources = |body: &[u8]| pairs(body).into_iter().filter(|(name, _)| name == "resource").count();
    let body = r#"{"access_token":"opaque","token_type":"Bearer","refresh_token":"r"}"#;
    for (compat, sent, codes) in
        [(Compat::strict(), 1, &[][..]), (Compat::strict().with_resource_not_sent(), 0, &["resource_not_sent"])]
    {
        let server = lenient(&compat);
        let (request, exchange) = ExchangeRequest::new(grant(), &server).build(&ClientAuthentication::none()).unwrap();
        assert_eq!(resources(request.body()), sent);
        let mut tokens = exchange.receive(&json(200, body), now()).unwrap();
        assert_eq!(tokens.resources(), [api]);
        let id = client_id();
        let refresh = tokens.refresh_request(&server, &id).unwrap().build(&ClientAuthentication::none());
        let (request, refresh) = refresh.unwrap();
        assert_eq!(resources(request.body()), sent);
        tokens.update(refresh.receive(&json(200, body), now()).unwrap());
        assert_eq!(listed(tokens.deviations()), codes);
        let not_asked = crate::flow::grant();
        let (_, exchange) = ExchangeRequest::new(not_asked, &server).build(&ClientAuthentication::none()).unwrap();
        assert!(exchange.receive(&json(200, body), now()).unwrap().deviations().is_empty());
    }
}

#[test]
fn a_refresh_goes_along_as_the_exchange_did_and_adds_to_its_list() {
    let compat = Compat::strict().with_expires_in_text().with_scope_array();
    let server = lenient(&compat);
    let body = r#"{"access_token":"a","token_type":"Bearer","refresh_token":"r","expires_in":"60"}"#;
    let mut tokens = taken(&compat, &json(200, body), &["expires_in_text"]);
    let id = client_id();
    let build = |tokens: &TokenSet| {
        tokens.refresh_request(&server, &id).unwrap().build(&ClientAuthentication::none()).unwrap().1
    };
    let newer = json(200, r#"{"access_token":"b","token_type":"Bearer","scope":["openid"]}"#);
    let refreshed = build(&tokens).receive(&newer, now()).unwrap();
    tokens.update(refreshed);
    assert_eq!(listed(tokens.deviations()), ["expires_in_text", "scope_array"]);
    assert_eq!(tokens.refresh_token().unwrap().expose(), "r");
    let alone = build(&tokens).receive(&newer, now()).unwrap().into_tokens(RefreshToken::new("r").unwrap());
    assert_eq!(listed(alone.deviations()), ["scope_array"]);
}

#[test]
fn claims_list_what_they_needed_and_a_revocation_needs_nothing() {
    let server = lenient(&all_but(Deviation::ResourceNotSent));
    let tokens = taken(&Compat::strict(), &json(200, GOOD), &[]);
    let ask = || UserInfoRequest::new(tokens.access_token().unwrap(), "user-1", &server).build().unwrap().1;
    for (response, codes) in [
        (json(200, r#"{"sub":"user-1"}"#), vec![]),
        (json(201, r#"{"sub":"user-1"}"#), vec!["success_status"]),
        (typed(200, "application/x-www-form-urlencoded", "sub=user-1"), vec!["form_body"]),
    ] {
        let claims = ask().receive(&response).unwrap().into_claims().unwrap();
        assert_eq!(listed(claims.deviations()), codes);
    }
    let id = client_id();
    let end = || {
        let token = tokens.access_token().unwrap();
        RevocationRequest::new(token, &server, &id).build(&ClientAuthentication::none()).unwrap().1
    };
    assert!(end().receive(&json(200, "")).is_ok());
    assert_eq!(end().receive(&json(201, "")).unwrap_err().code(), "token_unexpected_status");
    // What the server says against it can be listed.
    let refused = end().receive(&json(403, r#"{"error":"invalid_client"}"#)).unwrap_err();
    assert_eq!(listed(refused.error_response().unwrap().deviations()), ["refusal_status"]);
}

#[test]
fn b3_pkce_refused() {
    let compat = Compat::strict().with_pkce_refused();
    for (compat, sent, codes) in [(Compat::strict(), true, &[][..]), (compat, false, &["pkce_refused"])] {
        let server = lenient(&compat);
        let redirect_uri = RedirectUri::new("https://app.example/cb").unwrap();
        let request = AuthorizationRequest::new(&server, client_id(), redirect_uri);
        let (url, pending) = request.begin(&[7; 96], now()).unwrap();
        let callback = format!("code=c&state={}", pending.state().expose());
        let grant = pending.receive(&callback, now()).unwrap();
        let (request, exchange) = ExchangeRequest::new(grant, &server).build(&ClientAuthentication::none()).unwrap();
        assert_eq!(url.contains("code_challenge="), sent);
        assert_eq!(pairs(request.body()).iter().any(|(name, _)| name == "code_verifier"), sent);
        assert_eq!(listed(exchange.receive(&json(200, GOOD), now()).unwrap().deviations()), codes);
    }
}

#[test]
fn b4_token_types_and_media_types_by_name() {
    let compat = Compat::strict().with_token_type_name("bot").with_token_type_name("User Access Token");
    for name in ["bot", "BOT", "User Access Token"] {
        let response = json(200, &with("token_type", &format!("\"{name}\"")));
        assert_eq!(code(&Compat::strict(), &response), "token_type_unknown");
        taken(&compat, &response, &["token_type_names"]);
    }
    assert_eq!(code(&compat, &json(200, &with("token_type", "\"DPoP\""))), "token_type_unknown");
    taken(&compat, &json(200, GOOD), &[]);

    let compat = Compat::strict().with_media_type("text/plain");
    for media_type in ["text/plain", "Text/Plain; charset=utf-8"] {
        assert_eq!(code(&Compat::strict(), &typed(200, media_type, GOOD)), "token_content_type");
        taken(&compat, &typed(200, media_type, GOOD), &["media_types"]);
    }
    assert_eq!(code(&compat, &typed(200, "text/html", GOOD)), "token_content_type");
    taken(&compat, &json(200, GOOD), &[]);
}

#[test]
fn b7_access_token_missing() {
    let compat = Compat::strict().with_access_token_missing();
    for body in [r#"{"id_token":"a.b.c","token_type":"Bearer"}"#, r#"{"id_token":"a.b.c","access_token":""}"#] {
        let tokens = taken(&compat, &json(200, body), &["access_token_missing"]);
        assert!(tokens.access_token().is_none() && tokens.id_token().is_some());
    }
    let response = json(200, r#"{"id_token":"a.b.c","token_type":"Bearer"}"#);
    assert_eq!(code(&Compat::strict(), &response), "token_member_missing");
    assert_eq!(code(&compat, &json(200, r#"{"token_type":"Bearer"}"#)), "token_member_missing");
    taken(&compat, &json(200, &with("id_token", "\"a.b.c\"")), &[]);
}

#[test]
fn b11_wider_scope_on_refresh() {
    let (id, wider) = (client_id(), scope("openid profile more"));
    let tokens = taken(&Compat::strict(), &json(200, &with("refresh_token", "\"r\"")), &[]);
    let ask = |compat: &Compat, asked: &proofkey_authorize::Scope| {
        let server = lenient(compat);
        let request = tokens.refresh_request(&server, &id).unwrap().scope(asked);
        let (request, refresh) = request.build(&ClientAuthentication::none()).map_err(|error| error.code())?;
        assert!(pairs(request.body()).contains(&("scope".to_owned(), asked.as_str().to_owned())));
        let refreshed = refresh.receive(&json(200, GOOD), now()).unwrap();
        Ok(refreshed.into_tokens(RefreshToken::new("r").unwrap()))
    };
    assert_eq!(ask(&Compat::strict(), &wider).err(), Some("token_request_wider_scope"));
    let compat = Compat::strict().with_wider_scope_on_refresh();
    let tokens = ask(&compat, &wider).unwrap();
    assert_eq!((listed(tokens.deviations()), tokens.scope()), (vec!["wider_scope_on_refresh"], Some(&wider)));
    assert!(ask(&compat, &scope("openid")).unwrap().deviations().is_empty());
}

#[test]
fn b4_a_response_of_another_shape_is_adapted_before_it_is_read() {
    let compat = Compat::strict().with_token_type_name("user");
    let adapted = |response: Response<Vec<u8>>| {
        at(
            &compat,
            &response.map(|body| {
                let document = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
                document.get("authed_user").map_or(body, |user| user.to_string().into_bytes())
            }),
        )
    };
    let slack =
        r#"{"ok":true,"authed_user":{"id":"U1","scope":"chat:write","access_token":"xoxp-1","token_type":"user"}}"#;
    assert_eq!(code(&compat, &json(200, slack)), "token_type_missing");
    let tokens = adapted(json(200, slack)).unwrap();
    assert_eq!((tokens.access_token().unwrap().expose(), tokens.scope()), ("xoxp-1", Some(&scope("chat:write"))));
    let refused = adapted(json(400, r#"{"ok":false,"error":"invalid_code"}"#)).unwrap_err();
    assert_eq!(refused.server_error(), Some("invalid_code"));
}
