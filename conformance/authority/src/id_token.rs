//! Creates ID tokens, honest or edited.

mod bend;

use serde_json::{Map, Value, json};

use self::bend::{bend_segment, bend_signature, bend_whole};
use crate::algorithm::{Algorithm, KeySet};
use crate::bend::{Document, Filling};
use crate::encoding::{base64url, half_hash};
use crate::keys::{self, Key, exponent_one_signature, hmac, key_of, named, small_order_signature, small_rsa_signature};
use crate::lie::{HmacKey, IdTokenEdit, Lie, Signing};
use crate::server::{Context, Grant, Server};

impl Server {
    /// The ID token for a grant: of the login when `first`, of a refresh otherwise (OpenID Connect
    /// Core 2 and 12.2).
    pub(crate) fn issue_id_token(&self, grant: &Grant, context: &Context, first: bool) -> String {
        let now = self.clock.unix();
        let lifetime = i64::try_from(self.setup.token_lifetime).unwrap_or(i64::MAX);
        let mut claims = self.profile(grant);
        claims.insert("sub".into(), json!(grant.sub));
        claims.remove("id");
        claims.insert("iss".into(), json!(self.issuer));
        claims.insert("aud".into(), json!(grant.client_id));
        claims.insert("iat".into(), json!(now));
        claims.insert("exp".into(), json!(now.saturating_add(lifetime)));
        if let Some(access_token) = &context.access_token {
            claims.insert("at_hash".into(), json!(half_hash(self.setup.signing.hash_bits(), access_token)));
        }
        for (name, value) in [
            ("nonce", grant.nonce.clone().filter(|_| first).map(Value::from)),
            ("auth_time", grant.auth_time.map(Value::from)),
            ("acr", grant.acr.clone().map(Value::from)),
        ] {
            if let Some(value) = value {
                claims.insert(name.into(), value);
            }
        }
        let number = {
            let mut state = self.state();
            state.id_tokens += 1;
            state.id_tokens - 1
        };
        let mut edits = Vec::new();
        for part in self.lies() {
            if let Lie::IdToken { when, edits: more } = part
                && when.holds(number)
            {
                edits.extend(more.iter().cloned());
            }
        }
        let token = self.mint(&claims, &edits, &grant.client_id, context);
        self.state().issued_id_tokens.push(token.clone());
        token
    }

    /// A token with these claims, in no one's login.
    pub(crate) fn sign(&self, claims: &Value, edits: &[IdTokenEdit]) -> String {
        let empty = Map::new();
        let client_id = self.setup.clients.first().map(|client| client.id.clone()).unwrap_or_default();
        self.mint(claims.as_object().unwrap_or(&empty), edits, &client_id, &Context::default())
    }

    /// A token with these claims, by a client's key for ES256.
    pub(crate) fn sign_by_client(&self, claims: &Value, edits: &[IdTokenEdit]) -> String {
        let empty = Map::new();
        let mint = Mint { own: KeySet::Second, usual: Algorithm::Es256, secret: String::new() };
        self.filling(&Context::default(), |filling| mint.token(claims.as_object().unwrap_or(&empty), edits, filling))
    }

    /// A token with these claims, after the edits.
    pub(crate) fn mint(
        &self,
        claims: &Map<String, Value>,
        edits: &[IdTokenEdit],
        client_id: &str,
        context: &Context,
    ) -> String {
        let secret =
            self.state().client(client_id).and_then(|client| client.auth.secret()).unwrap_or_default().to_owned();
        let mint = Mint { own: self.setup.keys, usual: self.setup.signing, secret };
        // The honest text first: an edit may be about it.
        let honest = self.filling(context, |filling| mint.token(claims, &[], filling));
        if edits.is_empty() {
            return honest;
        }
        let context = Context { id_token: Some(honest), ..context.clone() };
        self.filling(&context, |filling| mint.token(claims, edits, filling))
    }
}

struct Mint {
    own: KeySet,
    usual: Algorithm,
    secret: String,
}

impl Mint {
    fn token(&self, claims: &Map<String, Value>, edits: &[IdTokenEdit], filling: &Filling<'_>) -> String {
        let signing = edits.iter().rev().find_map(|edit| match edit {
            IdTokenEdit::Sign(signing) => Some(signing.clone()),
            _ => None,
        });
        let signing = signing.unwrap_or(Signing::Own(self.usual));
        let mut header = Document::default();
        let (algorithm, kid) = self.named_in_header(&signing);
        header.set("alg", json!(algorithm).to_string());
        header.set("typ", json!("JWT").to_string());
        header.set("kid", json!(kid).to_string());
        let mut claims = Document::new(&Value::Object(claims.clone()));
        for edit in edits {
            match edit {
                IdTokenEdit::Header(edit) => header.apply(edit, filling),
                IdTokenEdit::Claim(edit) => claims.apply(edit, filling),
                _ => {}
            }
        }
        let mut segments = vec![base64url(&header.render()), base64url(&claims.render())];
        for edit in edits {
            if let IdTokenEdit::Text(edit) = edit {
                bend_segment(&mut segments, edit);
            }
        }
        let mut signature = self.signature(&signing, segments.join(".").as_bytes());
        let mut tampered = claims;
        for edit in edits {
            match edit {
                IdTokenEdit::Tamper(edit) => {
                    tampered.apply(edit, filling);
                    segments[1] = base64url(&tampered.render());
                }
                IdTokenEdit::Signature(edit) => {
                    let again = || self.signature(&signing, format!("{}.e30", segments[0]).as_bytes());
                    signature = bend_signature(signature, edit, again);
                }
                _ => {}
            }
        }
        segments.push(base64url(&signature));
        let mut text = segments.join(".");
        for edit in edits {
            if let IdTokenEdit::Text(edit) = edit {
                text = bend_whole(text, edit, filling);
            }
        }
        text
    }

    fn own_key(&self) -> std::sync::Arc<Key> {
        key_of(self.own, self.usual)
    }

    /// `alg` and `kid` of the header.
    fn named_in_header(&self, signing: &Signing) -> (String, String) {
        let own = self.own_key().kid().to_owned();
        match signing {
            Signing::Own(algorithm) => (algorithm.as_str().into(), key_of(self.own, *algorithm).kid().into()),
            Signing::Foreign => (self.usual.as_str().into(), own),
            Signing::None(word) | Signing::NoneWithSignature(word) => (word.clone(), own),
            Signing::Hmac(algorithm, HmacKey::Published) => (algorithm.as_str().into(), "symmetric".into()),
            Signing::Hmac(algorithm, _) => (algorithm.as_str().into(), own),
            Signing::SmallRsa => ("RS256".into(), "small".into()),
            Signing::ExponentOne => ("RS256".into(), "exponent-one".into()),
            Signing::Secp256k1 => ("ES256".into(), "secp256k1".into()),
            Signing::SmallOrder => ("EdDSA".into(), "small-order".into()),
        }
    }

    fn signature(&self, signing: &Signing, message: &[u8]) -> Vec<u8> {
        match signing {
            Signing::Own(algorithm) => key_of(self.own, *algorithm).signer.sign(*algorithm, message),
            Signing::Foreign => key_of(KeySet::Foreign, self.usual).signer.sign(self.usual, message),
            Signing::None(_) => Vec::new(),
            Signing::NoneWithSignature(_) => self.own_key().signer.sign(self.usual, message),
            Signing::Hmac(algorithm, key) => hmac(*algorithm, &self.hmac_key(key), message),
            Signing::SmallRsa => small_rsa_signature(message),
            Signing::ExponentOne => exponent_one_signature(message),
            Signing::Secp256k1 => named("secp256k1").signer.sign(Algorithm::Es256, message),
            Signing::SmallOrder => small_order_signature(),
        }
    }

    fn hmac_key(&self, key: &HmacKey) -> Vec<u8> {
        let own = self.own_key();
        match key {
            HmacKey::ClientSecret => self.secret.clone().into_bytes(),
            HmacKey::Pem => pem(&own.signer.spki()).into_bytes(),
            HmacKey::PemAfterBlank => format!("\n{}", pem(&own.signer.spki())).into_bytes(),
            HmacKey::PemTrimmed => pem(&own.signer.spki()).trim_end().into(),
            HmacKey::Der => own.signer.spki(),
            HmacKey::Jwk => Value::Object(own.signing_jwk(self.usual.as_str())).to_string().into_bytes(),
            HmacKey::Modulus => own.octets("n"),
            HmacKey::Published => keys::SYMMETRIC.to_vec(),
            HmacKey::Empty => Vec::new(),
            HmacKey::Text(text) => text.clone().into_bytes(),
        }
    }
}

/// A public key as PEM: lines of 64 characters.
fn pem(spki: &[u8]) -> String {
    let text = crate::encoding::base64_standard(spki);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|start| &text[start..text.len().min(start + 64)]).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
