"""Glewlwyd of Debian, configured by its administration interface, and a user who has agreed to everything.

It runs on a database of its own in a temporary folder. Where it sends a browser to its login page, this program gives the browser
the session of the user, and sends it back.
"""

import atexit
import gzip
import http.client
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CLIENT_JWK, CLIENT_SECRET, REDIRECT_URI = (os.environ[name] for name in ("CLIENT_JWK", "CLIENT_SECRET", "REDIRECT_URI"))
PLUGIN, PASSWORD, USER = "oidc", "correct horse", "user17"
JWT_BEARER_METHOD = "private_key_jwt"

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
base = f"http://127.0.0.1:{port}"


class Front(BaseHTTPRequestHandler):
    """The address of the server, since its login page has to be there: what is not the login page is handed on."""

    def handle_any(self):
        length = int(self.headers.get("content-length", 0))
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
        response = connection.getresponse()
        body = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = handle_any

    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        if address.path != "/login":
            return self.handle_any()
        # The user's browser gets a session, and goes back.
        back = urllib.parse.parse_qs(address.query)["callback_url"][0]
        self.send_response(302)
        self.send_header("set-cookie", session)
        self.send_header("location", back + ("&" if "?" in back else "?") + "g_continue")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


front = ThreadingHTTPServer(("127.0.0.1", 0), Front)
address = f"http://127.0.0.1:{front.server_port}"
issuer = f"{address}/api/{PLUGIN}"
folder = tempfile.TemporaryDirectory()
place = pathlib.Path(folder.name)
documents = pathlib.Path("/usr/share/doc/glewlwyd/database")
script = next(path for path in documents.iterdir() if path.name.startswith("init.sqlite3.sql"))
with sqlite3.connect(place / "glewlwyd.db") as database:
    database.executescript(gzip.decompress(script.read_bytes()).decode() if script.suffix == ".gz" else script.read_text())

(place / "glewlwyd.conf").write_text(f"""
port={port}
bind_address="127.0.0.1"
external_url="{address}"
login_url="login"
api_prefix="api"
log_mode="console"
log_level="INFO"
cookie_secure=0
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database={{ type="sqlite3" path="{place}/glewlwyd.db" }}
""")
glewlwyd = subprocess.Popen(
    ["glewlwyd", "--config-file", str(place / "glewlwyd.conf")], stdin=subprocess.DEVNULL, stdout=sys.stderr)
atexit.register(glewlwyd.terminate)


def call(method, path, body, cookie=""):
    headers = {"content-type": "application/json", "cookie": cookie.split(";")[0]}
    request = urllib.request.Request(f"{base}/api{path}", json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.headers.get("set-cookie", "")
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error


for _ in range(100):
    try:
        admin = call("POST", "/auth/", {"username": "admin", "password": "password"})
        break
    except urllib.error.URLError:
        time.sleep(0.1)



def openssl(*arguments, text=None):
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, check=True, text=True).stdout


key = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
public = openssl("pkey", "-pubout", text=key)

call("POST", "/mod/plugin/", {"module": "oidc", "name": PLUGIN, "display_name": PLUGIN, "parameters": {
    "iss": issuer,
    "jwt-type": "rsa",
    "jwt-key-size": "256",
    "key": key,
    "cert": public,
    "access-token-duration": 3600,
    "refresh-token-duration": 86400,
    "code-duration": 60,
    "refresh-token-one-use": "always",
    "allow-non-oidc": True,
    "auth-type-code-enabled": True,
    "auth-type-client-enabled": True,
    "auth-type-refresh-enabled": True,
    "pkce-allowed": True,
    "pkce-required": True,
    "request-parameter-allow": True,
    "request-parameter-ietf-strict": False,
    "client-pubkey-parameter": "pubkey",
    "client-jwks-parameter": "jwks",
    "introspection-revocation-allowed": True,
    "introspection-revocation-allow-target-client": True,
    "oauth-as-iss-id": True,
    "oauth-par-allowed": True,
    "oauth-par-duration": 90,
    "oauth-par-request_uri-prefix": "urn:ietf:params:oauth:request_uri:",
    "oauth-dpop-allowed": True,
    "oauth-dpop-iat-duration": 60,
    "session-cookie-name": "GLEWLWYD2_OIDC_SESSION",
    "session-cookie-expiration": 86400,
    "subject-type": "public",
}}, admin)
call("POST", "/scope/", {"name": "notes.read", "display_name": "notes.read", "password_required": False, "scheme": {}}, admin)
call("POST", "/user/", {"username": USER, "password": PASSWORD, "scope": ["openid", "g_profile"], "enabled": True}, admin)


def client(name, types, method, scope):
    public_client = {"client_id": name, "name": name, "enabled": True, "redirect_uri": [REDIRECT_URI],
                     "post_logout_redirect_uri": REDIRECT_URI, "authorization_type": types, "scope": scope}
    if method is None:
        call("POST", "/client/", {**public_client, "confidential": False, "token_endpoint_auth_method": ["none"]}, admin)
    else:
        call("POST", "/client/", {**public_client, "confidential": True, "token_endpoint_auth_method": [method],
                                  "client_secret": CLIENT_SECRET, "jwks": {"keys": [json.loads(CLIENT_JWK)]}}, admin)


client("public", ["code", "refresh_token"], None, [])
client("other", ["code", "refresh_token"], None, [])
client("key", ["code", "refresh_token"], JWT_BEARER_METHOD, [])
client("fapi", ["code", "refresh_token"], JWT_BEARER_METHOD, [])
client("secret", ["code", "refresh_token"], "client_secret_basic", [])
client("machine", ["client_credentials"], JWT_BEARER_METHOD, ["notes.read"])

session = call("POST", "/auth/", {"username": USER, "password": PASSWORD})
for name in ("public", "other", "key", "fapi", "secret"):
    call("PUT", f"/auth/grant/{name}", {"scope": "openid"}, session)

threading.Thread(target=front.serve_forever, daemon=True).start()
version = subprocess.run(["glewlwyd", "--version"], capture_output=True, text=True).stdout.split()
version = next((word for word in version if word[:1].isdigit()), "")
known = {"`private_key_jwt`": "the only audience that it takes is the address of the endpoint, not the issuer (RFC 10070)"}
print(json.dumps({"name": "glewlwyd", "version": version, "issuer": issuer, "known": known}), flush=True)
sys.stdin.read()

