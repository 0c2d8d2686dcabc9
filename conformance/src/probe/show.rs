//! `show PROBE`: a probe, for the author of a server that fails it.

use super::catalogue::{Probe, all};
use crate::show::requirements;

/// The probe of this name, as text.
pub(crate) fn shown(id: &str) -> Option<String> {
    all().iter().find(|probe| probe.id == id).map(text)
}

fn text(probe: &Probe) -> String {
    let level = probe.level.as_str();
    let mut text = format!("{}  ({level}, probe of a server, group {})\n\n{}\n", probe.id, probe.group, probe.about);
    text += &requirements(probe.rows);
    text += &format!("\nWhat the server must do\n  {}\n", probe.expected);
    text += &format!("\nHow to fix a server that fails\n  {}\n", probe.advice);
    if !probe.defects.is_empty() {
        text += &format!("  Known defects that fail here: {}\n", probe.defects.join(", "));
    }
    text + &format!("\nRun it\n  proofkey-conformance probe --config as.toml --case '{}'\n", probe.id)
}
