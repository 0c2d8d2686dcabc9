// A login by go-oidc, as its package documentation shows it together with golang.org/x/oauth2.
package main

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
	"protocol"
	"x"
)

// The version is the one of Debian's package, which is set when the program is linked.
var version = "unknown"

type server struct {
	endpoint oauth2.Endpoint
	verifier *oidc.IDTokenVerifier
}

type session struct {
	*x.Login
	*server
}

type client struct {
	config  protocol.Config
	ctx     context.Context
	servers map[string]*server
}

func connect(config protocol.Config, timeout time.Duration) protocol.Client {
	unfit := config.Provider != "" || config.Resource != "" || config.MetadataURL != "" || config.Now != nil || config.MaxAge != nil
	for _, algorithm := range config.IDTokenAlgs {
		// It has no way to be given a shared secret.
		unfit = unfit || strings.HasPrefix(algorithm, "HS")
	}
	if !x.IsOpenID(config) || unfit || config.ACRValues != "" || config.Skew != 0 || !config.AllowHTTPLoopback {
		protocol.Unimplemented("config")
	}
	return &client{config, oidc.ClientContext(context.Background(), config.HTTP(timeout)), map[string]*server{}}
}

func (client *client) server(issuer string) (*server, error) {
	if known := client.servers[issuer]; known != nil {
		return known, nil
	}
	at := client.config.At(issuer)
	config := &oidc.Config{ClientID: at.Client.ID, SupportedSigningAlgs: client.config.IDTokenAlgs}
	known := &server{}
	if at.Discovery {
		provider, err := oidc.NewProvider(client.ctx, issuer)
		if err != nil {
			class := "discovery"
			if strings.Contains(err.Error(), "issuer did not match") {
				class = "issuer"
			}
			return nil, &protocol.Refused{Stage: "discovery", Class: class, Detail: class}
		}
		known = &server{provider.Endpoint(), provider.Verifier(config)}
	} else {
		endpoints := at.Endpoints
		keys := oidc.NewRemoteKeySet(client.ctx, endpoints.Jwks)
		known = &server{oauth2.Endpoint{AuthURL: endpoints.Authorization, TokenURL: endpoints.Token}, oidc.NewVerifier(issuer, keys, config)}
	}
	client.servers[issuer] = known
	return known, nil
}

func (client *client) Begin(issuer string) (string, interface{}, error) {
	server, err := client.server(issuer)
	if err != nil {
		return "", nil, err
	}
	login := x.New(client.config, client.config.At(issuer), server.endpoint.AuthURL, server.endpoint.TokenURL)
	options := []oauth2.AuthCodeOption{}
	if client.config.ExpectNonce {
		options = append(options, oidc.Nonce(login.Nonce))
	}
	return login.Address(options...), &session{login, server}, nil
}

func (client *client) Callback(stored interface{}, callback *url.URL) (protocol.Fields, interface{}, error) {
	session := stored.(*session)
	if err := session.Exchange(client.ctx, callback); err != nil {
		return nil, nil, err
	}
	fields, err := client.verified(session, client.config.ExpectNonce)
	return fields, session, err
}

func (client *client) verified(session *session, hasNonce bool) (protocol.Fields, error) {
	raw, ok := session.Token.Extra("id_token").(string)
	if !ok {
		return nil, &protocol.Refused{Stage: "id_token", Class: "jwt_malformed", Detail: "missing ID token"}
	}
	token, err := session.verifier.Verify(client.ctx, raw)
	if err != nil {
		return nil, idToken(err.Error())
	}
	// "Verify does NOT do nonce validation, which is the callers responsibility." (IDTokenVerifier.Verify)
	if hasNonce && token.Nonce != session.Nonce {
		return nil, &protocol.Refused{Stage: "id_token", Class: "claim_nonce", Detail: "nonce"}
	}
	claims := map[string]interface{}{}
	if err := token.Claims(&claims); err != nil {
		return nil, &protocol.Refused{Stage: "id_token", Class: "jwt_malformed", Detail: "claims"}
	}
	fields := session.Fields(client.config)
	fields["id_token_verified"], fields["sub"], fields["claims"] = true, token.Subject, claims
	return fields, nil
}

func (client *client) Later(what string, _ interface{}) (protocol.Fields, error) {
	protocol.Unimplemented(what)
	return nil, nil
}

// The class of an error of Verify, by its words: it has no types.
func idToken(words string) *protocol.Refused {
	for _, known := range [][2]string{
		{"expected audience", "claim_aud"}, {"different provider", "claim_iss"}, {"token is expired", "claim_exp"},
		{"before the nbf", "claim_nbf"}, {"id token signed with unsupported algorithm", "alg"}, {"fetching keys", "key"},
		{"failed to verify signature", "signature"}, {"failed to verify id token signature", "signature"}, {"at_hash", "at_hash"},
	} {
		if strings.Contains(words, known[0]) {
			return &protocol.Refused{Stage: "id_token", Class: known[1], Detail: words}
		}
	}
	return &protocol.Refused{Stage: "id_token", Class: "jwt_malformed", Detail: words}
}

func main() {
	protocol.Serve("go-oidc", version, []string{"code", "pkce_s256", "oidc", "discovery", "secret_basic", "secret_post"}, connect)
}
