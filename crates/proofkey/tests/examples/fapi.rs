//! The client of the FAPI 2.0 Security Profile, at a server that demands nonces and pushed requests.

use proofkey::Identity;
use proofkey::jwt::{SigningAlgorithm, SigningKey};
use proofkey::token::Api;
use proofkey_authority::lie::JsonEdit;
use proofkey_authority::{Algorithm, Authority, Browser, Client, DpopMode, Lie, PushMode, Setup, client_key};

use crate::{assert_no_faults, fapi_example as fapi, http};

/// A server as the profile wants it.
fn setup() -> Setup {
    Setup {
        push: PushMode::Required,
        dpop: DpopMode::Nonces,
        signing: Algorithm::Es256,
        clients: vec![Client::with_key()],
        announces_iss: true,
        sends_iss: true,
        ..Setup::honest()
    }
}

fn key() -> SigningKey {
    SigningKey::from_jwk(SigningAlgorithm::Es256, client_key().to_string().as_bytes()).unwrap()
}

/// Signs in and reads userinfo, an API that takes the bound token. The text of the error.
async fn sign_in(authority: &Authority) -> Result<(Identity, String), String> {
    let (http, dpop) = (http(), fapi::dpop().unwrap());
    let run = async {
        let login = fapi::login_at(&http, authority.issuer(), &Client::with_key().id, key(), &dpop).await?;
        let callback =
            async |url: &str| Ok(Browser::new(authority.wire()).open(url).await?.callback().ok_or("no callback")?);
        let identity = fapi::sign_in(&http, &login, callback).await?;
        let userinfo = login.server().userinfo_endpoint().ok_or("no userinfo")?.as_str().to_owned();
        let api = Api::allowing_http_loopback(&userinfo)?.with_dpop(dpop.clone());
        let text = fapi::call(&http, &api, &identity, &userinfo).await?;
        Ok((identity, text))
    };
    run.await.map_err(|error: Box<dyn std::error::Error + Send + Sync>| error.to_string())
}

#[tokio::test]
async fn a_fapi_client_signs_a_user_in_and_calls_an_api() {
    let authority = Authority::start(setup()).await;
    let (identity, claims) = sign_in(&authority).await.unwrap();
    assert_eq!(identity.subject(), "auth0|john");
    assert!(claims.contains("auth0|john"), "{claims}");
    assert_no_faults(&authority);
}

#[tokio::test]
async fn a_fapi_client_refuses_a_server_that_falls_short() {
    let bearer = Lie::token_response([JsonEdit::set("token_type", "Bearer")]);
    for (setup, expected) in [
        (Setup { announces_iss: false, ..setup() }, "does not announce `iss`"),
        (Setup { sends_iss: false, ..setup() }, "iss"),
        (Setup { push: PushMode::Absent, ..setup() }, "pushed_authorization_request_endpoint"),
        (Setup { lie: Some(bearer), ..setup() }, "bound"),
        (Setup { signing: Algorithm::Rs256, ..setup() }, "RS256"),
    ] {
        let authority = Authority::start(setup).await;
        let error = sign_in(&authority).await.unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}
