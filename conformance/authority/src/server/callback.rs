//! The authorization response: how the browser is sent back to the client (RFC 6749 section 4.1.2,
//! RFC 9207).

use super::visit::Visit;
use super::{AuthorizationRequest, Context, Server, StoredCode, page};
use crate::bend::bend_parameters;
use crate::encoding::{decode_form, decode_value, encode_form, random_text};
use crate::flaw::Flaw;
use crate::lie::{CodeLie, Lie};
use crate::message::Answer;
use crate::url::with_encoded_query;
use crate::wire::SecretKind;

impl Server {
    /// Issues a code to a person who signed in at `since`, and sends it to the client.
    pub(super) fn issue_code(
        &self,
        visit: &mut Visit<'_>,
        mut request: AuthorizationRequest,
        sub: &str,
        since: i64,
        status: u16,
    ) -> Answer {
        let now = self.clock.unix();
        let lifetime = i64::try_from(self.setup.code_lifetime).unwrap_or(i64::MAX);
        let chosen = self.setup.codes.get(self.state().codes.len()).cloned();
        let mut stored = StoredCode {
            code: chosen.unwrap_or_else(|| self.new_code()),
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            method: request.method.clone(),
            scope: request.scope.clone(),
            nonce: request.nonce.clone(),
            state: request.state.clone(),
            sub: sub.into(),
            acr: request.acr_values.as_ref().and_then(|values| values.split(' ').next()).map(String::from),
            auth_time: request.max_age.map(|_| since),
            issued_at: now,
            expires_at: now.saturating_add(lifetime),
            redeemed: false,
        };
        let index = self.state().requests.len();
        self.state().requests.push(request.clone());
        let known = self.lie_about_code(&mut stored, index);
        let code = stored.code.clone();
        self.wire.add_secret(SecretKind::Code, &code);
        request.code = Some(code.clone());
        {
            let mut state = self.state();
            if let Some(slot) = state.requests.get_mut(index) {
                slot.code = request.code.clone();
            }
            if known {
                state.codes.push(stored);
            }
        }
        let mut parameters = vec![("code".to_owned(), code.clone())];
        parameters.extend(request.state.clone().map(|state| ("state".to_owned(), state)));
        let context = Context { request: Some(index), code: Some(code), sub: Some(sub.into()), ..Context::default() };
        self.send_back(visit, &request, parameters, &context, status)
    }

    fn new_code(&self) -> String {
        if !self.has(Flaw::CodesCounted) {
            return random_text();
        }
        format!("code-{:032}", 1_700_000_000 + self.state().codes.len())
    }

    /// Tells the client that its request failed (RFC 6749 section 4.1.2.1).
    pub(super) fn refuse_at_client(
        &self,
        visit: &mut Visit<'_>,
        request: AuthorizationRequest,
        error: &str,
        description: &str,
    ) -> Answer {
        let mut parameters = vec![("error".to_owned(), error.to_owned())];
        parameters.push(("error_description".into(), description.into()));
        if request.state.is_some() && !self.has(Flaw::ErrorWithoutState) {
            parameters.extend(request.state.clone().map(|state| ("state".to_owned(), state)));
        }
        let index = self.state().requests.len();
        self.state().requests.push(request.clone());
        let context = Context { request: Some(index), ..Context::default() };
        let status = if visit.request.method == "POST" { 303 } else { 302 };
        self.send_back(visit, &request, parameters, &context, status)
    }

    fn send_back(
        &self,
        visit: &mut Visit<'_>,
        request: &AuthorizationRequest,
        mut parameters: Vec<(String, String)>,
        context: &Context,
        status: u16,
    ) -> Answer {
        let is_error = parameters.iter().any(|(name, _)| name == "error");
        if self.setup.sends_iss && !(is_error && self.has(Flaw::IssMissingInErrors)) {
            parameters.push(("iss".into(), self.issuer.clone()));
        }
        if let Some(answer) = self.flawed_answer(visit, &mut parameters) {
            return answer;
        }
        let mut encoded = encode_form(parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let mut address = request.redirect_uri.clone();
        if address.contains('?') && self.has(Flaw::RedirectQueryDropped) {
            address.truncate(address.find('?').unwrap_or_default());
        }
        let mut in_fragment = false;
        for part in self.lies() {
            match part {
                Lie::Callback(edits) => {
                    encoded = self.filling(context, |filling| bend_parameters(&encoded, edits, filling));
                    visit.note("the callback's parameters are a lie");
                }
                Lie::CallbackAddress(text) => {
                    address = self.fill(text, context);
                    visit.note("the callback's address is a lie");
                }
                Lie::CallbackInFragment => {
                    in_fragment = true;
                    visit.note("the callback stands in the fragment");
                }
                _ => {}
            }
        }
        if in_fragment {
            return Answer::redirect(status, &format!("{address}#{encoded}"));
        }
        if request.form_post {
            return page::form_post(&address, &decode_form(encoded.as_bytes()));
        }
        Answer::redirect(status, &with_encoded_query(&address, &encoded))
    }

    /// What flaws make of the state, and of addresses beside it.
    fn flawed_answer(&self, visit: &Visit<'_>, parameters: &mut [(String, String)]) -> Option<Answer> {
        let (_, state) = parameters.iter_mut().find(|(name, _)| name == "state")?;
        if state.contains('%') && self.has(Flaw::StateDecodedTwice) {
            *state = decode_value(state);
        }
        if state.len() > 1024 && self.has(Flaw::StateCut) {
            state.truncate(1024);
        }
        if state.contains('\0') && self.has(Flaw::CrashOnNul) {
            return Some(Answer::new(500));
        }
        if state.contains('\n') && self.has(Flaw::HeaderSplit) {
            let (_, injected) = state.split_once('\n')?;
            let (name, value) = injected.split_once(": ")?;
            return Some(Answer::new(302).header(&name.to_lowercase(), value.lines().next().unwrap_or_default()));
        }
        let pairs = visit.request.query_pairs();
        let (_, address) = pairs.iter().find(|(name, _)| name == "return_to")?;
        self.has(Flaw::ReturnToFollowed).then(|| Answer::redirect(302, address))
    }

    /// Tells the lie about a code, and answers whether the server knows the code afterwards.
    fn lie_about_code(&self, stored: &mut StoredCode, request: usize) -> bool {
        let mut known = true;
        let context = Context { request: Some(request), code: Some(stored.code.clone()), ..Context::default() };
        for part in self.lies() {
            let Lie::Code(lie) = part else { continue };
            match lie {
                CodeLie::Aged(seconds) => {
                    let age = i64::try_from(*seconds).unwrap_or(i64::MAX);
                    stored.issued_at = stored.issued_at.saturating_sub(age);
                    stored.expires_at = stored.expires_at.saturating_sub(age);
                }
                CodeLie::Redeemed => stored.redeemed = true,
                CodeLie::Unknown => known = false,
                CodeLie::Client(client) => stored.client_id.clone_from(client),
                CodeLie::RedirectUri(uri) => stored.redirect_uri = self.fill(uri, &context),
                CodeLie::Challenge(challenge) => stored.challenge = Some(self.fill(challenge, &context)),
                CodeLie::NoChallenge => {
                    stored.challenge = None;
                    stored.method = None;
                }
                CodeLie::User(sub) => stored.sub.clone_from(sub),
                CodeLie::Text(text) => stored.code = self.fill(text, &context),
            }
        }
        known
    }
}
