//! `iss` on the callback: RFC 9207.

use proofkey_authority::lie::{JsonEdit, ParamEdit};
use proofkey_authority::{Lie, Setup};

use super::{refuse, refuse_after};
use crate::case::{Case, Expect, Profile};
use crate::tamper::Tamper;

pub(super) fn cases() -> Vec<Case> {
    let case = |id, rows, about, mutants| Case::new(id, rows, "callback", about, refuse(&["iss"]), mutants).discovery();
    vec![
        case("IS-04/iss-of-another", &["IS-04", "IS-03", "BP-09"], "iss names another server.", &["iss-ignored"])
            .lie(Lie::callback([ParamEdit::set("iss", "https://attacker.example/")])),
        case(
            "IS-03/iss-longer",
            &["IS-03", "IS-04", "BP-09"],
            "iss is the issuer with a suffix.",
            &["iss-ignored", "iss-prefix"],
        )
        .tamper([Tamper::Extend("iss", "x")]),
        case(
            "IS-03/iss-encoded-twice",
            &["IS-03", "IS-04", "BP-09"],
            "iss is percent-encoded twice: it is decoded once.",
            &["callback-decoded-twice", "iss-ignored"],
        )
        .tamper([Tamper::Again("iss")]),
        case(
            "IS-05/iss-missing",
            &["IS-05", "BP-09"],
            "The server announces iss, but sends none.",
            &["iss-missing-ok", "iss-ignored"],
        )
        .tamper([Tamper::Remove("iss")]),
        case(
            "IS-04/iss-of-another-with-error",
            &["IS-04", "BP-09", "OA-27"],
            "An error from another server.",
            &["iss-ignored", "iss-not-checked-on-error"],
        )
        .lie(Lie::callback([
            ParamEdit::remove("code"),
            ParamEdit::set("error", "access_denied"),
            ParamEdit::set("iss", "https://attacker.example/"),
        ])),
        case(
            "IS-03/iss-without-the-slash",
            &["IS-03", "IS-04", "BP-09"],
            "iss lacks the slash at its end.",
            &["iss-ignored", "iss-slash-ok"],
        )
        .lie(Lie::callback([ParamEdit::set("iss", "{issuer|chop}")])),
        case(
            "IS-03/iss-in-upper-case",
            &["IS-03", "IS-04", "BP-09"],
            "iss is written in upper case.",
            &["iss-ignored", "iss-case-insensitive"],
        )
        .lie(Lie::callback([ParamEdit::set("iss", "{issuer|upper}")])),
        Case::new(
            "IS-03/iss-decoded",
            &["IS-03"],
            "callback",
            "iss is percent-encoded in the callback: it is decoded before it is compared.",
            Expect::Accept(|_| Ok(())),
            &["iss-not-decoded"],
        )
        .discovery(),
        Case::new(
            "IS-06/iss-not-announced",
            &["IS-06"],
            "callback",
            "The server does not announce iss, and sends that of another: if iss is present, it is compared (RFC 9207 \
              section 2.4).",
            refuse(&["iss", "callback_malformed"]),
            &["iss-undeclared-ignored", "iss-ignored"],
        )
        .discovery()
        .setup(Setup {
            announces_iss: false,
            ..Setup::lying(Lie::callback([ParamEdit::set("iss", "https://attacker.example/")]))
        }),
        Case::new(
            "IS-07/id-token-of-another-issuer",
            &["IS-07", "ID-07"],
            "id_token",
            "iss of the callback is right, and iss of the ID token is another: two issuers in one login.",
            refuse_after(&["claim_iss"]),
            &["iss-claim-ignored"],
        )
        .profile(Profile::OpenId)
        .discovery()
        .lie(Lie::claims([JsonEdit::set("iss", "https://attacker.example/")])),
        Case::new(
            "IS-09/iss-repeated",
            &["IS-09", "OA-52"],
            "callback",
            "iss stands twice.",
            refuse(&["iss", "callback_malformed"]),
            &["first-of-duplicate-iss"],
        )
        .tamper([Tamper::Append("iss", "https%3A%2F%2Fattacker.example%2F")])
        .should(),
    ]
}
