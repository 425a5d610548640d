//! Notifications and their one-time links in memory: who is told, how often, and every way in which a link is useless.

use std::fmt::Write as _;

use app::Refusal;
use app::base::enter::{Once, enter};
use app::base::ports::SendOutcome;
use app::base::store::{
    AddressEntry, Change, DirectoryWrite, Expect, Key, Record, StoreError, Write, key, load,
};
use app::gate::approvals::{self, Ballot, Verdict};
use app::gate::links::{self, LinkRefusal};
use app::gate::notify::{DIGEST_ENTRIES, Disabled, DueDigest, Notify, Teller, Waiting};
use app::gate::submit::{Draft, submit};
use app::gate::sweep;
use domain::base::address::{EmailAddress, HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::{EventKind, WhyDisabled};
use domain::gate::approval::{Approval, Decision};
use domain::gate::link::{Link, LinkClosed, LinkSecret};
use domain::gate::notice::{Notice, NoticeState, Pace};
use domain::gate::policy::Terms;
use domain::gate::risk::Risk;
use domain::mailbox::message::Thread;
use domain::people::access::{Actor, CalledThen, Role, Scope, scope};
use domain::people::organization::Member;
use domain::{EventId, MemberId, OrganizationId, Timestamp};
use testkit::{World, samples};

/// Whose token asks for mails.
const REQUESTER: u8 = 1;
pub(super) const APPROVER: u8 = 2;
const OWNER: u8 = 5;

const URL: &str = "https://console.test";

pub(super) async fn world(people: &[(u8, Role)]) -> World {
    let world = World::default();
    let mut change = Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(samples::member(REQUESTER, Role::Owner));
    for (n, role) in people {
        change = change.create(samples::member(*n, *role));
    }
    world.ports.store.commit(change).await.unwrap();
    world
}

async fn small() -> World {
    world(&[(APPROVER, Role::Approver), (3, Role::Viewer), (4, Role::Editor), (OWNER, Role::Owner)]).await
}

pub(super) fn draft(subject: &str, text: &str) -> Draft {
    Draft {
        to: vec![Mailbox::bare(samples::address("ann@example.org"))],
        cc: vec![],
        bcc: vec![Mailbox::bare(samples::address("hidden@example.net"))],
        reply_to: vec![],
        subject: Some(HeaderText::lossy(subject)),
        text: Some(text.into()),
        html: None,
        strict_html: false,
        attachments: vec![],
        send_at: None,
        ..Draft::default()
    }
}

pub(super) async fn held(world: &World) -> Approval {
    held_as(world, draft("Your order", "It is on its way.")).await
}

pub(super) async fn held_as(world: &World, draft: Draft) -> Approval {
    let (token, _) = samples::token(REQUESTER, Role::Owner, &[Scope::MessagesSend, Scope::MessagesRead]);
    let permit = token.principal().permit().unwrap();
    let once = Once::default();
    let inbox = samples::inbox_id(1);
    submit(&world.sending(), &permit, inbox, draft, None, &once, |_| (202, String::new()))
        .await
        .unwrap()
        .approval
}

fn encode(digest: &DueDigest) -> String {
    format!("{} {} {}", digest.organization_id, digest.member_id, digest.due.as_millisecond())
}

pub(super) fn decode(text: &str) -> DueDigest {
    let parts: Vec<_> = text.split(' ').collect();
    DueDigest {
        organization_id: parts[0].parse().unwrap(),
        member_id: parts[1].parse().unwrap(),
        due: Timestamp::from_millisecond(parts[2].parse().unwrap()).unwrap(),
    }
}

pub(super) async fn tell(world: &World, what: &Notify) -> Result<(), Refusal> {
    let from = samples::address("notifications@mail.example.com");
    let teller = Teller {
        ports: &world.ports,
        directory: &*world.store,
        notifier: &world.notifier,
        queue: &world.outside,
        encode,
        from: &from,
        public_url: URL,
    };
    teller.tell(what).await
}

pub(super) fn requested(approval: &Approval) -> Notify {
    event(approval, EventKind::ApprovalRequested, 1)
}

pub(super) fn event(approval: &Approval, kind: EventKind, n: u8) -> Notify {
    Notify::Waiting(Waiting {
        organization_id: approval.organization_id,
        approval_id: approval.id,
        event_id: EventId::new(samples::NOW, [n; 10]),
        kind,
    })
}

fn email(n: u8) -> String {
    samples::member(n, Role::Viewer).email.as_str().to_owned()
}

/// What a member reads.
pub(super) struct Mail {
    from: String,
    pub(super) subject: String,
    headers: Vec<(String, String)>,
    pub(super) text: Option<String>,
    html: Option<String>,
}

/// Addresses and mails of the notifications so far.
pub(super) fn mails(world: &World) -> Vec<(String, Mail)> {
    let called = world.notifier.called.lock().unwrap().clone();
    let read = |mime: &[u8]| {
        let mail = mail::parse(mime);
        Mail {
            from: mail.from.as_ref().unwrap().address.clone(),
            subject: mail.subject.clone(),
            headers: mail.headers.iter().map(|h| (h.name.clone(), h.value.clone())).collect(),
            text: mail.text.clone(),
            html: mail.html.clone(),
        }
    };
    called.iter().map(|(to, mime)| (to.clone(), read(mime))).collect()
}

/// The links in a text, in order.
fn secrets(text: &str) -> Vec<LinkSecret> {
    let begin = format!("{URL}/console/links/");
    text.split(&begin)
        .skip(1)
        .map(|rest| LinkSecret::parse(rest.split_whitespace().next().unwrap()).unwrap())
        .collect()
}

/// The link that this person was mailed last.
fn link_of(world: &World, n: u8) -> LinkSecret {
    let all = mails(world);
    let (_, mail) = all.iter().rev().find(|(to, _)| *to == email(n)).unwrap();
    secrets(mail.text.as_deref().unwrap())[0]
}

async fn linked(world: &World) -> (Approval, LinkSecret) {
    let approval = held(world).await;
    tell(world, &requested(&approval)).await.unwrap();
    (approval, link_of(world, APPROVER))
}

pub(super) async fn stored(world: &World, approval: &Approval) -> Approval {
    load(&*world.ports.store, approval.organization_id, key::Approval(approval.id)).await.unwrap().unwrap()
}

async fn approve(world: &World, secret: &LinkSecret, digest: Digest) -> Result<Approval, LinkRefusal> {
    links::decide(&world.ports, &*world.workflow, secret, &Ballot::new(digest, &Verdict::Approve)).await
}

pub(super) async fn put(world: &World, record: impl Into<Record>) {
    let change = Change::new(samples::organization_id(1)).write(Write::put(record, Expect::Anything));
    world.ports.store.commit(change).await.unwrap();
}

/// Asserts that the link neither shows nor decides anything, for this reason.
async fn closed(world: &World, secret: &LinkSecret, digest: Digest, why: LinkClosed) {
    let before = world.store.contents().clone();
    let seen = links::open(&world.ports, secret).await;
    assert!(matches!(&seen, Err(LinkRefusal::Closed(closed, _)) if *closed == why), "{seen:?}");
    for verdict in [Verdict::Approve, Verdict::Reject("no".into())] {
        let refused =
            links::decide(&world.ports, &*world.workflow, secret, &Ballot::new(digest, &verdict)).await;
        let Err(LinkRefusal::Closed(closed, named)) = refused else { panic!("{refused:?}") };
        assert_eq!(closed, why);
        let silent = matches!(why, LinkClosed::Unknown | LinkClosed::NotEntitled);
        assert_eq!(named.is_none(), silent, "who has no right is told of no approval");
    }
    let after = world.store.contents();
    assert!(before.records == after.records && before.audit == after.audit, "nothing was changed");
}

#[tokio::test]
async fn those_who_may_decide_are_told_once_each_with_a_link_of_their_own() {
    let world = small().await;
    let (approval, _) = linked(&world).await;
    let all = mails(&world);
    let to: Vec<_> = all.iter().map(|(to, _)| to.clone()).collect();
    assert_eq!(to, [email(APPROVER), email(OWNER)], "not the viewer, the editor or whoever asked");
    assert_ne!(link_of(&world, APPROVER).hash(), link_of(&world, OWNER).hash());
    let (_, mail) = &all[0];
    assert_eq!(mail.subject, "Approve? \"Your order\" to 2 recipients (held: no policy allows it)");
    assert_eq!(mail.from, "notifications@mail.example.com");
    let header = |name: &str| {
        mail.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().1.clone()
    };
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("X-Auto-Response-Suppress"), "All");
    let text = mail.text.as_deref().unwrap();
    let digest = approval.digest.hex();
    for words in
        ["Your order", "It is on its way", "2 recipients", &email(REQUESTER), "8 Jan 2026", &digest[..12]]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("ann@") && !text.contains("hidden@"), "{text}");

    // The event comes again, twice at once: nobody is told twice.
    for _ in 0..2 {
        tell(&world, &requested(&approval)).await.unwrap();
    }
    assert_eq!(mails(&world).len(), 2);
    // A reminder is told once for each time that it was called for.
    for n in [1, 1, 2] {
        tell(&world, &event(&approval, EventKind::ApprovalReminder, n)).await.unwrap();
    }
    assert_eq!(mails(&world).len(), 2 + 2 * 2);
    assert!(mails(&world).last().unwrap().1.subject.starts_with("Still waiting:"));
    // What waits no longer is told to nobody.
    approve(&world, &link_of(&world, APPROVER), approval.digest).await.unwrap();
    tell(&world, &event(&approval, EventKind::ApprovalReminder, 3)).await.unwrap();
    assert_eq!(mails(&world).len(), 6);
    let secret = link_of(&world, OWNER).reveal();
    assert!(!format!("{:?}", world.store.contents()).contains(&secret), "only the hash is stored");
}

#[tokio::test]
async fn owners_alone_are_told_of_a_webhook_that_was_disabled_once_and_without_a_link() {
    let world = small().await;
    let disabled = Notify::Disabled(Disabled {
        organization_id: samples::organization_id(1),
        webhook_id: samples::webhook(1).id,
        event_id: samples::event(1).id,
        why: WhyDisabled::Gone,
    });
    world.notifier.answers.lock().unwrap().push_back(SendOutcome::NotAccepted("throttled"));
    assert!(tell(&world, &disabled).await.is_err(), "it comes again");
    for _ in 0..2 {
        tell(&world, &disabled).await.unwrap();
    }
    let told = mails(&world);
    let mut to: Vec<_> = told.iter().map(|(to, _)| to.clone()).collect();
    to.sort_unstable();
    to.dedup();
    let mut owners = [REQUESTER, OWNER].map(|n| samples::member(n, Role::Owner).email.as_str().to_owned());
    owners.sort_unstable();
    assert_eq!((to.as_slice(), told.len()), (owners.as_slice(), 3), "one was tried twice");
    let text = told[0].1.text.clone().unwrap();
    assert!(text.contains(&samples::webhook(1).id.to_string()) && !text.contains("http"), "{text}");
}

#[tokio::test]
async fn a_link_decides_once_and_says_so_in_the_audit() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let decided = approve(&world, &secret, approval.digest).await.unwrap();
    let by = samples::member(APPROVER, Role::Approver).id;
    assert!(matches!(decided.decision, Decision::Approved { by: who, .. } if who == Some(by)));
    let entries: Vec<_> =
        world.store.contents().audit.iter().filter(|e| e.action == "approval.approve").cloned().collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].actor, Actor::Member { member_id: by });
    assert!(entries[0].details.contains(&("via", "link".to_owned())), "{:?}", entries[0].details);
    closed(&world, &secret, approval.digest, LinkClosed::Used).await;
    closed(&world, &link_of(&world, OWNER), approval.digest, LinkClosed::Decided("approved")).await;
}

#[tokio::test]
async fn a_link_rejects() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let verdict = Verdict::Reject("wrong price".into());
    let decided =
        links::decide(&world.ports, &*world.workflow, &secret, &Ballot::new(approval.digest, &verdict))
            .await
            .unwrap();
    assert!(matches!(decided.decision, Decision::Rejected { reason, .. } if reason == "wrong price"));
    closed(&world, &secret, approval.digest, LinkClosed::Used).await;
    closed(&world, &link_of(&world, OWNER), approval.digest, LinkClosed::Decided("rejected")).await;
}

#[tokio::test]
async fn looking_a_hundred_times_changes_nothing() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let before = world.store.contents().clone();
    for _ in 0..100 {
        let opened = links::open(&world.ports, &secret).await.unwrap();
        links::view(&world.ports, &*world.blobs, &opened).await.unwrap();
    }
    {
        let after = world.store.contents();
        assert!(before.records == after.records && before.audit == after.audit);
    }
    approve(&world, &secret, approval.digest).await.unwrap();
}

#[tokio::test]
async fn useless_after_a_decision_elsewhere() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let (session, _) = samples::session(OWNER, Role::Owner);
    let permit = session.principal(world.ports.now()).unwrap().permit::<scope::ApprovalsDecide>().unwrap();
    approvals::decide(
        &world.ports,
        &*world.workflow,
        &permit,
        approval.id,
        &Ballot::new(approval.digest, &Verdict::Approve),
    )
    .await
    .unwrap();
    closed(&world, &secret, approval.digest, LinkClosed::Decided("approved")).await;
}

#[tokio::test]
async fn useless_after_an_edit() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let edited = Approval { digest: Digest::of(b"edited"), ..stored(&world, &approval).await };
    put(&world, edited.clone()).await;
    for digest in [approval.digest, edited.digest] {
        closed(&world, &secret, digest, LinkClosed::Changed).await;
    }
    // The new revision is told of anew, with a link of its own.
    tell(&world, &requested(&edited)).await.unwrap();
    assert_ne!(link_of(&world, APPROVER).hash(), secret.hash());
    assert!(links::open(&world.ports, &link_of(&world, APPROVER)).await.is_ok());
}

#[tokio::test]
async fn useless_after_expiry() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    world.pass(Terms::default().expires_in.as_secs());
    closed(&world, &secret, approval.digest, LinkClosed::Decided("expired")).await;
    sweep::sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap();
    closed(&world, &secret, approval.digest, LinkClosed::Decided("expired")).await;
    // One that waits longer than a link holds.
    let long = Approval { expires_at: world.ports.now() + Link::LIFE * 3, ..held(&world).await };
    put(&world, long.clone()).await;
    tell(&world, &requested(&long)).await.unwrap();
    let secret = link_of(&world, APPROVER);
    world.pass(Link::LIFE.as_secs());
    closed(&world, &secret, long.digest, LinkClosed::Expired).await;
}

#[tokio::test]
async fn useless_after_its_person_has_gone_or_lost_the_right() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let organization_id = samples::organization_id(1);
    let person = samples::member(APPROVER, Role::Approver);
    for role in [Role::Editor, Role::Viewer] {
        put(&world, Member { role, ..person.clone() }).await;
        closed(&world, &secret, approval.digest, LinkClosed::NotEntitled).await;
    }
    let change = Change::new(organization_id).write(Write::Delete(Key::Member(person.id)));
    world.ports.store.commit(change).await.unwrap();
    closed(&world, &secret, approval.digest, LinkClosed::NotEntitled).await;
    // Nobody else got anything from it, and whoever is entitled still decides.
    approve(&world, &link_of(&world, OWNER), approval.digest).await.unwrap();
}

#[tokio::test]
async fn a_link_opens_no_other_approval_and_no_other_digest() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let other = held_as(&world, draft("Other", "Other")).await;
    for digest in [other.digest, Digest::of(b"x")] {
        let refused = approve(&world, &secret, digest).await;
        let mismatch = Refusal::from(domain::gate::approval::DecisionRefused::DigestMismatch {
            current: approval.digest,
        });
        assert_eq!(refused.unwrap_err(), LinkRefusal::Refused(mismatch));
    }
    assert!(stored(&world, &approval).await.is_pending(world.ports.now()));
    assert!(stored(&world, &other).await.is_pending(world.ports.now()));
    assert!(links::open(&world.ports, &secret).await.is_ok(), "a wrong digest does not use it up");
    // A stored link that was made to name another approval has the digest of the first.
    let link =
        load(&*world.ports.store, approval.organization_id, key::Link(secret.hash())).await.unwrap().unwrap();
    put(&world, Link { approval_id: other.id, ..link }).await;
    closed(&world, &secret, other.digest, LinkClosed::Changed).await;
}

#[tokio::test]
async fn another_organization_s_link_is_unknown() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    let text = secret.reveal();
    let (ours, theirs) = (samples::organization_id(1), samples::organization_id(2));
    let moved = LinkSecret::parse(&text.replace(ours.body(), theirs.body())).unwrap();
    let guessed = LinkSecret::new(ours, [9; 32]);
    for secret in [moved, guessed] {
        closed(&world, &secret, approval.digest, LinkClosed::Unknown).await;
    }
    // Even a record that was copied there opens nothing.
    let link = load(&*world.ports.store, ours, key::Link(secret.hash())).await.unwrap().unwrap();
    let change = Change::new(theirs).create(Link { hash: moved.hash(), ..link });
    world.ports.store.commit(change).await.unwrap();
    closed(&world, &moved, approval.digest, LinkClosed::Unknown).await;
}

#[tokio::test]
async fn a_link_is_no_bearer() {
    let world = small().await;
    let (_, secret) = linked(&world).await;
    let text = secret.reveal();
    for shown in [text.clone(), text.replace("cs_link_", "cs_live_"), text.replace("cs_link_", "cs_session_")]
    {
        let entered = enter(&world.ports, Some(&shown), &[], None).await;
        assert!(matches!(entered, Err(Refusal::Because { code: Code::InvalidCredential, .. })));
    }
}

#[tokio::test]
async fn two_approvers_at_once_with_a_link_each() {
    let world = small().await;
    let (approval, first) = linked(&world).await;
    let second = link_of(&world, OWNER);
    let (one, two) =
        tokio::join!(approve(&world, &first, approval.digest), approve(&world, &second, approval.digest));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
    let audited = world.store.contents().audit.iter().filter(|e| e.action == "approval.approve").count();
    assert_eq!(audited, 1);
}

#[tokio::test]
async fn a_decision_that_fails_leaves_the_link_good() {
    let world = small().await;
    let (approval, secret) = linked(&world).await;
    world.store.fail_commits(vec![StoreError::Transient("throttled".into())]);
    let failed = approve(&world, &secret, approval.digest).await;
    assert!(matches!(failed, Err(LinkRefusal::Refused(Refusal::Unavailable(_)))), "{failed:?}");
    approve(&world, &secret, approval.digest).await.unwrap();
}

#[tokio::test]
async fn what_an_agent_writes_stays_harmless_in_a_notification() {
    let world = small().await;
    let subject = "Hi\" to 0 recipients (held: nothing) <b>https://evil.test/approve</b>";
    let text = "Click www.evil.test or mail a@evil.test\u{202e}\u{200b} <a href='https://evil.test'>Approve</a> \\\\evil\\share";
    let approval = held_as(&world, draft(subject, text)).await;
    tell(&world, &requested(&approval)).await.unwrap();
    let (_, mail) = &mails(&world)[0];
    let (plain, html) = (mail.text.clone().unwrap(), mail.html.clone().unwrap());
    for part in [&mail.subject, &plain, &html] {
        for never in ["evil.test", "://evil", "www.evil", "a@evil", "\u{202e}", "\u{200b}", "\\\\evil"] {
            assert!(!part.contains(never), "{never}: {part}");
        }
    }
    assert!(plain.contains("> Click www[.]evil[.]test or mail a[@]evil[.]test <a "), "{plain}");
    assert!(!html.contains("<b>https") && !html.contains("<a href='"), "{html}");
    assert_eq!(html.matches("<a ").count(), 1, "one link, ours");
    assert_eq!(mail.subject.matches('"').count(), 2, "{}", mail.subject);
}

/// A member whose address is an inbox of the installation would give whoever reads that inbox the power to decide.
#[tokio::test]
async fn no_link_goes_to_an_inbox_of_the_installation() {
    let world = small().await;
    let at = |n: u8, email: EmailAddress| Member { email, ..samples::member(n, Role::Approver) };
    let elsewhere = samples::address("agent@elsewhere.test");
    put(&world, at(6, samples::address("anything@MAIL.example.com"))).await;
    put(&world, at(7, elsewhere.clone())).await;
    let entry = AddressEntry {
        address: elsewhere,
        organization_id: samples::organization_id(2),
        inbox_id: samples::inbox_id(9),
    };
    let change = Change::new(samples::organization_id(2)).directory(DirectoryWrite::NewAddress(entry));
    world.ports.store.commit(change).await.unwrap();
    linked(&world).await;
    let to: Vec<_> = mails(&world).into_iter().map(|(to, _)| to).collect();
    assert_eq!(to, [email(APPROVER), email(OWNER)]);
}

#[tokio::test]
async fn many_mails_become_one_digest() {
    let world = world(&[(APPROVER, Role::Approver)]).await;
    let total = Pace::SINGLES + DIGEST_ENTRIES + 2;
    let mut approvals = vec![];
    for n in 0..total {
        let approval = held_as(&world, draft(&format!("Mail {n}"), "Hello")).await;
        tell(&world, &requested(&approval)).await.unwrap();
        tell(&world, &requested(&approval)).await.unwrap();
        approvals.push(approval);
        world.pass(1);
    }
    assert_eq!(mails(&world).len(), Pace::SINGLES);
    let queued = world.outside.queued.lock().unwrap().clone();
    assert_eq!(queued.len(), 1, "one digest at a time");
    assert_eq!(queued[0].1, 900);
    // One is decided meanwhile.
    approve(&world, &link_of(&world, APPROVER), approvals[Pace::SINGLES - 1].digest).await.unwrap();
    world.pass(900);
    let digest = Notify::Digest(decode(&queued[0].0));
    for _ in 0..3 {
        tell(&world, &digest).await.unwrap();
    }
    let all = mails(&world);
    assert_eq!(all.len(), Pace::SINGLES + 1, "a digest that comes again is not sent again");
    let (_, mail) = &all[Pace::SINGLES];
    assert_eq!(mail.subject, format!("{} mails wait for your decision", total - 1));
    let text = mail.text.as_deref().unwrap();
    assert!(
        text.contains("And 6 more, in the console") && text.contains(&format!("{URL}/console/approvals")),
        "{text}"
    );
    let links = secrets(text);
    assert_eq!(links.len(), DIGEST_ENTRIES);
    let mut opened = std::collections::BTreeSet::new();
    for secret in &links {
        opened.insert(links::open(&world.ports, secret).await.unwrap().approval.id);
    }
    assert_eq!(opened.len(), DIGEST_ENTRIES, "each opens its own mail");
    assert!(opened.contains(&approvals[0].id) && !opened.contains(&approvals[Pace::SINGLES - 1].id));

    // The next one within the hour begins a new digest, and after the hour a mail of its own is fine again.
    tell(&world, &requested(&held(&world).await)).await.unwrap();
    assert_eq!(world.outside.queued.lock().unwrap().len(), 2);
    world.pass(3_600 * 2);
    tell(&world, &requested(&held(&world).await)).await.unwrap();
    assert_eq!(mails(&world).len(), Pace::SINGLES + 2);
}

#[tokio::test]
async fn a_notification_says_whom_it_goes_to_who_asks_and_what_to_look_at() {
    let world = small().await;
    let many = |n: usize| Mailbox::bare(samples::address(&format!("person{n}@example.org")));
    let approval = held_as(&world, Draft { to: (0..6).map(many).collect(), ..draft("Order", "Hi") }).await;
    let risks = Some([Risk::FirstContact, Risk::LinksDiffer].into());
    put(&world, Approval { risks, ..stored(&world, &approval).await }).await;
    tell(&world, &requested(&approval)).await.unwrap();
    let (_, mail) = &mails(&world)[0];
    assert_eq!(mail.subject, "Approve? \"Order\" to 7 recipients (look first: links differ)");
    let (text, html) = (mail.text.as_deref().unwrap(), mail.html.as_deref().unwrap());
    let goes_to = "7 recipients: \"person0[@]example[.]org\", \"person1[@]example[.]org\", \
                   \"person2[@]example[.]org\", and 4 more";
    assert!(text.contains(goes_to) && !text.contains("person3") && !text.contains("hidden"), "{text}");
    let (token, _) = samples::token(REQUESTER, Role::Owner, &[]);
    let asked_by = format!("API token \"{}\" ", token.name);
    assert!(text.contains(&asked_by) && text.contains(&email(REQUESTER)), "{text}");
    for part in [text, html] {
        let at = |words: &str| part.find(words).unwrap_or_else(|| panic!("{words}: {part}"));
        let serious = at("A link shows one address and leads to another.");
        assert!(at("Look at this before you decide:") < serious && serious < at("Good to know:"));
        assert!(at("Somebody gets it who was never written to before.") < at("Look at the whole mail"));
    }
}

/// Whoever chose the name of a token, or an address, writes nothing but a quotation.
#[tokio::test]
async fn names_and_addresses_in_a_notification_are_quotations() {
    let world = small().await;
    let approval = held(&world).await;
    let evil = "x\" of boss@example.com, approved by https://evil.test <b>";
    let Actor::Token { token_id, member_id, .. } = approval.requested_by.clone() else { panic!("a program") };
    let requested_by = Actor::Token { token_id, member_id, name: CalledThen::new(evil) };
    let mut recipients = approval.recipients.clone();
    recipients[0].address = "a\", and nobody else@evil.test\u{202e}".to_owned();
    put(&world, Approval { requested_by, recipients, ..stored(&world, &approval).await }).await;
    tell(&world, &requested(&approval)).await.unwrap();
    let (_, mail) = &mails(&world)[0];
    for part in [mail.text.as_deref().unwrap(), mail.html.as_deref().unwrap()] {
        for never in ["evil.test", "://evil", "boss@", "\u{202e}", "x\" of", "a\", and", "<b>,"] {
            assert!(!part.contains(never), "{never}: {part}");
        }
    }
}

/// What matters is never hidden in a digest: something about it deserves a look, its conversation is tainted by now, or its time is short.
#[tokio::test]
async fn what_presses_waits_for_no_digest() {
    let world = world(&[(APPROVER, Role::Approver)]).await;
    for _ in 0..=Pace::SINGLES {
        tell(&world, &requested(&held(&world).await)).await.unwrap();
    }
    assert_eq!((mails(&world).len(), world.outside.queued.lock().unwrap().len()), (Pace::SINGLES, 1));

    let risky = held(&world).await;
    put(&world, Approval { risks: Some([Risk::OddLink].into()), ..stored(&world, &risky).await }).await;
    let short = held(&world).await;
    let expires_at = world.ports.now() + Approval::SOON;
    put(&world, Approval { expires_at, ..stored(&world, &short).await }).await;
    let tainted = held(&world).await;
    let thread = key::Thread(tainted.thread_id);
    let thread = load(&*world.ports.store, tainted.organization_id, thread).await.unwrap().unwrap();
    put(&world, Thread { tainted: true, ..thread }).await;
    for (n, approval) in [&risky, &short, &tainted].into_iter().enumerate() {
        for _ in 0..2 {
            tell(&world, &requested(approval)).await.unwrap();
        }
        assert_eq!(mails(&world).len(), Pace::SINGLES + n + 1);
    }
    let subjects: Vec<_> = mails(&world).into_iter().map(|(_, mail)| mail.subject).collect();
    assert!(subjects[Pace::SINGLES].ends_with("(look first: odd link)"), "{subjects:?}");
    assert!(subjects.last().unwrap().ends_with("(look first: suspicious thread)"), "{subjects:?}");

    // One that does not press still waits for the digest that is under way, in which the worst stands first.
    tell(&world, &requested(&held(&world).await)).await.unwrap();
    let queued = world.outside.queued.lock().unwrap().clone();
    assert_eq!((mails(&world).len(), queued.len()), (Pace::SINGLES + 3, 1));
    world.pass(900);
    tell(&world, &Notify::Digest(decode(&queued[0].0))).await.unwrap();
    let all = mails(&world);
    let text = all.last().unwrap().1.text.as_deref().unwrap();
    let first = text.split("2. ").next().unwrap();
    assert!(first.contains("look first: odd link; to \"ann[@]example[.]org\""), "{text}");
}

#[tokio::test]
async fn a_digest_of_nothing_and_one_that_was_never_written_down_are_not_sent() {
    let world = world(&[(APPROVER, Role::Approver)]).await;
    let stray = DueDigest {
        organization_id: samples::organization_id(1),
        member_id: samples::member(APPROVER, Role::Approver).id,
        due: samples::later(900),
    };
    world.pass(901);
    tell(&world, &Notify::Digest(stray.clone())).await.unwrap();
    put(&world, Pace { digest_due: Some(stray.due), ..samples::pace(APPROVER) }).await;
    let other = DueDigest { due: samples::later(901), ..stray.clone() };
    tell(&world, &Notify::Digest(other)).await.unwrap();
    tell(&world, &Notify::Digest(stray.clone())).await.unwrap();
    assert!(mails(&world).is_empty(), "nothing waits");
    let pace = load(&*world.ports.store, stray.organization_id, key::Pace(stray.member_id)).await.unwrap();
    assert_eq!(pace.unwrap().digest_due, None);
    let nobody = DueDigest { member_id: MemberId::new(samples::NOW, [99; 10]), ..stray };
    tell(&world, &Notify::Digest(nobody)).await.unwrap();
}

#[tokio::test]
async fn what_the_provider_did_not_take_comes_again_and_nothing_else_does() {
    for (outcome, again) in [
        (SendOutcome::NotAccepted("throttled"), true),
        (SendOutcome::Ambiguous("timeout"), false),
        (SendOutcome::Refused("message_rejected".into()), false),
    ] {
        let world = small().await;
        let approval = held(&world).await;
        world.notifier.answers.lock().unwrap().push_back(outcome.clone());
        let first = tell(&world, &requested(&approval)).await;
        assert_eq!(first.is_err(), again, "{outcome:?}");
        assert_eq!(mails(&world).len(), 2, "the other is told all the same");
        tell(&world, &requested(&approval)).await.unwrap();
        assert_eq!(mails(&world).len(), 2 + usize::from(again), "{outcome:?}");
        assert!(links::open(&world.ports, &link_of(&world, APPROVER)).await.is_ok());
        assert_eq!(pace(&world).await.singles.len(), 1, "trying again counts once");
    }
    // A digest likewise.
    let world = world(&[(APPROVER, Role::Approver)]).await;
    for _ in 0..=Pace::SINGLES {
        tell(&world, &requested(&held(&world).await)).await.unwrap();
    }
    let digest = Notify::Digest(decode(&world.outside.queued.lock().unwrap()[0].0.clone()));
    world.notifier.answers.lock().unwrap().push_back(SendOutcome::NotAccepted("throttled"));
    world.pass(900);
    assert!(tell(&world, &digest).await.is_err());
    tell(&world, &digest).await.unwrap();
    tell(&world, &digest).await.unwrap();
    assert_eq!(mails(&world).len(), Pace::SINGLES + 2);
}

pub(super) async fn pace(world: &World) -> Pace {
    let id = samples::member(APPROVER, Role::Approver).id;
    load(&*world.ports.store, samples::organization_id(1), key::Pace(id)).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_teller_that_dies_is_replaced_and_one_that_lives_is_not() {
    let world = world(&[(APPROVER, Role::Approver)]).await;
    let approval = held(&world).await;
    tell(&world, &requested(&approval)).await.unwrap();
    let organization: OrganizationId = approval.organization_id;
    let notice = world.store.contents().records.values().find_map(|record| match record {
        Record::Notice(notice) => Some(notice.clone()),
        _ => None,
    });
    // As if it had been killed between the claim and the call.
    let claimed: Notice = Notice { state: NoticeState::Claimed(world.ports.now()), ..notice.unwrap() };
    let change = Change::new(organization).write(Write::put(claimed, Expect::Anything));
    world.ports.store.commit(change).await.unwrap();
    assert!(matches!(tell(&world, &requested(&approval)).await, Err(Refusal::Unavailable(_))), "it may live");
    assert_eq!(mails(&world).len(), 1);
    world.pass(Notice::CLAIM_LIMIT.as_secs());
    tell(&world, &requested(&approval)).await.unwrap();
    assert_eq!(mails(&world).len(), 2);
    // What can't be written down after the call is no reason to call again.
    world.store.fail_commits(vec![]);
    tell(&world, &requested(&approval)).await.unwrap();
    assert_eq!(mails(&world).len(), 2);
}

#[tokio::test]
async fn no_address_and_no_secret_is_printed() {
    let world = small().await;
    let (_, secret) = linked(&world).await;
    let opened = links::open(&world.ports, &secret).await.unwrap();
    let mut printed = format!("{opened:?} {secret:?}");
    let _ = write!(printed, "{}", LinkRefusal::Closed(LinkClosed::Used, Some(opened.approval.id)));
    assert!(!printed.contains(&secret.reveal()[34..]) && !printed.contains(&email(APPROVER)), "{printed}");
}
