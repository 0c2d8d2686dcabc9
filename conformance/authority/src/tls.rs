//! https: a TLS terminator in front of the plain http server.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, date_time_ymd,
};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::algorithm::{Algorithm, KeySet};
use crate::certificate::Certificate;
use crate::keys::key_of;

/// The certificate authority that this process trusts, made when it is first asked for.
static AUTHORITY: LazyLock<CertifiedIssuer<'static, KeyPair>> = LazyLock::new(|| {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named("proofkey test CA");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(parameters, key).expect("a certificate of an authority")
});

/// Returns the certificate, in PEM, of the CA that issues [`Certificate::Good`], which a client must trust.
///
/// # Panics
///
/// Panics if no key can be generated.
#[must_use]
pub fn ca_pem() -> String {
    AUTHORITY.pem()
}

/// The certificate that an attacker issued to itself for its RSA key, in DER.
pub(crate) fn foreign_certificate() -> &'static [u8] {
    static FOREIGN: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let key = PrivatePkcs8KeyDer::from(key_of(KeySet::Foreign, Algorithm::Rs256).signer.pkcs8());
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_RSA_SHA256).expect("an RSA key");
        let certificate = CertificateParams::default().self_signed(&key).expect("a certificate");
        certificate.der().to_vec()
    });
    &FOREIGN
}

/// A subject with this common name.
fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

impl Certificate {
    fn config(self) -> ServerConfig {
        let name = if self == Self::OtherHost { "other.example" } else { "127.0.0.1" };
        let mut parameters = CertificateParams::new([name.to_owned()]).expect("a name");
        // OpenSSL takes a certificate whose subject is its issuer's for self-signed, and looks for the issuer by key id.
        parameters.distinguished_name = named(name);
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        match self {
            Self::Expired => {
                parameters.not_before = date_time_ymd(2000, 1, 1);
                parameters.not_after = date_time_ymd(2001, 1, 1);
            }
            Self::NotYetValid => parameters.not_before = date_time_ymd(2999, 1, 1),
            Self::Good | Self::SelfSigned | Self::OtherHost => {}
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match self {
            Self::SelfSigned => parameters.self_signed(&key),
            _ => parameters.signed_by(&key, &AUTHORITY),
        };
        let chain = vec![CertificateDer::from(certificate.expect("a certificate").der().to_vec())];
        let secret = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in DER");
        ServerConfig::builder().with_no_client_auth().with_single_cert(chain, secret).expect("a chain and its key")
    }
}

/// A TLS terminator in front of a server; it stops when dropped.
#[derive(Debug)]
pub(crate) struct Terminator(JoinHandle<()>);

impl Drop for Terminator {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Terminator {
    /// Starts one at `socket` before the server at `behind`; its address, `https://127.0.0.1:PORT`, without a slash.
    pub(crate) fn open(
        certificate: Certificate,
        socket: TcpListener,
        behind: SocketAddr,
    ) -> std::io::Result<(Self, String)> {
        socket.set_nonblocking(true)?;
        let address = format!("https://127.0.0.1:{}", socket.local_addr()?.port());
        let socket = tokio::net::TcpListener::from_std(socket)?;
        let acceptor = TlsAcceptor::from(Arc::new(certificate.config()));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust us hangs up here, and nothing reaches the server.
                    let Ok(mut outside) = acceptor.accept(stream).await else { return };
                    let Ok(mut inside) = TcpStream::connect(behind).await else { return };
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Ok((Self(task), address))
    }
}

/// What a browser connects by: it trusts the authority of this process only.
pub(crate) fn connector() -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let _ = roots.add(CertificateDer::from(AUTHORITY.der().to_vec()));
    TlsConnector::from(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}
