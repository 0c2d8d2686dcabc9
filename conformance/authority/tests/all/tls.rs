//! Certificates, seen by other stacks than the one that serves them: each is asked where it is installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use proofkey_authority::{Authority, Certificate, Endpoint, Lie, Setup, ca_pem};

/// Whether a stack trusts the server at this port by the certificates in this file; none when it is not installed.
type Asked = fn(port: &str, ca_file: &str) -> Option<bool>;

const STACKS: [(&str, Asked); 3] = [("openssl", openssl), ("python", python), ("node", node)];

#[tokio::test(flavor = "multi_thread")]
async fn every_stack_trusts_the_right_certificate_and_no_other() {
    let ca_file = CaFile::new();
    let shown = |certificate| Setup {
        https: true,
        ..Setup::lying(Lie::Certificate { at: Endpoint::Metadata, shown: certificate })
    };
    for (setup, trusted) in [
        (Setup { https: true, ..Setup::honest() }, true),
        (shown(Certificate::SelfSigned), false),
        (shown(Certificate::OtherHost), false),
        (shown(Certificate::Expired), false),
        (shown(Certificate::NotYetValid), false),
    ] {
        let authority = Authority::start(setup).await;
        let port = authority.base().rsplit(':').next().unwrap().to_owned();
        for (stack, ask) in STACKS {
            let (port, ca_file) = (port.clone(), ca_file.0.to_str().unwrap().to_owned());
            let seen = tokio::task::spawn_blocking(move || ask(&port, &ca_file)).await.unwrap();
            assert_eq!(seen.unwrap_or(trusted), trusted, "{stack}: {:?}", authority.setup().lie);
        }
    }
}

fn openssl(port: &str, ca_file: &str) -> Option<bool> {
    let address = format!("127.0.0.1:{port}");
    let flags = ["-connect", &address, "-CAfile", ca_file, "-verify_return_error", "-verify_ip", "127.0.0.1"];
    succeeds(Command::new("openssl").arg("s_client").args(flags))
}

fn python(port: &str, ca_file: &str) -> Option<bool> {
    const PROGRAM: &str = "import socket, ssl, sys\n\
        context = ssl.create_default_context(cafile=sys.argv[2])\n\
        context.verify_flags |= getattr(ssl, 'VERIFY_X509_STRICT', 0)\n\
        context.wrap_socket(socket.create_connection(('127.0.0.1', int(sys.argv[1]))), server_hostname='127.0.0.1')";
    succeeds(Command::new("python3").args(["-c", PROGRAM, port, ca_file]))
}

fn node(port: &str, ca_file: &str) -> Option<bool> {
    const PROGRAM: &str = "const [port, ca] = process.argv.slice(1);\
        const options = { host: '127.0.0.1', port, ca: require('fs').readFileSync(ca) };\
        require('tls').connect(options, () => process.exit(0)).on('error', () => process.exit(1));";
    succeeds(Command::new("node").args(["-e", PROGRAM, port, ca_file]))
}

/// None when there is no such program.
fn succeeds(command: &mut Command) -> Option<bool> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.ok().map(|status| status.success())
}

/// The certificates to trust, as a file.
struct CaFile(PathBuf);

impl CaFile {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("proofkey-ca-{}.pem", std::process::id()));
        std::fs::write(&path, ca_pem()).unwrap();
        Self(path)
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
