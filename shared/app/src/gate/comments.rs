//! What is said about a mail that waits: comments, and that somebody who decides asks for a revision.

use domain::ApprovalId;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, DecisionRefused, reason_digest};
use domain::gate::comment::{Comment, Comments, TooManyComments};
use domain::ledger::audit::{AuditEntry, action};
use domain::people::access::{Actor, Permit, Principal, Scope, scope};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, key, load};
use crate::gate::approvals::{Case, TRIES, case, check_person, find};
use crate::gate::steps::approval_event;

impl From<TooManyComments> for Refusal {
    fn from(refused: TooManyComments) -> Self {
        Refusal::Because { code: Code::TooManyComments, message: refused.to_string(), details: vec![] }
    }
}

/// Whether somebody may read what is said about a mail: who may see its approval, and the token that asked for it.
fn may_read(principal: &Principal, approval: &Approval) -> Result<(), Refusal> {
    let sees = principal.scopes.contains(&Scope::ApprovalsRead);
    if sees || approval.was_asked_by(&principal.actor) {
        return Ok(());
    }
    Err(Refusal::because(
        Code::NotRequester,
        "only whoever asked for this mail, or may see its approval, reads its comments",
    ))
}

/// Whether somebody may say something about a mail: a person who may see its approval, and the token that asked for it. No other program
/// talks into a decision.
fn may_write(principal: &Principal, approval: &Approval) -> Result<(), Refusal> {
    let person = matches!(principal.actor, Actor::Member { .. }) && principal.credential.is_person();
    let acts = [Scope::ApprovalsDecide, Scope::MessagesSend];
    let takes_part = acts.iter().any(|scope| principal.scopes.contains(scope));
    if person && takes_part && principal.scopes.contains(&Scope::ApprovalsRead)
        || approval.was_asked_by(&principal.actor)
    {
        return Ok(());
    }
    let message =
        "only a person who decides or asks for mail, or the token that asked for this one, comments on it";
    Err(Refusal::because(Code::NotRequester, message))
}

/// What was said about a mail, the first first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    id: ApprovalId,
) -> Result<Vec<Comment>, Refusal> {
    let approval = find(ports, permit, id).await?;
    may_read(permit.principal(), &approval)?;
    let found = load(&*ports.store, permit.organization_id(), key::Comments(id)).await?;
    Ok(found.map(|found| found.all).unwrap_or_default())
}

/// Says something about a mail that waits: 1 to [`Comments::MAX_TEXT`] characters.
pub async fn comment(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    id: ApprovalId,
    text: &str,
    once: &Once,
    answer: impl Fn(&Comment) -> (u16, String),
) -> Result<Comment, Refusal> {
    let now = ports.now();
    retry(TRIES, "the approval kept changing", || async {
        let approval = find(ports, permit, id).await?;
        may_write(permit.principal(), &approval)?;
        approval.check_pending(now)?;
        let case = case(ports, approval, &[]).await?;
        let comment =
            Comment { by: permit.actor().clone(), at: now, text: text.to_owned(), asks_revision: false };
        let mut entry = ports.audit(permit.organization_id(), permit.actor(), action::COMMENT, id);
        entry.details = said(&case.approval, text);
        let change = told(ports, &case, &case.approval, EventKind::ApprovalCommented, entry);
        let change = once.save(add(ports, &case, change, comment.clone()).await?, now, || answer(&comment));
        if once.try_commit(ports, change).await?.is_err() {
            return Ok(Try::Again);
        }
        Ok(Try::Done(comment))
    })
    .await
}

/// Asks whoever asked for a mail to write it otherwise: 1 to [`Comments::MAX_TEXT`] characters about exactly the bytes with this digest.
///
/// The mail waits on, and can still be decided about; nobody is asked to until it is revised. Asked the same again by the same person, it is
/// answered as the first time.
pub async fn ask_to_revise(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    digest: Digest,
    note: &str,
) -> Result<Approval, Refusal> {
    let (actor, now) = (permit.actor(), ports.now());
    let with = &permit.principal().credential;
    let member_id = actor.member().ok_or(DecisionRefused::NoPerson)?;
    retry(TRIES, "the approval kept changing", || async {
        let approval = find(ports, permit, id).await?;
        let repeats = approval
            .revision_asked
            .as_ref()
            .is_some_and(|asked| asked.by == member_id && asked.with == *with && asked.note == note);
        if repeats && approval.digest == digest && approval.is_pending(now) {
            return Ok(Try::Done(approval));
        }
        check_person(ports, permit, &approval).await?;
        let case = case(ports, approval, &[member_id]).await?;
        let voter = case.voter(member_id)?;
        let asked = case.approval.clone().ask_to_revise(voter, with, digest, note, now)?;
        let mut entry = ports.audit(permit.organization_id(), actor, action::ASK_TO_REVISE, id);
        entry.details = said(&asked, note);
        entry.details.push(("via", with.kind().to_owned()));
        entry.details.push(("credential", with.name()));
        let comment = Comment { by: actor.clone(), at: now, text: note.to_owned(), asks_revision: true };
        let change = told(ports, &case, &asked, EventKind::ApprovalRevisionRequested, entry);
        let change = add(ports, &case, change, comment).await?;
        Try::of(ports.store.commit(change).await, asked)
    })
    .await
}

/// What the entry tells of words: they could not be taken out of a chain again.
fn said(approval: &Approval, text: &str) -> Vec<(&'static str, String)> {
    vec![
        ("digest", approval.digest.to_string()),
        ("message_id", approval.message_id.to_string()),
        ("text_digest", reason_digest(text).to_string()),
    ]
}

/// The change of an approval that nobody decided about. The mail is written as it is: its events have one order.
fn told(ports: &Ports, case: &Case, approval: &Approval, kind: EventKind, entry: AuditEntry) -> Change {
    let outbound = case.message.outbound().cloned();
    case.change(ports, approval, outbound).audit(entry).event(approval_event(ports, kind, approval))
}

/// Adds a comment to a change, where there is room for it.
async fn add(ports: &Ports, case: &Case, change: Change, comment: Comment) -> Result<Change, Refusal> {
    let approval = &case.approval;
    let known = load(&*ports.store, approval.organization_id, key::Comments(approval.id)).await?;
    if let Some(known) = known {
        return Ok(change.update(known.with(comment)?));
    }
    let first = Comments::new(approval.organization_id, approval.id).with(comment)?;
    Ok(change.create(Comments { version: 1, ..first }))
}
