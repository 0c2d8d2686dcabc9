//! What mdBook does not check: that each link leads somewhere, and that no page asks another host for anything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::html::{self, Tag};

/// What is wrong with the pages below `root`, one line each. The API documentation beside them is looked into as well.
pub(crate) fn check(root: &Path) -> Result<Vec<String>, String> {
    let mut files = Vec::new();
    walk(root, &mut files).map_err(|error| format!("{} cannot be read: {error}", root.display()))?;
    files.sort();
    let mut anchors = Anchors::default();
    let mut wrong = Vec::new();
    for file in &files {
        let shown = file.strip_prefix(root).unwrap_or(file).display().to_string();
        let mut say = |what: String| wrong.push(format!("{shown}: {what}"));
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("html") => {
                let page = read(file)?;
                for tag in html::tags(&page) {
                    if tag.name == "pre" && tag.get("class").is_some_and(|class| class.contains("playground")) {
                        say("a listing with a run button asks play.rust-lang.org when the page is opened".into());
                    }
                    for (reference, kind) in references(&tag) {
                        if let Some(fault) = fault(&mut anchors, file, reference, kind) {
                            say(format!("<{}> {reference}: {fault}", tag.name));
                        }
                    }
                }
            }
            Some("css") => {
                for url in html::css_urls(&read(file)?) {
                    if let Some(fault) = fault(&mut anchors, file, &url, Kind::Loaded) {
                        say(format!("{url}: {fault}"));
                    }
                }
            }
            _ => {}
        }
    }
    wrong.dedup();
    Ok(wrong)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The browser fetches it by itself.
    Loaded,
    /// A person may follow it.
    Link,
}

fn references<'a>(tag: &'a Tag<'_>) -> Vec<(&'a str, Kind)> {
    let mut found = Vec::new();
    for (name, value) in &tag.attributes {
        let kind = match (tag.name, *name) {
            ("a" | "area", "href") => Kind::Link,
            (_, "src" | "href" | "xlink:href" | "poster" | "data" | "action" | "srcset" | "background") => Kind::Loaded,
            _ => continue,
        };
        // The page for addresses that are not found says where the others are.
        if tag.name != "base" {
            found.push((value.as_str(), kind));
        }
    }
    found
}

fn fault(anchors: &mut Anchors, from: &Path, reference: &str, kind: Kind) -> Option<String> {
    let has_scheme = reference.split(['/', '?', '#']).next().unwrap_or_default().contains(':');
    if has_scheme || reference.starts_with("//") {
        let foreign = !reference.starts_with("data:");
        return (kind == Kind::Loaded && foreign).then(|| "another host is asked for this".into());
    }
    let (path, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let path = decoded(path.split('?').next().unwrap_or_default());
    let folder = from.parent().unwrap_or(from);
    let mut target = if path.is_empty() { from.to_owned() } else { normal(&folder.join(&path)) };
    if target.is_dir() {
        target.push("index.html");
    }
    if path.starts_with('/') {
        return Some("begins at the root of the host, where this book need not be".into());
    }
    if !target.is_file() {
        return Some("there is no such file".into());
    }
    let in_page = target.extension().is_some_and(|extension| extension == "html");
    if in_page && !fragment.is_empty() && !anchors.of(&target).contains(&decoded(fragment)) {
        return Some(format!("the page has no `{fragment}`"));
    }
    None
}

/// What can be linked to inside of each page.
#[derive(Default)]
struct Anchors(BTreeMap<PathBuf, BTreeSet<String>>);

impl Anchors {
    fn of(&mut self, page: &Path) -> &BTreeSet<String> {
        self.0.entry(page.to_owned()).or_insert_with(|| {
            let text = std::fs::read_to_string(page).unwrap_or_default();
            let names = |tag: Tag<'_>| [tag.get("id"), tag.get("name")].map(|name| name.map(str::to_owned));
            html::tags(&text).into_iter().flat_map(names).flatten().collect()
        })
    }
}

/// Without `.` and `..`, which a file system would look for.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// Without percent escapes; those that are none stay as they are.
pub(crate) fn decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| first == b'%') {
            Some(octet) => {
                octets.push(octet);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                octets.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, and what is wrong with its `book`.
    fn wrong(name: &str, files: &[(&str, &str)]) -> Vec<String> {
        let root = std::env::temp_dir().join(format!("proofkey-book-{name}-{}", std::process::id()));
        let book = root.join("book");
        for (path, text) in files {
            let path = book.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let wrong = check(&book).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        wrong
    }

    #[test]
    fn good_links_are_not_accused() {
        let page = "<link href=\"s.css\"><a href=\"b.html#the%20end\"><a href=\"#x\" id=\"x\"><a href=\"https://a.example\">\
                    <a href=\"mailto:a@b\"><img src=\"data:image/png;base64,AA\"><a href=\"../doc/c/index.html\">\
                    <a href=\"../doc/c\"><script src=\"s.js\"></script><a href=\"a.html?q=1\">";
        let files = [
            ("a.html", page),
            ("b.html", "<p id=\"the end\">"),
            ("s.css", "@font-face { src: url('f/f.woff2') }"),
            ("f/f.woff2", ""),
            ("s.js", ""),
            ("../doc/c/index.html", ""),
        ];
        assert_eq!(wrong("good", &files), [""; 0]);
    }

    #[test]
    fn what_leads_nowhere_is_found() {
        for (name, page, said) in [
            ("file", "<a href=\"c.html\">", "a.html: <a> c.html: there is no such file"),
            ("anchor", "<a href=\"#x\">", "a.html: <a> #x: the page has no `x`"),
            ("other", "<a href=\"b.html#x\">", "a.html: <a> b.html#x: the page has no `x`"),
            ("root", "<a href=\"/b.html\">", "a.html: <a> /b.html: begins at the root"),
            ("doc", "<a href=\"../doc/c/struct.C.html\">", "there is no such file"),
            ("script", "<script src=\"//a.example/s.js\"></script>", "another host"),
            ("image", "<img src=\"https://a.example/i.png\">", "another host"),
            ("style", "<link rel=\"stylesheet\" href=\"http://a.example/s.css\">", "another host"),
            ("form", "<form action=\"https://a.example/\">", "another host"),
            ("run", "<pre class=\"playground\">", "play.rust-lang.org"),
        ] {
            let found = wrong(name, &[("a.html", page), ("b.html", "")]);
            assert!(found.len() == 1 && found[0].contains(said), "{name}: {found:?}");
        }
        let css =
            wrong("css", &[("s.css", "a { background: url(https://a.example/i.png) }"), ("t.css", "@import 'u'")]);
        assert!(css.len() == 2 && css[0].contains("another host") && css[1].contains("no such file"), "{css:?}");
    }

    #[test]
    fn escapes_are_decoded_once() {
        assert_eq!(decoded("a%20b%C3%BC%2520%"), "a bü%20%");
    }
}
