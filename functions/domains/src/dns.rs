//! Look-ups in the public DNS, through the resolver that the function's host names.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use app::base::ports::{Dns, NoAnswer};
use async_trait::async_trait;
use domain::mailbox::domains::{Answer, RecordType};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{self, Name, RData};
use runtime::environment::setting;

/// A name has so long to answer, whatever is tried.
const LIMIT: Duration = Duration::from_secs(6);
/// One try at it.
const TRY: Duration = Duration::from_secs(2);

/// Asks a resolver for each look-up anew: what was found a moment ago is not what somebody waits for.
pub(crate) struct Resolver {
    // Made at the first look-up, inside the runtime.
    inner: LazyLock<Option<TokioResolver>, Box<dyn FnOnce() -> Option<TokioResolver> + Send + Sync>>,
}

impl Resolver {
    /// The server that `DNS_SERVER` names (`address:port`); where it is not set, that of the host.
    ///
    /// # Panics
    /// Where it is set and names none: to ask another server instead would answer about other records.
    pub(crate) fn from_environment() -> Self {
        let server = setting("DNS_SERVER").map(|server| {
            server.parse().unwrap_or_else(|error| panic!("DNS_SERVER is no address:port: {error}"))
        });
        Self { inner: LazyLock::new(Box::new(move || open(server))) }
    }

    #[cfg(test)]
    fn at(server: SocketAddr) -> Self {
        Self { inner: LazyLock::new(Box::new(move || open(Some(server)))) }
    }
}

fn open(server: Option<SocketAddr>) -> Option<TokioResolver> {
    let (config, mut options) = match server {
        Some(server) => (ResolverConfig::from_name_servers(vec![at(server)]), ResolverOpts::default()),
        None => hickory_resolver::system_conf::read_system_conf().ok()?,
    };
    options.timeout = TRY;
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    // What does not come as a datagram is asked for over TCP.
    options.try_tcp_on_error = true;
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    *builder.options_mut() = options;
    builder.build().ok()
}

fn at(server: SocketAddr) -> NameServerConfig {
    let mut config = NameServerConfig::udp_and_tcp(server.ip());
    for connection in &mut config.connections {
        connection.port = server.port();
    }
    config
}

#[async_trait]
impl Dns for Resolver {
    async fn lookup(&self, name: &str, kind: RecordType) -> Result<Vec<Answer>, NoAnswer> {
        let resolver = self.inner.as_ref().ok_or(NoAnswer)?;
        let mut name = Name::from_ascii(name).map_err(|_| NoAnswer)?;
        // As it stands: nothing of the host's own network is tried behind it.
        name.set_fqdn(true);
        let wanted = match kind {
            RecordType::Txt => rr::RecordType::TXT,
            RecordType::Cname => rr::RecordType::CNAME,
            RecordType::Mx => rr::RecordType::MX,
        };
        match tokio::time::timeout(LIMIT, resolver.lookup(name, wanted)).await {
            Ok(Ok(found)) => {
                let answers = found.answers().iter().filter_map(|record| answer(&record.data, kind));
                Ok(answers.take(MOST_READ).collect())
            }
            Ok(Err(error)) if error.is_no_records_found() => Ok(vec![]),
            Ok(Err(_)) | Err(_) => Err(NoAnswer),
        }
    }
}

/// A record of the wanted type; others, such as the alias that led to it, are none.
fn answer(data: &RData, kind: RecordType) -> Option<Answer> {
    let host = |name: &Name| name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    match (data, kind) {
        (RData::TXT(text), RecordType::Txt) => {
            let bytes: Vec<u8> =
                text.txt_data.iter().flat_map(|part| part.iter()).copied().take(MAX_TEXT).collect();
            Some(Answer { value: String::from_utf8_lossy(&bytes).into_owned(), priority: None })
        }
        (RData::CNAME(alias), RecordType::Cname) => Some(Answer { value: host(&alias.0), priority: None }),
        (RData::MX(mx), RecordType::Mx) => {
            Some(Answer { value: host(&mx.exchange), priority: Some(mx.preference) })
        }
        _ => None,
    }
}

/// So many records of one name are looked through.
const MOST_READ: usize = 20;
/// Of a text so many bytes are read: an SPF record of a dozen senders has a tenth of them.
const MAX_TEXT: usize = 4_096;

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    /// A server that answers each question with what `records` makes of it, byte for byte behind the question.
    fn serve(flags: [u8; 2], count: u8, records: Vec<u8>) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let labels = buffer[12..length].iter().position(|b| *b == 0).unwrap();
                let question = &buffer[12..12 + labels + 5];
                let mut answer = [&buffer[..2], &flags, &[0, 1, 0, count, 0, 0, 0, 0]].concat();
                answer.extend_from_slice(question);
                answer.extend_from_slice(&records);
                let _ = socket.send_to(&answer, from);
            }
        });
        address
    }

    /// A record of the name that was asked for.
    fn record(kind: u8, data: &[u8]) -> Vec<u8> {
        let length = u8::try_from(data.len()).unwrap();
        [&[0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, length], data].concat()
    }

    const FOUND: [u8; 2] = [0x81, 0x80];

    #[tokio::test]
    async fn records_are_read_and_those_of_another_type_passed_over() {
        let text = record(16, b"\x07v=spf1 \x04-all");
        let other = record(1, &[192, 0, 2, 1]);
        let server = serve(FOUND, 2, [text, other].concat());
        let found = Resolver::at(server).lookup("x.example.com", RecordType::Txt).await;
        assert_eq!(found, Ok(vec![Answer { value: "v=spf1 -all".into(), priority: None }]));

        let mx = record(15, b"\x00\x0a\x04MAIL\x07example\x03com\x00");
        let found = Resolver::at(serve(FOUND, 1, mx)).lookup("x.example.com", RecordType::Mx).await;
        assert_eq!(found, Ok(vec![Answer { value: "mail.example.com".into(), priority: Some(10) }]));

        let alias = record(5, b"\x01a\x07example\x03com\x00");
        let found = Resolver::at(serve(FOUND, 1, alias)).lookup("x.example.com", RecordType::Cname).await;
        assert_eq!(found, Ok(vec![Answer { value: "a.example.com".into(), priority: None }]));
    }

    #[tokio::test]
    async fn a_name_that_is_not_there_has_nothing_and_a_server_that_fails_says_nothing() {
        let gone =
            Resolver::at(serve([0x81, 0x83], 0, vec![])).lookup("x.example.com", RecordType::Txt).await;
        assert_eq!(gone, Ok(vec![]));
        let empty = Resolver::at(serve(FOUND, 0, vec![])).lookup("x.example.com", RecordType::Txt).await;
        assert_eq!(empty, Ok(vec![]));
        let failed =
            Resolver::at(serve([0x81, 0x82], 0, vec![])).lookup("x.example.com", RecordType::Txt).await;
        assert_eq!(failed, Err(NoAnswer));
    }

    #[tokio::test]
    async fn however_many_records_there_are_a_few_are_read() {
        let many: Vec<u8> = (0..30).flat_map(|n| record(16, &[2, b'x', b'0' + n])).collect();
        let found = Resolver::at(serve(FOUND, 30, many)).lookup("x.example.com", RecordType::Txt).await;
        assert_eq!(found.unwrap().len(), MOST_READ);
    }
}
