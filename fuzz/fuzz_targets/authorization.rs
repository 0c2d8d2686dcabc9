#![no_main]
//! Credentials and challenges: a token that is read stood there alone; a challenge with any text is one line, and is read.
use proofkey_jwt::{Challenge, ChallengeCode, Credentials};
use proofkey_token::StepUp;

proofkey_fuzz::target!(|input: (Vec<&str>, Vec<&str>, &str, &str)| {
    let (authorization, dpop, realm, challenge) = input;
    if let Ok(read) = Credentials::parse(authorization.iter().copied(), dpop.iter().copied()) {
        let [field] = authorization[..] else { panic!("{} fields", authorization.len()) };
        assert_eq!(field.trim_matches(' ').rsplit(' ').next(), Some(read.access_token()));
        assert!(read.proof().is_none_or(|proof| dpop.len() == 1 && dpop[0].trim_matches(' ') == proof));
        assert!(read.access_token().len() < 24 || !format!("{read:?}").contains(read.access_token()));
    }
    let written = Challenge::bearer(realm).refused(ChallengeCode::InsufficientUserAuthentication).to_string();
    assert!(written.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{written}");
    let response = |field: &str| http::Response::builder().status(401).header("www-authenticate", field).body(());
    assert!(StepUp::from_response(&response(&written).expect("a header field")).is_some(), "{written}");
    let _ = response(challenge).map(|response| StepUp::from_response(&response));
});
