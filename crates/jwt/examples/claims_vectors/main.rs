//! Writes the claims vectors of `tests/vectors`: ID tokens, access tokens and logout tokens, and what the specifications
//! say of each.
//!
//! `cargo xtask vectors` runs it. It knows nothing of `proofkey_jwt`: what is expected of a token stands beside the
//! token, by the sections that `flags.rs` names, and never comes out of a validation. Run twice, it writes the same.

use std::error::Error;
use std::path::Path;

mod edit;
pub(crate) mod file;
mod flags;
mod groups;
mod keys;
mod vector;
mod write;

use keys::Keys;

/// The folder of the file, below that of the package.
const FOLDER: &str = "tests/vectors";
const KEYS: &str = "id_token_claims.keys.json";

#[allow(dead_code)] // The test that compares takes this file as a module.
fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    for file in &file::FILES {
        let (text, count) = text(file, &folder)?;
        let path = folder.join(file.name).with_extension("json");
        let is_new = std::fs::read_to_string(&path).ok().as_ref() != Some(&text);
        if is_new {
            std::fs::write(&path, &text)?;
        }
        println!("{}: {count} tests, {}", path.display(), if is_new { "written" } else { "as it was" });
    }
    Ok(())
}

/// The file, and how many tests it holds. ECDSA signatures are random: those that `folder` has already are kept.
pub(crate) fn text(file: &file::File, folder: &Path) -> Result<(String, usize), Box<dyn Error>> {
    let before = std::fs::read_to_string(folder.join(file.name).with_extension("json")).unwrap_or_default();
    let keys = Keys::read(&std::fs::read_to_string(folder.join(KEYS))?, &before)?;
    let groups = (file.groups)();
    let count = groups.iter().map(|group| group.tests.len()).sum();
    Ok((write::file(file, &groups, &keys)?, count))
}
