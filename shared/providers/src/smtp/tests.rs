use std::sync::Mutex;

use domain::gate::seal::Envelope;
use domain::mailbox::account::Transport;
use domain::{MessageId, OrganizationId};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

const PASSWORD: &str = "pass word";

/// The reply that is none: the connection ends, or stays and nothing comes.
const CLOSE: &str = "close";
const HANG: &str = "hang";

/// What a server has a certificate of.
#[derive(Clone, Copy, PartialEq)]
enum Certificate {
    Good,
    Ended,
    OtherName,
    Stranger,
}

/// A server that says what it is told to; each step has a reply of its own where one is given.
struct Script {
    server: MailServer,
    root: String,
    heard: Arc<Mutex<Vec<String>>>,
    mails: Arc<Mutex<Vec<Vec<u8>>>>,
}

fn reply_to(verb: &str, encrypted: bool, replies: &'static [(&'static str, &'static str)]) -> String {
    if let Some((_, reply)) = replies.iter().find(|(step, _)| *step == verb) {
        return (*reply).to_owned();
    }
    match verb {
        "EHLO" if encrypted => {
            "250-localhost\r\n250-AUTH LOGIN PLAIN\r\n250-8BITMIME\r\n250 SIZE 100000".to_owned()
        }
        "EHLO" => "250-localhost\r\n250 STARTTLS".to_owned(),
        "hello" | "STARTTLS" => "220 ready".to_owned(),
        "AUTH" => "235 2.7.0 come in".to_owned(),
        "DATA" => "354 go ahead".to_owned(),
        "QUIT" => "221 bye".to_owned(),
        _ => "250 2.0.0 fine".to_owned(),
    }
}

/// One conversation. Gives the stream back where TLS is to begin.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    encrypted: bool,
    greets: bool,
    replies: &'static [(&'static str, &'static str)],
    heard: &Mutex<Vec<String>>,
    mails: &Mutex<Vec<Vec<u8>>>,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let mut step = if greets { Some("hello".to_owned()) } else { None };
    loop {
        if let Some(verb) = step.take() {
            let reply = reply_to(&verb, encrypted, replies);
            match reply.as_str() {
                CLOSE => return None,
                HANG => std::future::pending().await,
                reply => {
                    stream.write_all(reply.as_bytes()).await.ok()?;
                    stream.write_all(b"\r\n").await.ok()?;
                    stream.flush().await.ok()?;
                }
            }
            if verb == "STARTTLS" {
                return Some(stream.into_inner());
            }
            if verb == "DATA" && reply.starts_with("354") {
                let mut mail = vec![];
                while !mail.ends_with(b"\r\n.\r\n") {
                    if stream.read_until(b'\n', &mut mail).await.ok()? == 0 {
                        return None;
                    }
                }
                mails.lock().unwrap().push(mail);
                step = Some("taken".to_owned());
                continue;
            }
        }
        let mut line = vec![];
        if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        step = Some(line.split(' ').next().unwrap_or_default().to_ascii_uppercase());
        heard.lock().unwrap().push(line);
    }
}

impl Script {
    async fn start(
        security: Security,
        certificate: Certificate,
        replies: &'static [(&'static str, &'static str)],
    ) -> Self {
        let (acceptor, root) = identity(certificate);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, mails) = (Arc::new(Mutex::default()), Arc::new(Mutex::default()));
        let (hears, takes) = (Arc::clone(&heard), Arc::clone(&mails));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let encrypted = match security {
                    Security::Tls => acceptor.accept(stream).await,
                    Security::StartTls => match talk(stream, false, true, replies, &hears, &takes).await {
                        Some(stream) => acceptor.accept(stream).await,
                        None => continue,
                    },
                };
                if let Ok(stream) = encrypted {
                    let greets = security == Security::Tls;
                    talk(stream, true, greets, replies, &hears, &takes).await;
                }
            }
        });
        let server = MailServer::new("localhost", port, security, "ann").unwrap();
        Self { server, root, heard, mails }
    }

    fn servers(&self) -> Servers {
        let limits = (Duration::from_millis(1_500), Duration::from_millis(1_500));
        Servers { limits, ..Servers::new(true, Some(self.root.clone())) }
    }

    async fn send(&self, sealed: &Sealed) -> SendOutcome {
        self.servers().send(&self.server, PASSWORD, &Letter::of_sealed(sealed), Timestamp::UNIX_EPOCH).await
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn mails(&self) -> Vec<Vec<u8>> {
        self.mails.lock().unwrap().clone()
    }
}

/// What a server shows, and the authority that it is trusted by.
fn identity(certificate: Certificate) -> (TlsAcceptor, String) {
    let authority = || {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (trusted, stranger) = (authority(), authority());
    let name = if certificate == Certificate::OtherName { "other.example" } else { "localhost" };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if certificate == Certificate::Ended {
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let issuer = if certificate == Certificate::Stranger { &stranger } else { &trusted };
    let signed = params.signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), STANDARD.encode(trusted.der()))
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn sealed_of(mime: &[u8]) -> Sealed {
    let envelope = Envelope {
        organization_id: OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]),
        message_id: MessageId::new(Timestamp::UNIX_EPOCH, [2; 10]),
        transport: Transport::Ses,
        from: address("ann@example.com"),
        to: vec![address("bob@example.org")],
        cc: vec![],
        bcc: vec![address("eve@example.net")],
        send_at: None,
    };
    Sealed::new(envelope, mime)
}

const MIME: &[u8] = b"From: ann@example.com\r\nSubject: Dots\r\n\r\n.\r\n..two\r\nend\r\n";

fn sealed() -> Sealed {
    sealed_of(MIME)
}

fn refused_as(code: &str) -> SendOutcome {
    SendOutcome::Refused(code.to_owned())
}

#[tokio::test]
async fn a_mail_is_handed_in_as_it_was_approved_behind_a_date_and_an_id() {
    for security in [Security::Tls, Security::StartTls] {
        let script = Script::start(security, Certificate::Good, &[]).await;
        let mail = sealed();
        let SendOutcome::Accepted(id) = script.send(&mail).await else { panic!("{:?}", script.heard()) };
        let envelope = mail.envelope();
        assert_eq!(id, format!("{}.{}@example.com", envelope.message_id, &mail.digest().hex()[..16]));
        let heard = script.heard();
        let credentials = STANDARD.encode(format!("\0ann\0{PASSWORD}"));
        let said = [
            &format!("AUTH PLAIN {credentials}"),
            "MAIL FROM:<ann@example.com>",
            "RCPT TO:<bob@example.org>",
            "RCPT TO:<eve@example.net>",
            "DATA",
        ];
        let first = heard.iter().position(|line| line.starts_with("AUTH")).unwrap();
        assert_eq!(heard[first..first + 5], said);
        let head = format!("Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <{id}>\r\n");
        let taken = script.mails();
        // A dot at the beginning of a line has another before it on the way (RFC 5321, section 4.5.2).
        let body = "From: ann@example.com\r\nSubject: Dots\r\n\r\n..\r\n...two\r\nend\r\n.\r\n";
        assert_eq!(String::from_utf8(taken[0].clone()).unwrap(), format!("{head}{body}"));
        assert_eq!(taken.len(), 1);
    }
}

#[tokio::test]
async fn a_reply_says_what_became_of_a_mail() {
    use SendOutcome::{Accepted, Ambiguous, NotAccepted};
    type Replies = &'static [(&'static str, &'static str)];
    let cases: [(Replies, SendOutcome, usize); 34] = [
        (&[("hello", "554 no")], NotAccepted("deferred"), 0),
        (&[("hello", "421 later")], NotAccepted("deferred"), 0),
        (&[("hello", "HTTP/1.1 400 Bad Request")], NotAccepted("broken_answer"), 0),
        (&[("hello", CLOSE)], NotAccepted("connection_lost"), 0),
        (&[("hello", HANG)], NotAccepted("timeout"), 0),
        (&[("EHLO", "250-localhost\r\n250 8BITMIME")], NotAccepted("credentials_refused"), 0),
        (&[("EHLO", "250-localhost\r\n250-AUTH PLAIN\r\n250 SIZE 20")], refused_as("too_large"), 0),
        (&[("AUTH", "535 5.7.8 no")], NotAccepted("credentials_refused"), 0),
        (&[("AUTH", "534 5.7.9 an app password")], NotAccepted("credentials_refused"), 0),
        (&[("EHLO", "250-localhost\r\n250 AUTH CRAM-MD5 DIGEST-MD5")], NotAccepted("credentials_refused"), 0),
        (&[("AUTH", "454 later")], NotAccepted("deferred"), 0),
        (&[("AUTH", CLOSE)], NotAccepted("connection_lost"), 0),
        (&[("MAIL", "550 5.7.1 not yours")], refused_as("sender_refused"), 0),
        (&[("MAIL", "530 5.7.0 log in")], NotAccepted("credentials_refused"), 0),
        (&[("MAIL", "451 later")], NotAccepted("deferred"), 0),
        (&[("RCPT", "550 nobody")], refused_as("recipient_refused"), 0),
        (&[("RCPT", "552 full")], refused_as("recipient_refused"), 0),
        (&[("RCPT", "450 grey")], NotAccepted("deferred"), 0),
        (&[("RCPT", HANG)], NotAccepted("timeout"), 0),
        (&[("RCPT", "what")], NotAccepted("broken_answer"), 0),
        (&[("DATA", "554 no")], refused_as("refused"), 0),
        (&[("DATA", "250 fine")], NotAccepted("broken_answer"), 0),
        (&[("DATA", CLOSE)], NotAccepted("connection_lost"), 0),
        // From here the server has every byte.
        (&[("taken", "250 2.0.0 queued as 1")], Accepted(String::new()), 1),
        (&[("taken", "251 will forward")], Accepted(String::new()), 1),
        (&[("taken", "451 later")], NotAccepted("deferred"), 1),
        (&[("taken", "552 too much")], refused_as("too_large"), 1),
        (&[("taken", "554 spam")], refused_as("refused"), 1),
        (&[("taken", "421 going away")], Ambiguous("connection_lost"), 1),
        (&[("taken", "650 ok")], Ambiguous("broken_answer"), 1),
        (&[("taken", "354 go on")], Ambiguous("broken_answer"), 1),
        (&[("taken", "fine, thank you")], Ambiguous("broken_answer"), 1),
        (&[("taken", CLOSE)], Ambiguous("connection_lost"), 1),
        (&[("taken", HANG)], Ambiguous("timeout"), 1),
    ];
    for (replies, expected, taken) in cases {
        let script = Script::start(Security::Tls, Certificate::Good, replies).await;
        let outcome = match script.send(&sealed()).await {
            Accepted(_) => Accepted(String::new()),
            other => other,
        };
        assert_eq!(outcome, expected, "{replies:?}: {:?}", script.heard());
        assert_eq!(script.mails().len(), taken, "{replies:?}");
    }
}

#[tokio::test]
async fn one_recipient_who_is_refused_keeps_the_mail_from_all() {
    let script = Script::start(Security::StartTls, Certificate::Good, &[("RCPT", "550 nobody")]).await;
    assert_eq!(script.send(&sealed()).await, refused_as("recipient_refused"));
    assert!(!script.heard().contains(&"DATA".to_owned()));
    assert!(script.mails().is_empty());
}

#[tokio::test]
async fn a_password_goes_to_nobody_but_the_server_under_tls() {
    let cases = [
        (Security::Tls, Certificate::Ended, "certificate_refused"),
        (Security::StartTls, Certificate::Ended, "certificate_refused"),
        (Security::Tls, Certificate::OtherName, "certificate_refused"),
        (Security::StartTls, Certificate::OtherName, "certificate_refused"),
        (Security::Tls, Certificate::Stranger, "certificate_refused"),
    ];
    for (security, certificate, code) in cases {
        let script = Script::start(security, certificate, &[]).await;
        assert_eq!(script.send(&sealed()).await, SendOutcome::NotAccepted(code));
        assert!(!script.heard().iter().any(|line| line.starts_with("AUTH")), "{:?}", script.heard());
    }
    // One that takes the offer of STARTTLS away, and one that says no to it.
    for replies in [&[("EHLO", "250-localhost\r\n250 AUTH PLAIN")][..], &[("STARTTLS", "454 not now")]] {
        let script = Script::start(Security::StartTls, Certificate::Good, replies).await;
        let outcome = script.send(&sealed()).await;
        assert!(matches!(outcome, SendOutcome::NotAccepted(_)), "{replies:?}: {outcome:?}");
        assert!(
            !script.heard().iter().any(|line| line.starts_with("AUTH")),
            "{replies:?}: {:?}",
            script.heard()
        );
    }
    // A server that does not begin with TLS is told nothing where it should.
    let script = Script::start(Security::StartTls, Certificate::Good, &[]).await;
    let server = MailServer::new("localhost", script.server.port(), Security::Tls, "ann").unwrap();
    let letter = sealed();
    let outcome =
        script.servers().send(&server, PASSWORD, &Letter::of_sealed(&letter), Timestamp::UNIX_EPOCH).await;
    assert_eq!(outcome, SendOutcome::NotAccepted("no_tls"));
}

#[tokio::test]
async fn what_is_said_before_tls_counts_for_nothing_within_it() {
    // A second reply behind the one to STARTTLS would be taken for one to what follows.
    const REPLIES: &[(&str, &str)] = &[("STARTTLS", "220 ready\r\n250 AUTH PLAIN"), ("AUTH", "535 no")];
    let script = Script::start(Security::StartTls, Certificate::Good, REPLIES).await;
    let outcome = script.send(&sealed()).await;
    // It is dropped, or breaks the handshake, as it comes along.
    let fine = ["credentials_refused", "no_tls"].map(SendOutcome::NotAccepted);
    assert!(fine.contains(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_host_inside_is_not_called() {
    let script = Script::start(Security::Tls, Certificate::Good, &[]).await;
    let outside = Servers::new(false, Some(script.root.clone()));
    let letter = sealed();
    let outcome =
        outside.send(&script.server, PASSWORD, &Letter::of_sealed(&letter), Timestamp::UNIX_EPOCH).await;
    assert_eq!(outcome, SendOutcome::NotAccepted("not_connected"));
    let verdict = outside.check(&script.server, PASSWORD, &address("ann@example.com")).await;
    assert!(
        matches!(verdict, KeyVerdict::WrongServer(why) if why.starts_with("programs hand in mail at port"))
    );
    let server = MailServer::new("localhost", 465, Security::Tls, "ann").unwrap();
    let verdict = outside.check(&server, PASSWORD, &address("ann@example.com")).await;
    assert_eq!(verdict, KeyVerdict::WrongServer("its address is not a public one"));
}

#[tokio::test]
async fn a_server_is_asked_whether_it_lets_in_and_takes_the_sender() {
    type Replies = &'static [(&'static str, &'static str)];
    let cases: [(Replies, &str); 8] = [
        (&[], "Fine"),
        (&[("AUTH", "535 no")], "Refused"),
        (&[("MAIL", "553 not yours")], "WrongSender"),
        (&[("MAIL", "451 later")], "Unreachable(\"deferred\")"),
        (&[("EHLO", "250 localhost")], "WrongServer(\"it does not offer to authenticate"),
        (&[("EHLO", "502 what")], "WrongServer(\"it ended the conversation"),
        (&[("hello", "554 no")], "WrongServer(\"it takes nothing from here"),
        (&[("RCPT", "553 not owned by user")], "WrongSender"),
    ];
    for (replies, expected) in cases {
        let script = Script::start(Security::Tls, Certificate::Good, replies).await;
        let verdict = script.servers().check(&script.server, PASSWORD, &address("ann@example.com")).await;
        assert!(format!("{verdict:?}").starts_with(expected), "{replies:?}: {verdict:?}");
        assert!(!script.heard().iter().any(|line| line == "DATA"));
    }
    let (nothing, script) = (
        MailServer::new("localhost", 1, Security::Tls, "ann").unwrap(),
        Script::start(Security::Tls, Certificate::OtherName, &[]).await,
    );
    let servers = script.servers();
    for (server, expected) in [(&nothing, "nothing answers there"), (&script.server, "its certificate")] {
        let verdict = servers.check(server, PASSWORD, &address("ann@example.com")).await;
        assert!(matches!(verdict, KeyVerdict::WrongServer(why) if why.starts_with(expected)), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_server_that_talks_without_end_is_not_listened_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // Lines of a reply that goes on.
        while stream.write_all(&b"220-\r\n".repeat(1_000)).await.is_ok() {}
    });
    let script = Script::start(Security::Tls, Certificate::Good, &[]).await;
    let server = MailServer::new("localhost", port, Security::StartTls, "ann").unwrap();
    let letter = sealed();
    let outcome =
        script.servers().send(&server, PASSWORD, &Letter::of_sealed(&letter), Timestamp::UNIX_EPOCH).await;
    assert_eq!(outcome, SendOutcome::NotAccepted("connection_lost"));
}

#[test]
fn a_mail_in_which_a_server_could_see_an_end_is_not_handed_in() {
    assert_eq!(check(MIME), Ok(()));
    for mime in [
        &b"A: b\r\n\r\nc\n.\n"[..],
        b"A: b\r\n\r\nc\n.\r\n",
        b"A: b\r\n\r\nc\r.\r\n",
        b"A: b\r\n\r\nc\r",
        b"\nA: b\r\n",
        b"A: b\r\n\r\nc",
        b"",
        b"\r\r\n",
    ] {
        assert_eq!(check(mime), Err(NOT_EXPRESSIBLE), "{:?}", String::from_utf8_lossy(mime));
    }
    assert_eq!(check(&vec![b'a'; MAX_SIZE + 1]), Err("too_large"));
}
