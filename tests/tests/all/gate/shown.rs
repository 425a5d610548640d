//! What an approver is shown: the sealed mail, whatever the rows of the table say of it.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::{Change, Key, Record};
use app::gate::approvals::{self, View};
use app::gate::edit::{Edit, edit};
use app::gate::submit::{Answering, Draft, DraftAttachment, How, Source, Submitted, submit};
use app::mailbox::attachments;
use app::mailbox::messages;
use domain::base::address::{HeaderText, Mailbox};
use domain::base::digest::Digest;
use domain::gate::approval::Approval;
use domain::mailbox::message::{Attachment, AttachmentRef, Message, Party};
use domain::people::access::{Permit, Role, Scope, ScopeType};
use testkit::samples;
use testkit::world::World;

fn agent<S: ScopeType>() -> Permit<S> {
    let (token, _) = samples::token(1, Role::Owner, &[Scope::MessagesSend, Scope::MessagesRead]);
    token.principal().permit().unwrap()
}

fn approver<S: ScopeType>() -> Permit<S> {
    samples::session(2, Role::Approver).0.principal(samples::NOW).unwrap().permit().unwrap()
}

async fn world() -> World {
    let world = World::default();
    let change = Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(samples::token(1, Role::Owner, &[Scope::MessagesSend, Scope::MessagesRead]).0)
        .create(samples::member(1, Role::Owner))
        .create(samples::member(2, Role::Approver));
    world.ports.store.commit(change).await.unwrap();
    world
}

fn file(filename: &str, content_id: Option<&str>, contents: &'static [u8]) -> DraftAttachment {
    DraftAttachment {
        filename: Some(filename.into()),
        content_type: Some(
            if content_id.is_some() { "image/png" } else { "text/calendar; method=REQUEST" }.into(),
        ),
        content_id: content_id.map(str::to_owned),
        source: Source::Inline(contents.into()),
    }
}

fn named(name: &str, address: &str) -> Mailbox {
    Mailbox { name: Some(HeaderText::lossy(name)), address: samples::address(address) }
}

async fn held(world: &World) -> Submitted {
    let draft = Draft {
        to: vec![named("Ann", "ann@example.org"), Mailbox::bare(samples::address("bob@example.org"))],
        cc: vec![named("Çelik, Z.", "z@example.org")],
        bcc: vec![named("Hidden", "hidden@example.org")],
        reply_to: vec![named("Desk", "desk@example.org")],
        subject: Some(HeaderText::lossy("Your order")),
        text: Some("It left today.".into()),
        html: Some("<p>It left <img src=\"cid:a@x\"> today.</p>".into()),
        attachments: vec![
            file("a:b?.ics", None, b"one"),
            // Twice the same file.
            file("a:b?.ics", None, b"one"),
            file("logo.png", Some("a@x"), b"two"),
        ],
        send_at: None,
        strict_html: false,
        ..Draft::default()
    };
    let once = Once::default();
    submit(&world.sending(), &agent(), samples::inbox_id(1), draft, None, &once, |_| (202, String::new()))
        .await
        .unwrap()
}

async fn view(world: &World, approval: &Approval) -> Result<View, Refusal> {
    approvals::get(&world.ports, &*world.blobs, &approver(), approval.id).await
}

/// Changes rows as somebody could who may write the table.
fn tamper(world: &World, key: Key, change: impl FnOnce(&mut Record)) {
    let mut contents = world.store.contents();
    change(contents.records.get_mut(&(samples::organization_id(1), key)).unwrap());
}

fn message_row(world: &World, submitted: &Submitted, change: impl FnOnce(&mut Message)) {
    tamper(world, Key::Message(samples::inbox_id(1), submitted.message.id), |record| {
        let Record::Message(message) = record else { panic!("{record:?}") };
        change(message);
    });
}

fn names(parties: &[Party]) -> Vec<(Option<&str>, &str)> {
    parties.iter().map(|party| (party.name.as_deref(), party.address.as_str())).collect()
}

fn sealed(view: &View) {
    let message = &view.message.message;
    assert_eq!((message.subject.as_str(), message.preview.as_str()), ("Your order", "It left today."));
    assert_eq!(names(&message.to), [(Some("Ann"), "ann@example.org"), (None, "bob@example.org")]);
    assert_eq!(names(&message.cc), [(Some("Çelik, Z."), "z@example.org")]);
    assert_eq!(names(&message.bcc), [(None, "hidden@example.org")], "no mail has the name");
    assert_eq!(names(&message.reply_to), [(Some("Desk"), "desk@example.org")]);
    assert_eq!(message.from.address, samples::inbox(1).address.as_str());
    let mut files: Vec<_> =
        message.attachments.iter().map(|file| (file.filename.as_str(), file.size, file.digest)).collect();
    files.sort_unstable();
    let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
    assert_eq!(files, [("a_b_.ics", 3, one), ("a_b_.ics", 3, one), ("logo.png", 3, two)]);
    let approval = &view.approval;
    assert_eq!((approval.subject.as_str(), approval.preview.as_str()), ("Your order", "It left today."));
    assert_eq!((approval.recipients.len(), approval.attachment_count), (4, 3));
    assert!(view.thread.iter().all(|turn| turn.subject == "Your order"));
}

#[tokio::test]
async fn what_a_row_says_of_a_sealed_mail_is_not_shown_to_whoever_decides() {
    let world = world().await;
    let submitted = held(&world).await;
    let before = view(&world, &submitted.approval).await.unwrap();
    sealed(&before);
    let order: Vec<_> = before.message.message.attachments.iter().map(|file| file.id).collect();
    let given: Vec<_> = submitted.message.attachments.iter().map(|file| file.id).collect();
    assert_eq!(order, given, "in the order in which they were given, under the same ids");

    message_row(&world, &submitted, |message| {
        (message.subject, message.preview) = ("Invoice".into(), "Pay now".into());
        message.to[0].name = Some("The Bank".into());
        message.reply_to[0].address = "elsewhere@example.net".into();
        message.from.name = Some("The Bank".into());
        message.size = 1;
        let other = message.attachments[2].id;
        let file = &mut message.attachments[0];
        (file.filename, file.digest, file.size, file.id) = ("invoice.exe".into(), Digest::of(b"x"), 9, other);
        message.attachments.pop();
    });
    tamper(&world, Key::Approval(submitted.approval.id), |record| {
        let Record::Approval(approval) = record else { panic!("{record:?}") };
        (approval.subject, approval.preview) = ("Invoice".into(), "Pay now".into());
        approval.recipients.clear();
        approval.attachment_count = 0;
    });
    let after = view(&world, &submitted.approval).await.unwrap();
    sealed(&after);
    let mut ids: Vec<_> = after.message.message.attachments.iter().map(|file| file.id).collect();
    let mut known = given.clone();
    ids.sort_unstable();
    known.sort_unstable();
    assert_eq!(ids, known, "each file leads where it led");
    let detail =
        messages::get(&world.ports, &*world.blobs, &approver(), samples::inbox_id(1), submitted.message.id)
            .await;
    assert_eq!(detail.unwrap().message.subject, "Your order");

    // Who gets it is told apart at once.
    message_row(&world, &submitted, |message| message.to[1].address = "other@example.net".into());
    let refused = view(&world, &submitted.approval).await;
    assert!(matches!(refused, Err(Refusal::Internal(_))), "{refused:?}");
}

#[tokio::test]
async fn a_row_that_names_another_sealed_mail_changes_nothing_of_what_is_decided_about() {
    let world = world().await;
    let (submitted, other) = (held(&world).await, held(&world).await);
    let digest = other.approval.digest;
    message_row(&world, &submitted, |message| {
        let domain::mailbox::message::Direction::Outbound(outbound) = &mut message.direction else {
            panic!()
        };
        outbound.digest = digest;
    });
    let shown = view(&world, &submitted.approval).await.unwrap();
    sealed(&shown);
    let detail =
        messages::get(&world.ports, &*world.blobs, &approver(), samples::inbox_id(1), submitted.message.id)
            .await;
    assert!(matches!(detail, Err(Refusal::Internal(_))), "another mail's bytes are not shown as this one's");
    tamper(&world, Key::Approval(submitted.approval.id), |record| {
        let Record::Approval(approval) = record else { panic!("{record:?}") };
        approval.digest = digest;
    });
    let refused = view(&world, &submitted.approval).await;
    assert!(matches!(refused, Err(Refusal::Internal(_))), "{refused:?}");
}

#[tokio::test]
async fn a_file_is_given_under_the_name_that_is_sealed_or_not_at_all() {
    let world = world().await;
    let submitted = held(&world).await;
    let shown = view(&world, &submitted.approval).await.unwrap();
    for file in &shown.message.message.attachments {
        let (record, url) =
            attachments::download(&world.ports, &*world.blobs, &approver(), file.id).await.unwrap();
        assert_eq!(
            (&record.filename, record.message),
            (&file.filename, Some((submitted.message.id, file.digest)))
        );
        let path = url.strip_prefix("https://bucket.test/").unwrap();
        let bytes = world.blobs.objects.lock().unwrap()[path].clone();
        assert_eq!(Digest::of(&bytes), file.digest);
    }
    let id = shown.message.message.attachments[0].id;
    let changes: [fn(&mut Attachment); 3] = [
        |file| file.filename = "invoice.exe".into(),
        |file| file.message = file.message.map(|(message_id, _)| (message_id, Digest::of(b"x"))),
        |file| file.message = Some((samples::inbound(9).id, Digest::of(b"one"))),
    ];
    let key = Key::Attachment(id);
    let original = world.store.contents().records[&(samples::organization_id(1), key.clone())].clone();
    for change in changes {
        tamper(&world, key.clone(), |record| {
            *record = original.clone();
            let Record::Attachment(file) = record else { panic!("{record:?}") };
            change(file);
        });
        let refused = attachments::download(&world.ports, &*world.blobs, &approver(), id).await;
        assert!(matches!(refused, Err(Refusal::Internal(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn an_edit_takes_the_mail_as_it_is_sealed_and_each_revision_shows_its_own() {
    let world = world().await;
    let submitted = held(&world).await;
    message_row(&world, &submitted, |message| {
        message.subject = "Invoice".into();
        message.cc[0].name = Some("The Bank".into());
        message.attachments[2].filename = "invoice.exe".into();
    });
    let old = &submitted.approval;
    let removed = submitted.message.attachments[0].id;
    let change =
        Edit { text: Some("Tomorrow.".into()), remove_attachments: vec![removed], ..Edit::default() };
    let once = Once::default();
    let answer = |_: &Submitted| (202, String::new());
    let edited =
        edit(&world.sending(), &approver(), old.id, old.digest, change, &once, answer).await.unwrap();
    let shown = view(&world, &edited.approval).await.unwrap();
    let message = &shown.message.message;
    assert_eq!((message.subject.as_str(), message.preview.as_str()), ("Your order", "Tomorrow."));
    assert_eq!(names(&message.cc), [(Some("Çelik, Z."), "z@example.org")]);
    let files = |files: &[AttachmentRef]| files.iter().map(|f| f.filename.clone()).collect::<Vec<_>>();
    let mut left = files(&message.attachments);
    left.sort_unstable();
    assert_eq!(left, ["a_b_.ics", "logo.png"], "one of the two copies is left");
    // What the reader leaves out of name and type is in the mail still.
    let kept = edited.message.attachments.iter().find(|file| file.filename == "a:b?.ics").unwrap();
    assert_eq!(kept.content_type, "text/calendar; method=REQUEST");
    assert_eq!(view(&world, old).await.unwrap().message.text.as_deref(), Some("It left today.\n"));

    // The file that was taken out is added again: it is the same.
    let again = Edit { attachments: vec![file("a:b?.ics", None, b"one")], ..Edit::default() };
    let (id, digest) = (edited.approval.id, edited.approval.digest);
    let again = edit(&world.sending(), &approver(), id, digest, again, &once, answer).await.unwrap();
    assert_eq!(view(&world, &again.approval).await.unwrap().message.message.attachments.len(), 3);
}

/// The mail that it answers is a stranger's: nobody is to decide about that one instead.
#[tokio::test]
async fn an_approval_whose_mail_is_gone_is_not_shown_with_the_mail_that_it_answers() {
    let world = world().await;
    let received = samples::inbound(5);
    let change = Change::new(samples::organization_id(1)).create(received.clone());
    world.ports.store.commit(change).await.unwrap();
    let draft = Draft {
        to: vec![],
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: None,
        text: Some("Thank you".into()),
        html: None,
        attachments: vec![],
        send_at: None,
        strict_html: false,
        ..Draft::default()
    };
    let answering = Some(Answering { message_id: received.id, how: How::Reply { quote: false } });
    let once = Once::default();
    let asked = submit(&world.sending(), &agent(), samples::inbox_id(1), draft, answering, &once, |_| {
        (202, String::new())
    })
    .await
    .unwrap();
    assert_eq!(asked.approval.answers, Some(received.id));
    let mail = Key::Message(samples::inbox_id(1), asked.message.id);
    world.store.contents().records.remove(&(samples::organization_id(1), mail)).unwrap();
    let shown = view(&world, &asked.approval).await;
    assert!(matches!(shown, Err(Refusal::NotFound("message"))), "{shown:?}");
}
