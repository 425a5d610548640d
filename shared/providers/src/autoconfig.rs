//! Which server takes the mail of an address: of large providers it is known; others say it themselves, as Thunderbird asks for it
//! (<https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat>).
//!
//! What is followed is what the domain of the address says over HTTPS, under its own certificate: a password is handed to whom it names.
//! Nothing is asked of anybody else, who would learn whose mailbox is connected.

use std::time::Duration;

use domain::base::address::EmailAddress;
use domain::mailbox::mail_server::{MailServer, Security, is_host};
use http::{HeaderValue, Request, StatusCode};
use hyper::body::Bytes;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::call::Caller;

/// One who is asked has so long.
const LIMIT: Duration = Duration::from_secs(4);

/// Most events of a document that are looked at: those that are known have some hundreds.
const MAX_EVENTS: usize = 4_000;

/// Domains of large providers, and the host and port where they take mail by a password for programs; each as its own help pages say.
#[rustfmt::skip] // a table
const KNOWN: [(&str, &str, u16); 33] = [
    ("gmail.com", "smtp.gmail.com", 465), ("googlemail.com", "smtp.gmail.com", 465),
    ("icloud.com", "smtp.mail.me.com", 587), ("me.com", "smtp.mail.me.com", 587), ("mac.com", "smtp.mail.me.com", 587),
    ("yahoo.com", "smtp.mail.yahoo.com", 465), ("yahoo.co.uk", "smtp.mail.yahoo.com", 465), ("yahoo.de", "smtp.mail.yahoo.com", 465),
    ("yahoo.fr", "smtp.mail.yahoo.com", 465), ("yahoo.it", "smtp.mail.yahoo.com", 465), ("yahoo.es", "smtp.mail.yahoo.com", 465),
    ("ymail.com", "smtp.mail.yahoo.com", 465), ("rocketmail.com", "smtp.mail.yahoo.com", 465), ("aol.com", "smtp.aol.com", 465),
    ("fastmail.com", "smtp.fastmail.com", 465), ("fastmail.fm", "smtp.fastmail.com", 465),
    ("gmx.de", "mail.gmx.net", 465), ("gmx.net", "mail.gmx.net", 465), ("gmx.at", "mail.gmx.net", 465), ("gmx.ch", "mail.gmx.net", 465),
    ("gmx.com", "mail.gmx.com", 465), ("web.de", "smtp.web.de", 587), ("t-online.de", "securesmtp.t-online.de", 465),
    ("mailbox.org", "smtp.mailbox.org", 465), ("posteo.de", "posteo.de", 465), ("posteo.net", "posteo.de", 465),
    ("zoho.com", "smtp.zoho.com", 465), ("zohomail.com", "smtp.zoho.com", 465), ("zoho.eu", "smtp.zoho.eu", 465),
    ("zohomail.eu", "smtp.zoho.eu", 465), ("yandex.com", "smtp.yandex.com", 465), ("yandex.ru", "smtp.yandex.ru", 465),
    ("orange.fr", "smtp.orange.fr", 465),
];

/// The server of an address, where it is known or its domain names one. `username` is the name to be let in by, where somebody gave one.
pub(crate) async fn find(
    caller: &dyn Caller,
    endpoint: Option<&str>,
    address: &EmailAddress,
    username: Option<&str>,
) -> Option<MailServer> {
    let domain = address.domain().to_ascii_lowercase();
    // An address of the network in the place of a name has no mail domain.
    if !is_host(&domain) {
        return None;
    }
    if let Some((_, host, port)) = KNOWN.iter().find(|(known, ..)| *known == domain) {
        let username = username.unwrap_or(address.as_str());
        return MailServer::new(host, *port, Security::of_port(*port), username).ok();
    }
    for (host, path) in [
        (format!("autoconfig.{domain}"), "/mail/config-v1.1.xml"),
        (domain.clone(), "/.well-known/autoconfig/mail/config-v1.1.xml"),
    ] {
        // For a stack on this machine there is one place that stands for all.
        let place = match endpoint {
            Some(endpoint) => format!("{}/autoconfig/{host}{path}", endpoint.trim_end_matches('/')),
            None => format!("https://{host}{path}"),
        };
        let request = Request::get(place).header(http::header::ACCEPT, HeaderValue::from_static("text/xml"));
        let Ok(request) = request.body(Bytes::new()) else { continue };
        if let Ok(answer) = caller.call(request, LIMIT).await
            && answer.status() == StatusCode::OK
            && let Some(server) = read(answer.body(), address, username)
        {
            return Some(server);
        }
    }
    None
}

/// The first server for outgoing mail of a document that is entered by a password under TLS.
fn read(document: &[u8], address: &EmailAddress, username: Option<&str>) -> Option<MailServer> {
    let mut reader = Reader::from_str(std::str::from_utf8(document).ok()?);
    let mut said = Said::default();
    let (mut within, mut field) = (false, None);
    for _ in 0..MAX_EVENTS {
        match reader.read_event().ok()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "outgoingServer" => (within, said) = (is_smtp(&element), Said::default()),
                name if within => field = Said::field(name),
                _ => {}
            },
            Event::Text(text) => {
                if let Some(field) = field {
                    said.note(field, text.trim());
                }
            }
            Event::End(element) => {
                field = None;
                if element.local_name().as_ref() == "outgoingServer"
                    && std::mem::take(&mut within)
                    && let Some(server) = said.server(address, username)
                {
                    return Some(server);
                }
            }
            // Nothing that is needed is written with one.
            Event::GeneralRef(_) if within => return None,
            Event::Eof => return None,
            _ => {}
        }
    }
    None
}

fn is_smtp(element: &BytesStart<'_>) -> bool {
    element.try_get_attribute("type").is_ok_and(|kind| kind.is_some_and(|kind| kind.value == "smtp"))
}

/// What a document says of one server.
#[derive(Default)]
struct Said {
    host: String,
    port: String,
    socket: String,
    username: String,
    /// `password-cleartext` is one under TLS as well. Others are for programs that know them.
    by_password: bool,
}

#[derive(Clone, Copy)]
enum SaidField {
    Host,
    Port,
    Socket,
    Username,
    Authentication,
}

impl Said {
    fn field(name: &str) -> Option<SaidField> {
        match name {
            "hostname" => Some(SaidField::Host),
            "port" => Some(SaidField::Port),
            "socketType" => Some(SaidField::Socket),
            "username" => Some(SaidField::Username),
            "authentication" => Some(SaidField::Authentication),
            _ => None,
        }
    }

    fn note(&mut self, field: SaidField, text: &str) {
        match field {
            SaidField::Host => self.host.push_str(text),
            SaidField::Port => self.port.push_str(text),
            SaidField::Socket => self.socket.push_str(text),
            SaidField::Username => self.username.push_str(text),
            SaidField::Authentication => self.by_password |= matches!(text, "password-cleartext" | "plain"),
        }
    }

    fn server(&self, address: &EmailAddress, username: Option<&str>) -> Option<MailServer> {
        let security = match self.socket.as_str() {
            "SSL" => Security::Tls,
            "STARTTLS" => Security::StartTls,
            _ => return None,
        };
        if !self.by_password {
            return None;
        }
        let (local, domain) = address.as_str().rsplit_once('@')?;
        let put = |text: &str| {
            text.replace("%EMAILADDRESS%", address.as_str())
                .replace("%EMAILLOCALPART%", local)
                .replace("%EMAILDOMAIN%", domain)
        };
        let named = put(&self.username);
        let named = if named.is_empty() { address.as_str() } else { &named };
        MailServer::new(&put(&self.host), self.port.parse().ok()?, security, username.unwrap_or(named)).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::future::BoxFuture;
    use http::Response;

    use super::*;
    use crate::CallFailed;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    fn document(servers: &str) -> String {
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?><clientConfig version="1.1"><emailProvider id="example.com">
            <incomingServer type="imap"><hostname>imap.example.com</hostname><port>993</port><socketType>SSL</socketType>
            <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
            {servers}</emailProvider></clientConfig>"#
        )
    }

    fn outgoing(kind: &str, host: &str, port: &str, socket: &str, username: &str, by: &str) -> String {
        format!(
            r#"<outgoingServer type="{kind}"><hostname>{host}</hostname><port> {port} </port><socketType>{socket}</socketType>
            <username>{username}</username><!-- any --><authentication>{by}</authentication></outgoingServer>"#
        )
    }

    fn read_as(document: &str, username: Option<&str>) -> Option<String> {
        read(document.as_bytes(), &address("ann@example.com"), username).map(|server| server.to_string())
    }

    #[test]
    fn the_first_server_that_takes_a_password_under_tls_is_the_one() {
        let plain = outgoing("smtp", "a.example.com", "25", "plain", "x", "password-cleartext");
        let tokens = outgoing("smtp", "b.example.com", "465", "SSL", "x", "OAuth2");
        let other = outgoing("exchange", "c.example.com", "465", "SSL", "x", "password-cleartext");
        let good = outgoing(
            "smtp",
            "smtp.%EMAILDOMAIN%",
            "587",
            "STARTTLS",
            "%EMAILLOCALPART%",
            "password-cleartext",
        );
        let all = document(&format!("{plain}{tokens}{other}{good}"));
        assert_eq!(read_as(&all, None).unwrap(), "starttls smtp.example.com:587 ann");
        assert_eq!(read_as(&all, Some("office")).unwrap(), "starttls smtp.example.com:587 office");
        let whole = document(&outgoing(
            "smtp",
            "m.example.net",
            "465",
            "SSL",
            "%EMAILADDRESS%",
            "password-cleartext",
        ));
        assert_eq!(read_as(&whole, None).unwrap(), "tls m.example.net:465 ann@example.com");
    }

    #[test]
    fn what_names_no_such_server_names_none() {
        for servers in [
            String::new(),
            outgoing("smtp", "10.0.0.1", "465", "SSL", "", "password-cleartext"),
            outgoing("smtp", "a.example.com", "25", "STARTTLS", "", "password-cleartext"),
            outgoing("smtp", "a.example.com", "many", "SSL", "", "password-cleartext"),
            outgoing("smtp", "", "465", "SSL", "", "password-cleartext"),
            outgoing("smtp", "a.example.com", "465", "SSL", "a&#10;b", "password-cleartext"),
        ] {
            assert_eq!(read_as(&document(&servers), None), None, "{servers}");
        }
        for document in ["", "<html><body>not here", "{}", "\u{0}\u{1}", "<a><b></a>"] {
            assert_eq!(read_as(document, None), None, "{document:?}");
        }
        // Endless elements, an entity that grows: neither is followed.
        assert_eq!(read_as(&"<a>".repeat(20_000), None), None);
        let grows = r#"<!DOCTYPE c [<!ENTITY h "a.example.com">]><c><outgoingServer type="smtp"><hostname>&h;</hostname><port>465</port><socketType>SSL</socketType><authentication>plain</authentication></outgoingServer></c>"#;
        assert_eq!(read_as(grows, None), None);
    }

    /// Answers under these places, and notes where it was called.
    struct Web(Vec<(&'static str, u16, String)>, Mutex<Vec<String>>);

    impl Caller for Web {
        fn call(
            &self,
            request: Request<Bytes>,
            _: Duration,
        ) -> BoxFuture<'_, Result<Response<Bytes>, CallFailed>> {
            let place = request.uri().to_string();
            let known = self.0.iter().find(|(at, ..)| *at == place);
            self.1.lock().unwrap().push(place);
            let answer = known.map(|(_, status, body)| {
                Response::builder().status(*status).body(Bytes::from(body.clone())).unwrap()
            });
            Box::pin(async move { answer.ok_or(CallFailed::NotConnected) })
        }
    }

    #[tokio::test]
    async fn the_domain_itself_is_asked_and_large_providers_are_known() {
        let good = document(&outgoing("smtp", "mx.example.net", "465", "SSL", "", "password-cleartext"));
        let web = Web(
            vec![
                ("https://autoconfig.example.com/mail/config-v1.1.xml", 301, good.clone()),
                ("https://example.com/.well-known/autoconfig/mail/config-v1.1.xml", 200, good),
            ],
            Mutex::default(),
        );
        let found = find(&web, None, &address("ann@example.com"), None).await.unwrap();
        assert_eq!(found.to_string(), "tls mx.example.net:465 ann@example.com");
        assert_eq!(web.1.lock().unwrap().len(), 2);
        assert_eq!(find(&web, None, &address("ann@example.org"), None).await, None);
        web.1.lock().unwrap().clear();
        for inside in ["ann@10.0.0.5", "ann@169.254.169.254"] {
            assert_eq!(find(&web, None, &address(inside), None).await, None);
            assert!(web.1.lock().unwrap().is_empty(), "{inside}");
        }
        for (domain, host, port) in KNOWN {
            let found = find(&web, None, &address(&format!("ann@{domain}")), None).await.unwrap();
            assert_eq!((found.host(), found.port()), (host, port));
        }
        assert!(web.1.lock().unwrap().is_empty());
        let stacked = find(&web, Some("http://127.0.0.1:1/"), &address("ann@example.com"), None).await;
        let asked = web.1.lock().unwrap().clone();
        assert_eq!((stacked, asked.len()), (None, 2));
        assert_eq!(asked[0], "http://127.0.0.1:1/autoconfig/autoconfig.example.com/mail/config-v1.1.xml");
    }
}
