//! One good value of everything that is stored.

use std::collections::BTreeSet;

use domain::base::address::{EmailAddress, HeaderText};
use domain::base::digest::Digest;
use domain::base::hours::Hours;
use domain::delivery::event::{
    Blocked, Bounce, BouncedRecipient, Endpoint, Event, EventKind, Halt, InvitationNotice, SeatNotice,
    Subject, WebhookStatus, WhyDisabled,
};
use domain::delivery::feed::{Block, Listed};
use domain::delivery::webhook::{
    Attempt, AttemptResult, FormerSecret, Health, ResponseHead, WaitingDelivery, Webhook,
};
use domain::gate::approval::{
    Approval, Decision, Delegation, HtmlChange, RevisionAsked, TakenBack, Verdict, Vote, Voter,
};
use domain::gate::comment::{Comment, Comments};
use domain::gate::draft::{DraftFile, DraftObject, Rejected, SavedDraft};
use domain::gate::group::{Group, GroupName};
use domain::gate::link::{Link, LinkSecret};
use domain::gate::notice::{Notice, NoticeState, Pace};
use domain::gate::policy::{
    Condition, Outcome, Per, Policy, PolicyBook, PolicyContent, RecipientTest, Rule, Step, Terms, Window,
};
use domain::gate::risk::Risk;
use domain::gate::sheet::SheetKind;
use domain::gate::standing::{StandingApproval, Target};
use domain::gate::statement::{Path, SignedVote};
use domain::gate::upload::{
    Checked, Confirmed, Found as FoundSheet, Made, Opened, Progress, RowOf, Stage, StoredError, Upload,
    UploadRow,
};
use domain::ledger::audit::AuditEntry;
use domain::ledger::requests::{RequestLine, With};
use domain::mailbox::account::{Account, AccountStatus, Provider, Region, Trouble};
use domain::mailbox::domains::{Answer, Domain, DomainName, Found, Seen};
use domain::mailbox::finding::{Finding, FindingKind};
use domain::mailbox::inbox::{Inbox, Purge};
use domain::mailbox::index::{Index, Retired, Segment};
use domain::mailbox::label::Label;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::listed::{ListEntry, Side, Source, Standing, Suppression};
use domain::mailbox::message::{
    Attachment, AttachmentRef, Direction, Mark, Message, Party, Trashed, Verdicts,
};
use domain::mailbox::notes::{Notes, Tag};
use domain::mailbox::opt_out::{OptOut, OptOutSecret};
use domain::mailbox::screening::{Check, Held, Reason, Rule as ScreeningRule, Screened, Screening, Test};
use domain::mailbox::whom::Whom;
use domain::people::access::{Actor, CalledThen, Credential, Role, Scope};
use domain::people::browser::Browser;
use domain::people::credential::{CredentialKind, Login, OpenedWith, Secret, Session, Token};
use domain::people::email::{EmailProof, EmailSecret};
use domain::people::invitation::{Accepted, Invitation, InvitationSecret};
use domain::people::limit::SendsPerDay;
use domain::people::notifications::{Mails, Notifications, Quiet};
use domain::people::openid::{
    OpenIdAccount, OpenIdClaims, OpenIdLink, OpenIdPurpose, OpenIdSecret, OpenIdTrip,
};
use domain::people::organization::{Member, Organization, Pause};
use domain::people::passkey::{Ceremony, CeremonySecret, Offer, Passkey, Passkeys, Purpose, UserHandle};
use domain::people::pending::{PendingSecret, PendingSignIn};
use domain::people::registration::{ClaimSecret, Registration};
use domain::people::reset::{Reset, ResetSecret};
use domain::people::second_factor::SecondFactor;
use domain::people::setup::{Setup, SetupSecret};
use domain::people::signing::{Algorithm, Assertion, SignedVotes};
use domain::people::usage::{Amounts, Of, Usage, day_of};
use domain::{
    ApprovalId, AttachmentId, AuditId, DraftId, EventId, GroupId, InboxId, InvitationId, MemberId, MessageId,
    OrganizationId, PasskeyId, PolicyId, SessionId, StandingApprovalId, ThreadId, Timestamp, TokenId,
    UploadId, UserId, WebhookId,
};
use jiff::SignedDuration;

/// The time at which samples are made: 2026-01-01.
pub const NOW: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// Later than [`NOW`] by so many seconds.
pub fn later(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

/// An address.
///
/// # Panics
/// Where it is none.
pub fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap_or_else(|error| panic!("{text} {error}"))
}

/// An organization's id.
pub fn organization_id(n: u8) -> OrganizationId {
    OrganizationId::new(NOW, [n; 10])
}

/// An inbox's id.
pub fn inbox_id(n: u8) -> InboxId {
    InboxId::new(NOW, [n; 10])
}

/// An organization.
pub fn organization(n: u8) -> Organization {
    Organization {
        id: organization_id(n),
        name: "Sample".into(),
        data_key: vec![1, 2, 3],
        paused: None,
        sends_per_day: None,
        require_second_factor: false,
        unclaimed: false,
        created_at: NOW,
    }
}

/// A member of [`organization`] 1.
pub fn member(n: u8, role: Role) -> Member {
    Member {
        id: MemberId::new(NOW, [n; 10]),
        organization_id: organization_id(1),
        user_id: UserId::new(NOW, [n; 10]),
        email: address(&format!("member{n}@example.com")),
        role,
        created_at: NOW,
        sessions_since: None,
    }
}

/// An invitation to [`organization`] 1 that [`member`] 1 made and that was not mailed yet.
pub fn invitation(n: u8) -> Invitation {
    Invitation {
        id: InvitationId::new(NOW, [n; 10]),
        organization_id: organization_id(1),
        email: address(&format!("invited{n}@example.com")),
        role: Role::Viewer,
        groups: [GroupId::new(NOW, [1; 10])].into(),
        invited_by: Actor::Member { member_id: MemberId::new(NOW, [1; 10]) },
        created_at: NOW,
        expires_at: NOW + Invitation::LIFE,
        secret: None,
        accepted: None,
        version: 1,
    }
}

/// The same with the link that was mailed.
pub fn mailed_invitation(n: u8) -> (Invitation, InvitationSecret) {
    let secret = InvitationSecret::new(&invitation(n), [n; 32]);
    (Invitation { secret: Some(secret.hash()), ..invitation(n) }, secret)
}

/// The same, accepted.
pub fn accepted_invitation(n: u8) -> Invitation {
    let accepted = Accepted { at: later(9), member_id: MemberId::new(NOW, [n; 10]) };
    Invitation { accepted: Some(accepted), ..mailed_invitation(n).0 }
}

/// A reset of the password of [`member`] and the secret of its link.
pub fn reset(n: u8) -> (Reset, ResetSecret) {
    let secret = ResetSecret::new(organization_id(1), MemberId::new(NOW, [n; 10]), [n; 32]);
    (Reset::new(&secret, None, NOW), secret)
}

/// How [`organization`] 1 was signed up for by a program, with the link that was mailed to [`member`] `n`.
pub fn registration(n: u8) -> (Registration, ClaimSecret) {
    let secret = ClaimSecret::new(organization_id(1), [n; 32]);
    let registration = Registration {
        organization_id: organization_id(1),
        email: member(n, Role::Owner).email,
        member_id: MemberId::new(NOW, [n; 10]),
        inbox_id: Some(inbox_id(n)),
        token_id: Some(TokenId::new(NOW, [n; 10])),
        created_at: NOW,
        expires_at: NOW + Registration::LIFE,
        secret: Some(secret.hash()),
        mails: 1,
        end: None,
        version: 1,
    };
    (registration, secret)
}

/// What is known of the address of [`member`], and the secret of the link that was mailed there.
pub fn email_proof(n: u8) -> (EmailProof, EmailSecret) {
    let secret = EmailSecret::new(organization_id(1), MemberId::new(NOW, [n; 10]), [n; 32]);
    (EmailProof::mailed(&secret, None, NOW), secret)
}

/// A set-up link and its secret.
pub fn setup(n: u8) -> (Setup, SetupSecret) {
    let secret = SetupSecret::new([n; 32]);
    (Setup::new(&secret, NOW), secret)
}

/// What a provider says of an account that somebody has there.
pub fn openid_claims(n: u8) -> OpenIdClaims {
    OpenIdClaims {
        issuer: "https://accounts.example.org".to_owned(),
        subject: format!("subject-{n}"),
        email: Some(member(n, Role::Owner).email),
    }
}

/// Such an account, which opens the seat of [`member`].
pub fn openid_account(n: u8) -> OpenIdAccount {
    let Login { organization_id, member_id, email, .. } = login(n);
    OpenIdAccount { hash: openid_claims(n).hash(), organization_id, member_id, email }
}

/// The same, as the seat has it.
pub fn openid_link(n: u8) -> OpenIdLink {
    let Login { organization_id, member_id, email, .. } = login(n);
    OpenIdLink {
        organization_id,
        member_id,
        account: openid_claims(n).hash(),
        shown: Some(email),
        linked_at: NOW,
        drawn: Some(Digest::of(b"drawn")),
        version: 1,
    }
}

/// A way to the provider and back, for each purpose.
pub fn openid_trips(n: u8) -> [OpenIdTrip; 3] {
    let Login { organization_id, member_id, .. } = login(n);
    let (secret, invitation) = (OpenIdSecret::new([n; 32]), invitation(n));
    let purposes = [
        OpenIdPurpose::SignIn,
        OpenIdPurpose::Connect { organization_id, member_id, session_id: session(n, Role::Owner).0.id },
        OpenIdPurpose::Accept { organization_id, invitation_id: invitation.id, secret: Digest::of(b"link") },
    ];
    purposes.map(|purpose| OpenIdTrip::new(&secret, purpose, "/console/approvals", NOW))
}

/// A login for [`member`].
pub fn login(n: u8) -> Login {
    let member = member(n, Role::Owner);
    Login {
        user_id: member.user_id,
        email: member.email,
        password_hash: "$argon2id$…".into(),
        organization_id: member.organization_id,
        member_id: member.id,
    }
}

/// A token of [`member`] with its secret.
pub fn token(n: u8, role: Role, scopes: &[Scope]) -> (Token, Secret) {
    let secret = Secret::new(CredentialKind::Token, organization_id(1), [n; 32]);
    let token = Token {
        id: TokenId::new(NOW, [n; 10]),
        organization_id: organization_id(1),
        hash: secret.hash(),
        first: None,
        rotation: None,
        last_four: secret.last_four().to_owned(),
        name: "Sample".into(),
        member_id: member(n, role).id,
        role,
        scopes: scopes.iter().copied().collect(),
        inboxes: None,
        ancestors: vec![],
        paused: None,
        created_at: NOW,
        expires_at: None,
        last_used_at: None,
        sends_per_day: None,
    };
    (token, secret)
}

/// A token of [`member`] with everything that one can have, and the record of its later secret.
pub fn rotated(n: u8) -> (Token, Token) {
    let (token, _) = token(n, Role::Editor, &[Scope::MessagesSend]);
    let secret = Digest::of(&[n, n]);
    let shown = Token { hash: secret, first: Some(token.hash), ..token.clone() };
    let rotated = Token {
        rotation: Some(token.rotate(secret, Token::OVERLAP, NOW)),
        last_used_at: Some(later(60)),
        sends_per_day: SendsPerDay::new(200),
        ..token
    };
    (rotated, shown)
}

/// A session of [`member`] with its secret.
pub fn session(n: u8, role: Role) -> (Session, Secret) {
    let secret = Secret::new(CredentialKind::Session, organization_id(1), [n; 32]);
    let session = Session {
        id: SessionId::new(NOW, [n; 10]),
        organization_id: organization_id(1),
        hash: secret.hash(),
        member_id: member(n, role).id,
        role,
        created_at: NOW,
        expires_at: NOW + Session::IDLE,
        ends_at: NOW + Session::LIFE,
        used_at: NOW,
        browser: Some(Browser::of("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")),
        opened_with: OpenedWith::Password,
        proved_at: NOW,
        version: 1,
    };
    (session, secret)
}

/// The second factor of [`member`], which is not asked for yet.
pub fn second_factor(n: u8) -> SecondFactor {
    SecondFactor {
        organization_id: organization_id(1),
        member_id: member(n, Role::Owner).id,
        seed: vec![n; 60],
        started_at: NOW,
        enabled_at: None,
        last_step: 0,
        recovery: [Digest::of(b"one"), Digest::of(b"two")].into(),
        version: 1,
    }
}

/// Whose passkey is that of [`member`], as its device keeps it.
pub fn user_handle(n: u8) -> UserHandle {
    UserHandle { organization_id: organization_id(1), member_id: member(n, Role::Owner).id }
}

/// The passkeys of [`member`]: one that was used, and one that was not.
pub fn passkeys(n: u8) -> Passkeys {
    let key = |number: u8, last_used_at| Passkey {
        id: PasskeyId::new(NOW, [number; 10]),
        name: "Phone".into(),
        credential_id: vec![number; 32],
        credential: "{\"cred\":{}}".into(),
        created_at: NOW,
        last_used_at,
        synced: last_used_at.is_some(),
        sign_count: u32::from(number),
        offer: last_used_at.map(|_| Offer {
            at: NOW,
            algorithm: Algorithm::EdDsa,
            public_key: vec![number; 32],
            site: "https://console.example.com".into(),
            assertion: Assertion { client_data: vec![1], authenticator_data: vec![2], signature: vec![3] },
        }),
    };
    let UserHandle { organization_id, member_id } = user_handle(n);
    Passkeys::none(organization_id, member_id).with(key(1, Some(later(9)))).with(key(2, None))
}

/// That a passkey was asked for, with its secret.
pub fn ceremony(n: u8, purpose: Purpose) -> (Ceremony, CeremonySecret) {
    let secret = CeremonySecret::new([n; 32]);
    (Ceremony::new(&secret, purpose, NOW), secret)
}

/// A sign-in of [`login`] that waits for its second factor, with its secret.
pub fn pending_sign_in(n: u8) -> (PendingSignIn, PendingSecret) {
    let secret = PendingSecret::new(organization_id(1), [n; 32]);
    (PendingSignIn::new(&secret, &login(n), NOW), secret)
}

/// An inbox of [`organization`] 1.
pub fn inbox(n: u8) -> Inbox {
    Inbox {
        domain_id: None,
        id: inbox_id(n),
        organization_id: organization_id(1),
        address: address(&format!("inbox{n}@mail.example.com")),
        display_name: Some(HeaderText::lossy("Sample Inbox")),
        paused: None,
        created_at: NOW,
        provider: None,
    }
}

/// A connected account of [`organization`] 1, with the inbox of its bits, whose provider takes its key no more.
pub fn account(n: u8) -> Account {
    Account {
        id: inbox_id(n).account_id(),
        organization_id: organization_id(1),
        provider: Provider::Mailgun,
        region: Region::Eu,
        server: None,
        address: address(&format!("account{n}@example.com")),
        status: AccountStatus::Error { why: Trouble::CredentialsRefused, since: later(5) },
        sealed_secret: vec![1, 2, 3],
        last_four: "wxyz".into(),
        connected_by: MemberId::new(NOW, [1; 10]),
        created_at: NOW,
        version: 3,
    }
}

/// [`inbox`], deleted at [`NOW`].
pub fn purge(n: u8) -> Purge {
    Purge::of(&inbox(n), NOW)
}

fn party(name: &str) -> Party {
    Party { name: Some(name.into()), address: format!("{name}@example.org") }
}

/// A received mail in [`inbox`] 1, `n` seconds after [`NOW`].
pub fn inbound(n: u8) -> Message {
    Message {
        id: MessageId::new(later(i64::from(n)), [n; 10]),
        organization_id: organization_id(1),
        inbox_id: inbox_id(1),
        thread_id: ThreadId::new(NOW, [1; 10]),
        direction: Direction::Inbound {
            raw_key: format!("inbound/{n}"),
            verdicts: Verdicts { spam: "PASS".into(), virus: "PASS".into(), ..Verdicts::default() },
            defects: vec!["bad_charset".into()],
            automatic: false,
            findings: vec![Finding {
                kind: FindingKind::ReplyToMismatch,
                evidence: "answers go to bob@example.net".into(),
            }],
            authenticated: true,
            siblings: Some(vec![]),
        },
        from: party("ann"),
        reply_to: vec![],
        to: vec![party("inbox")],
        cc: vec![party("bob")],
        bcc: vec![],
        subject: "A question — über alles".into(),
        preview: "Hello".into(),
        internet_message_id: Some(format!("{n}@example.org")),
        references: vec!["0@example.org".into()],
        in_reply_to: Some("0@example.org".into()),
        date: Some(later(i64::from(n) - 60)),
        labels: BTreeSet::from([label("To do")]),
        unread: true,
        notes: Notes::default(),
        attachments: vec![AttachmentRef {
            id: AttachmentId::new(NOW, [n; 10]),
            filename: "a.pdf".into(),
            content_type: "application/pdf".into(),
            detected_type: Some("application/pdf".into()),
            size: 3,
            digest: Digest::of(b"pdf"),
            content_id: None,
            inline: false,
        }],
        size: 1234,
        created_at: later(i64::from(n)),
        version: 1,
        trash: None,
    }
}

fn tag(text: &str) -> Tag {
    Tag::parse(text).expect("a tag")
}

/// [`inbound`] in the trash, since [`NOW`].
pub fn trashed(n: u8) -> Trashed {
    Trashed::keep(&inbound(n), NOW)
}

/// A mail of [`inbox`] 1 that stands at `state`.
pub fn outbound(n: u8, state: State) -> Message {
    Message {
        direction: Direction::Outbound(Outbound {
            approval_id: approval(n).id,
            digest: Digest::of(&[n]),
            send_at: None,
            recipients: 1,
            first_contact: n % 2 == 1,
            forward: false,
            sent_again_as: if n % 2 == 1 { vec![inbound(n + 1).id] } else { vec![] },
            token_id: (n % 2 == 1).then(|| TokenId::new(NOW, [n; 10])),
            state,
        }),
        internet_message_id: None,
        date: None,
        unread: false,
        notes: Notes {
            metadata: [(tag("crm.id"), "lead 42".to_owned())].into(),
            tags: [tag("orders")].into(),
        },
        ..inbound(n)
    }
}

/// A label.
///
/// # Panics
/// Where the text is none.
pub fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

/// The place of [`inbound`] among the mails of a label.
pub fn mark(n: u8) -> Mark {
    Mark { inbox_id: inbox_id(1), label: label("To do"), message_id: inbound(n).id }
}

/// The search index of an inbox, with two segments, one of which has a mail that is gone, and one segment that was merged.
pub fn index(n: u8) -> Index {
    let segment = |mails: u8| Segment {
        name: Digest::of(&[n, mails]),
        mails: mails.into(),
        size: 70_000,
        tail: 900,
        newest: inbound(mails).id,
        oldest: inbound(1).id,
        gone: if mails == 9 { vec![inbound(2).id] } else { vec![] },
        gone_at: (mails == 9).then_some(NOW),
    };
    Index {
        organization_id: organization_id(1),
        inbox_id: inbox_id(n),
        segments: vec![segment(1), segment(9)],
        through: NOW,
        known: vec![inbound(1).id],
        retired: vec![Retired { name: Digest::of(b"retired"), at: NOW }],
        behind: true,
        look_at: Some(later(8_640_000)),
        sweep_at: Some(later(8_640_000)),
        version: 1,
    }
}

/// A budget of mails to a domain.
pub fn standing_approval(n: u8) -> StandingApproval {
    StandingApproval {
        id: StandingApprovalId::new(NOW, [n; 10]),
        organization_id: organization_id(1),
        inbox_id: Some(inbox_id(1)),
        target: Target::Domain("a.example".into()),
        budget: 5,
        used: 2,
        expires_at: later(90),
        made_by: Voter { member_id: MemberId::new(NOW, [5; 10]), role: Role::Owner },
        made_with: person(n),
        created_at: NOW,
        revoked_at: None,
        version: 1,
    }
}

/// Rules for mail that comes in, one with every kind of test.
pub fn screening() -> Screening {
    let when = Test {
        senders: vec![
            Whom::Address(address("eve@example.org")),
            Whom::Domain("example.net".into()),
            Whom::Everyone,
        ],
        listed: Some(false),
        failed: [Check::Spam, Check::Dmarc].into(),
        findings: [FindingKind::HiddenText].into(),
        tainted: Some(true),
        authenticated: Some(false),
    };
    let held = ScreeningRule {
        name: "Strangers".into(),
        inboxes: Some([inbox_id(1)].into()),
        when,
        outcome: Screened::Hold,
    };
    let when = Test { tainted: Some(true), ..Test::default() };
    let flagged = ScreeningRule { name: "Odd".into(), inboxes: None, when, outcome: Screened::Flag };
    Screening { rules: vec![held, flagged], updated_at: later(3), updated_by: Actor::System, version: 1 }
}

/// A held mail.
pub fn held(n: u8) -> Held {
    let entry = ListEntry::id_of(organization_id(1), Side::Receive, &Whom::Everyone);
    let reasons = vec![Reason::Rule("Strangers".into()), Reason::Entry(entry)];
    Held::new(inbound(n), Screened::Hold, reasons, later(1))
}

/// A suppression: of an address after a bounce where the number is odd, else of a domain, by hand.
pub fn suppression(n: u8) -> Suppression {
    let by_hand = n.is_multiple_of(2);
    let whom = if by_hand {
        Whom::Domain(format!("d{n}.example.org"))
    } else {
        Whom::Address(address(&format!("gone{n}@example.org")))
    };
    Suppression {
        id: Suppression::id_of(organization_id(1), &whom),
        organization_id: organization_id(1),
        whom,
        source: if by_hand { Source::Manual } else { Source::Bounce },
        reason: by_hand.then(|| "They asked for it.".to_owned()),
        message_id: (!by_hand).then(|| MessageId::new(NOW, [n; 10])),
        created_at: later(n.into()),
        created_by: Actor::System,
    }
}

/// A domain: verified where the number is even, else waited for.
///
/// # Panics
/// Never.
pub fn domain(n: u8) -> Domain {
    let name = DomainName::parse(&format!("d{n}.example.org")).unwrap_or_else(|error| panic!("{error}"));
    let asked = Domain::new(
        organization_id(1),
        (name, true),
        vec!["key".into()],
        ("eu-west-1", Actor::System, later(n.into())),
    );
    if !n.is_multiple_of(2) {
        return asked;
    }
    let found = asked.wanted().into_iter().map(|wanted| {
        let answer = Answer { value: wanted.value, priority: wanted.priority };
        Found::new(wanted.name, wanted.kind, Some(vec![answer]))
    });
    let seen = Seen { sends: true, tokens: asked.tokens.clone(), found: found.collect() };
    asked.seen(seen, later(60)).0
}

/// An entry of a list.
pub fn list_entry(n: u8, side: Side, standing: Standing, whom: Whom) -> ListEntry {
    ListEntry {
        id: ListEntry::id_of(organization_id(1), side, &whom),
        organization_id: organization_id(1),
        side,
        standing,
        whom,
        reason: None,
        created_at: later(n.into()),
        created_by: Actor::Member { member_id: MemberId::new(NOW, [5; 10]) },
    }
}

/// A pause.
pub fn pause() -> Pause {
    let by = Actor::Member { member_id: MemberId::new(NOW, [5; 10]) };
    Pause { by, at: later(3), reason: "To be sure.".into() }
}

/// A draft that was left of a rejected mail.
pub fn draft(n: u8) -> SavedDraft {
    let party = |name: &str| Party { name: Some(name.to_owned()), address: format!("{name}@a.example") };
    SavedDraft {
        client_id: Some(format!("order {n}")),
        to: vec![party("ann")],
        cc: vec![party("bob")],
        bcc: vec![party("eve")],
        reply_to: vec![party("dan")],
        subject: Some(HeaderText::lossy("The offer")),
        preview: "Dear Ann".into(),
        strict_html: true,
        unsubscribe: false,
        files: vec![DraftFile {
            filename: "offer.pdf".into(),
            content_type: "application/pdf".into(),
            detected_type: Some("application/pdf".into()),
            content_id: Some("offer".into()),
            size: 5,
            digest: Digest::of(b"offer"),
        }],
        send_at: Some(later(40)),
        answers: Some(inbound(9).id),
        reply_all: true,
        object: Some(DraftObject { name: Digest::of(&[n]), digest: Digest::of(&[n, 1]) }),
        rejected: Some(Rejected {
            approval_id: approval(n).id,
            message_id: inbound(n).id,
            reason: "The price is wrong.".into(),
        }),
        authors: [member(6, Role::Owner).id].into(),
        writers: vec![Actor::Member { member_id: member(6, Role::Owner).id }],
        updated_at: later(2),
        version: 3,
        ..SavedDraft::new(DraftId::new(later(i64::from(n)), [n; 10]), organization_id(1), inbox_id(1), NOW)
    }
}

/// What a key signed for this mail and another.
fn signed_vote(n: u8) -> SignedVote {
    SignedVote {
        key: Digest::of(&[n, 2]),
        device_bound: true,
        given: later(31),
        not_after: later(90_000),
        assertion: Assertion {
            client_data: vec![b'{', n, b'}'],
            authenticator_data: vec![n; 37],
            signature: vec![n; 70],
        },
        path: Some(Path { count: 2, place: 1, beside: vec![Digest::of(&[n, 3])] }),
    }
}

/// A row of [`upload`] that a mail is made of, the one that follows the first.
pub fn row_of(n: u8) -> RowOf {
    RowOf { upload_id: upload(n).id, number: 2, place: 1, after_days: 3 }
}

/// An upload: the first is ready, the second failed.
pub fn upload(n: u8) -> Upload {
    let found = FoundSheet {
        kind: SheetKind::Separated(';'),
        columns: vec!["Email".into(), "First name".into()],
        rows: 2,
        notes: vec![("separator".into(), "Its columns are separated by semicolons.".into())],
        guesses: [("to".into(), "Email".into())].into(),
        name: Digest::of(&[n, 1]),
    };
    let stage = if n == 2 {
        Stage::Failed { at: NOW, code: "file_empty".into(), message: "the file is empty".into() }
    } else {
        Stage::Ready
    };
    Upload {
        id: UploadId::new(later(i64::from(n)), [n; 10]),
        organization_id: organization_id(1),
        inbox_id: inbox_id(1),
        filename: "list.csv".into(),
        content_type: "text/csv".into(),
        size: 48,
        made_by: Actor::Member { member_id: MemberId::new(NOW, [n; 10]) },
        created_at: NOW,
        stage,
        found: (n != 2).then_some(found),
        checked: Some(Checked { plan: Digest::of(&[n, 2]), good: 1, bad: 1 }),
        confirmed: Some(Confirmed { by: Actor::System, with: program(n), at: NOW }),
        progress: Progress { rows: 2, made: 1, failed: 1, mails: 1, held: 1 },
        waits: Some("Until tomorrow".into()),
        tries: 1,
        look_at: None,
        version: 1,
    }
}

/// What became of a row of [`upload`].
pub fn upload_row(n: u8) -> UploadRow {
    let (message_id, approval_id) = (inbound(n).id, approval(n).id);
    let error = StoredError {
        code: "variable_empty".into(),
        column: Some("First name".into()),
        message: "is empty".into(),
    };
    UploadRow {
        upload_id: upload(n).id,
        number: 2,
        made: vec![Made { message_id, approval_id }],
        errors: vec![error],
        at: NOW,
        version: 1,
    }
}

/// Which rows of [`upload`] a member decided about alone.
pub fn opened(n: u8) -> Opened {
    Opened {
        upload_id: upload(n).id,
        member_id: MemberId::new(NOW, [n; 10]),
        rows: [2, 17].into(),
        at: NOW,
        version: 1,
    }
}

fn revision_asked(n: u8) -> RevisionAsked {
    RevisionAsked {
        by: MemberId::new(NOW, [8; 10]),
        at: later(33),
        note: "Leave out the price.".into(),
        with: person(n),
    }
}

/// A pending approval of [`outbound`].
pub fn approval(n: u8) -> Approval {
    Approval {
        id: ApprovalId::new(later(i64::from(n)), [n; 10]),
        organization_id: organization_id(1),
        inbox_id: inbox_id(1),
        message_id: inbound(n).id,
        thread_id: inbound(n).thread_id,
        answers: Some(inbound(9).id),
        forward: false,
        resends: vec![inbound(7).id, inbound(8).id],
        authors: [member(6, Role::Owner).id].into(),
        digest: Digest::of(&[n]),
        revision: 2,
        supersedes: Some(ApprovalId::new(NOW, [n; 10])),
        edited_by: Some(MemberId::new(NOW, [3; 10])),
        requested_by: Actor::Token {
            token_id: TokenId::new(NOW, [n; 10]),
            member_id: MemberId::new(NOW, [n; 10]),
            name: CalledThen::new("Sample"),
        },
        requested_with: program(n),
        requested_at: NOW,
        expires_at: NOW + Terms::default().expires_in,
        send_at: Some(later(30)),
        quiet: vec![Hours { days: [1, 6].into(), from: 1_200, to: 420, time_zone: "Europe/Berlin".into() }],
        terms: Some(Terms {
            signed: SignedVotes { votes: 1, device_bound: true },
            open_rows: 5,
            ..Terms::default()
        }),
        reasons: vec!["no_policy_allows_it".into()],
        risks: Some([Risk::FirstContact].into()),
        trace: vec![Step {
            policy_id: PolicyId::new(NOW, [n; 10]),
            policy_version: 3,
            policy_name: "Strangers".into(),
            rule: 1,
            rule_name: "First contact".into(),
            outcome: "hold",
            because: "ann@a.example was never written to before".into(),
        }],
        votes: vec![
            Vote {
                member_id: MemberId::new(NOW, [4; 10]),
                role: Role::Approver,
                at: later(31),
                verdict: Verdict::Reject("No.".into()),
                standing: None,
                with: Credential::Link(Digest::of(&[n, 1])),
                unseen: true,
                signed: None,
            },
            Vote {
                member_id: MemberId::new(NOW, [5; 10]),
                role: Role::Owner,
                at: later(32),
                verdict: Verdict::Approve,
                standing: Some(standing_approval(n).id),
                with: person(n),
                unseen: false,
                signed: Some(signed_vote(n)),
            },
        ],
        delegations: vec![Delegation {
            from: MemberId::new(NOW, [6; 10]),
            role: Role::Admin,
            to: MemberId::new(NOW, [5; 10]),
            at: later(30),
            with: program(n),
        }],
        taken_back: vec![TakenBack {
            vote: Vote {
                member_id: MemberId::new(NOW, [7; 10]),
                role: Role::Admin,
                at: later(31),
                verdict: Verdict::Approve,
                standing: None,
                with: person(n),
                unseen: false,
                signed: None,
            },
            at: later(32),
            with: person(n),
        }],
        revision_asked: Some(revision_asked(n)),
        recipients: vec![party("ann")],
        subject: "Re: A question".into(),
        preview: "An answer".into(),
        attachment_count: 1,
        html_changes: vec![HtmlChange { kind: "comment_removed".into(), what: "x".into(), count: 2 }],
        decision: Decision::Pending,
        row: None,
        provider: None,
        draft_id: None,
        task_token: None,
        demanded: SignedVotes { votes: 2, device_bound: true },
        waits: 2,
        version: 1,
    }
}

/// What was said about an approval.
pub fn comments(n: u8) -> Comments {
    let comment = |by: Actor, asks_revision| Comment {
        by,
        at: later(40),
        text: "Is the price right?".into(),
        asks_revision,
    };
    let person = Actor::Member { member_id: MemberId::new(NOW, [8; 10]) };
    Comments {
        all: vec![comment(approval(n).requested_by, false), comment(person, true)],
        version: 1,
        ..Comments::new(organization_id(1), approval(n).id)
    }
}

/// What a person signed in with.
pub fn person(n: u8) -> Credential {
    Credential::Session(SessionId::new(NOW, [n; 10]))
}

/// A token that another made.
pub fn program(n: u8) -> Credential {
    Credential::Token {
        id: TokenId::new(NOW, [n; 10]),
        chain: vec![Digest::of(&[n, n]), Digest::of(&[n, n, n])],
    }
}

/// A file.
pub fn attachment(n: u8) -> Attachment {
    let digest = Digest::of(&[n]);
    Attachment {
        id: Attachment::id_in(inbound(n).id, "a.pdf", digest),
        organization_id: organization_id(1),
        inbox_id: inbox_id(1),
        message: Some((inbound(n).id, digest)),
        filename: "a.pdf".into(),
        content_type: "application/pdf".into(),
        detected_type: Some("application/pdf".into()),
        size: 3,
        created_at: NOW,
    }
}

/// A webhook.
pub fn webhook(n: u8) -> Webhook {
    Webhook {
        id: WebhookId::new(later(i64::from(n)), [n; 10]),
        organization_id: organization_id(1),
        url: "https://example.com/hook".into(),
        events: [EventKind::MessageSent.into()].into(),
        inbox_ids: [inbox_id(1)].into(),
        status: WebhookStatus::Disabled { why: WhyDisabled::Failing, at: later(60) },
        sealed_secret: vec![9; 100],
        secret_last_four: "abcd".into(),
        former_secret: Some(FormerSecret { sealed: vec![8; 100], until: later(90) }),
        created_at: NOW,
        health: Health {
            failures: 5,
            failing_since: Some(NOW),
            pauses: 1,
            held_until: Some(later(30)),
            slow_until: Some(later(600)),
            quick: true,
        },
        version: 1,
    }
}

/// A delivery that waits to be told to [`webhook`].
pub fn waiting_delivery(n: u8) -> WaitingDelivery {
    let event = event(n);
    WaitingDelivery {
        webhook_id: webhook(1).id,
        organization_id: organization_id(1),
        event_id: event.id,
        kind: event.kind,
        body: format!(r#"{{"id":"{}"}}"#, event.id),
        number: 2,
        put_off: 1,
        asked_at: Some(NOW),
        due: later(300),
        look_at: later(310),
        version: 1,
    }
}

/// An attempt at [`webhook`].
pub fn attempt(n: u8) -> Attempt {
    Attempt {
        webhook_id: webhook(1).id,
        organization_id: organization_id(1),
        event_id: EventId::new(NOW, [n; 10]),
        kind: EventKind::MessageSent,
        number: 1,
        at: later(i64::from(n)),
        url: "https://example.com/hook".into(),
        head: ResponseHead::of([("retry-after", "60")]),
        result: if n.is_multiple_of(2) {
            AttemptResult::Answered(200)
        } else {
            AttemptResult::NoAnswer("timeout")
        },
        duration_ms: 12,
        retry_at: Some(later(100)),
    }
}

/// A link of [`member`] `n` to [`approval`] 1, with its secret.
pub fn link(n: u8) -> (Link, LinkSecret) {
    let secret = LinkSecret::new(organization_id(1), [n; 32]);
    (Link::new(&secret, &approval(1), member(n, Role::Approver).id, NOW), secret)
}

/// What lets the recipient of a list mail of [`inbox`] 1 unsubscribe, with its secret.
pub fn opt_out(n: u8) -> (OptOut, OptOutSecret) {
    let secret = OptOutSecret::new(organization_id(1), [n; 32]);
    let ids = (inbox_id(1), MessageId::new(NOW, [n; 10]));
    (OptOut::new(&secret, ids, address("ann@example.org"), NOW), secret)
}

/// A notice for [`member`] `n`.
pub fn notice(n: u8, state: NoticeState) -> Notice {
    Notice {
        key: Digest::of(&[n, 1]),
        organization_id: organization_id(1),
        member_id: member(n, Role::Approver).id,
        state,
        created_at: NOW,
        version: 1,
    }
}

/// What [`member`] `n` has been told lately.
pub fn pace(n: u8) -> Pace {
    Pace {
        singles: vec![NOW, later(5)],
        digest_due: Some(later(900)),
        alerts: vec![later(7)],
        signed_in: true,
        ..Pace::new(organization_id(1), member(n, Role::Approver).id)
    }
}

/// What [`member`] `n` wants to be told of: a digest a day, and nothing at night in Berlin.
pub fn notifications(n: u8) -> Notifications {
    Notifications {
        mails: Mails::Daily,
        time_zone: "Europe/Berlin".to_owned(),
        quiet: Some(Quiet { days: (1..=7).collect(), from: 22 * 60, to: 7 * 60 }),
        version: 1,
        ..Notifications::new(organization_id(1), member(n, Role::Approver).id)
    }
}

/// An event about [`inbound`].
pub fn event(n: u8) -> Event {
    Event {
        id: EventId::new(NOW, [n; 10]),
        organization_id: organization_id(1),
        kind: EventKind::MessageReceived,
        created_at: NOW,
        sequence: Some(Event::sequence_of(1, 0)),
        went: false,
        subject: Subject::Message(Box::new(inbound(n))),
    }
}

/// What events may be about beside a mail that came in, one of each.
pub fn subjects() -> Vec<Subject> {
    let pause = Pause { by: Actor::System, at: NOW, reason: "Why".into() };
    let bounce = Bounce {
        kind: "permanent".into(),
        subtype: Some("general".into()),
        recipients: vec![BouncedRecipient {
            address: "ann@example.org".into(),
            status: Some("5.1.1".into()),
            diagnostic: Some("smtp; 550 5.1.1 no such user".into()),
        }],
    };
    let blocked =
        Blocked { inbox_id: inbox_id(1), requested_by: Actor::System, reasons: vec!["blocked".into()] };
    vec![
        Subject::Bounced(Box::new(inbound(1)), bounce),
        Subject::Blocked(Box::new(blocked)),
        Subject::Approval(Box::new(approval(1))),
        Subject::Inbox(Box::new(inbox(1))),
        Subject::Halt(Box::new(Halt { token_id: Some(TokenId::new(NOW, [1; 10])), paused: Some(pause) })),
        Subject::Halt(Box::new(Halt { token_id: None, paused: None })),
        Subject::Endpoint(Endpoint { id: webhook(1).id, status: webhook(1).status }),
        Subject::Domain(Box::new(domain(1).notice())),
        Subject::Seat(SeatNotice { id: member(1, Role::Owner).id, role: Role::Approver }),
        Subject::Invitation(InvitationNotice { id: invitation(1).id, role: Role::Viewer }),
        Subject::Upload(Box::new(upload(1).notice())),
        Subject::Account(account(1).notice()),
    ]
}

/// The `n`-th block of the feed of [`organization_id`] 1, with one event of that organization and one that is about no inbox, a second
/// after the one before.
pub fn block(n: u8) -> Block {
    let listed = Listed::from(&event(n));
    let other = Listed { event_id: EventId::new(NOW, [100 + n; 10]), inbox_id: None, ..listed.clone() };
    let (number, at) = (u64::from(n), later(i64::from(n)));
    Block { organization_id: organization_id(1), number, at, events: vec![listed, other] }
}

/// The policies of [`organization`] 1, one with a rule of every outcome.
///
/// # Panics
/// Never.
pub fn policies() -> PolicyBook {
    let recipient = RecipientTest { first_contact: Some(true), ..RecipientTest::default() };
    let rule = |when, outcome| Rule { name: "Sample \"rule\" — é".into(), when, outcome };
    let content = PolicyContent {
        name: "Sample".into(),
        description: "For tests".into(),
        enabled: true,
        inboxes: Some([inbox_id(1)].into()),
        rules: vec![
            rule(Condition::AnyRecipient(recipient), Outcome::Hold(Terms::default())),
            rule(Condition::Not(Box::new(Condition::SizeOver(1_000))), Outcome::Allow),
            rule(Condition::VolumeOver { per: Per::Inbox, window: Window::Day, over: 9 }, Outcome::Block),
        ],
    };
    let policy = Policy {
        id: PolicyId::new(NOW, [1; 10]),
        content,
        version: 3,
        created_at: NOW,
        updated_at: later(9),
        updated_by: Actor::System,
        settled_at: later(1),
    };
    let group = Group {
        id: GroupId::new(NOW, [1; 10]),
        name: GroupName::parse("legal").expect("a name"),
        members: [MemberId::new(NOW, [1; 10])].into(),
        version: 2,
        created_at: NOW,
        updated_at: later(3),
        updated_by: Actor::System,
    };
    PolicyBook { policies: vec![policy], unreadable: vec![], groups: vec![group], version: 1 }
}

/// An audit entry.
pub fn audit_entry(n: u8) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(NOW, [n; 10]),
        organization_id: organization_id(1),
        at: NOW,
        actor: Actor::System,
        action: "sample.create",
        target: "x".into(),
        details: vec![("a", "b".into())],
    }
}

/// A line of the log of requests of [`organization_id`] 1: of a token where `n` is odd, of a session where it is even.
pub fn request_line(n: u8) -> RequestLine {
    let with = if n % 2 == 1 {
        With::Token(TokenId::new(NOW, [n; 10]))
    } else {
        With::Session(SessionId::new(NOW, [n; 10]))
    };
    RequestLine {
        id: Digest::of(&[b'r', n]),
        organization_id: organization_id(1),
        at: later(i64::from(n)),
        request_id: format!("request-{n}="),
        operation: "messages_list".to_owned(),
        method: "GET".to_owned(),
        path: "/v1/inboxes/{inbox_id}/messages".to_owned(),
        status: if n % 2 == 1 { 200 } else { 422 },
        code: n.is_multiple_of(2).then(|| "invalid_limit".to_owned()),
        with,
        member_id: Some(member(1, Role::Editor).id),
        inbox_id: Some(inbox_id(1)),
        duration_ms: u64::from(n),
    }
}

/// Part `part` of what was counted of somebody on the day of [`NOW`].
pub fn usage(of: Of, part: u8) -> Usage {
    let amounts = Amounts { requests: 3, sent: 1, received: 2, stored_bytes: 4_000 };
    Usage { day: day_of(NOW), of, part, amounts }
}
