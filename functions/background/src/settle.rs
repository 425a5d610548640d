//! SES tells on `EventBridge` what became of a mail
//! (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>).

use app::Ports;
use app::gate::settle::{Report, What, settle};
use assembly::Aws;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::base::id::Id;
use domain::delivery::event::{Bounce, BouncedRecipient};
use domain::mailbox::lifecycle::Outcome;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// The function.
pub const TASK: Task<Ports> = Task { name: "background-settle", context, handle };

/// From the environment.
pub fn context() -> Ports {
    Aws::from_environment().ports()
}

fn handle(ports: &Ports, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let event: EventBridgeEvent = serde_json::from_value(event).map_err(TaskError::permanent)?;
        if let Some(report) = report(&event.detail) {
            settle(ports, &report).await?;
        } else {
            // Other mail of the account, or an event that says nothing about delivery.
            tracing::info!("an event of SES that is not about a mail of ours");
        }
        Ok(json!({}))
    })
}

/// The report in what SES says; none where it is about something else.
fn report(detail: &Value) -> Option<Report> {
    let mail = detail.get("mail")?;
    let tag = |name: &str| mail.get("tags")?.get(name)?.get(0)?.as_str();
    // Recipients stand under other names in each kind of event.
    let recipients = |list: &Value, field: Option<&str>| -> Vec<String> {
        let one = |value: &Value| {
            field.map_or(value.as_str(), |field| value.get(field)?.as_str()).map(str::to_owned)
        };
        list.as_array().into_iter().flatten().filter_map(one).collect()
    };
    let what = match detail.get("eventType")?.as_str()? {
        "Send" => What::Accepted,
        "Delivery" => What::Outcome(Outcome::Delivered, recipients(&detail["delivery"]["recipients"], None)),
        "DeliveryDelay" => What::Outcome(
            Outcome::Deferred,
            recipients(&detail["deliveryDelay"]["delayedRecipients"], Some("emailAddress")),
        ),
        // A transient bounce is SES giving up after many tries: for us it is as final as a permanent one.
        "Bounce" => What::Bounced(bounce(&detail["bounce"])),
        "Complaint" => What::Outcome(
            Outcome::Complained,
            recipients(&detail["complaint"]["complainedRecipients"], Some("emailAddress")),
        ),
        "Reject" => {
            let said = detail["reject"]["reason"].as_str().map(|reason| cut(reason, Bounce::MAX_TEXT));
            let one = |address: String| BouncedRecipient { address, status: None, diagnostic: said.clone() };
            let recipients = recipients(&mail["destination"], None).into_iter().map(one).collect();
            What::Bounced(Bounce { kind: "rejected".to_owned(), subtype: None, recipients })
        }
        _ => return None,
    };
    Some(Report {
        organization_id: Id::parse(tag("organization_id")?).ok()?,
        inbox_id: Id::parse(tag("inbox_id")?).ok()?,
        message_id: Id::parse(tag("message_id")?).ok()?,
        provider_id: mail.get("messageId")?.as_str()?.to_owned(),
        what,
    })
}

/// How a mail bounced. What recipients' servers said is cut to what an event has room for.
fn bounce(said: &Value) -> Bounce {
    let text = |value: &Value, name: &str, max| value.get(name)?.as_str().map(|text| cut(text, max));
    let recipient = |value: &Value| {
        Some(BouncedRecipient {
            // An address is compared with those of the mail: it is never cut.
            address: value.get("emailAddress")?.as_str()?.to_owned(),
            status: text(value, "status", 20),
            diagnostic: text(value, "diagnosticCode", Bounce::MAX_TEXT),
        })
    };
    let recipients = said["bouncedRecipients"].as_array().into_iter().flatten().filter_map(recipient);
    Bounce {
        kind: text(said, "bounceType", 20).map_or_else(|| "undetermined".to_owned(), |kind| code(&kind)),
        subtype: text(said, "bounceSubType", 40).map(|kind| code(&kind)),
        recipients: recipients.take(Bounce::MOST).collect(),
    }
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// `MailboxFull` as our codes are written: `mailbox_full`.
fn code(name: &str) -> String {
    let mut code = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_uppercase() && !code.is_empty() {
            code.push('_');
        }
        code.push(c.to_ascii_lowercase());
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As SES writes it (its guide, "Examples of event data").
    #[test]
    fn a_bounce_says_how_and_of_whom() {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/background-settle.json")).unwrap();
        event["detail"]["eventType"] = json!("Bounce");
        event["detail"]["bounce"] = json!({
            "bounceType": "Permanent", "bounceSubType": "MailboxFull", "feedbackId": "x",
            "bouncedRecipients": [
                {"emailAddress": "a@example.com", "action": "failed", "status": "5.1.1", "diagnosticCode": "x".repeat(9_000)},
                {"emailAddress": "b@example.com"},
                {"action": "failed"},
            ],
        });
        let recipient = |address: &str, status: Option<&str>, diagnostic| BouncedRecipient {
            address: address.to_owned(),
            status: status.map(str::to_owned),
            diagnostic,
        };
        let expected = Bounce {
            kind: "permanent".to_owned(),
            subtype: Some("mailbox_full".to_owned()),
            recipients: vec![
                recipient("a@example.com", Some("5.1.1"), Some("x".repeat(Bounce::MAX_TEXT))),
                recipient("b@example.com", None, None),
            ],
        };
        assert_eq!(report(&event["detail"]).unwrap().what, What::Bounced(expected));
        event["detail"]["bounce"] = json!({});
        let nothing = Bounce { kind: "undetermined".to_owned(), ..Bounce::default() };
        assert_eq!(report(&event["detail"]).unwrap().what, What::Bounced(nothing));
    }

    #[test]
    fn the_example_event_is_a_report() {
        let event: Value =
            serde_json::from_str(include_str!("../../../events/background-settle.json")).unwrap();
        let report = report(&event["detail"]).unwrap();
        let delivered = What::Outcome(Outcome::Delivered, vec!["success@simulator.amazonses.com".to_owned()]);
        assert_eq!(report.what, delivered);
    }

    #[test]
    fn an_event_without_our_tags_is_none() {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/background-settle.json")).unwrap();
        event["detail"]["mail"]["tags"] = json!({});
        assert_eq!(report(&event["detail"]), None);
        assert_eq!(report(&json!({})), None);
    }
}
