//! The frame around every page.

use maud::{DOCTYPE, Markup, html};

const PAGES: [(&str, &str); 4] = [("/", "The app"), ("/live", "Live"), ("/attacks", "Attacks"), ("/api", "The API")];

/// A page; `here` is the address of the one among the four that it belongs to.
pub(crate) fn page(title: &str, here: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (title) " · proofkey" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                @for style in ["frame", "attacks", "live"] {
                    link rel="stylesheet" href={ "/assets/" (style) ".css" };
                }
                script src="/assets/demo.js" defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    p.brand { a href="/" { "proofkey" } " " span { "demo" } }
                    nav aria-label="Pages" {
                        ul {
                            @for (href, name) in PAGES {
                                li { a href=(href) aria-current=[(href == here).then_some("page")] { (name) } }
                            }
                        }
                    }
                }
                main #main tabindex="-1" {
                    h1 { (title) }
                    (main)
                }
                footer {
                    p { "A login with OAuth 2.0, PKCE and OpenID Connect, made visible. This demo is reachable from this machine only." }
                }
            }
        }
    }
}
