//! Handing in mail at somebody's own mail server (RFC 6409), with their name and password, and never without TLS (RFC 8314).
//!
//! A mail goes to all of its recipients or to none: where the server refuses one, nothing is handed in. It is taken with the reply to its
//! last line and not before (RFC 5321, section 4.2.5), so that whatever breaks earlier has certainly not taken it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::base::ports::{KeyVerdict, SendOutcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use domain::base::address::EmailAddress;
use domain::gate::seal::Sealed;
use domain::mailbox::account::Trouble;
use domain::mailbox::mail_server::{MailServer, Security};
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;
use mail_send::smtp::message::Parameters;
use mail_send::{Credentials, Error, SmtpClient};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use smtp_proto::{EXT_8BIT_MIME, EXT_START_TLS, EhloResponse};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Test;
use super::fields::NOT_EXPRESSIBLE;

/// A connection that did not come about for so long does not.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Entering a server and naming sender and recipients takes so long at most, all steps together.
const BEFORE: Duration = Duration::from_secs(15);

/// From the first byte of a mail to the reply to its last so much time may go by. RFC 5321 (section 4.5.3.2) has servers be waited for
/// longer than the dispatcher lives; whoever looks through mail before they take it mostly needs a few seconds.
const TAKING: Duration = Duration::from_secs(25);

/// Somebody waits for what is found out about a server.
const ASK_LIMIT: Duration = Duration::from_secs(12);

/// A farewell is not waited for any longer.
const QUIT_LIMIT: Duration = Duration::from_secs(1);

/// Most bytes of a mail: what large providers take. A server that takes less says so.
const MAX_SIZE: usize = 25 * 1024 * 1024;

/// What is said in the place of our own name: nothing has one that runs where functions do (RFC 5321, section 4.1.3).
const HELLO: &str = "[127.0.0.1]";

/// What a server can be given.
pub(crate) fn check(mime: &[u8]) -> Result<(), &'static str> {
    if mime.len() > MAX_SIZE {
        return Err("too_large");
    }
    // A server could see an end of the mail in a line that is ended by half (RFC 5321, section 2.3.8).
    let ends_well = |pair: &[u8]| (pair[0] == b'\r') == (pair[1] == b'\n');
    let first = mime.first().is_some_and(|byte| *byte != b'\n');
    if first && mime.ends_with(b"\r\n") && mime.windows(2).all(ends_well) {
        Ok(())
    } else {
        Err(NOT_EXPRESSIBLE)
    }
}

/// A mail as it is handed in.
pub(crate) struct Letter<'a> {
    from: &'a EmailAddress,
    to: Vec<&'a EmailAddress>,
    mime: &'a [u8],
    /// What stands in its `Message-ID`, without the angle brackets: the same for the same mail, so that it can be found.
    id: String,
}

impl<'a> Letter<'a> {
    /// A mail that was approved.
    pub(crate) fn of_sealed(sealed: &'a Sealed) -> Self {
        let envelope = sealed.envelope();
        let id =
            format!("{}.{}@{}", envelope.message_id, &sealed.digest().hex()[..16], envelope.from.domain());
        Self { from: &envelope.from, to: envelope.recipients().collect(), mime: sealed.mime(), id }
    }

    /// A mail by which somebody tries their password.
    pub(crate) fn of_test(mail: Test<'a>, mime: &'a [u8]) -> Self {
        let id = format!("test.{}@{}", mail.at.as_microsecond(), mail.from.domain());
        Self { from: mail.from, to: vec![mail.to], mime, id }
    }

    /// The bytes: what was approved, behind the two fields that a mail has from whoever sends it. Servers write them where they are missing,
    /// but not all of them do.
    fn bytes(&self, now: Timestamp) -> Option<Vec<u8>> {
        let date = DateTimePrinter::new().zoned_to_string(&now.to_zoned(TimeZone::UTC)).ok()?;
        let mut bytes = format!("Date: {date}\r\nMessage-ID: <{}>\r\n", self.id).into_bytes();
        // The end of the last line belongs to the end of the mail.
        bytes.extend_from_slice(self.mime.strip_suffix(b"\r\n").unwrap_or(self.mime));
        Some(bytes)
    }
}

/// Mail servers.
pub(crate) struct Servers {
    /// Made at its first use: most mail leaves otherwise.
    tls: LazyLock<TlsConnector, Box<dyn FnOnce() -> TlsConnector + Send>>,
    allow_loopback: bool,
    /// [`BEFORE`] and [`TAKING`], but in tests.
    limits: (Duration, Duration),
}

type Session = SmtpClient<TlsStream<TcpStream>>;

/// Why a server is not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unable {
    NotPublic,
    NotConnected,
    TimedOut,
    Lost,
    Certificate,
    Tls,
    NoTls,
    NoLogin,
    Credentials,
    /// It asks to come back later.
    Busy,
    /// What it says is not SMTP, or is a no that means nothing here.
    Broken,
}

impl Unable {
    /// What it means for a mail: none was handed in.
    const fn outcome(self) -> SendOutcome {
        SendOutcome::NotAccepted(match self {
            Unable::NotPublic | Unable::NotConnected => "not_connected",
            Unable::TimedOut => "timeout",
            Unable::Lost => "connection_lost",
            Unable::Certificate => Trouble::CertificateRefused.as_str(),
            Unable::Tls | Unable::NoTls => "no_tls",
            Unable::NoLogin => "no_login",
            Unable::Credentials => Trouble::CredentialsRefused.as_str(),
            Unable::Busy => "deferred",
            Unable::Broken => "broken_answer",
        })
    }

    /// What it means for whoever connects an account.
    const fn verdict(self) -> KeyVerdict {
        match self {
            Unable::Credentials => KeyVerdict::Refused,
            Unable::Busy => KeyVerdict::Unreachable("deferred"),
            Unable::Lost => KeyVerdict::Unreachable("connection_lost"),
            Unable::TimedOut => KeyVerdict::WrongServer(
                "it did not answer in time; is the port one for mail, and `security` the one of that port?",
            ),
            Unable::NotPublic => KeyVerdict::WrongServer("its address is not a public one"),
            Unable::NotConnected => {
                KeyVerdict::WrongServer("nothing answers there; are host and port right?")
            }
            Unable::Certificate => KeyVerdict::WrongServer(
                "its certificate is not one of a public authority for this name that is valid now",
            ),
            Unable::Tls => KeyVerdict::WrongServer(
                "it does not speak TLS there; port 465 begins with `tls`, 587 with `starttls`",
            ),
            Unable::NoTls => {
                KeyVerdict::WrongServer("it does not offer STARTTLS, and no password goes without TLS")
            }
            Unable::NoLogin => KeyVerdict::WrongServer("it lets nobody in by a name and a password there"),
            Unable::Broken => {
                KeyVerdict::WrongServer("what answers there is no mail server, or takes no mail")
            }
        }
    }
}

impl From<Error> for Unable {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(_) => Unable::Lost,
            Error::Timeout => Unable::TimedOut,
            Error::Tls(error) => match *error {
                rustls::Error::InvalidCertificate(_) => Unable::Certificate,
                _ => Unable::Tls,
            },
            Error::MissingStartTls => Unable::NoTls,
            Error::UnsupportedAuthMechanism => Unable::NoLogin,
            Error::AuthenticationFailed(reply) => match reply.code {
                400..=499 => Unable::Busy,
                // It does not know what it offered (RFC 5321, section 4.2.1).
                500..=504 => Unable::NoLogin,
                _ => Unable::Credentials,
            },
            Error::UnexpectedReply(reply) if (400..=499).contains(&reply.code) => Unable::Busy,
            _ => Unable::Broken,
        }
    }
}

impl Servers {
    /// Public servers, with certificates of public authorities, and of `root`, a certificate in DER and base 64. `allow_loopback` takes
    /// this machine as well, for a stack on it.
    pub(crate) fn new(allow_loopback: bool, root: Option<String>) -> Self {
        let tls =
            LazyLock::new(Box::new(move || connector(root.as_deref())) as Box<dyn FnOnce() -> _ + Send>);
        Self { tls, allow_loopback, limits: (BEFORE, TAKING) }
    }

    /// Opens a session: under TLS, and let in.
    async fn enter(
        &self,
        server: &MailServer,
        password: &str,
    ) -> Result<(Session, EhloResponse<String>), Unable> {
        let (host, port) = (server.host(), server.port());
        let stream = egress::connect(host, port, self.allow_loopback, CONNECT_LIMIT).await;
        let stream = stream.map_err(|unconnected| match unconnected {
            egress::Unconnected::NotPublic => Unable::NotPublic,
            egress::Unconnected::NotReached => Unable::NotConnected,
        })?;
        let mut plain = SmtpClient { stream, timeout: BEFORE };
        let mut session = match server.security() {
            Security::Tls => {
                let mut session = plain.into_tls(&self.tls, host).await.map_err(of_handshake)?;
                greeted(&session.read().await?)?;
                session
            }
            Security::StartTls => {
                greeted(&plain.read().await?)?;
                let offers = plain.ehlo(HELLO).await?;
                if offers.capabilities & EXT_START_TLS == 0 {
                    return Err(Unable::NoTls);
                }
                // What came behind the reply to it, before TLS, is dropped: nobody may speak for the server there (RFC 3207, section 6).
                plain.start_tls(&self.tls, host).await.map_err(of_handshake)?
            }
        };
        let offers = session.ehlo(HELLO).await?;
        let credentials = Credentials::new(server.username(), password);
        session.authenticate(&credentials, &offers).await?;
        Ok((session, offers))
    }

    /// Whether whoever has this password may hand in mail from an address. Nothing is handed in.
    pub(crate) async fn check(&self, server: &MailServer, password: &str, from: &EmailAddress) -> KeyVerdict {
        let asked = async {
            let (mut session, _) = match self.enter(server, password).await {
                Ok(entered) => entered,
                Err(unable) => return unable.verdict(),
            };
            let named = session.mail_from(from.as_str(), &Parameters::new()).await;
            let verdict = match named {
                Ok(()) => KeyVerdict::Fine,
                Err(Error::UnexpectedReply(reply)) if (500..=599).contains(&reply.code) => {
                    KeyVerdict::WrongSender(
                        "it takes no mail from this address from whom this name lets in".to_owned(),
                    )
                }
                Err(error) => Unable::from(error).verdict(),
            };
            leave(session).await;
            verdict
        };
        tokio::time::timeout(ASK_LIMIT, asked).await.unwrap_or(Unable::TimedOut.verdict())
    }

    /// Hands in a mail once.
    pub(crate) async fn send(
        &self,
        server: &MailServer,
        password: &str,
        letter: &Letter<'_>,
        now: Timestamp,
    ) -> SendOutcome {
        if let Err(code) = check(letter.mime) {
            return SendOutcome::Refused(code.to_owned());
        }
        let Some(bytes) = letter.bytes(now) else {
            return SendOutcome::Refused("not_constructed".to_owned());
        };
        let (before, taken_within) = self.limits;
        let opened = tokio::time::timeout(before, self.open(server, password, letter)).await;
        let mut session = match opened {
            Ok(Ok(session)) => session,
            Ok(Err(outcome)) => return outcome,
            Err(_) => return Unable::TimedOut.outcome(),
        };
        let taking = async {
            session.write_message(&bytes).await?;
            session.read().await
        };
        let outcome = match tokio::time::timeout(taken_within, taking).await {
            Ok(Ok(reply)) => match reply.code {
                200..=299 => SendOutcome::Accepted(letter.id.clone()),
                300..=399 => SendOutcome::Ambiguous("broken_answer"),
                code => refused(code, "refused"),
            },
            Ok(Err(Error::Io(_))) => SendOutcome::Ambiguous("connection_lost"),
            Ok(Err(_)) => SendOutcome::Ambiguous("broken_answer"),
            Err(_) => SendOutcome::Ambiguous("timeout"),
        };
        leave(session).await;
        outcome
    }

    /// All that is said before the first byte of a mail.
    async fn open(
        &self,
        server: &MailServer,
        password: &str,
        letter: &Letter<'_>,
    ) -> Result<Session, SendOutcome> {
        let (mut session, offers) = self.enter(server, password).await.map_err(Unable::outcome)?;
        let Letter { from, to, mime, .. } = letter;
        let steps = async {
            if (1..mime.len()).contains(&offers.size) {
                return Err(SendOutcome::Refused("too_large".to_owned()));
            }
            let mut parameters = Parameters::new();
            if !mime.is_ascii() {
                if offers.capabilities & EXT_8BIT_MIME == 0 {
                    return Err(SendOutcome::Refused(NOT_EXPRESSIBLE.to_owned()));
                }
                parameters.add("BODY=8BITMIME");
            }
            session
                .mail_from(from.as_str(), &parameters)
                .await
                .map_err(|error| at_step(error, "sender_refused"))?;
            for address in to {
                let named = session.rcpt_to(address.as_str(), &Parameters::new()).await;
                named.map_err(|error| at_step(error, "recipient_refused"))?;
            }
            let reply = session.cmd(b"DATA\r\n").await.map_err(|error| at_step(error, "refused"))?;
            if reply.code == 354 { Ok(()) } else { Err(refused(reply.code, "refused")) }
        };
        match steps.await {
            Ok(()) => Ok(session),
            Err(outcome) => {
                leave(session).await;
                Err(outcome)
            }
        }
    }
}

/// What a handshake that failed says: whoever speaks another language than TLS breaks it off.
fn of_handshake(error: Error) -> Unable {
    match Unable::from(error) {
        Unable::Lost => Unable::Tls,
        other => other,
    }
}

/// Whether a server lets anybody speak.
fn greeted(reply: &smtp_proto::Response<String>) -> Result<(), Unable> {
    match reply.code {
        200..=299 => Ok(()),
        400..=499 => Err(Unable::Busy),
        _ => Err(Unable::Broken),
    }
}

/// What a step before the mail itself that failed means for it.
fn at_step(error: Error, code: &str) -> SendOutcome {
    match error {
        Error::UnexpectedReply(reply) => refused(reply.code, code),
        other => Unable::from(other).outcome(),
    }
}

/// What a reply means that is a no (RFC 5321, section 4.2.1). Of its words nothing is kept: they may name people.
fn refused(reply: u16, code: &str) -> SendOutcome {
    match reply {
        530 | 534 | 535 | 538 => SendOutcome::NotAccepted(Trouble::CredentialsRefused.as_str()),
        552 => SendOutcome::Refused("too_large".to_owned()),
        500..=599 => SendOutcome::Refused(code.to_owned()),
        400..=499 => SendOutcome::NotAccepted("deferred"),
        _ => SendOutcome::NotAccepted("broken_answer"),
    }
}

/// Ends a session. Whether the server hears it is of no matter.
async fn leave(session: Session) {
    let _ = tokio::time::timeout(QUIT_LIMIT, session.quit()).await;
}

/// TLS with the certificates of public authorities, and of one more. One that can't be read is none.
fn connector(root: Option<&str>) -> TlsConnector {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(der) = root.and_then(|root| STANDARD.decode(root).ok())
        && roots.add(CertificateDer::from(der)).is_err()
    {
        tracing::warn!("MAIL_SERVER_ROOT is no certificate of an authority");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    #[expect(clippy::expect_used, reason = "the provider has suites for what is asked of it")]
    let config = config.with_safe_default_protocol_versions().expect("versions of TLS that ring speaks");
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests;
