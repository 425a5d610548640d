//! Mails that came in, and mails that go out or went.

use app::base::store::PageRequest;
use app::mailbox::messages::Detail;
use domain::base::code::Code;
use domain::mailbox::finding::Finding;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::message::{Direction, Message, Party, Verdicts};
use domain::{ApprovalId, InboxId, MessageId, ThreadId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::page_request;
use crate::base::request::request;
use crate::base::values::{Choice, IdOf, Limit, Named, Sha256, Time};
use crate::mailbox::attachments::{FileView, file};

request! {
    /// Which mails, over all inboxes.
    pub struct OpenQuery {
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// `scheduled` where it is left out.
        status: Option<Choice<OpenStatus>>,
    }
}

impl OpenQuery {
    /// The status, and the page.
    pub fn list(self) -> (&'static str, PageRequest) {
        let status = self.status.map_or(OpenStatus::Scheduled, |status| status.0);
        (status.name(), page_request(self.limit, self.cursor))
    }
}

/// How far a mail is that is listed over all inboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenStatus {
    /// It will go.
    Scheduled,
    /// Nobody knows whether it left.
    Unknown,
}

impl Named for OpenStatus {
    const ALL: &'static [Self] = &[OpenStatus::Scheduled, OpenStatus::Unknown];
    const UNKNOWN: Code = Code::UnknownStatus;

    fn name(&self) -> &'static str {
        match self {
            OpenStatus::Scheduled => "scheduled",
            OpenStatus::Unknown => "unknown",
        }
    }
}

/// Who a mail is from, or for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Party")]
pub struct PartyView<'a> {
    name: Option<&'a str>,
    /// As the mail writes it: nothing is promised about its form.
    address: &'a str,
}

pub(crate) fn party(party: &Party) -> PartyView<'_> {
    PartyView { name: party.name.as_deref(), address: &party.address }
}

pub(crate) fn parties(list: &[Party]) -> Vec<PartyView<'_>> {
    list.iter().map(party).collect()
}

/// A mail as a list shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Message")]
pub struct MessageView<'a> {
    id: IdOf<MessageId>,
    inbox_id: IdOf<InboxId>,
    thread_id: IdOf<ThreadId>,
    /// `received`, or how far it is on its way out.
    status: &'static str,
    from: PartyView<'a>,
    /// Where answers go, if not to the author.
    reply_to: Vec<PartyView<'a>>,
    to: Vec<PartyView<'a>>,
    cc: Vec<PartyView<'a>>,
    bcc: Vec<PartyView<'a>>,
    subject: &'a str,
    /// The first words of the text, at most 200 characters.
    preview: &'a str,
    /// The `Message-ID`, without angle brackets; one that goes out has it once SES gave it.
    message_id: Option<&'a str>,
    /// The `Message-ID`s that it answers, oldest first.
    references: &'a [String],
    attachments: Vec<FileView<'a>>,
    /// In bytes, raw.
    size: u64,
    created_at: Time,
    #[serde(flatten)]
    direction: DirectionView<'a>,
}

/// Which way a mail goes.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "direction", rename_all = "lowercase")]
#[schemars(rename = "Direction")]
enum DirectionView<'a> {
    Inbound {
        verdicts: VerdictsView<'a>,
        /// What could not be read as it should be, as stable codes.
        defects: &'a [String],
        /// A program wrote it, nobody waits for an answer (RFC 3834).
        automatic: bool,
        /// The author in `From` is proven to be the one who sent it.
        authenticated: bool,
        findings: Vec<FindingView<'a>>,
        /// Whether a finding taints its conversation.
        tainted: bool,
        /// Always `untrusted`: whoever reads it for a model must not take it for instructions, whether anything was found or not.
        content_trust: &'static str,
    },
    Outbound {
        approval_id: IdOf<ApprovalId>,
        /// Of the bytes that were countersigned, or are to be.
        digest: Sha256,
        /// Not before.
        send_at: Option<Time>,
        /// The attempts that were made anew of it.
        sent_again_as: Vec<IdOf<MessageId>>,
        #[serde(flatten)]
        outcome: OutcomeView<'a>,
    },
}

/// What the receiving server found out: `PASS`, `FAIL`, `GRAY`, `PROCESSING_FAILED` or `DISABLED`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Verdicts")]
struct VerdictsView<'a> {
    spam: &'a str,
    virus: &'a str,
    spf: &'a str,
    dkim: &'a str,
    dmarc: &'a str,
}

/// What looks wrong with a mail.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct FindingView<'a> {
    code: &'static str,
    explanation: &'static str,
    evidence: &'a str,
}

/// What came of a mail that went out, or did not.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "Outcome")]
struct OutcomeView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Time>,
    /// The name that SES gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<&'a str>,
    /// What SES reported of each recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients: Option<Vec<RecipientView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'a str>,
    /// Since when nobody knows whether it left.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_since: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<&'a str>,
    /// When the next attempt is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
}

/// What became of a mail at one recipient.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Recipient")]
struct RecipientView<'a> {
    address: &'a str,
    /// `deferred`, `delivered`, `bounced` or `complained`.
    status: &'static str,
}

/// A mail as a list shows it.
pub fn message(message: &Message) -> MessageView<'_> {
    MessageView {
        id: IdOf(message.id),
        inbox_id: IdOf(message.inbox_id),
        thread_id: IdOf(message.thread_id),
        status: message.status(),
        from: party(&message.from),
        reply_to: parties(&message.reply_to),
        to: parties(&message.to),
        cc: parties(&message.cc),
        bcc: parties(&message.bcc),
        subject: &message.subject,
        preview: &message.preview,
        message_id: message.internet_message_id.as_deref(),
        references: &message.references,
        attachments: message.attachments.iter().map(file).collect(),
        size: message.size,
        created_at: Time(message.created_at),
        direction: direction(message),
    }
}

fn direction(message: &Message) -> DirectionView<'_> {
    match &message.direction {
        Direction::Inbound { verdicts, defects, automatic, findings, authenticated, .. } => {
            let Verdicts { spam, virus, spf, dkim, dmarc } = verdicts;
            DirectionView::Inbound {
                verdicts: VerdictsView { spam, virus, spf, dkim, dmarc },
                defects,
                automatic: *automatic,
                authenticated: *authenticated,
                findings: findings.iter().map(finding).collect(),
                tainted: message.taints(),
                content_trust: "untrusted",
            }
        }
        Direction::Outbound(outbound) => DirectionView::Outbound {
            approval_id: IdOf(outbound.approval_id),
            digest: Sha256(outbound.digest),
            send_at: outbound.send_at.map(Time),
            sent_again_as: outbound.sent_again_as.iter().copied().map(IdOf).collect(),
            outcome: outcome(outbound),
        },
    }
}

fn finding(finding: &Finding) -> FindingView<'_> {
    FindingView {
        code: finding.kind.as_str(),
        explanation: finding.kind.explanation(),
        evidence: &finding.evidence,
    }
}

fn outcome(outbound: &Outbound) -> OutcomeView<'_> {
    let nothing = OutcomeView::default();
    match &outbound.state {
        State::Accepted { provider_id, at, outcomes } => {
            let recipients = outcomes
                .iter()
                .map(|(address, outcome)| RecipientView { address, status: outcome.as_str() })
                .collect();
            OutcomeView {
                sent_at: Some(Time(*at)),
                provider_id: Some(provider_id),
                recipients: Some(recipients),
                ..nothing
            }
        }
        State::Failed { reason, at } => {
            OutcomeView { failed_at: Some(Time(*at)), failure_reason: Some(reason), ..nothing }
        }
        State::Unknown { since, .. } => OutcomeView { unknown_since: Some(Time(*since)), ..nothing },
        State::Cancelled { at, reason, .. } => {
            OutcomeView { cancelled_at: Some(Time(*at)), cancel_reason: Some(reason), ..nothing }
        }
        State::Scheduled { due, attempt, .. } => {
            OutcomeView { due_at: Some(Time(*due)), attempts: Some(*attempt), ..nothing }
        }
        State::PendingApproval { .. }
        | State::Sending { .. }
        | State::Rejected { .. }
        | State::Expired { .. } => nothing,
    }
}

/// A mail with its body.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageDetail")]
pub struct DetailView<'a> {
    #[serde(flatten)]
    message: MessageView<'a>,
    /// The body as text.
    text: Option<&'a str>,
    /// The body as HTML: of a received mail without anything active and without remote images, of a mail of ours byte for byte
    /// as it is sealed.
    html: Option<&'a str>,
    /// The new part of a received reply.
    extracted_text: Option<&'a str>,
    /// How many remote images it shows, or would show.
    remote_images: usize,
    /// Where the pictures lie that a mail of ours shows from elsewhere: host names, sorted.
    picture_hosts: &'a [String],
    /// The HTML goes on beyond what may be shown.
    html_truncated: bool,
    /// The HTML has text that is made invisible.
    hidden_text: bool,
    /// All of them, decoded, in order.
    headers: Vec<HeaderView<'a>>,
}

/// A header of a mail.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Header")]
struct HeaderView<'a> {
    name: &'a str,
    value: &'a str,
}

/// A mail with its body.
pub fn detail(detail: &Detail) -> DetailView<'_> {
    DetailView {
        message: message(&detail.message),
        text: detail.text.as_deref(),
        html: detail.html.as_deref(),
        extracted_text: detail.extracted_text.as_deref(),
        remote_images: detail.remote_images,
        picture_hosts: &detail.picture_hosts,
        html_truncated: detail.html_truncated,
        hidden_text: detail.hidden_text,
        headers: detail.headers.iter().map(|(name, value)| HeaderView { name, value }).collect(),
    }
}
