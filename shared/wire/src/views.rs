//! What answers look like. Each view is made from the domain's types and from nothing else.

use app::approvals;
use app::messages::Detail;
use app::sessions::Me;
use app::store::Page;
use app::submit::Submitted;
use domain::access::Actor;
use domain::approval::{Approval, Decision};
use domain::credential::{Session, Token};
use domain::inbox::Inbox;
use domain::lifecycle::{Outbound, State};
use domain::message::{Attachment, AttachmentRef, Direction, Message, Party, Thread};
use domain::webhook::{Attempt, AttemptResult, Webhook};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// A page of a list.
pub fn page<T>(page: &Page<T>, view: impl Fn(&T) -> Value) -> Value {
    json!({ "data": page.items.iter().map(view).collect::<Vec<_>>(), "next_cursor": page.next })
}

fn time(at: Timestamp) -> Value {
    Value::String(at.to_string())
}

fn maybe(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}

#[derive(Serialize)]
struct PartyView<'a> {
    name: Option<&'a str>,
    address: &'a str,
}

fn party(party: &Party) -> PartyView<'_> {
    PartyView { name: party.name.as_deref(), address: &party.address }
}

fn parties(list: &[Party]) -> Vec<PartyView<'_>> {
    list.iter().map(party).collect()
}

/// A file of a mail.
fn file(file: &AttachmentRef) -> Value {
    json!({
        "id": file.id.to_string(),
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.digest.hex(),
        "content_id": file.content_id,
        "inline": file.inline,
    })
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
        Direction::Inbound { verdicts, defects, automatic, .. } => {
            view["direction"] = json!("inbound");
            view["verdicts"] = json!({
                "spam": verdicts.spam, "virus": verdicts.virus,
                "spf": verdicts.spf, "dkim": verdicts.dkim, "dmarc": verdicts.dmarc,
            });
            view["defects"] = json!(defects);
            view["automatic"] = json!(automatic);
        }
        Direction::Outbound(outbound) => {
            view["direction"] = json!("outbound");
            view["approval_id"] = json!(outbound.approval_id.to_string());
            view["digest"] = json!(outbound.digest.to_string());
            view["send_at"] = maybe(outbound.send_at);
            outcome(&mut view, outbound);
        }
    }
    view
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
        State::Unknown { since } => view["unknown_since"] = time(*since),
        State::Scheduled { due, attempt } => {
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
    view["html_truncated"] = json!(detail.html_truncated);
    view["hidden_text"] = json!(detail.hidden_text);
    view["headers"] =
        detail.headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    view
}

/// A conversation.
pub fn thread(thread: &Thread) -> Value {
    json!({
        "id": thread.id.to_string(),
        "inbox_id": thread.inbox_id.to_string(),
        "subject": thread.subject,
        "preview": thread.preview,
        "last_from": party(&thread.last_from),
        "message_count": thread.message_count,
        "created_at": time(thread.created_at),
        "last_message_at": time(thread.last_message_at),
    })
}

/// A conversation with a page of its mails.
pub fn thread_detail(view: &Thread, messages: &Page<Message>) -> Value {
    let mut view = thread(view);
    view["messages"] = page(messages, message);
    view
}

fn actor(actor: &Actor) -> Value {
    let kind = match actor {
        Actor::Member { .. } => "member",
        Actor::Token { .. } => "token",
        Actor::System => "system",
    };
    json!({ "type": kind, "id": actor.id() })
}

/// An approval as a list shows it. `now` tells whether its time is over.
pub fn approval(approval: &Approval, now: Timestamp) -> Value {
    let mut view = json!({
        "id": approval.id.to_string(),
        "status": approval.status(now),
        "inbox_id": approval.inbox_id.to_string(),
        "message_id": approval.message_id.to_string(),
        "thread_id": approval.thread_id.to_string(),
        "answers": approval.answers.map(|id| id.to_string()),
        "digest": approval.digest.to_string(),
        "requested_by": actor(&approval.requested_by),
        "requested_at": time(approval.requested_at),
        "expires_at": time(approval.expires_at),
        "send_at": maybe(approval.send_at),
        "reasons": approval.reasons,
        "recipients": parties(&approval.recipients),
        "subject": approval.subject,
        "preview": approval.preview,
        "attachment_count": approval.attachment_count,
    });
    match &approval.decision {
        Decision::Pending => {}
        Decision::Approved { by, at } => {
            view["decided_by"] = json!(by.to_string());
            view["decided_at"] = time(*at);
        }
        Decision::Rejected { by, at, reason } => {
            view["decided_by"] = json!(by.to_string());
            view["decided_at"] = time(*at);
            view["decision_reason"] = json!(reason);
        }
        Decision::Expired { at } => view["decided_at"] = time(*at),
    }
    view
}

/// An approval with what a person needs to decide.
pub fn approval_detail(found: &approvals::View, now: Timestamp) -> Value {
    let mut view = approval(&found.approval, now);
    view["message"] = detail(&found.message);
    view["answered_message"] = found.answers.as_ref().map_or(Value::Null, detail);
    view["thread"] = found.thread.iter().map(message).collect();
    view
}

/// A mail that is held.
pub fn submitted(submitted: &Submitted, now: Timestamp) -> Value {
    json!({ "message": message(&submitted.message), "approval": approval(&submitted.approval, now) })
}

/// An inbox.
pub fn inbox(inbox: &Inbox) -> Value {
    json!({
        "id": inbox.id.to_string(),
        "address": inbox.address.as_str(),
        "display_name": inbox.display_name.as_ref().map(domain::address::HeaderText::as_str),
        "created_at": time(inbox.created_at),
    })
}

/// A token, with its secret only in the answer to its creation.
pub fn token(token: &Token, secret: Option<&str>) -> Value {
    let mut view = json!({
        "id": token.id.to_string(),
        "name": token.name,
        "last_four": token.last_four,
        "scopes": token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "inbox_ids": token.inboxes.as_ref().map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "member_id": token.member_id.to_string(),
        "created_at": time(token.created_at),
    });
    if let Some(secret) = secret {
        view["token"] = json!(secret);
    }
    view
}

/// A session that was just opened.
pub fn session(session: &Session, secret: &str) -> Value {
    json!({
        "id": session.id.to_string(),
        "token": secret,
        "organization_id": session.organization_id.to_string(),
        "member_id": session.member_id.to_string(),
        "role": session.role.as_str(),
        "expires_at": time(session.expires_at),
    })
}

/// Who somebody is.
pub fn me(me: &Me) -> Value {
    json!({
        "member_id": me.member.id.to_string(),
        "user_id": me.member.user_id.to_string(),
        "email": me.member.email.as_str(),
        "role": me.member.role.as_str(),
        "organization": { "id": me.organization.id.to_string(), "name": me.organization.name },
    })
}

/// A webhook, with its secret only in the answer to its creation.
pub fn webhook(webhook: &Webhook, secret: Option<&str>) -> Value {
    let mut view = json!({
        "id": webhook.id.to_string(),
        "url": webhook.url,
        "events": webhook.events.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "secret_last_four": webhook.secret_last_four,
        "created_at": time(webhook.created_at),
    });
    if let Some(secret) = secret {
        view["secret"] = json!(secret);
    }
    view
}

/// An attempt to tell a webhook of an event.
pub fn attempt(attempt: &Attempt) -> Value {
    let (status, error) = match attempt.result {
        AttemptResult::Answered(status) => (Some(status), None),
        AttemptResult::NoAnswer(code) => (None, Some(code)),
    };
    json!({
        "event_id": attempt.event_id.to_string(),
        "event_type": attempt.kind.as_str(),
        "attempt": attempt.number,
        "at": time(attempt.at),
        "delivered": attempt.result.delivered(),
        "response_status": status,
        "error": error,
        "duration_ms": attempt.duration_ms,
        "next_attempt_at": maybe(attempt.retry_at),
    })
}

/// A file that was announced, with where to put it.
pub fn upload(file: &Attachment, url: &str) -> Value {
    json!({
        "id": file.id.to_string(),
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "upload_url": url,
        "upload_method": "PUT",
        "upload_headers": { "content-type": file.content_type, "content-length": file.size.to_string() },
        "expires_in": 900,
    })
}

/// A file with where to get it.
pub fn download(file: &Attachment, url: &str) -> Value {
    json!({
        "id": file.id.to_string(),
        "message_id": file.message.map(|(_, id)| id.to_string()),
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "download_url": url,
        "expires_in": 900,
    })
}
