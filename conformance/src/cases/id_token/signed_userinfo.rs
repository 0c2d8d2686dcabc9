//! User info as a signed token: OpenID Connect Core sections 5.3.2 and 5.3.4.

use proofkey_authority::lie::{IdTokenEdit, JsonEdit, Signing};
use proofkey_authority::{Lie, Setup};

use crate::case::{Case, Expect, Profile, Step};

#[rustfmt::skip] // A table: a paragraph a case.
pub(super) fn cases() -> Vec<Case> {
    let refused = |id, about, classes, mutants, edit| {
        let signed = Setup { userinfo_signed: true, ..Setup::witness() };
        let refuse = Expect::Refuse { classes, token_requests: 1, code: None };
        Case::new(id, &["ID-40"], "userinfo", about, refuse, mutants).profile(Profile::OpenId)
            .setup(signed).lie(Lie::SignedUserInfo(vec![edit])).then(Step::UserInfo("f1"))
    };
    let claim = |name, value| IdTokenEdit::Claim(JsonEdit::set(name, value));
    vec![
        refused("ID-40/foreign-key", "The signed user info is signed with a key that is not the issuer's.", &["signature", "key"],
            &["userinfo-signature-ignored", "no-signature-check", "signature-wrong-ok"], IdTokenEdit::Sign(Signing::Foreign)).should(),
        refused("ID-40/changed", "The signed user info was changed after it was signed.", &["signature", "key"],
            &["userinfo-signature-ignored", "no-signature-check", "signature-wrong-ok"],
            IdTokenEdit::Tamper(JsonEdit::set("email", "admin@example.com"))).should(),
        refused("ID-40/alg-none", "The signed user info has alg none.", &["alg"],
            &["userinfo-signature-ignored", "userinfo-alg-none-ok", "alg-none-ok"],
            IdTokenEdit::Sign(Signing::None("none".into()))).should(),
        refused("ID-40/sub-other", "sub of the signed user info is that of another user.", &["userinfo_sub"],
            &["userinfo-sub-ignored"], claim("sub", "auth0|mallory")).of(&["ID-40", "ID-33"]),
        refused("ID-40/iss-other", "The signed user info is from another issuer.", &["claim_iss"],
            &["userinfo-iss-ignored"], claim("iss", "https://attacker.example/")).should(),
        refused("ID-40/aud-other", "The signed user info is for another client.", &["claim_aud"],
            &["userinfo-aud-ignored"], claim("aud", "another-client")).should(),
    ]
}
