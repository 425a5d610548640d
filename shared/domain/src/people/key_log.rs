//! The log of an organization's signing keys: whose key counts, since when, until when, and for which mail a key is demanded.
//!
//! It is one text, which only grows, lies where no function that writes the table can write, and is written by one function alone. The
//! dispatcher reads it before it sends; a receipt carries it, and whoever checks that needs nothing else. It names members by their ids
//! alone, so a person can be erased and the log stay whole.
//!
//! Each entry says what it changes, and then who vouches for that: the one-time link that the organization began with, or a key that
//! counts, by a signature over all that stands above it. An entry names the SHA-256 of the entry before, so none can be left out:
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
//! device-bound no
//! manages no
//! from 2026-12-01T09:00:00Z
//! by-key sha256:…
//! client-data 7b…
//! authenticator-data 49…
//! signature 30…
//!
//! ```
//!
//! What is signed ends with the line `by-key`. Bytes are written in hexadecimal. An empty line ends an entry.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::id::Id as _;
use crate::gate::statement::{KeyId, SignedVotes};
use crate::{InboxId, MemberId, OrganizationId};

const FORM: &str = "countersign-key-1";

/// So many entries a log has at most.
pub const MAX_ENTRIES: usize = 2_000;

/// So long is a log at most, in bytes.
pub const MAX_LOG: usize = 4 * 1024 * 1024;

/// So many bytes one field of an entry has at most: of an RSA key of 4,096 bits, and of what a browser says.
pub const MAX_FIELD: usize = 4_096;

/// So many keys of a member count at the same time at most.
pub const MAX_KEYS: usize = 10;

/// So long everybody is told before a key counts that others made for a member who had one.
pub const RECOVERY: SignedDuration = SignedDuration::from_hours(72);

/// How a key signs (the COSE algorithms −7, −8 and −257).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: the public key is its point, uncompressed, 65 bytes.
    Es256,
    /// Ed25519: 32 bytes.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256, of 2,048 to 4,096 bits: an `RSAPublicKey` of RFC 8017, in DER.
    Rs256,
}

impl Algorithm {
    const ALL: [Algorithm; 3] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256];

    /// Its name in COSE.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
            Algorithm::Rs256 => "RS256",
        }
    }
}

/// What an authenticator signed, as the browser gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assertion {
    /// What the browser did, as JSON: challenge and origin among it.
    pub client_data: Vec<u8>,
    /// For which site, and whether its person was verified.
    pub authenticator_data: Vec<u8>,
    /// Over the authenticator's data and the SHA-256 of the browser's.
    pub signature: Vec<u8>,
}

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
    /// Whether it stays in its device; one that doesn't may be handed on to others of its person.
    pub device_bound: bool,
    /// Whether it vouches for keys of other members, and says for which mail a key is demanded.
    pub manages: bool,
    /// It counts from then on.
    pub from: Timestamp,
}

/// For which mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All of the organization.
    Organization,
    /// All that leaves one inbox.
    Inbox(InboxId),
}

/// What an entry changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// A key counts from a time on.
    Register(NewKey),
    /// A key counts no more.
    Revoke(KeyId),
    /// Mail needs signed votes.
    Demand(Scope, SignedVotes),
    /// A signed vote does not count any more: its member took it back. By the SHA-256 of what they had signed.
    Withdraw(Digest),
}

/// Who vouches for an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// Whoever had a one-time link of whoever operates the installation, by the SHA-256 of its secret: to begin a log, and where nobody is
    /// left who could vouch for another key.
    Link(Digest),
    /// A key, with what it signed.
    Key(KeyId, Assertion),
    /// A member who was signed in. That is enough to end what their own key does, and for nothing more.
    Member(MemberId),
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

impl Entry {
    /// What whoever vouches for it signs.
    pub fn signed_text(&self) -> String {
        let Self { organization_id, number, previous, at, .. } = self;
        let mut text = format!(
            "{FORM}\norganization {organization_id}\nnumber {number}\nprevious {previous}\nat {at}\n"
        );
        let yes = |it: bool| if it { "yes" } else { "no" };
        // Writing to a text never fails.
        let _ = match &self.deed {
            Deed::Register(key) => write!(
                text,
                "register {}\nkey {}\nalgorithm {}\npublic-key {}\ndevice-bound {}\nmanages {}\nfrom {}\n",
                key.member_id,
                key.id,
                key.algorithm.name(),
                hex(&key.public_key),
                yes(key.device_bound),
                yes(key.manages),
                key.from
            ),
            Deed::Revoke(key) => writeln!(text, "revoke {key}"),
            Deed::Demand(scope, floor) => {
                let scope = match scope {
                    Scope::Organization => self.organization_id.to_string(),
                    Scope::Inbox(id) => id.to_string(),
                };
                write!(
                    text,
                    "demand {scope}\nvotes {}\ndevice-bound {}\n",
                    floor.votes,
                    yes(floor.device_bound)
                )
            }
            Deed::Withdraw(vote) => writeln!(text, "withdraw {vote}"),
        };
        let _ = match &self.by {
            By::Link(secret) => writeln!(text, "by-link {secret}"),
            By::Key(key, _) => writeln!(text, "by-key {key}"),
            By::Member(member) => writeln!(text, "by-member {member}"),
        };
        text
    }

    /// The whole entry, with the empty line that ends it.
    pub fn text(&self) -> String {
        let mut text = self.signed_text();
        if let By::Key(_, assertion) = &self.by {
            let _ = write!(
                text,
                "client-data {}\nauthenticator-data {}\nsignature {}\n",
                hex(&assertion.client_data),
                hex(&assertion.authenticator_data),
                hex(&assertion.signature)
            );
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
    /// An entry is of another organization, in another place, or follows another entry.
    #[error("an entry of the key log does not follow the one before")]
    Chain,
    /// It is dated before the entry before.
    #[error("an entry of the key log is dated before the one before")]
    Time,
    /// The first entry registers a key that manages, by a link; a later one by a link registers a key that counts after [`RECOVERY`].
    #[error("a key log begins with the key of whoever has the set-up link")]
    Begin,
    /// Who vouches for it has no key that counts, or none that may vouch for this.
    #[error("the key that vouches for an entry does not count, or may not vouch for it")]
    Vouch,
    /// The signature is not that of the key that vouches.
    #[error("the signature of an entry does not hold")]
    Signature,
    /// There is such a key already.
    #[error("this key is in the log already")]
    Known,
    /// What is ended has ended, or never was.
    #[error("there is no such key that counts")]
    Unknown,
    /// The member has as many keys as somebody may have.
    #[error("a member has at most 10 keys that count")]
    TooManyKeys,
    /// A key that others made counts too early.
    #[error("a key that is made for a member who had one counts after three days")]
    TooEarly,
    /// Nobody would be left who vouches for keys.
    #[error("the last key that vouches for others can't be revoked: register another first")]
    LastManager,
    /// More votes than a mail may ask for.
    #[error("at most 10 signed votes can be demanded")]
    TooManyVotes,
}

/// A key of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What was registered.
    pub new: NewKey,
    /// The entry that registered it.
    pub number: u32,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl Key {
    /// Whether it counts at this time.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.new.from <= at && self.revoked.is_none()
    }
}

/// A log, with what its entries come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLog {
    organization_id: OrganizationId,
    entries: Vec<Entry>,
    keys: BTreeMap<KeyId, Key>,
    floors: BTreeMap<Scope, SignedVotes>,
    withdrawn: BTreeMap<Digest, Timestamp>,
}

impl KeyLog {
    /// One without an entry.
    pub fn new(organization_id: OrganizationId) -> Self {
        Self {
            organization_id,
            entries: vec![],
            keys: BTreeMap::new(),
            floors: BTreeMap::new(),
            withdrawn: BTreeMap::new(),
        }
    }

    /// Reads what [`Self::text`] writes. `holds` says whether an entry's signature is that of this key; whoever trusts where the log lies
    /// need not look.
    pub fn read(
        organization_id: OrganizationId,
        text: &str,
        mut holds: impl FnMut(&NewKey, &Entry, &Assertion) -> bool,
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
            log.add(entry, &mut holds)?;
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

    /// Whether whoever signed this took it back.
    pub fn is_withdrawn(&self, vote: Digest) -> bool {
        self.withdrawn.contains_key(&vote)
    }

    /// How many votes must be signed for mail of this inbox.
    pub fn floor(&self, inbox_id: InboxId) -> SignedVotes {
        let of = |scope| self.floors.get(&scope).copied().unwrap_or_default();
        of(Scope::Organization).unite(of(Scope::Inbox(inbox_id)))
    }

    /// The entry that would come next.
    pub fn next(&self, at: Timestamp, deed: Deed, by: By) -> Entry {
        Entry {
            organization_id: self.organization_id,
            number: u32::try_from(self.entries.len()).unwrap_or(u32::MAX),
            previous: self.head(),
            at,
            deed,
            by,
        }
    }

    /// The SHA-256 of the last entry, which stands for all of them; that of nothing where there is none.
    pub fn head(&self) -> Digest {
        self.entries.last().map_or(Digest::of(b""), |entry| Digest::of(entry.text().as_bytes()))
    }

    /// Adds an entry, if it follows the last one and whoever vouches for it may.
    pub fn add(
        &mut self,
        entry: Entry,
        mut holds: impl FnMut(&NewKey, &Entry, &Assertion) -> bool,
    ) -> Result<(), LogBroken> {
        let expected = self.next(entry.at, entry.deed.clone(), entry.by.clone());
        if entry != expected {
            return Err(LogBroken::Chain);
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Err(LogBroken::Full);
        }
        if self.entries.last().is_some_and(|last| entry.at < last.at) {
            return Err(LogBroken::Time);
        }
        let voucher = match &entry.by {
            By::Link(_) | By::Member(_) => None,
            By::Key(id, assertion) => {
                let key = self.keys.get(id).filter(|key| key.counts(entry.at)).ok_or(LogBroken::Vouch)?;
                if !holds(&key.new, &entry, assertion) {
                    return Err(LogBroken::Signature);
                }
                Some(key.new.clone())
            }
        };
        match &entry.deed {
            Deed::Register(new) => self.register(new, &entry, voucher.as_ref())?,
            Deed::Revoke(id) => self.revoke(*id, &entry, voucher.as_ref())?,
            Deed::Demand(scope, floor) => {
                if !voucher.is_some_and(|key| key.manages) {
                    return Err(LogBroken::Vouch);
                }
                if !floor.is_possible() {
                    return Err(LogBroken::TooManyVotes);
                }
                self.floors.insert(*scope, *floor);
            }
            Deed::Withdraw(vote) => {
                // It takes nothing but a vote away, and that is always safe.
                if !matches!(entry.by, By::Member(_)) {
                    return Err(LogBroken::Vouch);
                }
                self.withdrawn.insert(*vote, entry.at);
            }
        }
        self.entries.push(entry);
        Ok(())
    }

    fn register(&mut self, new: &NewKey, entry: &Entry, voucher: Option<&NewKey>) -> Result<(), LogBroken> {
        if self.keys.contains_key(&new.id) {
            return Err(LogBroken::Known);
        }
        match voucher {
            None => {
                // Whoever is signed in says nothing about what counts.
                if !matches!(entry.by, By::Link(_)) {
                    return Err(LogBroken::Vouch);
                }
                let from = if self.entries.is_empty() { entry.at } else { entry.at + RECOVERY };
                if !new.manages || new.from != from {
                    return Err(LogBroken::Begin);
                }
            }
            // One's own next key.
            Some(key) if key.member_id == new.member_id => {
                if (new.manages && !key.manages) || new.from != entry.at {
                    return Err(LogBroken::Vouch);
                }
            }
            Some(key) if !key.manages => return Err(LogBroken::Vouch),
            // Somebody else's first key counts at once, another one after everybody was told.
            Some(_) => {
                let had = self.keys.values().any(|key| key.new.member_id == new.member_id);
                let earliest = if had { entry.at + RECOVERY } else { entry.at };
                if new.from < earliest || new.from > earliest + RECOVERY {
                    return Err(LogBroken::TooEarly);
                }
            }
        }
        let own = self.keys.values().filter(|key| key.new.member_id == new.member_id);
        if own.filter(|key| key.revoked.is_none()).count() >= MAX_KEYS {
            return Err(LogBroken::TooManyKeys);
        }
        self.keys.insert(new.id, Key { new: new.clone(), number: entry.number, revoked: None });
        Ok(())
    }

    fn revoke(&mut self, id: KeyId, entry: &Entry, voucher: Option<&NewKey>) -> Result<(), LogBroken> {
        let key = self.keys.get(&id).filter(|key| key.revoked.is_none()).ok_or(LogBroken::Unknown)?;
        let own = match (&entry.by, voucher) {
            (By::Member(member), _) => *member == key.new.member_id,
            (_, Some(voucher)) => voucher.manages || voucher.member_id == key.new.member_id,
            (_, None) => false,
        };
        if !own {
            return Err(LogBroken::Vouch);
        }
        // One that counts only later is no successor yet.
        let manages = |other: &Key| other.new.id != id && other.new.manages && other.counts(entry.at);
        if key.new.manages && key.counts(entry.at) && !self.keys.values().any(manages) {
            return Err(LogBroken::LastManager);
        }
        if let Some(key) = self.keys.get_mut(&id) {
            key.revoked = Some(entry.at);
        }
        Ok(())
    }
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
    let deed = match word {
        "register" => {
            let member_id = MemberId::parse(value).ok()?;
            let id = lines.digest("key")?;
            let name = lines.value("algorithm")?;
            Deed::Register(NewKey {
                member_id,
                id,
                algorithm: Algorithm::ALL.into_iter().find(|one| one.name() == name)?,
                public_key: lines.bytes("public-key")?,
                device_bound: lines.yes("device-bound")?,
                manages: lines.yes("manages")?,
                from: lines.read("from")?,
            })
        }
        "revoke" => Deed::Revoke(Digest::parse(value).ok()?),
        "demand" => {
            let scope = match InboxId::parse(value) {
                Ok(id) => Scope::Inbox(id),
                Err(_) if OrganizationId::parse(value) == Ok(organization_id) => Scope::Organization,
                Err(_) => return None,
            };
            let votes = lines.read("votes")?;
            Deed::Demand(scope, SignedVotes { votes, device_bound: lines.yes("device-bound")? })
        }
        "withdraw" => Deed::Withdraw(Digest::parse(value).ok()?),
        _ => return None,
    };
    let (word, value) = lines.0.next()?.split_once(' ')?;
    let by = match word {
        "by-link" => By::Link(Digest::parse(value).ok()?),
        "by-member" => By::Member(MemberId::parse(value).ok()?),
        "by-key" => {
            let client_data = lines.bytes("client-data")?;
            let authenticator_data = lines.bytes("authenticator-data")?;
            let signature = lines.bytes("signature")?;
            By::Key(Digest::parse(value).ok()?, Assertion { client_data, authenticator_data, signature })
        }
        _ => return None,
    };
    (lines.0.next()?.is_empty() && lines.0.next().is_none()).then_some(Entry {
        organization_id,
        number,
        previous,
        at,
        deed,
        by,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn member(n: u8) -> MemberId {
        MemberId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn id(n: u8) -> KeyId {
        Digest::of(&[n])
    }

    fn key(n: u8, whose: u8, manages: bool, from: i64) -> NewKey {
        NewKey {
            member_id: member(whose),
            id: id(n),
            algorithm: Algorithm::Es256,
            public_key: vec![n; 65],
            device_bound: n % 2 == 1,
            manages,
            from: at(from),
        }
    }

    /// A signature that holds: the public key and the SHA-256 of what it is over.
    fn by(log: &KeyLog, seconds: i64, deed: &Deed, n: u8) -> By {
        let none = Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] };
        let unsigned = log.next(at(seconds), deed.clone(), By::Key(id(n), none.clone()));
        let client_data = Digest::of(unsigned.signed_text().as_bytes()).as_bytes().to_vec();
        By::Key(id(n), Assertion { client_data, signature: vec![n; 65], ..none })
    }

    fn holds(key: &NewKey, entry: &Entry, assertion: &Assertion) -> bool {
        assertion.signature == key.public_key
            && assertion.client_data == Digest::of(entry.signed_text().as_bytes()).as_bytes()
    }

    fn add(log: &mut KeyLog, seconds: i64, deed: Deed, by: By) -> Result<(), LogBroken> {
        let entry = log.next(at(seconds), deed, by);
        log.add(entry, holds)
    }

    fn sign(log: &mut KeyLog, seconds: i64, deed: Deed, n: u8) -> Result<(), LogBroken> {
        let by = by(log, seconds, &deed, n);
        add(log, seconds, deed, by)
    }

    /// Key 1 of member 1 manages; key 2 is of member 2.
    fn begun() -> KeyLog {
        let mut log = KeyLog::new(OrganizationId::new(Timestamp::UNIX_EPOCH, [9; 10]));
        let link = By::Link(Digest::of(b"link"));
        add(&mut log, 0, Deed::Register(key(1, 1, true, 0)), link).unwrap();
        sign(&mut log, 1, Deed::Register(key(2, 2, false, 1)), 1).unwrap();
        log
    }

    #[test]
    fn a_log_begins_with_the_link_and_later_a_link_takes_three_days() {
        let mut log = KeyLog::new(OrganizationId::new(Timestamp::UNIX_EPOCH, [9; 10]));
        let link = || By::Link(Digest::of(b"link"));
        let first = |manages, from| Deed::Register(key(1, 1, manages, from));
        assert_eq!(add(&mut log, 0, first(false, 0), link()), Err(LogBroken::Begin));
        assert_eq!(add(&mut log, 0, first(true, 5), link()), Err(LogBroken::Begin));
        assert_eq!(add(&mut log, 0, first(true, 0), By::Member(member(1))), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, 0, first(true, 0), 1), Err(LogBroken::Vouch));
        add(&mut log, 0, first(true, 0), link()).unwrap();
        let lost = |from| Deed::Register(key(3, 1, true, from));
        assert_eq!(add(&mut log, 5, lost(5), link()), Err(LogBroken::Begin));
        add(&mut log, 5, lost(5 + 3 * DAY), link()).unwrap();
        assert!(
            !log.key(id(3)).unwrap().counts(at(3 * DAY)) && log.key(id(3)).unwrap().counts(at(3 * DAY + 5))
        );
        let floor = Deed::Demand(Scope::Organization, SignedVotes { votes: 1, device_bound: false });
        assert_eq!(add(&mut log, 6, floor, link()), Err(LogBroken::Vouch));
    }

    #[test]
    fn a_key_counts_where_one_that_counts_vouches_for_it() {
        let mut log = begun();
        // One's own next key, with no more rights than one has.
        assert_eq!(sign(&mut log, 2, Deed::Register(key(4, 2, true, 2)), 2), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, 2, Deed::Register(key(4, 2, false, 3)), 2), Err(LogBroken::Vouch));
        sign(&mut log, 2, Deed::Register(key(4, 2, false, 2)), 2).unwrap();
        assert_eq!(sign(&mut log, 3, Deed::Register(key(4, 2, false, 3)), 2), Err(LogBroken::Known));
        // Who does not manage vouches for nobody else, and demands nothing.
        assert_eq!(sign(&mut log, 3, Deed::Register(key(5, 3, false, 3)), 2), Err(LogBroken::Vouch));
        let floor = SignedVotes { votes: 2, device_bound: true };
        assert_eq!(sign(&mut log, 3, Deed::Demand(Scope::Organization, floor), 2), Err(LogBroken::Vouch));
        // Another key for somebody who had one, made by others, counts after three days.
        let late = |from| Deed::Register(key(6, 2, false, from));
        assert_eq!(sign(&mut log, 3, late(3), 1), Err(LogBroken::TooEarly));
        sign(&mut log, 3, late(3 + 3 * DAY), 1).unwrap();
        assert_eq!(sign(&mut log, 4, Deed::Revoke(id(2)), 6), Err(LogBroken::Vouch), "it does not count yet");
        // And can be ended before that by whoever it was made for.
        add(&mut log, 5, Deed::Revoke(id(6)), By::Member(member(2))).unwrap();
        assert!(!log.key(id(6)).unwrap().counts(at(10 * DAY)));
        for n in 10..18 {
            sign(&mut log, 6, Deed::Register(key(n, 2, false, 6)), 2).unwrap();
        }
        assert_eq!(sign(&mut log, 6, Deed::Register(key(19, 2, false, 6)), 2), Err(LogBroken::TooManyKeys));
    }

    #[test]
    fn a_key_is_revoked_by_its_member_and_by_who_manages_but_the_last_one() {
        let mut log = begun();
        assert_eq!(add(&mut log, 2, Deed::Revoke(id(2)), By::Member(member(1))), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, 2, Deed::Revoke(id(1)), 2), Err(LogBroken::Vouch));
        assert_eq!(sign(&mut log, 2, Deed::Revoke(id(1)), 1), Err(LogBroken::LastManager));
        sign(&mut log, 3, Deed::Revoke(id(2)), 1).unwrap();
        assert_eq!(sign(&mut log, 3, Deed::Revoke(id(2)), 1), Err(LogBroken::Unknown));
        assert_eq!(sign(&mut log, 4, Deed::Register(key(7, 2, false, 4)), 2), Err(LogBroken::Vouch));
        sign(&mut log, 4, Deed::Register(key(8, 1, true, 4)), 1).unwrap();
        sign(&mut log, 5, Deed::Revoke(id(1)), 1).unwrap();
        assert!(!log.key(id(1)).unwrap().counts(at(5)) && log.key(id(8)).unwrap().counts(at(5)));
    }

    #[test]
    fn the_floor_is_what_was_demanded_last_for_the_inbox_and_for_all() {
        let mut log = begun();
        let inbox = |n| InboxId::new(Timestamp::UNIX_EPOCH, [n; 10]);
        let demand = |scope, votes, device_bound| Deed::Demand(scope, SignedVotes { votes, device_bound });
        assert_eq!(log.floor(inbox(1)), SignedVotes::default());
        sign(&mut log, 2, demand(Scope::Inbox(inbox(1)), 2, false), 1).unwrap();
        sign(&mut log, 2, demand(Scope::Organization, 1, true), 1).unwrap();
        assert_eq!(log.floor(inbox(1)), SignedVotes { votes: 2, device_bound: true });
        assert_eq!(log.floor(inbox(2)), SignedVotes { votes: 1, device_bound: true });
        sign(&mut log, 3, demand(Scope::Organization, 0, false), 1).unwrap();
        assert_eq!(log.floor(inbox(1)), SignedVotes { votes: 2, device_bound: false });
        let many = demand(Scope::Organization, 11, false);
        assert_eq!(sign(&mut log, 3, many, 1), Err(LogBroken::TooManyVotes));
        let vote = Digest::of(b"statement");
        assert_eq!(sign(&mut log, 3, Deed::Withdraw(vote), 1), Err(LogBroken::Vouch));
        add(&mut log, 3, Deed::Withdraw(vote), By::Member(member(2))).unwrap();
        assert!(log.is_withdrawn(vote) && !log.is_withdrawn(id(1)));
    }

    #[test]
    fn an_entry_follows_the_one_before_and_is_signed_by_the_key_that_it_names() {
        let mut log = begun();
        let deed = Deed::Register(key(4, 2, false, 9));
        let right = log.next(at(9), deed.clone(), by(&log, 9, &deed, 2));
        let wrong = |change: &dyn Fn(&mut Entry)| {
            let mut entry = right.clone();
            change(&mut entry);
            log.clone().add(entry, holds).unwrap_err()
        };
        assert_eq!(wrong(&|it| it.number = 1), LogBroken::Chain);
        assert_eq!(wrong(&|it| it.previous = id(0)), LogBroken::Chain);
        assert_eq!(
            wrong(&|it| it.organization_id = OrganizationId::new(Timestamp::UNIX_EPOCH, [8; 10])),
            LogBroken::Chain
        );
        assert_eq!(wrong(&|it| it.at = at(8)), LogBroken::Signature);
        assert_eq!(wrong(&|it| it.deed = Deed::Register(key(4, 2, true, 9))), LogBroken::Signature);
        let mut early = right.clone();
        early.at = at(0);
        assert_eq!(log.clone().add(early, |_, _, _| true), Err(LogBroken::Time));
        log.add(right, holds).unwrap();
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let mut log = begun();
        sign(&mut log, 2, Deed::Demand(Scope::Organization, SignedVotes { votes: 1, device_bound: true }), 1)
            .unwrap();
        add(&mut log, 3, Deed::Withdraw(id(7)), By::Member(member(2))).unwrap();
        sign(&mut log, 4, Deed::Revoke(id(2)), 1).unwrap();
        let text = log.text();
        let organization = log.organization_id;
        assert_eq!(KeyLog::read(organization, &text, holds), Ok(log.clone()));
        let read = |text: &str| KeyLog::read(organization, text, holds).unwrap_err();
        assert_eq!(read(text.trim_end()), LogBroken::Form);
        assert_eq!(read(&text.replace("votes 1", "votes 01")), LogBroken::Form);
        assert_eq!(read(&text.replace("manages yes", "manages  yes")), LogBroken::Form);
        assert_eq!(read(&format!("{text}\n")), LogBroken::Form);
        assert_eq!(read(&format!("{text}{text}")), LogBroken::Chain);
        let (first, rest) = text.split_at(text.find("\n\n").unwrap() + 2);
        assert_eq!(read(rest), LogBroken::Chain);
        KeyLog::read(organization, first, holds).unwrap();
        let other = OrganizationId::new(Timestamp::UNIX_EPOCH, [8; 10]);
        assert_eq!(KeyLog::read(other, &text, holds), Err(LogBroken::Chain));
        assert_eq!(read(&"x".repeat(MAX_LOG + 1)), LogBroken::Full);
        assert_eq!(KeyLog::read(organization, "", holds), Ok(KeyLog::new(organization)));
    }

    proptest! {
        #[test]
        fn no_byte_of_a_log_can_be_another(place in 0usize..4_000, other in 0u8..128) {
            let mut log = begun();
            sign(&mut log, 2, Deed::Register(key(4, 2, false, 2)), 2).unwrap();
            let mut text = log.text().into_bytes();
            let place = place % text.len();
            prop_assume!(text[place] != other);
            text[place] = other;
            let text = String::from_utf8(text).unwrap();
            // What the link's entry says no key has signed: that it was changed the next entry tells.
            let read = KeyLog::read(log.organization_id, &text, holds);
            prop_assert!(read.is_err(), "{text}");
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,200}", rest in "[a-z0-9 :-]{0,60}") {
            let organization = OrganizationId::new(Timestamp::UNIX_EPOCH, [9; 10]);
            let _ = KeyLog::read(organization, &text, holds);
            let _ = KeyLog::read(organization, &format!("countersign-key-1\n{rest}\n\n"), holds);
        }
    }
}
