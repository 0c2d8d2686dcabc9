//! After the login: user info about the same person, and refreshed ID tokens.

use proofkey_authority::lie::{IdTokenEdit, JsonEdit, ResponseEdit, Signing, When};
use proofkey_authority::{Endpoint, Lie};

use crate::case::{Case, Check, Expect, Profile, Step};

const SCOPE: &str = "openid profile email offline_access";

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let userinfo = |id, rows, about, classes, mutants, lie| {
        let refuse = Expect::Refuse { classes, token_requests: 1, code: None };
        Case::new(id, rows, "userinfo", about, refuse, mutants).profile(Profile::OpenId).lie(lie)
            .then(Step::UserInfo("f1"))
    };
    let later = |edits: Vec<JsonEdit>| {
        Lie::IdToken { when: When::AfterFirst, edits: edits.into_iter().map(IdTokenEdit::Claim).collect() }
    };
    let refreshed = |id, about, expect, mutants, edits| {
        Case::new(id, &["ID-34", "ID-07", "ID-08"], "refresh", about, expect, mutants).profile(Profile::OpenId).config("scope", SCOPE)
            .lie(later(edits)).then(Step::Refresh("f1"))
    };
    let wrong = |id, about, classes, mutants, edit| {
        refreshed(id, about, Expect::Refuse { classes, token_requests: 2, code: None }, mutants, vec![edit])
    };
    let right: Check = |_| Ok(());
    vec![
        userinfo("ID-33/sub-other", &["ID-33"], "sub of the user info is that of another user.", &["userinfo_sub"],
            &["userinfo-sub-ignored"], Lie::userinfo([JsonEdit::set("sub", "auth0|mallory")])),
        userinfo("ID-33/sub-missing", &["ID-33"], "The user info has no sub.", &["userinfo_sub", "token_malformed"],
            &["userinfo-sub-missing-ok"], Lie::userinfo([JsonEdit::remove("sub")])),
        Case::new("ID-33/sub-twice", &["ID-33"], "userinfo",
            "sub is repeated in the user info: first that of another user, then the right one.",
            Expect::Choice(&["userinfo_sub", "token_malformed"]), &["userinfo-duplicates-ok"])
            .profile(Profile::OpenId).lie(Lie::userinfo([JsonEdit::duplicate_first("sub", "auth0|mallory")]))
            .then(Step::UserInfo("f1")),
        userinfo("ID-33/claims-with-an-error-status", &["ID-33"], "User info has status 500.",
            &["token_http", "token_malformed", "token_error"], &["userinfo-status-ignored"],
            Lie::response(Endpoint::UserInfo, [ResponseEdit::Status(500)])).should(),
        Case::new("ID-33/claims-as-a-page", &["ID-33"], "userinfo", "The Content-Type of the user info is text/html.",
            Expect::Choice(&["token_malformed", "token_http"]), &["userinfo-type-ignored"])
            .profile(Profile::OpenId).then(Step::UserInfo("f1"))
            .lie(Lie::response(Endpoint::UserInfo, [ResponseEdit::Header("content-type".into(), "text/html".into())])),

        refreshed("ID-34/refreshed", "A refresh returns a new ID token for the same user.",
            Expect::Accept(right), &["refresh-nonce-required"], vec![JsonEdit::remove("nonce")]),
        wrong("ID-34/iss-other", "The refreshed ID token is from another issuer.", &["claim_iss"],
            &["refresh-iss-ignored", "refresh-id-token-unchecked"], JsonEdit::set("iss", "https://attacker.example/")),
        wrong("ID-34/sub-other", "The refreshed ID token is for another user.", &["claim_sub"],
            &["refresh-sub-ignored", "refresh-id-token-unchecked"], JsonEdit::set("sub", "auth0|mallory")),
        wrong("ID-34/aud-other", "The refreshed ID token is for another client.", &["claim_aud"],
            &["refresh-aud-ignored", "refresh-id-token-unchecked"], JsonEdit::set("aud", "another-client")),
        wrong("ID-34/iat-older", "The refreshed ID token has an earlier iat than the first.", &["claim_iat"],
            &["refresh-iat-ignored", "refresh-id-token-unchecked"], JsonEdit::set_time("iat", -7200)),
        wrong("ID-34/nonce-other", "The refreshed ID token has another nonce.", &["claim_nonce"],
            &["refresh-nonce-ignored", "refresh-id-token-unchecked"], JsonEdit::set("nonce", "another")),
        refreshed("ID-34/nonce-null", "The nonce of the refreshed ID token is null.", Expect::Choice(&["claim_nonce"]),
            &["nonce-type-ok", "nonce-missing"], vec![JsonEdit::set("nonce", serde_json::Value::Null)]),
        wrong("ID-34/azp-appeared", "The refreshed ID token has an azp, which that of the login lacked.",
            &["claim_azp"], &["refresh-azp-ignored", "refresh-id-token-unchecked"], JsonEdit::set("azp", "{client_id}")),
        wrong("ID-34/expired", "The refreshed ID token has expired.", &["claim_exp"], &["refresh-id-token-unchecked"],
            JsonEdit::set_time("exp", -60)).of(&["ID-34", "ID-17"]),
        wrong("ID-34/foreign-key", "The refreshed ID token is signed by an unknown key.", &["signature", "key"],
            &["refresh-id-token-unchecked"], JsonEdit::remove("nonce")).of(&["ID-34", "ID-12", "ID-13"])
            .lie(Lie::IdToken { when: When::AfterFirst, edits: vec![IdTokenEdit::Sign(Signing::Foreign)] }),
        wrong("ID-34/auth-time-other", "The refreshed ID token has another auth_time.", &["claim_auth_time"],
            &["refresh-auth-time-ignored", "refresh-id-token-unchecked"], JsonEdit::set_time("auth_time", -600)).config("max_age", 86_400),
    ]
}
