//! What was stored once is read for ever: `shared/aws-data/stored` has an item of every kind in each form that it ever had, and a change
//! of a form that forgets an older one fails here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use app::base::store::{Answer, Contact, Counter, ThreadPointer, TokenPointer};
use domain::gate::notice::NoticeState;
use domain::mailbox::lifecycle::State;
use domain::mailbox::message::Thread;
use domain::people::access::Role;
use testkit::samples::{self, NOW, organization_id};

use super::*;

/// One good item of every kind, as this code writes it.
fn written() -> Vec<(String, Item)> {
    let organization = organization_id(1);
    let hash = Digest::of(b"x");
    let (token, _) = samples::token(1, Role::Editor, &[]);
    let (session, _) = samples::session(1, Role::Approver);
    let (link, _) = samples::link(1);
    let thread = samples::inbound(1).thread_id;
    let records: Vec<Record> = vec![
        samples::organization(1).into(),
        samples::member(1, Role::Owner).into(),
        TokenPointer::from(&token).into(),
        token.into(),
        session.into(),
        samples::inbox(1).into(),
        samples::inbound(1).into(),
        samples::outbound(2, State::PendingApproval { expires_at: NOW, remind_at: None }).into(),
        ThreadPointer { inbox_id: samples::inbox_id(1), hash, thread_id: thread, at: NOW }.into(),
        conversation(thread).into(),
        samples::approval(1).into(),
        samples::standing_approval(1).into(),
        samples::attachment(1).into(),
        samples::webhook(1).into(),
        Answer { key: hash, request: hash, status: 202, body: "{}".to_owned(), expires_at: NOW }.into(),
        samples::attempt(1).into(),
        link.into(),
        samples::notice(1, NoticeState::Claimed(NOW)).into(),
        samples::pace(1).into(),
        samples::policies().into(),
        Contact { hash, first_at: NOW }.into(),
        Counter { hash, count: 3, expires_at: NOW }.into(),
    ];
    let mut all: Vec<_> = records
        .into_iter()
        .map(|record| {
            let name = kind(&record);
            (name.to_owned(), item_of(organization, record, Expect::Anything).unwrap())
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
    add("login", item("login", &layout::of_login(&login.email), &LoginRecord::write(&login)));
    add("address", item("address", &layout::of_address(&address.address), &AddressRecord::write(&address)));
    add("event", item("event", &layout::of_event(organization, event.id), &EventRecord::write(&event)));
    add("audit", item("audit", &layout::of_audit(organization, entry.id), &AuditRecord::write(&entry)));
    add("audit_link", item("audit_link", &layout::of_link(organization, 1), &ChainedRecord::write(&chained)));
    add("audit_head", item("audit_head", &layout::of_head(organization), &HeadRecord::write(&head)));
    all
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
    }
}

fn read(kind: &str, item: Item) -> Result<(), StoreError> {
    match kind {
        "login" => decode::<LoginRecord>(item).map(drop),
        "address" => decode::<AddressRecord>(item).map(drop),
        "event" => decode::<EventRecord>(item).map(drop),
        "audit" => decode::<AuditRecord>(item).map(drop),
        "audit_link" => decode::<ChainedRecord>(item).map(drop),
        "audit_head" => decode::<HeadRecord>(item).map(drop),
        // A book that can't be read is read as one that holds everything: here that counts as unread.
        "policies" => decode::<PoliciesRecord>(item).map(drop),
        _ => record_of(item).map(drop),
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
