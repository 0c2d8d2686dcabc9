//! A response in the form of a query, turned into the JSON object that it should have been.

use proofkey_authorize::form;
use zeroize::Zeroizing;

use crate::error::{Malformed, MalformedKind};

/// Each pair as a member that is a string. A form has no types, so the one member that must be a
/// number is one when it looks like it.
pub(crate) fn to_json(body: &[u8]) -> Result<Zeroizing<String>, Malformed> {
    let malformed = |kind| Malformed::new("body", kind, body.len());
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed(MalformedKind::NotUtf8 { position: error.valid_up_to() }))?;
    // A byte makes at most six (`\u0001`), a pair four quotes, a colon and a comma.
    let pairs = form::raw_pairs(text).count();
    let mut json = Zeroizing::new(String::with_capacity(6 * (text.len() + pairs) + 2));
    for (name, value) in form::raw_pairs(text) {
        let before = if json.is_empty() { '{' } else { ',' };
        json.push(before);
        let name = form::decode(name).map_err(|_| malformed(MalformedKind::NotForm))?;
        let value = form::decode(value).map_err(|_| malformed(MalformedKind::NotForm)).map(|value| match value {
            std::borrow::Cow::Borrowed(text) => Zeroizing::new(text.to_owned()),
            std::borrow::Cow::Owned(text) => Zeroizing::new(text),
        })?;
        push_string(&mut json, &name);
        json.push(':');
        if name == "expires_in" && !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            json.push_str(&value.parse().unwrap_or(u64::MAX).to_string());
        } else {
            push_string(&mut json, &value);
        }
    }
    if json.is_empty() {
        return Err(malformed(MalformedKind::Empty));
    }
    json.push('}');
    Ok(json)
}

/// As JSON writes a string (RFC 8259 section 7).
pub(crate) fn push_string(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            control if u32::from(control) < 0x20 => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => json.push(other),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(body: &str) -> String {
        to_json(body.as_bytes()).map_or_else(|malformed| malformed.code().to_owned(), |json| json.to_string())
    }

    #[test]
    fn pairs_are_members_and_only_the_life_is_a_number() {
        assert_eq!(json("access_token=a%2Bb&scope="), r#"{"access_token":"a+b","scope":""}"#);
        assert_eq!(json("expires_in=28800&own_expires_in=7"), r#"{"expires_in":28800,"own_expires_in":"7"}"#);
        assert_eq!(json("expires_in=0099999999999999999999"), r#"{"expires_in":18446744073709551615}"#);
        assert_eq!(json("scope=openid+email"), r#"{"scope":"openid email"}"#);
        assert_eq!(json("expires_in=-1&a"), r#"{"expires_in":"-1","a":""}"#);
        assert_eq!(json("a%22%5C=%01%0a%c3%a9"), "{\"a\\\"\\\\\":\"\\u0001\\u000a\u{e9}\"}");
        for (broken, code) in [
            ("", "token_empty"),
            ("&&", "token_empty"),
            ("a=%", "token_not_form"),
            ("%zz=1", "token_not_form"),
            ("a=%ff", "token_not_form"),
        ] {
            assert_eq!(json(broken), code, "{broken}");
        }
        assert_eq!(to_json(b"a=\xff").unwrap_err().code(), "token_not_utf8");
    }

    #[test]
    fn a_secret_is_never_moved_by_growing() {
        for body in ["%01=%01&a", "a=\u{1}\u{2}\u{3}", "=&=&=&=", "a", "expires_in=99999999999999999999999"] {
            let pairs = form::raw_pairs(body).count();
            let json = to_json(body.as_bytes()).unwrap();
            assert!(json.len() <= 6 * (body.len() + pairs) + 2, "{body}");
            let members: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
            assert!(members.is_object(), "{body}");
        }
    }
}
