//! Mail that came and went is counted with the feed: once, whatever is told twice, at once or without an answer.

use app::base::feed::Feed as _;
use app::base::store::{Key, Record};
use app::base::trail::Range;
use app::delivery::feed::{Laid, append};
use domain::delivery::event::{Event, EventKind, Subject};
use domain::mailbox::lifecycle::State;
use domain::mailbox::message::{Direction, Message};
use domain::people::usage::{Amounts, Of, Usage, day_of};
use domain::{EventId, TokenId};
use futures_util::future::join_all;
use testkit::samples::{self, NOW, inbox_id, organization_id};
use testkit::world::World;

/// A mail of inbox `n` that went because token `n` asked for it.
fn gone(n: u8) -> Message {
    let accepted = State::Accepted { provider_id: "p".into(), at: NOW, outcomes: [].into() };
    let mut message = Message { inbox_id: inbox_id(n), ..samples::outbound(1, accepted) };
    if let Direction::Outbound(outbound) = &mut message.direction {
        outbound.token_id = Some(TokenId::new(NOW, [n; 10]));
    }
    message
}

fn event(n: u8, kind: EventKind, went: bool, message: Message) -> Event {
    let (id, subject) = (EventId::new(NOW, [n; 10]), Subject::Message(Box::new(message)));
    Event { id, kind, went, subject, ..samples::event(n) }
}

async fn lay(world: &World, events: &[Event]) {
    let events: Vec<_> = events.iter().map(Laid::from).collect();
    append(&*world.ports.clock, &*world.store, organization_id(1), &events).await.unwrap();
}

/// What was counted today.
fn counted(world: &World, of: Of) -> Amounts {
    let key = Key::Usage(day_of(NOW), of, Usage::MAIL_PART);
    match world.store.contents().records.get(&(organization_id(1), key)) {
        Some(Record::Usage(usage)) => usage.amounts,
        _ => Amounts::default(),
    }
}

#[tokio::test]
async fn a_mail_counts_once_however_often_it_is_told_of() {
    let world = World::default();
    let came = samples::inbound(1);
    let events = [
        event(1, EventKind::MessageReceived, false, came.clone()),
        event(2, EventKind::MessageReleased, false, came.clone()),
        // The report that it was delivered may be the first that is heard of it.
        event(3, EventKind::MessageDelivered, true, gone(2)),
        event(4, EventKind::MessageDelivered, false, gone(2)),
        event(5, EventKind::ApprovalRequested, false, gone(2)),
        event(6, EventKind::MessageSent, true, gone(3)),
    ];
    lay(&world, &events[..3]).await;
    join_all((0..4).map(|_| lay(&world, &events))).await;
    for one in &events {
        lay(&world, std::slice::from_ref(one)).await;
    }
    let sent = Amounts::sent(gone(2).size);
    assert_eq!(counted(&world, Of::Organization), Amounts::received(came.size).plus(sent).plus(sent));
    assert_eq!(counted(&world, Of::Inbox(came.inbox_id)), Amounts::received(came.size));
    for n in [2, 3] {
        assert_eq!(counted(&world, Of::Inbox(inbox_id(n))), sent);
        assert_eq!(counted(&world, Of::Token(TokenId::new(NOW, [n; 10]))), sent);
    }
}

#[tokio::test]
async fn what_counts_as_too_much_for_one_transaction_is_laid_down_in_several() {
    let world = World::default();
    let events: Vec<_> = (1..=90).map(|n| event(n, EventKind::MessageSent, true, gone(n))).collect();
    lay(&world, &events).await;
    lay(&world, &events).await;
    let range = Range { from: 1, to: 100, newest_first: false, limit: 100 };
    let blocks = world.store.blocks(organization_id(1), range).await.unwrap();
    let sizes: Vec<_> = blocks.iter().filter_map(|block| Some(block.block.as_ref()?.events.len())).collect();
    // Each has two counts of its own, and one is of all of them.
    assert_eq!(sizes, [48, 42]);
    let one = Amounts::sent(gone(1).size);
    let all = (0..90).fold(Amounts::default(), |sum, _| sum.plus(one));
    assert_eq!(counted(&world, Of::Organization), all);
    assert!((1..=90).all(|n| counted(&world, Of::Inbox(inbox_id(n))) == one));
}
