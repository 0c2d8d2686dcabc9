"""A login by simple-openid-connect, as its documentation shows `OpenidClient` and its authorization code flow."""
import pathlib
import secrets
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
import cryptojwt.exception  # noqa: E402
import cryptojwt.jws.exception  # noqa: E402
import pydantic  # noqa: E402
import requests  # noqa: E402
from protocol import Refused, certificates, serve, unimplemented  # noqa: E402
from simple_openid_connect import exceptions, pkce  # noqa: E402
from simple_openid_connect.client import OpenidClient  # noqa: E402
from simple_openid_connect.data import ProviderMetadata, TokenErrorResponse, UserinfoErrorResponse  # noqa: E402


class Client:
    def __init__(self, config, _deadline):
        # There is no way to send these parameters, to agree upon another algorithm than RS256, to have a leeway, or to refuse
        # plain http.
        if config["skew"] or not config["allow_http_loopback"] or config["id_token_algs"] != ["RS256"] or any(
            config.get(name) is not None for name in ("max_age", "acr_values", "provider", "metadata_url", "resource", "now")
        ):
            unimplemented("config")
        self.config, self.clients = config, {}
        self.session = requests.Session()
        self.session.verify = certificates(config.get("ca_pem"))

    def client(self, issuer):
        at = next((other for other in self.config.get("issuers") or [] if other["issuer"] == issuer), self.config)
        client = at.get("client") or self.config["client"]
        if client["auth"] == "post":
            unimplemented("a secret in the body")
        known = dict(authentication_redirect_uri=self.config["redirect_uri"], client_id=client["id"],
                     client_secret=client["secret"], scope=self.config["scope"], session=self.session)
        if at["discovery"]:
            return OpenidClient.from_issuer_url(issuer, **known)
        endpoints = at["endpoints"]
        metadata = ProviderMetadata(
            issuer=issuer, authorization_endpoint=endpoints["authorization"], token_endpoint=endpoints["token"],
            jwks_uri=endpoints["jwks"], userinfo_endpoint=endpoints["userinfo"], response_types_supported=["code"],
            subject_types_supported=["public"], id_token_signing_alg_values_supported=self.config["id_token_algs"],
        )
        return OpenidClient.from_issuer_config(metadata, **known)

    def begin(self, issuer):
        if issuer not in self.clients:
            self.clients[issuer] = self.client(issuer)
        client = self.clients[issuer]
        verifier, challenge = pkce.generate_pkce_pair()
        state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32) if self.config["expect_nonce"] else None
        url = client.authorization_code_flow.start_authentication(
            state=state, nonce=nonce, code_challenge=challenge, code_challenge_method="S256")
        return url, (client, state, nonce, verifier)

    def callback(self, session, url):
        client, state, nonce, verifier = session
        tokens = client.authorization_code_flow.handle_authentication_result(url, state=state, code_verifier=verifier)
        return self.result(client, tokens, nonce), {"client": client, "tokens": tokens}

    def result(self, client, tokens, nonce=None):
        if isinstance(tokens, TokenErrorResponse):
            raise Refused("token", "token_error", tokens.error)
        try:
            claims = client.decode_id_token(
                tokens.id_token, nonce=nonce, extra_trusted_audiences=self.config.get("trusted_audiences"))
        except Exception as error:
            raise id_token(error) from error
        scope = self.config["scope"] if tokens.scope is None else tokens.scope
        return {"token_type": tokens.token_type, "scope": scope, "expires_in": tokens.expires_in, "id_token_verified": True,
                "sub": claims.sub, "claims": claims.model_dump(mode="json", exclude_none=True)}

    def refresh(self, login):
        tokens = login["client"].exchange_refresh_token(login["tokens"].refresh_token)
        result = self.result(login["client"], tokens)
        # A server that rotates sends a new refresh token; another one leaves the old one in force.
        kept = login["tokens"].refresh_token
        login["tokens"] = tokens.model_copy(update={"refresh_token": tokens.refresh_token or kept})
        return result

    def userinfo(self, login):
        info = login["client"].fetch_userinfo(login["tokens"].access_token)
        if isinstance(info, UserinfoErrorResponse):
            raise Refused("userinfo", "token_error", info.error)
        return {"claims": info.model_dump(mode="json", exclude_none=True)}


WORDS = (("issuer", "claim_iss"), ("azp", "claim_azp"), ("audience", "claim_aud"), ("expired", "claim_exp"), ("nonce", "claim_nonce"),
         ("too far in the past", "claim_iat"))


def id_token(error):
    """A refusal for what `decode_id_token` raises: its own words, pydantic's, or those of cryptojwt."""
    name, text = type(error).__name__, str(error)
    if isinstance(error, exceptions.ValidationError):
        return Refused("id_token", next((cls for word, cls in WORDS if word in text), "other"), detail=text)
    if isinstance(error, pydantic.ValidationError):
        claim = str((error.errors()[0]["loc"] or ("",))[0])
        return Refused("id_token", f"claim_{claim}" if claim else "jwt_malformed", detail=f"pydantic: {claim}")
    if isinstance(error, exceptions.OpenidProtocolError):
        return Refused("id_token", "key", detail=text)
    classes = {"BadSignature": "signature", "NoSuitableSigningKeys": "key", "SignerAlgError": "alg", "UnknownAlgorithm": "alg",
               "Unsupported": "alg", "UnsupportedAlgorithm": "alg"}
    if isinstance(error, cryptojwt.exception.JWKESTException):
        return Refused("id_token", classes.get(name, "jwt_malformed"), detail=name)
    return Refused("id_token", "jwt_malformed", detail=name)


def refusal(error, stage):
    """A refusal for what the other calls raise."""
    sent = "token" if stage == "callback" else stage
    if isinstance(error, exceptions.AuthenticationFailedError):
        return Refused("callback", "as_error", error.error.error)
    if isinstance(error, exceptions.ValidationError):
        return Refused("callback", "state", detail=str(error))
    if isinstance(error, exceptions.OpenidProtocolError):
        if stage == "authorize":
            return Refused("discovery", "issuer" if isinstance(error.__cause__, AssertionError) else "discovery", detail=str(error))
        return Refused(sent, "token_malformed", detail=str(error.args[0]))
    if isinstance(error, pydantic.ValidationError):
        if error.title.startswith("Authentication"):
            return Refused("callback", "callback_malformed", detail=error.title)
        return Refused(sent, "token_malformed", detail=error.title)
    if isinstance(error, NotImplementedError):
        unimplemented(str(error))
    return None


CAN = ["code", "pkce_s256", "oidc", "openid_always", "discovery", "secret_basic", "trusted_audiences", "refresh", "userinfo"]
serve("simple_openid_connect", CAN, Client, refusal)
