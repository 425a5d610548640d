//! `/console/simulate`: what the policies, or a policy that is being written, make of recent mail and of a mail that is typed in. Nothing is
//! stored or sent.

use app::Refusal;
use app::base::store::PageRequest;
use app::gate::approvals;
use app::gate::policies::{self, MayTry, Trial, TrialMail};
use askama::Template;
use domain::PolicyId;
use domain::base::id::Id as _;
use domain::gate::approval::{Approval, Decision};
use domain::gate::policy::{Evaluation, PolicyBook, PolicyContent, Verdict};
use domain::people::access::{Permit, Scope, scope};
use futures_util::future::{join_all, try_join_all};
use runtime::http::{Request, Response};
use serde_json::{Value, json};

use super::policies::{Called, Rule, rules};
use super::policy_form::{Faults, PolicyForm};
use super::render;
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, subject, visible};

/// The page. It reads mail that was sealed, so that the function that decides shows it.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/simulate",
    trust: Trust::Decide,
    audience: Audience::With(Scope::PoliciesManage),
    get: Get::Page(|context, request, _| Box::pin(look(context, request))),
    post: Some(|context, request, _| Box::pin(post(context, request))),
    back: Back::Here(&[]),
    ..Page::NEW
}];

/// So many recent mails are tried.
const RECENT: usize = 20;
/// So many inboxes the form lists.
const INBOXES: u16 = 100;

#[derive(Template)]
#[template(path = "simulate.html")]
struct SimulatePage {
    shell: Shell,
    csrf: String,
    /// The policy that is being written, as the API takes it; empty for those that there are alone.
    policy: String,
    policy_id: String,
    /// The version that was opened.
    version: u64,
    /// What it is called.
    name: String,
    /// What it says.
    rules: Vec<Rule>,
    alert: String,
    recent: Vec<Tried>,
    /// How many of those would be held, let go, blocked.
    counts: [usize; 3],
    /// How many come to something else than they did.
    other: usize,
    mail: MailView,
    /// What becomes of the mail that was typed in.
    answer: Option<Answer>,
}

/// The mail that is typed in.
#[derive(Default)]
struct Mail {
    inbox: String,
    to: String,
    subject: String,
    text: String,
    files: String,
}

struct MailView {
    inboxes: Vec<Choice>,
    typed: Mail,
    inbox_wrong: String,
    to_wrong: String,
    subject_wrong: String,
    files_wrong: String,
}

struct Choice {
    id: String,
    address: String,
    chosen: bool,
}

/// What becomes of a mail, and by which rules.
struct Answer {
    /// `allow`, `hold` or `block`.
    outcome: &'static str,
    /// In one sentence.
    sentence: String,
    by: Vec<By>,
}

/// A rule that matched.
struct By {
    policy: String,
    sentence: String,
    because: String,
}

/// A mail that was asked for lately.
struct Tried {
    address: String,
    subject: String,
    to: String,
    at: Moment,
    /// What became of it.
    was: &'static str,
    /// What would become of it now; none where it can't be tried any more.
    answer: Option<Answer>,
    /// Whether that is something else.
    differs: bool,
}

/// A policy that is being written.
struct Draft {
    content: PolicyContent,
    /// The one that it changes.
    id: Option<PolicyId>,
    /// The version of that, as it was opened.
    version: u64,
}

/// What is tried out: the policies, and the one that is being written.
struct Tests {
    book: PolicyBook,
    draft: Option<Draft>,
    called: Called,
}

impl Tests {
    fn answer(&self, found: &Evaluation) -> Answer {
        let wanted = match found.outcome {
            Verdict::Hold(_) => "hold",
            Verdict::Allow => "allow",
            Verdict::Block => "block",
        };
        let name = |named: &domain::gate::policy::Named| self.called.get(named).cloned();
        let decided =
            found.trace.iter().filter(|step| step.outcome == wanted || step.outcome == "unreadable");
        let by: Vec<_> = decided
            .map(|step| {
                let policy = self.book.get(step.policy_id);
                let place = usize::try_from(step.rule).unwrap_or(usize::MAX);
                let rule = policy.and_then(|policy| policy.content.rules.get(place));
                By {
                    policy: visible(&step.policy_name),
                    sentence: rule.map(|rule| visible(&rule.sentence(&name))).unwrap_or_default(),
                    because: visible(&step.because),
                }
            })
            .collect();
        let sentence = match &found.outcome {
            Verdict::Allow => "The policies would let it go.".to_owned(),
            Verdict::Block => "It would be blocked.".to_owned(),
            Verdict::Hold(terms) if by.is_empty() => {
                format!("No rule lets it go: it would be held for {}.", visible(&terms.words(&name)))
            }
            Verdict::Hold(terms) => format!("It would be held for {}.", visible(&terms.words(&name))),
        };
        Answer { outcome: wanted, sentence, by }
    }
}

/// The page, with the policies that there are.
async fn look(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::PoliciesManage>()?;
    page(&visit, 200, None, Mail::default(), false, String::new()).await
}

/// What came from the editor, or from the page itself: the policy that is being written; none where no policy is.
fn written(form: &Form) -> Result<Option<PolicyContent>, Faults> {
    if !form.field("policy").is_empty() {
        let read = wire::gate::policies::content(form.field("policy").as_bytes());
        return read.map(Some).map_err(|refusal| match refusal {
            Refusal::Invalid(errors) => Faults::of(&errors),
            _ => Faults::default(),
        });
    }
    if form.field("rules").is_empty() {
        return Ok(None);
    }
    PolicyForm::typed(form).content().map(Some)
}

async fn post(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    visit.principal.permit::<scope::PoliciesManage>()?;
    let id = PolicyId::parse(form.field("policy_id")).ok();
    let text = |name: &str| form.text(name);
    let mail = Mail {
        inbox: text("inbox"),
        to: text("to"),
        subject: text("subject"),
        text: text("text"),
        files: text("files"),
    };
    let typed = form.field("try") == "mail";
    let version = form.field("version").parse().unwrap_or_default();
    match written(&form) {
        Ok(content) => {
            let draft = content.map(|content| Draft { content, id, version });
            page(&visit, 200, draft, mail, typed, String::new()).await
        }
        Err(faults) => {
            let alert = format!(
                "The policy can\u{2019}t be tried as it is filled in: go back to it. {} Below are the policies that there are.",
                faults.rest()
            );
            page(&visit, 422, None, mail, false, alert).await
        }
    }
}

/// The mail that was typed in, as the API is told it.
fn trial(mail: &Mail) -> Result<Trial, Refusal> {
    let list = |text: &str| -> Vec<String> {
        text.split(['\n', ',', ';']).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    let files: Vec<Value> = mail
        .files
        .lines()
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| json!({"filename": name}))
        .collect();
    let mut body = json!({
        "inbox_id": mail.inbox,
        "draft": {"to": list(&mail.to), "subject": mail.subject, "text": mail.text},
    });
    if !files.is_empty() {
        body["draft"]["attachments"] = json!(files);
    }
    wire::gate::policies::trial(body.to_string().as_bytes())
}

/// Mails that were asked for lately, the newest first, whatever became of them.
async fn latest(visit: &Visit) -> Result<Vec<Approval>, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let first = PageRequest { limit: u16::try_from(RECENT).unwrap_or(u16::MAX), cursor: None };
    let statuses = Decision::STATUSES.iter().filter(|status| **status != "superseded");
    let lists = statuses.map(|status| approvals::list(&visit.ports, &permit, status, &first));
    let found = try_join_all(lists).await?;
    let mut all: Vec<_> = found.into_iter().flat_map(|page| page.items).collect();
    all.sort_by_key(|approval| std::cmp::Reverse(approval.id));
    all.truncate(RECENT);
    Ok(all)
}

async fn tried(visit: &Visit, may: &MayTry, tests: &Tests, approval: &Approval) -> Tried {
    let mail = TrialMail::Stored(approval.message_id);
    let trial = Trial { inbox_id: approval.inbox_id, mail, token_id: None, policies: None };
    let found = async {
        let (blobs, directory) = (visit.powers.blobs()?, visit.powers.directory()?);
        policies::simulate_by(&visit.ports, blobs, directory, may, trial, &tests.book).await
    };
    // A mail that was deleted for good can't be tried any more: the others can.
    let answer = Box::pin(found).await.ok().map(|(evaluation, ..)| tests.answer(&evaluation));
    let was = if approval.terms.is_some() { "hold" } else { "allow" };
    let to: Vec<_> = approval.recipients.iter().map(|party| visible(&party.address)).collect();
    Tried {
        address: crate::route::approval(approval.id),
        subject: subject(&approval.subject),
        to: to.join(", "),
        at: Moment::new(approval.requested_at, visit.ports.now()),
        was,
        differs: answer.as_ref().is_some_and(|answer| answer.outcome != was),
        answer,
    }
}

async fn mail_view(visit: &Visit, typed: Mail, mut faults: Faults) -> Result<MailView, Refusal> {
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let first = PageRequest { limit: INBOXES, cursor: None };
    let inboxes = app::mailbox::inboxes::list(&visit.ports, &permit, &first).await?.items;
    let choice = |inbox: &domain::mailbox::inbox::Inbox| Choice {
        chosen: inbox.id.to_string() == typed.inbox,
        id: inbox.id.to_string(),
        address: visible(inbox.address.as_str()),
    };
    Ok(MailView {
        inboxes: inboxes.iter().map(choice).collect(),
        inbox_wrong: faults.take("inbox_id"),
        to_wrong: faults.take("draft.to"),
        subject_wrong: faults.take("draft.subject"),
        files_wrong: faults.take("draft.attachments"),
        typed,
    })
}

async fn tests_of(
    visit: &Visit,
    permit: &Permit<scope::PoliciesManage>,
    draft: Option<Draft>,
) -> Result<Tests, Refusal> {
    let stored = policies::book(&visit.ports, permit).await?;
    let book = match &draft {
        Some(draft) => {
            policies::with_candidate(&visit.ports, permit, stored, draft.id, draft.content.clone())
        }
        None => stored,
    };
    let contents: Vec<_> = book.policies.iter().map(|policy| &policy.content).collect();
    let called = policies::names(&visit.ports, permit, &contents).await?;
    Ok(Tests { book, draft, called })
}

async fn page(
    visit: &Visit,
    status: u16,
    draft: Option<Draft>,
    mail: Mail,
    typed: bool,
    mut alert: String,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let may = MayTry::of(&visit.principal)?;
    let tests = tests_of(visit, &permit, draft).await?;
    let (mut status, mut faults, mut answer) = (status, Faults::default(), None);
    if typed {
        let found = async {
            let (blobs, directory) = (visit.powers.blobs()?, visit.powers.directory()?);
            let trial = trial(&mail)?;
            policies::simulate_by(&visit.ports, blobs, directory, &may, trial, &tests.book).await
        };
        match Box::pin(found).await {
            Ok((evaluation, ..)) => answer = Some(tests.answer(&evaluation)),
            Err(Refusal::Invalid(errors)) => (status, faults) = (422, Faults::of(&errors)),
            Err(refusal) => return Err(refusal),
        }
    }
    let latest = latest(visit).await?;
    // Each may have 25 MB of files: not all of them lie in memory at once.
    let mut recent = Vec::with_capacity(latest.len());
    for some in latest.chunks(2) {
        recent.extend(Box::pin(join_all(some.iter().map(|one| tried(visit, &may, &tests, one)))).await);
    }
    let of = |outcome: &str| {
        recent
            .iter()
            .filter(|one| one.answer.as_ref().is_some_and(|answer| answer.outcome == outcome))
            .count()
    };
    let counts = [of("hold"), of("allow"), of("block")];
    let frame = Frame::of(visit).await?;
    let mail = mail_view(visit, mail, faults).await?;
    if status == 422 && alert.is_empty() {
        "What is marked below needs another look.".clone_into(&mut alert);
    }
    let own = tests.draft.as_ref().map(|draft| &draft.content);
    let page = SimulatePage {
        csrf: visit.session.form_token(),
        policy: own.map(|content| wire::gate::policies::written(content).to_string()).unwrap_or_default(),
        policy_id: tests
            .draft
            .as_ref()
            .and_then(|draft| draft.id)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        version: tests.draft.as_ref().map_or(0, |draft| draft.version),
        name: own.map(|content| visible(&content.name)).unwrap_or_default(),
        rules: own.map(|content| rules(content, &tests.called)).unwrap_or_default(),
        alert,
        counts,
        other: recent.iter().filter(|one| one.differs).count(),
        recent,
        mail,
        answer,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}
