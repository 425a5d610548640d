use super::*;
use crate::{ParsedMail, parse};

fn mail(kind: &str, parts: &[&str]) -> Vec<u8> {
    let mut raw = format!(
        "From: Mailer <postmaster@mx.test>\nTo: a@x.test\nSubject: Report\nDate: Mon, 3 Feb 2025 10:00:00 +0100\n\
         Message-ID: <report@mx.test>\nContent-Type: {kind}; boundary=r\n\n"
    );
    for part in parts {
        raw.push_str("--r\n");
        raw.push_str(part);
        raw.push('\n');
    }
    raw.push_str("--r--\n");
    raw.replace('\n', "\r\n").into_bytes()
}

fn delivery(mail: &ParsedMail<'_>) -> Delivery {
    match &mail.report {
        Some(Report::Delivery(report)) => report.clone(),
        other => panic!("{other:?}"),
    }
}

const HUMAN: &str = "Content-Type: text/plain; charset=us-ascii\n\nIt did not work.\n";
const STATUS: &str = "Reporting-MTA: dns; mx.test\nArrival-Date: Mon, 3 Feb 2025 09:00:00 +0100\n\n\
    Original-Recipient: rfc822;sales@y.test\nFinal-Recipient: RFC822; bob+old@z.test\nAction: failed\nStatus: 5.1.1\n\
    Diagnostic-Code: smtp; 550 5.1.1 nobody\n of that name\n\n\
    Final-Recipient: rfc822; ann@y.test\nAction: delayed\nStatus: 4.4.1 (not yet)\n";
const HEADER: &str = "From: a@x.test\nTo: sales@y.test\nSubject: Ours\nMessage-ID:\n <ours@x.test>\n";

#[test]
fn what_was_not_delivered() {
    let machine = format!("Content-Type: message/delivery-status\n\n{STATUS}");
    let header = format!("Content-Type: text/rfc822-headers\n\n{HEADER}");
    let whole =
        format!("Content-Type: message/rfc822\n\n{HEADER}Content-Type: text/plain\n\nOur own text.\n");
    let base64 = {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let text = STANDARD.encode(STATUS.replace('\n', "\r\n"));
        format!("Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{text}\n")
    };
    let as_text = format!("Content-Type: text/plain\n\n{STATUS}");
    let header_as_text = format!("Content-Type: text/plain\n\n{HEADER}");
    let report = "multipart/report; report-type=delivery-status";
    for (kind, parts) in [
        (report, [HUMAN, &machine, &header]),
        (report, [HUMAN, &machine, &whole]),
        (report, [HUMAN, &base64, &whole]),
        ("multipart/report", [HUMAN, &machine, &header]),
        ("multipart/report", [HUMAN, &as_text, &header]),
        (report, [HUMAN, &as_text, &header_as_text]),
        ("multipart/mixed", [HUMAN, &machine, &whole]),
    ] {
        let raw = mail(kind, &parts);
        let mail = parse(&raw);
        let report = delivery(&mail);
        assert_eq!(report.original_message_id.as_deref(), Some("ours@x.test"), "{parts:?}");
        let [first, second] = &report.recipients[..] else { panic!("{report:?}") };
        assert_eq!(first.original_recipient.as_deref(), Some("sales@y.test"));
        assert_eq!(first.final_recipient.as_deref(), Some("bob+old@z.test"));
        assert_eq!((first.action, first.status.as_deref()), (Some(Action::Failed), Some("5.1.1")));
        assert_eq!(first.diagnostic.as_deref(), Some("550 5.1.1 nobody of that name"));
        assert!(first.is_permanent());
        assert_eq!(
            (&second.original_recipient, second.final_recipient.as_deref()),
            (&None, Some("ann@y.test"))
        );
        assert_eq!((second.action, second.status.as_deref()), (Some(Action::Delayed), Some("4.4.1")));
        assert!(!second.is_permanent());
        // The report stays a mail of its own, and what it encloses stays a file.
        assert_eq!((mail.subject.as_str(), mail.message_id.as_deref()), ("Report", Some("report@mx.test")));
        assert_eq!(mail.from.as_ref().map(|from| from.address.as_str()), Some("postmaster@mx.test"));
        assert_eq!(mail.text.as_deref().map(str::trim_end), Some("It did not work."), "{parts:?}");
        assert_eq!(mail.attachments.len(), 2);
        assert!(mail.automatic);
    }
}

#[test]
fn a_report_within_what_a_list_put_around_it() {
    let inner = String::from_utf8(mail(
        "multipart/report",
        &[HUMAN, &format!("Content-Type: message/delivery-status\n\n{STATUS}")],
    ))
    .unwrap();
    let at = inner.find("Content-Type").unwrap();
    let raw = format!(
        "From: a@x.test\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n{}\r\n--o\r\n\r\nfooter\r\n--o--\r\n",
        &inner[at..]
    );
    let wrapped = parse(raw.as_bytes());
    assert_eq!(delivery(&wrapped).recipients.len(), 2);
    assert!(
        wrapped.text.as_deref().is_some_and(|text| text.contains("did not work") && !text.contains("Final"))
    );
    // A report that somebody passes on as a mail is none.
    let whole = format!(
        "Content-Type: message/rfc822\n\n{}",
        inner.replace("\r\n", "\n").replace("--r", "--q").replace("boundary=r", "boundary=q")
    );
    let raw = mail("multipart/mixed", &[HUMAN, &whole]);
    assert_eq!(parse(&raw).report, None);
}

#[test]
fn sloppy_groups_of_fields() {
    let recipients = |text: &str| match read(Kind::Delivery, text.as_bytes(), None) {
        Report::Delivery(report) => report.recipients,
        other => panic!("{other:?}"),
    };
    // No blank line anywhere, no kinds of addresses, no action, a status in the answer alone.
    let found = recipients(
        "Reporting-MTA: mx\nFinal-Recipient: <a@y.test>\nStatus: 5.0.0\nFinal-Recipient: b@y.test (Bob)\nDiagnostic-Code: 552-5.2.2 full\nno fold here\n",
    );
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].final_recipient.as_deref(), Some("a@y.test"));
    assert_eq!(found[0].action, Some(Action::Failed));
    assert_eq!(found[1].final_recipient.as_deref(), Some("b@y.test"));
    assert_eq!(found[1].status.as_deref(), Some("5.2.2"));
    assert_eq!(found[1].diagnostic.as_deref(), Some("552-5.2.2 full no fold here"));
    let found = recipients(
        "Original-Recipient: rfc822; a@y.test\nFinal-Recipient: rfc822; b@y.test\nAction: Failure (x)\nOriginal-Recipient: rfc822; c@y.test\nAction: delivered",
    );
    assert_eq!(
        (found.len(), found[0].action, found[1].action),
        (2, Some(Action::Failed), Some(Action::Delivered))
    );
    assert!(!found[0].is_permanent(), "nothing says so");
    assert_eq!(recipients("Final-Recipient: rfc822; nobody\nAction: failed\n"), []);
    assert_eq!(recipients(""), []);
    // A mail server that gave up: not permanent, failed all the same.
    let found = recipients("Final-Recipient: rfc822; a@y.test\nAction: failed\nStatus: 4.4.7\n");
    assert!(!found[0].is_permanent() && found[0].action == Some(Action::Failed));
    let many = "Final-Recipient: rfc822; a@y.test\nAction: failed\n\n".repeat(500);
    assert_eq!(recipients(&many).len(), MAX_RECIPIENTS);
    let long = format!("Final-Recipient: rfc822; a@y.test\nDiagnostic-Code: smtp; {}\n", "x".repeat(100_000));
    assert!(recipients(&long)[0].diagnostic.as_ref().unwrap().len() <= MAX_DIAGNOSTIC);
}

#[test]
fn complaints() {
    let machine = "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\n\
        Original-Mail-From: <a@x.test>\nOriginal-Rcpt-To: <ann@y.test>\nOriginal-Rcpt-To: bob@y.test\n\
        Arrival-Date: Mon, 3 Feb 2025 09:00:00 +0100\n";
    let whole =
        format!("Content-Type: message/rfc822\nContent-Disposition: inline\n\n{HEADER}\nOur own text.\n");
    let as_text = machine.replace("message/feedback-report", "text/plain");
    for (kind, machine) in [
        ("multipart/report; report-type=feedback-report", machine),
        ("multipart/report", machine),
        ("multipart/mixed", machine),
        ("multipart/report; report-type=feedback-report", &as_text),
    ] {
        let raw = mail(kind, &[HUMAN, machine, &whole]);
        let mail = parse(&raw);
        let Some(Report::Complaint(said)) = &mail.report else { panic!("{:?}", mail.report) };
        assert_eq!(said.feedback_type, "abuse");
        assert_eq!(said.original_recipients, ["ann@y.test", "bob@y.test"]);
        assert_eq!(said.original_message_id.as_deref(), Some("ours@x.test"));
        assert_eq!(said.arrival_date.unwrap().to_string(), "2025-02-03T08:00:00Z");
        assert_eq!(mail.report.as_ref().and_then(Report::original_message_id), Some("ours@x.test"));
        assert!(!mail.text.as_deref().unwrap().contains("Our own"));
        assert_eq!(mail.attachments.last().unwrap().content_type, "message/rfc822");
        assert!(mail.automatic);
    }
}

#[test]
fn receipts() {
    let machine = "Content-Type: message/disposition-notification\n\nReporting-UA: x; Mail 1\nOriginal-Recipient: rfc822;sales@y.test\n\
        Final-Recipient: rfc822;ann@y.test\nOriginal-Message-ID: <ours@x.test>\n\
        Disposition: manual-action/MDN-sent-manually; Displayed/error\n";
    let as_text = machine.replace("message/disposition-notification", "text/plain");
    for machine in [machine, &as_text] {
        let raw = mail("multipart/report; report-type=disposition-notification", &[HUMAN, machine]);
        let mail = parse(&raw);
        let Some(Report::Receipt(said)) = &mail.report else { panic!("{:?}", mail.report) };
        assert_eq!(said.original_message_id.as_deref(), Some("ours@x.test"));
        assert_eq!(said.original_recipient.as_deref(), Some("sales@y.test"));
        assert_eq!(said.final_recipient.as_deref(), Some("ann@y.test"));
        assert_eq!(said.disposition, "displayed");
        assert!(mail.automatic);
        assert_eq!(mail.text.as_deref().map(str::trim_end), Some("It did not work."));
    }
}

#[test]
fn what_is_no_report() {
    for raw in [
        mail("multipart/mixed", &[HUMAN, &format!("Content-Type: text/plain\n\n{STATUS}")]),
        mail("multipart/report", &[HUMAN]),
        mail("multipart/report", &["Content-Type: text/plain\n\nStatus: of the project\nAction: none\n"]),
        b"From: a@x.test\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@y.test\r\n".to_vec(),
    ] {
        let mail = parse(&raw);
        assert_eq!(mail.report, None);
    }
}
