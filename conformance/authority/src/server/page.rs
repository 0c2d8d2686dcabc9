//! The few HTML pages: plain, escaped, with nothing from elsewhere.

use crate::encoding::csp_hash;
use crate::message::Answer;

const STYLE: &str = ":root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:24em;margin:10vh auto;padding:0 1em}\
h1{font-size:1.4em}label{display:block;margin:.8em 0}\
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.4em .5em}\
button,a.button{display:inline-block;font:inherit;padding:.4em 1em;border:1px solid;border-radius:.3em;\
color:inherit;background:none;text-decoration:none;cursor:pointer}";

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
             <body><main><h1>{title}</h1>{body}</main></body></html>",
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
