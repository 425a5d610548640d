//! Handing in mail at somebody's own mail server (RFC 6409), with their name and password, and never without TLS (RFC 8314).
//!
//! A mail goes to all of its recipients or to none: where the server refuses one, nothing is handed in. Before its first byte goes, it is
//! certainly not taken; from there on the server's reply to its last line says what became of it, and without one nobody knows.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};
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
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, EXT_8BIT_MIME, EXT_START_TLS, EhloResponse};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Test;
use super::fields::NOT_EXPRESSIBLE;

/// A connection that did not come about for so long does not.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Entering a server and naming the sender takes so long at most, all steps together.
const BEFORE: Duration = Duration::from_secs(12);

/// And so much longer for each recipient: some servers ask others about one before they reply.
const EACH: Duration = Duration::from_millis(400);

/// From the first byte of a mail to the reply to its last so much time may go by. RFC 5321 (section 4.5.3.2) has servers be waited for
/// longer than the dispatcher lives; whoever looks through mail before they take it mostly needs a few seconds.
const TAKING: Duration = Duration::from_secs(20);

/// Somebody waits for what is found out about a server.
const ASK_LIMIT: Duration = Duration::from_secs(12);

/// A farewell is not waited for any longer.
const QUIT_LIMIT: Duration = Duration::from_secs(1);

/// Most bytes that are read of a server: certificates and replies have some thousands.
const MAX_HEARD: usize = 256 * 1024;

/// Where programs hand in mail: the ports that are registered for it, and those that providers have beside them.
const PORTS: [u16; 5] = [465, 587, 2465, 2525, 2587];

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

type Session = SmtpClient<TlsStream<Bounded>>;

/// A connection of which so many bytes are read and no more.
struct Bounded {
    stream: TcpStream,
    left: usize,
}

impl AsyncRead for Bounded {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        match this.left.checked_sub(read) {
            Some(left) => this.left = left,
            None => return Poll::Ready(Err(io::Error::other("the server said too much"))),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Why there is no session with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unable {
    Port,
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
    /// It takes nothing from here.
    Closed,
    /// What it says is not SMTP, or it ended the conversation.
    Broken,
}

impl Unable {
    /// What it means for a mail: none was handed in.
    const fn outcome(self) -> SendOutcome {
        SendOutcome::NotAccepted(match self {
            Unable::Port | Unable::NotPublic | Unable::NotConnected => "not_connected",
            Unable::TimedOut => "timeout",
            Unable::Lost => "connection_lost",
            Unable::Certificate | Unable::NoTls => Trouble::CertificateRefused.as_str(),
            Unable::Tls => "no_tls",
            Unable::Credentials | Unable::NoLogin => Trouble::CredentialsRefused.as_str(),
            Unable::Busy | Unable::Closed => "deferred",
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
            Unable::Port => {
                KeyVerdict::WrongServer("programs hand in mail at port 465, 587, 2465, 2525 or 2587")
            }
            Unable::Closed => KeyVerdict::WrongServer("it takes nothing from here; perhaps not now"),
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
            Unable::NoLogin => KeyVerdict::WrongServer(
                "it does not offer to authenticate with a user name and a password there",
            ),
            Unable::Broken => KeyVerdict::WrongServer("it ended the conversation, or does not speak SMTP"),
        }
    }
}

impl From<Error> for Unable {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(_) => Unable::Lost,
            Error::Timeout => Unable::TimedOut,
            // It asks for something else than a name and a password.
            Error::UnsupportedAuthMechanism | Error::Auth(_) | Error::Base64(_) => Unable::NoLogin,
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

    /// Opens a session: under TLS, and authenticated.
    async fn enter(
        &self,
        server: &MailServer,
        password: &str,
    ) -> Result<(Session, EhloResponse<String>), Unable> {
        let (host, port) = (server.host(), server.port());
        if !self.allow_loopback && !PORTS.contains(&port) {
            return Err(Unable::Port);
        }
        let stream = egress::connect(host, port, self.allow_loopback, CONNECT_LIMIT).await;
        let stream = stream.map_err(|unconnected| match unconnected {
            egress::Unconnected::NotPublic => Unable::NotPublic,
            egress::Unconnected::NotReached => Unable::NotConnected,
        })?;
        let mut plain = SmtpClient { stream: Bounded { stream, left: MAX_HEARD }, timeout: BEFORE };
        let mut session = match server.security() {
            Security::Tls => {
                let mut session = self.encrypt(plain, host).await?;
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
                greeted(&plain.cmd(b"STARTTLS\r\n").await?)?;
                self.encrypt(plain, host).await?
            }
        };
        let mut offers = session.ehlo(HELLO).await?;
        // One way in, and one attempt: mail-send would go on to the next after some replies, and each counts as a failed login there.
        offers.auth_mechanisms = match offers.auth_mechanisms {
            all if all & AUTH_PLAIN != 0 => AUTH_PLAIN,
            all => all & AUTH_LOGIN,
        };
        let credentials = Credentials::new(server.username(), password);
        session.authenticate(&credentials, &offers).await?;
        Ok((session, offers))
    }

    /// Brings a connection under TLS.
    async fn encrypt(&self, plain: SmtpClient<Bounded>, host: &str) -> Result<Session, Unable> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Unable::Tls)?;
        let stream = self.tls.connect(name, plain.stream).await.map_err(|error| {
            // Whoever speaks another language than TLS breaks it off.
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match tls {
                Some(rustls::Error::InvalidCertificate(_)) => Unable::Certificate,
                _ => Unable::Tls,
            }
        })?;
        Ok(SmtpClient { stream, timeout: plain.timeout })
    }

    /// Whether whoever has this password may hand in mail from an address. Nothing is handed in.
    pub(crate) async fn check(&self, server: &MailServer, password: &str, from: &EmailAddress) -> KeyVerdict {
        let asked = async {
            let (mut session, _) = match self.enter(server, password).await {
                Ok(entered) => entered,
                Err(unable) => return unable.verdict(),
            };
            let named = async {
                session.mail_from(from.as_str(), &Parameters::new()).await?;
                // Many say of a sender only then that they don't take it. Nothing is handed in.
                session.rcpt_to(from.as_str(), &Parameters::new()).await
            };
            match named.await {
                Ok(()) => KeyVerdict::Fine,
                Err(Error::UnexpectedReply(reply)) if (500..=599).contains(&reply.code) => {
                    KeyVerdict::WrongSender("this user may not send from this address".to_owned())
                }
                Err(error) => Unable::from(error).verdict(),
            }
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
        let recipients = u32::try_from(letter.to.len()).unwrap_or(u32::MAX);
        let before = before.saturating_add(EACH.saturating_mul(recipients));
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
        match tokio::time::timeout(taken_within, taking).await {
            Ok(Ok(reply)) => {
                let outcome = match reply.code {
                    200..=299 => SendOutcome::Accepted(letter.id.clone()),
                    // It goes away: perhaps one before another, which took it.
                    421 => SendOutcome::Ambiguous("connection_lost"),
                    code @ 400..=599 => refused(code, "refused"),
                    _ => SendOutcome::Ambiguous("broken_answer"),
                };
                let _ = tokio::time::timeout(QUIT_LIMIT, session.quit()).await;
                outcome
            }
            Ok(Err(Error::Io(_))) => SendOutcome::Ambiguous("connection_lost"),
            Ok(Err(_)) => SendOutcome::Ambiguous("broken_answer"),
            Err(_) => SendOutcome::Ambiguous("timeout"),
        }
        // Nothing more is said to it: that would be words of the mail.
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
        let named = session.mail_from(from.as_str(), &parameters).await;
        named.map_err(|error| at_step(error, "sender_refused"))?;
        for address in to {
            let named = session.rcpt_to(address.as_str(), &Parameters::new()).await;
            named.map_err(|error| at_step(error, "recipient_refused"))?;
        }
        let reply = session.cmd(b"DATA\r\n").await.map_err(|error| at_step(error, "refused"))?;
        if reply.code == 354 { Ok(session) } else { Err(refused(reply.code, "refused")) }
    }
}

/// Whether a server lets anybody speak.
fn greeted(reply: &smtp_proto::Response<String>) -> Result<(), Unable> {
    match reply.code {
        200..=299 => Ok(()),
        400..=499 => Err(Unable::Busy),
        _ => Err(Unable::Closed),
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
        // Of a recipient it says that their mailbox is full.
        552 if code != "recipient_refused" => SendOutcome::Refused("too_large".to_owned()),
        500..=599 => SendOutcome::Refused(code.to_owned()),
        400..=499 => SendOutcome::NotAccepted("deferred"),
        _ => SendOutcome::NotAccepted("broken_answer"),
    }
}

/// TLS with the certificates of public authorities, and of one more. One that can't be read is none.
fn connector(root: Option<&str>) -> TlsConnector {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(root) = root {
        let added = STANDARD.decode(root).is_ok_and(|der| roots.add(CertificateDer::from(der)).is_ok());
        if !added {
            tracing::warn!("MAIL_SERVER_ROOT is no certificate of an authority in base 64");
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    #[expect(clippy::expect_used, reason = "the provider has suites for what is asked of it")]
    let config = config.with_safe_default_protocol_versions().expect("versions of TLS that ring speaks");
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests;
