//! The list of the switches and the sources agree.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proofkey_reference::{DEFECTS, Defects};

/// Each `has("…")` and each quoted name of a switch in the sources, but for the lists.
fn used(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("defects") {
                used(&path, names);
            }
        } else {
            let text = fs::read_to_string(&path).unwrap();
            names.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
            names.extend(text.split("has(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
}

#[test]
fn each_switch_is_read_somewhere() {
    let mut names = BTreeSet::new();
    used(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    let idle: Vec<_> = DEFECTS.iter().filter(|defect| !names.contains(defect.name)).collect();
    assert!(idle.is_empty(), "never read: {idle:?}");
}

#[test]
fn each_switch_that_is_read_is_in_the_list() {
    let mut sources = String::new();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                sources.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let read = sources.split(".has(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let read: Vec<&str> = read.collect();
    assert!(read.len() > 200, "the sources are read: {}", read.len());
    for name in read {
        assert!(DEFECTS.iter().any(|defect| defect.name == name), "{name} is not in the list");
    }
}

#[test]
fn names_are_unique_and_plain() {
    let names: BTreeSet<_> = DEFECTS.iter().map(|defect| defect.name).collect();
    assert_eq!(names.len(), DEFECTS.len());
    for defect in DEFECTS.iter() {
        assert!(defect.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{defect:?}");
        assert!(!defect.about.is_empty() && !defect.about.ends_with('.'), "{defect:?}");
    }
}

#[test]
fn an_unknown_switch_is_an_error() {
    let unknown = Defects::named(["skip-state", "no-such-thing"]).unwrap_err();
    assert_eq!(unknown.0, "no-such-thing");
    assert!(unknown.to_string().contains("no-such-thing"));
    assert_eq!(Defects::named(["skip-state"]).unwrap().names().collect::<Vec<_>>(), ["skip-state"]);
}
