//! A case: one lie, what a client must do about it, and the switches of the reference client that fail it.

use proofkey_authority::lie::IdTokenEdit;
use proofkey_authority::{DpopMode, Lie, PushMode, Setup};
use serde_json::Value;

use crate::api_request::ApiRequest;
use crate::tamper::Tamper;
use crate::transcript::{Mode, Transcript};

/// The level of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// MUST, MUST NOT, REQUIRED: a breach fails.
    Must,
    /// SHOULD, SHOULD NOT, RECOMMENDED: a breach warns, and fails with `--strict`.
    Should,
    /// MAY, OPTIONAL, or unspecified: the report states the choice, and only making none, such as a crash, is a breach.
    May,
}

impl Level {
    /// Returns the keyword.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// The kind of client that the subject is configured as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A public client that requests an access token only.
    OAuth,
    /// A public client that logs a user in.
    OpenId,
    /// A confidential client with HTTP Basic that requests an access token only.
    Basic,
    /// A confidential client with HTTP Basic that logs a user in.
    BasicOpenId,
    /// A confidential client that sends its secret in the body and requests an access token only.
    Post,
    /// A confidential client that signs assertions and requests an access token only.
    PrivateKeyJwt,
    /// A confidential client that authenticates by a MAC with its secret and requests an access token only.
    SecretJwt,
}

impl Profile {
    /// Returns the scope that the subject must request.
    #[must_use]
    pub fn scope(self) -> &'static str {
        match self {
            Self::OAuth | Self::Basic | Self::Post | Self::PrivateKeyJwt | Self::SecretJwt => "profile email",
            Self::OpenId | Self::BasicOpenId => "openid profile email",
        }
    }

    /// Returns whether it logs a user in.
    pub(crate) fn is_openid(self) -> bool {
        matches!(self, Self::OpenId | Self::BasicOpenId)
    }
}

/// One thing that happens in a case. The first login, `f1`, begins by itself.
///
/// Each login has its own browser session, at the authority of the case, unless the variant says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Another login begins.
    Begin(String),
    /// Another login begins, of the user with this `sub`.
    BeginAs(&'static str, &'static str),
    /// Another login begins, at the authority of this name.
    BeginAt(&'static str, &'static str),
    /// The callback of a login is delivered to it, with the changes of an attacker.
    Deliver(&'static str, Vec<Tamper>),
    /// The callback of the first login is delivered to the browser session of the second.
    Cross(&'static str, &'static str),
    /// An unrelated party requests the redirect URI of a login, with this query.
    Forge(&'static str, &'static str),
    /// The logins `f1` to `fN` begin, and each receives its callback.
    Many(usize),
    /// The logins `f2` to `fN` begin.
    Begins(usize),
    /// A login that has ended exchanges its refresh token for new tokens.
    Refresh(&'static str),
    /// A login that has ended requests user info.
    UserInfo(&'static str),
    /// A login that has ended revokes its tokens.
    Revoke(&'static str),
    /// A login that has ended logs out at the server. The browser returns, with an address that an attacker changed.
    Logout(&'static str, Vec<Tamper>),
    /// A grant without a browser, named like its message and its capability: `client_credentials`, `device`, or
    /// `token_exchange` with the tokens of the login of that name.
    Grant(&'static str, &'static str),
    /// An API refuses the tokens of the second login with this `WWW-Authenticate`, and a login with the first name
    /// begins as the API demands.
    StepUp(&'static str, &'static str, &'static str),
    /// The authority sends the subject a logout token with these edits.
    LogoutToken(Vec<IdTokenEdit>),
    /// A client sends a request to the API that the subject guards.
    Request(Box<ApiRequest>),
    /// This many seconds pass, for client and authority.
    Advance(u64),
    /// The program of the subject is ended and restarted, and its first login begins again.
    Restart,
}

/// A check of a played case. The error says what was expected and what was seen.
pub type Check = fn(&Transcript) -> Result<(), String>;

/// What the client must do.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// Refuse with one of these classes, after at most this many requests to the token endpoint.
    Refuse {
        /// The accepted classes of the protocol.
        classes: &'static [&'static str],
        /// The maximum number of requests to the token endpoint, of all flows together.
        token_requests: usize,
        /// The server's error code that must be reported.
        code: Option<&'static str>,
    },
    /// Log in, with a wire log that passes this check.
    Accept(Check),
    /// Deny the last request to the API with a status from 400 to 499, or with this status and this error code if they
    /// are named.
    Deny(Option<(u16, &'static str)>),
    /// Report anything, with a wire log that passes this check.
    Wire(Check),
    /// Choose, as the specification permits. The function describes the choice; its error says that the client made
    /// none.
    Policy(fn(&Transcript) -> Result<String, String>),
    /// Accept, or refuse with one of these classes, as the specification permits. The report states which.
    Choice(&'static [&'static str]),
}

/// The usual time for an answer, in milliseconds.
pub(crate) const DEADLINE_MS: u64 = 10_000;

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// `ROW/what-is-wrong`.
    pub id: &'static str,
    /// The requirement rows that the case tests.
    pub rows: &'static [&'static str],
    /// The level of these rows.
    pub level: Level,
    /// The stage of the login.
    pub stage: &'static str,
    /// What happens, in one sentence.
    pub about: &'static str,
    /// The kind of client that the subject is configured as.
    pub profile: Profile,
    /// The set-up of the authority, with its lie.
    pub setup: Setup,
    /// Additional authorities of the same run, by the name in their set-up. They start first, so that a lie of the
    /// authority can name their addresses.
    pub others: Vec<Setup>,
    /// The fields of the `config` message that differ from those of the profile.
    pub config: Vec<(&'static str, Value)>,
    /// The fields of the `config` message that are the case's mistake; its honest twin does not have them.
    pub mistake: Vec<(&'static str, Value)>,
    /// The fields of the `config` message that describe the server: its provider and what belongs to it. The honest
    /// twin has an unnamed server.
    pub known: Vec<(&'static str, Value)>,
    /// The deadline for an answer, in milliseconds, that the client is told. It is short in a case in which a server
    /// never responds; the twin has the default.
    pub deadline_ms: u64,
    /// Whether the clocks of client and authority are stopped, both at the same second.
    pub still: bool,
    /// Whether only a browser delivers callbacks, because the case is about the page that it is shown.
    pub by_browser: bool,
    /// Whether a callback from another server must be refused: because of its `iss`, or because it arrives at the
    /// redirect URI of that server (RFC 9700 section 4.4.2).
    pub mix_up: bool,
    /// Whether the subject guards an API. It then receives `guard` in place of `config`, and begins no login.
    pub guards: bool,
    /// Whether the subject must read the metadata document; otherwise it is given the endpoints.
    pub discovery: bool,
    /// What happens.
    pub steps: Vec<Step>,
    /// What the client must do.
    pub expect: Expect,
    /// An additional check of the wire log.
    pub besides: Option<Check>,
    /// The switches of the reference client, each of which must turn this case red.
    pub mutants: &'static [&'static str],
}

impl Case {
    /// Creates a case with one login of a public OAuth client, at an honest authority.
    #[must_use]
    pub fn new(
        id: &'static str,
        rows: &'static [&'static str],
        stage: &'static str,
        about: &'static str,
        expect: Expect,
        mutants: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            rows,
            level: if matches!(expect, Expect::Policy(_) | Expect::Choice(_)) { Level::May } else { Level::Must },
            stage,
            about,
            profile: Profile::OAuth,
            setup: Setup::witness(),
            others: Vec::new(),
            config: Vec::new(),
            mistake: Vec::new(),
            known: Vec::new(),
            deadline_ms: DEADLINE_MS,
            still: false,
            by_browser: false,
            mix_up: false,
            guards: false,
            discovery: false,
            steps: vec![Step::Deliver("f1", Vec::new())],
            expect,
            besides: None,
            mutants,
        }
    }

    /// Creates a case about an API that the subject guards, which receives these requests.
    #[must_use]
    pub fn api(
        id: &'static str,
        rows: &'static [&'static str],
        about: &'static str,
        expect: Expect,
        mutants: &'static [&'static str],
        requests: impl IntoIterator<Item = ApiRequest>,
    ) -> Self {
        let steps: Vec<Step> = requests.into_iter().map(|request| Step::Request(Box::new(request))).collect();
        Self { guards: true, ..Self::new(id, rows, "request", about, expect, mutants).steps(steps) }
    }

    /// Makes the authority tell this lie.
    #[must_use]
    pub fn lie(mut self, lie: Lie) -> Self {
        self.setup.lie = Some(lie);
        self
    }

    /// Makes an attacker change the callback.
    #[must_use]
    pub fn tamper(mut self, tamper: impl Into<Vec<Tamper>>) -> Self {
        self.steps = vec![Step::Deliver("f1", tamper.into())];
        self
    }

    /// Sets the steps.
    #[must_use]
    pub fn steps(mut self, steps: impl Into<Vec<Step>>) -> Self {
        self.steps = steps.into();
        self
    }

    /// Adds a step after the callback.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Sets the rows that the case tests.
    #[must_use]
    pub fn of(mut self, rows: &'static [&'static str]) -> Self {
        self.rows = rows;
        self
    }

    /// Configures the subject as this kind of client.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Marks the case as one whose callback comes from another server than the login began at.
    #[must_use]
    pub fn mix_up(mut self) -> Self {
        self.mix_up = true;
        self
    }

    /// Makes the subject read the metadata document.
    #[must_use]
    pub fn discovery(mut self) -> Self {
        self.discovery = true;
        self
    }

    /// Sets the set-up of the authority.
    #[must_use]
    pub fn setup(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    /// Adds another authority.
    #[must_use]
    pub fn beside(mut self, other: Setup) -> Self {
        self.others.push(other);
        self
    }

    /// Sets a field of the `config` message.
    #[must_use]
    pub fn config(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.config.push((field, value.into()));
        self
    }

    /// Sets a field of the `config` message to a value that is the case's mistake.
    #[must_use]
    pub fn mistake(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.mistake.push((field, value.into()));
        self
    }

    /// Sets a field of the `config` message that describes the server.
    #[must_use]
    pub fn known(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.known.push((field, value.into()));
        self
    }

    /// Sets the deadline for an answer, in milliseconds, that the client is told.
    #[must_use]
    pub fn within(mut self, deadline_ms: u64) -> Self {
        self.deadline_ms = deadline_ms;
        self
    }

    /// Stops the clocks of client and authority, both at the same second.
    #[must_use]
    pub fn still(mut self) -> Self {
        self.still = true;
        self
    }

    /// Makes only a browser deliver callbacks.
    #[must_use]
    pub fn by_browser(mut self) -> Self {
        self.by_browser = true;
        self
    }

    /// Adds a check of the wire log.
    #[must_use]
    pub fn and(mut self, check: Check) -> Self {
        self.besides = Some(check);
        self
    }

    /// Makes a breach a warning.
    #[must_use]
    pub fn should(mut self) -> Self {
        self.level = Level::Should;
        self
    }

    /// Returns the capabilities that the subject must claim; of several separated by a bar, one is enough.
    #[must_use]
    pub fn needs(&self) -> Vec<&'static str> {
        if self.guards {
            let is_bound = self.config.iter().any(|(field, _)| *field == "dpop");
            return if is_bound { vec!["resource_server", "resource_server_dpop"] } else { vec!["resource_server"] };
        }
        let mut needs = vec!["code", "pkce_s256"];
        match self.profile {
            Profile::OAuth => {}
            Profile::OpenId => needs.push("oidc"),
            Profile::Basic => needs.push("secret_basic"),
            Profile::BasicOpenId => needs.extend(["oidc", "secret_basic"]),
            Profile::Post => needs.push("secret_post"),
            Profile::PrivateKeyJwt => needs.push("private_key_jwt"),
            Profile::SecretJwt => needs.push("client_secret_jwt"),
        }
        if self.discovery {
            needs.push("discovery");
        }
        if self.id.starts_with("IS-") {
            needs.push("iss");
        }
        if self.mix_up {
            needs.push("iss|redirect_per_issuer");
        }
        if self.id.starts_with("NA-08/") {
            needs.push("loopback");
        }
        let mut also = |name| {
            if !needs.contains(&name) {
                needs.push(name);
            }
        };
        if !self.known.is_empty() {
            also("providers");
        }
        // These are named like the field that asks for them.
        if self.setup.push != PushMode::Absent {
            also("par");
        }
        if self.setup.dpop != DpopMode::Absent {
            also("dpop");
        }
        for (field, _) in self.config.iter().filter(|(field, _)| matches!(*field, "resource" | "trusted_audiences")) {
            also(field);
        }
        for step in &self.steps {
            match step {
                Step::Begin(_) | Step::BeginAs(..) | Step::BeginAt(..) | Step::Begins(_) | Step::Many(_) => {
                    also("parallel");
                }
                Step::Refresh(_) => also("refresh"),
                Step::UserInfo(_) => also("userinfo"),
                Step::Revoke(_) => also("revoke"),
                Step::Logout(..) => also("logout"),
                Step::Grant(grant, _) => also(grant),
                Step::StepUp(..) => also("step_up"),
                Step::LogoutToken(_) => also("logout_token"),
                Step::Advance(_) => also("fake_clock"),
                Step::Deliver(..) | Step::Cross(..) | Step::Forge(..) | Step::Request(_) | Step::Restart => {}
            }
        }
        if self.still {
            also("fake_clock");
        }
        if self.setup.userinfo_signed {
            also("userinfo_signed");
        }
        needs
    }

    /// Returns whether the case measures values over many ordinary logins.
    #[must_use]
    pub fn is_statistics(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Many(logins) | Step::Begins(logins) if *logins > 8))
    }

    /// Returns whether the subject must wait in real time.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Grant("device", _)))
    }

    /// Returns the modes in which the case is played, of the requested ones. A callback at an address where the subject
    /// does not listen can only be delivered as a message, a redirect URI that cannot be used has no listener, and
    /// statistics over many logins, and grants without a browser, do not depend on the mode.
    #[must_use]
    pub fn modes(&self, asked: &[Mode]) -> Vec<Mode> {
        let told_only = !self.mistake.is_empty()
            || self.steps.iter().any(|step| match step {
                Step::Deliver(_, tampers) => {
                    tampers.iter().any(|tamper| matches!(tamper, Tamper::Address(from, _) if from.starts_with(":8091")))
                }
                Step::Begins(_) | Step::Many(_) | Step::Grant(..) | Step::Request(_) => true,
                _ => false,
            });
        match (self.by_browser, told_only) {
            (true, _) => vec![Mode::Http],
            (false, true) => vec![Mode::Stdin],
            (false, false) => asked.to_vec(),
        }
    }

    /// Returns the honest twin: the same case without a lie and without an attacker, in which the client must log in.
    /// `None` if the case has neither.
    #[must_use]
    pub fn twin(&self) -> Option<Self> {
        let mut twin = self.clone();
        twin.setup.lie = None;
        twin.mistake.clear();
        twin.known.clear();
        twin.mix_up = false;
        for other in &mut twin.others {
            other.lie = None;
        }
        for step in &mut twin.steps {
            if let Step::Forge(flow, _) | Step::Cross(_, flow) = *step {
                *step = Step::Deliver(flow, Vec::new());
            }
        }
        // A login is answered once: whatever was delivered a second time is not part of the twin.
        let mut answered = Vec::new();
        twin.steps.retain_mut(|step| match step {
            Step::Deliver(flow, tampers) => {
                tampers.clear();
                let first = !answered.contains(flow);
                answered.push(*flow);
                first
            }
            Step::Logout(_, tampers) => {
                tampers.clear();
                true
            }
            Step::LogoutToken(edits) => {
                edits.clear();
                true
            }
            Step::Request(request) => {
                **request = request.honest();
                true
            }
            _ => true,
        });
        twin.expect = Expect::Accept(|_| Ok(()));
        twin.besides = None;
        // Patience alone is no lie: a case in which the client waits would be played twice.
        if twin.key() == self.key() {
            return None;
        }
        twin.deadline_ms = DEADLINE_MS;
        Some(twin)
    }

    /// Returns a key of everything that determines what happens: cases with the same key are played once, and each is
    /// judged.
    #[must_use]
    pub fn key(&self) -> String {
        let setups = serde_json::to_string(&(&self.setup, &self.others)).unwrap_or_default();
        let Self { profile, guards, discovery, mix_up, deadline_ms, still, steps, config, mistake, known, .. } = self;
        format!(
            "{profile:?} {guards} {discovery} {mix_up} {deadline_ms} {still} {steps:?} {config:?} {mistake:?} {known:?} {setups}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_case_with_a_lie_has_a_twin() {
        let waits = crate::cases::all().into_iter().filter(Case::waits);
        let (lying, honest): (Vec<Case>, Vec<Case>) = waits.partition(|case| case.setup.lie.is_some());
        assert!(!lying.is_empty() && lying.iter().all(|case| case.twin().is_some()));
        // The time that the client has is no lie: the same would be played twice.
        assert!(!honest.is_empty() && honest.iter().all(|case| case.twin().is_none()));
    }
}
