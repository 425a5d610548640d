//! Invitations in memory: who may invite whom, the mail and its link, accepting once, and every way in which a link is useless.

use app::Refusal;
use app::base::enter::{Once, enter};
use app::base::ports::SendOutcome;
use app::base::store::{AddressEntry, Change, DirectoryWrite, Key, PageRequest, Record};
use app::gate::groups::{self, NewGroup};
use app::gate::invitations::{self, NewInvitation};
use app::gate::notify::{DueDigest, Invited, Notify, Teller};
use app::gate::seats::{self, GroupRef, SeatChange};
use domain::EventId;
use domain::base::code::Code;
use domain::delivery::event::{EventKind, Subject};
use domain::gate::group::GroupName;
use domain::people::access::{Permit, Principal, Role, Scope, scope};
use domain::people::credential::{Secret, Session};
use domain::people::invitation::{Invitation, InvitationSecret};
use futures_util::future::join_all;
use testkit::samples::{self, NOW, organization_id};
use testkit::world::World;

const OWNER: u8 = 1;
const ADMIN: u8 = 2;
const PASSWORD: &str = "four words nobody puts together";
const EMAIL: &str = "grace@example.org";

async fn world() -> World {
    let world = World::default();
    let change = Change::new(organization_id(1))
        .create(samples::organization(1))
        .create(samples::member(OWNER, Role::Owner))
        .create(samples::member(ADMIN, Role::Admin));
    world.ports.store.commit(change).await.unwrap();
    world
}

fn person(n: u8, role: Role) -> Principal {
    samples::session(n, role).0.principal(NOW).unwrap()
}

fn owner() -> Permit<scope::MembersManage> {
    person(OWNER, Role::Owner).permit().unwrap()
}

fn new(email: &str, role: Role) -> NewInvitation {
    NewInvitation { email: samples::address(email), role, groups: vec![] }
}

async fn invited_by(
    world: &World,
    by: &Permit<scope::MembersManage>,
    new: NewInvitation,
) -> Result<Invitation, Refusal> {
    let answer = |_: &Invitation| (201, String::new());
    invitations::create(&world.ports, &*world.store, by, new, &Once::default(), answer).await
}

async fn invited(world: &World, role: Role) -> Invitation {
    invited_by(world, &owner(), new(EMAIL, role)).await.unwrap()
}

/// What the last event tells the notifier.
fn event(world: &World) -> Notify {
    let event = world.store.contents().events.last().cloned().unwrap();
    let Subject::Invitation(notice) = event.subject else { panic!("{event:?}") };
    Notify::Invited(Invited {
        organization_id: event.organization_id,
        invitation_id: notice.id,
        event_id: event.id,
    })
}

async fn tell(world: &World, what: &Notify) -> Result<(), Refusal> {
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
    teller.tell(what).await
}

/// The texts of the mails that went, with whom they went to.
fn mails(world: &World) -> Vec<(String, String)> {
    let sent = world.notifier.called.lock().unwrap();
    let read = |(to, mime): &(String, Vec<u8>)| (to.clone(), mail::parse(mime).text.clone().unwrap());
    sent.iter().map(read).collect()
}

/// What the link of the last mail ends with.
fn link(world: &World) -> String {
    let (_, text) = mails(world).pop().unwrap();
    let line =
        text.lines().find(|line| line.starts_with("https://console.test/console/invitations/")).unwrap();
    line.trim().rsplit('/').next().unwrap().to_owned()
}

/// The link of an invitation that was just made and mailed.
async fn mailed(world: &World, role: Role) -> (Invitation, String) {
    let invitation = invited(world, role).await;
    tell(world, &event(world)).await.unwrap();
    (invitation, link(world))
}

async fn accept(world: &World, link: &str) -> Result<(Session, Secret), Refusal> {
    invitations::accept(&world.ports, link, PASSWORD, None).await
}

fn code<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> Code {
    refused.unwrap_err().code()
}

fn stored(world: &World, invitation: &Invitation) -> Option<Invitation> {
    let key = (organization_id(1), Key::Invitation(invitation.id));
    world.store.contents().records.get(&key).cloned().and_then(|record| Invitation::try_from(record).ok())
}

#[tokio::test]
async fn somebody_is_invited_by_mail_and_gets_their_seat_once() {
    let world = world().await;
    let (invitation, link) = mailed(&world, Role::Approver).await;
    let (to, text) = mails(&world).pop().unwrap();
    assert_eq!(to, EMAIL);
    assert!(text.contains("\"Sample\"") && text.contains("an approver"), "{text}");
    let known = stored(&world, &invitation).unwrap();
    assert_eq!(known.secret, Some(InvitationSecret::parse(&link).unwrap().hash()));
    let secret = InvitationSecret::parse(&link).unwrap();
    let opened = invitations::open(&world.ports, &secret).await.unwrap();
    assert_eq!((opened.invitation.id, opened.organization.name.as_str()), (invitation.id, "Sample"));
    assert_eq!(stored(&world, &invitation), Some(known), "a look changes nothing");

    let (session, shown) = accept(&world, &link).await.unwrap();
    let entered = enter(&world.ports, Some(shown.reveal()), &[], None).await.unwrap();
    assert_eq!(entered.principal.scopes, Role::Approver.scopes());
    assert_eq!(code(accept(&world, &link).await), Code::InvitationUsed);
    let proof = (organization_id(1), Key::EmailProof(session.member_id));
    let contents = world.store.contents();
    assert!(contents.records.contains_key(&proof), "they had the mail");
    let login = contents.logins.get(&samples::address(EMAIL).mailbox_key()).unwrap();
    assert_eq!((login.member_id, login.organization_id), (session.member_id, organization_id(1)));
    let actions: Vec<_> = contents.audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["invitation.create", "invitation.accept", "session.create"]);
    let kinds: Vec<_> = contents.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::InvitationCreated, EventKind::MemberCreated]);
    let told = format!("{:?} {:?}", contents.audit, contents.events);
    assert!(!told.contains('@') && !told.contains("cs_invitation_"), "{told}");
}

#[tokio::test]
async fn who_may_invite_whom() {
    let world = world().await;
    let admin: Permit<scope::MembersManage> = person(ADMIN, Role::Admin).permit().unwrap();
    for role in [Role::Owner, Role::Admin] {
        assert_eq!(code(invited_by(&world, &admin, new(EMAIL, role)).await), Code::OwnersOnly);
    }
    let (token, _) = samples::token(OWNER, Role::Owner, &[Scope::MembersManage]);
    let program: Permit<scope::MembersManage> = token.principal().permit().unwrap();
    for role in [Role::Owner, Role::Admin, Role::Approver] {
        assert_eq!(code(invited_by(&world, &program, new(EMAIL, role)).await), Code::PersonRequired);
    }
    invited_by(&world, &program, new("editor@example.org", Role::Editor)).await.unwrap();
    invited_by(&world, &admin, new("approver@example.org", Role::Approver)).await.unwrap();
    invited_by(&world, &owner(), new("owner@example.org", Role::Owner)).await.unwrap();
}

#[tokio::test]
async fn an_inbox_a_member_and_whoever_is_invited_are_invited_not_even_once_more() {
    let world = world().await;
    let own = AddressEntry {
        address: samples::address("robot@own.example"),
        organization_id: organization_id(2),
        inbox_id: samples::inbox_id(1),
    };
    let change = Change::new(organization_id(2)).directory(DirectoryWrite::NewAddress(own));
    world.ports.store.commit(change).await.unwrap();
    let installation = format!("anybody@{}", world.ports.settings.mail_domain);
    for inbox in ["robot@own.example", &installation] {
        assert_eq!(code(invited_by(&world, &owner(), new(inbox, Role::Viewer)).await), Code::AddressOfInbox);
    }
    let member = samples::member(ADMIN, Role::Admin).email;
    let again = invited_by(&world, &owner(), new(member.as_str(), Role::Viewer)).await;
    assert_eq!(code(again), Code::AlreadyMember);
    let first = invited(&world, Role::Viewer).await;
    let Err(Refusal::Because { code, details, .. }) =
        invited_by(&world, &owner(), new(EMAIL, Role::Viewer)).await
    else {
        panic!()
    };
    assert_eq!((code, details), (Code::AlreadyInvited, vec![("invitation_id", first.id.to_string())]));
}

#[tokio::test]
async fn every_way_to_be_useless_says_why_to_whoever_has_the_link_and_to_nobody_else() {
    let world = world().await;
    let (invitation, first) = mailed(&world, Role::Viewer).await;
    // Sent again: the older link is void at once, before the newer mail has gone.
    invitations::resend(&world.ports, &owner(), invitation.id).await.unwrap();
    assert_eq!(code(accept(&world, &first).await), Code::InvitationNotValid);
    tell(&world, &event(&world)).await.unwrap();
    let second = link(&world);
    assert_ne!(first, second);
    assert_eq!(code(accept(&world, &first).await), Code::InvitationNotValid);
    // Nobody learns of an invitation by guessing.
    let none = InvitationSecret::new(&samples::invitation(9), [9; 32]).reveal();
    let other = InvitationSecret::new(&invitation, [9; 32]).reveal();
    for stranger in ["", "cs_invitation_", &none, &other, &second.replace("cs_invitation_", "cs_link_")] {
        assert_eq!(accept(&world, stranger).await.unwrap_err(), accept(&world, "x").await.unwrap_err());
    }
    let weak = invitations::accept(&world.ports, &second, "password1234", None).await;
    assert_eq!(code(weak), Code::PasswordGuessable);
    // Its seven days are over.
    world.pass(7 * 24 * 3600);
    assert_eq!(code(accept(&world, &second).await), Code::InvitationExpired);
    invitations::resend(&world.ports, &owner(), invitation.id).await.unwrap();
    tell(&world, &event(&world)).await.unwrap();
    let third = link(&world);
    // Taken back.
    invitations::delete(&world.ports, &owner(), invitation.id).await.unwrap();
    assert_eq!(code(accept(&world, &third).await), Code::InvitationNotValid);
    assert_eq!(code(invitations::resend(&world.ports, &owner(), invitation.id).await), Code::NotFound);
    // The address has a login by then.
    let (_, fourth) = mailed(&world, Role::Viewer).await;
    let login = domain::people::credential::Login { email: samples::address(EMAIL), ..samples::login(7) };
    let change = Change::new(organization_id(2)).directory(DirectoryWrite::NewLogin(login));
    world.ports.store.commit(change).await.unwrap();
    assert_eq!(code(accept(&world, &fourth).await), Code::EmailTaken);
}

#[tokio::test]
async fn it_ends_with_the_right_of_whoever_invited() {
    let world = world().await;
    let admin: Permit<scope::MembersManage> = person(ADMIN, Role::Admin).permit().unwrap();
    invited_by(&world, &admin, new(EMAIL, Role::Approver)).await.unwrap();
    tell(&world, &event(&world)).await.unwrap();
    let link = link(&world);
    let demoted = SeatChange { role: Some(Role::Viewer), groups: None };
    seats::update(&world.ports, &owner(), samples::member(ADMIN, Role::Admin).id, demoted).await.unwrap();
    assert_eq!(code(accept(&world, &link).await), Code::InvitationNotValid);
    let page = PageRequest { limit: 10, cursor: None };
    let waiting = invitations::list(&world.ports, &owner(), &page).await.unwrap().items;
    invitations::resend(&world.ports, &owner(), waiting[0].id).await.unwrap();
    tell(&world, &event(&world)).await.unwrap();
    accept(&world, &self::link(&world)).await.unwrap();
    assert!(invitations::list(&world.ports, &owner(), &page).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn of_many_who_accept_at_once_one_does() {
    let world = world().await;
    let (_, link) = mailed(&world, Role::Viewer).await;
    let all = join_all((0..5).map(|_| accept(&world, &link))).await;
    assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
    let seats =
        world.store.contents().records.values().filter(|one| matches!(one, Record::Member(_))).count();
    assert_eq!(seats, 3);
}

#[tokio::test]
async fn a_mail_goes_once_for_each_time_it_was_asked_for() {
    let world = world().await;
    invited(&world, Role::Viewer).await;
    let asked = event(&world);
    world.notifier.answers.lock().unwrap().push_back(SendOutcome::NotAccepted("throttled"));
    assert!(matches!(tell(&world, &asked).await, Err(Refusal::Unavailable(_))));
    for _ in 0..3 {
        tell(&world, &asked).await.unwrap();
    }
    let sent = mails(&world).len();
    accept(&world, &link(&world)).await.unwrap();
    let late = Notify::Invited(Invited {
        event_id: EventId::new(NOW, [77; 10]),
        ..match asked {
            Notify::Invited(invited) => invited,
            other => panic!("{other:?}"),
        }
    });
    tell(&world, &late).await.unwrap();
    assert_eq!(mails(&world).len(), sent, "one that was accepted is mailed to nobody");
}

#[tokio::test]
async fn invitations_are_bounded_by_the_day_and_the_address() {
    let world = world().await;
    for _ in 0..Invitation::TO_ONE {
        let one = invited(&world, Role::Viewer).await;
        invitations::delete(&world.ports, &owner(), one.id).await.unwrap();
    }
    let refused = invited_by(&world, &owner(), new(EMAIL, Role::Viewer)).await.unwrap_err();
    let Refusal::NotBefore { code, retry_at, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((code, retry_at), (Code::TooManyInvitations, samples::later(24 * 3600)));
    for n in Invitation::TO_ONE..Invitation::A_DAY {
        invited_by(&world, &owner(), new(&format!("n{n}@example.org"), Role::Viewer)).await.unwrap();
    }
    let more = invited_by(&world, &owner(), new("more@example.org", Role::Viewer)).await;
    assert_eq!(self::code(more), Code::TooManyInvitations);
    world.pass(24 * 3600);
    invited_by(&world, &owner(), new("more@example.org", Role::Viewer)).await.unwrap();
}

#[tokio::test]
async fn whoever_accepts_is_in_the_groups_that_are_there_still() {
    let world = world().await;
    let rules: Permit<scope::PoliciesManage> = person(OWNER, Role::Owner).permit().unwrap();
    let mut ids = vec![];
    for name in ["legal", "sales"] {
        let new = NewGroup { name: GroupName::parse(name).unwrap(), members: vec![] };
        let made =
            groups::create(&world.ports, &rules, new, &Once::default(), |_| (201, String::new())).await;
        ids.push(made.unwrap().group.id);
    }
    let wanted =
        NewInvitation { groups: ids.iter().copied().map(GroupRef::Id).collect(), ..new(EMAIL, Role::Viewer) };
    let (token, _) = samples::token(OWNER, Role::Owner, &[Scope::MembersManage]);
    let program: Permit<scope::MembersManage> = token.principal().permit().unwrap();
    assert_eq!(code(invited_by(&world, &program, wanted.clone()).await), Code::MissingScope);
    invited_by(&world, &owner(), wanted).await.unwrap();
    tell(&world, &event(&world)).await.unwrap();
    groups::delete(&world.ports, &rules, ids[1]).await.unwrap();
    let (session, _) = accept(&world, &link(&world)).await.unwrap();
    let book = groups::list(&world.ports, &rules).await.unwrap();
    assert_eq!((book.len(), book[0].members.clone()), (1, [session.member_id].into()));
}
