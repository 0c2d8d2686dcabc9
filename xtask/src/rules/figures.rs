//! Figures of speed and size are what a task has printed, never typed.

use super::{Broken, Tree};
use crate::bench::published;

pub(super) fn typed(tree: &Tree) -> Broken {
    match published::rendered(|path| tree.files.get(path).cloned()) {
        Err(wrong) => vec![wrong],
        Ok(files) => {
            let other = files.iter().filter(|(path, text)| tree.files.get(path) != Some(text));
            other
                .map(|(path, _)| {
                    format!("{path}: not what benches/published makes of it: run `cargo xtask bench --publish`")
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATIOS: &str = r#"{"date": "2026-11-27", "machine": "2 cores", "results": [{"op": "url", "ours_ns": 100.0,
        "ours_allocs": 1, "limit_ns": 80.0, "ratio_to_limit": 1.25, "goal": 1.2, "peers": {"other 1": {"ns": 150.0}}}]}"#;

    #[test]
    fn a_figure_typed_by_hand_is_found() {
        let made = |readme: &str| {
            let read = |path: &str| match path {
                "benches/published/ratios.json" => Some(RATIOS.to_owned()),
                "benches/README.md" => Some(readme.to_owned()),
                _ => None,
            };
            published::rendered(read)
        };
        let files = made("# a\n<!-- speed: how -->\n<!-- /speed -->\n").unwrap();
        let readme = &files.iter().find(|(path, _)| path == "benches/README.md").unwrap().1;
        assert!(readme.contains("| 100 ns | 1 | 1.25 x (goal 1.20) | other 1: 150 ns, 1.50 x ours |"), "{readme}");
        let mut changes: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        changes.push(("benches/published/ratios.json", RATIOS));
        assert_eq!(typed(&Tree::with(&changes)), Broken::new());

        let typed_by_hand = readme.replace("100 ns", "10 ns");
        changes.push(("benches/README.md", &typed_by_hand));
        assert_eq!(
            typed(&Tree::with(&changes)),
            ["benches/README.md: not what benches/published makes of it: run `cargo xtask bench --publish`"]
        );
        changes.push(("benches/README.md", "# a\n"));
        assert_eq!(typed(&Tree::with(&changes)), ["benches/README.md: no marks `speed`"]);
    }
}
