//! The rate of the account, in memory: what finds no place is not touched, what goes takes one, and nobody keeps others waiting.

use std::collections::BTreeSet;

use app::base::ports::SendOutcome;
use app::base::store::{key, load};
use app::gate::dispatch::{DispatchError, Dispatched, dispatch};
use app::gate::rate::Pace;
use domain::base::address::Mailbox;
use domain::gate::approval::Approval;
use domain::gate::rate::Lane;
use domain::gate::seal::Ticket;
use domain::mailbox::lifecycle::Status;
use domain::mailbox::message::Message;
use domain::{OrganizationId, Timestamp};
use testkit::samples;
use testkit::world::World;

use super::votes::{ALLOW, ANN, ask, ruled, to};

async fn send(world: &World, a_second: u32, approval: &Approval) -> Result<Dispatched, DispatchError> {
    let ticket = Ticket {
        organization_id: approval.organization_id,
        inbox_id: approval.inbox_id,
        message_id: approval.message_id,
        approval_id: approval.id,
        digest: approval.digest,
    };
    dispatch(&world.ports, &*world.blobs, &world.sender, &*world.key_logs, world.pace(a_second), &ticket)
        .await
}

async fn stored(world: &World, approval: &Approval) -> Message {
    let key = key::Message(approval.inbox_id, approval.message_id);
    load(&*world.ports.store, approval.organization_id, key).await.unwrap().unwrap()
}

/// How many places of a second are taken.
fn taken(world: &World, second: i64) -> u64 {
    world.store.contents().places.get(&(Lane::Ses, second)).map_or(0, |(all, _)| *all)
}

#[tokio::test]
async fn what_finds_no_place_is_not_touched_and_goes_once_there_is_one() {
    let world = ruled(ALLOW).await;
    let first = ask(&world, to(ANN), None).await.unwrap().approval;
    let second = ask(&world, to(ANN), None).await.unwrap().approval;
    assert_eq!(send(&world, 1, &first).await, Ok(Dispatched::Now(Status::Sent)));
    let before = stored(&world, &second).await;
    for _ in 0..3 {
        assert_eq!(send(&world, 1, &second).await, Err(DispatchError::NoPlace));
    }
    assert_eq!((stored(&world, &second).await, world.sends()), (before, 1));
    world.pass(1);
    assert_eq!(send(&world, 1, &second).await, Ok(Dispatched::Now(Status::Sent)));
    // What went, or must not go, takes no place.
    world.pass(1);
    let now = world.ports.now().as_second();
    for approval in [&first, &second] {
        assert_eq!(send(&world, 1, approval).await, Ok(Dispatched::Already(Status::Sent)));
    }
    assert_eq!((taken(&world, now), world.sends()), (0, 2));
}

#[tokio::test]
async fn each_recipient_takes_a_place_and_too_fast_closes_the_next_second() {
    let world = ruled(ALLOW).await;
    let many = (0..20).map(|n| Mailbox::bare(samples::address(&format!("a{n}@example.org"))));
    let mut draft = to(ANN);
    draft.to = many.collect();
    let many = ask(&world, draft, None).await.unwrap().approval;
    let one = ask(&world, to(ANN), None).await.unwrap().approval;
    let now = world.ports.now().as_second();
    assert_eq!(send(&world, 14, &many).await, Ok(Dispatched::Now(Status::Sent)));
    assert_eq!((taken(&world, now), taken(&world, now + 1)), (20, 6));
    for _ in 0..2 {
        world.pass(1);
        assert_eq!(send(&world, 14, &one).await, Err(DispatchError::NoPlace), "others may go now");
    }
    world.pass(1);
    world.sender.answers.lock().unwrap().push_back(SendOutcome::THROTTLED);
    assert_eq!(send(&world, 14, &one).await, Err(DispatchError::NotAccepted("throttled")));
    assert_eq!((taken(&world, now + 3), taken(&world, now + 4)), (1, 14));
    let other = ask(&world, to(ANN), None).await.unwrap().approval;
    world.pass(1);
    assert_eq!(send(&world, 14, &other).await, Err(DispatchError::NoPlace));
    world.pass(1);
    for approval in [&other, &one] {
        assert_eq!(send(&world, 14, approval).await, Ok(Dispatched::Now(Status::Sent)));
    }
}

/// A mail that waits for a place, in a play of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    at: i64,
    number: u32,
    organization: u8,
    recipients: u32,
    since: i64,
    tries: u32,
}

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % u64::try_from(most.max(1)).unwrap()).unwrap()
    }
}

/// When each mail goes, in milliseconds, where they come back as the workflow and the sweeper bring them: whose, since when it waits, when.
async fn play(pace: Pace<'_>, start: i64, mails: &[(u8, u32, i64)]) -> Vec<(u8, i64, i64)> {
    let mut dice = Dice(1);
    let mut all: BTreeSet<_> = (0..)
        .zip(mails)
        .map(|(number, (organization, recipients, since))| {
            let (organization, recipients, since) = (*organization, *recipients, *since);
            Waiting { at: since, number, organization, recipients, since, tries: 0 }
        })
        .collect();
    let mut gone = vec![];
    while let Some(mail) = all.pop_first() {
        let now = Timestamp::from_millisecond(start + mail.at).unwrap();
        let organization: OrganizationId = samples::organization_id(mail.organization);
        if pace.take(organization, mail.recipients, now).await.unwrap() {
            gone.push((mail.organization, mail.since, mail.at));
            continue;
        }
        // `infra/send-workflow.asl.json`, and then the sweeper's next run.
        let (wait, tries) = match mail.tries {
            7 => (60_000 + dice.up_to(120_000), 0),
            tries => (dice.up_to((3_000 << tries).min(60_000)), tries + 1),
        };
        all.insert(Waiting { at: mail.at + wait.max(1), tries, ..mail });
    }
    gone
}

/// How long the mails of organization 2 wait, in milliseconds, the shortest first, beside these mails of others; and when all are gone.
async fn beside(flood: impl Iterator<Item = (u8, u32, i64)>) -> (Vec<i64>, i64) {
    let world = World::default();
    let start = samples::NOW.as_millisecond();
    // One mail every five seconds, at any time of a second.
    let other = (0..40).map(|n| (2, 1, 5_000 * n + 137 * n % 1_000));
    let mails: Vec<_> = flood.chain(other).collect();
    let gone = play(world.pace(14), start, &mails).await;
    assert_eq!(gone.len(), mails.len(), "each goes once");
    let mut waited: Vec<_> =
        gone.iter().filter(|(of, ..)| *of == 2).map(|(_, since, at)| at - since).collect();
    waited.sort_unstable();
    let last = gone.iter().map(|(_, _, at)| at / 1_000).max().unwrap();
    // Of no second more places are taken than it has, but by a mail whose recipients are missing in the next.
    let all: u64 = mails.iter().map(|(_, recipients, _)| u64::from(*recipients)).sum();
    let most = u64::try_from(last + 4).unwrap() * 14;
    assert!(all <= most, "{all} recipients in {last} s");
    (waited, last)
}

#[tokio::test]
async fn one_that_floods_has_what_others_leave_and_keeps_them_waiting_for_seconds() {
    let (waited, last) = beside((0..3_000).map(|_| (1, 1, 0))).await;
    assert!(waited[19] < 3_000 && waited[39] < 30_000, "{waited:?}");
    assert!(last < 2 * 3_040 / 14, "half of the rate is used at least: {last}");
}

#[tokio::test]
async fn a_flood_of_mails_to_fifty_leaves_half_of_the_time_to_others() {
    let (waited, last) = beside((0..60).map(|_| (1, 50, 0))).await;
    assert!(waited[19] < 6_000 && waited[39] < 60_000, "{waited:?}");
    assert!(last < 3 * 3_040 / 14, "{last}");
}

#[tokio::test]
async fn three_that_flood_at_once_keep_a_fourth_waiting_for_seconds() {
    let (waited, _) = beside((0..3_000).map(|n| ([1, 3, 4][n % 3], 1, 0))).await;
    assert!(waited[19] < 3_000 && waited[39] < 30_000, "{waited:?}");
}
