"""Begins a login, then ends with a traceback."""
import json, sys
for line in sys.stdin:
    if json.loads(line)["t"] == "hello":
        print(json.dumps({"t": "hello", "proto": 1, "name": "crashes", "version": "1", "lang": "python",
                          "can": ["code", "pkce_s256"], "callback": "stdin"}), flush=True)
    else:
        raise LookupError("no such provider")
