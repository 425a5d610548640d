//! Security alerts: a person hears of what happened to their own way in, at their own address.
//!
//! They are bounded by the day, since a stranger who has a password can open sessions without end, and hold neither a link that opens
//! anything nor a word that anybody chose.

use domain::Timestamp;
use domain::base::digest::Digest;
use domain::gate::notice::{Notice, NoticeState, Pace};
use domain::people::alert::{Alert, is_expected};
use domain::people::browser::Browser;
use domain::people::credential::Session;
use domain::people::organization::Member;

use super::{Alerted, TRIES, Teller, fixed, take};
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
