//! Mails that came in, and mails that go out or went.

use std::collections::BTreeMap;

use app::base::error::Refusal;
use app::base::store::PageRequest;
use app::mailbox::marks::Marking;
use app::mailbox::messages::{Detail, Report, SEVERAL, Several, Since, report as reports};
use app::mailbox::trash::Moved;
use domain::base::code::Code;
use domain::mailbox::filter::{MessageFilter, Span, Way};
use domain::mailbox::finding::Finding;
use domain::mailbox::label::Label;
use domain::mailbox::lifecycle::{Outbound, State, Status};
use domain::mailbox::message::{Direction, Mark, Message, Party, Verdicts};
use domain::mailbox::notes::{Notes, Tag};
use domain::{ApprovalId, InboxId, MessageId, ThreadId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::page_request;
use crate::base::problem;
use crate::base::request::{self, Faults, request};
use crate::base::values::{
    AtLeastOne, Choice, Filled, Flag, IdOf, LabelOf, LabelWanted, Limit, List, Named, Sha256, SinceGiven,
    Time, WaitSeconds,
};
use crate::mailbox::attachments::{FileView, file};

request! {
    /// Which mails. All that is named must hold. Where few of many do, a page may be short, or even empty, and have a `next_cursor`.
    pub struct MessagesQuery {
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// Which way it goes.
        direction: Option<Choice<Way>>,
        /// How far it is; `received` for one that came in.
        status: Option<Choice<MessageStatus>>,
        /// A label that it has; `trash` for those in the trash, which no other list has.
        label: Option<LabelWanted>,
        /// Whether nobody has read it.
        unread: Option<Flag>,
        /// A part of its author's name or address, in any case.
        from: Option<Filled<320>>,
        /// A part of a recipient's name or address, in any case; copies count.
        to: Option<Filled<320>>,
        /// A part of its subject, in any case.
        subject: Option<Filled<998>>,
        /// Whether it has a file.
        has_attachment: Option<Flag>,
        /// It came in, or was asked for, then or later.
        after: Option<Time>,
        /// It came in, or was asked for, before this.
        before: Option<Time>,
    }
}

impl MessagesQuery {
    /// The filter, and the page.
    pub fn list(self) -> (MessageFilter, PageRequest) {
        let filter = MessageFilter {
            direction: self.direction.map(|it| it.0),
            status: self.status.map(|it| it.0.name().to_owned()),
            trash: self.label == Some(LabelWanted::Trash),
            label: self.label.and_then(|it| match it {
                LabelWanted::Of(label) => Some(label),
                LabelWanted::Trash => None,
            }),
            unread: self.unread.map(|it| it.0),
            from: self.from.map(|it| it.0),
            to: self.to.map(|it| it.0),
            subject: self.subject.map(|it| it.0),
            has_attachment: self.has_attachment.map(|it| it.0),
            span: Span { after: self.after.map(|it| it.0), before: self.before.map(|it| it.0) },
        };
        (filter, page_request(self.limit, self.cursor))
    }
}

request! {
    /// Which mails somebody waits for. All that is named must hold.
    pub struct WaitQuery {
        /// Mails that came in at this time or later, or behind the mail with this `msg_…`; from now on where it is left out. Give what
        /// was seen last. A mail that SES handed over late, or that a person let in, stands before that: the list of unread mails has it.
        after: Option<SinceGiven>,
        /// A part of its author's name or address, in any case.
        from: Option<Filled<320>>,
        /// A part of its subject, in any case.
        subject: Option<Filled<998>>,
        /// How many seconds to wait at most, 0 to 25; 25 where it is left out.
        timeout: Option<WaitSeconds>,
    }
}

impl WaitQuery {
    /// From where on, the filter, and for how many seconds.
    pub fn wait(self, now: Timestamp) -> (Since, MessageFilter, u8) {
        let filter = MessageFilter {
            from: self.from.map(|it| it.0),
            subject: self.subject.map(|it| it.0),
            ..MessageFilter::default()
        };
        let since = self.after.map_or(Since::Time(now), |it| it.0);
        (since, filter, self.timeout.map_or(WaitSeconds::MOST, |it| it.0))
    }
}

/// Mails that came in, the first of them first; none where the time is up.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Arrived")]
pub struct ArrivedView<'a> {
    data: Vec<MessageView<'a>>,
}

/// A label that mails have.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Label")]
pub struct LabelView<'a> {
    /// What `label` of a list and `add_labels` take.
    label: &'a str,
}

/// A label, as a mail has it.
pub fn label(mark: &Mark) -> LabelView<'_> {
    LabelView { label: mark.label.as_str() }
}

/// Mails that came in.
pub fn arrived(messages: &[Message]) -> ArrivedView<'_> {
    ArrivedView { data: messages.iter().map(message).collect() }
}

impl Named for Way {
    const ALL: &'static [Self] = &[Way::Inbound, Way::Outbound];
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        match self {
            Way::Inbound => "inbound",
            Way::Outbound => "outbound",
        }
    }
}

/// How far a mail is: that it was received, or how far it is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageStatus(Option<Status>);

impl Named for MessageStatus {
    const ALL: &'static [Self] = &{
        let mut all = [MessageStatus(None); Status::ALL.len() + 1];
        let mut i = 0;
        while i < Status::ALL.len() {
            all[i + 1] = MessageStatus(Some(Status::ALL[i]));
            i += 1;
        }
        all
    };
    const UNKNOWN: Code = Code::UnknownStatus;

    fn name(&self) -> &'static str {
        self.0.map_or("received", Status::as_str)
    }
}

request! {
    /// What changes of a mail, or of all mails of a conversation. What is left out stays as it is.
    pub struct UpdateMessage {
        /// Labels to have; each mail has at most 20.
        add_labels: Option<List<LabelOf, { Label::MOST }>>,
        /// Labels to lose.
        remove_labels: Option<List<LabelOf, { Label::MOST }>>,
        /// Whether it was read. A mail that goes out always is.
        read: Option<bool>,
    }
    check some_change
}

fn some_change(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if !["add_labels", "remove_labels", "read"].into_iter().any(has) {
        faults.note(Code::Required, "give add_labels, remove_labels or read");
    }
}

fn marking(
    add: Option<List<LabelOf, { Label::MOST }>>,
    remove: Option<List<LabelOf, { Label::MOST }>>,
    read: Option<bool>,
) -> Marking {
    let labels = |list| List::entries(list).into_iter().map(|label: LabelOf| label.0).collect();
    Marking { add: labels(add), remove: labels(remove), read }
}

/// Reads [`UpdateMessage`].
pub fn marks(body: &[u8]) -> Result<Marking, Refusal> {
    let marks: UpdateMessage = request::body(body)?;
    checked(marking(marks.add_labels, marks.remove_labels, marks.read))
}

request! {
    /// Mails, and what changes of each of them. Where nothing is to change, they are only given.
    pub struct BatchMessages {
        /// The mails, 1 to 100. One that is named twice counts once.
        messages: AtLeastOne<MessageName, SEVERAL>,
        /// Labels to have; each mail has at most 20.
        add_labels: Option<List<LabelOf, { Label::MOST }>>,
        /// Labels to lose.
        remove_labels: Option<List<LabelOf, { Label::MOST }>>,
        /// Whether they were read. A mail that goes out always is.
        read: Option<bool>,
    }
}

request! {
    /// A mail: its `id` and its `inbox_id`, as lists give them.
    pub struct MessageName {
        /// Its inbox.
        inbox_id: IdOf<InboxId>,
        /// Its id.
        message_id: IdOf<MessageId>,
    }
}

/// The mails of a batch, by inbox and id.
pub type Names = Vec<(InboxId, MessageId)>;

/// Reads [`BatchMessages`]: the mails, and what is to become of their marks, where anything is.
pub fn batch(body: &[u8]) -> Result<(Names, Option<Marking>), Refusal> {
    let BatchMessages { messages, add_labels, remove_labels, read } = request::body(body)?;
    let named = messages.0.into_iter().map(|name| (name.inbox_id.0, name.message_id.0)).collect();
    let marking = checked(marking(add_labels, remove_labels, read))?;
    Ok((named, Some(marking).filter(|marking| *marking != Marking::default())))
}

/// Refuses what contradicts itself.
fn checked(marking: Marking) -> Result<Marking, Refusal> {
    if let Some(both) = marking.add.intersection(&marking.remove).next() {
        let text = format!("{both} is to be added as well");
        return Err(Refusal::field("remove_labels", Code::InvalidLabel, text));
    }
    Ok(marking)
}

/// Mails that were named one by one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageBatch")]
pub struct BatchView<'a> {
    /// Those that are there, as they are now, in the order in which they were named.
    data: Vec<MessageView<'a>>,
    /// Those that are not there, or that this credential may not see.
    not_found: Vec<NameView>,
    /// Those that are as they were, though they were to change. All others are changed.
    failed: Vec<FailedView>,
}

/// A mail by its ids.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageNamed")]
struct NameView {
    inbox_id: IdOf<InboxId>,
    message_id: IdOf<MessageId>,
}

/// A mail that was not changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageFailed")]
struct FailedView {
    #[serde(flatten)]
    name: NameView,
    /// Why, as the error of a single change would have it.
    code: &'static str,
    message: String,
}

/// Mails that were named one by one.
pub fn several(several: &Several) -> BatchView<'_> {
    let name = |name: &(InboxId, MessageId)| NameView { inbox_id: IdOf(name.0), message_id: IdOf(name.1) };
    let failed = several.failed.iter().map(|(named, refusal)| FailedView {
        name: name(named),
        code: refusal.code().as_str(),
        message: problem::words(refusal),
    });
    BatchView {
        data: several.found.iter().map(message).collect(),
        not_found: several.not_found.iter().map(name).collect(),
        failed: failed.collect(),
    }
}

request! {
    /// How a mail is deleted.
    pub struct DeleteMessageQuery {
        /// For good, whether it is in the trash or not: nobody can bring it back. Else it goes into the trash for 30 days.
        permanent: Option<Flag>,
    }
}

/// What became of the mails of a conversation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ThreadMoved")]
pub struct MovedView {
    thread_id: IdOf<ThreadId>,
    /// So many of its mails were moved by this request.
    moved: u64,
    /// Those that were not, with the reason of each.
    left: Vec<LeftView>,
    /// All of them were looked at. Else the same request goes on with the rest.
    complete: bool,
}

/// A mail that was not moved.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MessageLeft")]
struct LeftView {
    message_id: IdOf<MessageId>,
    /// Why, as the error of a single request would have it.
    code: &'static str,
    message: String,
}

/// What became of the mails of a conversation.
pub fn moved(moved: &Moved) -> MovedView {
    let left = moved.left.iter().map(|(id, refusal)| LeftView {
        message_id: IdOf(*id),
        code: refusal.code().as_str(),
        message: problem::words(refusal),
    });
    MovedView {
        thread_id: IdOf(moved.thread_id),
        moved: moved.moved,
        left: left.collect(),
        complete: moved.complete,
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
    internet_message_id: Option<&'a str>,
    /// The `Message-ID` of the mail that it answers.
    in_reply_to: Option<&'a str>,
    /// The `Message-ID`s of its conversation that it names, oldest first.
    references: &'a [String],
    /// When it was sent, as the sender's clock had it; of a mail that goes out, nothing.
    date: Option<Time>,
    /// In the order of the alphabet.
    labels: Vec<&'a str>,
    /// Whether somebody said that it was read; a mail that goes out always is.
    read: bool,
    /// What the program that sends it keeps with it, by name; nothing for one that came in.
    metadata: BTreeMap<&'a str, &'a str>,
    /// Words that the program that sends it keeps with it, in the order of the alphabet.
    tags: Vec<&'a str>,
    attachments: Vec<FileView<'a>>,
    /// In bytes, raw.
    size: u64,
    created_at: Time,
    /// Since when it is in the trash; left out where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    trashed_at: Option<Time>,
    /// When it is deleted for good, where it is in the trash.
    #[serde(skip_serializing_if = "Option::is_none")]
    deletes_at: Option<Time>,
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
        /// While it is `scheduled`: when it goes, at its time and outside of quiet hours.
        not_before: Option<Time>,
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
        internet_message_id: message.internet_message_id.as_deref(),
        in_reply_to: message.in_reply_to.as_deref(),
        references: &message.references,
        date: message.date.map(Time),
        labels: message.labels.iter().map(Label::as_str).collect(),
        read: !message.unread,
        metadata: metadata(&message.notes),
        tags: message.notes.tags.iter().map(Tag::as_str).collect(),
        attachments: message.attachments.iter().map(file).collect(),
        size: message.size,
        created_at: Time(message.created_at),
        trashed_at: message.trash.map(|trash| Time(trash.at)),
        deletes_at: message.trash.map(|trash| Time(trash.deletes_at)),
        direction: direction(message),
    }
}

pub(crate) fn metadata(notes: &Notes) -> BTreeMap<&str, &str> {
    notes.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
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
            not_before: match outbound.state {
                State::Scheduled { due, .. } => Some(Time(due)),
                _ => None,
            },
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
    /// Why a person rejected it, in their words, if they gave any.
    rejection_reason: Option<&'a str>,
    /// What it says of another mail, where a server sent it as a report. Anybody can make one up: it is a claim.
    report: Option<ReportView<'a>>,
}

/// What a report says of a mail: that it was not delivered (RFC 3464), that somebody complained about it (RFC 5965), or that it
/// was read (RFC 8098).
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "Report")]
enum ReportView<'a> {
    Delivery {
        /// The `Message-ID` of the mail that it is about.
        original_message_id: Option<&'a str>,
        recipients: Vec<ReportedView<'a>>,
    },
    Complaint {
        /// The `Message-ID` of the mail that it is about.
        original_message_id: Option<&'a str>,
        /// `abuse`, `fraud`, `virus`, `not-spam` or another.
        feedback_type: &'a str,
        original_recipients: &'a [String],
        arrived_at: Option<Time>,
    },
    Receipt {
        /// The `Message-ID` of the mail that it is about.
        original_message_id: Option<&'a str>,
        original_recipient: Option<&'a str>,
        final_recipient: Option<&'a str>,
        /// `displayed`, `deleted`, `dispatched`, `processed`, `denied` or `failed`.
        disposition: &'a str,
    },
}

/// What a report says of one recipient.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Reported")]
struct ReportedView<'a> {
    /// The address that the mail was sent to, as far as it is told.
    original_recipient: Option<&'a str>,
    /// The address that it got to.
    final_recipient: Option<&'a str>,
    /// `failed`, `delayed`, `delivered`, `relayed` or `expanded`.
    action: Option<&'static str>,
    /// As RFC 3463 has it, such as `5.1.1`.
    status: Option<&'a str>,
    /// Sending again is useless.
    permanent: bool,
    /// What the other server answered.
    diagnostic: Option<&'a str>,
}

fn report(report: &Report) -> ReportView<'_> {
    let original_message_id = report.original_message_id();
    match report {
        Report::Delivery(delivery) => ReportView::Delivery {
            original_message_id,
            recipients: delivery.recipients.iter().map(reported).collect(),
        },
        Report::Complaint(complaint) => ReportView::Complaint {
            original_message_id,
            feedback_type: &complaint.feedback_type,
            original_recipients: &complaint.original_recipients,
            arrived_at: complaint.arrival_date.map(Time),
        },
        Report::Receipt(receipt) => ReportView::Receipt {
            original_message_id,
            original_recipient: receipt.original_recipient.as_deref(),
            final_recipient: receipt.final_recipient.as_deref(),
            disposition: &receipt.disposition,
        },
    }
}

fn reported(recipient: &reports::Recipient) -> ReportedView<'_> {
    ReportedView {
        original_recipient: recipient.original_recipient.as_deref(),
        final_recipient: recipient.final_recipient.as_deref(),
        action: recipient.action.map(reports::Action::code),
        status: recipient.status.as_deref(),
        permanent: recipient.is_permanent(),
        diagnostic: recipient.diagnostic.as_deref(),
    }
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
        rejection_reason: detail.rejection.as_deref(),
        report: detail.report.as_ref().map(report),
    }
}
