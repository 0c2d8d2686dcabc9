//! The redirect URI: in the authorization request, on the callback's own address, in the token request.

use proofkey_authority::lie::CodeLie;
use proofkey_authority::{Client, Endpoint, Lie, Setup};

use super::{refuse, refuse_after, without_faults};
use crate::case::{Case, Expect, Step};
use crate::tamper::Tamper;

/// A redirect URI without a path, as it may be registered.
const ROOT: &str = "http://127.0.0.1:8091";

/// A redirect URI with a query of its own (RFC 6749 section 3.1.2).
const WITH_QUERY: &str = "http://127.0.0.1:8091/callback?tenant=1";

pub(super) fn cases() -> Vec<Case> {
    let address = |id, about, from, to| {
        Case::new(
            id,
            &["NA-08"],
            "callback",
            about,
            refuse(&["redirect", "callback_malformed", "state"]),
            &["callback-address-ignored"],
        )
        .tamper([Tamper::Address(from, to)])
    };
    let near = |id, about, from, to| Case { mutants: &["callback-path-lenient"], ..address(id, about, from, to) };
    vec![
        Case::new(
            "OA-29/identical-at-the-token-endpoint",
            &["OA-29"],
            "token",
            "The token request repeats the redirect URI byte for byte.",
            Expect::Accept(|seen| without_faults(seen, &["redirect_mismatch"])),
            &["redirect-omitted", "redirect-altered", "redirect-port-altered", "redirect-case-altered"],
        ),
        Case::new(
            "OA-29/refused-at-the-token-endpoint",
            &["OA-29", "OA-41", "OA-23", "PK-25"],
            "token",
            "The server bound the code to another redirect URI and refuses: the client reports that and stops.",
            refuse_after(&["token_error"]),
            &["token-error-as-success", "retry-code"],
        )
        .lie(Lie::Code(CodeLie::RedirectUri("http://127.0.0.1:8091/other".into()))),
        Case::new(
            "OA-48/forged-after-a-refusal-at-the-authorization-endpoint",
            &["OA-48", "OA-29", "BP-05"],
            "callback",
            "The server does not know the redirect URI and shows a page; then an unrelated party requests that URI.",
            refuse(&["state"]),
            &["skip-state", "state-wrong-ok"],
        )
        .lie(Lie::answer(Endpoint::Authorization, 400, "text/html", "<h1>redirect_uri is not registered</h1>"))
        .steps([Step::Forge("f1", "code=forged&state=forged")]),
        Case::new(
            "OA-29/error-of-the-authorization-endpoint",
            &["OA-29", "OA-27", "PK-25"],
            "callback",
            "The server redirects with an error that the redirect URI is wrong.",
            Expect::Refuse { classes: &["as_error"], token_requests: 0, code: Some("invalid_request") },
            &["error-code-generic"],
        )
        .lie(Lie::refusal("invalid_request")),
        address("NA-08/other-path", "The callback arrives on another path.", "/callback", "/other"),
        address("NA-08/longer-path", "The callback arrives on the path with a suffix.", "/callback", "/callback/x"),
        Case::new(
            "OA-29/redirect-uri-without-a-path",
            &["OA-29"],
            "token",
            "The redirect URI has no path, and the browser requests it with a slash, as browsers do (RFC 3986 section \
              6.2.3): it is the same URI, and the token request repeats the one that was sent.",
            Expect::Accept(|seen| without_faults(seen, &["redirect_mismatch"])),
            &["callback-root-refused"],
        )
        .config("redirect_uri", ROOT)
        .setup(Setup {
            clients: vec![Client { redirect_uris: vec![ROOT.into()], ..Client::native() }],
            ..Setup::witness()
        })
        .tamper([Tamper::Address(":8091", ":8091/")]),
        Case::new(
            "OA-29/redirect-uri-with-a-query",
            &["OA-29"],
            "token",
            "The redirect URI has a query of its own, which the token request repeats with it.",
            Expect::Accept(|seen| without_faults(seen, &["redirect_mismatch"])),
            &["redirect-query-dropped"],
        )
        .config("redirect_uri", WITH_QUERY)
        .setup(Setup {
            clients: vec![Client { redirect_uris: vec![WITH_QUERY.into()], ..Client::native() }],
            ..Setup::witness()
        }),
        near("NA-08/path-in-capitals", "The callback arrives on the path in upper case.", "/callback", "/CALLBACK"),
        near(
            "NA-08/path-with-a-slash",
            "The callback arrives on the path with a slash at its end.",
            "/callback",
            "/callback/",
        ),
        address("NA-08/other-port", "The callback arrives on another port.", ":8091/", ":8092/"),
        address("NA-08/other-host", "The callback arrives at another host.", "127.0.0.1:", "localhost:"),
    ]
}
