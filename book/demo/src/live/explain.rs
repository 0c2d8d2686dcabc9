//! What a parameter is for, and what must not be seen by everybody.

/// Who holds it may act in somebody's name, or in the app's.
pub(super) fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name)
}

const SECRETS: [&str; 8] =
    ["access_token", "client_secret", "code", "code_verifier", "id_token", "login", "password", "refresh_token"];

/// One or two sentences; none for a name that speaks for itself.
pub(super) fn explanation(name: &str) -> Option<&'static str> {
    EXPLANATIONS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

const EXPLANATIONS: [(&str, &str); 28] = [
    ("access_token", "Opens the API. The app sends it and does not read it: what is in it is the API's business."),
    ("client_id", "Which app asks. It is public, and proves nothing."),
    (
        "client_secret",
        "By this the server proves to Google that it is the server. Neither the browser nor the app ever has it.",
    ),
    (
        "code",
        "Good once, for ten minutes, and only with the verifier behind the challenge. It goes through the browser, so it \
         counts as seen by others.",
    ),
    (
        "code_challenge",
        "The SHA-256 of the verifier. Whoever reads it cannot get back to the verifier; the server keeps it until the \
         code comes.",
    ),
    (
        "code_challenge_method",
        "How the challenge was made: S256. With plain, the challenge would be the secret itself.",
    ),
    (
        "code_verifier",
        "32 random octets, made for this one login. It left the app for the first time now, and not by way of the \
         browser.",
    ),
    ("email", "Who signs in, or what the provider knows about them."),
    ("error", "There is no code. The app shows that nothing has happened."),
    ("error_description", "The server's words for a developer: text from elsewhere, escaped before it is shown."),
    ("expires_in", "For how many seconds the access token is good."),
    ("grant_type", "What is handed in: an authorization code."),
    ("id", "Google's name for the person. In this older form of its userinfo it is id; in OpenID Connect it is sub."),
    (
        "id_token",
        "Who signed in, signed by the server, for this app and this login. It is believed only after every check.",
    ),
    ("iss", "Who answers. The app compares it with the server that it asked, byte for byte: no mix-up."),
    ("login", "Which of the logins at this server: its own business with the browser. A cookie has to say the same."),
    ("name", "What the provider knows about the person."),
    ("nonce", "Comes back inside of the ID token, which thereby belongs to this login and to no other."),
    ("password", "Between the person and the page that they trust. The app has no part in it."),
    ("prompt", "Whether the server shall ask the person again."),
    (
        "redirect_uri",
        "Where the answer goes. The server compares it, character by character, with what was registered, and again at \
         the exchange.",
    ),
    ("response_type", "What is asked for: a code, and no token in the browser's address bar."),
    ("scope", "What the app asks to know and to do."),
    ("state", "Made for this browser's login and kept in its session. A callback without it is somebody else's."),
    ("sub", "The person, by a name that this server never gives to anybody else."),
    ("token_type", "How the access token is used: Bearer, in the Authorization header."),
    ("verified_email", "Whether Google has seen that the address is the person's."),
    ("email_verified", "Whether the address was seen to be the person's."),
];

/// What is to be seen in a step, by its place in the table.
pub(super) fn remark(step: usize) -> &'static str {
    REMARKS.get(step).copied().unwrap_or_default()
}

const REMARKS: [&str; 20] = [
    "The person presses the button. The app makes a verifier, a state and a nonce, and keeps them in this browser's session.",
    "Only the challenge goes along: the verifier stays behind.",
    "The browser carries the request. Whatever stands here is in its history, and perhaps in a log.",
    "The server checks client and redirect URI before anything else, and writes the rest down.",
    "The page is the server's: a password typed here is not seen by the app.",
    "The person would rather be known by Google.",
    "Now the server is itself a client, with a state, a nonce and a verifier of its own.",
    "A second flow begins inside of the first. The app knows nothing of it.",
    "The page is Google's.",
    "Credentials go to Google, and to nobody else.",
    "Google's code goes to the server's own callback, never to the app's.",
    "From server to server: Google's code, the server's secret and its verifier, for tokens that the app never sees.",
    "What Google tells about the person.",
    "The server makes its own record of the person, under a name of its own.",
    "Only now is the app's code made, and bound to everything that was written down.",
    "The code travels through the browser. Without the verifier it is of no use.",
    "The app compares before it sends anything.",
    "From server to server: the code, and for the first time the verifier.",
    "The server has hashed the verifier and compared it with the challenge, and has burnt the code. The app now checks what it got.",
    "The browser gets a new session, and a page whose address has no code in it.",
];
