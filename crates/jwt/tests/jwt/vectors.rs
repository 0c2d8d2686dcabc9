//! Known answers: RFC 7515 appendix A, RFC 8037 appendix A, RFC 9449, and the JOSE cookbook.

use proofkey_jwt::{Algorithm, HmacKey, JwkSet, Jws, MacAlgorithm, danger};
use serde_json::{Value, json};

use crate::support::{decode, encode, set_of, with};

const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn cookbook(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The public half of a cookbook key.
fn public(vector: &Value) -> JwkSet {
    let mut key = vector["input"]["key"].clone();
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        key = with(key, name, None);
    }
    set_of(&[key])
}

fn accepted(text: &str, algorithm: Algorithm) {
    let vector = cookbook(text);
    let compact = vector["output"]["compact"].as_str().unwrap();
    let keys = public(&vector);
    let jws = Jws::verify(compact, &keys, &[algorithm]).unwrap();
    assert_eq!(jws.payload(), vector["input"]["payload"].as_str().unwrap().as_bytes());

    let mut bent = compact.to_owned().into_bytes();
    let middle = bent.len() - 40;
    bent[middle] = if bent[middle] == b'A' { b'B' } else { b'A' };
    let bent = String::from_utf8(bent).unwrap();
    assert_eq!(Jws::verify(&bent, &keys, &[algorithm]).unwrap_err().code(), "jws_bad_signature");
}

#[test]
fn cookbook_4_1_rs256() {
    accepted(include_str!("../vectors/jws_4_1.rsa_v15_signature.json"), Algorithm::Rs256);
}

#[test]
fn cookbook_4_2_ps384() {
    accepted(include_str!("../vectors/jws_4_2.rsa-pss_signature.json"), Algorithm::Ps384);
}

#[test]
fn cookbook_4_3_es512() {
    accepted(include_str!("../vectors/jws_4_3.ecdsa_signature.json"), Algorithm::Es512);
}

#[test]
fn cookbook_4_4_hs256_with_an_explicit_key() {
    let vector = cookbook(include_str!("../vectors/jws_4_4.hmac-sha2_integrity_protection.json"));
    let compact = vector["output"]["compact"].as_str().unwrap();
    let secret = decode(vector["input"]["key"]["k"].as_str().unwrap());
    let jws = Jws::verify_mac(compact, &HmacKey::new(MacAlgorithm::Hs256, &secret).unwrap()).unwrap();
    assert_eq!(jws.payload(), vector["input"]["payload"].as_str().unwrap().as_bytes());
    // The same key from a set does nothing.
    let keys = set_of(&[vector["input"]["key"].clone()]);
    assert_eq!(Jws::verify(compact, &keys, &[Algorithm::Rs256]).unwrap_err().code(), "jws_algorithm_not_accepted");
}

#[test]
fn cookbook_curve25519_eddsa() {
    accepted(include_str!("../vectors/curve25519_jws.json"), Algorithm::EdDsa);
}

#[test]
fn cookbook_keys_of_part_3_are_read() {
    for text in
        [include_str!("../vectors/jwk_3_1.ec_public_key.json"), include_str!("../vectors/jwk_3_3.rsa_public_key.json")]
    {
        let set = set_of(&[cookbook(text)]);
        assert_eq!((set.keys().len(), set.skipped().len()), (1, 0));
        assert_eq!(set.keys()[0].key_id(), Some("bilbo.baggins@hobbiton.example"));
    }
}

#[test]
fn cookbook_forms_that_are_not_compact_and_attached_are_refused_by_name() {
    let code = |text: &str| danger::decode_unverified(text).unwrap_err().code();
    let detached = cookbook(include_str!("../vectors/jws_4_5.signature_with_detached_content.json"));
    assert_eq!(code(detached["output"]["compact"].as_str().unwrap()), "jwt_payload_empty");
    for text in [
        include_str!("../vectors/jws_4_6.protecting_specific_header_fields.json"),
        include_str!("../vectors/jws_4_8.multiple_signatures.json"),
        include_str!("../vectors/rfc7797_4.2.hmac-sha2_b64_false.json"),
    ] {
        assert_eq!(code(&cookbook(text)["output"]["json"].to_string()), "jwt_json_serialization");
    }
    let unencoded = cookbook(include_str!("../vectors/rfc7797_4.2.hmac-sha2_b64_false.json"));
    let flat = &unencoded["output"]["json_flat"];
    let (header, signature) = (flat["protected"].as_str().unwrap(), flat["signature"].as_str().unwrap());
    assert_eq!(code(&format!("{header}..{signature}")), "jwt_b64_unsupported");
    let encrypted = cookbook(include_str!("../vectors/jwe_5_9.compressed_content.json"));
    assert_eq!(code(encrypted["output"]["compact"].as_str().unwrap()), "jwt_encrypted_token");
}

#[test]
fn rfc_7515_a_1_hs256() {
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let token =
        format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let jws = Jws::verify_mac(&token, &HmacKey::new(MacAlgorithm::Hs256, &decode(key)).unwrap()).unwrap();
    assert_eq!(jws.token_type(), Some("JWT"));
    assert_eq!(danger::decode_unverified(&token).unwrap().unverified_claims().issuer(), Some("joe"));
    let other = HmacKey::new(MacAlgorithm::Hs256, &[1; 32]).unwrap();
    assert_eq!(Jws::verify_mac(&token, &other).unwrap_err().code(), "jws_bad_signature");
}

#[test]
fn rfc_7515_a_2_rs256() {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ\
        S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca\
        pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h\
        4FRWyuXpoQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9u\
        JdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOL\
        n6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig\
        cN_IoypGlUPQGe77Rw";
    let keys = set_of(&[json!({"kty": "RSA", "e": "AQAB", "n": n})]);
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{signature}");
    Jws::verify(&token, &keys, &[Algorithm::Rs256]).unwrap();
    // The same under the flattened JSON form of A.6.
    let json = json!({"payload": PAYLOAD, "protected": "eyJhbGciOiJSUzI1NiJ9", "signature": signature}).to_string();
    assert_eq!(Jws::verify(&json, &keys, &[Algorithm::Rs256]).unwrap_err().code(), "jwt_json_serialization");
}

#[test]
fn rfc_7515_a_3_es256() {
    let keys = set_of(&[json!({"kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})]);
    let token = format!(
        "eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.\
         DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    Jws::verify(&token, &keys, &[Algorithm::Es256]).unwrap();
    let other = token.replace("DtEh", "DtEi");
    assert_eq!(Jws::verify(&other, &keys, &[Algorithm::Es256]).unwrap_err().code(), "jws_bad_signature");
}

#[test]
fn rfc_7515_a_4_es512() {
    let keys = set_of(&[json!({"kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})]);
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.\
        AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZC\
        PEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    assert_eq!(Jws::verify(token, &keys, &[Algorithm::Es512]).unwrap().payload(), b"Payload");
}

#[test]
fn rfc_7515_a_5_unsecured_is_refused() {
    let token = format!("eyJhbGciOiJub25lIn0.{PAYLOAD}.");
    assert_eq!(danger::decode_unverified(&token).unwrap_err().code(), "jwt_alg_none");
    assert_eq!(Jws::verify(&token, &set_of(&[]), &[Algorithm::Rs256]).unwrap_err().code(), "jwt_alg_none");
}

#[test]
fn rfc_8037_a_4_ed25519() {
    let keys = set_of(&[json!({"kty": "OKP", "crv": "Ed25519", "x": crate::support::ED_X})]);
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(Jws::verify(token, &keys, &[Algorithm::EdDsa]).unwrap().payload(), b"Example of Ed25519 signing");
    // Not a token with claims, and said so.
    assert_eq!(danger::decode_unverified(token).unwrap_err().code(), "jwt_bad_json");
}

#[test]
fn rfc_9449_proofs_are_read_and_are_no_id_tokens() {
    let header = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa\
        0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
    let payload = "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2Vu\
        IiwiaWF0IjoxNTYyMjYyNjE2fQ";
    let signature = "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let token = format!("{header}.{payload}.{signature}");
    let keys = set_of(&[json!({"kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"})]);
    let jws = Jws::verify(&token, &keys, &[Algorithm::Es256]).unwrap();
    assert_eq!(jws.token_type(), Some("dpop+jwt"));
    assert_eq!(encode(jws.payload()), payload);
    // The key that the header brings is not asked.
    assert_eq!(Jws::verify(&token, &set_of(&[]), &[Algorithm::Es256]).unwrap_err().code(), "jws_key_not_found");
    let error = crate::support::validate_with(&token, &keys, &crate::support::expected()).unwrap_err();
    assert_eq!(error.code(), "id_token_typ_mismatch");
}
