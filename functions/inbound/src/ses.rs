//! The event that SES sends for a received mail
//! (<https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html>).

use app::mailbox::receive::{EnvelopeView, Received};
use aws_lambda_events::ses::{SimpleEmailEvent, SimpleEmailService, SimpleEmailVerdict};
use domain::Timestamp;
use domain::base::address::EmailAddress;
use domain::mailbox::message::Verdicts;
use serde_json::Value;

/// Where the receipt rule puts the bytes of a mail, before the id of SES.
const PREFIX: &str = "inbound/";

/// The mails that an event tells of.
pub(crate) fn read_event(mut event: Value) -> Result<Vec<Received>, String> {
    // Of a mail without `From` SES has no such header, where the form of the event wants a list.
    for record in event.get_mut("Records").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(headers) = record.pointer_mut("/ses/mail/commonHeaders").and_then(Value::as_object_mut) {
            headers.entry("from").or_insert_with(|| Value::Array(vec![]));
        }
    }
    let event: SimpleEmailEvent = serde_json::from_value(event).map_err(|error| error.to_string())?;
    event.records.into_iter().map(|record| one(record.ses)).collect()
}

fn one(ses: SimpleEmailService) -> Result<Received, String> {
    let SimpleEmailService { mail, receipt, .. } = ses;
    // The id becomes part of an object key: SES makes them of letters and digits.
    let id = mail.message_id.unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err("not an id of SES".to_owned());
    }
    let verdict = |verdict: SimpleEmailVerdict| {
        verdict.status.filter(|status| !status.is_empty()).unwrap_or_else(|| "DISABLED".to_owned())
    };
    let at =
        Timestamp::from_millisecond(mail.timestamp.timestamp_millis()).map_err(|error| error.to_string())?;
    Ok(Received {
        raw_key: format!("{PREFIX}{id}"),
        provider_id: id,
        at,
        // SES takes at most 50 recipients in one delivery.
        recipients: receipt
            .recipients
            .iter()
            .take(100)
            .filter_map(|text| EmailAddress::parse(text).ok())
            .collect(),
        verdicts: Verdicts {
            spam: verdict(receipt.spam_verdict),
            virus: verdict(receipt.virus_verdict),
            spf: verdict(receipt.spf_verdict),
            dkim: verdict(receipt.dkim_verdict),
            dmarc: verdict(receipt.dmarc_verdict),
        },
        envelope: EnvelopeView {
            from: mail.source.unwrap_or_default(),
            subject: mail.common_headers.subject.unwrap_or_default(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Value {
        serde_json::from_str(include_str!("../../../events/inbound-receive.json")).unwrap()
    }

    #[test]
    fn the_documented_event_is_read() {
        let received = read_event(example()).unwrap();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].raw_key, format!("inbound/{}", received[0].provider_id));
        assert_eq!(received[0].recipients.len(), 1);
        assert_eq!(received[0].verdicts.spam, "PASS");
    }

    #[test]
    fn an_id_that_would_leave_its_folder_is_refused() {
        let mut event = example();
        event["Records"][0]["ses"]["mail"]["messageId"] = "../sealed/x".into();
        assert!(read_event(event).is_err());
        assert!(read_event(serde_json::json!({"Records": [{}]})).is_err());
    }

    #[test]
    fn a_mail_without_a_sender_s_header_is_read() {
        let mut event = example();
        event["Records"][0]["ses"]["mail"]["commonHeaders"].as_object_mut().unwrap().remove("from");
        assert_eq!(read_event(event).unwrap().len(), 1);
    }
}
