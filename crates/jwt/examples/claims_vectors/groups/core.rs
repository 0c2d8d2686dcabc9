//! The rules once over, and the signature, for each algorithm: what a verifier must have before the rest is worth running.

use super::super::vector::Forgery::{BitFlipped, Empty, OfHonestClaims, Unsigned};
use super::*;

pub(super) fn groups() -> Vec<Group> {
    vec![
        Group::new("the rules once over, RS256", Expected::default(), tests()),
        Group::new("the rules once over, ES256", Expected::default(), tests()).signed_by("ES256"),
        Group::new("the rules once over, EdDSA", Expected::default(), tests()).signed_by("EdDSA"),
    ]
}

fn tests() -> Vec<Test> {
    vec![
        valid("an honest token", keep(), &[Normal]),
        valid("with all the optional claims", optional(), &[Normal]),
        invalid("claims changed after signing", set_text("sub", "another-user"), &["signature"], &[Signature])
            .forged(OfHonestClaims),
        invalid("one bit of the signature turned over", keep(), &["signature"], &[Signature]).forged(BitFlipped),
        invalid("an empty signature", keep(), &["signature", "jwt_malformed"], &[Signature]).forged(Empty),
        invalid("alg none and no signature", keep(), &["alg"], &[Signature]).forged(Unsigned),
        invalid("another issuer", set_text("iss", "https://other.example"), &["claim_iss"], &[Issuer]),
        invalid("another client", set_text("aud", "other-client"), &["claim_aud"], &[Audience]),
        invalid("no sub", remove("sub"), &["claim_sub"], &[Missing]),
        invalid("exp an hour ago", set("exp", NOW - 3600), &["claim_exp"], &[Expired]),
        invalid("nbf in an hour", set("nbf", NOW + 3600), &["claim_nbf"], &[NotYetValid]),
        invalid("no iat", remove("iat"), &["claim_iat"], &[Missing]),
        invalid("the nonce of another login", set_text("nonce", "another"), &["claim_nonce"], &[Nonce]),
        invalid("no nonce", remove("nonce"), &["claim_nonce"], &[Nonce]),
    ]
}

fn optional() -> Edits {
    set("nbf", NOW - 10)
        .and(set("auth_time", NOW - 60))
        .and(set_text("acr", "urn:example:gold"))
        .and(set("amr", "[\"pwd\",\"otp\"]"))
        .and(set_text("azp", Expected::default().client_id))
        .and(set_text("jti", "f3b8"))
        .and(set_text("name", "Jane Doe"))
        .and(set_text("email", "jane@client.example"))
        .and(set("email_verified", "true"))
}
