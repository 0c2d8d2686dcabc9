//! The libraries that there is a shim for, and how each is installed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{files, process, tool, workspace};

/// A library with a shim below `conformance/shims`.
pub(crate) struct Subject {
    /// Its name in its registry.
    pub(crate) name: &'static str,
    kind: Kind,
}

/// How it is installed. The versions stand in the manifest beside each shim.
enum Kind {
    JavaScript,
    Python,
    Rust,
    /// Debian's package, whose version is the one that is judged: there is no other way to Go's libraries here.
    Go {
        shim: &'static str,
        package: &'static str,
    },
}

pub(crate) const SUBJECTS: &[Subject] = &[
    Subject { name: "openid-client", kind: Kind::JavaScript },
    Subject { name: "oauth4webapi", kind: Kind::JavaScript },
    Subject { name: "authlib", kind: Kind::Python },
    Subject { name: "requests-oauthlib", kind: Kind::Python },
    Subject { name: "google-auth-oauthlib", kind: Kind::Python },
    Subject { name: "simple-openid-connect", kind: Kind::Python },
    Subject { name: "flytekit", kind: Kind::Python },
    Subject { name: "oauth2", kind: Kind::Rust },
    Subject { name: "openidconnect", kind: Kind::Rust },
    Subject { name: "huskarl", kind: Kind::Rust },
    Subject { name: "golang.org/x/oauth2", kind: Kind::Go { shim: "oauth2", package: "golang-golang-x-oauth2-dev" } },
    Subject { name: "go-oidc", kind: Kind::Go { shim: "go-oidc", package: "golang-github-coreos-go-oidc-dev" } },
];

impl Subject {
    /// Where its shim is, with its page and its `shim.toml`.
    pub(crate) fn folder(&self) -> PathBuf {
        let shims = workspace::root().join("conformance").join("shims");
        match &self.kind {
            Kind::JavaScript => shims.join("javascript").join(self.name),
            Kind::Python => shims.join("python").join(self.name),
            Kind::Rust => shims.join("rust").join(self.name),
            Kind::Go { shim, .. } => shims.join("go").join("src").join(shim),
        }
    }

    /// Installs the library, and gives the command line of its shim.
    pub(crate) fn install(&self) -> Result<Vec<OsString>, Failure> {
        let shims = workspace::root().join("conformance").join("shims");
        let target = workspace::root().join("target").join("peers");
        match &self.kind {
            Kind::JavaScript => javascript(self.name, &shims.join("javascript"), &target.join("javascript")),
            Kind::Python => python(self.name, &shims.join("python"), &target.join("python").join(self.name)),
            Kind::Rust => rust(self.name, &shims.join("rust"), &target.join("rust")),
            Kind::Go { shim, package } => go(shim, package, &shims.join("go"), &target.join("go")),
        }
    }
}

/// Node looks for packages beside the program only, so the shims are copied to where npm installs.
fn javascript(name: &str, shims: &Path, target: &Path) -> Result<Vec<OsString>, Failure> {
    tool::needs("npm", "npm")?;
    let folder = target.join(name);
    for path in files::list(shims)? {
        files::copy(&shims.join(&path), &target.join(&path))?;
    }
    process::quietly(Command::new("npm").args(["ci", "--ignore-scripts", "--prefix"]).arg(&folder))?;
    Ok(vec!["node".into(), folder.join("shim.mjs").into()])
}

fn python(name: &str, shims: &Path, target: &Path) -> Result<Vec<OsString>, Failure> {
    tool::needs("python3", "python3-venv")?;
    let python = target.join("bin").join("python");
    if !python.is_file() {
        process::quietly(Command::new("python3").args(["-m", "venv"]).arg(target))?;
    }
    let requirements = shims.join(name).join("requirements.txt");
    process::quietly(
        Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements),
    )?;
    // Without -B, Python would leave its byte code in our tree.
    Ok(vec![python.into(), "-B".into(), shims.join(name).join("shim.py").into()])
}

fn rust(name: &str, shims: &Path, target: &Path) -> Result<Vec<OsString>, Failure> {
    let shim = format!("shim-{name}");
    let mut build = process::cargo("build --locked --quiet --package");
    build.arg(&shim).arg("--manifest-path").arg(shims.join("Cargo.toml"));
    process::quietly(build.arg("--target-dir").arg(target))?;
    let program = target.join("debug").join(shim).with_extension(std::env::consts::EXE_EXTENSION);
    Ok(vec![program.into()])
}

fn go(shim: &str, package: &str, shims: &Path, target: &Path) -> Result<Vec<OsString>, Failure> {
    let version = debian(&["golang-go", package])?;
    let program = target.join(shim);
    let mut build = Command::new("go");
    build
        .args(["build", "-ldflags", &format!("-X x.Version={version} -X main.version={version}"), "-o"])
        .arg(&program)
        .arg(shim);
    let path = std::env::join_paths([shims, Path::new("/usr/share/gocode")])
        .map_err(|error| Failure::SetUp(error.to_string()))?;
    process::quietly(build.env("GO111MODULE", "off").env("GOFLAGS", "").env("GOPATH", path))?;
    Ok(vec![program.into()])
}

/// The upstream version of the last of these packages of Debian. Root may install what is missing.
fn debian(packages: &[&str]) -> Result<String, Failure> {
    let (last, installed) = (packages.last().copied().unwrap_or_default(), "install ok installed");
    let query = || process::read(Command::new("dpkg-query").args(["-W", "-f", "${Status} ${Version}"]).arg(last));
    if !query().is_ok_and(|said| said.starts_with(installed)) {
        let mut install = Command::new("apt-get");
        install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
        process::quietly(&mut install)
            .map_err(|_| Failure::SetUp(format!("Debian's packages {} are not installed", packages.join(", "))))?;
    }
    let said = query()?;
    let version = said.rsplit(' ').next().unwrap_or_default();
    Ok(version.rsplit_once('-').map_or(version, |(upstream, _)| upstream).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_has_a_shim_with_its_manifest_and_a_page() {
        for subject in SUBJECTS {
            let folder = subject.folder();
            let manifest = match &subject.kind {
                Kind::JavaScript => "package-lock.json",
                Kind::Python => "requirements.txt",
                Kind::Rust => "Cargo.toml",
                Kind::Go { .. } => "main.go",
            };
            for file in [manifest, "README.md", "shim.toml"] {
                assert!(folder.join(file).is_file(), "{}: no {file}", folder.display());
            }
        }
    }
}
