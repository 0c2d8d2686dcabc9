//! The provider of a server: the deviations that the client tolerates, and those that it needed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::defects::Defects;
use crate::form;

/// What each provider is known for, by the codes of the protocol.
const KNOWN: &[(&str, &[&str])] = &[
    ("auth0", &["refusal_status", "updated_at_text"]),
    ("google", &["refusal_status", "issuer_alias"]),
    ("github", &["form_body", "error_with_success", "scope_commas"]),
    ("entra", &["expires_in_text", "resource_not_sent", "pkce_not_announced", "issuer_template"]),
    ("okta", &["error_code_member"]),
    ("keycloak", &[]),
    ("linkedin", &["nonce_not_returned", "pkce_refused"]),
    ("apple", &["email_verified_text"]),
    ("slack", &["pkce_not_announced", "error_with_success"]),
    ("cognito", &["pkce_not_announced", "auth_time_changed"]),
    ("b2c", &["access_token_missing"]),
    ("adfs", &["pkce_not_announced"]),
    ("salesforce", &["pkce_not_announced"]),
    ("zitadel", &[]),
    ("authentik", &[]),
    ("discord", &["pkce_not_announced"]),
    ("twitch", &["scope_array", "pkce_not_announced"]),
    ("amazon", &["expires_in_text"]),
];

/// The tenant of people without an organisation.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The ways to go along with, and those that were needed since they were last told.
#[derive(Default)]
pub(crate) struct Ways {
    provider: Option<String>,
    own: &'static [&'static str],
    /// `None`: any organisation.
    tenants: Option<Vec<String>>,
    used: Mutex<BTreeSet<&'static str>>,
}

impl Ways {
    /// `None` for a provider of which nothing is known.
    pub(crate) fn of(provider: Option<String>, tenants: Option<Vec<String>>) -> Option<Self> {
        let own = match &provider {
            None => &[],
            Some(provider) => KNOWN.iter().find(|(name, _)| name == provider)?.1,
        };
        Some(Self { provider, own, tenants, used: Mutex::default() })
    }

    /// Whether to tolerate this. If so, it counts as needed.
    pub(crate) fn allow(&self, code: &'static str, defects: &Defects) -> bool {
        let named = self.provider.is_some();
        let allowed = self.is_own(code, defects)
            || named && defects.has("provider-too-lenient")
            || !named && defects.has("provider-assumed");
        if allowed {
            self.note(code);
        }
        allowed
    }

    /// The same for what protects a login: no switch assumes it of a server of which nothing is known, which others stand
    /// for.
    pub(crate) fn allow_known(&self, code: &'static str, defects: &Defects) -> bool {
        self.provider.is_some() && self.allow(code, defects)
    }

    /// Whether this is the provider's own way.
    pub(crate) fn is_own(&self, code: &'static str, defects: &Defects) -> bool {
        self.own.contains(&code) && !defects.has("provider-ignored")
    }

    pub(crate) fn note(&self, code: &'static str) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(code);
    }

    /// What was needed since this was last asked.
    pub(crate) fn take(&self) -> BTreeSet<&'static str> {
        std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As a result tells it; one without them says that there were none.
    pub(crate) fn tell(&self, needed: &BTreeSet<&'static str>, result: &mut Map<String, Value>, defects: &Defects) {
        let mut told: Vec<&str> = needed.iter().copied().collect();
        if *needed != BTreeSet::from_iter(self.own.iter().copied()) && defects.has("deviation-always-listed") {
            told = self.own.to_vec();
        }
        if !told.is_empty() && !defects.has("deviation-unlisted") {
            result.insert("deviations".to_owned(), told.into());
        }
    }

    /// The issuers of all tenants, for an issuer that stands for them all.
    pub(crate) fn template(&self, issuer: &str, defects: &Defects) -> Option<String> {
        let place = ["/common/", "/organizations/"].into_iter().find(|place| issuer.contains(place))?;
        let knows_tenants = self.is_own("issuer_template", defects);
        knows_tenants.then(|| issuer.replacen(place, "/{tenantid}/", 1))
    }

    /// Whether people of this tenant may sign in.
    pub(crate) fn permits(&self, tenant: &str, defects: &Defects) -> bool {
        let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let lengths: Vec<usize> = tenant.split('-').map(str::len).collect();
        let is_tenant = lengths == [8, 4, 4, 4, 12] && tenant.split('-').all(|part| part.chars().all(hexadecimal));
        let permitted = match &self.tenants {
            Some(tenants) => tenants.iter().any(|known| known == tenant),
            None => tenant != PERSONAL || defects.has("tenant-personal-ok"),
        };
        is_tenant && (permitted || defects.has("tenant-unchecked"))
    }
}

/// A form as the JSON object that it stands for: texts, but for the one member that is a number. `None` when it is
/// none, or has a name twice.
pub(crate) fn object_of_form(body: &[u8]) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for (name, text) in form::decode(std::str::from_utf8(body).ok()?, false)? {
        let value = match text.parse::<u64>() {
            Ok(number) if name == "expires_in" => number.into(),
            _ => Value::from(text),
        };
        if object.insert(name, value).is_some() {
            return None;
        }
    }
    Some(object)
}

/// Whether a text is a date and a time, roughly as RFC 3339 writes them.
pub(crate) fn is_date(text: &str) -> bool {
    let shape = text.get(..19).is_some_and(|start| {
        start.bytes().zip(*b"dddd-dd-ddTdd:dd:dd").all(|(octet, due)| match due {
            b'd' => octet.is_ascii_digit(),
            due => octet == due,
        })
    });
    shape && text.get(19..).is_some_and(|rest| rest.ends_with('Z') || rest.contains(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_is_what_is_known_and_is_told_once() {
        let none = Defects::none();
        let github = Ways::of(Some("github".into()), None).unwrap();
        assert!(github.allow("form_body", &none) && !github.allow("issuer_alias", &none));
        let mut result = Map::new();
        github.tell(&github.take(), &mut result, &none);
        assert_eq!(result["deviations"], serde_json::json!(["form_body"]));
        assert!(github.take().is_empty());
        let lenient = Defects::named(["provider-too-lenient"]).unwrap();
        assert!(github.allow("issuer_alias", &lenient));
        let ignorant = Defects::named(["provider-ignored"]).unwrap();
        assert!(!github.allow("form_body", &ignorant));
        assert!(Ways::of(Some("acme".into()), None).is_none());
        let strict = Ways::of(None, None).unwrap();
        assert!(!strict.allow("form_body", &none) && !strict.allow("form_body", &lenient));
        assert!(strict.allow("form_body", &Defects::named(["provider-assumed"]).unwrap()));
    }

    #[test]
    fn whose_people_may_sign_in() {
        let none = Defects::none();
        let ours = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
        let one = Ways::of(Some("entra".into()), Some(vec![ours.into()])).unwrap();
        let any = Ways::of(Some("entra".into()), None).unwrap();
        assert!(one.permits(ours, &none) && any.permits(ours, &none));
        assert!(!one.permits(PERSONAL, &none) && !any.permits(PERSONAL, &none));
        assert!(!any.permits("common", &none) && !any.permits(&ours.to_uppercase(), &none));
        let template = any.template("https://h/common/v2.0", &none);
        assert_eq!(template.as_deref(), Some("https://h/{tenantid}/v2.0"));
        assert_eq!(any.template("https://h/8eaef023/v2.0", &none), None);
        assert_eq!(Ways::default().template("https://h/common/v2.0", &none), None);
    }

    #[test]
    fn forms_and_dates() {
        let object = object_of_form(b"access_token=a%2Bb&expires_in=60&scope=").unwrap();
        assert_eq!((&object["access_token"], &object["expires_in"]), (&"a+b".into(), &60.into()));
        assert!(object_of_form(b"a=1&a=2").is_none() && object_of_form(b"a=%zz").is_none());
        assert!(is_date("2026-11-23T22:15:30.250Z") && is_date("2026-11-23T22:15:30+01:00"));
        assert!(!is_date("yesterday") && !is_date("2026-11-23T22:15:30") && !is_date("1795472130"));
    }
}
