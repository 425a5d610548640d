//! What answers look like. Each view is made from the domain's types and from nothing else.

use app::base::ports::Signature;
use app::base::store::Page;
use app::gate::approvals;
use app::gate::html::explain;
use app::gate::submit::Submitted;
use app::ledger::audit::Verified;
use app::ledger::receipts::Receipt;
use app::mailbox::messages::Detail;
use app::people::sessions::Me;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::base::digest::Digest;
use domain::delivery::webhook::{Attempt, AttemptResult, Webhook};
use domain::gate::approval::{Approval, Decision, Delegation, HtmlChange, Verdict, Vote};
use domain::gate::policy::{Step, Terms};
use domain::gate::standing::{StandingApproval, Target};
use domain::ledger::audit::{Anchor, ChainedEntry, Head, action, time as millis};
use domain::ledger::receipt::ChainedVote;
use domain::mailbox::finding::Finding;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::message::{Attachment, AttachmentRef, Direction, Message, Party, Thread};
use domain::people::access::{Actor, Credential, Role};
use domain::people::credential::{Session, Token};
use domain::people::organization::Pause;
use domain::{MemberId, MessageId};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// A page of a list.
pub fn page<T>(page: &Page<T>, view: impl Fn(&T) -> Value) -> Value {
    json!({ "data": page.items.iter().map(view).collect::<Vec<_>>(), "next_cursor": page.next })
}

pub(crate) fn time(at: Timestamp) -> Value {
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
        "tainted": thread.tainted,
    })
}

/// A conversation with a page of its mails.
pub fn thread_detail(view: &Thread, messages: &Page<Message>) -> Value {
    let mut view = thread(view);
    view["messages"] = page(messages, message);
    view
}

pub(crate) fn actor(actor: &Actor) -> Value {
    let kind = match actor {
        Actor::Member { .. } => "member",
        Actor::Token { .. } => "token",
        Actor::System => "system",
    };
    json!({ "type": kind, "id": actor.id() })
}

/// What was changed in the HTML of a mail before it was sealed.
fn html_change(change: &HtmlChange) -> Value {
    json!({
        "kind": change.kind,
        "what": change.what,
        "count": change.count,
        "message": explain(&change.kind),
    })
}

/// With what somebody decided.
fn credential(credential: &Credential) -> Value {
    json!({ "type": credential.kind(), "id": credential.name() })
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
        "resends": approval.resends.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "digest": approval.digest.to_string(),
        "revision": approval.revision,
        "supersedes": approval.supersedes.map(|id| id.to_string()),
        "edited_by": approval.edited_by.map(|id| id.to_string()),
        "requested_by": actor(&approval.requested_by),
        "requested_with": credential(&approval.requested_with),
        "requested_at": time(approval.requested_at),
        "expires_at": time(approval.expires_at),
        "send_at": maybe(approval.send_at),
        "reasons": approval.reasons,
        "policy_trace": approval.trace.iter().map(step).collect::<Vec<_>>(),
        "terms": approval.terms.as_ref().map(|it| terms(it, Some(&approval.progress()))),
        "votes": approval.votes.iter().map(vote).collect::<Vec<_>>(),
        "delegations": approval.delegations.iter().map(delegation).collect::<Vec<_>>(),
        "recipients": parties(&approval.recipients),
        "subject": approval.subject,
        "preview": approval.preview,
        "attachment_count": approval.attachment_count,
        "changes": approval.html_changes.iter().map(html_change).collect::<Vec<_>>(),
    });
    match &approval.decision {
        Decision::Pending => {}
        Decision::Approved { by, at } => {
            view["decided_by"] = json!(by.map(|by| by.to_string()));
            view["decided_at"] = time(*at);
        }
        Decision::Cancelled { by, at, reason } => {
            view["cancelled_by"] = actor(by);
            view["decided_at"] = time(*at);
            view["decision_reason"] = json!(reason);
        }
        Decision::Superseded { by, at, next } => {
            view["decided_by"] = json!(by.to_string());
            view["decided_at"] = time(*at);
            view["superseded_by"] = json!(next.to_string());
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
    view["differences"] = found.differences.as_ref().map_or(Value::Null, |list| {
        list.iter().map(|one| json!({"field": one.field, "before": one.before, "after": one.after})).collect()
    });
    view
}

fn roles<'a>(roles: impl IntoIterator<Item = &'a Role>) -> Vec<&'static str> {
    roles.into_iter().map(|role| role.as_str()).collect()
}

/// What a held mail takes, with the votes that there are.
pub fn terms(terms: &Terms, progress: Option<&[(usize, u8)]>) -> Value {
    let requirements: Vec<_> = terms
        .requirements
        .iter()
        .enumerate()
        .map(|(i, requirement)| {
            let votes = progress.and_then(|progress| progress.get(i)).map(|(votes, _)| votes);
            json!({ "quorum": requirement.quorum, "roles": roles(&requirement.roles), "votes": votes })
        })
        .collect();
    json!({
        "requirements": requirements,
        "separation": terms.separation,
        "rejections": terms.rejections,
        "expires_in": terms.expires_in.as_secs(),
        "late": terms.late.as_str(),
        "remind_after": terms.remind_after.map(|after| after.as_secs()),
        "notify": roles(&terms.notify),
        "by": terms.by.as_str(),
        "links": terms.links.as_str(),
    })
}

/// A rule that matched.
pub fn step(step: &Step) -> Value {
    json!({
        "policy_id": step.policy_id.to_string(),
        "policy_version": step.policy_version,
        "policy_name": step.policy_name,
        "rule": step.rule,
        "rule_name": step.rule_name,
        "outcome": step.outcome,
        "because": step.because,
    })
}

fn vote(vote: &Vote) -> Value {
    let (verdict, reason) = match &vote.verdict {
        Verdict::Approve => ("approve", None),
        Verdict::Reject(reason) => ("reject", Some(reason)),
    };
    json!({
        "member_id": vote.member_id.to_string(),
        "role": vote.role.as_str(),
        "at": time(vote.at),
        "verdict": verdict,
        "reason": reason,
        "standing_approval_id": vote.standing.map(|id| id.to_string()),
        "credential": credential(&vote.with),
    })
}

fn delegation(one: &Delegation) -> Value {
    json!({
        "from": one.from.to_string(),
        "role": one.role.as_str(),
        "to": one.to.to_string(),
        "at": time(one.at),
        "credential": credential(&one.with),
    })
}

/// A pause.
pub fn pause(pause: &Pause) -> Value {
    json!({ "by": actor(&pause.by), "at": time(pause.at), "reason": pause.reason })
}

/// What goes, or would go, when a pause ends.
pub fn released(resumed: bool, dropped: &[MessageId], will_send: &Page<Message>) -> Value {
    let mut view = json!({
        "resumed": resumed,
        "dropped": dropped.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    view["will_send"] = page(will_send, message);
    view
}

/// A budget of mails that are approved ahead.
pub fn standing_approval(standing: &StandingApproval, now: Timestamp) -> Value {
    let status = match standing.revoked_at {
        Some(_) => "revoked",
        None if now >= standing.expires_at => "expired",
        None if standing.used >= standing.budget => "used_up",
        None => "live",
    };
    let mut view = json!({
        "id": standing.id.to_string(),
        "status": status,
        "inbox_id": standing.inbox_id.map(|id| id.to_string()),
        "thread_id": null,
        "recipient": null,
        "domain": null,
        "budget": standing.budget,
        "used": standing.used,
        "expires_at": time(standing.expires_at),
        "member_id": standing.made_by.member_id.to_string(),
        "credential": credential(&standing.made_with),
        "created_at": time(standing.created_at),
        "revoked_at": maybe(standing.revoked_at),
    });
    match &standing.target {
        Target::Thread(id) => view["thread_id"] = json!(id.to_string()),
        Target::Recipient(address) => view["recipient"] = json!(address.as_str()),
        Target::Domain(domain) => view["domain"] = json!(domain),
    }
    view
}

/// `202` for a mail that is held, `201` for one that goes without a person.
pub fn submitted_status(submitted: &Submitted) -> u16 {
    if submitted.is_held() { 202 } else { 201 }
}

/// A mail that is held, or goes.
pub fn submitted(submitted: &Submitted, now: Timestamp) -> Value {
    let changes: Vec<_> = submitted.approval.html_changes.iter().map(html_change).collect();
    json!({
        "message": message(&submitted.message),
        "approval": approval(&submitted.approval, now),
        "changes": changes,
    })
}

/// An inbox.
pub fn inbox(inbox: &Inbox) -> Value {
    json!({
        "id": inbox.id.to_string(),
        "address": inbox.address.as_str(),
        "display_name": inbox.display_name.as_ref().map(domain::base::address::HeaderText::as_str),
        "paused": inbox.paused.as_ref().map(pause),
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
        "paused": token.paused.as_ref().map(pause),
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
        "ends_at": time(session.ends_at),
    })
}

/// Who somebody is.
pub fn me(me: &Me) -> Value {
    json!({
        "member_id": me.member.id.to_string(),
        "user_id": me.member.user_id.to_string(),
        "email": me.member.email.as_str(),
        "role": me.member.role.as_str(),
        "organization": {
            "id": me.organization.id.to_string(),
            "name": me.organization.name,
            "paused": me.organization.paused.as_ref().map(pause),
        },
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
        "failures": webhook.health.failures,
        "held_until": maybe(webhook.health.held_until),
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
        "inbox_id": file.inbox_id.to_string(),
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
        "inbox_id": file.inbox_id.to_string(),
        "message_id": file.message.map(|(id, _)| id.to_string()),
        "filename": file.filename,
        "content_type": file.content_type,
        "size": file.size,
        "download_url": url,
        "expires_in": 900,
    })
}

/// An entry of the audit log in its place. Whoever checks the chain needs all of it, with times as they are hashed.
pub fn link(link: &ChainedEntry) -> Value {
    let entry = &link.entry;
    let mut by = actor(&entry.actor);
    by["member_id"] = json!(entry.actor.member().map(|id| id.to_string()));
    json!({
        "sequence": link.sequence,
        "id": entry.id.to_string(),
        "organization_id": entry.organization_id.to_string(),
        "at": millis(entry.at),
        "actor": by,
        "action": entry.action,
        "target": entry.target,
        "details": entry.details,
        "chained_at": millis(link.chained_at),
        "previous": link.previous.to_string(),
        "hash": link.hash.to_string(),
    })
}

fn head(head: &Head) -> Value {
    json!({ "sequence": head.sequence, "hash": head.hash.to_string(), "at": millis(head.at) })
}

fn anchor_of(anchor: &Anchor) -> Value {
    json!({ "sequence": anchor.sequence, "hash": anchor.hash.to_string(), "at": millis(anchor.at) })
}

/// What a check of the audit log found.
pub fn verified(verified: &Verified) -> Value {
    let anchored = &verified.anchored;
    let problem = verified.flaw.map(|flaw| {
        json!({
            "sequence": flaw.sequence,
            "code": flaw.code.as_str(),
            "message": flaw.code.message(),
            "anchor": anchored.differing.as_ref().map(anchor_of),
        })
    });
    json!({
        "verified": verified.flaw.is_none(),
        "from": verified.from,
        "to": verified.to,
        "entries": verified.entries,
        "head": verified.head.as_ref().map(head),
        "anchors": { "agreeing": anchored.agreeing, "newest": anchored.newest.as_ref().map(anchor_of) },
        "next": verified.next,
        "problem": problem,
    })
}

/// The text of an anchor, which is what is signed: JSON without spaces, with names in order.
pub fn anchor(head: &Head, now: Timestamp) -> String {
    json!({
        "form": "countersign-anchor-1",
        "organization_id": head.organization_id.to_string(),
        "sequence": head.sequence,
        "hash": head.hash.to_string(),
        "chained_at": millis(head.at),
        "anchored_at": millis(now),
    })
    .to_string()
}

/// The text of a receipt, which is what is signed: JSON without spaces, with names in order.
///
/// `entries` are the links of the chain that it is made of. All that stands before them is said by one of these, each of
/// which is named by its place; only addresses and the words of reasons are not chained, and of the words their digest is.
pub fn receipt(receipt: &Receipt) -> String {
    let account = &receipt.account;
    let person = |by: &Actor| {
        let mut view = actor(by);
        let member = by.member();
        view["member_id"] = json!(member.map(|id| id.to_string()));
        view["email"] = json!(member.and_then(|id| receipt.people.get(&id)).map(|m| m.email.as_str()));
        view
    };
    let seat = |member_id: MemberId| person(&Actor::Member { member_id });
    // Whatever an entry tells goes along, under its own name.
    let step = |link: &ChainedEntry| {
        let mut view = json!(link.entry.details);
        view["at"] = json!(millis(link.entry.at));
        view["by"] = person(&link.entry.actor);
        view["entry"] = json!({ "sequence": link.sequence, "hash": link.hash.to_string() });
        let reason = link.entry.detail("reason_digest").and_then(|text| Digest::parse(text).ok());
        if let Some(reason) = reason.and_then(|digest| receipt.reasons.get(&digest)) {
            view["reason"] = json!(reason);
        }
        view
    };
    let cast = |vote: &ChainedVote| {
        let mut view = step(&vote.link);
        view["by"] = if vote.link.entry.action == action::STANDING_USE {
            view["standing_approval_id"] = json!(vote.link.entry.target);
            seat(vote.member_id)
        } else {
            person(&vote.link.entry.actor)
        };
        view["verdict"] = json!(if vote.approves { "approve" } else { "reject" });
        view["stands"] = json!(vote.stands);
        view
    };
    let ended = account.ended.as_ref().map(|link| {
        let mut view = step(link);
        view["action"] = json!(link.entry.action);
        view
    });
    json!({
        "form": "countersign-receipt-2",
        "organization_id": receipt.head.organization_id.to_string(),
        "signed_at": millis(receipt.at),
        "approval": {
            "id": receipt.approval_id.to_string(),
            "status": account.status(),
            "digest": account.digest(),
            "revision": account.revision(),
            "asked": step(&account.asked),
            "edited": account.edited.as_ref().map(step),
            "votes": account.votes.iter().map(cast).collect::<Vec<_>>(),
            "delegations": account.delegations.iter().map(step).collect::<Vec<_>>(),
            "ended": ended,
        },
        "message": {
            "id": account.asked.entry.target,
            "status": account.mail.last().and_then(|link| link.entry.detail("to")),
            "steps": account.mail.iter().map(step).collect::<Vec<_>>(),
        },
        "entries": account.links().into_iter().map(link).collect::<Vec<_>>(),
        "audit_head": head(&receipt.head),
    })
    .to_string()
}

/// A text that was signed, under its name, with its signature. What checks it is no part of it: who believes a key that
/// lies beside a signature believes whoever put both there.
pub fn signed(name: &str, text: &str, signature: &Signature) -> Value {
    json!({
        name: text,
        "signature": BASE64.encode(&signature.signature),
        "algorithm": "ECDSA_SHA_256",
        "key_id": signature.key_id,
    })
}
