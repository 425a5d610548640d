//! What events tell: `{"id", "type", "created_at", "data"}`, the same for webhooks, on the bus and for whoever reads the feed.

use std::fmt::Write as _;

use app::base::error::Refusal;
use app::base::ports::PublishedEvent;
use app::base::store::{DueDelivery, Page, PageRequest};
use app::delivery::again::Redelivery;
use app::delivery::feed::{Filter, Order, Told};
use app::delivery::webhooks::{Asked, Delivery, NextAttempt};
use app::gate::departures::Turn;
use domain::base::code::Code;
use domain::base::id::Id as _;
use domain::delivery::event::{
    Blocked, Bounce, BouncedRecipient, Endpoint, Event, EventKind, InvitationNotice, SeatNotice, Subject,
    WebhookStatus,
};
use domain::mailbox::message::{Message, Party};
use domain::people::access::Role;
use domain::{
    ApprovalId, EventId, InboxId, InvitationId, MemberId, MessageId, OrganizationId, TokenId, UploadId,
    WebhookId,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::base::pages::page_request;
use crate::base::parts::{ActorView, actor, text};
use crate::base::request::{self, request};
use crate::base::values::{Choice, EventKinds, IdOf, Limit, Named, Time};
use crate::gate::approvals::{ApprovalView, approval};
use crate::gate::uploads::{UploadNoticeView, upload_notice};
use crate::mailbox::accounts::{AccountNoticeView, account_notice};
use crate::mailbox::domains::{DomainNoticeView, domain_notice};
use crate::mailbox::inboxes::{InboxView, inbox};
use crate::mailbox::listed::{SuppressionView, suppression};
use crate::mailbox::messages::{MessageView, message};
use crate::mailbox::screening::{HeldNoticeView, held_notice};
use crate::people::organization::{PauseView, pause};

/// An event, the same for whoever reads it and for webhooks.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventView<'a> {
    /// The same however often it is told of.
    id: IdOf<EventId>,
    r#type: Choice<EventKind>,
    created_at: Time,
    /// Of what is about one mail or its approval: what has a higher one happened later. It grows, with gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    data: EventDataView<'a>,
}

/// What an event is about, as it stood then: one of these. It has no bodies, and of long lists and texts the beginning.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventData")]
struct EventDataView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox: Option<InboxView<'a>>,
    /// Of `message.bounced`: what recipients' servers said.
    #[serde(skip_serializing_if = "Option::is_none")]
    bounce: Option<BounceView<'a>>,
    /// Of `message.blocked`: what a policy refused to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<BlockedView<'a>>,
    /// Of `token.paused` and `token.resumed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenNoticeView<'a>>,
    /// Of `organization.paused` and `organization.resumed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationNoticeView<'a>>,
    /// Of `webhook.disabled` and `webhook.test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<WebhookNoticeView>,
    /// Of `suppression.created` and `.deleted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<SuppressionView<'a>>,
    /// Of `message.held` and `message.discarded`: no word of the mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<HeldNoticeView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<DomainNoticeView<'a>>,
    /// Of `member.created`, `.updated` and `.deleted`: no word of who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<MemberNoticeView>,
    /// Of `invitation.created`, `.resent` and `.deleted`: no word of who it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationNoticeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadNoticeView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountNoticeView>,
}

/// A seat, as events tell of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MemberNotice")]
struct MemberNoticeView {
    id: IdOf<MemberId>,
    /// Of one that is gone, the role that it had.
    role: Choice<Role>,
}

/// That somebody is invited, as events tell of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "InvitationNotice")]
struct InvitationNoticeView {
    id: IdOf<InvitationId>,
    /// The role that they are to have.
    role: Choice<Role>,
}

/// How a mail bounced.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Bounce")]
struct BounceView<'a> {
    /// `permanent`, `transient` or `undetermined`; `rejected` where SES itself refused it.
    r#type: &'a str,
    /// More exactly, such as `general` or `mailbox_full`.
    subtype: Option<&'a str>,
    recipients: Vec<BouncedRecipientView<'a>>,
}

/// What a server said of one recipient.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BouncedRecipient")]
struct BouncedRecipientView<'a> {
    address: &'a str,
    /// The status of RFC 3463, such as `5.1.1`.
    status: Option<&'a str>,
    /// What the server said, at most 500 characters.
    diagnostic: Option<&'a str>,
}

/// A mail that a policy refused to take. Nothing else of it is stored.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Blocked")]
struct BlockedView<'a> {
    inbox_id: IdOf<InboxId>,
    requested_by: ActorView,
    /// Why, as stable codes.
    reasons: &'a [String],
}

/// A token that is paused, or holds again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TokenNotice")]
struct TokenNoticeView<'a> {
    id: IdOf<TokenId>,
    /// While it is refused.
    paused: Option<PauseView<'a>>,
}

/// An organization that is paused, or whose mail leaves again.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrganizationNotice")]
struct OrganizationNoticeView<'a> {
    id: IdOf<OrganizationId>,
    /// While nothing leaves.
    paused: Option<PauseView<'a>>,
}

/// A webhook, as events tell of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WebhookNotice")]
struct WebhookNoticeView {
    id: IdOf<WebhookId>,
    /// `active`, `paused` or `disabled`.
    status: &'static str,
    /// Why it is disabled: `gone`, since it answered with 410, or `failing`, since every call of it failed for three days.
    disabled_reason: Option<&'static str>,
}

/// The name in the API of how an endpoint stands.
pub(crate) fn status_name(status: WebhookStatus) -> &'static str {
    match status {
        WebhookStatus::Active => "active",
        WebhookStatus::Paused => "paused",
        WebhookStatus::Disabled { .. } => "disabled",
    }
}

/// Why an endpoint is disabled.
pub(crate) fn disabled_reason(status: WebhookStatus) -> Option<&'static str> {
    match status {
        WebhookStatus::Disabled { why, .. } => Some(why.as_str()),
        WebhookStatus::Active | WebhookStatus::Paused => None,
    }
}

/// The field of an event's `data` that says what it is about.
pub fn about(kind: EventKind) -> &'static str {
    match kind {
        EventKind::MessageBlocked => "blocked",
        EventKind::MessageHeld | EventKind::MessageDiscarded => "held",
        _ => kind.as_str().split_once('.').map_or("", |(group, _)| group),
    }
}

fn bounce(bounce: &Bounce) -> BounceView<'_> {
    BounceView {
        r#type: &bounce.kind,
        subtype: bounce.subtype.as_deref(),
        recipients: bounce.recipients.iter().map(bounced).collect(),
    }
}

fn bounced(recipient: &BouncedRecipient) -> BouncedRecipientView<'_> {
    let BouncedRecipient { address, status, diagnostic } = recipient;
    BouncedRecipientView { address, status: status.as_deref(), diagnostic: diagnostic.as_deref() }
}

fn blocked(blocked: &Blocked) -> BlockedView<'_> {
    let Blocked { inbox_id, requested_by, reasons } = blocked;
    BlockedView { inbox_id: IdOf(*inbox_id), requested_by: actor(requested_by), reasons }
}

/// An event that was [`shortened`].
pub fn event(event: &Event) -> EventView<'_> {
    let none = EventDataView {
        message: None,
        approval: None,
        inbox: None,
        bounce: None,
        blocked: None,
        token: None,
        organization: None,
        webhook: None,
        suppression: None,
        held: None,
        domain: None,
        member: None,
        invitation: None,
        upload: None,
        account: None,
    };
    let data = match &event.subject {
        Subject::Message(message) => EventDataView { message: Some(self::message(message)), ..none },
        Subject::Bounced(message, bounce) => EventDataView {
            message: Some(self::message(message)),
            bounce: Some(self::bounce(bounce)),
            ..none
        },
        Subject::Approval(approval) => {
            EventDataView { approval: Some(self::approval(approval, event.created_at)), ..none }
        }
        Subject::Inbox(inbox) => EventDataView { inbox: Some(self::inbox(inbox)), ..none },
        Subject::Blocked(blocked) => EventDataView { blocked: Some(self::blocked(blocked)), ..none },
        Subject::Halt(halt) => {
            let paused = halt.paused.as_ref().map(pause);
            if let Some(id) = halt.token_id.map(IdOf) {
                EventDataView { token: Some(TokenNoticeView { id, paused }), ..none }
            } else {
                let id = IdOf(event.organization_id);
                EventDataView { organization: Some(OrganizationNoticeView { id, paused }), ..none }
            }
        }
        Subject::Endpoint(Endpoint { id, status }) => {
            let (id, status, reason) = (IdOf(*id), status_name(*status), disabled_reason(*status));
            EventDataView { webhook: Some(WebhookNoticeView { id, status, disabled_reason: reason }), ..none }
        }
        Subject::Held(held) => EventDataView { held: Some(held_notice(held)), ..none },
        Subject::Domain(domain) => EventDataView { domain: Some(domain_notice(domain)), ..none },
        Subject::Seat(SeatNotice { id, role }) => {
            let member = MemberNoticeView { id: IdOf(*id), role: Choice(*role) };
            EventDataView { member: Some(member), ..none }
        }
        Subject::Invitation(InvitationNotice { id, role }) => {
            let invitation = InvitationNoticeView { id: IdOf(*id), role: Choice(*role) };
            EventDataView { invitation: Some(invitation), ..none }
        }
        Subject::Suppression(one) => EventDataView { suppression: Some(suppression(one)), ..none },
        Subject::Account(account) => EventDataView { account: Some(account_notice(account)), ..none },
        Subject::Upload(upload) => EventDataView { upload: Some(upload_notice(upload)), ..none },
    };
    EventView {
        id: IdOf(event.id),
        r#type: Choice(event.kind),
        created_at: Time(event.created_at),
        sequence: event.sequence,
        data,
    }
}

/// An event with lists and texts that a stranger can't blow up.
pub fn shortened(event: &Event) -> Event {
    let subject = match &event.subject {
        Subject::Message(message) => Subject::Message(Box::new(short(message))),
        Subject::Bounced(message, bounce) => {
            let mut bounce = bounce.clone();
            bounce.recipients.truncate(KEPT);
            Subject::Bounced(Box::new(short(message)), bounce)
        }
        Subject::Approval(approval) => {
            let mut short = (**approval).clone();
            short.recipients = parties(&approval.recipients, 50);
            short.subject = cut(&approval.subject, 500);
            // What was taken out of a mail is content of it.
            short.html_changes.iter_mut().for_each(|change| change.what.clear());
            Subject::Approval(Box::new(short))
        }
        other @ (Subject::Inbox(_)
        | Subject::Blocked(_)
        | Subject::Halt(_)
        | Subject::Endpoint(_)
        | Subject::Suppression(_)
        | Subject::Domain(_)
        | Subject::Account(_)
        | Subject::Seat(_)
        | Subject::Invitation(_)
        | Subject::Upload(_)
        | Subject::Held(_)) => other.clone(),
    };
    Event { subject, ..event.clone() }
}

/// An event as receivers get it: with its keys in the order of the alphabet, as the bus hands it on, so that what is told again is
/// written as it was the first time.
pub fn publish(event: &Event) -> PublishedEvent {
    PublishedEvent {
        organization_id: event.organization_id,
        kind: event.kind.as_str(),
        body: json!(self::event(&shortened(event))).to_string(),
    }
}

request! {
    /// Which part of the feed of events. All that is named must hold.
    pub struct EventsQuery {
        /// How many events at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of a page before, or the `id` of a message of the stream; also of a page with another filter or in the other
        /// order, since it names a place between two events.
        cursor: Option<String>,
        /// `desc`, the newest first, where it is left out. With `asc` there is always a `next_cursor`, also where there is no event: what
        /// comes later stands behind it.
        order: Option<Choice<Order>>,
        /// Types with commas between, such as `message.received,approval.*`; all of them where it is left out.
        types: Option<EventKinds>,
        /// The inbox that it is about.
        inbox_id: Option<IdOf<InboxId>>,
        /// Not older than this; events are kept for 30 days.
        after: Option<Time>,
    }
}

impl EventsQuery {
    /// What is asked for, in which order, and which page of it.
    pub fn filter(self) -> (Filter, Order, PageRequest) {
        let order = self.order.map_or_else(Order::default, |order| order.0);
        let filter = filter(self.types, self.inbox_id, self.after);
        (filter, order, page_request(self.limit, self.cursor))
    }
}

request! {
    /// Which events a stream has. All that is named must hold.
    pub struct StreamQuery {
        /// Where it goes on: a `next_cursor` of `GET /v1/events`, or the `id` of a message of a stream. The header `Last-Event-ID` goes
        /// before it. From now on where there is neither.
        cursor: Option<String>,
        /// Types with commas between, such as `message.received,approval.*`; all of them where it is left out.
        types: Option<EventKinds>,
        /// The inbox that it is about.
        inbox_id: Option<IdOf<InboxId>>,
    }
}

impl StreamQuery {
    /// What is asked for, and from where on.
    pub fn filter(self) -> (Filter, Option<String>) {
        (filter(self.types, self.inbox_id, None), self.cursor)
    }
}

fn filter(types: Option<EventKinds>, inbox_id: Option<IdOf<InboxId>>, after: Option<Time>) -> Filter {
    Filter {
        kinds: types.map(|types| types.0),
        inbox_id: inbox_id.map(|id| id.0),
        after: after.map(|at| at.0),
    }
}

impl Named for Order {
    const ALL: &'static [Self] = &[Order::NewestFirst, Order::OldestFirst];
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        match self {
            Order::NewestFirst => "desc",
            Order::OldestFirst => "asc",
        }
    }
}

request! {
    /// Whom an event is to be told again.
    pub struct Redeliver {
        /// The webhook; left out, all that are told of such events.
        webhook_id: Option<IdOf<WebhookId>>,
    }
}

/// Reads [`Redeliver`].
pub fn redeliver(body: &[u8]) -> Result<Option<WebhookId>, Refusal> {
    let Redeliver { webhook_id } = request::body_or_nothing(body)?;
    Ok(webhook_id.map(|id| id.0))
}

/// An event that is told again within a minute.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Redelivery")]
pub struct RedeliveryView {
    event_id: IdOf<EventId>,
    /// Whom it is told.
    webhook_ids: Vec<IdOf<WebhookId>>,
}

/// An event that is told again.
pub fn redelivery(told: &Redelivery) -> RedeliveryView {
    let webhook_ids = told.webhook_ids.iter().copied().map(IdOf).collect();
    RedeliveryView { event_id: IdOf(told.event_id), webhook_ids }
}

/// A response of Lambda has at most 6 MB, and JSON in JSON is longer.
const MAX_PAGE: usize = 3_000_000;

/// So many events of a page, shortened, as fit into a response. Where some do not, the next page begins with them.
pub fn fitting(page: Page<Told>) -> Page<Event> {
    let (items, next) = fit(page, MAX_PAGE);
    Page { items: items.into_iter().map(|(event, _)| event).collect(), next }
}

fn fit(page: Page<Told>, max: usize) -> (Vec<(Event, String)>, Option<String>) {
    let (mut items, mut bytes): (Vec<(Event, String)>, _) = (vec![], 0);
    for Told { event, cursor } in page.items {
        let event = shortened(&event);
        bytes += text(&self::event(&event)).len();
        match items.last() {
            Some((_, behind)) if bytes > max => {
                let next = Some(behind.clone());
                return (items, next);
            }
            _ => items.push((event, cursor)),
        }
    }
    (items, page.next)
}

/// A slice of a stream of events (WHATWG HTML, "Server-sent events"): each event with the place behind it as its `id`, and an `id` alone
/// where what was looked at goes on behind the last. Whoever comes again with the last `id` loses nothing and gets nothing twice.
pub fn stream(page: Page<Told>) -> String {
    let (items, next) = fit(page, MAX_PAGE);
    // How long a client waits before it comes again, in milliseconds.
    let mut slice = "retry: 1000\n".to_owned();
    if items.is_empty() {
        slice.push_str(": nothing new\n");
    }
    for (event, cursor) in &items {
        let kind = event.kind.as_str();
        _ = write!(slice, "id: {cursor}\nevent: {kind}\ndata: {}\n\n", text(&self::event(event)));
    }
    if let Some(next) = next.filter(|next| items.last().is_none_or(|(_, last)| last != next)) {
        _ = write!(slice, "id: {next}\n\n");
    }
    slice
}

/// `EventBridge` takes 256 KB an event, more than twice what is kept of each field here at most. Whoever needs all of it reads the mail.
const KEPT: usize = 20;

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

fn parties(list: &[Party], max: usize) -> Vec<Party> {
    let short = |party: &Party| Party {
        name: party.name.as_deref().map(|name| cut(name, 100)),
        address: cut(&party.address, 254),
    };
    list.iter().take(max).map(short).collect()
}

/// A mail with lists and texts that a stranger can't blow up.
fn short(message: &Message) -> Message {
    let mut short = message.clone();
    short.to = parties(&message.to, KEPT);
    short.cc = parties(&message.cc, KEPT);
    short.bcc = parties(&message.bcc, KEPT);
    short.reply_to = parties(&message.reply_to, KEPT);
    short.subject = cut(&message.subject, 500);
    short.references = message.references.iter().rev().take(KEPT).rev().map(|id| cut(id, 200)).collect();
    short.attachments.truncate(KEPT);
    short
}

/// What a message of the queue asks for: an event of the bus, or a later attempt that we put there.
pub fn read_asked(body: &str) -> Option<Asked> {
    let value: Value = serde_json::from_str(body).ok()?;
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let detail = value.get("detail")?;
    let organization_id = OrganizationId::parse(&text(detail, "organization_id")?).ok()?;
    if let Some(next) = detail.get("next_attempt") {
        let number = |name: &str| u32::try_from(next.get(name)?.as_u64()?).ok();
        let webhook_id = WebhookId::parse(&text(next, "webhook_id")?).ok()?;
        let event_id = EventId::parse(&text(next, "event_id")?).ok()?;
        return Some(Asked::Next(NextAttempt {
            of: DueDelivery { organization_id, webhook_id, event_id },
            number: number("number")?,
            put_off: number("put_off")?,
        }));
    }
    let event = detail.get("event")?;
    let id = |path: &str| event.pointer(path)?.as_str();
    let inboxes = [
        "/data/message/inbox_id",
        "/data/approval/inbox_id",
        "/data/inbox/id",
        "/data/blocked/inbox_id",
        "/data/held/inbox_id",
        "/data/upload/inbox_id",
        "/data/account/inbox_id",
    ];
    Some(Asked::All(Delivery {
        organization_id,
        event_id: EventId::parse(&text(event, "id")?).ok()?,
        kind: EventKind::parse(&text(event, "type")?)?,
        inbox_id: inboxes.into_iter().find_map(|path| InboxId::parse(id(path)?).ok()),
        endpoint: id("/data/webhook/id").and_then(|id| WebhookId::parse(id).ok()),
        body: event.to_string(),
    }))
}

/// Which upload an event of the bus tells of.
pub fn read_upload(detail: &Value) -> Option<(OrganizationId, UploadId)> {
    let organization_id = OrganizationId::parse(detail.get("organization_id")?.as_str()?).ok()?;
    let id = detail.pointer("/event/data/upload/id")?.as_str()?;
    Some((organization_id, UploadId::parse(id).ok()?))
}

/// Which mail an event of the bus tells of.
pub fn read_message(detail: &Value) -> Option<(OrganizationId, InboxId, MessageId)> {
    let organization_id = OrganizationId::parse(detail.get("organization_id")?.as_str()?).ok()?;
    let message = detail.pointer("/event/data/message")?;
    let inbox_id = InboxId::parse(message.get("inbox_id")?.as_str()?).ok()?;
    Some((organization_id, inbox_id, MessageId::parse(message.get("id")?.as_str()?).ok()?))
}

/// What became of an approval, as an event of the bus tells; none where it tells of nothing that ends a signature.
pub fn read_turn(detail: &Value) -> Option<Turn> {
    let organization_id = OrganizationId::parse(detail.get("organization_id")?.as_str()?).ok()?;
    let event = detail.get("event")?;
    let approval = event.pointer("/data/approval")?;
    let approval_id = ApprovalId::parse(approval.get("id")?.as_str()?).ok()?;
    let is_over = match EventKind::parse(event.get("type")?.as_str()?)? {
        EventKind::ApprovalRejected
        | EventKind::ApprovalExpired
        | EventKind::ApprovalCancelled
        | EventKind::ApprovalSuperseded => true,
        EventKind::ApprovalTakenBack => false,
        _ => return None,
    };
    let one = |one: &Value| {
        let by = MemberId::parse(one.pointer("/vote/member_id")?.as_str()?).ok()?;
        Some((by, one.get("at")?.as_str()?.parse().ok()?))
    };
    let taken_back = approval.get("taken_back").and_then(Value::as_array).into_iter().flatten();
    Some(Turn {
        organization_id,
        approval_id,
        is_over,
        taken_back: taken_back.map(one).collect::<Option<_>>()?,
    })
}

/// A later attempt as a message of the queue, in the form of an event of the bus.
pub fn write_next(next: &NextAttempt) -> String {
    let DueDelivery { organization_id, webhook_id, event_id } = next.of;
    json!({ "detail": {
        "organization_id": organization_id.to_string(),
        "next_attempt": {
            "webhook_id": webhook_id.to_string(),
            "event_id": event_id.to_string(),
            "number": next.number,
            "put_off": next.put_off,
        },
    }})
    .to_string()
}

#[cfg(test)]
mod tests {
    use domain::base::address::{EmailAddress, HeaderText};
    use domain::mailbox::inbox::Inbox;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_is_asked_for_reads_back() {
        let now = Timestamp::UNIX_EPOCH;
        let of = DueDelivery {
            organization_id: OrganizationId::new(now, [2; 10]),
            webhook_id: WebhookId::new(now, [3; 10]),
            event_id: EventId::new(now, [1; 10]),
        };
        let next = NextAttempt { of, number: 2, put_off: 3 };
        assert_eq!(read_asked(&write_next(&next)), Some(Asked::Next(next)));
        let event = json!({"id": of.event_id.to_string(), "type": "message.sent"});
        let body = json!({"detail": {"organization_id": of.organization_id.to_string(), "event": event}});
        let delivery = Delivery {
            organization_id: of.organization_id,
            event_id: of.event_id,
            kind: EventKind::MessageSent,
            inbox_id: None,
            endpoint: None,
            body: event.to_string(),
        };
        assert_eq!(read_asked(&body.to_string()), Some(Asked::All(delivery)));
        assert_eq!(read_asked("{}"), None);
    }

    #[test]
    fn a_slice_of_a_stream_has_what_fits_and_goes_on_behind_it() {
        let told = |n: u8| {
            let id = EventId::new(Timestamp::UNIX_EPOCH, [n; 10]);
            let address = EmailAddress::parse("a@example.com").unwrap();
            let organization_id = OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]);
            let inbox = Inbox {
                domain_id: None,
                id: InboxId::new(Timestamp::UNIX_EPOCH, [1; 10]),
                organization_id,
                address,
                display_name: Some(HeaderText::lossy("\"Ann\" é\u{2028}")),
                paused: None,
                created_at: Timestamp::UNIX_EPOCH,
                provider: None,
            };
            let subject = Subject::Inbox(Box::new(inbox));
            let (kind, created_at) = (EventKind::InboxCreated, Timestamp::UNIX_EPOCH);
            let event = Event { id, organization_id, kind, created_at, sequence: None, went: false, subject };
            Told { event, cursor: format!("c{n}") }
        };
        let page = |next: &str| Page { items: vec![told(1), told(2)], next: Some(next.to_owned()) };
        let slice = stream(page("c2"));
        let lines: Vec<_> = slice.split('\n').collect();
        assert_eq!(lines[..3], ["retry: 1000", "id: c1", "event: inbox.created"]);
        assert_eq!((lines[4], lines[5], lines.len()), ("", "id: c2", 10), "{slice}");
        let data: Value = serde_json::from_str(lines[3].strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data["data"]["inbox"]["address"], "a@example.com");
        assert_eq!(data, serde_json::from_str::<Value>(&publish(&told(1).event).body).unwrap());
        assert!(
            stream(page("c9")).ends_with("\n\nid: c9\n\n"),
            "what was passed over is not looked at again"
        );
        let nothing = Page { items: vec![], next: Some("c9".to_owned()) };
        assert_eq!(stream(nothing), "retry: 1000\n: nothing new\nid: c9\n\n");

        let one = text(&event(&told(1).event)).len();
        for (max, fits) in [(0, 1), (one, 1), (2 * one - 1, 1), (2 * one, 2)] {
            let (items, next) = fit(page("c9"), max);
            assert_eq!(
                (items.len(), next.as_deref()),
                (fits, Some(if fits == 1 { "c1" } else { "c9" })),
                "{max}"
            );
        }
    }
}
