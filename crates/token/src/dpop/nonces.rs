//! The nonces that servers give for proofs (RFC 9449 sections 8 and 9).

use http::header::HeaderName;
use http::{HeaderMap, Uri};

use crate::origin::Origin;

/// Maximum number of servers whose nonces are kept. The oldest is forgotten, which costs one request more.
const MAX_SERVERS: usize = 64;

/// Maximum length of a nonce, in bytes.
const MAX_NONCE: usize = 1024;

/// The role in which a server is addressed. A server that has both gives two kinds of nonces (RFC 9449 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Authorization,
    Resource,
}

/// The newest nonce of each server, the newest last. A server is its origin: its token endpoint and its endpoint for pushed
/// requests share a nonce. Two servers at one origin take each other's, at the cost of one more request.
#[derive(Default)]
pub(crate) struct Nonces(Vec<(Side, Origin, String)>);

impl Nonces {
    pub(crate) fn get(&self, side: Side, uri: &Uri) -> Option<&str> {
        let origin = Origin::of(uri)?;
        let mut kept = self.0.iter();
        kept.find(|(of, at, _)| *of == side && *at == origin).map(|(_, _, nonce)| nonce.as_str())
    }

    pub(crate) fn keep(&mut self, side: Side, uri: &Uri, nonce: &str) {
        let Some(origin) = Origin::of(uri) else { return };
        self.0.retain(|(of, at, _)| !(*of == side && *at == origin));
        if self.0.len() == MAX_SERVERS {
            self.0.remove(0);
        }
        self.0.push((side, origin, nonce.to_owned()));
    }
}

/// The `DPoP-Nonce` of a response: one, of the characters of RFC 9449 section 8.1.
pub(crate) fn nonce_of(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(HeaderName::from_static("dpop-nonce")).iter();
    let value = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let is_nonce = |byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    (!value.is_empty() && value.len() <= MAX_NONCE && value.bytes().all(is_nonce)).then_some(value)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn dp_13_the_newest_nonce_is_kept_for_each_server_and_side() {
        let mut nonces = Nonces::default();
        nonces.keep(Side::Authorization, &uri("https://one.example/token"), "a");
        nonces.keep(Side::Resource, &uri("https://one.example/userinfo"), "b");
        nonces.keep(Side::Authorization, &uri("https://ONE.example:443/par?x"), "c");
        assert_eq!(nonces.get(Side::Authorization, &uri("https://one.example/revoke")), Some("c"));
        assert_eq!(nonces.get(Side::Resource, &uri("https://one.example/")), Some("b"));
        for other in ["https://one.example:8443/", "http://one.example/", "https://two.example/"] {
            assert_eq!(nonces.get(Side::Authorization, &uri(other)), None, "{other}");
        }
        for number in 0..2 * MAX_SERVERS {
            nonces.keep(Side::Resource, &uri(&format!("https://{number}.example/")), "d");
        }
        assert_eq!(nonces.0.len(), MAX_SERVERS);
        assert_eq!(nonces.get(Side::Resource, &uri("https://127.example/")), Some("d"));
    }

    #[test]
    fn dp_13_a_nonce_is_one_value_of_its_alphabet() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("dpop-nonce", HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            nonce_of(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["eyJ7S_zG.eyJH0-Z.HX4w-7v!~[]"]).as_deref(), Some("eyJ7S_zG.eyJH0-Z.HX4w-7v!~[]"));
        let long = "a".repeat(MAX_NONCE + 1);
        assert!(of(&[&long[1..]]).is_some());
        for bad in [&[][..], &[""], &["a", "b"], &["a\"b"], &["a\\b"], &["a b"], &["\u{e9}"], &[&long]] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }
}
