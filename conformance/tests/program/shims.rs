//! Other people's clients: the script that judges them finds each shim, and each shim has its page.

use std::path::Path;
use std::process::Command;

#[test]
fn each_shim_is_found_and_has_a_page_and_a_line_in_the_table() {
    let shims = Path::new(env!("CARGO_MANIFEST_DIR")).join("shims");
    let judge = |words: &[&str]| Command::new(shims.join("judge")).args(words).output().unwrap();
    assert_eq!(judge(&[]).status.code(), Some(64));
    let unknown = judge(&["no-runner", "no-such-shim"]);
    assert_eq!(unknown.status.code(), Some(64));
    let named = String::from_utf8(unknown.stderr).unwrap();
    let folders: Vec<&str> = named.lines().skip(1).collect();
    assert!(folders.len() > 10 && named.starts_with("no shim is called no-such-shim"), "{named}");
    let table = std::fs::read_to_string(shims.join("README.md")).unwrap();
    for folder in folders {
        assert!(shims.join(folder).join("README.md").is_file(), "{folder}");
        assert!(table.contains(&format!("]({folder})")), "{folder}");
    }
}
