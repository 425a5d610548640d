//! Suppressions, and the lists of whom an organization writes to and hears from.
//!
//! A suppression says that mail to somebody is of no use or not wanted: it bounced, they complained, or asked for an end. An entry of a
//! list allows or blocks somebody, for mail that goes out or for mail that comes in; of all that an address falls under the most
//! specific counts: the address beats its domain, a domain beats the one above it, and everyone comes last. To be allowed lets no mail
//! out: policies and people decide about that as ever. A suppression beats whatever a list says.

use jiff::Timestamp;

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::named::named;
use crate::mailbox::whom::Whom;
use crate::people::access::Actor;
use crate::{ListEntryId, MessageId, OrganizationId, SuppressionId};

named! {
    /// Where a suppression comes from.
    Source {
        /// Somebody made it.
        Manual = "manual";
        /// A mail bounced for good.
        Bounce = "bounce";
        /// A recipient complained of a mail.
        Complaint = "complaint";
        /// A recipient of list mail asked for no more.
        Unsubscribed = "unsubscribed";
    }
}

named! {
    /// Which mail a list is about.
    Side {
        /// Mail that goes out, by its recipients.
        Send = "send";
        /// Mail that comes in, by its author.
        Receive = "receive";
    }
}

named! {
    /// What a list says of those on it.
    Standing {
        /// What a less specific entry blocks is not blocked for them.
        Allow = "allow";
        /// Mail to them is refused, mail from them is kept from everybody.
        Block = "block";
    }
}

/// Whom no mail goes to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Its id, which follows from whom it is about: there is one at most.
    pub id: SuppressionId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// An address or a domain.
    pub whom: Whom,
    /// Where it comes from.
    pub source: Source,
    /// Why, in a person's words.
    pub reason: Option<String>,
    /// The mail that bounced, that was complained of, or that they unsubscribed through.
    pub message_id: Option<MessageId>,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
}

impl Suppression {
    /// Longest reason, in characters.
    pub const MAX_REASON: usize = 200;

    /// The id of the suppression of somebody.
    pub fn id_of(organization_id: OrganizationId, whom: &Whom) -> SuppressionId {
        SuppressionId::from_bits(bits(&["suppression", &organization_id.to_string(), &whom.key()]))
    }
}

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// Its id, which follows from the side and whom it is about: nobody is allowed and blocked at once.
    pub id: ListEntryId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which mail.
    pub side: Side,
    /// Allowed or blocked.
    pub standing: Standing,
    /// Who.
    pub whom: Whom,
    /// Why, in a person's words.
    pub reason: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
}

impl ListEntry {
    /// The id of the entry of somebody.
    pub fn id_of(organization_id: OrganizationId, side: Side, whom: &Whom) -> ListEntryId {
        ListEntryId::from_bits(bits(&["list", &organization_id.to_string(), side.as_str(), &whom.key()]))
    }
}

/// The 128 bits of an id that follows from these: addresses are no part of a key of the table, or of an id that logs show.
fn bits(parts: &[&str]) -> u128 {
    let parts: Vec<_> = parts.iter().map(|part| part.as_bytes()).collect();
    let mut bits = [0; 16];
    bits.copy_from_slice(&Digest::of_parts(&parts).as_bytes()[..16]);
    u128::from_be_bytes(bits)
}

/// What lists say of an address: the most specific of its entries.
pub fn standing<'a>(entries: &'a [ListEntry], side: Side, address: &EmailAddress) -> Option<&'a ListEntry> {
    let entry =
        |whom: &Whom| entries.iter().find(|entry| entry.side == side && entry.whom.key() == whom.key());
    Whom::over(address).iter().find_map(entry)
}

/// Why no mail goes to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// They are suppressed.
    Suppressed(Suppression),
    /// A list blocks them.
    Blocked(ListEntry),
}

impl Why {
    /// Why a mail that was let go is called off.
    pub const fn code(&self) -> &'static str {
        match self {
            Why::Suppressed(_) => "recipient_suppressed",
            Why::Blocked(_) => "recipient_blocked",
        }
    }
}

/// Somebody whom no mail may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barred {
    /// Who.
    pub address: EmailAddress,
    /// Why.
    pub why: Why,
}

/// Those of these addresses whom no mail may go to.
pub fn barred(
    addresses: &[EmailAddress],
    suppressions: &[Suppression],
    entries: &[ListEntry],
) -> Vec<Barred> {
    let why = |address: &EmailAddress| {
        let over = Whom::over(address);
        let suppressed = |whom: &Whom| suppressions.iter().find(|one| one.whom.key() == whom.key());
        if let Some(one) = over.iter().find_map(suppressed) {
            return Some(Why::Suppressed(one.clone()));
        }
        let entry = standing(entries, Side::Send, address)?;
        (entry.standing == Standing::Block).then(|| Why::Blocked(entry.clone()))
    };
    addresses
        .iter()
        .filter_map(|address| Some(Barred { address: address.clone(), why: why(address)? }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::Id as _;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn organization(n: u8) -> OrganizationId {
        OrganizationId::new(NOW, [n; 10])
    }

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    fn whom(text: &str) -> Whom {
        match text {
            "*" => Whom::Everyone,
            _ if text.contains('@') => Whom::Address(address(text)),
            _ => Whom::Domain(text.to_owned()),
        }
    }

    fn entry(side: Side, standing: Standing, text: &str) -> ListEntry {
        ListEntry {
            id: ListEntry::id_of(organization(1), side, &whom(text)),
            organization_id: organization(1),
            side,
            standing,
            whom: whom(text),
            reason: None,
            created_at: NOW,
            created_by: Actor::System,
        }
    }

    fn suppression(text: &str) -> Suppression {
        Suppression {
            id: Suppression::id_of(organization(1), &whom(text)),
            organization_id: organization(1),
            whom: whom(text),
            source: Source::Bounce,
            reason: None,
            message_id: None,
            created_at: NOW,
            created_by: Actor::System,
        }
    }

    #[test]
    fn the_most_specific_entry_counts() {
        use Standing::{Allow, Block};
        let entries = [
            entry(Side::Send, Block, "*"),
            entry(Side::Send, Allow, "example.org"),
            entry(Side::Send, Block, "sales.example.org"),
            entry(Side::Send, Allow, "Ann@sales.example.org"),
            entry(Side::Receive, Allow, "bob@sales.example.org"),
        ];
        for (who, found) in [
            ("x@other.test", Block),
            ("x@example.org", Allow),
            ("x@eu.example.org", Allow),
            ("x@notexample.org", Block),
            ("bob@sales.example.org", Block),
            ("bob@eu.sales.example.org", Block),
            ("ann@SALES.example.org", Allow),
        ] {
            let entry = standing(&entries, Side::Send, &address(who)).unwrap();
            assert_eq!(entry.standing, found, "{who}");
        }
        assert_eq!(standing(&entries[1..], Side::Send, &address("x@other.test")), None);
    }

    #[test]
    fn a_suppression_beats_every_list_and_covers_what_is_below_its_domain() {
        let entries = [entry(Side::Send, Standing::Allow, "ann@example.org")];
        let suppressions = [suppression("example.org"), suppression("Eve@other.test")];
        let to = ["ann@example.org", "x@eu.example.org", "eve@other.test", "bob@other.test"].map(address);
        let found = barred(&to, &suppressions, &entries);
        let who: Vec<_> = found.iter().map(|one| one.address.as_str()).collect();
        assert_eq!(who, ["ann@example.org", "x@eu.example.org", "eve@other.test"]);
        assert!(found.iter().all(|one| one.why.code() == "recipient_suppressed"));
    }

    #[test]
    fn what_is_blocked_for_mail_that_comes_in_may_be_written_to() {
        let entries = [
            entry(Side::Receive, Standing::Block, "a@example.org"),
            entry(Side::Send, Standing::Block, "b.test"),
        ];
        let found = barred(&["a@example.org", "x@b.test"].map(address), &[], &entries);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].why.code(), "recipient_blocked");
    }

    #[test]
    fn ids_follow_from_the_tenant_the_side_and_whom_and_read_back() {
        let ann = whom("ann@example.org");
        let id = Suppression::id_of(organization(1), &ann);
        assert_eq!(SuppressionId::parse(&id.to_string()), Ok(id));
        assert_eq!(Suppression::id_of(organization(1), &whom("Ann@Example.org")), id);
        assert_ne!(Suppression::id_of(organization(2), &ann), id);
        let entry = |side| ListEntry::id_of(organization(1), side, &ann);
        assert_ne!(entry(Side::Send), entry(Side::Receive));
        assert_ne!(entry(Side::Send).bits(), id.bits());
    }

    #[test]
    fn names_read_back() {
        for source in Source::ALL {
            assert_eq!(Source::parse(source.as_str()), Some(*source));
        }
        assert_eq!((Side::parse("send"), Side::parse("both")), (Some(Side::Send), None));
        assert_eq!((Standing::parse("block"), Standing::parse("")), (Some(Standing::Block), None));
    }
}
