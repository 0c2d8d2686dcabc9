"""oidc-provider-mock as its documentation starts it for a test: every client has the secret that it sends."""

import importlib.metadata
import json
import sys

from oidc_provider_mock import run_server_in_thread

with run_server_in_thread() as server:
    print(json.dumps({
        "name": "oidc-provider-mock",
        "version": importlib.metadata.version("oidc-provider-mock"),
        "issuer": f"http://localhost:{server.server_port}",
        "public": False,
        "unannounced": True,
    }), flush=True)
    sys.stdin.read()
