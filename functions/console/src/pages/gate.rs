//! What the page of an approval shows of the gate: votes, the rules that held the mail, what an edit changed, and what
//! the reader may do beside deciding.

use app::gate::diff::Difference;
use domain::Timestamp;
use domain::gate::approval::{Approval, Decision, DecisionRefused, Verdict, Voter};
use domain::gate::policy::{Late, Requirement};
use domain::gate::standing::StandingApproval;
use domain::mailbox::lifecycle::{Outbound, State, Status};
use domain::people::access::{Actor, Principal, Scope};
use domain::people::organization::Member;
use jiff::SignedDuration;

use crate::words::{Doer, Moment, Names, body, visible};

/// The votes of an approval and why it takes them.
pub(super) struct Gate {
    /// One sentence for each requirement.
    pub progress: Vec<Progress>,
    pub votes: Vec<Cast>,
    /// Who handed a vote on to whom.
    pub handed: Vec<(Doer, Doer)>,
    /// Rules of policies that matched.
    pub rules: Vec<Matched>,
    /// How it ends without a decision.
    pub expiry: Expiry,
    /// So many rejections end it, where that is more than one.
    pub rejections: u8,
}

/// When a mail expires that nobody decides about, and what that means.
pub(super) struct Expiry {
    pub at: Moment,
    /// The end of the sentence.
    pub then: &'static str,
}

/// One requirement.
pub(super) struct Progress {
    pub sentence: String,
    pub met: bool,
}

/// A vote.
pub(super) struct Cast {
    pub who: Doer,
    pub role: &'static str,
    pub at: Moment,
    pub approves: bool,
    /// Why they rejected it.
    pub reason: String,
    /// Given ahead, by a standing approval.
    pub ahead: bool,
}

/// A rule that matched.
pub(super) struct Matched {
    pub policy: String,
    pub rule: String,
    /// What it did, as a verb.
    pub verb: &'static str,
    pub because: String,
}

/// A field that an edit changed.
pub(super) struct Changed {
    pub field: &'static str,
    pub before: String,
    pub after: String,
    /// Of a body: its changed lines with what surrounds them.
    pub lines: Vec<Line>,
}

/// A line of a unified diff.
pub(super) struct Line {
    /// `add`, `del`, `at` or nothing.
    pub class: &'static str,
    pub text: String,
}

/// `1 vote of owner`.
fn missing(requirement: &Requirement, votes: usize) -> Option<String> {
    let left = usize::from(requirement.quorum).saturating_sub(votes);
    let many = if left == 1 { "" } else { "s" };
    (left > 0).then(|| format!("{left} more vote{many} of {}", requirement.voters()))
}

/// What is still missing, in words; nothing where nothing is.
pub(super) fn still_missing(approval: &Approval) -> Option<String> {
    let requirements = approval.terms.iter().flat_map(|terms| &terms.requirements);
    let mut left: Vec<_> = requirements
        .zip(approval.progress())
        .filter_map(|(requirement, (votes, _))| missing(requirement, votes))
        .collect();
    let bound = approval.signed_asked().device_bound;
    let kind = if bound { ", by keys that stay in their device" } else { "" };
    left.extend(match approval.missing_signatures() {
        0 => None,
        1 => Some(format!("1 vote that a person\u{2019}s own key signs{kind}")),
        votes => Some(format!("{votes} votes that people\u{2019}s own keys sign{kind}")),
    });
    (!left.is_empty()).then(|| left.join(" and "))
}

impl Gate {
    pub(super) fn of(approval: &Approval, names: &Names, now: Timestamp) -> Self {
        let requirements = approval.terms.iter().flat_map(|terms| &terms.requirements);
        let progress = requirements
            .zip(approval.progress())
            .map(|(requirement, (votes, quorum))| Progress {
                sentence: format!(
                    "{votes} of {quorum} {} of {}",
                    if quorum == 1 { "vote" } else { "votes" },
                    requirement.voters()
                ),
                met: votes >= usize::from(quorum),
            })
            .collect();
        let votes = approval.votes.iter().map(|vote| Cast {
            who: names.member(vote.member_id),
            role: vote.role.as_str(),
            at: Moment::new(vote.at, now),
            approves: vote.verdict == Verdict::Approve,
            reason: match &vote.verdict {
                Verdict::Approve => String::new(),
                Verdict::Reject(reason) => body(reason),
            },
            ahead: vote.standing.is_some(),
        });
        let handed = approval.delegations.iter().map(|d| (names.member(d.from), names.member(d.to)));
        let rules = approval.trace.iter().map(|step| Matched {
            policy: visible(&step.policy_name),
            rule: visible(&step.rule_name),
            verb: match step.outcome {
                "allow" => "lets it go",
                "hold" => "holds it",
                "defer" => "puts it off",
                "block" => "blocks it",
                _ => "can\u{2019}t be judged, so it holds",
            },
            because: visible(&step.because),
        });
        Self {
            progress,
            votes: votes.collect(),
            handed: handed.collect(),
            rules: rules.collect(),
            expiry: expiry(approval, now),
            rejections: approval.terms.as_ref().map_or(1, |terms| terms.rejections),
        }
    }
}

fn expiry(approval: &Approval, now: Timestamp) -> Expiry {
    let late = approval.terms.as_ref().is_some_and(|terms| terms.late == Late::Expire);
    let then = if late && approval.send_at == Some(approval.expires_at) {
        ": that is when it was to go out, and a mail for a time that is over is not sent."
    } else {
        ", and is not sent."
    };
    Expiry { at: Moment::new(approval.expires_at, now), then }
}

/// What an edit changed, as a person reads it.
pub(super) fn changed(differences: &[Difference], now: Timestamp) -> Vec<Changed> {
    differences.iter().map(|difference| one_changed(difference, now)).collect()
}

fn one_changed(difference: &Difference, now: Timestamp) -> Changed {
    let is_body = matches!(difference.field, "text" | "html");
    let value = |text: &str| match (difference.field, text.parse::<Timestamp>()) {
        ("send_at", Ok(at)) => Moment::new(at, now).exact,
        ("send_at", _) if text.is_empty() => "as soon as it is approved".to_owned(),
        _ if text.is_empty() => "nothing".to_owned(),
        _ => visible(text),
    };
    let lines = if is_body { body(&difference.after) } else { String::new() };
    let line = |text: &str| Line {
        class: match text.as_bytes().first() {
            Some(b'+') => "add",
            Some(b'-') => "del",
            Some(b'@') => "at",
            _ => "",
        },
        text: text.to_owned(),
    };
    Changed {
        field: field(difference.field),
        before: if is_body { String::new() } else { value(&difference.before) },
        after: if is_body { String::new() } else { value(&difference.after) },
        lines: lines.lines().map(line).collect(),
    }
}

/// What a person calls a field of a mail.
pub(super) fn field(name: &str) -> &'static str {
    match name {
        "to" => "To",
        "cc" => "Cc",
        "bcc" => "Bcc",
        "reply_to" => "Reply to",
        "send_at" => "Goes out",
        "subject" => "Subject",
        "attachments" => "Files",
        "html" => "HTML",
        _ => "Text",
    }
}

/// Why somebody can't approve, and whether they may reject all the same.
pub(super) struct Kept {
    /// The sentence; empty where they can.
    pub why: String,
    pub may_reject: bool,
}

/// Whether this member can approve.
pub(super) fn kept(approval: &Approval, voter: &Voter, names: &Names, now: Timestamp) -> Kept {
    let own = approval.requested_by.member() == Some(voter.member_id);
    let by_token = matches!(approval.requested_by, Actor::Token { .. });
    let (why, entitled) = match approval.may_vote(voter, now) {
        Ok(()) => (String::new(), true),
        Err(DecisionRefused::Requester) if by_token => {
            ("An API token of yours asked for this mail, so somebody else must approve it.".to_owned(), true)
        }
        Err(DecisionRefused::Requester) => {
            ("You asked for this mail, so somebody else must approve it.".to_owned(), true)
        }
        Err(DecisionRefused::Editor) => {
            ("You edited this mail last, so somebody else must approve it.".to_owned(), true)
        }
        Err(DecisionRefused::Author) => {
            let why = "You asked for an earlier attempt at this mail, or edited it, so somebody else must approve it.";
            (why.to_owned(), true)
        }
        Err(DecisionRefused::Delegated) => {
            let to = approval.delegations.iter().find(|d| d.from == voter.member_id);
            let to = to.map_or_else(|| "another member".to_owned(), |d| names.member(d.to).short);
            (format!("You delegated your vote to {to}, who decides instead."), false)
        }
        Err(DecisionRefused::NotEntitled(wanted)) => {
            let role = voter.role.as_str();
            (format!("What held this mail asks for a vote of {wanted}; your role is {role}."), false)
        }
        Err(other) => (format!("You can\u{2019}t decide about it: {other}."), false),
    };
    let may_reject = own || entitled;
    let why = if why.is_empty() || !may_reject { why } else { format!("{why} You may reject it.") };
    Kept { why, may_reject }
}

/// What the reader may do beside deciding.
#[expect(clippy::struct_excessive_bools, reason = "each is an act of its own that is offered or not")]
pub(super) struct Acts {
    pub csrf: String,
    /// Take their approval back.
    pub take_back: bool,
    /// Say something about it.
    pub comment: bool,
    /// What they typed there, and was not taken.
    pub comment_text: String,
    /// Ask for a revision.
    pub ask: bool,
    /// What they typed there, and was not taken.
    pub note: String,
    /// Cancel it.
    pub cancel: bool,
    /// What they typed as the reason, and was not taken.
    pub cancel_reason: String,
    /// Change it.
    pub edit: bool,
    /// Hand their vote on to one of these: ids and names.
    pub delegates: Vec<(String, String)>,
    /// Approve more mails like it ahead.
    pub ahead: Option<Ahead>,
}

/// The form that approves mails ahead.
pub(super) struct Ahead {
    pub recipient: String,
    pub budget: u32,
    pub most: u32,
    pub until: String,
    pub first: String,
    pub last: String,
}

impl Acts {
    /// Nothing: of a one-time link, which takes a decision and no more.
    pub(super) fn none() -> Self {
        Self {
            csrf: String::new(),
            take_back: false,
            comment: false,
            comment_text: String::new(),
            ask: false,
            note: String::new(),
            cancel: false,
            cancel_reason: String::new(),
            edit: false,
            delegates: vec![],
            ahead: None,
        }
    }

    /// What this member may do, whose credential holds these rights.
    pub(super) fn of(
        approval: &Approval,
        outbound: Option<&Outbound>,
        voter: &Voter,
        principal: &Principal,
        may_decide: bool,
        members: &[Member],
        now: Timestamp,
    ) -> Self {
        let own = approval.requested_by.member() == Some(voter.member_id);
        let open = outbound
            .is_some_and(|outbound| matches!(outbound.status(), Status::PendingApproval | Status::Scheduled));
        let undecided = approval.is_pending(now);
        let approved = matches!(approval.decision, Decision::Approved { .. });
        let able = |member: &&Member| {
            let to = Voter { member_id: member.id, role: member.role };
            approval.clone().delegate(*voter, &principal.credential, to, now).is_ok()
        };
        let delegates = members.iter().filter(|_| may_decide && undecided).filter(able);
        let delegates = delegates
            .map(|member| (member.id.to_string(), format!("{} ({})", member.email, member.role.as_str())));
        let voted = |vote: &domain::gate::approval::Vote| {
            vote.member_id == voter.member_id && vote.verdict == Verdict::Approve && vote.standing.is_none()
        };
        // Whoever reads only takes no part.
        let may_comment = may_decide || principal.scopes.contains(&Scope::MessagesSend);
        // Of one that was given to the provider before nobody takes an approval back.
        let unclaimed =
            outbound.is_some_and(|outbound| matches!(outbound.state, State::Scheduled { attempt: 0, .. }));
        Self {
            csrf: String::new(),
            take_back: may_decide
                && (undecided || (approved && unclaimed))
                && approval.votes.iter().any(voted),
            comment: undecided && may_comment,
            comment_text: String::new(),
            ask: may_decide
                && approval
                    .clone()
                    .ask_to_revise(*voter, &principal.credential, approval.digest, "", now)
                    .is_ok(),
            note: String::new(),
            cancel: open && (undecided || approved) && (may_decide || own),
            cancel_reason: String::new(),
            edit: may_decide && undecided && voter.role.scopes().contains(&Scope::ApprovalsDecide),
            delegates: delegates.collect(),
            ahead: (approved && may_decide && !own).then(|| ahead(approval, now)).flatten(),
        }
    }
}

/// Mails ahead can be approved for a mail's only recipient.
fn ahead(approval: &Approval, now: Timestamp) -> Option<Ahead> {
    let [recipient] = &approval.recipients[..] else { return None };
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    Some(Ahead {
        recipient: visible(&recipient.address),
        budget: 5,
        most: StandingApproval::MAX_BUDGET,
        until: day(now + SignedDuration::from_hours(7 * 24)),
        first: day(now),
        // The whole of the last day must lie within the bound.
        last: day(now + StandingApproval::MAX_TIME - SignedDuration::from_hours(24)),
    })
}
