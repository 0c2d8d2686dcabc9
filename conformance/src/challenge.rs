//! What an API says of a request that it denies: the header field `WWW-Authenticate` (RFC 9110 section 11.6.1).

use serde_json::Value;

use crate::transcript::Answer;

/// The values of the header fields of this name in an API's answer.
pub(crate) fn fields<'a>(answer: &'a Answer, name: &'a str) -> impl Iterator<Item = &'a str> {
    let fields = answer.message["headers"].as_array().into_iter().flatten();
    fields.filter_map(move |field| match field.as_array().map(Vec::as_slice) {
        Some([Value::String(own), Value::String(value)]) if own.eq_ignore_ascii_case(name) => Some(value.as_str()),
        _ => None,
    })
}

/// The challenges in it, each beginning with its scheme. Several may stand in one field.
pub(crate) fn challenges(answer: &Answer) -> impl Iterator<Item = String> {
    fields(answer, "www-authenticate").flat_map(|field| {
        let mut found: Vec<String> = Vec::new();
        for part in outside_of_quotes(field, ',') {
            let part = part.trim();
            let begins = part.split('=').next().is_some_and(|name| name.trim().contains(' ')) || !part.contains('=');
            match found.last_mut() {
                Some(last) if !begins => *last += &format!(", {part}"),
                _ => found.push(part.to_owned()),
            }
        }
        found
    })
}

/// The scheme of a challenge.
pub(crate) fn scheme(challenge: &str) -> &str {
    challenge.split(' ').next().unwrap_or_default()
}

/// The value of a parameter of a challenge, without its quotes.
pub(crate) fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let parameters = challenge.split_once(' ')?.1;
    outside_of_quotes(parameters, ',').find_map(|parameter| {
        let (own, value) = parameter.split_once('=')?;
        own.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

fn outside_of_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn challenges_in_one_field_and_in_several() {
        let headers = json!([
            ["WWW-Authenticate", "Bearer realm=\"a, b\", error=\"invalid_token\", DPoP algs=\"ES256 PS256\""],
            ["www-authenticate", "Basic"],
            ["DPoP-Nonce", "n"],
        ]);
        let answer = Answer { flow: "r1".into(), message: json!({"headers": headers}) };
        let all: Vec<String> = challenges(&answer).collect();
        assert_eq!(all.iter().map(|one| scheme(one)).collect::<Vec<_>>(), ["Bearer", "DPoP", "Basic"]);
        assert_eq!(parameter(&all[0], "error"), Some("invalid_token"));
        assert_eq!(parameter(&all[0], "realm"), Some("a, b"));
        assert_eq!(parameter(&all[1], "algs"), Some("ES256 PS256"));
        assert_eq!(parameter(&all[2], "error"), None);
        assert_eq!(fields(&answer, "dpop-nonce").collect::<Vec<_>>(), ["n"]);
    }
}
