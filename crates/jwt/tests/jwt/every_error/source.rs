//! What the crate's own source says of its errors: the enums cannot be listed from outside, as they may grow.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Every source file of the crate, one after the other.
pub(crate) fn sources() -> String {
    let mut all = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    all
}

fn read(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, all);
        } else {
            all.push_str(&std::fs::read_to_string(path).unwrap());
            all.push('\n');
        }
    }
}

/// The types that are errors, and those that say what is wrong without being one.
pub(crate) fn error_types(source: &str) -> BTreeSet<String> {
    let implemented = source.lines().filter_map(|line| {
        let (implemented, after) = line.strip_prefix("impl ")?.split_once(" for ")?;
        let name = after.split([' ', '{', '<']).next()?;
        (implemented.rsplit("::").next() == Some("Error")).then(|| name.to_owned())
    });
    let named = source.lines().filter_map(|line| {
        let name = line.strip_prefix("pub enum ")?.split(' ').next()?;
        let tells = ["Error", "Reason", "Fault", "ClaimName"].iter().any(|end| name.ends_with(end));
        tells.then(|| name.to_owned())
    });
    implemented.chain(named).collect()
}

/// The variants of the public enum `name`, each with the code that its documentation begins with, if any.
pub(crate) fn variants(source: &str, name: &str) -> BTreeMap<String, Option<String>> {
    let (_, body) = source.split_once(&format!("\npub enum {name} {{\n")).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let mut found = BTreeMap::new();
    let mut code = None;
    // Four blanks: a variant. Eight: a field of one.
    for line in body.lines().filter_map(|line| line.strip_prefix("    ").filter(|line| !line.starts_with(' '))) {
        if let Some(text) = line.strip_prefix("/// `") {
            code = text.split_once("`:").map(|(code, _)| code.to_owned()).or(code);
        } else if line.starts_with(|first: char| first.is_ascii_uppercase()) {
            let variant = line.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap();
            found.insert(variant.to_owned(), code.take());
        }
    }
    assert!(!found.is_empty(), "{name} has no variants that could be read");
    found
}

#[test]
fn the_source_is_read_as_it_is_written() {
    let source = "x\n/// An enum.\npub enum SomeError {\n    /// `first_code`: text.\n    First(usize, &'static str),\n\
                  \n    /// `second`: text `more`:\n    /// text\n    #[non_exhaustive]\n    Second {\n        /// `field`: Field.\n        \
                  Field: usize,\n    },\n    /// Text.\n    Third,\n}\nimpl std::error::Error for SomeError {}\n\
                  impl core::error::Error for Other {}\nimpl Error for Third {}\nimpl From<Error> for No {}\n\
                  pub enum Colour {\n    Red,\n}\n";
    let read = variants(source, "SomeError");
    let read: Vec<_> = read.iter().map(|(name, code)| (name.as_str(), code.as_deref())).collect();
    assert_eq!(read, [("First", Some("first_code")), ("Second", Some("second")), ("Third", None)]);
    assert_eq!(error_types(source), ["Other", "SomeError", "Third"].map(str::to_owned).into());
}
