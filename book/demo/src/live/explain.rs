//! What a parameter is for, and what must stay hidden.

/// Who holds it may act as the user, or as the app.
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
    ("access_token", "Opens the API. The app sends it and does not read it: its content is for the API."),
    ("client_id", "The app that asks. It is public, and proves nothing."),
    ("client_secret", "With it the server authenticates to Google. Neither the browser nor the app ever has it."),
    (
        "code",
        "Good once, for ten minutes, and only with the verifier behind the challenge. It goes through the browser, so it \
         counts as seen by others.",
    ),
    (
        "code_challenge",
        "The SHA-256 of the verifier, from which the verifier cannot be computed. The server keeps it until the code \
         comes.",
    ),
    (
        "code_challenge_method",
        "How the challenge was made: S256. With plain, the challenge would be the secret itself.",
    ),
    ("code_verifier", "32 random bytes, made for this login. It leaves the app only now, and not through the browser."),
    ("email", "The user's e-mail address."),
    ("error", "There is no code. The app shows that nothing has happened."),
    ("error_description", "The server's text for a developer: untrusted, and escaped before it is shown."),
    ("expires_in", "For how many seconds the access token is valid."),
    ("grant_type", "What is handed in: an authorization code."),
    (
        "id",
        "Google's identifier of the user. In this older form of its userinfo it is id; in OpenID Connect it is sub.",
    ),
    (
        "id_token",
        "The user, as asserted and signed by the server, for this app and this login. It is trusted only after every check.",
    ),
    ("iss", "The server that answers. The app compares it with the server that it asked, byte for byte: no mix-up."),
    ("login", "The login at this server, known to it and the browser only. A cookie has to name the same."),
    ("name", "The user's name at the provider."),
    ("nonce", "Comes back inside the ID token, and binds it to this login."),
    ("password", "Between the user and the server. The app never sees it."),
    ("prompt", "Whether the server asks the user again."),
    (
        "redirect_uri",
        "Where the answer goes. The server compares it, character by character, with what was registered, and again at \
         the exchange.",
    ),
    ("response_type", "What is asked for: a code, and no token in the browser's address bar."),
    ("scope", "What the app asks to know and to do."),
    ("state", "Made for this browser's login and kept in its session. A callback without it is forged."),
    ("sub", "The user, by an identifier that this server never gives to another user."),
    ("token_type", "How the access token is used: Bearer, in the Authorization header."),
    ("verified_email", "Whether Google has verified that the address is the user's."),
    ("email_verified", "Whether the address was verified to be the user's."),
];

/// What a step shows, by its place in the table.
pub(super) fn remark(step: usize) -> &'static str {
    REMARKS.get(step).copied().unwrap_or_default()
}

const REMARKS: [&str; 20] = [
    "The user presses the button. The app makes a verifier, a state and a nonce, and keeps them in this browser's session.",
    "Only the challenge is sent. The verifier stays in the app.",
    "The browser carries the request. Everything in it is in the browser's history, and perhaps in a log.",
    "The server checks client and redirect URI before anything else, and writes the rest down.",
    "The page is the server's: the app does not see the password.",
    "The user chooses to sign in with Google.",
    "Now the server is itself a client, with a state, a nonce and a verifier of its own.",
    "A second flow begins inside the first. The app does not know about it.",
    "The page is Google's.",
    "The credentials go to Google only.",
    "Google's code goes to the server's own callback, never to the app's.",
    "From server to server: Google's code, the server's secret and its verifier, for tokens that the app never sees.",
    "What Google tells the server about the user.",
    "The server makes its own record of the user, with its own identifier.",
    "The server makes the app's code now, and binds it to everything that it stored.",
    "The code travels through the browser. Without the verifier it is of no use.",
    "The app checks the callback before it sends anything.",
    "From server to server: the code, and for the first time the verifier.",
    "The server has hashed the verifier and compared it with the challenge, and has invalidated the code. The app now checks what it received.",
    "The browser gets a new session, and a page whose address has no code in it.",
];
