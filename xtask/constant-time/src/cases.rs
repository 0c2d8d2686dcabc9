//! Each operation on a secret, and what may be seen of it from outside.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofkey_authorize::{
    AuthorizationRequest, AuthorizationServer, ClientId, CodeGrant, Endpoint, Issuer, Pending, RedirectUri, Scope,
};
use proofkey_jwt::{
    Algorithm, BadSignature, Crypto, Digest, Expected, Hash, IdToken, JwkSet, KeyRefused, MacAlgorithm,
};
use proofkey_jwt::{PublicKey, RelyingParty, VerifyingKey};
use proofkey_pkce::CodeVerifier;
use proofkey_pkce::danger::PlainChallenge;
use proofkey_pkce::server::StoredChallenge;
use subtle::ConstantTimeEq;

use crate::memcheck;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    promise: Promise,
    /// Takes the place in which the guess is wrong, and says whether the guess was found to be right.
    run: fn(Option<usize>) -> bool,
}

enum Promise {
    /// No branch and no address, and the answer itself is still a secret.
    Silent,
    /// One branch: whether the guess was right, which the caller is told anyway.
    Verdict,
    /// Two: whether it has the form of a verifier, and the verdict.
    FormAndVerdict,
    /// Something is seen, for this reason.
    Known(&'static str),
    /// The control: if this is not seen, nothing is.
    Caught,
}

/// A right guess, and wrong ones that differ at the first octet, in the middle and at the last.
const GUESSES: [Option<usize>; 4] = [None, Some(0), Some(21), Some(42)];

pub(crate) const ALL: &[Case] = &[
    Case { name: "state: State::matches", promise: Promise::Silent, run: state_matches },
    Case { name: "state: Pending::receive", promise: Promise::Verdict, run: pending_receive },
    Case { name: "nonce: Nonce::matches", promise: Promise::Silent, run: nonce_matches },
    Case { name: "nonce: IdToken::validate", promise: Promise::Verdict, run: id_token },
    Case { name: "verifier: CodeVerifier::challenge, ct_eq", promise: Promise::Silent, run: challenge },
    Case { name: "challenge: StoredChallenge::check", promise: Promise::Verdict, run: stored_challenge },
    Case { name: "challenge: PlainChallenge::check", promise: Promise::Verdict, run: plain_challenge },
    Case { name: "verifier: StoredChallenge::check", promise: Promise::FormAndVerdict, run: stored_verifier },
    Case {
        name: "verifier: CodeVerifier::from_entropy",
        promise: Promise::Known("the base64 crate looks each character up in a table of one cache line"),
        run: from_entropy,
    },
    Case { name: "control: the same comparison by ==", promise: Promise::Caught, run: equals },
];

impl Case {
    /// What was seen, and whether that is what was promised.
    pub(crate) fn judge(&self) -> (String, bool) {
        let mut seen = [0; GUESSES.len()];
        let (mut all_hidden, mut all_right) = (true, true);
        for (seen, guess) in seen.iter_mut().zip(GUESSES) {
            let before = memcheck::reports();
            let answer = [u8::from((self.run)(guess))];
            *seen = memcheck::reports() - before;
            all_hidden &= memcheck::reveal(&answer);
            all_right &= answer == [u8::from(guess.is_none())];
        }
        let (said, is_kept) = match self.promise {
            Promise::Silent => ("nothing is seen".to_owned(), all_hidden && seen == [0; 4]),
            Promise::Verdict => ("the verdict is seen".to_owned(), seen == [1; 4]),
            Promise::FormAndVerdict => ("its form and the verdict are seen".to_owned(), seen == [2; 4]),
            Promise::Known(why) => (format!("known: {why}"), seen.iter().all(|&seen| seen > 0)),
            Promise::Caught => ("caught: the time tells where it differs".to_owned(), seen[1] < seen[3]),
        };
        match (is_kept, all_right) {
            (true, true) => (said, true),
            (_, false) => ("the comparison itself is wrong".to_owned(), false),
            (false, _) => {
                (format!("not so: {said}. Reports for each guess: {seen:?}; the answer hidden: {all_hidden}"), false)
            }
        }
    }
}

/// The secret with one character changed.
fn guess(secret: &str, at: Option<usize>) -> String {
    let mut text = secret.to_owned();
    if let Some(at) = at {
        let other = if &secret[at..=at] == "A" { "B" } else { "A" };
        text.replace_range(at..=at, other);
    }
    text
}

fn state_matches(at: Option<usize>) -> bool {
    let pending = pending();
    let guess = guess(pending.state().expose(), at);
    memcheck::hide(pending.state().expose().as_bytes());
    pending.state().matches(&guess)
}

fn pending_receive(at: Option<usize>) -> bool {
    let pending = pending();
    let callback = format!("code=abc&state={}", guess(pending.state().expose(), at));
    memcheck::hide(pending.state().expose().as_bytes());
    pending.receive(&callback, now()).is_ok()
}

fn nonce_matches(at: Option<usize>) -> bool {
    let grant = grant();
    let Some(nonce) = grant.nonce() else { return false };
    let guess = guess(nonce.expose(), at);
    memcheck::hide(nonce.expose().as_bytes());
    nonce.matches(&guess)
}

fn id_token(at: Option<usize>) -> bool {
    let nonce = guess(SECRET, None);
    let token = token(&guess(SECRET, at));
    memcheck::hide(nonce.as_bytes());
    let relying_party = RelyingParty::new(ISSUER, CLIENT).algorithms([Algorithm::EdDsa]);
    IdToken::validate(&token, &keys(), &relying_party, &Expected::new().nonce(nonce), now()).is_ok()
}

fn challenge(at: Option<usize>) -> bool {
    let (verifier, guess) = (verifier(SECRET), verifier(&guess(SECRET, at)).challenge());
    memcheck::hide(verifier.expose().as_bytes());
    verifier.challenge().ct_eq(&guess).into()
}

fn stored_challenge(at: Option<usize>) -> bool {
    let challenge = verifier(SECRET).challenge();
    memcheck::hide(memcheck::octets(&challenge));
    StoredChallenge::from(challenge).check(Some(&guess(SECRET, at))).is_ok()
}

fn plain_challenge(at: Option<usize>) -> bool {
    let Ok(stored) = PlainChallenge::new(SECRET) else { return false };
    // Its length is no secret, and stands beside it.
    let within = memcheck::octets(&stored).windows(SECRET.len()).find(|octets| *octets == SECRET.as_bytes());
    within.into_iter().for_each(memcheck::hide_ascii);
    stored.check(Some(&guess(SECRET, at))).is_ok()
}

fn from_entropy(at: Option<usize>) -> bool {
    let entropy = [7; 32];
    memcheck::hide(&entropy);
    CodeVerifier::from_entropy(&entropy).is_ok() && at.is_none()
}

fn stored_verifier(at: Option<usize>) -> bool {
    let stored = StoredChallenge::from(verifier(SECRET).challenge());
    let verifier = guess(SECRET, at);
    memcheck::hide_ascii(verifier.as_bytes());
    stored.check(Some(&verifier)).is_ok()
}

/// What everybody writes who does not think of time. The length is hidden from the compiler, which would otherwise
/// compare texts of a known length without a branch.
fn equals(at: Option<usize>) -> bool {
    let (secret, guess) = (guess(SECRET, None), guess(SECRET, at));
    memcheck::hide(secret.as_bytes());
    black_box(secret.as_bytes()) == black_box(guess.as_bytes())
}

const SECRET: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// A point on the curve of Ed25519 (RFC 8037, appendix A.2): a key set takes no other for a key.
const KEY: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const ISSUER: &str = "https://as.example";
const CLIENT: &str = "client-id";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn verifier(text: &str) -> CodeVerifier {
    text.parse().expect("a verifier")
}

fn pending() -> Pending {
    let endpoint = |path| Endpoint::new(format!("{ISSUER}/{path}")).expect("an endpoint");
    let server = AuthorizationServer::new(Issuer::new(ISSUER).expect("an issuer"), endpoint("a"), endpoint("t"));
    let redirect_uri = RedirectUri::new("http://127.0.0.1/cb").expect("a redirect URI");
    AuthorizationRequest::new(&server, ClientId::new(CLIENT).expect("a client"), redirect_uri)
        .scope(Scope::new("openid").expect("a scope"))
        .begin(&std::array::from_fn(|at| at as u8), now())
        .expect("a login")
        .1
}

fn grant() -> CodeGrant {
    let pending = pending();
    let callback = format!("code=abc&state={}", pending.state().expose());
    pending.receive(&callback, now()).expect("a grant")
}

/// An ID token with this nonce, of a signature that [`NoCrypto`] takes.
fn token(nonce: &str) -> String {
    let claims = format!(
        r#"{{"iss":"{ISSUER}","sub":"user-17","aud":"{CLIENT}","exp":1800000600,"iat":1800000000,"nonce":"{nonce}"}}"#
    );
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"EdDSA"}"#), part(&claims), "A".repeat(86))
}

fn keys() -> JwkSet {
    let document = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{KEY}"}}]}}"#);
    JwkSet::parse_with(document.as_bytes(), Arc::new(NoCrypto)).expect("a key set")
}

/// A signature is public, and its check none of ours: any key and any signature will do.
#[derive(Debug)]
struct NoCrypto;

impl Crypto for NoCrypto {
    fn public_key(&self, _: &PublicKey) -> Result<Box<dyn VerifyingKey>, KeyRefused> {
        Ok(Box::new(Self))
    }

    fn verify_mac(&self, _: MacAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        Ok(())
    }

    fn mac(&self, _: MacAlgorithm, _: &[u8], _: &[u8]) -> Digest {
        Digest::new(&[])
    }

    fn digest(&self, _: Hash, message: &[u8]) -> Digest {
        Digest::new(message)
    }
}

impl VerifyingKey for NoCrypto {
    fn verify(&self, _: Algorithm, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        Ok(())
    }
}
