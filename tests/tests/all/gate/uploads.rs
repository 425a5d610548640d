//! Uploads, in memory: a sheet is read, looked at, confirmed, and its mails are made, once each whatever happens; deleted, none of them goes.

use std::collections::BTreeSet;

use app::Refusal;
use app::base::enter::Once;
use app::base::store::{Change, Expect, PageRequest, Record, StoreError, Write, key, load};
use app::gate::dispatch::Dispatched;
use app::gate::policies;
use app::gate::uploads::decide::{Deed, act_on_rows, decide_rows, waiting};
use app::gate::uploads::followers::end_followers;
use app::gate::uploads::work::Worker;
use app::gate::uploads::{self, NewUpload, Outlook, Planner, Reader, RowStatus};
use async_trait::async_trait;
use domain::UploadId;
use domain::gate::approval::{Approval, Verdict};
use domain::gate::merge::{FollowUp, Plan, Words};
use domain::gate::sheet::{Sheet, Unreadable};
use domain::gate::upload::{Stage, Upload, UploadRow};
use domain::mailbox::account::Provider;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{State, Status};
use domain::mailbox::message::{Direction, Message};
use domain::people::access::{Permit, Role, Scope, scope};
use jiff::SignedDuration;
use testkit::samples;
use testkit::world::World;

use super::votes::{approver, code, owner, vote, world};

/// Reads a file as it is read apart.
struct Here;

#[async_trait]
impl Reader for Here {
    async fn read(&self, file: &[u8], filename: &str) -> Result<Result<Sheet, Unreadable>, Refusal> {
        Ok(sheets::read(file, filename))
    }
}

fn permit() -> Permit<scope::UploadsManage> {
    samples::token(1, Role::Owner, &[Scope::UploadsManage, Scope::MessagesSend, Scope::MessagesRead])
        .0
        .principal()
        .permit()
        .unwrap()
}

/// As [`world`], where the token may have spreadsheets too.
async fn world_of_uploads() -> World {
    let world = world().await;
    let (token, _) =
        samples::token(1, Role::Owner, &[Scope::UploadsManage, Scope::MessagesSend, Scope::MessagesRead]);
    let change = Change::new(samples::organization_id(1)).update(token);
    world.ports.store.commit(change).await.unwrap();
    world
}

async fn uploaded(world: &World, file: &str) -> Upload {
    let new = NewUpload {
        inbox_id: samples::inbox_id(1),
        filename: "list.csv".to_owned(),
        content_type: "text/csv".to_owned(),
        size: file.len() as u64,
    };
    let saved = |_: &Upload, _: &str| (201, String::new());
    let (upload, _) =
        uploads::announce(&world.ports, &*world.sheets, &permit(), new, &Once::default(), saved)
            .await
            .unwrap();
    let of = (upload.organization_id, upload.id);
    world.sheets.files.lock().unwrap().insert(of, file.to_owned().into());
    uploads::read(&world.ports, &*world.sheets, &Here, of).await.unwrap();
    uploads::get(&world.ports, &permit(), upload.id).await.unwrap()
}

fn plan(subject: &str, text: &str) -> Plan {
    Plan {
        mapping: [("to".to_owned(), "Email".to_owned())].into(),
        words: Words { subject: Some(subject.to_owned()), text: Some(text.to_owned()), html: None },
        time_zone: "UTC".to_owned(),
        time: Plan::TIME,
        date_order: None,
        send_at: None,
        follow_ups: vec![],
        duplicates: false,
        unsubscribe: false,
    }
}

fn planner(world: &World) -> Planner<'_> {
    Planner { ports: &world.ports, sheets: &*world.sheets, directory: &*world.store, blobs: &*world.blobs }
}

async fn try_out(world: &World, id: UploadId, plan: &Plan) -> Result<Outlook, Refusal> {
    Box::pin(planner(world).try_out(&permit(), id, plan)).await
}

async fn confirm(world: &World, id: UploadId, plan: &Plan) -> Result<Outlook, Refusal> {
    let saved = |_: &Outlook| (202, String::new());
    Box::pin(planner(world).confirm(&permit(), id, plan, &Once::default(), saved)).await
}

async fn work(world: &World) {
    let sending = world.sending();
    let worker = Worker { sending: &sending, sheets: &*world.sheets, watch: &*world.store };
    let until = world.ports.now() + SignedDuration::from_secs(60);
    // What is due now is due in a moment.
    world.pass(1);
    // What fails is tried again at the next minute.
    let _ = Box::pin(worker.work(None, until)).await;
}

fn mails(world: &World) -> Vec<Message> {
    let contents = world.store.contents();
    let of = |record: &Record| match record {
        Record::Message(message) if message.outbound().is_some() => Some((**message).clone()),
        _ => None,
    };
    contents.records.values().filter_map(of).collect()
}

fn recipients(world: &World) -> Vec<String> {
    let mut all: Vec<_> = mails(world).into_iter().map(|mail| mail.to[0].address.clone()).collect();
    all.sort_unstable();
    all
}

const LIST: &str = "\u{FEFF}Email,First name\r\nann@example.org,Ann\r\nbo@example.org,\r\nANN@example.org,Ann 2\r\nnobody,X\r\n";

#[tokio::test]
async fn a_sheet_becomes_mails_of_its_good_rows_and_says_what_is_wrong_with_the_others() {
    let world = world_of_uploads().await;
    let upload = uploaded(&world, LIST).await;
    assert_eq!(upload.stage, Stage::Ready, "{upload:?}");
    let found = upload.found.clone().unwrap();
    assert_eq!(
        (found.columns.as_slice(), found.rows),
        (["Email".to_owned(), "First name".to_owned()].as_slice(), 4)
    );
    assert_eq!(found.guesses.get("to").map(String::as_str), Some("Email"));
    assert!(world.sheets.files.lock().unwrap().is_empty(), "the file goes when it was read");

    let plan = plan("For {{first_name|you}}", "Hello {{first_name|there}}.");
    let outlook = try_out(&world, upload.id, &plan).await.unwrap();
    assert_eq!((outlook.good, outlook.mails), (2, 2));
    let wrong: Vec<_> = outlook.wrong.iter().map(|(number, errors)| (*number, errors[0].code)).collect();
    assert_eq!(wrong, [(4, "duplicate"), (5, "address_invalid")]);
    let first = outlook.first.unwrap();
    assert_eq!((first.number, first.mails.mails[0].subject.as_str()), (2, "For Ann"));
    assert!(first.judged.is_ok() && mails(&world).is_empty(), "nothing is made yet");
    let strict = Plan {
        words: Words { text: Some("{{first_name}}".to_owned()), ..plan.words.clone() },
        ..plan.clone()
    };
    assert_eq!(
        try_out(&world, upload.id, &strict).await.unwrap().good,
        1,
        "an empty one is that row's error"
    );

    let outlook = confirm(&world, upload.id, &plan).await.unwrap();
    assert_eq!(outlook.upload.stage, Stage::Importing);
    assert_eq!(code(confirm(&world, upload.id, &plan).await), "upload_not_ready", "once");
    work(&world).await;
    let done = uploads::get(&world.ports, &permit(), upload.id).await.unwrap();
    assert!(matches!(done.stage, Stage::Imported { .. }), "{done:?}");
    let progress = done.progress;
    assert_eq!(
        (progress.rows, progress.made, progress.failed, progress.mails, progress.held),
        (4, 2, 2, 2, 2)
    );
    assert_eq!(recipients(&world), ["ann@example.org", "bo@example.org"]);
    let (_, rows, more) = Box::pin(planner(&world).rows(&permit(), upload.id, None, (0, 50))).await.unwrap();
    let shown: Vec<_> = rows.iter().map(|row| (row.number, row.status.as_str(), row.mail)).collect();
    let waits = Some(Status::PendingApproval);
    let expected = [(2, "imported", waits), (3, "imported", waits), (4, "error", None), (5, "error", None)];
    assert_eq!((shown.as_slice(), more), (expected.as_slice(), false));
    let (_, bad, more) =
        Box::pin(planner(&world).rows(&permit(), upload.id, Some(RowStatus::Error), (0, 1))).await.unwrap();
    assert_eq!((bad.len(), bad[0].number, more), (1, 4, true));
    let events: Vec<_> = world.store.contents().events.iter().map(|event| event.kind.as_str()).collect();
    let of_upload: Vec<_> = events.into_iter().filter(|kind| kind.starts_with("upload")).collect();
    assert_eq!(of_upload, ["upload.ready", "upload.confirmed", "upload.completed"]);
}

#[tokio::test]
async fn what_can_not_be_read_says_why_and_becomes_nothing() {
    let world = world_of_uploads().await;
    for (file, expected) in
        [("", "file_empty"), ("Email\n", "no_rows"), ("%PDF-1.7\n\u{0}", "file_not_a_sheet")]
    {
        if file.is_empty() {
            continue;
        }
        let upload = uploaded(&world, file).await;
        let Stage::Failed { code, .. } = &upload.stage else { panic!("{upload:?}") };
        assert_eq!(code, expected);
        assert_eq!(super::votes::code(confirm(&world, upload.id, &plan("a", "b")).await), "upload_not_ready");
    }
    let upload = uploaded(&world, LIST).await;
    let nothing = plan("a", "{{nobody}}");
    let outlook = try_out(&world, upload.id, &nothing).await.unwrap();
    assert_eq!((outlook.good, outlook.problems.get("unknown_variable")), (0, Some(&4)));
    assert_eq!(code(confirm(&world, upload.id, &nothing).await), "no_good_rows");
    let mapped = Plan { mapping: [("to".to_owned(), "Mail".to_owned())].into(), ..plan("a", "b") };
    assert_eq!(code(try_out(&world, upload.id, &mapped).await), "invalid_plan");
    let looped = plan("a", "{{#each rows}}");
    assert_eq!(code(try_out(&world, upload.id, &looped).await), "invalid_plan");
}

/// Fifty rows, some of them bad.
fn long() -> String {
    let row = |n: usize| {
        if n.is_multiple_of(7) { format!("bad {n},x\n") } else { format!("p{n}@example.org,P{n}\n") }
    };
    format!("Email,Name\n{}", (0..120).map(row).collect::<String>())
}

/// What is refused when a mail is asked for is said before.
#[tokio::test]
async fn a_trial_says_of_each_row_what_its_mail_would_be_refused_for() {
    let world = world_of_uploads().await;
    let rows =
        "ann@example.org,https://ok.test/\nbo@example.org,javascript:alert(1)\ncy@example.org,x\u{85}y\n";
    let upload = uploaded(&world, &format!("Email,Link\n{rows}")).await;
    let words = Words {
        subject: Some("Hi".to_owned()),
        html: Some("<p>Look <a href=\"{{link}}\">here</a> {{link}}</p>".to_owned()),
        text: None,
    };
    let plan = Plan { words, ..plan("Hi", "Hello") };
    let outlook = Box::pin(planner(&world).try_out(&permit(), upload.id, &plan)).await.unwrap();
    let wrong: Vec<_> = outlook.wrong.iter().map(|(number, errors)| (*number, errors[0].code)).collect();
    assert_eq!((outlook.good, wrong), (1, vec![(3, "html_scheme"), (4, "control_character")]));
    let asked = (Some(RowStatus::Error), (0, 50));
    let (_, rows, _) = Box::pin(planner(&world).rows(&permit(), upload.id, asked.0, asked.1)).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [3, 4]);
}

#[tokio::test]
async fn rows_with_much_in_them_come_on_pages_that_fit_an_answer() {
    let world = world_of_uploads().await;
    let cells = format!("\"{}\"", vec!["x".repeat(30_000); 10].join("\",\""));
    let row = |n: usize| format!("p{n}@example.org,{cells}\n");
    let rows: String = (0..40).map(row).collect();
    let upload = uploaded(&world, &format!("Email,{}\n{rows}", ["Note"; 10].join(","))).await;
    let (mut behind, mut seen, mut pages) = (0, vec![], 0);
    loop {
        let asked = (behind, 100);
        let (_, rows, more) =
            Box::pin(planner(&world).rows(&permit(), upload.id, None, asked)).await.unwrap();
        let bytes: usize = rows.iter().flat_map(|row| &row.values).map(String::len).sum();
        assert!(bytes <= 2_500_000 && !rows.is_empty(), "{bytes} bytes in {} rows", rows.len());
        seen.extend(rows.iter().map(|row| row.number));
        behind = seen.last().copied().unwrap();
        pages += 1;
        if !more {
            break;
        }
    }
    assert_eq!((seen, pages), ((2..42).collect(), 5));
}

#[tokio::test]
async fn work_that_dies_anywhere_makes_each_mail_once_in_the_end() {
    let expected: BTreeSet<String> =
        (0..120).filter(|n| n % 7 != 0).map(|n| format!("p{n}@example.org")).collect();
    for dies_at in [1, 2, 3, 17, 40, 61, 105, 160, 230] {
        let world = world_of_uploads().await;
        let upload = uploaded(&world, &long()).await;
        confirm(&world, upload.id, &plan("Hi {{name}}", "Hello")).await.unwrap();
        // From this commit on nothing answers, and then all does again.
        world.store.fail_commits_behind(dies_at, vec![StoreError::Transient("gone".to_owned()); 9]);
        for _ in 0..20 {
            work(&world).await;
            world.pass(180);
        }
        let done = uploads::get(&world.ports, &permit(), upload.id).await.unwrap();
        assert!(matches!(done.stage, Stage::Imported { .. }), "{dies_at}: {done:?}");
        let all = recipients(&world);
        assert_eq!(all.len(), expected.len(), "{dies_at}");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), expected, "{dies_at}");
        assert_eq!((done.progress.made, done.progress.failed), (102, 18), "{dies_at}");
        assert_eq!(
            (done.progress.mails, done.progress.held),
            (102, 102),
            "{dies_at}: people are told how many wait"
        );
    }
}

#[tokio::test]
async fn two_who_work_at_once_make_no_mail_twice() {
    let world = world_of_uploads().await;
    let upload = uploaded(&world, &long()).await;
    confirm(&world, upload.id, &plan("Hi", "Hello")).await.unwrap();
    let of = (upload.organization_id, upload.id);
    let sending = world.sending();
    let worker = Worker { sending: &sending, sheets: &*world.sheets, watch: &*world.store };
    let until = world.ports.now() + SignedDuration::from_secs(60);
    let (one, two) = futures_util::future::join(
        Box::pin(worker.work(Some(of), until)),
        Box::pin(worker.work(Some(of), until)),
    )
    .await;
    one.unwrap();
    two.unwrap();
    for _ in 0..3 {
        world.pass(180);
        work(&world).await;
    }
    let all = recipients(&world);
    assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (102, 102));
}

#[tokio::test]
async fn who_may_ask_for_no_mail_any_more_has_none_made() {
    let world = world_of_uploads().await;
    let upload = uploaded(&world, LIST).await;
    confirm(&world, upload.id, &plan("Hi", "Hello")).await.unwrap();
    let (token, _) = samples::token(1, Role::Owner, &[Scope::UploadsManage]);
    let gone = Write::Delete(app::base::store::Key::Token(token.hash));
    world.ports.store.commit(Change::new(samples::organization_id(1)).write(gone)).await.unwrap();
    work(&world).await;
    let ended = uploads::get(&world.ports, &permit(), upload.id).await.unwrap();
    let Stage::Failed { code, .. } = &ended.stage else { panic!("{ended:?}") };
    assert_eq!(code, "requester_gone");
    assert!(mails(&world).is_empty());
}

#[tokio::test]
async fn what_follows_is_called_off_once_somebody_answers() {
    let world = world_of_uploads().await;
    let upload = uploaded(&world, LIST).await;
    let further = FollowUp {
        after_days: 3,
        words: Words { subject: Some("Again".to_owned()), text: Some("Hello again".to_owned()), html: None },
    };
    let plan = Plan { follow_ups: vec![further], ..plan("Hi", "Hello") };
    confirm(&world, upload.id, &plan).await.unwrap();
    work(&world).await;
    let first = mails(&world).into_iter().find(|mail| mail.outbound().unwrap().send_at.is_none()).unwrap();
    let answer = |n: u8, by_program: bool| {
        let mut message = Message { thread_id: first.thread_id, ..samples::inbound(n) };
        if let Direction::Inbound { automatic, .. } = &mut message.direction {
            *automatic = by_program;
        }
        message
    };
    let told = async |message: Message| {
        let (inbox, id) = (message.inbox_id, message.id);
        world.ports.store.commit(Change::new(samples::organization_id(1)).create(message)).await.unwrap();
        let named = (samples::organization_id(1), (inbox, id));
        end_followers(&world.ports, &*world.workflow, named.0, named.1).await.unwrap()
    };
    assert_eq!(told(answer(61, true)).await, 0, "a program's answer");
    assert_eq!(told(samples::inbound(62)).await, 0, "another conversation");
    assert_eq!(told(answer(63, false)).await, 1);
    assert_eq!(told(answer(64, false)).await, 0, "once");
    let stand = |mail: &Message| (mail.thread_id == first.thread_id, mail.outbound().unwrap().status());
    let mut all: Vec<_> =
        mails(&world).iter().map(stand).map(|(its, status)| (its, status.as_str())).collect();
    all.sort_unstable();
    let waits = "pending_approval";
    assert_eq!(all, [(false, waits), (false, waits), (true, "cancelled"), (true, waits)]);
}

/// Whoever approves late does not lose the mails that follow, and nobody gets both at once.
#[tokio::test]
async fn nothing_follows_where_nobody_would_know_of_an_answer() {
    let world = world_of_uploads().await;
    let upload = uploaded(&world, LIST).await;
    let account = Inbox { provider: Some(Provider::Resend), ..samples::inbox(1) };
    let change = Change::new(samples::organization_id(1)).write(Write::put(account, Expect::Anything));
    world.ports.store.commit(change).await.unwrap();
    let words = Words { subject: Some("Again".to_owned()), text: Some("Hello again".to_owned()), html: None };
    let plan = Plan { follow_ups: vec![FollowUp { after_days: 3, words }], ..plan("Hi", "Hello") };
    for refused in [try_out(&world, upload.id, &plan).await, confirm(&world, upload.id, &plan).await] {
        let Err(Refusal::Invalid(errors)) = refused else { panic!("it is taken") };
        assert_eq!(errors[0].field, "follow_ups");
    }
    try_out(&world, upload.id, &Plan { follow_ups: vec![], ..plan }).await.unwrap();
}

#[tokio::test]
async fn what_follows_keeps_its_days_to_a_first_mail_that_goes_late() {
    const DAY: i64 = 24 * 60 * 60;
    let world = world_of_uploads().await;
    let upload = uploaded(&world, "Email\nann@example.org\n").await;
    let further = FollowUp {
        after_days: 2,
        words: Words { subject: Some("Again".to_owned()), text: Some("Hello again".to_owned()), html: None },
    };
    confirm(&world, upload.id, &Plan { follow_ups: vec![further], ..plan("Hi", "Hello") }).await.unwrap();
    work(&world).await;
    let mut all = vec![];
    for mail in mails(&world) {
        let key = key::Approval(mail.outbound().unwrap().approval_id);
        all.push(load(&*world.store, samples::organization_id(1), key).await.unwrap().unwrap());
    }
    all.sort_by_key(|approval| approval.row.unwrap().place);
    let further = vote(&world, &all[1], &approver(2)).await.unwrap();
    let due = |world: &World| {
        let mail = mails(world).into_iter().find(|it| it.id == further.message_id).unwrap();
        match mail.outbound().unwrap().state {
            State::Scheduled { due, .. } => due,
            ref other => panic!("{other:?}"),
        }
    };
    world.pass(3 * DAY);
    let waits = super::votes::send(&world, &further).await;
    assert_eq!(waits, Dispatched::Now(Status::Scheduled), "the first waits for somebody");
    assert_eq!(due(&world), world.ports.now() + SignedDuration::from_hours(48));
    let again = super::votes::send(&world, &further).await;
    assert_eq!(again, Dispatched::Already(Status::Scheduled), "nobody calls again and again");
    let first = vote(&world, &all[0], &approver(2)).await.unwrap();
    assert_eq!(super::votes::send(&world, &first).await, Dispatched::Now(Status::Sent));
    world.pass(DAY);
    assert_eq!(super::votes::send(&world, &further).await, Dispatched::Already(Status::Scheduled));
    world.pass(DAY + 1);
    assert_eq!(super::votes::send(&world, &further).await, Dispatched::Now(Status::Sent));
    assert_eq!(world.sends(), 2);
}

#[tokio::test]
async fn a_deleted_upload_takes_what_has_not_gone_with_it() {
    let world = world_of_uploads().await;
    let upload = uploaded(&world, LIST).await;
    let further = FollowUp {
        after_days: 3,
        words: Words { subject: Some("Again".to_owned()), text: Some("Hello again".to_owned()), html: None },
    };
    let plan = Plan { follow_ups: vec![further], ..plan("Hi", "Hello") };
    confirm(&world, upload.id, &plan).await.unwrap();
    work(&world).await;
    let made = mails(&world);
    assert_eq!(made.len(), 4, "two rows, and a mail that follows each");
    let threads: BTreeSet<_> = made.iter().map(|mail| mail.thread_id).collect();
    assert_eq!(threads.len(), 2, "they stand in the conversation of the first");
    // One of them is approved, and due.
    let first = made.iter().find(|mail| mail.outbound().unwrap().send_at.is_none()).unwrap();
    let approval_id = first.outbound().unwrap().approval_id;
    let approval =
        load(&*world.store, samples::organization_id(1), key::Approval(approval_id)).await.unwrap();
    let approval = vote(&world, &approval.unwrap(), &approver(2)).await.unwrap();
    uploads::delete(&world.ports, &permit(), upload.id).await.unwrap();
    uploads::delete(&world.ports, &permit(), upload.id).await.unwrap();
    // Before anybody cleared it away, none of its mails goes.
    let sent = super::votes::send(&world, &approval).await;
    assert_eq!(world.sends(), 0, "{sent:?}");
    work(&world).await;
    assert_eq!(mails(&world).len(), 0);
    assert_eq!(code(uploads::get(&world.ports, &permit(), upload.id).await), "not_found");
    let rows = |record: &Record| matches!(record, Record::UploadRow(_));
    assert_eq!(world.store.contents().records.values().filter(|record| rows(record)).count(), 0);
    assert!(world.sheets.sheets.lock().unwrap().is_empty() && world.sheets.plans.lock().unwrap().is_empty());
}

/// The mails of an upload that wait, as somebody who decides is shown them.
async fn waiting_of(world: &World, id: UploadId) -> Vec<Approval> {
    let page = PageRequest { limit: 100, cursor: None };
    waiting(&world.ports, &*world.sheets, &reader(), id, &page).await.unwrap().page.items
}

fn reader() -> Permit<scope::ApprovalsRead> {
    approver(2)
}

async fn together(
    world: &World,
    by: &Permit<scope::ApprovalsDecide>,
    id: UploadId,
    (items, verdict): (&[Approval], &Verdict),
) -> Vec<Result<&'static str, &'static str>> {
    let items: Vec<_> = items.iter().map(|one| (one.id, one.digest)).collect();
    let stores = (&*world.sheets as _, &*world.blobs as _);
    let decided = decide_rows(
        &world.ports,
        stores,
        &*world.workflow,
        by,
        id,
        (&items, verdict),
        (&*world.key_logs, None),
    );
    let all = Box::pin(decided).await.unwrap();
    let said = |(id, _): &(_, _)| match &all.iter().find(|one| one.id == *id).unwrap().decided {
        Ok(decided) => Ok(decided.decision.as_str()),
        Err(refusal) => Err(refusal.code().as_str()),
    };
    items.iter().map(said).collect()
}

async fn imported(world: &World) -> (UploadId, Vec<Approval>) {
    let upload = uploaded(world, &long()).await;
    confirm(world, upload.id, &plan("Hi {{name}}", "Hello")).await.unwrap();
    work(world).await;
    (upload.id, waiting_of(world, upload.id).await)
}

#[tokio::test]
async fn many_rows_are_approved_together_as_they_are_planned_and_no_other() {
    let world = world_of_uploads().await;
    let (id, all) = imported(&world).await;
    assert_eq!(all.len(), 100, "a page of them");
    let change = app::gate::edit::Edit { text: Some("Send money".to_owned()), ..Default::default() };
    let answer = |_: &app::gate::submit::Submitted| (202, String::new());
    let (sending, once) = (world.sending(), Once::default());
    let by = approver(3);
    let edited =
        Box::pin(app::gate::edit::edit(&sending, &by, all[0].id, all[0].digest, change, &once, answer));
    let edited = edited.await.unwrap().approval;
    assert_eq!(edited.row, all[0].row, "it is still the mail of its row");
    let rows =
        Box::pin(planner(&world).rows(&permit(), id, Some(RowStatus::Imported), (0, 100))).await.unwrap().1;
    let its = rows.iter().find(|row| Some(row.number) == edited.row.map(|row| row.number)).unwrap();
    assert_eq!(its.made[0].approval_id, edited.id, "and its row leads there");
    let said =
        together(&world, &approver(2), id, (&[edited.clone(), all[1].clone()], &Verdict::Approve)).await;
    assert_eq!(said, [Err("look_first"), Ok("approved")], "somebody made it say something else");
    let said = together(&world, &approver(2), id, (&all[..1], &Verdict::Approve)).await;
    assert_eq!(said, [Err("approval_superseded")]);
    let said = together(&world, &approver(2), id, (&[edited], &Verdict::Reject("no".to_owned()))).await;
    assert_eq!(said, [Ok("rejected")]);
    let other = UploadId::from_bits(7);
    let decided = together_refused(&world, other, &all[2..3]).await;
    assert_eq!(decided, "not_found", "another upload");
}

async fn together_refused(world: &World, id: UploadId, items: &[Approval]) -> &'static str {
    let items: Vec<_> = items.iter().map(|one| (one.id, one.digest)).collect();
    let stores = (&*world.sheets as _, &*world.blobs as _);
    let (by, logs) = (approver(2), (&*world.key_logs as _, None));
    let verdict = (&items[..], &Verdict::Approve);
    code(Box::pin(decide_rows(&world.ports, stores, &*world.workflow, &by, id, verdict, logs)).await)
}

#[tokio::test]
async fn a_policy_asks_that_rows_are_opened_before_many_are_approved() {
    let world = world_of_uploads().await;
    let rules = r#"{"name":"p","rules":[{"name":"sampled","when":{"always":true},"outcome":"hold","terms":{"open_rows":2}}]}"#;
    let content = wire::gate::policies::content(rules.as_bytes()).unwrap();
    policies::create(&world.ports, &owner(), content, &Once::default(), |_| (201, String::new()))
        .await
        .unwrap();
    let (id, all) = imported(&world).await;
    let first = Err("open_rows_first");
    let approve = |range: std::ops::Range<usize>| (all[range].to_vec(), Verdict::Approve);
    let (some, yes) = approve(2..5);
    assert_eq!(together(&world, &approver(2), id, (&some, &yes)).await, [first; 3]);
    assert_eq!(vote(&world, &all[0], &approver(2)).await.unwrap().decision.as_str(), "approved");
    // The same again is no other row.
    vote(&world, &all[0], &approver(2)).await.unwrap();
    assert_eq!(together(&world, &approver(2), id, (&some, &yes)).await, [first; 3]);
    // To reject many at once takes nothing, and opens nothing.
    let no = Verdict::Reject(String::new());
    assert_eq!(together(&world, &approver(2), id, (&all[5..7], &no)).await, [Ok("rejected"); 2]);
    assert_eq!(together(&world, &approver(2), id, (&some, &yes)).await, [first; 3]);
    vote(&world, &all[1], &approver(2)).await.unwrap();
    assert_eq!(together(&world, &approver(3), id, (&some, &yes)).await, [first; 3], "each for themselves");
    assert_eq!(together(&world, &approver(2), id, (&some, &yes)).await, [Ok("approved"); 3]);
}

#[tokio::test]
async fn many_rows_are_cancelled_or_moved_at_once() {
    let world = world_of_uploads().await;
    let (id, all) = imported(&world).await;
    let sending = world.sending();
    let items: Vec<_> = all[..4].iter().map(|one| (one.id, one.digest)).collect();
    let by = approver(2);
    let deed = Deed::Cancel("not wanted".to_owned());
    let done = Box::pin(act_on_rows(&sending, &by, id, &items[..2], &deed)).await.unwrap();
    assert!(
        done.iter().all(|one| one.decided.as_ref().unwrap().decision.as_str() == "cancelled"),
        "{done:?}"
    );
    let moved = Box::pin(act_on_rows(&sending, &by, id, &items[2..], &Deed::Move(3))).await.unwrap();
    for one in &moved {
        let approval = one.decided.as_ref().unwrap();
        let expected = world.ports.now() + SignedDuration::from_hours(72);
        assert_eq!(approval.send_at.unwrap().as_second(), expected.as_second());
        assert_eq!((approval.revision, approval.row.is_some()), (2, true));
    }
    let earlier: Vec<_> =
        moved.iter().map(|one| one.decided.as_ref().map(|it| (it.id, it.digest)).unwrap()).collect();
    let past = Box::pin(act_on_rows(&sending, &by, id, &earlier[..1], &Deed::Move(-9))).await.unwrap();
    assert_eq!(past[0].decided.as_ref().unwrap_err().code().as_str(), "invalid_time", "a time that is over");
}

#[tokio::test]
async fn uploads_are_listed_for_whoever_may_see_their_inbox() {
    let world = world_of_uploads().await;
    let one = uploaded(&world, LIST).await;
    world.pass(1);
    let two = uploaded(&world, LIST).await;
    let page = PageRequest { limit: 50, cursor: None };
    let listed = uploads::list(&world.ports, &permit(), &page).await.unwrap();
    assert_eq!(listed.items.iter().map(|it| it.id).collect::<Vec<_>>(), [two.id, one.id]);
    let row: Option<UploadRow> =
        load(&*world.store, samples::organization_id(1), key::UploadRow(one.id, 2)).await.unwrap();
    assert_eq!(row, None);
}
