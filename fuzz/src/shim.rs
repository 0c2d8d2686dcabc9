//! A conversation with the conformance shim, in this process.

use std::sync::LazyLock;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::uncounted;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    uncounted(|| {
        // The shim's client reads the system's certificates otherwise, some 140, for each input.
        let empty = std::env::temp_dir().join("proofkey-fuzz");
        let unrelated = empty.with_extension("pem");
        std::fs::create_dir_all(&empty).expect("a folder");
        std::fs::write(&unrelated, include_str!("../../conformance/unrelated-ca.pem")).expect("a certificate");
        // SAFETY: nothing else runs yet.
        unsafe {
            std::env::set_var("SSL_CERT_DIR", empty);
            std::env::set_var("SSL_CERT_FILE", unrelated);
        }
        Builder::new_current_thread().enable_all().build().expect("a runtime")
    })
});

/// The messages of a text, a line that is none as a string, so that no network is needed: no server is to be
/// discovered, no redirect URI to be listened at.
pub fn without_network(text: &str) -> Vec<Value> {
    let message = |line: &str| {
        let Ok(mut message) = serde_json::from_str::<Value>(line) else { return line.into() };
        if message["t"] == "config" {
            message["discovery"] = false.into();
            let others = message["issuers"].as_array_mut().into_iter().flatten();
            others.filter(|other| other.is_object()).for_each(|other| other["discovery"] = false.into());
        }
        message
    };
    let listens = |message: &Value| message["redirect_uri"].as_str().is_some_and(|uri| uri.contains(":0"));
    text.lines().map(message).filter(|message| !listens(message)).collect()
}

/// What the shim answers, and why it ended.
pub fn speak(messages: &[Value]) -> (Vec<Value>, String) {
    // A string is a line that is no JSON.
    let line = |message: &Value| message.as_str().map_or_else(|| message.to_string(), str::to_owned) + "\n";
    let (lines, mut output): (String, _) = (messages.iter().map(line).collect(), Vec::new());
    let ended = RUNTIME.block_on(proofkey_shim::serve(lines.as_bytes(), &mut output));
    let refusal = ended.err().map(|refusal| refusal.to_string()).unwrap_or_default();
    let output = String::from_utf8(output).expect("UTF-8");
    (output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(), refusal)
}

/// Whether this is a message that a shim may answer with, by the words of the protocol's own description.
pub fn answers(message: &Value) -> bool {
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    let is_word = |name: &str| include_str!("../../conformance/PORTING.md").contains(&format!("`{}`", text(name)));
    match text("t") {
        "hello" => message["proto"] == 1 && message["can"].is_array(),
        "authorize" => text("url")[..4].eq_ignore_ascii_case("http") && !text("redirect_uri").is_empty(),
        "result" => message["ok"] == false && ["of", "stage", "class"].into_iter().all(is_word),
        _ => false,
    }
}
