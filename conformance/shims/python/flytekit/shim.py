"""A login by flytekit's PKCE login, as `flytekit.clients.auth_helper` puts it together: `PKCEAuthenticator` over its own listener."""
import ast
import http.client
import json
import pathlib
import queue
import re
import sys
import threading
import urllib.parse
import webbrowser

sys.path.append(str(pathlib.Path(__file__).parent.parent))
import keyring  # noqa: E402
import keyring.backends.null  # noqa: E402
from flytekit.clients.auth.auth_client import OAuthCallbackHandler, _SingletonPerEndpoint  # noqa: E402
from flytekit.clients.auth.authenticator import ClientConfig, PKCEAuthenticator, StaticClientConfigStore  # noqa: E402
from protocol import Refused, certificates, serve, unimplemented  # noqa: E402

# Its listener writes the address of each callback to standard error, with the code in it, which is one finding and not one in
# each case.
OAuthCallbackHandler.log_message = lambda *_: None
# No case is to read the tokens of another one, or to leave any behind.
keyring.set_keyring(keyring.backends.null.Keyring())


class Browser(webbrowser.BaseBrowser):
    """The browser that flytekit opens: `addresses` has what it was to show."""

    addresses = queue.Queue()

    def open(self, url, new=0, autoraise=True):
        self.addresses.put(url)
        return True


PRINTED = "".join(chr(code) for code in range(33, 127))
webbrowser.register("shim", None, Browser(), preferred=True)


class Client:
    listening = None  # where a login of this process still waits for its callback

    def __init__(self, config, deadline):
        # It has no secret here, no rule about plain http, and no metadata but those of Flyte's server.
        unfit = not config["allow_http_loopback"] or config["client"]["secret"]
        if unfit or any(config.get(name) for name in ("discovery", "resource", "provider")):
            unimplemented("config")
        self.config, self.deadline, self.verify = config, deadline, certificates(config.get("ca_pem"))
        # What it keeps for the whole process is not for the next case.
        _SingletonPerEndpoint._instances.clear()
        if Client.listening:
            visit("http://{}:{}/".format(*Client.listening), Client.listening, deadline)
            Client.listening = None

    def begin(self, issuer):
        endpoints, address = self.config["endpoints"], urllib.parse.urlsplit(self.config["redirect_uri"])
        known = ClientConfig(token_endpoint=endpoints["token"], authorization_endpoint=endpoints["authorization"],
                             redirect_uri=self.config["redirect_uri"], client_id=self.config["client"]["id"],
                             scopes=self.config["scope"].split())
        authenticator = PKCEAuthenticator(issuer, StaticClientConfigStore(known), verify=self.verify)
        login = started(authenticator)
        if isinstance(said := first_of(login), Exception):
            raise said
        Client.listening = (address.hostname, address.port)
        return said, (authenticator, login)

    def callback(self, session, url):
        authenticator, login = session
        visit(url, Client.listening, self.deadline)
        Client.listening = None
        # A login that never ends is a silence of this shim as well.
        if isinstance(said := login.get(), Exception):
            raise said
        return self.result(said), authenticator

    def refresh(self, authenticator):
        said = first_of(started(authenticator))
        if isinstance(said, str):
            raise Refused("refresh", "token_error", detail="it opens the browser for a new login")
        if isinstance(said, Exception):
            raise said
        return self.result(said)

    def result(self, credentials):
        # It keeps neither `token_type` nor `scope`, and sends every token as a bearer token.
        return {"token_type": "Bearer", "scope": self.config["scope"], "expires_in": credentials.expires_in}


def visit(url, listener, deadline):
    """Brings the browser to its listener, with `url` in the address bar."""
    address = urllib.parse.urlsplit(url)
    target = urllib.parse.urlunsplit(("", "", address.path or "/", address.query, ""))
    connection = http.client.HTTPConnection(*listener, timeout=deadline)
    try:
        connection.request("GET", urllib.parse.quote(target, safe=PRINTED), headers={"Host": address.netloc})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass  # A listener that breaks off is not the end of the login.
    finally:
        connection.close()


def started(authenticator):
    """Lets it log in, or refresh: what comes of it will be in the queue."""
    ended = queue.Queue()

    def run():
        try:
            authenticator.refresh_credentials()
            ended.put(authenticator.get_credentials())
        except Exception as error:  # pylint: disable=broad-except
            ended.put(error)

    threading.Thread(target=run, daemon=True).start()
    return ended


def first_of(login):
    """What comes first: the address that it opens in the browser, or the end."""
    while True:
        for source in (Browser.addresses, login):
            try:
                return source.get(timeout=0.02)
            except queue.Empty:
                pass


def refusal(error, stage):
    """A refusal for what its authenticator raises: it has words, and few kinds."""
    text, sent = str(error), "token" if stage == "callback" else stage
    if stage == "authorize":
        return Refused(stage, "config", detail=type(error).__name__)
    if text.startswith("Unexpected state parameter"):
        return Refused("callback", "state", detail="Unexpected state parameter")
    if found := re.match(r"Failed to request access token with response: \[(\d+)\] (.*)", text, re.DOTALL):
        status, body = int(found[1]), ast.literal_eval(found[2])
        if 300 <= status < 400:
            return Refused(sent, "redirect", detail=f"status {status}")
        try:
            return Refused(sent, "token_error", json.loads(body)["error"], f"status {status}")
        except (ValueError, TypeError, KeyError):
            return Refused(sent, "token_http", detail=f"status {status}")
    if isinstance(error, (ValueError, TypeError, AttributeError)):
        return Refused(sent, "token_malformed", detail=type(error).__name__)
    return None


serve("flytekit", ["code", "pkce_s256", "refresh"], Client, refusal, parallel=False)
