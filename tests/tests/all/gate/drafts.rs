//! Drafts, where something goes wrong between the table and the bucket: nothing is lost that a record names, and what is not as
//! it was stored is not shown.

use std::sync::{Arc, PoisonError};

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::BlobError;
use app::base::store::{Change, StoreError};
use app::gate::approvals::{Ballot, Verdict as Said};
use app::gate::drafts::{self, Created, DraftChange, Part, SubmittedDraft};
use app::gate::policies::{self, MayTry, Trial, TrialMail, simulate};
use app::gate::submit::{DraftAttachment, Source, Submitted};
use bytes::Bytes;
use domain::DraftId;
use domain::base::address::Mailbox;
use domain::base::code::Code;
use domain::gate::draft::SavedDraft;
use domain::gate::policy::{Evaluation, Verdict};
use domain::people::access::{Permit, Role, Scope, ScopeType, scope};
use testkit::samples;
use testkit::world::World;

const SCOPES: [Scope; 3] = [Scope::DraftsManage, Scope::MessagesRead, Scope::MessagesSend];

fn agent<S: ScopeType>() -> Permit<S> {
    samples::token(1, Role::Owner, &SCOPES).0.principal().permit().unwrap()
}

fn approver<S: ScopeType>() -> Permit<S> {
    samples::session(2, Role::Approver).0.principal(samples::NOW).unwrap().permit().unwrap()
}

async fn world() -> World {
    let world = World::default();
    let change = Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(samples::token(1, Role::Owner, &SCOPES).0)
        .create(samples::member(1, Role::Owner))
        .create(samples::member(2, Role::Approver));
    world.ports.store.commit(change).await.unwrap();
    world
}

fn text(text: &str) -> DraftChange {
    DraftChange { text: Part::Given(text.to_owned()), ..DraftChange::default() }
}

fn saved(_: &SavedDraft) -> (u16, String) {
    (201, String::new())
}

async fn made(world: &World, change: DraftChange) -> SavedDraft {
    let (permit, once) = (agent(), Once::default());
    let inbox = samples::inbox_id(1);
    match drafts::create(&world.ports, &*world.blobs, &permit, inbox, (None, change), &once, saved).await {
        Ok(Created::New(draft)) => draft,
        other => panic!("{other:?}"),
    }
}

/// The names of the objects of drafts.
fn objects(world: &World) -> Vec<String> {
    let objects = world.blobs.objects.lock().unwrap_or_else(PoisonError::into_inner);
    objects.keys().filter(|name| name.starts_with("drafts/")).cloned().collect()
}

async fn read(world: &World, draft: &SavedDraft) -> Result<Option<String>, Refusal> {
    let permit = agent::<scope::DraftsManage>();
    Ok(drafts::get(&world.ports, &*world.blobs, &permit, draft.id).await?.content.text)
}

#[tokio::test]
async fn an_object_goes_with_what_named_it_and_no_sooner() {
    let world = world().await;
    let draft = made(&world, text("one")).await;
    let first = objects(&world);
    let name = |draft: &SavedDraft| draft.object.unwrap().name.hex();
    assert!(first.len() == 1 && first[0].ends_with(&format!("{}/{}", draft.id, name(&draft))), "{first:?}");
    let permit = agent::<scope::DraftsManage>();
    let update =
        |change: DraftChange| drafts::update(&world.ports, &*world.blobs, &permit, draft.id, None, change);
    // What says the same stays where it is.
    let subject = DraftChange { reply_all: Part::Given(true), ..DraftChange::default() };
    assert_eq!(update(subject).await.unwrap().version, 2);
    assert_eq!(objects(&world), first);
    // Somebody was faster: what was written for nothing goes, and it is tried again.
    world.store.fail_commits(vec![StoreError::Conflict(vec![])]);
    assert_eq!(update(text("two")).await.unwrap().version, 3);
    let second = objects(&world);
    assert!(second.len() == 1 && second != first, "{second:?}");
    // Nobody knows whether it was written: nothing goes.
    world.store.fail_commits(vec![StoreError::Transient("no answer".to_owned())]);
    assert_eq!(update(text("three")).await.unwrap_err().code(), Code::TemporarilyUnavailable);
    assert!(objects(&world).len() == 2 && objects(&world).contains(&second[0]));
    assert_eq!(read(&world, &draft).await.unwrap().as_deref(), Some("two"));
    let emptied = DraftChange { text: Part::Emptied, ..DraftChange::default() };
    assert_eq!(update(emptied).await.unwrap().object, None);
    assert!(!objects(&world).contains(&second[0]));
    assert_eq!(read(&world, &draft).await.unwrap(), None);
    update(text("four")).await.unwrap();
    let before = objects(&world).len();
    drafts::delete(&world.ports, &*world.blobs, &permit, draft.id, None).await.unwrap();
    assert_eq!(objects(&world).len(), before - 1);
}

#[tokio::test]
async fn an_object_that_was_lost_or_swapped_is_noticed() {
    let world = world().await;
    let (one, two) = (made(&world, text("one")).await, made(&world, text("two")).await);
    let path = |draft: &SavedDraft| {
        objects(&world).into_iter().find(|name| name.contains(&draft.id.to_string())).unwrap()
    };
    let (first, second) = (path(&one), path(&two));
    let other: Bytes = {
        let objects = world.blobs.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects[&second].clone()
    };
    let put = |bytes: Option<Bytes>| {
        let mut objects = world.blobs.objects.lock().unwrap_or_else(PoisonError::into_inner);
        match bytes {
            Some(bytes) => objects.insert(first.clone(), bytes),
            None => objects.remove(&first),
        }
    };
    put(Some(other));
    assert!(matches!(read(&world, &one).await, Err(Refusal::Internal(_))));
    let (permit, sends, once) = (agent(), agent(), Once::default());
    put(None);
    assert_eq!(read(&world, &one).await.unwrap_err().code(), Code::BytesMissing);
    let sending = world.sending();
    let respond = |_: &Submitted| (202, String::new());
    let refused = drafts::submit(&sending, (&permit, &sends), one.id, None, &once, respond).await;
    assert_eq!(refused.unwrap_err().code(), Code::BytesMissing);
    // Written anew as a whole, it is as good as before; else it can be deleted.
    let whole = DraftChange { html: Part::Emptied, attachments: Part::Emptied, ..text("anew") };
    drafts::update(&world.ports, &*world.blobs, &permit, one.id, None, whole).await.unwrap();
    assert_eq!(read(&world, &one).await.unwrap().as_deref(), Some("anew"));
    drafts::delete(&world.ports, &*world.blobs, &permit, one.id, None).await.unwrap();
}

#[tokio::test]
async fn whoever_reads_a_draft_while_it_is_written_anew_gets_the_new_words() {
    let world = world().await;
    let draft = made(&world, text("one")).await;
    // Between record and object somebody else writes other words, which removes the object that was to be read.
    let overtake = |words: &'static str| {
        let (ports, blobs) = (world.ports.clone(), Arc::clone(&world.blobs));
        let write = async move {
            drafts::update(&ports, &*blobs, &agent(), draft.id, None, text(words)).await.unwrap();
        };
        *world.blobs.meanwhile.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(write));
    };
    overtake("two");
    assert_eq!(read(&world, &draft).await.unwrap().as_deref(), Some("two"));
    overtake("three");
    let html = DraftChange { html: Part::Given("<p>four</p>".to_owned()), ..DraftChange::default() };
    let permit = agent::<scope::DraftsManage>();
    drafts::update(&world.ports, &*world.blobs, &permit, draft.id, None, html).await.unwrap();
    let both = drafts::get(&world.ports, &*world.blobs, &permit, draft.id).await.unwrap().content;
    assert_eq!((both.text.as_deref(), both.html.as_deref()), (Some("three"), Some("<p>four</p>")));
    overtake("five");
    let addressed = Part::Given(vec![Mailbox::bare(samples::address("ann@example.org"))]);
    let change = DraftChange { to: addressed, ..DraftChange::default() };
    drafts::update(&world.ports, &*world.blobs, &permit, draft.id, None, change).await.unwrap();
    let (sends, once, respond) = (agent(), Once::default(), |_: &Submitted| (202, String::new()));
    let sending = world.sending();
    let sent = drafts::submit(&sending, (&permit, &sends), draft.id, None, &once, respond).await.unwrap();
    let SubmittedDraft::Now(sent) = sent else { panic!("it was submitted before") };
    assert_eq!(sent.message.preview, "five");
    assert_eq!(objects(&world), Vec::<String>::new());
}

#[tokio::test]
async fn a_submission_that_fails_leaves_the_draft_and_one_that_is_written_leaves_none() {
    let world = world().await;
    let to = Part::Given(vec![Mailbox::bare(samples::address("ann@example.org"))]);
    let file = DraftAttachment {
        filename: Some("a.txt".into()),
        content_type: None,
        content_id: None,
        source: Source::Inline(Bytes::from_static(b"one")),
    };
    let draft = made(&world, DraftChange { to, attachments: Part::Given(vec![file]), ..text("Hello") }).await;
    let (permit, sends, once, sending) = (agent(), agent(), Once::default(), world.sending());
    let respond = |_: &Submitted| (202, String::new());
    world.store.fail_commits(vec![StoreError::Transient("no answer".to_owned())]);
    let failed = drafts::submit(&sending, (&permit, &sends), draft.id, None, &once, respond).await;
    assert_eq!(failed.unwrap_err().code(), Code::TemporarilyUnavailable);
    assert_eq!(read(&world, &draft).await.unwrap().as_deref(), Some("Hello"));
    // Somebody wrote at the same moment: what it is then is submitted.
    world.store.fail_commits(vec![StoreError::Conflict(vec![])]);
    let submitted =
        drafts::submit(&sending, (&permit, &sends), draft.id, Some(1), &once, respond).await.unwrap();
    let SubmittedDraft::Now(submitted) = submitted else { panic!("{submitted:?}") };
    assert_eq!(submitted.message.attachments[0].filename, "a.txt");
    assert_eq!(submitted.approval.authors, [samples::member(1, Role::Owner).id].into());
    assert_eq!(objects(&world), Vec::<String>::new());
    let again = drafts::submit(&sending, (&permit, &sends), draft.id, Some(7), &once, respond).await.unwrap();
    let SubmittedDraft::Before(again) = again else { panic!("{again:?}") };
    assert_eq!(again.message.id, submitted.message.id);

    // A rejection that can't read the mail leaves neither a draft nor a vote.
    let approval = &submitted.approval;
    let decides = approver::<scope::ApprovalsDecide>();
    let no = Said::Reject("It costs 6.".to_owned());
    let ballot = Ballot::new(approval.digest, &no);
    let reject =
        || drafts::reject(&world.ports, &*world.blobs, &*world.workflow, &decides, approval.id, &ballot);
    world.blobs.failures.lock().unwrap().push_back(BlobError::Transient("away".to_owned()));
    assert_eq!(reject().await.unwrap_err().code(), Code::TemporarilyUnavailable);
    let rejected = reject().await.unwrap();
    assert_eq!(rejected.decision.as_str(), "rejected");
    let id = rejected.draft_id.unwrap();
    let left = drafts::get(&world.ports, &*world.blobs, &permit, id).await.unwrap();
    assert_eq!(left.content.text.as_deref().map(str::trim_end), Some("Hello"));
    assert_eq!(left.content.files, [b"one".to_vec()]);
    assert_eq!(left.draft.rejected.unwrap().reason, "It costs 6.");
    assert_eq!(left.draft.authors, [samples::member(1, Role::Owner).id].into());
    assert_eq!(reject().await.unwrap().draft_id, Some(id));
}

/// Tries a draft out, as a token with these scopes that is not limited to inboxes.
async fn tried(world: &World, id: DraftId, inbox: u8, scopes: &[Scope]) -> Result<Evaluation, Refusal> {
    let may = MayTry::of(&samples::token(1, Role::Owner, scopes).0.principal())?;
    let trial = Trial {
        inbox_id: samples::inbox_id(inbox),
        mail: TrialMail::Saved(id),
        token_id: None,
        policies: None,
    };
    let (found, ..) = simulate(&world.ports, &*world.blobs, &*world.store, &may, trial).await?;
    Ok(found)
}

fn at_field(refused: Result<Evaluation, Refusal>) -> (String, Code) {
    let Err(Refusal::Invalid(errors)) = refused else { panic!("{refused:?}") };
    (errors[0].field.clone(), errors[0].code)
}

#[tokio::test]
async fn a_saved_draft_is_tried_out_as_submitting_it_would_judge_it() {
    let world = world().await;
    let rules = format!(r#"{{"name":"p","rules":[{}]}}"#, super::votes::ALLOW);
    let content = wire::gate::policies::content(rules.as_bytes()).unwrap();
    let owner = samples::session(1, Role::Owner).0.principal(samples::NOW).unwrap().permit().unwrap();
    policies::create(&world.ports, &owner, content, &Once::default(), |_| (201, String::new()))
        .await
        .unwrap();
    let ann = || Part::Given(vec![Mailbox::bare(samples::address("ann@example.org"))]);
    let draft = made(&world, DraftChange { to: ann(), ..text("Hello") }).await;
    let before = format!("{:?}", world.store.contents().records);
    let found = tried(&world, draft.id, 1, &SCOPES).await.unwrap();
    assert_eq!((found.outcome, found.reasons), (Verdict::Allow, vec!["policy_allows".to_owned()]));
    // What needs a person whatever policies allow: here, that somebody else wrote in it.
    let person = samples::session(2, Role::Owner).0.principal(samples::NOW).unwrap().permit().unwrap();
    drafts::update(&world.ports, &*world.blobs, &person, draft.id, None, text("Hello!")).await.unwrap();
    let found = tried(&world, draft.id, 1, &SCOPES).await.unwrap();
    assert!(matches!(found.outcome, Verdict::Hold(_)));
    assert_eq!(found.reasons, ["policy_allows", "written_by_others"]);

    let without = [Scope::MessagesRead, Scope::MessagesSend];
    assert_eq!(tried(&world, draft.id, 1, &without).await.unwrap_err().code(), Code::MissingScope);
    let unknown = ("draft_id".to_owned(), Code::UnknownDraft);
    let other = samples::draft(9).id;
    assert_eq!(at_field(tried(&world, other, 1, &SCOPES).await), unknown);
    world
        .ports
        .store
        .commit(Change::new(samples::organization_id(1)).create(samples::inbox(2)))
        .await
        .unwrap();
    assert_eq!(at_field(tried(&world, draft.id, 2, &SCOPES).await), unknown);
    assert_ne!(before, format!("{:?}", world.store.contents().records), "the person's words are there");

    // What submitting would refuse is refused, with the same words.
    let empty = made(&world, DraftChange { to: ann(), ..DraftChange::default() }).await;
    assert_eq!(at_field(tried(&world, empty.id, 1, &SCOPES).await), ("text".to_owned(), Code::EmptyBody));
    super::barred::suppress(&world, "ann@example.org").await;
    let suppressed = ("to[0]".to_owned(), Code::RecipientSuppressed);
    assert_eq!(at_field(tried(&world, draft.id, 1, &SCOPES).await), suppressed);
}

#[tokio::test]
async fn a_draft_that_came_to_an_end_or_lost_its_words_is_not_tried_out() {
    let world = world().await;
    let to = Part::Given(vec![Mailbox::bare(samples::address("ann@example.org"))]);
    let draft = made(&world, DraftChange { to, ..text("Hello") }).await;
    let before = world.store.contents().records.len();
    let found = tried(&world, draft.id, 1, &SCOPES).await.unwrap();
    assert_eq!(found.reasons, ["no_policy_allows_it"]);
    assert_eq!(world.store.contents().records.len(), before, "nothing is stored");
    let (permit, sends, once, sending) = (agent(), agent(), Once::default(), world.sending());
    let respond = |_: &Submitted| (202, String::new());
    drafts::submit(&sending, (&permit, &sends), draft.id, None, &once, respond).await.unwrap();
    assert_eq!(tried(&world, draft.id, 1, &SCOPES).await.unwrap_err().code(), Code::AlreadySubmitted);
    let lost = made(&world, text("Hello")).await;
    world.blobs.objects.lock().unwrap_or_else(PoisonError::into_inner).clear();
    assert_eq!(tried(&world, lost.id, 1, &SCOPES).await.unwrap_err().code(), Code::BytesMissing);
}
