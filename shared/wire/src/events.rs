//! What events tell: `{"id", "type", "created_at", "data"}`, the same for webhooks and on the bus.

use app::ports::PublishedEvent;
use app::webhooks::{Delivery, Retry};
use domain::event::{Event, EventKind, Subject};
use domain::id::Id as _;
use domain::{EventId, OrganizationId, WebhookId};
use serde_json::{Value, json};

use crate::views;

/// An event as receivers get it.
pub fn publish(event: &Event) -> PublishedEvent {
    let data = match &event.subject {
        Subject::Message(message) => json!({ "message": views::message(message) }),
        Subject::Approval(approval) => json!({ "approval": views::approval(approval, event.created_at) }),
        Subject::Inbox(inbox) => json!({ "inbox": views::inbox(inbox) }),
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

/// A delivery from a message of the queue: an event of the bus, or a later attempt that we put there.
pub fn read_delivery(body: &str) -> Option<Delivery> {
    let value: Value = serde_json::from_str(body).ok()?;
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let detail = value.get("detail")?;
    let event_body = text(detail, "body")?;
    let event: Value = serde_json::from_str(&event_body).ok()?;
    let retry = match detail.get("retry") {
        None => None,
        Some(retry) => Some(Retry {
            webhook_id: WebhookId::parse(&text(retry, "webhook_id")?).ok()?,
            number: u32::try_from(retry.get("number")?.as_u64()?).ok()?,
            due: text(retry, "due")?.parse().ok()?,
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
            retry: Some(Retry { webhook_id: WebhookId::new(now, [3; 10]), number: 2, due: now }),
        };
        assert_eq!(read_delivery(&write_delivery(&delivery)), Some(delivery));
        assert_eq!(read_delivery("{}"), None);
    }
}
