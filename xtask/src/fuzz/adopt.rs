//! A finding, made small and kept.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{folder, output};
use crate::failure::Failure;
use crate::{files, process};

/// The target whose finding this is: findings are written to a folder of its name.
pub(super) fn target_of(finding: &Path) -> Result<String, Failure> {
    let folder = finding.parent().and_then(Path::file_name);
    let name = folder.ok_or_else(|| Failure::Usage("name the target whose finding this is".into()))?;
    Ok(name.to_string_lossy().into_owned())
}

/// Makes `finding` small and keeps it among the inputs that every run tries first.
pub(super) fn adopt(finding: &Path, target: &str, programs: &Path) -> Result<(), Failure> {
    let program = programs.join(target);
    let fails =
        |input: &Path| !process::succeeds(Command::new(&program).arg("-exact_artifact_path=/dev/null").arg(input));
    if !finding.is_file() || !fails(finding) {
        let message =
            format!("{target} has nothing against {}: adopt a finding before its cause is removed", finding.display());
        return Err(Failure::Failed(message));
    }
    let small = files::made(output().join("small"))?.join(target);
    let _ = std::fs::remove_file(&small);
    let mut shrink = Command::new(&program);
    shrink.args(["-minimize_crash=1", "-max_total_time=30"]).arg(format!("-exact_artifact_path={}", small.display()));
    // It ends with the finding, which is no failure of ours; where it found nothing smaller, the finding is kept whole.
    let _ = shrink.arg(finding).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let source = if small.is_file() && fails(&small) { &small } else { finding };
    let place = folder().join("regressions").join(target).join(finding.file_name().unwrap_or_default());
    files::copy(source, &place)?;
    println!("kept {}", place.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_finding_names_its_target() {
        assert_eq!(target_of(Path::new("target/fuzz/findings/form/crash-1")).unwrap(), "form");
        assert!(target_of(Path::new("/")).is_err());
    }

    #[test]
    fn a_file_that_is_none_is_no_finding() {
        let failure = adopt(Path::new("no/such/file"), "form", Path::new("no/programs")).unwrap_err();
        assert!(failure.message().unwrap().contains("no/such/file"), "{failure:?}");
    }
}
