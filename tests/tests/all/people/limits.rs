//! Limits in memory: how fast callers may ask, and how many mails a day are asked for, exactly.

use app::Refusal;
use app::base::enter::{Once, enter, rates_left};
use app::base::store::{AddressEntry, Amendment, Change, DirectoryWrite, Key};
use app::gate::submit::{Draft, Submitted, submit};
use app::people::organization::amend;
use domain::base::address::{HeaderText, Mailbox};
use domain::people::access::{Permit, Principal, Role, Scope, scope};
use domain::people::limit::{Caller, SendsPerDay};
use domain::people::organization::Organization;
use futures_util::future::join_all;
use runtime::http::{Request, Response};
use testkit::samples::{self, NOW, organization_id};
use testkit::world::World;

async fn world(limit: Option<SendsPerDay>) -> World {
    let world = World::default();
    let inbox = samples::inbox(1);
    let entry = AddressEntry {
        address: inbox.address.clone(),
        organization_id: organization_id(1),
        inbox_id: inbox.id,
    };
    let change = Change::new(organization_id(1))
        .create(Organization { sends_per_day: limit, ..samples::organization(1) })
        .create(inbox)
        .directory(DirectoryWrite::NewAddress(entry));
    world.ports.store.commit(change).await.unwrap();
    world
}

fn program(n: u8, sends_per_day: Option<SendsPerDay>) -> Principal {
    let (token, _) = samples::token(n, Role::Editor, &[Scope::MessagesSend]);
    Principal { sends_per_day, ..token.principal() }
}

async fn ask(world: &World, by: &Principal) -> Result<Submitted, Refusal> {
    let draft = Draft {
        to: vec![Mailbox::bare(samples::address("ann@a.example"))],
        subject: Some(HeaderText::lossy("Hello")),
        text: Some("Hello".into()),
        ..Draft::default()
    };
    let permit: Permit<scope::MessagesSend> = by.permit().unwrap();
    let inbox = samples::inbox_id(1);
    submit(&world.sending(), &permit, inbox, draft, None, &Once::default(), |_| (202, String::new())).await
}

fn mails(world: &World) -> usize {
    world.store.contents().records.keys().filter(|(_, key)| matches!(key, Key::Message(..))).count()
}

fn code(refusal: &Refusal) -> &str {
    refusal.code().as_str()
}

#[tokio::test]
async fn no_more_mails_than_a_day_has_are_asked_for_however_many_come_at_once() {
    let world = world(SendsPerDay::new(7)).await;
    let (one, two) = (program(1, SendsPerDay::new(3)), program(2, None));
    let answers = join_all((0..10).map(|_| ask(&world, &one))).await;
    assert_eq!((answers.iter().filter(|it| it.is_ok()).count(), mails(&world)), (3, 3));
    for refused in answers.iter().filter_map(|it| it.as_ref().err()) {
        assert_eq!(code(refused), "daily_limit_reached");
    }
    let answers = join_all((0..10).map(|_| ask(&world, &two))).await;
    assert_eq!((answers.iter().filter(|it| it.is_ok()).count(), mails(&world)), (4, 7));

    // Nothing is stored for what is refused, and it is said until when.
    let objects = world.blobs.objects.lock().unwrap().len();
    let refused = ask(&world, &two).await.unwrap_err();
    assert_eq!(world.blobs.objects.lock().unwrap().len(), objects);
    let Refusal::NotBefore { retry_at, message, .. } = &refused else { panic!("{refused:?}") };
    assert!(*retry_at > NOW && message.contains("7 mails today"), "{message}");
    let response = Response::refusal(&refused, &Request::default(), NOW);
    assert_eq!(response.status(), 429);

    // The next day begins anew.
    world.pass(retry_at.duration_since(NOW).as_secs());
    ask(&world, &one).await.unwrap();
    assert_eq!(mails(&world), 8);
}

#[tokio::test]
async fn where_there_is_no_limit_nothing_is_counted() {
    let world = world(None).await;
    ask(&world, &program(1, None)).await.unwrap();
    let counted = |key: &Key| matches!(key, Key::Counter(_));
    let day = world.store.contents().records.keys().filter(|(_, key)| counted(key)).count();
    ask(&world, &program(1, SendsPerDay::new(9))).await.unwrap();
    assert_eq!(world.store.contents().records.keys().filter(|(_, key)| counted(key)).count(), day + 1);
}

#[tokio::test]
async fn a_limit_of_the_organization_is_set_by_a_person_who_manages_it() {
    let world = world(None).await;
    let limit = || Amendment { name: None, sends_per_day: Some(SendsPerDay::new(5)), ..Amendment::default() };
    let by = |principal: Principal| principal.permit::<scope::PoliciesManage>().unwrap();
    let (program, _) = samples::token(1, Role::Owner, &[Scope::PoliciesManage]);
    let refused = amend(&world.ports, &by(program.principal()), limit()).await.unwrap_err();
    assert_eq!(code(&refused), "person_required");
    let owner = samples::session(1, Role::Owner).0.principal(NOW).unwrap();
    let set = amend(&world.ports, &by(owner.clone()), limit()).await.unwrap();
    assert_eq!(set.sends_per_day, SendsPerDay::new(5));
    let renamed = Amendment { name: Some("Other".into()), sends_per_day: None, ..Amendment::default() };
    let set = amend(&world.ports, &by(owner.clone()), renamed.clone()).await.unwrap();
    assert_eq!((set.name.as_str(), set.sends_per_day), ("Other", SendsPerDay::new(5)));
    let entries = world.store.contents().audit.len();
    amend(&world.ports, &by(owner), renamed).await.unwrap();
    assert_eq!(world.store.contents().audit.len(), entries, "what changes nothing is not written down");
}

#[tokio::test]
async fn whoever_asks_too_fast_is_told_when_to_ask_and_reads_nothing_meanwhile() {
    let world = world(None).await;
    let (token, secret) = samples::token(1, Role::Editor, &[Scope::MessagesRead]);
    let rate = Caller::Credential(token.hash).rate();
    let change = Change::new(organization_id(1)).create(samples::member(1, Role::Editor)).create(token);
    world.ports.store.commit(change).await.unwrap();
    let come = async |secret: &str| enter(&world.ports, Some(secret), &[], None).await.map(drop);
    for _ in 0..rate.quota {
        come(secret.reveal()).await.unwrap();
    }
    let left = rates_left(&world.ports, Some(secret.reveal()));
    assert_eq!(left.iter().map(|left| left.requests).collect::<Vec<_>>(), [0, 24_000]);
    let response = Response::json(200, &()).with_rates(&left);
    let json = serde_json::to_value(&response).unwrap();
    assert_eq!(
        (&json["headers"]["ratelimit-policy"], &json["headers"]["ratelimit"]),
        (
            &"\"credential\";q=6000;w=60, \"organization\";q=30000;w=60".into(),
            &"\"credential\";r=0;t=60, \"organization\";r=24000;t=12".into(),
        )
    );
    let refused = come(secret.reveal()).await.unwrap_err();
    assert_eq!(code(&refused), "rate_limited");
    // It is refused before anything is read, a deleted token too.
    world.store.contents().records.clear();
    assert_eq!(code(&come(secret.reveal()).await.unwrap_err()), "rate_limited");
    let (_, other) = samples::token(2, Role::Editor, &[]);
    assert_eq!(code(&come(other.reveal()).await.unwrap_err()), "invalid_credential");
    world.pass(1);
    assert_eq!(code(&come(secret.reveal()).await.unwrap_err()), "invalid_credential");
    assert!(
        rates_left(&world.ports, Some("cs_live_x")).is_empty() && rates_left(&world.ports, None).is_empty()
    );
}

#[test]
fn a_limit_of_zero_is_refused_with_what_to_do_and_null_takes_one_away() {
    let read = |body: &str| wire::people::tokens::update(body.as_bytes());
    let refused = read(r#"{"sends_per_day": 0}"#).unwrap_err();
    let Refusal::Invalid(errors) = &refused else { panic!("{refused:?}") };
    assert_eq!((code(&refused), errors.len()), ("limit_of_zero", 1));
    assert!(errors[0].message.contains("pause"), "{}", errors[0].message);
    for (body, expected) in [
        (r#"{"sends_per_day": 10000001}"#, "out_of_range"),
        (r#"{"sends_per_day": -1}"#, "out_of_range"),
        (r#"{"sends_per_day": 1.5}"#, "out_of_range"),
        (r#"{"sends_per_day": "5"}"#, "wrong_type"),
        (r#"{"sends_per_day": 0, "name": " "}"#, "invalid_request"),
        (r#"{"scopes": ["messages.send"]}"#, "unknown_field"),
    ] {
        assert_eq!(code(&read(body).unwrap_err()), expected, "{body}");
    }
    let limited = |sends_per_day| Amendment { sends_per_day, ..Amendment::default() };
    assert_eq!(read(r#"{"sends_per_day": 5}"#), Ok(limited(Some(SendsPerDay::new(5)))));
    assert_eq!(read(r#"{"sends_per_day": null}"#), Ok(limited(Some(None))));
    assert_eq!(read("{}"), Ok(limited(None)));
    for (body, seconds) in
        [("", 86_400), ("{}", 86_400), (r#"{"overlap": 0}"#, 0), (r#"{"overlap": 604800}"#, 604_800)]
    {
        let overlap = wire::people::tokens::rotation(body.as_bytes()).unwrap();
        assert_eq!(overlap.as_secs(), seconds, "{body}");
    }
    let long = wire::people::tokens::rotation(br#"{"overlap": 604801}"#);
    assert_eq!(code(&long.unwrap_err()), "out_of_range");
}
