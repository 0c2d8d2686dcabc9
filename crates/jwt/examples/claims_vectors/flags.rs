//! The reasons for a test, and the specification that decides it.

/// The level of a requirement in the specification.
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
        /// A flag of a test, described in the notes of the file.
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
        "A required claim is absent, or has another name.";
    WrongType Must "OpenID Connect Core 2; RFC 7519 4.1"
        "A claim has a JSON type that its definition does not allow. It must not be treated as absent.";
    UnusedClaim May "OpenID Connect Core 2"
        "A claim has the wrong JSON type, and no rule applies to it because the verifier did not request it. It may be ignored or refused.";
    NullClaim May "RFC 7519 4.1; OpenID Connect Core 5.3.2"
        "An optional claim is null. Its definition does not allow that, and some issuers write it for a claim that is absent. It may be read as absent or refused.";
    TimeBoundary Must "OpenID Connect Core 2 and 3.1.3.7 (9); RFC 7519 4.1.4 and 4.1.5"
        "A date at the exact limit: exp must be after the current time, nbf at or before it.";
    Expired Must "OpenID Connect Core 3.1.3.7 (9)"
        "exp is in the past.";
    NotYetValid Must "RFC 7519 4.1.5"
        "nbf is in the future.";
    Skew Must "OpenID Connect Core 2; RFC 7519 4.1.4 and 4.1.5"
        "The specifications allow a small leeway. Here the clocks of issuer and verifier differ by up to `skew` seconds: a rule about time is met if it is met at some moment from now - skew to now + skew.";
    SkewTwice May "OpenID Connect Core 2; RFC 7519 4.1.4 and 4.1.5"
        "Each date is within the leeway, but no single clock satisfies both. The specifications do not say whether the leeway applies once or to each date.";
    Fraction Must "RFC 7519 2"
        "A date with a fraction of a second: allowed, and compared exactly, neither truncated nor rounded.";
    NumberForm Must "RFC 8259 6"
        "Another spelling of the same number: with an exponent, zeros after the decimal point, or a minus before zero.";
    NumberRange May "RFC 8259 6; RFC 7519 2; RFC 3339 5.6"
        "A date after the year 9999, or a number that is too large for a verifier. RFC 8259 lets it set limits, and RFC 3339 ends with 9999. Refusing is the safe choice.";
    NumberPrecision May "RFC 8259 6"
        "A number that is right only in digits beyond the precision of a double. RFC 8259 lets a reader limit its precision.";
    Wraparound Must "RFC 8259 6; RFC 7519 4.1"
        "A number that would become an acceptable date if it were truncated to 32 or 64 bits, read as unsigned, or stripped of its sign.";
    BeforeTheEpoch May "RFC 7519 2; IEEE Std 1003.1 4.16"
        "A date before 1970. The definition of seconds since the epoch leaves negative values undefined.";
    IssuedAtRange May "OpenID Connect Core 3.1.3.7 (10)"
        "iat is far from the current time. The accepted range is the client's choice.";
    Issuer Must "OpenID Connect Core 3.1.3.7 (2)"
        "iss must be exactly the issuer: no normalisation of any kind.";
    Audience Must "OpenID Connect Core 3.1.3.7 (3)"
        "aud must list the exact client id.";
    UntrustedAudience Must "OpenID Connect Core 3.1.3.7 (3)"
        "aud lists the client, and an audience that the client does not trust.";
    AuthorizedParty May "OpenID Connect Core 2 and 3.1.3.7 (4, 5)"
        "azp is absent with several audiences, or names another party. Errata set 2 leaves azp to extensions; before it, a client SHOULD have refused these. Refusing is the safe choice.";
    Subject Must "OpenID Connect Core 2"
        "sub is a string of at most 255 ASCII characters.";
    SubjectForm May "OpenID Connect Core 2"
        "sub is empty, or has characters outside printable ASCII. The specification gives a maximum length in ASCII characters and says no more. Refusing is the safe choice.";
    Nonce Must "OpenID Connect Core 2 and 3.1.3.7 (11)"
        "nonce must be present and equal to the one that was sent, compared as a string.";
    NonceUnasked Must "OpenID Connect Core 2"
        "A nonce is present, but none was sent: it cannot be equal to the one sent, so the token belongs to another login.";
    Acr Should "OpenID Connect Core 3.1.3.7 (12)"
        "acr was requested, and is not one of the appropriate values.";
    AuthTime Should "OpenID Connect Core 2 and 3.1.3.7 (13)"
        "max_age was sent: auth_time must be present, and not longer ago than that.";
    AuthTimeInTheFuture May "OpenID Connect Core 3.1.3.7 (13)"
        "auth_time is in the future. No rule covers this. Refusing is the safe choice.";
    AccessTokenHash Must "OpenID Connect Core 3.1.3.6, 3.1.3.8, 3.2.2.9 and 3.2.2.10"
        "at_hash is the left half of the hash of the access token, by the hash algorithm of alg. In the code flow, checking it is a MAY; a group with an access token demands it.";
    CodeHash Must "OpenID Connect Core 3.3.2.10 and 3.3.2.11"
        "c_hash is the same for the code. A group with a code demands that it is checked.";
    HashMissing Must "OpenID Connect Core 3.2.2.10 and 3.3.2.11"
        "The token came by the front channel together with an access token or a code, and the hash that binds them is absent.";
    EdDsaHash Must "OpenID Connect Core 3.1.3.6; RFC 8032 5.1"
        "The name EdDSA does not name a hash. Ed25519 hashes with SHA-512, and so do at_hash and c_hash.";
    Duplicate Must "RFC 7519 4"
        "A claim occurs twice, and the last one is wrong: a reader that refuses duplicates must refuse it, and so must one that takes the last.";
    DuplicateLast May "RFC 7519 4"
        "A claim occurs twice, and the last one is right: a reader must either refuse it or take the last. Refusing is the safe choice.";
    DuplicateInside May "RFC 8259 4"
        "An object inside a claim has a repeated name. RFC 7519 speaks of the names of claims only.";
    Escape Must "RFC 8259 7"
        "Escapes in names or values: the same text as without them.";
    Unicode Must "RFC 8259 7 and 8.3"
        "Characters outside ASCII: compared as code points, without normalisation.";
    Whitespace Must "RFC 8259 2"
        "Spaces, tabs and line breaks between JSON tokens have no meaning.";
    MemberOrder Must "RFC 8259 4"
        "The order of members has no meaning.";
    UnknownClaim Must "OpenID Connect Core 2; RFC 7519 4"
        "Claims that are not understood are ignored, whatever their names and values.";
    LoneSurrogate May "RFC 8259 8.2"
        "An escape of half a surrogate pair, whose meaning is undefined.";
    ByteOrderMark May "RFC 8259 8.1"
        "A byte order mark before the claims. A reader may ignore it or refuse it.";
    Limits May "RFC 8259 9"
        "Deeper or longer than many readers accept, or with more members. They may set limits.";
    NotJson Must "RFC 7519 7.2 (10)"
        "The payload is not a JSON object in UTF-8, but some readers may accept it as one.";
    Signature Must "OpenID Connect Core 3.1.3.7 (6); RFC 7519 7.2"
        "The claims are right and the signature is wrong: this exposes a verifier that passes every other test without checking it.";
    AccessTokenType Must "RFC 9068 2.1 and 4; RFC 8725 3.11"
        "The header's typ is at+jwt, as a media type: in upper or lower case, with or without application/ before it. Any other typ is another kind of token.";
    Resource Must "RFC 9068 4"
        "aud must contain the exact identifier of the resource server. It may contain others.";
    EmptyText May "RFC 9068 2.2"
        "A required string is empty. Its definition says only that it is a string. Refusing is the safe choice.";
    Scope Must "RFC 9068 2.2.3 and 4; RFC 6749 3.3"
        "scope lists scopes, separated by spaces, in any order. Each one that the request needs must be present.";
    Bound Must "RFC 7800 3.1; RFC 8705 3.1; RFC 9449 7.2"
        "cnf binds the token to a key or a certificate, and the request proved none: it must not be accepted as a bearer token.";
    LogoutTokenType Must "RFC 8725 3.11; Back-Channel Logout 2.4"
        "The header's typ is that of another kind of token.";
    UntypedLogoutToken May "Back-Channel Logout 2.4"
        "The header's typ is absent or JWT. logout+jwt is only recommended, since many issuers do not send it.";
    LoggedOut Must "Back-Channel Logout 2.4 and 2.6 (5)"
        "sub, sid or both name the user or session that is logged out.";
    LogoutEvent Must "Back-Channel Logout 2.4 and 2.6 (6)"
        "events is an object with the member of a back-channel logout, by its exact name, whose value is an object.";
    NonceInLogoutToken Must "Back-Channel Logout 2.4 and 2.6 (7)"
        "A nonce is present, with any value: the token may be an ID token.";
    SeveralFaults Must "OpenID Connect Core 3.1.3.7"
        "More than one claim is at fault. The specification prescribes no order: any of the reasons is right.";
}
