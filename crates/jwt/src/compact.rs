//! The compact serialization (RFC 7515 section 7.1): three parts, each checked and decoded once.

use crate::base64url;
use crate::claims::{Claims, registered};
use crate::decode_error::{DecodeError, Segment};
use crate::header::Header;
use crate::json::Json;
use crate::json_reader::JsonFault;
use crate::limits::{MAX_HEADER_BYTES, MAX_SIGNATURE_BYTES, MAX_TOKEN_BYTES};

/// The parts of a compact token, not yet decoded.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// Header and payload with the dot between: what was signed.
    pub(crate) signing_input: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes `token` apart. Nothing is decoded before every cap was checked.
    pub(crate) fn split(token: &'a str) -> Result<Self, DecodeError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(DecodeError::TokenTooLarge { length: token.len() });
        }
        if token.trim_start().starts_with('{') {
            return Err(DecodeError::JsonSerialization);
        }
        let mut parts = token.splitn(7, '.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(match token.splitn(6, '.').count() {
                5 => DecodeError::EncryptedToken,
                count => DecodeError::SegmentCount { count },
            });
        };
        if header.len() > MAX_HEADER_BYTES {
            return Err(DecodeError::HeaderTooLarge { length: header.len() });
        }
        if signature.len() > (4 * MAX_SIGNATURE_BYTES).div_ceil(3) {
            return Err(DecodeError::SignatureTooLarge);
        }
        let signing_input = token.get(..header.len() + 1 + payload.len()).unwrap_or_default();
        Ok(Self { signing_input, header, payload, signature })
    }

    /// Room in a document for header and claims.
    pub(crate) fn document(&self) -> Json {
        // Each part is decoded in steps of four characters to three bytes, hence the spare room.
        Json::with_room_for(self.signing_input.len() / 4 * 3 + 6)
    }

    /// Decodes the header and applies its rules.
    pub(crate) fn header(&self, json: &mut Json) -> Result<Header, DecodeError> {
        let root = read(json, Segment::Header, self.header)?
            .map_err(|fault| DecodeError::from_json(Segment::Header, fault, None))?;
        Header::read(json, root)
    }

    /// Decodes the payload as a claims set.
    pub(crate) fn claims(&self, mut json: Json) -> Result<Claims, DecodeError> {
        if self.payload.is_empty() {
            return Err(DecodeError::PayloadEmpty);
        }
        match read(&mut json, Segment::Payload, self.payload)? {
            Ok(root) => Claims::read(json, root),
            Err(fault) => {
                let claim = match fault {
                    JsonFault::NumberOutOfRange { member } => {
                        member.and_then(|node| json.text(node)).and_then(registered)
                    }
                    _ => None,
                };
                Err(DecodeError::from_json(Segment::Payload, fault, claim))
            }
        }
    }

    /// Decodes the payload as bytes of any kind, or none.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, DecodeError> {
        base64url::decode(self.payload)
            .map_err(|fault| DecodeError::BadBase64Url { segment: Segment::Payload, position: fault.0 })
    }

    /// Decodes the signature. An empty one is no fault here: no key will accept it.
    pub(crate) fn signature(&self) -> Result<Signature, DecodeError> {
        let mut bytes = [0; SIGNATURE_ROOM];
        let length = base64url::into_slice(self.signature, &mut bytes)
            .map_err(|fault| DecodeError::BadBase64Url { segment: Segment::Signature, position: fault.0 })?;
        Ok(Signature { bytes, length })
    }
}

/// A signature, without an allocation.
pub(crate) struct Signature {
    bytes: [u8; SIGNATURE_ROOM],
    length: usize,
}

impl Signature {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Room for what the longest text let through decodes to.
const SIGNATURE_ROOM: usize = MAX_SIGNATURE_BYTES.div_ceil(3) * 3;

fn read(json: &mut Json, segment: Segment, text: &str) -> Result<Result<usize, JsonFault>, DecodeError> {
    json.read(|bytes| base64url::append(text, bytes))
        .map_err(|fault| DecodeError::BadBase64Url { segment, position: fault.0 })
}
