//! What somebody chose to be told of, in memory: quiet hours, digests of hours and days, and what presses all the same.

use app::base::store::key;
use app::base::store::load;
use app::gate::notify::Notify;
use app::people::notifications::{self, Choice};
use domain::Timestamp;
use domain::base::code::Code;
use domain::delivery::event::EventKind;
use domain::gate::approval::Approval;
use domain::gate::notice::Pace;
use domain::gate::risk::Risk;
use domain::people::access::Role;
use domain::people::notifications::{Mails, Notifications, Quiet};
use jiff::SignedDuration;
use testkit::{World, samples};

use super::links::{APPROVER, decode, event, held, mails, pace, put, requested, stored, tell, world};

/// The samples begin at midnight of UTC, on a Thursday.
fn night() -> Quiet {
    Quiet { days: (1..=7).collect(), from: 22 * 60, to: 7 * 60 }
}

async fn chosen(mails: Mails, quiet: Option<Quiet>) -> World {
    let world = world(&[(APPROVER, Role::Approver)]).await;
    let member_id = samples::member(APPROVER, Role::Approver).id;
    let new = Notifications::new(samples::organization_id(1), member_id);
    put(&world, Notifications { mails, quiet, version: 1, ..new }).await;
    world
}

fn in_hours(hours: i64) -> Timestamp {
    samples::NOW + SignedDuration::from_hours(hours)
}

async fn expiring(world: &World, hours: i64) -> Approval {
    let approval = held(world).await;
    let approval = Approval { expires_at: in_hours(hours), ..stored(world, &approval).await };
    put(world, approval.clone()).await;
    approval
}

/// Takes what was queued last, as often as the queue has it before its time comes.
async fn until_sent(world: &World) -> usize {
    let mut hops = 0;
    loop {
        let (body, delay) = world.outside.queued.lock().unwrap().last().cloned().unwrap();
        let (before, sent) = (world.outside.queued.lock().unwrap().len(), mails(world).len());
        world.pass(i64::from(delay));
        tell(world, &Notify::Digest(decode(&body))).await.unwrap();
        hops += 1;
        if world.outside.queued.lock().unwrap().len() == before || mails(world).len() > sent {
            return hops;
        }
    }
}

#[tokio::test]
async fn what_does_not_press_waits_for_the_end_of_the_quiet_hours() {
    let world = chosen(Mails::Each, Some(night())).await;
    for _ in 0..3 {
        tell(&world, &requested(&held(&world).await)).await.unwrap();
        world.pass(60);
    }
    assert_eq!((mails(&world).len(), world.outside.queued.lock().unwrap().len()), (0, 1));
    assert_eq!(pace(&world).await.digest_due, Some(in_hours(7)));
    // A queue holds a message back for a quarter of an hour.
    let hops = until_sent(&world).await;
    assert!(hops > 20, "{hops}");
    let all = mails(&world);
    assert_eq!((all.len(), all[0].1.subject.as_str()), (1, "3 mails wait for your decision"));
    assert!(world.ports.now() >= in_hours(7));
    // The day has come: each is told by itself again.
    tell(&world, &requested(&held(&world).await)).await.unwrap();
    assert_eq!(mails(&world).len(), 2);
}

#[tokio::test]
async fn suspicious_mail_and_what_would_expire_wakes() {
    let world = chosen(Mails::Each, Some(night())).await;
    let odd = held(&world).await;
    put(&world, Approval { risks: Some([Risk::OddLink].into()), ..stored(&world, &odd).await }).await;
    let (soon, morning, noon) =
        (expiring(&world, 5).await, expiring(&world, 8).await, expiring(&world, 12).await);
    for approval in [&odd, &soon, &morning, &noon] {
        tell(&world, &requested(approval)).await.unwrap();
    }
    assert_eq!(mails(&world).len(), 3, "the one that expires at noon waits");
    // It was handed to somebody at six: it is no other then.
    world.pass(6 * 3_600);
    tell(&world, &event(&noon, EventKind::ApprovalReminder, 2)).await.unwrap();
    assert_eq!(mails(&world).len(), 3);
}

#[tokio::test]
async fn a_digest_that_quiet_hours_overtake_comes_after_them_and_before_what_expires() {
    for (expires, sent) in [(48, 0), (31, 1)] {
        let world = chosen(Mails::Each, Some(night())).await;
        // Ten minutes to ten in the evening.
        world.pass(21 * 3_600 + 50 * 60);
        for _ in 0..=Pace::SINGLES {
            let approval = held(&world).await;
            let approval = Approval { expires_at: in_hours(72), ..stored(&world, &approval).await };
            put(&world, approval.clone()).await;
            tell(&world, &requested(&approval)).await.unwrap();
        }
        assert_eq!(mails(&world).len(), Pace::SINGLES);
        expiring(&world, expires).await;
        let (body, delay) = world.outside.queued.lock().unwrap()[0].clone();
        world.pass(i64::from(delay));
        tell(&world, &Notify::Digest(decode(&body))).await.unwrap();
        assert_eq!(mails(&world).len(), Pace::SINGLES + sent, "one expires after {expires} hours");
        let due = pace(&world).await.digest_due;
        assert_eq!(due, (sent == 0).then(|| in_hours(31)));
        // Whatever comes twice of the digest before is nothing.
        tell(&world, &Notify::Digest(decode(&body))).await.unwrap();
        assert_eq!(mails(&world).len(), Pace::SINGLES + sent);
    }
}

#[tokio::test]
async fn a_digest_of_an_hour_and_of_a_day_gathers_what_does_not_press() {
    for (mode, due) in [(Mails::Hourly, 1), (Mails::Daily, 8)] {
        let world = chosen(mode, None).await;
        let (early, late) = (held(&world).await, held(&world).await);
        for approval in [&early, &late, &expiring(&world, due + 3).await] {
            tell(&world, &requested(approval)).await.unwrap();
        }
        assert_eq!(
            mails(&world).len(),
            1,
            "{mode:?}: what expires soon after the digest does not wait for it"
        );
        until_sent(&world).await;
        assert_eq!(mails(&world).len(), 2);
        assert!(world.ports.now() >= in_hours(due), "{mode:?}");
    }
}

#[tokio::test]
async fn whoever_wants_nothing_but_what_presses_is_told_on_the_last_day() {
    let world = chosen(Mails::Pressing, None).await;
    let approval = expiring(&world, 36).await;
    tell(&world, &requested(&approval)).await.unwrap();
    assert_eq!((mails(&world).len(), world.outside.queued.lock().unwrap().len()), (0, 0));
    // As the sweeper reminds of it.
    world.pass(24 * 3_600);
    tell(&world, &event(&approval, EventKind::ApprovalReminder, 2)).await.unwrap();
    let all = mails(&world);
    assert_eq!(all.len(), 1);
    assert!(all[0].1.subject.starts_with("Still waiting:"), "{}", all[0].1.subject);
}

#[tokio::test]
async fn somebody_chooses_for_themselves_and_it_is_written_down() {
    let world = world(&[(APPROVER, Role::Approver)]).await;
    let (own, _) = samples::session(APPROVER, Role::Approver);
    let found = notifications::get(&world.ports, &own).await.unwrap();
    assert_eq!((found.mails, found.quiet, found.version), (Mails::Each, None, 0));
    let choice = Choice {
        quiet: Some(Some(night())),
        time_zone: Some("America/New_York".to_owned()),
        ..Choice::default()
    };
    for _ in 0..2 {
        notifications::choose(&world.ports, &own, &choice).await.unwrap();
    }
    let hourly = Choice { mails: Some(Mails::Hourly), ..Choice::default() };
    let kept = notifications::choose(&world.ports, &own, &hourly).await.unwrap();
    assert_eq!((kept.mails, kept.quiet.clone(), kept.version), (Mails::Hourly, Some(night()), 2));
    let key = key::Notifications(own.member_id);
    let stored = load(&*world.ports.store, own.organization_id, key).await.unwrap();
    assert_eq!(stored, Some(kept));
    let written = |entry: &&domain::ledger::audit::AuditEntry| entry.action == "notifications.update";
    let entries: Vec<_> = world.store.contents().audit.iter().filter(written).cloned().collect();
    assert_eq!(entries.len(), 2, "what was chosen already is no change");
    let hours = ("quiet_hours", "mon+tue+wed+thu+fri+sat+sun 22:00-07:00 America/New_York".to_owned());
    assert!(entries[0].details.contains(&hours), "{:?}", entries[0].details);

    let always = Quiet { days: (1..=7).collect(), from: 0, to: 1_440 };
    let refused = Choice { quiet: Some(Some(always)), ..Choice::default() };
    let refused = notifications::choose(&world.ports, &own, &refused).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidTime);
}
