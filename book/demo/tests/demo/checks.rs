//! Each attack by the name of its button, and the check that stops it.

pub(crate) const CHECKS: [(&str, &str); 8] = [
    ("changed-redirect-uri", "redirect_unregistered"),
    ("forged-callback", "callback_state_mismatch"),
    ("mix-up", "callback_iss_mismatch"),
    ("stolen-code", "verifier_mismatch"),
    ("replayed-code", "code_replayed"),
    ("expired-code", "code_expired"),
    ("swapped-id-token", "id_token_nonce_mismatch"),
    ("forged-signature", "jws_bad_signature"),
];
