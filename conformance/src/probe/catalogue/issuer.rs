//! What the server says of itself: RFC 8414, OpenID Connect Discovery, and RFC 9207.

use super::Probe;
use super::code::is_json;
use crate::case::Level::{Must, Should};
use crate::probe::bench::{Bench, End, described, shown};
use crate::probe::reach::is_loopback;
use crate::probe::stop::{Stop, received};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "IS-01/iss-with-the-code",
        rows: &["IS-01"],
        level: Must,
        group: "iss",
        about: "The authorization response of an ordinary login.",
        expected: "have iss",
        advice: "Add iss to each authorization response: it prevents mix-up attacks.",
        defects: &["iss-missing"],
        run: |bench| {
            let client = bench.any();
            let callback = bench.login(&client)?.granted.callback;
            match (callback.get("iss"), bench.target.says(ANNOUNCED)) {
                (Some(_), _) => Ok(()),
                (None, true) => Err(Stop::breach("iss, as the metadata announces", "none")),
                (None, false) => Err(Stop::NotClaimed("the server neither announces nor sends iss".into())),
            }
        },
    },
    Probe {
        id: "IS-01/iss-with-an-error",
        rows: &["IS-01"],
        level: Must,
        group: "iss",
        about: "An error response to the client, from a server that sends or announces iss.",
        expected: "have iss as well",
        advice: "Add iss where you build the redirect, not where you issue the code.",
        defects: &["iss-missing", "iss-missing-in-errors"],
        run: |bench| {
            let client = bench.any();
            let callback = bench.login(&client)?.granted.callback;
            if callback.get("iss").is_none() && !bench.target.says(ANNOUNCED) {
                return Err(Stop::NotClaimed("the server neither announces nor sends iss".into()));
            }
            match received(bench.end(&bench.ask(&client).set("response_type", "proofkey")), "an error with iss")? {
                End::Error(callback) if callback.get("iss").is_some() => Ok(()),
                End::Error(_) => Err(Stop::breach("an error with iss", "an error without")),
                end => Err(Stop::NotTested(format!("the client received no error, but {}", described(&end)))),
            }
        },
    },
    Probe {
        id: "IS-02/value-of-iss",
        rows: &["IS-02"],
        level: Must,
        group: "iss",
        about: "iss of the authorization response.",
        expected: "be the issuer, byte for byte",
        advice: "Send the issuer exactly as in the metadata, without an added or missing slash, or another host.",
        defects: &["iss-of-another"],
        run: |bench| {
            let client = bench.any();
            let callback = bench.login(&client)?.granted.callback;
            let Some(iss) = callback.get("iss") else { return Err(Stop::NotClaimed("the server sends no iss".into())) };
            if iss == bench.target.issuer { Ok(()) } else { Err(Stop::breach(&bench.target.issuer, &shown(iss))) }
        },
    },
    Probe {
        id: "IS-08/iss-announced",
        rows: &["IS-08"],
        level: Must,
        group: "meta",
        about: "The metadata of a server that sends iss.",
        expected: "have authorization_response_iss_parameter_supported true",
        advice: "Announce it: only then may a client refuse a response without iss.",
        defects: &["iss-unannounced"],
        run: |bench| {
            let client = bench.any();
            let callback = bench.login(&client)?.granted.callback;
            if callback.get("iss").is_none() {
                return Err(Stop::NotClaimed("the server sends no iss".into()));
            }
            if bench.target.says(ANNOUNCED) { Ok(()) } else { Err(Stop::breach("true", "it is absent, or false")) }
        },
    },
    Probe {
        id: "DI-04/issuer",
        rows: &["DI-04"],
        level: Must,
        group: "meta",
        about: "`issuer` of the metadata.",
        expected: "be the configured issuer, byte for byte, with https (or on loopback), without query and fragment",
        advice: "Publish the issuer as clients configure it. Clients compare it byte for byte.",
        defects: &["issuer-with-a-query"],
        run: |bench| {
            let client = documented(bench)?;
            bench.login(&client)?;
            let issuer = bench.target.text("issuer").unwrap_or_default();
            let is_secure = issuer.starts_with("https://") || is_loopback(&issuer);
            if issuer == bench.target.issuer && is_secure && !issuer.contains(['?', '#']) {
                Ok(())
            } else {
                Err(Stop::breach(&bench.target.issuer, &shown(&issuer)))
            }
        },
    },
    Probe {
        id: "DI-05/content-type",
        rows: &["DI-05"],
        level: Must,
        group: "meta",
        about: "The response with the metadata.",
        expected: "be application/json",
        advice: "Serve the document as application/json.",
        defects: &["metadata-is-text"],
        run: |bench| {
            let client = documented(bench)?;
            bench.login(&client)?;
            let answer = bench.target.document.as_ref().map(|(_, answer)| answer);
            let kind = answer.and_then(|answer| answer.header("content-type")).unwrap_or_default();
            if is_json(kind) { Ok(()) } else { Err(Stop::breach("application/json", &format!("{kind:?}"))) }
        },
    },
    Probe {
        id: "DI-10/required-members",
        rows: &["DI-10"],
        level: Must,
        group: "meta",
        about: "The metadata of an OpenID provider.",
        expected: "have every member that OpenID Connect Discovery requires",
        advice: "Add the missing members; the list is in OpenID Connect Discovery section 3.",
        defects: &["no-subject-types"],
        run: |bench| {
            if !bench.target.is_openid() {
                return Err(Stop::NotTested("`scope` in as.toml has no openid".into()));
            }
            let client = documented(bench)?;
            bench.login(&client)?;
            let texts = ["issuer", "authorization_endpoint", "jwks_uri"];
            let lists =
                ["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"];
            let missing: Vec<&str> = texts
                .into_iter()
                .filter(|name| bench.target.text(name).is_none())
                .chain(lists.into_iter().filter(|name| bench.target.list(name).is_empty()))
                .collect();
            if missing.is_empty() {
                Ok(())
            } else {
                Err(Stop::breach("all of them", &format!("no {}", missing.join(", "))))
            }
        },
    },
    Probe {
        id: "BP-27/metadata",
        rows: &["BP-27"],
        level: Should,
        group: "meta",
        about: "The metadata, at the address of RFC 8414 or of OpenID Connect Discovery.",
        expected: "be published",
        advice: "Publish /.well-known/oauth-authorization-server or /.well-known/openid-configuration.",
        defects: &["no-metadata"],
        run: |bench| {
            let client = bench.any();
            bench.login(&client)?;
            if bench.target.has_metadata() { Ok(()) } else { Err(Stop::breach("a document", "none at either address")) }
        },
    },
];

const ANNOUNCED: &str = "authorization_response_iss_parameter_supported";

/// A client, where there is a metadata document to look at.
fn documented(bench: &Bench<'_>) -> Result<crate::probe::config::Client, Stop> {
    if bench.target.has_metadata() {
        Ok(bench.any())
    } else {
        Err(Stop::NotTested("there is no metadata document".into()))
    }
}
