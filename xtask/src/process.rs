//! Running cargo and other programs: shown before, timed, and a failure named after.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::failure::Failure;
use crate::workspace;

/// The cargo that runs us, at the workspace's root, with these words as a reader would type them.
///
/// `cargo run` tells its child about the package that it runs. Handed on, those words would make build scripts that
/// look at them run again, once under `cargo xtask` and once without.
pub(crate) fn cargo(words: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo.current_dir(workspace::root()).args(words.split_whitespace());
    cargo
}

/// What `cargo metadata` says of a workspace and of all that it depends on, asked with these arguments.
pub(crate) fn metadata(arguments: &[&str]) -> Result<Value, Failure> {
    let text = read(cargo("metadata --format-version 1").args(arguments))?;
    serde_json::from_str(&text).map_err(|error| Failure::Failed(format!("`cargo metadata` wrote no JSON: {error}")))
}

/// Where cargo builds to.
pub(crate) fn target_directory() -> Result<PathBuf, Failure> {
    let folder = metadata(&["--no-deps"])?["target_directory"].as_str().map(PathBuf::from);
    folder.ok_or_else(|| Failure::Failed("`cargo metadata` names no target directory".into()))
}

/// Runs to the end with our terminal, and fails when the program fails.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.status().map_err(|error| cannot_start(&shown, &error))?;
    ended(&shown, status)
}

/// Runs to the end and hands out what it wrote to its standard output; its standard error is ours.
pub(crate) fn read(command: &mut Command) -> Result<String, Failure> {
    let shown = shown(command);
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(&shown, &error))?;
    ended(&shown, output.status)?;
    String::from_utf8(output.stdout).map_err(|_| Failure::Failed(format!("`{shown}` wrote something other than UTF-8")))
}

/// Runs to the end with our terminal, and gives the exit code, which is the program's own way to say what came of it.
pub(crate) fn code(command: &mut Command) -> Result<u8, Failure> {
    let shown = shown(command);
    // To the side: what the program writes may be for another one to read.
    eprintln!("$ {shown}");
    let status = command.status().map_err(|error| cannot_start(&shown, &error))?;
    let code = status.code().ok_or_else(|| Failure::SetUp(format!("`{shown}` ended with {status}")))?;
    Ok(u8::try_from(code).unwrap_or(1))
}

/// Runs in our place: its exit code is ours, and it has said why.
pub(crate) fn hand_over(command: &mut Command) -> Result<(), Failure> {
    match code(command)? {
        0 => Ok(()),
        code => Err(Failure::Exit(code)),
    }
}

/// Has the packages of a workspace compiled and linted at once. `cargo clippy` would check all that they depend on, which a
/// test then builds. What clippy-driver compiles is meant to be run for its tests only.
pub(crate) fn linted(cargo: &mut Command) -> &mut Command {
    cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
}

/// Builds these programs, and says where the first is.
///
/// As parts of the whole workspace: for each choice of packages cargo unifies features anew, and builds most of what is
/// below them once more. The example has it count those of tests as well, so that what tests have built is taken.
pub(crate) fn program(names: &[&str]) -> Result<PathBuf, Failure> {
    let mut build = cargo("build --workspace --example claims_vectors");
    built(build.args(names.iter().flat_map(|name| ["--bin", name])), names)
}

/// Builds these examples, as parts of the whole workspace too, and says where the first is.
pub(crate) fn example(names: &[&str]) -> Result<PathBuf, Failure> {
    let mut build = cargo("build --workspace");
    built(build.args(names.iter().flat_map(|name| ["--example", name])), names)
}

/// Where the first of these programs is that the command builds.
fn built(build: &mut Command, names: &[&str]) -> Result<PathBuf, Failure> {
    let messages = read(build.args(["--message-format", "json-render-diagnostics"]))?;
    names
        .iter()
        .find_map(|name| executable(&messages, name))
        .ok_or_else(|| Failure::Failed(format!("no program {names:?}")))
}

/// Where cargo says that it has put the program `name`: no guess at target directories or suffixes.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let executable = message.get("executable")?.as_str()?;
        if message.get("target")?.get("name")? == name { Some(PathBuf::from(executable)) } else { None }
    })
}

/// Runs quietly: whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs quietly; when it fails, what it said goes into the message.
pub(crate) fn quietly(command: &mut Command) -> Result<(), Failure> {
    let shown = shown(command);
    let output = command.output().map_err(|error| cannot_start(&shown, &error))?;
    ended(&shown, output.status).map_err(|failure| {
        let said = String::from_utf8_lossy(&output.stderr);
        Failure::Failed(format!("{}:\n{}", failure.message().unwrap_or_default(), said.trim_end()))
    })
}

/// Seconds since `start`, as they are printed everywhere.
pub(crate) fn seconds(start: Instant) -> String {
    format!("{:.1} s", start.elapsed().as_secs_f64())
}

/// Seconds of processor time that our children and theirs have used, as Linux counts them: in hundredths.
pub(crate) fn cpu_seconds_of_children() -> Result<f64, Failure> {
    let missing = || Failure::SetUp("the time of child processes is read from Linux's /proc/self/stat".into());
    let text = std::fs::read_to_string("/proc/self/stat").map_err(|_| missing())?;
    // The name of the program stands in parentheses and may hold anything; numbers follow, from the third field on.
    let (_, fields) = text.rsplit_once(')').ok_or_else(missing)?;
    let field = |number: usize| fields.split_whitespace().nth(number - 3)?.parse::<f64>().ok();
    let (user, system) = field(16).zip(field(17)).ok_or_else(missing)?;
    Ok((user + system) / 100.0)
}

/// The command line as a reader would type it, with the variables that were set for it.
fn shown(command: &Command) -> String {
    let program = command.get_program();
    let program = if Some(program) == std::env::var_os("CARGO").as_deref() { OsStr::new("cargo") } else { program };
    let variables = command.get_envs().filter_map(|(name, value)| {
        let (name, value) = (name.to_string_lossy(), value?.to_string_lossy());
        Some(format!("{name}={}", quoted(&value)))
    });
    let words = std::iter::once(program).chain(command.get_args()).map(|word| quoted(&word.to_string_lossy()));
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(char::is_whitespace) { format!("'{word}'") } else { word.to_owned() }
}

fn cannot_start(shown: &str, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("`{shown}` cannot be started: {error}"))
}

fn ended(shown: &str, status: ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure::Failed(format!("`{shown}` ended with {status}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("cargo");
        command.args(["doc", "a b"]).env("RUSTDOCFLAGS", "-D warnings").env_remove("CARGO_PKG_NAME");
        assert_eq!(shown(&command), "RUSTDOCFLAGS='-D warnings' cargo doc 'a b'");
    }

    #[test]
    fn a_program_that_fails_is_a_failure_that_names_it() {
        let failure = run(cargo("--no-such-flag").stderr(Stdio::null())).unwrap_err();
        let message = failure.message().unwrap();
        assert!(message.contains("cargo --no-such-flag") && message.contains("exit status"), "{message}");
        assert_eq!(failure.exit_code(), 1);

        let message = quietly(&mut cargo("--no-such-flag")).unwrap_err();
        assert!(message.message().unwrap().contains("unexpected argument"), "{message:?}");
        assert!(!succeeds(&mut cargo("--no-such-flag")));
        assert!(
            read(&mut Command::new("/no/such/program")).unwrap_err().message().unwrap().contains("cannot be started")
        );
    }

    #[test]
    fn the_time_of_a_child_is_counted() {
        let before = cpu_seconds_of_children().unwrap();
        // Some millions of steps: more than the hundredths of a second that are counted in.
        let work = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        assert!(succeeds(Command::new("sh").args(["-c", work])));
        assert!(cpu_seconds_of_children().unwrap() > before);
    }

    #[test]
    fn the_program_is_found_among_cargo_s_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"suite"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"other"},"executable":"/t/other"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"suite"},"executable":"/t/suite"}"#,
            "\nnot JSON\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(executable(messages, "suite"), Some(PathBuf::from("/t/suite")));
        assert_eq!(executable(messages, "absent"), None);
        assert_eq!(executable("", "suite"), None);
    }
}
