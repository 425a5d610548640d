//! Security alerts: a person hears of what happened to their own way in, at their own address, and an owner of what somebody else did that
//! gives rights away, takes them, or moves what holds mail back.
//!
//! They are bounded by the day, since a stranger who has a password can open sessions without end, and hold neither a link that opens
//! anything nor a word that anybody chose.

use std::collections::BTreeMap;

use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::gate::notice::{Notice, NoticeState, Pace};
use domain::gate::policy::DECIDERS;
use domain::people::access::{Actor, Role};
use domain::people::alert::{Alert, Deed, is_expected};
use domain::people::browser::Browser;
use domain::people::credential::Session;
use domain::people::organization::Member;
use domain::{MemberId, Timestamp};

use super::{Alerted, OwnersTold, TRIES, Teller, fixed, take};
use crate::base::error::Refusal;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Expect, List, PageRequest, SessionPointer, Write, key, load, typed};

/// A notice that is claimed, whom it is for, and what the thing was done with.
type ToTell = (Notice, Member, Option<Browser>);

impl Teller<'_> {
    /// Tells somebody, once, of what happened to their own way in; of a session not where they have another one open in such a browser,
    /// or never had one before.
    pub(super) async fn alert(&self, alerted: &Alerted) -> Result<(), Refusal> {
        let claim = || self.claim_alert(alerted);
        let claimed = retry(TRIES, "the member's notifications kept changing", claim).await?;
        let Some((notice, member, browser)) = claimed else { return Ok(()) };
        let words = fixed::alert(alerted.alert, alerted.id.at(), browser.as_ref(), self.public_url);
        self.send(notice, &member.email, &words).await
    }

    async fn claim_alert(&self, alerted: &Alerted) -> Result<Try<Option<ToTell>>, Refusal> {
        let Alerted { organization_id, member_id, id, alert } = *alerted;
        let (entry, member) = (id.to_string(), member_id.to_string());
        let key = Digest::of_parts(&[b"alert", entry.as_bytes(), member.as_bytes()]);
        let now = self.ports.now();
        let wanted = (key::Member(member_id), key::Pace(member_id), key::Notice(key));
        let (member, pace, known) = load(&*self.ports.store, organization_id, wanted).await?;
        let Some(member) = member else { return Ok(Try::Done(None)) };
        let member: Member = member;
        if self.is_ours(&member.email).await? {
            tracing::warn!(%member_id, "a security alert does not go to an inbox of this installation");
            return Ok(Try::Done(None));
        }
        let sessions = self.open_sessions(&member, id.at(), now).await?;
        let change = Change::new(organization_id);
        if let Some(known) = known {
            let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
            let claimed = Notice { version: notice.version + 1, ..notice.clone() };
            let written = self.ports.store.commit(change.update(notice)).await;
            return Try::of(written, Some((claimed, member, alert.done_with(&sessions))));
        }
        let (expect, pace) = match pace {
            Some(pace) => (Expect::Version(pace.version), pace),
            None => (Expect::Absent, Pace::new(organization_id, member_id)),
        };
        if let Alert::SignedIn(session_id) = alert
            && is_expected(session_id, &sessions, pace.signed_in)
        {
            if pace.signed_in {
                return Ok(Try::Done(None));
            }
            // Told of again, it would be a second one.
            let state = NoticeState::Done;
            let notice = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
            let change = change.write(Write::put(Pace { signed_in: true, ..pace }, expect)).create(notice);
            return Try::of(self.ports.store.commit(change).await, None);
        }
        let Some(pace) = pace.alerted(now, matches!(alert, Alert::SignedIn(_))) else {
            tracing::warn!(%member_id, "a member had as many security alerts as they get on a day");
            return Ok(Try::Done(None));
        };
        let state = NoticeState::Claimed(now);
        let notice = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
        let change = change.write(Write::put(pace, expect)).create(notice.clone());
        let browser = alert.done_with(&sessions);
        Try::of(self.ports.store.commit(change).await, Some((notice, member, browser)))
    }

    /// Tells the owners, once each, of what somebody else did; not whoever it was, nor whom an alert of their own tells of it.
    pub(super) async fn alert_owners(&self, told: &OwnersTold) -> Result<(), Refusal> {
        let OwnersTold { organization_id, alert, .. } = told;
        let target = MemberId::parse(&alert.target).ok();
        let did = match alert.actor {
            Actor::Member { member_id } => Some(member_id),
            // Whoever answers for a token need not know what it did.
            Actor::Token { .. } | Actor::System => None,
        };
        let decides = alert.deed == Deed::SigningKeysChanged;
        let wanted = |member: &Member| {
            (member.role == Role::Owner || (decides && DECIDERS.contains(&member.role)))
                && did != Some(member.id)
                && target != Some(member.id)
        };
        let owners = self.those(*organization_id, &wanted).await?;
        if owners.is_empty() {
            return Ok(());
        }
        let people: Vec<_> = alert.actor.member().into_iter().chain(target).map(key::Member).collect();
        let people = load(&*self.ports.store, *organization_id, people).await?.into_iter().flatten();
        let people: BTreeMap<_, _> = people.map(|member| (member.id, member.email)).collect();
        let mut all_told = Ok(());
        for owner in &owners {
            let claim = || self.claim_owners(told, owner.id);
            let claimed = retry(TRIES, "the owner's notifications kept changing", claim).await;
            let sent = match claimed {
                Ok(Some((notice, is_last))) => {
                    let words = fixed::owners(told, &people, is_last, self.public_url);
                    self.send(notice, &owner.email, &words).await
                }
                other => other.map(drop),
            };
            // One who can't be told does not keep the others from being told.
            if let Err(error) = sent {
                tracing::warn!(audit_id = %told.id, member_id = %owner.id, %error, "an owner was not alerted");
                all_told = Err(error);
            }
        }
        all_told
    }

    /// A claim on what an owner is told, and whether it is the last of the day.
    async fn claim_owners(
        &self,
        told: &OwnersTold,
        member_id: MemberId,
    ) -> Result<Try<Option<(Notice, bool)>>, Refusal> {
        let organization_id = told.organization_id;
        let (entry, member) = (told.id.to_string(), member_id.to_string());
        let key = Digest::of_parts(&[b"owners", entry.as_bytes(), member.as_bytes()]);
        let now = self.ports.now();
        let wanted = (key::Pace(member_id), key::Notice(key));
        let (pace, known) = load(&*self.ports.store, organization_id, wanted).await?;
        let change = Change::new(organization_id);
        if let Some(known) = known {
            let Some(notice) = take(known, now)? else { return Ok(Try::Done(None)) };
            let claimed = Notice { version: notice.version + 1, ..notice.clone() };
            return Try::of(self.ports.store.commit(change.update(notice)).await, Some((claimed, false)));
        }
        let (expect, pace) = match pace {
            Some(pace) => (Expect::Version(pace.version), pace),
            None => (Expect::Absent, Pace::new(organization_id, member_id)),
        };
        let Some((pace, is_last)) = pace.owner_alerted(now) else {
            tracing::warn!(%member_id, "an owner had as many alerts as they get on a day");
            return Ok(Try::Done(None));
        };
        let state = NoticeState::Claimed(now);
        let notice = Notice { key, organization_id, member_id, state, created_at: now, version: 1 };
        let change = change.write(Write::put(pace, expect)).create(notice.clone());
        Try::of(self.ports.store.commit(change).await, Some((notice, is_last)))
    }

    /// The sessions of a member that are open, and were at that time.
    async fn open_sessions(
        &self,
        member: &Member,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Session>, Refusal> {
        let (organization_id, list) = (member.organization_id, List::Sessions(member.id));
        let page = PageRequest { limit: Session::MAX, cursor: None };
        let listed = typed::<SessionPointer>(self.ports.store.list(organization_id, &list, &page).await?);
        let wanted: Vec<_> = listed.items.iter().map(|pointer| key::Session(pointer.hash)).collect();
        let found = load(&*self.ports.store, organization_id, wanted).await?.into_iter().flatten();
        // Entries have whole milliseconds.
        let was = |session: &Session| session.created_at.as_millisecond() <= at.as_millisecond();
        let holds = |session: &Session| session.is_open(now) && !member.ended(session.created_at);
        Ok(found.filter(|session| was(session) && holds(session)).collect())
    }
}
