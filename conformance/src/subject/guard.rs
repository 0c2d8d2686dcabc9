//! Ends what a killed runner left behind.
//!
//! A runner that is interrupted ends its programs itself. One that is killed cannot: so it starts this program once
//! more as a guard, and tells it each process group and folder. When the runner's end of the pipe closes, for whatever
//! reason, the guard ends the groups that remain and removes their folders.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The pipe to the guard of this process, if it has one.
static GUARD: OnceLock<Mutex<ChildStdin>> = OnceLock::new();

/// Starts the guard: `program` with the argument `guard`, which calls [`serve`].
pub(crate) fn start(program: &Path) -> std::io::Result<()> {
    let mut command = Command::new(program);
    command.arg("guard").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    if let Some(input) = command.spawn()?.stdin.take() {
        let _ = GUARD.set(Mutex::new(input));
    }
    Ok(())
}

/// Remembers a process group and its folder.
pub(super) fn watch(group: u32, folder: &Path) {
    tell(&format!("{group} {}\n", folder.display()));
}

/// Forgets a process group that has ended.
pub(super) fn release(group: u32) {
    tell(&format!("{group}\n"));
}

fn tell(line: &str) {
    if let Some(guard) = GUARD.get() {
        let _ = guard.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

/// The guard's own work: reads what to watch until the runner is gone, then ends what remains.
pub(crate) fn serve() {
    let mut watched: HashMap<u32, PathBuf> = HashMap::new();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (group, folder) = line.split_once(' ').unwrap_or((&line, ""));
        let Ok(group) = group.parse() else { continue };
        if folder.is_empty() {
            watched.remove(&group);
        } else {
            watched.insert(group, folder.into());
        }
    }
    for (group, folder) in watched {
        kill_group(group);
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Ends every process of a group.
pub(super) fn kill_group(group: u32) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = group;
}
