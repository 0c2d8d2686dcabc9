//! The sockets: both loopback addresses, one port.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::{BindError, LoopbackHost};

/// Attempts to find a port that is free on both addresses.
const ATTEMPTS: usize = 16;

/// Binds the first of `ports` that is free on both addresses, or on the one that the host has. Port 0 is one that the
/// system chooses.
pub(crate) fn bind(ports: &[u16], host: LoopbackHost) -> Result<(u16, Vec<TcpListener>), BindError> {
    let mut failure = None;
    for port in ports {
        // A port that the system chose for the one address may be in use on the other.
        for _ in 0..if *port == 0 { ATTEMPTS } else { 1 } {
            match bind_both(*port, host) {
                Ok(bound) => return Ok(bound),
                Err(error) => failure = Some(error),
            }
        }
    }
    let error = failure.unwrap_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no port is given"));
    Err(BindError { ports: ports.to_vec(), error })
}

fn bind_both(port: u16, host: LoopbackHost) -> io::Result<(u16, Vec<TcpListener>)> {
    let [first, second]: [IpAddr; 2] = match host {
        LoopbackHost::Ipv6 => [Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()],
        _ => [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
    };
    let listener = TcpListener::bind(SocketAddr::new(first, port))?;
    let port = listener.local_addr()?.port();
    match TcpListener::bind(SocketAddr::new(second, port)) {
        Ok(other) => Ok((port, vec![listener, other])),
        // Another program there would get the callback of a browser that prefers that address. (On Windows a port that is
        // held exclusively is one that may not be used.)
        Err(error) if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => Err(error),
        // This machine does not have the address, so no browser uses it.
        Err(_) => Ok((port, vec![listener])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn na_04_a_port_is_bound_on_loopback_and_nowhere_else() {
        for host in LoopbackHost::ALL {
            let (port, listeners) = bind(&[0], host).unwrap();
            assert!(port != 0 && !listeners.is_empty());
            for listener in &listeners {
                let address = listener.local_addr().unwrap();
                assert!(address.ip().is_loopback() && address.port() == port, "{address}");
            }
        }
    }

    #[test]
    fn the_next_port_of_a_list_is_taken_when_one_is_in_use() {
        let (taken, _held) = bind(&[0], LoopbackHost::Ipv4).unwrap();
        let free = bind(&[0], LoopbackHost::Ipv4).unwrap().0;
        assert_eq!(bind(&[taken, free], LoopbackHost::Ipv4).unwrap().0, free);
        let error = bind(&[taken], LoopbackHost::Localhost).unwrap_err();
        assert_eq!((error.ports(), error.code()), (&[taken][..], "native_bind"));
        assert!(error.to_string().contains(&taken.to_string()), "{error}");
        let error = bind(&[], LoopbackHost::Ipv4).unwrap_err();
        assert!(error.to_string().contains("no port is given"), "{error}");
    }

    #[test]
    fn a_port_in_use_on_the_other_address_is_not_shared_with_its_owner() {
        // Without IPv6 there is no other address.
        let Ok(other) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else { return };
        let port = other.local_addr().unwrap().port();
        assert!(bind(&[port], LoopbackHost::Ipv4).is_err());
    }
}
