"""Tests of an OAuth client against `proofkey-conformance serve`, in Python without any library.

Run with pytest, or: python3 -m unittest test_login. PROOFKEY_CONFORMANCE names the program.
"""
import base64, hashlib, json, os, secrets, subprocess, unittest, urllib.error, urllib.parse as web, urllib.request

def call(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=10) as answer:
        return json.loads(answer.read() or "null")

class Login(unittest.TestCase):
    @classmethod
    def setUpClass(cls):  # one server for all tests; it ends with this process, however that ends
        program = os.environ.get("PROOFKEY_CONFORMANCE", "proofkey-conformance")
        cls.server = subprocess.Popen([program, "serve", "--json", "--with-parent"], stdin=-1, stdout=-1)
        cls.control = json.loads(cls.server.stdout.readline())["control"]

    @classmethod
    def tearDownClass(cls):
        cls.server.communicate(timeout=10)

    def tenant(self, **plan):  # a server of this test's own, so that tests may run at the same time
        tenant = call("POST", self.control + "/tenants", plan)
        self.addCleanup(call, "DELETE", tenant["control"])
        return tenant

    def test_an_honest_server_logs_in(self):
        tenant = self.tenant()
        self.assertEqual(log_in(tenant)["token_type"], "Bearer")
        self.assertEqual(call("GET", tenant["control"] + "/faults")["faults"], [])

    def test_a_code_is_not_sent_after_a_wrong_state(self):
        tenant = self.tenant(lie={"callback": [{"set": ["state", "wrong"]}]})
        with self.assertRaises(PermissionError):
            log_in(tenant)
        log = call("GET", tenant["control"] + "/log")
        self.assertEqual([exchange for exchange in log["exchanges"] if exchange["endpoint"] == "token"], [])

    def test_a_code_that_is_too_old_is_refused(self):
        tenant = self.tenant()
        with self.assertRaises(urllib.error.HTTPError) as refused:
            log_in(tenant, between=lambda: call("POST", tenant["control"] + "/clock", {"advance": 601}))
        self.assertEqual(json.loads(refused.exception.read())["error"], "invalid_grant")

def log_in(tenant, between=lambda: None):
    """The client under test; put your own in its place."""
    client, redirect_uri = tenant["clients"][0], "http://127.0.0.1/callback"
    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    url = tenant["endpoints"]["authorization"] + "?" + web.urlencode({
        "response_type": "code", "client_id": client["id"], "redirect_uri": redirect_uri, "scope": "profile",
        "state": state, "code_challenge": challenge, "code_challenge_method": "S256"})
    callback = call("POST", tenant["control"] + "/browser", {"url": url})["callback"]
    answer = web.parse_qs(web.urlsplit(callback).query)
    if answer["state"] != [state]:
        raise PermissionError("state")
    between()
    form = web.urlencode({"grant_type": "authorization_code", "code": answer["code"][0], "code_verifier": verifier,
                          "redirect_uri": redirect_uri, "client_id": client["id"]})
    with urllib.request.urlopen(tenant["endpoints"]["token"], form.encode(), timeout=10) as response:
        return json.load(response)

if __name__ == "__main__":
    unittest.main()
