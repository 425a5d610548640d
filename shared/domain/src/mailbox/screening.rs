//! Screening: what becomes of a mail that comes in, before anybody sees it.
//!
//! The receive lists are asked first: whoever is blocked is blocked, whatever rules say. Then all rules are, and of those that match the
//! strictest counts, but that `allow` beats `hold` and `flag`: `block`, `allow`, `hold`, `flag`. So the order of rules means nothing.
//! Where none matches, the mail comes in. What is held or blocked lies beside the inbox: no list, conversation, search or event has it
//! until a person releases it.
//!
//! Anybody can write any address into `From`: what allows somebody counts for mail alone that is proven to be theirs.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::base::named::named;
use crate::mailbox::finding::{Finding, FindingKind};
use crate::mailbox::listed::{ListEntry, Side, Standing};
use crate::mailbox::message::{Direction, Message, Verdicts};
use crate::mailbox::whom::Whom;
use crate::people::access::Actor;
use crate::{InboxId, ListEntryId, MessageId, OrganizationId};

named! {
    /// What becomes of a mail, each beaten by those behind it.
    Screened {
        /// It comes in with a finding, which taints its conversation.
        Flag = "flag";
        /// It waits for a person.
        Hold = "hold";
        /// It comes in, whatever would flag or hold it.
        Allow = "allow";
        /// It is kept from everybody; a person may still look at it and release it.
        Block = "block";
    }
}

named! {
    /// What a receiving server checks.
    Check {
        /// Whether it is spam.
        Spam = "spam";
        /// Whether it has a virus.
        Virus = "virus";
        /// SPF of the envelope's sender.
        Spf = "spf";
        /// A signature.
        Dkim = "dkim";
        /// Whether the author's domain vouches for it.
        Dmarc = "dmarc";
    }
}

/// What a rule asks. All that is named must hold, of each list one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Test {
    /// Authors.
    pub senders: Vec<Whom>,
    /// Whether the author stands on a receive list.
    pub listed: Option<bool>,
    /// Checks that failed.
    pub failed: BTreeSet<Check>,
    /// What looks wrong.
    pub findings: BTreeSet<FindingKind>,
    /// Whether something looks so wrong that it taints the conversation.
    pub tainted: Option<bool>,
    /// Whether it is proven who wrote it.
    pub authenticated: Option<bool>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which people are shown.
    pub name: String,
    /// The inboxes that it is for; all where none are named.
    pub inboxes: Option<BTreeSet<InboxId>>,
    /// What it asks.
    pub when: Test,
    /// What becomes of mail that meets it.
    pub outcome: Screened,
}

/// An organization's rules for mail that comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screening {
    /// The rules.
    pub rules: Vec<Rule>,
    /// When they were written.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: Actor,
    /// Counts changes.
    pub version: u64,
}

impl Default for Screening {
    fn default() -> Self {
        Self { rules: vec![], updated_at: Timestamp::UNIX_EPOCH, updated_by: Actor::System, version: 0 }
    }
}

/// Why a mail was screened as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// An entry of a receive list.
    Entry(ListEntryId),
    /// A rule of this name.
    Rule(String),
}

/// What becomes of a mail, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What becomes of it; nothing where nothing says anything of it.
    pub outcome: Option<Screened>,
    /// The entry or the rules that say so.
    pub reasons: Vec<Reason>,
}

impl Screening {
    /// At most so many rules: they are read with every mail that comes in.
    pub const MAX_RULES: usize = 20;
    /// At most so many senders, and inboxes, of one rule.
    pub const MAX_LIST: usize = 50;
    /// Longest name of a rule, in characters.
    pub const MAX_NAME: usize = 100;

    /// Rules that can't be read: all mail waits for a person.
    pub fn broken(version: u64) -> Self {
        let all = Test { senders: vec![Whom::Everyone], ..Test::default() };
        let rule =
            Rule { name: "rules_unreadable".to_owned(), inboxes: None, when: all, outcome: Screened::Hold };
        Self { rules: vec![rule], version, ..Self::default() }
    }

    /// What becomes of this received mail. `entries` are those of its author's receive list entries that there are.
    pub fn judge(&self, message: &Message, entries: &[ListEntry]) -> Judged {
        let arrival = Arrival::of(message);
        let entry = arrival.entry(entries);
        if let Some(entry) = entry.filter(|entry| entry.standing == Standing::Block) {
            return Judged { outcome: Some(Screened::Block), reasons: vec![Reason::Entry(entry.id)] };
        }
        let met: Vec<_> = self.rules.iter().filter(|rule| rule.meets(&arrival, entry.is_some())).collect();
        let by_rule = met.iter().map(|rule| rule.outcome).max();
        let by_entry = entry.map(|_| Screened::Allow);
        let outcome = by_rule.max(by_entry);
        let rules = met.iter().filter(|rule| Some(rule.outcome) == outcome);
        let mut reasons: Vec<_> = rules.map(|rule| Reason::Rule(rule.name.clone())).collect();
        reasons.extend(entry.filter(|_| by_entry == outcome).map(|entry| Reason::Entry(entry.id)));
        Judged { outcome, reasons }
    }
}

/// What is judged of a mail.
struct Arrival<'a> {
    inbox_id: InboxId,
    /// What its author falls under.
    over: Vec<Whom>,
    /// It is proven to be its author's, whose address can be read.
    authenticated: bool,
    verdicts: Option<&'a Verdicts>,
    findings: &'a [Finding],
    taints: bool,
}

impl<'a> Arrival<'a> {
    fn of(message: &'a Message) -> Self {
        let (authenticated, verdicts) = match &message.direction {
            Direction::Inbound { authenticated, verdicts, .. } => (*authenticated, Some(verdicts)),
            Direction::Outbound(_) => (false, None),
        };
        Self {
            inbox_id: message.inbox_id,
            over: author_over(message),
            authenticated: authenticated && EmailAddress::parse(&message.from.address).is_ok(),
            verdicts,
            findings: message.findings(),
            taints: message.taints(),
        }
    }

    /// The most specific entry of the author's; of a mail that is not proven to be theirs, the most specific that blocks.
    fn entry(&self, entries: &'a [ListEntry]) -> Option<&'a ListEntry> {
        let counts = |entry: &&ListEntry| {
            entry.side == Side::Receive && (self.authenticated || entry.standing == Standing::Block)
        };
        let entry = |whom: &Whom| entries.iter().filter(counts).find(|entry| entry.whom.key() == whom.key());
        self.over.iter().find_map(entry)
    }

    fn has_failed(&self, check: Check) -> bool {
        let verdict = self.verdicts.map(|verdicts| match check {
            Check::Spam => &verdicts.spam,
            Check::Virus => &verdicts.virus,
            Check::Spf => &verdicts.spf,
            Check::Dkim => &verdicts.dkim,
            Check::Dmarc => &verdicts.dmarc,
        });
        verdict.is_some_and(|verdict| verdict == "FAIL")
    }
}

impl Rule {
    fn meets(&self, arrival: &Arrival<'_>, listed: bool) -> bool {
        let Test { senders, listed: on_list, failed, findings, tainted, authenticated } = &self.when;
        if self.inboxes.as_ref().is_some_and(|inboxes| !inboxes.contains(&arrival.inbox_id)) {
            return false;
        }
        // A name that anybody can write lets nobody in.
        if self.outcome == Screened::Allow && !senders.is_empty() && !arrival.authenticated {
            return false;
        }
        let is_sender = |sender: &Whom| arrival.over.iter().any(|whom| whom.key() == sender.key());
        let found = |kind: &FindingKind| arrival.findings.iter().any(|finding| finding.kind == *kind);
        (senders.is_empty() || senders.iter().any(is_sender))
            && on_list.is_none_or(|wanted| wanted == listed)
            && (failed.is_empty() || failed.iter().any(|check| arrival.has_failed(*check)))
            && (findings.is_empty() || findings.iter().any(found))
            && tainted.is_none_or(|wanted| wanted == arrival.taints)
            && authenticated.is_none_or(|wanted| wanted == arrival.authenticated)
    }
}

/// All that the author of a received mail falls under, the most specific first. Where what stands in the place of their address can't
/// be read as one, its domain counts all the same: else a blocked domain would get in by a part before the `@` that is malformed.
pub fn author_over(message: &Message) -> Vec<Whom> {
    let text = &*message.from.address;
    if let Ok(author) = EmailAddress::parse(text) {
        return Whom::over(&author);
    }
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\"\\".contains(c);
    let domain = text.rsplit_once('@').map_or("", |(_, rest)| rest.trim_start());
    let domain = domain.split(ends).next().unwrap_or_default().trim_matches('.');
    match EmailAddress::parse(&format!("x@{domain}")) {
        Ok(anybody) => Whom::over(&anybody).split_off(1),
        Err(_) => vec![Whom::Everyone],
    }
}

/// A received mail that lies beside its inbox until a person releases it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
    /// The mail as it would have come in, into the conversation that it would have joined or begun.
    pub message: Box<Message>,
    /// [`Screened::Hold`] or [`Screened::Block`].
    pub outcome: Screened,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Since when.
    pub at: Timestamp,
    /// From then on nobody sees it or lets it in, and it is deleted for good, with its bytes.
    pub expires_at: Timestamp,
}

impl Held {
    /// What nobody releases is kept for so long after it came.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
    /// Whoever began to let a mail in before its end may be at it for so long: AWS ends a function after 15 minutes at most
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
    pub const LET_IN_WITHIN: SignedDuration = SignedDuration::from_mins(15);

    /// A mail that is held or blocked from now on.
    pub fn new(message: Message, outcome: Screened, reasons: Vec<Reason>, now: Timestamp) -> Self {
        let Message { organization_id, inbox_id, id, created_at, .. } = message;
        Self {
            organization_id,
            inbox_id,
            message_id: id,
            message: Box::new(message),
            outcome,
            reasons,
            at: now,
            expires_at: created_at + Self::KEPT,
        }
    }

    /// Whether its bytes are needed: a person may let it in, or is just doing so.
    pub fn needs_bytes(&self, now: Timestamp) -> bool {
        now < self.expires_at + Self::LET_IN_WITHIN
    }

    /// What everybody may know of it.
    pub fn notice(&self) -> HeldNotice {
        let Held { inbox_id, message_id, outcome, .. } = *self;
        HeldNotice { inbox_id, message_id, outcome, reasons: self.reasons.clone() }
    }
}

/// That a mail is held, without a word of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldNotice {
    /// The inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
    /// Held or blocked.
    pub outcome: Screened,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// The finding of a mail that rules flag.
pub fn flag(reasons: &[Reason]) -> Finding {
    let names = reasons.iter().filter_map(|reason| match reason {
        Reason::Rule(name) => Some(name.as_str()),
        Reason::Entry(_) => None,
    });
    let evidence = names.collect::<Vec<_>>().join(", ");
    Finding { kind: FindingKind::Flagged, evidence: evidence.chars().take(Finding::MAX_EVIDENCE).collect() }
}
