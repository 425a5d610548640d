//! What events tell: `{"id", "type", "created_at", "data"}`, the same for webhooks and on the bus.

use app::base::ports::PublishedEvent;
use app::base::store::DueDelivery;
use app::delivery::webhooks::{Asked, Delivery, NextAttempt};
use domain::base::id::Id as _;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::mailbox::message::{Message, Party};
use domain::{EventId, OrganizationId, WebhookId};
use serde_json::{Value, json};

use crate::gate::approvals::approval;
use crate::mailbox::inboxes::inbox;
use crate::mailbox::messages::message;

/// An event as receivers get it.
pub fn publish(event: &Event) -> PublishedEvent {
    let data = match &event.subject {
        Subject::Message(message) => json!({ "message": self::message(&short(message)) }),
        Subject::Approval(approval) => {
            let mut short = (**approval).clone();
            short.recipients = parties(&approval.recipients, 50);
            short.subject = cut(&approval.subject, 500);
            // What was taken out of a mail is content of it.
            short.html_changes.iter_mut().for_each(|change| change.what.clear());
            json!({ "approval": self::approval(&short, event.created_at) })
        }
        Subject::Inbox(inbox) => json!({ "inbox": self::inbox(inbox) }),
    };
    let body = json!({
        "id": event.id.to_string(),
        "type": event.kind.as_str(),
        "created_at": event.created_at.to_string(),
        "data": data,
    });
    PublishedEvent {
        organization_id: event.organization_id,
        kind: event.kind.as_str(),
        body: body.to_string(),
    }
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
    Some(Asked::All(Delivery {
        organization_id,
        event_id: EventId::parse(&text(event, "id")?).ok()?,
        kind: EventKind::parse(&text(event, "type")?)?,
        body: event.to_string(),
    }))
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
            body: event.to_string(),
        };
        assert_eq!(read_asked(&body.to_string()), Some(Asked::All(delivery)));
        assert_eq!(read_asked("{}"), None);
    }
}
