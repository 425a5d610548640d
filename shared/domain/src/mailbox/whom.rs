//! Whom a suppression or an entry of a list is about: an address, a domain with all that is below it, or everyone.

use crate::base::address::EmailAddress;

/// One, some or all mailboxes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whom {
    /// One mailbox.
    Address(EmailAddress),
    /// All mailboxes of a domain in lower case and of those below it.
    Domain(String),
    /// All mailboxes.
    Everyone,
}

impl Whom {
    /// A domain has at most so many labels: so many are looked up at most of each address.
    pub const MAX_LABELS: usize = 8;

    /// All that an address falls under, the most specific first: itself, its domain, the ones above that down to two labels, everyone.
    pub fn over(address: &EmailAddress) -> Vec<Self> {
        let mut over = vec![Self::Address(address.clone())];
        let mut domain = address.domain();
        loop {
            if domain.split('.').count() <= Self::MAX_LABELS {
                over.push(Self::Domain(domain.to_owned()));
            }
            match domain.split_once('.') {
                Some((_, above)) if above.contains('.') => domain = above,
                _ => break,
            }
        }
        over.push(Self::Everyone);
        over
    }

    /// One text for all spellings of the same.
    pub fn key(&self) -> String {
        match self {
            Self::Address(address) => address.mailbox_key(),
            Self::Domain(domain) => format!("@{domain}"),
            Self::Everyone => "*".to_owned(),
        }
    }

    /// Whether it can be looked up: see [`Self::MAX_LABELS`].
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Domain(domain) => domain.split('.').count() <= Self::MAX_LABELS,
            Self::Address(_) | Self::Everyone => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(address: &str) -> Vec<String> {
        Whom::over(&EmailAddress::parse(address).unwrap()).iter().map(Whom::key).collect()
    }

    #[test]
    fn an_address_falls_under_itself_its_domains_and_everyone_in_that_order() {
        assert_eq!(keys("Ann@Example.org"), ["ann@example.org", "@example.org", "*"]);
        assert_eq!(
            keys("a@mail.uk.example.org"),
            ["a@mail.uk.example.org", "@mail.uk.example.org", "@uk.example.org", "@example.org", "*"]
        );
    }

    #[test]
    fn so_many_are_looked_up_at_most_and_what_is_looked_up_is_sound() {
        let deep = format!("a@{}example.org", "x.".repeat(100));
        let over = Whom::over(&EmailAddress::parse(&deep).unwrap());
        assert_eq!(over.len(), Whom::MAX_LABELS + 1);
        assert!(over.iter().all(Whom::is_sound));
        assert!(!Whom::Domain("a.b.c.d.e.f.g.h.i".to_owned()).is_sound());
    }

    #[test]
    fn no_domain_is_taken_for_an_address() {
        let keys = [
            Whom::Address(EmailAddress::parse("a@example.org").unwrap()).key(),
            Whom::Domain("example.org".to_owned()).key(),
            Whom::Domain("a.example.org".to_owned()).key(),
            Whom::Everyone.key(),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
