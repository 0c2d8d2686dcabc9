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
        plan: "Mallory makes a link to the real server with his own URL as redirect_uri, and with a challenge whose \
          verifier he knows. John is signed in, so a click is enough.",
        defence: "The server compares redirect_uri with the registered ones, character by character, and shows a page \
          instead of redirecting.",
        lacking: "A server that does not compare redirect URIs.",
        scenes: &[Scene::ChangedRedirectUri],
    },
    Attack {
        name: "forged-callback",
        title: "Forged callback",
        plan: "Mallory signs in, keeps his own callback unopened, and gets John to open it: login CSRF. What John then \
               enters ends up in Mallory's account.",
        defence: "state: generated for this browser's login, and compared with the one in its session before anything \
          is sent.",
        lacking: "Fault 1: state is a constant that nobody compares. Fault 2: one verifier serves every login.",
        scenes: &[Scene::ForgedCallback],
    },
    Attack {
        name: "mix-up",
        title: "Mix-up of two servers",
        plan: "The app lets users choose between servers, and one of them is Mallory's. It redirects John to the \
          honest one, and waits for the app to send it the honest one's code.",
        defence: "iss: the callback names the server that it comes from, and the app compares it with the one at which \
          the login began.",
        lacking: "Fault 10: iss is not checked, so code and verifier are sent to the server at which the login began.",
        scenes: &[Scene::MixUp],
    },
    Attack {
        name: "stolen-code",
        title: "Stolen code",
        plan: "John's callback is read in a proxy's log, or by an app that registered the same URL. Mallory has the \
          code, but not the verifier.",
        defence: "PKCE: the server issues tokens only for the verifier that belongs to the challenge. It never left \
          the app, and each login has its own.",
        lacking: "Fault 5: the server does not notice a missing verifier. Fault 2: the app has one verifier for all \
          logins.",
        scenes: &[Scene::CodeAtTheServer, Scene::CodeAtTheApp],
    },
    Attack {
        name: "replayed-code",
        title: "Replayed code",
        plan: "John has signed in and out again. His callback is still in a history, and Mallory opens it.",
        defence: "The app accepts a callback only for a login that this browser began and that has not ended. The \
          server accepts a code once, and revokes its tokens when it is replayed.",
        lacking: "Faults 1 and 2 in the app. Fault 6: the server does not invalidate the code.",
        scenes: &[Scene::ReplayAtTheApp, Scene::ReplayAtTheServer],
    },
    Attack {
        name: "expired-code",
        title: "Expired code",
        plan: "An unused code of John's is found in a log, eleven minutes later. Mallory puts it into his own login.",
        defence: "The server records when it issued a code, and accepts it for ten minutes.",
        lacking: "A server that does not check the age. Fault 2: the app's verifier is also that of John's login.",
        scenes: &[Scene::ExpiredCode],
    },
    Attack {
        name: "swapped-id-token",
        title: "Swapped ID token",
        plan: "Mallory logs in as himself. On the way to the app, the ID token is replaced by one of John's: honestly \
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
        lacking: "Fault 9: nothing is verified. Fault 11: alg is not checked, so none passes.",
        scenes: &[Scene::ForeignKey, Scene::NoSignature],
    },
];
