//! The suite's probe at a server, and its findings as a table.

use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

use crate::Failure;
use crate::server::Server;

/// Where browsers come back to. Its host is an address, so that clients may choose its port.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:8091/callback";

/// Runs the program `proofkey-conformance` with this as.toml, and prints what it found. What it is told, and its results, are
/// kept in the folder.
///
/// # Errors
///
/// A finding that the file does not expect, or one that it does and that did not come.
pub(crate) async fn judged(
    server: &Server,
    variables: &[(&str, &str)],
    program: &str,
    config: &str,
    folder: &Path,
) -> Result<(), Failure> {
    let (as_toml, results) = (folder.join("as.toml"), folder.join("probe.json"));
    std::fs::write(&as_toml, format!("{}{}", std::fs::read_to_string(config)?, endpoints(server)))?;
    let status = Command::new(program)
        .args(["probe", "--issuer", &server.issuer, "--rate", "100", "--format", "badge", "--config"])
        .arg(&as_toml)
        .arg("--results")
        .arg(&results)
        .envs(variables.iter().copied())
        .stdout(std::process::Stdio::null())
        .status()
        .await?;
    print!("{}", report(server, &results)?);
    if status.success() { Ok(()) } else { Err(format!("the probe ended with {status}").into()) }
}

/// Those that no metadata names, whose port is known only now.
fn endpoints(server: &Server) -> String {
    let Some(endpoints) = server.said["endpoints"].as_object() else { return String::new() };
    let lines = endpoints.iter().map(|(name, address)| format!("{name} = {address}\n"));
    format!("\n[endpoints]\n{}", lines.collect::<String>())
}

/// The counts, and the findings, those with one reason together.
fn report(server: &Server, results: &Path) -> Result<String, Failure> {
    let results: Value = serde_json::from_slice(&std::fs::read(results)?)?;
    let cases: Vec<&Value> = results["cases"].as_array().into_iter().flatten().collect();
    let text = |case: &Value, name: &str| case[name].as_str().unwrap_or_default().to_owned();
    let count = |verdict: &str| cases.iter().filter(|case| case["verdict"] == verdict).count();
    let mut report = format!(
        "### {}\n\nOf {} probes {} passed, {} failed, {} warned, {} were not claimed, and {} not tested.\n\n\
         | Probe | Section | What came |\n| --- | --- | --- |\n",
        server.title(),
        cases.len(),
        count("pass"),
        count("fail"),
        count("warn"),
        count("not_claimed"),
        count("not_tested"),
    );
    let mut findings: Vec<(String, String, String)> = Vec::new();
    for case in cases.iter().filter(|case| ["fail", "warn", "error"].contains(&&*text(case, "verdict"))) {
        let reason = match case["reason"].as_str() {
            Some(reason) => reason.to_owned(),
            None => format!("**new**, {}: {}", text(case, "verdict"), text(case, "detail").replace('|', "\\|")),
        };
        let should = if case["verdict"] == "warn" { " (SHOULD)" } else { "" };
        let id = format!("`{}`{should}", text(case, "id"));
        match findings.iter_mut().find(|(_, _, known)| *known == reason) {
            Some((ids, ..)) => *ids += &format!(", {id}"),
            None => findings.push((id, text(case, "section"), reason)),
        }
    }
    report.extend(findings.iter().map(|(ids, section, reason)| format!("| {ids} | {section} | {reason} |\n")));
    for stale in results["stale"].as_array().into_iter().flatten() {
        report += &format!("\nStale: {}\n", stale.as_str().unwrap_or_default());
    }
    Ok(report + "\n")
}
