/// The host in a loopback redirect URI. The receiver is bound to the addresses of IPv4 and IPv6 loopback whichever is
/// chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoopbackHost {
    /// `127.0.0.1`, which RFC 8252 section 8.3 prefers to the name.
    #[default]
    Ipv4,
    /// `[::1]`. A machine without IPv6 cannot use it.
    Ipv6,
    /// `localhost`, for a server that lets the port vary for the name only, as Entra does, or at which only the name is
    /// registered. The browser resolves the name, which may lead elsewhere on a misconfigured machine.
    Localhost,
}

impl LoopbackHost {
    pub(crate) const ALL: [Self; 3] = [Self::Ipv4, Self::Ipv6, Self::Localhost];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "127.0.0.1",
            Self::Ipv6 => "[::1]",
            Self::Localhost => "localhost",
        }
    }
}
