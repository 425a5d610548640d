//! What a [`Record`] can be, and where all items lie in the table.
//!
//! Every partition key but those of the directory, the watch, the list of chains and the rate of the account begins with the organization. Busy things have a
//! partition of their own (a token, an inbox's mails, a conversation), so that no organization meets the limits of one
//! partition (3,000 reads and 1,000 writes a second, `DynamoDB` developer guide, "partition key design").
//!
//! Each kind has partition keys that one pattern tells from all other kinds' (`org_*/apr_*`): by it a role of
//! `template.yaml` may write approvals, and nothing else. `*` stands for any characters, `/` among them: `org_*/mem_*`
//! would match `org/mem/pace` too, hence `org/mem/member`.
//!
//! | record | `pk` | `sk` | `list` / `list_at` (index `lists`) |
//! | --- | --- | --- | --- |
//! | organization | `org/organization` | `organization` | |
//! | registration | `org/registration` | `registration` | |
//! | member | `org/mem/member` | `member` | `org/members` / `mem` |
//! | token | `org/token/hash` | `token` | `org/tokens` / `tok` |
//! | token pointer | `org/tok` | `pointer` | |
//! | session | `org/session/hash` | `session` | |
//! | session pointer | `org/mem/sessions` | `ses` | |
//! | second factor | `org/mem/second-factor` | `second-factor` | |
//! | passkeys | `org/mem/passkeys` | `passkeys` | |
//! | sign-in that waits for it | `org/pending/hash` | `pending` | |
//! | seat that is connected with an account at a provider | `org/mem/openid` | `openid` | |
//! | inbox | `org/inb/inbox` | `inbox` | `org/inboxes` / `inb` |
//! | deleted inbox | `org/inb/purge` | `purge` | |
//! | message | `org/inb/messages` | `msg` | `org/thr` / `msg` |
//! | mail in the trash | `org/inb/trash` | `msg` | `org/thr/trash` / `msg` |
//! | mark | `org/inb/labels` | label, `msg` | |
//! | search index | `org/inb/search` | `search` | |
//! | thread | `org/thr` | `thread` | `org/inb/threads` / time and `thr` |
//! | thread pointer | `org/inb/pointer/hash` | `pointer` | |
//! | approval | `org/apr` | `approval` | `org/approvals/status` / `apr` |
//! | comments about an approval | `org/comments/apr` | `comments` | |
//! | standing approval | `org/standing` | `sta` | |
//! | attachment | `org/att` | `attachment` | |
//! | draft | `org/drf` | `draft` | `org/inb/drafts` / `drf` |
//! | draft pointer | `org/inb/draft/hash` | `draft-pointer` | |
//! | upload | `org/upl` | `upload` | `org/uploads` / `upl` |
//! | row of an upload | `org/rows/upl` | number | |
//! | rows of an upload that a member opened | `org/opened/upl` | `mem` | |
//! | webhook | `org/webhooks` | `whk` | |
//! | attempt | `org/whk/attempts` | time, `evt`, number | |
//! | waiting delivery | `org/whk/waiting` | `evt` | |
//! | answer | `org/answer/hash` | `answer` | |
//! | link | `org/link/hash` | `link` | |
//! | notice | `org/notice/hash` | `notice` | |
//! | pace | `org/mem/pace` | `pace` | |
//! | policies | `org/policies` | `policies` | |
//! | former policy | `org/pol` | place | |
//! | contact | `org/contact/hash` | `contact` | |
//! | invitation | `org/ivt` | `invitation` | `org/invitations` / `ivt` |
//! | proof of an address | `org/mem/email` | `email` | |
//! | reset of a password | `org/mem/reset` | `reset` | |
//! | counter | `org/counter/hash` | `counter` | |
//! | line of the log of requests | `org/logs` | time and hash | |
//! | count of use | `org/usage/by` | day, `inb` or `tok`, part | |
//! | rules for mail that comes in | `org/screening` | `screening` | |
//! | held mail | `org/inb/held` | `msg` | `org/held` / `msg` |
//! | suppression | `org/sup` | `suppression` | `org/suppressions` / time and `sup` |
//! | who may unsubscribe by a mail | `org/opt-out/hash` | `opt-out` | |
//! | entry of a list | `org/lst` | `list-entry` | `org/lists/direction/kind` / time and `lst` |
//! | domain | `org/dom` | `domain` | `org/domains` / time and `dom` |
//! | event | `org/evt` | `event` | |
//! | block of the feed of events | `org/events` | number | |
//! | audit entry | `org/aud` | `audit` | |
//! | link of the audit chain | `org/audit` | sequence | |
//! | head of the audit chain | `org/audit-head` | `head` | |
//! | that there is a chain | `audit-heads` | `org` | |
//! | login | `login/hash` | `login` | |
//! | what a passkey was asked for | `ceremony/hash` | `ceremony` | |
//! | account at a provider | `openid-account/hash` | `account` | |
//! | way to a provider and back | `openid-trip/hash` | `trip` | |
//! | set-up link | `setup/hash` | `setup` | |
//! | address | `address/hash` | `address` | |
//! | verified domains that look alike | `domain-family/hash` | `family` | |
//! | claims of a domain | `domain-claims/hash` | `claims` | |
//! | attempts at signing in | `sign-in/hash` | `attempts` or `refusals`, window | |
//! | counts of who signs up | `sign-up/hash` | what, window | |
//! | places of a second | `send-rate/second` | `places` | |
//!
//! Mails that move also lie in the sparse index `watch`: `watch` (a shard) / `watch_at` (Unix milliseconds); those that
//! are scheduled or unknown in the sparse index `open`: `open` (`org/status`) / `open_at` (time and `msg`), and those that nobody
//! has read: `org/inb/unread` / `msg`. All mails and conversations lie in the index `recent`: `org/messages/shard` / `msg`,
//! `org/threads/shard` / time and `thr`.
//! Mails in the trash lie in the index `watch` too, until they are gone; in `open` (`org/inb/trash` / `msg`) and in `recent`
//! (`org/trash/shard` / `msg`) as long as they may come back.
//! Approvals of mails of an upload lie in the index `open` as long as they are pending: `org/waiting/upl` / `apr`.
//! Held mails lie in the index `watch` until they are let in or deleted.
//! Domains lie in the index `watch` as long as somebody looks at their records by itself.
//! Registrations lie in the index `watch` until they came to an end.
//! Deleted inboxes lie in the index `watch` until all that they had is deleted.
//! Uploads lie in the index `watch` as long as something is done about them.
//! Audit entries lie in the index `watch` until they are chained, waiting deliveries as long as they wait. Links that tell of a
//! mail lie in the index `open` for good: `org/msg/audit` / sequence.

use app::base::store::{
    Answer, Contact, Counter, DraftPointer, Expect, Key, Record, SessionPointer, StoreError, ThreadPointer,
    TokenPointer,
};
use domain::OrganizationId;
use domain::delivery::webhook::{Attempt, WaitingDelivery, Webhook};
use domain::gate::approval::Approval;
use domain::gate::comment::Comments;
use domain::gate::draft::SavedDraft;
use domain::gate::link::Link;
use domain::gate::notice::{Notice, Pace};
use domain::gate::policy::{FormerPolicy, PolicyBook};
use domain::gate::standing::StandingApproval;
use domain::gate::upload::{Opened, Upload, UploadRow};
use domain::ledger::requests::RequestLine;
use domain::mailbox::account::Account;
use domain::mailbox::domains::Domain;
use domain::mailbox::inbox::{Inbox, Purge};
use domain::mailbox::index::Index;
use domain::mailbox::listed::{ListEntry, Suppression};
use domain::mailbox::message::{Attachment, Mark, Message, Thread, Trashed};
use domain::mailbox::opt_out::OptOut;
use domain::mailbox::screening::{Held, Screening};
use domain::people::credential::{Session, Token};
use domain::people::email::EmailProof;
use domain::people::invitation::Invitation;
use domain::people::notifications::Notifications;
use domain::people::openid::OpenIdLink;
use domain::people::organization::{Member, Organization};
use domain::people::passkey::Passkeys;
use domain::people::pending::PendingSignIn;
use domain::people::registration::Registration;
use domain::people::reset::Reset;
use domain::people::second_factor::SecondFactor;
use domain::people::usage::Usage;

use crate::base::answer;
use crate::base::item::{Item, Kind, Place, decode, encode};
use crate::delivery::{waiting, webhook};
use crate::gate::{approval, comment, contact, draft, link, notice, policy, standing, upload};
use crate::ledger::requests;
use crate::mailbox::{
    account, attachment, domains, inbox, index, listed, message, opt_out, screening, thread, trash,
};
use crate::people::{
    email, invitation, member, notifications, openid, organization, passkey, registration, reset, session,
    token, usage,
};

/// Each kind of record under its type, with its key and where that lies; what is only listed has no key.
macro_rules! kinds {
    ($organization:ident; $($variant:ident($type:ty) $(, $key:pat => $place:expr)?;)*) => {
        /// Where the record of a key lies.
        pub(crate) fn place($organization: OrganizationId, key: &Key) -> Place {
            match key { $($($key => $place,)?)* }
        }

        /// The name of a record's kind in the table.
        #[cfg(test)]
        pub(crate) fn name(record: &Record) -> &'static str {
            match record { $(Record::$variant(_) => <$type as Kind>::NAME,)* }
        }

        fn encode_record(place: &Place, record: &Record) -> Result<Item, StoreError> {
            match record { $(Record::$variant(value) => encode::<$type>(place, value),)* }
        }

        /// A stored item as the record that it is.
        pub(crate) fn read(item: Item) -> Result<Record, StoreError> {
            let kind = item.get("kind").and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
            match kind.as_str() {
                $(<$type as Kind>::NAME => decode::<$type>(item).map(Record::from),)*
                other => Err(StoreError::Permanent(format!("a stored item of the unknown kind {other:?}"))),
            }
        }
    };
}

kinds! { org;
    Organization(Organization), Key::Organization => organization::at(org);
    Member(Member), Key::Member(id) => member::at(org, *id);
    Token(Token), Key::Token(hash) => token::at(org, *hash);
    TokenPointer(TokenPointer), Key::TokenPointer(id) => token::pointer_at(org, *id);
    Session(Session), Key::Session(hash) => session::at(org, *hash);
    Registration(Registration), Key::Registration => registration::at(org);
    SecondFactor(SecondFactor), Key::SecondFactor(member) => member::factor_at(org, *member);
    Notifications(Notifications), Key::Notifications(member) => notifications::at(org, *member);
    Passkeys(Passkeys), Key::Passkeys(member) => passkey::at(org, *member);
    PendingSignIn(PendingSignIn), Key::PendingSignIn(hash) => session::pending_at(org, *hash);
    OpenIdLink(OpenIdLink), Key::OpenIdLink(member) => openid::link_at(org, *member);
    SessionPointer(SessionPointer), Key::SessionPointer(member, id) => session::pointer_at(org, *member, *id);
    Inbox(Inbox), Key::Inbox(id) => inbox::at(org, *id);
    Account(Account), Key::Account(id) => account::at(org, *id);
    Purge(Purge), Key::Purge(id) => inbox::purge_at(org, *id);
    Message(Message), Key::Message(inbox, id) => message::at(org, *inbox, *id);
    Trashed(Trashed), Key::Trashed(inbox, id) => trash::at(org, *inbox, *id);
    Mark(Mark), Key::Mark(inbox, label, id) => message::mark_at(org, *inbox, label, *id);
    Index(Index), Key::Index(inbox) => index::at(org, *inbox);
    Thread(Thread), Key::Thread(id) => thread::at(org, *id);
    ThreadPointer(ThreadPointer), Key::ThreadPointer(inbox, hash) => thread::pointer_at(org, *inbox, *hash);
    Attachment(Attachment), Key::Attachment(id) => attachment::at(org, *id);
    Draft(SavedDraft), Key::Draft(id) => draft::at(org, *id);
    DraftPointer(DraftPointer), Key::DraftPointer(inbox, hash) => draft::pointer_at(org, *inbox, *hash);
    Approval(Approval), Key::Approval(id) => approval::at(org, *id);
    Comments(Comments), Key::Comments(id) => comment::at(org, *id);
    StandingApproval(StandingApproval), Key::StandingApproval(id) => standing::at(org, *id);
    Link(Link), Key::Link(hash) => link::at(org, *hash);
    Notice(Notice), Key::Notice(hash) => notice::at(org, *hash);
    Pace(Pace), Key::Pace(member) => notice::pace_at(org, *member);
    Policies(PolicyBook), Key::Policies => policy::at(org);
    FormerPolicy(FormerPolicy), Key::FormerPolicy(id, slot) => policy::former_at(org, *id, *slot);
    Contact(Contact), Key::Contact(hash) => contact::at(org, *hash);
    Counter(Counter), Key::Counter(hash) => contact::counter_at(org, *hash);
    Screening(Screening), Key::Screening => screening::at(org);
    Held(Held), Key::Held(inbox, id) => screening::held_at(org, *inbox, *id);
    Suppression(Suppression), Key::Suppression(id) => listed::suppression_at(org, *id);
    OptOut(OptOut), Key::OptOut(hash) => opt_out::at(org, *hash);
    ListEntry(ListEntry), Key::ListEntry(id) => listed::entry_at(org, *id);
    Domain(Domain), Key::Domain(id) => domains::at(org, *id);
    Upload(Upload), Key::Upload(id) => upload::at(org, *id);
    UploadRow(UploadRow), Key::UploadRow(id, number) => upload::row_at(org, *id, *number);
    Opened(Opened), Key::Opened(id, member) => upload::opened_at(org, *id, *member);
    Webhook(Webhook), Key::Webhook(id) => webhook::at(org, *id);
    Attempt(Attempt);
    WaitingDelivery(WaitingDelivery), Key::WaitingDelivery(webhook, event) => waiting::at(org, *webhook, *event);
    Answer(Answer), Key::Answer(hash) => answer::at(org, *hash);
    RequestLine(RequestLine), Key::RequestLine(at, id) => requests::at(org, *at, *id);
    Invitation(Invitation), Key::Invitation(id) => invitation::at(org, *id);
    EmailProof(EmailProof), Key::EmailProof(member) => email::at(org, *member);
    Reset(Reset), Key::Reset(member) => reset::at(org, *member);
    Usage(Usage), Key::Usage(day, of, part) => usage::at(org, *day, *of, *part);
}

/// The whole item of a record. Where a version is expected, the next is written. An [`Attempt`] has no key, since it is only listed.
pub(crate) fn write(
    organization: OrganizationId,
    mut record: Record,
    expect: Expect,
) -> Result<Item, StoreError> {
    let place = match (&record, record.key()) {
        (_, Some(key)) => place(organization, &key),
        (Record::Attempt(attempt), None) => webhook::attempt_at(attempt),
        (_, None) => return Err(StoreError::Permanent("a record without a key".to_owned())),
    };
    if matches!(expect, Expect::Version(_)) {
        record.raise_version();
    }
    encode_record(&place, &record)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use app::base::store::Tally;
    use domain::base::address::EmailAddress;
    use domain::base::digest::Digest;
    use domain::people::credential::SignInWindow;
    use domain::people::registration::Bound;
    use domain::{AuditId, MessageId, Timestamp};

    use super::*;
    use crate::delivery::{event, feed};
    use crate::ledger::audit;
    use crate::people::setup;

    const TEMPLATE: &str = include_str!("../../../../template.yaml");

    /// As `StringLike` has it: `*` stands for any characters, also for none.
    fn matches(pattern: &str, text: &str) -> bool {
        match pattern.split_once('*') {
            None => pattern == text,
            Some((start, rest)) => text
                .strip_prefix(start)
                .is_some_and(|text| (0..=text.len()).any(|at| matches(rest, &text[at..]))),
        }
    }

    /// Every partition key that there is, with its kind.
    fn partitions() -> Vec<(&'static str, String)> {
        let (at, entropy, hash) = (Timestamp::UNIX_EPOCH, [7; 10], Digest::of(b"x"));
        let organization = OrganizationId::new(at, entropy);
        let (inbox, member) = (domain::InboxId::new(at, entropy), domain::MemberId::new(at, entropy));
        let email = EmailAddress::parse("a@example.com").unwrap();
        let attempt = Attempt {
            organization_id: organization,
            webhook_id: domain::WebhookId::new(at, entropy),
            event_id: domain::EventId::new(at, entropy),
            kind: domain::delivery::event::EventKind::MessageReceived,
            number: 1,
            at,
            url: String::new(),
            result: domain::delivery::webhook::AttemptResult::Answered(200),
            head: domain::delivery::webhook::ResponseHead::default(),
            duration_ms: 1,
            retry_at: None,
        };
        let key = |kind, key: Key| (kind, place(organization, &key));
        let places = [
            key("organization", Key::Organization),
            key("registration", Key::Registration),
            key("member", Key::Member(member)),
            key("token", Key::Token(hash)),
            key("token pointer", Key::TokenPointer(domain::TokenId::new(at, entropy))),
            key("session", Key::Session(hash)),
            key("second factor", Key::SecondFactor(member)),
            key("what a member wants to be told of", Key::Notifications(member)),
            key("passkeys", Key::Passkeys(member)),
            key("sign-in that waits for it", Key::PendingSignIn(hash)),
            key("seat that is connected", Key::OpenIdLink(member)),
            ("account at a provider", openid::account_at(hash)),
            ("way to a provider and back", openid::trip_at(hash)),
            key("session pointer", Key::SessionPointer(member, domain::SessionId::new(at, entropy))),
            key("inbox", Key::Inbox(inbox)),
            key("account", Key::Account(domain::AccountId::new(at, entropy))),
            key("deleted inbox", Key::Purge(inbox)),
            key("message", Key::Message(inbox, MessageId::new(at, entropy))),
            key("mail in the trash", Key::Trashed(inbox, MessageId::new(at, entropy))),
            key(
                "mark",
                Key::Mark(
                    inbox,
                    domain::mailbox::label::Label::parse("x").unwrap(),
                    MessageId::new(at, entropy),
                ),
            ),
            key("search index", Key::Index(inbox)),
            key("thread", Key::Thread(domain::ThreadId::new(at, entropy))),
            key("thread pointer", Key::ThreadPointer(inbox, hash)),
            key("approval", Key::Approval(domain::ApprovalId::new(at, entropy))),
            key("comments about an approval", Key::Comments(domain::ApprovalId::new(at, entropy))),
            key("standing approval", Key::StandingApproval(domain::StandingApprovalId::new(at, entropy))),
            key("attachment", Key::Attachment(domain::AttachmentId::new(at, entropy))),
            key("webhook", Key::Webhook(domain::WebhookId::new(at, entropy))),
            key("waiting delivery", Key::WaitingDelivery(attempt.webhook_id, attempt.event_id)),
            key("answer", Key::Answer(hash)),
            key("link", Key::Link(hash)),
            key("notice", Key::Notice(hash)),
            key("pace", Key::Pace(member)),
            key("policies", Key::Policies),
            key("former policy", Key::FormerPolicy(domain::PolicyId::new(at, entropy), 1)),
            key("contact", Key::Contact(hash)),
            key("counter", Key::Counter(hash)),
            key("line of the log of requests", Key::RequestLine(at, hash)),
            key(
                "count of use",
                Key::Usage(domain::people::usage::day_of(at), domain::people::usage::Of::Organization, 0),
            ),
            key("rules for mail that comes in", Key::Screening),
            key("held mail", Key::Held(inbox, MessageId::new(at, entropy))),
            key("suppression", Key::Suppression(domain::SuppressionId::new(at, entropy))),
            key("who may unsubscribe by a mail", Key::OptOut(hash)),
            key("entry of a list", Key::ListEntry(domain::ListEntryId::new(at, entropy))),
            key("domain", Key::Domain(domain::DomainId::new(at, entropy))),
            key("proof of an address", Key::EmailProof(member)),
            key("reset of a password", Key::Reset(member)),
            key("invitation", Key::Invitation(domain::InvitationId::new(at, entropy))),
            ("event", event::at(organization, domain::EventId::new(at, entropy))),
            ("block of the feed of events", feed::at(organization, 1)),
            ("audit entry", audit::at(organization, AuditId::new(at, entropy))),
            ("link of the audit chain", audit::link_at(organization, 1)),
            ("head of the audit chain", audit::head_at(organization)),
            ("list of audit chains", audit::chain_at(organization)),
            ("attempt", webhook::attempt_at(&attempt)),
            ("login", member::login_at(&email)),
            ("what a passkey was asked for", passkey::ceremony_at(hash)),
            ("set-up link", setup::at(hash)),
            ("address", inbox::address_at(&email)),
            ("verified domains that look alike", domains::family_at("x")),
            (
                "claims of a domain",
                domains::claims_at(&domain::mailbox::domains::DomainName::stored("x".into())),
            ),
            ("places of a second", crate::table::places::at(domain::gate::rate::Lane::Ses, 0)),
            ("counts of who signs up", registration::count_at(hash, Bound::Client.window(at))),
            ("attempts at signing in", session::tally_at(&email, Tally::Attempts, SignInWindow::of(at))),
        ];
        let places = places.into_iter().chain(written_by_people(organization, member, inbox));
        places.map(|(kind, place)| (kind, place.pk)).chain(lists(organization)).collect()
    }

    fn written_by_people(
        organization: OrganizationId,
        member: domain::MemberId,
        inbox: domain::InboxId,
    ) -> [(&'static str, Place); 5] {
        let id = domain::UploadId::new(Timestamp::UNIX_EPOCH, [7; 10]);
        [
            ("draft", Key::Draft(domain::DraftId::new(Timestamp::UNIX_EPOCH, [7; 10]))),
            ("draft pointer", Key::DraftPointer(inbox, Digest::of(b"x"))),
            ("upload", Key::Upload(id)),
            ("row of an upload", Key::UploadRow(id, 2)),
            ("rows of an upload that a member opened", Key::Opened(id, member)),
        ]
        .map(|(kind, key)| (kind, place(organization, &key)))
    }

    /// The lists to which a role is limited.
    fn lists(organization: OrganizationId) -> [(&'static str, String); 3] {
        let id = domain::UploadId::new(Timestamp::UNIX_EPOCH, [7; 10]);
        [
            ("list", inbox::list(organization)),
            ("list", domains::list(organization)),
            ("mails of an upload that wait", upload::waiting(organization, id)),
        ]
    }

    #[test]
    fn each_pattern_of_a_role_is_of_one_kind_and_each_kind_has_one() {
        let conditions = TEMPLATE.split("\"dynamodb:LeadingKeys\":").skip(1);
        let lists = conditions.filter_map(|rest| rest.trim_start().strip_prefix('[')?.split(']').next());
        let patterns: BTreeSet<_> = lists.flat_map(|list| list.split(',').map(str::trim)).collect();
        let partitions = partitions();
        let mut kinds: Vec<_> = patterns
            .iter()
            .map(|pattern| {
                let own: Vec<_> = partitions.iter().filter(|(_, pk)| matches(pattern, pk)).collect();
                let [(kind, _)] = own[..] else { panic!("{pattern} is of {own:?}") };
                *kind
            })
            .collect();
        kinds.sort_unstable();
        let mut all: Vec<_> = partitions.iter().map(|(kind, _)| *kind).collect();
        all.sort_unstable();
        assert_eq!(kinds, all, "one pattern for each kind");
    }
}
