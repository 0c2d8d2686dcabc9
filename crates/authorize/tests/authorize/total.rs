//! What the errors promise never to be, over arbitrary input; and how a form is decoded.

use std::time::SystemTime;

use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, DiscoveryPath, DiscoveryRequest, Endpoint, Issuer,
    RedirectUri, Scope, form,
};
use proptest::prelude::*;

proptest! {
    /// `discovery_url` is for an issuer that `http::Uri` cannot hold: none that `Issuer` takes is one.
    #[test]
    fn di_03_every_issuer_can_be_asked(text in "https://[a-z0-9._~-]{1,9}(:[0-9]{1,5})?(/[!-~]{0,30})?") {
        if let Ok(issuer) = Issuer::new(&text) {
            for path in [DiscoveryPath::OpenIdConnect, DiscoveryPath::OAuth, DiscoveryPath::OpenIdConnectInserted] {
                let error = DiscoveryRequest::new(issuer.clone()).path(path).build().err().map(|error| error.code());
                prop_assert_ne!(error, Some("discovery_url"), "{}", text);
            }
        }
    }

    /// `request_entropy` is for entropy that makes no verifier: 96 bytes always make one.
    #[test]
    fn pk_03_any_entropy_makes_a_request(entropy in proptest::array::uniform32(any::<u8>())) {
        let whole: [u8; 96] = std::array::from_fn(|at| entropy[at % 32] ^ (at / 32) as u8);
        let endpoint = |path| Endpoint::new(format!("https://as.example/{path}")).unwrap();
        let server = AuthorizationServer::new(Issuer::new("https://as.example").unwrap(), endpoint("a"), endpoint("t"));
        let redirect_uri = RedirectUri::new("https://app.example/cb").unwrap();
        let begun = AuthorizationRequest::new(&server, ClientId::new("app").unwrap(), redirect_uri)
            .scope(Scope::new("openid").unwrap())
            .begin(&whole, SystemTime::now());
        let error = begun.as_ref().err().map(|error| error.code());
        prop_assert_ne!(error, Some("request_entropy"));
        prop_assert!(begun.is_ok());
    }

    /// Decoding undoes encoding, and refuses by name what is no form.
    #[test]
    fn oa_09_a_form_decodes_to_what_was_encoded(text in any::<String>()) {
        let mut encoded = String::new();
        form::append_pair(&mut encoded, "n", &text);
        let (_, value) = form::raw_pairs(&encoded).next().unwrap();
        prop_assert_eq!(form::decode(value).unwrap(), text);
    }
}

#[test]
fn oa_50_what_is_no_form_is_named() {
    // What is not escaped is not copied.
    assert!(matches!(form::decode("plain").unwrap(), std::borrow::Cow::Borrowed("plain")));
    for (broken, position) in [("%", 0), ("a%4", 1), ("ab%zz", 2), ("%41%4g", 3)] {
        let error = form::decode(broken).unwrap_err();
        assert_eq!(
            (error, error.code()),
            (form::FormError::BrokenEscape { position }, "form_broken_escape"),
            "{broken}"
        );
    }
    for broken in ["%ff", "%c3%28", "%ed%a0%80", "a%80"] {
        let error = form::decode(broken).unwrap_err();
        assert_eq!((error, error.code()), (form::FormError::NotUtf8, "form_not_utf8"), "{broken}");
    }
}
