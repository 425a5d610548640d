//! Votes that a key signs, on the running stack by the API: what counts, everything that must not, and somebody who can write the table, the
//! bucket of the mails and the workflow.

use app::base::ports::{BlobKey, Blobs as _};
use app::base::store::{Change, Store as _, key, load};
use aws_data::{DynamoTable, S3Blobs};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::gate::approval::{Approval, Decision, Verdict, Vote};
use domain::gate::seal::Sealed;
use domain::gate::statement::{Said, SignedVote, Subject, tree};
use domain::mailbox::lifecycle::Outbound;
use domain::mailbox::message::Message;
use domain::people::access::{Credential, Role};
use domain::people::key_log::{By, Deed, Entry, KeyLog, NewKey, Scope};
use domain::people::signing::{Assertion, SignedVotes};
use domain::{ApprovalId, InboxId, MemberId, MessageId, OrganizationId, Timestamp};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::{Answer, Held, Stack, aws_config, in_seconds, unique};

use super::signing_keys::drawn;
use crate::authenticator::Phone;
use crate::stack::ledger::audit::{Folder, offline, signing_key};

const DISPATCH: &str = "countersign-dispatch-send";

fn nothing() -> Assertion {
    Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] }
}

/// The time, in whole seconds.
fn now() -> Timestamp {
    let now = app::base::ports::Clock::now(&runtime::environment::SystemClock);
    Timestamp::from_second(now.as_second()).unwrap()
}

fn said(assertion: &Assertion) -> Value {
    json!({
        "client_data": STANDARD.encode(&assertion.client_data),
        "authenticator_data": STANDARD.encode(&assertion.authenticator_data),
        "signature": STANDARD.encode(&assertion.signature),
    })
}

/// An organization whose owner and approver have a key each, and whose key log demands one signed vote for all its mail.
struct House {
    stack: Stack,
    id: OrganizationId,
    owner: (MemberId, Phone),
    approver: (MemberId, Phone),
}

impl House {
    fn new() -> Self {
        let stack = Stack::running().organization();
        let site = stack.text("/console_url").trim_end_matches("/console").to_owned();
        let seat = |role: &str| {
            let me = stack.get("/v1/me", stack.text(&format!("/{role}/session"))).expect(200);
            MemberId::parse(me["member_id"].as_str().unwrap()).unwrap()
        };
        let id = OrganizationId::parse(stack.text("/organization_id")).unwrap();
        let owner = (seat("owner"), Phone::new(21, &site));
        let approver = (seat("approver"), Phone::new(22, &site));
        let mut house = Self { stack, id, owner, approver };
        let link = drawn(&house.stack);
        let secret = link.rsplit('/').next().unwrap().to_owned();
        let new = house.owner.1.new_key(house.owner.0, now());
        let offer = house.owner.1.sign(&new.offer(id));
        let by = By::Link(Digest::of(secret.as_bytes()));
        let first = house.log().next(now(), Deed::Register(new, nothing()), by);
        let first = at_once(first);
        house.append(&first, None, Some(&offer), Some(&secret)).expect(201);
        let new = NewKey { manages: false, ..house.approver.1.new_key(house.approver.0, now()) };
        let offer = house.approver.1.sign(&new.offer(id));
        house.vouch(Deed::Register(new, nothing()), Some(&offer)).expect(201);
        let one = SignedVotes { votes: 1, device_bound: false };
        house.vouch(Deed::Demand(Scope::Organization, one), None).expect(201);
        house
    }

    fn log(&self) -> KeyLog {
        let answer = self.stack.get("/v1/signing-keys/log", self.stack.text("/owner/session")).expect(200);
        KeyLog::read(self.id, answer.as_str().unwrap_or_default(), |_, _, _| true).unwrap()
    }

    fn append(
        &self,
        entry: &Entry,
        by: Option<&Assertion>,
        offer: Option<&Assertion>,
        link: Option<&str>,
    ) -> Answer {
        let mut body = json!({"text": entry.signed_text()});
        for (name, assertion) in [("signature", by), ("offer", offer)] {
            if let Some(assertion) = assertion {
                body[name] = said(assertion);
            }
        }
        if let Some(link) = link {
            body["link"] = link.into();
        }
        self.stack.post("/v1/signing-keys/entries", "", &body)
    }

    /// Has the owner's key vouch.
    fn vouch(&mut self, deed: Deed, offer: Option<&Assertion>) -> Answer {
        let by = By::Key(self.owner.1.key_id(), nothing());
        let entry = at_once(self.log().next(now(), deed, by));
        let signature = self.owner.1.sign(&entry.signed_text());
        self.append(&entry, Some(&signature), offer, None)
    }

    fn submit(&self, subject: &str) -> Held {
        self.stack.submit("success@simulator.amazonses.com", &unique(subject), "Hello")
    }

    /// What the approver's page would sign.
    fn vote(&self) -> SignedVote {
        let given = now();
        let not_after = given + SignedDuration::from_hours(24);
        let key = self.approver.1.key_id();
        SignedVote { key, device_bound: true, given, not_after, assertion: nothing(), path: None }
    }

    fn text(&self, vote: &SignedVote, held: &Held) -> String {
        vote.text(self.id, self.approver.0, Said::Approve, &subject(held)).unwrap()
    }

    fn approve(&self, held: &Held, signature: &Value) -> Answer {
        let body = json!({"digest": held.digest, "signature": signature});
        let path = format!("/v1/approvals/{}/approve", held.approval);
        self.stack.post(&path, self.stack.text("/approver/session"), &body)
    }

    fn status(&self, held: &Held) -> String {
        let path = format!("/v1/inboxes/{}/messages/{}", self.stack.inbox(), held.message);
        let message = self.stack.get(&path, self.stack.text("/owner/token")).expect(200);
        message["status"].as_str().unwrap().to_owned()
    }
}

/// A key that is registered counts from the time of its entry.
fn at_once(entry: Entry) -> Entry {
    let at = entry.at;
    match entry.deed {
        Deed::Register(new, assertion) => {
            Entry { deed: Deed::Register(NewKey { from: at, ..new }, assertion), ..entry }
        }
        deed => Entry { deed, ..entry },
    }
}

fn subject(held: &Held) -> Subject {
    Subject {
        approval_id: ApprovalId::parse(&held.approval).unwrap(),
        revision: 1,
        digest: Digest::parse(&held.digest).unwrap(),
    }
}

fn form(vote: &SignedVote, assertion: &Assertion) -> Value {
    let mut form = said(assertion);
    form["key"] = vote.key.to_string().into();
    form["given"] = vote.given.to_string().into();
    form["not_after"] = vote.not_after.to_string().into();
    form
}

#[test]
fn a_vote_counts_that_the_members_own_key_signed_for_these_very_bytes_and_no_other() {
    let mut house = House::new();
    let held = house.submit("Signed");
    let honest = house.vote();
    let text = house.text(&honest, &held);
    let refused = |house: &House, signature: &Value, why: &str| {
        let answer = house.approve(&held, signature);
        assert_eq!((answer.status, answer.code()), (422, "signature_refused"), "{why}: {}", answer.body);
        assert_eq!(house.status(&held), "pending_approval", "{why}");
    };
    // On a page of another site; by a device that asked its person for nothing; by one that nobody registered; by another member's.
    let mut elsewhere = Phone::new(22, "https://evil.test");
    refused(&house, &form(&honest, &elsewhere.sign(&text)), "another origin");
    let origin = house.approver.1.origin.clone();
    house.approver.1.verifies = false;
    let unasked = house.approver.1.sign(&text);
    house.approver.1.verifies = true;
    refused(&house, &form(&honest, &unasked), "nobody was asked");
    let mut strange = Phone::new(30, &origin);
    refused(&house, &form(&honest, &strange.sign(&text)), "a strange key under the name of the approver's");
    let named = SignedVote { key: strange.key_id(), ..honest.clone() };
    let strange_text = house.text(&named, &held);
    refused(&house, &form(&named, &strange.sign(&strange_text)), "a key that nobody registered");
    let owners = SignedVote { key: house.owner.1.key_id(), ..honest.clone() };
    let owners_text = house.text(&owners, &held);
    let by_owner = house.owner.1.sign(&owners_text);
    refused(&house, &form(&owners, &by_owner), "another member's key");
    // Signed long ago, for too long, for ever, with fractions of a second, for a rejection, for another mail.
    for (given, good_for, why) in [
        (honest.given - SignedDuration::from_mins(11), 24, "an old challenge"),
        (honest.given + SignedDuration::from_mins(5), 24, "a clock that is ahead"),
        (honest.given - SignedDuration::from_hours(24), 48, "a clock that is off by a day"),
        (honest.given, 24 * 401, "good for too long"),
        (honest.given, -1, "over before it was given"),
        (honest.given + SignedDuration::from_millis(5), 24, "fractions"),
    ] {
        let not_after = given + SignedDuration::from_hours(good_for);
        let vote = SignedVote { given, not_after, ..honest.clone() };
        let text = house.text(&vote, &held);
        let assertion = house.approver.1.sign(&text);
        refused(&house, &form(&vote, &assertion), why);
    }
    let rejects = honest.text(house.id, house.approver.0, Said::Reject, &subject(&held)).unwrap();
    let rejecting = house.approver.1.sign(&rejects);
    refused(&house, &form(&honest, &rejecting), "a rejection");
    let other = house.submit("Other");
    let others_text = house.text(&honest, &other);
    let for_other = house.approver.1.sign(&others_text);
    refused(&house, &form(&honest, &for_other), "another mail");
    // One of several, of which this is none.
    let leaves: Vec<_> = [&other, &house.submit("Third")].map(|held| subject(held).leaf()).to_vec();
    let (root, _) = tree(&leaves).unwrap();
    let many = SignedVote { path: None, ..honest.clone() };
    let several = format!("countersign-votes-1\ncount 2\nroot {root}\n{}", house.text(&many, &held));
    let mut tampered = form(&honest, &house.approver.1.sign(&several));
    tampered["leaves"] = leaves.iter().map(ToString::to_string).collect::<Vec<_>>().into();
    refused(&house, &tampered, "leaves of other mails");
    // Any byte of any field.
    let signed = house.approver.1.sign(&text);
    let whole = form(&honest, &signed);
    for name in ["client_data", "authenticator_data", "signature"] {
        let bytes = STANDARD.decode(whole[name].as_str().unwrap()).unwrap();
        for place in (0..bytes.len()).step_by(bytes.len() / 12 + 1).chain([bytes.len() - 1]) {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let mut forged = whole.clone();
            forged[name] = STANDARD.encode(changed).into();
            refused(&house, &forged, &format!("byte {place} of {name}"));
        }
        let mut short = whole.clone();
        short[name] = STANDARD.encode(&bytes[..bytes.len() / 2]).into();
        refused(&house, &short, &format!("half of {name}"));
        short[name] = "".into();
        refused(&house, &short, &format!("nothing of {name}"));
        short[name] = STANDARD.encode(vec![b'{'; 9_000]).into();
        let answer = house.approve(&held, &short);
        assert!(answer.status == 422, "{}", answer.body);
    }
    for (name, value) in [("given", "2026-01-01T00:00:00Z"), ("not_after", "2027-06-01T00:00:00Z")] {
        let mut forged = whole.clone();
        forged[name] = value.into();
        refused(&house, &forged, name);
    }
    // Who only has a session casts a vote that lets nothing go.
    let voted = house.stack.approve(&held).expect(200);
    assert_eq!(voted["status"], "pending", "{voted}");
    let voted = house.approve(&held, &whole).expect(200);
    assert_eq!(voted["status"], "approved", "{voted}");
    house.stack.message_with_status(&held.message, "delivered");
    refused_elsewhere(&house, &other, &whole);
    assert_eq!(house.stack.accepted(&held.message).len(), 1);
    // The page that gives receipts has the registration of the key that signed.
    let session = format!("__Host-cs_session={}", house.stack.text("/owner/session"));
    house.stack.until("the receipt has what the key signed", || {
        let path = format!("/console/receipts/{}", held.approval);
        let page = house.stack.raw("GET", &path, "", vec![("cookie", session.clone())], "");
        (page.status == 200 && page.body.to_string().contains("registrations")).then_some(())
    });
}

/// The same answer of a key lets no other mail go.
fn refused_elsewhere(house: &House, other: &Held, signature: &Value) {
    let answer = house.approve(other, signature);
    assert_eq!((answer.status, answer.code()), (422, "signature_refused"), "{}", answer.body);
}

#[test]
fn a_key_that_is_suspended_or_revoked_signs_nothing_and_one_that_is_resumed_does() {
    let mut house = House::new();
    let approver = house.approver.1.key_id();
    let sign = |house: &mut House, held: &Held| {
        let vote = house.vote();
        let text = house.text(&vote, held);
        let assertion = house.approver.1.sign(&text);
        house.approve(held, &form(&vote, &assertion))
    };
    let held = house.submit("Suspended");
    house.vouch(Deed::Suspend(approver), None).expect(201);
    sign(&mut house, &held).refused(422, "signature_refused");
    house.vouch(Deed::Resume(approver), None).expect(201);
    // A vote for a mail that is paused meanwhile; and the key is lost.
    let pause = |paused: bool| {
        let path = format!("/v1/inboxes/{}/{}", house.stack.inbox(), if paused { "pause" } else { "resume" });
        house.stack.post(&path, house.stack.text("/owner/session"), &json!({})).expect(200);
    };
    pause(true);
    let vote = house.vote();
    let text = house.text(&vote, &held);
    let assertion = house.approver.1.sign(&text);
    let voted = house.approve(&held, &form(&vote, &assertion)).expect(200);
    assert_eq!(voted["status"], "approved", "{voted}");
    let entry = house.log().next(now(), Deed::Revoke(approver), By::Key(house.owner.1.key_id(), nothing()));
    let signature = house.owner.1.sign(&entry.signed_text());
    house.append(&entry, Some(&signature), None, None).expect(201);
    let path = format!("/v1/inboxes/{}/resume", house.stack.inbox());
    house.stack.post(&path, house.stack.text("/owner/session"), &json!({})).expect(200);
    // What waits for a signature again is not lost, and its voter may not give it with that key.
    house.stack.until("the mail waits again", || {
        house.stack.invoke(DISPATCH, &ticket(&house, &held));
        (house.status(&held) == "pending_approval").then_some(())
    });
    sign(&mut house, &held).refused(422, "signature_refused");
    let approval =
        house.stack.get(&format!("/v1/approvals/{}", held.approval), house.stack.text("/owner/token"));
    assert_eq!(approval.expect(200)["status"], "pending");
    assert_eq!(house.stack.accepted(&held.message).len(), 0);
    // Another key for somebody who had one counts after three days.
    let site = house.approver.1.origin.clone();
    let mut next = Phone::new(23, &site);
    let new = NewKey { manages: false, ..next.new_key(house.approver.0, now()) };
    let offer = next.sign(&new.offer(house.id));
    house.vouch(Deed::Register(new, nothing()), Some(&offer)).refused(409, "key_log_refused");
    // The owner, who has a key, decides meanwhile.
    let vote = SignedVote { key: house.owner.1.key_id(), ..house.vote() };
    let text = vote.text(house.id, house.owner.0, Said::Approve, &subject(&held)).unwrap();
    let assertion = house.owner.1.sign(&text);
    let body = json!({"digest": held.digest, "signature": form(&vote, &assertion)});
    let path = format!("/v1/approvals/{}/approve", held.approval);
    house.stack.post(&path, house.stack.text("/owner/session"), &body).expect(200);
    house.stack.until("the mail leaves", || {
        house.stack.invoke(DISPATCH, &ticket(&house, &held));
        (house.stack.accepted(&held.message).len() == 1).then_some(())
    });
    house.stack.message_with_status(&held.message, "delivered");
    // The receipt tells that it waited again, and whoever checks it without us agrees.
    let folder = Folder::new();
    let public = folder.file("key.pem", &signing_key(&house.stack));
    let receipt = house.stack.receipt(&held.approval, house.stack.text("/owner/session")).expect(200);
    let file = folder.file("receipt.json", &receipt.to_string());
    let log = house.stack.get("/v1/signing-keys/log", house.stack.text("/owner/session")).expect(200);
    let log = folder.file("key-log.txt", log.as_str().unwrap());
    let (code, said) = offline(&["--receipt", &file, "--public-key", &public, "--key-log", &log]);
    assert!(
        code == Some(0) && said.contains("1 of the votes are signed") && said.contains("counted then"),
        "{said}"
    );
    let told: Value = serde_json::from_str(receipt["receipt"].as_str().unwrap()).unwrap();
    assert_eq!(told["approval"]["reopened"].as_array().unwrap().len(), 1, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_signed_is_taken_back_rejections_are_signed_too_and_demands_name_addresses_and_domains() {
    let mut house = House::new();
    let one = SignedVotes { votes: 1, device_bound: false };
    let path = format!("/v1/inboxes/{}", house.stack.inbox());
    let inbox = house.stack.get(&path, house.stack.text("/owner/token")).expect(200);
    let address = EmailAddress::parse(inbox["address"].as_str().unwrap()).unwrap();
    house.vouch(Deed::Demand(Scope::Address(address), one), None).expect(201);
    let strange = Scope::Domain("not-ours.example".to_owned());
    house.vouch(Deed::Demand(strange, one), None).refused(422, "unknown_domain");
    // Approved for a time that is an hour ahead, so that no dispatcher holds it, and taken back: nothing goes by it any more.
    let held = house.stack.submit_body(&json!({
        "to": ["success@simulator.amazonses.com"], "subject": unique("Taken back"), "text": "Hello", "send_at": in_seconds(3_600),
    }));
    let vote = house.vote();
    let text = house.text(&vote, &held);
    let assertion = house.approver.1.sign(&text);
    let signed = form(&vote, &assertion);
    assert_eq!(house.approve(&held, &signed).expect(200)["status"], "approved");
    let path = format!("/v1/approvals/{}/take-back", held.approval);
    let back = house.stack.post(&path, house.stack.text("/approver/session"), &json!({})).expect(200);
    assert_eq!(back["status"], "pending", "{back}");
    assert_eq!(house.status(&held), "pending_approval");
    let rejects = vote.text(house.id, house.approver.0, Said::Reject, &subject(&held)).unwrap();
    let assertion = house.approver.1.sign(&rejects);
    let body =
        json!({"digest": held.digest, "reason": "Not like this", "signature": form(&vote, &assertion)});
    let path = format!("/v1/approvals/{}/reject", held.approval);
    let rejected = house.stack.post(&path, house.stack.text("/approver/session"), &body).expect(200);
    assert_eq!(rejected["status"], "rejected", "{rejected}");
    let (approval, _) = Insider::of(&house.stack).read(&house, &held).await;
    let is_kept = |vote: &Vote| matches!(vote.verdict, Verdict::Reject(_)) && vote.signed.is_some();
    assert!(approval.votes.iter().any(is_kept), "what the key signed is kept with the vote");
    assert_eq!(house.stack.accepted(&held.message).len(), 0);
}

fn ticket(house: &House, held: &Held) -> Value {
    json!({
        "organization_id": house.id.to_string(), "inbox_id": house.stack.inbox(), "message_id": held.message,
        "approval_id": held.approval, "digest": held.digest, "send_at": "1970-01-01T00:00:00Z",
    })
}

// ------------------------------------------------------------------ somebody who writes the table

/// Somebody who can write table, bucket and workflow.
struct Insider {
    table: DynamoTable,
    blobs: S3Blobs,
}

impl Insider {
    fn of(stack: &Stack) -> Self {
        let config = aws_config(stack.text("/aws_endpoint"));
        Self {
            table: DynamoTable::new(&config, stack.text("/table")),
            blobs: S3Blobs::new(&config, stack.text("/bucket")),
        }
    }

    async fn read(&self, house: &House, held: &Held) -> (Approval, Message) {
        let inbox = InboxId::parse(house.stack.inbox()).unwrap();
        let message = key::Message(inbox, MessageId::parse(&held.message).unwrap());
        let approval = key::Approval(ApprovalId::parse(&held.approval).unwrap());
        let (approval, message) = load(&self.table, house.id, (approval, message)).await.unwrap();
        (approval.unwrap(), message.unwrap())
    }

    /// Writes approval and mail as they like, the mail as one that is to go now, and has it dispatched.
    async fn send(&self, house: &House, held: &Held, forge: impl Fn(&mut Approval, &mut Outbound)) -> String {
        for _ in 0..20 {
            let (mut approval, mut message) = self.read(house, held).await;
            let Some(mut outbound) = message.outbound().cloned() else { panic!("no mail of ours") };
            approval.decision = Decision::Approved { by: Some(house.approver.0), at: now() };
            outbound.state = domain::mailbox::lifecycle::State::Scheduled {
                due: now() - SignedDuration::from_secs(1),
                attempt: 0,
                look_at: now() + SignedDuration::from_mins(5),
            };
            forge(&mut approval, &mut outbound);
            let mut asked = ticket(house, held);
            asked["digest"] = outbound.digest.to_string().into();
            message.direction = domain::mailbox::message::Direction::Outbound(outbound);
            let change = Change::new(house.id).update(approval).update(message);
            // Somebody honest may write at the same moment.
            if self.table.commit(change).await.is_ok() {
                return house.stack.invoke(DISPATCH, &asked).to_string();
            }
        }
        panic!("the rows kept changing");
    }
}

fn unsigned(house: &House) -> Vote {
    Vote {
        member_id: house.approver.0,
        role: Role::Approver,
        at: now(),
        verdict: Verdict::Approve,
        standing: None,
        with: Credential::Session(domain::SessionId::new(now(), [9; 10])),
        unseen: false,
        signed: None,
    }
}

/// Each attempt gets nothing out, and the log has what it had.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_table_bucket_and_workflow_gets_no_mail_out() {
    let mut house = House::new();
    let insider = Insider::of(&house.stack);
    let before = house.log();
    let gone = |house: &House, held: &Held| house.stack.accepted(&held.message).len();
    // A vote that nobody signed; without terms; with terms that ask for nothing; by a key of their own.
    let held = house.submit("Forged");
    let said = insider.send(&house, &held, |approval, _| approval.votes = vec![unsigned(&house)]).await;
    assert_eq!(gone(&house, &held), 0, "{said}");
    let free = house.submit("Free of terms");
    let said = insider
        .send(&house, &free, |approval, _| {
            approval.votes = vec![];
            approval.terms = None;
        })
        .await;
    assert_eq!(gone(&house, &free), 0, "{said}");
    let mut own = Phone::new(66, &house.approver.1.origin);
    let keyed = house.submit("A key of their own");
    let vote = SignedVote { key: own.key_id(), ..house.vote() };
    let signed = SignedVote { assertion: own.sign(&house.text(&vote, &keyed)), ..vote };
    let said = insider
        .send(&house, &keyed, |approval, _| {
            approval.votes = vec![Vote { signed: Some(signed.clone()), ..unsigned(&house) }];
        })
        .await;
    assert_eq!(gone(&house, &keyed), 0, "{said}");
    // What the approver signed of one mail, in the row of another; and other bytes than they signed.
    let honest = house.submit("Honest");
    let vote = house.vote();
    let text = house.text(&vote, &honest);
    let signed = SignedVote { assertion: house.approver.1.sign(&text), ..vote.clone() };
    let other = house.submit("Other");
    let moved = |approval: &mut Approval| {
        approval.votes = vec![Vote { signed: Some(signed.clone()), ..unsigned(&house) }];
    };
    let said = insider.send(&house, &other, |approval, _| moved(approval)).await;
    assert_eq!(gone(&house, &other), 0, "{said}");
    let (row, _) = insider.read(&house, &honest).await;
    let bytes = insider.blobs.get(&BlobKey::Sealed(house.id, row.digest), 1 << 20).await.unwrap();
    let sealed = Sealed::open(bytes.clone().into(), row.digest).unwrap();
    let altered = String::from_utf8(bytes.to_vec()).unwrap().replace("Hello", "Money");
    let digest = Digest::of(altered.as_bytes());
    insider
        .blobs
        .put(&BlobKey::Sealed(house.id, digest), altered.into(), "application/octet-stream")
        .await
        .unwrap();
    let said = insider
        .send(&house, &honest, |approval, outbound| {
            moved(approval);
            approval.digest = digest;
            outbound.digest = digest;
        })
        .await;
    assert_eq!(gone(&house, &honest), 0, "{said}");
    assert!(EmailAddress::parse(sealed.envelope().from.as_str()).is_ok());
    // What was signed for and went, once more; and what was signed for and then rejected.
    let once = house.submit("Once");
    let vote = house.vote();
    let text = house.text(&vote, &once);
    let assertion = house.approver.1.sign(&text);
    house.approve(&once, &form(&vote, &assertion)).expect(200);
    house.stack.message_with_status(&once.message, "delivered");
    let again = SignedVote { assertion, ..vote };
    let said = insider
        .send(&house, &once, |approval, _| {
            approval.votes = vec![Vote { signed: Some(again.clone()), ..unsigned(&house) }];
        })
        .await;
    assert_eq!(gone(&house, &once), 1, "{said}");
    assert!(said.contains("failed"), "{said}");
    let stopped = house.submit("Stopped");
    let vote = house.vote();
    let text = house.text(&vote, &stopped);
    let kept = SignedVote { assertion: house.approver.1.sign(&text), ..vote };
    let path = format!("/v1/approvals/{}/reject", stopped.approval);
    let body = json!({"digest": stopped.digest, "reason": "no"});
    house.stack.post(&path, house.stack.text("/owner/session"), &body).expect(200);
    let note = format!("sent/{}/{}", house.id, stopped.approval);
    house.stack.until("the rejection is noted where the table's writers can't write", || {
        let answer = house.stack.s3("/key_log_bucket", "GET", &format!("/{note}"), "");
        (answer.status == 200).then_some(())
    });
    let said = insider
        .send(&house, &stopped, |approval, _| {
            approval.votes = vec![Vote { signed: Some(kept.clone()), ..unsigned(&house) }];
        })
        .await;
    assert_eq!(gone(&house, &stopped), 0, "{said}");
    assert_eq!(house.log(), before, "nothing of it is in the key log");
}
