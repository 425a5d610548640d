//! What was stored once is read for ever: `shared/aws-data/stored` has an item of every kind in each form that it ever had, and a change
//! of a form that forgets an older one fails here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use app::base::store::{
    AddressEntry, Answer, Contact, Counter, DraftPointer, Record, SessionPointer, ThreadPointer, TokenPointer,
};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::base::digest::Digest;
use domain::delivery::event::Event;
use domain::delivery::feed::Block;
use domain::gate::approval::Approval;
use domain::gate::notice::NoticeState;
use domain::gate::policy::{FormerPolicy, PolicyBook};
use domain::ledger::audit::{ChainedEntry, Entry, Head};
use domain::mailbox::account::{Account, AccountStatus, Provider};
use domain::mailbox::domains::Family;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::label::Label;
use domain::mailbox::lifecycle::State;
use domain::mailbox::listed::{Side, Standing};
use domain::mailbox::mail_server::MailServer;
use domain::mailbox::message::Thread;
use domain::mailbox::whom::Whom;
use domain::people::access::{Actor, Role};
use domain::people::credential::Login;
use domain::people::email::EmailProof;
use domain::people::limit::SendsPerDay;
use domain::people::openid::{OpenIdAccount, OpenIdTrip};
use domain::people::organization::{Member, Organization};
use domain::people::passkey::{Ceremony, Purpose};
use domain::people::registration::{Registration, RegistrationEnd};
use domain::people::setup::Setup;
use domain::people::usage::Of;
use testkit::samples::{self, NOW, organization_id};

use super::*;
use crate::base::field::Field as _;
use crate::base::item::{Kind as _, corrupt, decode, encode};
use crate::delivery::{event, feed};
use crate::ledger::audit;
use crate::mailbox::{domains, inbox};
use crate::people::{member, openid, passkey, setup};

/// Of connected accounts.
fn of_accounts() -> Vec<Record> {
    vec![
        samples::account(1).into(),
        Account { status: AccountStatus::Active, ..samples::account(1) }.into(),
        Account {
            provider: Provider::Smtp,
            server: MailServer::parse("starttls smtp.example.com:587 ann example"),
            ..samples::account(1)
        }
        .into(),
        Inbox { provider: Some(Provider::Resend), ..samples::inbox(1) }.into(),
        Approval { provider: Some(Provider::Brevo), ..samples::approval(1) }.into(),
    ]
}

/// One good item of every kind, as this code writes it.
fn written() -> Vec<(String, Item)> {
    let organization = organization_id(1);
    let hash = Digest::of(b"x");
    let (token, _) = samples::token(1, Role::Editor, &[]);
    let (rotated, later_secret) = samples::rotated(1);
    let (link, _) = samples::link(1);
    let thread = samples::inbound(1).thread_id;
    let token_id = token.id;
    let records: Vec<Record> = vec![
        samples::organization(1).into(),
        Organization { sends_per_day: SendsPerDay::new(500), ..samples::organization(1) }.into(),
        Organization { require_second_factor: true, ..samples::organization(1) }.into(),
        TokenPointer::from(&token).into(),
        token.into(),
        rotated.into(),
        later_secret.into(),
        samples::inbox(1).into(),
        samples::purge(1).into(),
        samples::inbound(1).into(),
        samples::outbound(2, State::PendingApproval { expires_at: NOW, remind_at: None }).into(),
        ThreadPointer { inbox_id: samples::inbox_id(1), hash, thread_id: thread, at: NOW }.into(),
        samples::trashed(1).into(),
        samples::trashed(2).gone(NOW).into(),
        samples::mark(1).into(),
        samples::index(1).into(),
        conversation(thread).into(),
        samples::standing_approval(1).into(),
        samples::attachment(1).into(),
        samples::draft(1).into(),
        DraftPointer {
            inbox_id: samples::inbox_id(1),
            hash,
            draft_id: samples::draft(1).id,
            expires_at: Some(NOW),
        }
        .into(),
        samples::webhook(1).into(),
        samples::waiting_delivery(1).into(),
        Answer { key: hash, request: hash, status: 202, body: "{}".to_owned(), expires_at: NOW }.into(),
        samples::attempt(1).into(),
        link.into(),
        samples::notice(1, NoticeState::Claimed(NOW)).into(),
        samples::pace(1).into(),
        samples::policies().into(),
        FormerPolicy::of(&samples::policies().policies[0], NOW, Actor::System).into(),
        samples::screening().into(),
        samples::held(1).into(),
        samples::suppression(1).into(),
        samples::suppression(2).into(),
        samples::opt_out(1).0.into(),
        samples::list_entry(1, Side::Send, Standing::Block, Whom::Everyone).into(),
        samples::domain(1).into(),
        samples::domain(2).into(),
        Contact { hash, first_at: NOW }.into(),
        Counter { hash, count: 3, expires_at: NOW }.into(),
        samples::request_line(1).into(),
        samples::request_line(2).into(),
    ];
    let amounts = [(Of::Organization, 0), (Of::Inbox(samples::inbox_id(1)), 1), (Of::Token(token_id), 4)];
    let used = amounts.map(|(of, n)| Record::from(samples::usage(of, n)));
    let mut all: Vec<_> = records
        .into_iter()
        .chain(ways_in())
        .chain(of_accounts())
        .chain(of_the_gate())
        .chain(used)
        .map(|record| {
            let name = kinds::name(&record).to_owned();
            (name, kinds::write(organization, record, Expect::Anything).unwrap())
        })
        .collect();
    let (login, event) = (samples::login(1), samples::event(1));
    let entry = Entry::from(&samples::audit_entry(1));
    let mut head = Head::genesis(organization);
    let chained = head.append(entry.clone(), NOW);
    let address = AddressEntry {
        address: samples::address("agent@mail.example.com"),
        organization_id: organization,
        inbox_id: samples::inbox_id(1),
    };
    let mut add = |kind: &str, item: Result<Item, StoreError>| all.push((kind.to_owned(), item.unwrap()));
    add(Login::NAME, encode(&member::login_at(&login.email), &login));
    add(AddressEntry::NAME, encode(&inbox::address_at(&address.address), &address));
    add(Event::NAME, encode(&event::at(organization, event.id), &event));
    for subject in samples::subjects() {
        let event = Event { subject, ..samples::event(1) };
        add(Event::NAME, encode(&event::at(organization, event.id), &event));
    }
    let went = Event { went: true, ..samples::event(1) };
    add(Event::NAME, encode(&event::at(organization, went.id), &went));
    let block = samples::block(1);
    add(Block::NAME, encode(&feed::at(organization, block.number), &block));
    add(Entry::NAME, encode(&audit::at(organization, entry.id), &entry));
    add(ChainedEntry::NAME, encode(&audit::link_at(organization, 1), &chained));
    add(Head::NAME, encode(&audit::head_at(organization), &head));
    all.push(family());
    all.extend(set_up_links());
    all.extend(ceremonies());
    all.extend(openid());
    all
}

/// Verified domains that look alike.
fn family() -> (String, Item) {
    let family = Family::empty("example.org".into()).with(organization_id(1), &samples::domain(2).name);
    (Family::NAME.to_owned(), encode(&domains::family_at(&family.look), &family).unwrap())
}

/// One that may be used, and one that was.
fn set_up_links() -> [(String, Item); 2] {
    let fresh = samples::setup(1).0;
    let used = Setup { used_at: Some(samples::later(9)), ..fresh.clone() };
    [fresh, used].map(|link| (Setup::NAME.to_owned(), encode(&setup::at(link.hash), &link).unwrap()))
}

/// What a passkey is asked for.
fn ceremonies() -> [(String, Item); 2] {
    let whose = samples::user_handle(1);
    [Purpose::SignIn, Purpose::Add(whose)].map(|purpose| {
        let ceremony = samples::ceremony(1, purpose).0;
        (Ceremony::NAME.to_owned(), encode(&passkey::ceremony_at(ceremony.hash), &ceremony).unwrap())
    })
}

/// An account at a provider, and ways there and back.
fn openid() -> Vec<(String, Item)> {
    let account = samples::openid_account(1);
    let account =
        (OpenIdAccount::NAME.to_owned(), encode(&openid::account_at(account.hash), &account).unwrap());
    let trips = samples::openid_trips(1)
        .map(|trip| (OpenIdTrip::NAME.to_owned(), encode(&openid::trip_at(trip.hash), &trip).unwrap()));
    [account].into_iter().chain(trips).collect()
}

fn of_the_gate() -> [Record; 8] {
    [
        samples::approval(1).into(),
        Approval { forward: true, ..samples::approval(1) }.into(),
        Approval { row: Some(samples::row_of(1)), ..samples::approval(3) }.into(),
        samples::comments(1).into(),
        samples::upload(1).into(),
        samples::upload(2).into(),
        samples::upload_row(1).into(),
        samples::opened(1).into(),
    ]
}

/// What somebody comes in by.
fn ways_in() -> Vec<Record> {
    let (session, _) = samples::session(1, Role::Approver);
    vec![
        SessionPointer::from(&session).into(),
        samples::second_factor(1).into(),
        samples::notifications(1).into(),
        samples::pending_sign_in(1).0.into(),
        samples::passkeys(1).into(),
        samples::openid_link(1).into(),
        session.into(),
        samples::member(1, Role::Owner).into(),
        Member { sessions_since: Some(samples::later(5)), ..samples::member(2, Role::Editor) }.into(),
        samples::reset(1).0.into(),
        samples::reset(1).0.used(samples::later(9)).into(),
        Organization { unclaimed: true, ..samples::organization(1) }.into(),
        samples::registration(1).0.into(),
        samples::email_proof(1).0.into(),
        EmailProof::by_the_way(organization_id(1), samples::member(1, Role::Owner).id, NOW).into(),
        Registration { end: Some(RegistrationEnd::Claimed(NOW)), ..samples::registration(1).0 }.into(),
        samples::invitation(1).into(),
        samples::accepted_invitation(1).into(),
    ]
}

fn conversation(id: domain::ThreadId) -> Thread {
    Thread {
        id,
        organization_id: organization_id(1),
        inbox_id: samples::inbox_id(1),
        subject: "The offer".to_owned(),
        preview: "Thank you".to_owned(),
        last_from: samples::inbound(1).from,
        message_count: 2,
        created_at: NOW,
        last_message_at: samples::later(60),
        tainted: false,
        unread_count: 1,
        labels: BTreeMap::from([(Label::parse("To do").unwrap(), 2)]),
    }
}

fn read(kind: &str, item: Item) -> Result<(), StoreError> {
    match kind {
        Login::NAME => decode::<Login>(item).map(drop),
        Setup::NAME => decode::<Setup>(item).map(drop),
        Ceremony::NAME => decode::<Ceremony>(item).map(drop),
        OpenIdAccount::NAME => decode::<OpenIdAccount>(item).map(drop),
        OpenIdTrip::NAME => decode::<OpenIdTrip>(item).map(drop),
        AddressEntry::NAME => decode::<AddressEntry>(item).map(drop),
        Event::NAME => decode::<Event>(item).map(drop),
        Block::NAME => decode::<Block>(item).map(drop),
        Entry::NAME => decode::<Entry>(item).map(drop),
        ChainedEntry::NAME => decode::<ChainedEntry>(item).map(drop),
        Head::NAME => decode::<Head>(item).map(drop),
        Family::NAME => decode::<Family>(item).map(drop),
        // A book that can't be read is read as one that holds everything: here that counts as unread.
        PolicyBook::NAME => {
            let form = serde_dynamo::from_item(item).map_err(|error| corrupt(&error))?;
            PolicyBook::read(form).map(drop).map_err(|error| corrupt(&error))
        }
        _ => kinds::read(item).map(drop),
    }
}

/// The item as the table's own JSON, names in order.
fn json(item: &Item) -> String {
    let item: BTreeMap<String, serde_dynamo::AttributeValue> =
        item.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    serde_json::to_string_pretty(&serde_json::to_value(item).unwrap()).unwrap() + "\n"
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("stored")
}

/// Every form that was ever stored: kind, file, text.
fn stored() -> Vec<(String, PathBuf, String)> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let forms = files.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        (name.split('.').next().unwrap().to_owned(), path, text)
    });
    forms.collect()
}

#[test]
fn every_form_that_was_ever_stored_is_read() {
    let forms = stored();
    assert!(forms.len() >= 28, "the folder is not whole: {}", forms.len());
    for (kind, path, text) in forms {
        let item: BTreeMap<String, serde_dynamo::AttributeValue> = serde_json::from_str(&text).unwrap();
        let item: Item = item.into_iter().map(|(name, value)| (name, value.into())).collect();
        read(&kind, item).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// A form that is new is added as a file more, by `make forms`. None is ever changed or removed.
#[test]
fn the_forms_that_are_written_are_among_them() {
    for (kind, item) in written() {
        let text = json(&item);
        let of_kind: Vec<_> = stored().into_iter().filter(|(known, ..)| *known == kind).collect();
        if of_kind.iter().any(|(_, _, known)| *known == text) {
            continue;
        }
        let file = folder().join(format!("{kind}.{}.json", of_kind.len() + 1));
        let write = std::env::var_os("WRITE_FORMS").is_some();
        assert!(
            write,
            "{kind} is written in a form that is not in {}: `make forms` adds it",
            folder().display()
        );
        fs::write(file, text).unwrap();
    }
}

/// The table refuses an item whose field has the name of a key of an index and another type.
#[test]
fn no_field_takes_the_place_of_a_key_of_an_index() {
    for (kind, item) in written() {
        for name in ["list", "list_at", "open", "open_at", "recent", "recent_at", "watch", "ttl", "watch_at"]
        {
            let is_number = ["ttl", "watch_at"].contains(&name);
            let sound = |it: &AttributeValue| if is_number { it.is_n() } else { it.is_s() };
            assert!(item.get(name).is_none_or(sound), "{kind}: {name}");
        }
    }
}
