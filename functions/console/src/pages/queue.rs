//! `/console/approvals`: what waits for a person, in the order in which it is taken, and what was decided.

use std::collections::BTreeMap;

use app::Refusal;
use app::base::store::{Page as Part, PageRequest};
use app::gate::approvals::{self, Batched, Waiting};
use app::mailbox::inboxes;
use askama::Template;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::gate::approval::{Approval, Decision, Verdict, Voter};
use domain::gate::risk::{Level, Risk};
use domain::gate::triage::{self, SOON, alike};
use domain::people::access::{Scope, scope};
use domain::{ApprovalId, InboxId, Timestamp, UploadId};
use futures_util::future::{try_join, try_join3};
use runtime::http::{Request, Response};
use wire::gate::approvals::signature_of_form;

use super::approval::QUICK;
use super::decide::{MAX_REASON, reason_in, told};
use super::signer::{self, Signer};
use super::{live, older, render};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{self, Doer, Moment, Names, count, encode, people, subject, visible};

/// The list, and the form that decides about several at once.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/approvals",
        trust: Trust::Decide,
        audience: Audience::With(Scope::ApprovalsRead),
        menu: Menu::Daily(10, "Approvals"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[("status", &["approved", "rejected", "expired", "cancelled", "superseded"])]),
        ..Page::NEW
    },
    Page {
        path: "/approvals/batch",
        trust: Trust::Decide,
        audience: Audience::With(Scope::ApprovalsDecide),
        get: Get::To("/approvals"),
        post: Some(|context, request, _| Box::pin(decide(context, request))),
        ..Page::NEW
    },
];

/// Recipients that a row names.
const NAMED: usize = 2;
/// Rows of a page of what waits.
const ROWS: usize = 25;
/// Longest words that are searched for, in characters.
const MAX_WORDS: usize = 200;
/// Longest cursor of a list, in characters.
const MAX_CURSOR: usize = 600;
/// As many inboxes can be chosen from.
const INBOXES: u16 = 100;
/// What the names of check boxes begin with; an approval's id follows.
pub(super) const ITEM: &str = "item.";

#[derive(Template)]
#[template(path = "decided.html")]
struct DecidedPage {
    shell: Shell,
    tabs: Vec<Tab>,
    status: &'static str,
    /// The status in a word.
    word: &'static str,
    rows: Vec<DecidedRow>,
    /// The address of the next page.
    older: Option<String>,
    /// The address of the first page, from any other.
    newest: Option<String>,
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    shell: Shell,
    tabs: Vec<Tab>,
    /// What came of deciding about several.
    done: Option<Done>,
    views: Vec<Tab>,
    filter: Filter,
    inboxes: Vec<Choice>,
    reasons: Vec<Choice>,
    rows: Vec<Row>,
    /// How many there are of all, in words.
    found: String,
    /// Whether more wait than were looked at.
    incomplete: bool,
    /// Where those are that were asked for after these.
    later: Option<String>,
    /// How many of them were made of which upload, and where these are decided about together.
    uploads: Vec<(String, String)>,
    /// Where the first of all are, from any others.
    first: Option<String>,
    /// Whether anything waits at all.
    any: bool,
    /// Whether some of the rows can be approved together.
    batch: bool,
    /// The reader's own keys, where one of the rows asks for a signed vote.
    signer: Option<Signer>,
    csrf: String,
    before: Option<String>,
    behind: Option<String>,
    /// What its script asks with whether anything happened meanwhile.
    live: String,
    /// Its own address, to look again.
    again: String,
    /// When this was looked at.
    looked: Moment,
}

impl QueuePage {
    /// What lets keys move among the rows, and checks those that are alike together.
    fn script() -> &'static str {
        guard::KEYS_SCRIPT
    }

    /// What asks a key to sign.
    fn signing() -> &'static str {
        guard::SIGN_SCRIPT
    }

    /// Why mails are often rejected.
    fn quick() -> &'static [&'static str] {
        QUICK
    }
}

struct Tab {
    title: String,
    address: String,
    current: bool,
}

/// One of a list to choose from.
struct Choice {
    value: String,
    word: String,
    chosen: bool,
}

/// Which of what waits is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum View {
    #[default]
    All,
    Mine,
    Risky,
}

impl View {
    const ALL: [(View, &'static str, &'static str); 3] =
        [(View::All, "", "All"), (View::Mine, "mine", "Yours to decide"), (View::Risky, "risky", "Risky")];

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(view, ..)| *view == self).map_or("", |(_, name, _)| name)
    }
}

/// What somebody looks for among what waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Filter {
    view: View,
    /// An inbox's id, or nothing.
    inbox: String,
    /// The code of a reason, or nothing.
    reason: String,
    /// Words of the subject or of a recipient.
    words: String,
    /// From 0.
    page: usize,
    /// Behind those that were asked for first, of which a list looks through [`approvals::MOST_WAITING`] at once; nothing for these.
    from: String,
}

impl Filter {
    /// What somebody looked for when they left the list, as an address names it.
    pub(super) fn named(text: &str) -> Self {
        let pairs = runtime::http::form_pairs(text);
        Self::of(|name| pairs.get(name).cloned().unwrap_or_default())
    }

    /// As [`Self::named`] reads it; the page of the list is not of it, since the order goes on.
    pub(super) fn name(&self) -> String {
        let address = Filter { page: 0, ..self.clone() }.address();
        address.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
    }

    /// Behind what the list begins.
    pub(super) fn behind(&self) -> Option<&str> {
        (!self.from.is_empty()).then_some(self.from.as_str())
    }

    /// Whether somebody who goes through what they decide comes by this one.
    pub(super) fn leads_to(&self, approval: &Approval) -> bool {
        self.takes(approval) && (self.view != View::Risky || approval.level() > Level::Note)
    }

    fn of(get: impl Fn(&str) -> String) -> Self {
        let view = get("view");
        let cut = |text: String| text.trim().chars().take(MAX_WORDS).collect::<String>();
        Self {
            view: View::ALL.into_iter().find(|(_, name, _)| *name == view).map_or(View::All, |(it, ..)| it),
            inbox: InboxId::of_caller(get("inbox").trim()).map(|id| id.to_string()).unwrap_or_default(),
            reason: cut(get("reason")),
            words: cut(get("q")),
            from: get("from").chars().take(MAX_CURSOR).filter(char::is_ascii_graphic).collect(),
            page: get("page").parse::<usize>().unwrap_or(1).clamp(1, approvals::MOST_WAITING) - 1,
        }
    }

    /// The page under this filter.
    pub(super) fn address(&self) -> String {
        let page = if self.page == 0 { String::new() } else { (self.page + 1).to_string() };
        let parts = [
            ("view", self.view.name()),
            ("inbox", self.inbox.as_str()),
            ("reason", self.reason.as_str()),
            ("q", self.words.as_str()),
            ("from", self.from.as_str()),
            ("page", page.as_str()),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        if parts.is_empty() {
            route::QUEUE.to_owned()
        } else {
            format!("{}?{}", route::QUEUE, parts.join("&"))
        }
    }

    /// Whether anything is left out by it, the view apart.
    fn narrows(&self) -> bool {
        !(self.inbox.is_empty() && self.reason.is_empty() && self.words.is_empty())
    }

    /// Whether it takes an approval, the view apart.
    fn takes(&self, approval: &Approval) -> bool {
        let words = self.words.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&words);
        let named = || {
            let mut all = approval.recipients.iter();
            all.any(|party| has(&party.address) || party.name.as_deref().is_some_and(has))
        };
        (self.inbox.is_empty() || approval.inbox_id.to_string() == self.inbox)
            && (self.reason.is_empty() || approval.reasons.contains(&self.reason))
            && (words.is_empty() || has(&approval.subject) || named())
    }
}

/// How a mail that waits stands to whoever reads the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    /// `mine`, `voted` or `others`.
    pub class: &'static str,
    pub word: String,
}

impl Stand {
    pub(super) fn of(approval: &Approval, voter: &Voter, may_decide: bool, now: Timestamp) -> Self {
        let own = approval.votes.iter().find(|vote| vote.member_id == voter.member_id);
        match own.map(|vote| &vote.verdict) {
            Some(Verdict::Approve) => return Self { class: "voted", word: "You approved".to_owned() },
            Some(Verdict::Reject(_)) => return Self { class: "voted", word: "You rejected".to_owned() },
            None => {}
        }
        if approval.revision_asked.is_some() {
            return Self { class: "others", word: "Asked to revise".to_owned() };
        }
        if may_decide && approval.may_vote(voter, now).is_ok() {
            return Self { class: "mine", word: "Yours to decide".to_owned() };
        }
        let requirements = approval.terms.iter().flat_map(|terms| &terms.requirements);
        let open =
            requirements.zip(approval.progress()).find(|(_, (votes, quorum))| votes < &usize::from(*quorum));
        let word = open.map_or_else(
            || "Others decide".to_owned(),
            |(requirement, _)| format!("Needs {}", requirement.voters()),
        );
        Self { class: "others", word }
    }
}

/// The page of a mail for somebody who came from such a list.
pub(super) fn page_in(id: ApprovalId, filter: &Filter) -> String {
    let (page, name) = (route::approval(id), filter.name());
    if name.is_empty() { page } else { format!("{page}?in={}", encode(&name)) }
}

/// Those of a list that its reader decides, in its order.
pub(super) fn mine<'a>(
    waiting: &'a Waiting,
    voter: &'a Voter,
    may_decide: bool,
    now: Timestamp,
) -> impl Iterator<Item = &'a Approval> {
    let is_mine = move |approval: &&Approval| Stand::of(approval, voter, may_decide, now).class == "mine";
    waiting.items.iter().filter(is_mine)
}

/// A mail that waits.
struct Row {
    address: String,
    subject: String,
    /// The worst about it, and how bad that is: `danger`, `caution` or nothing.
    risk: String,
    level: &'static str,
    /// All that deserves a look.
    risks: String,
    first_contact: bool,
    recipients: String,
    all_recipients: String,
    /// Who asked, by the name of their token.
    who: String,
    why: String,
    from: String,
    stand: Stand,
    /// `1 of 2`, where more than one vote is needed.
    votes: String,
    expires: Moment,
    soon: bool,
    send_at: Option<Moment>,
    files: usize,
    /// The name and value of the box by which it is approved together with others.
    item: Option<(String, String)>,
    revision: u32,
    /// Whether it asks for a signed vote.
    signs: bool,
    /// What is said before the first of several that are alike.
    group: Option<String>,
    /// The same for all that are alike.
    alike: usize,
}

impl Row {
    fn new(approval: &Approval, from: String, filter: &Filter, reader: &Reader<'_>) -> Self {
        let now = reader.now;
        let recipients: Vec<String> =
            people(&approval.recipients).into_iter().map(|person| person.address).collect();
        let more = recipients.len().saturating_sub(NAMED);
        let first = recipients.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let stand = Stand::of(approval, &reader.voter, reader.may_decide, now);
        let risks: Vec<Risk> = words::risks(approval);
        let worst = risks.iter().find(|risk| risk.level() > Level::Note);
        let unknown = approval.risks.is_none() && worst.is_none();
        let (votes, quorum) = approval.progress().into_iter().fold((0, 0), |(votes, all), (cast, quorum)| {
            (votes + cast.min(quorum.into()), all + usize::from(quorum))
        });
        let item = (stand.class == "mine" && approval.may_be_batched())
            .then(|| (format!("{ITEM}{}", approval.id), approval.digest.to_string()));
        Self {
            address: page_in(approval.id, filter),
            subject: subject(&approval.subject),
            risk: match worst {
                Some(risk) => words::risk(*risk).short.to_owned(),
                None if unknown => "Look at it".to_owned(),
                None => String::new(),
            },
            level: match approval.level() {
                Level::Danger => "danger",
                Level::Caution => "caution",
                Level::Note => "",
            },
            risks: risks.iter().map(|risk| words::risk(*risk).sentence).collect::<Vec<_>>().join(" "),
            first_contact: risks.contains(&Risk::FirstContact),
            recipients: if more > 0 { format!("{first} and {more} more") } else { first },
            all_recipients: recipients.join(", "),
            who: reader.names.called(&approval.requested_by),
            why: words::why(approval),
            from,
            stand,
            votes: if quorum > 1 { format!("{votes} of {quorum}") } else { String::new() },
            expires: Moment::new(approval.expires_at, now),
            soon: approval.expires_at.duration_since(now) < SOON,
            send_at: approval.send_at.filter(|at| *at > now).map(|at| Moment::new(at, now)),
            files: usize::try_from(approval.attachment_count).unwrap_or(usize::MAX),
            item,
            revision: approval.revision,
            signs: signer::is_asked(approval),
            group: None,
            alike: 0,
        }
    }
}

/// Whoever reads the list.
struct Reader<'a> {
    voter: Voter,
    may_decide: bool,
    names: &'a Names,
    now: Timestamp,
}

/// What came of deciding about several at once.
pub(super) struct Done {
    /// In a sentence.
    pub sentence: String,
    /// Those that were not decided about: what they are called, where they are, and why.
    pub refused: Vec<(String, String, String)>,
    /// `good`, `warn` or `bad`.
    pub tone: &'static str,
}

impl Done {
    /// Nothing came of it.
    pub(super) fn failed(sentence: &str) -> Self {
        Self { sentence: sentence.to_owned(), refused: vec![], tone: "bad" }
    }
}

/// A page of the list.
pub(crate) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let asked = request.query.get("status").map_or("pending", String::as_str);
    let status =
        Decision::STATUSES.into_iter().find(|status| *status == asked).ok_or(Refusal::NotFound("page"))?;
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    if status == "pending" {
        let filter = Filter::of(|name| request.query.get(name).cloned().unwrap_or_default());
        return queue(&visit, filter, None, 200).await;
    }
    decided(&visit, status, &page).await
}

fn tabs(status: &str) -> Vec<Tab> {
    let tab = |name: &str| Tab {
        title: words::status(name).to_owned(),
        address: route::queue(name),
        current: name == status,
    };
    Decision::STATUSES.map(tab).into()
}

/// What waits.
async fn queue(visit: &Visit, filter: Filter, done: Option<Done>, status: u16) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let (frame, waiting, senders) = try_join3(
        Frame::of(visit),
        approvals::waiting(&visit.ports, &permit, filter.behind()),
        senders(visit),
    )
    .await?;
    let reader = Reader {
        voter: Voter { member_id: frame.me.member.id, role: frame.me.member.role },
        may_decide: visit.may_decide(),
        names: &frame.names,
        now: visit.ports.now(),
    };
    let taken: Vec<&Approval> = waiting.items.iter().filter(|approval| filter.takes(approval)).collect();
    let of_view = |view: View| -> Vec<&Approval> {
        let is_in = |approval: &&&Approval| match view {
            View::All => true,
            View::Mine => Stand::of(approval, &reader.voter, reader.may_decide, reader.now).class == "mine",
            View::Risky => approval.level() > Level::Note,
        };
        taken.iter().filter(is_in).copied().collect()
    };
    let counted = |n: usize| if waiting.complete { n.to_string() } else { format!("{n}+") };
    let views = View::ALL
        .map(|(view, _, word)| Tab {
            title: format!("{word} {}", counted(of_view(view).len())),
            address: Filter { view, page: 0, ..filter.clone() }.address(),
            current: view == filter.view,
        })
        .into();
    let shown = of_view(filter.view);
    let pages = shown.len().div_ceil(ROWS).max(1);
    let filter = Filter { page: filter.page.min(pages - 1), ..filter };
    let rows = rows(&shown, &filter, &senders, &reader);
    let on_page: Vec<&Approval> = shown.iter().skip(filter.page * ROWS).take(ROWS).copied().collect();
    let whose = (permit.organization_id(), reader.voter.member_id);
    let signer = signer::of(&visit.ports, visit.powers.key_logs()?, whose, &on_page).await?;
    let to = |page: usize| Filter { page, ..filter.clone() }.address();
    let page = QueuePage {
        tabs: tabs("pending"),
        done,
        views,
        inboxes: inbox_choices(&waiting, &senders, &filter),
        reasons: reason_choices(&waiting, &filter),
        found: count_of(shown.len(), waiting.complete),
        incomplete: !waiting.complete,
        later: waiting.next.clone().map(|from| Filter { from, page: 0, ..filter.clone() }.address()),
        uploads: uploads(&waiting, reader.may_decide),
        first: filter.behind().map(|_| Filter { from: String::new(), page: 0, ..filter.clone() }.address()),
        any: !waiting.items.is_empty(),
        batch: rows.iter().any(|row| row.item.is_some()),
        signer,
        rows,
        csrf: visit.session.form_token(),
        before: (filter.page > 0).then(|| to(filter.page - 1)),
        behind: (filter.page + 1 < pages).then(|| to(filter.page + 1)),
        live: live::of_queue(&waiting, reader.now),
        again: filter.address(),
        looked: Moment::new(reader.now, reader.now),
        filter,
        shell: frame.shell,
    };
    Ok(guard::html_with_keys(status, render(&page)?))
}

/// `14 mails`, and that there may be more.
fn count_of(n: usize, complete: bool) -> String {
    let all = count(n, "mail", "mails");
    if complete { all } else { format!("{all} of the first {} that wait", approvals::MOST_WAITING) }
}

/// The rows of a page, with what is said before those that are alike.
fn rows(
    shown: &[&Approval],
    filter: &Filter,
    senders: &BTreeMap<InboxId, String>,
    reader: &Reader<'_>,
) -> Vec<Row> {
    let keys: Vec<Option<triage::Alike>> = shown.iter().map(|approval| alike(approval)).collect();
    let from = |approval: &Approval| {
        senders.get(&approval.inbox_id).cloned().unwrap_or_else(|| approval.inbox_id.to_string())
    };
    let mut rows = vec![];
    let begin = filter.page * ROWS;
    for (place, approval) in shown.iter().enumerate().skip(begin).take(ROWS) {
        let mut row = Row::new(approval, from(approval), filter, reader);
        if keys[place].is_some() {
            let same = keys.iter().filter(|key| **key == keys[place]).count();
            let first = keys.iter().position(|key| *key == keys[place]).unwrap_or(place);
            if same > 1 {
                row.alike = first + 1;
                // Once before the first of them on this page.
                let begins = place == begin || keys[place - 1] != keys[place];
                row.group = begins.then(|| format!("{same} alike: {} \u{B7} {}", row.who, row.why));
            }
        }
        rows.push(row);
    }
    rows
}

fn inbox_choices(waiting: &Waiting, senders: &BTreeMap<InboxId, String>, filter: &Filter) -> Vec<Choice> {
    let mut ids: Vec<InboxId> = waiting.items.iter().map(|approval| approval.inbox_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let choice = |id: InboxId| {
        let value = id.to_string();
        let word = senders.get(&id).cloned().unwrap_or_else(|| value.clone());
        Choice { chosen: value == filter.inbox, word, value }
    };
    ids.into_iter().map(choice).collect()
}

/// The uploads of which more than one mail waits, for whoever may decide.
fn uploads(waiting: &Waiting, may_decide: bool) -> Vec<(String, String)> {
    let mut counted = BTreeMap::<_, usize>::new();
    for row in waiting.items.iter().filter_map(|approval| approval.row) {
        *counted.entry(row.upload_id).or_default() += 1;
    }
    let line = |(id, n): (UploadId, usize)| {
        (
            format!("{n} of these mails were made of one upload"),
            format!("{}/approve", super::uploads::address(id)),
        )
    };
    counted.into_iter().filter(|(_, n)| may_decide && *n > 1).map(line).collect()
}

fn reason_choices(waiting: &Waiting, filter: &Filter) -> Vec<Choice> {
    let mut codes: Vec<&String> = waiting.items.iter().flat_map(|approval| &approval.reasons).collect();
    codes.sort_unstable();
    codes.dedup();
    let choice = |code: &String| Choice {
        value: code.clone(),
        word: words::short_reason(code),
        chosen: *code == filter.reason,
    };
    codes.into_iter().map(choice).collect()
}

/// The addresses of inboxes. One that is gone, or that can't be had now, is shown by its id.
async fn senders(visit: &Visit) -> Result<BTreeMap<InboxId, String>, Refusal> {
    let Ok(permit) = visit.principal.permit::<scope::MessagesRead>() else { return Ok(BTreeMap::new()) };
    let page = PageRequest { limit: INBOXES, cursor: None };
    let found = inboxes::list(&visit.ports, &permit, &page).await?.items;
    Ok(found.into_iter().map(|inbox| (inbox.id, visible(inbox.address.as_str()))).collect())
}

/// Decides about those that are checked, each with the digest that its box carries, and says of each what came of it. Sent again, it says
/// the same: a vote that is given stays given.
async fn decide(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let filter = Filter::of(|name| form.field(name).to_owned());
    let permit = visit.principal.permit::<scope::ApprovalsDecide>().map_err(|_| {
        Refusal::because(Code::RoleCannotDecide, "Your role may read mails but not decide about them.")
    })?;
    let items = checked(&form)?;
    let said = |sentence: &str| Some(Done::failed(sentence));
    let verdict = match form.field("verdict") {
        "reject" => Verdict::Reject(reason_in(&form, "words")),
        "approve" => Verdict::Approve,
        _ => return queue(&visit, filter, said(NO_VERDICT), 422).await,
    };
    let wrong = match &verdict {
        _ if items.is_empty() => "Nothing was decided: check the mails first that you decide about.",
        _ if items.len() > wire::gate::approvals::BATCH => {
            "Nothing was decided: at most 50 mails are decided about at once."
        }
        Verdict::Reject(reason) if reason.chars().count() > MAX_REASON => {
            "Nothing was decided: the reason is longer than 2,000 characters."
        }
        _ => "",
    };
    if !wrong.is_empty() {
        return queue(&visit, filter, said(wrong), 422).await;
    }
    let (blobs, workflow) = (visit.powers.blobs()?, visit.powers.workflow()?);
    let signature = signature_of_form(form.field("signature"))?;
    let logs = visit.powers.key_logs()?;
    let signed = (logs, signature.as_ref());
    let all =
        approvals::decide_several(&visit.ports, blobs, workflow, &permit, &items, &verdict, signed).await?;
    let done = done_of(&visit, &all, &verdict).await?;
    queue(&visit, filter, Some(done), 200).await
}

/// What is said where none of the buttons was pressed that decide: what is no verdict approves nothing.
pub(super) const NO_VERDICT: &str = "Nothing was decided: press one of the buttons.";

/// The approvals whose boxes are checked, with the digests that these carry.
pub(super) fn checked(form: &Form) -> Result<Vec<(ApprovalId, Digest)>, Refusal> {
    let one = |name: &str| {
        let id = ApprovalId::parse(name).map_err(|error| Refusal::field("item", Code::InvalidId, error))?;
        let digest = Digest::parse(form.field(&format!("{ITEM}{name}")))
            .map_err(|error| Refusal::field("item", Code::InvalidDigest, error))?;
        Ok((id, digest))
    };
    form.checked(ITEM).into_iter().map(one).collect()
}

/// What came of deciding about several.
pub(super) async fn done_of(visit: &Visit, all: &[Batched], verdict: &Verdict) -> Result<Done, Refusal> {
    let word = if *verdict == Verdict::Approve { "approved" } else { "rejected" };
    let done = |wanted: &str| {
        all.iter().filter(|one| one.decided.as_ref().is_ok_and(|it| it.decision.as_str() == wanted)).count()
    };
    let (decided, wait) = (done(word), done("pending"));
    let failed = all.len() - decided - wait;
    let are = |n: usize| if n == 1 { "is" } else { "are" };
    let mut sentences = vec![];
    if decided > 0 {
        sentences.push(format!("{} {} {word}.", count(decided, "mail", "mails"), are(decided)));
    }
    if wait > 0 {
        let have = if wait == 1 { "has" } else { "have" };
        sentences.push(format!("{} {have} your vote, and wait for others.", count(wait, "mail", "mails")));
    }
    if failed > 0 {
        sentences.push(format!("{} {} not {word}:", count(failed, "mail", "mails"), are(failed)));
    }
    let lines = refused_of(visit, all).await?;
    let tone = if failed == 0 { "good" } else { "warn" };
    Ok(Done { sentence: sentences.join(" "), refused: lines, tone })
}

/// Those of several that were refused: what they are called, where they are, and why.
pub(super) async fn refused_of(
    visit: &Visit,
    all: &[Batched],
) -> Result<Vec<(String, String, String)>, Refusal> {
    // They are read once more, at most as many as are approved at once.
    let reading = visit.principal.permit::<scope::ApprovalsRead>()?;
    let refused = all.iter().filter_map(|one| Some((one.id, one.decided.as_ref().err()?)));
    let mut lines = vec![];
    for (id, refusal) in refused {
        let found = approvals::look_up(&visit.ports, &reading, id).await;
        let name = found.map_or_else(|_| "A mail that is not there".to_owned(), |it| subject(&it.subject));
        let why = told(refusal).map_or_else(|| wire::base::problem::words(refusal), |alert| alert.text);
        lines.push((name, route::approval(id), why));
    }
    Ok(lines)
}

/// A mail that was decided about.
struct DecidedRow {
    address: String,
    subject: String,
    recipients: String,
    all_recipients: String,
    from: String,
    who: String,
    /// By whom, where it was somebody.
    by: Option<Doer>,
    at: Moment,
    reason: String,
}

/// What was decided.
async fn decided(visit: &Visit, status: &'static str, page: &PageRequest) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let listed = approvals::list(&visit.ports, &permit, status, page);
    let (frame, (found, senders)) = try_join(Frame::of(visit), try_join(listed, senders(visit))).await?;
    let now = visit.ports.now();
    let Part { items, next } = found;
    let rows = items.iter().map(|approval| DecidedRow::new(approval, &senders, &frame.names, now)).collect();
    let here = route::queue(status);
    let page = DecidedPage {
        tabs: tabs(status),
        status,
        word: words::status(status),
        rows,
        older: older(&here, next),
        newest: page.cursor.is_some().then(|| here.clone()),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

impl DecidedRow {
    fn new(approval: &Approval, senders: &BTreeMap<InboxId, String>, names: &Names, now: Timestamp) -> Self {
        let recipients: Vec<String> =
            people(&approval.recipients).into_iter().map(|person| person.address).collect();
        let more = recipients.len().saturating_sub(NAMED);
        let first = recipients.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let (by, at, reason) = match &approval.decision {
            Decision::Pending => (None, approval.expires_at, String::new()),
            Decision::Approved { by, at } => (by.map(|by| names.member(by)), *at, String::new()),
            Decision::Cancelled { by, at, reason } => {
                (Some(names.doer(by)), *at, words::called_off(reason, by))
            }
            Decision::Superseded { by, at, .. } => (Some(names.member(*by)), *at, String::new()),
            Decision::Rejected { by, at, reason } => (Some(names.member(*by)), *at, visible(reason)),
            Decision::Expired { at } => (None, *at, String::new()),
        };
        Self {
            address: route::approval(approval.id),
            subject: subject(&approval.subject),
            recipients: if more > 0 { format!("{first} and {more} more") } else { first },
            all_recipients: recipients.join(", "),
            from: senders.get(&approval.inbox_id).cloned().unwrap_or_else(|| approval.inbox_id.to_string()),
            who: names.called(&approval.requested_by),
            by,
            at: Moment::new(at, now),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::samples;

    #[test]
    fn a_filter_survives_its_address() {
        let inbox = samples::inbox_id(1).to_string();
        let filter = Filter {
            view: View::Risky,
            inbox: inbox.clone(),
            reason: "edited".to_owned(),
            words: "a & b".to_owned(),
            page: 2,
            from: "abc_-=".to_owned(),
        };
        assert_eq!(Filter::named(&filter.name()), Filter { page: 0, ..filter.clone() });
        let query = filter.address();
        let query = runtime::http::form_pairs(query.split_once('?').unwrap().1);
        assert_eq!(Filter::of(|name| query.get(name).cloned().unwrap_or_default()), filter);
        let odd = Filter::of(|name| if name == "page" { "-3".to_owned() } else { "<nonsense>".to_owned() });
        assert_eq!((odd.view, odd.inbox.as_str(), odd.page), (View::All, "", 0));
        assert_eq!(Filter::default().address(), route::QUEUE);
    }

    #[test]
    fn a_filter_looks_at_subjects_recipients_inboxes_and_reasons() {
        let approval = samples::approval(1);
        let with = |words: &str| Filter { words: words.to_owned(), ..Filter::default() }.takes(&approval);
        assert!(with("QUESTION") && with("ANN") && !with("nobody"));
        let reason = |code: &str| Filter { reason: code.to_owned(), ..Filter::default() }.takes(&approval);
        assert!(reason("no_policy_allows_it") && !reason("edited"));
        let other = Filter { inbox: samples::inbox_id(2).to_string(), ..Filter::default() };
        assert!(!other.takes(&approval) && other.narrows());
    }
}
