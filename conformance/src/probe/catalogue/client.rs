//! Client authentication: RFC 6749 sections 2.3, 3.2.1 and 5.2.

use super::Probe;
use crate::case::Level::{Must, Should};
use crate::probe::bench::{Bench, random};
use crate::probe::config::{Auth, Client};
use crate::probe::stop::{Stop, received, refused};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "OA-31/wrong-secret",
        rows: &["OA-31"],
        level: Must,
        group: "clientauth",
        about: "A confidential client redeems its code with a wrong secret.",
        expected: "refuse with 400 or 401 invalid_client",
        advice: "Authenticate the client before you look up the code.",
        defects: &["client-unauthenticated"],
        run: |bench| as_impostor(bench, |client| Client { secret: Some(random()), ..client }),
    },
    Probe {
        id: "OA-31/no-secret",
        rows: &["OA-31"],
        level: Must,
        group: "clientauth",
        about: "A confidential client redeems its code without authentication, with its client_id alone.",
        expected: "refuse with 400 or 401 invalid_client or invalid_request",
        advice: "Let the registration decide whether a client must authenticate, not the request.",
        defects: &["client-unauthenticated", "secret-may-be-missing"],
        run: |bench| as_impostor(bench, |client| Client { secret: None, ..client }),
    },
    Probe {
        id: "OA-40/www-authenticate",
        rows: &["OA-40"],
        level: Must,
        group: "clientauth",
        about: "A client authenticates with Authorization: Basic and a wrong secret.",
        expected: "refuse with 401 invalid_client and a WWW-Authenticate: Basic header",
        advice: "If authentication by the Authorization header fails, answer 401 with WWW-Authenticate: Basic (RFC \
          6749 section 5.2).",
        defects: &["no-www-authenticate", "client-unauthenticated"],
        run: |bench| {
            let is_basic = |client: &Client| !client.is_public() && client.auth == Auth::Basic;
            let client = bench.client(is_basic, "client that authenticates with Basic")?;
            bench.login(&client)?;
            // A code that is good, so that nothing but the secret is wrong.
            let granted = bench.code(&client)?;
            let impostor = Client { secret: Some(random()), ..client };
            let answer = bench.token(&impostor, &bench.redemption(&granted));
            refused(answer.clone(), &[401], &["invalid_client"])?;
            let challenge = received(answer, "401")?.header("www-authenticate").unwrap_or_default().to_lowercase();
            if challenge.starts_with("basic") {
                Ok(())
            } else {
                Err(Stop::breach("WWW-Authenticate: Basic", &format!("{challenge:?}")))
            }
        },
    },
    Probe {
        id: "BP-24/asymmetric-authentication",
        rows: &["BP-24"],
        level: Should,
        group: "meta",
        about: "The metadata document.",
        expected: "list private_key_jwt or mutual TLS in token_endpoint_auth_methods_supported",
        advice: "Support private_key_jwt (RFC 7523) or mutual TLS (RFC 8705): the server then stores no secret of the \
          client.",
        defects: &["no-asymmetric-authentication"],
        run: |bench| {
            if !bench.target.has_metadata() {
                return Err(Stop::NotTested("there is no metadata document".into()));
            }
            let client = bench.any();
            bench.login(&client)?;
            let methods = bench.target.list("token_endpoint_auth_methods_supported");
            let asymmetric = ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];
            if asymmetric.iter().any(|method| methods.contains(method)) {
                Ok(())
            } else {
                Err(Stop::breach(
                    "private_key_jwt, tls_client_auth or self_signed_tls_client_auth",
                    &format!("{methods:?}"),
                ))
            }
        },
    },
];

/// A confidential client's login, then the same with an impostor at the token endpoint.
fn as_impostor(bench: &mut Bench<'_>, change: impl Fn(Client) -> Client) -> Result<(), Stop> {
    let client = bench.confidential()?;
    bench.login(&client)?;
    let granted = bench.code(&client)?;
    let answer = bench.token(&change(client), &bench.redemption(&granted));
    refused(answer, &[400, 401], &["invalid_client", "invalid_request", "unauthorized_client"])
}
