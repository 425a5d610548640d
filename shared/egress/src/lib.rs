//! Where a call may go whose host strangers named, or whose answer names another.
//!
//! The name is resolved by us, every address it leads to must be public, and the connection goes to one of these very
//! addresses: there is no second look-up that could answer otherwise.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service as _;

/// Resolves names, and gives addresses only where all of them are public.
#[derive(Clone)]
pub struct PublicOnly {
    allow_loopback: bool,
}

impl PublicOnly {
    /// `allow_loopback` takes this machine as well, for a stack on it.
    pub fn new(allow_loopback: bool) -> Self {
        Self { allow_loopback }
    }
}

/// Connections to public addresses alone; below TLS, which whoever calls puts on top.
#[derive(Clone)]
pub struct Connector {
    inner: HttpConnector<PublicOnly>,
    allow_loopback: bool,
}

/// Connections that come about within `limit` or not at all. `allow_loopback` takes this machine as well, for a stack on it.
pub fn connector(allow_loopback: bool, limit: Duration) -> Connector {
    let mut inner = HttpConnector::new_with_resolver(PublicOnly::new(allow_loopback));
    inner.enforce_http(false);
    inner.set_connect_timeout(Some(limit));
    Connector { inner, allow_loopback }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        self.inner.poll_ready(cx).map_err(io::Error::other)
    }

    fn call(&mut self, place: Uri) -> Self::Future {
        // An address that stands where a name does never reaches the resolver.
        let literal = place.host().and_then(|host| host.trim_matches(['[', ']']).parse().ok());
        if literal.is_some_and(|ip| !may_be_called(ip, self.allow_loopback)) {
            return Box::pin(std::future::ready(Err(io::Error::other(NotPublic))));
        }
        let call = self.inner.call(place);
        Box::pin(async move { call.await.map_err(io::Error::other) })
    }
}

fn may_be_called(ip: IpAddr, allow_loopback: bool) -> bool {
    is_public(ip) || (allow_loopback && ip.is_loopback())
}

/// Why no connection came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unconnected {
    /// The name leads to an address that is not public.
    NotPublic,
    /// Nothing was reached within the time.
    NotReached,
}

/// Connects to a port of a public host, within `limit` or not at all. `allow_loopback` takes this machine as well, for a stack on it.
pub async fn connect(
    host: &str,
    port: u16,
    allow_loopback: bool,
    limit: Duration,
) -> Result<TcpStream, Unconnected> {
    let place = Uri::builder().scheme("tcp").authority(format!("{host}:{port}")).path_and_query("/");
    let place = place.build().map_err(|_| Unconnected::NotReached)?;
    // The connector's own limit is of the connection alone: looking up the name takes time as well.
    match tokio::time::timeout(limit, connector(allow_loopback, limit).call(place)).await {
        Ok(Ok(stream)) => Ok(stream.into_inner()),
        Ok(Err(error)) if refused_address(&error) => Err(Unconnected::NotPublic),
        Ok(Err(_)) | Err(_) => Err(Unconnected::NotReached),
    }
}

/// A name that leads to an address inside.
#[derive(Debug)]
struct NotPublic;

impl std::fmt::Display for NotPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name leads to an address that is not public")
    }
}

impl std::error::Error for NotPublic {}

/// Whether a call failed because its host leads to an address that is not public.
pub fn refused_address(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if cause.is::<NotPublic>()
            || inner.is_some_and(<dyn std::error::Error + Send + Sync + 'static>::is::<NotPublic>)
        {
            return true;
        }
        source = cause.source();
    }
    false
}

impl tower_service::Service<Name> for PublicOnly {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allow_loopback = self.allow_loopback;
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || !found.iter().all(|address| may_be_called(address.ip(), allow_loopback)) {
                return Err(io::Error::other(NotPublic));
            }
            Ok(found.into_iter())
        })
    }
}

/// Whether an address is a public unicast one: not among the special-purpose registries of IANA
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, and that of IPv6).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => {
            if let Some(v4) = ip.to_ipv4_mapped() {
                return is_public_v4(v4);
            }
            let [a, b, ..] = ip.segments();
            // Only 2000::/3 is global unicast. Of it: no documentation, no Teredo, no 6to4 and no other protocol
            // assignments, each of which can lead to an IPv4 address inside.
            (a & 0xe000) == 0x2000
                && a != 0x2002
                && !(a == 0x2001 && b < 0x0200)
                && !(a == 0x2001 && b == 0x0db8)
                && !(a == 0x3fff && b < 0x1000)
        }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(a == 0
        || a == 10
        || a == 127
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_the_place_of_a_name_is_looked_at_as_well() {
        let limit = Duration::from_millis(200);
        for host in ["127.0.0.1", "10.0.0.5", "169.254.169.254", "[::1]", "[fd00:ec2::254]", "localhost"] {
            let refused = connect(host, 1, false, limit).await.unwrap_err();
            assert_eq!(refused, Unconnected::NotPublic, "{host}");
            let place = Uri::builder().scheme("http").authority(host).path_and_query("/").build().unwrap();
            let error = connector(false, limit).call(place).await.unwrap_err();
            assert!(refused_address(&error), "{host}: {error}");
        }
        assert_eq!(connect("127.0.0.1", 1, true, limit).await.unwrap_err(), Unconnected::NotReached);
    }

    #[test]
    fn nothing_inside_is_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::ffff:10.0.0.1",
            "2002:a9fe:a9fe::1",
            "64:ff9b::a9fe:a9fe",
            "2001:db8::1",
            "2001::1",
            "ff02::1",
            "3fff::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in
            ["1.1.1.1", "52.95.110.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "2001:4860::8888"]
        {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }
}
