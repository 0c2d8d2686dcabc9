//! Challenges of `WWW-Authenticate`, such as those of RFC 6750 section 3 and RFC 9449 section 7.1.

/// Returns the value, quoted or not, of the parameter `wanted` of the challenge of the scheme `of` in a list of
/// challenges (RFC 9110 section 11.6.1); `None` when it is absent or empty.
pub fn parameter(mut challenges: &str, of: &str, wanted: &str) -> Option<String> {
    let mut is_of_scheme = false;
    while let Some((before, behind)) = challenges.split_once('=') {
        let (value, after) = value(behind.trim_start());
        // Before the first parameter of a challenge stands its scheme, and before that may stand others that have none.
        let item = before.rsplit(',').next().unwrap_or(before).trim();
        let (scheme, name) = item.rsplit_once(' ').map_or((None, item), |(scheme, name)| (Some(scheme), name));
        is_of_scheme = scheme.map_or(is_of_scheme, |scheme| scheme.trim_end().eq_ignore_ascii_case(of));
        if is_of_scheme && name.eq_ignore_ascii_case(wanted) {
            return Some(value).filter(|value| !value.is_empty());
        }
        challenges = after.trim_start().strip_prefix(',')?;
    }
    None
}

/// The value that `text` begins with, and what comes after it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        let (token, after) = text.split_at(end);
        return (token.to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::parameter;

    fn bearer_parameter(challenges: &str, wanted: &str) -> Option<String> {
        parameter(challenges, "bearer", wanted)
    }

    #[test]
    fn parameters_of_a_challenge_are_read() {
        let challenge = r#"Bearer realm="a, b=\"c\"", error="invalid_token",error_description = x"#;
        assert_eq!(bearer_parameter(challenge, "realm").as_deref(), Some("a, b=\"c\""));
        assert_eq!(bearer_parameter(challenge, "ERROR").as_deref(), Some("invalid_token"));
        assert_eq!(bearer_parameter(challenge, "error_description").as_deref(), Some("x"));
        assert_eq!(bearer_parameter(challenge, "error_uri"), None);
    }

    #[test]
    fn the_challenge_may_stand_among_others() {
        for challenges in [
            r#"bearer  error=own"#,
            r#"DPoP error="a", algs="ES256", Bearer error="own""#,
            r#"Bearer realm="x", error="own", DPoP error="a""#,
            r#"Negotiate, Basic realm="Bearer error=a", Bearer error=own"#,
            r#"Negotiate YWJj==, Bearer error="own""#,
        ] {
            assert_eq!(bearer_parameter(challenges, "error").as_deref(), Some("own"), "{challenges}");
        }
        for others in [r#"DPoP error="a""#, r#"Bearer realm="x", DPoP error="a""#, r#"Bearer, Basic error="a""#] {
            assert_eq!(bearer_parameter(others, "error"), None, "{others}");
        }
    }

    #[test]
    fn a_broken_challenge_gives_nothing() {
        for parameters in ["", "=", "error", "error=", "error=\"", "error=\"\"", "a\"b=c", "realm=\"x error=\"y\""] {
            let challenge = format!("Bearer {parameters}");
            assert_eq!(bearer_parameter(&challenge, "error"), None, "{challenge}");
        }
    }
}
