//! A login on a device without a browser (RFC 8628).

use std::time::{Duration, Instant};

use serde_json::{Map, json};

use super::state::{Grant, WaitingDevice};
use super::visit::{Refusal, Visit};
use super::{Server, refused};
use crate::encoding::random_text;
use crate::message::{Answer, oauth_error};
use crate::rule::Rule;
use crate::wire::Endpoint;

/// What `slow_down` adds to the interval (section 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// How much earlier a poll may arrive: two clocks are read, and not at the same moment.
const TOLERANCE: Duration = Duration::from_millis(50);

impl Server {
    pub(super) fn device_authorization(&self, visit: &mut Visit<'_>) -> Answer {
        match self.try_device_authorization(visit) {
            Ok(answer) => answer,
            Err(refusal) => refused(&refusal, visit),
        }
    }

    fn try_device_authorization(&self, visit: &mut Visit<'_>) -> Result<Answer, Refusal> {
        let Some(plan) = &self.setup.device else { return Ok(Answer::new(404)) };
        let form = self.posted_form(Endpoint::Device, visit)?;
        let client = self.authenticate(visit, &form, None)?;
        let scope = visit.parameter(&form, "scope")?.unwrap_or_default();
        let code = random_text();
        let mut body = Map::new();
        body.insert("device_code".into(), json!(code));
        body.insert("user_code".into(), json!("WDJB-MJHT"));
        body.insert("verification_uri".into(), json!(format!("{}/device", self.base)));
        body.insert("verification_uri_complete".into(), json!(format!("{}/device?user_code=WDJB-MJHT", self.base)));
        body.insert("expires_in".into(), json!(plan.lifetime));
        if let Some(interval) = plan.interval {
            body.insert("interval".into(), json!(interval));
        }
        let lifetime = i64::try_from(plan.lifetime).unwrap_or(i64::MAX);
        self.state().devices.push(WaitingDevice {
            code,
            client_id: client.id,
            scope,
            expires_at: self.clock.unix().saturating_add(lifetime),
            polls: 0,
            heard: Instant::now(),
            interval: Duration::from_secs(plan.interval.unwrap_or(5)),
            used: false,
        });
        Ok(Answer::json(200, serde_json::Value::Object(body).to_string()))
    }

    /// Answers a poll: as planned, and then with tokens of the first user.
    pub(super) fn device_token(&self, visit: &mut Visit<'_>, form: &[(String, String)]) -> Result<Answer, Refusal> {
        let client = self.authenticate(visit, form, None)?;
        let sent = visit.parameter(form, "device_code")?.unwrap_or_default();
        let now = self.clock.unix();
        let answers = self.setup.device.as_ref().map(|plan| plan.answers.as_slice()).unwrap_or_default();
        let (is_early, planned, scope) = {
            let mut state = self.state();
            let known = state.devices.iter_mut().find(|device| {
                device.code == sent && device.client_id == client.id && !device.used && device.expires_at > now
            });
            let Some(device) = known else {
                drop(state);
                let detail = "the device_code is not known for this client, was used or has expired";
                visit.broken(Rule::DeviceCodeUnknown, detail)?;
                return Ok(oauth_error(400, "expired_token", detail));
            };
            let is_early = device.heard.elapsed().saturating_add(TOLERANCE) < device.interval;
            let planned = answers.get(device.polls).cloned();
            device.polls += 1;
            if is_early || planned.as_deref() == Some("slow_down") {
                device.interval = device.interval.saturating_add(SLOW_DOWN);
            }
            device.used = !is_early && planned.is_none();
            device.heard = Instant::now();
            (is_early, planned, device.scope.clone())
        };
        if is_early {
            visit.broken(Rule::PollTooFast, "a poll came before the interval was over")?;
        }
        if let Some(error) = planned {
            return Ok(oauth_error(400, &error, "the user is not done"));
        }
        let sub = self.state().users.first().map(|user| user.sub.clone()).unwrap_or_default();
        Ok(self.issue(&Grant::without_code(client.id, sub, scope, visit.key.clone()), true))
    }
}
