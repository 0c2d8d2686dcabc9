// A login by golang.org/x/oauth2, as the documentation of its Config shows it.
package main

import (
	"context"
	"net/url"
	"time"

	"protocol"
	"x"
)

type client struct {
	config protocol.Config
	ctx    context.Context
}

func connect(config protocol.Config, timeout time.Duration) protocol.Client {
	if x.IsOpenID(config) || config.Discovery || config.Provider != "" || config.Resource != "" || !config.AllowHTTPLoopback {
		protocol.Unimplemented("config")
	}
	return &client{config, x.Context(config, timeout)}
}

func (client *client) Begin(issuer string) (string, interface{}, error) {
	at := client.config.At(issuer)
	login := x.New(client.config, at, at.Endpoints.Authorization, at.Endpoints.Token)
	return login.Address(), login, nil
}

func (client *client) Callback(session interface{}, callback *url.URL) (protocol.Fields, interface{}, error) {
	login := session.(*x.Login)
	if err := login.Exchange(client.ctx, callback); err != nil {
		return nil, nil, err
	}
	return login.Fields(client.config), login, nil
}

func (client *client) Later(_ string, session interface{}) (protocol.Fields, error) {
	login := session.(*x.Login)
	if err := login.Refresh(client.ctx); err != nil {
		return nil, err
	}
	return login.Fields(client.config), nil
}

func main() {
	protocol.Serve("golang.org/x/oauth2", x.Version, []string{"code", "pkce_s256", "secret_basic", "secret_post", "refresh"}, connect)
}
