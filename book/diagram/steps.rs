//! What happens in a login, step by step.

use super::Lane::{App, Browser, Google, Server};
use super::Message::{Answer, Request};
use super::{Diagram, Lane, Message, Step};

/// The whole login with "Continue with Google", in 20 steps.
pub const LOGIN: Diagram = Diagram {
    name: "login",
    title: "One login in 20 steps",
    steps: &[
        step(Browser, App, "log in", &[], &[Request(App, "GET", "/login")]),
        step(App, Browser, "redirect", CHALLENGE, &[Answer(App, "/login", 303)]),
        step(Browser, Server, "authorization request", CHALLENGE, &[Request(Server, "GET", "/authorize")]),
        step(Server, Server, "challenge stored", &[], &[]),
        step(Server, Browser, "login page", &[], &[Answer(Server, "/authorize", 200)]),
        step(Browser, Server, "\"Continue with Google\"", &[], &[Request(Server, "GET", "/login/google")]),
        step(Server, Browser, "redirect to Google", CHALLENGE, &[Answer(Server, "/login/google", 302)]),
        step(Browser, Google, "Google's URL", CHALLENGE, &[Request(Google, "GET", "/o/oauth2/v2/auth")]),
        step(Google, Browser, "Google's login page", &[], &[Answer(Google, "/o/oauth2/v2/auth", 200)]),
        step(Browser, Google, "credentials", &["email", "password"], &[Request(Google, "POST", "/signin")])
            .secret(&["password"]),
        step(
            Google,
            Server,
            "callback, by redirect",
            &["code", "state"],
            &[Answer(Google, "/signin", 303), Request(Server, "GET", "/login/callback")],
        )
        .secret(&["code"]),
        step(
            Server,
            Google,
            "the server calls Google",
            &["code", "client_secret", "code_verifier", "access_token"],
            &[
                Request(Google, "POST", "/token"),
                Answer(Google, "/token", 200),
                Request(Google, "GET", "/oauth2/v2/userinfo"),
            ],
        )
        .secret(&["code", "client_secret", "code_verifier", "access_token"]),
        step(Google, Server, "profile", &["id", "email", "name"], &[Answer(Google, "/oauth2/v2/userinfo", 200)]),
        step(Server, Server, "user record", &[], &[]),
        step(Server, Server, "the app's code made", &[], &[]),
        step(Server, Browser, "callback to the app", CALLBACK, &[Answer(Server, "/login/callback", 303)])
            .secret(&["code"]),
        step(Browser, App, "code to the app", CALLBACK, &[Request(App, "GET", "/callback")]).secret(&["code"]),
        step(App, Server, "exchange", EXCHANGE, &[Request(Server, "POST", "/oauth/token")])
            .secret(&["code", "code_verifier"]),
        step(Server, App, "verified: tokens", TOKENS, &[Answer(Server, "/oauth/token", 200)]).secret(TOKENS),
        step(App, Browser, "success page", &[], &[Answer(App, "/callback", 200)]),
    ],
};

/// The same login seen from further away, in 16 steps.
pub const OVERVIEW: Diagram = Diagram {
    name: "overview",
    title: "One login in 16 steps",
    steps: &[
        step(Browser, App, "log in", &[], &[Request(App, "GET", "/login")]),
        step(App, App, "secrets made", &[], &[]),
        step(App, Browser, "redirect", CHALLENGE, &[Answer(App, "/login", 303)]),
        step(Browser, Server, "authorization request", CHALLENGE, &[Request(Server, "GET", "/authorize")]),
        step(Server, Server, "challenge stored", &[], &[]),
        step(Server, Browser, "login page", &[], &[Answer(Server, "/authorize", 200)]),
        step(
            Browser,
            Server,
            "authenticate, at Google",
            &[],
            &[
                Request(Server, "GET", "/login/google"),
                Answer(Server, "/login/google", 302),
                Request(Google, "GET", "/o/oauth2/v2/auth"),
                Answer(Google, "/o/oauth2/v2/auth", 200),
                Request(Google, "POST", "/signin"),
                Answer(Google, "/signin", 303),
                Request(Server, "GET", "/login/callback"),
            ],
        ),
        step(
            Server,
            Google,
            "verify at Google",
            &["code", "client_secret"],
            &[
                Request(Google, "POST", "/token"),
                Answer(Google, "/token", 200),
                Request(Google, "GET", "/oauth2/v2/userinfo"),
            ],
        )
        .secret(&["code", "client_secret"]),
        step(Google, Server, "confirmed", &["id", "email"], &[Answer(Google, "/oauth2/v2/userinfo", 200)]),
        step(Server, Server, "code made", &[], &[]),
        step(Server, Browser, "callback", CALLBACK, &[Answer(Server, "/login/callback", 303)]).secret(&["code"]),
        step(Browser, App, "code to the app", CALLBACK, &[Request(App, "GET", "/callback")]).secret(&["code"]),
        step(App, Server, "exchange", EXCHANGE, &[Request(Server, "POST", "/oauth/token")])
            .secret(&["code", "code_verifier"]),
        step(Server, Server, "verifier against challenge", &[], &[]),
        step(Server, App, "tokens", TOKENS, &[Answer(Server, "/oauth/token", 200)]).secret(TOKENS),
        step(App, Browser, "success page", &[], &[Answer(App, "/callback", 200)]),
    ],
};

const CHALLENGE: &[&str] = &["code_challenge", "state", "nonce"];
const CALLBACK: &[&str] = &["code", "state", "iss"];
const EXCHANGE: &[&str] = &["code", "code_verifier"];
const TOKENS: &[&str] = &["access_token", "id_token"];

const fn step(
    from: Lane,
    to: Lane,
    label: &'static str,
    carries: &'static [&'static str],
    wire: &'static [Message],
) -> Step {
    Step { from, to, label, carries, secrets: &[], wire }
}

impl Step {
    const fn secret(self, secrets: &'static [&'static str]) -> Self {
        Self { secrets, ..self }
    }
}
