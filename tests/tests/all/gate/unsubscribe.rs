//! List mail, in memory: its one recipient can unsubscribe, by what is sealed and shown, and then gets no more.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::Record;
use app::gate::approvals::{self, Ballot, Verdict, decide};
use app::gate::dispatch::Dispatched;
use app::gate::drafts::{self, DraftChange, Part, SubmittedDraft};
use app::gate::edit::{Edit, edit, send_again};
use app::gate::submit::{Draft, Submitted};
use app::mailbox::opt_outs;
use domain::base::address::Mailbox;
use domain::base::code::Code;
use domain::delivery::event::EventKind;
use domain::gate::approval::Approval;
use domain::mailbox::lifecycle::Status;
use domain::mailbox::opt_out::{OptOut, OptOutSecret};
use domain::people::access::{Permit, Role, Scope, scope};
use testkit::samples;
use testkit::world::World;

use super::votes::{ALLOW, ANN, approver, ask, ruled, send, to, world};

const BOB: &str = "bob@example.org";

fn list_mail(address: &str) -> Draft {
    Draft { unsubscribe: true, ..to(address) }
}

/// The header fields of a mail as an approver is shown them, of these names.
async fn shown(world: &World, approval: &Approval) -> Vec<(String, String)> {
    let permit = approver::<scope::ApprovalsRead>(2);
    let view = approvals::get(&world.ports, &*world.blobs, &permit, approval.id).await.unwrap();
    let fields = view.message.headers.iter().filter(|(name, _)| name.starts_with("List-"));
    fields.cloned().collect()
}

/// The secret in a mail's header fields.
async fn secret(world: &World, approval: &Approval) -> OptOutSecret {
    let fields = shown(world, approval).await;
    let [(first, url), (second, post)] = fields.as_slice() else { panic!("{fields:?}") };
    assert_eq!((first.as_str(), second.as_str()), ("List-Unsubscribe", "List-Unsubscribe-Post"));
    assert_eq!(post, "List-Unsubscribe=One-Click");
    OptOutSecret::in_header(url).unwrap()
}

fn opt_outs_of(world: &World) -> Vec<OptOut> {
    let contents = world.store.contents();
    let found = contents.records.values().filter_map(|record| match record {
        Record::OptOut(one) => Some(one.clone()),
        _ => None,
    });
    found.collect()
}

fn at_fields<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> Vec<(String, Code)> {
    let Err(Refusal::Invalid(errors)) = refused else { panic!("{refused:?}") };
    errors.into_iter().map(|one| (one.field, one.code)).collect()
}

#[tokio::test]
async fn the_unsubscribe_link_is_sealed_shown_and_sent_and_leads_to_the_recipient_alone() {
    let world = world().await;
    let held = ask(&world, list_mail(ANN), None).await.unwrap();
    let secret = secret(&world, &held.approval).await;
    let stored = opt_outs_of(&world);
    let [one] = stored.as_slice() else { panic!("{stored:?}") };
    assert_eq!((one.hash, one.address.as_str()), (secret.hash(), ANN));
    assert_eq!((one.message_id, one.inbox_id), (held.message.id, samples::inbox_id(1)));
    assert!(
        !format!("{:?}", world.store.contents().records).contains(&secret.reveal()),
        "its hash is stored alone"
    );

    decide(
        &world.ports,
        &*world.workflow,
        &approver(2),
        held.approval.id,
        &Ballot::new(held.approval.digest, &Verdict::Approve),
    )
    .await
    .unwrap();
    assert_eq!(send(&world, &held.approval).await, Dispatched::Now(Status::Sent));
    let sent = world.sender.called.lock().unwrap().last().cloned().unwrap();
    let mime = String::from_utf8(sent).unwrap();
    let line = format!("\r\nList-Unsubscribe: <{}>\r\n", secret.url("https://console.example.com"));
    assert!(mime.contains(&line), "on one line, since some signers fail on folded ones: {mime}");
    assert!(mime.contains("\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{mime}");

    // Looking changes nothing; once they unsubscribed, nobody is asked to decide about the next mail.
    let found = opt_outs::open(&world.ports, &secret).await.unwrap();
    assert_eq!(found.inbox.map(|inbox| inbox.id), Some(samples::inbox_id(1)));
    ask(&world, list_mail(ANN), None).await.unwrap();
    opt_outs::unsubscribe(&world.ports, &secret).await.unwrap();
    opt_outs::unsubscribe(&world.ports, &secret).await.unwrap();
    let refused = ask(&world, to(ANN), None).await;
    let Err(Refusal::Invalid(errors)) = &refused else { panic!("{refused:?}") };
    assert_eq!((errors[0].field.as_str(), errors[0].code), ("to[0]", Code::RecipientSuppressed));
    assert!(errors[0].message.contains("unsubscribed"), "{}", errors[0].message);
    ask(&world, to(BOB), None).await.unwrap();
    let events = world.store.contents().events.clone();
    let told: Vec<_> = events.iter().filter(|event| event.kind == EventKind::SuppressionCreated).collect();
    assert_eq!(told.len(), 1);
    let body = wire::delivery::events::publish(told[0]).body;
    assert!(body.contains("\"source\":\"unsubscribed\""), "{body}");
    assert!(body.contains(&held.message.id.to_string()), "{body}");
}

#[tokio::test]
async fn what_waits_is_called_off_and_sent_again_goes_nowhere() {
    let world = ruled(ALLOW).await;
    let first = ask(&world, list_mail(ANN), None).await.unwrap();
    let gone = ask(&world, list_mail(ANN), None).await.unwrap();
    let secret = secret(&world, &first.approval).await;
    // Whoever asked for the mail can read the secret in it, and unsubscribes nobody by that before it went.
    for refused in
        [opt_outs::unsubscribe(&world.ports, &secret).await, opt_outs::open(&world.ports, &secret).await]
    {
        assert_eq!(refused, Err(Refusal::NotFound("address")));
    }
    assert_eq!(send(&world, &first.approval).await, Dispatched::Now(Status::Sent));
    opt_outs::unsubscribe(&world.ports, &secret).await.unwrap();
    assert_eq!(send(&world, &gone.approval).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sender.called.lock().unwrap().len(), 1);
    let (sending, once) = (world.sending(), Once::default());
    let answer = |_: &Submitted| (202, String::new());
    let again = send_again(&sending, &agent(), samples::inbox_id(1), gone.message.id, &once, answer).await;
    assert_eq!(at_fields(again), [("to[0]".to_owned(), Code::RecipientSuppressed)]);
}

fn agent<S: domain::people::access::ScopeType>() -> Permit<S> {
    let scopes = [Scope::MessagesSend, Scope::MessagesRead, Scope::DraftsManage];
    samples::token(1, Role::Owner, &scopes).0.principal().permit().unwrap()
}

#[tokio::test]
async fn list_mail_has_one_recipient_and_no_other_unsubscribe_link() {
    let world = world().await;
    let mut draft = list_mail(ANN);
    draft.bcc = vec![Mailbox::bare(samples::address(BOB))];
    draft.headers = vec![
        ("list-unsubscribe".to_owned(), "<https://example.com/leave>".to_owned()),
        ("List-Id".to_owned(), "<news.example.com>".to_owned()),
    ];
    let expected = [
        ("headers.list-unsubscribe".to_owned(), Code::HeaderNotAllowed),
        ("unsubscribe".to_owned(), Code::OneRecipientNeeded),
    ];
    assert_eq!(at_fields(ask(&world, draft, None).await), expected, "both at once");
    // Named twice they get one mail.
    let twice = Draft {
        cc: vec![Mailbox::bare(samples::address("Ann@EXAMPLE.org"))],
        ..list_mail("ann@example.org")
    };
    assert!(ask(&world, twice, None).await.is_ok());
    // Where nobody asks for it, nothing is added, and a caller may name a way of their own.
    let own = ("List-Unsubscribe".to_owned(), "<https://example.com/leave>".to_owned());
    let plain = ask(&world, Draft { headers: vec![own.clone()], ..to(ANN) }, None).await.unwrap();
    assert_eq!(shown(&world, &plain.approval).await, [own]);
    let bare = ask(&world, to(ANN), None).await.unwrap();
    assert_eq!(shown(&world, &bare.approval).await, []);
    assert_eq!(opt_outs_of(&world).len(), 1);
    // Nothing that a caller writes gets into the fields.
    for value in ["x\r\nBcc: eve@example.org", "x\nList-Unsubscribe: <https://evil.test>"] {
        let field = ("X-List".to_owned(), value.to_owned());
        let refused = ask(&world, Draft { headers: vec![field], ..list_mail(ANN) }, None).await;
        assert_eq!(at_fields(refused), [("headers.X-List".to_owned(), Code::ControlCharacter)]);
    }
}

#[tokio::test]
async fn an_installation_that_nobody_reaches_says_so() {
    let mut world = world().await;
    let settings = app::base::ports::Settings { public_url: None, ..(*world.ports.settings).clone() };
    world.ports.settings = std::sync::Arc::new(settings);
    let before = world.store.contents().records.len();
    let refused = ask(&world, list_mail(ANN), None).await;
    assert_eq!(at_fields(refused), [("unsubscribe".to_owned(), Code::UnsubscribeUnavailable)]);
    assert_eq!(world.store.contents().records.len(), before);
}

#[tokio::test]
async fn an_edited_mail_leads_to_whom_it_goes_then() {
    let world = world().await;
    let held = ask(&world, list_mail(ANN), None).await.unwrap();
    let first = secret(&world, &held.approval).await;
    let change = Edit { to: Some(vec![Mailbox::bare(samples::address(BOB))]), ..Edit::default() };
    let edited = edit(
        &world.sending(),
        &approver(2),
        held.approval.id,
        held.approval.digest,
        change,
        &Once::default(),
        |_: &Submitted| (202, String::new()),
    )
    .await
    .unwrap();
    let second = secret(&world, &edited.approval).await;
    assert_ne!(first, second);
    let addresses: Vec<_> = opt_outs_of(&world).iter().map(|it| (it.hash, it.address.to_string())).collect();
    assert!(addresses.contains(&(second.hash(), BOB.to_owned())), "{addresses:?}");
    let more = Edit { cc: Some(vec![Mailbox::bare(samples::address(ANN))]), ..Edit::default() };
    let refused = edit(
        &world.sending(),
        &approver(3),
        edited.approval.id,
        edited.approval.digest,
        more,
        &Once::default(),
        |_: &Submitted| (202, String::new()),
    )
    .await;
    assert_eq!(at_fields(refused), [("unsubscribe".to_owned(), Code::OneRecipientNeeded)]);
}

#[tokio::test]
async fn a_draft_remembers_that_it_is_list_mail_and_so_does_what_is_left_of_a_rejected_one() {
    let world = world().await;
    let change = DraftChange {
        to: Part::Given(vec![Mailbox::bare(samples::address(ANN))]),
        text: Part::Given("Hello".to_owned()),
        unsubscribe: Part::Given(true),
        ..DraftChange::default()
    };
    let (permit, sends, once) =
        (agent::<scope::DraftsManage>(), agent::<scope::MessagesSend>(), Once::default());
    let inbox = samples::inbox_id(1);
    let made = drafts::create(&world.ports, &*world.blobs, &permit, inbox, (None, change), &once, |_| {
        (201, String::new())
    });
    let (drafts::Created::New(draft) | drafts::Created::Known(draft)) = made.await.unwrap();
    assert!(draft.unsubscribe);
    let sending = world.sending();
    let respond = |_: &Submitted| (202, String::new());
    let submitted =
        drafts::submit(&sending, (&permit, &sends), draft.id, None, &once, respond).await.unwrap();
    let SubmittedDraft::Now(submitted) = submitted else { panic!("{submitted:?}") };
    secret(&world, &submitted.approval).await;
    let approval = &submitted.approval;
    let rejected = drafts::reject(
        &world.ports,
        &*world.blobs,
        &*world.workflow,
        &approver(2),
        approval.id,
        &Ballot::new(approval.digest, &Verdict::Reject("Not yet.".to_owned())),
    )
    .await;
    let left = rejected.unwrap().draft_id.unwrap();
    let left = drafts::get(&world.ports, &*world.blobs, &permit, left).await.unwrap().draft;
    assert!(left.unsubscribe && left.headers.is_empty(), "{left:?}");
}
