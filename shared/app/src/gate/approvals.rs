//! Deciding: votes, cancelling, handing a vote on.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::Timestamp;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, Decision, DecisionRefused, Deed, Vote, Voter};
use domain::gate::comment::{Comment, Comments};
use domain::gate::policy::By;
use domain::gate::risk::{Level, Risk};
use domain::gate::statement::{Said, SignedVote};
use domain::gate::triage;
use domain::gate::upload::Opened;
use domain::ledger::audit::action;
use domain::mailbox::lifecycle::Outbound;
use domain::mailbox::message::Party;
use domain::mailbox::message::{Direction, Message};
use domain::people::access::{Credential, Permit, Principal, Scope, scope};
use domain::people::organization::Member;
use domain::people::signing::SignedVotes;
use domain::{ApprovalId, MemberId, MessageId, OrganizationId, UploadId};
use futures_util::future::join_all;

use crate::base::error::Refusal;
use crate::base::ports::{Blobs, KeyLogs, Ports, Workflow};
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, Contact, Expect, Key, List, Page, PageRequest, StoreError, Write, key, load, typed,
};
use crate::gate::attest::{VoteSignature, signed_vote};
use crate::gate::diff::{Difference, differences};
use crate::gate::steps::{approval_event, cancelled_entry, park, wake};
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
    /// Whether nothing leaves the inbox that sends it until somebody resumes it.
    pub inbox_paused: bool,
    /// The revisions before it, the last first, at most [`REVISIONS`].
    pub revisions: Vec<Approval>,
    /// What was said about it and about those, each with its revision, the first first.
    pub comments: Vec<(u32, Comment)>,
    /// Since when each recipient is known, in the order of the approval's; nothing of one who was never written to.
    pub known_since: Vec<Option<Timestamp>>,
}

/// How many mails of a conversation a person sees beside the one they decide about.
const THREAD_CONTEXT: u16 = 50;

/// A decision loses against a concurrent one at most so often before it gives up.
pub(crate) const TRIES: usize = 5;

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

/// What waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The approvals, in the order in which a person takes them.
    pub items: Vec<Approval>,
    /// Whether these are all that wait; where they are not, those are here that were asked for first, or first behind a cursor.
    pub complete: bool,
    /// Where those begin that were asked for after these; none where there are no more.
    pub next: Option<String>,
}

/// So many that wait are looked at for one page of the queue.
pub const MOST_WAITING: usize = 500;

/// All that waits for a decision, at most some [`MOST_WAITING`], from the one that was asked for first, or behind the `next` of others: what
/// expires within a day comes first, then what matters most, then what expires first. Those that are alike stand side by side.
pub async fn waiting(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    behind: Option<&str>,
) -> Result<Waiting, Refusal> {
    first_waiting(ports, permit, behind, MOST_WAITING).await
}

/// The same of so many at least, where there are as many: those that were asked for first.
pub async fn first_waiting(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    behind: Option<&str>,
    most: usize,
) -> Result<Waiting, Refusal> {
    let (mut items, now) = (vec![], ports.now());
    let mut cursor = behind.map(ToOwned::to_owned);
    loop {
        let page = PageRequest { limit: 100, cursor: cursor.take() };
        let page = ports.store.list(permit.organization_id(), &List::Waiting, &page).await?;
        let Page { items: some, next } = typed::<Approval>(page);
        items.extend(some.into_iter().filter(|it| permit.over(it.inbox_id).is_ok() && it.is_pending(now)));
        cursor = next;
        if cursor.is_none() || items.len() >= most {
            break;
        }
    }
    triage::sort(&mut items, now);
    Ok(Waiting { items, complete: cursor.is_none() && behind.is_none(), next: cursor })
}

pub(crate) async fn find<S>(ports: &Ports, permit: &Permit<S>, id: ApprovalId) -> Result<Approval, Refusal> {
    load(&*ports.store, permit.organization_id(), key::Approval(id))
        .await?
        .filter(|approval| permit.over(approval.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("approval"))
}

/// What a list would show of one approval.
pub async fn look_up(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    id: ApprovalId,
) -> Result<Approval, Refusal> {
    find(ports, permit, id).await
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

/// What the last mails of the conversation say that a person decides in, beside the one that is decided about and the one that it
/// answers: their new words, as text. Of one that is long, or can't be read now, its list says what there is.
pub async fn conversation(blobs: &dyn Blobs, view: &View) -> BTreeMap<MessageId, String> {
    let shown = [Some(view.approval.message_id), view.approval.answers];
    let near = view.thread.iter().rev().filter(|it| !shown.contains(&Some(it.id)) && it.size <= MAX_UNFOLDED);
    let read = near.take(UNFOLDED).map(|it| read_detail(blobs, it.clone()));
    let said = |detail: Detail| {
        let new = detail.extracted_text.filter(|text| !text.trim().is_empty());
        Some((detail.message.id, new.or(detail.text)?))
    };
    join_all(read).await.into_iter().flatten().filter_map(said).collect()
}

/// So many mails of a conversation are unfolded.
const UNFOLDED: usize = 5;
/// Octets of a mail that is.
const MAX_UNFOLDED: u64 = 256 * 1024;

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
        contacts(&approval).into_iter().map(key::Contact).collect::<Vec<_>>(),
        (key::Inbox(approval.inbox_id), key::Thread(approval.thread_id), key::Comments(approval.id)),
    );
    let (message, trashed, answers, answers_trashed, before, contacts, (inbox, conversation, said)) =
        load(&*ports.store, organization_id, wanted).await?;
    let inbox_paused = inbox.is_some_and(|inbox| inbox.paused.is_some());
    let known_since = contacts.into_iter().map(|contact| contact.map(|it| it.first_at)).collect();
    let answers = shown(ports, answers, answers_trashed);
    let message = shown(ports, message, trashed).ok_or(Refusal::NotFound("message"))?;
    let (revisions, comments) = earlier(ports, &approval, before, said).await?;
    let differences = match revisions.first() {
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
    let mut approval = as_sealed(approval, &message);
    if conversation.is_some_and(|thread| thread.tainted) {
        // It may have been tainted since the mail was asked for.
        approval.risks.get_or_insert_default().insert(Risk::ThreadTainted);
    }
    Ok(View {
        approval,
        message,
        answers,
        thread,
        differences,
        inbox_paused,
        revisions,
        comments,
        known_since,
    })
}

/// So many revisions before a mail are shown with it, and compared with it.
pub const REVISIONS: usize = 20;

/// The revisions before this one, and what was said about all of them.
async fn earlier(
    ports: &Ports,
    approval: &Approval,
    before: Option<Approval>,
    said: Option<Comments>,
) -> Result<(Vec<Approval>, Vec<(u32, Comment)>), Refusal> {
    let store = &*ports.store;
    let (mut revisions, mut next) = (vec![], before);
    // One of them names the one before it: for the most part there are none, or one.
    while let Some(one) = next {
        let further = one.supersedes.filter(|_| revisions.len() + 1 < REVISIONS).map(key::Approval);
        revisions.push(one);
        next = match further {
            Some(further) => load(store, approval.organization_id, further).await?,
            None => None,
        };
    }
    let mut comments = vec![];
    if !revisions.is_empty() {
        let wanted: Vec<_> = revisions.iter().rev().map(|one| key::Comments(one.id)).collect();
        let found = load(store, approval.organization_id, wanted).await?;
        for (one, found) in revisions.iter().rev().zip(found) {
            comments.extend(found.into_iter().flat_map(|it| it.all).map(|comment| (one.revision, comment)));
        }
    }
    comments.extend(said.into_iter().flat_map(|it| it.all).map(|comment| (approval.revision, comment)));
    Ok((revisions, comments))
}

/// What differs between two revisions of a mail, the one that was sealed first first. Of two mails nothing is compared.
pub async fn compare(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::ApprovalsRead>,
    one: ApprovalId,
    other: ApprovalId,
) -> Result<Vec<Difference>, Refusal> {
    let (one, other) = (find(ports, permit, one).await?, find(ports, permit, other).await?);
    if one.message_id != other.message_id || one.inbox_id != other.inbox_id {
        return Err(Refusal::NotFound("approval"));
    }
    let (before, after) = if one.revision <= other.revision { (one, other) } else { (other, one) };
    let before = open_sealed_at(blobs, before.organization_id, before.digest).await?;
    let after = open_sealed_at(blobs, after.organization_id, after.digest).await?;
    Ok(differences(&before, &after))
}

/// Under what it is kept that somebody was written to, of each recipient.
fn contacts(approval: &Approval) -> Vec<Digest> {
    let address = |party: &Party| EmailAddress::parse(&party.address).ok();
    let hash = |party| address(party).map_or_else(|| Digest::of(b""), |it| Contact::hash_of(&it));
    approval.recipients.iter().map(hash).collect()
}

/// The approval with what it repeats of its mail, as that is sealed.
fn as_sealed(approval: Approval, sealed: &Detail) -> Approval {
    let shown = &sealed.message;
    Approval {
        recipients: [&shown.to, &shown.cc, &shown.bcc].into_iter().flatten().cloned().collect(),
        subject: shown.subject.clone(),
        preview: shown.preview.clone(),
        attachment_count: u32::try_from(shown.attachments.len()).unwrap_or(u32::MAX),
        send_at: shown.outbound().and_then(|outbound| outbound.send_at),
        provider: sealed.provider,
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
            DecisionRefused::NoVote => conflict(Code::NoVote, vec![]),
            DecisionRefused::TakenBackTooOften(_) => conflict(Code::TakenBackTooOften, vec![]),
            DecisionRefused::VotedBefore => conflict(Code::VotedBefore, vec![]),
            DecisionRefused::NoRevisionAsked => conflict(Code::NoRevisionRequested, vec![]),
            DecisionRefused::NotAsked => forbidden(Code::NotRequester),
            DecisionRefused::TooLate => conflict(Code::TooLateToTakeBack, vec![]),
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
pub(crate) struct Case {
    pub(crate) approval: Approval,
    pub(crate) message: Message,
    members: Vec<Member>,
}

impl Case {
    /// The member as a voter. A seat that is gone decides nothing, whatever a credential says.
    pub(crate) fn voter(&self, member_id: MemberId) -> Result<Voter, Refusal> {
        let member = self.members.iter().find(|member| member.id == member_id);
        member.map(|member| Voter { member_id, role: member.role }).ok_or_else(Refusal::member_removed)
    }

    /// The change that moves approval and mail on together.
    pub(crate) fn change(&self, ports: &Ports, decided: &Approval, outbound: Option<Outbound>) -> Change {
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

pub(crate) async fn case(ports: &Ports, approval: Approval, members: &[MemberId]) -> Result<Case, Refusal> {
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

/// What somebody says of exactly these bytes.
#[derive(Clone, Copy)]
pub struct Ballot<'a> {
    /// Their digest.
    pub digest: Digest,
    /// What is said.
    pub verdict: &'a Verdict,
    /// Where the key logs are, which say whether a key must sign it; none where nobody's key can.
    pub logs: Option<&'a dyn KeyLogs>,
    /// What the person's own key signed of it.
    pub signature: Option<&'a VoteSignature>,
}

impl<'a> Ballot<'a> {
    /// One that no key signs.
    pub fn new(digest: Digest, verdict: &'a Verdict) -> Self {
        Self { digest, verdict, logs: None, signature: None }
    }

    /// With what a key signed, where there is anything.
    #[must_use]
    pub fn signed(self, logs: &'a dyn KeyLogs, signature: Option<&'a VoteSignature>) -> Self {
        Self { logs: Some(logs), signature, ..self }
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
    ballot: &Ballot<'_>,
) -> Result<Approval, Refusal> {
    Ok(vote(ports, workflow, permit, id, ballot, &NOTHING).await?.0)
}

/// What became of one mail of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Batched {
    /// Its approval.
    pub id: ApprovalId,
    /// The approval with the vote, or why the vote was not taken.
    pub decided: Result<Approval, Refusal>,
}

/// So many votes of a batch are cast side by side.
const AT_ONCE: usize = 5;

/// Decides the same about several mails, each for itself, in a session: what becomes of one does not touch the others. One about which
/// something deserves a look is not approved so: whoever sees no more of it than a list shows does not countersign it. Any is rejected so.
pub async fn decide_several(
    ports: &Ports,
    blobs: &dyn Blobs,
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    items: &[(ApprovalId, Digest)],
    verdict: &Verdict,
    (logs, signature): (&dyn KeyLogs, Option<&VoteSignature>),
) -> Result<Vec<Batched>, Refusal> {
    if !matches!(permit.principal().credential, Credential::Session(_)) {
        return Err(DecisionRefused::NoPerson.into());
    }
    let mut all = Vec::with_capacity(items.len());
    for some in items.chunks(AT_ONCE) {
        let cast = some.iter().map(|(id, digest)| async move {
            let ballot = Ballot::new(*digest, verdict).signed(logs, signature);
            let decided = match verdict {
                Verdict::Approve => approve_unseen(ports, blobs, workflow, permit, *id, &ballot).await,
                Verdict::Reject(_) => {
                    vote(ports, workflow, permit, *id, &ballot, &Together).await.map(|(decided, _)| decided)
                }
            };
            Batched { id: *id, decided }
        });
        all.extend(join_all(cast).await);
    }
    Ok(all)
}

async fn approve_unseen(
    ports: &Ports,
    blobs: &dyn Blobs,
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    ballot: &Ballot<'_>,
) -> Result<Approval, Refusal> {
    let digest = ballot.digest;
    let approval = find(ports, permit, id).await?;
    // What came into the conversation since it was asked for counts as well.
    let thread = load(&*ports.store, approval.organization_id, key::Thread(approval.thread_id)).await?;
    let tainted = thread.is_some_and(|thread| thread.tainted);
    // Of a mail that is another by now, or over, that is the answer.
    if approval.digest == digest && (tainted || !approval.may_be_batched()) {
        let mut risks: BTreeSet<&str> = approval
            .risks
            .iter()
            .flatten()
            .filter(|risk| risk.level() > Level::Note)
            .map(|it| it.as_str())
            .collect();
        risks.extend((tainted || approval.is_tainted()).then_some(Risk::ThreadTainted.as_str()));
        let risks = risks.into_iter().collect::<Vec<_>>().join(" ");
        let reasons = approval.reasons.join(" ");
        return Err(look_first(vec![("risks", risks), ("reasons", reasons)]));
    }
    if approval.digest == digest
        && approval.is_pending(ports.now())
        && !is_listed_as_sealed(blobs, &approval).await?
    {
        return Err(look_first(vec![]));
    }
    check_opened(ports, permit, &approval).await?;
    Ok(vote(ports, workflow, permit, id, ballot, &OfList).await?.0)
}

/// Refuses who has not decided about as many rows of an upload alone as the policy asks, before they approve others together.
async fn check_opened(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsDecide>,
    approval: &Approval,
) -> Result<(), Refusal> {
    let (asked, row, member) = (approval.rows_to_open(), approval.row, permit.actor().member());
    let (Some(row), Some(member_id), 1..) = (row, member, asked) else { return Ok(()) };
    let opened = opened_rows(ports, approval.organization_id, row.upload_id, member_id).await?;
    if opened >= asked {
        return Ok(());
    }
    Err(Refusal::Because {
        code: Code::OpenRowsFirst,
        message: format!(
            "the policy asks that whoever approves many mails of an upload at once has decided about {asked} of its rows alone before, and \
             you did so about {opened}: open some, and approve each on its own page"
        ),
        details: vec![("asked", asked.to_string()), ("opened", opened.to_string())],
    })
}

/// How many rows of an upload a member decided about alone, as far as a policy asked.
pub async fn opened_rows(
    ports: &Ports,
    organization_id: OrganizationId,
    upload_id: UploadId,
    member_id: MemberId,
) -> Result<usize, Refusal> {
    let opened = load(&*ports.store, organization_id, key::Opened(upload_id, member_id)).await?;
    Ok(opened.map_or(0, |opened| opened.rows.len()))
}

/// The write that keeps that a member decided about a row alone; none where no policy asks, or it is known.
async fn opening(ports: &Ports, approval: &Approval, member_id: MemberId) -> Result<Option<Write>, Refusal> {
    let (Some(row), 1..) = (approval.row, approval.rows_to_open()) else { return Ok(None) };
    let now = ports.now();
    let key = key::Opened(row.upload_id, member_id);
    let before = load(&*ports.store, approval.organization_id, key).await?;
    let expect = before.as_ref().map_or(Expect::Absent, |it| Expect::Version(it.version));
    let (upload_id, rows) = (row.upload_id, BTreeSet::new());
    let before = before.unwrap_or(Opened { upload_id, member_id, rows, at: now, version: 1 });
    Ok(before.with(row.number, now).map(|opened| Write::put(opened, expect)))
}

fn look_first(details: Vec<(&'static str, String)>) -> Refusal {
    let message = "something about this mail deserves a look: open it, and approve it alone".to_owned();
    Refusal::Because { code: Code::LookFirst, message, details }
}

/// Whether the sealed object of an approval is there, and says what a list shows of it: whom it goes to, when, its subject, and how many
/// files it has. A list shows a row, and what is countersigned is that object.
async fn is_listed_as_sealed(blobs: &dyn Blobs, approval: &Approval) -> Result<bool, Refusal> {
    let sealed = open_sealed_at(blobs, approval.organization_id, approval.digest).await?;
    let (envelope, parsed) = (sealed.envelope(), mail::parse(sealed.mime()));
    let sealed_for: Vec<String> = envelope.recipients().map(EmailAddress::mailbox_key).collect();
    let listed = approval.recipients.iter().map(|party| EmailAddress::parse(&party.address));
    let listed: Vec<String> = listed.flatten().map(|address| address.mailbox_key()).collect();
    Ok(sealed_for == listed
        && envelope.message_id == approval.message_id
        && envelope.send_at == approval.send_at
        && envelope.transport.provider() == approval.provider
        && parsed.subject.split_whitespace().eq(approval.subject.split_whitespace())
        && parsed.attachments.len() == usize::try_from(approval.attachment_count).unwrap_or(usize::MAX))
}

/// What is written in the transaction of a vote beside it.
#[async_trait]
pub(crate) trait Beside: Sync {
    /// The writes, once it is known what the vote makes of the approval, which may be told of them.
    async fn writes(&self, decided: &mut Approval, message: &Message) -> Result<Vec<Write>, Refusal>;

    /// Whether whoever votes saw no more of the mail than a list shows.
    fn unseen(&self) -> bool {
        false
    }

    /// Whether they opened it: with a session, by which they may approve others of its upload together.
    fn opens(&self) -> bool {
        !self.unseen()
    }

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

/// A vote that is given to several mails at once.
struct OfList;

#[async_trait]
impl Beside for OfList {
    async fn writes(&self, decided: &mut Approval, _: &Message) -> Result<Vec<Write>, Refusal> {
        // It may have changed since the list was looked at.
        if decided.may_be_batched() { Ok(vec![]) } else { Err(look_first(vec![])) }
    }

    fn unseen(&self) -> bool {
        true
    }
}

/// A vote against several mails at once: it opens none.
struct Together;

#[async_trait]
impl Beside for Together {
    async fn writes(&self, _: &mut Approval, _: &Message) -> Result<Vec<Write>, Refusal> {
        Ok(vec![])
    }

    fn opens(&self) -> bool {
        false
    }
}

/// As [`decide`]; `beside` is written in the transaction of the vote. Also whether this call cast it.
pub(crate) async fn vote(
    ports: &Ports,
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    ballot: &Ballot<'_>,
    beside: &dyn Beside,
) -> Result<(Approval, bool), Refusal> {
    let Ballot { digest, verdict, .. } = *ballot;
    let (actor, now) = (permit.actor(), ports.now());
    let member_id = actor.member().ok_or(DecisionRefused::NoPerson)?;
    retry(TRIES, "the approval kept changing", || async {
        let approval = find(ports, permit, id).await?;
        let with = &permit.principal().credential;
        if approval.digest == digest
            && repeats(&approval, member_id, (with, beside.unseen(), ballot.signature), verdict)
        {
            // Whoever decides again may do so because the first answer was lost, and the workflow never told.
            wake(workflow, &approval).await;
            return Ok(Try::Done((approval, false)));
        }
        check_person(ports, permit, &approval).await?;
        let case = case(ports, approval, &[member_id]).await?;
        let voter = case.voter(member_id)?;
        let (asked, signed) = weigh_signature(&case, ballot, member_id, now).await?;
        let mut decided = asked.vote(voter, (with, signed), digest, verdict.clone(), None, now)?;
        if beside.unseen() {
            decided = decided.unseen_by(member_id);
        }
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
        if beside.opens() && matches!(with, Credential::Session(_)) {
            change.writes.extend(opening(ports, &decided, member_id).await?);
        }
        let written = ports.store.commit(change).await;
        // Somebody voted, or the workflow parked, at the same moment: look again. Any other conflict is the answer.
        let ours = |conflict: &Conflict| {
            matches!(conflict, Conflict::Record(Key::Approval(_) | Key::Message(..) | Key::Opened(..)))
        };
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

/// The approval with as many signed votes as the key log demands by now, and what a vote's own signature is worth.
async fn weigh_signature(
    case: &Case,
    ballot: &Ballot<'_>,
    member_id: MemberId,
    now: Timestamp,
) -> Result<(Approval, Option<SignedVote>), Refusal> {
    let (approval, Ballot { digest, verdict, .. }) = (case.approval.clone(), *ballot);
    // Of another mail than the one that waits the vote is refused anyhow.
    let Some(logs) = ballot.logs.filter(|_| approval.digest == digest) else { return Ok((approval, None)) };
    if let Verdict::Reject(_) = verdict {
        // To stop a mail takes no key. What one signed of that is kept where it holds.
        let Some(signature) = ballot.signature else { return Ok((approval, None)) };
        let log = logs.read(approval.organization_id).await?.log;
        let vote = signed_vote(&log, &approval, member_id, Said::Reject, signature, now).ok();
        return Ok((approval, vote));
    }
    let log = logs.read(approval.organization_id).await?.log;
    let from = EmailAddress::parse(&case.message.from.address).ok();
    let floor = from.map_or(SignedVotes::NONE, |from| log.floor(&from, now));
    let approval = approval.with_floor(floor);
    let Some(signature) = ballot.signature else {
        let by = approval.terms.as_ref().map(|terms| terms.by);
        if by == Some(By::Passkey) {
            return Err(Refusal::because(
                Code::SignatureRequired,
                "the policy takes votes that the voter's own key signs, and no others: sign on the page of this mail, with a key that is \
                 registered under \u{201C}Signing keys\u{201D}",
            ));
        }
        return Ok((approval, None));
    };
    let vote = signed_vote(&log, &approval, member_id, Said::Approve, signature, now)?;
    Ok((approval, Some(vote)))
}

/// Refuses a program where something suspicious came into the conversation, also since the mail was asked for.
pub(crate) async fn check_person<S>(
    ports: &Ports,
    permit: &Permit<S>,
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
/// first may not count any more. So it is of who voted for several mails at once, and now has looked at this one, and of who signs now.
fn repeats(
    approval: &Approval,
    member_id: MemberId,
    (with, unseen, signature): (&Credential, bool, Option<&VoteSignature>),
    verdict: &Verdict,
) -> bool {
    let same = |vote: &Vote| vote.member_id == member_id && vote.verdict == *verdict;
    let decided = !matches!(approval.decision, Decision::Pending);
    approval.votes.iter().any(|vote| {
        let signed = vote.signed.as_ref();
        let is_signed = signature
            .is_none_or(|new| signed.is_some_and(|old| (old.key, old.given) == (new.key, new.given)));
        let counts_as_much = (unseen || !vote.unseen) && is_signed;
        same(vote) && (decided || vote.with == *with && counts_as_much)
    }) && matches!(
        approval.decision,
        Decision::Pending | Decision::Approved { .. } | Decision::Rejected { .. }
    )
}

/// Who may call a mail off: whoever decides, whoever asked for it, and the owner of the token that did.
fn may_cancel(principal: &Principal, approval: &Approval) -> Result<(), Refusal> {
    if principal.scopes.contains(&Scope::ApprovalsDecide) {
        return Ok(());
    }
    if approval.was_asked_by(&principal.actor) {
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

/// Takes the caller's approval back, before the mail is claimed. Where the votes that are left are not enough the mail waits again, with
/// the same digest.
///
/// Mail and approval are one conditional write, as a claim of the mail is: whichever comes first, the other finds it. A workflow that
/// waits for the mail's time goes on to its end and finds nothing to claim; another is started, which parks.
pub async fn take_back(
    ports: &Ports,
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
) -> Result<Approval, Refusal> {
    let (actor, now) = (permit.actor(), ports.now());
    let with = &permit.principal().credential;
    let member_id = actor.member().ok_or(DecisionRefused::NoPerson)?;
    retry(TRIES, "the approval kept changing", || async {
        let approval = find(ports, permit, id).await?;
        if took_back(&approval, member_id, with) {
            // The first answer was lost, and with it perhaps the start.
            if approval.task_token.is_none() {
                park(workflow, &approval).await;
            }
            return Ok(Try::Done(approval));
        }
        let case = case(ports, approval, &[member_id]).await?;
        case.voter(member_id)?;
        let waits = case.approval.clone().take_back(member_id, with, now)?;
        let Some(outbound) = case.message.outbound().cloned() else {
            return Err(Refusal::Internal("not an outbound mail".to_owned()));
        };
        let was_approved = matches!(case.approval.decision, Decision::Approved { .. });
        let waits_again = was_approved && waits.decision == Decision::Pending;
        let outbound = if was_approved {
            // Also where the votes that are left are enough: of a mail that was claimed nothing is taken back.
            let moved = outbound.clone().take_back(waits.expires_at, waits.remind_at(now));
            let moved = moved.map_err(|error| illegal(&error))?;
            if waits_again { moved } else { outbound }
        } else {
            outbound
        };
        let entry = ports.audit(permit.organization_id(), actor, action::TAKE_BACK, id);
        let mut entry = entry.telling_of(Deed::TookBack(member_id), id, now);
        entry.details = waits.taken_back.last().map(|one| waits.taken_back_details(one)).unwrap_or_default();
        entry.details.push(("status", waits.decision.as_str().to_owned()));
        let event = approval_event(ports, EventKind::ApprovalTakenBack, &waits);
        let change = case.change(ports, &waits, Some(outbound)).audit(entry).event(event);
        let written = ports.store.commit(change).await;
        if written.is_ok() && waits_again {
            park(workflow, &waits).await;
        }
        Try::of(written, waits)
    })
    .await
}

/// Whether the last that happened to a member's vote is that they took it back with this.
fn took_back(approval: &Approval, member_id: MemberId, with: &Credential) -> bool {
    let own = approval.taken_back.iter().rev().find(|one| one.vote.member_id == member_id);
    approval.decision == Decision::Pending
        && own.is_some_and(|one| one.with == *with)
        && !approval.votes.iter().any(|vote| vote.member_id == member_id)
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
