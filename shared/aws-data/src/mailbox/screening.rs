//! The rules for mail that comes in, and what they hold: in a partition beside their inbox's own, so that no list of mails meets it.

use std::collections::BTreeSet;

use domain::base::address::EmailAddress;
use domain::mailbox::finding::FindingKind;
use domain::mailbox::message::Message;
use domain::mailbox::screening::{Check, Held, HeldNotice, Reason, Rule, Screened, Screening, Test};
use domain::mailbox::whom::Whom;
use domain::people::access::Actor;
use domain::{InboxId, ListEntryId, MessageId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Item, Kind, Listing, Place, days_after, place, shard};

/// What the partitions of the watch begin with in which held mail lies.
pub(crate) const WATCH: &str = "held";

/// A record whose end fails again and again goes by itself so many days after it.
const ENDED_WITHIN_DAYS: i64 = 30;

record! {
    Screening as ScreeningRecord {
        rules: Vec<Rule>,
        updated_at: Timestamp,
        updated_by: Actor,
        version: u64,
    }
}

record! {
    Rule as RuleRecord {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inboxes: Option<BTreeSet<InboxId>>,
        when: Test,
        outcome: Screened,
    }
}

record! {
    Test as TestRecord {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        senders: Vec<Whom>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        listed: Option<bool>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: BTreeSet<Check>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: BTreeSet<FindingKind>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tainted: Option<bool>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authenticated: Option<bool>,
    }
}

/// As people write it: no address is a domain.
impl Field for Whom {
    type Form = String;
    fn write(&self) -> String {
        match self {
            Whom::Address(address) => address.to_string(),
            Whom::Domain(domain) => domain.clone(),
            Whom::Everyone => "*".to_owned(),
        }
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        Ok(match form.as_str() {
            "*" => Whom::Everyone,
            _ if form.contains('@') => Whom::Address(EmailAddress::read(form)?),
            _ => Whom::Domain(form),
        })
    }
}

impl Kind for Screening {
    const NAME: &'static str = "screening";
    /// Rules that can't be read hold all mail; they must not keep it from being filed.
    fn stand_in(item: &Item) -> Option<Self> {
        let version = item.get("version").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok());
        Some(Screening::broken(version.unwrap_or_default()))
    }
}

/// Where an organization's rules lie.
pub(crate) fn at(organization: OrganizationId) -> Place {
    place(format!("{organization}/screening"), "screening")
}

/// One of these is there.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct ReasonRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
}

impl Field for Reason {
    type Form = ReasonRecord;
    fn write(&self) -> ReasonRecord {
        match self {
            Reason::Entry(id) => ReasonRecord { rule: None, entry: Some(id.to_string()) },
            Reason::Rule(name) => ReasonRecord { rule: Some(name.clone()), entry: None },
        }
    }
    fn read(form: ReasonRecord) -> Result<Self, Corrupt> {
        match (form.rule, form.entry) {
            (Some(name), _) => Ok(Reason::Rule(name)),
            (None, Some(id)) => Ok(Reason::Entry(ListEntryId::read(id)?)),
            (None, None) => Err(Corrupt("reason")),
        }
    }
}

record! {
    Held as HeldRecord {
        organization_id: OrganizationId,
        inbox_id: InboxId,
        message_id: MessageId,
        outcome: Screened,
        reasons: Vec<Reason>,
        at: Timestamp,
        expires_at: Timestamp,
        [message: split_message, join_message] { message: Message, }
    }
}

fn split_message(message: &Message) -> (Message,) {
    (message.clone(),)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_message((message,): (Message,)) -> Result<Box<Message>, Corrupt> {
    Ok(Box::new(message))
}

impl Kind for Held {
    const NAME: &'static str = "held";
    fn index_keys(&self) -> IndexKeys {
        let list = Listing { partition: list(self.organization_id), order: self.message_id.to_string() };
        IndexKeys {
            list: Some(list),
            watch: Some((shard(WATCH, self.message_id.body()), self.expires_at)),
            ttl: Some(days_after(self.expires_at, ENDED_WITHIN_DAYS)),
            ..IndexKeys::default()
        }
    }
}

/// Where a held mail lies.
pub(crate) fn held_at(organization: OrganizationId, inbox: InboxId, id: MessageId) -> Place {
    place(held(organization, inbox), id.to_string())
}

/// The partition of what an inbox holds.
pub(crate) fn held(organization: OrganizationId, inbox: InboxId) -> String {
    format!("{organization}/{inbox}/held")
}

/// The list of all that an organization holds.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/held")
}

record! {
    HeldNotice as HeldNoticeRecord {
        inbox_id: InboxId,
        message_id: MessageId,
        outcome: Screened,
        reasons: Vec<Reason>,
    }
}
