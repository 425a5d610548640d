//! The rules by which mail that comes in is screened, and what they hold.

use app::base::error::Refusal;
use app::mailbox::messages::Detail;
use domain::base::code::Code;
use domain::mailbox::finding::FindingKind;
use domain::mailbox::screening::{Check, Held, HeldNotice, Reason, Rule, Screened, Screening, Test};
use domain::{InboxId, ListEntryId, MessageId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, Faults, request};
use crate::base::values::{AtLeastOne, Choice, Filled, IdOf, List, Named, Sender, Time};
use crate::mailbox::messages::{DetailView, MessageView, detail, message};

const RULES: usize = Screening::MAX_RULES;
const ENTRIES: usize = Screening::MAX_LIST;
const NAME: usize = Screening::MAX_NAME;

macro_rules! named {
    ($($type:ty),*) => {$(
        impl Named for $type {
            const ALL: &'static [Self] = <$type>::ALL;
            const UNKNOWN: Code = Code::UnknownChoice;

            fn name(&self) -> &'static str {
                self.as_str()
            }
        }
    )*};
}

named!(Screened, Check, FindingKind);

request! {
    /// What a rule asks. All that is named must hold, of each list one.
    pub struct ScreeningTest {
        /// The author: addresses, domains with those below them, or `*` for everyone.
        senders: Option<AtLeastOne<Sender, ENTRIES>>,
        /// Whether the author stands on a receive list.
        listed: Option<bool>,
        /// Checks of the receiving server that say `FAIL`.
        failed: Option<AtLeastOne<Choice<Check>, 5>>,
        /// What looks wrong with it.
        findings: Option<AtLeastOne<Choice<FindingKind>, 20>>,
        /// Whether something looks so wrong that it taints the conversation.
        tainted: Option<bool>,
        /// Whether it is proven who wrote it.
        authenticated: Option<bool>,
    }
    check some_test
}

fn some_test(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if !["senders", "listed", "failed", "findings", "tainted", "authenticated"].iter().any(|name| has(name)) {
        faults.note(Code::EmptyCondition, "must ask something; `senders: [\"*\"]` is every mail");
    }
}

request! {
    /// A rule for mail that comes in.
    pub struct ScreeningRule {
        /// What people are shown.
        name: Filled<NAME>,
        /// The inboxes that it is for; left out, all of them.
        inbox_ids: Option<AtLeastOne<IdOf<InboxId>, ENTRIES>>,
        /// What it asks.
        when: ScreeningTest,
        /// What becomes of mail that meets it.
        outcome: Choice<Screened>,
    }
}

request! {
    /// Rules in the place of those with this version.
    pub struct ReplaceScreening {
        /// The version of the rules that these replace; 0 where there are none.
        version: u64,
        /// All of them; their order means nothing.
        rules: List<ScreeningRule, RULES>,
    }
}

/// Reads [`ReplaceScreening`].
pub fn replacement(body: &[u8]) -> Result<(u64, Vec<Rule>), Refusal> {
    let ReplaceScreening { version, rules } = request::body(body)?;
    let rule = |rule: ScreeningRule| {
        let test = rule.when;
        Rule {
            name: rule.name.0,
            inboxes: rule.inbox_ids.map(|ids| ids.0.into_iter().map(|id| id.0).collect()),
            when: Test {
                senders: entries(test.senders).into_iter().map(|sender| sender.0).collect(),
                listed: test.listed,
                failed: entries(test.failed).into_iter().map(|check| check.0).collect(),
                findings: entries(test.findings).into_iter().map(|kind| kind.0).collect(),
                tainted: test.tainted,
                authenticated: test.authenticated,
            },
            outcome: rule.outcome.0,
        }
    };
    Ok((version, rules.0.into_iter().map(rule).collect()))
}

fn entries<T, const MAX: usize>(list: Option<AtLeastOne<T, MAX>>) -> Vec<T> {
    list.map(|list| list.0).unwrap_or_default()
}

/// The rules by which mail that comes in is screened.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Screening")]
pub struct ScreeningView<'a> {
    /// For `PUT`.
    version: u64,
    rules: Vec<RuleView<'a>>,
    /// Nothing where nobody wrote any.
    updated_at: Option<Time>,
    updated_by: Option<ActorView>,
}

/// A rule for mail that comes in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScreeningRuleView")]
struct RuleView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox_ids: Option<Vec<IdOf<InboxId>>>,
    when: TestView,
    outcome: Choice<Screened>,
}

/// What a rule asks: only what it names.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScreeningTestView")]
struct TestView {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    senders: Vec<Sender>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Choice<Check>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Choice<FindingKind>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tainted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
}

/// The rules by which mail that comes in is screened.
pub fn screening(screening: &Screening) -> ScreeningView<'_> {
    let written = screening.version > 0;
    let rule = |rule: &Rule| {
        let Test { senders, listed, failed, findings, tainted, authenticated } = &rule.when;
        TestView {
            senders: senders.iter().cloned().map(Sender).collect(),
            listed: *listed,
            failed: failed.iter().copied().map(Choice).collect(),
            findings: findings.iter().copied().map(Choice).collect(),
            tainted: *tainted,
            authenticated: *authenticated,
        }
    };
    ScreeningView {
        version: screening.version,
        rules: screening
            .rules
            .iter()
            .map(|one| RuleView {
                name: &one.name,
                inbox_ids: one.inboxes.as_ref().map(|ids| ids.iter().copied().map(IdOf).collect()),
                when: rule(one),
                outcome: Choice(one.outcome),
            })
            .collect(),
        updated_at: written.then_some(Time(screening.updated_at)),
        updated_by: written.then(|| actor(&screening.updated_by)),
    }
}

/// Why a mail is held: an entry of a list, or a rule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScreeningReason")]
struct ReasonView<'a> {
    list_entry_id: Option<IdOf<ListEntryId>>,
    /// The rule's name.
    rule: Option<&'a str>,
}

fn reason(reason: &Reason) -> ReasonView<'_> {
    match reason {
        Reason::Entry(id) => ReasonView { list_entry_id: Some(IdOf(*id)), rule: None },
        Reason::Rule(name) => ReasonView { list_entry_id: None, rule: Some(name) },
    }
}

/// That a mail is held, and until when.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Holding")]
struct HoldingView<'a> {
    /// `hold` or `block`.
    outcome: Choice<Screened>,
    reasons: Vec<ReasonView<'a>>,
    held_at: Time,
    /// From then on it is gone.
    expires_at: Time,
}

fn holding(held: &Held) -> HoldingView<'_> {
    HoldingView {
        outcome: Choice(held.outcome),
        reasons: held.reasons.iter().map(reason).collect(),
        held_at: Time(held.at),
        expires_at: Time(held.expires_at),
    }
}

/// A held mail as a list shows it. Until it is released it is in no conversation: `thread_id` is the one that it would join or begin.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldMessage")]
pub struct HeldView<'a> {
    #[serde(flatten)]
    message: MessageView<'a>,
    held: HoldingView<'a>,
}

/// A held mail as a list shows it.
pub fn held(held: &Held) -> HeldView<'_> {
    HeldView { message: message(&held.message), held: holding(held) }
}

/// A held mail with its body.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldMessageDetail")]
pub struct HeldDetailView<'a> {
    #[serde(flatten)]
    message: DetailView<'a>,
    held: HoldingView<'a>,
}

/// A held mail with its body.
pub fn held_detail<'a>(held: &'a Held, read: &'a Detail) -> HeldDetailView<'a> {
    HeldDetailView { message: detail(read), held: holding(held) }
}

/// That a mail is held, without a word of it: people read it in a session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HeldNotice")]
pub struct HeldNoticeView<'a> {
    inbox_id: IdOf<InboxId>,
    message_id: IdOf<MessageId>,
    /// `hold` or `block`.
    outcome: Choice<Screened>,
    reasons: Vec<ReasonView<'a>>,
}

/// That a mail is held, without a word of it.
pub fn held_notice(notice: &HeldNotice) -> HeldNoticeView<'_> {
    HeldNoticeView {
        inbox_id: IdOf(notice.inbox_id),
        message_id: IdOf(notice.message_id),
        outcome: Choice(notice.outcome),
        reasons: notice.reasons.iter().map(reason).collect(),
    }
}
