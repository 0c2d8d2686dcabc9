"""A login by google-auth-oauthlib, as the documentation of `google_auth_oauthlib.flow.Flow` shows it."""
import os
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from google_auth_oauthlib.flow import Flow  # noqa: E402
from oauthlib_errors import refusal  # noqa: E402
from protocol import certificates, serve, unimplemented  # noqa: E402


class Client:
    def __init__(self, config, deadline):
        if "openid" in config["scope"].split() or config.get("discovery") or config.get("provider") or config.get("resource"):
            unimplemented("config")
        # The library stands on requests-oauthlib, whose documentation names this for a server without TLS.
        os.environ.pop("OAUTHLIB_INSECURE_TRANSPORT", None)
        if config["allow_http_loopback"]:
            os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
        self.config, self.timeout, self.verify = config, deadline / 3, certificates(config.get("ca_pem"))

    def begin(self, issuer):
        at = next((other for other in self.config.get("issuers") or [] if other["issuer"] == issuer), self.config)
        client = at.get("client") or self.config["client"]
        secrets = {"auth_uri": at["endpoints"]["authorization"], "token_uri": at["endpoints"]["token"],
                   "client_id": client["id"], "client_secret": client["secret"]}
        flow = Flow.from_client_config({"web" if client["secret"] else "installed": secrets}, self.config["scope"].split(),
                                       redirect_uri=self.config["redirect_uri"])
        url, _ = flow.authorization_url()
        return url, (flow, client)

    def callback(self, session, url):
        flow, client = session
        # Passed on to `requests_oauthlib.OAuth2Session.fetch_token`, which documents it for public clients.
        how = {} if client["auth"] == "basic" else {"include_client_id": True}
        flow.fetch_token(authorization_response=url, timeout=self.timeout, verify=self.verify, **how)
        tokens = flow.oauth2session.token
        scope = flow.credentials.granted_scopes or self.config["scope"].split()
        return {"token_type": tokens.get("token_type"), "scope": " ".join(scope), "expires_in": tokens.get("expires_in")}, flow


serve("google-auth-oauthlib", ["code", "pkce_s256", "secret_basic", "secret_post"], Client, refusal)
