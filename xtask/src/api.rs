//! What the public interfaces of the crates name of other people's packages: a new major version of one of these is a
//! new major version of ours.
//!
//! Read from rustdoc's JSON, which a stable compiler writes when it is told to behave as an unstable one. cargo-public-api
//! prints an interface, and judges none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::failure::Failure;
use crate::workspace::{self, Workspace};
use crate::{files, process};

/// A crate of ours, and the items that its public interface may name, by module.
type Allowed = (&'static str, &'static [(&'static str, &'static [&'static str])]);

/// Each is of a package that is past its 1.0: one that is not breaks its users whenever it likes, and so would we.
const ALLOWED: &[Allowed] = &[
    // `==` of challenges takes constant time; a server of one's own can build on the same.
    ("proofkey-pkce", &[("subtle", &["Choice", "ConstantTimeEq"])]),
    // The discovery document's request and response, and its members that no specification names. A pending login goes
    // to the session store, and is wiped after.
    (
        "proofkey-authorize",
        &[
            ("http", &["header::map::HeaderMap", "request::Request", "response::Response"]),
            ("serde_core::de", &["Deserialize", "Deserializer"]),
            ("serde_core::ser", &["Serialize", "Serializer"]),
            ("serde_json", &["value::Value"]),
            ("zeroize", &["Zeroizing"]),
        ],
    ),
    // Every request and response, the members of one that no specification names, and what is stored.
    (
        "proofkey-token",
        &[
            ("http", &["header::map::HeaderMap", "header::value::HeaderValue", "method::Method"]),
            ("http", &["request::Request", "response::Response", "status::StatusCode", "uri::Uri"]),
            // The one adapter, and a layer for tower, whose traits have kept their version since 2019.
            ("reqwest", &["async_impl::request::Request", "async_impl::request::RequestBuilder"]),
            ("reqwest", &["async_impl::response::Response", "into_url::IntoUrl"]),
            ("tower_layer", &["Layer"]),
            ("tower_service", &["Service"]),
            ("serde_core::de", &["Deserialize", "DeserializeOwned", "Deserializer"]),
            ("serde_core::ser", &["Serialize", "Serializer"]),
            ("serde_json", &["map::Map", "value::Value"]),
            ("zeroize", &["Zeroizing"]),
        ],
    ),
    // Claims are read into a type of the caller's: a value is a deserializer.
    (
        "proofkey-jwt",
        &[
            ("serde_core::de", &["Deserialize", "DeserializeOwned", "Deserializer", "Error", "Expected"]),
            ("serde_core::de", &["IntoDeserializer", "Unexpected", "Visitor"]),
            ("serde_core::ser", &["Serialize", "Serializer"]),
        ],
    ),
    (
        "proofkey",
        &[
            // The crate itself, so that a caller need not name its version.
            ("", &["http"]),
            ("http", &["request::Request", "response::Response"]),
            ("serde_core::de", &["Deserialize", "Deserializer"]),
            ("serde_core::ser", &["Serialize", "Serializer"]),
            ("zeroize", &["Zeroizing"]),
        ],
    ),
    // An extension of axum and of the stores of tower-sessions names both, though neither is past its 1.0.
    (
        "proofkey-web",
        &[
            ("axum_core", &["body::Body", "response::into_response::IntoResponse", "response::Response"]),
            ("axum_core::extract", &["FromRequestParts", "option::OptionalFromRequestParts"]),
            ("axum::routing", &["Router"]),
            ("http", &["request::Parts", "response::Response"]),
            ("tower_sessions_core::session_store", &["SessionStore"]),
        ],
    ),
    // What a store of one's own keeps: a text that is wiped, or what serde makes of it.
    (
        "proofkey-native",
        &[
            ("serde_core::de", &["Deserialize", "Deserializer"]),
            ("serde_core::ser", &["Serialize", "Serializer"]),
            ("zeroize", &["Zeroizing"]),
        ],
    ),
    ("proofkey-mcp", &[("http", &["request::Request", "response::Response", "uri::Uri"]), ("zeroize", &["Zeroizing"])]),
];

/// A user of a type with type parameters cannot name it without choosing each of them. What has one all the same: `Step`
/// is to an operation's result what `Poll` is, and users match on it without naming it; of `Lazy` they name the aliases
/// `LazyLogin` and `LazyMachineLogin`, and of its steps nothing. `ApiService` has the type of the service within it.
const GENERIC: [&str; 4] = ["ApiService", "Lazy", "LazySteps", "Step"];

/// Documents each crate with all its features, and names what [`ALLOWED`] does not have, and what it has for nothing.
pub(crate) fn check() -> Result<String, Failure> {
    let workspace = Workspace::read()?;
    let has_library = |folder: &str| workspace::root().join(folder).join("src/lib.rs").is_file();
    let crates: Vec<_> = workspace.crates().filter(|member| has_library(&member.folder)).collect();
    let mut doc = process::cargo("doc --locked --no-deps --all-features --lib");
    doc.args(crates.iter().flat_map(|member| ["--package", &member.name]));
    // Only rustdoc is to behave as an unstable compiler: build scripts that were told so would build everything again.
    doc.env("RUSTDOC", workspace::root().join("xtask/rustdoc-unstable"));
    process::run(doc.env("RUSTDOCFLAGS", "-Zunstable-options --output-format json --document-hidden-items"))?;
    let mut broken = Vec::new();
    for member in &crates {
        let file = process::target_directory()?.join("doc").join(member.name.replace('-', "_")).with_extension("json");
        let documentation: Value = serde_json::from_str(&files::read(&file)?).unwrap_or_default();
        let named = foreign(&documentation);
        let named = named.ok_or_else(|| Failure::Failed("rustdoc's JSON is not what it was".into()))?;
        broken.extend(differences(&member.name, &named));
        let generic = generic(&documentation).into_iter();
        broken.extend(generic.map(|what| format!("{}: the public type {what} has a type parameter", member.name)));
    }
    if broken.is_empty() {
        return Ok(format!("{} public interfaces", crates.len()));
    }
    Err(Failure::Failed(format!("{}\nxtask/src/api.rs has what a public interface may name", broken.join("\n"))))
}

/// The items of other people's packages that are named, each with the kinds and names of what names it.
type Named = BTreeMap<String, BTreeSet<String>>;

fn foreign(documentation: &Value) -> Option<Named> {
    let mut named = Named::new();
    for item in documentation["index"].as_object()?.values().filter(|item| item["crate_id"] == 0) {
        let (kind, inner) = item["inner"].as_object()?.iter().next()?;
        // What the compiler finds for itself: `Send`, and `impl<T> Other for T`.
        if inner["is_synthetic"] == true || inner["blanket_impl"].is_object() {
            continue;
        }
        let mut ids = Vec::new();
        collect(inner, &mut ids);
        for path in ids.into_iter().filter_map(|id| documentation["paths"].get(id.to_string())) {
            let package = documentation["external_crates"][path["crate_id"].to_string()]["name"].as_str();
            if package.is_some_and(|name| !STANDARD.contains(&name) && !name.starts_with("proofkey")) {
                let words: Option<Vec<_>> = path["path"].as_array()?.iter().map(Value::as_str).collect();
                let by = format!("{kind} {}", item["name"].as_str().unwrap_or_default());
                named.entry(words?.join("::")).or_default().insert(by);
            }
        }
    }
    Some(named)
}

const STANDARD: [&str; 3] = ["alloc", "core", "std"];

/// Every identifier in a signature, however deep.
fn collect(value: &Value, ids: &mut Vec<u64>) {
    match value {
        Value::Object(members) => {
            ids.extend(members.get("id").and_then(Value::as_u64));
            members.values().for_each(|value| collect(value, ids));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, ids)),
        _ => {}
    }
}

/// The public types that have type parameters.
fn generic(documentation: &Value) -> Vec<&str> {
    let items = documentation["index"].as_object().into_iter().flat_map(serde_json::Map::values);
    let own = items.filter(|item| item["crate_id"] == 0 && item["visibility"] == "public");
    let is_type = |parameter: &Value| parameter["kind"]["type"].is_object();
    let generic = own.filter(|item| {
        let kinds = ["enum", "struct", "trait_alias", "type_alias", "union"].into_iter();
        let mut parameters = kinds.filter_map(|kind| item["inner"][kind]["generics"]["params"].as_array()).flatten();
        parameters.any(is_type)
    });
    generic.filter_map(|item| item["name"].as_str()).filter(|name| !GENERIC.contains(name)).collect()
}

fn differences(name: &str, named: &Named) -> Vec<String> {
    let modules = ALLOWED.iter().filter(|(ours, _)| *ours == name).flat_map(|(_, modules)| modules.iter());
    let path = |module: &str, item: &str| if module.is_empty() { item.to_owned() } else { format!("{module}::{item}") };
    let allowed: Vec<_> = modules.flat_map(|(module, items)| items.iter().map(|item| path(module, item))).collect();
    let more = named.iter().filter(|(item, _)| !allowed.contains(item));
    let more = more.map(|(item, by)| {
        let by: Vec<_> = by.iter().map(|by| by.trim_end()).collect();
        format!("{name}: {item} is not allowed, and named by {}", by.join(", "))
    });
    let less = allowed.iter().filter(|item| !named.contains_key(*item));
    more.chain(less.map(|item| format!("{name}: {item} is allowed, and named nowhere"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate with a function that takes and gives something of each package, a type of a type, and what the compiler
    /// adds for itself.
    fn documentation() -> Value {
        serde_json::json!({
            "index": {
                "1": {"crate_id": 0, "name": "send", "inner": {"function": {"sig": {
                    "inputs": [["request", {"resolved_path": {"id": 2, "args": {"angle_bracketed": {"args": [
                        {"type": {"resolved_path": {"id": 3}}}]}}}}]],
                    "output": {"resolved_path": {"id": 4}}}}}},
                "4": {"crate_id": 0, "name": "Own", "visibility": "public", "inner": {"struct": {"generics": {
                    "params": [{"name": "'a", "kind": {"lifetime": {}}}, {"name": "T", "kind": {"type": {}}}]}}}},
                "5": {"crate_id": 0, "name": null, "inner": {"impl": {"trait": {"id": 6}, "blanket_impl": {"generic": "T"}}}},
                "7": {"crate_id": 9, "name": "theirs", "inner": {"impl": {"trait": {"id": 6}}}},
                "8": {"crate_id": 0, "name": "Text", "visibility": "public", "inner": {"struct": {"generics": {
                    "params": [{"name": "'a", "kind": {"lifetime": {}}}, {"name": "N", "kind": {"const": {}}}]}}}},
            },
            "paths": {
                "2": {"crate_id": 1, "path": ["http", "Request"]}, "3": {"crate_id": 2, "path": ["alloc", "Vec"]},
                "4": {"crate_id": 0, "path": ["proofkey_jwt", "Own"]}, "6": {"crate_id": 3, "path": ["typenum", "Same"]},
            },
            "external_crates": {"1": {"name": "http"}, "2": {"name": "alloc"}, "3": {"name": "typenum"}},
        })
    }

    #[test]
    fn what_a_signature_names_of_others_is_found_and_a_type_of_types() {
        let named = foreign(&documentation()).unwrap();
        assert_eq!(named, Named::from([("http::Request".into(), ["function send".into()].into())]));
        assert_eq!(
            differences("a crate with nothing on the list", &named),
            ["a crate with nothing on the list: http::Request is not allowed, and named by function send"]
        );
        assert!(foreign(&serde_json::json!({"items": {}})).is_none(), "another form of documentation");
        assert_eq!(generic(&documentation()), ["Own"]);
    }

    #[test]
    fn what_is_allowed_for_nothing_is_found() {
        let broken = differences("proofkey-pkce", &Named::from([("subtle::Choice".into(), BTreeSet::new())]));
        assert_eq!(broken, ["proofkey-pkce: subtle::ConstantTimeEq is allowed, and named nowhere"]);
    }
}
