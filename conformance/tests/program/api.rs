//! The API in Python that `PORTING.md` names.

use std::path::Path;

use super::support::{Folder, has_python, stderr};

#[test]
fn the_api_in_python_admits_and_denies() {
    if !has_python() {
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/api_shim.py");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 58, "PORTING.md says how long it is");
    let folder = Folder::new();
    let command =
        "run --jobs 2 --case AT-03/* --case AT-08/* --case RS-* --case AT-09/* --results r.json --shim python3";
    let output = folder.run(&format!("{command} {}", file.display()));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let counts = &folder.json("r.json")["counts"];
    assert!(counts["pass"].as_u64().is_some_and(|passed| passed > 25), "{counts}");
    assert_eq!(counts["not_claimed"], 0, "{counts}");
}
