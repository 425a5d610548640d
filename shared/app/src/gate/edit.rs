//! Changing a mail that was held, and asking once more for one that did not go.

use domain::base::address::{HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, Deed};
use domain::gate::seal::Sealed;
use domain::ledger::audit::{AuditEntry, action};
use domain::mailbox::message::{AttachmentRef, Message};
use domain::mailbox::opt_out::OptOutSecret;
use domain::people::access::{Permit, Principal, scope};
use domain::{ApprovalId, AttachmentId, InboxId, MessageId, OrganizationId, Timestamp};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Expect, Write, key, load};
use crate::gate::approvals::{check_person, find, without_mail};
use crate::gate::diff::differences;
use crate::gate::draft::{
    Attempt, Body, Draft, DraftAttachment, File, Original, Prepared, Sending, check, check_carried,
    check_total, fetch_files, is_to_unsubscribe, place, text_of,
};
use crate::gate::steps::{approval_event, message_event, ticket, wake};
use crate::gate::submit::{Submitted, ask, pending, send, show, store_objects};
use crate::gate::weigh::{DECIDES_ALONE, weigh};
use crate::mailbox::attachments::{read_name, records};
use crate::mailbox::domains::daily_limits;
use crate::mailbox::messages::{as_sealed, open_sealed_at};
use crate::mailbox::trash::load_shown;

/// What an edit changes; what is not given stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    /// New recipients.
    pub to: Option<Vec<Mailbox>>,
    /// New recipients of copies.
    pub cc: Option<Vec<Mailbox>>,
    /// New recipients that the others don't see.
    pub bcc: Option<Vec<Mailbox>>,
    /// A new address for answers.
    pub reply_to: Option<Vec<Mailbox>>,
    /// A new subject.
    pub subject: Option<HeaderText>,
    /// A new text.
    pub text: Option<String>,
    /// A new HTML body; an empty one takes the HTML out.
    pub html: Option<String>,
    /// Whether HTML that is not in its normal form is refused, not changed.
    pub strict_html: bool,
    /// A new time.
    pub send_at: Option<Timestamp>,
    /// Files to take out.
    pub remove_attachments: Vec<AttachmentId>,
    /// Files to add.
    pub attachments: Vec<DraftAttachment>,
}

/// Makes a new revision of a mail that waits: other bytes, another digest, another approval, no votes.
///
/// The policies weigh it again; what was held stays held, since a person wrote into it what nobody has read yet.
pub async fn edit(
    sending: &Sending,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    digest: Digest,
    edit: Edit,
    once: &Once,
    answer: impl Fn(&Submitted) -> (u16, String),
) -> Result<Submitted, Refusal> {
    retry(TRIES, "the approval kept changing", || async {
        try_edit(sending, permit, id, digest, (edit.clone(), Who::Decides), once, &answer).await
    })
    .await
}

/// As [`edit`], for whoever asked for the mail, where somebody who decides asked for a revision.
pub async fn revise_as_asked(
    sending: &Sending,
    permit: &Permit<scope::MessagesSend>,
    id: ApprovalId,
    digest: Digest,
    edit: Edit,
    once: &Once,
    answer: impl Fn(&Submitted) -> (u16, String),
) -> Result<Submitted, Refusal> {
    retry(TRIES, "the approval kept changing", || async {
        try_edit(sending, permit, id, digest, (edit.clone(), Who::Asked), once, &answer).await
    })
    .await
}

/// By which right somebody edits a mail.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// They are among those who decide about it.
    Decides,
    /// They asked for it.
    Asked,
}

/// An edit loses against a concurrent change at most so often before it gives up.
const TRIES: usize = 5;

async fn try_edit<S>(
    sending: &Sending,
    permit: &Permit<S>,
    id: ApprovalId,
    digest: Digest,
    (edit, who): (Edit, Who),
    once: &Once,
    answer: &impl Fn(&Submitted) -> (u16, String),
) -> Result<Try<Submitted>, Refusal> {
    let Sending { ports, blobs, workflow, .. } = sending;
    let (organization_id, now) = (permit.organization_id(), ports.now());
    let old = find(ports, permit, id).await?;
    if who == Who::Decides {
        check_person(ports, permit, &old).await?;
    }
    let member_id = permit.actor().member().ok_or(domain::gate::approval::DecisionRefused::NoPerson)?;
    let message_key = key::Message(old.inbox_id, old.message_id);
    let thread_key = key::Thread(old.thread_id);
    let wanted = (key::Inbox(old.inbox_id), message_key, key::Member(member_id), key::Policies, thread_key);
    let (inbox, message, member, book, thread) = load(&*ports.store, organization_id, wanted).await?;
    let inbox = inbox.ok_or(Refusal::NotFound("inbox"))?;
    let message = message.map_or_else(|| Err(without_mail(ports, &old)), Ok)?;
    let member = member.ok_or_else(Refusal::member_removed)?;
    let book = book.unwrap_or_default();
    let editor = domain::gate::approval::Voter { member_id, role: member.role };
    let next_id = ports.approval_id();
    let with = &permit.principal().credential;
    let superseded = match who {
        Who::Decides => old.clone().supersede(editor, with, digest, next_id, now)?,
        Who::Asked => old.clone().revise(permit.actor(), digest, next_id, now)?,
    };
    let before = open_sealed_at(&**blobs, organization_id, old.digest).await?;
    // What it carries, and what came into its conversation since, it carries still, whoever wrote over it.
    let tainted = old.is_tainted() || thread.is_some_and(|thread| thread.tainted);
    let mut prepared = revise(sending, permit.principal(), &old, &message, &before, edit).await?;
    prepared.tainted = tainted;
    let weighing = weigh(sending, (&old.requested_by, permit.actor()), &inbox, &book, &prepared);
    let mut weighed = Box::pin(weighing).await?;
    // Whatever the policies make of the new words: they were held, and a person who is not their author reads them.
    let asked = old.terms.clone().unwrap_or_default();
    weighed.terms = Some(match weighed.terms {
        Some(terms) => terms.unite(asked),
        None => asked,
    });
    if weighed.terms.as_ref().is_some_and(|terms| terms.separation) {
        weighed.reasons.retain(|reason| reason != DECIDES_ALONE);
    }
    // What put it off before puts it off still.
    let more: Vec<_> = old.quiet.iter().filter(|hours| !weighed.quiet.contains(hours)).cloned().collect();
    weighed.quiet.extend(more);
    let leave = prepared.unsubscribe_link(ports, &inbox, old.message_id)?;
    let sealed = prepared.seal(ports, &inbox, old.message_id, (None, leave.as_ref()))?;
    check_carried(&*sending.carriage, &sealed)?;
    if differences(&before, &sealed).is_empty() {
        return Err(Refusal::field(
            "text",
            Code::NothingChanged,
            "the edit changes nothing: approve it as it is",
        ));
    }
    let by = (&old.requested_by, &old.requested_with);
    let approval = Approval {
        answers: old.answers,
        forward: old.forward,
        resends: old.resends.clone(),
        authors: old.authors.clone(),
        row: old.row,
        revision: old.revision + 1,
        supersedes: Some(old.id),
        edited_by: Some(member_id),
        requested_at: old.requested_at,
        ..ask(next_id, by, &inbox, old.thread_id, (&prepared, &weighed, &sealed), now)
    };
    let waits = pending(&approval, weighed.first_contact, now);
    let outbound = message.outbound().cloned().ok_or(Refusal::NotFound("message"))?;
    // It was decided between the two reads.
    let Ok(outbound) = outbound.revise(waits) else { return Ok(Try::Again) };
    let message = Message {
        labels: message.labels,
        notes: message.notes,
        created_at: message.created_at,
        version: message.version,
        ..show(&inbox, &approval, outbound, (&prepared, &sealed))
    };
    let submitted = Submitted { message, approval };
    store_objects(&**blobs, &submitted, &sealed, &prepared.files).await?;

    let Submitted { message, approval } = &submitted;
    let entry = edited_entry(ports, permit.principal(), &old, approval);
    let mut change = Change::new(organization_id)
        .update(superseded.clone())
        .create(approval.clone())
        .update(message.clone())
        .audit(entry)
        .event(message_event(ports, EventKind::MessageEdited, message))
        .event(approval_event(ports, EventKind::ApprovalSuperseded, &superseded))
        .event(approval_event(ports, EventKind::ApprovalRequested, approval));
    for file in records(message) {
        // One that an earlier revision had is the same still.
        change = change.write(Write::put(file, Expect::Anything));
    }
    change.writes.extend(weighed.counts);
    change.writes.extend(leave.map(|leave| Write::put(leave.opt_out, Expect::Absent)));
    let change = once.save(change, now, || answer(&submitted));
    if once.try_commit(ports, change).await?.is_err() {
        // The workflow parked, or somebody voted, at the same moment.
        return Ok(Try::Again);
    }
    wake(&**workflow, &superseded).await;
    if let Err(error) = workflow.start(&ticket(approval), approval.send_at, 0).await {
        tracing::warn!(message_id = %message.id, %error, "the workflow could not be started yet");
    }
    Ok(Try::Done(submitted))
}

/// The entry of an edit, which ends the approval before and begins the one that takes its place.
fn edited_entry(ports: &Ports, by: &Principal, old: &Approval, new: &Approval) -> AuditEntry {
    let entry = ports.audit(by.organization_id, &by.actor, action::EDIT, old.id);
    let mut entry = entry.telling_of(Deed::Ended, old.id, new.id.at());
    entry.details = vec![
        ("digest", old.digest.to_string()),
        ("new_digest", new.digest.to_string()),
        ("new_approval_id", new.id.to_string()),
        ("message_id", new.message_id.to_string()),
        ("revision", new.revision.to_string()),
        ("credential", by.credential.name()),
    ];
    entry.details.extend(new.asked_details());
    entry
}

/// The mail as the edit leaves it, from the bytes that were sealed before.
async fn revise(
    sending: &Sending,
    principal: &Principal,
    old: &Approval,
    message: &Message,
    sealed: &Sealed,
    edit: Edit,
) -> Result<Prepared, Refusal> {
    let ports = &sending.ports;
    let Prepared { draft: before, mut files, .. } = reopen(message, sealed, old.is_tainted());
    for (i, id) in edit.remove_attachments.iter().enumerate() {
        let Some(at) = files.iter().position(|file| file.id(message.id) == *id) else {
            let field = format!("remove_attachments[{i}]");
            return Err(Refusal::field(field, Code::UnknownAttachment, "the mail has no such file"));
        };
        files.remove(at);
    }
    let mut draft = Draft {
        to: edit.to.unwrap_or(before.to),
        cc: edit.cc.unwrap_or(before.cc),
        bcc: edit.bcc.unwrap_or(before.bcc),
        reply_to: edit.reply_to.unwrap_or(before.reply_to),
        subject: edit.subject.or(before.subject),
        text: edit.text.or(before.text),
        html: edit.html.or(before.html).filter(|html| !html.trim().is_empty()),
        strict_html: edit.strict_html,
        unsubscribe: before.unsubscribe,
        attachments: edit.attachments,
        headers: before.headers,
        notes: before.notes,
        send_at: edit.send_at.or(before.send_at.filter(|at| *at > ports.now())),
    };
    let html_changes = check(&mut draft, &files, Body::Needed, ports.now())?;
    files.extend(fetch_files(ports, &*sending.blobs, principal, message.inbox_id, &draft).await?);
    check_total(&files)?;
    place(&draft, &mut files)?;
    let parent = load_parent(ports, old).await?;
    let counted = sealed.envelope().recipients().cloned().collect();
    let at = old.send_at.map_or(old.requested_at, |at| at.max(old.requested_at));
    Ok(Prepared {
        draft,
        files,
        parent,
        forward: old.forward,
        resends: None,
        revises: Some((counted, at)),
        saved: None,
        row: None,
        tainted: old.is_tainted(),
        always: Some("edited"),
        html_changes,
        limits: vec![],
    })
}

/// The mail that the one of this approval answers or passes on.
async fn load_parent(ports: &Ports, approval: &Approval) -> Result<Option<Message>, Refusal> {
    let Some(id) = approval.answers else { return Ok(None) };
    Ok(load_shown(ports, approval.organization_id, approval.inbox_id, id).await?)
}

/// The draft that a sealed mail was made from, as it is sealed.
pub(crate) fn reopen(message: &Message, sealed: &Sealed, tainted: bool) -> Prepared {
    let parsed = mail::parse(sealed.mime()).into_owned();
    let shown = as_sealed(message.clone(), sealed, &parsed);
    let mailboxes = |list: &[domain::mailbox::message::Party]| {
        list.iter()
            .filter_map(|party| {
                let address = domain::base::address::EmailAddress::parse(&party.address).ok()?;
                Some(Mailbox { name: party.name.as_deref().map(HeaderText::lossy), address })
            })
            .collect()
    };
    let files = shown.attachments.iter().filter_map(|sealed| {
        let same = |file: &&mail::ParsedAttachment<'_>| file.sha256 == *sealed.digest.as_bytes();
        let contents = parsed.attachments.iter().find(same)?.contents.to_vec().into();
        let (filename, content_type) = as_given(sealed, &message.attachments);
        let (content_id, digest) = (sealed.content_id.clone(), sealed.digest);
        let inline = sealed.inline;
        Some(File { filename, content_type, content_id, digest, contents, inline, tainted })
    });
    let files = files.collect();
    let (headers, unsubscribe) = caller_headers(&parsed.headers, sealed.envelope().organization_id);
    let made = parsed.html.as_deref().and_then(text_of).map(|text| mail::canonical_text(&text));
    Prepared {
        draft: Draft {
            to: mailboxes(&shown.to),
            cc: mailboxes(&shown.cc),
            bcc: mailboxes(&shown.bcc),
            reply_to: mailboxes(&shown.reply_to),
            subject: Some(HeaderText::lossy(&shown.subject)),
            // What we made of the HTML follows the HTML.
            text: parsed.text.filter(|text| !parsed.text_from_html && made.as_ref() != Some(text)),
            html: parsed.html,
            strict_html: false,
            unsubscribe,
            attachments: vec![],
            headers,
            notes: message.notes.clone(),
            send_at: sealed.envelope().send_at,
        },
        files,
        parent: None,
        forward: false,
        resends: None,
        revises: None,
        saved: None,
        row: None,
        tainted,
        always: None,
        html_changes: vec![],
        limits: vec![],
    }
}

/// The header fields of a sealed mail that whoever asked for it gave, and whether it has ours by which its recipient unsubscribes: sealed
/// anew, it gets others.
fn caller_headers(
    headers: &[mail::Header],
    organization_id: OrganizationId,
) -> (Vec<(String, String)>, bool) {
    let is_ours = |header: &mail::Header| {
        let secret = OptOutSecret::in_header(&header.value).filter(|_| is_to_unsubscribe(&header.name));
        secret.is_some_and(|secret| secret.organization_id() == organization_id)
    };
    let unsubscribe = headers.iter().any(is_ours);
    let given = headers.iter().filter(|header| {
        mail::is_caller_header(&header.name) && !(unsubscribe && is_to_unsubscribe(&header.name))
    });
    (given.map(|header| (header.name.clone(), header.value.clone())).collect(), unsubscribe)
}

/// Name and type of a sealed file as they were given. The record has both with what is not read of them in the mail: it is
/// taken at its word where it says nothing else.
fn as_given(sealed: &AttachmentRef, recorded: &[AttachmentRef]) -> (String, String) {
    let kind = |file: &AttachmentRef| {
        file.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    };
    let same = |file: &&AttachmentRef| {
        file.id == sealed.id
            && read_name(&file.filename) == sealed.filename
            && kind(file) == sealed.content_type
    };
    let given = recorded.iter().find(same).unwrap_or(sealed);
    (given.filename.clone(), given.content_type.clone())
}

/// Asks for a mail that did not go, or of which nobody knows, to be sent again: a new mail with a new approval, which a
/// person decides about, whatever the policies say.
pub async fn send_again(
    sending: &Sending,
    permit: &Permit<scope::MessagesSend>,
    inbox_id: InboxId,
    id: MessageId,
    once: &Once,
    answer: impl Fn(&Submitted) -> (u16, String),
) -> Result<Submitted, Refusal> {
    let ports = &sending.ports;
    permit.over(inbox_id)?;
    let organization_id = permit.organization_id();
    let wanted = (key::Inbox(inbox_id), key::Message(inbox_id, id), key::Policies, key::Organization);
    let (inbox, message, book, organization) = load(&*ports.store, organization_id, wanted).await?;
    let inbox = inbox.ok_or(Refusal::NotFound("inbox"))?;
    let message = message.ok_or(Refusal::NotFound("message"))?;
    let book = book.unwrap_or_default();
    let outbound = message.outbound().ok_or(Refusal::NotFound("message"))?;
    let wanted = (key::Approval(outbound.approval_id), key::Thread(message.thread_id));
    let (approval, thread) = load(&*ports.store, organization_id, wanted).await?;
    let tainted = approval.as_ref().is_some_and(Approval::is_tainted) || thread.is_some_and(|it| it.tainted);
    let digest = outbound.digest;
    let original = original(ports, &message, approval.as_ref()).await?;
    // Looked at again when it is stored; here it spares the work.
    original.sent_again_as(id)?;
    let sealed = open_sealed_at(&*sending.blobs, organization_id, digest).await?;
    let Prepared { mut draft, files, .. } = reopen(&message, &sealed, tainted);
    // Its time is over: it goes when it is approved.
    draft.send_at = None;
    let parent = match &approval {
        Some(approval) => load_parent(ports, approval).await?,
        None => None,
    };
    let forward = approval.as_ref().is_some_and(|approval| approval.forward);
    let html_changes = approval.map(|approval| approval.html_changes).unwrap_or_default();
    let limits = daily_limits(ports, &inbox, organization.and_then(|it| it.sends_per_day)).await?;
    let prepared = Prepared {
        draft,
        files,
        parent,
        forward,
        resends: Some(original),
        revises: None,
        saved: None,
        row: None,
        tainted,
        always: Some("sent_again"),
        html_changes,
        limits,
    };
    Box::pin(send(sending, permit.principal(), &inbox, &book, prepared, once, answer)).await
}

/// The first mail of all that `message` is an attempt at, with all attempts so far.
async fn original(
    ports: &Ports,
    message: &Message,
    approval: Option<&Approval>,
) -> Result<Original, Refusal> {
    let organization_id = message.organization_id;
    let mail = |id: MessageId| key::Message(message.inbox_id, id);
    let root = match approval.and_then(|approval| approval.resends.first()) {
        Some(first) => load(&*ports.store, organization_id, mail(*first)).await?,
        None => Some(message.clone()),
    };
    let root = root.ok_or(Refusal::NotFound("message"))?;
    let attempts = root.outbound().map(|outbound| outbound.sent_again_as.clone()).unwrap_or_default();
    let wanted: Vec<_> = attempts.iter().copied().map(mail).collect();
    let found = load(&*ports.store, organization_id, wanted).await?;
    let earlier: Vec<_> =
        attempts.iter().zip(found).map(|(id, message)| Attempt::of(*id, message.as_ref())).collect();
    // The last one's has all authors of those before it, but for the named one's own.
    let last = earlier.last().and_then(|attempt| attempt.approval_id);
    let last = match last {
        Some(id) => load(&*ports.store, organization_id, key::Approval(id)).await?,
        None => None,
    };
    let authors = [approval, last.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|a| a.authors.iter().copied().chain(a.requested_by.member()).chain(a.edited_by))
        .collect();
    Ok(Original { root, earlier, named: message.id, authors })
}
