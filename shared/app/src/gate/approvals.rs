//! Deciding: votes, cancelling, handing a vote on.

use async_trait::async_trait;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, Decision, DecisionRefused, Deed, Vote, Voter};
use domain::ledger::audit::action;
use domain::mailbox::lifecycle::Outbound;
use domain::mailbox::message::{Direction, Message};
use domain::people::access::{Actor, Credential, Permit, Principal, Scope, scope};
use domain::people::organization::Member;
use domain::{ApprovalId, MemberId};

use crate::base::error::Refusal;
use crate::base::ports::{Blobs, Ports, Workflow};
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, Key, List, Page, PageRequest, StoreError, Write, key, load, typed,
};
use crate::gate::diff::{Difference, differences};
use crate::gate::steps::{approval_event, cancelled_entry, wake};
use crate::mailbox::messages::{Detail, open_sealed_at, read_detail, read_sealed};
use crate::mailbox::trash::shown;

pub use domain::gate::approval::Verdict;

/// What a person sees before they decide.
#[derive(Debug, Clone)]
pub struct View {
    /// The request.
    pub approval: Approval,
    /// The mail, decoded from the sealed bytes: what would go out.
    pub message: Detail,
    /// The mail that it answers.
    pub answers: Option<Detail>,
    /// The last mails of the conversation, oldest first.
    pub thread: Vec<Message>,
    /// What the last edit changed, where this is an edited revision.
    pub differences: Option<Vec<Difference>>,
}

/// How many mails of a conversation a person sees beside the one they decide about.
const THREAD_CONTEXT: u16 = 50;

/// A decision loses against a concurrent one at most so often before it gives up.
const TRIES: usize = 5;

/// Approvals with this status, newest first; a pending one whose time is over is left out.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    status: &str,
    page: &PageRequest,
) -> Result<Page<Approval>, Refusal> {
    if !Decision::STATUSES.contains(&status) {
        let message = format!("must be one of {}", Decision::STATUSES.join(", "));
        return Err(Refusal::field("status", Code::UnknownStatus, message));
    }
    let list = List::Approvals(status.to_owned());
    let mut page = typed::<Approval>(ports.store.list(permit.organization_id(), &list, page).await?);
    let now = ports.now();
    page.items.retain(|approval| permit.over(approval.inbox_id).is_ok() && approval.status(now) == status);
    Ok(page)
}

pub(crate) async fn find<S>(ports: &Ports, permit: &Permit<S>, id: ApprovalId) -> Result<Approval, Refusal> {
    load(&*ports.store, permit.organization_id(), key::Approval(id))
        .await?
        .filter(|approval| permit.over(approval.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("approval"))
}

/// One approval with everything that a person needs to decide.
pub async fn get(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::ApprovalsRead>,
    id: ApprovalId,
) -> Result<View, Refusal> {
    let approval = find(ports, permit, id).await?;
    // It holds two mails and what is read of them: too much for whoever awaits it to hold as well.
    Box::pin(view(ports, blobs, approval)).await
}

/// What a person sees of an approval.
pub(crate) async fn view(ports: &Ports, blobs: &dyn Blobs, approval: Approval) -> Result<View, Refusal> {
    let organization_id = approval.organization_id;
    let mail = |id| key::Message(approval.inbox_id, id);
    let in_trash = |id| key::Trashed(approval.inbox_id, id);
    let wanted = (
        mail(approval.message_id),
        in_trash(approval.message_id),
        approval.answers.map(mail),
        approval.answers.map(in_trash),
        approval.supersedes.map(key::Approval),
    );
    let (message, trashed, answers, answers_trashed, before) =
        load(&*ports.store, organization_id, wanted).await?;
    let answers = shown(ports, answers, answers_trashed);
    let message = shown(ports, message, trashed).ok_or(Refusal::NotFound("message"))?;
    let differences = match before {
        Some(before) => {
            let before = open_sealed_at(blobs, organization_id, before.digest).await?;
            let after = open_sealed_at(blobs, organization_id, approval.digest).await?;
            Some(differences(&before, &after))
        }
        None => None,
    };
    // Exactly what a decision names, whatever the record of the mail says by now.
    let message = read_sealed(blobs, message, approval.digest).await?;
    let answers = match answers {
        Some(answers) => Some(shorten(read_detail(blobs, answers).await?)),
        None => None,
    };
    let page = PageRequest { limit: THREAD_CONTEXT, cursor: None };
    let list = List::LatestInThread(approval.thread_id);
    let mut thread = typed::<Message>(ports.store.list(organization_id, &list, &page).await?).items;
    thread.reverse();
    for turn in thread.iter_mut().filter(|turn| turn.id == message.message.id) {
        turn.clone_from(&message.message);
    }
    Ok(View { approval: as_sealed(approval, &message.message), message, answers, thread, differences })
}

/// The approval with what it repeats of its mail, as that is sealed.
fn as_sealed(approval: Approval, shown: &Message) -> Approval {
    Approval {
        recipients: [&shown.to, &shown.cc, &shown.bcc].into_iter().flatten().cloned().collect(),
        subject: shown.subject.clone(),
        preview: shown.preview.clone(),
        attachment_count: u32::try_from(shown.attachments.len()).unwrap_or(u32::MAX),
        send_at: shown.outbound().and_then(|outbound| outbound.send_at),
        ..approval
    }
}

/// An answer of Lambda is at most 6 MB, and the mail that is decided about comes first: of the one that it answers, a
/// stranger's, so much is shown.
const MAX_ANSWERED: usize = 256 * 1024;

fn shorten(mut detail: Detail) -> Detail {
    if detail.html.as_ref().is_some_and(|html| html.len() > MAX_ANSWERED) {
        (detail.html, detail.html_truncated) = (None, true);
    }
    for text in [&mut detail.text, &mut detail.extracted_text].into_iter().flatten() {
        text.truncate(text.floor_char_boundary(MAX_ANSWERED));
    }
    detail
}

impl From<DecisionRefused> for Refusal {
    fn from(refused: DecisionRefused) -> Self {
        let message = refused.to_string();
        let conflict = |code, details| Refusal::Because { code, message: message.clone(), details };
        let forbidden = |code| Refusal::because(code, message.clone());
        match refused {
            DecisionRefused::NotPending(status) => {
                conflict(Code::ApprovalNotPending, vec![("status", status.to_owned())])
            }
            DecisionRefused::Superseded { next } => conflict(
                Code::ApprovalSuperseded,
                vec![("status", "superseded".to_owned()), ("superseded_by", next.to_string())],
            ),
            DecisionRefused::DigestMismatch { current } => {
                conflict(Code::DigestMismatch, vec![("digest", current.to_string())])
            }
            DecisionRefused::Voted => conflict(Code::AlreadyVoted, vec![]),
            DecisionRefused::Requester => forbidden(Code::RequesterCannotDecide),
            DecisionRefused::Editor => forbidden(Code::EditorCannotDecide),
            DecisionRefused::Author => forbidden(Code::AuthorCannotDecide),
            DecisionRefused::NoPerson => forbidden(Code::PersonRequired),
            DecisionRefused::NoLink => forbidden(Code::SignInRequired),
            DecisionRefused::NoSecondPlace => Refusal::field("member_id", Code::StandsInAlready, refused),
            DecisionRefused::NotEntitled(_) => forbidden(Code::RoleNotEntitled),
            DecisionRefused::Delegated => forbidden(Code::VoteDelegated),
            DecisionRefused::NoDelegate => Refusal::field("member_id", Code::CannotVote, refused),
        }
    }
}

/// An approval with its mail and the members that a step needs, as they stand.
struct Case {
    approval: Approval,
    message: Message,
    members: Vec<Member>,
}

impl Case {
    /// The member as a voter. A seat that is gone decides nothing, whatever a credential says.
    fn voter(&self, member_id: MemberId) -> Result<Voter, Refusal> {
        let member = self.members.iter().find(|member| member.id == member_id);
        member.map(|member| Voter { member_id, role: member.role }).ok_or_else(Refusal::member_removed)
    }

    /// The change that moves approval and mail on together.
    fn change(&self, ports: &Ports, decided: &Approval, outbound: Option<Outbound>) -> Change {
        let change = Change::new(decided.organization_id).update(decided.clone());
        match outbound {
            Some(outbound) => {
                let mut message = self.message.clone();
                message.direction = Direction::Outbound(outbound);
                change.update(message)
            }
            None => change,
        }
        .event_of(ports, decided, &self.approval)
    }
}

impl Change {
    /// The event of an approval that was decided by this change.
    fn event_of(self, ports: &Ports, decided: &Approval, before: &Approval) -> Self {
        let kind = match decided.decision {
            _ if decided.decision.as_str() == before.decision.as_str() => return self,
            Decision::Approved { .. } => EventKind::ApprovalApproved,
            Decision::Rejected { .. } => EventKind::ApprovalRejected,
            Decision::Expired { .. } => EventKind::ApprovalExpired,
            Decision::Cancelled { .. } => EventKind::ApprovalCancelled,
            Decision::Pending | Decision::Superseded { .. } => return self,
        };
        self.event(approval_event(ports, kind, decided))
    }
}

async fn case(ports: &Ports, approval: Approval, members: &[MemberId]) -> Result<Case, Refusal> {
    let members: Vec<_> = members.iter().copied().map(key::Member).collect();
    let wanted = (key::Message(approval.inbox_id, approval.message_id), members);
    let (message, members) = load(&*ports.store, approval.organization_id, wanted).await?;
    let message = message.map_or_else(|| Err(without_mail(ports, &approval)), Ok)?;
    Ok(Case { approval, message, members: members.into_iter().flatten().collect() })
}

/// Why nothing can be done about an approval whose mail is in the trash or deleted: it has come to an end before.
pub(crate) fn without_mail(ports: &Ports, approval: &Approval) -> Refusal {
    match approval.check_pending(ports.now()) {
        Err(refused) => refused.into(),
        Ok(()) => Refusal::NotFound("message"),
    }
}

fn illegal(error: &domain::mailbox::lifecycle::InvalidTransition) -> Refusal {
    Refusal::Because {
        code: Code::MessageNotWaiting,
        message: error.to_string(),
        details: vec![("status", error.from.as_str().to_owned())],
    }
}

/// Casts a vote about exactly the bytes with this digest.
///
/// The same person giving the same verdict on the same digest again is answered as the first time.
pub async fn decide(
    ports: &Ports,
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    digest: Digest,
    verdict: &Verdict,
) -> Result<Approval, Refusal> {
    Ok(vote(ports, workflow, permit, id, digest, verdict, &NOTHING).await?.0)
}

/// What is written in the transaction of a vote beside it.
#[async_trait]
pub(crate) trait Beside: Sync {
    /// The writes, once it is known what the vote makes of the approval, which may be told of them.
    async fn writes(&self, decided: &mut Approval, message: &Message) -> Result<Vec<Write>, Refusal>;

    /// Why these conflicts, which are not the vote's own, refuse it.
    fn refuse(&self, conflicts: Vec<Conflict>) -> Refusal {
        StoreError::Conflict(conflicts).into()
    }
}

#[async_trait]
impl<const N: usize> Beside for [Write; N] {
    async fn writes(&self, _: &mut Approval, _: &Message) -> Result<Vec<Write>, Refusal> {
        Ok(self.to_vec())
    }
}

const NOTHING: [Write; 0] = [];

/// As [`decide`]; `beside` is written in the transaction of the vote. Also whether this call cast it.
pub(crate) async fn vote(
    ports: &Ports,
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    digest: Digest,
    verdict: &Verdict,
    beside: &dyn Beside,
) -> Result<(Approval, bool), Refusal> {
    let (actor, now) = (permit.actor(), ports.now());
    let member_id = actor.member().ok_or(DecisionRefused::NoPerson)?;
    retry(TRIES, "the approval kept changing", || async {
        let approval = find(ports, permit, id).await?;
        let with = &permit.principal().credential;
        if approval.digest == digest && repeats(&approval, member_id, with, verdict) {
            // Whoever decides again may do so because the first answer was lost, and the workflow never told.
            wake(workflow, &approval).await;
            return Ok(Try::Done((approval, false)));
        }
        check_person(ports, permit, &approval).await?;
        let case = case(ports, approval, &[member_id]).await?;
        let voter = case.voter(member_id)?;
        let mut decided = case.approval.clone().vote(voter, with, digest, verdict.clone(), None, now)?;
        let outbound = case.message.outbound().cloned();
        let outbound = outbound.ok_or_else(|| Refusal::Internal("not an outbound mail".to_owned()))?;
        let outbound = match decided.decision {
            Decision::Approved { .. } => Some(outbound.approve(now, decided.due(now))),
            Decision::Rejected { .. } => Some(outbound.reject(now)),
            _ => None,
        };
        // Somebody decided between the two reads: look again, and the approval says so.
        let Ok(outbound) = outbound.transpose() else { return Ok(Try::Again) };
        let (action, deed) = match verdict {
            Verdict::Approve => (action::APPROVE, Deed::Approved(member_id)),
            Verdict::Reject(_) => (action::REJECT, Deed::Rejected(member_id)),
        };
        let mut entry = ports.audit(permit.organization_id(), actor, action, id).telling_of(deed, id, now);
        let cast = decided.votes.iter().filter(|vote| vote.member_id == member_id);
        entry.details = cast.flat_map(|vote| decided.vote_details(vote)).collect();
        entry.details.push(("status", decided.decision.as_str().to_owned()));
        let also = beside.writes(&mut decided, &case.message).await?;
        let mut change = case.change(ports, &decided, outbound).audit(entry);
        change.writes.extend(also);
        let written = ports.store.commit(change).await;
        // Somebody voted, or the workflow parked, at the same moment: look again. Any other conflict is the answer.
        let ours =
            |conflict: &Conflict| matches!(conflict, Conflict::Record(Key::Approval(_) | Key::Message(..)));
        match written {
            Err(StoreError::Conflict(conflicts)) if !conflicts.iter().any(ours) => {
                return Err(beside.refuse(conflicts));
            }
            Ok(()) => wake(workflow, &decided).await,
            Err(_) => {}
        }
        Try::of(written, (decided, true))
    })
    .await
}

/// Refuses a program where something suspicious came into the conversation, also since the mail was asked for.
pub(crate) async fn check_person(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    approval: &Approval,
) -> Result<(), Refusal> {
    if permit.principal().credential.is_person() {
        return Ok(());
    }
    let thread = load(&*ports.store, approval.organization_id, key::Thread(approval.thread_id)).await?;
    if thread.is_some_and(|thread| thread.tainted) {
        return Err(DecisionRefused::NoPerson.into());
    }
    Ok(())
}

/// Whether somebody decides again as they did, with what they did it. With another credential it is a vote of its own: the
/// first may not count any more.
fn repeats(approval: &Approval, member_id: MemberId, with: &Credential, verdict: &Verdict) -> bool {
    let same = |vote: &Vote| vote.member_id == member_id && vote.verdict == *verdict;
    let decided = !matches!(approval.decision, Decision::Pending);
    approval.votes.iter().any(|vote| same(vote) && (decided || vote.with == *with))
        && matches!(
            approval.decision,
            Decision::Pending | Decision::Approved { .. } | Decision::Rejected { .. }
        )
}

/// Who may call a mail off: whoever decides, whoever asked for it, and the owner of the token that did.
fn may_cancel(principal: &Principal, approval: &Approval) -> Result<(), Refusal> {
    if principal.scopes.contains(&Scope::ApprovalsDecide) {
        return Ok(());
    }
    let own = match (&principal.actor, &approval.requested_by) {
        // A token calls off what it asked for itself, not what its owner or their other tokens did.
        (Actor::Token { token_id, .. }, Actor::Token { token_id: asked, .. }) => token_id == asked,
        (Actor::Token { .. }, _) => false,
        (actor, asked) => actor.member().is_some() && actor.member() == asked.member(),
    };
    if own {
        return Ok(());
    }
    Err(Refusal::because(
        Code::NotRequester,
        "only whoever asked for this mail, or somebody who decides, calls it off",
    ))
}

/// Calls a mail off, before it is claimed: one that waits for votes, or one that was approved and is not due yet.
pub async fn cancel(
    ports: &Ports,
    workflow: &dyn Workflow,
    permit: &Permit<scope::MessagesRead>,
    id: ApprovalId,
    reason: &str,
) -> Result<Approval, Refusal> {
    let now = ports.now();
    retry(TRIES, "the approval kept changing", || async {
        let approval = find(ports, permit, id).await?;
        may_cancel(permit.principal(), &approval)?;
        if let Decision::Cancelled { by, .. } = &approval.decision
            && by == permit.actor()
        {
            return Ok(Try::Done(approval));
        }
        let case = case(ports, approval, &[]).await?;
        let cancelled = case.approval.clone().cancel(permit.actor(), reason, now)?;
        let Some(outbound) = case.message.outbound().cloned() else {
            return Err(Refusal::Internal("not an outbound mail".to_owned()));
        };
        let outbound = outbound.cancel(now, reason).map_err(|error| illegal(&error))?;
        let entry = cancelled_entry(ports, &case.approval, permit.actor(), reason, now);
        let change = case.change(ports, &cancelled, Some(outbound)).audit(entry);
        let written = ports.store.commit(change).await;
        if written.is_ok() {
            wake(workflow, &cancelled).await;
        }
        Try::of(written, cancelled)
    })
    .await
}

/// Hands the caller's vote on to another member.
pub async fn delegate(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    to: MemberId,
) -> Result<Approval, Refusal> {
    let now = ports.now();
    let from = permit.actor().member().ok_or(DecisionRefused::NoPerson)?;
    retry(TRIES, "the approval kept changing", || async {
        let approval = find(ports, permit, id).await?;
        if approval.delegations.iter().any(|d| d.from == from && d.to == to) {
            return Ok(Try::Done(approval));
        }
        check_person(ports, permit, &approval).await?;
        let case = case(ports, approval, &[from, to]).await?;
        let unknown = || Refusal::field("member_id", Code::UnknownMember, "no such member");
        let delegate = case.voter(to).map_err(|_| unknown())?;
        let with = &permit.principal().credential;
        let handed = case.approval.clone().delegate(case.voter(from)?, with, delegate, now)?;
        let entry = ports.audit(permit.organization_id(), permit.actor(), action::DELEGATE, id);
        let mut entry = entry.telling_of(Deed::HandedOn(from), id, now);
        entry.details = vec![
            ("digest", handed.digest.to_string()),
            ("message_id", handed.message_id.to_string()),
            ("from", from.to_string()),
            ("to", to.to_string()),
            ("via", with.kind().to_owned()),
            ("credential", with.name()),
        ];
        // Whoever votes now is told as they would have been at first. The mail is written as it is: its events have one order.
        let outbound = case.message.outbound().cloned();
        let change = case.change(ports, &handed, outbound).audit(entry).event(approval_event(
            ports,
            EventKind::ApprovalDelegated,
            &handed,
        ));
        Try::of(ports.store.commit(change).await, handed)
    })
    .await
}
