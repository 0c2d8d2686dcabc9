"""A complete OAuth shim: the code flow of a public client, with PKCE S256, state and iss. No OpenID Connect."""
import base64, hashlib, http.client, json, re, secrets, signal, sys, urllib.parse as web

class Refused(Exception): pass  # with stage, class, and the server's error code if it sent one
def late(*_): raise Refused("token", "timeout", None)
def hello(*_): return {"t": "hello", "proto": 1, "name": "oauth_shim.py", "version": "1", "lang": "python",
                       "can": ["code", "pkce_s256", "iss", "parallel"], "callback": "stdin"}

def begin(flow, _):
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    waiting[flow, state], url = verifier, config["endpoints"]["authorization"]
    url += ("&" if "?" in url else "?") + web.urlencode({
        "response_type": "code", "client_id": config["client"]["id"], "redirect_uri": config["redirect_uri"],
        "scope": config["scope"], "state": state, "code_challenge": challenge, "code_challenge_method": "S256"})
    return {"t": "authorize", "flow": flow, "url": url, "redirect_uri": config["redirect_uri"]}

def receive(flow, url):
    address, _, query = url.partition("?")
    answer = web.parse_qs(query, keep_blank_values=True)
    broken = re.search("%(?![0-9A-Fa-f]{2})", query) or any("\ufffd" in v[0] or v[1:] for v in answer.values())
    if broken or address != config["redirect_uri"]: raise Refused("callback", "callback_malformed", None)
    code, state, iss, error = (answer.get(name, [""])[0] for name in ("code", "state", "iss", "error"))
    verifier = waiting.pop((flow, state), None)  # found by login and state together, and used up
    if not verifier: raise Refused("callback", "state", None)
    if iss not in ("", config["issuer"]): raise Refused("callback", "iss", None)
    if error or not code: raise Refused("callback", "as_error" if error else "callback_malformed", error)
    return {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}

def redeem(grant):
    _, _, host, path = config["endpoints"]["token"].split("/", 3)
    server = http.client.HTTPConnection(host)  # which follows no redirect and sends nothing twice
    form = web.urlencode({**grant, "client_id": config["client"]["id"], "redirect_uri": config["redirect_uri"]})
    server.request("POST", "/" + path, form, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = server.getresponse()
    if answer.status // 100 in (3, 5): raise Refused("token", "redirect" if answer.status < 400 else "token_http", None)
    tokens = dict(json.loads(answer.read(2**20)))  # and not a byte more: see below
    if "error" in tokens: raise Refused("token", "token_error", tokens["error"])
    access, kind, life = (tokens.get(name) for name in ("access_token", "token_type", "expires_in"))
    if str(kind).lower() != "bearer": raise Refused("token", "token_type", None)
    sound = re.fullmatch(r"[\w.~+/-]+=*", access) and isinstance(life or 0, int) and (life or 0) >= 0
    if answer.status != 200 or answer.read(1) or not sound: raise ValueError
    return {"ok": True, "token_type": kind, "scope": tokens.get("scope", config["scope"]), "expires_in": life}

def login(flow, url):
    signal.setitimer(signal.ITIMER_REAL, config["deadline_ms"] / 3000)  # for all of it, however slowly it drips
    said = {"t": "result", "flow": flow, "of": "login", "ok": False, "stage": "token"}
    try: return {**said, **redeem(receive(flow, url))}
    except Refused as refused: return {**said, **dict(zip(("stage", "class", "code"), refused.args))}
    except (OSError, http.client.HTTPException): return {**said, "class": "token_http"}
    except (ValueError, TypeError, RecursionError): return {**said, "class": "token_malformed"}
    finally: signal.setitimer(signal.ITIMER_REAL, 0)

config, waiting, answers = {}, {}, {"hello": hello, "config": begin, "begin": begin, "callback": login}
signal.signal(signal.SIGALRM, late)
for message in map(json.loads, sys.stdin):
    if message["t"] not in answers: sys.exit(89)
    config.update(message)
    print(json.dumps(answers[message["t"]](message.get("flow", "f1"), message.get("url"))), flush=True)
