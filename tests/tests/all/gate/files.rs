//! What a file is, by its first bytes: of an upload, and of a mail that is to go out.

use app::base::enter::Once;
use app::base::ports::{BlobError, BlobKey, Blobs as _};
use app::base::store::{Change, key, load};
use app::gate::submit::{Draft, DraftAttachment, Source, Submitted};
use app::mailbox::attachments::{NewUpload, announce, download};
use app::mailbox::messages::get;
use bytes::Bytes;
use domain::mailbox::message::Attachment;
use domain::people::access::{Permit, Role, ScopeType, scope};
use testkit::samples;
use testkit::world::World;

use super::votes::{ALLOW, ANN, agent, ask, code, ruled, to};

const PROGRAM: &str = "application/vnd.microsoft.portable-executable";

fn owner<S: ScopeType>() -> Permit<S> {
    samples::session(1, Role::Owner).0.principal(samples::NOW).unwrap().permit().unwrap()
}

/// The beginning of a program for Windows.
fn program() -> Bytes {
    [&b"MZ\x90\0"[..], &[0; 200]].concat().into()
}

fn with(filename: &str, content_type: &str, contents: Bytes) -> Draft {
    let file = DraftAttachment {
        filename: Some(filename.to_owned()),
        content_type: Some(content_type.to_owned()),
        content_id: None,
        source: Source::Inline(contents),
    };
    Draft { attachments: vec![file], ..to(ANN) }
}

async fn upload(world: &World, filename: &str, content_type: &str, size: usize) -> Attachment {
    let new = NewUpload {
        inbox_id: Some(samples::inbox_id(1)),
        filename: filename.to_owned(),
        content_type: content_type.to_owned(),
        size: size as u64,
    };
    let permit: Permit<scope::MessagesSend> = agent();
    let once = Once::default();
    announce(&world.ports, &*world.blobs, &permit, new, &once, |_, _| (201, String::new())).await.unwrap().0
}

#[tokio::test]
async fn an_upload_says_what_it_is_once_its_bytes_are_there() {
    let world = ruled(ALLOW).await;
    let file = upload(&world, "offer.pdf", "application/pdf", 204).await;
    let permit: Permit<scope::MessagesRead> = owner();
    let detected = async || {
        let (file, _) = download(&world.ports, &*world.blobs, &permit, file.id).await.unwrap();
        file.detected_type
    };
    assert_eq!(detected().await, None);
    let at = BlobKey::Upload(file.organization_id, file.id);
    world.blobs.put(&at, program(), "application/pdf").await.unwrap();
    assert_eq!(detected().await.as_deref(), Some(PROGRAM));
    world.blobs.failures.lock().unwrap().push_back(BlobError::Transient("away".to_owned()));
    let refused = download(&world.ports, &*world.blobs, &permit, file.id).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "temporarily_unavailable");
    let kept = load(&*world.ports.store, file.organization_id, key::Attachment(file.id)).await.unwrap();
    assert_eq!(kept, Some(file), "nothing of it is kept");
}

#[tokio::test]
async fn of_a_file_that_was_stored_before_nothing_is_read_and_nothing_said() {
    let world = ruled(ALLOW).await;
    let old = Attachment { detected_type: None, ..samples::attachment(1) };
    let change = Change::new(old.organization_id).create(old.clone()).create(samples::inbound(1));
    world.ports.store.commit(change).await.unwrap();
    let permit: Permit<scope::MessagesRead> = owner();
    let (file, _) = download(&world.ports, &*world.blobs, &permit, old.id).await.unwrap();
    assert_eq!(file, old);
}

fn detected(submitted: &Submitted) -> Vec<Option<&str>> {
    submitted.message.attachments.iter().map(|file| file.detected_type.as_deref()).collect()
}

#[tokio::test]
async fn a_program_under_a_harmless_name_needs_a_person_who_is_told() {
    let world = ruled(ALLOW).await;
    let hidden = ask(&world, with("offer.pdf", "application/pdf", program()), None).await.unwrap();
    assert!(hidden.is_held() && hidden.approval.reasons.contains(&"disguised_file".to_owned()));
    assert_eq!(detected(&hidden), [Some(PROGRAM)]);
    // Whoever decides reads it in the bytes that are sealed, whatever the row says.
    let mut row = hidden.message.clone();
    row.attachments[0].detected_type = None;
    world.ports.store.commit(Change::new(row.organization_id).update(row.clone())).await.unwrap();
    let shown = get(&world.ports, &*world.blobs, &owner(), row.inbox_id, row.id).await.unwrap();
    assert_eq!(shown.message.attachments[0].detected_type.as_deref(), Some(PROGRAM));

    for (name, declared, contents, expected) in [
        ("offer.pdf", "application/pdf", Bytes::from_static(b"%PDF-1.7\n"), Some("application/pdf")),
        ("notes.txt", "text/plain", Bytes::from_static(b"Hello"), None),
        ("setup.exe", "application/octet-stream", program(), Some(PROGRAM)),
        ("cat.png", "image/png", Bytes::from_static(b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Some("image/jpeg")),
    ] {
        let sent = ask(&world, with(name, declared, contents), None).await.unwrap();
        assert_eq!((sent.is_held(), detected(&sent)), (false, vec![expected]), "{name}");
    }
}

#[tokio::test]
async fn a_policy_against_programs_sees_the_bytes() {
    let programs = r#"{"name":"b","when":{"any_attachment":{"kind_in":["executable"]}},"outcome":"block"}"#;
    let world = ruled(&format!("{ALLOW},{programs}")).await;
    let hidden = ask(&world, with("notes.txt", "text/plain", program()), None).await;
    assert_eq!(code(hidden), "blocked_by_policy");
    let upload = upload(&world, "notes.txt", "text/plain", 204).await;
    let at = BlobKey::Upload(upload.organization_id, upload.id);
    world.blobs.put(&at, program(), "text/plain").await.unwrap();
    let mut draft = with("notes.txt", "text/plain", Bytes::new());
    draft.attachments[0].source = Source::Stored(upload.id);
    assert_eq!(code(ask(&world, draft, None).await), "blocked_by_policy");
    assert!(!ask(&world, with("notes.txt", "text/plain", "Hello".into()), None).await.unwrap().is_held());
}
