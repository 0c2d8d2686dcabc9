//! The groups as the text of the file: one test a line, so that a change of one is a change of one line.

use std::error::Error;
use std::fmt::Write as _;

use super::edit::{keep, quoted};
use super::file::File;
use super::flags::Flag;
use super::keys::{Keys, base64url, key_id};
use super::vector::{Expected, Forgery, Group, NOW, Test, Verdict};

pub(crate) fn file(file: &File, groups: &[Group], keys: &Keys) -> Result<String, Box<dyn Error>> {
    let count: usize = groups.iter().map(|group| group.tests.len()).sum();
    let used = |flag: &&Flag| groups.iter().flat_map(|group| &group.tests).any(|test| test.flags.contains(flag));
    let mut out = String::from("{\n");
    writeln!(out, "  \"algorithm\": {},", quoted(file.algorithm))?;
    writeln!(out, "  \"schema\": \"{}.schema.json\",", file.name)?;
    writeln!(out, "  \"numberOfTests\": {count},")?;
    writeln!(out, "  \"header\": [\n    {}\n  ],", file.header.map(quoted).join(",\n    "))?;
    writeln!(out, "  \"notes\": {{\n{}\n  }},", notes(file, Flag::ALL.iter().filter(used)))?;
    writeln!(out, "  \"testGroups\": [")?;
    let mut id = 0;
    for (index, group) in groups.iter().enumerate() {
        self::group(&mut out, file, group, keys, &mut id)?;
        out.push_str(if index + 1 < groups.len() { ",\n" } else { "\n" });
    }
    out.push_str("  ]\n}\n");
    Ok(out)
}

fn notes<'a>(file: &File, flags: impl Iterator<Item = &'a Flag>) -> String {
    let note = |flag: &Flag| {
        let note = file.note(*flag);
        format!(
            "    {}: {{\"level\": {}, \"section\": {}, \"description\": {}}}",
            quoted(flag.name()),
            quoted(note.level.name()),
            quoted(note.section),
            quoted(note.description)
        )
    };
    flags.map(note).collect::<Vec<_>>().join(",\n")
}

fn group(out: &mut String, file: &File, group: &Group, keys: &Keys, id: &mut usize) -> Result<(), Box<dyn Error>> {
    let public = keys.public(group.algorithm);
    let public: Vec<_> = public.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
    writeln!(out, "    {{\n      \"type\": \"{}\",", file.group_type)?;
    writeln!(out, "      \"source\": {{\"name\": \"proofkey\", \"version\": \"1\"}},")?;
    writeln!(out, "      \"comment\": {},", quoted(group.comment))?;
    writeln!(out, "      \"public\": {{{}}},", public.join(", "))?;
    writeln!(out, "      \"expected\": {{{}}},", expected(file, &group.expected, group.algorithm))?;
    writeln!(out, "      \"tests\": [")?;
    for (index, test) in group.tests.iter().enumerate() {
        *id += 1;
        let line = self::test(*id, test, &jws(test, group, keys)?);
        writeln!(out, "        {line}{}", if index + 1 < group.tests.len() { "," } else { "" })?;
    }
    out.push_str("      ]\n    }");
    Ok(())
}

fn expected(file: &File, expected: &Expected, algorithm: &str) -> String {
    let text = |value: Option<&str>| value.map_or("null".to_owned(), quoted);
    let list = |values: &[&str]| format!("[{}]", values.iter().copied().map(quoted).collect::<Vec<_>>().join(", "));
    [
        ("issuer", quoted(expected.issuer)),
        ("client_id", quoted(expected.client_id)),
        ("audience", quoted(expected.client_id)),
        ("trusted_audiences", list(expected.trusted_audiences)),
        ("nonce", text(expected.nonce)),
        ("algs", list(&[algorithm])),
        ("now", NOW.to_string()),
        ("skew", expected.skew.to_string()),
        ("max_age", expected.max_age.map_or("null".to_owned(), |seconds| seconds.to_string())),
        ("acr_values", expected.acr_values.map_or("null".to_owned(), list)),
        ("access_token", text(expected.access_token)),
        ("code", text(expected.code)),
        ("front_channel", expected.front_channel.to_string()),
        ("scope", list(expected.scope)),
    ]
    .into_iter()
    .filter(|(name, _)| file.fields.contains(name))
    .map(|(name, value)| format!("{}: {value}", quoted(name)))
    .collect::<Vec<_>>()
    .join(", ")
}

fn test(id: usize, test: &Test, jws: &str) -> String {
    let list = |names: Vec<&str>| names.into_iter().map(quoted).collect::<Vec<_>>().join(", ");
    let flags = list(test.flags.iter().map(|flag| flag.name()).collect());
    let result = match test.verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "invalid",
        Verdict::Acceptable => "acceptable",
    };
    let reason = match test.verdict {
        Verdict::Valid => String::new(),
        _ => format!(", \"reason\": [{}]", list(test.reason.to_vec())),
    };
    let comment = quoted(&test.comment);
    format!(
        "{{\"tcId\": {id}, \"comment\": {comment}, \"jws\": \"{jws}\", \"flags\": [{flags}], \"result\": \"{result}\"{reason}}}"
    )
}

/// The compact serialization (RFC 7515 section 7.1).
fn jws(test: &Test, group: &Group, keys: &Keys) -> Result<String, Box<dyn Error>> {
    let algorithm = if test.forgery == Forgery::Unsigned { "none" } else { group.algorithm };
    let typ = test.typ.unwrap_or(group.typ).map_or(String::new(), |typ| format!("\"typ\":{},", quoted(typ)));
    let header = format!("{{{typ}\"alg\":\"{algorithm}\",\"kid\":\"{}\"}}", key_id(group.algorithm));
    let input = |payload: &[u8]| format!("{}.{}", base64url(header.as_bytes()), base64url(payload));
    let payload = test.edits.payload(&group.honest);
    let signed = if test.forgery == Forgery::OfHonestClaims { &keep().payload(&group.honest) } else { &payload };
    let mut signature = keys.sign(group.algorithm, &input(signed))?;
    match test.forgery {
        Forgery::None | Forgery::OfHonestClaims => {}
        Forgery::BitFlipped => signature.iter_mut().rev().skip(8).take(1).for_each(|octet| *octet ^= 1),
        Forgery::Empty | Forgery::Unsigned => signature.clear(),
    }
    Ok(format!("{}.{}", input(&payload), base64url(&signature)))
}
