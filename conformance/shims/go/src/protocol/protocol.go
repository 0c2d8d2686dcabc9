// Package protocol is the shim protocol of conformance/PORTING.md, for a client written in Go. It knows no library and
// checks nothing.
package protocol

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Registered is a client as a server knows it.
type Registered struct{ ID, Secret, Auth string }

// Server is one authorization server.
type Server struct {
	Issuer    string
	Discovery bool
	Endpoints struct{ Authorization, Token, Jwks, Userinfo string }
	Client    *Registered
}

// Config is the message of this name.
type Config struct {
	Server
	RedirectURI       string `json:"redirect_uri"`
	Scope             string
	ExpectNonce       bool     `json:"expect_nonce"`
	IDTokenAlgs       []string `json:"id_token_algs"`
	MaxAge            *int     `json:"max_age"`
	ACRValues         string   `json:"acr_values"`
	TrustedAudiences  []string `json:"trusted_audiences"`
	Now               *int64
	Skew              int
	CAPEM             string `json:"ca_pem"`
	AllowHTTPLoopback bool   `json:"allow_http_loopback"`
	Resource          string
	Provider          string
	MetadataURL       string `json:"metadata_url"`
	Issuers           []Server
}

// At is the server of this issuer, with the client that it knows.
func (config Config) At(issuer string) Server {
	at := config.Server
	for _, other := range config.Issuers {
		if other.Issuer == issuer {
			at = other
		}
	}
	if at.Client == nil {
		at.Client = config.Client
	}
	return at
}

// HTTP is a client that gives up after this time and trusts what the configuration says.
func (config Config) HTTP(timeout time.Duration) *http.Client {
	client := &http.Client{Timeout: timeout}
	if config.CAPEM != "" {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(config.CAPEM))
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	}
	return client
}

// Fields are those of a result.
type Fields map[string]interface{}

// Refused is a refusal.
type Refused struct{ Stage, Class, Code, Detail string }

func (refused *Refused) Error() string { return refused.Detail }

// Client is the library under test. Sessions and what is left of a login are its own types.
type Client interface {
	Begin(issuer string) (address string, session interface{}, err error)
	Callback(session interface{}, callback *url.URL) (Fields, interface{}, error)
	Later(what string, login interface{}) (Fields, error)
}

// Unimplemented ends the program: the case is reported as not claimed.
func Unimplemented(what string) {
	fmt.Fprintln(os.Stderr, "not implemented:", what)
	os.Exit(89)
}

// Transport is the refusal for what net/http returns instead of a response.
func Transport(stage string, err error) *Refused {
	words := err.Error()
	class := "token_http"
	switch {
	case strings.Contains(words, "Timeout exceeded") || strings.Contains(words, "deadline exceeded"):
		class = "timeout"
	case strings.Contains(words, "x509:") || strings.Contains(words, "tls:"):
		class = "tls"
	case strings.Contains(words, "stopped after 10 redirects"):
		class = "redirect"
	}
	return &Refused{stage, class, "", fmt.Sprintf("%T", err)}
}

// Serve speaks the protocol until the input ends.
func Serve(name, version string, can []string, connect func(Config, time.Duration) Client) {
	hello := Fields{"t": "hello", "proto": 1, "name": name, "version": version, "lang": "go",
		"can": append(can, "parallel", "reset"), "callback": "stdin"}
	claims := map[string]bool{}
	for _, one := range can {
		claims[one] = true
	}
	var config Config
	var timeout time.Duration
	var client Client
	sessions, logins := map[string]interface{}{}, map[string]interface{}{}

	result := func(flow, of string, fields Fields, err error) Fields {
		var refused *Refused
		if err != nil && !errors.As(err, &refused) {
			refused = &Refused{"token", "other", "", fmt.Sprintf("%T", err)}
		}
		if refused != nil {
			fields = Fields{"ok": false, "stage": refused.Stage, "class": refused.Class, "detail": refused.Detail, "code": nil}
			if refused.Code != "" {
				fields["code"] = refused.Code
			}
		} else {
			fields["ok"] = true
		}
		fields["t"], fields["flow"], fields["of"] = "result", flow, of
		return fields
	}
	begin := func(flow, issuer string) Fields {
		if client == nil {
			client = connect(config, timeout)
		}
		address, session, err := client.Begin(issuer)
		if err != nil {
			return result(flow, "login", nil, err)
		}
		sessions[flow] = session
		return Fields{"t": "authorize", "flow": flow, "url": address, "redirect_uri": config.RedirectURI}
	}
	callback := func(flow, address string) (Fields, error) {
		// The session of a login that has ended is empty: there is nothing that the library could be given.
		session, ok := sessions[flow]
		delete(sessions, flow)
		if !ok {
			return nil, &Refused{"callback", "state", "", "no login is under way"}
		}
		parsed, err := url.Parse(address)
		if err != nil {
			return nil, &Refused{"callback", "callback_malformed", "", "not an address"}
		}
		fields, login, err := client.Callback(session, parsed)
		logins[flow] = login
		return fields, err
	}

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var message struct {
			T, Flow, URL, Issuer string
			Deadline             int `json:"deadline_ms"`
		}
		if json.Unmarshal(lines.Bytes(), &message) != nil {
			Unimplemented("a line that is not JSON")
		}
		flow := message.Flow
		if flow == "" {
			flow = "f1"
		}
		var answer Fields
		switch message.T {
		case "hello":
			timeout = time.Duration(message.Deadline) * time.Millisecond / 3
			answer = hello
		case "config":
			config = Config{}
			if json.Unmarshal(lines.Bytes(), &config) != nil {
				Unimplemented("config")
			}
			answer = begin(flow, config.Issuer)
		case "begin":
			issuer := message.Issuer
			if issuer == "" {
				issuer = config.Issuer
			}
			answer = begin(flow, issuer)
		case "callback":
			fields, err := callback(flow, message.URL)
			answer = result(flow, "login", fields, err)
		case "reset":
			client, sessions, logins = nil, map[string]interface{}{}, map[string]interface{}{}
			answer = Fields{"t": "reset"}
		default:
			if !claims[message.T] {
				Unimplemented(message.T)
			}
			login, ok := logins[flow]
			if !ok || login == nil {
				answer = result(flow, message.T, nil, &Refused{message.T, "other", "", "this login has no tokens"})
				break
			}
			fields, err := client.Later(message.T, login)
			answer = result(flow, message.T, fields, err)
		}
		line, _ := json.Marshal(answer)
		fmt.Println(string(line))
	}
}
