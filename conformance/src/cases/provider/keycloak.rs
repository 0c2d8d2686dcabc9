//! Keycloak.

use proofkey_authority::lie::{ExtraKey, JsonEdit, KeyEdit, ParamEdit, TestKey};
use proofkey_authority::{IssuerShape, Lie, Setup};

use super::{known, told};
use crate::case::{Case, Expect, Profile};
use crate::cases::{refuse, without_faults};

/// What browsers call the server.
const ISSUER: &str = "http://localhost:8080/realms/r";

fn realm() -> Setup {
    Setup { issuer: IssuerShape::Path("realms/r".into()), ..Setup::witness() }
}

/// The server is called otherwise in front than behind.
fn in_front() -> Vec<Lie> {
    vec![
        Lie::metadata([JsonEdit::set("issuer", ISSUER)]),
        Lie::callback([ParamEdit::set("iss", ISSUER)]),
        Lie::claims([JsonEdit::set("iss", ISSUER)]),
    ]
}

fn further() -> Lie {
    Lie::token_response([
        JsonEdit::set("refresh_expires_in", 0),
        JsonEdit::set("not-before-policy", 0),
        JsonEdit::set("session_state", "3f1c"),
    ])
}

fn encryption_key() -> KeyEdit {
    KeyEdit::Before(ExtraKey::new(TestKey::Encryption))
}

pub(super) fn cases() -> Vec<Case> {
    let ok = |id, rows, stage, about, mutants, lie| {
        Case::new(id, rows, stage, about, Expect::Accept(|_| Ok(())), mutants)
            .profile(Profile::OpenId)
            .setup(realm())
            .lie(lie)
    };
    let elsewhere = Case::new(
        "PV-28/metadata-of-another-name",
        &["PV-28", "DI-01"],
        "discovery",
        "The metadata has the issuer at its address for browsers: keycloak/keycloak#29783.",
        refuse(&["issuer"]),
        &["discovery-issuer-ignored"],
    )
    .profile(Profile::OpenId)
    .discovery()
    .setup(realm())
    .lie(Lie::Together(in_front()));
    let expected = |case: Case| {
        case.known("issuer", ISSUER).known("metadata_url", "{base}/realms/r/.well-known/openid-configuration")
    };
    let used = Expect::Accept(|seen| told(seen, &["discovery_elsewhere"]));
    const ELSEWHERE: &[&str] = &["metadata-url-ignored", "deviation-unlisted", "deviation-always-listed"];
    vec![
        expected(known(&elsewhere, "PV-28/metadata-elsewhere", "keycloak", used, ELSEWHERE)),
        Case {
            about: "The metadata at the other address is that of another issuer: panva/openid-client#737.",
            ..expected(known(
                &elsewhere,
                "PV-28/metadata-elsewhere-of-another",
                "keycloak",
                refuse(&["issuer"]),
                &["discovery-issuer-ignored"],
            ))
        }
        .lie(Lie::metadata([JsonEdit::set("issuer", "http://localhost:8080/realms/other")])),
        Case {
            rows: &["PV-29", "PV-24", "PV-25", "PV-27", "PV-28"],
            about: "A login at a server with all deviations of Keycloak.",
            ..expected(known(&elsewhere, "PV-29/keycloak", "keycloak", used, ELSEWHERE))
        }
        .lie(Lie::Together([in_front(), vec![further(), Lie::keys([encryption_key()])]].concat())),
        Case::new(
            "PV-24/iss-in-the-callback",
            &["PV-24", "OA-29"],
            "token",
            "The callback has iss, and the token request repeats the redirect URI without it: 3scale/porta#3859.",
            Expect::Accept(|seen| without_faults(seen, &["redirect_mismatch"])),
            &["redirect-altered"],
        )
        .profile(Profile::OpenId)
        .setup(realm()),
        ok(
            "PV-25/encryption-key",
            &["PV-25", "JW-15"],
            "id_token",
            "An encryption key precedes the signing key: marcjazz/authkestra#341.",
            &["jwks-encryption-fatal"],
            Lie::keys([encryption_key()]),
        ),
        ok(
            "PV-26/one-kid-for-several-keys",
            &["PV-26", "JW-17"],
            "id_token",
            "A key of another algorithm has the same kid: keycloak/keycloak#15616.",
            &["jwks-kid-twice-fatal", "kid-duplicate-first-only"],
            Lie::keys([KeyEdit::Before(ExtraKey {
                key: TestKey::Encryption,
                edits: vec![JsonEdit::set("kid", "{kid}"), JsonEdit::set("use", "sig"), JsonEdit::set("alg", "RS512")],
            })]),
        ),
        ok(
            "PV-27/further-members",
            &["PV-27", "OA-37"],
            "token",
            "The token response has a refresh_expires_in of 0, and members of its own: keycloak/keycloak#48063.",
            &["token-unknown-member-refused"],
            further(),
        ),
        elsewhere,
    ]
}
