"""The configuration of LemonLDAP::NG's portals, as its own manager would write it."""

import subprocess
import time

CLIENT_ID = "company-application"
# The company is a client of its partner's.
PARTNER_CLIENT, PARTNER_SECRET = "company", "a-secret-between-the-servers"
# What an assertion says, in the names of ADFS. Without a 1 there is no login.
ATTRIBUTES = {
    "uid": "1;windowsaccountname",
    "mail": "1;http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "cn": "1;http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "groups": "0;http://schemas.xmlsoap.org/claims/Group",
}
# How long an assertion is good, in seconds. Its issuer adds 60 for clocks that differ, and the portal that checks it 10.
ASSERTION_LIFETIME = 2
# What its pages say of these errors, in words that a user understands: the package's own are "SAML message conditions are not
# respected" and "Error during authentication with OpenID Provider".
EXPIRED = "Your sign-in at our partner has expired, or is not for us. Please log in again."
REFUSED = "Our partner has refused to tell us who you are. Please log in again, or ask the help desk."


def openssl(*arguments, text=None):
    return subprocess.run(["openssl", *arguments], input=text, capture_output=True, check=True, text=True).stdout


def key():
    """A private key, its public key, and a certificate that holds it."""
    private = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    certificate = openssl("req", "-x509", "-key", "/dev/stdin", "-subj", "/CN=test", "-days", "2", text=private)
    return private, openssl("pkey", "-pubout", text=private), certificate


def ini(place, root):
    return f"""
[all]
logLevel = notice
[configuration]
type = File
dirName = {place}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'configuration', 'cache_root' => '{place}/cache' }}
[portal]
staticPrefix = /static
templateDir = {root}/usr/share/lemonldap-ng/portal/templates
languages = en
error_en_54 = {EXPIRED}
error_en_106 = {REFUSED}
"""


def defaults(place):
    """What every portal has: sessions in files, one language, and no page but those of a login."""
    session = "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"
    storage = {"Directory": f"{place}/sessions", "LockDirectory": f"{place}/sessions/lock", "generateModule": session}
    return {
        "cfgNum": 1,
        "cfgDate": int(time.time()),
        "domain": "127.0.0.1",
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": storage,
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": {"Directory": f"{place}/psessions", "LockDirectory": f"{place}/psessions/lock"},
        "localSessionStorageOptions": {"namespace": "sessions", "cache_root": f"{place}/cache"},
        "locationRules": {},
        "captcha": "NoCaptcha",
        "registerDB": "Null",
        "passwordDB": "Null",
        "portalDisplayRegister": 0,
        "portalDisplayResetPassword": 0,
        "userDB": "Same",
        "whatToTrace": "_user",
    }


def provider(name):
    """An OpenID Connect provider. The cookie's name is its own, since browsers share cookies among the ports of a host."""
    private, public, _ = key()
    return {
        "cookieName": name,
        "issuerDBOpenIDConnectActivation": 1,
        "oidcServicePrivateKeySig": private,
        "oidcServicePublicKeySig": public,
        "oidcServiceKeyIdSig": f"{name}-1",
    }


CLAIMS = {"name": "cn", "email": "mail", "groups": "groups;string;always"}


def client(client_id, redirect_uri, **options):
    """The registration of a client that is told name, e-mail address and groups."""
    registration = {"ClientID": client_id, "RedirectUris": redirect_uri, "IDTokenSignAlg": "RS256", **options}
    return {
        "oidcRPMetaDataOptions": {client_id: {f"oidcRPMetaDataOptions{key}": value for key, value in registration.items()}},
        "oidcRPMetaDataExportedVars": {client_id: CLAIMS},
        # Groups are no standard claim: they come with a scope of their own.
        "oidcRPMetaDataOptionsExtraClaims": {client_id: {"groups": "groups"}},
    }


def application(redirect_uri):
    return client(CLIENT_ID, redirect_uri, Public=1, RequirePKCE=1, BypassConsent=1, IDTokenForceClaims=1)


def ldap(server):
    """Users and groups of the directory; the password is checked by it, too, and so is whether the account is locked."""
    return {
        "authentication": "LDAP",
        "ldapServer": server,
        "ldapBase": "dc=company,dc=example",
        "ldapGroupBase": "ou=groups,dc=company,dc=example",
        "ldapPpolicyControl": 1,
        "ldapExportedVars": {"uid": "uid", "cn": "cn", "mail": "mail"},
    }


def relying_party(issuer):
    """The company, as the partner has registered it as a client."""
    return client(PARTNER_CLIENT, f"{issuer}?openidconnectcallback=1", ClientSecret=PARTNER_SECRET)


def oidc_upstream(metadata, keys):
    """The partner, as the company knows it."""
    options = {
        "ClientID": PARTNER_CLIENT,
        "ClientSecret": PARTNER_SECRET,
        "Scope": "openid profile email groups",
        "CheckJWTSignature": 1,
        "UseNonce": 1,
    }
    return {
        "authentication": "OpenIDConnect",
        "oidcOPMetaDataJSON": {"partner": metadata},
        "oidcOPMetaDataJWKS": {"partner": keys},
        "oidcOPMetaDataOptions": {"partner": {f"oidcOPMetaDataOptions{key}": value for key, value in options.items()}},
        "oidcOPMetaDataExportedVars": {"partner": {"cn": "name", "mail": "email", "groups": "groups"}},
    }


def saml(private, certificate):
    return {"samlServicePrivateKeySig": private, "samlServicePublicKeySig": certificate}


def service_provider(issuer, certificate):
    """The company, as the partner knows it: where assertions go, and what is in them."""
    options = {
        "NameIDFormat": "email",
        "NotOnOrAfterTimeout": ASSERTION_LIFETIME,
        "CheckSSOMessageSignature": 1,
        "SignSSOMessage": 1,
    }
    body = "".join(line for line in certificate.splitlines() if not line.startswith("-----"))
    metadata = f"""<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{issuer}saml/metadata">
  <SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true"
      protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing">
      <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
        <X509Data><X509Certificate>{body}</X509Certificate></X509Data>
      </KeyInfo>
    </KeyDescriptor>
    <AssertionConsumerService isDefault="true" index="0" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
      Location="{issuer}saml/proxySingleSignOnPost"/>
  </SPSSODescriptor>
</EntityDescriptor>
"""
    return {
        "issuerDBSAMLActivation": 1,
        "samlSPMetaDataXML": {"company": {"samlSPMetaDataXML": metadata}},
        "samlSPMetaDataOptions": {"company": {f"samlSPMetaDataOptions{key}": value for key, value in options.items()}},
        "samlSPMetaDataExportedAttributes": {"company": ATTRIBUTES},
    }


def saml_upstream(metadata):
    """The partner as an identity provider, as the company knows it. Attributes are mapped as from ADFS."""
    options = {
        "NameIDFormat": "email",
        "CheckSSOMessageSignature": 1,
        "CheckTime": 1,
        "CheckAudience": 1,
        "SSOBinding": "http-redirect",
        "UserAttribute": "windowsaccountname",
    }
    return {
        "authentication": "SAML",
        "samlIDPMetaDataXML": {"partner": {"samlIDPMetaDataXML": metadata}},
        "samlIDPMetaDataOptions": {"partner": {f"samlIDPMetaDataOptions{key}": value for key, value in options.items()}},
        "samlIDPMetaDataExportedAttributes": {"partner": ATTRIBUTES},
    }
