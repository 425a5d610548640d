//! Making, changing and trying out policies.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::address::{EmailAddress, HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::policy::{
    Evaluation, Facts, FileFact, FormerPolicy, Named, Policy, PolicyBook, PolicyContent, Unmatched, limits,
};
use domain::ledger::audit::AuditEntry;
use domain::mailbox::message::{AttachmentRef, Direction, Message};
use domain::people::access::{Actor, CalledThen, Denied, Permit, Principal, Role, Scope, scope};
use domain::{DraftId, InboxId, MemberId, MessageId, OrganizationId, PolicyId, Timestamp, TokenId};

use crate::base::enter::Once;
use crate::base::error::{FieldError, Refusal};
use crate::base::ports::{Blobs, Ports};
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, Directory, Expect, Key, List, PageRequest, StoreError, Write, key, load, typed,
};
use crate::gate::drafts;
use crate::gate::facts::{Bodies, FactsInput, gather};
use crate::gate::submit::ready;
use crate::gate::weigh::judge;
use crate::mailbox::attachments::detect;
use crate::mailbox::messages;
use crate::people::members::seats;
use crate::people::tokens;

/// All policies of the organization, and what of them can't be read.
pub async fn book(ports: &Ports, permit: &Permit<scope::PoliciesManage>) -> Result<PolicyBook, Refusal> {
    Ok(load(&*ports.store, permit.organization_id(), key::Policies).await?.unwrap_or_default())
}

/// One policy.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: PolicyId,
) -> Result<Policy, Refusal> {
    let book = book(ports, permit).await?;
    let found = book.get(id).cloned();
    if found.is_none() && book.unreadable.iter().any(|one| one.id == Some(id)) {
        return Err(Refusal::because(
            Code::PolicyUnreadable,
            "it is stored in a form that can't be read, and every mail is held: replace or delete it",
        ));
    }
    found.ok_or(Refusal::NotFound("policy"))
}

/// What a policy says and what it said before, the latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// As it is; none where it was deleted.
    pub current: Option<Policy>,
    /// As it was, at most [`FormerPolicy::KEPT`].
    pub former: Vec<FormerPolicy>,
}

/// What a policy says and what it said before, also of one that was deleted.
pub async fn history(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: PolicyId,
) -> Result<History, Refusal> {
    let current = book(ports, permit).await?.get(id).cloned();
    let mut former: Vec<FormerPolicy> = vec![];
    let mut page = PageRequest { limit: 100, cursor: None };
    // A page ends early where policies are long.
    for _ in 0..FormerPolicy::KEPT {
        let list = ports.store.list(permit.organization_id(), &List::FormerPolicies(id), &page).await?;
        let found = typed::<FormerPolicy>(list);
        former.extend(found.items);
        match found.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    former.sort_by_key(|one| std::cmp::Reverse((one.ended_at, one.version)));
    if current.is_none() && former.is_empty() {
        return Err(Refusal::NotFound("policy"));
    }
    Ok(History { current, former })
}

/// What people call what these policies name: the addresses of inboxes and members, the names of tokens. What is gone has no name.
pub async fn names(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    contents: &[&PolicyContent],
) -> Result<BTreeMap<Named, String>, Refusal> {
    let named: BTreeSet<Named> =
        contents.iter().flat_map(|content| content.named()).map(|(_, named)| named).take(MAX_NAMED).collect();
    let (mut inboxes, mut tokens, mut members) = (vec![], vec![], vec![]);
    for one in &named {
        match one {
            Named::Inbox(id) => inboxes.push(*id),
            Named::Token(id) => tokens.push(*id),
            Named::Member(id) => members.push(*id),
            Named::Group(_) => {}
        }
    }
    let mut known = BTreeMap::new();
    if inboxes.is_empty() && tokens.is_empty() && members.is_empty() {
        return Ok(known);
    }
    let wanted = (
        inboxes.into_iter().map(key::Inbox).collect::<Vec<_>>(),
        tokens.into_iter().map(key::TokenPointer).collect::<Vec<_>>(),
        members.into_iter().map(key::Member).collect::<Vec<_>>(),
    );
    let (inboxes, pointers, members) = load(&*ports.store, permit.organization_id(), wanted).await?;
    known.extend(inboxes.into_iter().flatten().map(|it| (Named::Inbox(it.id), it.address.to_string())));
    known.extend(members.into_iter().flatten().map(|it| (Named::Member(it.id), it.email.to_string())));
    let hashes: Vec<_> = pointers.into_iter().flatten().map(|pointer| key::Token(pointer.hash)).collect();
    if !hashes.is_empty() {
        let tokens = load(&*ports.store, permit.organization_id(), hashes).await?;
        known.extend(tokens.into_iter().flatten().map(|token| (Named::Token(token.id), token.name)));
    }
    Ok(known)
}

/// One policy as it is stored now, whatever this request read before.
pub async fn current(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: PolicyId,
) -> Result<Policy, Refusal> {
    let book = load(&*ports.store, permit.organization_id(), key::Policies).await?.unwrap_or_default();
    book.get(id).cloned().ok_or(Refusal::NotFound("policy"))
}

/// Makes a policy.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    content: PolicyContent,
    once: &Once,
    answer: impl Fn(&Policy) -> (u16, String),
) -> Result<Policy, Refusal> {
    let now = ports.now();
    let found = look_up(ports, permit.organization_id(), &content).await?;
    let policy = Policy {
        id: ports.policy_id(),
        content,
        version: 1,
        created_at: now,
        updated_at: now,
        updated_by: permit.actor().clone(),
        settled_at: now,
    };
    let add = |book: &mut PolicyBook| {
        book.policies.push(policy.clone());
        check(book, &policy, &found, None)?;
        Ok((policy.clone(), audit_details(&policy)))
    };
    let save = |change, policy: &Policy| once.save(change, now, || answer(policy));
    alter(ports, permit, ("policy.create", policy.id), add, once, save).await
}

/// Puts another content in the place of version `version` of a policy.
pub async fn replace(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: PolicyId,
    version: u64,
    content: PolicyContent,
) -> Result<Policy, Refusal> {
    let now = ports.now();
    let by_person = permit.principal().credential.is_person();
    let found = look_up(ports, permit.organization_id(), &content).await?;
    let put = |book: &mut PolicyBook| {
        let before = book.get(id).map(|policy| policy.content.clone());
        let (content, updated_by) = (content.clone(), permit.actor().clone());
        let policy = if let Some(known) = book.policies.iter_mut().find(|policy| policy.id == id) {
            if known.version != version {
                return Err(Refusal::Because {
                    code: Code::PolicyChanged,
                    message: format!("it has version {} by now: load it again", known.version),
                    details: vec![("version", known.version.to_string())],
                });
            }
            // A program that saves it says nothing of inboxes that were made since.
            // Nor does whoever switches it on or off.
            let switched = PolicyContent { enabled: known.content.enabled, ..content.clone() };
            let is_switch = known.content != content && known.content == switched;
            let settled_at = if by_person && !is_switch { now } else { known.settled_at };
            *known = Policy {
                content,
                version: version + 1,
                updated_at: now,
                updated_by,
                settled_at,
                ..known.clone()
            };
            known.clone()
        } else if let Some(i) = book.unreadable.iter().position(|one| one.id == Some(id)) {
            // What could not be read has no version that anyone could name.
            book.unreadable.remove(i);
            let version = version.saturating_add(1);
            let policy = Policy {
                id,
                content,
                version,
                created_at: now,
                updated_at: now,
                updated_by,
                // Nobody knows any more what it said of inboxes.
                settled_at: if by_person { now } else { Timestamp::UNIX_EPOCH },
            };
            book.policies.push(policy.clone());
            policy
        } else {
            return Err(Refusal::NotFound("policy"));
        };
        check(book, &policy, &found, before.as_ref())?;
        let details = audit_details(&policy);
        Ok((policy, details))
    };
    alter(ports, permit, ("policy.update", id), put, &Once::default(), |change, _| change).await
}

/// Removes a policy. Mail such as it let out is held from the next one on.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: PolicyId,
) -> Result<(), Refusal> {
    let take = |book: &mut PolicyBook| {
        if let Some(i) = book.policies.iter().position(|policy| policy.id == id) {
            Ok(((), audit_details(&book.policies.remove(i))))
        } else if let Some(i) = book.unreadable.iter().position(|one| one.id == Some(id)) {
            let digest = Digest::of(book.unreadable.remove(i).stored.as_bytes());
            Ok(((), vec![("digest", digest.to_string())]))
        } else {
            Err(Refusal::NotFound("policy"))
        }
    };
    alter(ports, permit, ("policy.delete", id), take, &Once::default(), |change, ()| change).await
}

/// So often a change of the book is tried again while others change it, each time on what they left.
const TRIES: usize = 10;

/// Stores what `make` makes of the book, with an audit entry of its details. All policies are one record: that another
/// policy was changed at the same moment is no concern of who changes this one.
pub(crate) async fn alter<T>(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    (action, id): (&'static str, impl ToString + Copy),
    make: impl Fn(&mut PolicyBook) -> Result<(T, Vec<(&'static str, String)>), Refusal>,
    once: &Once,
    save: impl Fn(Change, &T) -> Change,
) -> Result<T, Refusal> {
    let organization_id = permit.organization_id();
    retry(TRIES, "the policies kept changing", || async {
        let mut book = book(ports, permit).await?;
        let before = book.policies.clone();
        let (made, details) = make(&mut book)?;
        let entry = ports.audit(organization_id, permit.actor(), action, id);
        let mut change = Change::new(organization_id).audit(AuditEntry { details, ..entry });
        // What a policy said stays to be looked at, and to be taken up again.
        let goes = |known: &&Policy| book.get(known.id).is_none_or(|now| now.version != known.version);
        for policy in before.iter().filter(goes) {
            let former = FormerPolicy::of(policy, ports.now(), permit.actor().clone());
            change = change.write(Write::put(former, Expect::Anything));
        }
        // The first policy of an organization makes the record.
        let change = if book.version == 0 {
            change.create(PolicyBook { version: 1, ..book })
        } else {
            change.update(book)
        };
        match once.try_commit(ports, save(change, &made)).await? {
            Ok(()) => Ok(Try::Done(made)),
            Err(conflicts) if conflicts == [Conflict::Record(Key::Policies)] => Ok(Try::Again),
            Err(conflicts) => Err(StoreError::Conflict(conflicts).into()),
        }
    })
    .await
}

/// Particulars of an audit entry. A policy may name addresses: its digest stands for it.
fn audit_details(policy: &Policy) -> Vec<(&'static str, String)> {
    vec![
        ("policy_id", policy.id.to_string()),
        ("version", policy.version.to_string()),
        ("digest", policy.content.digest().to_string()),
    ]
}

/// Refuses to write over what can't be read at all.
pub(crate) fn check_readable(book: &PolicyBook) -> Result<(), Refusal> {
    if book.unreadable.iter().any(|one| one.id.is_none()) {
        return Err(Refusal::because(
            Code::PoliciesUnreadable,
            "the stored policies can't be read, and every mail is held: the operator has to restore them",
        ));
    }
    Ok(())
}

/// A policy names at most so many inboxes, tokens and members: all are looked for when it is written.
const MAX_NAMED: usize = 1_000;

/// What was looked for of what a policy names.
struct Found {
    /// What is not there. Of groups the book tells.
    missing: BTreeSet<Named>,
    /// Who belongs to the organization, where that matters for its quorums.
    seats: Vec<(MemberId, Role)>,
}

/// Looks for what a policy names.
async fn look_up(
    ports: &Ports,
    organization_id: OrganizationId,
    content: &PolicyContent,
) -> Result<Found, Refusal> {
    let named: BTreeSet<Named> = content.named().into_iter().map(|(_, named)| named).collect();
    if named.len() > MAX_NAMED {
        let message = format!("name more than {MAX_NAMED} inboxes, tokens, members and groups");
        return Err(Refusal::field("rules", Code::TooMany, message));
    }
    let (mut inboxes, mut tokens, mut members) = (vec![], vec![], vec![]);
    for one in &named {
        match one {
            Named::Inbox(id) => inboxes.push(*id),
            Named::Token(id) => tokens.push(*id),
            Named::Member(id) => members.push(*id),
            Named::Group(_) => {}
        }
    }
    let wanted = (
        inboxes.iter().copied().map(key::Inbox).collect::<Vec<_>>(),
        tokens.iter().copied().map(key::TokenPointer).collect::<Vec<_>>(),
        members.iter().copied().map(key::Member).collect::<Vec<_>>(),
    );
    let mut missing = BTreeSet::new();
    if !(inboxes.is_empty() && tokens.is_empty() && members.is_empty()) {
        let (found, of_tokens, of_members) = load(&*ports.store, organization_id, wanted).await?;
        let named = inboxes.into_iter().map(Named::Inbox).zip(found.iter().map(Option::is_some));
        let tokens = tokens.into_iter().map(Named::Token).zip(of_tokens.iter().map(Option::is_some));
        let members = members.into_iter().map(Named::Member).zip(of_members.iter().map(Option::is_some));
        let all = named.chain(tokens).chain(members);
        missing.extend(all.filter(|(_, is_there)| !is_there).map(|(named, _)| named));
    }
    let seats = if content.asks_for_more() { seats(ports, organization_id).await? } else { vec![] };
    Ok(Found { missing, seats })
}

/// What a policy names that is not there, and what it asks for that nobody can give. What it named before may stay: it may
/// have gone since.
fn doubts(
    book: &PolicyBook,
    content: &PolicyContent,
    found: &Found,
    before: Option<&PolicyContent>,
) -> Vec<FieldError> {
    let known: BTreeSet<Named> =
        before.into_iter().flat_map(PolicyContent::named).map(|(_, named)| named).collect();
    let mut errors = vec![];
    for (path, named) in content.named() {
        let is_new_and_missing = found.missing.contains(&named) && !known.contains(&named);
        let (gone, code, message) = match &named {
            Named::Inbox(id) => (is_new_and_missing, Code::UnknownInbox, format!("there is no inbox {id}")),
            Named::Token(id) => (is_new_and_missing, Code::UnknownToken, format!("there is no token {id}")),
            Named::Member(id) => {
                (is_new_and_missing, Code::UnknownMember, format!("there is no member {id}"))
            }
            Named::Group(name) => (
                !book.groups.iter().any(|group| group.name == *name),
                Code::UnknownGroup,
                format!("there is no group {name}: make it first (POST /v1/groups)"),
            ),
        };
        if gone {
            errors.push(FieldError::new(path, code, message));
        }
    }
    if errors.is_empty() {
        let short = content.impossible(&book.groups, &found.seats);
        errors.extend(short.into_iter().map(|short| {
            let message = format!(
                "asks for {} votes of {}, which only {} can give: nobody could let such a mail go",
                short.quorum, short.voters, short.able
            );
            FieldError::new(format!("{}.quorum", short.path), Code::QuorumImpossible, message)
        }));
    }
    errors
}

/// Refuses what is too much for one organization, names nothing, or asks for what nobody can give.
fn check(
    book: &PolicyBook,
    policy: &Policy,
    found: &Found,
    before: Option<&PolicyContent>,
) -> Result<(), Refusal> {
    check_readable(book)?;
    let known = book.policies.len() + book.unreadable.len();
    if known > limits::POLICIES {
        let message = format!("an organization has at most {} policies: delete one first", limits::POLICIES);
        return Err(Refusal::because(Code::TooManyPolicies, message));
    }
    let mut errors = doubts(book, &policy.content, found, before);
    let size: usize = book.policies.iter().map(|one| one.content.write().canonical().len()).sum();
    if size > limits::BOOK {
        let message =
            format!("would make all policies {size} bytes together: at most {} are allowed", limits::BOOK);
        errors.push(FieldError::new("rules", Code::PoliciesTooLarge, message));
    }
    let patterns: usize = book.policies.iter().map(|one| one.content.patterns()).sum();
    if patterns > limits::BOOK_PATTERNS {
        let message = format!(
            "would make {patterns} patterns in all policies: at most {} are allowed",
            limits::BOOK_PATTERNS
        );
        errors.push(FieldError::new("rules", Code::TooManyPatterns, message));
    }
    let inboxes: BTreeSet<_> = policy.content.inboxes.iter().flatten().collect();
    if inboxes.len() > limits::LIST {
        errors.push(FieldError::new(
            "inbox_ids",
            Code::TooMany,
            format!("names more than {} inboxes", limits::LIST),
        ));
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// A mail that is only tried out.
#[derive(Clone, PartialEq, Eq)]
pub struct Trial {
    /// The inbox that it would leave.
    pub inbox_id: InboxId,
    /// The mail.
    pub mail: TrialMail,
    /// The token that would ask for it; the caller where none is named. A stored mail has its own.
    pub token_id: Option<TokenId>,
    /// Policies that are tried out in place of the stored ones.
    pub policies: Option<Vec<PolicyContent>>,
}

/// What is tried out.
#[derive(Clone, PartialEq, Eq)]
pub enum TrialMail {
    /// A mail that does not exist.
    Draft(Box<TrialDraft>),
    /// A mail that was submitted.
    Stored(MessageId),
    /// A draft that was saved, as submitting it would ask for it.
    Saved(DraftId),
}

/// A mail that does not exist.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TrialDraft {
    /// Recipients in to, cc and bcc.
    pub recipients: Vec<Mailbox>,
    /// The subject.
    pub subject: Option<HeaderText>,
    /// The body as text.
    pub text: Option<String>,
    /// The body as HTML.
    pub html: Option<String>,
    /// The files, without their bytes.
    pub attachments: Vec<FileFact>,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// The mail of the inbox that it answers.
    pub in_reply_to: Option<MessageId>,
}

/// The proof that a caller may try mails out: whoever writes the rules, and whoever sends under them.
#[derive(Debug, Clone)]
pub enum MayTry {
    /// Any mail, with any rules, and all that is known of it.
    Manages(Permit<scope::PoliciesManage>),
    /// What they could ask for themselves, by the rules that there are.
    Sends(Permit<scope::MessagesSend>),
}

impl MayTry {
    /// What a caller may try.
    pub fn of(principal: &Principal) -> Result<Self, Refusal> {
        if let Ok(permit) = principal.permit() {
            return Ok(Self::Manages(permit));
        }
        Ok(Self::Sends(principal.permit()?))
    }

    fn principal(&self) -> &Principal {
        match self {
            Self::Manages(permit) => permit.principal(),
            Self::Sends(permit) => permit.principal(),
        }
    }

    /// Refuses what belongs to whoever manages policies.
    fn check(&self, trial: &Trial) -> Result<(), Refusal> {
        let Self::Sends(permit) = self else { return Ok(()) };
        permit.over(trial.inbox_id)?;
        let own = match permit.actor() {
            Actor::Token { token_id, .. } => trial.token_id.is_none_or(|id| id == *token_id),
            Actor::Member { .. } | Actor::System => trial.token_id.is_none(),
        };
        if !own || trial.policies.is_some() {
            return Err(Denied::Scope(Scope::PoliciesManage).into());
        }
        Ok(())
    }

    /// What they are told of rules that did not match: whoever sends, why none lets the mail go, and not what the others look
    /// for.
    fn told(&self, unmatched: Unmatched) -> Unmatched {
        match self {
            Self::Manages(_) => unmatched,
            Self::Sends(_) => {
                let all = unmatched.steps.len();
                let steps: Vec<_> =
                    unmatched.steps.into_iter().filter(|step| step.outcome == "allow").collect();
                let hidden = u32::try_from(all - steps.len()).unwrap_or(u32::MAX);
                Unmatched { steps, omitted: unmatched.omitted.saturating_add(hidden) }
            }
        }
    }
}

/// Judges a mail and says why, of each rule that matched and of each that did not. Nothing is stored, counted or sent, and
/// standing approvals are not looked at.
pub async fn simulate(
    ports: &Ports,
    blobs: &dyn Blobs,
    directory: &dyn Directory,
    may: &MayTry,
    trial: Trial,
) -> Result<(Evaluation, Facts, Unmatched), Refusal> {
    let caller = may.principal();
    may.check(&trial)?;
    let stored = load(&*ports.store, caller.organization_id, key::Policies).await?.unwrap_or_default();
    let book = match &trial.policies {
        None => stored,
        Some(contents) => PolicyBook {
            policies: contents.iter().map(|content| candidate(ports, caller, content.clone())).collect(),
            unreadable: vec![],
            groups: stored.groups,
            version: 0,
        },
    };
    simulate_by(ports, blobs, directory, may, trial, &book).await
}

/// The policies that there are, and among them what one would say: in the place of the one with this id, or beside all of them.
pub fn with_candidate(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    mut book: PolicyBook,
    id: Option<PolicyId>,
    content: PolicyContent,
) -> PolicyBook {
    let candidate = candidate(ports, permit.principal(), content);
    match book.policies.iter_mut().find(|policy| Some(policy.id) == id) {
        Some(known) => *known = Policy { id: known.id, ..candidate },
        None => book.policies.push(candidate),
    }
    book
}

/// Judges a mail by this book, whatever is stored.
pub async fn simulate_by(
    ports: &Ports,
    blobs: &dyn Blobs,
    directory: &dyn Directory,
    may: &MayTry,
    trial: Trial,
    book: &PolicyBook,
) -> Result<(Evaluation, Facts, Unmatched), Refusal> {
    let caller = may.principal();
    may.check(&trial)?;
    let organization_id = caller.organization_id;
    let inbox_id = trial.inbox_id;
    let inbox = load(&*ports.store, organization_id, key::Inbox(inbox_id)).await?;
    let inbox = inbox.ok_or_else(|| Refusal::field("inbox_id", Code::UnknownInbox, "no such inbox"))?;
    let named;
    let actor = match trial.token_id {
        None => &caller.actor,
        Some(id) => {
            named = token(ports, organization_id, id).await?;
            &named
        }
    };
    let approval;
    let (actor, draft, size, answers, forward) = match trial.mail {
        TrialMail::Saved(id) => {
            let permit = caller.permit::<scope::DraftsManage>()?;
            let mail = drafts::asked_for(ports, blobs, &permit, inbox_id, id).await?;
            let (inbox, _, prepared) = ready(ports, blobs, (caller, actor), inbox_id, mail).await?;
            let judged = judge(ports, directory, actor, &inbox, book, &prepared).await?;
            let unmatched = may.told(book.explain(&judged.facts));
            let (evaluation, facts) = judged.outcome();
            return Ok((evaluation, facts, unmatched));
        }
        TrialMail::Draft(draft) => {
            let files: u64 = draft.attachments.iter().map(|file| file.size / 3 * 4).sum();
            let words: usize = [&draft.text, &draft.html].into_iter().flatten().map(String::len).sum();
            let answers = match draft.in_reply_to {
                None => None,
                Some(id) => Some(find(ports, organization_id, inbox_id, id, "draft.in_reply_to").await?),
            };
            (actor, *draft, files + words as u64, answers, false)
        }
        TrialMail::Stored(id) => {
            // What is told of a mail says something of its content.
            caller.permit::<scope::MessagesRead>()?;
            let message = find(ports, organization_id, inbox_id, id, "message_id").await?;
            let Some(outbound) = message.outbound() else {
                return Err(Refusal::field("message_id", Code::NotOutgoing, "is a mail that came in"));
            };
            approval = load(&*ports.store, organization_id, key::Approval(outbound.approval_id))
                .await?
                .ok_or(Refusal::NotFound("approval"))?;
            let answers = match approval.answers {
                None => None,
                Some(id) => Some(find(ports, organization_id, inbox_id, id, "message_id").await?),
            };
            let bytes = messages::raw_bytes(blobs, &message).await?;
            let draft = stored_draft(&message, &bytes);
            (&approval.requested_by, draft, message.size, answers, approval.forward)
        }
    };
    let automatic = |parent: &Message| matches!(parent.direction, Direction::Inbound { automatic: true, .. });
    // What is judged is what would go out.
    let html = draft.html.as_deref().map(|html| {
        mail::normal::normalise(html, &|_| true)
            .map(|normal| normal.html)
            .map_err(|refused| Refusal::field("draft.html", refused.reason.code(), refused))
    });
    let bodies = Bodies::read(draft.text.as_deref(), html.transpose()?.as_deref());
    // What is passed on answers nobody.
    let answered = answers.as_ref().filter(|_| !forward);
    let answering = crate::gate::weigh::answering(ports, answered, draft.recipients.iter()).await?;
    let input = FactsInput {
        organization_id,
        inbox: inbox.origin(),
        actor,
        recipients: draft.recipients.iter().map(|one| one.address.clone()).collect(),
        subject: draft.subject.as_ref().map(|line| line.as_str().to_owned()).unwrap_or_default(),
        text: bodies.text,
        links: bodies.links,
        pictures: bodies.pictures,
        attachments: draft.attachments,
        size,
        is_reply: answering.is_reply,
        unproven: answering.unproven,
        thread_id: answers.as_ref().map(|parent| parent.thread_id),
        answers_automatic: answered.is_some_and(automatic),
        send_at: draft.send_at,
        revises: None,
    };
    let facts = gather(ports, directory, book, input).await?.facts;
    let unmatched = may.told(book.explain(&facts));
    Ok((book.evaluate(&facts), facts, unmatched))
}

/// A policy that nobody stored.
fn candidate(ports: &Ports, caller: &Principal, content: PolicyContent) -> Policy {
    let now = ports.now();
    Policy {
        id: ports.policy_id(),
        content,
        version: 0,
        created_at: now,
        updated_at: now,
        updated_by: caller.actor.clone(),
        settled_at: now,
    }
}

async fn find(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    id: MessageId,
    field: &'static str,
) -> Result<Message, Refusal> {
    load(&*ports.store, organization_id, key::Message(inbox_id, id))
        .await?
        .ok_or_else(|| Refusal::field(field, Code::UnknownMessage, "no such mail in this inbox"))
}

/// The token that a trial is to be asked for with.
async fn token(ports: &Ports, organization_id: OrganizationId, id: TokenId) -> Result<Actor, Refusal> {
    match tokens::find(ports, organization_id, id).await {
        Ok(token) => {
            let name = CalledThen::new(&token.name);
            Ok(Actor::Token { token_id: id, member_id: token.member_id, name })
        }
        Err(Refusal::NotFound(_)) => Err(Refusal::field("token_id", Code::UnknownToken, "no such token")),
        Err(other) => Err(other),
    }
}

/// What a sealed mail says.
fn stored_draft(message: &Message, bytes: &[u8]) -> TrialDraft {
    let parsed = mail::parse(bytes);
    let parties = message.to.iter().chain(&message.cc).chain(&message.bcc);
    let file = |file: &AttachmentRef| {
        let sealed = parsed.attachments.iter().find(|it| it.sha256 == *file.digest.as_bytes());
        FileFact {
            filename: file.filename.clone(),
            content_type: file.content_type.clone(),
            detected_type: sealed.and_then(|sealed| detect(&sealed.contents)),
            size: file.size,
        }
    };
    TrialDraft {
        recipients: parties
            .filter_map(|party| Some(Mailbox::bare(EmailAddress::parse(&party.address).ok()?)))
            .collect(),
        subject: Some(HeaderText::lossy(&message.subject)),
        text: parsed.text.as_deref().map(str::to_owned),
        html: parsed.html.as_deref().map(str::to_owned),
        attachments: message.attachments.iter().map(file).collect(),
        send_at: message.outbound().and_then(|outbound| outbound.send_at),
        in_reply_to: None,
    }
}
