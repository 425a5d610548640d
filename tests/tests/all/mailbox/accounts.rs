//! Connected accounts in memory: what is connected, what leaves through it, and what its provider may do.

use std::sync::Arc;

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::{KeyVerdict, SendOutcome};
use app::base::store::{Change, Key, PageRequest, key, load};
use app::gate::approvals::{Ballot, Verdict, decide};
use app::gate::dispatch::{DispatchError, Dispatched, dispatch};
use app::gate::submit::{Draft, Submitted, submit};
use app::gate::transports::Transports;
use app::mailbox::accounts::{self, AccountChanges, Connected, NewAccount, Secret, ServerGiven};
use app::mailbox::inboxes;
use domain::base::address::{HeaderText, Mailbox};
use domain::base::code::Code;
use domain::delivery::event::EventKind;
use domain::gate::seal::Ticket;
use domain::mailbox::account::{Account, AccountStatus, Provider, Region, Transport};
use domain::mailbox::lifecycle::Status;
use domain::mailbox::mail_server::{MailServer, Security};
use domain::mailbox::message::Message;
use domain::people::access::{Permit, Role, Scope, ScopeType};
use domain::people::email::EmailProof;
use testkit::samples::{self, NOW};
use testkit::world::{NotedProviders, NotedSender, PlainKeys, World};
use zeroize::Zeroizing;

const SECRET: &str = "re_0123456789abcdef";

fn person<S: ScopeType>(n: u8, role: Role) -> Permit<S> {
    samples::session(n, role).0.principal(NOW).unwrap().permit().unwrap()
}

fn owner<S: ScopeType>() -> Permit<S> {
    person(1, Role::Owner)
}

async fn world() -> World {
    let world = World::default();
    let change = Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(samples::member(1, Role::Owner))
        .create(samples::member(2, Role::Approver));
    world.ports.store.commit(change).await.unwrap();
    world
}

fn key_of(text: &str) -> Secret {
    Secret::ApiKey(Zeroizing::new(text.to_owned()))
}

fn new(provider: Provider, address: &str) -> NewAccount {
    NewAccount {
        provider,
        region: None,
        server: None,
        address: samples::address(address),
        display_name: Some(HeaderText::lossy("Hello")),
        secret: key_of(SECRET),
    }
}

async fn connect(world: &World, providers: &NotedProviders, new: NewAccount) -> Result<Connected, Refusal> {
    let outside = (&PlainKeys as _, providers as _);
    let answer = |_: &Connected| (201, String::new());
    accounts::connect(&world.ports, outside, &owner(), new, &Once::default(), answer).await
}

#[tokio::test]
async fn a_password_opens_for_its_server_and_user_alone() {
    let world = world().await;
    let server = |host: &str| MailServer::new(host, 465, Security::Tls, "ann").unwrap();
    let of_server = NewAccount {
        server: Some(ServerGiven::Named(server("smtp.example.com"))),
        secret: Secret::Password(Zeroizing::new("pass word".to_owned())),
        ..new(Provider::Smtp, "ann@example.com")
    };
    let (account, _) = connect(&world, &NotedProviders::default(), of_server.clone()).await.unwrap();
    assert_eq!((account.last_four.as_str(), account.outside()), ("", "smtp.example.com"));
    // Another server for the same address is another account; the same one is known.
    let again = connect(&world, &NotedProviders::default(), of_server.clone()).await;
    assert_eq!(code_of(again), Code::AccountKnown);
    let looked = NewAccount { server: Some(ServerGiven::Looked(None)), ..of_server.clone() };
    let (found, _) = connect(&world, &NotedProviders::default(), looked).await.unwrap();
    assert_eq!(found.server.unwrap().to_string(), "tls smtp.example.com:465 ann@example.com");
    // Whoever can write the record can't have the password shown to a server of theirs.
    let moved = Account { server: Some(server("smtp.example.net")), ..account.clone() };
    world.ports.store.commit(Change::new(samples::organization_id(1)).update(moved)).await.unwrap();
    let providers = NotedProviders::default();
    let proof = EmailProof::by_the_way(samples::organization_id(1), samples::member(1, Role::Owner).id, NOW);
    world.ports.store.commit(Change::new(samples::organization_id(1)).create(proof)).await.unwrap();
    let tried = accounts::test_send(&world.ports, (&PlainKeys, &providers), &owner(), account.id).await;
    assert!(tried.is_err() && providers.tests.lock().unwrap().is_empty(), "{tried:?}");
    // A key is no password, and neither goes to the other.
    let key = AccountChanges { secret: Some(key_of(SECRET)), ..AccountChanges::default() };
    let refused = accounts::update(&world.ports, (&PlainKeys, &providers), &owner(), account.id, key).await;
    assert_eq!(code_of(refused), Code::NotOfProvider);
    for (given, field) in [
        (NewAccount { secret: key_of(SECRET), ..of_server.clone() }, "api_key"),
        (NewAccount { server: None, ..of_server.clone() }, "smtp"),
        (NewAccount { provider: Provider::Brevo, ..of_server.clone() }, "smtp"),
    ] {
        match connect(&world, &NotedProviders::default(), given).await {
            Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, field),
            other => panic!("{other:?}"),
        }
    }
    for (verdict, code) in [
        (KeyVerdict::Refused, Code::PasswordRefused),
        (KeyVerdict::WrongServer("why"), Code::MailServerUnusable),
    ] {
        let providers = NotedProviders::default();
        providers.verdicts.lock().unwrap().push_back(verdict);
        let other = NewAccount { address: samples::address("bob@example.com"), ..of_server.clone() };
        assert_eq!(code_of(connect(&world, &providers, other).await), code);
    }
}

async fn connected(world: &World, provider: Provider) -> Connected {
    connect(world, &NotedProviders::default(), new(provider, "hello@example.com")).await.unwrap()
}

fn code_of<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> Code {
    refused.unwrap_err().code()
}

fn draft() -> Draft {
    Draft {
        to: vec![Mailbox::bare(samples::address("ann@example.org"))],
        subject: Some(HeaderText::lossy("Hello")),
        text: Some("Hello Ann".into()),
        ..Draft::default()
    }
}

/// A mail from the account's inbox, approved by somebody else.
async fn approved(world: &World, account: &Account) -> Submitted {
    let (asks, once) = (person(1, Role::Owner), Once::default());
    let inbox = account.id.inbox_id();
    let submitted =
        submit(&world.sending(), &asks, inbox, draft(), None, &once, |_| (202, String::new())).await.unwrap();
    assert!(submitted.is_held(), "a new account is gated");
    let ballot = Ballot::new(submitted.approval.digest, &Verdict::Approve);
    let by = person(2, Role::Approver);
    decide(&world.ports, &*world.workflow, &by, submitted.approval.id, &ballot).await.unwrap();
    submitted
}

fn transports(world: &World, ses: &Arc<NotedSender>, providers: &Arc<NotedProviders>) -> Transports {
    Transports {
        ports: world.ports.clone(),
        ses: Arc::clone(ses) as _,
        providers: Arc::clone(providers) as _,
        data_keys: Arc::new(PlainKeys),
    }
}

async fn send(
    world: &World,
    transports: &Transports,
    submitted: &Submitted,
    a_second: u32,
) -> Result<Dispatched, DispatchError> {
    let approval = &submitted.approval;
    let ticket = Ticket {
        organization_id: approval.organization_id,
        inbox_id: approval.inbox_id,
        message_id: approval.message_id,
        approval_id: approval.id,
        digest: approval.digest,
    };
    let pace = world.pace(a_second);
    dispatch(&world.ports, &*world.blobs, transports, &*world.key_logs, pace, &ticket).await
}

async fn status(world: &World, account: &Account) -> AccountStatus {
    let found = load(&*world.ports.store, samples::organization_id(1), key::Account(account.id)).await;
    found.unwrap().unwrap().status
}

fn events(world: &World) -> Vec<EventKind> {
    world.store.contents().events.iter().map(|event| event.kind).collect()
}

#[tokio::test]
async fn an_account_is_an_inbox_of_the_same_bits_whose_key_nobody_sees() {
    let world = world().await;
    let (account, inbox) = connected(&world, Provider::Resend).await;
    assert_eq!((account.id.inbox_id(), &*account.last_four), (inbox.id, "cdef"));
    assert_eq!(inbox.transport(), Transport::Account(Provider::Resend, account.id));
    let stored = format!("{:?}", world.store.contents().records);
    assert!(!stored.contains(SECRET) && !String::from_utf8_lossy(&account.sealed_secret).contains(SECRET));
    assert_eq!(events(&world), [EventKind::AccountConnected]);
    let page = PageRequest { limit: 50, cursor: None };
    let listed = accounts::list(&world.ports, &owner(), &page).await.unwrap();
    assert_eq!(listed.items, [(account.clone(), inbox.clone())]);
    // Whoever lists inboxes finds it among them.
    let inboxes = inboxes::list(&world.ports, &owner(), &page).await.unwrap().items;
    assert!(inboxes.contains(&inbox));
    // Its address is in no directory: mail to it does not come to this installation.
    assert!(!format!("{:?}", world.store.contents().addresses).contains("hello@example.com"));
}

#[tokio::test]
async fn a_key_is_kept_only_once_its_provider_takes_it() {
    let world = world().await;
    let said = |verdict| NotedProviders {
        verdicts: [verdict].into_iter().collect::<std::collections::VecDeque<_>>().into(),
        ..NotedProviders::default()
    };
    for (verdict, code) in [
        (KeyVerdict::Refused, Code::ApiKeyRefused),
        (KeyVerdict::WrongSender("the domain is not verified".to_owned()), Code::SenderNotAllowed),
        (KeyVerdict::Unreachable("timeout"), Code::ProviderUnavailable),
    ] {
        let refused = connect(&world, &said(verdict), new(Provider::Brevo, "hello@example.com")).await;
        assert_eq!(code_of(refused), code);
    }
    let providers = NotedProviders::default();
    let of_ours = connect(&world, &providers, new(Provider::Resend, "hello@mail.example.com")).await;
    assert_eq!(code_of(of_ours), Code::DomainOfInstallation);
    let region = NewAccount { region: Some(Region::Eu), ..new(Provider::Resend, "hello@example.com") };
    assert_eq!(code_of(connect(&world, &providers, region).await), Code::RegionNotOffered);
    assert!(events(&world).is_empty(), "nothing was kept");

    connected(&world, Provider::Resend).await;
    let again = connect(&world, &providers, new(Provider::Resend, "Hello@Example.com")).await;
    assert_eq!(code_of(again), Code::AccountKnown);
    // Another provider may send from the same address.
    connected(&world, Provider::Mailgun).await;
}

#[tokio::test]
async fn what_is_approved_leaves_through_the_account_that_its_object_names() {
    let world = world().await;
    let (account, _) = connected(&world, Provider::Resend).await;
    let submitted = approved(&world, &account).await;
    assert_eq!(submitted.approval.provider, Some(Provider::Resend));
    let (ses, providers) = (Arc::default(), Arc::default());
    let transports = transports(&world, &ses, &providers);
    // It takes no place of SES's rate, and has one of its own: two calls a second to this provider.
    let (one, more) = (approved(&world, &account).await, approved(&world, &account).await);
    assert_eq!(send(&world, &transports, &submitted, 1).await, Ok(Dispatched::Now(Status::Sent)));
    assert_eq!(send(&world, &transports, &one, 1).await, Ok(Dispatched::Now(Status::Sent)));
    assert_eq!(send(&world, &transports, &more, 1).await, Err(DispatchError::NoPlace));
    world.pass(1);
    assert_eq!(send(&world, &transports, &more, 1).await, Ok(Dispatched::Now(Status::Sent)));
    assert_eq!(send(&world, &transports, &submitted, 1).await, Ok(Dispatched::Already(Status::Sent)));
    assert!(ses.called.lock().unwrap().is_empty());
    let called = providers.called.lock().unwrap().clone();
    assert_eq!(called.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), [SECRET; 3]);
    let mime = String::from_utf8(called[0].1.clone()).unwrap();
    assert!(mime.contains("From: \"Hello\" <hello@example.com>") && mime.contains("Hello Ann"), "{mime}");
    let message = load(
        &*world.ports.store,
        samples::organization_id(1),
        key::Message(account.id.inbox_id(), submitted.message.id),
    );
    // Nobody knows under which `Message-ID` this provider sent it.
    assert_eq!(message.await.unwrap().unwrap().internet_message_id, None);
}

#[tokio::test]
async fn what_a_provider_cannot_be_given_is_refused_before_anybody_decides() {
    let world = world().await;
    let (account, _) = connected(&world, Provider::Resend).await;
    let ask = |inbox, subject: &str| {
        let draft = Draft { subject: Some(HeaderText::lossy(subject)), ..draft() };
        let (sending, asks, once) = (world.sending(), person(1, Role::Owner), Once::default());
        async move { submit(&sending, &asks, inbox, draft, None, &once, |_| (202, String::new())).await }
    };
    assert_eq!(code_of(ask(account.id.inbox_id(), "unspeakable").await), Code::NotCarried);
    assert!(world.blobs.objects.lock().unwrap().is_empty(), "nothing was stored");
    // SES takes every mail that can be composed.
    ask(samples::inbox_id(1), "unspeakable").await.unwrap();
}

#[tokio::test]
async fn each_answer_of_a_provider_leaves_the_mail_where_it_belongs() {
    let world = world().await;
    let (account, _) = connected(&world, Provider::Mailgun).await;
    let ses = Arc::default();
    for (answer, expected) in [
        (SendOutcome::Accepted("x1@example.com".to_owned()), Ok(Dispatched::Now(Status::Sent))),
        (SendOutcome::Refused("sender_not_verified".to_owned()), Ok(Dispatched::Now(Status::Failed))),
        (SendOutcome::Ambiguous("timeout"), Ok(Dispatched::Now(Status::Unknown))),
        (SendOutcome::THROTTLED, Err(DispatchError::NotAccepted("throttled"))),
    ] {
        let providers = Arc::new(NotedProviders::default());
        providers.answers.lock().unwrap().push_back(answer.clone());
        let transports = transports(&world, &ses, &providers);
        let submitted = approved(&world, &account).await;
        assert_eq!(send(&world, &transports, &submitted, 1_000).await, expected, "{answer:?}");
        assert_eq!(providers.called.lock().unwrap().len(), 1, "one call for each claim");
    }
}

#[tokio::test]
async fn a_refused_key_is_told_once_and_another_lets_the_mail_go() {
    let world = world().await;
    let (account, _) = connected(&world, Provider::SendGrid).await;
    let submitted = approved(&world, &account).await;
    let (ses, providers) = (Arc::default(), Arc::new(NotedProviders::default()));
    let transports = transports(&world, &ses, &providers);
    for _ in 0..2 {
        let refused = SendOutcome::NotAccepted("credentials_refused");
        providers.answers.lock().unwrap().push_back(refused);
        let sent = send(&world, &transports, &submitted, 1_000).await;
        assert_eq!(sent, Err(DispatchError::NotAccepted("credentials_refused")));
        world.pass(3_600);
    }
    assert_eq!(status(&world, &account).await.as_str(), "error");
    let told = |kind| events(&world).iter().filter(|it| **it == kind).count();
    assert_eq!((told(EventKind::AccountError), told(EventKind::AccountRecovered)), (1, 0));

    let changes = AccountChanges { secret: Some(key_of("SG.another-key-0001")), ..AccountChanges::default() };
    let outside = (&PlainKeys as _, &*providers as _);
    let (changed, _) = accounts::update(&world.ports, outside, &owner(), account.id, changes).await.unwrap();
    assert_eq!((changed.last_four.as_str(), changed.status), ("0001", AccountStatus::Active));
    // The same again is no other key.
    let again = AccountChanges { secret: Some(key_of("SG.another-key-0001")), ..AccountChanges::default() };
    let (again, _) = accounts::update(&world.ports, outside, &owner(), account.id, again).await.unwrap();
    assert_eq!(again.sealed_secret, changed.sealed_secret);
    assert_eq!(told(EventKind::AccountRecovered), 1);
    assert_eq!(send(&world, &transports, &submitted, 1_000).await, Ok(Dispatched::Now(Status::Sent)));
    assert_eq!(providers.called.lock().unwrap().last().unwrap().0, "SG.another-key-0001");
}

#[tokio::test]
async fn nothing_leaves_a_disconnected_account_and_its_inbox_goes_with_it() {
    let world = world().await;
    let (account, inbox) = connected(&world, Provider::Resend).await;
    assert_eq!(code_of(inboxes::delete(&world.ports, &owner(), inbox.id).await), Code::InboxOfAccount);
    let submitted = approved(&world, &account).await;
    accounts::disconnect(&world.ports, &owner(), account.id).await.unwrap();
    let (ses, providers) = (Arc::default(), Arc::default());
    let transports = transports(&world, &ses, &providers);
    assert_eq!(send(&world, &transports, &submitted, 1_000).await, Ok(Dispatched::Now(Status::Cancelled)));
    assert!(providers.called.lock().unwrap().is_empty() && ses.called.lock().unwrap().is_empty());
    let kept = |key: Key| world.store.contents().records.contains_key(&(samples::organization_id(1), key));
    assert!(!kept(Key::Account(account.id)) && !kept(Key::Inbox(inbox.id)) && kept(Key::Purge(inbox.id)));
    assert_eq!(code_of(accounts::disconnect(&world.ports, &owner(), account.id).await), Code::NotFound);
    // It may be connected again.
    connected(&world, Provider::Resend).await;
}

/// The table's row says which inbox a mail leaves; what was approved says which account.
#[tokio::test]
async fn no_row_has_a_mail_leave_through_another_account_or_under_another_address() {
    let world = world().await;
    let (account, _) = connected(&world, Provider::Resend).await;
    let (ses, providers) = (Arc::default(), Arc::default());
    let transports = transports(&world, &ses, &providers);
    let organization_id = samples::organization_id(1);
    // Somebody writes that the mail lies in the inbox of another account.
    let (other, _) = connected(&world, Provider::Mailgun).await;
    let mut elsewhere = approved(&world, &account).await;
    let key = key::Message(account.id.inbox_id(), elsewhere.message.id);
    let message = load(&*world.ports.store, organization_id, key).await.unwrap().unwrap();
    elsewhere.approval.inbox_id = other.id.inbox_id();
    let moved = Message { inbox_id: other.id.inbox_id(), ..message };
    world.ports.store.commit(Change::new(organization_id).create(moved)).await.unwrap();
    assert_eq!(send(&world, &transports, &elsewhere, 1_000).await, Ok(Dispatched::Now(Status::Failed)));
    // Or another address into the account's row.
    let submitted = approved(&world, &account).await;
    let moved = Account { address: samples::address("other@example.com"), ..account.clone() };
    world.ports.store.commit(Change::new(organization_id).update(moved)).await.unwrap();
    assert_eq!(send(&world, &transports, &submitted, 1_000).await, Ok(Dispatched::Now(Status::Failed)));
    assert!(providers.called.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_test_goes_to_ones_own_proven_address_alone() {
    let world = world().await;
    let (account, _) = connected(&world, Provider::Brevo).await;
    let providers = NotedProviders::default();
    let try_it = |permit| {
        let (world, providers) = (&world, &providers);
        let id = account.id;
        async move { accounts::test_send(&world.ports, (&PlainKeys, providers), &permit, id).await }
    };
    assert_eq!(code_of(try_it(owner()).await), Code::AddressNotProven);
    let (token, _) = samples::token(1, Role::Owner, &[Scope::AccountsManage]);
    assert_eq!(code_of(try_it(token.principal().permit().unwrap()).await), Code::PersonRequired);
    let organization_id = samples::organization_id(1);
    let proof = EmailProof::by_the_way(organization_id, samples::member(1, Role::Owner).id, NOW);
    world.ports.store.commit(Change::new(organization_id).create(proof)).await.unwrap();
    let (to, provider_id) = try_it(owner()).await.unwrap();
    assert_eq!((to.as_str(), &*provider_id), ("member1@example.com", "theirs-1"));
    for _ in 1..20 {
        try_it(owner()).await.unwrap();
    }
    assert_eq!(code_of(try_it(owner()).await), Code::TooManyTestSends);
    let tests = providers.tests.lock().unwrap();
    assert!(tests.len() == 20 && tests.iter().all(|mail| mail.to() == &to), "{tests:?}");
    assert!(tests[0].text().contains(&account.id.to_string()));
}
