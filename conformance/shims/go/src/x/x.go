// Package x is what both shims call of golang.org/x/oauth2, which go-oidc's documentation uses, too.
package x

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"protocol"
)

// Version is the one of Debian's package, which is set when the program is linked.
var Version = "unknown"

// Login is one login.
type Login struct {
	config                 oauth2.Config
	state, verifier, Nonce string
	Token                  *oauth2.Token
}

// IsOpenID says whether the login is to end in an ID token.
func IsOpenID(config protocol.Config) bool {
	return strings.Contains(" "+config.Scope+" ", " openid ")
}

// Context carries the HTTP client, as the documentation of `oauth2.HTTPClient` shows it.
func Context(config protocol.Config, timeout time.Duration) context.Context {
	return context.WithValue(context.Background(), oauth2.HTTPClient, config.HTTP(timeout))
}

func random() string {
	bytes := make([]byte, 32)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes)
}

// New makes a login at this server. The library has no function for PKCE before version 0.13: its parameters are set by
// hand, as the package documents for `SetAuthURLParam`.
func New(config protocol.Config, at protocol.Server, authorization, token string) *Login {
	style := map[string]oauth2.AuthStyle{
		"none": oauth2.AuthStyleInParams, "basic": oauth2.AuthStyleInHeader, "post": oauth2.AuthStyleInParams}[at.Client.Auth]
	return &Login{
		config: oauth2.Config{
			ClientID: at.Client.ID, ClientSecret: at.Client.Secret, RedirectURL: config.RedirectURI, Scopes: strings.Fields(config.Scope),
			Endpoint: oauth2.Endpoint{AuthURL: authorization, TokenURL: token, AuthStyle: style},
		},
		state: random(), verifier: random(), Nonce: random(),
	}
}

// Address is where the browser is sent.
func (login *Login) Address(options ...oauth2.AuthCodeOption) string {
	challenge := sha256.Sum256([]byte(login.verifier))
	options = append(options,
		oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:])),
		oauth2.SetAuthURLParam("code_challenge_method", "S256"))
	return login.config.AuthCodeURL(login.state, options...)
}

// Exchange takes the callback to its end.
func (login *Login) Exchange(ctx context.Context, callback *url.URL) error {
	query := callback.Query()
	// "You must always provide a non-empty string and validate that it matches the state query parameter on your redirect
	// callback." (AuthCodeURL)
	if query.Get("state") != login.state {
		return &protocol.Refused{Stage: "callback", Class: "state"}
	}
	token, err := login.config.Exchange(ctx, query.Get("code"), oauth2.SetAuthURLParam("code_verifier", login.verifier))
	login.Token = token
	return refused("token", err)
}

// Refresh gets a new access token, by the documented way: a TokenSource of an expired token.
func (login *Login) Refresh(ctx context.Context) error {
	token, err := login.config.TokenSource(ctx, &oauth2.Token{RefreshToken: login.Token.RefreshToken}).Token()
	if err == nil {
		login.Token = token
	}
	return refused("refresh", err)
}

// Fields are those of a success. A time of zero means that the token does not expire.
func (login *Login) Fields(config protocol.Config) protocol.Fields {
	fields := protocol.Fields{"token_type": login.Token.Type(), "scope": config.Scope, "expires_in": nil}
	if scope, ok := login.Token.Extra("scope").(string); ok {
		fields["scope"] = scope
	}
	if !login.Token.Expiry.IsZero() {
		fields["expires_in"] = int(time.Until(login.Token.Expiry).Round(time.Second).Seconds())
	}
	return fields
}

func refused(stage string, err error) error {
	if err == nil {
		return nil
	}
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		// Before version 0.9 the error has no field for the server's code.
		var document struct{ Error string }
		if json.Unmarshal(answer.Body, &document) == nil && document.Error != "" {
			return &protocol.Refused{Stage: stage, Class: "token_error", Code: document.Error, Detail: document.Error}
		}
		class := "token_http"
		if status := answer.Response.StatusCode; status > 299 && status < 400 {
			class = "redirect"
		}
		return &protocol.Refused{Stage: stage, Class: class, Detail: answer.Response.Status}
	}
	var sent *url.Error
	if errors.As(err, &sent) {
		return protocol.Transport(stage, err)
	}
	if strings.Contains(err.Error(), "cannot fetch token: ") {
		return &protocol.Refused{Stage: stage, Class: "token_http", Detail: "the response could not be read"}
	}
	return &protocol.Refused{Stage: stage, Class: "token_malformed", Detail: fmt.Sprintf("%T", err)}
}
