//! The server behind an [`Authority`](crate::Authority): its state, and one function per endpoint.

mod assertion;
mod attacker;
mod authorize;
mod callback;
mod client_auth;
mod code_grant;
mod device;
mod dpop;
mod end_session;
mod jws;
mod keys_endpoint;
mod login;
mod machine;
mod metadata;
mod page;
mod push;
mod redirect_uri;
mod refresh;
mod registration;
mod revocation;
pub(crate) mod route;
mod state;
mod token;
mod upstream;
mod userinfo;
mod values;
mod visit;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use self::state::{AuthorizationRequest, Context, Grant, State};
pub use self::state::{StoredCode, StoredRequest};

use self::visit::{Refusal, Visit};
use crate::bend::{Filling, bend_answer_by, bend_parameters};
use crate::certificate::Certificate;
use crate::clock::Clock;
use crate::encoding::{decode_form, encode_form};
use crate::flaw::Flaw;
use crate::keys::{Key, key_of};
use crate::lie::{Lie, TransportFault};
use crate::message::{Answer, Incoming, oauth_error};
use crate::rule::Rule;
use crate::setup::{Enforcement, Setup};
use crate::wire::{Endpoint, Exchange, SecretKind, Wire};

/// An authorization server.
pub(crate) struct Server {
    pub(crate) setup: Setup,
    /// The address without a slash at the end.
    pub(crate) base: String,
    pub(crate) issuer: String,
    /// The address of the endpoint whose connections misbehave.
    pub(crate) faulty: Option<(Endpoint, String)>,
    pub(crate) attacker: String,
    pub(crate) wire: Wire,
    pub(crate) clock: Clock,
    pub(crate) state: Mutex<State>,
    /// What was looked at since it was last taken.
    pub(crate) asked: Mutex<Asked>,
}

/// The flaws that a server consulted, and the rules that were broken. A set-up that differs only in others would have
/// behaved the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The flaws.
    pub flaws: HashSet<Flaw>,
    /// The rules.
    pub rules: HashSet<Rule>,
}

impl Server {
    /// Answers a request and writes both down. The number is the exchange's place in the log.
    pub(crate) fn handle(&self, request: &Incoming) -> (Option<u64>, Answer) {
        self.handle_at(self.endpoint(&request.path), request)
    }

    /// Answers a request that came to the attacker's own address.
    pub(crate) fn handle_attacked(&self, request: &Incoming) -> (Option<u64>, Answer) {
        self.handle_at(Endpoint::Attacker, request)
    }

    fn handle_at(&self, endpoint: Endpoint, request: &Incoming) -> (Option<u64>, Answer) {
        let base = if endpoint == Endpoint::Attacker {
            self.attacker.trim_end_matches("/attacker")
        } else {
            self.base.as_str()
        };
        let exchange = request.exchange(base, &self.setup.name, endpoint);
        self.note_secrets(&exchange);
        let seq = self.wire.record(exchange);
        if seq.is_none() {
            return (None, oauth_error(429, "too_many_requests", "the log is full"));
        }
        let number = self.state().count(endpoint);
        let mut visit = Visit {
            request,
            number,
            key: None,
            faults: Vec::new(),
            notes: Vec::new(),
            forgives: Box::new(|rule| self.forgives(rule)),
            blames: Box::new(|rule| !self.setup.lie.as_ref().is_some_and(|lie| lie.causes(rule))),
        };
        let mut answer = self.answer(endpoint, &mut visit);
        self.lie_in_answer(endpoint, &mut visit, &mut answer);
        let Visit { faults, notes, .. } = visit;
        self.wire.answer(seq, |exchange| {
            exchange.status = Some(answer.status);
            exchange.response_headers.clone_from(&answer.headers);
            exchange.response_body = answer.body.iter().copied().take(Exchange::BODY_LIMIT).collect();
            exchange.faults = faults;
            exchange.notes = notes;
        });
        (seq, answer)
    }

    fn answer(&self, endpoint: Endpoint, visit: &mut Visit<'_>) -> Answer {
        match endpoint {
            Endpoint::Metadata => self.metadata(),
            Endpoint::Authorization => self.authorize(visit),
            Endpoint::Login => self.login(visit),
            Endpoint::LoginCallback => self.login_callback(visit),
            Endpoint::Token => self.token(visit),
            Endpoint::Push => self.push(visit),
            Endpoint::Device => self.device_authorization(visit),
            Endpoint::Registration => self.registration(visit),
            Endpoint::Revocation => self.revocation(visit),
            Endpoint::EndSession => self.end_session(visit),
            Endpoint::UserInfo => self.userinfo(visit),
            Endpoint::Jwks => self.jwks(visit.number),
            Endpoint::Attacker => self.attacked(visit),
            Endpoint::App | Endpoint::Api | Endpoint::Other => {
                oauth_error(404, "not_found", "there is nothing at this path")
            }
        }
    }

    fn lie_in_answer(&self, endpoint: Endpoint, visit: &mut Visit<'_>, answer: &mut Answer) {
        for part in self.lies() {
            if let Lie::Response { at, when, edits } = part
                && *at == endpoint
                && when.holds(visit.number)
            {
                let context = self.context_of(visit.request);
                self.filling(&context, |filling| bend_answer_by(answer, edits, filling));
                visit.note("this answer is a lie");
            }
        }
    }

    /// The code or token that a request is about leads to the authorization request behind it.
    fn context_of(&self, request: &Incoming) -> Context {
        let form = request.form_pairs();
        let code = form.iter().find(|(name, _)| name == "code").map(|(_, value)| value.clone());
        let token = request.header("authorization").and_then(|value| value.split_once(' ')).map(|(_, token)| token);
        let state = self.state();
        let token = state.access_tokens.iter().find(|known| Some(known.text.as_str()) == token);
        let code = code.or_else(|| token.map(|token| token.grant.code.clone()));
        Context {
            request: state.requests.iter().position(|request| request.code.is_some() && request.code == code),
            sub: token.map(|token| token.grant.sub.clone()),
            access_token: token.map(|token| token.text.clone()),
            code,
            ..Context::default()
        }
    }

    /// The parts of the lie.
    pub(crate) fn lies(&self) -> Vec<&Lie> {
        self.setup.lie.as_ref().map(Lie::parts).unwrap_or_default()
    }

    pub(crate) fn filling<T>(&self, context: &Context, edit: impl FnOnce(&Filling<'_>) -> T) -> T {
        let fill = |text: &str| self.fill(text, context);
        edit(&Filling { fill: &fill, now: self.clock.unix() })
    }

    pub(crate) fn transport_fault(&self) -> Option<(Endpoint, TransportFault)> {
        transport_fault(&self.setup)
    }

    pub(crate) fn signing_key(&self) -> Arc<Key> {
        key_of(self.setup.keys, self.setup.signing)
    }

    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.asked().flaws.insert(flaw);
        self.setup.flaws.contains(&flaw)
    }

    pub(crate) fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forgives(&self, rule: Rule) -> bool {
        self.asked().rules.insert(rule);
        match &self.setup.enforcement {
            Enforcement::Strict => false,
            Enforcement::Witness => !self.setup.lie.as_ref().is_some_and(|lie| lie.causes(rule)),
            Enforcement::Without(rules) => rules.contains(&rule),
        }
    }

    fn note_secrets(&self, exchange: &Exchange) {
        for (name, kind) in [
            ("code_verifier", SecretKind::Verifier),
            ("client_secret", SecretKind::ClientSecret),
            ("password", SecretKind::Password),
        ] {
            for pairs in [&exchange.form, &exchange.query] {
                for (_, value) in pairs.iter().filter(|(key, _)| key == name) {
                    self.wire.add_secret(kind, value);
                }
            }
        }
        for (_, assertion) in exchange.form.iter().filter(|(name, _)| name == "client_assertion") {
            self.wire.add_secret(SecretKind::ClientSecret, assertion);
        }
        if let Some(basic) = exchange.header("authorization").and_then(|value| value.strip_prefix("Basic ")) {
            self.wire.add_secret(SecretKind::ClientSecret, basic.trim());
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Form pairs, changed by the lie about this endpoint's requests.
    fn received_form(&self, endpoint: Endpoint, visit: &mut Visit<'_>) -> Vec<(String, String)> {
        let mut pairs = visit.request.form_pairs();
        for part in self.lies() {
            if let Lie::Request { at, edits } = part
                && *at == endpoint
            {
                let encoded = encode_form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                let context = self.context_of(visit.request);
                let bent = self.filling(&context, |filling| bend_parameters(&encoded, edits, filling));
                pairs = decode_form(bent.as_bytes());
                visit.note("the request is read otherwise than it was sent");
            }
        }
        pairs
    }
}

/// Which connections misbehave, and how.
pub(crate) fn transport_fault(setup: &Setup) -> Option<(Endpoint, TransportFault)> {
    setup.lie.as_ref().map(Lie::parts).unwrap_or_default().into_iter().find_map(|part| match part {
        Lie::Transport { at, fault } => Some((*at, fault.clone())),
        _ => None,
    })
}

/// Which endpoint shows another certificate than the others, and which.
pub(crate) fn certificate(setup: &Setup) -> Option<(Endpoint, Certificate)> {
    setup.lie.as_ref().map(Lie::parts).unwrap_or_default().into_iter().find_map(|part| match part {
        Lie::Certificate { at, shown } => Some((*at, *shown)),
        _ => None,
    })
}

/// A refusal at the token or revocation endpoint.
fn refused(refusal: &Refusal, visit: &mut Visit<'_>) -> Answer {
    visit.note(format!("refused by the rule {}: {}", refusal.rule.code(), refusal.detail));
    let basic = visit.request.header("authorization").is_some();
    let rule = refusal.rule;
    match rule {
        Rule::ClientAuthentication | Rule::ClientUnknown if basic => {
            oauth_error(401, rule.error(), &refusal.detail).header("www-authenticate", "Basic realm=\"token\"")
        }
        Rule::MethodNotPost => oauth_error(405, rule.error(), &refusal.detail).header("allow", "POST"),
        _ => oauth_error(400, rule.error(), &refusal.detail),
    }
}
