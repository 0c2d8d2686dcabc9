//! Switches that overlook a lie: without the switch the client refuses, with it the login succeeds.

use proofkey_authority::Endpoint::{Jwks, Metadata, Token, UserInfo};
use proofkey_authority::lie::{
    CodeLie, JsonEdit, Lie, ParamEdit, ResponseEdit, ResponseEdit::Header, ResponseEdit::Status, When,
};
use proofkey_authority::{IssuerShape, Setup};
use serde_json::{Value, json};

use crate::drive::Login;

/// A switch, what it overlooks, and the class of the refusal when it is off.
pub(crate) type Overlooked = (&'static str, Lie, &'static str);

/// Runs each line of a table, with the switch off and on; all differences at once.
pub(crate) async fn check(login: &Login, table: Vec<Overlooked>) {
    let mut wrong = Vec::new();
    for (switch, lie, class) in table {
        let mut login = login.clone();
        login.setup.lie = Some(lie);
        let off = login.run().await;
        if off.verdict() != class {
            wrong.push(format!("without {switch}: {} instead of {class}: {}", off.verdict(), off.result));
        }
        let on = login.with(switch).run().await;
        if on.verdict() != "ok" {
            wrong.push(format!("with {switch}: {}", on.result));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn set(name: &str, value: &str) -> Lie {
    Lie::callback([ParamEdit::set(name, value)])
}

fn metadata(name: &str, value: impl Into<Value>) -> Lie {
    Lie::metadata([JsonEdit::set(name, value)])
}

#[tokio::test]
async fn of_the_callback() {
    let twice = |name: &str, value: &str| Lie::callback([ParamEdit::Append(name.into(), value.into())]);
    let before = |name: &str, value: &str| Lie::callback([ParamEdit::Prepend(name.into(), value.into())]);
    check(
        &Login::new(Setup::witness()),
        vec![
            ("skip-state", set("state", "wrong"), "state"),
            ("state-wrong-ok", set("state", "wrong"), "state"),
            ("state-missing-ok", Lie::callback([ParamEdit::remove("state")]), "state"),
            ("state-empty-ok", set("state", ""), "state"),
            ("state-prefix-ok", set("state", "{state|half}"), "state"),
            ("state-longer-ok", set("state", "{state}x"), "state"),
            ("state-case-insensitive", set("state", "{state|swapcase}"), "state"),
            ("first-of-duplicate-code", twice("code", "other"), "callback_malformed"),
            ("first-of-duplicate-state", twice("state", "other"), "callback_malformed"),
            ("first-of-duplicate-iss", twice("iss", "other"), "callback_malformed"),
            ("last-of-duplicate-code", before("code", "other"), "callback_malformed"),
            ("last-of-duplicate-state", before("state", "other"), "callback_malformed"),
            ("last-of-duplicate-iss", before("iss", "other"), "callback_malformed"),
            ("callback-address-ignored", Lie::CallbackAddress("http://localhost:8092/x".into()), "callback_malformed"),
            ("callback-uncapped", Lie::callback([ParamEdit::SetLong("x".into(), 65_536)]), "callback_malformed"),
            ("callback-encoding-ignored", Lie::callback([ParamEdit::Suffix("&x=%zz".into())]), "callback_malformed"),
            ("iss-ignored", set("iss", "https://other.example/"), "iss"),
            ("iss-missing-ok", Lie::callback([ParamEdit::remove("iss")]), "iss"),
            ("iss-prefix", set("iss", "{issuer}more"), "iss"),
            ("iss-slash-ok", set("iss", "{base}"), "iss"),
            ("iss-case-insensitive", set("iss", "{issuer|upper}"), "iss"),
            ("error-ignored-when-code", Lie::callback([ParamEdit::set("error", "access_denied")]), "as_error"),
        ],
    )
    .await;
}

#[tokio::test]
async fn of_an_iss_that_was_not_announced() {
    let setup = Setup { announces_iss: false, ..Setup::witness() };
    check(&Login::new(setup), vec![("iss-undeclared-ignored", set("iss", "https://other.example/"), "iss")]).await;
}

#[tokio::test]
async fn of_the_metadata() {
    let jwt = "e30.eyJ0b2tlbl9lbmRwb2ludCI6Imh0dHA6Ly8xMjcuMC4wLjE6MS9ldmlsIn0.x";
    let signed = Login::new(Setup::lying(metadata("signed_metadata", jwt)));
    assert_eq!(signed.run().await.verdict(), "ok");
    assert_eq!(signed.with("discovery-signed-metadata-trusted").run().await.verdict(), "token_http");
    check(
        &Login::new(Setup::witness()),
        vec![
            ("discovery-issuer-ignored", metadata("issuer", "https://other.example/"), "issuer"),
            ("discovery-issuer-missing-ok", Lie::metadata([JsonEdit::remove("issuer")]), "issuer"),
            ("discovery-issuer-slash-ok", metadata("issuer", "{base}"), "issuer"),
            ("discovery-issuer-case-ok", metadata("issuer", "{issuer|upper}"), "issuer"),
            ("discovery-issuer-prefix-ok", metadata("issuer", "{issuer}more"), "issuer"),
            ("discovery-status-ignored", Lie::response(Metadata, [Status(404)]), "discovery"),
            ("discovery-type-ignored", of_type(Metadata, "text/html"), "discovery"),
            ("discovery-duplicates-ok", Lie::metadata([JsonEdit::duplicate_first("issuer", "x")]), "discovery"),
            ("discovery-endpoints-guessed", Lie::metadata([JsonEdit::remove("token_endpoint")]), "discovery"),
            ("discovery-scheme-ok", metadata("revocation_endpoint", "javascript:alert(1)"), "discovery"),
            ("discovery-http-ok", metadata("revocation_endpoint", "http://as.example/revoke"), "discovery"),
            ("discovery-shell-ok", metadata("revocation_endpoint", "https://as.example/$(id)"), "discovery"),
            ("discovery-body-uncapped", Lie::response(Metadata, [ResponseEdit::Blanks(1 << 21)]), "discovery"),
            ("plain-when-only-plain", metadata("code_challenge_methods_supported", json!(["plain"])), "pkce"),
        ],
    )
    .await;
}

fn of_type(endpoint: proofkey_authority::Endpoint, kind: &str) -> Lie {
    Lie::response(endpoint, [Header("content-type".into(), kind.into())])
}

#[tokio::test]
async fn of_the_token_response() {
    let with = |name: &str, value: Value| Lie::token_response([JsonEdit::set(name, value)]);
    let without = |name: &str| Lie::token_response([JsonEdit::remove(name)]);
    let oauth = Login::new(Setup::witness()).config(json!({"scope": "profile"}));
    check(
        &oauth,
        vec![
            ("token-status-ignored", Lie::response(Token, [Status(500)]), "token_http"),
            ("token-type-header-ignored", of_type(Token, "text/plain"), "token_malformed"),
            ("token-error-as-success", Lie::Code(CodeLie::Unknown), "token_error"),
            ("token-error-with-200-ok", with("error", json!("invalid_grant")), "token_error"),
            ("token-duplicates-ok", Lie::token_response([JsonEdit::duplicate("scope", "x")]), "token_malformed"),
            ("token-body-uncapped", Lie::response(Token, [ResponseEdit::Blanks(1 << 21)]), "token_http"),
            ("access-token-missing-ok", without("access_token"), "token_malformed"),
            ("access-token-empty-ok", with("access_token", json!("")), "token_malformed"),
            ("access-token-number-ok", with("access_token", json!(17)), "token_malformed"),
            ("access-token-charset-ok", with("access_token", json!("a\r\nb")), "token_malformed"),
            ("token-type-ignored", with("token_type", json!("mac")), "token_type"),
            ("token-type-missing-ok", without("token_type"), "token_type"),
            ("expires-in-string-ok", with("expires_in", json!("60")), "token_malformed"),
            ("expires-in-negative-ok", with("expires_in", json!(-1)), "token_malformed"),
            ("expires-in-fraction-ok", with("expires_in", json!(1.5)), "token_malformed"),
            ("scope-type-ignored", with("scope", json!(["a"])), "token_malformed"),
            ("refresh-token-type-ignored", with("refresh_token", json!(7)), "token_malformed"),
        ],
    )
    .await;
    let openid = Login::new(Setup::witness());
    check(&openid, vec![("id-token-missing-ok", without("id_token"), "jwt_malformed")]).await;
}

#[tokio::test]
async fn of_userinfo_and_after() {
    let userinfo = |edits: [JsonEdit; 1]| Lie::userinfo(edits);
    check(
        &Login::new(Setup::witness()).then(&["userinfo"]),
        vec![
            ("userinfo-sub-ignored", userinfo([JsonEdit::set("sub", "auth0|mallory")]), "userinfo_sub"),
            ("userinfo-sub-missing-ok", userinfo([JsonEdit::remove("sub")]), "userinfo_sub"),
            ("userinfo-status-ignored", Lie::response(UserInfo, [Status(500)]), "token_http"),
            ("userinfo-type-ignored", of_type(UserInfo, "text/html"), "token_malformed"),
            ("userinfo-duplicates-ok", userinfo([JsonEdit::duplicate("email", "x")]), "token_malformed"),
            ("userinfo-body-uncapped", Lie::response(UserInfo, [ResponseEdit::Blanks(1 << 21)]), "token_http"),
        ],
    )
    .await;
    let revocation = |edits: Vec<ResponseEdit>| Lie::response(proofkey_authority::Endpoint::Revocation, edits);
    check(
        &Login::new(Setup::witness()).then(&["revoke"]),
        vec![
            ("revoke-503-as-success", revocation(vec![Status(503)]), "token_http"),
            (
                "revoke-error-as-success",
                Lie::error(proofkey_authority::Endpoint::Revocation, 400, "unsupported_token_type"),
                "token_error",
            ),
        ],
    )
    .await;
    let later = |edit: JsonEdit| Lie::claims([edit]).only(When::AfterFirst);
    check(
        &Login::new(Setup::witness()).then(&["refresh"]),
        vec![
            ("refresh-iss-ignored", later(JsonEdit::set("iss", "https://other.example/")), "claim_iss"),
            ("refresh-sub-ignored", later(JsonEdit::set("sub", "auth0|mallory")), "claim_sub"),
            ("refresh-aud-ignored", later(JsonEdit::set("aud", "another-client")), "claim_aud"),
            ("refresh-iat-ignored", later(JsonEdit::set_time("iat", -3600)), "claim_iat"),
            ("refresh-nonce-ignored", later(JsonEdit::set("nonce", "other")), "claim_nonce"),
            ("refresh-id-token-unchecked", later(JsonEdit::set("iss", "https://other.example/")), "claim_iss"),
            ("refresh-error-as-success", Lie::error(Token, 400, "invalid_grant").only(When::AfterFirst), "token_error"),
        ],
    )
    .await;
}

#[tokio::test]
async fn of_redirects() {
    // The page that the redirect leads to gives the honest answer, so that following it logs in.
    for (switch, endpoint, class) in [
        ("discovery-redirect-followed", Metadata, "redirect"),
        ("token-redirect-followed", Token, "redirect"),
        ("jwks-redirect-followed", Jwks, "redirect"),
    ] {
        let setup = Setup { issuer: IssuerShape::Slash, ..Setup::lying(Lie::redirect(endpoint, 307, "{attacker}")) };
        let login = Login::new(setup);
        let off = login.run().await;
        assert_eq!((off.verdict().as_str(), off.wire.attacker_requests().len()), (class, 0), "{switch}");
        let on = login.with(switch).run().await;
        assert_eq!(on.wire.attacker_requests().len(), 1, "{switch}: {}", on.result);
    }
}
