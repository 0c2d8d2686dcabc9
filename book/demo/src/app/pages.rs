//! What the app shows.

use maud::{Markup, html};
use proofkey::{Identity, LoginError};

use super::call::Call;
use crate::layout::page;

/// The users of the stand-ins: where they sign in, e-mail address and password.
const USERS: [(&str, &str, &str); 3] = [
    ("Google, by “Continue with Google”", "user@gmail.com", "google horse"),
    ("the server, by password", "user@example.com", "correct horse"),
    MALLORY,
];
const MALLORY: (&str, &str, &str) = ("the server, by password", "mallory@example.com", "battery staple");

pub(super) fn welcome(identity: Option<&Identity>, stand_in: bool) -> Markup {
    match identity {
        Some(identity) => page("You are signed in", "/", &signed_in(identity)),
        None => page("One login, step by step", "/", &signed_out(stand_in)),
    }
}

fn signed_out(stand_in: bool) -> Markup {
    html! {
        p.lead { "This app wants to know who you are. It never sees a password: it sends you to an authorization server, and gets back a code." }
        p.actions {
            a.button.primary href="/login" { "Log in" }
            a.button href="/live" target="_blank" { "Open the live page beside it" span.hidden { " (in a new tab)" } }
        }
        @if stand_in { (users()) }
    }
}

fn users() -> Markup {
    html! {
        section aria-labelledby="users" {
            h2 #users { "Test users" }
            p { "Users and servers exist on this machine only. In two browser profiles you can be two users at once." }
            div.scroll tabindex="0" role="region" aria-labelledby="users" {
                table {
                    thead { tr { th scope="col" { "Sign in at" } th scope="col" { "E-mail" } th scope="col" { "Password" } } }
                    tbody {
                        @for (place, email, password) in USERS {
                            tr { td { (place) } td { code { (email) } } td { code { (password) } } }
                        }
                    }
                }
            }
        }
    }
}

fn signed_in(identity: &Identity) -> Markup {
    let claims = identity.claims();
    html! {
        p.lead { "Signed in as " strong { (claims.name().unwrap_or("a user without a name")) } "." }
        dl.facts {
            dt { "Subject" } dd { code #subject { (identity.subject()) } }
            dt { "Issuer" } dd { code { (identity.issuer()) } }
            @if let Some(email) = claims.email() { dt { "E-mail" } dd { (email) } }
            dt { "Checked" } dd { (identity.checks().len()) " rules of the ID token; the live page lists them" }
        }
        p.hint { "Issuer and subject together identify the account. A name or an e-mail address does not." }
        div.actions {
            a.button.primary href="/live" { "See the 20 steps" }
            a.button href="/api" { "Use the API" }
            form method="post" action="/logout" { button { "Log out" } }
        }
    }
}

/// After the app's own logout. `server` is where the logout at the server begins, if the server has one.
pub(super) fn logged_out(server: Option<&str>) -> Markup {
    page(
        "You are logged out of the app",
        "/",
        &html! {
            p.lead { "The app has ended its session. The authorization server still has its own session, so the next login asks for no password." }
            @if server.is_some() {
                p.hint { "To sign in as another user, Mallory for instance, log out of the server too." }
            }
            div.actions {
                @if let Some(server) = server { a.button.primary href=(server) { "Log out of the server too" } }
                a.button href="/login" { "Log in again" }
            }
        },
    )
}

/// After the logout at the server.
pub(super) fn logged_out_everywhere(stand_in: bool) -> Markup {
    let (_, email, password) = MALLORY;
    page(
        "You are logged out of both",
        "/",
        &html! {
            p.lead { "The server has ended its session too, and returned you with the app’s state. The next login asks who you are." }
            @if stand_in {
                p { "Sign in as Mallory: " code { (email) } " with the password " code { (password) } "." }
                p.hint { "“Continue with Google” still asks for no password: Google’s session is a third one." }
            }
            div.actions { a.button.primary href="/login" { "Log in" } a.button href="/" { "Back to the app" } }
        },
    )
}

/// A login that failed. What the server said is untrusted text, and escaped.
pub(super) fn refused(error: &LoginError) -> Markup {
    let denied = error.server_error() == Some("access_denied");
    let title = if denied { "You did not sign in" } else { "This login was stopped" };
    page(
        title,
        "/",
        &html! {
            @if denied {
                p.lead { "The authorization server reports that the login was refused. The app has changed nothing." }
            } @else {
                p.lead { "A check failed, so you are not signed in." }
            }
            dl.facts {
                dt { "Check" } dd { code #refusal { (error.code()) } }
                dt { "Stage" } dd { (error.stage().as_str()) }
                dt { "Meaning" } dd #meaning { (error) }
                @if let Some(said) = error.server_error() { dt { "The server said" } dd { code { (said) } } }
            }
            p.actions { a.button.primary href="/login" { "Log in again" } a.button href="/live" { "See what happened" } }
        },
    )
}

pub(super) fn api(signed_in: bool, stand_in: bool, calls: &[Call]) -> Markup {
    let main = html! {
        @if !stand_in {
            p.lead { "With a tenant of your own there is no API here: the access token is for the API that your tenant names." }
        } @else {
            p.lead { "The API knows neither passwords nor sessions. It checks only the token in the request." }
            @if !signed_in {
                p.notice { "You are not signed in, so the app has no token to send. " a href="/login" { "Log in" } }
            }
            div.calls { @for call in calls { (answer(call)) } }
            section aria-labelledby="submit" {
                h2 #submit { "Submit an execution" }
                form.actions method="post" action="/api" {
                    @if signed_in { button.primary name="token" value="with" { "With the token" } }
                    button name="token" value="without" { "Without a token" }
                    @if calls.len() == 1 { a.button href="/api" { "Back to the lists" } }
                }
            }
        }
    };
    page("The protected API", "/api", &main)
}

fn answer(call: &Call) -> Markup {
    let good = call.status < 300;
    html! {
        section.call.good[good].bad[!good] {
            h2 { code { (call.line) } " " span.tag { @if call.with_token { "with the token" } @else { "without a token" } } }
            pre tabindex="0" {
                @if call.with_token { "Authorization: Bearer •••\n" }
                strong { "HTTP " (call.status) } "\n"
                @if let Some(challenge) = &call.challenge { "WWW-Authenticate: " (challenge) "\n" }
                "\n" (call.body)
            }
        }
    }
}
