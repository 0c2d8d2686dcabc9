//! Why a test is there, and which text decides it.

/// How binding the text is for whoever validates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Must,
    Should,
    /// It leaves a choice.
    May,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

macro_rules! flags {
    ($($name:ident $level:ident $section:literal $description:literal;)*) => {
        /// A mark of a test; its note stands in the file.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Flag { $($name,)* }

        impl Flag {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            pub(crate) fn note(self) -> Note {
                match self {
                    $(Self::$name => Note { level: Level::$level, section: $section, description: $description },)*
                }
            }
        }
    };
}

pub(crate) struct Note {
    pub(crate) level: Level,
    pub(crate) section: &'static str,
    pub(crate) description: &'static str,
}

flags! {
    Normal Must "OpenID Connect Core 2"
        "An ordinary token, to show that a verifier which refuses everything does not pass.";
    Missing Must "OpenID Connect Core 2"
        "A required claim is absent, or stands under a name that is not its own.";
    WrongType Must "OpenID Connect Core 2; RFC 7519 4.1"
        "A claim has a JSON type that its definition does not allow. That is no absent claim.";
    UnusedClaim May "OpenID Connect Core 2"
        "A claim has a wrong JSON type, and no rule looks at it as the verifier asked for nothing. It may be ignored or refused.";
    NullClaim May "RFC 7519 4.1; OpenID Connect Core 5.3.2"
        "An optional claim is null. Its definition does not allow that, and some issuers write it for a claim that is absent. It may be read as absent or refused.";
    TimeBoundary Must "OpenID Connect Core 2 and 3.1.3.7 (9); RFC 7519 4.1.4 and 4.1.5"
        "A date at the very edge: exp must lie after the current time, nbf at it or before.";
    Expired Must "OpenID Connect Core 3.1.3.7 (9)"
        "exp is past.";
    NotYetValid Must "RFC 7519 4.1.5"
        "nbf is still to come.";
    Skew Must "OpenID Connect Core 2; RFC 7519 4.1.4 and 4.1.5"
        "The texts allow a small leeway. Here the clocks of issuer and verifier differ by up to `skew` seconds: a rule about time holds when it holds at some moment from now - skew to now + skew.";
    SkewTwice May "OpenID Connect Core 2; RFC 7519 4.1.4 and 4.1.5"
        "Each date is within the leeway, and no single clock satisfies both. The texts do not say whether the leeway is taken once or for each.";
    Fraction Must "RFC 7519 2"
        "A date with a fraction of a second: allowed, and compared as it is, neither cut off nor rounded.";
    NumberForm Must "RFC 8259 6"
        "The same number in another spelling: an exponent, zeros behind the point, a minus before zero.";
    NumberRange May "RFC 8259 6; RFC 7519 2; RFC 3339 5.6"
        "A date after the year 9999, or a number beyond what a verifier can hold. RFC 8259 lets it set limits, and RFC 3339 ends with 9999. To refuse is the careful choice.";
    NumberPrecision May "RFC 8259 6"
        "Right only to digits that a double does not hold. RFC 8259 lets a reader limit its precision.";
    Wraparound Must "RFC 8259 6; RFC 7519 4.1"
        "A number that would become an acceptable date if it were cut to 32 or 64 bits, read as unsigned, or stripped of its sign.";
    BeforeTheEpoch May "RFC 7519 2; IEEE Std 1003.1 4.16"
        "A date before 1970. The definition of seconds since the epoch leaves negative values undefined.";
    IssuedAtRange May "OpenID Connect Core 3.1.3.7 (10)"
        "iat is far from the current time. The range that is accepted is the client's own choice.";
    Issuer Must "OpenID Connect Core 3.1.3.7 (2)"
        "iss must be exactly the issuer: no normalisation of any kind.";
    Audience Must "OpenID Connect Core 3.1.3.7 (3)"
        "aud must list the client, by its exact name.";
    UntrustedAudience Must "OpenID Connect Core 3.1.3.7 (3)"
        "aud lists an audience that the client does not trust, beside the client.";
    AuthorizedParty May "OpenID Connect Core 2 and 3.1.3.7 (4, 5)"
        "azp is absent with several audiences, or names somebody else. Errata set 2 leaves azp to extensions; before it a client SHOULD have refused these. To refuse is the careful choice.";
    Subject Must "OpenID Connect Core 2"
        "sub is a string of at most 255 ASCII characters.";
    SubjectForm May "OpenID Connect Core 2"
        "sub is empty, or has characters outside printable ASCII. The text names a longest length in ASCII characters and says no more. To refuse is the careful choice.";
    Nonce Must "OpenID Connect Core 2 and 3.1.3.7 (11)"
        "nonce must be there and be the one that was sent, compared as a string.";
    NonceUnasked Must "OpenID Connect Core 2"
        "A nonce is there, and none was sent: it cannot be equal to the one sent, so the token is of another login.";
    Acr Should "OpenID Connect Core 3.1.3.7 (12)"
        "acr was asked for, and is not one of the values that are appropriate.";
    AuthTime Should "OpenID Connect Core 2 and 3.1.3.7 (13)"
        "max_age was sent: auth_time must be there, and not longer ago than that.";
    AuthTimeInTheFuture May "OpenID Connect Core 3.1.3.7 (13)"
        "auth_time is still to come. No rule names this. To refuse is the careful choice.";
    AccessTokenHash Must "OpenID Connect Core 3.1.3.6, 3.1.3.8, 3.2.2.9 and 3.2.2.10"
        "at_hash is the left half of the hash, by the algorithm of alg, of the access token. In the code flow checking it is a MAY; a group with an access token asks for it.";
    CodeHash Must "OpenID Connect Core 3.3.2.10 and 3.3.2.11"
        "c_hash is the same of the code. A group with a code asks for it to be checked.";
    HashMissing Must "OpenID Connect Core 3.2.2.10 and 3.3.2.11"
        "The token came by the front channel together with an access token or a code, and the hash that ties them is absent.";
    EdDsaHash Must "OpenID Connect Core 3.1.3.6; RFC 8032 5.1"
        "The name EdDSA carries no hash. Ed25519 hashes with SHA-512, and so do at_hash and c_hash.";
    Duplicate Must "RFC 7519 4"
        "A claim stands twice, and the last one is wrong: to be refused by a reader that refuses duplicates and by one that takes the last.";
    DuplicateLast May "RFC 7519 4"
        "A claim stands twice, and the last one is right: a reader must either refuse it or take the last. To refuse is the careful choice.";
    DuplicateInside May "RFC 8259 4"
        "An object inside a claim has a name twice. RFC 7519 speaks of the names of claims only.";
    Escape Must "RFC 8259 7"
        "Escapes in names or values: the same text as without them.";
    Unicode Must "RFC 8259 7 and 8.3"
        "Characters outside ASCII: compared as code points, without normalisation.";
    Whitespace Must "RFC 8259 2"
        "Blanks, tabs and line ends between tokens mean nothing.";
    MemberOrder Must "RFC 8259 4"
        "The order of members means nothing.";
    UnknownClaim Must "OpenID Connect Core 2; RFC 7519 4"
        "Claims that are not understood are ignored, whatever they hold, and whatever they are called.";
    LoneSurrogate May "RFC 8259 8.2"
        "An escape of half a surrogate pair. What becomes of it is not defined.";
    ByteOrderMark May "RFC 8259 8.1"
        "A byte order mark before the claims. A reader may ignore it or refuse it.";
    Limits May "RFC 8259 9"
        "Deeper, longer or with more members than many readers take. They may set limits.";
    NotJson Must "RFC 7519 7.2 (10)"
        "The payload is not a JSON object in UTF-8, though some reader may take it for one.";
    Signature Must "OpenID Connect Core 3.1.3.7 (6); RFC 7519 7.2"
        "The claims are in order, the signature is not: a verifier that passes all else without looking at it is found here.";
    AccessTokenType Must "RFC 9068 2.1 and 4; RFC 8725 3.11"
        "The header's typ is at+jwt, as a media type: in any case, with application/ before it or not. Any other is another kind of token.";
    Resource Must "RFC 9068 4"
        "aud must contain the identifier of the resource server, by its exact name. Others may stand beside it.";
    EmptyText May "RFC 9068 2.2"
        "A required text is empty. Its definition says no more than that it is a string. To refuse is the careful choice.";
    Scope Must "RFC 9068 2.2.3 and 4; RFC 6749 3.3"
        "scope lists scopes, with spaces between, in any order. Each one that the request needs must be there.";
    Bound Must "RFC 7800 3.1; RFC 8705 3.1; RFC 9449 7.2"
        "cnf binds the token to a key or a certificate, and the request proved none: it is not to be taken as a bearer token.";
    LogoutTokenType Must "RFC 8725 3.11; Back-Channel Logout 2.4"
        "The header's typ is that of another kind of token.";
    UntypedLogoutToken May "Back-Channel Logout 2.4"
        "The header's typ is absent or JWT. logout+jwt is recommended only, since many issuers do without.";
    LoggedOut Must "Back-Channel Logout 2.4 and 2.6 (5)"
        "sub, sid or both name who is logged out.";
    LogoutEvent Must "Back-Channel Logout 2.4 and 2.6 (6)"
        "events is an object with the member of a back-channel logout, by its exact name, whose value is an object.";
    NonceInLogoutToken Must "Back-Channel Logout 2.4 and 2.6 (7)"
        "A nonce is there, whatever its value: the token may be an ID token.";
    SeveralFaults Must "OpenID Connect Core 3.1.3.7"
        "More than one claim is at fault. No order is laid down: any of the reasons will do.";
}
