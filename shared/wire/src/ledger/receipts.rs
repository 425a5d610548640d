//! Receipts of approvals.

use app::ledger::receipts::{Receipt, SignatureTold};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::MemberId;
use domain::base::digest::Digest;
use domain::ledger::audit::{ChainedEntry, action, time as millis};
use domain::ledger::receipt::ChainedVote;
use domain::people::access::Actor;
use domain::people::signing::Assertion;
use serde_json::{Value, json};

use crate::base::parts::actor;
use crate::ledger::audit::{head, link};

/// The text of a receipt, which is what is signed: JSON without spaces, with names in order.
///
/// `entries` are the links of the chain that it is made of. All that stands before them is said by one of these, each of
/// which is named by its place; only addresses, names of tokens and the words of reasons are not chained, and of the words their digest is.
pub fn receipt(receipt: &Receipt) -> String {
    let account = &receipt.account;
    let person = |by: &Actor| {
        let mut view = json!(actor(by));
        if let Some(fields) = view.as_object_mut() {
            // The chain does not say it.
            fields.remove("name");
        }
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
        "form": "countersign-receipt-3",
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
            "taken_back": account.taken_back.iter().map(step).collect::<Vec<_>>(),
            "reopened": account.reopened.iter().map(step).collect::<Vec<_>>(),
            "ended": ended,
        },
        "message": {
            "id": account.asked.entry.target,
            "status": account.mail.last().and_then(|link| link.entry.detail("to")),
            "steps": account.mail.iter().map(step).collect::<Vec<_>>(),
        },
        "entries": account.links().into_iter().map(link).collect::<Vec<_>>(),
        "audit_head": head(&receipt.head),
        "signatures": receipt.signatures.iter().map(told).collect::<Vec<_>>(),
    })
    .to_string()
}

/// What a key signed (`infra/docs/KEYS.md`): the parts that are bytes in base64.
fn told(signature: &SignatureTold) -> Value {
    let SignatureTold { member_id, statement, signed, registrations } = signature;
    let Assertion { client_data, authenticator_data, signature } = &signed.assertion;
    // Of many mails that were signed for at once: the place of this one, and what stands beside its way up to the root.
    let path = signed.path.as_ref().map(|path| {
        let beside: Vec<_> = path.beside.iter().map(ToString::to_string).collect();
        json!({ "count": path.count, "place": path.place, "beside": beside })
    });
    json!({
        "member_id": member_id.to_string(),
        "key": signed.key.to_string(),
        "statement": statement,
        "path": path,
        "client_data": STANDARD.encode(client_data),
        "authenticator_data": STANDARD.encode(authenticator_data),
        "signature": STANDARD.encode(signature),
        "registrations": registrations,
    })
}
