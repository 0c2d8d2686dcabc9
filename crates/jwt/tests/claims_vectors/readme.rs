//! What `vectors/README.md` tells strangers is so.

use std::process::Command;

use crate::schema::names_of;
use crate::{file, files, folder, items};

const README: &str = include_str!("../vectors/README.md");

/// The first cells of the table behind `heading`.
fn cells(heading: &str) -> Vec<&'static str> {
    let (_, after) = README.split_once(&format!("\n{heading}\n")).unwrap();
    let rows = after.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('|').nth(1).unwrap().split(", ").map(|name| name.trim().trim_matches('`'))).collect()
}

#[test]
fn each_field_has_its_row() {
    for (heading, pointer) in [
        ("## The file", "/properties"),
        ("### A group", "/$defs/group/properties"),
        ("### What the verifier expects", "/$defs/expected/properties"),
        ("### A test", "/$defs/test/properties"),
        ("## Results", "/$defs/test/properties/result/enum"),
        ("## Reasons", "/$defs/reason/enum"),
    ] {
        let (mut told, mut known) = (cells(heading), names_of(&file(), pointer));
        told.sort_unstable();
        known.sort_unstable();
        assert_eq!(told, known, "{heading}");
    }
}

#[test]
fn each_flag_has_its_row() {
    let file = file();
    for (name, note) in file["notes"].as_object().unwrap() {
        let text = |member: &str| note[member].as_str().unwrap();
        let row = format!("| `{name}` | {} | {} | {} |\n", text("level"), text("section"), text("description"));
        assert!(README.contains(&row), "the table of flags has no row\n{row}");
    }
    assert_eq!(cells("## Flags").len(), file["notes"].as_object().unwrap().len());
}

#[test]
fn each_field_and_flag_of_the_other_files_has_its_row() {
    for (file, kind) in files().iter().skip(1).zip(["access tokens", "logout tokens"]) {
        for (heading, pointer) in
            [("What a verifier expects", "/$defs/expected/properties"), ("Reasons", "/$defs/reason/enum")]
        {
            let heading = format!("### {heading} of {kind}");
            let (mut told, mut known) = (cells(&heading), names_of(file, pointer));
            told.sort_unstable();
            known.sort_unstable();
            assert_eq!(told, known, "{heading}");
        }
        let flags = cells(&format!("### Flags of {kind}"));
        assert_eq!(flags.len(), file["notes"].as_object().unwrap().len(), "{kind}");
        for (name, note) in file["notes"].as_object().unwrap() {
            let text = |member: &str| note[member].as_str().unwrap();
            let row = format!("| `{name}` | {} | {} | {} |\n", text("level"), text("section"), text("description"));
            assert!(README.contains(&row), "the table of flags has no row\n{row}");
        }
    }
}

/// A verifier that accepts everything differs in what is invalid, one that refuses everything in what is valid.
#[test]
fn the_loader_runs() {
    let loader = README.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(loader.lines().count() <= 17, "{} lines", loader.lines().count());
    let program = format!(
        "{loader}\ndef accept(jws, key, expected): assert jws and key['kid'] and expected['now']\n\
         def refuse(jws, key, expected): raise ValueError(jws)\n\
         print(len(list(differences(accept))), len(list(differences(refuse))))\n"
    );
    let output = match Command::new("python3").args(["-c", &program]).current_dir(folder()).output() {
        Ok(output) => output,
        Err(error) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "python3 is needed here: {error}");
            eprintln!("skipped: no python3 ({error})");
            return;
        }
    };
    let file = file();
    let tests = || items(&file["testGroups"]).iter().flat_map(|group| items(&group["tests"]));
    let count = |result: &str| tests().filter(|test| test["result"] == result).count();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim(),
        format!("{} {}", count("invalid"), count("valid")),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
