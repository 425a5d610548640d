//! What events tell: `{"id", "type", "created_at", "data"}`, the same for webhooks and on the bus.

use app::base::ports::PublishedEvent;
use app::delivery::webhooks::{Delivery, Retry};
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

/// A delivery from a message of the queue: an event of the bus, or a later attempt that we put there.
pub fn read_delivery(body: &str) -> Option<Delivery> {
    let value: Value = serde_json::from_str(body).ok()?;
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let detail = value.get("detail")?;
    // The bus carries the event itself; a later attempt carries its text, so that every attempt has the same.
    let event_body = match text(detail, "body") {
        Some(body) => body,
        None => detail.get("event")?.to_string(),
    };
    let event: Value = serde_json::from_str(&event_body).ok()?;
    let retry = match detail.get("retry") {
        None => None,
        Some(retry) => Some(Retry {
            webhook_id: WebhookId::parse(&text(retry, "webhook_id")?).ok()?,
            number: u32::try_from(retry.get("number")?.as_u64()?).ok()?,
            due: text(retry, "due")?.parse().ok()?,
            put_off: retry
                .get("put_off")
                .and_then(Value::as_u64)
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(0),
        }),
    };
    Some(Delivery {
        organization_id: OrganizationId::parse(&text(detail, "organization_id")?).ok()?,
        event_id: EventId::parse(&text(&event, "id")?).ok()?,
        kind: EventKind::parse(&text(&event, "type")?)?,
        body: event_body,
        retry,
    })
}

/// A later attempt as a message of the queue, in the form of an event of the bus.
pub fn write_delivery(delivery: &Delivery) -> String {
    let mut detail = json!({
        "organization_id": delivery.organization_id.to_string(),
        "body": delivery.body,
    });
    if let Some(retry) = delivery.retry {
        detail["retry"] = json!({
            "webhook_id": retry.webhook_id.to_string(),
            "number": retry.number,
            "due": retry.due.to_string(),
            "put_off": retry.put_off,
        });
    }
    json!({ "detail": detail }).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_delivery_reads_back() {
        let now = Timestamp::UNIX_EPOCH;
        let event_id = EventId::new(now, [1; 10]);
        let delivery = Delivery {
            organization_id: OrganizationId::new(now, [2; 10]),
            event_id,
            kind: EventKind::MessageSent,
            body: format!(r#"{{"id":"{event_id}","type":"message.sent"}}"#),
            retry: Some(Retry { webhook_id: WebhookId::new(now, [3; 10]), number: 2, due: now, put_off: 3 }),
        };
        assert_eq!(read_delivery(&write_delivery(&delivery)), Some(delivery));
        assert_eq!(read_delivery("{}"), None);
    }
}
