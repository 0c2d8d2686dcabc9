//! A hostile server: its steps on a socket, and the outcome that the client must report.

use std::fmt;

/// One way to misbehave, at every endpoint.
pub(crate) struct Attack {
    /// Its name, as it is called and printed.
    pub(crate) name: &'static str,
    /// What the client must say, by endpoint in the order of [`Endpoint::REMOTE`]: `ok`, or the code of its error.
    /// Several with `|` between them, where the order in which octets and their end arrive is the network's choice.
    pub(crate) codes: [&'static str; 6],
    /// Which of the clients meets it.
    pub(crate) client: Client,
    /// Whether the server speaks before it has read the request.
    pub(crate) at_once: bool,
    /// Whether the client comes by https.
    pub(crate) https: bool,
    /// What the server does.
    pub(crate) steps: Box<Steps>,
}

type Steps = dyn Fn(&Place) -> Vec<Step> + Send + Sync;

impl fmt::Debug for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Attack {
    pub(crate) fn new(
        name: &'static str,
        codes: [&'static str; 6],
        steps: impl Fn(&Place) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self { name, codes, client: Client::Patient, at_once: false, https: false, steps: Box::new(steps) }
    }

    /// Met by another client.
    pub(crate) fn by(self, client: Client) -> Self {
        Self { client, ..self }
    }

    pub(crate) fn at_once(self) -> Self {
        Self { at_once: true, ..self }
    }

    pub(crate) fn over_https(self) -> Self {
        Self { https: true, ..self }
    }

    /// Where its server is reached.
    pub(crate) fn address(&self, port: u16) -> String {
        format!("{}://127.0.0.1:{port}", if self.https { "https" } else { "http" })
    }
}

/// The same answer wherever it comes.
pub(crate) const fn everywhere(code: &'static str) -> [&'static str; 6] {
    [code; 6]
}

/// What comes of an answer that is right in the end: a new set of keys lets the code of this test go on to the honest
/// token endpoint, which does not know it.
pub(crate) const FINE: [&str; 6] = ["ok", "exchange:token_refused", "ok", "ok", "ok", "ok"];

/// What our client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Discovery,
    Keys,
    Token,
    Refresh,
    UserInfo,
    Revocation,
    /// The callback: its content comes from the author of the link, not from a server.
    Callback,
}

impl Endpoint {
    pub(crate) const REMOTE: [Self; 6] =
        [Self::Discovery, Self::Keys, Self::Token, Self::Refresh, Self::UserInfo, Self::Revocation];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Keys => "keys",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::UserInfo => "userinfo",
            Self::Revocation => "revocation",
            Self::Callback => "callback",
        }
    }

    /// Its path at a hostile server.
    pub(crate) fn path(self) -> String {
        match self {
            Self::Discovery => "/.well-known/openid-configuration".to_owned(),
            _ => format!("/{}", self.name()),
        }
    }
}

/// The clients, all of them made by the public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// With the default settings, except for deadlines.
    Patient,
    /// With a deadline of one second, for servers that never end.
    Hasty,
    /// With a body limit of 6 MiB, so that the parsers must limit documents themselves.
    Greedy,
}

/// Where an attack takes place.
pub(crate) struct Place {
    pub(crate) endpoint: Endpoint,
    /// The server's address, which is the issuer of its metadata.
    pub(crate) base: String,
}

impl Place {
    /// A body that an honest server could send.
    pub(crate) fn body(&self) -> String {
        format!("{{{}}}", self.members())
    }

    /// The members of that body, so that others can be put beside them.
    pub(crate) fn members(&self) -> String {
        let base = &self.base;
        match self.endpoint {
            Endpoint::Discovery => format!(
                r#""issuer":"{base}","authorization_endpoint":"{base}/a","token_endpoint":"{base}/t","jwks_uri":"{base}/k""#
            ),
            Endpoint::Keys => r#""keys":[]"#.to_owned(),
            Endpoint::Token | Endpoint::Refresh => r#""access_token":"a","token_type":"Bearer""#.to_owned(),
            Endpoint::UserInfo => r#""sub":"auth0|john""#.to_owned(),
            Endpoint::Revocation | Endpoint::Callback => r#""revoked":true"#.to_owned(),
        }
    }

    /// Status, media type and the length of this body, then the body.
    pub(crate) fn answer(&self, body: impl AsRef<[u8]>) -> Vec<u8> {
        whole("200 OK", "", body.as_ref())
    }
}

/// A response with these header lines besides, each with its end.
pub(crate) fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = format!("content-length: {}\r\n", body.len());
    [head(status, &format!("{length}{headers}")).as_bytes(), body].concat()
}

/// Status line, media type and these header lines, each with its end.
pub(crate) fn head(status: &str, headers: &str) -> String {
    untyped_head(status, &format!("content-type: application/json\r\n{headers}"))
}

/// The same without a media type. No connection is used twice: whether its closing comes before the next request would
/// be the network's choice.
pub(crate) fn untyped_head(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n")
}

/// What a server does next. After the last step it closes.
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Sends this again and again, as fast as it is read.
    Forever(Vec<u8>),
    /// Sends this every millisecond.
    Pour(Vec<u8>),
    /// Sends this text repeatedly, at one byte every 20 milliseconds.
    Drip(Vec<u8>),
    /// Sends nothing until the other side closes.
    Hold,
    /// Closes so that the other side sees a reset.
    Reset,
}

#[cfg(test)]
impl Step {
    /// What it sends, once.
    pub(crate) fn sent(self) -> Option<Vec<u8>> {
        match self {
            Self::Send(bytes) | Self::Forever(bytes) | Self::Pour(bytes) | Self::Drip(bytes) => Some(bytes),
            Self::Hold | Self::Reset => None,
        }
    }
}

pub(crate) fn send(octets: impl Into<Vec<u8>>) -> Step {
    Step::Send(octets.into())
}

pub(crate) fn forever(piece: impl AsRef<[u8]>) -> Step {
    let piece = piece.as_ref();
    Step::Forever(piece.repeat((16 * 1024usize).div_ceil(piece.len())))
}
