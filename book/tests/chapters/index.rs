//! The index of requirement rows, made from the chapters.

use std::collections::BTreeMap;

use crate::markdown::{self, Chapter};

pub(crate) const FILE: &str = "appendix-rows.md";

/// The groups of rows in the order of a login, each with what it is about.
const GROUPS: [(&str, &str); 15] = [
    ("PK", "RFC 7636, PKCE"),
    ("OA", "RFC 6749, OAuth 2.0"),
    ("BP", "RFC 9700, best current practice"),
    ("NA", "RFC 8252, native applications"),
    ("IS", "RFC 9207, `iss` in the callback"),
    ("DI", "RFC 8414 and OpenID Connect Discovery"),
    ("ID", "OpenID Connect Core"),
    ("JW", "RFC 7515 to 7519 and RFC 8725, JSON web tokens"),
    ("AT", "RFC 6750 and RFC 9068, access tokens"),
    ("RV", "RFC 7009, revocation"),
    ("RT", "RFC 9700, refreshes of several processes"),
    ("PR", "RFC 9126, pushed requests"),
    ("DP", "RFC 9449, DPoP"),
    ("DV", "RFC 8628, devices"),
    ("AK", "known attacks"),
];

/// The index as Markdown: each row that a chapter names, by itself or by a case of it.
pub(crate) fn of(files: &BTreeMap<String, String>) -> String {
    let mut chapters_of: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut files: Vec<_> = files.iter().filter(|(name, _)| *name != FILE).collect();
    // 4 before 4.5, which the names of the files have the other way round; the appendices last.
    files.sort_by(|(_, one), (_, other)| number(one).total_cmp(&number(other)));
    for (name, text) in files {
        let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        let link = format!("[{}]({name})", title.split_once(". ").map_or(title, |(number, _)| number));
        let mut rows = markdown::row_ids(&Chapter::of(text).prose).into_iter().map(str::to_owned).collect::<Vec<_>>();
        rows.sort();
        rows.dedup();
        for row in rows {
            chapters_of.entry(row).or_default().push(link.clone());
        }
    }
    let mut index = String::from(
        "# Requirement rows by chapter\n\n\
         A row is one thing that a specification asks of a client or a server, with a name such as PK-05. \
         `cargo xtask conformance --list` prints all of them, each with its section, its keyword, and the cases that \
         prove it. Here is where this book speaks of them.\n",
    );
    for (group, about) in GROUPS {
        let rows = chapters_of.iter().filter(|(row, _)| row.starts_with(group));
        let lines: String = rows.map(|(row, chapters)| format!("| {row} | {} |\n", chapters.join(", "))).collect();
        if !lines.is_empty() {
            index += &format!("\n## {about}\n\n| Row | Chapters |\n| --- | --- |\n{lines}");
        }
    }
    index
}

/// The number in a chapter's title.
fn number(text: &str) -> f64 {
    let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
    title.split_once(". ").and_then(|(number, _)| number.parse().ok()).unwrap_or(f64::MAX)
}
