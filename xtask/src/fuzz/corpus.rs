//! What a run begins with.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{folder, made, output, unusable};
use crate::failure::Failure;
use crate::process;

/// In the tree: few.
pub(super) fn kept(target: &str) -> PathBuf {
    folder().join("corpus").join(target)
}

/// On this machine: whatever runs have added.
pub(super) fn learned(target: &str) -> PathBuf {
    output().join("learned").join(target)
}

/// Puts as few inputs as reach the same edges, of both, in the place of those that are kept.
pub(super) fn merge(target: &str, programs: &Path) -> Result<(), Failure> {
    let fewer = output().join("merged").join(target);
    let _ = std::fs::remove_dir_all(&fewer);
    let both = [made(fewer.clone())?, made(kept(target))?, made(learned(target))?];
    // How often an edge is passed does not count here: that would keep ten times as many.
    let flags = ["-merge=1", "-set_cover_merge=1", "-use_counters=0"];
    let longest = format!("-max_len={}", super::session::longest(target));
    process::quietly(Command::new(programs.join(target)).args(flags).arg(longest).args(&both))?;
    let place = kept(target);
    let moved = || {
        std::fs::remove_dir_all(&place)?;
        std::fs::create_dir_all(&place)?;
        let files: Vec<_> = std::fs::read_dir(&fewer)?.collect::<Result<_, _>>()?;
        for file in &files {
            std::fs::copy(file.path(), place.join(file.file_name()))?;
        }
        Ok(files.len())
    };
    let count = moved().map_err(|error: std::io::Error| unusable(&place, &error))?;
    println!("{target:16} {count} inputs");
    Ok(())
}
