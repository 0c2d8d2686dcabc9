"""A login by Authlib, as its "Flask OAuth Client" shows it: `authorize_redirect` and `authorize_access_token`."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
import joserfc.errors  # noqa: E402
import requests  # noqa: E402
from authlib.integrations.base_client import MismatchingStateError, OAuthError  # noqa: E402
from authlib.integrations.flask_client import OAuth  # noqa: E402
from flask import Flask, session as browser  # noqa: E402
from protocol import Refused, certificates, serve, unimplemented  # noqa: E402


class Client:
    def __init__(self, config, deadline):
        unfit = any(config.get(name) for name in ("provider", "metadata_url", "trusted_audiences", "now"))
        # For HS256 it looks in the key set, not at the client's secret.
        unfit = unfit or any(name.startswith("HS") for name in config.get("id_token_algs") or [])
        # It has no rule about plain http that could be switched on.
        if unfit or not config["allow_http_loopback"]:
            unimplemented("config")
        self.config, self.deadline, self.verify = config, deadline, certificates(config.get("ca_pem"))
        self.app = Flask("shim")
        self.app.secret_key = "the session of a test"
        self.oauth = OAuth(self.app)

    def registered(self, issuer):
        if client := self.oauth._clients.get(issuer):
            return client
        at = next((other for other in self.config.get("issuers") or [] if other["issuer"] == issuer), self.config)
        client = at.get("client") or self.config["client"]
        methods = {"none": "none", "basic": "client_secret_basic", "post": "client_secret_post"}
        known = {}
        if at["discovery"]:
            known["server_metadata_url"] = issuer.rstrip("/") + "/.well-known/openid-configuration"
        else:
            endpoints = at["endpoints"]
            known = {"issuer": issuer, "authorize_url": endpoints["authorization"], "access_token_url": endpoints["token"],
                     "jwks_uri": endpoints["jwks"], "userinfo_endpoint": endpoints["userinfo"],
                     "id_token_signing_alg_values_supported": self.config.get("id_token_algs")}
        kwargs = {"scope": self.config["scope"], "code_challenge_method": "S256", "verify": self.verify,
                  "default_timeout": self.deadline / 3}
        if client["auth"]:
            kwargs["token_endpoint_auth_method"] = methods[client["auth"]]
        return self.oauth.register(issuer, client_id=client["id"], client_secret=client["secret"], client_kwargs=kwargs, **known)

    def begin(self, issuer):
        extra = {name: self.config[name] for name in ("max_age", "acr_values", "resource") if self.config.get(name) is not None}
        with self.app.test_request_context("/login"):
            client = self.registered(issuer)
            url = client.authorize_redirect(self.config["redirect_uri"], **extra).location
            return url, (client, dict(browser))

    def callback(self, session, url):
        client, stored = session
        resource = {"resource": self.config["resource"]} if self.config.get("resource") else {}
        with self.app.test_request_context(url):
            browser.update(stored)
            tokens = client.authorize_access_token(leeway=self.config["skew"], **resource)
        if "openid" in self.config["scope"].split() and "userinfo" not in tokens:
            # The documentation reads `token["userinfo"]`, which is not there without an ID token.
            raise Refused("id_token", "jwt_malformed", detail='no token["userinfo"]')
        return self.result(tokens), (client, tokens)

    def result(self, tokens):
        result = {"token_type": tokens.get("token_type"), "scope": tokens.get("scope", self.config["scope"]),
                  "expires_in": tokens.get("expires_in")}
        if claims := tokens.get("userinfo"):
            result |= {"id_token_verified": True, "sub": claims["sub"], "claims": claims}
        return result

    def userinfo(self, login):
        client, tokens = login
        with self.app.test_request_context("/"):
            return {"claims": client.userinfo(token=tokens)}


CLASSES = {
    "BadSignatureError": "signature", "DecodeError": "jwt_malformed", "UnsupportedAlgorithmError": "alg", "ConflictAlgorithmError": "alg",
    "InvalidKeyIdError": "key", "InvalidKeyTypeError": "key", "UnsupportedKeyUseError": "key", "UnsupportedKeyAlgorithmError": "key",
    "UnsupportedKeyOperationError": "key", "InvalidKeyLengthError": "key", "MissingKeyError": "key", "MissingKeyTypeError": "key",
    "InvalidPayloadError": "jwt_malformed", "ExpiredTokenError": "claim_exp", "InvalidCurveError": "key",
    "KeyParameterError": "key", "UnsupportedHeaderError": "crit", "InvalidTokenError": "claim_iat", "InvalidKeyCurveError": "key",
}


def refusal(error, stage):
    """A refusal for what Authlib and joserfc raise."""
    if isinstance(error, MismatchingStateError):
        return Refused("callback", "state")
    if isinstance(error, joserfc.errors.JoseError):
        claim = getattr(error, "claim", None)
        name = f"claim_{claim}" if claim and "hash" not in claim else claim or CLASSES.get(type(error).__name__, "jwt_malformed")
        return Refused("id_token", name, detail=str(error))
    if isinstance(error, OAuthError):
        if getattr(error, "of_callback", False):
            return Refused("callback", "as_error", error.error)
        return Refused("token" if stage == "callback" else stage, "token_error", error.error)
    if stage == "authorize":
        known = isinstance(error, (requests.RequestException, ValueError, RuntimeError, KeyError, TypeError, AttributeError))
        return Refused("discovery", "discovery") if known else None
    if isinstance(error, (ValueError, TypeError, KeyError, AttributeError, RecursionError)):
        return Refused("token" if stage == "callback" else stage, "token_malformed")
    return None


serve("Authlib", ["code", "pkce_s256", "oidc", "discovery", "secret_basic", "secret_post", "resource", "userinfo"], Client, refusal)
