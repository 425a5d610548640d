//! What somebody wants to be told of by mail, and when not: they choose it for themselves alone.

use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::credential::Session;
use domain::people::notifications::{Mails, Notifications, Quiet};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, key, load};

/// What changes of it; what is none stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// Which mails.
    pub mails: Option<Mails>,
    /// The minute of the day at which the digest of a day comes.
    pub daily_at: Option<u16>,
    /// A name of the IANA time zone database.
    pub time_zone: Option<String>,
    /// Quiet hours, or none.
    pub quiet: Option<Option<Quiet>>,
}

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 4;

/// What whoever calls wants to be told of.
pub async fn get(ports: &Ports, own: &Session) -> Result<Notifications, Refusal> {
    let found = load(&*ports.store, own.organization_id, key::Notifications(own.member_id)).await?;
    Ok(found.unwrap_or_else(|| Notifications::new(own.organization_id, own.member_id)))
}

/// Chooses something else. What was chosen already is no change.
pub async fn choose(ports: &Ports, own: &Session, choice: &Choice) -> Result<Notifications, Refusal> {
    retry(TRIES, "what you are told of kept changing", || async {
        let known = get(ports, own).await?;
        let Choice { mails, daily_at, time_zone, quiet } = choice.clone();
        let chosen = Notifications {
            mails: mails.unwrap_or(known.mails),
            daily_at: daily_at.unwrap_or(known.daily_at),
            time_zone: time_zone.unwrap_or_else(|| known.time_zone.clone()),
            quiet: quiet.unwrap_or_else(|| known.quiet.clone()),
            ..known.clone()
        };
        if chosen.hours().is_some_and(|hours| hours.are_always()) {
            let message = "must leave some time of the week: to be told of nothing but what presses, set mails to pressing";
            return Err(Refusal::field("quiet_hours", Code::InvalidTime, message));
        }
        if chosen == known {
            return Ok(Try::Done(known));
        }
        let actor = Actor::Member { member_id: own.member_id };
        let mut entry =
            ports.audit(own.organization_id, &actor, "notifications.update", own.member_id);
        entry.details.push(("mails", chosen.mails.as_str().to_owned()));
        let hours = chosen.hours().map_or_else(|| "none".to_owned(), |hours| hours.to_string());
        entry.details.push(("quiet_hours", hours));
        let change = Change::new(own.organization_id).audit(entry);
        // A store raises the version of what it writes anew.
        let (change, kept) = if known.version == 0 {
            let first = Notifications { version: 1, ..chosen };
            (change.create(first.clone()), first)
        } else {
            let kept = Notifications { version: chosen.version + 1, ..chosen.clone() };
            (change.update(chosen), kept)
        };
        Try::of(ports.store.commit(change).await, kept)
    })
    .await
}
