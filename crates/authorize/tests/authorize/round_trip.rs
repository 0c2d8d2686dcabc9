//! What goes into an authorization request comes out of its URL, read by another decoder.

use std::time::{Duration, UNIX_EPOCH};

use proofkey_authorize::{
    AuthorizationRequest, AuthorizationRequestError, AuthorizationServer, ClientId, Endpoint, Issuer, RedirectUri,
    Scope,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn oa_03_oa_16_pk_10_every_parameter_stands_in_the_url_once_as_it_was_given(
        entropy in prop::collection::vec(any::<u8>(), 96),
        client_id in "[ -~]{1,20}",
        redirect_uri in "https://app\\.example/[!$&-;=@-Z_a-z~]{0,20}",
        scope in "[!#-\\[\\]-~]{1,8}( [!#-\\[\\]-~]{1,8}){0,2}",
        hint in any::<String>(),
        (name, value) in ("[a-z_]{1,12}", any::<String>()),
        resources in prop::collection::vec("https://api\\.example/[a-z]{1,5}", 0..3),
        own_query in prop::sample::select(vec!["", "?", "?tenant=1", "?a=1&b=%20"]),
    ) {
        let entropy: [u8; 96] = entropy.try_into().unwrap();
        let issuer = Issuer::new("https://as.example").unwrap();
        let endpoint = Endpoint::new(format!("https://as.example/authorize{own_query}")).unwrap();
        let server = AuthorizationServer::new(issuer, endpoint, Endpoint::new("https://as.example/token").unwrap());
        let request = AuthorizationRequest::new(
            &server,
            ClientId::new(&client_id).unwrap(),
            RedirectUri::new(&redirect_uri).unwrap(),
        );
        let request = resources.iter().fold(request, |request, resource| request.resource(resource));
        let request = request.scope(Scope::new(&scope).unwrap()).login_hint(&hint).parameter(&name, &value);
        let (url, pending) = match request.begin(&entropy, UNIX_EPOCH + Duration::from_secs(1_700_000_000)) {
            Ok(begun) => begun,
            // A name that is one of ours.
            Err(AuthorizationRequestError::Reserved { parameter }) => {
                prop_assert_eq!(parameter, name);
                return Ok(());
            }
            // A name that the endpoint's own query has.
            Err(error) => {
                prop_assert!(["a", "b", "tenant"].contains(&name.as_str()), "{}", error);
                return Ok(());
            }
        };
        prop_assert!(url.is_ascii() && url.bytes().all(|byte| byte.is_ascii_graphic()), "{}", url);
        let parameters: Vec<(String, String)> =
            form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
        let all = |name: &str| -> Vec<&str> {
            parameters.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
        };
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", &redirect_uri),
            ("scope", &scope),
            ("state", pending.state().expose()),
            ("code_challenge_method", "S256"),
        ] {
            prop_assert_eq!(all(name), [value], "{}", url);
        }
        prop_assert_eq!(all("code_challenge")[0].len(), 43);
        // One without a value counts as omitted.
        prop_assert_eq!(all("login_hint").concat(), hint.as_str());
        prop_assert_eq!(all(&name).concat(), value.as_str());
        prop_assert_eq!(all("resource"), resources.clone());
        // And nothing else.
        let optional = [!hint.is_empty(), !value.is_empty(), scope.split(' ').any(|token| token == "openid")];
        let given = 7 + optional.into_iter().filter(|given| *given).count() + resources.len();
        prop_assert_eq!(parameters.len() - own_query.matches('=').count(), given, "{}", url);
    }
}
