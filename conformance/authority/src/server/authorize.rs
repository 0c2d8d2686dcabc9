//! The authorization endpoint (RFC 6749 section 4.1.1, RFC 7636 section 4.4, OpenID Connect Core 3.1.2).

use super::visit::{Refusal, Visit};
use super::{AuthorizationRequest, Server, page, redirect_uri};
use crate::encoding::decode_value;
use crate::flaw::Flaw;
use crate::lie::Lie;
use crate::message::Answer;
use crate::rule::Rule;
use crate::setup::LoginMode;

/// How an authorization request ends when it is not refused.
pub(super) enum Refused {
    /// The browser must not be sent anywhere.
    Here(Refusal),
    /// The client learns of it.
    AtClient(Refusal, Box<AuthorizationRequest>),
}

impl Server {
    pub(super) fn authorize(&self, visit: &mut Visit<'_>) -> Answer {
        let pairs = match visit.request.method.as_str() {
            "GET" => visit.request.query_pairs(),
            // OpenID Connect Core 3.1.2.1 asks for both.
            "POST" if visit.request.is_form() => visit.request.form_pairs(),
            _ => return page::message(405, "This address takes GET and POST.").header("allow", "GET, POST"),
        };
        match self.unpacked(visit, pairs).and_then(|pairs| self.checked_request(visit, &pairs)) {
            Ok(request) => self.sign_in(visit, request),
            Err(Refused::Here(refusal)) => {
                visit.note(format!("a page and no redirect, by the rule {}: {}", refusal.rule.code(), refusal.detail));
                page::message(400, &refusal.detail)
            }
            Err(Refused::AtClient(refusal, _))
                if refusal.rule == Rule::ChallengeMissing && self.has(Flaw::PageForMissingChallenge) =>
            {
                page::message(400, &refusal.detail)
            }
            Err(Refused::AtClient(refusal, _)) if refusal.rule == Rule::ResponseType && self.has(Flaw::ErrorAtPage) => {
                page::message(400, &refusal.detail)
            }
            Err(Refused::AtClient(refusal, request)) => {
                visit.note(format!("refused by the rule {}: {}", refusal.rule.code(), refusal.detail));
                self.refuse_at_client(visit, *request, refusal.rule.error(), &refusal.detail)
            }
        }
    }

    pub(super) fn checked_request(
        &self,
        visit: &mut Visit<'_>,
        pairs: &[(String, String)],
    ) -> Result<AuthorizationRequest, Refused> {
        let client_id = self.checked_client(visit, pairs).map_err(|refusal| match sent(pairs, "redirect_uri") {
            Some(redirect_uri) if self.has(Flaw::UnknownClientRedirected) => at(redirect_uri, refusal),
            _ => Refused::Here(refusal),
        })?;
        let redirect_uri = self.checked_redirect_uri(visit, pairs, &client_id).map_err(|refusal| {
            match sent(pairs, "redirect_uri") {
                Some(redirect_uri)
                    if sent(pairs, "response_type") != Some("code") && self.has(Flaw::ErrorSentToAnyAddress) =>
                {
                    at(redirect_uri, refusal)
                }
                _ => Refused::Here(refusal),
            }
        })?;
        let mut request = AuthorizationRequest { client_id, redirect_uri, ..AuthorizationRequest::default() };
        match self.checked_rest(visit, pairs, &mut request) {
            Ok(()) => Ok(request),
            Err(refusal) => Err(Refused::AtClient(refusal, Box::new(request))),
        }
    }

    fn checked_client(&self, visit: &mut Visit<'_>, pairs: &[(String, String)]) -> Result<String, Refusal> {
        let sent = visit.parameter(pairs, "client_id")?;
        let known = sent.as_deref().is_some_and(|id| self.state().client(id).is_some());
        if !known {
            visit.broken(Rule::ClientUnknown, "no client is registered under the client_id that was sent")?;
        }
        let first = || self.state().clients.first().map(|client| client.id.clone()).unwrap_or_default();
        Ok(if known { sent.unwrap_or_default() } else { first() })
    }

    fn checked_redirect_uri(
        &self,
        visit: &mut Visit<'_>,
        pairs: &[(String, String)],
        client_id: &str,
    ) -> Result<String, Refusal> {
        let sent = visit.parameter(pairs, "redirect_uri")?.unwrap_or_default();
        let refusal = |detail: &str| Refusal { rule: Rule::RedirectUnregistered, detail: detail.into() };
        let registered = self.state().client(client_id).map(|client| client.redirect_uris.clone()).unwrap_or_default();
        if sent.is_empty() && self.has(Flaw::RedirectMayBeMissing) {
            return Ok(registered.first().cloned().unwrap_or_default());
        }
        let registered = redirect_uri::allowed(self, &registered, &sent);
        if !registered {
            visit.broken(Rule::RedirectUnregistered, "the redirect_uri is not registered for this client")?;
        }
        if !redirect_uri::is_address(&sent) {
            return Err(refusal("the redirect_uri is no address that a browser can be sent to"));
        }
        Ok(sent)
    }

    fn checked_rest(
        &self,
        visit: &mut Visit<'_>,
        pairs: &[(String, String)],
        request: &mut AuthorizationRequest,
    ) -> Result<(), Refusal> {
        let first_challenge = self.has(Flaw::FirstChallengeCounts).then(|| without_repeated_challenge(pairs));
        let pairs = first_challenge.as_deref().unwrap_or(pairs);
        // First what a refusal needs to reach the client.
        request.state = visit.parameter(pairs, "state")?;
        match visit.parameter(pairs, "response_mode")?.as_deref() {
            None | Some("query") => {}
            Some("form_post") => request.form_post = true,
            Some(_) => visit.broken(Rule::ResponseMode, "response_mode is neither query nor form_post")?,
        }
        let response_type = visit.parameter(pairs, "response_type")?.unwrap_or_default();
        if response_type != "code" {
            let told = if self.has(Flaw::DescriptionRepeatsRequest) { response_type.as_str() } else { "" };
            visit.broken(Rule::ResponseType, format!("response_type is not code{told}"))?;
        }
        self.check_unusual(pairs)?;
        request.scope = visit.parameter(pairs, "scope")?.unwrap_or_default();
        request.nonce = visit.parameter(pairs, "nonce")?;
        request.prompt = visit.parameter(pairs, "prompt")?;
        request.login_hint = visit.parameter(pairs, "login_hint")?;
        request.acr_values = visit.parameter(pairs, "acr_values")?;
        request.dpop_jkt = visit.parameter(pairs, "dpop_jkt")?;
        request.max_age = visit.parameter(pairs, "max_age")?.and_then(|seconds| seconds.parse().ok());
        self.check_resource(visit, pairs)?;
        self.check_challenge(visit, pairs, request)?;
        if request.state.is_none() {
            visit.broken(Rule::StateMissing, "no state was sent")?;
        }
        if has_scope(&request.scope, "openid") && request.nonce.is_none() {
            visit.broken(Rule::NonceMissing, "scope openid was asked for without a nonce")?;
        }
        for name in ["code_verifier", "client_secret", "access_token", "refresh_token"] {
            if pairs.iter().any(|(key, _)| key == name) {
                visit.broken(Rule::SecretInUrl, format!("the authorization request carries {name}"))?;
            }
        }
        let mut names: Vec<&str> =
            pairs.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "resource").collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1])
            && visit.faults.iter().all(|fault| fault.rule != Rule::ParameterRepeated)
        {
            visit.broken(Rule::ParameterRepeated, "a parameter is sent more than once")?;
        }
        Ok(())
    }

    /// What only a server with flaws refuses.
    fn check_unusual(&self, pairs: &[(String, String)]) -> Result<(), Refusal> {
        let refusal = |detail: &str| Err(Refusal { rule: Rule::ParameterRepeated, detail: detail.into() });
        if sent(pairs, "proofkey_unknown").is_some() && self.has(Flaw::UnknownParameterRefused) {
            return refusal("a parameter that is not known");
        }
        let has_empty = pairs.iter().any(|(name, value)| value.is_empty() && !name.starts_with("code_challenge"));
        if has_empty && self.has(Flaw::EmptyParameterRefused) {
            return refusal("a parameter without a value");
        }
        Ok(())
    }

    /// RFC 8707 section 2: any API is fine, unless this server knows none.
    pub(super) fn check_resource(&self, visit: &mut Visit<'_>, pairs: &[(String, String)]) -> Result<(), Refusal> {
        let is_asked_for = pairs.iter().any(|(name, _)| name == "resource");
        if is_asked_for && self.lies().iter().any(|lie| **lie == Lie::ResourceRefused) {
            visit.broken(Rule::ResourceUnknown, "this server takes scopes, and no resource")?;
        }
        Ok(())
    }

    /// Lets the person sign in, or answers at once for one who has.
    fn sign_in(&self, visit: &mut Visit<'_>, request: AuthorizationRequest) -> Answer {
        let now = self.clock.unix();
        let signed_in = match self.setup.login {
            LoginMode::Auto => {
                let cookie = visit.request.cookie("user").map(decode_value);
                let state = self.state();
                let named = cookie.and_then(|sub| state.user(&sub).map(|user| user.sub.clone()));
                named.or_else(|| state.users.first().map(|user| user.sub.clone())).map(|sub| (sub, now))
            }
            LoginMode::Page => {
                let session = visit.request.cookie(&self.cookie_name("session"));
                let state = self.state();
                let session = state.sessions.iter().find(|known| Some(known.id.as_str()) == session);
                session
                    .filter(|session| request.max_age.is_none_or(|age| now.saturating_sub(session.since) <= age))
                    .map(|session| (session.sub.clone(), session.since))
            }
        };
        let prompt = request.prompt.clone().unwrap_or_default();
        match signed_in {
            Some((sub, since)) if self.setup.login == LoginMode::Auto || !has_scope(&prompt, "login") => {
                self.issue_code(visit, request, &sub, since, 302)
            }
            _ if has_scope(&prompt, "none") && !self.has(Flaw::PromptNoneShowsPage) => {
                self.refuse_at_client(visit, request, "login_required", "nobody is signed in, and no page may be shown")
            }
            _ => self.show_login(request),
        }
    }

    /// What RFC 7636 section 4.4.1 asks of the challenge; `plain` is refused as RFC 9700 section 2.1.1
    /// advises.
    fn check_challenge(
        &self,
        visit: &mut Visit<'_>,
        pairs: &[(String, String)],
        request: &mut AuthorizationRequest,
    ) -> Result<(), Refusal> {
        request.challenge = visit.parameter(pairs, "code_challenge")?;
        let mut method = visit.parameter(pairs, "code_challenge_method")?;
        let is_sent = |name: &str| pairs.iter().any(|(key, _)| key == name);
        if method.is_none() && self.has(Flaw::AbsentMethodIsS256)
            || method.as_deref() == Some("s256") && self.has(Flaw::MethodIgnoresCase)
        {
            method = Some("S256".into());
        }
        let Some(challenge) = &request.challenge else {
            if is_sent("code_challenge") && self.has(Flaw::EmptyChallengeTurnsPkceOff) {
                return Ok(());
            }
            return visit.broken(Rule::ChallengeMissing, "no code_challenge was sent");
        };
        match method.as_deref() {
            Some("S256") => {
                let is_base64url = challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
                if challenge.len() != 43 || !is_base64url {
                    let length = challenge.len();
                    visit.broken(
                        Rule::ChallengeMalformed,
                        format!("an S256 challenge has 43 characters of base64url; this one has {length} bytes"),
                    )?;
                }
            }
            None => visit.broken(Rule::MethodPlain, "no code_challenge_method was sent, which means plain")?,
            Some("plain") => visit.broken(Rule::MethodPlain, "code_challenge_method is plain")?,
            Some(_) => visit.broken(Rule::MethodUnknown, "code_challenge_method is not S256, written just so")?,
        }
        request.method = Some(method.unwrap_or_else(|| "plain".into()));
        Ok(())
    }
}

fn sent<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A refusal that a flaw sends to an address that was not compared.
fn at(redirect_uri: &str, refusal: Refusal) -> Refused {
    let request = AuthorizationRequest { redirect_uri: redirect_uri.into(), ..AuthorizationRequest::default() };
    Refused::AtClient(refusal, Box::new(request))
}

/// The pairs, of a challenge and its method only the first ones.
fn without_repeated_challenge(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let is_later = |at: usize, name: &str| pairs[..at].iter().any(|(key, _)| key == name);
    let kept =
        pairs.iter().enumerate().filter(|(at, (name, _))| !name.starts_with("code_challenge") || !is_later(*at, name));
    kept.map(|(_, pair)| pair.clone()).collect()
}

/// Whether a list separated by blanks holds a word.
pub(super) fn has_scope(list: &str, word: &str) -> bool {
    list.split(' ').any(|item| item == word)
}
