//! Mail servers that people have elsewhere: where one is, how it is spoken to, and as whom.

use std::fmt;

use crate::base::named::named;

named! {
    /// How a connection comes under TLS. There is none without.
    Security {
        /// From its first byte (RFC 8314, section 3).
        Tls = "tls";
        /// By `STARTTLS`, before anything else is said (RFC 3207).
        StartTls = "starttls";
    }
}

impl Security {
    /// What the port says where nobody else does: 465 begins with TLS (RFC 8314), and 2465 where a provider has it beside that one.
    pub const fn of_port(port: u16) -> Self {
        match port {
            465 | 2465 => Security::Tls,
            _ => Security::StartTls,
        }
    }
}

/// The server that takes a mailbox's outgoing mail, and the name by which one is let in. No password.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    host: String,
    port: u16,
    security: Security,
    username: String,
}

/// What names no mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMailServer {
    /// Its host.
    #[error("must be the name of a host, such as smtp.example.com")]
    Host,
    /// Its port.
    #[error(
        "must be the port that programs hand in mail at, such as 465 or 587; 25 is for servers among themselves"
    )]
    Port,
    /// The name one is let in by.
    #[error("must be 1 to 256 characters without line breaks and other control characters")]
    Username,
}

impl MailServer {
    /// The port where a program hands in mail, where nobody says another (RFC 8314, section 3.3).
    pub const PORT: u16 = 465;
    /// Most bytes of the name of a host (RFC 1035, section 2.3.4).
    pub const MAX_HOST: usize = 253;
    /// Most characters of a user name.
    pub const MAX_USERNAME: usize = 256;

    /// Checks its parts. Whether the host is a public one is known when it is called.
    pub fn new(host: &str, port: u16, security: Security, username: &str) -> Result<Self, InvalidMailServer> {
        let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
        if !is_host(&host) {
            return Err(InvalidMailServer::Host);
        }
        if matches!(port, 0 | 25) {
            return Err(InvalidMailServer::Port);
        }
        let username = Self::check_username(username)?.to_owned();
        Ok(Self { host, port, security, username })
    }

    /// The name by which one is let in, without what surrounds it.
    pub fn check_username(text: &str) -> Result<&str, InvalidMailServer> {
        let username = text.trim();
        let length = username.chars().count();
        if !(1..=Self::MAX_USERNAME).contains(&length) || username.chars().any(char::is_control) {
            return Err(InvalidMailServer::Username);
        }
        Ok(username)
    }

    /// Its host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How a connection to it comes under TLS.
    pub const fn security(&self) -> Security {
        self.security
    }

    /// The name by which one is let in; often an address.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let (security, rest) = text.split_once(' ')?;
        let (place, username) = rest.split_once(' ')?;
        let (host, port) = place.rsplit_once(':')?;
        let read = Self::new(host, port.parse().ok()?, Security::parse(security)?, username).ok()?;
        (read.to_string() == text).then_some(read)
    }
}

/// All of it in one text: so it is stored, and so a password is bound to it.
impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, security, username } = self;
        write!(f, "{} {host}:{port} {username}", security.as_str())
    }
}

/// Not whom it lets in: that is often an address.
impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({}:{})", self.host, self.port)
    }
}

/// Labels of letters, digits and hyphens (RFC 1123, section 2.1), the last of which is no number: an address is no name, and no
/// certificate is asked of one.
pub fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= MailServer::MAX_HOST
        && text.split('.').all(label)
        && !text.rsplit('.').next().is_none_or(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn server(host: &str, port: u16, username: &str) -> Result<MailServer, InvalidMailServer> {
        MailServer::new(host, port, Security::of_port(port), username)
    }

    #[test]
    fn a_server_is_a_host_by_name_a_port_for_programs_and_a_user() {
        let read = server(" SMTP.Example.com. ", 465, " ann ").unwrap();
        assert_eq!(read.to_string(), "tls smtp.example.com:465 ann");
        assert_eq!(server("mail.example.com", 587, "Ann Example").unwrap().security(), Security::StartTls);
        for host in [
            "",
            ".",
            "a..b",
            "-a.example",
            "a-.example",
            "127.0.0.1",
            "[::1]",
            "::1",
            "2130706433",
            "a b.example",
            "a/b.example",
            "user@mail.example",
            "mail.example:465",
            "mail.exämple",
            &"a".repeat(64),
            &format!("{}example", "a.".repeat(130)),
        ] {
            assert_eq!(server(host, 465, "ann"), Err(InvalidMailServer::Host), "{host:?}");
        }
        for port in [0, 25] {
            assert_eq!(server("mail.example", port, "ann"), Err(InvalidMailServer::Port));
        }
        for username in ["", " ", "a\r\nb", "a\0b", &"x".repeat(257)] {
            assert_eq!(
                server("mail.example", 465, username),
                Err(InvalidMailServer::Username),
                "{username:?}"
            );
        }
    }

    #[test]
    fn nothing_of_a_user_is_in_what_is_logged() {
        let shown = format!("{:?}", server("mail.example", 465, "ann@example.com").unwrap());
        assert_eq!(shown, "MailServer(mail.example:465)");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(host in "[a-z]{1,9}(\\.[a-z]{1,9}){0,3}", port in 26_u16.., username in "[^\\p{C}]{1,40}") {
            if let Ok(server) = server(&host, port, &username) {
                prop_assert_eq!(MailServer::parse(&server.to_string()), Some(server));
            }
        }

        #[test]
        fn what_is_read_is_what_was_written(text in ".{0,60}|(tls|starttls) [a-z.]{1,9}:[0-9]{1,5} .{0,9}") {
            if let Some(server) = MailServer::parse(&text) {
                prop_assert_eq!(server.to_string(), text);
            }
        }
    }
}
