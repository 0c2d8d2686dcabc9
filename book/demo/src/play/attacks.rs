//! The eight attacks: what is wanted, and what stands against it.

use super::scenes::Scene;

/// An attack, as the page shows it before it is played.
#[derive(Debug)]
pub(crate) struct Attack {
    /// In the address.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What Mallory has, and what he does with it.
    pub(crate) plan: &'static str,
    /// What keeps him from it.
    pub(crate) defence: &'static str,
    /// What is missing when it works; the numbers are those of the errata.
    pub(crate) lacking: &'static str,
    pub(super) scenes: &'static [Scene],
}

/// All of them, in the order in which a login meets them.
pub(crate) const ATTACKS: [Attack; 8] = [
    Attack {
        name: "changed-redirect-uri",
        title: "Changed redirect URI",
        plan: "Mallory makes a link to the real server with his own address as redirect_uri, and with a challenge to \
               which he knows the verifier. John is signed in, so a click is enough.",
        defence: "The server compares redirect_uri with the registered ones, character by character, and shows a page \
                  where it would be wrong to redirect.",
        lacking: "A server that does not compare redirect URIs.",
        scenes: &[Scene::ChangedRedirectUri],
    },
    Attack {
        name: "forged-callback",
        title: "Forged callback",
        plan: "Mallory signs in, keeps his own callback unopened, and gets John to open it: login CSRF. What John then \
               enters ends up in Mallory's account.",
        defence: "state: made for this browser's login, and compared with the one in its session before anything is \
                  sent.",
        lacking: "Fault 1: state is a constant that nobody compares. Fault 2: one verifier serves every login.",
        scenes: &[Scene::ForgedCallback],
    },
    Attack {
        name: "mix-up",
        title: "Mix-up of two servers",
        plan: "The app lets people choose between servers, and one of them is Mallory's. It sends John on to the honest \
               one, and waits for the app to bring it the honest one's code.",
        defence: "iss: the callback names the server that it comes from, and the app compares it with the one that it \
                  asked.",
        lacking: "Fault 10: iss is not looked at, so code and verifier are sent to whoever was asked.",
        scenes: &[Scene::MixUp],
    },
    Attack {
        name: "stolen-code",
        title: "Stolen code",
        plan: "John's callback is read on its way, in a proxy's log or by an app that registered the same address. \
               Mallory has the code, and not the verifier.",
        defence: "PKCE: the server gives tokens only to whoever has the verifier behind the challenge. It never left the \
                  app, and each login has its own.",
        lacking: "Fault 5: a missing verifier is not considered by the server. Fault 2: the app has one verifier for \
                  everybody.",
        scenes: &[Scene::CodeAtTheServer, Scene::CodeAtTheApp],
    },
    Attack {
        name: "replayed-code",
        title: "Replayed code",
        plan: "John has signed in and out again. His callback is still in a history, and Mallory opens it.",
        defence: "The app takes a callback only for a login that this browser began and has not ended. The server takes \
                  a code once, and withdraws what it gave when it comes again.",
        lacking: "Faults 1 and 2 in the app. Fault 6: the server does not burn the code.",
        scenes: &[Scene::ReplayAtTheApp, Scene::ReplayAtTheServer],
    },
    Attack {
        name: "expired-code",
        title: "Expired code",
        plan: "A code of John's that was never used turns up in a log, eleven minutes later. Mallory puts it into his own \
               login.",
        defence: "The server notes when it issued a code, and takes it for ten minutes.",
        lacking: "A server that does not look at the age. Fault 2: the app's verifier is John's as well.",
        scenes: &[Scene::ExpiredCode],
    },
    Attack {
        name: "swapped-id-token",
        title: "Swapped ID token",
        plan: "Mallory logs in as himself. On the way to the app the ID token is exchanged for one of John's: honestly \
               signed, but of another login, or for another app.",
        defence: "nonce: the token repeats what this login's request said. aud: the token names the app that it is for.",
        lacking: "Fault 9: claims are read and not compared. Fault 10: no nonce was sent.",
        scenes: &[Scene::TokenOfAnotherLogin, Scene::TokenForAnotherApp],
    },
    Attack {
        name: "forged-signature",
        title: "Forged signature",
        plan: "Mallory writes an ID token with John's name. He signs it with a key of his own under the server's kid, or \
               says in the header that no signature is needed.",
        defence: "The signature is verified with the keys that the issuer publishes, by an algorithm that the app chose \
                  beforehand.",
        lacking: "Fault 9: nothing is verified. Fault 11: alg is not looked at, so none passes.",
        scenes: &[Scene::ForeignKey, Scene::NoSignature],
    },
];
