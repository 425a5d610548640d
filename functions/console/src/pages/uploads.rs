//! `/console/uploads`: spreadsheets, what is made of their rows, and what became of that.
//!
//! Whoever has mails made of rows makes their approvals, as on the pages where a mail is written: so these pages stand beside those.

use std::collections::BTreeMap;

use app::Refusal;
use app::base::enter::Once;
use app::base::store::PageRequest;
use app::gate::uploads::{self, NewUpload, Outlook, Planner, Preview, Row, RowStatus};
use app::mailbox::inboxes;
use askama::Template;
use domain::base::code::Code;
use domain::gate::merge::{DateOrder, FIELDS, Plan, variable_of};
use domain::gate::policy::Verdict;
use domain::gate::upload::{Found, Stage, StoredError, Upload};
use domain::people::access::{Permit, Scope, scope};
use domain::{InboxId, Timestamp, UploadId};
use futures_util::future::try_join;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use runtime::http::{Request, Response};
use serde_json::{Map, Value, json};

use super::{older, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::upload::MAX_BYTES;
use crate::visit::Visit;
use crate::words::{self, Moment, body, count, encode, size, visible};

/// The list with the form for a new one, one of them, its rows, and the form that deletes it.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        menu: Menu::Daily(26, "Uploads"),
        get: Get::Page(|context, request, _| Box::pin(show_list(context, request))),
        post: Some(|context, request, _| Box::pin(put(context, request))),
        ..UPLOADS
    },
    Page {
        path: ONE,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, at.id()?).await })
        }),
        post: Some(|context, request, at| Box::pin(async move { confirm(context, request, at.id()?).await })),
        ..UPLOADS
    },
    Page {
        path: "/uploads/{upload_id}/rows",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show_rows(context, request, at.id()?).await })
        }),
        ..UPLOADS
    },
    Page {
        path: "/uploads/{upload_id}/delete",
        get: Get::To(ONE),
        post: Some(|context, request, at| Box::pin(async move { delete(context, request, at.id()?).await })),
        back: Back::To(ONE),
        ..UPLOADS
    },
];

const LIST: &str = "/uploads";
const ONE: &str = "/uploads/{upload_id}";

const UPLOADS: Page = Page {
    trust: Trust::Decide,
    audience: Audience::With(Scope::UploadsManage),
    back: Back::Here(&[]),
    ..Page::NEW
};

/// So many mails that follow have fields in the form; the API takes more.
const FOLLOW_UPS: usize = 2;
/// So many rows a page shows.
const ROWS: u16 = 50;
/// So many characters of a value a table shows.
const VALUE: usize = 60;

/// The fields of the form that have a place for what is wrong with them.
const NAMES: [&str; 10] = [
    "mapping",
    "subject",
    "text",
    "html",
    "time_zone",
    "time",
    "date_order",
    "send_at",
    "follow_ups",
    "file",
];

#[derive(Template)]
#[template(path = "uploads.html")]
struct ListPage {
    shell: Shell,
    csrf: String,
    notice: &'static str,
    wrong: Wrong,
    inboxes: Vec<(String, String)>,
    limit: String,
    most: usize,
    rows: Vec<Line>,
    older: Option<String>,
}

impl ListPage {
    /// What says beforehand that a file is too large.
    fn script() -> &'static str {
        guard::WRITE_SCRIPT
    }
}

/// An upload in the list.
struct Line {
    address: String,
    name: String,
    word: &'static str,
    class: &'static str,
    what: String,
    at: Moment,
}

/// A status in a word, and how it looks.
fn word(stage: &Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Uploading => ("Awaited", "pending"),
        Stage::Reading => ("Being read", "pending"),
        Stage::Ready => ("Ready", "pending"),
        Stage::Importing => ("Mails are made", "pending"),
        Stage::Imported { .. } => ("Done", "approved"),
        Stage::Failed { .. } => ("Failed", "rejected"),
        Stage::Deleting => ("Being deleted", "cancelled"),
    }
}

fn many(n: u32, one: &str, more: &str) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), one, more)
}

/// What there is to say of an upload in a line.
fn what(upload: &Upload) -> String {
    let rows = upload.found.as_ref().map(|found| many(found.rows, "row", "rows"));
    match (&upload.stage, rows) {
        (Stage::Failed { message, .. }, _) => message.clone(),
        (Stage::Importing | Stage::Imported { .. }, Some(rows)) => {
            let progress = upload.progress;
            let mails = many(progress.mails, "mail", "mails");
            let failed = if progress.failed > 0 {
                format!(", {} without one", progress.failed)
            } else {
                String::new()
            };
            format!("{mails} of {rows}{failed}")
        }
        (_, Some(rows)) => rows,
        (_, None) => size(upload.size),
    }
}

fn permit(visit: &Visit) -> Result<Permit<scope::UploadsManage>, Refusal> {
    Ok(visit.principal.permit()?)
}

fn planner(visit: &Visit) -> Result<Planner<'_>, Refusal> {
    Ok(Planner {
        ports: &visit.ports,
        sheets: visit.powers.sheets()?,
        directory: visit.powers.directory()?,
        blobs: visit.powers.blobs()?,
    })
}

pub(super) fn address(id: UploadId) -> String {
    format!("{}/{id}", route::UPLOADS)
}

async fn show_list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("deleted") => "It is deleted. Those of its mails that have not gone never go.",
        _ => "",
    };
    list_page(&visit, &request.page()?, (200, notice), Wrong::default()).await
}

async fn list_page(
    visit: &Visit,
    page: &PageRequest,
    (status, notice): (u16, &'static str),
    wrong: Wrong,
) -> Result<Response, Refusal> {
    let permit = permit(visit)?;
    let reading = visit.principal.permit::<scope::MessagesRead>()?;
    let all = PageRequest { limit: 100, cursor: None };
    let own = inboxes::list(&visit.ports, &reading, &all);
    let found = try_join(uploads::list(&visit.ports, &permit, page), own);
    let (frame, (found, inboxes)) = Box::pin(try_join(Frame::of(visit), found)).await?;
    let now = visit.ports.now();
    let line = |upload: &Upload| {
        let (word, class) = word(&upload.stage);
        Line {
            address: address(upload.id),
            name: visible(&upload.filename),
            word,
            class,
            what: what(upload),
            at: Moment::new(upload.created_at, now),
        }
    };
    let page = ListPage {
        csrf: visit.session.form_token(),
        notice,
        wrong,
        inboxes: inboxes
            .items
            .iter()
            .map(|inbox| (inbox.id.to_string(), visible(inbox.address.as_str())))
            .collect(),
        limit: size(MAX_BYTES as u64),
        most: MAX_BYTES,
        rows: found.items.iter().map(line).collect(),
        older: older(route::UPLOADS, found.next),
        shell: frame.shell,
    };
    Ok(guard::html_with_writing(status, render(&page)?))
}

/// Takes a file, and goes on to what was read of it.
async fn put(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, mut form) = Visit::of_form(context, request, &[]).await?;
    let (permit, sheets) = (permit(&visit)?, visit.powers.sheets()?);
    let first = PageRequest { limit: 50, cursor: None };
    let again = |sentence: &str| Wrong::with("file", sentence);
    let Some(file) = form.take_files().into_iter().find(|file| !file.contents.is_empty()) else {
        let wrong = again("Choose a file: CSV, TSV or XLSX, with at least one row.");
        return list_page(&visit, &first, (422, ""), wrong).await;
    };
    let inbox_id: InboxId = match domain::base::id::Id::parse(form.field("inbox_id")) {
        Ok(id) => id,
        Err(_) => {
            return list_page(&visit, &first, (422, ""), Wrong::with("inbox_id", "Choose an inbox.")).await;
        }
    };
    let content_type =
        if file.content_type.is_empty() { "application/octet-stream".to_owned() } else { file.content_type };
    let new = NewUpload {
        inbox_id,
        filename: file.filename.chars().filter(|c| !c.is_control()).take(200).collect(),
        content_type: content_type.chars().filter(char::is_ascii_graphic).take(100).collect(),
        size: file.contents.len() as u64,
    };
    let saved = |_: &Upload, _: &str| (303, String::new());
    match uploads::announce(&visit.ports, sheets, &permit, new, &Once::default(), saved).await {
        Ok((upload, _)) => {
            uploads::put(sheets, &upload, file.contents).await?;
            Ok(guard::see_other(&address(upload.id)))
        }
        Err(Refusal::Invalid(errors)) => list_page(&visit, &first, (422, ""), Wrong::new(&errors)).await,
        Err(refusal) => Err(refusal),
    }
}

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    shell: Shell,
    csrf: String,
    action: String,
    name: String,
    mailbox: String,
    word: &'static str,
    class: &'static str,
    /// Seconds after which the page asks again; none where nothing happens by itself.
    again: Option<u8>,
    /// In how much of a hundred the work is done.
    percent: u32,
    summary: String,
    waits: String,
    notes: Vec<String>,
    failed: String,
    /// Where its mails are approved, for whoever may.
    approve: Option<String>,
    rows: Option<String>,
    wrong_rows: Option<String>,
    form: Option<PlanForm>,
    outlook: Option<Looked>,
    elsewhere: String,
    wrong: Wrong,
    deletes: bool,
}

impl UploadPage {
    /// What says times in the browser's zone.
    fn script() -> &'static str {
        guard::WRITE_SCRIPT
    }
}

/// The form that says what is made of the rows.
struct PlanForm {
    /// The columns that can be chosen for each field: its name, its label, and the column that is chosen.
    fields: Vec<(&'static str, &'static str, String)>,
    columns: Vec<String>,
    variables: Vec<String>,
    typed: BTreeMap<String, String>,
    follow_ups: Vec<usize>,
}

impl PlanForm {
    fn value(&self, name: &str) -> &str {
        self.typed.get(name).map(String::as_str).unwrap_or_default()
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands it so")]
    fn of(&self, n: &usize, part: &str) -> &str {
        self.value(&format!("follow_up_{n}.{part}"))
    }

    /// Which of day and month can be said to come first.
    #[expect(clippy::unused_self, reason = "a template calls it so")]
    fn orders(&self) -> [(&'static str, &'static str); 2] {
        let words = |order: DateOrder| match order {
            DateOrder::DayFirst => "name the day first: 3 April",
            DateOrder::MonthFirst => "name the month first: 4 March",
        };
        DateOrder::ALL.map(|order| (order.as_str(), words(order)))
    }

    /// As somebody typed it; or as it was tried last; or as the columns look.
    fn new(found: &Found, typed: Option<&Form>, tried: Option<&Plan>) -> Self {
        const LABELS: [(&str, &str); 6] = [
            ("to", "Address"),
            ("name", "Name of the recipient"),
            ("send_at", "When it goes"),
            ("subject", "Subject"),
            ("text", "Text"),
            ("html", "HTML"),
        ];
        let tried = tried.map(typed_as);
        let chosen = |field: &str| match (typed, &tried) {
            (Some(form), _) => form.field(&format!("map.{field}")).to_owned(),
            (None, Some(tried)) => tried.get(&format!("map.{field}")).cloned().unwrap_or_default(),
            (None, None) => found.guesses.get(field).cloned().unwrap_or_default(),
        };
        let names = ["subject", "text", "time_zone", "time", "send_at", "date_order", "allow_duplicates"];
        let further = (1..=FOLLOW_UPS)
            .flat_map(|n| ["days", "subject", "text"].map(|part| format!("follow_up_{n}.{part}")));
        let columns = (1..=FOLLOW_UPS).map(|n| {
            let name = format!("follow_up_{n}");
            (format!("{name}.column"), chosen(&name))
        });
        let typed = names
            .map(str::to_owned)
            .into_iter()
            .chain(further)
            .map(|name| {
                let tried = || tried.as_ref().and_then(|tried| tried.get(&name)).cloned();
                let value = typed.map(|form| form.field(&name).to_owned()).or_else(tried).unwrap_or_default();
                (name, value)
            })
            .chain(columns)
            .collect();
        Self {
            fields: LABELS.map(|(field, label)| (field, label, chosen(field))).into(),
            columns: found.columns.clone(),
            variables: found
                .columns
                .iter()
                .map(|column| format!("{{{{{}}}}}", variable_of(column)))
                .collect(),
            typed,
            follow_ups: (1..=FOLLOW_UPS).collect(),
        }
    }
}

/// What somebody would type into the form for this plan.
fn typed_as(plan: &Plan) -> BTreeMap<String, String> {
    let zone = TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC);
    let send_at = plan.send_at.map(|at| at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string());
    let order = plan.date_order.map(DateOrder::as_str).unwrap_or_default();
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let first = [
        ("subject", said(&plan.words.subject)),
        ("text", said(&plan.words.text)),
        ("time_zone", plan.time_zone.clone()),
        ("time", plan.time.strftime("%H:%M").to_string()),
        ("send_at", send_at.unwrap_or_default()),
        ("date_order", order.to_owned()),
        ("allow_duplicates", if plan.duplicates { "yes".to_owned() } else { String::new() }),
    ];
    let further = plan.follow_ups.iter().zip(1..).flat_map(|(it, n)| {
        let days = if it.after_days == 0 { String::new() } else { it.after_days.to_string() };
        let parts = [("days", days), ("subject", said(&it.words.subject)), ("text", said(&it.words.text))];
        parts.map(|(part, value)| (format!("follow_up_{n}.{part}"), value))
    });
    let columns = plan.mapping.iter().map(|(field, column)| (format!("map.{field}"), column.clone()));
    first.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(further).chain(columns).collect()
}

/// What a plan would make of the rows.
struct Looked {
    sentence: String,
    tone: &'static str,
    problems: Vec<(String, u32)>,
    wrong: Vec<(u32, String)>,
    preview: Option<Shown>,
    policies: Vec<String>,
    can_confirm: bool,
}

/// A row's mails as their reader will see them.
struct Shown {
    number: u32,
    to: String,
    mails: Vec<(String, String, String)>,
}

fn shown(preview: &Preview, now: Timestamp) -> Shown {
    let to = match &preview.mails.to.name {
        Some(name) => format!("{} <{}>", visible(name.as_str()), visible(preview.mails.to.address.as_str())),
        None => visible(preview.mails.to.address.as_str()),
    };
    let mail = |mail: &domain::gate::merge::RowMail| {
        let when =
            mail.send_at.map_or_else(|| "as soon as it may".to_owned(), |at| Moment::new(at, now).exact);
        let text = match (&mail.text, &mail.html) {
            (Some(text), _) => body(text),
            (None, Some(html)) => body(&uploads::text_of(html)),
            (None, None) => String::new(),
        };
        (words::subject(mail.subject.as_str()), when, text)
    };
    Shown { number: preview.number, to, mails: preview.mails.mails.iter().map(mail).collect() }
}

/// What is wrong with a row, in a line.
fn said(errors: &[StoredError]) -> String {
    let one = |error: &StoredError| match &error.column {
        Some(column) => format!("{}: {}", visible(column), error.message),
        None => error.message.clone(),
    };
    errors.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// What policies say of the first mail of a row, in a sentence.
fn verdict(number: u32, judged: &Result<Verdict, String>) -> String {
    match judged {
        Ok(Verdict::Allow) => format!("Row {number}: goes without a person."),
        Ok(Verdict::Hold(_)) => format!("Row {number}: waits for somebody\u{2019}s approval."),
        Ok(Verdict::Block) => format!("Row {number}: is blocked, so no mail is made of it."),
        Err(why) => format!("Row {number}: would be refused: {why}."),
    }
}

impl Looked {
    fn new(outlook: &Outlook, now: Timestamp) -> Self {
        let rows = outlook.upload.found.as_ref().map_or(0, |found| found.rows);
        let bad = rows.saturating_sub(outlook.good);
        let mut sentence = format!(
            "{} of {} can become {}.",
            outlook.good,
            many(rows, "row", "rows"),
            many(outlook.mails, "mail", "mails")
        );
        if bad > 0 {
            let wrong = many(bad, "row has", "rows have");
            sentence = format!("{sentence} {wrong} something wrong, and become none.");
        }
        let stored = |errors: &Vec<domain::gate::merge::RowError>| {
            errors.iter().cloned().map(StoredError::from).collect::<Vec<_>>()
        };
        Self {
            sentence,
            tone: match (outlook.good, bad) {
                (0, _) => "bad",
                (_, 0) => "good",
                _ => "warn",
            },
            problems: outlook.problems.iter().map(|(code, n)| (code.replace('_', " "), *n)).collect(),
            wrong: outlook.wrong.iter().map(|(number, errors)| (*number, said(&stored(errors)))).collect(),
            preview: outlook.first.as_ref().map(|preview| shown(preview, now)),
            policies: outlook.sampled.iter().map(|(number, judged)| verdict(*number, judged)).collect(),
            can_confirm: outlook.good > 0,
        }
    }
}

async fn show(context: &Context, request: &Request, id: UploadId) -> Result<Response, Refusal> {
    // What the page asks for by itself is no use of the session.
    let visit = if request.query.contains_key("refresh") {
        Visit::at_a_glance(context, request, &[]).await?
    } else {
        Visit::of(context, request, &[]).await?
    };
    let upload = uploads::get(&visit.ports, &permit(&visit)?, id).await?;
    page(&visit, &upload, 200, (None, None, Wrong::default())).await
}

/// What a page says beside the upload: what was typed, what would be made of it, and what is wrong.
type Beside<'a> = (Option<&'a Form>, Option<&'a Outlook>, Wrong);

async fn page(
    visit: &Visit,
    upload: &Upload,
    status: u16,
    (typed, outlook, wrong): Beside<'_>,
) -> Result<Response, Refusal> {
    let reading = visit.principal.permit::<scope::MessagesRead>()?;
    let frame = Frame::of(visit).await?;
    // An inbox that was deleted has no address any more.
    let inbox = inboxes::get(&visit.ports, &reading, upload.inbox_id).await;
    let mailbox = inbox.map_or_else(|_| upload.inbox_id.to_string(), |it| visible(it.address.as_str()));
    let (word, class) = word(&upload.stage);
    let (found, progress) = (upload.found.as_ref(), upload.progress);
    let rows = found.map_or(0, |found| found.rows);
    let own = address(upload.id);
    let is_read = found.is_some() && upload.stage != Stage::Deleting;
    let looked_at = upload.checked.is_some();
    let now = visit.ports.now();
    // What was typed before is there again.
    let tried = if typed.is_none() && upload.stage == Stage::Ready {
        planner(visit)?.tried(upload).await?
    } else {
        None
    };
    let page = UploadPage {
        csrf: visit.session.form_token(),
        name: visible(&upload.filename),
        mailbox,
        word,
        class,
        again: match upload.stage {
            Stage::Uploading | Stage::Reading | Stage::Deleting => Some(2),
            Stage::Importing => Some(3),
            Stage::Ready | Stage::Imported { .. } | Stage::Failed { .. } => None,
        },
        percent: (progress.rows * 100).checked_div(rows).unwrap_or_default().min(100),
        summary: what(upload),
        waits: upload.waits.clone().unwrap_or_default(),
        notes: found
            .map(|it| it.notes.iter().map(|(_, sentence)| body(sentence)).collect())
            .unwrap_or_default(),
        failed: match &upload.stage {
            Stage::Failed { message, .. } => message.clone(),
            _ => String::new(),
        },
        approve: (visit.may_decide() && upload.confirmed.is_some()).then(|| format!("{own}/approve")),
        rows: is_read.then(|| format!("{own}/rows")),
        wrong_rows: (looked_at && is_read).then(|| format!("{own}/rows?status=error")),
        form: found
            .filter(|_| upload.stage == Stage::Ready)
            .map(|found| PlanForm::new(found, typed, tried.as_ref())),
        outlook: outlook.map(|outlook| Looked::new(outlook, now)),
        elsewhere: wrong.beside(&NAMES),
        wrong,
        deletes: upload.stage != Stage::Deleting,
        action: own,
        shell: frame.shell,
    };
    Ok(guard::html_with_writing(status, render(&page)?))
}

/// The instant that a date and time of a form name in this time zone; what can't be read stays as it is, for the plan to refuse.
fn instant(typed: &str, zone: &str) -> String {
    let zone = if zone.is_empty() { "UTC" } else { zone };
    let at = typed.parse::<DateTime>().ok().and_then(|at| at.in_tz(zone).ok());
    at.map_or_else(|| typed.to_owned(), |at| at.timestamp().to_string())
}

/// The plan that a form describes, as the API takes it.
fn body_of(form: &Form, dry_run: bool) -> Value {
    let mut body = Map::new();
    let mut mapping = Map::new();
    for field in FIELDS {
        let column = form.field(&format!("map.{field}"));
        if !column.is_empty() {
            mapping.insert(field.to_owned(), json!(column));
        }
    }
    let mut set = |name: &str, value: String| {
        if !value.trim().is_empty() {
            body.insert(name.to_owned(), json!(value));
        }
    };
    // Where a column gives them too, somebody has to say which they mean.
    set("subject", form.field("subject").to_owned());
    set("text", form.text("text"));
    set("time_zone", form.field("time_zone").trim().to_owned());
    set("time", form.field("time").trim().to_owned());
    set("date_order", form.field("date_order").to_owned());
    set("send_at", instant(form.field("send_at").trim(), form.field("time_zone").trim()));
    let follow_ups: Vec<Value> = (1..=FOLLOW_UPS)
        .filter_map(|n| {
            let part = |part: &str| form.field(&format!("follow_up_{n}.{part}")).trim().to_owned();
            let (days, subject, text) =
                (part("days"), part("subject"), form.text(&format!("follow_up_{n}.text")));
            if days.is_empty() && subject.is_empty() && text.is_empty() {
                // A column was guessed for the date of a mail that nobody writes.
                mapping.remove(&format!("follow_up_{n}"));
                return None;
            }
            // What is no number is as wrong as none; where a column has the dates no days are asked for.
            let by_column = days.is_empty() && !form.field(&format!("map.follow_up_{n}")).is_empty();
            let days = (!by_column).then(|| days.parse::<u64>().unwrap_or(0));
            Some(json!({ "after_days": days, "subject": subject, "text": text }))
        })
        .collect();
    if !follow_ups.is_empty() {
        body.insert("follow_ups".to_owned(), json!(follow_ups));
    }
    if form.field("allow_duplicates") == "yes" {
        body.insert("allow_duplicates".to_owned(), json!(true));
    }
    body.insert("mapping".to_owned(), Value::Object(mapping));
    body.insert("dry_run".to_owned(), json!(dry_run));
    Value::Object(body)
}

/// Says what would be made of the rows, or has it made.
async fn confirm(context: &Context, request: &Request, id: UploadId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = permit(&visit)?;
    let dry_run = form.field("act") != "confirm";
    let upload = uploads::get(&visit.ports, &permit, id).await?;
    let planner = planner(&visit)?;
    let looked = match wire::gate::uploads::plan(body_of(&form, dry_run).to_string().as_bytes()) {
        Err(refusal) => Err(refusal),
        Ok((plan, true)) => Box::pin(planner.try_out(&permit, id, &plan)).await,
        // What is confirmed is what was looked at: where the form says something else by now, that is shown first.
        Ok((plan, false)) if !planner.is_tried(&upload, &plan).await? => {
            let outlook = Box::pin(planner.try_out(&permit, id, &plan)).await;
            return match outlook {
                Ok(outlook) => {
                    let said = "What you see here was changed since it was tried, or never tried. Look at it, and have the mails made then.";
                    let beside = (Some(&form), Some(&outlook), Wrong::with("rows", said));
                    page(&visit, &outlook.upload, 409, beside).await
                }
                Err(refusal) => wrong_plan(&visit, &upload, &form, refusal).await,
            };
        }
        Ok((plan, false)) => {
            let saved = |_: &Outlook| (303, String::new());
            match Box::pin(planner.confirm(&permit, id, &plan, &Once::default(), saved)).await {
                Ok(_) => return Ok(guard::see_other(&address(id))),
                Err(refusal) => Err(refusal),
            }
        }
    };
    match looked {
        Ok(outlook) => {
            page(&visit, &outlook.upload, 200, (Some(&form), Some(&outlook), Wrong::default())).await
        }
        Err(refusal) => wrong_plan(&visit, &upload, &form, refusal).await,
    }
}

/// The page again, with why nothing was made.
async fn wrong_plan(
    visit: &Visit,
    upload: &Upload,
    form: &Form,
    refusal: Refusal,
) -> Result<Response, Refusal> {
    match refusal {
        Refusal::Invalid(errors) => page(visit, upload, 422, (Some(form), None, Wrong::new(&errors))).await,
        // Somebody confirmed it meanwhile: it is shown what became of it.
        refusal if refusal.code() == Code::UploadNotReady => Ok(guard::see_other(&address(upload.id))),
        refusal if refusal.code() == Code::NoGoodRows => {
            let wrong = Wrong::with("rows", "No row can become a mail: try it, and look at what is wrong.");
            page(visit, upload, 409, (Some(form), None, wrong)).await
        }
        refusal => Err(refusal),
    }
}

async fn delete(context: &Context, request: &Request, id: UploadId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    uploads::delete(&visit.ports, &permit(&visit)?, id).await?;
    Ok(guard::see_other(&format!("{}?notice=deleted", route::UPLOADS)))
}

#[derive(Template)]
#[template(path = "upload_rows.html")]
struct RowsPage {
    shell: Shell,
    back: String,
    name: String,
    views: Vec<(String, &'static str, bool)>,
    columns: Vec<String>,
    rows: Vec<RowLine>,
    next: Option<String>,
    /// The mails of the row that somebody asked for, and what policies say of the first.
    preview: Option<(Shown, String)>,
}

/// A row of the sheet.
struct RowLine {
    number: u32,
    word: &'static str,
    class: &'static str,
    said: String,
    approval: Option<String>,
    /// Where its mails are shown, before they are made.
    preview: Option<String>,
    values: Vec<String>,
}

/// A value as a table shows it, at most so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    let shown = visible(text);
    if shown.chars().count() <= most { shown } else { shown.chars().take(most).chain(['…']).collect() }
}

fn line(row: &Row, preview: impl Fn(u32) -> Option<String>) -> RowLine {
    let (word, class) = match (row.status, row.mail) {
        (RowStatus::Ready, _) => ("No mail yet", "pending"),
        (RowStatus::Error, _) => ("Something is wrong", "rejected"),
        (RowStatus::Imported, Some(status)) => (words::status(status.as_str()), "approved"),
        (RowStatus::Imported, None) => ("Its mail is gone", "cancelled"),
    };
    RowLine {
        number: row.number,
        word,
        class,
        said: said(&row.errors),
        approval: row.made.first().map(|made| route::approval(made.approval_id)),
        preview: if row.status == RowStatus::Ready { preview(row.number) } else { None },
        values: row.values.iter().map(|value| cut(value, VALUE)).collect(),
    }
}

async fn show_rows(context: &Context, request: &Request, id: UploadId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let asked = request.query.get("status").map(String::as_str).unwrap_or_default();
    let status = RowStatus::parse(asked);
    let behind = request.query.get("behind").and_then(|text| text.parse().ok()).unwrap_or(0);
    let (permit, planner) = (permit(&visit)?, planner(&visit)?);
    let (upload, rows, more) = Box::pin(planner.rows(&permit, id, status, (behind, ROWS))).await?;
    let preview = match request.query.get("row").and_then(|text| text.parse().ok()) {
        Some(number) => Box::pin(planner.row(&permit, id, number)).await?.1,
        None => None,
    };
    let preview = preview.map(|it| {
        let judged = it.judged.as_ref().map(|it| it.outcome.clone()).map_err(Clone::clone);
        (shown(&it, visit.ports.now()), verdict(it.number, &judged))
    });
    let frame = Frame::of(&visit).await?;
    let own = format!("{}/rows", address(id));
    let view = |name: &str, word: &'static str| {
        let to = if name.is_empty() { own.clone() } else { format!("{own}?status={}", encode(name)) };
        (to, word, name == asked)
    };
    let last = rows.last().filter(|_| more).map(|row| row.number);
    let filter = if asked.is_empty() { String::new() } else { format!("status={}&", encode(asked)) };
    let is_planned = upload.checked.is_some();
    let to = |number: u32| is_planned.then(|| format!("{own}?{filter}behind={behind}&row={number}"));
    let page = RowsPage {
        back: address(id),
        name: visible(&upload.filename),
        views: vec![
            view("", "All"),
            view("ready", "No mail yet"),
            view("error", "Something is wrong"),
            view("imported", "With a mail"),
        ],
        columns: upload
            .found
            .map(|found| found.columns.iter().map(|it| visible(it)).collect())
            .unwrap_or_default(),
        rows: rows.iter().map(|row| line(row, to)).collect(),
        next: last.map(|number| format!("{own}?{filter}behind={number}")),
        preview,
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}
