//! `show CASE`: a case, for the author of a client that fails it.

use crate::advice;
use crate::case::Case;
use crate::rows::{Row, rows};

/// The case as text.
pub(crate) fn text(case: &Case) -> String {
    let mut text = format!("{}  ({}, stage {})\n\n{}\n", case.id, case.level.as_str(), case.stage, case.about);
    text += &requirements(case.rows);
    text += "\nWhat the server does\n";
    text += &match &case.setup.lie {
        Some(lie) => format!(
            "  It tells this lie (the file format of `serve --lie`):\n{}\n",
            indented(&serde_json::to_string_pretty(lie).unwrap_or_default())
        ),
        None => "  It is honest.\n".to_owned(),
    };
    for other in case.others.iter().filter_map(|other| Some((&other.name, other.lie.as_ref()?))) {
        let lie = serde_json::to_string_pretty(other.1).unwrap_or_default();
        text += &format!("  The other server, {}, tells this lie:\n{}\n", other.0, indented(&lie));
    }
    for (field, value) in case.config.iter().chain(&case.mistake).chain(&case.known) {
        text += &format!("  The client is configured with {field} = {value}\n");
    }
    text += "\nWhat happens\n";
    text += if case.guards { "  the subject guards an API\n" } else { "  a login f1 begins\n" };
    text.extend(case.steps.iter().map(|step| format!("  {step:?}\n")));
    text += &format!("\nWhat the client must do\n  {}\n", advice::expectation(case));
    text += &format!("  It needs the capabilities {}.\n", case.needs().join(", "));
    if let Some(advice) = advice::of(case.id) {
        text += &format!("\nHow to fix a client that fails\n  {advice}\n");
    }
    if !case.mutants.is_empty() {
        text += &format!("  Known defects that fail here: {}\n", case.mutants.join(", "));
    }
    text += &format!("\nRun it\n  proofkey-conformance run --case '{}' --shim CMD...\n", case.id);
    if !case.guards {
        text += &format!("Act as its client yourself\n  proofkey-conformance serve --lie '{}'\n", case.id);
    }
    text
}

/// What must hold, by the rows of these ids.
pub(crate) fn requirements(ids: &[&str]) -> String {
    let mut text = "\nWhat must hold\n".to_owned();
    for row in rows().filter(|row| ids.contains(&row.id)) {
        text += &format!("  {}  {}, {}\n    {}\n", row.id, row.source, row.level, row.statement);
        text += &link(&row).map_or_else(String::new, |link| format!("    {link}\n"));
    }
    text
}

/// Where a row's section can be read, of specifications that have an address by number.
fn link(row: &Row) -> Option<String> {
    let (name, rest) = row.source.split_once(' ')?;
    let section = rest.trim_start_matches('§');
    let section: String = section.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let section = section.trim_end_matches('.');
    match name {
        number if number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            let anchor = if section.is_empty() { String::new() } else { format!("#section-{section}") };
            Some(format!("https://www.rfc-editor.org/rfc/rfc{number}{anchor}"))
        }
        "Core" => Some("https://openid.net/specs/openid-connect-core-1_0.html".to_owned()),
        "Disc" => Some("https://openid.net/specs/openid-connect-discovery-1_0.html".to_owned()),
        _ => None,
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_shown_with_its_section_its_lie_and_what_to_do() {
        let cases = crate::cases::all();
        let case = cases.iter().find(|case| case.id == "ID-21/nonce-absent").unwrap();
        let text = text(case);
        for expected in
            ["ID-21", "openid-connect-core", "\"remove\": \"nonce\"", "claim_nonce", "Compare `nonce`", "--shim"]
        {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }

    #[test]
    fn a_section_of_an_rfc_has_an_address() {
        let of = |id: &str| link(&rows().find(|row| row.id == id).unwrap());
        assert_eq!(of("OA-48").as_deref(), Some("https://www.rfc-editor.org/rfc/rfc6749#section-10.12"));
        assert_eq!(of("PK-01").as_deref(), Some("https://www.rfc-editor.org/rfc/rfc7636#section-4.1"));
    }
}
