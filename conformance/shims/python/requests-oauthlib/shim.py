"""A login by requests-oauthlib, as its "OAuth 2 Workflow" and its examples show the Web Application Flow, with PKCE."""
import os
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from oauthlib_errors import refusal  # noqa: E402
from protocol import certificates, serve, unimplemented  # noqa: E402
from requests_oauthlib import OAuth2Session  # noqa: E402


class Client:
    def __init__(self, config, deadline):
        if "openid" in config["scope"].split() or config.get("discovery") or config.get("provider") or config.get("resource"):
            unimplemented("config")
        # "OAuth 2 Workflow": for a server without TLS, in development.
        os.environ.pop("OAUTHLIB_INSECURE_TRANSPORT", None)
        if config["allow_http_loopback"]:
            os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
        self.config, self.timeout, self.verify = config, deadline / 3, certificates(config.get("ca_pem"))

    def begin(self, issuer):
        at = next((other for other in self.config.get("issuers") or [] if other["issuer"] == issuer), self.config)
        client = at.get("client") or self.config["client"]
        oauth = OAuth2Session(client["id"], redirect_uri=self.config["redirect_uri"], scope=self.config["scope"].split(), pkce="S256")
        url, _ = oauth.authorization_url(at["endpoints"]["authorization"])
        return url, (oauth, at["endpoints"], client)

    def callback(self, session, url):
        oauth, endpoints, client = session
        # Without a secret, or with one in the body, its documentation of `fetch_token` asks for `include_client_id`.
        how = {} if client["auth"] == "basic" else {"include_client_id": True}
        tokens = oauth.fetch_token(endpoints["token"], authorization_response=url, client_secret=client["secret"],
                                   timeout=self.timeout, verify=self.verify, **how)
        return self.result(tokens), session

    def refresh(self, session):
        oauth, endpoints, client = session
        # "Refreshing tokens": the client's credentials are extra arguments.
        extra = {"client_id": client["id"], **({"client_secret": client["secret"]} if client["secret"] else {})}
        return self.result(oauth.refresh_token(endpoints["token"], timeout=self.timeout, verify=self.verify, **extra))

    def result(self, tokens):
        scope = tokens.get("scope") or self.config["scope"].split()
        return {"token_type": tokens.get("token_type"), "scope": " ".join(scope), "expires_in": tokens.get("expires_in")}


serve("requests-oauthlib", ["code", "pkce_s256", "secret_basic", "secret_post", "refresh"], Client, refusal)
