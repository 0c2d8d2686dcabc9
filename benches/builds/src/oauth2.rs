//! A login at the command line, by oauth2: without metadata and without an ID token, which it does not know.

use oauth2::basic::BasicClient;
use oauth2::url::Url;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse as _,
    TokenUrl, reqwest,
};
use proofkey_builds::{arguments, callback};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [issuer, client_id, redirect_uri] = arguments()?;
    let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build()?;
    let client = BasicClient::new(ClientId::new(client_id))
        .set_auth_uri(AuthUrl::new(format!("{issuer}authorize"))?)
        .set_token_uri(TokenUrl::new(format!("{issuer}oauth/token"))?)
        .set_redirect_uri(RedirectUrl::new(redirect_uri)?);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let request = client.authorize_url(CsrfToken::new_random).add_scope(Scope::new("email".to_owned()));
    let (url, state) = request.set_pkce_challenge(challenge).url();
    let callback = Url::parse(&callback(&url)?)?;
    let parameter = |name| callback.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    if parameter("state").as_ref() != Some(state.secret()) {
        return Err("another state".into());
    }
    let code = AuthorizationCode::new(parameter("code").ok_or("no code")?);
    let tokens = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&http).await?;
    println!("an access token of {} characters", tokens.access_token().secret().len());
    Ok(())
}
