//! What must hold of the text: that every chapter is listed, run and built alike, and that what it names exists.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "chapters/index.rs"]
mod index;
#[path = "chapters/markdown.rs"]
mod markdown;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use markdown::Chapter;
use proofkey_conformance::{cases, rows};

const OPENING: &str = "Who holds what";
const CLOSING: &str = "What could have gone wrong here";

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every Markdown file of the book but the summary, by name.
fn files() -> BTreeMap<String, String> {
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names = names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md");
    names.map(|name| (name.clone(), read(&format!("src/{name}")))).collect()
}

/// What stands between `before` and `after`, wherever both do.
fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0)).collect()
}

/// Collects what is wrong over all chapters, so that one run names everything.
fn complaints(check: impl Fn(&str, &Chapter, &mut Vec<String>)) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, text) in files() {
        check(&name, &Chapter::of(&text), &mut wrong);
    }
    wrong
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn is_numbered(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
}

#[test]
fn the_summary_the_tested_list_and_the_files_are_the_same_chapters() {
    let summary = read("src/SUMMARY.md");
    let listed: Vec<_> = between(&summary, "](", ")").into_iter().map(str::to_owned).collect();
    let library = read("chapters.rs");
    let tested: Vec<_> = between(&library, "include_str!(\"src/", "\")").into_iter().map(str::to_owned).collect();
    assert_eq!(listed, tested, "SUMMARY.md and chapters.rs, in their order");
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), files().into_keys().collect());
    for entry in summary.lines().filter(|line| line.contains("](")) {
        let (title, file) = (between(entry, "[", "](")[0], between(entry, "](", ")")[0]);
        let text = read(&format!("src/{file}"));
        assert_eq!(text.lines().next(), Some(format!("# {title}").as_str()), "{file}: its title in SUMMARY.md");
    }
}

#[test]
fn every_chapter_has_listings_and_every_listing_asserts() {
    none(&complaints(|name, chapter, wrong| {
        let rust: Vec<_> = chapter.fences.iter().filter(|fence| fence.info == "rust").collect();
        if rust.is_empty() && is_numbered(name) {
            wrong.push(format!("{name}: no listing that is run"));
        }
        for fence in rust.iter().filter(|fence| !fence.text.contains("assert")) {
            wrong.push(format!("{name}:{}: this listing asserts nothing", fence.line));
        }
    }));
}

/// A listing is run, or it is no Rust. Another language, and Rust that must not compile, has its twin right behind it.
#[test]
fn no_listing_is_only_shown() {
    none(&complaints(|name, chapter, wrong| {
        for (index, fence) in chapter.fences.iter().enumerate() {
            let at = format!("{name}:{}: `{}`", fence.line, fence.info);
            match fence.info.as_str() {
                "rust" | "text" | "http" | "json" => {}
                "python" | "rust,compile_fail" => {
                    if chapter.fences.get(index + 1).is_none_or(|next| next.info != "rust") {
                        wrong.push(format!("{at}: the next listing must be its twin in Rust that runs"));
                    }
                }
                _ => wrong.push(format!("{at}: not one of rust, text, http, json, python and rust,compile_fail")),
            }
        }
    }));
}

#[test]
fn every_chapter_opens_with_who_holds_what_and_closes_with_what_could_have_gone_wrong() {
    let known: BTreeSet<_> = cases().iter().map(|case| case.id).collect();
    none(&complaints(|name, chapter, wrong| {
        if !is_numbered(name) {
            return;
        }
        let first = chapter.sections.first().map(|section| section.title.as_str());
        if first != Some(OPENING) {
            wrong.push(format!("{name}: its first section is {first:?}, not \"{OPENING}\""));
        }
        match chapter.sections.last() {
            Some(section) if section.title == CLOSING => {
                if !markdown::code_spans(&section.prose).iter().any(|span| known.contains(span.as_str())) {
                    wrong.push(format!("{name}: \"{CLOSING}\" names no case of the suite"));
                }
            }
            other => wrong.push(format!(
                "{name}: its last section is {:?}, not \"{CLOSING}\"",
                other.map(|section| section.title.as_str())
            )),
        }
    }));
}

/// The pages of `cargo doc` stand beside the book's; `cargo xtask book` follows the link.
#[test]
fn every_chapter_leads_to_the_api_documentation() {
    none(&complaints(|name, chapter, wrong| {
        if is_numbered(name) && !chapter.prose.contains("](../doc/proofkey") {
            wrong.push(format!("{name}: no link such as ../doc/proofkey/struct.Login.html"));
        }
    }));
}

/// `PROOFKEY_BLESS=1 cargo test -p proofkey-book --test chapters` writes the index anew.
#[test]
fn the_index_names_every_row_of_every_chapter() {
    let made = index::of(&files());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(index::FILE);
    if std::env::var_os("PROOFKEY_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == made, "{} is not up to date: run this with PROOFKEY_BLESS=1", index::FILE);
}

#[test]
fn every_case_and_every_row_that_is_named_exists() {
    let known: BTreeSet<_> = cases().iter().map(|case| case.id).collect();
    let rows: BTreeSet<_> = rows().map(|row| row.id).collect();
    none(&complaints(|name, chapter, wrong| {
        for span in markdown::code_spans(&chapter.prose) {
            let is_case = span.split_once('/').is_some_and(|(row, _)| markdown::row_ids(row) == [row]);
            if is_case && !known.contains(span.as_str()) {
                wrong.push(format!("{name}: no case `{span}` in the suite"));
            }
        }
        for row in markdown::row_ids(&chapter.prose) {
            if !rows.contains(row) {
                wrong.push(format!("{name}: no requirement row {row}"));
            }
        }
    }));
}

/// `OA-46/*` stands for every case of that row.
#[test]
fn every_case_that_the_security_policy_names_exists() {
    let known: Vec<_> = cases().iter().map(|case| case.id).collect();
    let mut named = 0;
    let policy = Chapter::of(&read("../.github/SECURITY.md"));
    for span in markdown::code_spans(&policy.prose) {
        let Some((row, _)) = span.split_once('/').filter(|(row, _)| markdown::row_ids(row) == [*row]) else { continue };
        let exists = known.iter().any(|id| *id == span || span.ends_with("/*") && id.split('/').next() == Some(row));
        assert!(exists, "{span}");
        named += 1;
    }
    assert!(named > 30, "{named}");
}
