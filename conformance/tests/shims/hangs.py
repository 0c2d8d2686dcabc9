"""Says hello, forks a child, and then ignores its input and never ends. The child's number is written to CHILDREN."""
import json, os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdin.readline()
print(json.dumps({"t": "hello", "proto": 1, "name": "hangs", "version": "1", "lang": "python",
                  "can": ["code", "pkce_s256"], "callback": "stdin"}), flush=True)
child = subprocess.Popen(["sleep", "600"])
with open(os.environ["CHILDREN"], "a") as file:
    file.write(f"{os.getpid()}\n{child.pid}\n")
while True:
    time.sleep(60)
