//! Who belongs to an organization, in memory: roles and groups, leaving and removing, to whom it belongs, and that an owner stays.

use std::sync::{Arc, Mutex};

use app::base::enter::enter;
use app::base::store::{Change, Key, List, ListError, Page, PageRequest, Record, Store, StoreError};
use app::gate::seats::{self, GroupRef, SeatChange, Seated};
use app::people::tokens;
use app::{Ports, Refusal};
use async_trait::async_trait;
use domain::base::code::Code;
use domain::delivery::event::{EventKind, Subject};
use domain::gate::seal::Ticket;
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::message::Message;
use domain::people::access::{Permit, Principal, Role, Scope, scope};
use domain::people::credential::{Secret, Standing};
use domain::people::second_factor::SecondFactor;
use domain::{GroupId, MemberId, OrganizationId, Timestamp};
use testkit::samples::{self, organization_id};
use testkit::world::World;

const OWNER: u8 = 1;
const ADMIN: u8 = 2;
const APPROVER: u8 = 3;
const VIEWER: u8 = 4;
const ALL: [(u8, Role); 4] =
    [(OWNER, Role::Owner), (ADMIN, Role::Admin), (APPROVER, Role::Approver), (VIEWER, Role::Viewer)];

/// An organization with one member of each of these roles, all of them signed in, and with logins.
async fn world(people: &[(u8, Role)]) -> World {
    let world = World::default();
    let organization =
        Change::new(organization_id(1)).create(samples::organization(1)).create(samples::policies());
    world.ports.store.commit(organization).await.unwrap();
    for (n, role) in people {
        let (session, _) = samples::session(*n, *role);
        let change = Change::new(organization_id(1))
            .create(samples::member(*n, *role))
            .create(session)
            .directory(app::base::store::DirectoryWrite::NewLogin(samples::login(*n)));
        world.ports.store.commit(change).await.unwrap();
    }
    world
}

fn id(n: u8) -> MemberId {
    samples::member(n, Role::Viewer).id
}

fn secret(n: u8) -> Secret {
    samples::session(n, Role::Viewer).1
}

async fn enters(world: &World, secret: &Secret) -> Result<Principal, Refusal> {
    enter(&world.ports, Some(secret.reveal()), &[], None).await.map(|entered| entered.principal)
}

/// The session of a member, as it was let in while they had this role.
fn person(n: u8, role: Role) -> Principal {
    samples::session(n, role).0.principal(samples::NOW).unwrap()
}

fn may(principal: &Principal) -> Permit<scope::MembersManage> {
    principal.permit().unwrap()
}

fn owner() -> Permit<scope::MembersManage> {
    may(&person(OWNER, Role::Owner))
}

fn role(role: Role) -> SeatChange {
    SeatChange { role: Some(role), groups: None }
}

async fn give(ports: &Ports, by: &Permit<scope::MembersManage>, n: u8, to: Role) -> Result<Seated, Refusal> {
    seats::update(ports, by, id(n), role(to)).await
}

fn code<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> Code {
    refused.unwrap_err().code()
}

fn roles(world: &World) -> Vec<(MemberId, Role)> {
    let contents = world.store.contents();
    let seat = |record: &Record| match record {
        Record::Member(member) => Some((member.id, member.role)),
        _ => None,
    };
    contents.records.values().filter_map(seat).collect()
}

fn group() -> GroupId {
    samples::policies().groups[0].id
}

#[tokio::test]
async fn another_role_holds_from_the_next_request_on_for_sessions_and_for_tokens() {
    let world = world(&ALL).await;
    let scopes: &[Scope] = &[Scope::ApprovalsDecide, Scope::MessagesRead, Scope::TokensManage];
    let (token, program) = samples::token(APPROVER, Role::Approver, scopes);
    world.ports.store.commit(Change::new(organization_id(1)).create(token)).await.unwrap();
    let before = enters(&world, &program).await.unwrap();
    assert!(before.permit::<scope::ApprovalsDecide>().is_ok());
    let seated = give(&world.ports, &owner(), APPROVER, Role::Viewer).await.unwrap();
    assert_eq!(seated.member.role, Role::Viewer);
    for (secret, kept) in [
        (&secret(APPROVER), Role::Viewer.scopes()),
        (&program, [Scope::MessagesRead, Scope::TokensManage].into()),
    ] {
        let after = enters(&world, secret).await.unwrap();
        assert_eq!((after.role, after.scopes), (Role::Viewer, kept));
    }
    give(&world.ports, &owner(), APPROVER, Role::Admin).await.unwrap();
    assert_eq!(enters(&world, &secret(APPROVER)).await.unwrap().scopes, Role::Admin.scopes());
    let contents = world.store.contents();
    let told: Vec<_> = contents.events.iter().map(|event| (event.kind, event.subject.clone())).collect();
    assert!(told.iter().all(|(kind, subject)| {
        *kind == EventKind::MemberUpdated && matches!(subject, Subject::Seat(seat) if seat.id == id(APPROVER))
    }));
    let written: Vec<_> =
        contents.audit.iter().map(|entry| (entry.action, entry.details[..2].to_vec())).collect();
    let change =
        |from: &str, to: &str| ("member.update", vec![("from", from.to_owned()), ("role", to.to_owned())]);
    assert_eq!(written, [change("approver", "viewer"), change("viewer", "admin")]);
}

#[tokio::test]
async fn who_may_change_whom() {
    let world = world(&ALL).await;
    let admin = may(&person(ADMIN, Role::Admin));
    for (n, to) in
        [(OWNER, Role::Viewer), (ADMIN, Role::Viewer), (APPROVER, Role::Admin), (VIEWER, Role::Owner)]
    {
        assert_eq!(code(give(&world.ports, &admin, n, to).await), Code::OwnersOnly, "{n} {to:?}");
    }
    assert_eq!(code(seats::remove(&world.ports, admin.principal(), id(OWNER)).await), Code::OwnersOnly);
    assert_eq!(
        code(seats::remove(&world.ports, &person(VIEWER, Role::Viewer), id(ADMIN)).await),
        Code::MissingScope
    );
    let (token, _) = samples::token(OWNER, Role::Owner, &[Scope::MembersManage]);
    let program = token.principal();
    assert_eq!(code(give(&world.ports, &may(&program), VIEWER, Role::Approver).await), Code::PersonRequired);
    assert_eq!(code(seats::remove(&world.ports, &program, id(ADMIN)).await), Code::PersonRequired);
    assert_eq!(
        code(seats::remove(&world.ports, &program, id(OWNER)).await),
        Code::PersonRequired,
        "it leaves for nobody"
    );
    assert_eq!(code(seats::transfer(&world.ports, &may(&program), id(ADMIN)).await), Code::PersonRequired);
    let groups = SeatChange { role: None, groups: Some(vec![]) };
    assert_eq!(
        code(seats::update(&world.ports, &may(&program), id(VIEWER), groups).await),
        Code::MissingScope
    );
    assert_eq!(roles(&world).len(), ALL.len());
    give(&world.ports, &may(&program), VIEWER, Role::Editor).await.unwrap();
    // Whoever was let in as admin and is none any more does nothing.
    give(&world.ports, &owner(), ADMIN, Role::Viewer).await.unwrap();
    assert_eq!(code(give(&world.ports, &admin, VIEWER, Role::Viewer).await), Code::MissingScope);
    assert_eq!(code(seats::update(&world.ports, &owner(), id(9), role(Role::Viewer)).await), Code::NotFound);
}

#[tokio::test]
async fn a_removed_member_is_out_of_everything_and_their_address_is_free() {
    let world = world(&ALL).await;
    let (token, program) = samples::token(OWNER, Role::Owner, &[Scope::MessagesRead]);
    world.ports.store.commit(Change::new(organization_id(1)).create(token)).await.unwrap();
    give(&world.ports, &owner(), ADMIN, Role::Owner).await.unwrap();
    let other = person(ADMIN, Role::Owner);
    assert!(samples::policies().groups[0].members.contains(&id(OWNER)));
    seats::remove(&world.ports, &other, id(OWNER)).await.unwrap();
    for secret in [&secret(OWNER), &program] {
        assert_eq!(code(enters(&world, secret).await), Code::InvalidCredential);
    }
    {
        let contents = world.store.contents();
        let Some(Record::Policies(book)) = contents.records.get(&(organization_id(1), Key::Policies)) else {
            panic!()
        };
        assert_eq!((book.groups[0].members.len(), book.groups[0].version), (0, 3));
        assert!(!contents.logins.contains_key(&samples::login(OWNER).email.mailbox_key()));
        let entry = contents.audit.last().unwrap();
        assert_eq!((entry.action, entry.target.as_str()), ("member.delete", id(OWNER).to_string().as_str()));
        assert!(!format!("{entry:?} {:?}", contents.events).contains('@'), "no address is told");
        assert_eq!(contents.events.last().unwrap().kind, EventKind::MemberDeleted);
    }
    let page = PageRequest { limit: 100, cursor: None };
    let listed = tokens::list(&world.ports, &other.permit().unwrap(), &page).await.unwrap().items;
    assert_eq!(listed.iter().map(|(_, standing)| *standing).collect::<Vec<_>>(), [Standing::Ended]);
    assert_eq!(code(seats::remove(&world.ports, &other, id(OWNER)).await), Code::NotFound);
    let members = seats::list(&world.ports, &other.permit().unwrap(), &page).await.unwrap().items;
    assert_eq!(
        members.iter().map(|seated| seated.member.id).collect::<Vec<_>>(),
        [id(ADMIN), id(APPROVER), id(VIEWER)]
    );
}

#[tokio::test]
async fn everybody_may_leave_but_the_last_owner() {
    let world = world(&ALL).await;
    seats::remove(&world.ports, &person(VIEWER, Role::Viewer), id(VIEWER)).await.unwrap();
    assert_eq!(code(seats::remove(&world.ports, owner().principal(), id(OWNER)).await), Code::LastOwner);
    assert_eq!(code(give(&world.ports, &owner(), OWNER, Role::Viewer).await), Code::LastOwner);
    let given = seats::transfer(&world.ports, &owner(), id(ADMIN)).await.unwrap();
    assert_eq!((given.member.id, given.member.role), (id(ADMIN), Role::Owner));
    assert_eq!(roles(&world)[..2], [(id(OWNER), Role::Admin), (id(ADMIN), Role::Owner)]);
    assert_eq!(
        code(seats::transfer(&world.ports, &owner(), id(APPROVER)).await),
        Code::OwnersOnly,
        "no owner any more"
    );
    seats::remove(&world.ports, owner().principal(), id(OWNER)).await.unwrap();
    assert_eq!(
        world
            .store
            .contents()
            .audit
            .iter()
            .filter(|entry| entry.action == "organization.transfer_ownership")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_member_is_put_into_groups_by_their_ids_or_names() {
    let world = world(&ALL).await;
    let legal = GroupRef::Name(domain::gate::group::GroupName::parse("legal").unwrap());
    let change = |groups| SeatChange { role: None, groups: Some(groups) };
    let put =
        seats::update(&world.ports, &owner(), id(APPROVER), change(vec![legal, GroupRef::Id(group())])).await;
    assert_eq!(put.unwrap().groups, [group()].into());
    let unknown = vec![GroupRef::Id(group()), GroupRef::Id(GroupId::new(samples::NOW, [9; 10]))];
    let Err(Refusal::Invalid(errors)) =
        seats::update(&world.ports, &owner(), id(APPROVER), change(unknown)).await
    else {
        panic!()
    };
    assert_eq!(
        (errors.len(), errors[0].field.as_str(), errors[0].code),
        (1, "groups[1]", Code::UnknownGroup)
    );
    let page = PageRequest { limit: 100, cursor: None };
    let listed = seats::list(&world.ports, &person(VIEWER, Role::Viewer).permit().unwrap(), &page)
        .await
        .unwrap()
        .items;
    let belongs: Vec<_> = listed.iter().map(|seated| !seated.groups.is_empty()).collect();
    assert_eq!(belongs, [true, false, true, false]);
    let out = seats::update(&world.ports, &owner(), id(APPROVER), change(vec![])).await.unwrap();
    assert!(out.groups.is_empty());
    let entries = world.store.contents().audit.len();
    seats::update(&world.ports, &owner(), id(APPROVER), change(vec![])).await.unwrap();
    assert_eq!(world.store.contents().audit.len(), entries, "what changes nothing is not written down");
}

type Meanwhile = Box<dyn FnOnce(&World) + Send>;

/// A store in which somebody else is faster: once, right before the first commit.
struct Overtaken {
    world: Arc<World>,
    other: Mutex<Option<Meanwhile>>,
}

#[async_trait]
impl Store for Overtaken {
    async fn load(&self, id: OrganizationId, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.world.store.load(id, keys).await
    }

    async fn list(
        &self,
        id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        self.world.store.list(id, list, page).await
    }

    fn cursor(&self, id: OrganizationId, list: &List, record: &Record) -> Option<String> {
        self.world.store.cursor(id, list, record)
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        if let Some(other) = self.other.lock().unwrap().take() {
            other(&self.world);
        }
        self.world.store.commit(change).await
    }

    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        self.world.store.claim(ticket, nonce, now).await
    }
}

/// The ports of somebody who looked before, and writes after what the other does.
fn overtaken(world: &Arc<World>, other: impl FnOnce(&World) + Send + 'static) -> Ports {
    let store = Overtaken { world: Arc::clone(world), other: Mutex::new(Some(Box::new(other))) };
    world.ports.with_store(Arc::new(store))
}

fn now<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).unwrap()
}

#[tokio::test]
async fn of_two_owners_who_demote_or_remove_each_other_at_one_moment_one_stays() {
    let two = [(OWNER, Role::Owner), (ADMIN, Role::Owner)];
    let by = |n: u8| may(&person(n, Role::Owner));
    for (mine, theirs) in [(false, false), (false, true), (true, false), (true, true)] {
        let world = Arc::new(world(&two).await);
        let act = async |ports: &Ports, by: &Permit<scope::MembersManage>, n: u8, removes: bool| {
            if removes {
                seats::remove(ports, by.principal(), id(n)).await
            } else {
                give(ports, by, n, Role::Viewer).await.map(drop)
            }
        };
        let faster = by(ADMIN);
        let ports = overtaken(&world, move |world| {
            let done = if theirs {
                now(seats::remove(&world.ports, faster.principal(), id(OWNER)))
            } else {
                now(give(&world.ports, &faster, OWNER, Role::Viewer)).map(drop)
            };
            done.unwrap();
        });
        let refused = act(&ports, &by(OWNER), ADMIN, mine).await;
        let expected = if theirs { Code::MemberRemoved } else { Code::MissingScope };
        assert_eq!(code(refused), expected, "{mine} {theirs}");
        assert!(roles(&world).contains(&(id(ADMIN), Role::Owner)), "{:?}", roles(&world));
    }
}

#[tokio::test]
async fn of_owners_who_all_leave_at_one_moment_one_stays() {
    let three = [(OWNER, Role::Owner), (ADMIN, Role::Owner), (APPROVER, Role::Owner)];
    let world = Arc::new(world(&three).await);
    let leave = |world: &World, n: u8| now(seats::remove(&world.ports, &person(n, Role::Owner), id(n)));
    let ports = overtaken(&world, move |world| {
        leave(world, ADMIN).unwrap();
        leave(world, APPROVER).unwrap();
    });
    let last = seats::remove(&ports, &person(OWNER, Role::Owner), id(OWNER)).await;
    assert_eq!(code(last), Code::LastOwner);
    assert_eq!(roles(&world), [(id(OWNER), Role::Owner)]);
}

#[tokio::test]
async fn ownership_is_given_once_however_many_give_it_at_one_moment() {
    let world = Arc::new(world(&ALL).await);
    let ports = overtaken(&world, |world| {
        now(seats::transfer(&world.ports, &owner(), id(ADMIN))).unwrap();
    });
    assert_eq!(code(seats::transfer(&ports, &owner(), id(APPROVER)).await), Code::OwnersOnly);
    let owners: Vec<_> = roles(&world).into_iter().filter(|(_, role)| *role == Role::Owner).collect();
    assert_eq!(owners, [(id(ADMIN), Role::Owner)]);
}

#[tokio::test]
async fn a_lost_second_factor_is_taken_away_by_a_person_who_could_take_the_role_and_never_by_oneself() {
    let world = world(&ALL).await;
    for n in [OWNER, ADMIN, APPROVER] {
        let factor = SecondFactor { enabled_at: Some(samples::NOW), ..samples::second_factor(n) };
        world.ports.store.commit(Change::new(organization_id(1)).create(factor)).await.unwrap();
    }
    let has =
        |n| world.store.contents().records.contains_key(&(organization_id(1), Key::SecondFactor(id(n))));
    let reset = async |by: &Permit<scope::MembersManage>, n| {
        seats::reset_second_factor(&world.ports, by, id(n)).await
    };
    let admin = may(&person(ADMIN, Role::Admin));
    assert_eq!(code(reset(&admin, OWNER).await), Code::OwnersOnly);
    assert_eq!(code(reset(&admin, ADMIN).await), Code::OwnSecondFactor);
    assert_eq!(code(reset(&owner(), OWNER).await), Code::OwnSecondFactor);
    let (token, _) = samples::token(OWNER, Role::Owner, &[Scope::MembersManage]);
    assert_eq!(code(reset(&may(&token.principal()), APPROVER).await), Code::PersonRequired);
    assert!([OWNER, ADMIN, APPROVER].into_iter().all(has), "nothing was done");
    assert!(enters(&world, &secret(APPROVER)).await.is_ok());
    reset(&admin, APPROVER).await.unwrap();
    assert!(!has(APPROVER) && enters(&world, &secret(APPROVER)).await.is_err());
    let entry = world.store.contents().audit.last().cloned().unwrap();
    assert_eq!((entry.action, entry.target), ("second_factor.reset", id(APPROVER).to_string()));
    assert_eq!(code(reset(&admin, APPROVER).await), Code::NoSecondFactor);
    reset(&owner(), ADMIN).await.unwrap();
    // Whoever is no manager any more takes nothing away.
    give(&world.ports, &owner(), ADMIN, Role::Viewer).await.unwrap();
    assert_eq!(code(reset(&admin, APPROVER).await), Code::MissingScope);
}
