//! What about a mail that is to go out deserves a look before anything else: found when it is asked for, kept in its approval, so that a
//! list can show it and sort by it.

/// How much it matters, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Good to know.
    Note,
    /// To be looked at before anybody approves.
    Caution,
    /// Often an attack.
    Danger,
}

impl Level {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Caution => "caution",
            Level::Danger => "danger",
        }
    }
}

macro_rules! risks {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $level:ident;)*) => {
        /// One of these things. The worst stand first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Risk { $($(#[$doc])* $name,)* }

        impl Risk {
            /// All of them, the worst first.
            pub const ALL: &[Risk] = &[$(Risk::$name),*];

            /// The name in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Risk::$name => $text,)* }
            }

            /// How much it matters.
            pub const fn level(self) -> Level {
                match self { $(Risk::$name => Level::$level,)* }
            }

            /// Reads the name.
            pub fn parse(text: &str) -> Option<Risk> {
                Risk::ALL.iter().copied().find(|risk| risk.as_str() == text)
            }
        }
    };
}

risks! {
    /// Something suspicious came into the conversation, or the mail carries it.
    ThreadTainted = "thread_tainted", Danger;
    /// A file says that it is harmless, and is a program, a script or a web page.
    DisguisedFile = "disguised_file", Danger;
    /// A file is a program or a script, and says so.
    ProgramFile = "program_file", Danger;
    /// A link shows one address and leads to another.
    LinksDiffer = "links_differ", Danger;
    /// A file runs something where it is opened: a page, a document with macros, a disk image.
    ActiveFile = "active_file", Caution;
    /// A link leads to a bare number, or to a name whose letters may look like others (punycode).
    OddLink = "odd_link", Caution;
    /// Answers go to another address than the one that sends.
    AnswersElsewhere = "answers_elsewhere", Caution;
    /// Text and HTML of the mail do not say the same: each recipient reads one of the two.
    WordsDiffer = "words_differ", Caution;
    /// Nothing proves who wrote the mail that it answers.
    AuthorUnproven = "author_unproven", Note;
    /// Somebody gets it who was never written to before.
    FirstContact = "first_contact", Note;
}

/// Whether a host is one that people can't read as a name: a bare number (RFC 3986 §3.2.2), or one with a label in punycode
/// (RFC 5890 §2.3.1).
pub fn is_odd_host(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.parse::<std::net::IpAddr>().is_ok()
        || host.split('.').any(|label| label.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("xn--")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_stand_first_and_each_reads_back() {
        assert!(Risk::ALL.is_sorted_by(|one, next| one.level() >= next.level()));
        for risk in Risk::ALL {
            assert_eq!(Risk::parse(risk.as_str()), Some(*risk));
        }
        assert_eq!(Risk::parse("harmless"), None);
    }

    #[test]
    fn numbers_and_punycode_are_odd() {
        for host in ["192.0.2.7", "[2001:db8::1]", "xn--pple-43d.com", "shop.XN--pple-43d.com"] {
            assert!(is_odd_host(host), "{host}");
        }
        for host in ["example.com", "1.example.com", "www.xn.com", ""] {
            assert!(!is_odd_host(host), "{host}");
        }
    }
}
