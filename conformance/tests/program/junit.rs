//! JUnit XML against its schema: by `xmllint` where it is installed, and always by its structure.

use std::path::Path;
use std::process::Command;

use super::support::{Folder, stdout};

const SCHEMA: &str = "tests/program/junit.xsd";

#[test]
fn junit_xml_is_as_its_schema_says() {
    let folder = Folder::new();
    folder.run("run --case OA-48/* --case ID-* --case AK-06/* --reference skip-state --mode stdin --results r.json");
    let xml = stdout(&folder.run("report r.json --format junit"));
    let path = folder.0.join("r.xml");
    std::fs::write(&path, &xml).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
    if let Ok(lint) = Command::new("xmllint").arg("--noout").arg("--schema").arg(schema).arg(&path).output() {
        assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stderr));
    }

    let elements = elements(&xml);
    let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
    assert_eq!(elements[0].name, "testsuites");
    assert_eq!(elements[0].number("tests"), count("testcase"));
    assert_eq!(elements[0].number("failures"), count("failure"));
    assert!(count("failure") > 0 && count("testsuite") > 1);
    let suites: Vec<_> = elements.iter().filter(|element| element.name == "testsuite").collect();
    for attribute in ["tests", "failures", "errors"] {
        let sum: usize = suites.iter().map(|suite| suite.number(attribute)).sum();
        assert_eq!(sum, elements[0].number(attribute), "{attribute}");
    }
    for element in &elements {
        let (parent, attributes): (&str, &[&str]) = match element.name.as_str() {
            "testsuites" => ("", &["name", "tests", "failures", "errors", "time"]),
            "testsuite" => ("testsuites", &["name", "tests", "failures", "errors", "time", "skipped"]),
            "testcase" => ("testsuite", &["classname", "name", "time"]),
            "failure" | "error" => ("testcase", &["message", "type"]),
            "skipped" => ("testcase", &["message"]),
            "system-out" => ("testcase", &[]),
            other => panic!("{other} is not in the schema"),
        };
        assert_eq!(element.parent, parent, "{}", element.name);
        let names: Vec<&str> = element.attributes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, attributes, "{}", element.name);
    }
}

struct Element {
    name: String,
    parent: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    fn number(&self, name: &str) -> usize {
        let (_, value) = self.attributes.iter().find(|(known, _)| known == name).unwrap();
        value.parse().unwrap_or_else(|_| panic!("{name}={value} is not a number"))
    }
}

/// Every element, in order. Panics where a tag is not closed, an attribute is not quoted, or text has markup in it.
fn elements(xml: &str) -> Vec<Element> {
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut open, mut found): (Vec<String>, Vec<Element>) = (Vec::new(), Vec::new());
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text}");
        for reference in text.split('&').skip(1) {
            let is_known = ["lt;", "gt;", "amp;", "quot;"].iter().any(|known| reference.starts_with(known));
            assert!(is_known, "&{reference}");
        }
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (inner, is_empty) = tag.strip_suffix('/').map_or((tag, false), |inner| (inner, true));
        let (name, mut words) = inner.split_once(' ').unwrap_or((inner, ""));
        let mut attributes = Vec::new();
        while let Some((key, value)) = words.trim_start().split_once("=\"") {
            let (value, after) = value.split_once('"').unwrap();
            attributes.push((key.to_owned(), value.to_owned()));
            words = after;
        }
        assert!(words.trim().is_empty(), "{tag}");
        found.push(Element { name: name.into(), parent: open.last().cloned().unwrap_or_default(), attributes });
        if !is_empty {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}
