"""django-oauth-toolkit as its documentation sets it up: the administration's login page, OpenID Connect with RS256, all else by
default. Its database is a file of its own, and its one user is asked for consent each time."""

import importlib.metadata
import json
import os
import sys
import tempfile
import threading

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

CLIENT_SECRET, REDIRECT_URI, USERNAME, PASSWORD = (
    os.environ[name] for name in ("CLIENT_SECRET", "REDIRECT_URI", "USERNAME", "PASSWORD"))
# Loopback is reached by http.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
folder = tempfile.TemporaryDirectory()
settings.configure(
    SECRET_KEY=os.urandom(32).hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "oauth2_provider"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
        "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                               "django.contrib.messages.context_processors.messages"]}}],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder.name}/db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    LOGIN_URL="/admin/login/",
    LOGGING={"version": 1, "disable_existing_loggers": False, "handlers": {"stderr": {"class": "logging.StreamHandler"}},
             "root": {"handlers": ["stderr"]}},
    USE_TZ=True,
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": key.decode(),
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "SCOPES": {"openid": "Sign you in", "notes.read": "Read your notes"},
    },
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls), path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]
call_command("migrate", verbosity=0)
get_user_model().objects.create_superuser(USERNAME, password=PASSWORD)


def client(client_id, client_type):
    get_application_model().objects.create(
        client_id=client_id, name=client_id, client_type=client_type, client_secret=CLIENT_SECRET, algorithm="RS256",
        authorization_grant_type="authorization-code", redirect_uris=REDIRECT_URI, post_logout_redirect_uris=REDIRECT_URI)


client("public", "public")
client("other", "public")
client("secret", "confidential")

server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
server.set_app(get_wsgi_application())
threading.Thread(target=server.serve_forever, daemon=True).start()
issuer = f"http://127.0.0.1:{server.server_port}/o"
print(json.dumps({
    "name": "django-oauth-toolkit",
    "version": importlib.metadata.version("django-oauth-toolkit"),
    "issuer": issuer,
    # Its metadata of RFC 8414 names these, that of OpenID Connect does not.
    "endpoints": {"revocation_endpoint": f"{issuer}/revoke_token/", "introspection_endpoint": f"{issuer}/introspect/"},
}), flush=True)
sys.stdin.read()
