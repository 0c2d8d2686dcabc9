//! One page that loads nothing: the data as JSON, a style sheet and a script, all within.

use serde_json::{Value, json};

use super::escape::escape;
use crate::advice;
use crate::results::Results;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
const BODY: &str = include_str!("html/page.html");

pub(super) fn report(all: &[Results]) -> String {
    let names: Vec<String> = all.iter().map(Results::name).collect();
    // Advice is not in the document, which is about one run; it belongs to the case.
    let mut documents = json!(all);
    for case in documents.as_array_mut().into_iter().flatten().flat_map(|results| results["cases"].as_array_mut()) {
        for case in case {
            let advice = advice::of(case["id"].as_str().unwrap_or_default());
            case["advice"] = advice.map_or(Value::Null, Value::from);
        }
    }
    // In a script element only `<` could end it.
    let data = documents.to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\">\n\
         <title>Conformance of {}</title>\n<style>\n{STYLE}</style>\n</head>\n{BODY}\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escape(&names.join(", "))
    )
}
