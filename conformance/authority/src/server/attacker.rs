//! The attacker's address: every visit is counted, and gets the response that a deceived client hopes for.

use super::Server;
use super::visit::Visit;
use crate::encoding::base64_standard;
use crate::message::Answer;
use crate::tls::foreign_certificate;
use crate::wire::Endpoint;

impl Server {
    /// By its last word the path is taken for an endpoint's, so that a client that let itself be led
    /// here gets what it wants: keys of the attacker, tokens for the code it gives away.
    pub(super) fn attacked(&self, visit: &mut Visit<'_>) -> Answer {
        visit.note("the client has come to the attacker");
        match visit.request.path.rsplit('/').next().unwrap_or_default() {
            "jwks" | "jwks.json" => Answer::public_json(200, self.foreign_jwk_set()),
            "x5u.pem" => {
                let text = base64_standard(foreign_certificate());
                let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
                Answer { body: pem.into_bytes(), ..Answer::new(200) }
                    .header("content-type", "application/pem-certificate-chain")
            }
            "token" => self.token(visit),
            "userinfo" => self.userinfo(visit),
            "revoke" => self.revocation(visit),
            "openid-configuration" | "oauth-authorization-server" => self.metadata(),
            _ => Answer::public_json(200, "{}".into()),
        }
    }

    /// Whether a lie leads anybody to the attacker.
    pub(crate) fn names_attacker(setup: &crate::Setup) -> bool {
        serde_json::to_string(&setup.lie).is_ok_and(|lie| lie.contains("{attacker"))
    }
}

impl Server {
    /// Whether this endpoint's connections misbehave.
    pub(crate) fn is_faulty(&self, path: &str) -> bool {
        self.faulty
            .as_ref()
            .is_some_and(|(endpoint, _)| *endpoint == self.endpoint(path) && *endpoint != Endpoint::Other)
    }
}
