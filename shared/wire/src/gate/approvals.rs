//! Approvals: what is said about a mail that is held, and how that is shown.

use app::base::error::Refusal;
use app::gate::approvals::View;
use app::gate::html::explain;
use domain::MemberId;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Decision, Delegation, HtmlChange, Verdict, Vote};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::parts::{actor, credential, maybe, step, time};
use crate::gate::policies::terms;
use crate::mailbox::messages::{detail, message, parties};

/// The `digest` of an approval, and the `reason` of a rejection.
pub fn decision(body: &[u8], with_reason: bool) -> Result<(Digest, String), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let digest = digest(&mut fields);
    let reason = if with_reason { fields.text("reason", 2_000).unwrap_or_default() } else { String::new() };
    fields.finish()?;
    digest
        .map(|digest| (digest, reason))
        .ok_or_else(|| Refusal::field("digest", Code::Required, "is required"))
}

/// The `reason` of a pause or of calling a mail off, at most 500 characters.
pub fn reason(body: &[u8]) -> Result<String, Refusal> {
    let mut fields = if body.is_empty() { Fields::empty() } else { Fields::of_body(body)? };
    let reason = fields.text("reason", 500).unwrap_or_default();
    fields.finish()?;
    Ok(reason)
}

/// The `member_id` of a delegate.
pub fn delegate(body: &[u8]) -> Result<MemberId, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let member = fields.id("member_id");
    let member = fields.require("member_id", member);
    fields.finish()?;
    member.ok_or_else(|| Refusal::field("member_id", Code::Required, "is required"))
}

/// The `digest` of what is decided about, or edited.
pub(crate) fn digest(fields: &mut Fields) -> Option<Digest> {
    let digest = fields
        .parsed("digest", Code::InvalidDigest, |text| Digest::parse(text).map_err(|error| error.to_string()));
    fields.require("digest", digest)
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
pub fn approval_detail(found: &View, now: Timestamp) -> Value {
    let mut view = approval(&found.approval, now);
    view["message"] = detail(&found.message);
    view["answered_message"] = found.answers.as_ref().map_or(Value::Null, detail);
    view["thread"] = found.thread.iter().map(message).collect();
    view["differences"] = found.differences.as_ref().map_or(Value::Null, |list| {
        list.iter().map(|one| json!({"field": one.field, "before": one.before, "after": one.after})).collect()
    });
    view
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

/// What was changed in the HTML of a mail before it was sealed.
pub(crate) fn html_change(change: &HtmlChange) -> Value {
    json!({
        "kind": change.kind,
        "what": change.what,
        "count": change.count,
        "message": explain(&change.kind),
    })
}
