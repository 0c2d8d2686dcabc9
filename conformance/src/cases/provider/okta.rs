//! Okta.

use proofkey_authority::{Endpoint, IssuerShape, Lie, Setup};
use serde_json::json;

use super::{ALL_NEEDED, known, refuse_after, refused_as, told, without_faults};
use crate::case::{Case, Expect, Profile};

pub(super) fn cases() -> Vec<Case> {
    let error = Case::new(
        "PV-22/error-code",
        &["PV-22", "OA-23"],
        "token",
        "The error document has errorCode and errorSummary: NCI wiki page 453018227.",
        refuse_after(&["token_error", "token_malformed", "token_http"]),
        &["retry-code"],
    )
    .lie(Lie::answer(
        Endpoint::Token,
        401,
        "application/json",
        json!({"errorCode": "invalid_client", "errorSummary": "Invalid value for 'client_id' parameter.",
            "errorLink": "invalid_client", "errorId": "oaeu", "errorCauses": []})
        .to_string(),
    ));
    let state = Case::new(
        "PV-23/state-beside-pkce",
        &["PV-23", "OA-17"],
        "authorize",
        "The server demands a state although there is PKCE: directus/directus#9289.",
        Expect::Accept(|seen| without_faults(seen, &["state_missing"])),
        &["state-missing"],
    )
    .profile(Profile::OpenId)
    .setup(Setup { issuer: IssuerShape::Path("oauth2/default".into()), ..Setup::witness() });
    vec![
        known(&error, "PV-22/error-of-okta", "okta", refused_as("invalid_client"), ALL_NEEDED)
            .and(|seen| told(seen, &["error_code_member"])),
        Case {
            rows: &["PV-29", "PV-16", "PV-23"],
            about: "A login at a server with all deviations of Okta.",
            ..known(
                &state,
                "PV-29/okta",
                "okta",
                Expect::Accept(|seen| {
                    told(seen, &[])?;
                    without_faults(seen, &["state_missing"])
                }),
                &["state-missing", "deviation-always-listed"],
            )
        }
        .discovery(),
        error,
        state,
    ]
}
