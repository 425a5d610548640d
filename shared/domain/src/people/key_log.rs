//! The log of an organization's signing keys: whose key counts, since when, until when, and for which mail a key is demanded.
//!
//! It is one text, which only grows, lies where no function that writes the table can write, and is written by one function alone. The
//! dispatcher reads it before it sends; a receipt carries it, and whoever checks that needs nothing else. It names members by their ids
//! alone, so a person can be erased and the log stay whole.
//!
//! Each entry says what it changes, and then who vouches for that: a one-time link of whoever operates the installation, or a key that
//! counts, by a signature over all that stands above it. A new key signs the same text, so nobody can put another in its place. An entry
//! names the SHA-256 of the entry before, so none can be left out:
//!
//! ```text
//! countersign-key-1
//! organization org_…
//! number 1
//! previous sha256:…
//! at 2026-12-01T09:00:00Z
//! register mem_…
//! key sha256:…
//! algorithm ES256
//! public-key 04…
//! site https://mail.example.com
//! device-bound no
//! decides yes
//! manages no
//! from 2026-12-01T09:00:00Z
//! by-key sha256:…
//! client-data 7b…
//! authenticator-data 49…
//! signature 30…
//! new-client-data 7b…
//! new-authenticator-data 49…
//! new-signature 30…
//!
//! ```
//!
//! What is signed ends with the line that begins with `by-`. Bytes are written in hexadecimal. An empty line ends an entry.
//!
//! What makes the organization safer counts at once: a key that is revoked, a demand that is raised. What could weaken it by one person's
//! doing counts after [`DELAY`], in which everybody is told and a manager can undo it: a demand that is lowered, another key for somebody
//! who had one, a key for others where two votes are demanded, a managing key for others, or of one's own beside other managers, and a
//! manager's key that another manager revokes. A key that is being revoked vouches for nothing that gives.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::id::Id as _;
use crate::people::signing::{Algorithm, Assertion, CLOCK, KeyId, SignedVotes, TOUCH};
use crate::{MemberId, OrganizationId};

const FORM: &str = "countersign-key-1";

/// So many entries a log has at most.
pub const MAX_ENTRIES: usize = 2_000;

/// So long is a log at most, in bytes: some 2,000 for each of [`MAX_ENTRIES`], as long as one that registers a key of ES256.
pub const MAX_LOG: usize = 4 * 1024 * 1024;

/// The last entries are kept for revoking keys; and the last of those for whoever operates the installation.
pub const KEPT_TO_REVOKE: usize = 300;

/// So many of the last entries are for links alone.
pub const KEPT_FOR_LINKS: usize = 100;

/// So many entries are of members who do not manage at most.
pub const MAX_OF_OTHERS: usize = 1_000;

/// So many entries one member who does not manage vouches for at most, ever.
pub const MAX_OF_ONE: usize = 50;

/// So many entries those who manage vouch for within a day at most, all together and beside revoking: whoever stole a key, and makes up
/// members, does not fill the log before others act.
pub const MAX_A_DAY: usize = 150;

/// So many keys that manage there are at the same time at most, those that wait among them.
pub const MAX_MANAGERS: usize = 20;

/// So many bytes one field of an entry has at most: a key and a signature of RSA with 4,096 bits have some 530, and what a browser says
/// 200 to 400.
pub const MAX_FIELD: usize = 1_024;

/// So many keys of a member there are at the same time at most.
pub const MAX_KEYS: usize = 10;

/// So long everybody is told before what could weaken the organization counts.
pub const DELAY: SignedDuration = SignedDuration::from_hours(72);

/// So long somebody's new key waits for whoever vouches for it.
pub const OFFER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A key that is to count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NewKey {
    /// Whose.
    pub member_id: MemberId,
    /// By what it is named.
    pub id: KeyId,
    /// How it signs.
    pub algorithm: Algorithm,
    /// What its signatures are checked with.
    pub public_key: Vec<u8>,
    /// On whose pages: scheme, host and port.
    pub site: String,
    /// Whether it says of itself that it stays in its device; one that doesn't may be handed on to others of its person.
    pub device_bound: bool,
    /// Whether its votes count.
    pub decides: bool,
    /// Whether it vouches for keys of other members, and says for which mail a key is demanded.
    pub manages: bool,
    /// When its person showed it and asked that it count, in whole seconds.
    pub offered: Timestamp,
    /// It counts from then on.
    pub from: Timestamp,
}

impl NewKey {
    /// What the key itself signs, so that nobody else's key is taken for it: which member it is of, and nothing of its rights.
    pub fn offer(&self, organization_id: OrganizationId) -> String {
        let Self { member_id, id, algorithm, public_key, site, device_bound, offered, .. } = self;
        let (name, public_key, bound) = (algorithm.name(), hex(public_key), yes(*device_bound));
        format!(
            "countersign-offer-1\norganization {organization_id}\nmember {member_id}\nkey {id}\nalgorithm {name}\npublic-key \
             {public_key}\nsite {site}\ndevice-bound {bound}\noffered {offered}\n"
        )
    }
}

/// By what people tell the keys of a page apart: twelve digits of the name, in three groups. It proves nothing.
pub fn short_name(id: KeyId) -> String {
    let hex = id.hex();
    format!("{} {} {}", &hex[..4], &hex[4..8], &hex[8..12])
}

/// What two people compare who are to mean the same key: 80 bits of the SHA-256 over what it signed to offer itself, in four groups of
/// Crockford's digits. The browser of its person computes it from what the key answered. Whoever puts another key in its place, under the
/// same name even, has no such answer of that key, so the code is another.
pub fn code(said: &Assertion) -> String {
    const DIGITS: [char; 32] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'k',
        'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
    ];
    let digest = Digest::of(assertion_lines("", said).as_bytes());
    let mut code = String::with_capacity(19);
    for (n, five) in digest.as_bytes()[..10].chunks_exact(5).enumerate() {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for (place, shift) in (0..8).rev().map(|fives| fives * 5).enumerate() {
            if place % 4 == 0 && (n, place) != (0, 0) {
                code.push(' ');
            }
            code.push(DIGITS[usize::try_from(bits >> shift & 31).unwrap_or_default()]);
        }
    }
    code
}

/// Whether somebody typed this code, however they grouped it and whichever of the digits that look alike they took.
pub fn is_code(typed: &str, code: &str) -> bool {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let alike = |c: char| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        letters.map(alike).collect()
    };
    plain(typed) == plain(code)
}

/// For which mail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All of the organization.
    Organization,
    /// All from addresses of this domain, in lower case.
    Domain(String),
    /// All that this address sends, in lower case.
    Address(EmailAddress),
}

impl Scope {
    /// Reads a domain or an address, in lower case.
    pub fn sender(text: &str) -> Option<Self> {
        let is_domain = !text.contains('@');
        let address = if is_domain { format!("a@{text}") } else { text.to_owned() };
        let address = EmailAddress::parse(&address).ok()?;
        if address.mailbox_key() != address.as_str() {
            return None;
        }
        if !is_domain {
            return (address.as_str() == text).then_some(Self::Address(address));
        }
        (address.domain() == text).then(|| Self::Domain(text.to_owned()))
    }

    /// What a mail from this address is of: the address, its domain, and those that this lies below. Whoever may send from a domain may from
    /// what lies below it (<https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html>).
    fn of(from: &EmailAddress) -> impl Iterator<Item = Self> {
        senders(from).into_iter().filter_map(|sender| Self::sender(&sender))
    }
}

/// An address, its domain, and the domains that this lies below, in lower case.
pub fn senders(from: &EmailAddress) -> Vec<String> {
    let key = from.mailbox_key();
    let mut domain = key.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let mut all = vec![key];
    while let Some(name) = domain.filter(|name| name.contains('.')) {
        domain = name.split_once('.').map(|(_, parent)| parent.to_owned());
        all.push(name);
    }
    all
}

/// What an entry changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// A key counts from a time on; with what the new key signed to offer itself.
    Register(NewKey, Assertion),
    /// A key counts no more.
    Revoke(KeyId),
    /// A key does not count until it is resumed.
    Suspend(KeyId),
    /// A key that was suspended counts again; or goes on counting, where it was revoked and that does not count yet.
    Resume(KeyId),
    /// Mail needs signed votes.
    Demand(Scope, SignedVotes),
}

/// Who vouches for an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// Whoever had a one-time link of whoever operates the installation, by the SHA-256 of its secret.
    Link(Digest),
    /// A key, with what it signed.
    Key(KeyId, Assertion),
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Its place, from 0.
    pub number: u32,
    /// The SHA-256 of the entry before; that of nothing for the first.
    pub previous: Digest,
    /// When it was written, in whole seconds.
    pub at: Timestamp,
    /// What it changes.
    pub deed: Deed,
    /// Who vouches for it.
    pub by: By,
}

fn yes(it: bool) -> &'static str {
    if it { "yes" } else { "no" }
}

/// What a key signed, a line for each part.
fn assertion_lines(new: &str, said: &Assertion) -> String {
    let (client, authenticator) = (hex(&said.client_data), hex(&said.authenticator_data));
    let signature = hex(&said.signature);
    format!(
        "{new}client-data {client}\n{new}authenticator-data {authenticator}\n{new}signature {signature}\n"
    )
}

impl Entry {
    /// What whoever vouches for it signs.
    pub fn signed_text(&self) -> String {
        let Self { organization_id, number, previous, at, .. } = self;
        let mut text = format!(
            "{FORM}\norganization {organization_id}\nnumber {number}\nprevious {previous}\nat {at}\n"
        );
        // Writing to a text never fails.
        let _ = match &self.deed {
            Deed::Register(key, _) => write!(
                text,
                "register {}\nkey {}\nalgorithm {}\npublic-key {}\nsite {}\ndevice-bound {}\noffered \
                 {}\ndecides {}\nmanages {}\nfrom {}\n",
                key.member_id,
                key.id,
                key.algorithm.name(),
                hex(&key.public_key),
                key.site,
                yes(key.device_bound),
                key.offered,
                yes(key.decides),
                yes(key.manages),
                key.from
            ),
            Deed::Revoke(key) => writeln!(text, "revoke {key}"),
            Deed::Suspend(key) => writeln!(text, "suspend {key}"),
            Deed::Resume(key) => writeln!(text, "resume {key}"),
            Deed::Demand(scope, asked) => {
                let scope = match scope {
                    Scope::Organization => self.organization_id.to_string(),
                    Scope::Domain(domain) => domain.clone(),
                    Scope::Address(address) => address.to_string(),
                };
                let (votes, bound) = (asked.votes, yes(asked.device_bound));
                write!(text, "demand {scope}\nvotes {votes}\ndevice-bound {bound}\n")
            }
        };
        let _ = match &self.by {
            By::Link(secret) => writeln!(text, "by-link {secret}"),
            By::Key(key, _) => writeln!(text, "by-key {key}"),
        };
        text
    }

    /// The entry whose signed text this is, with what was signed: by the key that vouches, where one does, and by a new key.
    pub fn signed(text: &str, by: Option<Assertion>, new: Option<Assertion>) -> Option<Self> {
        let added = |prefix, said: Option<Assertion>| {
            said.map(|said| assertion_lines(prefix, &said)).unwrap_or_default()
        };
        let whole = format!("{text}{}{}\n", added("", by), added("new-", new));
        parse(&whole).filter(|entry| entry.signed_text() == text)
    }

    /// The whole entry, with the empty line that ends it.
    pub fn text(&self) -> String {
        let mut text = self.signed_text();
        if let By::Key(_, assertion) = &self.by {
            text.push_str(&assertion_lines("", assertion));
        }
        if let Deed::Register(_, assertion) = &self.deed {
            text.push_str(&assertion_lines("new-", assertion));
        }
        text.push('\n');
        text
    }
}

/// Why a text is no log, or an entry can't be added to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LogBroken {
    /// It is not of the form, or not in the one way in which it is written.
    #[error("the key log is not of the form countersign-key-1")]
    Form,
    /// It is too long.
    #[error("the key log has as many entries as it may have")]
    Full,
    /// One member vouched for as much as one may.
    #[error(
        "those who manage vouch for at most 150 entries a day together, and who does not manage for 50 ever: wait a day, or ask a manager"
    )]
    TooMuch,
    /// An entry is of another organization, in another place, or follows another entry.
    #[error("an entry of the key log does not follow the one before")]
    Chain,
    /// It is dated before the entry before, in the future, or too long ago.
    #[error("an entry of the key log is dated before the one before, or not now")]
    Time,
    /// The first entry registers a key that manages, by a link.
    #[error("a key log begins with the key of whoever has the set-up link")]
    Begin,
    /// A link was used before.
    #[error("this link was used")]
    LinkUsed,
    /// Who vouches for it has no key that counts, or none that may vouch for this.
    #[error("the key that vouches for an entry does not count, or may not vouch for it")]
    Vouch,
    /// A signature is not that of the key that it must be of.
    #[error("a signature of an entry does not hold")]
    Signature,
    /// Its person offered it more than a week ago, or in the future.
    #[error("this key was offered more than a week ago: its person offers it again")]
    OfferOver,
    /// There is such a key already, under this id or another.
    #[error("this key is in the log already")]
    Known,
    /// What is ended has ended, or never was.
    #[error("there is no such key that counts")]
    Unknown,
    /// The member has as many keys as somebody may have.
    #[error("a member has at most 10 keys, and at most 20 keys vouch for others")]
    TooManyKeys,
    /// What counts after three days would count earlier.
    #[error("this counts after three days")]
    TooEarly,
    /// It asks for more than anybody could sign.
    #[error(
        "fewer members than that have a key that could sign so: register their keys first, or no mail would leave"
    )]
    NobodyCould,
    /// Nobody would be left who vouches for keys.
    #[error("the last key that vouches for others can't be taken away: register another first")]
    LastManager,
    /// More votes than a mail may ask for, or a kind of key for none.
    #[error("0 to 10 signed votes can be demanded, and a kind of key only with them")]
    TooManyVotes,
}

/// A key of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What was registered.
    pub new: NewKey,
    /// The entry that registered it.
    pub number: u32,
    /// Whether that was by a link.
    pub by_link: bool,
    /// It counts until then, where it was revoked.
    pub until: Option<Timestamp>,
    /// Whether it is suspended.
    pub suspended: bool,
}

impl Key {
    /// Whether it counts at this time.
    pub fn counts(&self, at: Timestamp) -> bool {
        !self.suspended && self.new.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether nobody has revoked it.
    fn stands(&self) -> bool {
        self.until.is_none()
    }
}

/// A log, with what its entries come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLog {
    organization_id: OrganizationId,
    entries: Vec<Entry>,
    /// The SHA-256 of the last entry; that of nothing where there is none.
    head: Digest,
    /// Bytes of all entries.
    size: usize,
    keys: BTreeMap<KeyId, Key>,
    /// What was demanded of a scope, in the order of the entries, and when each of them counts from.
    demands: BTreeMap<Scope, Vec<(Timestamp, SignedVotes)>>,
    /// When those who manage vouched, but for revoking.
    managed: Vec<Timestamp>,
    /// How often each member vouched by a key that does not manage.
    lesser: BTreeMap<MemberId, usize>,
}

/// Says whether a text was signed by this key.
pub trait Holds: FnMut(&NewKey, &str, &Assertion) -> bool {}

impl<T: FnMut(&NewKey, &str, &Assertion) -> bool> Holds for T {}

impl KeyLog {
    /// One without an entry.
    pub fn new(organization_id: OrganizationId) -> Self {
        Self {
            organization_id,
            entries: vec![],
            head: Digest::of(b""),
            size: 0,
            keys: BTreeMap::new(),
            demands: BTreeMap::new(),
            managed: vec![],
            lesser: BTreeMap::new(),
        }
    }

    /// Reads what [`Self::text`] writes. `holds` says whether a text is signed by a key; whoever trusts where the log lies need not look.
    pub fn read(
        organization_id: OrganizationId,
        text: &str,
        mut holds: impl Holds,
    ) -> Result<Self, LogBroken> {
        if text.len() > MAX_LOG {
            return Err(LogBroken::Full);
        }
        let mut log = Self::new(organization_id);
        for part in text.split_inclusive("\n\n") {
            let entry = parse(part).ok_or(LogBroken::Form)?;
            // One way of writing it alone, or two logs would say the same.
            if entry.text() != part {
                return Err(LogBroken::Form);
            }
            log.take(entry, part, &mut holds)?;
        }
        Ok(log)
    }

    /// All entries, as they are stored.
    pub fn text(&self) -> String {
        self.entries.iter().map(Entry::text).collect()
    }

    /// The entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The keys, those that were revoked among them.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.values()
    }

    /// The key of this name.
    pub fn key(&self, id: KeyId) -> Option<&Key> {
        self.keys.get(&id)
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The SHA-256 of the last entry, which stands for all of them; that of nothing where there is none.
    pub fn head(&self) -> Digest {
        self.head
    }

    /// How many votes must be signed for mail from this address, now.
    pub fn floor(&self, from: &EmailAddress, now: Timestamp) -> SignedVotes {
        let scopes = Scope::of(from).chain([Scope::Organization]);
        scopes.map(|scope| self.demanded(&scope, now)).fold(SignedVotes::NONE, SignedVotes::unite)
    }

    /// What is demanded of each scope now, and what will be, with when that counts from. What was demanded before is left out.
    pub fn demands(&self, now: Timestamp) -> impl Iterator<Item = (&Scope, Timestamp, SignedVotes)> {
        let of = move |(scope, all): (_, &'_ Vec<(Timestamp, SignedVotes)>)| {
            let first = all.iter().rposition(|(from, _)| *from <= now).unwrap_or_default();
            let left: Vec<_> = all[first..].iter().map(|(from, asked)| (scope, *from, *asked)).collect();
            left
        };
        self.demands.iter().flat_map(of)
    }

    fn demanded(&self, scope: &Scope, now: Timestamp) -> SignedVotes {
        let all = self.demands.get(scope).into_iter().flatten();
        all.rev().find(|(from, _)| *from <= now).map_or(SignedVotes::NONE, |(_, asked)| *asked)
    }

    /// The entry that would come next, of whole seconds; dated as the last one where a clock went back.
    pub fn next(&self, now: Timestamp, deed: Deed, by: By) -> Entry {
        let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Entry {
            organization_id: self.organization_id,
            number: u32::try_from(self.entries.len()).unwrap_or(u32::MAX),
            previous: self.head,
            at: self.entries.last().map_or(second, |last| second.max(last.at)),
            deed,
            by,
        }
    }

    /// Adds an entry that somebody asks for now, if it follows the last one and whoever vouches for it may. Nothing is added that could
    /// not be read again.
    pub fn add(&mut self, entry: Entry, now: Timestamp, mut holds: impl Holds) -> Result<(), LogBroken> {
        let age = now.duration_since(entry.at);
        let is_last = self.entries.last().is_some_and(|last| last.at == entry.at);
        if age > TOUCH || (age < -CLOCK && !is_last) {
            return Err(LogBroken::Time);
        }
        let text = entry.text();
        if parse(&text).as_ref() != Some(&entry) {
            return Err(LogBroken::Form);
        }
        self.take(entry, &text, &mut holds)
    }

    fn take(&mut self, entry: Entry, text: &str, holds: &mut impl Holds) -> Result<(), LogBroken> {
        let follows = entry.organization_id == self.organization_id
            && usize::try_from(entry.number) == Ok(self.entries.len())
            && entry.previous == self.head;
        if !follows {
            return Err(LogBroken::Chain);
        }
        if entry.at.subsec_nanosecond() != 0 || self.entries.last().is_some_and(|last| entry.at < last.at) {
            return Err(LogBroken::Time);
        }
        let signed = entry.signed_text();
        let voucher = match &entry.by {
            By::Link(secret) => {
                if self.entries.iter().any(|before| before.by == By::Link(*secret)) {
                    return Err(LogBroken::LinkUsed);
                }
                None
            }
            By::Key(id, assertion) => {
                let key = self.keys.get(id).filter(|key| key.counts(entry.at)).ok_or(LogBroken::Vouch)?;
                if !holds(&key.new, &signed, assertion) {
                    return Err(LogBroken::Signature);
                }
                Some(key.clone())
            }
        };
        self.check_room(&entry, text, voucher.as_ref())?;
        match &entry.deed {
            Deed::Register(new, assertion) => {
                self.check_new(new, &entry, voucher.as_ref())?;
                if !holds(new, &new.offer(entry.organization_id), assertion) {
                    return Err(LogBroken::Signature);
                }
                let by_link = matches!(entry.by, By::Link(_));
                let key =
                    Key { new: new.clone(), number: entry.number, by_link, until: None, suspended: false };
                self.keys.insert(new.id, key);
            }
            Deed::Revoke(id) => self.revoke(*id, &entry, voucher.as_ref())?,
            Deed::Suspend(id) => self.suspend(*id, &entry, voucher.as_ref())?,
            Deed::Resume(id) => self.resume(*id, &entry, voucher.as_ref())?,
            Deed::Demand(scope, asked) => self.demand(scope, *asked, &entry, voucher.as_ref())?,
        }
        match voucher {
            Some(by) if !by.new.manages => *self.lesser.entry(by.new.member_id).or_default() += 1,
            Some(_) if !matches!(entry.deed, Deed::Revoke(_)) => self.managed.push(entry.at),
            _ => {}
        }
        self.head = Digest::of(text.as_bytes());
        self.size += text.len();
        self.entries.push(entry);
        Ok(())
    }

    /// There is always room to revoke a key, and for whoever operates the installation, whatever one key does.
    fn check_room(&self, entry: &Entry, text: &str, voucher: Option<&Key>) -> Result<(), LogBroken> {
        let kept = match (voucher, &entry.deed) {
            (None, _) => 0,
            (_, Deed::Revoke(_)) => KEPT_FOR_LINKS,
            _ => KEPT_FOR_LINKS + KEPT_TO_REVOKE,
        };
        let bytes = self.size + text.len() + kept * (MAX_LOG / MAX_ENTRIES);
        if self.entries.len() + kept >= MAX_ENTRIES || bytes > MAX_LOG {
            return Err(LogBroken::Full);
        }
        let Some(by) = voucher else { return Ok(()) };
        if by.new.manages {
            let since = entry.at.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
            let lately = self.managed.iter().rev().take_while(|at| **at > since).count();
            let undoes = |id: &KeyId| self.keys.get(id).is_some_and(|key| key.until.is_some());
            let is_free = lately < MAX_A_DAY
                || matches!(&entry.deed, Deed::Revoke(_))
                || matches!(&entry.deed, Deed::Resume(id) if undoes(id));
            return if is_free { Ok(()) } else { Err(LogBroken::TooMuch) };
        }
        if self.lesser.get(&by.new.member_id).is_some_and(|count| *count >= MAX_OF_ONE) {
            return Err(LogBroken::TooMuch);
        }
        if self.lesser.values().sum::<usize>() < MAX_OF_OTHERS { Ok(()) } else { Err(LogBroken::Full) }
    }

    fn check_new(&self, new: &NewKey, entry: &Entry, voucher: Option<&Key>) -> Result<(), LogBroken> {
        let is_site = new.site.len() <= 300 && new.site.bytes().all(|byte| byte.is_ascii_graphic());
        if !new.algorithm.takes(&new.public_key) || !is_site || new.from.subsec_nanosecond() != 0 {
            return Err(LogBroken::Form);
        }
        let waited = entry.at.duration_since(new.offered);
        if new.offered.subsec_nanosecond() != 0 || waited > OFFER || waited < -CLOCK {
            return Err(LogBroken::OfferOver);
        }
        let known = |key: &Key| key.new.id == new.id || key.new.public_key == new.public_key;
        if self.keys.values().any(known) {
            return Err(LogBroken::Known);
        }
        let own = self.keys.values().filter(|key| key.new.member_id == new.member_id);
        let managers = self.keys.values().filter(|key| key.new.manages && key.stands()).count();
        let too_many = own.clone().filter(|key| key.stands()).count() >= MAX_KEYS;
        // Whoever operates the installation registers one however many there are.
        if too_many || (new.manages && managers >= MAX_MANAGERS && voucher.is_some()) {
            return Err(LogBroken::TooManyKeys);
        }
        let later = later(entry.at)?;
        let from = match voucher {
            None if !new.manages => return Err(LogBroken::Begin),
            None if self.entries.is_empty() => entry.at,
            None => later,
            // What is being revoked gives nothing any more: a thief would have the next key before the first one ends.
            Some(by) if !by.stands() => return Err(LogBroken::Vouch),
            // One's own next key, with no more rights. One that manages in time for other managers to see it.
            Some(Key { new: by, .. }) if by.member_id == new.member_id => {
                if (new.manages && !by.manages) || (new.decides && !by.decides && !by.manages) {
                    return Err(LogBroken::Vouch);
                }
                let manages =
                    |key: &Key| key.new.manages && key.new.member_id != by.member_id && key.counts(entry.at);
                if new.manages && self.keys.values().any(manages) { later } else { entry.at }
            }
            Some(by) if !by.new.manages => return Err(LogBroken::Vouch),
            // Somebody else's: their first one at once, unless it manages, or one person could so give the votes of two.
            Some(_) => {
                let two = self.demands(entry.at).any(|(_, _, asked)| asked.votes > 1);
                if own.count() > 0 || two || new.manages { later } else { entry.at }
            }
        };
        if new.from != from {
            return Err(LogBroken::TooEarly);
        }
        Ok(())
    }

    /// Whether somebody would be left who vouches for keys, without this one.
    fn is_managed_without(&self, id: KeyId, at: Timestamp) -> bool {
        // One that counts only later, or not for much longer, is no successor yet.
        self.keys.values().any(|key| key.new.id != id && key.new.manages && key.counts(at) && key.stands())
    }

    fn revoke(&mut self, id: KeyId, entry: &Entry, voucher: Option<&Key>) -> Result<(), LogBroken> {
        let key = self.keys.get(&id).filter(|key| key.until.is_none_or(|until| entry.at < until));
        let key = key.ok_or(LogBroken::Unknown)?;
        let Some(by) = voucher else {
            // Whoever operates the installation takes away what nobody else can, and what its holder may have made with it: other keys
            // of the same member, and those that they vouched for and that do not count yet.
            let member_id = key.new.member_id;
            let own: BTreeSet<KeyId> = self
                .keys
                .values()
                .filter(|key| key.new.member_id == member_id)
                .map(|key| key.new.id)
                .collect();
            let made: BTreeSet<KeyId> = self
                .entries
                .iter()
                .filter_map(|entry| match (&entry.deed, &entry.by) {
                    (Deed::Register(new, _), By::Key(by, _)) if own.contains(by) => Some(new.id),
                    _ => None,
                })
                .collect();
            let goes = |key: &&mut Key| {
                let is_own = key.new.member_id == member_id && !key.by_link;
                let is_made = made.contains(&key.new.id) && key.new.from > entry.at;
                key.new.id == id || is_own || is_made
            };
            for key in self.keys.values_mut().filter(goes) {
                key.until = Some(key.until.map_or(entry.at, |until| until.min(entry.at)));
            }
            return Ok(());
        };
        let manages = key.new.manages && key.counts(entry.at);
        let until = match &by.new {
            _ if !key.stands() => return Err(LogBroken::Unknown),
            _ if key.by_link && key.new.from > entry.at => return Err(LogBroken::Vouch),
            // A lesser key does not take away a greater one, of the same person even.
            by if !by.manages && (key.new.manages || by.member_id != key.new.member_id) => {
                return Err(LogBroken::Vouch);
            }
            // A manager by another manager: in time for others to see it.
            by if manages && by.member_id != key.new.member_id => later(entry.at)?,
            _ => entry.at,
        };
        // Where two managers revoke each other, whoever operates the installation decides, and not who was first.
        if manages && by.stands() && !self.is_managed_without(id, entry.at) {
            return Err(LogBroken::LastManager);
        }
        if let Some(key) = self.keys.get_mut(&id) {
            key.until = Some(until);
        }
        Ok(())
    }

    fn resume(&mut self, id: KeyId, entry: &Entry, voucher: Option<&Key>) -> Result<(), LogBroken> {
        let key = self.keys.get_mut(&id).ok_or(LogBroken::Unknown)?;
        let Some(by) = voucher.filter(|by| by.stands()) else { return Err(LogBroken::Vouch) };
        let is_other_manager = by.new.manages && by.new.member_id != key.new.member_id;
        match key.until {
            // Nobody takes back what has ended, nor the revocation of their own key.
            Some(until) if until <= entry.at => return Err(LogBroken::Unknown),
            Some(_) if !is_other_manager => return Err(LogBroken::Vouch),
            Some(_) => key.until = None,
            None if !key.suspended => return Err(LogBroken::Unknown),
            None if is_other_manager || by.new.manages => key.suspended = false,
            None if by.new.member_id == key.new.member_id && !key.new.manages => key.suspended = false,
            None => return Err(LogBroken::Vouch),
        }
        Ok(())
    }

    fn suspend(&mut self, id: KeyId, entry: &Entry, voucher: Option<&Key>) -> Result<(), LogBroken> {
        let key =
            self.keys.get(&id).filter(|key| key.stands() && !key.suspended).ok_or(LogBroken::Unknown)?;
        let Some(by) = voucher else { return Err(LogBroken::Vouch) };
        let is_own = by.new.member_id == key.new.member_id;
        let may = if key.new.manages { is_own && by.new.manages } else { is_own || by.new.manages };
        if !may {
            return Err(LogBroken::Vouch);
        }
        if key.new.manages && key.counts(entry.at) && !self.is_managed_without(id, entry.at) {
            return Err(LogBroken::LastManager);
        }
        if let Some(key) = self.keys.get_mut(&id) {
            key.suspended = true;
        }
        Ok(())
    }

    fn demand(
        &mut self,
        scope: &Scope,
        asked: SignedVotes,
        entry: &Entry,
        voucher: Option<&Key>,
    ) -> Result<(), LogBroken> {
        if !voucher.is_some_and(|by| by.new.manages && by.stands()) {
            return Err(LogBroken::Vouch);
        }
        if !asked.is_possible() || (asked.votes == 0 && asked.device_bound) {
            return Err(LogBroken::TooManyVotes);
        }
        let raises = self.demanded(scope, entry.at).unite(asked) == asked;
        if self.who_could_sign(asked.device_bound, entry.at) < usize::from(asked.votes) {
            return Err(LogBroken::NobodyCould);
        }
        let from = if raises { entry.at } else { later(entry.at)? };
        let all = self.demands.entry(scope.clone()).or_default();
        // What waited and asks for no more than this has no moment of its own between now and then.
        all.retain(|(waits, before)| *waits <= entry.at || asked.unite(*before) != asked);
        all.push((from, asked));
        Ok(())
    }

    /// How many members have a key that signs votes now, of this kind.
    fn who_could_sign(&self, device_bound: bool, at: Timestamp) -> usize {
        let signs = |key: &&Key| {
            key.new.decides && key.counts(at) && key.stands() && (key.new.device_bound || !device_bound)
        };
        self.keys.values().filter(signs).map(|key| key.new.member_id).collect::<BTreeSet<_>>().len()
    }
}

/// When what is asked for now counts, if it could weaken the organization.
fn later(at: Timestamp) -> Result<Timestamp, LogBroken> {
    at.checked_add(DELAY).map_err(|_| LogBroken::Time)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 2 == 1 || text.len() > 2 * MAX_FIELD || text.bytes().any(|byte| byte.is_ascii_uppercase())
    {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// The lines of an entry, each a name and a value.
struct Lines<'a>(std::str::Lines<'a>);

impl<'a> Lines<'a> {
    /// The value of the next line, which must have this name.
    fn value(&mut self, name: &str) -> Option<&'a str> {
        self.0.next()?.strip_prefix(name)?.strip_prefix(' ')
    }

    fn read<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.value(name)?.parse().ok()
    }

    fn digest(&mut self, name: &str) -> Option<Digest> {
        Digest::parse(self.value(name)?).ok()
    }

    fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        unhex(self.value(name)?)
    }

    fn assertion(&mut self, new: &str) -> Option<Assertion> {
        Some(Assertion {
            client_data: self.bytes(&format!("{new}client-data"))?,
            authenticator_data: self.bytes(&format!("{new}authenticator-data"))?,
            signature: self.bytes(&format!("{new}signature"))?,
        })
    }

    fn yes(&mut self, name: &str) -> Option<bool> {
        match self.value(name)? {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }
}

fn parse(text: &str) -> Option<Entry> {
    let mut lines = Lines(text.lines());
    if lines.0.next()? != FORM {
        return None;
    }
    let organization_id = OrganizationId::parse(lines.value("organization")?).ok()?;
    let number = lines.read("number")?;
    let previous = lines.digest("previous")?;
    let at = lines.read("at")?;
    let (word, value) = lines.0.next()?.split_once(' ')?;
    let key = || Digest::parse(value).ok();
    let nothing = Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] };
    let mut deed = match word {
        "register" => Deed::Register(parse_key(MemberId::parse(value).ok()?, &mut lines)?, nothing),
        "revoke" => Deed::Revoke(key()?),
        "suspend" => Deed::Suspend(key()?),
        "resume" => Deed::Resume(key()?),
        "demand" => {
            let scope = match OrganizationId::parse(value) {
                Ok(id) if id == organization_id => Scope::Organization,
                Ok(_) => return None,
                Err(_) => Scope::sender(value)?,
            };
            let votes = lines.read("votes")?;
            Deed::Demand(scope, SignedVotes { votes, device_bound: lines.yes("device-bound")? })
        }
        _ => return None,
    };
    let (word, value) = lines.0.next()?.split_once(' ')?;
    let by = match word {
        "by-link" => By::Link(Digest::parse(value).ok()?),
        "by-key" => By::Key(Digest::parse(value).ok()?, lines.assertion("")?),
        _ => return None,
    };
    if let Deed::Register(_, assertion) = &mut deed {
        *assertion = lines.assertion("new-")?;
    }
    (lines.0.next()?.is_empty() && lines.0.next().is_none()).then_some(Entry {
        organization_id,
        number,
        previous,
        at,
        deed,
        by,
    })
}

fn parse_key(member_id: MemberId, lines: &mut Lines<'_>) -> Option<NewKey> {
    let id = lines.digest("key")?;
    let name = lines.value("algorithm")?;
    Some(NewKey {
        member_id,
        id,
        algorithm: Algorithm::named(name)?,
        public_key: lines.bytes("public-key")?,
        site: lines.value("site")?.to_owned(),
        device_bound: lines.yes("device-bound")?,
        offered: lines.read("offered")?,
        decides: lines.yes("decides")?,
        manages: lines.yes("manages")?,
        from: lines.read("from")?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAYS: i64 = 3 * 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn organization(n: u8) -> OrganizationId {
        OrganizationId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn member(n: u8) -> MemberId {
        MemberId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn address(n: u8) -> EmailAddress {
        EmailAddress::parse(&format!("a{n}@mail.example.com")).unwrap()
    }

    fn id(n: u8) -> KeyId {
        Digest::of(&[n])
    }

    fn link(n: u8) -> By {
        By::Link(Digest::of(&[0, n]))
    }

    fn key(n: u8, whose: u8, manages: bool, from: i64) -> NewKey {
        NewKey {
            member_id: member(whose),
            id: id(n),
            algorithm: Algorithm::Es256,
            public_key: [vec![4], vec![n; 64]].concat(),
            site: "https://mail.example.com".to_owned(),
            device_bound: n % 2 == 1,
            decides: true,
            manages,
            offered: at(0),
            from: at(from),
        }
    }

    /// What a key says that signed this text: its public key and the SHA-256 of the text.
    fn signed(n: u8, text: &str) -> Assertion {
        Assertion {
            client_data: Digest::of(text.as_bytes()).as_bytes().to_vec(),
            authenticator_data: vec![],
            signature: key(n, 0, false, 0).public_key,
        }
    }

    fn holds(key: &NewKey, text: &str, assertion: &Assertion) -> bool {
        assertion.signature == key.public_key
            && assertion.client_data == Digest::of(text.as_bytes()).as_bytes()
    }

    fn nothing() -> Assertion {
        Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] }
    }

    fn register(key: NewKey) -> Deed {
        Deed::Register(key, nothing())
    }

    /// The entry that says this, signed by whoever must sign it. `n` is the key that vouches, where one does.
    fn entry(log: &KeyLog, seconds: i64, deed: Deed, by: Result<u8, By>) -> Entry {
        let by = by.map_or_else(|by| by, |n| By::Key(id(n), nothing()));
        let mut entry = log.next(at(seconds), deed, by);
        let text = entry.signed_text();
        if let By::Key(by, assertion) = &mut entry.by {
            let n = (0..=255).find(|n| id(*n) == *by).unwrap();
            *assertion = signed(n, &text);
        }
        if let Deed::Register(new, assertion) = &mut entry.deed {
            *assertion = signed(new.public_key[1], &new.offer(log.organization_id));
        }
        entry
    }

    fn say(log: &mut KeyLog, seconds: i64, deed: Deed, by: By) -> Result<(), LogBroken> {
        let entry = entry(log, seconds, deed, Err(by));
        log.add(entry, at(seconds), holds)
    }

    fn sign(log: &mut KeyLog, seconds: i64, deed: Deed, n: u8) -> Result<(), LogBroken> {
        let entry = entry(log, seconds, deed, Ok(n));
        log.add(entry, at(seconds), holds)
    }

    fn demand(scope: Scope, votes: u8, device_bound: bool) -> Deed {
        Deed::Demand(scope, SignedVotes { votes, device_bound })
    }

    /// Key 1 of member 1 manages; key 2 is of member 2.
    fn begun() -> KeyLog {
        let mut log = KeyLog::new(organization(9));
        say(&mut log, 0, register(key(1, 1, true, 0)), link(1)).unwrap();
        sign(&mut log, 1, register(key(2, 2, false, 1)), 1).unwrap();
        log
    }

    #[test]
    fn a_log_begins_with_a_link_and_a_later_link_takes_three_days() {
        let mut log = KeyLog::new(organization(9));
        let first = |manages, from| register(key(1, 1, manages, from));
        assert_eq!(say(&mut log, 0, first(false, 0), link(1)), Err(LogBroken::Begin));
        assert_eq!(say(&mut log, 0, first(true, 5), link(1)), Err(LogBroken::TooEarly));
        assert_eq!(sign(&mut log, 0, first(true, 0), 1), Err(LogBroken::Vouch));
        say(&mut log, 0, first(true, 0), link(1)).unwrap();
        let lost = |from| register(key(3, 1, true, from));
        assert_eq!(say(&mut log, 5, lost(5), link(2)), Err(LogBroken::TooEarly));
        assert_eq!(say(&mut log, 5, lost(5 + DAYS), link(1)), Err(LogBroken::LinkUsed));
        say(&mut log, 5, lost(5 + DAYS), link(2)).unwrap();
        let key = log.key(id(3)).unwrap();
        assert!(!key.counts(at(DAYS + 4)) && key.counts(at(DAYS + 5)));
        // Whoever manages, a thief perhaps, does not take away what a link gives; and another link ends the thief's key at once.
        assert_eq!(sign(&mut log, 6, Deed::Revoke(id(3)), 1), Err(LogBroken::Vouch));
        say(&mut log, 7, Deed::Revoke(id(1)), link(3)).unwrap();
        assert!(!log.key(id(1)).unwrap().counts(at(7)));
        assert_eq!(say(&mut log, 8, demand(Scope::Organization, 1, false), link(4)), Err(LogBroken::Vouch));
    }

    #[test]
    fn a_key_counts_where_one_that_counts_vouches_for_it() {
        let mut log = begun();
        // One's own next key, with no more rights than one has.
        assert_eq!(sign(&mut log, 2, register(key(4, 2, true, 2)), 2), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, 2, register(key(4, 2, false, 3)), 2), Err(LogBroken::TooEarly));
        sign(&mut log, 2, register(key(4, 2, false, 2)), 2).unwrap();
        assert_eq!(sign(&mut log, 3, register(key(4, 2, false, 3)), 2), Err(LogBroken::Known));
        let twin = NewKey { id: id(99), ..key(4, 3, false, 3) };
        assert_eq!(
            sign(&mut log, 3, register(twin), 1),
            Err(LogBroken::Known),
            "the same key by another name"
        );
        // Who does not manage vouches for nobody else, and demands nothing.
        assert_eq!(sign(&mut log, 3, register(key(5, 3, false, 3)), 2), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, 3, demand(Scope::Organization, 2, true), 2), Err(LogBroken::Vouch));
        // Another key for somebody who had one, made by others, counts after three days.
        assert_eq!(sign(&mut log, 3, register(key(6, 2, false, 3)), 1), Err(LogBroken::TooEarly));
        sign(&mut log, 3, register(key(6, 2, false, 3 + DAYS)), 1).unwrap();
        assert_eq!(sign(&mut log, 4, Deed::Revoke(id(2)), 6), Err(LogBroken::Vouch), "it does not count yet");
        sign(&mut log, 5, Deed::Revoke(id(6)), 2).unwrap();
        assert!(!log.key(id(6)).unwrap().counts(at(10 * DAYS)));
        for n in 10..18 {
            sign(&mut log, 6, register(key(n, 2, false, 6)), 2).unwrap();
        }
        assert_eq!(sign(&mut log, 6, register(key(19, 2, false, 6)), 2), Err(LogBroken::TooManyKeys));
    }

    #[test]
    fn a_new_key_signs_what_makes_it_count() {
        let mut log = begun();
        let mut forged = entry(&log, 2, register(key(4, 3, false, 2)), Ok(1));
        let text = forged.signed_text();
        // Somebody put another key in the place of the one that the manager was asked about.
        if let Deed::Register(_, assertion) = &mut forged.deed {
            *assertion = signed(5, &text);
        }
        assert_eq!(log.add(forged, at(2), holds), Err(LogBroken::Signature));
        let two = NewKey { decides: false, ..key(4, 3, false, 2) };
        sign(&mut log, 2, register(two), 1).unwrap();
        assert_eq!(
            sign(&mut log, 3, register(key(6, 3, false, 3)), 4),
            Err(LogBroken::Vouch),
            "it does not decide"
        );
    }

    #[test]
    fn a_key_is_taken_away_by_its_member_and_by_who_manages_but_the_last_one() {
        let mut log = begun();
        assert_eq!(sign(&mut log, 2, Deed::Revoke(id(1)), 2), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, 2, Deed::Revoke(id(1)), 1), Err(LogBroken::LastManager));
        assert_eq!(sign(&mut log, 2, Deed::Suspend(id(1)), 1), Err(LogBroken::LastManager));
        sign(&mut log, 3, Deed::Suspend(id(2)), 2).unwrap();
        assert!(!log.key(id(2)).unwrap().counts(at(3)));
        assert_eq!(sign(&mut log, 3, Deed::Resume(id(2)), 2), Err(LogBroken::Vouch));
        sign(&mut log, 3, Deed::Resume(id(2)), 1).unwrap();
        assert!(log.key(id(2)).unwrap().counts(at(3)));
        sign(&mut log, 4, Deed::Revoke(id(2)), 1).unwrap();
        assert_eq!(sign(&mut log, 4, Deed::Revoke(id(2)), 1), Err(LogBroken::Unknown));
        assert_eq!(sign(&mut log, 5, register(key(7, 2, false, 5)), 2), Err(LogBroken::Vouch));
        // A manager by another one: after three days, and nobody suspends the other.
        assert_eq!(sign(&mut log, 5, register(key(8, 3, true, 5)), 1), Err(LogBroken::TooEarly));
        sign(&mut log, 5, register(key(8, 3, true, 5 + DAYS)), 1).unwrap();
        let now = 6 + DAYS;
        assert_eq!(sign(&mut log, now, Deed::Suspend(id(1)), 8), Err(LogBroken::Vouch));
        sign(&mut log, now, Deed::Revoke(id(1)), 8).unwrap();
        let one = log.key(id(1)).unwrap();
        assert!(one.counts(at(now + DAYS - 1)) && !one.counts(at(now + DAYS)));
        assert_eq!(sign(&mut log, now, Deed::Revoke(id(1)), 8), Err(LogBroken::Unknown));
        // That is undone by somebody else who manages, and not by its own person.
        assert_eq!(sign(&mut log, now, Deed::Resume(id(1)), 1), Err(LogBroken::Vouch));
        sign(&mut log, now, Deed::Resume(id(1)), 8).unwrap();
        assert!(log.key(id(1)).unwrap().counts(at(now + 2 * DAYS)));
        sign(&mut log, now, Deed::Revoke(id(1)), 8).unwrap();
        // What is being revoked gives nothing any more, not to its own person either.
        let next = NewKey { offered: at(now), ..key(9, 1, false, now + 1) };
        assert_eq!(sign(&mut log, now + 1, register(next), 1), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, now + 1, demand(Scope::Organization, 1, false), 1), Err(LogBroken::Vouch));
        // It may still take away: who was first decides nothing.
        sign(&mut log, now + 2, Deed::Revoke(id(8)), 1).unwrap();
        assert!(!log.key(id(8)).unwrap().counts(at(now + 2 + DAYS)));
    }

    /// Key 3 of member 3 manages as well, from three days on.
    fn of_two_managers() -> (KeyLog, i64) {
        let mut log = begun();
        sign(&mut log, 2, register(key(3, 3, true, 2 + DAYS)), 1).unwrap();
        (log, DAYS + 10)
    }

    fn offered(n: u8, whose: u8, manages: bool, now: i64, from: i64) -> Deed {
        register(NewKey { offered: at(now), ..key(n, whose, manages, from) })
    }

    #[test]
    fn who_stole_a_managers_key_makes_no_other_before_managers_see_it_and_loses_all_by_a_link() {
        let (mut log, now) = of_two_managers();
        assert_eq!(sign(&mut log, now, offered(4, 1, true, now, now), 1), Err(LogBroken::TooEarly));
        sign(&mut log, now, offered(4, 1, true, now, now + DAYS), 1).unwrap();
        sign(&mut log, now, offered(6, 1, false, now, now), 1).unwrap();
        // Of a member who is made up.
        assert_eq!(sign(&mut log, now, offered(12, 66, true, now, now), 1), Err(LogBroken::TooEarly));
        sign(&mut log, now, offered(12, 66, true, now, now + DAYS), 1).unwrap();
        sign(&mut log, now, offered(14, 67, false, now, now), 1).unwrap();
        sign(&mut log, now + 1, Deed::Revoke(id(4)), 3).unwrap();
        assert!(!log.key(id(4)).unwrap().counts(at(now + DAYS)), "before it counted");
        sign(&mut log, now + 1, offered(8, 1, true, now, now + 1 + DAYS), 1).unwrap();
        say(&mut log, now + 2, offered(10, 1, true, now, now + 2 + DAYS), link(4)).unwrap();
        say(&mut log, now + 3, Deed::Revoke(id(1)), link(5)).unwrap();
        let counts = |n| log.key(id(n)).unwrap().counts(at(now + 2 * DAYS));
        // Key 14 signs votes and counted already: whoever has reason to revokes it, as key 2, which came honestly.
        let gone = [1, 4, 6, 8, 12].map(counts);
        assert_eq!((gone, [10, 3, 14, 2].map(counts)), ([false; 5], [true; 4]));
    }

    #[test]
    fn so_many_manage_at_the_same_time_and_no_more() {
        let mut log = begun();
        for n in 20..20 + u8::try_from(MAX_MANAGERS - 1).unwrap() {
            sign(&mut log, 3, register(key(n, n, true, 3 + DAYS)), 1).unwrap();
        }
        assert_eq!(sign(&mut log, 4, register(key(60, 60, true, 4 + DAYS)), 1), Err(LogBroken::TooManyKeys));
        say(&mut log, 4, register(key(61, 61, true, 4 + DAYS)), link(3)).unwrap();
    }

    #[test]
    fn a_lesser_key_takes_no_greater_one_away() {
        let (mut log, now) = of_two_managers();
        sign(&mut log, now, offered(4, 3, false, now, now), 3).unwrap();
        assert_eq!(sign(&mut log, now, Deed::Revoke(id(3)), 4), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, now, Deed::Suspend(id(3)), 4), Err(LogBroken::Vouch));
        sign(&mut log, now, Deed::Suspend(id(3)), 3).unwrap();
        assert_eq!(sign(&mut log, now, Deed::Resume(id(3)), 4), Err(LogBroken::Vouch));
        sign(&mut log, now, Deed::Resume(id(3)), 1).unwrap();
        sign(&mut log, now, Deed::Revoke(id(4)), 4).unwrap();
    }

    #[test]
    fn a_code_is_of_what_the_key_answered() {
        let said = signed(4, "countersign-offer-1");
        let shown = code(&said);
        assert_eq!((shown.len(), shown.split(' ').count()), (19, 4));
        let of = |n: u8| Assertion { client_data: vec![n], authenticator_data: vec![], signature: vec![] };
        // Python: SHA-256 of "client-data 01\nauthenticator-data \nsignature \n", ten bytes, in Crockford's base32.
        assert_eq!(code(&of(1)), "t3zw s6ke g0q0 f0ry");
        assert_ne!(code(&of(1)), code(&of(2)));
        assert!(is_code(&shown.to_uppercase().replace(' ', "-"), &shown));
        assert!(is_code(" oIl0 ", "0110") && !is_code("", &shown) && !is_code(&shown[1..], &shown));
    }

    #[test]
    fn a_key_is_offered_by_its_person_within_a_week() {
        let mut log = begun();
        let of = |offered: i64, from| register(NewKey { offered: at(offered), ..key(4, 2, false, from) });
        let week = OFFER.as_secs();
        assert_eq!(sign(&mut log, week + 3, of(2, week + 3), 2), Err(LogBroken::OfferOver));
        assert_eq!(sign(&mut log, 3, of(64, 3), 2), Err(LogBroken::OfferOver));
        let mut other = entry(&log, 3, of(2, 3), Ok(2));
        if let Deed::Register(new, assertion) = &mut other.deed {
            *assertion = signed(4, &NewKey { member_id: member(1), ..new.clone() }.offer(organization(9)));
        }
        assert_eq!(log.add(other, at(3), holds), Err(LogBroken::Signature), "offered as somebody else's");
        sign(&mut log, week + 2, of(2, week + 2), 2).unwrap();
        assert_eq!(short_name(id(4)).len(), 14);
    }

    #[test]
    fn a_demand_is_of_an_organization_a_domain_or_an_address_however_it_is_spelled() {
        let mut log = begun();
        let floor = |log: &KeyLog, from: &str| log.floor(&EmailAddress::parse(from).unwrap(), at(9)).votes;
        sign(&mut log, 2, demand(Scope::sender("bills@a.example").unwrap(), 2, false), 1).unwrap();
        sign(&mut log, 2, demand(Scope::sender("b.example").unwrap(), 1, false), 1).unwrap();
        assert_eq!((floor(&log, "Bills@A.example"), floor(&log, "x@a.example")), (2, 0));
        // What lies below a domain may be sent from by whoever may send from that.
        assert_eq!((floor(&log, "x@B.EXAMPLE"), floor(&log, "x@very.sub.b.example")), (1, 1));
        assert_eq!((floor(&log, "x@bb.example"), floor(&log, "x@example.com")), (0, 0));
        for wrong in
            ["", "B.example", "a@B.example", "A@b.example", "b example", "@b.example", "a@b@c.example"]
        {
            assert_eq!(Scope::sender(wrong), None, "{wrong}");
        }
        assert_eq!(log.demands(at(9)).count(), 2);
    }

    #[test]
    fn a_demand_is_raised_at_once_and_lowered_after_three_days() {
        let mut log = begun();
        let floor = |log: &KeyLog, n, seconds| log.floor(&address(n), at(seconds));
        let asked = |votes, device_bound| SignedVotes { votes, device_bound };
        assert_eq!(floor(&log, 1, 2), SignedVotes::NONE);
        for n in [3, 5, 7, 11] {
            sign(&mut log, 2, register(key(n, n, false, 2)), 1).unwrap();
        }
        sign(&mut log, 2, demand(Scope::Address(address(1)), 2, false), 1).unwrap();
        sign(&mut log, 2, demand(Scope::Organization, 1, true), 1).unwrap();
        assert_eq!(floor(&log, 1, 2), asked(2, true));
        assert_eq!(floor(&log, 2, 2), asked(1, true));
        sign(&mut log, 3, demand(Scope::Organization, 0, false), 1).unwrap();
        assert_eq!(floor(&log, 2, DAYS), asked(1, true));
        assert_eq!(floor(&log, 2, 3 + DAYS), SignedVotes::NONE);
        // More votes, and keys of less worth: that lowers it as well.
        sign(&mut log, 4, demand(Scope::Organization, 3, false), 1).unwrap();
        assert_eq!(floor(&log, 2, 5), asked(1, true));
        sign(&mut log, 5, demand(Scope::Organization, 3, true), 1).unwrap();
        assert_eq!(floor(&log, 2, 5), asked(3, true));
        assert_eq!(floor(&log, 2, 5 + DAYS), asked(3, true), "what was said last stands");
        assert_eq!(sign(&mut log, 6, demand(Scope::Organization, 11, true), 1), Err(LogBroken::TooManyVotes));
        // Where two votes are demanded nobody makes both of them at once.
        assert_eq!(sign(&mut log, 7, register(key(9, 4, false, 7)), 1), Err(LogBroken::TooEarly));
        sign(&mut log, 7, register(key(9, 4, false, 7 + DAYS)), 1).unwrap();
    }

    #[test]
    fn one_key_does_not_fill_the_log_before_others_act() {
        let mut log = begun();
        // Who does not manage.
        let mut done = 0;
        let refused = loop {
            let deed = if done % 2 == 0 { Deed::Suspend(id(2)) } else { Deed::Resume(id(2)) };
            // A key that is suspended vouches for nothing, so another of the same person does both.
            if done == 0 {
                sign(&mut log, 2, register(key(4, 2, false, 2)), 2).unwrap();
            }
            match sign(&mut log, 3, deed, 4) {
                Ok(()) => done += 1,
                Err(refused) => break refused,
            }
        };
        assert_eq!((done, refused), (MAX_OF_ONE - 1, LogBroken::TooMuch));
        // Who manages, within a day.
        let mut done = 0;
        let refused = loop {
            match sign(&mut log, 4, demand(Scope::Organization, 1, done % 2 == 1), 1) {
                Ok(()) => done += 1,
                Err(refused) => break refused,
            }
        };
        assert_eq!((done, refused), (MAX_A_DAY - 1, LogBroken::TooMuch));
        // And however long it takes: what is left is for taking keys away, and the last of it for links.
        let mut seconds = 4;
        let refused = loop {
            match sign(&mut log, seconds, demand(Scope::Organization, 1, false), 1) {
                Ok(()) => {}
                Err(LogBroken::TooMuch) => seconds += 86_400,
                Err(refused) => break refused,
            }
        };
        assert_eq!(refused, LogBroken::Full);
        assert_eq!(log.entries().len(), MAX_ENTRIES - KEPT_TO_REVOKE - KEPT_FOR_LINKS);
        sign(&mut log, seconds, Deed::Revoke(id(4)), 1).unwrap();
        say(&mut log, seconds, Deed::Revoke(id(1)), link(9)).unwrap();
        KeyLog::read(organization(9), &log.text(), holds).unwrap();
    }

    #[test]
    fn nothing_is_demanded_that_nobody_could_sign() {
        let mut log = begun();
        let all = |votes, bound| demand(Scope::Organization, votes, bound);
        assert_eq!(sign(&mut log, 2, all(3, false), 1), Err(LogBroken::NobodyCould));
        assert_eq!(
            sign(&mut log, 2, all(2, true), 1),
            Err(LogBroken::NobodyCould),
            "one key stays in its device"
        );
        sign(&mut log, 2, all(2, false), 1).unwrap();
        // While two are demanded nobody makes both at once; later they may again.
        assert_eq!(sign(&mut log, 3, register(key(5, 5, false, 3)), 1), Err(LogBroken::TooEarly));
        sign(&mut log, 3, all(0, false), 1).unwrap();
        // What is lowered in two steps has no hole between them.
        sign(&mut log, 10, all(1, false), 1).unwrap();
        let floor = |seconds| log.floor(&address(1), at(seconds)).votes;
        assert_eq!([9, DAYS + 3, DAYS + 9, DAYS + 10].map(floor), [2, 2, 2, 1]);
        assert_eq!(log.demands(at(11)).map(|(_, _, asked)| asked.votes).collect::<Vec<_>>(), [2, 1]);
        sign(&mut log, DAYS + 11, register(key(5, 5, false, DAYS + 11)), 1).unwrap();
    }

    #[test]
    fn an_entry_follows_the_one_before_and_is_dated_now() {
        let mut log = begun();
        let right = entry(&log, 9, register(key(4, 2, false, 9)), Ok(2));
        let wrong = |change: &dyn Fn(&mut Entry)| {
            let mut entry = right.clone();
            change(&mut entry);
            log.clone().add(entry, at(9), holds).unwrap_err()
        };
        assert_eq!(wrong(&|it| it.number = 1), LogBroken::Chain);
        assert_eq!(wrong(&|it| it.previous = id(0)), LogBroken::Chain);
        assert_eq!(wrong(&|it| it.organization_id = organization(8)), LogBroken::Chain);
        assert_eq!(wrong(&|it| it.at = at(8)), LogBroken::Signature);
        assert_eq!(wrong(&|it| it.at = at(0)), LogBroken::Time);
        assert_eq!(wrong(&|it| it.at = at(9 + 61)), LogBroken::Time);
        assert_eq!(log.clone().add(right.clone(), at(9 + 601), holds), Err(LogBroken::Time));
        let mut short = right.clone();
        if let Deed::Register(new, _) = &mut short.deed {
            new.public_key.pop();
        }
        assert_eq!(log.clone().add(short, at(9), |_, _, _| true), Err(LogBroken::Form));
        let mut long = right.clone();
        if let By::Key(_, assertion) = &mut long.by {
            assertion.client_data = vec![0; MAX_FIELD + 1];
        }
        assert_eq!(
            log.clone().add(long, at(9), |_, _, _| true),
            Err(LogBroken::Form),
            "nobody could read it"
        );
        log.add(right, at(9), holds).unwrap();
        // A clock that went back dates an entry as the last one.
        let late = entry(&log, 4, Deed::Revoke(id(2)), Ok(1));
        assert_eq!(late.at, at(9));
        log.add(late, at(4), holds).unwrap();
        // At the end of time nothing can be put off, and nothing breaks.
        let end = Timestamp::MAX;
        let second = Timestamp::from_second(end.as_second()).unwrap();
        let mut last = log.next(end, register(NewKey { offered: second, ..key(5, 1, true, 0) }), link(7));
        last.at = second;
        assert_eq!(log.add(last, end, |_, _, _| true), Err(LogBroken::Time));
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let mut log = begun();
        sign(&mut log, 2, demand(Scope::Address(address(3)), 1, true), 1).unwrap();
        sign(&mut log, 2, demand(Scope::Organization, 0, false), 1).unwrap();
        sign(&mut log, 3, Deed::Suspend(id(2)), 2).unwrap();
        sign(&mut log, 4, Deed::Resume(id(2)), 1).unwrap();
        sign(&mut log, 4, Deed::Revoke(id(2)), 1).unwrap();
        let text = log.text();
        assert_eq!(KeyLog::read(organization(9), &text, holds), Ok(log.clone()));
        assert_eq!(log.head(), Digest::of(log.entries().last().unwrap().text().as_bytes()));
        let read = |text: &str| KeyLog::read(organization(9), text, holds).unwrap_err();
        assert_eq!(read(text.trim_end()), LogBroken::Form);
        assert_eq!(read(&text.replace("votes 1", "votes 01")), LogBroken::Form);
        assert_eq!(read(&text.replace("manages yes", "manages  yes")), LogBroken::Form);
        assert_eq!(read(&text.replace('\n', "\r\n")), LogBroken::Form);
        assert_eq!(read(&format!("{text}\n")), LogBroken::Form);
        assert_eq!(read(&format!("{text}{text}")), LogBroken::Chain);
        let (first, rest) = text.split_at(text.find("\n\n").unwrap() + 2);
        assert_eq!(read(rest), LogBroken::Chain);
        KeyLog::read(organization(9), first, holds).unwrap();
        assert_eq!(KeyLog::read(organization(8), &text, holds), Err(LogBroken::Chain));
        assert_eq!(read(&"x".repeat(MAX_LOG + 1)), LogBroken::Full);
        assert_eq!(KeyLog::read(organization(9), "", holds), Ok(KeyLog::new(organization(9))));
    }

    proptest! {
        #[test]
        fn no_byte_of_a_log_can_be_another(place in 0usize..6_000, other in 0u8..128) {
            let mut log = begun();
            sign(&mut log, 2, register(key(4, 2, false, 2)), 2).unwrap();
            let mut text = log.text().into_bytes();
            let place = place % text.len();
            prop_assume!(text[place] != other);
            text[place] = other;
            let text = String::from_utf8(text).unwrap();
            prop_assert!(KeyLog::read(log.organization_id, &text, holds).is_err(), "{text}");
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,200}", rest in "[a-z0-9 :-]{0,60}", at in "[0-9TZ:-]{0,24}") {
            let _ = KeyLog::read(organization(9), &text, holds);
            let _ = KeyLog::read(organization(9), &format!("countersign-key-1\n{rest}\n\n"), holds);
            let dated = begun().text().replace("2027-01-15T08:00:00Z", &at);
            let _ = KeyLog::read(organization(9), &dated, |_, _, _| true);
        }
    }
}
