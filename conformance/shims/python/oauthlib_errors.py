"""What requests-oauthlib and google-auth-oauthlib have in common: the errors of oauthlib below them."""
from oauthlib.oauth2 import rfc6749
from protocol import Refused

CLASSES = {
    "MismatchingStateError": ("callback", "state"),
    "MissingCodeError": ("callback", "callback_malformed"),
    "MissingTokenError": ("token", "token_malformed"),
    "MissingTokenTypeError": ("token", "token_malformed"),
}


def refusal(error, stage):
    """A refusal for what oauthlib raises."""
    name = type(error).__name__
    if name == "InsecureTransportError":
        return Refused("token" if stage == "callback" else stage, "tls")
    if name in CLASSES:
        return Refused(*CLASSES[name])
    if isinstance(error, rfc6749.errors.OAuth2Error):
        if getattr(error, "of_callback", False):
            return Refused("callback", "as_error", error.error)
        return Refused("token" if stage == "callback" else stage, "token_error", error.error)
    if isinstance(error, Warning):
        return Refused("token", "token_malformed", detail="oauthlib: the scope has changed")
    if isinstance(error, (ValueError, TypeError, AttributeError)):
        return Refused("token" if stage == "callback" else stage, "token_malformed")
    return None
