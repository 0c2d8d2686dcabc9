//! A member's manifest with everything in it that it had from the root.

use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value};

use crate::failure::Failure;
use crate::workspace::{DEPENDENCY_TABLES, Member, Workspace, inherits};

/// The text of the manifest: nothing inherited, and each crate of ours looked for beside this one.
pub(super) fn whole(workspace: &Workspace, member: &Member) -> Result<String, Failure> {
    let mut manifest = member.manifest.clone();
    package(workspace, &mut manifest).map_err(|what| failed(member, &what))?;
    lints(workspace, &mut manifest).map_err(|what| failed(member, &what))?;
    dependencies(workspace, manifest.as_table_mut()).map_err(|what| failed(member, &what))?;
    if let Some(targets) = manifest.get_mut("target").and_then(Item::as_table_like_mut) {
        for (_, target) in targets.iter_mut() {
            if let Some(target) = target.as_table_like_mut() {
                dependencies(workspace, target).map_err(|what| failed(member, &what))?;
            }
        }
    }
    let left = inherited("", manifest.as_table());
    if left.is_empty() {
        Ok(manifest.to_string())
    } else {
        Err(failed(member, &format!("{} is still inherited", left.join(", "))))
    }
}

fn failed(member: &Member, what: &str) -> Failure {
    Failure::Failed(format!("{}/Cargo.toml: {what}", member.folder))
}

fn package(workspace: &Workspace, manifest: &mut DocumentMut) -> Result<(), String> {
    let Some(package) = manifest.get_mut("package").and_then(Item::as_table_like_mut) else { return Ok(()) };
    // Where its workspace lies.
    package.remove("workspace");
    for (key, item) in package.iter_mut() {
        if !inherits(item) {
            continue;
        }
        if ["readme", "license-file"].contains(&key.get()) {
            return Err(format!("`{key}` is a path and inherited: it would lead to a file that is not copied"));
        }
        let value = workspace.shared("package", key.get()).and_then(Item::as_value);
        let value = value.ok_or_else(|| format!("`{key}` is inherited, and the root has none"))?;
        *item = Item::Value(plain(value));
    }
    Ok(())
}

fn lints(workspace: &Workspace, manifest: &mut DocumentMut) -> Result<(), String> {
    if !manifest.get("lints").is_some_and(inherits) {
        return Ok(());
    }
    let shared = workspace.manifest.get("workspace").and_then(|workspace| workspace.get("lints"));
    let mut shared = shared.ok_or("`lints` is inherited, and the root has none")?.clone();
    // Written after all else, in the root's order; a table's position is that in the file it was read from.
    let table = shared.as_table_mut().ok_or("`lints` of the root is not a table")?;
    for (_, tool) in table.iter_mut() {
        if let Some(tool) = tool.as_table_mut() {
            tool.set_position(None);
        }
    }
    manifest.remove("lints");
    manifest.insert("lints", shared);
    Ok(())
}

fn dependencies(workspace: &Workspace, table: &mut dyn TableLike) -> Result<(), String> {
    for kind in DEPENDENCY_TABLES {
        let Some(listed) = table.get_mut(kind).and_then(Item::as_table_like_mut) else { continue };
        for (name, item) in listed.iter_mut() {
            if inherits(item) {
                let shared = workspace.shared("dependencies", name.get());
                let shared = shared.ok_or_else(|| format!("`{name}` is inherited, and the root has none"))?;
                *item = Item::Value(merged(workspace, name.get(), shared, item)?);
            } else if item.get("path").is_some() {
                return Err(format!(
                    "`{name}` is named by a path: name it in the root, and here say `workspace = true`"
                ));
            }
        }
    }
    Ok(())
}

/// What the root says of a dependency, and what the member adds to it.
fn merged(workspace: &Workspace, name: &str, shared: &Item, member: &Item) -> Result<Value, String> {
    let mut whole = InlineTable::new();
    match (shared.as_str(), shared.as_table_like()) {
        (Some(version), _) => {
            whole.insert("version", version.into());
        }
        (None, Some(shared)) => {
            for (key, item) in shared.iter() {
                whole.insert(
                    key,
                    plain(item.as_value().ok_or_else(|| format!("`{name}`: `{key}` of the root is not a value"))?),
                );
            }
        }
        _ => return Err(format!("`{name}` of the root is neither a version nor a table")),
    }
    if let Some(path) = whole.get("path").and_then(Value::as_str) {
        let folder = workspace.member_in(path).map(|member| format!("../{}", member.name));
        whole.insert("path", folder.ok_or_else(|| format!("`{name}`: no member is in {path}"))?.into());
    }
    for (key, item) in member.as_table_like().into_iter().flat_map(TableLike::iter) {
        match (key, item.as_value()) {
            ("workspace", _) => {}
            ("features", Some(Value::Array(more))) => {
                let mut features = whole.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
                for feature in more.iter().filter_map(Value::as_str) {
                    if !features.iter().any(|known| known.as_str() == Some(feature)) {
                        features.push(feature);
                    }
                }
                whole.insert("features", plain(&Value::Array(features)));
            }
            // A member cannot take away what the root gives to all: cargo refuses that, and so nothing is lost here.
            ("default-features", Some(value)) if value.as_bool() == Some(true) => {
                whole.remove("default-features");
            }
            ("default-features", Some(_)) if whole.get("default-features").and_then(Value::as_bool) == Some(false) => {}
            ("optional", Some(value)) => {
                whole.insert("optional", plain(value));
            }
            _ => return Err(format!("`{name}`: `{key}` beside `workspace = true` is not understood")),
        }
    }
    if whole.len() == 1
        && let Some(version) = whole.get("version")
    {
        return Ok(plain(version));
    }
    Ok(Value::InlineTable(whole))
}

/// The value without the spaces and comments around it.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(array) => {
            let mut plain: Array = array.iter().map(self::plain).collect();
            plain.fmt();
            Value::Array(plain)
        }
        _ => {
            let mut plain = value.clone();
            plain.decor_mut().clear();
            plain
        }
    }
}

/// The keys that still say `workspace`, wherever they stand.
fn inherited(path: &str, table: &dyn TableLike) -> Vec<String> {
    let mut found = Vec::new();
    for (key, item) in table.iter() {
        let below = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        if key == "workspace" {
            found.push(below);
        } else if let Some(table) = item.as_table_like() {
            found.extend(inherited(&below, table));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"
[workspace]
members = ["crates/a", "crates/b"]

[workspace.package]
version = "0.1.0" # of all
authors = ["A", "B"]

[workspace.lints.rust]
unsafe_code = "forbid"

[workspace.lints.clippy]
unwrap_used = "warn"

# Versions.
[workspace.dependencies]
b = { version = "0.1.0", path = "crates/b" }
tests = { path = "crates/b" }
plain = "1.2"
bare = { version = "2", default-features = false }
full = { version = "3", features = ["one", "two"] }
lost = { path = "elsewhere" }
"#;

    fn made_whole(manifest: &str) -> Result<String, String> {
        let workspace = Workspace::from_texts(|path| {
            Ok(match path {
                "Cargo.toml" => ROOT.to_owned(),
                "crates/a/Cargo.toml" => format!("[package]\nname = \"a\"\n{manifest}"),
                _ => "[package]\nname = \"proofkey-b\"\n".to_owned(),
            })
        });
        let workspace = workspace.unwrap();
        let text = whole(&workspace, &workspace.members[0]).map_err(|failure| failure.message().unwrap().to_owned())?;
        let rest = text.strip_prefix("[package]\nname = \"a\"\n").unwrap().to_owned();
        Ok(rest)
    }

    #[test]
    fn what_the_package_inherits_is_written_out() {
        assert_eq!(
            made_whole(
                "version.workspace = true\nauthors = { workspace = true }\nworkspace = \"../..\"\npublish = false\n"
            )
            .unwrap(),
            "version = \"0.1.0\"\nauthors = [\"A\", \"B\"]\npublish = false\n"
        );
    }

    #[test]
    fn what_a_dependency_inherits_is_merged() {
        for (member, whole) in [
            ("plain.workspace = true", r#"plain = "1.2""#),
            ("plain = { workspace = true }", r#"plain = "1.2""#),
            ("plain = { workspace = true, optional = true }", r#"plain = { version = "1.2", optional = true }"#),
            ("plain = { workspace = true, features = [\"x\"] }", r#"plain = { version = "1.2", features = ["x"] }"#),
            ("bare.workspace = true", r#"bare = { version = "2", default-features = false }"#),
            (
                "bare = { workspace = true, default-features = false }",
                r#"bare = { version = "2", default-features = false }"#,
            ),
            ("bare = { workspace = true, default-features = true }", r#"bare = "2""#),
            (
                "full = { workspace = true, features = [\"two\",\n  \"three\"] }",
                r#"full = { version = "3", features = ["one", "two", "three"] }"#,
            ),
            ("b.workspace = true", r#"b = { version = "0.1.0", path = "../proofkey-b" }"#),
            ("tests.workspace = true", r#"tests = { path = "../proofkey-b" }"#),
            ("other = \"4\" # own", "other = \"4\" # own"),
        ] {
            for table in ["dependencies", "dev-dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"] {
                assert_eq!(made_whole(&format!("\n[{table}]\n{member}\n")).unwrap(), format!("\n[{table}]\n{whole}\n"));
            }
        }
        let as_table = "\n[dependencies.full]\nworkspace = true\noptional = true\n";
        let text = made_whole(as_table).unwrap();
        let read: DocumentMut = text.parse().unwrap();
        assert_eq!(read["dependencies"]["full"]["version"].as_str(), Some("3"), "{text}");
        assert_eq!(read["dependencies"]["full"]["optional"].as_bool(), Some(true), "{text}");
    }

    #[test]
    fn lints_are_written_out_after_all_else_and_comments_stay() {
        let manifest = "\n# Why.\n[features]\n## What it does.\nx = []\n\n[lints]\nworkspace = true\n\n[dependencies]\nplain.workspace = true\n";
        assert_eq!(
            made_whole(manifest).unwrap(),
            "\n# Why.\n[features]\n## What it does.\nx = []\n\n[dependencies]\nplain = \"1.2\"\n\n\
             [lints.rust]\nunsafe_code = \"forbid\"\n\n[lints.clippy]\nunwrap_used = \"warn\"\n"
        );
    }

    #[test]
    fn what_cannot_be_made_whole_is_refused() {
        for (manifest, said) in [
            ("edition.workspace = true", "`edition` is inherited, and the root has none"),
            ("readme.workspace = true", "`readme` is a path and inherited"),
            ("[dependencies]\nabsent.workspace = true", "`absent` is inherited, and the root has none"),
            ("[dependencies]\nlost.workspace = true", "`lost`: no member is in elsewhere"),
            ("[dependencies]\nb = { path = \"../b\" }", "`b` is named by a path"),
            ("[dependencies]\nplain = { workspace = true, version = \"1\" }", "`version` beside `workspace = true`"),
            ("[dependencies]\nplain = { workspace = true, default-features = false }", "`default-features` beside"),
            // Where we do not know it: better no copy than one that does not build.
            ("[profile.release]\nworkspace = true", "profile.release.workspace is still inherited"),
            ("[workspace]\nmembers = []", "workspace is still inherited"),
        ] {
            let message = made_whole(manifest).unwrap_err();
            assert!(message.starts_with("crates/a/Cargo.toml: ") && message.contains(said), "{message}");
        }
    }
}
