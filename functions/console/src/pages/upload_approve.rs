//! `/console/uploads/{upload_id}/approve`: many mails of one spreadsheet are decided about at once: what they have in common stands there once,
//! and the values of each row in a table, each mail with its own digest.

use app::Refusal;
use app::base::store::PageRequest;
use app::gate::approvals::{Batched, opened_rows};
use app::gate::uploads::decide::{AT_ONCE, Deed, Waiting, act_on_rows, decide_rows, waiting};
use askama::Template;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Verdict, Voter};
use domain::gate::merge::{Merge, Plan, Words};
use domain::gate::sheet::Sheet;
use domain::people::access::{Scope, scope};
use domain::{ApprovalId, Timestamp, UploadId};
use runtime::http::{Request, Response};
use wire::gate::approvals::signature_of_form;

use super::decide::{MAX_REASON, reason_in};
use super::queue::{ITEM, NO_VERDICT, Stand, checked, done_of};
use super::signer::{self, Signer};
use super::uploads::{address, cut};
use super::{queue, render};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, body, count, encode, visible};

/// The page, and the form that decides.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/uploads/{upload_id}/approve",
    trust: Trust::Decide,
    audience: Audience::With(Scope::ApprovalsDecide),
    get: Get::Page(|context, request, at| Box::pin(async move { show(context, request, at.id()?).await })),
    post: Some(|context, request, at| Box::pin(async move { decide(context, request, at.id()?).await })),
    back: Back::Here(&[]),
    ..Page::NEW
}];

/// So many columns the table shows, those that the words ask for. Where they ask for more, each mail is opened and approved alone.
const COLUMNS: usize = 12;
/// So many characters of a value it shows.
const VALUE: usize = 300;
/// Nobody reads more characters of HTML than this beside a table.
const HTML: usize = 10_000;

#[derive(Template)]
#[template(path = "upload_approve.html")]
struct ApprovePage {
    shell: Shell,
    csrf: String,
    back: String,
    action: String,
    name: String,
    done: Option<queue::Done>,
    /// The words that all have in common, the first mail's first.
    words: Vec<Common>,
    columns: Vec<String>,
    rows: Vec<Row>,
    found: String,
    /// How many of them must be opened still, before many are approved at once.
    unopened: Option<String>,
    /// Where those are that wait behind these.
    behind: Option<String>,
    batch: bool,
    signer: Option<Signer>,
    /// Whether the page goes on by itself.
    goes_on: bool,
}

impl ApprovePage {
    fn script() -> &'static str {
        guard::KEYS_SCRIPT
    }

    fn signing() -> &'static str {
        guard::SIGN_SCRIPT
    }
}

/// The words of the first mail of a row, or of one that follows.
struct Common {
    title: String,
    subject: String,
    text: String,
    /// Its HTML as it was written: what it links to, and what a variable stands in for, is nowhere else.
    html: Option<String>,
}

/// A mail that waits.
struct Row {
    number: u32,
    place: String,
    address: String,
    to: String,
    values: Vec<String>,
    send_at: Option<Moment>,
    item: Option<(String, String)>,
    revision: u32,
    signs: bool,
    /// Why it has no box.
    stands: String,
}

fn common(plan: &Plan) -> Vec<Common> {
    let one = |title: String, words: &Words| {
        let given = |text: &Option<String>| text.clone().unwrap_or_else(|| "(a column has it)".to_owned());
        let spoken = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let html = spoken(&words.html);
        let text = match (spoken(&words.text), &html) {
            (Some(text), _) => text,
            (None, Some(_)) => String::new(),
            (None, None) => "(a column has it)".to_owned(),
        };
        Common {
            title,
            subject: body(&given(&words.subject)),
            text: body(&text),
            html: html.map(|it| body(&it)),
        }
    };
    let first = one("The mail of each row".to_owned(), &plan.words);
    let further = plan.follow_ups.iter().zip(1..);
    std::iter::once(first)
        .chain(
            further.map(|(it, n)| one(format!("Mail {n} that follows, unless somebody answers"), &it.words)),
        )
        .collect()
}

/// The places of the columns that are shown, and whether these, with the words that all have in common, are all that is said.
fn shown_columns(plan: &Plan, sheet: &Sheet) -> (Vec<usize>, bool) {
    let Ok(merge) = Merge::new(plan, &sheet.columns) else { return (vec![], false) };
    let mut used: Vec<_> = merge.said().into_iter().collect();
    let words = std::iter::once(&plan.words).chain(plan.follow_ups.iter().map(|it| &it.words));
    let html = words.filter_map(|words| words.html.as_ref()).map(|html| html.chars().count()).max();
    let all = used.len() <= COLUMNS && html.unwrap_or_default() <= HTML;
    used.truncate(COLUMNS);
    (used, all)
}

fn row(
    approval: &Approval,
    sheet: &Sheet,
    (columns, all): (&[usize], bool),
    (voter, now): (&Voter, Timestamp),
) -> Row {
    let of = approval.row.map_or((0, 0), |row| (row.number, row.place));
    let found = sheet.rows.binary_search_by_key(&of.0, |it| it.number).ok();
    let text = |place: &usize| {
        let cell = found.and_then(|found| sheet.rows[found].cells.get(*place));
        cell.map(|cell| cell.text.as_str()).unwrap_or_default()
    };
    // Nobody approves here what they don't see whole.
    let to = approval.recipients.first().map(|party| match &party.name {
        Some(name) => format!("{name} <{}>", party.address),
        None => party.address.clone(),
    });
    let to = to.unwrap_or_default();
    let is_whole = all
        && to.chars().count() <= VALUE
        && columns.iter().all(|place| text(place).chars().count() <= VALUE);
    let stand = Stand::of(approval, voter, true, now);
    let boxed = stand.class == "mine" && approval.may_be_batched() && is_whole;
    Row {
        number: of.0,
        place: if of.1 == 0 { String::new() } else { format!("follows ({})", of.1) },
        address: route::approval(approval.id),
        to: visible(&to),
        values: columns.iter().map(|place| cut(text(place), VALUE)).collect(),
        send_at: approval.send_at.map(|at| Moment::new(at, now)),
        item: boxed.then(|| (format!("{ITEM}{}", approval.id), approval.digest.to_string())),
        revision: approval.revision,
        signs: signer::is_asked(approval),
        stands: match (boxed, stand.class) {
            (true, _) => String::new(),
            (false, "mine") if is_whole => "Deserves a look".to_owned(),
            (false, "mine") => "Too much to show here".to_owned(),
            (false, _) => stand.word,
        },
    }
}

async fn show(context: &Context, request: &Request, id: UploadId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::ApprovalsDecide>()?;
    let behind = request.query.get("behind").cloned();
    page(&visit, id, behind, (200, None, false)).await
}

async fn page(
    visit: &Visit,
    id: UploadId,
    behind: Option<String>,
    (status, done, goes_on): (u16, Option<queue::Done>, bool),
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let first = PageRequest { limit: u16::try_from(AT_ONCE).unwrap_or(100), cursor: behind };
    let found = waiting(&visit.ports, visit.powers.sheets()?, &permit, id, &first).await?;
    let frame = Frame::of(visit).await?;
    let voter = Voter { member_id: frame.me.member.id, role: frame.me.member.role };
    let now = visit.ports.now();
    let Waiting { upload, sheet, plan, page } = &found;
    let (columns, whole) = shown_columns(plan, sheet);
    let rows: Vec<Row> =
        page.items.iter().map(|it| row(it, sheet, (&columns, whole), (&voter, now))).collect();
    let all: Vec<&Approval> = page.items.iter().collect();
    let whose = (permit.organization_id(), voter.member_id);
    let signer = signer::of(&visit.ports, visit.powers.key_logs()?, whose, &all).await?;
    let batch = rows.iter().any(|row| row.item.is_some());
    let own = format!("{}/approve", address(id));
    let behind = page.next.as_ref().map(|next| format!("{own}?behind={}", encode(next)));
    let more = behind.is_some();
    let asked = page.items.iter().map(Approval::rows_to_open).max().unwrap_or_default();
    let unopened = match asked {
        0 => None,
        asked => {
            let whose = (permit.organization_id(), id, voter.member_id);
            let opened = opened_rows(&visit.ports, whose.0, whose.1, whose.2).await?;
            (opened < asked).then(|| unopened(asked, opened))
        }
    };
    let shown = count(rows.len(), "mail waits", "mails wait");
    let page = ApprovePage {
        csrf: visit.session.form_token(),
        back: address(id),
        action: own,
        name: visible(&upload.filename),
        done,
        words: common(plan),
        columns: columns.iter().map(|place| visible(&sheet.columns[*place])).collect(),
        found: if more { format!("The first {} of those that wait", rows.len()) } else { shown },
        unopened,
        behind,
        goes_on: goes_on && batch,
        batch,
        rows,
        signer,
        shell: frame.shell,
    };
    Ok(guard::html_with_keys(status, render(&page)?))
}

/// What a policy asks before many are approved at once.
fn unopened(asked: usize, opened: usize) -> String {
    let so_far = if opened == 0 { "none yet".to_owned() } else { format!("{opened} so far") };
    format!(
        "A policy asks that you decide about {asked} of these mails alone before you approve many at once: {so_far}. Open some by the numbers of their rows, and \
         approve each on its own page, or reject it."
    )
}

/// Calls those off that are checked, or moves them to another day.
async fn act(
    visit: &Visit,
    id: UploadId,
    form: &Form,
    items: &[(ApprovalId, Digest)],
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
    let days = form.field("days").trim().parse::<i16>().ok().filter(|days| (1..=300).contains(&days.abs()));
    let (deed, word) = match (form.field("verdict"), days) {
        ("cancel", _) => (Deed::Cancel(reason_in(form, "words")), "cancelled"),
        (_, Some(days)) => (Deed::Move(days), "moved, and wait for approval as they are now"),
        (_, None) => {
            let said =
                queue::Done::failed("Nothing was moved: say by how many days, 1 to 300, or -300 to -1.");
            return page(visit, id, None, (422, Some(said), false)).await;
        }
    };
    let wrong = match &deed {
        _ if items.is_empty() => "Nothing was done: check the mails first.",
        _ if items.len() > AT_ONCE => "Nothing was done: at most 100 mails are done at once.",
        Deed::Cancel(reason) if reason.chars().count() > MAX_REASON => {
            "Nothing was cancelled: the reason is longer than 2,000 characters."
        }
        _ => "",
    };
    if !wrong.is_empty() {
        return page(visit, id, None, (422, Some(queue::Done::failed(wrong)), false)).await;
    }
    let sending = visit.powers.sending(&visit.ports)?;
    let all = Box::pin(act_on_rows(&sending, &permit, id, items, &deed)).await?;
    let done = all.iter().filter(|one| one.decided.is_ok()).count();
    let refused = queue::refused_of(visit, &all).await?;
    let sentence = match all.len() - done {
        0 => format!("{} {word}.", count(done, "mail is", "mails are")),
        left => format!("{} {word}, and {left} not:", count(done, "mail is", "mails are")),
    };
    let tone = if refused.is_empty() { "good" } else { "warn" };
    page(visit, id, None, (200, Some(queue::Done { sentence, refused, tone }), false)).await
}

/// Decides about those that are checked, each with the digest that its box carries. Sent again, it says the same.
async fn decide(context: &Context, request: &Request, id: UploadId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsDecide>().map_err(|_| {
        Refusal::because(Code::RoleCannotDecide, "Your role may read mails but not decide about them.")
    })?;
    let items = checked(&form)?;
    if matches!(form.field("verdict"), "cancel" | "move") {
        return act(&visit, id, &form, &items).await;
    }
    let verdict = match form.field("verdict") {
        "reject" => Verdict::Reject(reason_in(&form, "words")),
        "approve" => Verdict::Approve,
        _ => return page(&visit, id, None, (422, Some(queue::Done::failed(NO_VERDICT)), false)).await,
    };
    let wrong = match &verdict {
        _ if items.is_empty() => "Nothing was decided: check the mails first that you decide about.",
        _ if items.len() > AT_ONCE => "Nothing was decided: at most 100 mails are decided about at once.",
        Verdict::Reject(reason) if reason.chars().count() > MAX_REASON => {
            "Nothing was decided: the reason is longer than 2,000 characters."
        }
        _ => "",
    };
    if !wrong.is_empty() {
        return page(&visit, id, None, (422, Some(queue::Done::failed(wrong)), false)).await;
    }
    let (sheets, blobs) = (visit.powers.sheets()?, visit.powers.blobs()?);
    let signature = signature_of_form(form.field("signature"))?;
    let signed = (visit.powers.key_logs()?, signature.as_ref());
    let workflow = visit.powers.workflow()?;
    let decided =
        decide_rows(&visit.ports, (sheets, blobs), workflow, &permit, id, (&items, &verdict), signed);
    let all: Vec<Batched> = Box::pin(decided).await?;
    let done = done_of(&visit, &all, &verdict).await?;
    // What goes on by itself stops where something deserves a look.
    let goes_on = form.field("go_on") == "yes" && all.iter().all(|one| one.decided.is_ok());
    page(&visit, id, None, (200, Some(done), goes_on)).await
}
