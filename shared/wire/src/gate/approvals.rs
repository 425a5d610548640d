//! Approvals: what is said about a mail that is held, and how that is shown.

use app::base::error::{FieldError, Refusal};
use app::base::store::PageRequest;
use app::gate::approvals::{Batched, View};
use app::gate::attest::VoteSignature;
use app::gate::diff::Difference;
use app::gate::html::explain;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{
    Approval, Decision, Delegation, HtmlChange, RevisionAsked, TakenBack, Verdict, Vote,
};
use domain::gate::risk::Risk;
use domain::mailbox::account::Provider;
use domain::people::access::Role;
use domain::people::signing::Assertion;
use domain::{ApprovalId, DraftId, InboxId, MemberId, MessageId, StandingApprovalId, ThreadId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::page_request;
use crate::base::parts::{ActorView, CredentialView, HoursView, StepView, actor, credential, hours, step};
use crate::base::problem;
use crate::base::request::{self, request};
use crate::base::values::{AtLeastOne, Base64, Choice, Filled, IdOf, Limit, Named, Sha256, Text, Time};
use crate::gate::comments::{CommentView, comment};
use crate::gate::policies::{TermsView, terms};
use crate::mailbox::messages::{DetailView, MessageView, PartyView, detail, message, parties};

request! {
    /// A vote for exactly these bytes.
    pub struct Approve {
        /// The `digest` of the approval as it was shown.
        digest: Sha256,
        /// What your own key signed of it, where a policy asks for that.
        signature: Option<VoteSigned>,
    }
}

request! {
    /// What a key of yours signed: `infra/docs/KEYS.md` says how its text is made. The three values of bytes are what
    /// `navigator.credentials.get` gave, in base64.
    pub struct VoteSigned {
        /// The id of the key, as the key log has it.
        key: Sha256,
        /// When the text was made, in whole seconds: at most ten minutes ago.
        given: Time,
        /// How long the vote is good for: a mail that goes later needs another.
        not_after: Time,
        /// `clientDataJSON`.
        client_data: Base64,
        /// `authenticatorData`.
        authenticator_data: Base64,
        /// `signature`.
        signature: Base64,
        /// Where one signature stands for many mails: their leaves, in the order in which the root was made of them.
        leaves: Option<AtLeastOne<Sha256, 500>>,
    }
}

impl VoteSigned {
    fn read(self) -> VoteSignature {
        VoteSignature {
            key: self.key.0,
            given: self.given.0,
            not_after: self.not_after.0,
            assertion: Assertion {
                client_data: self.client_data.0.to_vec(),
                authenticator_data: self.authenticator_data.0.to_vec(),
                signature: self.signature.0.to_vec(),
            },
            leaves: self.leaves.map(|leaves| leaves.0.into_iter().map(|leaf| leaf.0).collect()),
        }
    }
}

/// The same of a form of the console, whose field is JSON; an empty one is none.
pub fn signature_of_form(text: &str) -> Result<Option<VoteSignature>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    request::body::<VoteSigned>(text.as_bytes()).map(|signed| Some(signed.read()))
}

/// Approvals in a batch.
pub const BATCH: usize = 50;

request! {
    /// Votes for several mails, each for exactly its bytes.
    pub struct BatchApprovals {
        /// What is said of all of them.
        verdict: Choice<BatchVerdict>,
        /// Why they are rejected. Whoever asked is told.
        reason: Option<Text<2_000>>,
        /// The approvals, 1 to 50, each once.
        items: AtLeastOne<BatchItem, BATCH>,
        /// What your own key signed of all of them, where a policy asks for that.
        signature: Option<VoteSigned>,
    }
}

request! {
    /// One of them.
    pub struct BatchItem {
        /// Its id.
        approval_id: IdOf<ApprovalId>,
        /// The `digest` of the approval as it was shown.
        digest: Sha256,
    }
}

/// What is said of several mails at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchVerdict {
    /// Let them go.
    Approve,
    /// Stop them.
    Reject,
}

impl Named for BatchVerdict {
    const ALL: &'static [Self] = &[Self::Approve, Self::Reject];
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// Which approvals are decided about, each with the digest that it was shown with, and what is said of them.
pub type Batch = (Vec<(ApprovalId, Digest)>, Verdict, Option<VoteSignature>);

/// Reads [`BatchApprovals`]. Each of those that stand twice is named; a reason is for what is rejected alone.
pub fn batch(body: &[u8]) -> Result<Batch, Refusal> {
    let BatchApprovals { verdict, reason, items, signature } = request::body(body)?;
    let items: Vec<_> = items.0.into_iter().map(|item| (item.approval_id.0, item.digest.0)).collect();
    let mut twice = vec![];
    for (n, (id, _)) in items.iter().enumerate() {
        if let Some(first) = items[..n].iter().position(|(before, _)| before == id) {
            let message = format!("stands in items[{first}] already");
            twice.push(FieldError::new(format!("items[{n}].approval_id"), Code::NamedTwice, message));
        }
    }
    let verdict = match verdict.0 {
        BatchVerdict::Reject => Verdict::Reject(reason.map(|reason| reason.0).unwrap_or_default()),
        BatchVerdict::Approve => {
            if reason.is_some() {
                let message = "is for mails that are rejected: leave it out";
                twice.push(FieldError::new("reason", Code::UnknownField, message));
            }
            Verdict::Approve
        }
    };
    let signature = signature.map(VoteSigned::read);
    if twice.is_empty() { Ok((items, verdict, signature)) } else { Err(Refusal::Invalid(twice)) }
}

/// What became of the mails of a batch, in the order in which they were named.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalBatch")]
pub struct ApprovalBatchView {
    data: Vec<BatchedView>,
}

/// What became of one of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalBatched")]
struct BatchedView {
    approval_id: IdOf<ApprovalId>,
    /// Where the approval stands with this vote; `null` where the vote was not taken.
    status: Option<&'static str>,
    /// Why the vote was not taken, as the error of a single one would have it.
    error: Option<BatchErrorView>,
}

/// Why a vote of a batch was not taken.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalBatchError")]
struct BatchErrorView {
    code: &'static str,
    message: String,
}

/// What became of the mails of a batch.
pub fn batched(all: &[Batched], now: Timestamp) -> ApprovalBatchView {
    let one = |one: &Batched| BatchedView {
        approval_id: IdOf(one.id),
        status: one.decided.as_ref().ok().map(|decided| decided.status(now)),
        error: one.decided.as_ref().err().map(|refusal| BatchErrorView {
            code: refusal.code().as_str(),
            message: problem::words(refusal),
        }),
    };
    ApprovalBatchView { data: all.iter().map(one).collect() }
}

request! {
    /// A vote against exactly these bytes.
    pub struct Reject {
        /// The `digest` of the approval as it was shown.
        digest: Sha256,
        /// Why. Whoever asked is told.
        reason: Option<Text<2_000>>,
        /// Whether what the mail says is left as a draft of its inbox, where this vote decides; left out, it is not.
        revise: Option<bool>,
        /// What your own key signed of it: nothing asks for that, and it is kept with the vote.
        signature: Option<VoteSigned>,
    }
}

request! {
    /// Why something is held back or called off.
    pub struct Reason {
        /// In words, for whoever meets it.
        reason: Option<Text<500>>,
    }
}

request! {
    /// That a mail is to be written otherwise.
    pub struct AskToRevise {
        /// The `digest` of the approval as it was shown.
        digest: Sha256,
        /// What is to be otherwise, for whoever asked.
        note: Filled<2_000>,
    }
}

/// Reads [`AskToRevise`].
pub fn ask_to_revise(body: &[u8]) -> Result<(Digest, String), Refusal> {
    let AskToRevise { digest, note } = request::body(body)?;
    Ok((digest.0, note.0))
}

request! {
    /// Whom a vote is handed to.
    pub struct Delegate {
        /// Who votes from now on: somebody with a role that may.
        member_id: IdOf<MemberId>,
    }
}

request! {
    /// Which approvals.
    pub struct ApprovalsQuery {
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// `pending` where it is left out.
        status: Option<Choice<ApprovalStatus>>,
    }
}

impl ApprovalsQuery {
    /// The status, and the page.
    pub fn list(self) -> (&'static str, PageRequest) {
        let status = self.status.map_or("pending", |status| status.0.name());
        (status, page_request(self.limit, self.cursor))
    }
}

/// How far an approval is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalStatus(&'static str);

impl Named for ApprovalStatus {
    const ALL: &'static [Self] = &{
        let names = Decision::STATUSES;
        let mut all = [Self(""); Decision::STATUSES.len()];
        let mut i = 0;
        while i < names.len() {
            all[i] = Self(names[i]);
            i += 1;
        }
        all
    };
    const UNKNOWN: Code = Code::UnknownStatus;

    fn name(&self) -> &'static str {
        self.0
    }
}

/// Reads [`Approve`].
pub fn approve(body: &[u8]) -> Result<(Digest, Option<VoteSignature>), Refusal> {
    let Approve { digest, signature } = request::body(body)?;
    Ok((digest.0, signature.map(VoteSigned::read)))
}

/// Reads [`Reject`]: the digest, why, whether a draft is to be left, and what a key signed.
pub fn reject(body: &[u8]) -> Result<(Digest, String, bool, Option<VoteSignature>), Refusal> {
    let Reject { digest, reason, revise, signature } = request::body(body)?;
    let reason = reason.map(|reason| reason.0).unwrap_or_default();
    Ok((digest.0, reason, revise.unwrap_or(false), signature.map(VoteSigned::read)))
}

/// Reads [`Reason`].
pub fn reason(body: &[u8]) -> Result<String, Refusal> {
    let Reason { reason } = request::body_or_nothing(body)?;
    Ok(reason.map(|reason| reason.0).unwrap_or_default())
}

/// Reads [`Delegate`].
pub fn delegate(body: &[u8]) -> Result<MemberId, Refusal> {
    let Delegate { member_id } = request::body(body)?;
    Ok(member_id.0)
}

/// An approval as a list shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Approval")]
pub struct ApprovalView<'a> {
    id: IdOf<ApprovalId>,
    /// `pending`, `approved`, `rejected`, `expired`, `cancelled` or `superseded`.
    status: &'static str,
    inbox_id: IdOf<InboxId>,
    message_id: IdOf<MessageId>,
    thread_id: IdOf<ThreadId>,
    /// The mail that it answers.
    answers: Option<IdOf<MessageId>>,
    /// The mail that it passes on.
    forwards: Option<IdOf<MessageId>>,
    /// The mails of which it is a new attempt, the first of all first.
    resends: Vec<IdOf<MessageId>>,
    /// Of the bytes that leave, if it is approved.
    digest: Sha256,
    /// Counts edits of the mail, from 1.
    revision: u32,
    /// The approval of the revision before.
    supersedes: Option<IdOf<ApprovalId>>,
    /// Who made this revision, where it is an edited one.
    edited_by: Option<IdOf<MemberId>>,
    requested_by: ActorView,
    requested_with: CredentialView,
    requested_at: Time,
    /// Until when it can be decided.
    expires_at: Time,
    /// Not before.
    send_at: Option<Time>,
    /// Hours within which its mail does not go, decided or not.
    quiet_hours: Vec<HoursView<'a>>,
    /// Where there are such hours: when it would go that is approved now, or was.
    not_before: Option<Time>,
    /// Why it was held or let go, as stable codes.
    reasons: &'a [String],
    /// What about it deserves a look, the worst first; `null` where it was asked for before this was looked at.
    risks: Option<Vec<RiskView>>,
    policy_trace: Vec<StepView<'a>>,
    /// What it takes; none where policies let the mail go without a person.
    terms: Option<TermsView>,
    votes: Vec<VoteView<'a>>,
    delegations: Vec<DelegationView>,
    /// Votes that were taken back before the mail was claimed.
    taken_back: Vec<TakenBackView<'a>>,
    /// That somebody who decides asked for a revision, the last time that somebody did.
    revision_requested: Option<RevisionRequestedView<'a>>,
    /// Of all kinds.
    recipients: Vec<PartyView<'a>>,
    subject: &'a str,
    preview: &'a str,
    attachment_count: u32,
    /// What its HTML was changed in before it was sealed.
    changes: Vec<HtmlChangeView<'a>>,
    /// Whose connected account it leaves through; `null` where it leaves through SES. `resend`, `sendgrid` and `brevo` take the fields of a mail
    /// and not its bytes: `Message-ID`, encodings and the order of parts are theirs.
    provider: Option<Choice<Provider>>,
    #[serde(flatten)]
    decision: DecisionView<'a>,
}

/// What about a mail deserves a look.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Risk")]
struct RiskView {
    /// `thread_tainted`, `disguised_file`, `program_file`, `links_differ`, `active_file`, `odd_link`, `answers_elsewhere`, `words_differ`,
    /// `author_unproven` or `first_contact`.
    code: &'static str,
    /// `danger`, `caution` or `note`.
    level: &'static str,
}

fn risk(risk: Risk) -> RiskView {
    RiskView { code: risk.as_str(), level: risk.level().as_str() }
}

/// What was decided, where something was.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "Decision")]
struct DecisionView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<DecidedBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_by: Option<ActorView>,
    /// The draft that was left of a rejected mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft_id: Option<IdOf<DraftId>>,
    /// The approval of the next revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by: Option<IdOf<ApprovalId>>,
}

/// The member whose vote decided; `null` where no person did.
#[derive(Serialize, JsonSchema)]
struct DecidedBy(Option<IdOf<MemberId>>);

/// An approval as a list shows it. `now` tells whether its time is over.
pub fn approval(approval: &Approval, now: Timestamp) -> ApprovalView<'_> {
    ApprovalView {
        id: IdOf(approval.id),
        status: approval.status(now),
        inbox_id: IdOf(approval.inbox_id),
        message_id: IdOf(approval.message_id),
        thread_id: IdOf(approval.thread_id),
        answers: approval.answers.filter(|_| !approval.forward).map(IdOf),
        forwards: approval.answers.filter(|_| approval.forward).map(IdOf),
        resends: approval.resends.iter().copied().map(IdOf).collect(),
        digest: Sha256(approval.digest),
        revision: approval.revision,
        supersedes: approval.supersedes.map(IdOf),
        edited_by: approval.edited_by.map(IdOf),
        requested_by: actor(&approval.requested_by),
        requested_with: credential(&approval.requested_with),
        requested_at: Time(approval.requested_at),
        expires_at: Time(approval.expires_at),
        send_at: approval.send_at.map(Time),
        quiet_hours: approval.quiet.iter().map(hours).collect(),
        not_before: not_before(approval, now).map(Time),
        reasons: &approval.reasons,
        risks: approval.risks.as_ref().map(|risks| risks.iter().copied().map(risk).collect()),
        policy_trace: approval.trace.iter().map(step).collect(),
        terms: approval.terms.as_ref().map(|it| terms(it, Some(&approval.progress()))),
        votes: approval.votes.iter().map(vote).collect(),
        delegations: approval.delegations.iter().map(delegation).collect(),
        taken_back: approval.taken_back.iter().map(taken_back).collect(),
        revision_requested: approval.revision_asked.as_ref().map(revision_requested),
        recipients: parties(&approval.recipients),
        subject: &approval.subject,
        preview: &approval.preview,
        attachment_count: approval.attachment_count,
        changes: approval.html_changes.iter().map(html_change).collect(),
        provider: approval.provider.map(Choice),
        decision: DecisionView { draft_id: approval.draft_id.map(IdOf), ..decision(&approval.decision) },
    }
}

fn not_before(approval: &Approval, now: Timestamp) -> Option<Timestamp> {
    let decided = match approval.decision {
        Decision::Pending => Some(now),
        Decision::Approved { at, .. } => Some(at),
        _ => None,
    };
    decided.filter(|_| !approval.quiet.is_empty()).map(|at| approval.due(at))
}

fn decision(decision: &Decision) -> DecisionView<'_> {
    let nothing = DecisionView::default();
    match decision {
        Decision::Pending => nothing,
        Decision::Approved { by, at } => {
            DecisionView { decided_by: Some(DecidedBy(by.map(IdOf))), decided_at: Some(Time(*at)), ..nothing }
        }
        Decision::Cancelled { by, at, reason } => DecisionView {
            cancelled_by: Some(actor(by)),
            decided_at: Some(Time(*at)),
            decision_reason: Some(reason),
            ..nothing
        },
        Decision::Superseded { by, at, next } => DecisionView {
            decided_by: Some(DecidedBy(Some(IdOf(*by)))),
            decided_at: Some(Time(*at)),
            superseded_by: Some(IdOf(*next)),
            ..nothing
        },
        Decision::Rejected { by, at, reason } => DecisionView {
            decided_by: Some(DecidedBy(Some(IdOf(*by)))),
            decided_at: Some(Time(*at)),
            decision_reason: Some(reason),
            ..nothing
        },
        Decision::Expired { at } => DecisionView { decided_at: Some(Time(*at)), ..nothing },
    }
}

/// An approval with what a person needs to decide.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApprovalDetail")]
pub struct ApprovalDetailView<'a> {
    #[serde(flatten)]
    approval: ApprovalView<'a>,
    /// The mail as it is sealed under `digest`.
    message: DetailView<'a>,
    /// The mail that it answers or passes on.
    answered_message: Option<DetailView<'a>>,
    /// The last mails of the conversation, oldest first.
    thread: Vec<MessageView<'a>>,
    /// What the last edit changed, where this is an edited revision.
    differences: Option<Vec<DifferenceView<'a>>>,
    /// What was said about it and about the revisions before it, the first first.
    comments: Vec<CommentView<'a>>,
}

/// What an edit changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
struct DifferenceView<'a> {
    /// `to`, `cc`, `bcc`, `reply_to`, `send_at`, `subject`, `attachments`, `text` or `html`.
    field: &'static str,
    /// What it was; of a body nothing.
    before: &'a str,
    /// What it is; of a body the changed lines, as a unified diff.
    after: &'a str,
}

/// An approval with what a person needs to decide.
pub fn approval_detail(found: &View, now: Timestamp) -> ApprovalDetailView<'_> {
    ApprovalDetailView {
        approval: approval(&found.approval, now),
        message: detail(&found.message),
        answered_message: found.answers.as_ref().map(detail),
        thread: found.thread.iter().map(message).collect(),
        differences: found.differences.as_ref().map(|list| list.iter().map(difference).collect()),
        comments: found.comments.iter().map(|(revision, one)| comment(one, Some(*revision))).collect(),
    }
}

fn difference(one: &Difference) -> DifferenceView<'_> {
    DifferenceView { field: one.field, before: &one.before, after: &one.after }
}

/// A vote.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Vote")]
struct VoteView<'a> {
    member_id: IdOf<MemberId>,
    role: Choice<Role>,
    at: Time,
    /// `approve` or `reject`.
    verdict: &'static str,
    reason: Option<&'a str>,
    /// Where it was given ahead.
    standing_approval_id: Option<IdOf<StandingApprovalId>>,
    credential: CredentialView,
    /// Whether the mail itself was decided about; `false` where several were approved at once, of which a list was seen.
    seen: bool,
}

fn vote(vote: &Vote) -> VoteView<'_> {
    let (verdict, reason) = match &vote.verdict {
        Verdict::Approve => ("approve", None),
        Verdict::Reject(reason) => ("reject", Some(reason.as_str())),
    };
    VoteView {
        member_id: IdOf(vote.member_id),
        role: Choice(vote.role),
        at: Time(vote.at),
        verdict,
        reason,
        standing_approval_id: vote.standing.map(IdOf),
        credential: credential(&vote.with),
        seen: !vote.unseen,
    }
}

/// A vote that was handed on.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Delegation")]
struct DelegationView {
    from: IdOf<MemberId>,
    role: Choice<Role>,
    to: IdOf<MemberId>,
    at: Time,
    credential: CredentialView,
}

fn delegation(one: &Delegation) -> DelegationView {
    DelegationView {
        from: IdOf(one.from),
        role: Choice(one.role),
        to: IdOf(one.to),
        at: Time(one.at),
        credential: credential(&one.with),
    }
}

/// That a mail is to be written otherwise.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RevisionRequested")]
struct RevisionRequestedView<'a> {
    by: IdOf<MemberId>,
    at: Time,
    /// What is to be otherwise.
    note: &'a str,
}

fn revision_requested(asked: &RevisionAsked) -> RevisionRequestedView<'_> {
    RevisionRequestedView { by: IdOf(asked.by), at: Time(asked.at), note: &asked.note }
}

/// A vote that was taken back.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TakenBack")]
struct TakenBackView<'a> {
    /// The vote, as it was.
    vote: VoteView<'a>,
    at: Time,
    credential: CredentialView,
}

fn taken_back(one: &TakenBack) -> TakenBackView<'_> {
    TakenBackView { vote: vote(&one.vote), at: Time(one.at), credential: credential(&one.with) }
}

/// What was changed in the HTML of a mail before it was sealed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "HtmlChange")]
pub struct HtmlChangeView<'a> {
    kind: &'a str,
    /// A name, or the beginning of a text.
    what: &'a str,
    count: u32,
    message: Option<&'static str>,
}

/// What was changed in the HTML of a mail before it was sealed.
pub(crate) fn html_change(change: &HtmlChange) -> HtmlChangeView<'_> {
    HtmlChangeView {
        kind: &change.kind,
        what: &change.what,
        count: change.count,
        message: explain(&change.kind),
    }
}
