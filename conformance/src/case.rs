//! A case: one lie, what a client must make of it, and the switch of the reference client that gets it wrong.

use proofkey_authority::lie::IdTokenEdit;
use proofkey_authority::{DpopMode, Lie, PushMode, Setup};
use serde_json::Value;

use crate::api_request::ApiRequest;
use crate::tamper::Tamper;
use crate::transcript::{Mode, Transcript};

/// How binding the specification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// MUST, MUST NOT, REQUIRED: a breach fails.
    Must,
    /// SHOULD, SHOULD NOT, RECOMMENDED: a breach warns, and fails with `--strict`.
    Should,
    /// MAY, OPTIONAL, or nothing said: the choice is told, and a breach is to make none, such as a crash.
    May,
}

impl Level {
    /// The keyword.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// Which client the subject is told to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A public client that asks for an access token only.
    OAuth,
    /// A public client that logs a person in.
    OpenId,
    /// A confidential client with HTTP Basic that asks for an access token only.
    Basic,
    /// A confidential client with HTTP Basic that logs a person in.
    BasicOpenId,
    /// A confidential client that sends its secret in the body and asks for an access token only.
    Post,
    /// A confidential client that signs assertions and asks for an access token only.
    PrivateKeyJwt,
    /// A confidential client that sends a MAC by its secret and asks for an access token only.
    SecretJwt,
}

impl Profile {
    /// The scope that the subject is told to ask for.
    #[must_use]
    pub fn scope(self) -> &'static str {
        match self {
            Self::OAuth | Self::Basic | Self::Post | Self::PrivateKeyJwt | Self::SecretJwt => "profile email",
            Self::OpenId | Self::BasicOpenId => "openid profile email",
        }
    }

    /// Whether it logs a person in.
    pub(crate) fn is_openid(self) -> bool {
        matches!(self, Self::OpenId | Self::BasicOpenId)
    }
}

/// One thing that happens in a case. The first login, `f1`, begins by itself.
///
/// Each login is one of a browser session of its own, at the authority of the case, unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A further login begins.
    Begin(String),
    /// A further login begins, of this person, by `sub`.
    BeginAs(&'static str, &'static str),
    /// A further login begins, at the authority of this name.
    BeginAt(&'static str, &'static str),
    /// The callback of a login is delivered to it, after an attacker changed it.
    Deliver(&'static str, Vec<Tamper>),
    /// The callback of the first login is delivered to the browser session of the second.
    Cross(&'static str, &'static str),
    /// Somebody else calls the redirect URI of a login, with this query.
    Forge(&'static str, &'static str),
    /// The logins `f1` to `fN` begin and are each delivered their callback.
    Many(usize),
    /// The logins `f2` to `fN` begin.
    Begins(usize),
    /// A login that has ended gets new tokens for its refresh token.
    Refresh(&'static str),
    /// A login that has ended asks for user info.
    UserInfo(&'static str),
    /// A login that has ended takes its tokens back.
    Revoke(&'static str),
    /// A login that has ended is ended at the server as well. The browser comes back, after an attacker changed
    /// the address.
    Logout(&'static str, Vec<Tamper>),
    /// Something without a browser happens, named like its message and its capability: `client_credentials`,
    /// `device`, or `token_exchange` with the tokens of the login of that name.
    Grant(&'static str, &'static str),
    /// An API refuses the tokens of the second login with this `WWW-Authenticate`, and a login of the first name begins as
    /// the API asks.
    StepUp(&'static str, &'static str, &'static str),
    /// The authority tells the subject that a user was logged out, by a token after these edits.
    LogoutToken(Vec<IdTokenEdit>),
    /// A client sends a request to the API that the subject guards.
    Request(Box<ApiRequest>),
    /// So many seconds go by, for client and authority.
    Advance(u64),
    /// The program of the subject is ended and started anew, and its first login begins once more.
    Restart,
}

/// What must hold after a case was played, or what was expected and what was seen.
pub type Check = fn(&Transcript) -> Result<(), String>;

/// What the client must do.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// Refuse, with one of these classes, after at most this many requests to the token endpoint.
    Refuse {
        /// The accepted classes of the protocol.
        classes: &'static [&'static str],
        /// Requests to the token endpoint, of all flows together.
        token_requests: usize,
        /// The server's error code that must be reported.
        code: Option<&'static str>,
    },
    /// Log in, and leave a wire log in which this holds.
    Accept(Check),
    /// The last request to the API is denied with a status from 400 to 499; and with this one and this error code, where
    /// they are named.
    Deny(Option<(u16, &'static str)>),
    /// Whatever the client reports, this holds on the wire.
    Wire(Check),
    /// The specification leaves a choice: this tells in words which one the client made, or that it made none.
    Policy(fn(&Transcript) -> Result<String, String>),
    /// The specification leaves the choice to take it, or to refuse with one of these classes: which is told.
    Choice(&'static [&'static str]),
}

/// The usual time for an answer, in milliseconds.
pub(crate) const DEADLINE_MS: u64 = 10_000;

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// `ROW/what-is-wrong`.
    pub id: &'static str,
    /// The requirement rows that it is evidence for.
    pub rows: &'static [&'static str],
    /// How binding they are.
    pub level: Level,
    /// The stage of the login.
    pub stage: &'static str,
    /// What happens, in one sentence.
    pub about: &'static str,
    /// Which client the subject is told to be.
    pub profile: Profile,
    /// How the authority is set up, and its lie.
    pub setup: Setup,
    /// Further authorities of the same run, by the name in their set-up. They start first, so that a lie of the
    /// authority can name their addresses.
    pub others: Vec<Setup>,
    /// Fields of the `config` message that differ from what the profile says.
    pub config: Vec<(&'static str, Value)>,
    /// Further fields of it that are the case's mistake, which its honest twin does not have.
    pub mistake: Vec<(&'static str, Value)>,
    /// Further fields of it that say what is known of the server: the provider, and what goes with it. The honest twin
    /// is about a server of which nothing is known.
    pub known: Vec<(&'static str, Value)>,
    /// How many milliseconds the client is told that it has for an answer. A case in which a server never answers
    /// gives it few; its twin has the usual time.
    pub deadline_ms: u64,
    /// Whether the clocks of client and authority stand still, both at the same second.
    pub still: bool,
    /// Whether the callbacks come by a browser only, because the case is about the page that it is shown.
    pub by_browser: bool,
    /// Whether an answer that names another server must be refused: by its `iss`, or because it arrives at the redirect
    /// URI of that server (RFC 9700 section 4.4.2).
    pub mix_up: bool,
    /// Whether the subject guards an API. It is then told its `guard` fields in place of the `config`, and begins no login.
    pub guards: bool,
    /// Whether the subject is to read the metadata document rather than be given the endpoints.
    pub discovery: bool,
    /// What happens.
    pub steps: Vec<Step>,
    /// What the client must do.
    pub expect: Expect,
    /// What must hold on the wire besides.
    pub besides: Option<Check>,
    /// The switches of the reference client, each of which must turn this case red.
    pub mutants: &'static [&'static str],
}

impl Case {
    /// A case with one login of a public OAuth client, at an honest authority.
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

    /// A case about an API that the subject guards, to which these requests come.
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

    /// The authority tells this lie.
    #[must_use]
    pub fn lie(mut self, lie: Lie) -> Self {
        self.setup.lie = Some(lie);
        self
    }

    /// The callback is tampered with.
    #[must_use]
    pub fn tamper(mut self, tamper: impl Into<Vec<Tamper>>) -> Self {
        self.steps = vec![Step::Deliver("f1", tamper.into())];
        self
    }

    /// These steps happen.
    #[must_use]
    pub fn steps(mut self, steps: impl Into<Vec<Step>>) -> Self {
        self.steps = steps.into();
        self
    }

    /// After the callback this happens as well.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// It is evidence for these rows.
    #[must_use]
    pub fn of(mut self, rows: &'static [&'static str]) -> Self {
        self.rows = rows;
        self
    }

    /// The subject is told to be this client.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// The answer names another server than the one that was asked.
    #[must_use]
    pub fn mix_up(mut self) -> Self {
        self.mix_up = true;
        self
    }

    /// The subject reads the metadata document.
    #[must_use]
    pub fn discovery(mut self) -> Self {
        self.discovery = true;
        self
    }

    /// The authority is set up like this.
    #[must_use]
    pub fn setup(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    /// There is this other authority.
    #[must_use]
    pub fn beside(mut self, other: Setup) -> Self {
        self.others.push(other);
        self
    }

    /// A field of the `config` message has this value.
    #[must_use]
    pub fn config(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.config.push((field, value.into()));
        self
    }

    /// A field of the `config` message has this value, which is a mistake.
    #[must_use]
    pub fn mistake(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.mistake.push((field, value.into()));
        self
    }

    /// This is known of the server, in a field of the `config` message.
    #[must_use]
    pub fn known(mut self, field: &'static str, value: impl Into<Value>) -> Self {
        self.known.push((field, value.into()));
        self
    }

    /// The client is told that it has so many milliseconds for an answer.
    #[must_use]
    pub fn within(mut self, deadline_ms: u64) -> Self {
        self.deadline_ms = deadline_ms;
        self
    }

    /// The clocks of client and authority stand still, both at the same second.
    #[must_use]
    pub fn still(mut self) -> Self {
        self.still = true;
        self
    }

    /// A browser delivers the callbacks, and nobody else does.
    #[must_use]
    pub fn by_browser(mut self) -> Self {
        self.by_browser = true;
        self
    }

    /// Besides, this holds on the wire.
    #[must_use]
    pub fn and(mut self, check: Check) -> Self {
        self.besides = Some(check);
        self
    }

    /// A breach is a warning.
    #[must_use]
    pub fn should(mut self) -> Self {
        self.level = Level::Should;
        self
    }

    /// The capabilities that the subject must claim; of several with a bar between them, one.
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

    /// Whether it counts over many logins, in which each login by itself is one like any other.
    #[must_use]
    pub fn is_statistics(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Many(logins) | Step::Begins(logins) if *logins > 8))
    }

    /// Whether the subject has to let real time pass in it, which costs nothing but that time.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Grant("device", _)))
    }

    /// How the callbacks are delivered when these ways are asked for: one that arrives at another address than the
    /// subject listens on can only be told, a redirect URI that cannot be used has no listener, and statistics over many
    /// logins, and grants without a browser, do not depend on the way.
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

    /// The same with nobody lying and nobody in the way: what the client must then log in to. None when nobody is.
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

    /// What decides what happens: cases with the same key are played once and judged each for itself.
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
