//! Telling people by mail what waits for their decision: one mail each, a digest where there are many, and as each of them chose
//! ([`Notifications`]). And telling owners that a webhook of theirs is told of nothing any more and what others did, and everybody what
//! happened to their own way in.
//!
//! A notification is the one mail that leaves without anybody's approval. So it can hold nothing but what this module
//! writes, and can go to nobody but a member, or somebody whom a member invited: see [`Notification`]. The words of mails that say
//! nothing of any mail stand in `fixed`, each with what it may name.

mod alerts;
mod claims;
mod fixed;
mod proofs;
mod uploads;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_trait::async_trait;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::event::{EventKind, WhyDisabled};
use domain::gate::approval::Approval;
use domain::gate::link::{Link, LinkSecret, awaits};
use domain::gate::notice::{Again, Notice, NoticeState, Pace, Step};
use domain::gate::policy::Links;
use domain::gate::risk::{Level, Risk};
use domain::people::access::{Actor, Role};
use domain::people::alert::{Alert, OwnersAlert};
use domain::people::invitation::{Invitation, InvitationSecret, InvitationStatus};
use domain::people::notifications::{Mails, Notifications};
use domain::people::organization::{Member, Organization};
use domain::people::reset::{Reset, ResetSecret};
use domain::{ApprovalId, AuditId, EventId, InvitationId, MemberId, OrganizationId, Timestamp, WebhookId};

use crate::base::error::Refusal;
use crate::base::plain::inert;
use crate::base::ports::{Ports, Queue, SendOutcome, UploadOf};
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Directory, Expect, List, PageRequest, Write, key, load, typed};
use crate::gate::registrations::AskedClaim;
use crate::gate::risks;
use crate::people::email::AskedProof;
use crate::people::resets::AskedReset;

/// A mail to a member about what waits for them, or to somebody who was invited or is to claim an organization. Only this module makes one,
/// from a member's seat, an invitation or a registration, and its own words.
pub struct Notification {
    to: EmailAddress,
    mime: Vec<u8>,
}

impl Notification {
    /// Whose address it goes to.
    pub fn to(&self) -> &EmailAddress {
        &self.to
    }

    /// The mail.
    pub fn mime(&self) -> &[u8] {
        &self.mime
    }
}

/// Sends notifications, and can send nothing else. It is called once for each: no retries below this line.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends.
    async fn notify(&self, notification: &Notification) -> SendOutcome;
}

/// What members are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notify {
    /// An approval waits, or still waits.
    Waiting(Waiting),
    /// Mails were made of a spreadsheet.
    Uploaded(UploadOf),
    /// A member's digest is due.
    Digest(DueDigest),
    /// A webhook was disabled.
    Disabled(Disabled),
    /// Somebody was invited, or is to be told so again.
    Invited(Invited),
    /// An organization was signed up for, and somebody is to claim it.
    Claim(AskedClaim),
    /// Somebody proves that their address is theirs.
    Proof(AskedProof),
    /// Somebody forgot their password, or it is said that they did.
    Forgot(AskedReset),
    /// Something happened to somebody's own way in.
    Alert(Alerted),
    /// Somebody did what owners are to know.
    Owners(OwnersTold),
}

/// What owners are to know, as an entry of the audit log tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnersTold {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The entry: each is told once. It says when, too.
    pub id: AuditId,
    /// What somebody did.
    pub alert: OwnersAlert,
}

/// What happened to somebody's own way in, as an entry of the audit log tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerted {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whom it concerns.
    pub member_id: MemberId,
    /// The entry: each is told once. It says when, too.
    pub id: AuditId,
    /// What happened.
    pub alert: Alert,
}

/// An invitation that is to be mailed, as an event told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which.
    pub invitation_id: InvitationId,
    /// The event.
    pub event_id: EventId,
}

/// A webhook that was disabled, as an event told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disabled {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: EventId,
    /// Why.
    pub why: WhyDisabled,
}

/// An approval that waits, as an event told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which.
    pub approval_id: ApprovalId,
    /// The event.
    pub event_id: EventId,
    /// `approval.requested`, `approval.delegated` or `approval.reminder`.
    pub kind: EventKind,
}

/// A digest that was queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDigest {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub member_id: MemberId,
    /// When it was to be sent; names it.
    pub due: Timestamp,
}

/// A digest lists so many mails; there may be more.
pub const DIGEST_ENTRIES: usize = 50;
/// A digest looks for its mails among so many pending approvals.
const DIGEST_LOOKS_AT: usize = 500;
/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;
/// Characters of a mail's preview.
const PREVIEW: usize = 200;
/// Characters of a mail's subject.
const SUBJECT: usize = 80;
/// A notification names so many of those whom a mail goes to.
const NAMED: usize = 3;
/// Characters of an address: all that one can have (RFC 5321 §4.5.3.1), since its end is what decides.
const ADDRESS: usize = 320;
/// Characters of the name of a token or a rule.
const NAME: usize = 60;

/// What telling people needs beyond the ports of the API.
pub struct Teller<'a> {
    /// Records, time, randomness.
    pub ports: &'a Ports,
    /// Which addresses are inboxes.
    pub directory: &'a dyn Directory,
    /// The way out.
    pub notifier: &'a dyn Notifier,
    /// Where digests wait.
    pub queue: &'a dyn Queue,
    /// Writes a digest as a message of the queue.
    pub encode: fn(&DueDigest) -> String,
    /// What notifications come from.
    pub from: &'a EmailAddress,
    /// Scheme and host of the console, without a slash at the end.
    pub public_url: &'a str,
}

/// A claim on one notification, and the one-time link in it; none where the mail's policies ask for a sign-in.
struct Claimed {
    notice: Notice,
    secret: Option<LinkSecret>,
}

/// A digest that is claimed.
struct ReadyDigest {
    notice: Notice,
    member: Member,
    waiting: Vec<Approval>,
    more: usize,
    /// The one-time link of each.
    secrets: Vec<Option<LinkSecret>>,
}

impl Teller<'_> {
    /// Tells whoever is to be told. Whatever was told already is not told again.
    pub async fn tell(&self, what: &Notify) -> Result<(), Refusal> {
        match what {
            Notify::Waiting(waiting) => self.tell_all(waiting).await,
            Notify::Uploaded(of) => self.tell_of_upload(*of).await,
            Notify::Digest(due) => self.digest(due).await,
            Notify::Disabled(disabled) => self.tell_owners(disabled).await,
            Notify::Invited(invited) => self.invite(invited).await,
            Notify::Claim(asked) => self.let_claim(asked).await,
            Notify::Proof(asked) => self.let_prove(asked).await,
            Notify::Forgot(asked) => self.let_reset(asked).await,
            Notify::Alert(alerted) => self.alert(alerted).await,
            Notify::Owners(told) => self.alert_owners(told).await,
        }
    }

    /// Mails an invitation with a link that is drawn here: any link before it holds no more. One that was accepted or taken back, whose
    /// time is over, or whose maker may not invite any more, is mailed to nobody.
    async fn invite(&self, invited: &Invited) -> Result<(), Refusal> {
        let organization_id = invited.organization_id;
        let (invitation_id, event_id) = (invited.invitation_id.to_string(), invited.event_id.to_string());
        let notice_key = Digest::of_parts(&[b"invitation", invitation_id.as_bytes(), event_id.as_bytes()]);
        let claimed = retry(TRIES, "the invitation kept changing", || async {
            let now = self.ports.now();
            let wanted = (key::Invitation(invited.invitation_id), key::Notice(notice_key), key::Organization);
            let (invitation, known, organization) = load(&*self.ports.store, organization_id, wanted).await?;
            let (Some(invitation), Some(organization)) = (invitation, organization) else {
                return Ok(Try::Done(None));
            };
            let invitation: Invitation = invitation;
            // The notice is kept in the name of whoever invited them.
            let Some(member_id) = invitation.invited_by.member() else { return Ok(Try::Done(None)) };
            let inviter = load(&*self.ports.store, organization_id, key::Member(member_id)).await?;
            let still = inviter.is_some_and(|inviter| inviter.role.gives(invitation.role));
            if !still
                || invitation.status(now) != InvitationStatus::Pending
                || self.is_ours(&invitation.email).await?
            {
                tracing::info!(invitation_id = %invitation.id, "an invitation is not mailed any more");
                return Ok(Try::Done(None));
            }
            let change = Change::new(organization_id);
            let (change, notice) = if let Some(known) = known {
                let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
                (change.update(notice.clone()), Notice { version: notice.version + 1, ..notice })
            } else {
                let (key, state) = (notice_key, NoticeState::Claimed(now));
                let new = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
                (change.create(new.clone()), new)
            };
            let secret = InvitationSecret::new(&invitation, self.ports.bytes());
            let mailed = Invitation { secret: Some(secret.hash()), ..invitation };
            let written = self.ports.store.commit(change.update(mailed.clone())).await;
            Try::of(written, Some((notice, mailed, secret, organization.name)))
        })
        .await?;
        let Some((notice, invitation, secret, organization)) = claimed else { return Ok(()) };
        let url = format!("{}/console/invitations/{}", self.public_url, secret.reveal());
        self.send(notice, &invitation.email, &fixed::invitation(&organization, &invitation, &url)).await
    }

    /// Mails a member a link by which they choose another password: it is drawn here, and any link before it holds no more.
    async fn let_reset(&self, asked: &AskedReset) -> Result<(), Refusal> {
        let (organization_id, member_id) = (asked.organization_id, asked.member_id);
        let notice_key = Digest::of_parts(&[b"reset", asked.id.to_string().as_bytes()]);
        let claimed = retry(TRIES, "the reset kept changing", || async {
            let now = self.ports.now();
            let wanted = (key::Member(member_id), key::Reset(member_id), key::Notice(notice_key));
            let (member, before, known) = load(&*self.ports.store, organization_id, wanted).await?;
            // Nobody has this address, or they were removed.
            let Some(member) = member else { return Ok(Try::Done(None)) };
            let member: Member = member;
            if self.is_ours(&member.email).await? {
                tracing::warn!(%member_id, "a password is not reset through an inbox of this installation");
                return Ok(Try::Done(None));
            }
            let change = Change::new(organization_id);
            let (change, notice) = if let Some(known) = known {
                let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
                (change.update(notice.clone()), Notice { version: notice.version + 1, ..notice })
            } else {
                let (key, state) = (notice_key, NoticeState::Claimed(now));
                let new = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
                (change.create(new.clone()), new)
            };
            let secret = ResetSecret::new(organization_id, member_id, self.ports.bytes());
            let reset = Reset::new(&secret, before.as_ref(), now);
            let change = if before.is_some() { change.update(reset) } else { change.create(reset) };
            Try::of(self.ports.store.commit(change).await, Some((notice, member.email, secret)))
        })
        .await?;
        let Some((notice, email, secret)) = claimed else { return Ok(()) };
        let url = format!("{}/console/password-resets/{}", self.public_url, secret.reveal());
        self.send(notice, &email, &fixed::password_reset(&url)).await
    }

    /// Whether an address belongs to this installation: whoever may read that inbox, an agent perhaps, would get the link.
    async fn is_ours(&self, email: &EmailAddress) -> Result<bool, Refusal> {
        let own = &self.ports.settings.mail_domain;
        Ok(email.domain().eq_ignore_ascii_case(own)
            || !self.directory.addresses(std::slice::from_ref(email)).await?.is_empty())
    }

    /// Tells the owners that a webhook is told of nothing any more.
    async fn tell_owners(&self, disabled: &Disabled) -> Result<(), Refusal> {
        let owns = |member: &Member| member.role == Role::Owner;
        let mut told = Ok(());
        for member in self.those(disabled.organization_id, &owns).await? {
            // One who can't be told does not keep the others from being told.
            if let Err(error) = self.tell_owner(disabled, &member).await {
                tracing::warn!(webhook_id = %disabled.webhook_id, member_id = %member.id, %error, "not notified");
                told = Err(error);
            }
        }
        told
    }

    async fn tell_owner(&self, disabled: &Disabled, member: &Member) -> Result<(), Refusal> {
        let organization_id = disabled.organization_id;
        let (webhook_id, member_id) = (disabled.webhook_id.to_string(), member.id.to_string());
        // Once a day, however often somebody makes it active again.
        let day = disabled.event_id.at().as_second().div_euclid(86_400).to_string();
        let parts: [&[u8]; 4] = [b"webhook", webhook_id.as_bytes(), member_id.as_bytes(), day.as_bytes()];
        let key = Digest::of_parts(&parts);
        let claimed = retry(TRIES, "the notification kept changing", || async {
            let now = self.ports.now();
            let change = Change::new(organization_id);
            let known = load(&*self.ports.store, organization_id, key::Notice(key)).await?;
            let (change, notice) = if let Some(known) = known {
                let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
                (change.update(notice.clone()), Notice { version: notice.version + 1, ..notice })
            } else {
                let (member_id, state) = (member.id, NoticeState::Claimed(now));
                let new = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
                (change.create(new.clone()), new)
            };
            Try::of(self.ports.store.commit(change).await, Some(notice))
        })
        .await?;
        match claimed {
            Some(notice) => self.send(notice, &member.email, &fixed::disabled(disabled)).await,
            None => Ok(()),
        }
    }

    async fn tell_all(&self, waiting: &Waiting) -> Result<(), Refusal> {
        let organization_id = waiting.organization_id;
        let key = key::Approval(waiting.approval_id);
        let Some(mut approval) = load(&*self.ports.store, organization_id, key).await? else {
            return Ok(());
        };
        if approval.row.is_some() && approval.revision == 1 && waiting.kind == EventKind::ApprovalRequested {
            // There are hundreds like it: people are told once, when all of them are there.
            return Ok(());
        }
        // What came into the conversation since it was asked for counts as well. The approval is not written here.
        let thread = load(&*self.ports.store, organization_id, key::Thread(approval.thread_id)).await?;
        if thread.is_some_and(|thread| thread.tainted) {
            approval.risks.get_or_insert_default().insert(Risk::ThreadTainted);
        }
        let voters = self.voters(&approval).await?;
        if voters.is_empty() {
            return Ok(());
        }
        let asked_by = self.askers(organization_id, [&approval.requested_by]).await?;
        let mut told = Ok(());
        for member in &voters {
            // One who can't be told does not keep the others from being told.
            if let Err(error) = self.tell_one(waiting, &approval, member, &asked_by).await {
                tracing::warn!(approval_id = %approval.id, member_id = %member.id, %error, "not notified");
                told = Err(error);
            }
        }
        told
    }

    /// Who may decide about this mail now and has an address of their own. The list names them, and their seats are read
    /// anew: who was removed a moment ago is told nothing.
    async fn voters(&self, approval: &Approval) -> Result<Vec<Member>, Refusal> {
        let now = self.ports.now();
        self.those(approval.organization_id, &|member| awaits(approval, member, now)).await
    }

    async fn those(
        &self,
        organization_id: OrganizationId,
        wanted: &(dyn Fn(&Member) -> bool + Sync),
    ) -> Result<Vec<Member>, Refusal> {
        let mut found = vec![];
        let organization = load(&*self.ports.store, organization_id, key::Organization).await?;
        if organization.is_some_and(|organization| organization.unclaimed) {
            // Whoever is to own it did not say yet that they want to hear of it, and decides nothing.
            return Ok(found);
        }
        let mut page = PageRequest { limit: 100, cursor: None };
        loop {
            let listed = self.ports.store.list(organization_id, &List::Members, &page).await?;
            let next = listed.next.clone();
            let candidates = typed::<Member>(listed).items;
            let keys: Vec<_> = candidates
                .iter()
                .filter(|member| wanted(member))
                .map(|member| key::Member(member.id))
                .collect();
            let fresh = load(&*self.ports.store, organization_id, keys).await?.into_iter().flatten();
            found.extend(self.reachable(fresh.filter(wanted)).await?);
            page.cursor = next;
            if page.cursor.is_none() {
                return Ok(found);
            }
        }
    }

    /// Leaves out whose address belongs to this installation: whoever may read that inbox, an agent perhaps, could decide
    /// in the member's name.
    async fn reachable(&self, members: impl Iterator<Item = Member>) -> Result<Vec<Member>, Refusal> {
        let own = &self.ports.settings.mail_domain;
        let outside = |member: &Member| !member.email.domain().eq_ignore_ascii_case(own);
        let members: Vec<_> = members.filter(outside).collect();
        let addresses: Vec<_> = members.iter().map(|member| member.email.clone()).collect();
        let inboxes = self.directory.addresses(&addresses).await?;
        let is_inbox = |member: &Member| {
            inboxes.iter().any(|entry| entry.address.mailbox_key() == member.email.mailbox_key())
        };
        Ok(members.into_iter().filter(|member| !is_inbox(member)).collect())
    }

    /// The addresses of the people behind requests.
    async fn askers<'b>(
        &self,
        organization_id: OrganizationId,
        actors: impl IntoIterator<Item = &'b Actor>,
    ) -> Result<BTreeMap<MemberId, EmailAddress>, Refusal> {
        let mut ids: Vec<MemberId> = actors.into_iter().filter_map(Actor::member).collect();
        ids.sort_unstable();
        ids.dedup();
        let wanted: Vec<_> = ids.into_iter().map(key::Member).collect();
        let members = load(&*self.ports.store, organization_id, wanted).await?.into_iter().flatten();
        Ok(members.map(|member| (member.id, member.email)).collect())
    }

    async fn tell_one(
        &self,
        waiting: &Waiting,
        approval: &Approval,
        member: &Member,
        askers: &BTreeMap<MemberId, EmailAddress>,
    ) -> Result<(), Refusal> {
        let key = notice_key(waiting, approval, member.id);
        let Some(claimed) = self.claim(key, approval, member).await? else { return Ok(()) };
        let again = waiting.kind != EventKind::ApprovalRequested;
        let entry = Entry::new(approval, askers, claimed.secret.as_ref(), self.public_url);
        self.send(claimed.notice, &member.email, &single(&entry, again)).await
    }

    /// Decides how a member is told of one mail. A claim where it is by a mail of its own that nobody else is sending.
    async fn claim(
        &self,
        key: Digest,
        approval: &Approval,
        member: &Member,
    ) -> Result<Option<Claimed>, Refusal> {
        let organization_id = approval.organization_id;
        retry(TRIES, "the member's notifications kept changing", || async {
            let now = self.ports.now();
            let own = key::Notifications(member.id);
            let wanted = (key::Notice(key), key::Pace(member.id), key::Organization, own);
            let (known, pace, organization, own) = load(&*self.ports.store, organization_id, wanted).await?;
            let own = own.unwrap_or_else(|| Notifications::new(organization_id, member.id));
            let new = Notice {
                key,
                organization_id,
                member_id: member.id,
                state: NoticeState::Claimed(now),
                created_at: now,
                version: 1,
            };
            let mut change = Change::new(organization_id);
            let notice = if let Some(known) = known {
                let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
                change = change.update(notice.clone());
                Notice { version: notice.version + 1, ..notice }
            } else {
                let (expect, pace) = match pace {
                    Some(pace) => (Expect::Version(pace.version), pace),
                    None => (Expect::Absent, Pace::new(organization_id, member.id)),
                };
                let (pace, step) = pace.next(now, approval.presses(&own, now), own.when(now));
                let notice = match step {
                    Step::Single => new,
                    Step::Digest(_) | Step::Queued | Step::Never => {
                        Notice { state: NoticeState::Done, ..new }
                    }
                };
                // Queued before it is written down: what is not written down is dropped when it comes, and a digest
                // that is written down is certainly queued.
                if let Step::Digest(due) = step {
                    let digest = DueDigest { organization_id, member_id: member.id, due };
                    self.queue_digest(&digest, now).await?;
                }
                change = change.write(Write::put(pace, expect)).create(notice.clone());
                notice
            };
            let single = notice.state != NoticeState::Done;
            let secret = self.secret(approval, organization.as_ref()).filter(|_| single);
            if let Some(secret) = &secret {
                change = change.create(Link::new(secret, approval, member.id, now));
            }
            // A conflict: the member was told of something else at the same moment, or of this by somebody else.
            Try::of(self.ports.store.commit(change).await, single.then_some(Claimed { notice, secret }))
        })
        .await
    }

    /// The secret of a one-time link; none where the terms ask for a sign-in, or the organization for a second factor.
    fn secret(&self, approval: &Approval, organization: Option<&Organization>) -> Option<LinkSecret> {
        let decides = approval.terms.as_ref().is_none_or(|terms| terms.links == Links::Decide)
            && !organization.is_some_and(|organization| organization.require_second_factor);
        decides.then(|| LinkSecret::new(approval.organization_id, self.ports.bytes()))
    }

    /// Queues a digest, for as long as a queue holds a message back: before its time it is queued again.
    async fn queue_digest(&self, digest: &DueDigest, now: Timestamp) -> Result<(), Refusal> {
        let delay = Pace::delay(now, digest.due);
        Ok(self.queue.send(digest.organization_id, (self.encode)(digest), delay).await?)
    }

    /// Sends a digest of everything that this member may decide about, once its time has come and no quiet hours have begun meanwhile.
    async fn digest(&self, due: &DueDigest) -> Result<(), Refusal> {
        let ready =
            retry(TRIES, "the member's notifications kept changing", || self.claim_digest(due)).await?;
        let Some(ready) = ready else { return Ok(()) };
        let asked_by = ready.waiting.iter().map(|approval| &approval.requested_by);
        let askers = self.askers(due.organization_id, asked_by).await?;
        let entries: Vec<_> = ready
            .waiting
            .iter()
            .zip(&ready.secrets)
            .map(|(approval, secret)| Entry::new(approval, &askers, secret.as_ref(), self.public_url))
            .collect();
        self.send(ready.notice, &ready.member.email, &many(&entries, ready.more, self.public_url)).await
    }

    /// Claims a digest; none where there is nothing to send, or not yet.
    async fn claim_digest(&self, due: &DueDigest) -> Result<Try<Option<ReadyDigest>>, Refusal> {
        let organization_id = due.organization_id;
        let key = digest_key(due);
        let now = self.ports.now();
        let own = key::Notifications(due.member_id);
        let wanted =
            (key::Notice(key), key::Pace(due.member_id), key::Member(due.member_id), key::Organization, own);
        let (known, pace, member, organization, own) =
            load(&*self.ports.store, organization_id, wanted).await?;
        let Some(member) = member else { return Ok(Try::Done(None)) };
        let own = own.unwrap_or_else(|| Notifications::new(organization_id, member.id));
        let mut change = Change::new(organization_id);
        let (mut notice, pace) = match (known, pace) {
            (Some(known), _) => {
                let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
                (notice, None)
            }
            (None, Some(pace)) if pace.digest_due == Some(due.due) => {
                if due.due > now {
                    self.queue_digest(due, now).await?;
                    return Ok(Try::Done(None));
                }
                let state = NoticeState::Claimed(now);
                let member_id = member.id;
                (Notice { key, organization_id, member_id, state, created_at: now, version: 0 }, Some(pace))
            }
            // Another one is due, or none: this one was never written down.
            _ => return Ok(Try::Done(None)),
        };
        let (waiting, more) = self.waiting(&member).await?;
        // What expires before they end is told of before.
        let spared = |until: Timestamp| {
            waiting.iter().all(|approval| approval.expires_at.duration_since(until) > Approval::MORNING)
        };
        if let (Some(pace), Some(until)) = (&pace, own.quiet_until(now).filter(|until| spared(*until))) {
            let later = DueDigest { due: until, ..due.clone() };
            self.queue_digest(&later, now).await?;
            let written = self.ports.store.commit(change.update(pace.clone().put_off(until))).await;
            return Try::of(written, None);
        }
        // They chose meanwhile to be told of nothing but what presses, which was told.
        if waiting.is_empty()
            || own.mails == Mails::Pressing && !waiting.iter().any(|one| one.presses(&own, now))
        {
            notice.state = NoticeState::Done;
        }
        let sends = notice.state != NoticeState::Done;
        let secret = |approval: &Approval| self.secret(approval, organization.as_ref());
        let secrets: Vec<_> = waiting.iter().map(|approval| secret(approval).filter(|_| sends)).collect();
        for (approval, secret) in waiting.iter().zip(&secrets) {
            if let Some(secret) = secret {
                change = change.create(Link::new(secret, approval, member.id, now));
            }
        }
        if let Some(pace) = pace {
            change = change.update(pace.digested());
        }
        change = if notice.version == 0 {
            change.create(Notice { version: 1, ..notice.clone() })
        } else {
            change.update(notice.clone())
        };
        notice.version += 1;
        let written = self.ports.store.commit(change).await;
        Try::of(written, sends.then_some(ReadyDigest { notice, member, waiting, more, secrets }))
    }

    /// The first mails that wait for this member, the worst first and then the soonest to expire, and how many more there are.
    async fn waiting(&self, member: &Member) -> Result<(Vec<Approval>, usize), Refusal> {
        if self.reachable(std::iter::once(member.clone())).await?.is_empty() {
            return Ok((vec![], 0));
        }
        let now = self.ports.now();
        let mut found: Vec<Approval> = vec![];
        let mut page = PageRequest { limit: 100, cursor: None };
        let mut looked_at = 0;
        while looked_at < DIGEST_LOOKS_AT {
            // Oldest first: of more than are looked at, those are left out that were asked for last.
            let list = List::Waiting;
            let listed =
                typed::<Approval>(self.ports.store.list(member.organization_id, &list, &page).await?);
            looked_at += listed.items.len();
            found.extend(listed.items.into_iter().filter(|approval| awaits(approval, member, now)));
            page.cursor = listed.next;
            if page.cursor.is_none() {
                break;
            }
        }
        found.sort_by_key(|approval| (Reverse(approval.level()), approval.expires_at, approval.id));
        let more = found.len().saturating_sub(DIGEST_ENTRIES);
        found.truncate(DIGEST_ENTRIES);
        Ok((found, more))
    }

    /// Sends what was claimed and writes down what came of it.
    async fn send(&self, notice: Notice, to: &EmailAddress, words: &Words) -> Result<(), Refusal> {
        let notification = words.to(to, self.from, self.ports.bytes())?;
        let outcome = self.notifier.notify(&notification).await;
        let member_id = notice.member_id;
        let (state, again) = match outcome {
            SendOutcome::Accepted(_) => (NoticeState::Done, None),
            SendOutcome::NotAccepted(code) => (NoticeState::Free, Some(code)),
            SendOutcome::Refused(code) => {
                tracing::error!(%member_id, code, "a notification was refused");
                (NoticeState::Done, None)
            }
            // It may have gone. The mail waits in the console all the same, and a reminder follows.
            SendOutcome::Ambiguous(code) => {
                tracing::warn!(%member_id, code, "a notification may not have been sent");
                (NoticeState::Done, None)
            }
        };
        let change = Change::new(notice.organization_id).update(Notice { state, ..notice });
        if let Err(error) = self.ports.store.commit(change).await {
            // Not an error to the caller: the mail has gone, and a second delivery would send it again.
            tracing::warn!(%member_id, %error, "what became of a notification was not written down");
        }
        match again {
            Some(code) => Err(Refusal::Unavailable(format!("notification not accepted: {code}"))),
            None => Ok(()),
        }
    }
}

/// The notice as it is claimed anew; `None` where there is nothing left to do.
fn take(known: Notice, now: Timestamp) -> Result<Option<Notice>, Refusal> {
    match known.again(now) {
        Again::Done => Ok(None),
        Again::Busy => Err(Refusal::Unavailable("the notification is being sent".to_owned())),
        Again::Take => Ok(Some(Notice { state: NoticeState::Claimed(now), ..known })),
    }
}

/// A request is told once for each mail that waits; a reminder once for each time that it was called for.
fn notice_key(waiting: &Waiting, approval: &Approval, member_id: MemberId) -> Digest {
    let (approval_id, member_id) = (approval.id.to_string(), member_id.to_string());
    let time = match waiting.kind {
        EventKind::ApprovalReminder | EventKind::ApprovalDelegated => waiting.event_id.to_string(),
        _ => String::new(),
    };
    let parts: [&[u8]; 5] = [
        b"approval",
        approval_id.as_bytes(),
        approval.digest.as_bytes(),
        member_id.as_bytes(),
        time.as_bytes(),
    ];
    Digest::of_parts(&parts)
}

fn digest_key(due: &DueDigest) -> Digest {
    let (member_id, at) = (due.member_id.to_string(), due.due.as_millisecond().to_string());
    Digest::of_parts(&[b"digest", member_id.as_bytes(), at.as_bytes()])
}

/// One mail that waits, in words that can do no harm.
struct Entry {
    subject: String,
    preview: String,
    recipients: String,
    /// Whom it goes to, by their addresses.
    to: String,
    files: String,
    asked_by: String,
    held: String,
    /// The rule that holds it; empty where none does.
    rule: String,
    /// What about it deserves a look, the worst first.
    risks: Vec<Risk>,
    expires: String,
    digest: String,
    url: String,
    /// What stands below the link.
    note: &'static str,
}

impl Entry {
    fn new(
        approval: &Approval,
        askers: &BTreeMap<MemberId, EmailAddress>,
        secret: Option<&LinkSecret>,
        public_url: &str,
    ) -> Self {
        let person = |id: &MemberId| {
            askers.get(id).map_or_else(|| format!("member {id}"), |email| email.as_str().to_owned())
        };
        let asked_by = match &approval.requested_by {
            Actor::Member { member_id } => person(member_id),
            Actor::Token { token_id, member_id, name } => {
                let id = token_id.to_string();
                // A program may have chosen the name: it is a quotation.
                let name = name.as_deref().map(|name| format!("\"{}\" ", inert(name, NAME)));
                let name = name.unwrap_or_default();
                format!("API token {name}\u{2026}{} of {}", &id[id.len() - 6..], person(member_id))
            }
            Actor::System => "Countersign".to_owned(),
        };
        let subject = inert(&approval.subject, SUBJECT);
        let rule = approval.trace.iter().find(|step| step.outcome == "hold");
        let files = usize::try_from(approval.attachment_count).unwrap_or(usize::MAX);
        Self {
            subject: if subject.is_empty() { "(no subject)".to_owned() } else { subject },
            preview: inert(&approval.preview, PREVIEW),
            recipients: count(approval.recipients.len(), "recipient"),
            to: name_some(approval),
            files: if files == 0 { String::new() } else { count(files, "file") },
            asked_by,
            held: explain_hold(&approval.reasons),
            rule: rule.map(|step| format!("\"{}\"", inert(&step.rule_name, NAME))).unwrap_or_default(),
            risks: risks::risks(approval),
            expires: approval.expires_at.strftime("%-d %b %Y, %H:%M UTC").to_string(),
            digest: approval.digest.hex()[..12].to_owned(),
            url: match secret {
                Some(secret) => format!("{public_url}/console/links/{}", secret.reveal()),
                None => format!("{public_url}/console/approvals/{}", approval.id),
            },
            note: if secret.is_some() { FOR_YOU } else { SIGN_IN },
        }
    }
}

/// Those whom a mail goes to, the first of them by their addresses. An agent wrote them: each is a quotation, and broken on purpose.
fn name_some(approval: &Approval) -> String {
    let all = &approval.recipients;
    let named: Vec<_> =
        all.iter().take(NAMED).map(|party| format!("\"{}\"", inert(&party.address, ADDRESS))).collect();
    match all.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{}, and {more} more", named.join(", ")),
    }
}

/// What the most serious of these things are called, in few words; nothing of what is only good to know.
fn warn(risks: &[Risk]) -> String {
    let serious = risks.iter().filter(|risk| risk.level() > Level::Note);
    serious.take(2).map(|risk| risks::risk(*risk).short).collect::<Vec<_>>().join(", ")
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Why a mail was held, from stable codes.
fn explain_hold(reasons: &[String]) -> String {
    let words: Vec<_> = reasons.iter().take(3).map(|code| inert(&code.replace('_', " "), 60)).collect();
    if words.is_empty() { "a person has to decide".to_owned() } else { words.join(", ") }
}

/// A notification before it is a mail.
struct Words {
    subject: String,
    text: String,
    html: String,
}

/// What stands before the words of a mail.
const NOT_OURS: &str =
    "These words are the mail\u{2019}s own, not ours; addresses in them are broken on purpose:";
/// What stands below a one-time link.
const FOR_YOU: &str =
    "Opening it decides nothing. It is for you alone and takes one decision: don\u{2019}t forward it.";

/// What stands below a link to the console.
const SIGN_IN: &str = "A policy asks you to sign in for this one: the link opens nothing by itself.";

fn single(entry: &Entry, again: bool) -> Words {
    let (first, lead) = if again {
        ("Still waiting:", "A mail still waits for your decision.")
    } else {
        ("Approve?", "A mail waits for your decision.")
    };
    let warning = warn(&entry.risks);
    let why = if warning.is_empty() {
        format!("held: {}", entry.held)
    } else {
        format!("look first: {}", warning.to_lowercase())
    };
    let subject = format!("{first} \"{}\" to {} ({why})", entry.subject, entry.recipients);
    let mut text = format!("{lead}\n\n");
    let mut rows = String::new();
    // Before what the mail says of itself, and before the link.
    let mut heed = String::new();
    for (title, sentences) in to_heed(&entry.risks) {
        let _ = writeln!(text, "{title}");
        let _ = write!(heed, "<p><b>{title}</b></p><ul>");
        for sentence in sentences {
            let _ = writeln!(text, "- {sentence}");
            let _ = write!(heed, "<li>{}</li>", escape(sentence));
        }
        text.push('\n');
        heed.push_str("</ul>");
    }
    for (name, value) in facts(entry) {
        let _ = writeln!(text, "{:<12}{value}", format!("{name}:"));
        let _ = write!(
            rows,
            "<tr><td style=\"padding:2px 16px 2px 0;color:#5b6770\">{name}</td><td>{}</td></tr>",
            escape(&value)
        );
    }
    let _ = write!(
        text,
        "\n{NOT_OURS}\n\n> {}\n>\n> {}\n\nLook at the whole mail and decide:\n\n{}\n\n{}\n",
        entry.subject, entry.preview, entry.url, entry.note
    );
    let html = page(&format!(
        "<p>{lead}</p>{heed}<table style=\"border-collapse:collapse\">{rows}</table>{}{}<p>{}</p>",
        quote(entry),
        button(&entry.url, "Look at the whole mail and decide"),
        entry.note
    ));
    Words { subject, text, html }
}

fn many(entries: &[Entry], more: usize, public_url: &str) -> Words {
    let total = count(entries.len() + more, "mail");
    let verb = if entries.len() + more == 1 { "waits" } else { "wait" };
    let lead = format!("{total} {verb} for your decision.");
    let mut text = format!("{lead}\n\n{NOT_OURS}\n\n");
    let mut body = format!("<p>{lead}</p><p>{NOT_OURS}</p>");
    for (n, entry) in (1..).zip(entries) {
        let warning = warn(&entry.risks);
        let warning =
            if warning.is_empty() { warning } else { format!("look first: {}; ", warning.to_lowercase()) };
        let line = format!(
            "{warning}to {}, asked by {}, held: {}, expires {}, digest {}\u{2026}",
            entry.to, entry.asked_by, entry.held, entry.expires, entry.digest
        );
        let _ = write!(text, "{n}. \"{}\"\n   {line}\n   {}\n\n", entry.subject, entry.url);
        let _ = write!(
            body,
            "<p><b>{n}. \u{201c}{}\u{201d}</b><br>{}<br><a href=\"{}\">Look at it and decide</a></p>",
            escape(&entry.subject),
            escape(&line),
            escape(&entry.url)
        );
    }
    if more > 0 {
        let queue = format!("{public_url}/console/approvals");
        let _ = write!(text, "And {more} more, in the console:\n\n{queue}\n\n");
        let _ = write!(body, "<p>And {more} more, <a href=\"{}\">in the console</a>.</p>", escape(&queue));
    }
    let each = "Opening a link decides nothing. Each is for you alone and takes one decision: don\u{2019}t forward this.";
    let _ = writeln!(text, "{each}");
    let _ = write!(body, "<p>{each}</p>");
    Words { subject: lead.trim_end_matches('.').to_owned(), text, html: page(&body) }
}

/// What is to be looked at, and what is good to know, each with a title; neither where there is nothing of it.
fn to_heed(risks: &[Risk]) -> Vec<(&'static str, Vec<&'static str>)> {
    let (serious, notes): (Vec<Risk>, Vec<Risk>) =
        risks.iter().copied().partition(|risk| risk.level() > Level::Note);
    [("Look at this before you decide:", serious), ("Good to know:", notes)]
        .into_iter()
        .filter(|(_, found)| !found.is_empty())
        .map(|(title, found)| (title, found.iter().map(|risk| risks::risk(*risk).sentence).collect()))
        .collect()
}

fn facts(entry: &Entry) -> Vec<(&'static str, String)> {
    let goes_to = format!("{}: {}", entry.recipients, entry.to);
    let mut facts = vec![("Asked by", entry.asked_by.clone()), ("Goes to", goes_to)];
    if !entry.files.is_empty() {
        facts.push(("With", entry.files.clone()));
    }
    facts.push(("Held", entry.held.clone()));
    if !entry.rule.is_empty() {
        facts.push(("Rule", entry.rule.clone()));
    }
    facts.extend([
        ("Expires", format!("{}; after that it is never sent", entry.expires)),
        ("Digest", format!("sha256:{}\u{2026}", entry.digest)),
    ]);
    facts
}

fn quote(entry: &Entry) -> String {
    format!(
        "<p style=\"color:#5b6770\">{NOT_OURS}</p>\
         <blockquote style=\"margin:0;padding:4px 16px;border-left:4px solid #c8d0d6\">\
         <p><b>{}</b></p><p>{}</p></blockquote>",
        escape(&entry.subject),
        escape(&entry.preview)
    )
}

fn button(url: &str, label: &str) -> String {
    format!(
        "<p><a href=\"{}\" style=\"display:inline-block;padding:8px 16px;background:#1f4e79;color:#fff\">{label}</a></p>",
        escape(url)
    )
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"></head><body style=\"font:16px/1.5 sans-serif;\
         color:#1c2024;overflow-wrap:anywhere\">{body}</body></html>"
    )
}

/// Text within HTML and its attributes.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
        out
    })
}

impl Words {
    /// As a mail to somebody. Programs are told that a program wrote it (RFC 3834 §5), so that none answers.
    fn to(
        &self,
        to: &EmailAddress,
        from: &EmailAddress,
        boundary_seed: [u8; 16],
    ) -> Result<Notification, Refusal> {
        let mime = mail::compose(&mail::Outgoing {
            from: mail::Addr { name: Some("Countersign"), address: from.as_str() },
            reply_to: &[],
            to: &[mail::Addr { name: None, address: to.as_str() }],
            cc: &[],
            subject: &self.subject,
            text: Some(&self.text),
            html: Some(&self.html),
            in_reply_to: None,
            references: &[],
            headers: &[
                ("Auto-Submitted".to_owned(), "auto-generated".to_owned()),
                ("X-Auto-Response-Suppress".to_owned(), "All".to_owned()),
            ],
            attachments: &[],
            boundary_seed,
        })
        .map_err(|error| Refusal::Internal(format!("a notification could not be written: {error}")))?;
        Ok(Notification { to: to.clone(), mime })
    }
}
