//! The event that SES sends for a received mail
//! (<https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html>).

use app::receive::{EnvelopeView, Received};
use domain::address::EmailAddress;
use domain::message::Verdicts;
use serde::Deserialize;
use serde_json::Value;

/// Where the receipt rule puts the octets of a mail, before the id of SES.
const PREFIX: &str = "inbound/";

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    ses: Ses,
}

#[derive(Deserialize)]
struct Ses {
    mail: Mail,
    receipt: Receipt,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: String,
    timestamp: jiff::Timestamp,
    #[serde(default)]
    source: String,
    #[serde(default)]
    common_headers: CommonHeaders,
}

#[derive(Deserialize, Default)]
struct CommonHeaders {
    #[serde(default)]
    subject: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    recipients: Vec<String>,
    #[serde(default)]
    spam_verdict: Verdict,
    #[serde(default)]
    virus_verdict: Verdict,
    #[serde(default)]
    spf_verdict: Verdict,
    #[serde(default)]
    dkim_verdict: Verdict,
    #[serde(default)]
    dmarc_verdict: Verdict,
}

#[derive(Deserialize, Default)]
struct Verdict {
    #[serde(default)]
    status: String,
}

/// The mails that an event tells of.
pub(crate) fn received(event: &Value) -> Result<Vec<Received>, String> {
    let event: Event = serde_json::from_value(event.clone()).map_err(|error| error.to_string())?;
    event.records.into_iter().map(|record| one(record.ses)).collect()
}

fn one(ses: Ses) -> Result<Received, String> {
    let Ses { mail, receipt } = ses;
    // The id becomes part of an object key: SES makes them of letters and digits.
    if mail.message_id.is_empty() || !mail.message_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        return Err("not an id of SES".to_owned());
    }
    let verdict =
        |verdict: Verdict| if verdict.status.is_empty() { "DISABLED".to_owned() } else { verdict.status };
    let at = jiff::Timestamp::from_millisecond(mail.timestamp.as_millisecond())
        .map_err(|error| error.to_string())?;
    Ok(Received {
        raw_key: format!("{PREFIX}{}", mail.message_id),
        provider_id: mail.message_id,
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
            from: mail.source,
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
        let received = received(&example()).unwrap();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].raw_key, format!("inbound/{}", received[0].provider_id));
        assert_eq!(received[0].recipients.len(), 1);
        assert_eq!(received[0].verdicts.spam, "PASS");
    }

    #[test]
    fn an_id_that_would_leave_its_folder_is_refused() {
        let mut event = example();
        event["Records"][0]["ses"]["mail"]["messageId"] = "../sealed/x".into();
        assert!(received(&event).is_err());
        assert!(received(&serde_json::json!({"Records": [{}]})).is_err());
    }
}
