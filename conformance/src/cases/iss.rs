//! `iss` on the callback: RFC 9207.

use proofkey_authority::Lie;
use proofkey_authority::lie::ParamEdit;

use super::refuse;
use crate::case::{Case, Tamper};

pub(super) fn cases() -> Vec<Case> {
    let case = |id, rows, about, mutants| Case::new(id, rows, "callback", about, refuse(&["iss"]), mutants).discovery();
    vec![
        case("IS-04/iss-of-another", &["IS-04", "IS-03", "BP-09"], "iss names another server.", &["iss-ignored"])
            .lie(Lie::callback([ParamEdit::set("iss", "https://attacker.example/")])),
        case(
            "IS-03/iss-longer",
            &["IS-03", "IS-04", "BP-09"],
            "iss has something behind the issuer.",
            &["iss-ignored", "iss-prefix"],
        )
        .tamper([Tamper::Extend("iss", "x")]),
        case(
            "IS-05/iss-missing",
            &["IS-05", "BP-09"],
            "The server announces iss and sends none.",
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
        Case::new(
            "IS-09/iss-repeated",
            &["IS-09", "OA-52"],
            "callback",
            "iss stands twice.",
            refuse(&["iss", "callback_malformed"]),
            &["first-of-duplicate-iss"],
        )
        .tamper([Tamper::Append("iss", "https%3A%2F%2Fattacker.example%2F")]),
    ]
}
