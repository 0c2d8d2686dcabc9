"""A complete shim of an API: it admits requests by JWT access tokens (RFC 9068), signed by RS256. No DPoP."""
import base64, hashlib, json, sys, time, urllib.request

def hello(_): return {"t": "hello", "proto": 1, "name": "api_shim.py", "version": "1", "lang": "python",
                      "can": ["resource_server", "reset"]}
def octets(text):
    if not set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"): raise ValueError
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
def keys():
    with urllib.request.urlopen(api["jwks"], timeout=3) as answer: return json.load(answer)["keys"]

def signed(header, payload, signature, key):  # RFC 8017 section 8.2.2: the padded hash is what the signature stands for
    n, e = (int.from_bytes(octets(key[name]), "big") for name in "ne")
    size = (n.bit_length() + 7) // 8
    info = bytes.fromhex("3031300d060960864801650304020105000420")
    padded = info + hashlib.sha256(f"{header}.{payload}".encode()).digest()
    padded = b"\0\1" + b"\xff" * (size - len(padded) - 3) + b"\0" + padded
    return len(signature) == size and pow(int.from_bytes(signature, "big"), e, n) == int.from_bytes(padded, "big")

def validated(token):
    header, payload, signature = token.split(".")
    head, claims, now = json.loads(octets(header)), json.loads(octets(payload)), time.time()
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    sound = head["typ"].lower().removeprefix("application/") == "at+jwt" and head["alg"] == "RS256" in api["algs"]
    sound = sound and "crit" not in head and "cnf" not in claims  # a token that is bound to a key is not for this API
    sound = sound and claims["iss"] == api["issuer"] and api["audience"] in audience
    sound = sound and claims.get("nbf", 0) <= now + api["skew"] and now < claims["exp"] + api["skew"]
    named = [key for key in keys() if key.get("kid") == head["kid"] and key["kty"] == "RSA" and len(octets(key["n"])) >= 256]
    if not (sound and any(signed(header, payload, octets(signature), key) for key in named)): raise ValueError
    return claims

def request(message):
    fields = [value for name, value in message["headers"] if name.lower() == "authorization"]
    scheme, _, token = fields[0].partition(" ") if fields else ("", "", "")
    if len(fields) > 1: return denied(400, "invalid_request")
    if scheme.lower() != "bearer": return denied(401, None)
    try: claims = validated(token)
    except OSError: return 503, [], None
    except (ValueError, KeyError, TypeError, AttributeError): return denied(401, "invalid_token")
    if api.get("scope") and api["scope"] not in claims.get("scope", "").split(): return denied(403, "insufficient_scope")
    return 200, [], claims["sub"]

def denied(status, error):
    said = ['realm="api"', *([f'error="{error}"'] if error else [])]
    if api.get("resource_metadata"): said.append(f'resource_metadata="{api["resource_metadata"]}"')
    return status, [["WWW-Authenticate", "Bearer " + ", ".join(said)]], None

api, known = {}, {"t", "issuer", "jwks", "audience", "algs", "skew", "allow_http_loopback", "scope", "resource_metadata"}
for message in map(json.loads, sys.stdin):
    answer = None
    if message["t"] == "hello": answer = hello(message)
    elif message["t"] == "reset": answer = {"t": "reset"}
    elif message["t"] == "request":
        status, headers, sub = request(message)
        answer = {"t": "response", "id": message["id"], "status": status, "headers": headers, "sub": sub}
    elif message["t"] == "guard" and not {name for name in message if message[name] is not None} - known: api = message
    else: sys.exit(89)  # a message or a field that this API does not know
    if answer: print(json.dumps(answer), flush=True)
