//! The JSON Schema beside each file fits it. A validator of just the keywords that the schema has; any other is a fault.

use serde_json::{Value, json};

use crate::{file, files, folder};

/// The schema that the file names.
fn schema(file: &Value) -> Value {
    let text = std::fs::read_to_string(folder().join(file["schema"].as_str().unwrap())).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Where `value` breaks `schema`, a part of `root`.
fn broken(value: &Value, schema: &Value, root: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap() {
        let fits = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let target = rule.as_str().unwrap().strip_prefix('#').unwrap();
                broken(value, root.pointer(target).unwrap(), root, at, found);
                true
            }
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => match rule {
                Value::Array(types) => types.iter().any(|name| is_a(value, name)),
                name => is_a(value, name),
            },
            "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= rule.as_u64().unwrap() as usize),
            "minItems" => value.as_array().is_none_or(|items| items.len() >= rule.as_u64().unwrap() as usize),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    broken(item, rule, root, &format!("{at}/{index}"), found);
                }
                true
            }
            "required" => rule.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        broken(value, rule, root, &format!("{at}/{name}"), found);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                for (name, value) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.contains_key(name)) {
                        continue;
                    }
                    match rule {
                        Value::Bool(allowed) if *allowed => {}
                        Value::Bool(_) => found.push(format!("{at}/{name}: not foreseen")),
                        rule => broken(value, rule, root, &format!("{at}/{name}"), found),
                    }
                }
                true
            }
            other => panic!("the schema has {other}, which is not read here"),
        };
        if !fits {
            found.push(format!("{at}: {keyword}"));
        }
    }
}

fn is_a(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the schema has the type {other}, which is not read here"),
    }
}

fn faults(file: &Value) -> Vec<String> {
    let schema = schema(file);
    let mut found = Vec::new();
    broken(file, &schema, &schema, "", &mut found);
    found
}

#[test]
fn each_file_fits_its_schema() {
    for file in files() {
        assert_eq!(faults(&file), Vec::<String>::new());
    }
}

#[test]
fn a_file_that_does_not_fit_is_found() {
    let bent = |pointer: &str, value: Value| {
        let mut file = file();
        *file.pointer_mut(pointer).unwrap() = value;
        faults(&file)
    };
    assert_eq!(bent("/testGroups/0/tests/0/result", json!("maybe")), ["/testGroups/0/tests/0/result: enum"]);
    assert_eq!(bent("/testGroups/1/tests/2/tcId", json!("3")), ["/testGroups/1/tests/2/tcId: type"]);
    assert_eq!(bent("/testGroups/0/expected/skew", json!(-1)), ["/testGroups/0/expected/skew: minimum"]);
    assert_eq!(bent("/testGroups/0/expected/nonce", json!(7)), ["/testGroups/0/expected/nonce: type"]);
    assert_eq!(bent("/testGroups/0/public", json!({"kty": "RSA"})), ["/testGroups/0/public: required"]);
    assert_eq!(bent("/testGroups/0/tests/0/flags", json!([])), ["/testGroups/0/tests/0/flags: minItems"]);
    assert_eq!(bent("/notes/Normal/section", json!("")), ["/notes/Normal/section: minLength"]);
    assert_eq!(bent("/algorithm", json!("JWS")), ["/algorithm: const"]);
    let mut file = file();
    file["testGroups"][0]["tests"][0]["more"] = json!(1);
    assert_eq!(faults(&file), ["/testGroups/0/tests/0/more: not foreseen"]);
}

/// The names of reasons and of fields, for the tests of the README.
pub(crate) fn names_of(file: &Value, pointer: &str) -> Vec<String> {
    match schema(file).pointer(pointer).unwrap() {
        Value::Array(names) => names.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
        Value::Object(members) => members.keys().cloned().collect(),
        other => panic!("{pointer} is {other}"),
    }
}
