//! What is quoted and passed on, in memory: it is no answer, a stranger's words stay in their place, and nobody gets what a person
//! refused.

use std::collections::BTreeSet;

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::{BlobKey, Blobs as _};
use app::base::store::{Change, Write};
use app::gate::approvals::{self, Ballot, Verdict, decide};
use app::gate::dispatch::Dispatched;
use app::gate::edit::{Edit, edit, send_again};
use app::gate::submit::{Answering, Draft, DraftAttachment, How, Source, Submitted, submit};
use bytes::Bytes;
use domain::base::digest::Digest;
use domain::gate::seal::Sealed;
use domain::mailbox::lifecycle::Status;
use domain::mailbox::message::{Attachment, AttachmentRef, Direction, Message, ThreadUpdate};
use domain::people::access::{Permit, Scope, scope};
use domain::{AttachmentId, InboxId, MessageId};
use testkit::samples;
use testkit::world::World;

use super::votes::{ALLOW, ANN, agent, approver, ask, code, ruled, send, to};

const REPLIES: &str = r#"{"name":"r","when":{"thread":{"kind":"reply"}},"outcome":"allow"}"#;

/// A rule that lets everything go but mails with a word of the original.
const NO_OFFER: &str =
    r#"{"name":"b","when":{"pattern":{"regex":"secret offer","in":["body"]}},"outcome":"block"}"#;

fn mixed(body: &str, files: &[(&str, &str, &str)]) -> String {
    let head = "From: ann@example.org\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    let part = |(name, kind, contents): &(&str, &str, &str)| {
        let head =
            format!("Content-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n");
        format!("--b\r\n{head}\r\n{contents}\r\n")
    };
    let parts: Vec<_> = files.iter().map(part).collect();
    format!("{head}--b\r\n{body}\r\n{}--b--\r\n", parts.concat())
}

fn offer() -> String {
    let body = "Content-Type: text/html\r\n\r\n<p>The <b>secret offer</b></p>";
    mixed(
        body,
        &[("offer.pdf", "application/pdf", "%PDF-1"), ("a.eml", "message/rfc822", "Subject: y\r\n\r\nz")],
    )
}

/// A received mail of these bytes.
async fn received(world: &World, n: u8, raw: &str, taint: bool) -> Message {
    let mut mail = samples::inbound(n);
    mail.attachments.clear();
    let update = ThreadUpdate { taint, ..mail.thread_update() };
    let change = Change::new(samples::organization_id(1)).create(mail.clone()).write(Write::Thread(update));
    world.ports.store.commit(change).await.unwrap();
    let key = BlobKey::Raw(format!("inbound/{n}"));
    world.blobs.put(&key, Bytes::copy_from_slice(raw.as_bytes()), "message/rfc822").await.unwrap();
    mail
}

const FORWARD: How = How::Forward { files: true };

async fn take_up(world: &World, id: MessageId, how: How, draft: Draft) -> Result<Submitted, Refusal> {
    ask(world, draft, Some(Answering { message_id: id, how })).await
}

/// A mail without a word of its own.
fn bare(address: &str) -> Draft {
    Draft { subject: None, text: None, ..to(address) }
}

async fn bytes_of(world: &World, digest: Digest) -> Vec<u8> {
    let key = BlobKey::Sealed(samples::organization_id(1), digest);
    let bytes = world.blobs.get(&key, usize::MAX).await.unwrap();
    Sealed::open(bytes.into(), digest).unwrap().mime().to_vec()
}

async fn sealed(world: &World, submitted: &Submitted) -> mail::ParsedMail<'static> {
    mail::parse(&bytes_of(world, submitted.approval.digest).await).into_owned()
}

fn files(mail: &mail::ParsedMail<'_>) -> Vec<(String, String)> {
    mail.attachments.iter().map(|file| (file.filename.clone().unwrap(), file.content_type.clone())).collect()
}

fn pair(name: &str, kind: &str) -> (String, String) {
    (name.to_owned(), kind.to_owned())
}

#[tokio::test]
async fn what_is_passed_on_is_no_answer() {
    let world = ruled(REPLIES).await;
    let parent = received(&world, 9, &offer(), false).await;
    let reply = take_up(&world, parent.id, How::Reply { quote: true }, to(ANN)).await.unwrap();
    assert!(!reply.is_held());
    assert_eq!((reply.approval.answers, reply.approval.forward), (Some(parent.id), false));
    assert_eq!(send(&world, &reply.approval).await, Dispatched::Now(Status::Sent));
    // Not to its author either, who is a party of the conversation twice now.
    let forward = take_up(&world, parent.id, FORWARD, bare(ANN)).await.unwrap();
    assert!(forward.is_held());
    assert_eq!((forward.approval.answers, forward.approval.forward), (Some(parent.id), true));
    assert_eq!(forward.message.thread_id, parent.thread_id);
    // Nor after an edit.
    let change = Edit { text: Some("Other words".into()), ..Edit::default() };
    let (id, digest) = (forward.approval.id, forward.approval.digest);
    let edited =
        edit(&world.sending(), &approver(2), id, digest, change, &Once::default(), |_| (200, String::new()))
            .await
            .unwrap();
    assert!(edited.approval.forward && edited.is_held());
    assert!(edited.approval.trace.iter().all(|step| step.rule_name != "r"), "{:?}", edited.approval.trace);
    let mail = sealed(&world, &edited).await;
    let kept = [pair("offer.pdf", "application/pdf"), pair("a.eml", "message/rfc822")];
    assert_eq!(files(&mail), kept, "an edit keeps the files");
    assert_eq!(mail.text.unwrap().trim_end(), "Other words");
    let gone = vec![edited.message.attachments[0].id];
    let change = Edit { remove_attachments: gone, ..Edit::default() };
    let (id, digest) = (edited.approval.id, edited.approval.digest);
    let edited =
        edit(&world.sending(), &approver(3), id, digest, change, &Once::default(), |_| (200, String::new()))
            .await
            .unwrap();
    assert_eq!(files(&sealed(&world, &edited).await), kept[1..]);
}

#[tokio::test]
async fn a_program_says_of_what_it_passes_on_that_it_made_it() {
    let world = ruled(ALLOW).await;
    let parent = received(&world, 9, &offer(), false).await;
    for (how, says) in [(FORWARD, "auto-generated"), (How::Reply { quote: true }, "auto-replied")] {
        let submitted = take_up(&world, parent.id, how, to(ANN)).await.unwrap();
        assert!(!submitted.is_held());
        let mail = sealed(&world, &submitted).await;
        let found = mail.headers.iter().find(|header| header.name == "Auto-Submitted").unwrap();
        assert_eq!(found.value, says);
    }
    // Mail of a program is passed on by one, which is no answer to it; a conversation that is tainted takes a person.
    let mut automatic = samples::inbound(8);
    automatic.thread_id = domain::ThreadId::new(samples::NOW, [8; 10]);
    if let Direction::Inbound { automatic, .. } = &mut automatic.direction {
        *automatic = true;
    }
    let update = ThreadUpdate { taint: false, ..automatic.thread_update() };
    let change =
        Change::new(samples::organization_id(1)).create(automatic.clone()).write(Write::Thread(update));
    world.ports.store.commit(change).await.unwrap();
    let key = BlobKey::Raw("inbound/8".to_owned());
    world.blobs.put(&key, Bytes::from(offer()), "message/rfc822").await.unwrap();
    let forward = take_up(&world, automatic.id, FORWARD, bare(ANN)).await.unwrap();
    assert!(!forward.is_held(), "{:?}", forward.approval.reasons);
    let later = ThreadUpdate { taint: true, ..automatic.thread_update() };
    let change = Change::new(samples::organization_id(1)).write(Write::Thread(later));
    world.ports.store.commit(change).await.unwrap();
    assert_eq!(send(&world, &forward.approval).await, Dispatched::Now(Status::Cancelled));
    let forward = take_up(&world, automatic.id, FORWARD, bare(ANN)).await.unwrap();
    assert!(
        forward.approval.reasons.contains(&"thread_tainted".to_owned()),
        "{:?}",
        forward.approval.reasons
    );
}

#[tokio::test]
async fn what_is_judged_and_sealed_is_the_whole() {
    let world = ruled(NO_OFFER).await;
    let parent = received(&world, 9, &offer(), false).await;
    for how in [FORWARD, How::Reply { quote: true }, How::ReplyAll { quote: true }] {
        assert_eq!(code(take_up(&world, parent.id, how, to(ANN)).await), "blocked_by_policy");
    }
    take_up(&world, parent.id, How::Reply { quote: false }, to(ANN)).await.unwrap();

    let world = ruled(ALLOW).await;
    let parent = received(&world, 9, &offer(), false).await;
    // What is left open above ends above.
    let html = "<blockquote><div title='x'><p>Mine <b>bold<!-- ";
    let draft = Draft { html: Some(html.into()), text: Some(" \n".into()), ..to(ANN) };
    for how in [FORWARD, How::Reply { quote: true }] {
        let submitted = take_up(&world, parent.id, how, draft.clone()).await.unwrap();
        let mail = sealed(&world, &submitted).await;
        let html = mail.html.unwrap();
        assert!(mail::normal::is_normal(&html), "{html}");
        let (own, below) = html.split_once(if how == FORWARD { "----------" } else { "wrote:" }).unwrap();
        assert_eq!(own.matches("<blockquote").count(), own.matches("</blockquote>").count(), "{own}");
        assert!(own.contains("bold") && below.contains("secret offer"), "{html}");
        // A blank text is none: what is sent is made of the HTML.
        assert!(mail.text.is_some_and(|text| text.contains("Mine") && text.contains("secret offer")));
        assert!(submitted.approval.preview.contains("Mine"), "{}", submitted.approval.preview);
    }
    // In strict mode it is the caller's HTML that must be in the form.
    let html = "<script>x</script><p>Mine</p>";
    let draft = Draft { html: Some(html.into()), strict_html: true, ..to(ANN) };
    assert_eq!(code(take_up(&world, parent.id, FORWARD, draft).await), "html_would_change");
    let draft = Draft { html: Some("<p>Mine</p>".into()), strict_html: true, ..to(ANN) };
    take_up(&world, parent.id, FORWARD, draft).await.unwrap();
}

#[tokio::test]
async fn an_answer_says_something_and_what_is_passed_on_need_not() {
    let world = ruled(ALLOW).await;
    let parent = received(&world, 9, &offer(), false).await;
    for blank in [None, Some(" \r\n".to_owned())] {
        let draft = Draft { text: blank.clone(), html: blank, ..to(ANN) };
        for how in [How::Reply { quote: true }, How::ReplyAll { quote: true }, How::Reply { quote: false }] {
            assert_eq!(code(take_up(&world, parent.id, how, draft.clone()).await), "empty_body");
        }
        let draft = Draft { subject: None, ..draft };
        let forward = take_up(&world, parent.id, FORWARD, draft).await.unwrap();
        assert_eq!(forward.message.subject, "Fwd: A question — über alles");
        let mail = sealed(&world, &forward).await;
        assert!(mail.text.unwrap().starts_with("---------- Forwarded message ---------\nFrom: "));
        assert!(mail.html.unwrap().contains("<b>secret offer</b>"));
    }
    assert_eq!(
        code(take_up(&world, parent.id, FORWARD, Draft { to: vec![], ..to(ANN) }).await),
        "no_recipients"
    );
    let huge = Draft { text: Some("word ".repeat(209_700)), ..to(ANN) };
    assert_eq!(code(take_up(&world, parent.id, How::Reply { quote: true }, huge).await), "body_too_large");
}

#[tokio::test]
async fn a_strangers_subject_and_words_can_be_sent() {
    let world = ruled(ALLOW).await;
    let body = "Content-Type: text/plain; charset=utf-8\r\n\r\n+ADw-script+AD4- \u{202e}x";
    let mut parent = samples::inbound(9);
    parent.subject = format!("=?utf-8?Q?x?= \u{202e}{}", "é".repeat(1_500));
    let change = Change::new(samples::organization_id(1)).create(parent.clone());
    world.ports.store.commit(change).await.unwrap();
    let key = BlobKey::Raw("inbound/9".to_owned());
    world.blobs.put(&key, Bytes::from(mixed(body, &[])), "message/rfc822").await.unwrap();
    for how in [FORWARD, How::Reply { quote: true }, How::Reply { quote: false }] {
        let draft = Draft { html: Some("<p>Mine</p>".into()), ..bare(ANN) };
        let submitted = take_up(&world, parent.id, how, draft).await.unwrap();
        let mail = sealed(&world, &submitted).await;
        assert!(mail.subject.contains("= ?utf-8?Q?x?="), "{}", mail.subject);
        assert!(mail::normal::is_normal(&mail.html.unwrap()));
    }
}

#[tokio::test]
async fn files_are_passed_on_within_the_bounds_of_a_mail() {
    let world = ruled(ALLOW).await;
    let own = DraftAttachment {
        filename: Some("own.txt".into()),
        content_type: Some("text/plain".into()),
        content_id: None,
        source: Source::Inline(Bytes::from_static(b"mine")),
    };
    // A mail within it that would have to be encoded is a file like any other.
    let raw = mixed(
        "Content-Type: text/plain\r\n\r\nx",
        &[
            ("a.eml", "message/rfc822", "Subject: y\r\n\r\nz"),
            ("b.eml", "message/rfc822", "Subject: y\r\n\r\nä"),
        ],
    );
    let parent = received(&world, 9, &raw, false).await;
    let draft = Draft { attachments: vec![own.clone()], ..bare(ANN) };
    let submitted = take_up(&world, parent.id, FORWARD, draft.clone()).await.unwrap();
    let expected = [
        pair("own.txt", "text/plain"),
        pair("a.eml", "message/rfc822"),
        pair("b.eml", "application/octet-stream"),
    ];
    assert_eq!(files(&sealed(&world, &submitted).await), expected, "its own come first");
    let bytes = bytes_of(&world, submitted.approval.digest).await;
    assert!(bytes.is_ascii());
    let without = take_up(&world, parent.id, How::Forward { files: false }, draft.clone()).await.unwrap();
    assert_eq!(files(&sealed(&world, &without).await), expected[..1]);

    let many: Vec<_> = (0..20).map(|n| format!("{n}.txt")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "text/plain", name.as_str())).collect();
    let large = "0123456789abcdef".repeat(26 * 65_536);
    let large = [("large.bin", "application/octet-stream", large.as_str())];
    for (n, files, more) in [(7, &many[..], "too_many_attachments"), (6, &large[..], "attachment_too_large")]
    {
        let parent = received(&world, n, &mixed("Content-Type: text/plain\r\n\r\nx", files), false).await;
        let refused = take_up(&world, parent.id, FORWARD, draft.clone()).await.unwrap_err();
        assert_eq!(refused.code().as_str(), more);
        let Refusal::Invalid(errors) = refused else { panic!("{refused:?}") };
        assert_eq!(errors[0].field, "include_attachments");
        take_up(&world, parent.id, How::Forward { files: false }, draft.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn what_nobody_got_and_what_nobody_can_read_is_not_passed_on() {
    let world = ruled(r#"{"name":"h","when":{"always":true},"outcome":"hold"}"#).await;
    let submitted = ask(&world, to(ANN), None).await.unwrap();
    let id = submitted.message.id;
    for how in [FORWARD, How::Reply { quote: true }] {
        let refused = take_up(&world, id, how, to(ANN)).await.unwrap_err();
        assert_eq!(refused.code().as_str(), "message_not_sent");
        let Refusal::Because { details, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(details, [("status", "pending_approval".to_owned())]);
    }
    let approval = &submitted.approval;
    decide(
        &world.ports,
        &*world.workflow,
        &approver(2),
        approval.id,
        &Ballot::new(approval.digest, &Verdict::Approve),
    )
    .await
    .unwrap();
    assert_eq!(code(take_up(&world, id, FORWARD, to(ANN)).await), "message_not_sent");
    let approval =
        approvals::get(&world.ports, &*world.blobs, &approver(2), approval.id).await.unwrap().approval;
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
    let forward = take_up(&world, id, FORWARD, bare("bob@example.org")).await.unwrap();
    assert!(sealed(&world, &forward).await.text.unwrap().contains("Hello Ann"));

    let mut unread = samples::inbound(9);
    if let Direction::Inbound { defects, .. } = &mut unread.direction {
        *defects = vec!["not_processed".into()];
    }
    world.ports.store.commit(Change::new(samples::organization_id(1)).create(unread.clone())).await.unwrap();
    assert_eq!(code(take_up(&world, unread.id, FORWARD, to(ANN)).await), "message_not_readable");
    let empty = received(&world, 8, "", false).await;
    assert_eq!(code(take_up(&world, empty.id, FORWARD, to(ANN)).await), "message_not_readable");
}

#[tokio::test]
async fn what_was_passed_on_is_sent_again_as_that() {
    let world = ruled(ALLOW).await;
    let parent = received(&world, 9, &offer(), false).await;
    let first = take_up(&world, parent.id, FORWARD, to(ANN)).await.unwrap();
    let lost = app::base::ports::SendOutcome::Ambiguous("timeout");
    world.sender.answers.lock().unwrap().push_back(lost);
    assert_eq!(send(&world, &first.approval).await, Dispatched::Now(Status::Unknown));
    let (sending, inbox, once) = (world.sending(), samples::inbox_id(1), Once::default());
    let again = send_again(&sending, &agent(), inbox, first.message.id, &once, |_| (202, String::new()))
        .await
        .unwrap();
    assert!(again.approval.forward && again.is_held());
    assert_eq!(files(&sealed(&world, &again).await), files(&sealed(&world, &first).await));
}

/// Whoever may send from an inbox, and has these scopes over these inboxes.
fn limited(scopes: &[Scope], inboxes: &[InboxId]) -> Permit<scope::MessagesSend> {
    let mut token = samples::token(1, domain::people::access::Role::Owner, scopes).0;
    token.inboxes = Some(inboxes.iter().copied().collect::<BTreeSet<_>>());
    token.principal().permit().unwrap()
}

#[tokio::test]
async fn a_file_of_a_mail_is_passed_on_by_its_id_by_whoever_may_read_it() {
    let world = ruled(ALLOW).await;
    let organization_id = samples::organization_id(1);
    let parent = received(&world, 9, &offer(), false).await;
    let digest = Digest::of(b"%PDF-1");
    let file = |mail: &Message, name: &str| Attachment {
        id: Attachment::id_in(mail.id, name, digest),
        organization_id,
        inbox_id: mail.inbox_id,
        message: Some((mail.id, digest)),
        filename: name.to_owned(),
        content_type: "application/pdf".into(),
        detected_type: None,
        size: 6,
        created_at: mail.created_at,
    };
    let put = async |file: Attachment| {
        world.ports.store.commit(Change::new(organization_id).create(file.clone())).await.unwrap();
        let key = BlobKey::Attachment(organization_id, file.id);
        world.blobs.put(&key, Bytes::from_static(b"%PDF-1"), &file.content_type).await.unwrap();
        file.id
    };
    let known = put(file(&parent, "offer.pdf")).await;
    let with = |id: AttachmentId| {
        let stored = DraftAttachment {
            filename: None,
            content_type: None,
            content_id: None,
            source: Source::Stored(id),
        };
        Draft { attachments: vec![stored], ..to(ANN) }
    };
    let sent = ask(&world, with(known), None).await.unwrap();
    assert!(!sent.is_held());
    assert_eq!(files(&sealed(&world, &sent).await), [pair("offer.pdf", "application/pdf")]);
    let [AttachmentRef { id: own, .. }] = sent.message.attachments[..] else { panic!("{sent:?}") };
    assert_ne!(own, known, "the mail has a copy of its own");

    // Whoever may not read it gets the answer of whoever names nothing.
    let sending = world.sending();
    let ask_as = async |permit: Permit<scope::MessagesSend>, id: AttachmentId| {
        let once = Once::default();
        submit(&sending, &permit, samples::inbox_id(1), with(id), None, &once, |_| (202, String::new())).await
    };
    let unknown = ask_as(agent(), AttachmentId::new(samples::NOW, [9; 10])).await.unwrap_err();
    assert_eq!(unknown.code().as_str(), "unknown_upload");
    let (read, write) = (Scope::MessagesRead, Scope::MessagesSend);
    let blind = limited(&[write], &[samples::inbox_id(1)]);
    assert_eq!(ask_as(blind, known).await.unwrap_err(), unknown);
    let mut elsewhere = samples::inbound(7);
    elsewhere.inbox_id = samples::inbox_id(2);
    let change = Change::new(organization_id).create(samples::inbox(2)).create(elsewhere.clone());
    world.ports.store.commit(change).await.unwrap();
    let foreign = put(file(&elsewhere, "theirs.pdf")).await;
    let one = || limited(&[read, write], &[samples::inbox_id(1)]);
    assert_eq!(ask_as(one(), foreign).await.unwrap_err(), unknown);
    ask_as(limited(&[read, write], &[samples::inbox_id(1), samples::inbox_id(2)]), foreign).await.unwrap();
    // A file of a mail of ours is one once somebody got it.
    assert_eq!(ask_as(one(), own).await.unwrap_err(), unknown);
    assert_eq!(send(&world, &sent.approval).await, Dispatched::Now(Status::Sent));
    ask_as(one(), own).await.unwrap();
    // What came in a tainted conversation leaves it with a person alone, and other bytes than the mail's do not leave.
    let later = ThreadUpdate { taint: true, ..parent.thread_update() };
    world.ports.store.commit(Change::new(organization_id).write(Write::Thread(later))).await.unwrap();
    let held = ask_as(one(), known).await.unwrap();
    assert!(held.approval.reasons.contains(&"thread_tainted".to_owned()), "{:?}", held.approval.reasons);
    let path = BlobKey::Attachment(organization_id, known).path();
    world.blobs.objects.lock().unwrap().insert(path, Bytes::from_static(b"%PDF-2"));
    assert!(matches!(ask_as(one(), known).await, Err(Refusal::Internal(_))));
}

async fn approve(world: &World, submitted: &Submitted) {
    let Submitted { approval, .. } = submitted;
    let verdict = Verdict::Approve;
    decide(
        &world.ports,
        &*world.workflow,
        &approver(2),
        approval.id,
        &Ballot::new(approval.digest, &verdict),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn whoever_got_a_mail_passed_on_is_no_party_of_the_conversation() {
    const COUNSEL: &str = "counsel@else.example";
    let world = ruled(REPLIES).await;
    let parent = received(&world, 9, &offer(), false).await;
    let forward = take_up(&world, parent.id, FORWARD, bare(COUNSEL)).await.unwrap();
    approve(&world, &forward).await;
    assert_eq!(send(&world, &forward.approval).await, Dispatched::Now(Status::Sent));
    let answer = take_up(&world, parent.id, How::Reply { quote: false }, to(COUNSEL)).await.unwrap();
    assert!(answer.is_held(), "the rule lets answers to parties go");
    // Who was written to in it is one.
    approve(&world, &answer).await;
    assert_eq!(send(&world, &answer.approval).await, Dispatched::Now(Status::Sent));
    let answer = take_up(&world, parent.id, How::Reply { quote: false }, to(COUNSEL)).await.unwrap();
    assert!(!answer.is_held(), "{:?}", answer.approval.reasons);
}

#[tokio::test]
async fn a_file_out_of_a_tainted_conversation_takes_a_person_in_whatever_mail_it_lies() {
    let world = ruled(ALLOW).await;
    let organization_id = samples::organization_id(1);
    let parent = received(&world, 9, &offer(), true).await;
    let forward = take_up(&world, parent.id, FORWARD, to(ANN)).await.unwrap();
    assert!(forward.approval.is_tainted() && forward.is_held());
    let change = Edit { text: Some("Other words".into()), ..Edit::default() };
    let (id, digest) = (forward.approval.id, forward.approval.digest);
    let edited =
        edit(&world.sending(), &approver(3), id, digest, change, &Once::default(), |_| (200, String::new()))
            .await
            .unwrap();
    assert!(edited.approval.is_tainted(), "{:?}", edited.approval.reasons);
    approve(&world, &edited).await;
    assert_eq!(send(&world, &edited.approval).await, Dispatched::Now(Status::Sent));
    // The sent mail's copy of the file, even where its own conversation were clean.
    let mut clean = samples::inbound(8);
    clean.thread_id = domain::ThreadId::new(samples::NOW, [8; 10]);
    let sent = app::base::store::load(
        &*world.ports.store,
        organization_id,
        app::base::store::key::Message(samples::inbox_id(1), edited.message.id),
    );
    let sent = Message { thread_id: clean.thread_id, ..sent.await.unwrap().unwrap() };
    let update = ThreadUpdate { taint: false, ..clean.thread_update() };
    let change = Change::new(organization_id).update(sent.clone()).write(Write::Thread(update));
    world.ports.store.commit(change).await.unwrap();
    let stored = DraftAttachment {
        filename: None,
        content_type: None,
        content_id: None,
        source: Source::Stored(sent.attachments[0].id),
    };
    let again = ask(&world, Draft { attachments: vec![stored], ..to(ANN) }, None).await.unwrap();
    assert!(again.is_held() && again.approval.is_tainted(), "{:?}", again.approval.reasons);
}
