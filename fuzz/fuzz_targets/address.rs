#![no_main]
//! A host that the address policy takes for public. As `url` reads it, by the rules of browsers, it is a name with a dot or
//! an address of the public internet, whichever form it is written in.
use http::Uri;
use proofkey_fuzz::tells_none;
use proofkey_mcp::AddressPolicy;
use url::{Host, Url};

proofkey_fuzz::target!(|input: &str| {
    let text = format!("https://{input}");
    let Ok(uri) = text.parse::<Uri>() else { return };
    if AddressPolicy::public().check(&uri).map_err(|error| tells_none(&error, &[])).is_err() {
        return;
    }
    // Nothing is sent to what the client cannot read.
    let Ok(url) = Url::parse(&text) else { return };
    assert!(url.username().is_empty() && url.password().is_none(), "{text}");
    match url.host().expect("a host") {
        Host::Domain(name) => {
            let (_, last) = name.trim_end_matches('.').rsplit_once('.').expect("a name with a dot");
            assert!(!["localhost", "local", "internal"].contains(&last), "{text}");
        }
        Host::Ipv4(ip) => assert!(!ip.is_private() && !ip.is_loopback() && !ip.is_link_local(), "{text}"),
        Host::Ipv6(ip) => assert!(ip.to_ipv4().is_none() && ip.segments()[0] >> 13 == 1, "{text}"),
    }
});
