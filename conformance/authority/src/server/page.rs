//! The HTML pages: plain, escaped, without external resources.

use crate::encoding::csp_hash;
use crate::message::Answer;

const STYLE: &str = ":root{color-scheme:light dark;--accent:#4338ca;--on-accent:#fff;--line:#c9ccd3;--ground:#f1f2f6;--card:#fff;--quiet:#565c68}\
main:has(.google){--accent:#0b57d0;--ground:#f0f4f9}\
body{font:16px/1.5 system-ui,sans-serif;margin:0}\
main{box-sizing:border-box;min-height:100vh;padding:8vh 1em 2em;background:var(--ground)}\
main>div{box-sizing:border-box;max-width:25em;margin:auto;padding:1.6em 1.8em;background:var(--card);border:1px solid var(--line);border-radius:.6em}\
h1{font-size:1.45em;line-height:1.25;margin:0 0 .2em}h2{font-size:1em;margin:0}\
p{margin:.4em 0}.quiet{color:var(--quiet);font-size:.9em}\
label{display:block;margin:1em 0}\
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5em .6em;border:1px solid var(--line);border-radius:.35em}\
button,a.button{display:inline-block;box-sizing:border-box;font:inherit;padding:.5em 1.1em;border:1px solid var(--line);border-radius:.35em;\
color:inherit;background:none;text-align:center;text-decoration:none;cursor:pointer}\
button.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}\
a.button{display:block;margin-top:1em}\
[role=alert]{padding:.5em .7em;border-left:3px solid #b3261e}\
.users{margin-top:1.6em;padding-top:1em;border-top:1px solid var(--line)}\
dl{display:grid;grid-template-columns:1fr auto;gap:.2em 1em;margin:.4em 0;font:.9em ui-monospace,monospace}dd{margin:0}\
@media(prefers-color-scheme:dark){:root{--accent:#a5b4fc;--on-accent:#161733;--line:#484d58;--ground:#121318;--card:#1c1e24;--quiet:#a8aeba}\
main:has(.google){--accent:#a8c7fa;--on-accent:#062e6f;--ground:#101317}[role=alert]{border-color:#f2b8b5}}";

/// A phone shows the page at its own width.
const VIEWPORT: &str = "<meta name=\"viewport\" content=\"width=device-width\">";

/// A page with one sentence.
pub(crate) fn message(status: u16, text: &str) -> Answer {
    page(status, "Authorization server", &format!("<p>{}</p>", escape(text)), "'none'")
}

/// A page with this body. `form_action` is what the policy lets forms lead to; empty for no limit.
pub(crate) fn page(status: u16, title: &str, body: &str, form_action: &str) -> Answer {
    let form_action = if form_action.is_empty() { String::new() } else { format!("; form-action {form_action}") };
    html(
        status,
        &format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">{VIEWPORT}<title>{title}</title><style>{STYLE}</style></head>\
             <body><main><div><h1>{title}</h1>{body}</div></main></body></html>",
            title = escape(title),
        ),
        &format!("style-src {}{form_action}", csp_hash(STYLE)),
    )
}

/// The answer of response mode form_post: a form that submits itself.
pub(crate) fn form_post(address: &str, pairs: &[(String, String)]) -> Answer {
    const SCRIPT: &str = "document.forms[0].submit()";
    let fields: String = pairs
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value)))
        .collect();
    html(
        200,
        &format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Signing in</title></head><body>\
             <form method=\"post\" action=\"{}\">{fields}<noscript><button>Go on</button></noscript></form>\
             <script>{SCRIPT}</script></body></html>",
            escape(address)
        ),
        &format!("script-src {}", csp_hash(SCRIPT)),
    )
}

fn html(status: u16, text: &str, policy: &str) -> Answer {
    let mut answer = Answer::new(status)
        .header("content-type", "text/html; charset=utf-8")
        .header(
            "content-security-policy",
            &format!("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; {policy}"),
        )
        .header("x-frame-options", "DENY")
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-store");
    answer.body = text.as_bytes().to_vec();
    answer
}

/// Text as HTML, in element or attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
