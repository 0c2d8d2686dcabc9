//! The device login, row by row.

use std::time::{Duration, SystemTime};

use http::Request;
use proofkey_authorize::{AuthorizationServer, Compat, Endpoint, Issuer};
use proofkey_token::{
    ClientAuthentication, DeviceAuthorizationError, DeviceAuthorizationRequest, DeviceGrant, DeviceStep,
    DeviceTokenError, TokenSet, TransportError, TransportErrorKind,
};
use proptest::prelude::*;

use crate::flow::*;

const CODES: &str = r#"{"device_code":"Sentinel-device","user_code":"WDJB-MJHT","expires_in":1800,"interval":7,
    "verification_uri":"https://as.example/device","verification_uri_complete":"https://as.example/device?c=WDJB-MJHT"}"#;
const PENDING: &str = r#"{"error":"authorization_pending"}"#;

fn with_device() -> AuthorizationServer {
    server().with_device_authorization_endpoint(endpoint("/device_authorization"))
}

fn begun_at(server: &AuthorizationServer, body: &str) -> Result<DeviceGrant, DeviceAuthorizationError> {
    let client_id = client_id();
    let request = DeviceAuthorizationRequest::new(server, &client_id).scope(scope("openid a"));
    let (_, waiting) = request.build(&ClientAuthentication::none()).unwrap();
    waiting.receive(&json(200, body), now())
}

fn begun(body: &str) -> Result<DeviceGrant, DeviceAuthorizationError> {
    begun_at(&with_device(), body)
}

/// The good response with a member replaced, or left out.
fn edited(name: &str, value: Option<&str>) -> String {
    let mut document: serde_json::Value = CODES.parse().unwrap();
    let members = document.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.to_owned(), value.parse().unwrap()),
        None => members.remove(name),
    };
    document.to_string()
}

/// A device on a clock that the test moves.
struct Device {
    grant: DeviceGrant,
    server: AuthorizationServer,
    now: SystemTime,
}

impl Device {
    fn new(body: &str) -> Self {
        Self { grant: begun(body).unwrap(), server: with_device(), now: now() }
    }

    fn poll(&mut self) -> Result<DeviceStep, DeviceTokenError> {
        self.grant.poll(&self.server, &client_id(), &ClientAuthentication::none(), self.now)
    }

    /// Waits as long as it says, and returns how long that was in seconds, and the request.
    fn wait(&mut self) -> Result<(u64, Request<Vec<u8>>), DeviceTokenError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.poll()? {
                DeviceStep::Wait(time) => {
                    // Not a moment earlier.
                    let early = self.now + time - Duration::from_millis(1);
                    let step = self.grant.poll(&self.server, &client_id(), &ClientAuthentication::none(), early);
                    assert!(matches!(step.unwrap(), DeviceStep::Wait(_)));
                    self.now += time;
                    waited += time;
                }
                DeviceStep::Send(request) => return Ok((waited.as_secs(), request)),
            }
        }
    }

    fn answer(&mut self, status: u16, body: &str) -> Result<Option<TokenSet>, DeviceTokenError> {
        self.grant.receive(&json(status, body), self.now)
    }

    fn fail(&mut self, kind: TransportErrorKind) -> Result<Option<TokenSet>, DeviceTokenError> {
        self.grant.failed(TransportError::after_sending(kind), self.now)
    }
}

#[test]
fn the_request_asks_for_codes_with_the_clients_authentication() {
    let (server, client_id) = (with_device(), client_id());
    let start =
        || DeviceAuthorizationRequest::new(&server, &client_id).scope(scope("a")).resource("https://api.example");
    let (request, _) = start().build(&ClientAuthentication::none()).unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/device_authorization"));
    let expected = [("scope", "a"), ("resource", "https://api.example"), ("client_id", "s6BhdRkqt3")];
    assert_eq!(pairs(request.body()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let (request, _) = start().build(&ClientAuthentication::basic(secret("s"))).unwrap();
    assert!(request.headers()["authorization"].is_sensitive());
    let error = DeviceAuthorizationRequest::new(&crate::flow::server(), &client_id)
        .build(&ClientAuthentication::none())
        .unwrap_err();
    assert_eq!(error.code(), "token_request_no_endpoint");
    assert!(error.to_string().contains("device_authorization_endpoint"));
}

#[test]
fn the_codes_are_what_the_user_sees() {
    let grant = begun(CODES).unwrap();
    assert_eq!((grant.user_code(), grant.verification_uri()), ("WDJB-MJHT", "https://as.example/device"));
    assert_eq!(grant.verification_uri_complete(), Some("https://as.example/device?c=WDJB-MJHT"));
    assert_eq!(grant.expires_at(), now() + Duration::from_secs(1800));
    assert_eq!(begun(&edited("verification_uri_complete", None)).unwrap().verification_uri_complete(), None);
    let with_fragment = edited("verification_uri", Some("\"https://as.example/#/device\""));
    assert_eq!(begun(&with_fragment).unwrap().verification_uri(), "https://as.example/#/device");
}

#[test]
fn a_member_that_is_missing_or_malformed_is_named() {
    for (name, value, code) in [
        ("device_code", None, "token_member_missing"),
        ("device_code", Some("\"\""), "token_empty"),
        ("user_code", None, "token_member_missing"),
        ("user_code", Some("\" \""), "token_empty"),
        ("user_code", Some(&format!("\"{}\"", "A".repeat(129))), "token_too_long"),
        ("user_code", Some("\"A\\u001b[2JB\""), "token_bad_character"),
        ("verification_uri", None, "token_member_missing"),
        ("expires_in", None, "token_member_missing"),
        ("expires_in", Some("\"60\""), "token_member_type"),
        ("interval", Some("5.5"), "token_member_type"),
        ("interval", Some("-1"), "token_member_type"),
    ] {
        let error = begun(&edited(name, value)).unwrap_err();
        assert_eq!(error.code(), code, "{name} {value:?}");
    }
    let refused = {
        let (server, client_id) = (with_device(), client_id());
        let (_, waiting) =
            DeviceAuthorizationRequest::new(&server, &client_id).build(&ClientAuthentication::none()).unwrap();
        waiting.receive(&json(401, r#"{"error":"invalid_client"}"#), now()).unwrap_err()
    };
    assert_eq!((refused.server_error(), refused.is_retryable()), (Some("invalid_client"), false));
}

#[test]
fn dv_09_the_user_is_sent_to_https_only() {
    for name in ["verification_uri", "verification_uri_complete"] {
        for bad in [
            "http://as.example/device",
            "http://localhost:8080/device",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://as.example/$(reboot) now",
            "https://as.example/\\u001b[2J",
            "https://as.example/#a b",
            "https://user@as.example/",
            "/device",
        ] {
            let error = begun(&edited(name, Some(&format!("\"{bad}\"")))).unwrap_err();
            assert_eq!(error.code(), "token_member_type", "{name} {bad}");
            assert!(error.to_string().contains("https"), "{error}");
        }
    }
    // Where the server itself is on loopback, its page is there, too.
    let at = |path: &str| Endpoint::new(format!("http://127.0.0.1:9000{path}")).unwrap();
    let local = AuthorizationServer::new(Issuer::new("http://127.0.0.1:9000").unwrap(), at("/authorize"), at("/token"))
        .with_device_authorization_endpoint(at("/device_authorization"));
    let page = |url: &str| begun_at(&local, &edited("verification_uri", Some(&format!("\"{url}\""))));
    assert!(page("http://127.0.0.1:9000/device").is_ok());
    assert!(page("http://as.example/device").is_err());
}

#[test]
fn dv_01_dv_06_the_first_poll_waits_for_the_interval_and_names_the_grant() {
    let (waited, request) = Device::new(CODES).wait().unwrap();
    assert_eq!(waited, 7);
    let body = String::from_utf8(request.body().clone()).unwrap();
    assert!(body.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&"), "{body}");
    let expected = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", "Sentinel-device"),
        ("client_id", "s6BhdRkqt3"),
    ];
    assert_eq!(pairs(request.body()), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(Device::new(&edited("interval", None)).wait().unwrap().0, 5);
    assert_eq!(Device::new(&edited("interval", Some("0"))).wait().unwrap().0, 1);
}

#[test]
fn dv_03_pending_continues_at_the_same_pace_until_there_are_tokens() {
    let mut device = Device::new(CODES);
    for _ in 0..3 {
        assert_eq!(device.wait().unwrap().0, 7);
        assert!(device.answer(400, PENDING).unwrap().is_none());
    }
    device.wait().unwrap();
    let tokens = device.answer(200, GOOD).unwrap().unwrap();
    assert_eq!(tokens.scope(), Some(&scope("openid a")));
    assert_eq!(tokens.received_at(), device.now);
}

#[test]
fn dv_02_slow_down_adds_five_seconds_for_good() {
    let mut device = Device::new(CODES);
    device.wait().unwrap();
    assert!(device.answer(400, r#"{"error":"slow_down"}"#).unwrap().is_none());
    assert_eq!(device.wait().unwrap().0, 12);
    assert!(device.answer(400, PENDING).unwrap().is_none());
    assert_eq!(device.wait().unwrap().0, 12);
    assert!(device.answer(400, r#"{"error":"slow_down","interval":30}"#).unwrap().is_none());
    assert_eq!(device.wait().unwrap().0, 30);
    assert!(device.answer(400, r#"{"error":"slow_down","interval":1}"#).unwrap().is_none());
    assert_eq!((device.wait().unwrap().0, device.grant.interval()), (35, Duration::from_secs(35)));
}

#[test]
fn dp_13_a_poll_that_did_not_count_is_repeated_at_once_and_no_other() {
    let mut device = Device::new(CODES);
    device.wait().unwrap();
    device.grant.repeat_at(device.now);
    assert_eq!(device.wait().unwrap().0, 0);
    assert!(device.answer(400, PENDING).unwrap().is_none());
    assert_eq!(device.wait().unwrap().0, 7);
}

#[test]
fn dv_03_a_refusal_ends_it() {
    for error in ["access_denied", "expired_token", "invalid_grant", "unauthorized_client"] {
        let mut device = Device::new(CODES);
        device.wait().unwrap();
        let refused = device.answer(400, &format!(r#"{{"error":"{error}"}}"#)).unwrap_err();
        assert_eq!((refused.server_error(), refused.is_retryable()), (Some(error), false));
    }
}

#[test]
fn dv_04_without_an_answer_the_wait_doubles_until_there_is_one() {
    let mut device = Device::new(CODES);
    device.wait().unwrap();
    for expected in [14, 28, 56] {
        assert!(device.fail(TransportErrorKind::Timeout).unwrap().is_none());
        assert_eq!(device.wait().unwrap().0, expected);
    }
    assert!(device.answer(400, PENDING).unwrap().is_none());
    assert_eq!(device.wait().unwrap().0, 7);
    let mut busy = json(503, "");
    busy.headers_mut().insert("retry-after", "90".parse().unwrap());
    assert!(device.grant.receive(&busy, device.now).unwrap().is_none());
    assert_eq!(device.wait().unwrap().0, 90);
    assert_eq!(device.fail(TransportErrorKind::Tls).unwrap_err().code(), "transport_tls");
}

#[test]
fn dv_01_a_lost_answer_makes_no_poll_earlier() {
    let mut device = Device::new(CODES);
    device.wait().unwrap();
    // The task was cancelled; nothing was received.
    assert_eq!(device.wait().unwrap().0, 7);
}

#[test]
fn the_device_code_goes_to_the_server_that_gave_it() {
    let mut grant = begun(CODES).unwrap();
    let another = Issuer::new("https://another.example").unwrap();
    let another = AuthorizationServer::new(another, endpoint("/authorize"), endpoint("/token"));
    let (none, at) = (ClientAuthentication::none(), now() + Duration::from_secs(7));
    let error = grant.poll(&another, &client_id(), &none, at).unwrap_err();
    assert_eq!(error.code(), "token_request_another_issuer");
    assert!(matches!(grant.poll(&with_device(), &client_id(), &none, at).unwrap(), DeviceStep::Send(_)));
}

#[test]
fn a_code_that_a_user_can_type_is_at_most_128_characters() {
    let code = "A".repeat(128);
    assert_eq!(begun(&edited("user_code", Some(&format!("\"{code}\"")))).unwrap().user_code(), code);
}

#[test]
fn dv_05_it_stops_by_itself_at_the_end_of_the_codes() {
    let mut device = Device::new(&edited("expires_in", Some("20")));
    for _ in 0..2 {
        device.wait().unwrap();
        assert!(device.answer(400, PENDING).unwrap().is_none());
    }
    let expired = device.wait().unwrap_err();
    assert_eq!((expired.code(), expired.is_retryable()), ("token_request_device_expired", false));
    assert!(device.now < device.grant.expires_at() + Duration::from_secs(1));
    assert_eq!(
        Device::new(&edited("expires_in", Some("0"))).wait().unwrap_err().code(),
        "token_request_device_expired"
    );
}

#[test]
fn github_answers_a_poll_with_status_200() {
    let poll = |server: AuthorizationServer| {
        let mut device = Device { grant: begun_at(&server, CODES).unwrap(), server, now: now() };
        device.wait().unwrap();
        device.answer(200, PENDING)
    };
    assert_eq!(poll(with_device()).unwrap_err().code(), "token_error_with_success");
    assert!(poll(with_device().with_compat(Compat::github())).unwrap().is_none());
}

#[test]
fn neither_code_is_shown() {
    let mut device = Device::new(CODES);
    let (_, request) = device.wait().unwrap();
    let shown = format!("{:?} {:?}", device.grant, request.headers());
    assert!(!shown.contains("Sentinel") && !shown.contains("WDJB"), "{shown}");
}

proptest! {
    #[test]
    fn dv_01_no_two_polls_are_closer_than_the_interval(
        interval in 0_u64..40,
        answers in prop::collection::vec(0_usize..5, 0..12),
    ) {
        let mut device = Device::new(&edited("interval", Some(&interval.to_string())));
        let mut least = interval.max(1);
        for answer in answers {
            let Ok((waited, _)) = device.wait() else { break };
            prop_assert!(waited >= least, "{waited} after {least}");
            let answered = match answer {
                0 => device.answer(400, PENDING),
                1 => {
                    least += 5;
                    device.answer(400, r#"{"error":"slow_down"}"#)
                }
                2 => device.fail(TransportErrorKind::Timeout),
                3 => device.answer(429, ""),
                _ => continue,
            };
            prop_assert!(answered.unwrap().is_none());
        }
    }

    #[test]
    fn what_is_shown_to_a_user_is_printable(text in any::<String>()) {
        let quoted = serde_json::to_string(&text).unwrap();
        for name in ["user_code", "verification_uri", "verification_uri_complete"] {
            let Ok(grant) = begun(&edited(name, Some(&quoted))) else { continue };
            let shown = [grant.user_code(), grant.verification_uri(), grant.verification_uri_complete().unwrap_or_default()];
            prop_assert!(shown.concat().bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
}
