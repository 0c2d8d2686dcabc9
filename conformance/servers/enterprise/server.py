"""The company's servers: LemonLDAP::NG for its applications, with a directory, SAML or OpenID Connect behind it.

`server.py UPSTREAM`, where UPSTREAM is `ldap`, `saml` or `oidc`. ROOT is where Debian's packages were unpacked. All of them run
on loopback and in a temporary folder, and end with the standard input of this program.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import portal

UPSTREAM = sys.argv[1]
NAMES = {"ldap": "LDAP", "oidc": "OpenID Connect", "saml": "SAML"}
ROOT = pathlib.Path(os.environ["ROOT"])
HERE = pathlib.Path(__file__).parent
LIBRARIES = next(ROOT.glob("usr/lib/*-linux-gnu"))
PERL = [ROOT / "usr/share/perl5", *LIBRARIES.glob("perl5/5*")]
environment = {**os.environ, "LD_LIBRARY_PATH": f"{LIBRARIES}:{ROOT}/usr/lib", "PERL5LIB": ":".join(map(str, PERL))}
# A proxy has nothing to do with loopback.
for name in [name for name in environment if name.lower().endswith("_proxy")]:
    del environment[name]
children = []


def start(*command, **options):
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, **options)
    children.append(child)
    return child


def wait(address, child):
    """Waits until a server listens there."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(address) == 0:
                return
        if child.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"nothing listens at {address}")


def directory(folder):
    """OpenLDAP with the users of directory.ldif; its address."""
    (folder / "directory").mkdir()
    text = (HERE / "slapd.conf").read_text().replace("ROOT", str(ROOT)).replace("FOLDER", str(folder))
    (folder / "slapd.conf").write_text(text)
    slapd, with_configuration = ROOT / "usr/sbin/slapd", ["-f", folder / "slapd.conf"]
    subprocess.run([slapd, "-T", "add", *with_configuration, "-l", HERE / "directory.ldif"], env=environment, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    url = f"ldap://127.0.0.1:{address[1]}"
    # Each operation is logged, with the time. `-d` also keeps it in the foreground.
    with open(folder / "directory.log", "a") as log:
        child = start(slapd, *with_configuration, "-h", url, "-d", "stats", stderr=log)
    wait(address, child)
    return url


def listen():
    """A socket of a portal, bound before its address is told."""
    web = socket.socket()
    web.bind(("127.0.0.1", 0))
    web.listen(64)
    return web, f"http://127.0.0.1:{web.getsockname()[1]}/"


def serve(name, web, configuration, folder):
    """Starts a portal; it answers when this returns."""
    place = folder / name
    for part in ("conf", "sessions/lock", "psessions/lock", "cache"):
        (place / part).mkdir(parents=True)
    (place / "lemonldap-ng.ini").write_text(portal.ini(place, ROOT))
    configuration = {**portal.defaults(place), **configuration}
    (place / "conf/lmConf-1.json").write_text(json.dumps(configuration))
    htdocs = ROOT / "usr/share/lemonldap-ng/portal/htdocs"
    command = ["perl", HERE / "portal.pl", name, str(web.fileno()), htdocs, folder / "wire.log"]
    environment["LLNG_DEFAULTCONFFILE"] = str(place / "lemonldap-ng.ini")
    start(*command, pass_fds=[web.fileno()])
    web.close()


def read(address):
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=60).read().decode()


def versions():
    """As in the names of the packages: `slapd_2.5.13+dfsg-5_amd64.deb`."""
    of = lambda package: next((ROOT / "packages").glob(f"{package}_*")).name.split("_")[1].split("+")[0]
    return f"LemonLDAP::NG {of('liblemonldap-ng-portal-perl')} and OpenLDAP {of('slapd')}"


def main(folder):
    ldap = portal.ldap(directory(folder))
    (company, issuer), (partner, partner_issuer) = listen(), listen()
    configuration = {"portal": issuer, **portal.provider("company"), **portal.application(os.environ["REDIRECT_URI"])}
    upstream = {"portal": partner_issuer, **portal.provider("partner"), **ldap}
    if UPSTREAM == "ldap":
        partner.close()
        configuration |= ldap
    elif UPSTREAM == "oidc":
        serve("partner", partner, {**upstream, **portal.relying_party(issuer)}, folder)
        metadata, keys = (read(partner_issuer + path) for path in (".well-known/openid-configuration", "oauth2/jwks"))
        configuration |= portal.oidc_upstream(metadata, keys)
    else:
        (own, _, certificate), (partners, _, partners_certificate) = portal.key(), portal.key()
        back = portal.service_provider(issuer, certificate)
        serve("partner", partner, {**upstream, **portal.saml(partners, partners_certificate), **back}, folder)
        metadata = read(f"{partner_issuer}saml/metadata")
        configuration |= portal.saml(own, certificate) | portal.saml_upstream(metadata)
    serve("company", company, configuration, folder)
    read(f"{issuer}.well-known/openid-configuration")
    logs = {name: str(folder / f"{name}.log") for name in ("wire", "directory")}
    told = {"name": NAMES[UPSTREAM], "version": versions(), "issuer": issuer, "client_id": portal.CLIENT_ID}
    print(json.dumps({**told, "partner": partner_issuer, **logs}), flush=True)
    sys.stdin.read()


with tempfile.TemporaryDirectory() as temporary:
    try:
        main(pathlib.Path(temporary))
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
