//! Policies: what is let out, what is held for whom, what is blocked.
//!
//! A policy is a list of rules, a rule is a condition and an outcome. All rules of all enabled policies that apply to
//! an inbox are looked at, and the strictest outcome of those that match wins: block before hold before allow. Where
//! none matches, the mail is held, as it is without any policy. All holds that match are united: every vote that one of
//! them asks for is needed. So the order of rules and policies changes nothing but the order of the trace, and
//! a hold or a block that is added can never let more out. (AWS IAM evaluates its policies in the same way: an
//! explicit deny wins, nothing said means no.)
//!
//! A condition that can't be answered, such as a pattern that no longer compiles, is neither met nor unmet: the mail is
//! held, unless another rule blocks it.
//!
//! `syntax` has the written form and its bounds, `evaluate` the judgement, `facts` what it is about, `sentence` how a person reads it.

mod amounts;
mod evaluate;
mod facts;
mod names;
mod sentence;
mod syntax;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

pub use self::amounts::Currency;
pub use self::evaluate::{Evaluation, REASON_ALLOWED, REASON_BLOCKED, REASON_HELD, REASON_NOTHING_ALLOWS};
pub use self::evaluate::{REASON_UNREADABLE, Step, Unmatched, Verdict};
pub use self::facts::{Counted, Facts, FileFact, RecipientFact, Volume, Volumes};
pub use self::names::{Impossible, Named};
pub use self::sentence::{Called, span};
pub use self::syntax::{Tree, Violation, limits};
use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::hours::Hours;
use crate::gate::group::{Group, GroupName};
use crate::mailbox::inbox::Origin;
use crate::people::access::{Actor, Role};
use crate::people::signing::SignedVotes;
use crate::{GroupId, InboxId, MemberId, PolicyId, TokenId};

/// What happens to a mail whose approval comes after its `send_at` has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Late {
    /// The approval expires at `send_at`: a mail for yesterday's meeting does not go out today.
    #[default]
    Expire,
    /// It is sent as soon as it is approved.
    Send,
}

/// With what a decision is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum By {
    /// By a person: in a session, or by the one-time link of a notification.
    #[default]
    Person,
    /// By a token as well, which may be a program's.
    Any,
    /// By a person whose key signs what they say: each vote that is to count.
    Passkey,
}

impl By {
    /// The stricter of two.
    #[must_use]
    pub fn unite(self, other: By) -> By {
        let strictness = |by: &By| match by {
            By::Any => 0,
            By::Person => 1,
            By::Passkey => 2,
        };
        [self, other].into_iter().max_by_key(strictness).unwrap_or_default()
    }
}

/// What the one-time links of notifications do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Links {
    /// Whoever opens one decides on the page that it leads to.
    #[default]
    Decide,
    /// They lead to the sign-in.
    SignIn,
}

/// So many votes from members who have one of these roles, or belong to one of these groups, or are named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// How many persons, 1 to 10.
    pub quorum: u8,
    /// Roles whose votes count: a subset of owner, admin and approver.
    pub roles: BTreeSet<Role>,
    /// Groups whose members' votes count.
    pub groups: BTreeSet<GroupName>,
    /// Members whose votes count: those that are named and, once a mail is held, those who belonged to the groups then.
    pub members: BTreeSet<MemberId>,
}

/// What has to happen before a held mail goes out. Every requirement must be met; one vote counts for each that its
/// role belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Votes that are needed, never empty.
    pub requirements: Vec<Requirement>,
    /// Whether the requester, the owner of the requesting token and the last editor are excluded from approving.
    pub separation: bool,
    /// So many rejections end it, at least 1.
    pub rejections: u8,
    /// How long it waits for the votes.
    pub expires_in: SignedDuration,
    /// What happens where `send_at` passes before that.
    pub late: Late,
    /// How long until those who may vote are reminded, again and again; never where absent.
    pub remind_after: Option<SignedDuration>,
    /// Roles that are told of it by mail.
    pub notify: BTreeSet<Role>,
    /// With what it is decided.
    pub by: By,
    /// What the links do in the mails that tell of it.
    pub links: Links,
    /// How many votes must be signed by a key, also where not each of them must ([`By::Passkey`]), and by which keys.
    pub signed: SignedVotes,
    /// Who approves many mails of an upload at once must have decided about so many of its rows alone before, each on its own page, 0 to 100.
    pub open_rows: u8,
}

/// Roles that decide.
pub const DECIDERS: [Role; 3] = [Role::Owner, Role::Admin, Role::Approver];

impl Default for Terms {
    /// One vote of anyone who decides, within seven days.
    fn default() -> Self {
        Self {
            requirements: vec![Requirement::of_roles(1, DECIDERS)],
            separation: true,
            rejections: 1,
            expires_in: SignedDuration::from_hours(7 * 24),
            late: Late::Expire,
            remind_after: Some(SignedDuration::from_hours(24)),
            notify: DECIDERS.into(),
            by: By::Person,
            links: Links::Decide,
            signed: SignedVotes::NONE,
            open_rows: 0,
        }
    }
}

impl Requirement {
    /// So many votes from members with one of these roles.
    pub fn of_roles(quorum: u8, roles: impl IntoIterator<Item = Role>) -> Self {
        Self { quorum, roles: roles.into_iter().collect(), groups: BTreeSet::new(), members: BTreeSet::new() }
    }

    /// Whether the vote of this member counts for it, who has this role.
    pub fn takes(&self, member_id: MemberId, role: Role) -> bool {
        self.roles.contains(&role) || self.members.contains(&member_id)
    }

    /// Whether whoever meets this one has met the other as well. Of two different ones never each the other: both would be
    /// dropped.
    fn implies(&self, other: &Requirement) -> bool {
        self.quorum >= other.quorum
            && self.roles.is_subset(&other.roles)
            && self.groups.is_subset(&other.groups)
            && self.members.is_subset(&other.members)
    }

    /// Whose votes count, as a person says it: `owner or group legal`.
    pub fn voters(&self) -> String {
        let mut names: Vec<String> = self.roles.iter().map(|role| role.as_str().to_owned()).collect();
        names.extend(self.groups.iter().map(|group| format!("group {group}")));
        // Those of groups stand among the members once a mail is held.
        if self.groups.is_empty() && !self.members.is_empty() {
            let n = self.members.len();
            names.push(if n == 1 { "a named member".to_owned() } else { format!("{n} named members") });
        }
        match &names[..] {
            [] => "nobody".to_owned(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        }
    }

    /// What the audit log tells of it: `1:owner+group:legal+3_members:sha256:…`.
    fn told(&self) -> String {
        let mut parts: Vec<String> = self.roles.iter().map(|role| role.as_str().to_owned()).collect();
        parts.extend(self.groups.iter().map(|group| format!("group:{group}")));
        if !self.members.is_empty() {
            let ids: Vec<String> = self.members.iter().map(ToString::to_string).collect();
            let bytes: Vec<&[u8]> = ids.iter().map(String::as_bytes).collect();
            parts.push(format!("{}_members:{}", ids.len(), Digest::of_parts(&bytes)));
        }
        format!("{}:{}", self.quorum, parts.join("+"))
    }
}

impl Terms {
    /// What the audit log tells of them: what decides whether votes suffice.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let mut details = vec![
            ("terms", self.requirements.iter().map(Requirement::told).collect::<Vec<_>>().join(" ")),
            ("separation", self.separation.to_string()),
            ("rejections", self.rejections.to_string()),
            ("by", self.by.as_str().to_owned()),
            ("links", self.links.as_str().to_owned()),
            ("signed", self.signed.told()),
        ];
        // Said where it is asked, since it is about mails of uploads alone.
        details.extend((self.open_rows > 0).then(|| ("open_rows", self.open_rows.to_string())));
        details
    }

    /// The same, with who belongs to the groups that they name. Of a group that is not there nobody does.
    #[must_use]
    pub fn with_members(mut self, groups: &[Group]) -> Terms {
        for requirement in &mut self.requirements {
            let named = groups.iter().filter(|group| requirement.groups.contains(&group.name));
            requirement.members.extend(named.flat_map(|group| &group.members));
        }
        self
    }

    /// What both ask for: never less than either. The order of the two makes no difference.
    #[must_use]
    pub fn unite(self, other: Terms) -> Terms {
        let mut all = self.requirements;
        all.extend(other.requirements);
        // The same requirement twice asks for the same votes.
        let all: BTreeSet<_> = all.into_iter().collect();
        let implied = |one: &Requirement| all.iter().any(|by| by != one && by.implies(one));
        Terms {
            requirements: all.iter().filter(|one| !implied(one)).cloned().collect(),
            separation: self.separation || other.separation,
            rejections: self.rejections.min(other.rejections),
            expires_in: self.expires_in.min(other.expires_in),
            late: if self.late == Late::Expire { Late::Expire } else { other.late },
            remind_after: match (self.remind_after, other.remind_after) {
                (Some(one), Some(two)) => Some(one.min(two)),
                (one, two) => one.or(two),
            },
            notify: self.notify.union(&other.notify).copied().collect(),
            by: self.by.unite(other.by),
            links: if self.links == Links::SignIn { Links::SignIn } else { other.links },
            signed: self.signed.unite(other.signed),
            open_rows: self.open_rows.max(other.open_rows),
        }
    }
}

/// What a policy says, as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyContent {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// What it is for, at most 200 characters.
    pub description: String,
    /// Whether it counts.
    pub enabled: bool,
    /// The inboxes that it applies to; `None` means all.
    pub inboxes: Option<BTreeSet<InboxId>>,
    /// Its rules, at most [`limits::RULES`].
    pub rules: Vec<Rule>,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// What it says.
    pub content: PolicyContent,
    /// Counts changes, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Actor,
    /// When a person last said which inboxes it names: when they saved it, or when it was made.
    pub settled_at: Timestamp,
}

impl Policy {
    /// Whether it has a say about mail of this inbox.
    pub fn applies_to(&self, inbox: Origin) -> bool {
        let named = self.content.inboxes.as_ref().is_none_or(|some| some.contains(&inbox.id));
        self.content.enabled && (named || self.is_unsettled(inbox))
    }

    /// Whether nobody has said yet if it names this inbox, which was made since: until a person does, its holds and blocks
    /// count there, or whoever makes an inbox would escape them.
    pub fn is_unsettled(&self, inbox: Origin) -> bool {
        inbox.created_at > self.settled_at
    }
}

/// What a policy said until somebody changed or deleted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerPolicy {
    /// The policy.
    pub policy_id: PolicyId,
    /// Its place among those that are kept: of two in one place the later is there.
    pub slot: u8,
    /// Its version.
    pub version: u64,
    /// What it said.
    pub content: PolicyContent,
    /// When that was written.
    pub written_at: Timestamp,
    /// Who wrote it.
    pub written_by: Actor,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Who ended it.
    pub ended_by: Actor,
}

impl FormerPolicy {
    /// So many of one policy are kept, the latest.
    pub const KEPT: u64 = 50;

    /// What a policy says that somebody changes or deletes now.
    pub fn of(policy: &Policy, ended_at: Timestamp, ended_by: Actor) -> Self {
        Self {
            policy_id: policy.id,
            slot: u8::try_from(policy.version % Self::KEPT).unwrap_or_default(),
            version: policy.version,
            content: policy.content.clone(),
            written_at: policy.updated_at,
            written_by: policy.updated_by.clone(),
            ended_at,
            ended_by,
        }
    }
}

impl PolicyContent {
    /// The digest of what it says, for the audit log.
    pub fn digest(&self) -> Digest {
        Digest::of(self.write().canonical().as_bytes())
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What people call it, 1 to 200 characters.
    pub name: String,
    /// When it matches.
    pub when: Condition,
    /// What follows.
    pub outcome: Outcome,
}

/// What follows where a rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes out without anyone's vote, unless another rule is stricter.
    Allow,
    /// It waits for votes.
    Hold(Terms),
    /// It does not go out within these hours: one that would waits for their end. It is no leave to go.
    Defer(Hours),
    /// It does not go out.
    Block,
}

impl Outcome {
    /// The name in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Outcome::Allow => "allow",
            Outcome::Hold(_) => "hold",
            Outcome::Defer(_) => "defer",
            Outcome::Block => "block",
        }
    }
}

/// What can be said about a mail that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Every mail.
    Always,
    /// Each of these, at least one.
    All(Vec<Condition>),
    /// One of these, at least one.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// One recipient passes the whole test.
    AnyRecipient(RecipientTest),
    /// Every recipient passes the whole test.
    EveryRecipient(RecipientTest),
    /// The number of recipients in to, cc and bcc.
    RecipientCount(Bounds),
    /// One file passes the whole test.
    AnyAttachment(FileTest),
    /// There are files, and every one passes the whole test.
    EveryAttachment(FileTest),
    /// The files together.
    Attachments {
        /// How many.
        count: Bounds,
        /// Larger than so many bytes together.
        total_over: Option<u64>,
    },
    /// One of these words stands there, whatever its case. Runs of white space count as one space.
    Keyword {
        /// Where.
        places: Places,
        /// The words or phrases.
        any_of: Vec<String>,
    },
    /// One of these words or phrases stands there, and is no part of a longer word; where that stops mail, also written with
    /// letters that look alike.
    Words {
        /// Where.
        places: Places,
        /// The words or phrases.
        any_of: Vec<String>,
    },
    /// An amount of money stands there, of more than so much.
    Amount {
        /// Where.
        places: Places,
        /// The largest whole amount that does not match.
        over: u64,
        /// Of this currency; of any where absent.
        currency: Option<Currency>,
    },
    /// A regular expression matches there, in the syntax of the `regex` crate.
    Pattern {
        /// Where.
        places: Places,
        /// The expression.
        regex: String,
    },
    /// What it links to.
    Link(LinkTest),
    /// Which pictures from elsewhere it shows.
    Picture(LinkTest),
    /// Larger than so many bytes, as it goes out.
    SizeOver(u64),
    /// Who asks.
    Sender(SenderTest),
    /// The conversation.
    Thread(ThreadTest),
    /// Whether it answers a mail that a program wrote (RFC 3834).
    AnswersAutomatic(bool),
    /// When it would go out.
    Time(Hours),
    /// More mails than `over` within the window, this one included.
    VolumeOver {
        /// Of whom.
        per: Per,
        /// Within which time.
        window: Window,
        /// The last number that does not match.
        over: u64,
    },
    /// More recipients than `over` who were never written to before, within the window, those of this mail included. A mail
    /// without any does not match.
    FirstContacts {
        /// Of an inbox or the organization.
        per: Per,
        /// Within which time.
        window: Window,
        /// The last number that does not match.
        over: u64,
    },
}

/// What is asked of one recipient; whatever is absent is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecipientTest {
    /// Its domain is one of these.
    pub domain_in: Option<Vec<DomainPattern>>,
    /// It is one of these mailboxes.
    pub address_in: Option<Vec<EmailAddress>>,
    /// Whether it is an inbox of the organization, with a tag or without, or a member's own address.
    pub internal: Option<bool>,
    /// Whether no mail to it was ever accepted.
    pub first_contact: Option<bool>,
}

/// A domain, or with `*.` before it everything below that domain. Lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DomainPattern(String);

impl DomainPattern {
    /// Reads `example.com` or `*.example.com`.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let rest = lower.strip_prefix("*.").unwrap_or(&lower);
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        (rest.len() <= 253 && rest.split('.').all(label)).then_some(Self(lower))
    }

    /// The pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it covers this domain, given in lower case.
    pub fn covers(&self, domain: &str) -> bool {
        match self.0.strip_prefix('*') {
            Some(below) => domain.len() > below.len() && domain.ends_with(below),
            None => domain == self.0,
        }
    }
}

/// A range of numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Not less.
    pub at_least: Option<u64>,
    /// Not more.
    pub at_most: Option<u64>,
}

impl Bounds {
    fn hold(self, n: u64) -> bool {
        self.at_least.is_none_or(|least| n >= least) && self.at_most.is_none_or(|most| n <= most)
    }
}

/// What is asked of one file; whatever is absent is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileTest {
    /// What stands behind the last dot of its name, lower case.
    pub extension_in: Option<Vec<String>>,
    /// Its media type, `image/png` or `image/*`, lower case: the declared one and the detected one.
    pub media_type_in: Option<Vec<String>>,
    /// Which kind of file it is.
    pub kind_in: Option<BTreeSet<FileKind>>,
    /// Larger than so many bytes.
    pub over: Option<u64>,
}

/// Files that are told by name, declared type and first bytes. Nobody looks further inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// Something that a computer runs.
    Executable,
    /// An office document that can carry macros.
    Macro,
    /// Something that other files are packed in.
    Archive,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The subject.
    pub subject: bool,
    /// What a recipient reads.
    pub body: bool,
    /// The names of files.
    pub filename: bool,
}

/// What is asked of links, or of pictures from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTest {
    /// Whether there is any.
    Present(bool),
    /// One leads to one of these domains.
    DomainIn(Vec<DomainPattern>),
    /// One leads anywhere else.
    DomainNotIn(Vec<DomainPattern>),
}

/// What is asked of whoever asks for the mail; whatever is absent is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SenderTest {
    /// It leaves one of these inboxes.
    pub inbox_in: Option<BTreeSet<InboxId>>,
    /// One of these tokens asks.
    pub token_in: Option<BTreeSet<TokenId>>,
    /// One of these members asks, themselves or through a token of theirs.
    pub member_in: Option<BTreeSet<MemberId>>,
    /// Whether a program asks; else a signed-in person.
    pub is_token: Option<bool>,
}

/// What is asked of the conversation; whatever is absent is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadTest {
    /// Whether something suspicious came in.
    pub tainted: Option<bool>,
    /// Whether it answers a mail; else it begins a conversation.
    pub is_reply: Option<bool>,
}

/// Whose mails are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Per {
    /// Those that leave the inbox.
    Inbox,
    /// Those to one recipient, from anywhere in the organization.
    Recipient,
    /// Those of the organization.
    Organization,
}

/// A span of time that begins with a full hour or day of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Window {
    /// How long it is, in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Window::Hour => 3_600,
            Window::Day => 86_400,
        }
    }

    /// The Unix second at which the window around a time begins.
    pub fn start(self, at: Timestamp) -> i64 {
        at.as_second() - at.as_second().rem_euclid(self.seconds())
    }
}

macro_rules! names {
    ($type:ident, $($variant:ident = $text:literal),*) => {
        impl $type {
            /// All there are.
            pub const ALL: &[$type] = &[$($type::$variant),*];

            /// The name in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $($type::$variant => $text,)* }
            }

            /// Reads the name.
            pub fn parse(text: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

names!(FileKind, Executable = "executable", Macro = "macro", Archive = "archive");
names!(Per, Inbox = "inbox", Recipient = "recipient", Organization = "organization");
names!(Window, Hour = "hour", Day = "day");
names!(Late, Expire = "expire", Send = "send");
names!(By, Person = "person", Any = "any", Passkey = "passkey");
names!(Links, Decide = "decide", SignIn = "sign_in");

/// All policies of an organization: one record, so that a submission reads them together and a change of one is a
/// change of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyBook {
    /// The policies, at most [`limits::POLICIES`], oldest first.
    pub policies: Vec<Policy>,
    /// Stored policies that can't be read: while there is one, nothing goes out without a vote.
    pub unreadable: Vec<Unreadable>,
    /// Members under a name, at most [`Group::MOST`], oldest first.
    pub groups: Vec<Group>,
    /// Counts changes; 0 where none was ever stored.
    pub version: u64,
}

/// A stored policy that can't be read. It is kept as it lies there, until somebody replaces or deletes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its id, where at least that can be read.
    pub id: Option<PolicyId>,
    /// What lies there.
    pub stored: String,
}

impl PolicyBook {
    /// A book that holds everything, because what is stored can't be read.
    pub fn broken(version: u64) -> Self {
        let unreadable = vec![Unreadable { id: None, stored: String::new() }];
        Self { policies: vec![], unreadable, groups: vec![], version }
    }

    /// The policy with this id.
    pub fn get(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.id == id)
    }

    /// The group with this id.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Whose mails have to be counted to judge a mail of this inbox, with every number that is asked about.
    pub fn counted(&self, inbox: Origin) -> BTreeSet<(Counted, Per, Window, u64)> {
        let mut out = BTreeSet::new();
        self.each_condition(inbox, &mut |condition| match condition {
            Condition::VolumeOver { per, window, over } => {
                out.insert((Counted::Mails, *per, *window, *over));
            }
            Condition::FirstContacts { per, window, over } => {
                out.insert((Counted::FirstContacts, *per, *window, *over));
            }
            _ => (),
        });
        out
    }

    /// Whether it matters for a mail of this inbox who belongs to the organization.
    pub fn asks_who_is_internal(&self, inbox: Origin) -> bool {
        let mut asks = false;
        self.each_condition(inbox, &mut |condition| {
            if let Condition::AnyRecipient(test) | Condition::EveryRecipient(test) = condition {
                asks |= test.internal.is_some();
            }
        });
        asks
    }

    /// Shows each condition that judges mail of this inbox, those that join others left out.
    fn each_condition(&self, inbox: Origin, see: &mut dyn FnMut(&Condition)) {
        fn walk(condition: &Condition, see: &mut dyn FnMut(&Condition)) {
            match condition {
                Condition::All(list) | Condition::Any(list) => list.iter().for_each(|one| walk(one, see)),
                Condition::Not(one) => walk(one, see),
                leaf => see(leaf),
            }
        }
        for policy in self.policies.iter().filter(|policy| policy.applies_to(inbox)) {
            policy.content.rules.iter().for_each(|rule| walk(&rule.when, see));
        }
    }
}
