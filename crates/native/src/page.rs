//! What the browser shows. It contains no request data and loads no resources.

use crate::shared::Outcome;

/// The pages that a user sees at the end of a login. The defaults are in English.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pages {
    /// The HTML document shown after a login.
    pub signed_in: String,
    /// The HTML document shown after a login that failed. `{error}` stands for the reason, which is escaped.
    pub failed: String,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            signed_in: document("You are signed in", "You can close this window and go back to the program."),
            failed: document("You are not signed in", "{error}</p><p>Go back to the program to try again."),
        }
    }
}

impl Pages {
    pub(crate) fn of(&self, outcome: Option<&Outcome>) -> String {
        match outcome {
            Some(Outcome::SignedIn) => self.signed_in.clone(),
            Some(Outcome::Failed(error)) => self.failed.replace("{error}", &escaped(error)),
            None => document("Almost done", "The program is still completing the login. Go back to it."),
        }
    }
}

/// For a callback of another login, or one that comes again.
pub(crate) fn unrelated() -> String {
    document("This link has expired or was already used", "Go back to the program and log in again.")
}

pub(crate) fn not_found() -> String {
    document("Page not found", "A program waits for a login at this address.")
}

fn document(title: &str, text: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>:root{{color-scheme:light dark}}\
         body{{font:18px/1.5 system-ui,sans-serif;max-width:32em;margin:15vh auto;padding:0 1em}}\
         h1{{font-size:1.5em}}</style></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_escaped_in_the_page() {
        let failed = Outcome::Failed("<script>alert('x')</script> & \"more\"".into());
        let page = Pages::default().of(Some(&failed));
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"), "{page}");
        assert!(!page.contains("<script"));
    }
}
