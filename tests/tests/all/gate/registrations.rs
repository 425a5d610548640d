//! Signing up in memory: what a program gets, that nothing leaves before the claim, the mail with the link, every bound and refusal, and the
//! end of what nobody claims.

use std::net::IpAddr;
use std::sync::Arc;

use app::Refusal;
use app::base::enter::{Once, enter};
use app::base::ports::Settings;
use app::base::store::{Change, DirectoryWrite, Key, Record};
use app::gate::approvals::{Ballot, Verdict, decide};
use app::gate::dispatch::Dispatched;
use app::gate::notify::{DueDigest, Notify, Teller, Waiting};
use app::gate::purge::purge;
use app::gate::registrations::{self, AskedClaim, NewRegistration, Registered};
use app::gate::submit::{Submitted, submit};
use app::gate::sweep::sweep;
use app::people::sessions::Doors;
use app::people::setup::Made;
use domain::base::code::Code;
use domain::delivery::event::EventKind;
use domain::mailbox::lifecycle::Status;
use domain::people::access::{Principal, Role, Scope, scope};
use domain::people::registration::{Bound, ClaimSecret, Registration, RegistrationEnd, SignUp};
use testkit::samples;
use testkit::world::{PlainKeys, World};

use super::votes::{ALLOW, ANN, ask, counts, ruled, send, to};

const GOOD: &str = "four words nobody puts together";
const OWNER: &str = "grace@lamps.example";

async fn sign_up_from(
    world: &World,
    client: &str,
    owner: &str,
    for_program: bool,
) -> Result<Registered, Refusal> {
    let doors = Doors { directory: &*world.store, data_keys: &PlainKeys };
    let new = NewRegistration { name: "Lamps & Co".to_owned(), email: samples::address(owner) };
    let client: IpAddr = client.parse().unwrap();
    registrations::create(&world.ports, &doors, new, Some(client), for_program).await
}

async fn sign_up(world: &World) -> Registered {
    sign_up_from(world, "192.0.2.1", OWNER, true).await.unwrap()
}

async fn tell(world: &World, what: &Notify) {
    let from = samples::address("notifications@mail.example.com");
    let teller = Teller {
        ports: &world.ports,
        directory: &*world.store,
        notifier: &world.notifier,
        queue: &world.outside,
        encode: |_: &DueDigest| String::new(),
        from: &from,
        public_url: "https://console.test",
    };
    teller.tell(what).await.unwrap();
}

/// Mails whoever the last entry of the audit log wants mailed, and gives the link of the mail.
async fn mailed(world: &World) -> Option<(String, ClaimSecret)> {
    let entry = world.store.contents().audit.last().cloned().unwrap();
    assert!(domain::ledger::alerts::asks_for_claim(&(&entry).into()), "{}", entry.action);
    let before = world.notifier.called.lock().unwrap().len();
    let asked = AskedClaim { organization_id: entry.organization_id, id: entry.id };
    // However often it is told, it is mailed once.
    for _ in 0..2 {
        tell(world, &Notify::Claim(asked.clone())).await;
    }
    let sent = world.notifier.called.lock().unwrap().clone();
    let (to, mime) = sent.get(before)?.clone();
    assert_eq!(sent.len(), before + 1);
    let text = mail::parse(&mime).text.clone().unwrap();
    let link = text.lines().find_map(|line| line.trim().strip_prefix("https://console.test/console/claims/"));
    Some((to, ClaimSecret::parse(link.unwrap_or_else(|| panic!("{text}"))).unwrap()))
}

async fn claim(world: &World, secret: &ClaimSecret) -> Result<(Made, Registration), Refusal> {
    registrations::claim(&world.ports, secret, GOOD, None).await
}

async fn principal(world: &World, secret: &str) -> Principal {
    enter(&world.ports, Some(secret), &[], None).await.unwrap().principal
}

async fn asked(world: &World, made: &Registered) -> Submitted {
    let agent = made.agent.as_ref().unwrap();
    let permit = principal(world, agent.secret.reveal()).await.permit::<scope::MessagesSend>().unwrap();
    let answer = |_: &Submitted| (202, String::new());
    let once = Once::default();
    submit(&world.sending(), &permit, agent.inbox.id, to(ANN), None, &once, answer).await.unwrap()
}

fn code<T>(refused: Result<T, Refusal>) -> Code {
    refused.err().unwrap().code()
}

fn stored(world: &World, made: &Registered) -> Registration {
    let key = (made.organization.id, Key::Registration);
    world.store.contents().records.get(&key).cloned().and_then(|it| Registration::try_from(it).ok()).unwrap()
}

#[tokio::test]
async fn a_program_signs_up_and_its_first_mail_leaves_once_the_owner_has_claimed_it() {
    let world = World::default();
    let made = sign_up(&world).await;
    let agent = made.agent.as_ref().unwrap();
    assert!(agent.inbox.address.as_str().starts_with("lamps-co-"), "{}", agent.inbox.address);
    let program = principal(&world, agent.secret.reveal()).await;
    assert!(
        program.scopes.contains(&Scope::MessagesSend) && !program.scopes.contains(&Scope::ApprovalsDecide)
    );
    let submitted = asked(&world, &made).await;
    assert!(submitted.approval.reasons.iter().any(|reason| reason == "organization_unclaimed"));
    // Whoever is to own it hears of the claim, and of nothing else.
    let event = world.store.contents().events.last().unwrap().id;
    let waiting = Waiting {
        organization_id: made.organization.id,
        approval_id: submitted.approval.id,
        event_id: event,
        kind: EventKind::ApprovalRequested,
    };
    tell(&world, &Notify::Waiting(waiting)).await;
    assert_eq!(world.notifier.called.lock().unwrap().len(), 0);
    registrations::resend(&world.ports, &program, made.organization.id).await.unwrap();
    let (address, secret) = mailed(&world).await.unwrap();
    assert_eq!(address, OWNER);
    let before = world.store.contents().records.clone();
    registrations::open(&world.ports, &secret).await.unwrap();
    assert_eq!(world.store.contents().records, before, "a look changes nothing");

    let (owner, _) = claim(&world, &secret).await.unwrap();
    let person = principal(&world, owner.secret.reveal()).await;
    assert_eq!((person.role, person.organization_id), (Role::Owner, made.organization.id));
    assert_eq!(code(claim(&world, &secret).await), Code::ClaimUsed);
    let key = (made.organization.id, Key::Organization);
    let Some(Record::Organization(organization)) = world.store.contents().records.get(&key).cloned() else {
        panic!("it is gone")
    };
    assert_eq!((organization.unclaimed, organization.sends_per_day), (false, None));
    let permit = person.permit::<scope::ApprovalsDecide>().unwrap();
    let approval = &submitted.approval;
    let (id, digest) = (approval.id, approval.digest);
    decide(&world.ports, &*world.workflow, &permit, id, &Ballot::new(digest, &Verdict::Approve))
        .await
        .unwrap();
    assert_eq!(send(&world, approval).await, Dispatched::Now(Status::Sent));
    let contents = world.store.contents();
    assert!(!format!("{:?}", contents.audit).contains('@'));
    assert!(!format!("{:?}", contents.records).contains(&secret.reveal()));
}

#[tokio::test]
async fn the_last_look_stops_what_was_let_go_while_nobody_owns_the_organization() {
    let world = ruled(ALLOW).await;
    let approval = ask(&world, to(ANN), None).await.unwrap().approval;
    assert_eq!(approval.terms, None, "a policy lets it go");
    let unclaimed =
        domain::people::organization::Organization { unclaimed: true, ..samples::organization(1) };
    let key = (samples::organization_id(1), Key::Organization);
    world.store.contents().records.insert(key, unclaimed.into());
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sends(), 0);
    let held = ask(&world, to(ANN), None).await.unwrap().approval;
    assert!(held.terms.is_some(), "and lets nothing go from then on");
}

#[tokio::test]
async fn a_link_is_mailed_a_few_times_and_the_last_one_holds() {
    let world = World::default();
    let made = sign_up(&world).await;
    let (_, first) = mailed(&world).await.unwrap();
    let program = principal(&world, made.agent.as_ref().unwrap().secret.reveal()).await;
    let stranger = Principal { organization_id: samples::organization_id(9), ..program.clone() };
    assert_eq!(
        code(registrations::resend(&world.ports, &stranger, made.organization.id).await),
        Code::NotFound
    );
    let mut last = first;
    for _ in 1..Registration::MAILS {
        registrations::resend(&world.ports, &program, made.organization.id).await.unwrap();
        assert_eq!(code(registrations::open(&world.ports, &last).await), Code::ClaimNotValid);
        last = mailed(&world).await.unwrap().1;
    }
    let again = registrations::resend(&world.ports, &program, made.organization.id).await;
    assert_eq!(code(again), Code::ClaimMailedOften);
    let weak = registrations::claim(&world.ports, &last, "password1234", None).await;
    assert_eq!(code(weak), Code::PasswordGuessable);
    claim(&world, &last).await.unwrap();
    let again = registrations::resend(&world.ports, &program, made.organization.id).await;
    assert_eq!(code(again), Code::ClaimUsed);
}

#[tokio::test]
async fn of_two_who_claim_at_once_one_is_the_owner() {
    let world = World::default();
    sign_up(&world).await;
    let (_, secret) = mailed(&world).await.unwrap();
    let both = futures_util::future::join(claim(&world, &secret), claim(&world, &secret)).await;
    let won = [both.0.is_ok(), both.1.is_ok()];
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    let logins = world.store.contents().logins.len();
    assert_eq!((logins, counts(&world, "registration.claim")), (1, 1));
}

#[tokio::test]
async fn an_address_that_has_a_login_is_answered_alike_and_learns_it_from_the_link() {
    let world = World::default();
    let known = samples::login(1);
    let taken = Change::new(samples::organization_id(1)).directory(DirectoryWrite::NewLogin(known.clone()));
    world.ports.store.commit(taken).await.unwrap();
    let made = sign_up_from(&world, "192.0.2.1", known.email.as_str(), true).await.unwrap();
    let (_, secret) = mailed(&world).await.unwrap();
    assert!(registrations::open(&world.ports, &secret).await.is_ok());
    assert_eq!(code(claim(&world, &secret).await), Code::EmailTaken);
    assert_eq!(stored(&world, &made).end, None, "it waits still");
    // Whoever reads an inbox of ours gets no link.
    let ours = sign_up_from(&world, "192.0.2.1", "grace@mail.example.com", true).await;
    assert_eq!(code(ours), Code::AddressOfInbox);
}

#[tokio::test]
async fn each_bound_is_counted_before_anything_is_made() {
    let world = World::default();
    let day = Bound::Owner.length().as_secs();
    for _ in 0..Bound::Owner.limit() {
        sign_up(&world).await;
    }
    let made = world.store.contents().records.len();
    assert_eq!(code(sign_up_from(&world, "192.0.2.1", OWNER, true).await), Code::TooManyRegistrations);
    assert_eq!(world.store.contents().records.len(), made, "nothing is made");
    world.pass(day);
    let (mut taken, mut refused) = (Bound::Owner.limit(), 0);
    for _ in 0..Bound::Owner.limit() {
        match sign_up_from(&world, "192.0.2.1", &OWNER.to_uppercase(), false).await {
            Ok(_) => taken += 1,
            Err(refusal) => {
                assert_eq!(refusal.code(), Code::TooManyRegistrations);
                refused += 1;
            }
        }
    }
    assert_eq!((taken, refused), (Bound::Unclaimed.limit(), 1), "so many wait for one owner");
    // Claiming one forgives the others.
    let world = World::default();
    for _ in 0..Bound::Owner.limit() {
        sign_up(&world).await;
    }
    let (_, secret) = mailed(&world).await.unwrap();
    let counted = |world: &World| {
        let window = Bound::Unclaimed.window(world.ports.now());
        let hash = domain::people::registration::owner_hash(&samples::address(OWNER));
        world.store.contents().registrations.get(&(hash, window)).copied()
    };
    assert_eq!(counted(&world), Some(3));
    claim(&world, &secret).await.unwrap();
    assert_eq!(counted(&world), Some(0));

    let world = World::default();
    for n in 0..Bound::Client.limit() {
        sign_up_from(&world, "2001:db8:1:2::1", &format!("owner{n}@lamps.example"), false).await.unwrap();
    }
    let neighbour = sign_up_from(&world, "2001:db8:1:2::2", "other@lamps.example", false).await;
    assert_eq!(code(neighbour), Code::TooManyRegistrations);
    assert!(sign_up_from(&world, "2001:db8:1:3::2", "other@lamps.example", false).await.is_ok());
    world.pass(Bound::Client.length().as_secs());
    assert!(sign_up_from(&world, "2001:db8:1:2::2", "other@lamps.example", false).await.is_ok());
}

#[tokio::test]
async fn where_people_are_invited_nobody_signs_up_and_what_waits_can_be_claimed() {
    let mut world = World::default();
    sign_up(&world).await;
    let (_, secret) = mailed(&world).await.unwrap();
    let settings = Settings { sign_up: SignUp::Invite, ..(*world.ports.settings).clone() };
    world.ports.settings = Arc::new(settings);
    let before = world.store.contents().registrations.clone();
    let refused = sign_up_from(&world, "192.0.2.1", OWNER, true).await.err().unwrap();
    assert_eq!(refused.code(), Code::SignUpClosed);
    assert!(refused.to_string().contains("invitation"), "{refused}");
    assert_eq!(world.store.contents().registrations, before);
    claim(&world, &secret).await.unwrap();
    assert_eq!(SignUp::default(), SignUp::Invite);
}

#[tokio::test]
async fn what_nobody_claims_ends_with_its_mail_after_seven_days() {
    let world = World::default();
    let made = sign_up(&world).await;
    let (_, secret) = mailed(&world).await.unwrap();
    let agent = made.agent.as_ref().unwrap();
    asked(&world, &made).await;
    let claimed = sign_up_from(&world, "192.0.2.1", "other@lamps.example", true).await.unwrap();
    let (_, other) = mailed(&world).await.unwrap();
    claim(&world, &other).await.unwrap();
    assert_eq!(registrations::end(&world.ports, &*world.store).await, Ok(0), "it has its time");
    world.pass(Registration::LIFE.as_secs() + 1);
    assert_eq!(registrations::end(&world.ports, &*world.store).await, Ok(1));
    assert_eq!(registrations::end(&world.ports, &*world.store).await, Ok(0));
    assert_eq!(code(claim(&world, &secret).await), Code::ClaimExpired);
    assert!(matches!(stored(&world, &made).end, Some(RegistrationEnd::Expired(_))));
    let refused = enter(&world.ports, Some(agent.secret.reveal()), &[], None).await;
    assert!(refused.is_err());
    assert!(world.store.contents().retired.contains(&agent.inbox.address.mailbox_key()));
    for _ in 0..4 {
        // What waits is over as well by then.
        sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap();
        purge(&world.ports, &*world.blobs, &*world.workflow, &*world.store).await.unwrap();
        world.pass(120);
    }
    let left: Vec<_> = world
        .store
        .contents()
        .records
        .keys()
        .filter(|(organization, _)| *organization == made.organization.id)
        .map(|(_, key)| key.clone())
        .collect();
    let of_mail = |key: &&Key| {
        matches!(key, Key::Message(..) | Key::Inbox(_) | Key::Token(_) | Key::Member(_) | Key::Organization)
    };
    assert_eq!(left.iter().filter(of_mail).count(), 0, "{left:?}");
    // The other is as it was.
    let program = claimed.agent.as_ref().unwrap();
    assert!(enter(&world.ports, Some(program.secret.reveal()), &[], None).await.is_ok());
}
