//! An OAuth 2.0 and OpenID Connect login with PKCE, from the button to the validated identity.
