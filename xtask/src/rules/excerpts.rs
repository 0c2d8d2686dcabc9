//! What CONTRIBUTING shows of a file is what the file says.

use super::{Broken, Tree};

const DOCUMENT: &str = ".github/CONTRIBUTING.md";

/// Behind a sentence that ends in "From `FILE`:", the listing that follows must stand in that file as it is.
pub(super) fn outdated(tree: &Tree) -> Broken {
    let text = tree.files.get(DOCUMENT).map_or("", String::as_str);
    let mut broken = Broken::new();
    for part in text.split("From `").skip(1) {
        let Some((path, behind)) = part.split_once("`:\n\n```") else { continue };
        let listing = behind.split_once('\n').and_then(|(_, rest)| rest.split_once("```"));
        let listing = listing.map_or("", |(listing, _)| listing);
        let is_there = tree.files.get(path).is_some_and(|file| !listing.is_empty() && file.contains(listing));
        if !is_there {
            broken.push(format!("{DOCUMENT}: {path} does not say what is shown of it"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_that_the_file_does_not_have_is_found() {
        let check = |listing: &str| {
            let text = format!("It is so. From `crates/pkce/src/a.rs`:\n\n```rust\n{listing}```\n");
            outdated(&Tree::with(&[("crates/pkce/src/a.rs", "fn one() {}\nfn two() {}\n"), (DOCUMENT, &text)]))
        };
        assert_eq!(check("fn two() {}\n"), Broken::new());
        for wrong in ["fn three() {}\n", ""] {
            assert_eq!(
                check(wrong),
                [".github/CONTRIBUTING.md: crates/pkce/src/a.rs does not say what is shown of it"]
            );
        }
    }
}
