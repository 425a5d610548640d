//! SES tells on `EventBridge` what became of a mail
//! (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>).

use app::Ports;
use app::gate::settle::{Report, What, settle};
use assembly::Aws;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::base::id::Id;
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
        "Bounce" => {
            // A transient bounce is SES giving up after many tries: for this mail it is as final as a permanent one.
            let recipients = recipients(&detail["bounce"]["bouncedRecipients"], Some("emailAddress"));
            if detail["bounce"]["bounceType"] == "Permanent" {
                What::Rejected(recipients)
            } else {
                What::Outcome(Outcome::Bounced, recipients)
            }
        }
        "Complaint" => What::Outcome(
            Outcome::Complained,
            recipients(&detail["complaint"]["complainedRecipients"], Some("emailAddress")),
        ),
        "Reject" => What::Outcome(Outcome::Bounced, recipients(&mail["destination"], None)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_event_is_a_report() {
        let event: Value =
            serde_json::from_str(include_str!("../../../events/background-settle.json")).unwrap();
        let report = report(&event["detail"]).unwrap();
        let delivered = What::Outcome(Outcome::Delivered, vec!["success@simulator.amazonses.com".to_owned()]);
        assert_eq!(report.what, delivered);
    }

    #[test]
    fn a_bounce_for_good_is_told_from_one_that_may_pass() {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/background-settle.json")).unwrap();
        event["detail"]["eventType"] = json!("Bounce");
        let mut what = |kind| {
            let gone = json!([{"emailAddress": "gone@example.org", "status": "5.1.1"}]);
            event["detail"]["bounce"] = json!({"bounceType": kind, "bouncedRecipients": gone});
            report(&event["detail"]).unwrap().what
        };
        let gone = vec!["gone@example.org".to_owned()];
        assert_eq!(what("Permanent"), What::Rejected(gone.clone()));
        for kind in ["Transient", "Undetermined"] {
            assert_eq!(what(kind), What::Outcome(Outcome::Bounced, gone.clone()));
        }
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
