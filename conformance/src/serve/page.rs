//! The page at the root: what this is, its users, its log.

use serde_json::Value;

use crate::report::escape::escape;

/// The page about these tenants.
pub(super) fn page(control: &str, tenants: &[Value]) -> String {
    let sections: String = tenants.iter().map(section).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>proofkey-conformance serve</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>An authorization server for tests</h1>\n\
         <p>Each tenant below is an authorization server of its own, on loopback. It is honest but for the lie that it \
         was told to tell. Its keys, users and secrets are published: use it in tests only. Programs talk to \
         <code>{}</code>; SERVE.md describes how.</p>\n{sections}<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escape(control)
    )
}

fn section(tenant: &Value) -> String {
    let word = |value: &Value| escape(value.as_str().unwrap_or_default());
    let rows = |pairs: Vec<(String, String)>| -> String {
        pairs
            .into_iter()
            .map(|(name, value)| format!("<tr><th scope=\"row\">{name}</th><td><code>{value}</code></td></tr>\n"))
            .collect()
    };
    let mut urls =
        vec![("issuer".to_owned(), word(&tenant["issuer"])), ("metadata".to_owned(), word(&tenant["metadata"]))];
    let endpoints = tenant["endpoints"].as_object().into_iter().flatten();
    urls.extend(endpoints.map(|(name, url)| (escape(name), word(url))));
    let users = tenant["users"].as_array().into_iter().flatten();
    let users =
        users.map(|user| (word(&user["email"]), format!("{} · {}", word(&user["password"]), word(&user["sub"]))));
    let clients = tenant["clients"].as_array().into_iter().flatten();
    let clients =
        clients.map(|client| (word(&client["id"]), format!("{} {}", word(&client["auth"]), word(&client["secret"]))));
    let lie =
        if tenant["lie"].is_null() { "none: it is honest".to_owned() } else { escape(&format!("{:#}", tenant["lie"])) };
    let id = word(&tenant["id"]);
    format!(
        "<section>\n<h2>Tenant {id}</h2>\n<table>{}</table>\n<h3>Lie</h3><pre>{lie}</pre>\n<h3>Users</h3><table>{}</table>\n\
         <h3>Clients</h3><table>{}</table>\n<h3>Log</h3><pre data-log=\"/tenants/{id}/log.txt\" tabindex=\"0\">…</pre>\n</section>\n",
        rows(urls),
        rows(users.collect()),
        rows(clients.collect())
    )
}

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; } th { text-align: left; vertical-align: top; padding-right: 1rem; font-weight: normal; }
code, pre { overflow-wrap: anywhere; } pre { white-space: pre-wrap; border: 1px solid; border-radius: .3rem; padding: .5rem; }
@media (max-width: 40rem) { th, td { display: block; } }
";

const SCRIPT: &str = "\
const look = async () => {
  for (const log of document.querySelectorAll('[data-log]')) {
    const answer = await fetch(log.dataset.log).catch(() => null);
    const text = answer?.ok ? await answer.text() : 'The server has ended.';
    if (log.textContent !== text) log.textContent = text || 'Nothing yet.';
  }
};
look();
setInterval(look, 1500);
";
