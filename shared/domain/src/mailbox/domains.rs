//! Domains of organizations: what may be asked for, the DNS records that they take, and what becomes of them as records are found.

use std::fmt;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::{EmailAddress, InvalidAddress};
use crate::base::digest::Digest;
use crate::base::look::look;
use crate::base::named::named;
use crate::people::access::Actor;
use crate::people::limit::{Day, SendsPerDay};
use crate::{DomainId, OrganizationId};

/// The name of a domain that mail comes to and goes from: ASCII, lower case, no public suffix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// Why a text is no [`DomainName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDomainName {
    /// Not a name of at least two labels.
    #[error("must be a domain such as example.com")]
    Malformed,
    /// Something with an `@`.
    #[error("is an address: give the domain alone, what stands behind its @")]
    Address,
    /// An IP address.
    #[error("is an IP address: give the name of a domain")]
    Ip,
    /// An address on it, or one of its records, would have a longer name than DNS and SMTP take.
    #[error(
        "is longer than 189 characters, or has more than 8 parts between its dots: no address would fit on it"
    )]
    TooLong,
    /// Others register their domains below it.
    #[error(
        "is a public suffix, under which others register their domains: give a domain of your own below it"
    )]
    PublicSuffix,
}

impl DomainName {
    /// So long at most: with any local part it is an address of at most 254 bytes.
    pub const MAX: usize = 189;
    /// So many labels at most: lists look up no more of an address.
    pub const MAX_LABELS: usize = 8;

    /// Reads a name as people type it: in their own letters, with capitals, with a dot at its end.
    pub fn parse(text: &str) -> Result<Self, InvalidDomainName> {
        if text.contains('@') {
            return Err(InvalidDomainName::Address);
        }
        if text.parse::<IpAddr>().is_ok() || text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return Err(InvalidDomainName::Ip);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        let name = match EmailAddress::parse(&format!("x@{text}")) {
            Ok(address) => address.domain().to_owned(),
            Err(InvalidAddress::TooLong) => return Err(InvalidDomainName::TooLong),
            // A suffix of one label is said to be one.
            Err(_) if is_suffix(&text.to_ascii_lowercase()) => return Err(InvalidDomainName::PublicSuffix),
            Err(_) => return Err(InvalidDomainName::Malformed),
        };
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidDomainName::Malformed);
        }
        if name.len() > Self::MAX || name.split('.').count() > Self::MAX_LABELS {
            return Err(InvalidDomainName::TooLong);
        }
        // What is not a name in any letters, such as `xn--a`, is shown and compared wrongly.
        let (shown, sound) = idna::domain_to_unicode(&name);
        if sound.is_err() || !idna::domain_to_ascii_strict(&shown).is_ok_and(|ascii| ascii == name) {
            return Err(InvalidDomainName::Malformed);
        }
        if psl::domain_str(&name).is_none() {
            return Err(InvalidDomainName::PublicSuffix);
        }
        Ok(Self(name))
    }

    /// One that was stored: what was taken once stays, whatever suffixes there are by now.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain that somebody registered: the suffix and one label.
    pub fn registered(&self) -> &str {
        psl::domain_str(&self.0).unwrap_or(&self.0)
    }

    /// How the registered domain looks to a reader: those that look alike have the same.
    pub fn look(&self) -> String {
        look(&idna::domain_to_unicode(self.registered()).0)
    }

    /// Whether it is that domain, or lies below it.
    pub fn is_within(&self, other: &str) -> bool {
        self.0.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

fn is_suffix(text: &str) -> bool {
    !text.is_empty() && psl::suffix_str(text) == Some(text)
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

named! {
    /// Where a domain stands.
    DomainStatus {
        /// Its records are looked for.
        Pending = "pending";
        /// Its records are there: inboxes can be made on it.
        Verified = "verified";
        /// Its records were not there for too long. Nobody looks any more until somebody asks to.
        Failed = "failed";
    }
}

named! {
    /// What a record is for.
    Purpose {
        /// That the domain is this organization's, and nobody else's.
        Ownership = "ownership";
        /// That its mail is signed.
        Dkim = "dkim";
        /// Where bounces go.
        MailFromMx = "mail_from_mx";
        /// That SES may send for it.
        MailFromSpf = "mail_from_spf";
        /// What receivers do with mail that is not from here.
        Dmarc = "dmarc";
        /// Where its own mail goes.
        Receiving = "receiving";
    }
}

named! {
    /// The types of record that are looked up.
    RecordType {
        /// Text.
        Txt = "TXT";
        /// Another name.
        Cname = "CNAME";
        /// Who takes mail.
        Mx = "MX";
    }
}

named! {
    /// What is known of a record.
    RecordStatus {
        /// It is there.
        Found = "found";
        /// Nothing is there.
        Missing = "missing";
        /// Something else is there.
        Differs = "differs";
        /// Nobody looked yet, or DNS did not answer.
        Unknown = "unknown";
    }
}

/// One record that DNS has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The text, or the name in lower case without its last dot.
    pub value: String,
    /// Of an MX.
    pub priority: Option<u16>,
}

/// A record that a domain takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What for.
    pub purpose: Purpose,
    /// Its type.
    pub kind: RecordType,
    /// Its full name.
    pub name: String,
    /// What it is to say.
    pub value: String,
    /// Of an MX.
    pub priority: Option<u16>,
}

impl Wanted {
    /// Whether the domain is verified without it.
    pub fn is_required(&self) -> bool {
        matches!(self.purpose, Purpose::Ownership | Purpose::Dkim)
    }

    /// What answers make of it.
    pub fn judge(&self, answers: Option<&[Answer]>) -> Judged {
        let Some(answers) = answers else { return Judged::plain(RecordStatus::Unknown) };
        let judged = match self.purpose {
            Purpose::Ownership | Purpose::Dkim => self.judge_value(answers),
            Purpose::MailFromMx | Purpose::Receiving => self.judge_mx(answers),
            Purpose::MailFromSpf => Self::judge_spf(answers),
            Purpose::Dmarc => judge_dmarc(answers),
        };
        if answers.is_empty() { Judged::plain(RecordStatus::Missing) } else { judged }
    }

    fn judge_value(&self, answers: &[Answer]) -> Judged {
        if answers.iter().any(|answer| answer.value.trim() == self.value) {
            return Judged::plain(RecordStatus::Found);
        }
        // At the same name others may have texts of their own.
        let ours = |answer: &Answer| self.kind != RecordType::Txt || answer.value.contains(OWNERSHIP);
        let status = if answers.iter().any(ours) { RecordStatus::Differs } else { RecordStatus::Missing };
        let doubled = answers.iter().any(|answer| answer.value.starts_with(&format!("{}.", self.value)));
        let hint = doubled.then(|| {
            "the name of the zone stands behind the value once more: end the value with a dot in your DNS"
                .to_owned()
        });
        Judged { status, hint, merged: None }
    }

    fn judge_mx(&self, answers: &[Answer]) -> Judged {
        let ours = answers.iter().any(|answer| answer.value == self.value);
        let others = answers.iter().filter(|answer| answer.value != self.value).count();
        match (ours, others) {
            (true, 0) => Judged::plain(RecordStatus::Found),
            (true, _) if self.purpose == Purpose::Receiving => Judged {
                status: RecordStatus::Found,
                hint: Some(
                    "others take mail for this domain as well: what goes to them is not received here"
                        .to_owned(),
                ),
                merged: None,
            },
            (true, _) => Judged::hinted(
                RecordStatus::Differs,
                "SES takes one MX record alone at this name: remove the others, or bounces go to Amazon's own domain",
            ),
            (false, _) if self.purpose == Purpose::Receiving => Judged::hinted(
                RecordStatus::Differs,
                "another server takes the mail of this domain: replace it only if its mail is to come here",
            ),
            (false, _) => Judged::plain(RecordStatus::Differs),
        }
    }

    fn judge_spf(answers: &[Answer]) -> Judged {
        let is_spf = |text: &str| {
            let text = text.trim().to_ascii_lowercase();
            text == "v=spf1" || text.starts_with("v=spf1 ")
        };
        let records: Vec<_> =
            answers.iter().map(|answer| answer.value.trim()).filter(|it| is_spf(it)).collect();
        match records.as_slice() {
            [] => Judged::plain(RecordStatus::Missing),
            [one] if has_mechanism(one, SES_SPF) => Judged::plain(RecordStatus::Found),
            [one] => Judged {
                status: RecordStatus::Differs,
                hint: Some(
                    "an SPF record is there already, and there may be one alone: replace it by merged"
                        .to_owned(),
                ),
                merged: Some(merge_spf(one)),
            },
            _ => Judged::hinted(
                RecordStatus::Differs,
                "there are several SPF records at this name, so that none holds (RFC 7208, 4.5): keep one",
            ),
        }
    }
}

/// What a record for a domain is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What is known of it.
    pub status: RecordStatus,
    /// What is wrong, and what would be right.
    pub hint: Option<String>,
    /// One value that says what is there and what is wanted.
    pub merged: Option<String>,
}

impl Judged {
    fn plain(status: RecordStatus) -> Self {
        Self { status, hint: None, merged: None }
    }

    fn hinted(status: RecordStatus, hint: &str) -> Self {
        Self { status, hint: Some(hint.to_owned()), merged: None }
    }
}

/// What SES sends from, as SPF names it.
const SES_SPF: &str = "include:amazonses.com";

fn has_mechanism(record: &str, wanted: &str) -> bool {
    record.split_ascii_whitespace().any(|term| term.trim_start_matches('+').eq_ignore_ascii_case(wanted))
}

/// An SPF record with SES in it, before whatever it says of all others.
fn merge_spf(record: &str) -> String {
    let mut terms: Vec<_> = record.split_ascii_whitespace().collect();
    let ends = |term: &&str| {
        let term = term.to_ascii_lowercase();
        term.trim_start_matches(['+', '-', '~', '?']) == "all" || term.starts_with("redirect=")
    };
    let at = terms.iter().position(ends).unwrap_or(terms.len());
    terms.insert(at, SES_SPF);
    terms.join(" ")
}

fn judge_dmarc(answers: &[Answer]) -> Judged {
    // RFC 7489, 6.6.3: what does not begin so is none.
    let is_dmarc = |text: &str| {
        let start: String = text.chars().take(12).filter(|c| !c.is_whitespace()).collect();
        start.starts_with("v=DMARC1")
    };
    let texts = answers.iter().map(|answer| answer.value.trim());
    let records: Vec<_> = texts.clone().filter(|text| is_dmarc(text)).collect();
    match records.as_slice() {
        [] => Judged::hinted(
            RecordStatus::Differs,
            "what is there is no DMARC record: one begins with v=DMARC1; and has p=none, p=quarantine or p=reject",
        ),
        [one] => match dmarc_policy(one) {
            Some(_) => Judged::plain(RecordStatus::Found),
            None => Judged::hinted(
                RecordStatus::Differs,
                "the DMARC record has no policy that receivers know: it takes p=none, p=quarantine or p=reject",
            ),
        },
        _ => Judged::hinted(
            RecordStatus::Differs,
            "there are several DMARC records, so that none holds (RFC 7489, 6.6.3): keep one",
        ),
    }
}

fn dmarc_policy(record: &str) -> Option<&str> {
    let mut tags = record.split(';').filter_map(|tag| tag.split_once('='));
    let policy = tags.find(|(name, _)| name.trim() == "p").map(|(_, value)| value.trim())?;
    ["none", "quarantine", "reject"].into_iter().find(|known| policy.eq_ignore_ascii_case(known))
}

/// What the proof of ownership begins with.
const OWNERSHIP: &str = "countersign=";

/// What was found under one name, so far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: RecordType,
    /// The records; none where DNS did not answer.
    pub answers: Option<Vec<Answer>>,
}

impl Found {
    /// So many records of one name are kept.
    pub const MOST: usize = 8;
    /// Of each so many characters.
    pub const MAX_VALUE: usize = 512;

    /// What is kept of what DNS said.
    pub fn new(name: String, kind: RecordType, answers: Option<Vec<Answer>>) -> Self {
        let cut =
            |answer: Answer| Answer { value: answer.value.chars().take(Self::MAX_VALUE).collect(), ..answer };
        let answers = answers.map(|answers| answers.into_iter().take(Self::MOST).map(cut).collect());
        Self { name, kind, answers }
    }
}

/// What one look brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whether SES signs and sends for it.
    pub sends: bool,
    /// SES's names of the keys.
    pub tokens: Vec<String>,
    /// What DNS has.
    pub found: Vec<Found>,
}

/// What a look changes that somebody is to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Its records are there.
    Verified,
    /// It is verified, and records that it takes are gone.
    Vanished,
    /// Nobody looks any more.
    Failed,
}

/// A domain that an organization asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id, which follows from the tenant and the name.
    pub id: DomainId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Its name.
    pub name: DomainName,
    /// Where it stands.
    pub status: DomainStatus,
    /// Whether few mails go from it at first, and more each day.
    pub warms_up: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// Since when its records are waited for.
    pub asked_at: Timestamp,
    /// Since when it is verified.
    pub verified_at: Option<Timestamp>,
    /// Since when records of a verified one are gone.
    pub failing_since: Option<Timestamp>,
    /// The last look.
    pub looked_at: Option<Timestamp>,
    /// The next; none where nobody looks by itself.
    pub look_at: Option<Timestamp>,
    /// The region whose servers its records name.
    pub region: String,
    /// SES's names of the keys that sign its mail.
    pub tokens: Vec<String>,
    /// What the last look found.
    pub found: Vec<Found>,
    /// Counts changes.
    pub version: u64,
}

impl Domain {
    /// So many an organization has at most.
    pub const MOST: u64 = 20;
    /// So many it asks for on a day at most, those that it deleted again among them.
    pub const MOST_A_DAY: u64 = 50;
    /// Without its records a domain fails after so long, and a verified one that lost them too.
    pub const PATIENCE: SignedDuration = SignedDuration::from_hours(72);
    /// Whoever asks for a look waits so long since the last.
    pub const PAUSE: SignedDuration = SignedDuration::from_secs(10);
    /// While it is warmed up so many mails may be asked for from it on the first day, and on each that follows twice as many: those who
    /// receive mail distrust a domain that sends much at once and was never heard of.
    pub const FIRST_DAY: u64 = 50;
    /// For so many days.
    pub const WARM_UP_DAYS: u32 = 14;
    /// The host below a domain that its bounces go to.
    pub const MAIL_FROM: &str = "bounce";

    /// The id of an organization's domain of this name.
    pub fn id_of(organization_id: OrganizationId, name: &DomainName) -> DomainId {
        let mut bits = [0; 16];
        let hash =
            Digest::of_parts(&[b"domain", organization_id.to_string().as_bytes(), name.as_str().as_bytes()]);
        bits.copy_from_slice(&hash.as_bytes()[..16]);
        DomainId::from_bits(u128::from_be_bytes(bits))
    }

    /// One that is asked for now.
    pub fn new(
        organization_id: OrganizationId,
        (name, warms_up): (DomainName, bool),
        tokens: Vec<String>,
        (region, created_by, now): (&str, Actor, Timestamp),
    ) -> Self {
        Self {
            id: Self::id_of(organization_id, &name),
            organization_id,
            name,
            status: DomainStatus::Pending,
            warms_up,
            created_at: now,
            created_by,
            asked_at: now,
            verified_at: None,
            failing_since: None,
            looked_at: None,
            look_at: Some(now + FIRST_LOOK),
            region: region.to_owned(),
            tokens,
            found: vec![],
            version: 1,
        }
    }

    /// Whether inboxes may be made on it, and send.
    pub fn is_verified(&self) -> bool {
        self.status == DomainStatus::Verified
    }

    /// When mail from it is bounded no more; none where it is not verified, or never was bounded.
    pub fn warm_at(&self) -> Option<Timestamp> {
        let since = self.verified_at.filter(|_| self.warms_up)?;
        Some(Day::of(since + SignedDuration::from_hours(24 * i64::from(Self::WARM_UP_DAYS - 1))).ends_at())
    }

    /// How many mails may be asked for from it on the day of this time, all its inboxes together; none where that is not bounded.
    pub fn sends_per_day(&self, now: Timestamp) -> Option<SendsPerDay> {
        let since = self.verified_at.filter(|_| self.warms_up)?;
        let days = Day::of(now).after(Day::of(since));
        if days >= Self::WARM_UP_DAYS {
            return None;
        }
        SendsPerDay::new(Self::FIRST_DAY << days)
    }

    /// The host that its bounces go to.
    pub fn mail_from(&self) -> String {
        format!("{}.{}", Self::MAIL_FROM, self.name)
    }

    /// The records that it takes, those first without which it is not verified.
    pub fn wanted(&self) -> Vec<Wanted> {
        let (name, region) = (&self.name, &self.region);
        // Another organization that asks for this name has another id: what proves that it is this one's is its alone.
        let proof = Digest::of_parts(&[b"domain-proof", self.id.to_string().as_bytes()]);
        let plain = |purpose, kind, name: String, value: String| Wanted {
            purpose,
            kind,
            name,
            value,
            priority: None,
        };
        let mx = |purpose, name: String, value: String| Wanted {
            purpose,
            kind: RecordType::Mx,
            name,
            value,
            priority: Some(10),
        };
        let mut all = vec![plain(
            Purpose::Ownership,
            RecordType::Txt,
            format!("_countersign.{name}"),
            format!("{OWNERSHIP}{}", &proof.hex()[..32]),
        )];
        all.extend(self.tokens.iter().map(|token| {
            let value = format!("{token}.dkim.amazonses.com");
            plain(Purpose::Dkim, RecordType::Cname, format!("{token}._domainkey.{name}"), value)
        }));
        all.push(mx(Purpose::MailFromMx, self.mail_from(), format!("feedback-smtp.{region}.amazonses.com")));
        let spf = format!("v=spf1 {SES_SPF} -all");
        all.push(plain(Purpose::MailFromSpf, RecordType::Txt, self.mail_from(), spf));
        let dmarc = "v=DMARC1; p=none".to_owned();
        all.push(plain(Purpose::Dmarc, RecordType::Txt, format!("_dmarc.{name}"), dmarc));
        all.push(mx(Purpose::Receiving, name.to_string(), format!("inbound-smtp.{region}.amazonaws.com")));
        all
    }

    /// What was found in place of a record that it takes; none where nobody knows.
    pub fn found(&self, wanted: &Wanted) -> Option<&[Answer]> {
        let found = self.found.iter().find(|it| it.name == wanted.name && it.kind == wanted.kind)?;
        found.answers.as_deref()
    }

    /// What is known of the records that it takes.
    pub fn judged(&self) -> Vec<(Wanted, Judged)> {
        let wanted = self.wanted().into_iter();
        wanted
            .map(|wanted| {
                let judged = wanted.judge(self.found(&wanted));
                (wanted, judged)
            })
            .collect()
    }

    /// What a required record's answers say of all: `Some(true)` where all are there, `None` where nobody knows.
    fn proven(&self, sends: bool) -> Option<bool> {
        let required: Vec<_> = self.judged().into_iter().filter(|(wanted, _)| wanted.is_required()).collect();
        let is = |status: RecordStatus| required.iter().any(|(_, judged)| judged.status == status);
        if is(RecordStatus::Missing) || is(RecordStatus::Differs) {
            return Some(false);
        }
        if is(RecordStatus::Unknown) {
            return None;
        }
        // DNS has them: SES looks by itself, and some minutes later.
        Some(sends)
    }

    /// Waits anew for the records of one of which nobody waits any more.
    #[must_use]
    pub fn asked_again(self, now: Timestamp) -> Self {
        if self.status != DomainStatus::Failed {
            return self;
        }
        Self { status: DomainStatus::Pending, asked_at: now, ..self }
    }

    /// The domain after a look, and whether somebody is to be told.
    #[must_use]
    pub fn seen(self, seen: Seen, now: Timestamp) -> (Self, Option<Turn>) {
        let Seen { sends, tokens, found } = seen;
        // What did not answer this time is known from the last.
        let kept = |one: Found| match one.answers {
            Some(_) => one,
            None => self
                .found
                .iter()
                .find(|it| it.name == one.name && it.kind == one.kind)
                .cloned()
                .unwrap_or(one),
        };
        let found = found.into_iter().map(kept).collect();
        let looked = Self { tokens, found, looked_at: Some(now), ..self };
        let proven = looked.proven(sends);
        let (next, turn) = match (looked.status, proven) {
            (DomainStatus::Pending | DomainStatus::Failed, Some(true)) => {
                let verified = Self {
                    status: DomainStatus::Verified,
                    verified_at: Some(now),
                    failing_since: None,
                    ..looked
                };
                (verified, Some(Turn::Verified))
            }
            (DomainStatus::Pending, _) if now >= looked.asked_at + Self::PATIENCE => {
                (Self { status: DomainStatus::Failed, ..looked }, Some(Turn::Failed))
            }
            // DNS that is silent takes nothing away.
            (DomainStatus::Pending | DomainStatus::Failed, _) | (DomainStatus::Verified, None) => {
                (looked, None)
            }
            (DomainStatus::Verified, Some(true)) => (Self { failing_since: None, ..looked }, None),
            (DomainStatus::Verified, Some(false)) => match looked.failing_since {
                None => (Self { failing_since: Some(now), ..looked }, Some(Turn::Vanished)),
                Some(since) if now >= since + Self::PATIENCE => {
                    (Self { status: DomainStatus::Failed, verified_at: None, ..looked }, Some(Turn::Failed))
                }
                Some(_) => (looked, None),
            },
        };
        let look_at = next.next_look(now);
        (Self { look_at, ..next }, turn)
    }

    /// One that another organization verified first: nobody looks any more.
    #[must_use]
    pub fn lost(self, now: Timestamp) -> Self {
        Self { status: DomainStatus::Failed, verified_at: None, looked_at: Some(now), look_at: None, ..self }
    }

    /// One that could not be looked at: it keeps no other from being looked at.
    #[must_use]
    pub fn put_off(self, now: Timestamp) -> Self {
        let latest = now + PUT_OFF;
        Self { look_at: Some(self.next_look(now).map_or(latest, |at| at.min(latest))), ..self }
    }

    /// When somebody looks by itself: often at first, then more seldom.
    fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        let waited = now.duration_since(self.asked_at);
        let pause = match self.status {
            DomainStatus::Failed => return None,
            DomainStatus::Verified if self.failing_since.is_some() => SignedDuration::from_hours(1),
            DomainStatus::Verified => SignedDuration::from_hours(24),
            DomainStatus::Pending if waited < SignedDuration::from_mins(10) => SignedDuration::from_mins(1),
            DomainStatus::Pending if waited < SignedDuration::from_hours(1) => SignedDuration::from_mins(5),
            DomainStatus::Pending if waited < SignedDuration::from_hours(24) => SignedDuration::from_mins(30),
            DomainStatus::Pending => SignedDuration::from_hours(2),
        };
        Some(now + pause)
    }

    /// What is told of it.
    pub fn notice(&self) -> DomainNotice {
        let absent = |(wanted, judged): (Wanted, Judged)| {
            (wanted.is_required() && judged.status != RecordStatus::Found).then_some(wanted.name)
        };
        DomainNotice {
            id: self.id,
            name: self.name.clone(),
            status: self.status,
            failing_since: self.failing_since,
            missing: self.judged().into_iter().filter_map(absent).collect(),
        }
    }
}

/// The first look comes so soon.
const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(1);
/// One that could not be looked at is looked at again after so long at most.
const PUT_OFF: SignedDuration = SignedDuration::from_mins(10);

/// A domain, as events tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainNotice {
    /// Its id.
    pub id: DomainId,
    /// Its name.
    pub name: DomainName,
    /// Where it stands.
    pub status: DomainStatus,
    /// Since when records of a verified one are gone.
    pub failing_since: Option<Timestamp>,
    /// The names of the required records that were not found.
    pub missing: Vec<String>,
}

/// A verified domain, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Its name.
    pub name: DomainName,
    /// The tenant.
    pub organization_id: OrganizationId,
}

/// The verified domains of all organizations whose registered names look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// [`DomainName::look`] of all of them.
    pub look: String,
    /// Each of them.
    pub holdings: Vec<Holding>,
    /// Counts changes; 0 where nothing is stored yet.
    pub version: u64,
}

/// Why an organization can't have a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// Another verified this very name.
    Taken,
    /// Another verified one above or below it.
    OfAnother,
    /// Another verified one that looks the same.
    LooksAlike,
    /// There are too many that look alike.
    Full,
}

impl Family {
    /// So many it has at most: what is stored of it stays small.
    pub const MOST: usize = 200;

    /// One of which nothing is stored.
    pub fn empty(look: String) -> Self {
        Self { look, holdings: vec![], version: 0 }
    }

    /// Why this organization can't have this domain.
    pub fn hindrance(&self, organization_id: OrganizationId, name: &DomainName) -> Option<Unavailable> {
        let others = self.holdings.iter().filter(|it| it.organization_id != organization_id);
        let each = others.filter_map(|other| {
            if other.name == *name {
                Some(Unavailable::Taken)
            } else if name.is_within(other.name.as_str()) || other.name.is_within(name.as_str()) {
                Some(Unavailable::OfAnother)
            } else if other.name.registered() != name.registered() {
                Some(Unavailable::LooksAlike)
            } else {
                None
            }
        });
        let full = (self.holdings.len() >= Self::MOST).then_some(Unavailable::Full);
        each.min_by_key(|why| match why {
            Unavailable::Taken => 0,
            Unavailable::OfAnother => 1,
            Unavailable::LooksAlike | Unavailable::Full => 2,
        })
        .or(full)
    }

    /// Whether another organization has verified this domain, or one above or below it.
    pub fn belongs_to_another(&self, organization_id: OrganizationId, name: &DomainName) -> bool {
        matches!(self.hindrance(organization_id, name), Some(Unavailable::Taken | Unavailable::OfAnother))
    }

    /// With this domain as this organization's.
    #[must_use]
    pub fn with(mut self, organization_id: OrganizationId, name: &DomainName) -> Self {
        let holding = Holding { name: name.clone(), organization_id };
        if !self.holdings.contains(&holding) {
            self.holdings.push(holding);
        }
        self
    }

    /// Without it.
    #[must_use]
    pub fn without(mut self, organization_id: OrganizationId, name: &DomainName) -> Self {
        self.holdings.retain(|it| it.organization_id != organization_id || it.name != *name);
        self
    }
}

#[cfg(test)]
mod tests;
