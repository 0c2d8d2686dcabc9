"""The shim protocol of conformance/PORTING.md, for a client written in Python. It knows no library and checks nothing."""
import importlib.metadata
import json
import sys
import tempfile
import urllib.parse

import requests


class Refused(Exception):
    """A refusal: stage, class, and perhaps the server's error code."""

    def __init__(self, stage, name, code=None, detail=""):
        super().__init__(detail)
        self.stage, self.name, self.code = stage, name, code


class Unimplemented(Exception):
    """What this client cannot honour: the case is reported as not claimed."""


def unimplemented(what):
    """Gives up the case, since `what` is not implemented."""
    raise Unimplemented(what)


def certificates(pem):
    """The name of a file with these certificates, as `requests` wants them; True means those of the system."""
    if not pem:
        return True
    file = tempfile.NamedTemporaryFile("w", suffix=".pem", dir=".", delete=False)
    with file:
        file.write(pem)
    return file.name


def failed_request(error, stage):
    """The refusal for what `requests` raises, or None."""
    for kind, name in (
        (requests.exceptions.Timeout, "timeout"),
        (requests.exceptions.SSLError, "tls"),
        (requests.exceptions.TooManyRedirects, "redirect"),
        (requests.exceptions.JSONDecodeError, "token_malformed"),
        (requests.exceptions.RequestException, "token_http"),
    ):
        if isinstance(error, kind):
            return Refused(stage, name, detail=type(error).__name__)
    return None


def serve(name, can, connect, refusal, parallel=True):
    """Speaks the protocol until the input ends.

    `connect(config, deadline)` makes a client with `begin(issuer)`, which returns an address and what the browser's
    session is to keep, and `callback(session, url)`, which returns the fields of a result and what is left of the login
    for `refresh`, `userinfo` and `revoke`. `refusal(error, stage)` makes a `Refused` of what they raise.
    """
    hello = {"t": "hello", "proto": 1, "name": name, "version": importlib.metadata.version(name), "lang": "python",
             "can": [*can, *(["parallel"] if parallel else []), "reset"], "callback": "stdin"}
    client, config, deadline, sessions, logins = None, {}, 0, {}, {}

    def attempt(flow, of, stage, action):
        result = {"t": "result", "flow": flow, "of": of}
        try:
            return {**result, "ok": True, **action()}
        except Unimplemented:
            return {"t": "unimplemented"}
        except Exception as error:  # pylint: disable=broad-except
            refused = error if isinstance(error, Refused) else refusal(error, stage) or failed_request(error, stage)
            refused = refused or Refused(stage, "other", detail=type(error).__name__)
            return {**result, "ok": False, "stage": refused.stage, "class": refused.name, "code": refused.code,
                    "detail": f"{type(error).__name__}: {refused}"}

    def begin(flow, issuer):
        def action():
            nonlocal client
            client = client or connect(config, deadline)
            url, sessions[flow] = client.begin(issuer or config["issuer"])
            return {"url": url}

        began = attempt(flow, "login", "authorize", action)
        if began.get("ok"):
            began = {"t": "authorize", "flow": flow, "url": began["url"], "redirect_uri": config["redirect_uri"]}
        return began

    def callback(flow, url):
        # The session of a login that has ended is empty: there is nothing that the library could be given.
        session = sessions.pop(flow, None)
        if session is None:
            raise Refused("callback", "state", detail="no login is under way")
        try:
            result, logins[flow] = client.callback(session, url)
        except Exception as error:
            # Some libraries have one exception for an error in the callback and for one of the token endpoint.
            error.of_callback = "error" in urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
            raise
        return result

    def after(what, flow):
        if flow not in logins:
            raise Refused(what, "other", detail="this login has no tokens")
        return getattr(client, what)(logins[flow])

    for message in map(json.loads, sys.stdin):
        what, flow = message["t"], message.get("flow", "f1")
        if what == "hello":
            if message["proto"] != 1:
                sys.exit(89)
            deadline, answer = message["deadline_ms"] / 1000, hello
        elif what == "config":
            config = message
            answer = begin(flow, None)
        elif what == "begin":
            answer = begin(flow, message.get("issuer"))
        elif what == "callback":
            answer = attempt(flow, "login", "callback", lambda: callback(flow, message["url"]))
        elif what in ("refresh", "userinfo", "revoke") and what in can:
            answer = attempt(flow, what, what, lambda: after(what, flow))
        elif what == "reset":
            client, config, sessions, logins = None, {}, {}, {}
            answer = {"t": "reset"}
        else:
            answer = {"t": "unimplemented"}
        print(json.dumps(answer), flush=True)
