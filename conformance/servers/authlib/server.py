"""Authlib's server on Flask with the grants that its documentation shows, and a user who agrees to everything.

All is kept in memory. What the classes below do not say, Authlib does.
"""

import json
import os
import sys
import threading
import time

import authlib
from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core import OpenIDCode, UserInfo, UserInfoEndpoint
from authlib.oidc.core.grants.code import OpenIDToken
from authlib.oidc.rpinitiated import EndSessionEndpoint
from flask import Flask, jsonify, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

# Loopback is reached by http.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
CLIENT_JWK, REDIRECT_URI, API = (os.environ[name] for name in ("CLIENT_JWK", "REDIRECT_URI", "API"))
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"

app = Flask(__name__)
web = make_server("127.0.0.1", 0, app, threaded=True)
issuer = f"http://127.0.0.1:{web.port}"
server_key = RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig", "kid": "rs256"})


class Client(ClientMixin):
    def __init__(self, client_id, method, grant_types, scope="openid"):
        self.client_id, self.method, self.grant_types, self.scope = client_id, method, grant_types, scope
        self.secret = "a-secret-of-the-web-client"
        self.client_metadata = {"post_logout_redirect_uris": [REDIRECT_URI]}

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return REDIRECT_URI

    def get_allowed_scope(self, scope):
        return " ".join(part for part in (scope or "").split() if part in self.scope.split())

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == REDIRECT_URI

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.method

    def check_client_secret(self, secret):
        return secret == self.secret

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in self.grant_types


class User:
    def get_user_id(self):
        return "user-17"


class Token(TokenMixin):
    def __init__(self, client, user, token):
        self.client, self.user, self.issued_at, self.revoked = client, user, time.time(), False
        self.access_token, self.refresh_token = token["access_token"], token.get("refresh_token")
        self.scope, self.expires_in = token.get("scope", ""), token["expires_in"]

    def check_client(self, client):
        return client.client_id == self.client.client_id

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return self.expires_in

    def is_expired(self):
        return time.time() > self.issued_at + self.expires_in

    def is_revoked(self):
        return self.revoked

    def get_user(self):
        return self.user

    def get_client(self):
        return self.client


class Code:
    def __init__(self, request):
        payload = request.payload
        self.client_id, self.scope, self.redirect_uri = request.client.client_id, payload.scope, payload.redirect_uri
        self.code_challenge = payload.data.get("code_challenge")
        self.code_challenge_method = payload.data.get("code_challenge_method")
        self.nonce, self.auth_time = payload.data.get("nonce"), int(time.time())

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time

    def get_acr(self):
        return None

    def get_amr(self):
        return None


JWT_METHOD = JWTBearerClientAssertion.CLIENT_AUTH_METHOD
clients = {client.client_id: client for client in (
    Client("public", "none", ["authorization_code", "refresh_token"]),
    Client("other", "none", ["authorization_code", "refresh_token"]),
    Client("web", "client_secret_basic", ["authorization_code", "refresh_token"]),
    Client("key", JWT_METHOD, ["authorization_code", "refresh_token"]),
    Client("device", "none", [DEVICE_CODE, "refresh_token"]),
    Client("machine", JWT_METHOD, ["client_credentials"], "notes.read"),
)}
user, codes, tokens, devices, approved, used = User(), {}, [], {}, set(), set()


def find(name, text):
    return next((token for token in tokens if text and getattr(token, name) == text), None)


def find_either(text, hint):
    return find("access_token", text) or find("refresh_token", text)


def save_token(token, of):
    tokens.append(Token(of.client, of.user, token))


class OpenId:
    def resolve_client_private_key(self, client):
        return server_key

    def get_encode_header(self, client):
        return {"alg": "RS256", "kid": server_key.kid}

    def get_client_claims(self, client):
        return {"iss": issuer, "aud": [client.client_id]}

    def generate_user_info(self, user, scope):
        return UserInfo(sub=user.get_user_id(), email="user@example.com").filter(scope)


class CodeOpenId(OpenId, OpenIDCode):
    def exists_nonce(self, nonce, request):
        return any(code.nonce == nonce for code in codes.values())


class PlainOpenId(OpenId, OpenIDToken):
    def get_authorization_code_claims(self, authorization_code):
        return {}


class AuthorizationCodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_basic", JWT_METHOD]

    def save_authorization_code(self, code, request):
        codes[code] = Code(request)

    def query_authorization_code(self, code, client):
        item = codes.get(code)
        return item if item and item.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code):
        for code in [code for code, item in codes.items() if item is authorization_code]:
            del codes[code]

    def authenticate_user(self, authorization_code):
        return user


class RefreshTokenGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_basic", JWT_METHOD]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        token = find("refresh_token", refresh_token)
        return token if token and not token.revoked else None

    def authenticate_user(self, refresh_token):
        return refresh_token.user

    def revoke_old_credential(self, refresh_token):
        refresh_token.revoked = True


class ClientCredentialsGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [JWT_METHOD]


class DeviceGrant(DeviceCodeGrant):
    def query_device_credential(self, device_code):
        return devices.get(device_code)

    def query_user_grant(self, user_code):
        return (user, True) if user_code in approved else None

    def should_slow_down(self, credential):
        return False


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    def get_verification_uri(self):
        return f"{issuer}/device"

    def save_device_credential(self, client_id, scope, data):
        expires_at = time.time() + data["expires_in"]
        devices[data["device_code"]] = DeviceCredentialDict(
            client_id=client_id, scope=scope, user_code=data["user_code"], expires_at=expires_at)


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ["none", "client_secret_basic", JWT_METHOD]

    def query_token(self, token_string, token_type_hint):
        return find_either(token_string, token_type_hint)

    def revoke_token(self, token, request):
        token.revoked = True


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = [JWT_METHOD]

    def query_token(self, token_string, token_type_hint):
        return find("access_token", token_string)

    def check_permission(self, token, client, request):
        return True

    def introspect_token(self, token):
        return {"active": True, "client_id": token.client.client_id, "scope": token.scope, "iss": issuer,
                "sub": token.user.get_user_id(), "token_type": "Bearer", "exp": int(token.issued_at + token.expires_in)}


class Assertion(JWTBearerClientAssertion):
    def get_audiences(self):
        return [issuer]

    def validate_jti(self, claims, jti):
        is_new = jti not in used
        used.add(jti)
        return is_new

    def resolve_client_public_key(self, client):
        return json.loads(CLIENT_JWK)


class MachineTokens(JWTBearerTokenGenerator):
    def get_jwks(self):
        return KeySet([server_key])

    def get_audiences(self, client, user, scope):
        return API


class Issuer(IssuerParameter):
    def get_issuer(self):
        return issuer


class EndSession(EndSessionEndpoint):
    def get_server_jwks(self):
        return KeySet([server_key])

    def end_session(self, end_session_request):
        pass


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return find("access_token", token_string)


class UserInfos(OpenId, UserInfoEndpoint):
    pass


protector = ResourceProtector()
protector.register_token_validator(Validator())
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(app, clients.get, save_token)
server.register_token_generator("client_credentials", MachineTokens(issuer))
server.register_client_auth_method(JWT_METHOD, Assertion())
server.register_extension(Issuer())
server.register_grant(AuthorizationCodeGrant, [CodeChallenge(required=True), CodeOpenId()])
server.register_grant(RefreshTokenGrant)
server.register_grant(ClientCredentialsGrant)
server.register_grant(DeviceGrant, [PlainOpenId()])
for endpoint in (DeviceEndpoint, Revocation, Introspection, EndSession):
    server.register_endpoint(endpoint)
server.register_endpoint(UserInfos(resource_protector=protector))


@app.get("/.well-known/openid-configuration")
def metadata():
    return jsonify({
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "end_session_endpoint": f"{issuer}/logout",
        "authorization_response_iss_parameter_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
    })


@app.get("/jwks")
def jwks():
    return jsonify(KeySet([server_key]).as_dict(private=False))


@app.get("/authorize")
def authorize():
    try:
        grant = server.get_consent_grant(end_user=user)
    except OAuth2Error as error:
        return server.handle_error_response(request, error)
    return server.create_authorization_response(grant_user=user, grant=grant)


@app.post("/token")
def token():
    return server.create_token_response()


@app.get("/device")
def device():
    approved.add(request.args["user_code"])
    return "You can close this page."


for path, name, methods in (
    ("device_authorization", "device_authorization", ["POST"]),
    ("revoke", "revocation", ["POST"]),
    ("introspect", "introspection", ["POST"]),
    ("userinfo", "userinfo", ["GET"]),
    ("logout", "end_session", ["GET"]),
):
    app.add_url_rule(f"/{path}", path, lambda name=name: server.create_endpoint_response(name), methods=methods)

threading.Thread(target=web.serve_forever, daemon=True).start()
print(json.dumps({"name": "Authlib", "version": authlib.__version__, "issuer": issuer}), flush=True)
sys.stdin.read()
