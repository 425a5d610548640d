//! Quiet hours, in memory: what they put off, until when, and that nothing slips past them.

use app::base::ports::SendOutcome;
use app::base::store::{key, load};
use app::gate::dispatch::{Dispatched, dispatch};
use app::gate::edit::{Edit, edit};
use app::gate::pause::{self, pause, resume};
use app::gate::sweep::sweep;
use domain::Timestamp;
use domain::gate::approval::Approval;
use domain::mailbox::lifecycle::{State, Status};
use domain::people::access::scope;
use jiff::SignedDuration;
use testkit::samples;
use testkit::world::{Told, World};

use super::votes::{ALLOW, ANN, approver, ask, owner, ruled, send, to, vote};

/// From now on for two hours, whenever that is.
fn night(from: i64, to: i64) -> String {
    let clock = |seconds: i64| {
        let at = samples::NOW + SignedDuration::from_secs(seconds);
        let minutes = at.as_second().rem_euclid(86_400) / 60;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    };
    format!(
        r#"{{"name":"night","when":{{"always":true}},"outcome":"defer","quiet_hours":{{"from":"{}","to":"{}","time_zone":"UTC"}}}}"#,
        clock(from),
        clock(to)
    )
}

async fn due(world: &World, approval: &Approval) -> Option<Timestamp> {
    let key = key::Message(samples::inbox_id(1), approval.message_id);
    let message = load(&*world.ports.store, samples::organization_id(1), key).await.unwrap().unwrap();
    match message.outbound().unwrap().state {
        State::Scheduled { due, .. } => Some(due),
        _ => None,
    }
}

const HOURS: i64 = 3_600;

#[tokio::test]
async fn what_is_let_go_at_night_goes_in_the_morning() {
    let world = ruled(&format!("{ALLOW},{}", night(-HOURS, 2 * HOURS))).await;
    let submitted = ask(&world, to(ANN), None).await.unwrap();
    let approval = submitted.approval;
    assert_eq!(approval.terms, None, "it is let go all the same");
    let morning = due(&world, &approval).await.unwrap();
    assert!(morning > samples::NOW + SignedDuration::from_hours(1), "{morning}");
    assert!(morning <= samples::NOW + SignedDuration::from_hours(2), "{morning}");
    assert_eq!(approval.wakes_at(), Some(morning));
    assert_eq!(approval.send_at, None, "it stands outside of what was sealed");
    // A workflow that is early changes nothing.
    assert_eq!(send(&world, &approval).await, Dispatched::Already(Status::Scheduled));
    assert_eq!(world.sends(), 0);
    world.pass(2 * HOURS);
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
}

#[tokio::test]
async fn what_is_approved_at_night_waits_and_what_is_approved_by_day_goes() {
    let world = ruled(&night(-HOURS, 2 * HOURS)).await;
    let approval = ask(&world, to(ANN), None).await.unwrap().approval;
    let by_day = ask(&world, to(ANN), None).await.unwrap().approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Already(Status::Scheduled));
    world.pass(2 * HOURS);
    vote(&world, &by_day, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &by_day).await, Dispatched::Now(Status::Sent));
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
}

#[tokio::test]
async fn what_was_due_by_day_and_is_late_does_not_slip_into_the_night() {
    let world = ruled(&format!("{ALLOW},{}", night(HOURS, 3 * HOURS))).await;
    let refused = ask(&world, to(ANN), None).await.unwrap().approval;
    let paused = ask(&world, to(ANN), None).await.unwrap().approval;
    // The provider does not take one, and the other is paused, until it is night.
    world.sender.answers.lock().unwrap().push_back(SendOutcome::NotAccepted("throttled"));
    let ticket = domain::gate::seal::Ticket {
        organization_id: refused.organization_id,
        inbox_id: refused.inbox_id,
        message_id: refused.message_id,
        approval_id: refused.id,
        digest: refused.digest,
    };
    dispatch(&world.ports, &*world.blobs, &world.sender, &*world.key_logs, world.pace(1_000), &ticket)
        .await
        .unwrap_err();
    let all = pause::Covered::Organization;
    pause(&world.ports, &approver(2), all, "look into it").await.unwrap();
    assert_eq!(send(&world, &paused).await, Dispatched::Now(Status::Scheduled));
    world.pass(HOURS + 60);
    let permit = owner::<scope::PoliciesManage>();
    resume(&world.ports, &*world.workflow, &permit, &owner(), all, &[]).await.unwrap();
    let sent = world.sends();
    for approval in [&refused, &paused] {
        assert_eq!(send(&world, approval).await, Dispatched::Now(Status::Scheduled));
        let until = due(&world, approval).await.unwrap();
        assert!(until > world.ports.now() + SignedDuration::from_mins(110), "{until}");
    }
    assert_eq!(world.sends(), sent);
    // Nobody wakes it but the sweeper, in the morning.
    let told = world.told().len();
    sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap();
    assert_eq!(world.told().len(), told);
    world.pass(2 * HOURS + 180);
    sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap();
    let started = world.told().into_iter().skip(told).filter(|it| matches!(it, Told::Started(..))).count();
    assert_eq!(started, 2);
    for approval in [&refused, &paused] {
        assert_eq!(send(&world, approval).await, Dispatched::Now(Status::Sent));
    }
}

#[tokio::test]
async fn an_edit_takes_no_quiet_hours_away_and_far_ahead_needs_a_person() {
    let world = ruled(&night(-HOURS, 2 * HOURS)).await;
    let approval = ask(&world, to(ANN), None).await.unwrap().approval;
    let policy = app::gate::policies::book(&world.ports, &owner()).await.unwrap().policies[0].id;
    app::gate::policies::delete(&world.ports, &owner(), policy).await.unwrap();
    let change = Edit { text: Some("Other words".to_owned()), ..Edit::default() };
    let once = app::base::enter::Once::default();
    let answer = |_: &app::gate::submit::Submitted| (202, String::new());
    let (sending, permit) = (world.sending(), approver(2));
    let edited = edit(&sending, &permit, approval.id, approval.digest, change, &once, answer);
    let edited = edited.await.unwrap();
    assert_eq!(edited.approval.quiet, approval.quiet);

    // Three days without an hour that mail may go in.
    let days: Vec<_> = (0..3)
        .map(|n| (samples::NOW + SignedDuration::from_hours(24 * n)).to_zoned(jiff::tz::TimeZone::UTC))
        .map(|at| {
            domain::base::hours::DAYS[usize::try_from(at.weekday().to_monday_one_offset() - 1).unwrap()]
        })
        .map(|day| format!("\"{day}\""))
        .collect();
    let weekend = format!(
        r#"{{"name":"weekend","when":{{"always":true}},"outcome":"defer","quiet_hours":{{"days":[{}],"time_zone":"UTC"}}}}"#,
        days.join(",")
    );
    let world = ruled(&format!("{ALLOW},{weekend}")).await;
    let far = ask(&world, to(ANN), None).await.unwrap().approval;
    assert!(
        far.terms.is_some() && far.reasons.contains(&"scheduled_far_ahead".to_owned()),
        "{:?}",
        far.reasons
    );
}
