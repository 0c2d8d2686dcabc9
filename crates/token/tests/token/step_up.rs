//! An API that wants the user authenticated again (SU-01; RFC 9470 section 3).

use proofkey_token::StepUp;

fn asked(status: u16, fields: &[&str]) -> Option<(Option<String>, Option<u64>)> {
    let response = fields
        .iter()
        .fold(http::Response::builder().status(status), |response, field| response.header("WWW-Authenticate", *field));
    let step_up = StepUp::from_response(&response.body(()).unwrap())?;
    Some((step_up.acr_values().map(str::to_owned), step_up.max_age()))
}

#[test]
fn su_01_what_the_api_wants_is_read() {
    let gold = || Some((Some("urn:example:gold urn:example:silver".to_owned()), None));
    let challenge = r#"error="insufficient_user_authentication", acr_values="urn:example:gold urn:example:silver""#;
    for fields in [
        &[format!("Bearer {challenge}").as_str()][..],
        &[format!("DPoP algs=\"ES256\", {challenge}").as_str()],
        &["Basic realm=\"x\"", format!("bearer {challenge}, error_description=\"x\"").as_str()],
        &[format!("DPoP algs=\"ES256\", Bearer {challenge}").as_str()],
    ] {
        assert_eq!(asked(401, fields), gold(), "{fields:?}");
    }
    let aged = |max_age: &str| asked(401, &[&format!("Bearer error=\"insufficient_user_authentication\", {max_age}")]);
    assert_eq!(aged("max_age=\"5\""), Some((None, Some(5))));
    assert_eq!(aged("max_age=0"), Some((None, Some(0))));
    assert_eq!(aged("max_age=\"-1\""), Some((None, None)));
    assert_eq!(aged("max_age=\"soon\""), Some((None, None)));
    assert_eq!(asked(401, &["Bearer error=insufficient_user_authentication"]), Some((None, None)));
}

#[test]
fn su_01_another_refusal_is_no_step_up() {
    let challenge = r#"Bearer error="insufficient_user_authentication", max_age="5""#;
    assert!(asked(401, &[challenge]).is_some());
    assert_eq!(asked(403, &[challenge]), None);
    assert_eq!(asked(200, &[challenge]), None);
    assert_eq!(asked(401, &[]), None);
    for other in [
        r#"Bearer error="invalid_token", max_age="5""#,
        r#"Basic error="insufficient_user_authentication", max_age="5""#,
        r#"Bearer error="x", Basic error="insufficient_user_authentication", max_age="5""#,
        r#"Bearer error_description="error=insufficient_user_authentication", max_age="5""#,
    ] {
        assert_eq!(asked(401, &[other]), None, "{other}");
    }
}
