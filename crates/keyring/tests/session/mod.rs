//! A private D-Bus session, with a Secret Service or without.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::process::Command;

const INSIDE: &str = "PROOFKEY_SECRET_SERVICE";

/// Starts a Secret Service that is unlocked.
pub(crate) const UNLOCKED: &str =
    "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$0\" \"$@\"";
/// Hides the session.
pub(crate) const NONE: &str = "unset DBUS_SESSION_BUS_ADDRESS; exec \"$0\" \"$@\"";

/// Runs the test of that name again, with a home of its own, and what `script` makes of the command `"$0" "$@"`.
pub(crate) fn inside(test: &str, script: &str) {
    if !is_installed() {
        return;
    }
    let home = env::temp_dir().join(format!("proofkey-{test}-{}", std::process::id()));
    fs::create_dir_all(home.join("run")).unwrap();
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", script]).arg(env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    command.env(INSIDE, "1").env("HOME", &home).env("XDG_RUNTIME_DIR", home.join("run")).env_remove("XDG_STATE_HOME");
    let status = command.status().unwrap();
    fs::remove_dir_all(&home).unwrap();
    assert!(status.success());
}

pub(crate) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

fn is_installed() -> bool {
    let missing = ["dbus-run-session", "gnome-keyring-daemon"].into_iter().find(|program| {
        Command::new(program).arg("--version").output().is_err_and(|error| error.kind() == ErrorKind::NotFound)
    });
    if let Some(missing) = missing {
        eprintln!("{missing} is not installed: nothing was tested");
    }
    missing.is_none()
}
