//! Asking for a mail to be sent: it is composed once, sealed, weighed by the policies, and held for a person or let go.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use domain::base::address::{HeaderText, Mailbox};
use domain::base::code::Code;
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, Decision, Deed, Verdict};
use domain::gate::draft::{DraftState, SavedDraft};
use domain::gate::policy::PolicyBook;
use domain::gate::seal::Sealed;
use domain::gate::upload::Made;
use domain::ledger::audit::action;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::message::{Direction, Message, Party};
use domain::people::access::{Actor, Credential, Permit, Principal, scope};
use domain::people::limit::{Daily, Day, Sender};
use domain::people::signing::SignedVotes;
use domain::{ApprovalId, InboxId, ThreadId, Timestamp};
use futures_util::future::try_join_all;
use jiff::SignedDuration;

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::{BlobKey, Blobs, Ports};
use crate::base::store::{
    Change, Conflict, Counter, DraftPointer, Expect, Key, StoreError, Write, key, load,
};
use crate::gate::draft::{
    Body, File, Original, Prepared, address_answer, answer_references, answered_id, check, check_carried,
    check_total, fetch_files, name_passed_on, place,
};
use crate::gate::quote::take_over;
use crate::gate::rows::RowPlace;
use crate::gate::steps::{approval_event, ticket};
use crate::gate::weigh::{Weighed, weigh};
use crate::mailbox::attachments::records;
use crate::mailbox::conversation::subject_pointer;
use crate::mailbox::domains::daily_limits;

pub use crate::gate::draft::{
    Answering, Draft, DraftAttachment, How, MAX_AHEAD, MAX_ATTACHMENTS, MAX_BODY, MAX_HEADERS, Sending,
    Source,
};
pub use mail::compose::MAX_HEADER_VALUE;
pub use mail::is_caller_header;

/// What came of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The mail.
    pub message: Message,
    /// What it waits for, or what let it go.
    pub approval: Approval,
}

impl Submitted {
    /// Whether it waits for a person.
    pub fn is_held(&self) -> bool {
        self.approval.decision == Decision::Pending
    }

    /// By what the record of a row names it.
    pub(crate) fn made(&self) -> Made {
        Made { message_id: self.message.id, approval_id: self.approval.id }
    }
}

/// A budget that others spend at the same moment is looked at again at most so often.
const TRIES: usize = 5;

/// Composes, seals and weighs a mail. Nothing is stored where anything is wrong with it.
pub async fn submit(
    sending: &Sending,
    permit: &Permit<scope::MessagesSend>,
    inbox_id: InboxId,
    draft: Draft,
    answering: Option<Answering>,
    once: &Once,
    answer: impl Fn(&Submitted) -> (u16, String),
) -> Result<Submitted, Refusal> {
    // It is large, and whoever waits for it need not be.
    Box::pin(submit_saved(sending, permit, inbox_id, (draft, answering, None), once, answer)).await
}

/// What an answer to a mail begins with, where nobody says anything else: whom it goes to, and its subject. A mail without an address to
/// answer to leaves that open.
pub fn begin_answer(parent: &Message, inbox: &Inbox, all: bool) -> Draft {
    let mut draft = Draft::default();
    if address_answer(&mut draft, parent, inbox, all).is_err() {
        draft.subject.get_or_insert_with(|| HeaderText::lossy(&mail::reply_subject(&parent.subject)));
    }
    // Whoever is named twice gets one mail.
    mail::dedupe_recipients([&mut draft.to, &mut draft.cc, &mut draft.bcc]);
    draft
}

/// As [`submit`]; where the mail was saved as a draft, that is used up in the transaction that makes the mail.
pub(crate) async fn submit_saved(
    sending: &Sending,
    permit: &Permit<scope::MessagesSend>,
    inbox_id: InboxId,
    mail: Asked,
    once: &Once,
    answer: impl Fn(&Submitted) -> (u16, String),
) -> Result<Submitted, Refusal> {
    permit.over(inbox_id)?;
    let by = (permit.principal(), permit.actor());
    let (inbox, book, prepared) = ready(&sending.ports, &*sending.blobs, by, inbox_id, mail).await?;
    send(sending, permit.principal(), &inbox, &book, prepared, once, answer).await
}

/// Asks for a mail that is made of a row of a spreadsheet; the record of the row is written in the transaction that makes the mail, and where
/// somebody else wrote it that is the conflict.
pub(crate) async fn submit_row(
    sending: &Sending,
    permit: &Permit<scope::MessagesSend>,
    inbox_id: InboxId,
    draft: Draft,
    row: RowPlace,
) -> Result<Submitted, Refusal> {
    if permit.over(inbox_id).is_err() {
        return Err(Refusal::NotFound("inbox"));
    }
    let by = (permit.principal(), permit.actor());
    let asked = (draft, None, None);
    let (inbox, book, mut prepared) = ready(&sending.ports, &*sending.blobs, by, inbox_id, asked).await?;
    prepared.row = Some(row);
    let once = Once::default();
    Box::pin(send(sending, permit.principal(), &inbox, &book, prepared, &once, |_| (202, String::new())))
        .await
}

/// A mail as somebody asks for it: what it says, what it answers, and the draft that it was saved as.
pub(crate) type Asked = (Draft, Option<Answering>, Option<SavedDraft>);

/// A mail with everything that it takes to weigh it, as this actor would ask for it now, with its inbox and the policies.
pub(crate) async fn ready(
    ports: &Ports,
    blobs: &dyn Blobs,
    (principal, actor): (&Principal, &Actor),
    inbox_id: InboxId,
    (mut draft, answering, saved): Asked,
) -> Result<(Inbox, PolicyBook, Prepared), Refusal> {
    let organization_id = principal.organization_id;
    if answering.is_some_and(|answering| answering.how.takes_over()) {
        // Whoever gets a mail passed on reads it: so may whoever asks for that.
        principal.permit::<scope::MessagesRead>()?;
    }
    let parent = answering.map(|answering| key::Message(inbox_id, answering.message_id));
    let wanted = (key::Inbox(inbox_id), key::Policies, key::Organization, parent);
    let (inbox, book, organization, parent) = load(&*ports.store, organization_id, wanted).await?;
    let inbox = inbox.ok_or(Refusal::NotFound("inbox"))?;
    let book = book.unwrap_or_default();
    if answering.is_some() && parent.is_none() {
        return Err(Refusal::NotFound("message"));
    }
    let parent = parent.zip(answering.map(|answering| answering.how));
    match &parent {
        Some((parent, How::Reply { .. })) => address_answer(&mut draft, parent, &inbox, false)?,
        Some((parent, How::ReplyAll { .. })) => address_answer(&mut draft, parent, &inbox, true)?,
        Some((parent, How::Forward { .. })) => {
            let subject = || HeaderText::lossy(&mail::forward_subject(&parent.subject));
            draft.subject.get_or_insert_with(subject);
        }
        None => {}
    }
    let mut prepared = prepare(ports, blobs, principal, inbox_id, (draft, parent)).await?;
    if saved.as_ref().is_some_and(|saved| saved.rejected.is_some()) {
        // A person refused what it was: a person looks at what became of it.
        prepared.always = Some("rejected_before");
    } else if saved.as_ref().is_some_and(|saved| !saved.is_written_by(actor)) {
        // Policies judge who asks: whoever wrote it may be under others, or paused, or gone.
        prepared.always = Some("written_by_others");
    }
    prepared.saved = saved;
    let limit = organization.as_ref().and_then(|it| it.sends_per_day);
    prepared.limits = daily_limits(ports, &inbox, limit).await?;
    if inbox.paused.is_some() || organization.is_some_and(|it| it.paused.is_some()) {
        // Whoever resumes has seen what waited then, not what was added since.
        prepared.always = prepared.always.or(Some("paused"));
    }
    Ok((inbox, book, prepared))
}

/// Checks a draft, fetches its files, and puts below it what it takes over from the mail that it answers or passes on.
async fn prepare(
    ports: &Ports,
    blobs: &dyn Blobs,
    principal: &Principal,
    inbox_id: InboxId,
    (mut draft, parent): (Draft, Option<(Message, How)>),
) -> Result<Prepared, Refusal> {
    let forward = parent.as_ref().is_some_and(|(_, how)| how.is_forward());
    // What is quoted alone is no answer; what is passed on needs no word.
    let body = if forward { Body::Optional } else { Body::Needed };
    let html_changes = check(&mut draft, &[], body, ports.now())?;
    let mut files = fetch_files(ports, blobs, principal, inbox_id, &draft).await?;
    if let Some((original, how)) = parent.as_ref().filter(|(_, how)| how.takes_over()) {
        // Its own files come first: what is too much then is what is passed on.
        files.extend(take_over(blobs, &mut draft, original, *how).await?);
        check_total(&files).map_err(|refusal| name_passed_on(refusal, *how))?;
    }
    place(&draft, &mut files)?;
    let parent = parent.map(|(message, _)| message);
    Ok(Prepared {
        draft,
        files,
        parent,
        forward,
        resends: None,
        revises: None,
        saved: None,
        row: None,
        tainted: false,
        always: None,
        html_changes,
        limits: vec![],
    })
}

/// Weighs, seals and stores a prepared mail.
pub(crate) async fn send(
    sending: &Sending,
    principal: &Principal,
    inbox: &Inbox,
    book: &PolicyBook,
    prepared: Prepared,
    once: &Once,
    answer: impl Fn(&Submitted) -> (u16, String),
) -> Result<Submitted, Refusal> {
    let ports = &sending.ports;
    let limits = limits(principal, &prepared);
    check_room(ports, inbox, &limits).await?;
    let mut last = vec![];
    for _ in 0..TRIES {
        let weighed = weigh(sending, (&principal.actor, &principal.actor), inbox, book, &prepared).await?;
        let now = ports.now();
        let message_id = ports.message_id();
        let leave = prepared.unsubscribe_link(ports, inbox, message_id)?;
        let said = (weighed.automatic(&prepared), leave.as_ref());
        let sealed = prepared.seal(ports, inbox, message_id, said)?;
        check_carried(&*sending.carriage, &sealed)?;
        let submitted = hold(ports, principal, inbox, &prepared, &weighed, &sealed)?;
        store_objects(&*sending.blobs, &submitted, &sealed, &prepared.files).await?;

        let Submitted { message, approval } = &submitted;
        let entry = ports.audit(inbox.organization_id, &principal.actor, action::SUBMIT, message.id);
        let mut entry = entry.telling_of(Deed::Asked, approval.id, approval.id.at());
        entry.details = vec![
            ("credential", principal.credential.name()),
            ("digest", approval.digest.to_string()),
            ("approval_id", approval.id.to_string()),
            ("status", approval.decision.as_str().to_owned()),
        ];
        entry.details.extend(approval.asked_details());
        entry.details.extend(prepared.resends.iter().map(|original| ("resends", original.named.to_string())));
        let kind =
            if submitted.is_held() { EventKind::ApprovalRequested } else { EventKind::ApprovalApproved };
        let mut change = Change::new(inbox.organization_id)
            .create(message.clone())
            .create(approval.clone())
            .write(Write::Thread(message.thread_update()))
            .audit(entry)
            .event(approval_event(ports, kind, approval));
        if let Some(standing) = weighed.standing {
            let used =
                ports.audit(inbox.organization_id, &principal.actor, action::STANDING_USE, standing.id);
            for vote in &approval.votes {
                // It is the vote's entry too: whose it is stands in its details, not in who asked for the mail.
                let mut entry = used.clone().telling_of(vote.deed(), approval.id, vote.at);
                entry.details = approval.vote_details(vote);
                entry.details.push(("status", approval.decision.as_str().to_owned()));
                entry.details.push(("used", (standing.used + 1).to_string()));
                entry.details.push(("budget", standing.budget.to_string()));
                change = change.audit(entry);
            }
            change = change.update(standing.spend());
        }
        if let Some(original) = &prepared.resends {
            // Two who ask at once: one of them meets the other's write, and is refused.
            change = change.update(original.sent_again_as(message.id)?);
        }
        if let Some(saved) = &prepared.saved {
            // Whoever submits it at the same moment meets this write: one draft is one mail.
            change.writes.extend(used_up(saved, &submitted, now));
        }
        if let Some(row) = &prepared.row {
            // Of two who make the same mail of a row one meets the other's write: a row is one mail.
            change = change.write(row.with(submitted.made(), now).1);
        }
        change.writes.extend(weighed.counts);
        change.writes.extend(leave.map(|leave| Write::put(leave.opt_out, Expect::Absent)));
        let day = Day::of(now);
        change.writes.extend(limits.iter().map(|daily| count(daily, day)));
        for file in records(message) {
            change = change.create(file);
        }
        if prepared.parent.is_none() {
            let pointer = subject_pointer(inbox, message);
            change = change.write(Write::put(pointer, Expect::Anything));
        }
        let change = once.save(change, now, || answer(&submitted));
        if let Err(conflicts) = once.try_commit(ports, change).await? {
            let met =
                |daily: &&Daily| conflicts.contains(&Conflict::Record(Key::Counter(daily.count_hash(day))));
            if let Some(daily) = limits.iter().find(met) {
                return Err(limit_reached(daily, day));
            }
            if !conflicts.iter().all(is_budget) {
                return Err(StoreError::Conflict(conflicts).into());
            }
            // Somebody spent from the same budget at the same moment: weigh it again.
            last = conflicts;
            continue;
        }
        // The table is the truth: if the clock can't be started now, deciding or the sweeper starts it.
        if let Err(error) = sending.workflow.start(&ticket(approval), approval.wakes_at(), 0).await {
            tracing::warn!(message_id = %message.id, %error, "the workflow could not be started yet");
        }
        return Ok(submitted);
    }
    Err(StoreError::Conflict(last).into())
}

/// The limits of mails a day that a mail of this caller counts towards.
fn limits(principal: &Principal, prepared: &Prepared) -> Vec<Daily> {
    let own = match &principal.actor {
        Actor::Token { token_id, .. } => {
            principal.sends_per_day.map(|limit| Daily { sender: Sender::Token(*token_id), limit })
        }
        Actor::Member { .. } | Actor::System => None,
    };
    own.into_iter().chain(prepared.limits.iter().copied()).collect()
}

/// Counts one mail more on this day, where it is within the limit.
fn count(daily: &Daily, day: Day) -> Write {
    Write::Count {
        key: daily.count_hash(day),
        by: 1,
        limit: Some(u64::from(daily.limit.get())),
        // A clock that is a little behind must not begin anew.
        expires_at: day.ends_at() + SignedDuration::from_hours(24),
    }
}

/// Refuses a mail for which there is no room today, before anything is stored for it. Who is counted last the transaction says.
async fn check_room(ports: &Ports, inbox: &Inbox, limits: &[Daily]) -> Result<(), Refusal> {
    if limits.is_empty() {
        return Ok(());
    }
    let day = Day::of(ports.now());
    let wanted: Vec<_> = limits.iter().map(|daily| key::Counter(daily.count_hash(day))).collect();
    let counted = load(&*ports.store, inbox.organization_id, wanted).await?;
    let is_full = |(daily, counter): &(&Daily, Option<Counter>)| {
        counter.as_ref().is_some_and(|counter| counter.count >= u64::from(daily.limit.get()))
    };
    match limits.iter().zip(counted).find(is_full) {
        Some((daily, _)) => Err(limit_reached(daily, day)),
        None => Ok(()),
    }
}

/// What is said to whoever met a limit of a day.
fn limit_reached(daily: &Daily, day: Day) -> Refusal {
    let (number, retry_at) = (daily.limit.get(), day.ends_at());
    let whose = match daily.sender {
        Sender::Organization => "the organization",
        Sender::Token(_) => "this token",
        Sender::Domain(_) => "the domain of this inbox is new, and all its inboxes together",
    };
    Refusal::NotBefore {
        code: Code::DailyLimitReached,
        message: format!(
            "{whose} may ask for {number} mails today and did: nothing was stored; the next may be asked for at {retry_at}"
        ),
        retry_at,
    }
}

/// What is left of a draft of which a mail was made: it leads to that mail, and so does its name.
fn used_up(saved: &SavedDraft, submitted: &Submitted, now: Timestamp) -> Vec<Write> {
    let (message_id, approval_id) = (submitted.message.id, submitted.approval.id);
    let ended = saved.ended(DraftState::Submitted { message_id, approval_id }, now);
    let pointer = ended.client_id.as_ref().map(|client_id| DraftPointer {
        inbox_id: ended.inbox_id,
        hash: SavedDraft::name_hash(client_id),
        draft_id: ended.id,
        expires_at: ended.forgotten_at(),
    });
    let count = Write::Uncount { key: SavedDraft::count_hash(ended.inbox_id), by: 1 };
    let mut writes = vec![count, Write::put(ended, Expect::Version(saved.version))];
    writes.extend(pointer.map(|pointer| Write::put(pointer, Expect::Anything)));
    writes
}

fn is_budget(conflict: &Conflict) -> bool {
    matches!(conflict, Conflict::Record(Key::StandingApproval(_) | Key::Counter(_)))
}

fn parties(list: &[Mailbox]) -> Vec<Party> {
    list.iter().map(Party::from).collect()
}

fn hold(
    ports: &Ports,
    principal: &Principal,
    inbox: &Inbox,
    prepared: &Prepared,
    weighed: &Weighed,
    sealed: &Sealed,
) -> Result<Submitted, Refusal> {
    let now = ports.now();
    let (parent, resends) = (prepared.parent.as_ref(), prepared.resends.as_ref().map(|it| &it.root));
    let follows = prepared.row.as_ref().and_then(|row| row.thread_id);
    let earlier = parent.or(resends).map(|earlier| earlier.thread_id);
    let thread_id: ThreadId = earlier.or(follows).unwrap_or_else(|| ports.thread_id());
    let by = (&principal.actor, &principal.credential);
    let mut approval = ask(ports.approval_id(), by, inbox, thread_id, (prepared, weighed, sealed), now);
    let pending = pending(&approval, weighed.first_contact, now);
    let outbound = match (&weighed.standing, &approval.terms) {
        (_, None) => {
            approval.decision = Decision::Approved { by: None, at: now };
            pending.approve(now, approval.due(now))
        }
        (Some(standing), Some(_)) => {
            let (voter, with) = (standing.made_by, &standing.made_with);
            approval = approval.vote(
                voter,
                (with, None),
                sealed.digest(),
                Verdict::Approve,
                Some(standing.id),
                now,
            )?;
            match approval.decision {
                Decision::Approved { .. } => pending.approve(now, approval.due(now)),
                _ => Ok(pending),
            }
        }
        (None, Some(_)) => Ok(pending),
    };
    let outbound = outbound.map_err(|error| Refusal::Internal(error.to_string()))?;
    let message = show(inbox, &approval, outbound, (prepared, sealed));
    Ok(Submitted { message, approval })
}

/// The mail with what it says as it was prepared and sealed, new.
pub(crate) fn show(
    inbox: &Inbox,
    approval: &Approval,
    outbound: Outbound,
    (prepared, sealed): (&Prepared, &Sealed),
) -> Message {
    let (draft, parent) = (&prepared.draft, prepared.parent.as_ref());
    Message {
        id: approval.message_id,
        organization_id: inbox.organization_id,
        inbox_id: inbox.id,
        thread_id: approval.thread_id,
        direction: Direction::Outbound(outbound),
        from: Party::from(&inbox.mailbox()),
        reply_to: parties(&draft.reply_to),
        to: parties(&draft.to),
        cc: parties(&draft.cc),
        bcc: parties(&draft.bcc),
        subject: approval.subject.clone(),
        preview: approval.preview.clone(),
        internet_message_id: None,
        references: parent.map(answer_references).unwrap_or_default(),
        in_reply_to: parent.and_then(answered_id).map(str::to_owned),
        date: None,
        labels: BTreeSet::new(),
        unread: false,
        notes: draft.notes.clone(),
        attachments: prepared.files.iter().map(|file| file.reference(approval.message_id)).collect(),
        size: sealed.mime().len() as u64,
        // Lists go by ids: the id tells the same time.
        created_at: approval.message_id.at(),
        version: 1,
        trash: None,
    }
}

/// The approval that a mail needs as it was prepared, weighed and sealed, asked for by this actor with this credential.
pub(crate) fn ask(
    id: ApprovalId,
    (requested_by, requested_with): (&Actor, &Credential),
    inbox: &Inbox,
    thread_id: ThreadId,
    (prepared, weighed, sealed): (&Prepared, &Weighed, &Sealed),
    now: Timestamp,
) -> Approval {
    let draft = &prepared.draft;
    // An HTML-only mail has its text from the composed parts, as every received mail has.
    let text = draft.text.clone().or_else(|| mail::parse(sealed.mime()).text).unwrap_or_default();
    let terms = weighed.terms.clone();
    Approval {
        id,
        organization_id: inbox.organization_id,
        inbox_id: inbox.id,
        message_id: sealed.envelope().message_id,
        thread_id,
        answers: prepared.parent.as_ref().map(|parent| parent.id),
        forward: prepared.forward,
        resends: prepared.resends.iter().flat_map(Original::attempts).collect(),
        authors: prepared
            .resends
            .iter()
            .flat_map(|original| &original.authors)
            .chain(prepared.saved.iter().flat_map(|saved| &saved.authors))
            .copied()
            .collect(),
        digest: sealed.digest(),
        revision: 1,
        supersedes: None,
        edited_by: None,
        requested_by: requested_by.clone(),
        requested_with: requested_with.clone(),
        requested_at: now,
        expires_at: Approval::expiry(&terms.clone().unwrap_or_default(), draft.send_at, now),
        send_at: draft.send_at,
        quiet: weighed.quiet.clone(),
        terms,
        reasons: weighed.reasons.clone(),
        risks: Some(weighed.risks.clone()),
        trace: weighed.trace.clone(),
        votes: vec![],
        delegations: vec![],
        taken_back: vec![],
        revision_asked: None,
        recipients: prepared.recipients().map(Party::from).collect(),
        subject: draft.subject.as_ref().map(|s| s.as_str().to_owned()).unwrap_or_default(),
        preview: mail::preview(&text, 200),
        attachment_count: u32::try_from(prepared.files.len()).unwrap_or(u32::MAX),
        html_changes: prepared.html_changes.clone(),
        decision: Decision::Pending,
        row: prepared.row.as_ref().map(|row| row.of),
        provider: inbox.provider,
        draft_id: None,
        task_token: None,
        demanded: SignedVotes::NONE,
        waits: 0,
        version: 1,
    }
}

/// Where the mail of an approval stands that waits from now on.
pub(crate) fn pending(approval: &Approval, first_contact: bool, now: Timestamp) -> Outbound {
    // Their servers answer once, however often the mail names them.
    let recipients: BTreeSet<_> =
        approval.recipients.iter().map(|party| party.address.to_lowercase()).collect();
    Outbound {
        approval_id: approval.id,
        digest: approval.digest,
        send_at: approval.send_at,
        recipients: u32::try_from(recipients.len()).unwrap_or(u32::MAX),
        first_contact,
        forward: approval.forward,
        sent_again_as: vec![],
        token_id: approval.requested_by.token(),
        state: State::PendingApproval { expires_at: approval.expires_at, remind_at: approval.remind_at(now) },
    }
}

/// Stores the sealed object and the files that are not stored yet.
pub(crate) async fn store_objects(
    blobs: &dyn Blobs,
    submitted: &Submitted,
    sealed: &Sealed,
    files: &[File],
) -> Result<(), Refusal> {
    let organization_id = submitted.message.organization_id;
    let key = BlobKey::Sealed(organization_id, sealed.digest());
    blobs.put(&key, Bytes::copy_from_slice(sealed.bytes()), "application/octet-stream").await?;
    // What an approver downloads is a copy of what was sealed, not the upload, which its URL can overwrite.
    let files: BTreeMap<_, _> = files.iter().map(|file| (file.id(submitted.message.id), file)).collect();
    try_join_all(files.into_iter().map(|(id, file)| async move {
        let key = BlobKey::Attachment(organization_id, id);
        blobs.put(&key, file.contents.clone(), &file.content_type).await
    }))
    .await?;
    Ok(())
}
