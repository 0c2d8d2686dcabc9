// Tests of an OAuth client against `proofkey-conformance serve`: go test. PROOFKEY_CONFORMANCE names the program.
package login

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"
)

type tenant struct {
	Control   string
	Endpoints struct{ Authorization, Token string }
	Clients   []struct{ ID string }
}

var control string

func TestMain(m *testing.M) { // one server for all tests; it ends with this process, however that ends
	program := os.Getenv("PROOFKEY_CONFORMANCE")
	if program == "" {
		program = "proofkey-conformance"
	}
	server := exec.Command(program, "serve", "--json", "--with-parent")
	input, _ := server.StdinPipe()
	output, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		panic(err)
	}
	var started struct{ Control string }
	if err := json.NewDecoder(output).Decode(&started); err != nil {
		panic(err)
	}
	control = started.Control
	code := m.Run()
	input.Close()
	server.Wait()
	os.Exit(code)
}

func TestAnHonestServerLogsIn(t *testing.T) {
	t.Parallel()
	if err := logIn(t, start(t, `{}`)); err != nil {
		t.Fatal(err)
	}
}

func TestACodeIsNotSentAfterAWrongState(t *testing.T) {
	t.Parallel()
	tenant := start(t, `{"lie": {"callback": [{"set": ["state", "wrong"]}]}}`)
	if err := logIn(t, tenant); err == nil {
		t.Fatal("a wrong state was accepted")
	}
	var log struct{ Exchanges []struct{ Endpoint string } }
	call(t, "GET", tenant.Control+"/log", nil, &log)
	for _, exchange := range log.Exchanges {
		if exchange.Endpoint == "token" {
			t.Error("the code was sent")
		}
	}
}

// start gives a server of this test's own.
func start(t *testing.T, plan string) (started tenant) {
	call(t, "POST", control+"/tenants", json.RawMessage(plan), &started)
	t.Cleanup(func() { call(t, "DELETE", started.Control, nil, nil) })
	return started
}

func call(t *testing.T, method, address string, body, answer any) {
	t.Helper()
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	request, _ := http.NewRequest(method, address, bytes.NewReader(text))
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode >= 300 {
		t.Fatal(method, address, err, response)
	}
	defer response.Body.Close()
	if answer != nil {
		if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
			t.Fatal(err)
		}
	}
}

// logIn is the client under test; put your own in its place.
func logIn(t *testing.T, server tenant) error {
	random := func() string {
		bytes := make([]byte, 32)
		rand.Read(bytes)
		return base64.RawURLEncoding.EncodeToString(bytes)
	}
	verifier, state, redirectURI := random(), random(), "http://127.0.0.1/callback"
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{"response_type": {"code"}, "client_id": {server.Clients[0].ID}, "redirect_uri": {redirectURI},
		"scope": {"profile"}, "state": {state}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}}
	var browser struct{ Callback string }
	call(t, "POST", server.Control+"/browser", map[string]string{"url": server.Endpoints.Authorization + "?" + query.Encode()}, &browser)
	callback, err := url.Parse(browser.Callback)
	if err != nil {
		return err
	}
	if callback.Query().Get("state") != state {
		return errors.New("the state is wrong")
	}
	response, err := http.PostForm(server.Endpoints.Token, url.Values{"grant_type": {"authorization_code"},
		"code": {callback.Query().Get("code")}, "code_verifier": {verifier}, "redirect_uri": {redirectURI},
		"client_id": {server.Clients[0].ID}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}
