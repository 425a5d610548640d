//! Mails that came in, and mails that go out or went.

use app::mailbox::messages::Detail;
use domain::mailbox::finding::Finding;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::message::{Direction, Message, Party};
use serde::Serialize;
use serde_json::{Value, json};

use crate::base::parts::{maybe, time};
use crate::mailbox::attachments::file;

/// Who a mail is from, or for.
#[derive(Serialize)]
pub(crate) struct PartyView<'a> {
    name: Option<&'a str>,
    address: &'a str,
}

pub(crate) fn party(party: &Party) -> PartyView<'_> {
    PartyView { name: party.name.as_deref(), address: &party.address }
}

pub(crate) fn parties(list: &[Party]) -> Vec<PartyView<'_>> {
    list.iter().map(party).collect()
}

/// A mail as a list shows it.
pub fn message(message: &Message) -> Value {
    let mut view = json!({
        "id": message.id.to_string(),
        "inbox_id": message.inbox_id.to_string(),
        "thread_id": message.thread_id.to_string(),
        "status": message.status(),
        "from": party(&message.from),
        "reply_to": parties(&message.reply_to),
        "to": parties(&message.to),
        "cc": parties(&message.cc),
        "bcc": parties(&message.bcc),
        "subject": message.subject,
        "preview": message.preview,
        "message_id": message.internet_message_id,
        "references": message.references,
        "attachments": message.attachments.iter().map(file).collect::<Vec<_>>(),
        "size": message.size,
        "created_at": time(message.created_at),
    });
    match &message.direction {
        Direction::Inbound { verdicts, defects, automatic, findings, authenticated, .. } => {
            view["direction"] = json!("inbound");
            view["verdicts"] = json!({
                "spam": verdicts.spam, "virus": verdicts.virus,
                "spf": verdicts.spf, "dkim": verdicts.dkim, "dmarc": verdicts.dmarc,
            });
            view["defects"] = json!(defects);
            view["automatic"] = json!(automatic);
            view["authenticated"] = json!(authenticated);
            view["findings"] = findings.iter().map(finding).collect();
            view["tainted"] = json!(message.taints());
            // Whoever reads it for a model must not take it for instructions, whether anything was found or not.
            view["content_trust"] = json!("untrusted");
        }
        Direction::Outbound(outbound) => {
            view["direction"] = json!("outbound");
            view["approval_id"] = json!(outbound.approval_id.to_string());
            view["digest"] = json!(outbound.digest.to_string());
            view["send_at"] = maybe(outbound.send_at);
            view["sent_again_as"] =
                json!(outbound.sent_again_as.iter().map(ToString::to_string).collect::<Vec<_>>());
            outcome(&mut view, outbound);
        }
    }
    view
}

/// What looks wrong with a mail.
fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.kind.as_str(),
        "explanation": finding.kind.explanation(),
        "evidence": finding.evidence,
    })
}

/// What came of a mail that went out, or did not.
fn outcome(view: &mut Value, outbound: &Outbound) {
    match &outbound.state {
        State::Accepted { provider_id, at, outcomes } => {
            view["sent_at"] = time(*at);
            view["provider_id"] = json!(provider_id);
            view["recipients"] = outcomes
                .iter()
                .map(|(address, outcome)| json!({"address": address, "status": outcome.as_str()}))
                .collect();
        }
        State::Failed { reason, at } => {
            view["failed_at"] = time(*at);
            view["failure_reason"] = json!(reason);
        }
        State::Unknown { since, .. } => view["unknown_since"] = time(*since),
        State::Cancelled { at, reason, .. } => {
            view["cancelled_at"] = time(*at);
            view["cancel_reason"] = json!(reason);
        }
        State::Scheduled { due, attempt, .. } => {
            view["due_at"] = time(*due);
            view["attempts"] = json!(attempt);
        }
        State::PendingApproval { .. }
        | State::Sending { .. }
        | State::Rejected { .. }
        | State::Expired { .. } => {}
    }
}

/// A mail with its body.
pub fn detail(detail: &Detail) -> Value {
    let mut view = message(&detail.message);
    view["text"] = json!(detail.text);
    view["html"] = json!(detail.html);
    view["extracted_text"] = json!(detail.extracted_text);
    view["remote_images"] = json!(detail.remote_images);
    view["picture_hosts"] = json!(detail.picture_hosts);
    view["html_truncated"] = json!(detail.html_truncated);
    view["hidden_text"] = json!(detail.hidden_text);
    view["headers"] =
        detail.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    view
}
