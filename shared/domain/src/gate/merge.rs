//! What mails are made of the rows of a spreadsheet: which column is for what, words with variables, and what is wrong with a row.
//!
//! ```text
//! Hello {{first_name|there}}, your invoice {{invoice}} is due.
//! ```
//!
//! A variable is a name in double braces, with a text behind a bar where it may be empty. There is no more logic than that: nothing
//! loops, and a value is never read as a template. In HTML a value is escaped; in a subject it has no line break.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

use crate::base::address::{EmailAddress, HeaderText, Mailbox};
use crate::gate::sheet::{Cell, CellProblem, SheetRow};

/// Further mails that follow a row's first are at most so many.
pub const MAX_FOLLOW_UPS: usize = 5;
/// A further mail follows at most so many days later.
pub const MAX_DAYS: u16 = 180;
/// A template has at most so many variables.
pub const MAX_VARIABLES: usize = 200;
/// A name of a variable has at most so many characters.
pub const MAX_NAME: usize = 64;
/// What stands for an empty variable has at most so many characters.
pub const MAX_DEFAULT: usize = 200;
/// The words of a template have at most so many bytes.
pub const MAX_TEMPLATE: usize = 256 * 1024;
/// The words of one mail have at most so many bytes, when its values stand in them.
pub const MAX_WORDS: usize = 512 * 1024;
/// What a column may be for beside the variables. `follow_up_1` is the date of the first further mail, and so on.
pub const FIELDS: [&str; 11] = [
    "to",
    "name",
    "subject",
    "text",
    "html",
    "send_at",
    "follow_up_1",
    "follow_up_2",
    "follow_up_3",
    "follow_up_4",
    "follow_up_5",
];

/// Words with variables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Variable { name: String, default: Option<String> },
}

/// Why words are no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// Braces open, and nothing closes them.
    #[error("{{{{ in line {0} is never closed: end the variable with }}}}")]
    Open(usize),
    /// Braces within braces.
    #[error(
        "the braces in line {0} stand within others: a variable is a name alone, as in {{{{first_name}}}}"
    )]
    Nested(usize),
    /// Something else than a name.
    #[error(
        "{{{{{1}}}}} in line {0} is no variable: write a name of letters, digits and _ alone, as in {{{{first_name}}}} or \
         {{{{first_name|there}}}}; there are no loops and conditions"
    )]
    NoName(usize, String),
    /// Too many variables.
    #[error("it has more than 200 variables")]
    TooMany,
    /// Too long.
    #[error("it is longer than 262,144 bytes")]
    TooLong,
}

impl Template {
    /// Reads words with variables.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        if text.len() > MAX_TEMPLATE {
            return Err(InvalidTemplate::TooLong);
        }
        let (mut parts, mut rest, mut variables) = (vec![], text, 0);
        while let Some(begin) = rest.find("{{") {
            let line = 1 + text[..text.len() - rest.len() + begin].matches('\n').count();
            let (words, behind) = (&rest[..begin], &rest[begin + 2..]);
            let end = behind.find("}}").ok_or(InvalidTemplate::Open(line))?;
            let inner = &behind[..end];
            if inner.contains('{') || inner.contains('}') || behind[end..].starts_with("}}}") {
                return Err(InvalidTemplate::Nested(line));
            }
            let shown = || inner.trim().chars().take(40).collect::<String>();
            let (name, default) = match inner.split_once('|') {
                Some((name, default)) => (name.trim(), Some(default.trim())),
                None => (inner.trim(), None),
            };
            let is_default =
                |text: &str| text.chars().count() <= MAX_DEFAULT && !text.chars().any(char::is_control);
            if !is_variable(&name.to_lowercase()) || !default.is_none_or(is_default) {
                return Err(InvalidTemplate::NoName(line, shown()));
            }
            variables += 1;
            if variables > MAX_VARIABLES {
                return Err(InvalidTemplate::TooMany);
            }
            if !words.is_empty() {
                parts.push(Part::Words(words.to_owned()));
            }
            parts.push(Part::Variable { name: name.to_lowercase(), default: default.map(str::to_owned) });
            rest = &behind[end + 2..];
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Words as they are.
    fn of(words: &str) -> Self {
        Self { parts: vec![Part::Words(words.to_owned())] }
    }

    /// The names of its variables.
    pub fn variables(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for part in &self.parts {
            if let Part::Variable { name, .. } = part {
                names.insert(name.as_str());
            }
        }
        names
    }

    /// The words with values in the place of variables, written down by `write`. What is unknown or empty without a default is wrong.
    fn fill(&self, row: &Values<'_>, write: impl Fn(&str) -> String, wrong: &mut Vec<RowError>) -> String {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Words(words) => filled.push_str(words),
                Part::Variable { name, default } => match (row.variable(name), default) {
                    (Some(value), _) if !value.is_empty() => filled.push_str(&write(value)),
                    (_, Some(default)) => filled.push_str(&write(default)),
                    (Some(_), None) => wrong.push(row.empty(name)),
                    (None, None) => wrong.push(RowError::new(
                        "unknown_variable",
                        None,
                        format!("no column gives {{{{{name}}}}}: name the column, or write {{{{{name}|…}}}}"),
                    )),
                },
            }
            if filled.len() > MAX_WORDS {
                wrong.push(RowError::new("too_long", None, "its words have more than 512 KB".to_owned()));
                filled.truncate(filled.floor_char_boundary(MAX_WORDS));
                return filled;
            }
        }
        filled
    }
}

/// Whether a text names a variable: letters, digits and `_`, in lower case, no digit first.
pub fn is_variable(text: &str) -> bool {
    let fits = |c: char| c == '_' || c.is_alphanumeric() && !c.is_uppercase();
    text.chars().count() <= MAX_NAME
        && text.chars().all(fits)
        && text.chars().next().is_some_and(|first| !first.is_numeric())
}

/// The variable that a column gives by its name: `First name` gives `first_name`.
pub fn variable_of(column: &str) -> String {
    let mut name = String::new();
    for c in column.to_lowercase().chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name: String = name.trim_end_matches('_').chars().take(MAX_NAME).collect();
    if name.starts_with(char::is_numeric) {
        format!("_{name}").chars().take(MAX_NAME).collect()
    } else {
        name
    }
}

/// Which of day and month comes first in a date such as 03/04/2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateOrder {
    /// 3 April.
    DayFirst,
    /// 4 March.
    MonthFirst,
}

impl DateOrder {
    /// Both.
    pub const ALL: [Self; 2] = [Self::DayFirst, Self::MonthFirst];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DayFirst => "day_first",
            Self::MonthFirst => "month_first",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}

/// What is said in a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Its subject, with variables.
    pub subject: Option<String>,
    /// Its text, with variables.
    pub text: Option<String>,
    /// Its HTML, with variables.
    pub html: Option<String>,
}

/// A further mail to whoever does not answer the first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FollowUp {
    /// So many days after the first, 1 to [`MAX_DAYS`], where no column gives its date.
    pub after_days: u16,
    /// What it says.
    pub words: Words,
}

/// What mails are to be made of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The name of the column that gives each of [`FIELDS`], or a variable.
    pub mapping: BTreeMap<String, String>,
    /// What each mail says, where no column says it.
    pub words: Words,
    /// Where dates without a time zone are (IANA).
    pub time_zone: String,
    /// The time of day of a date without one.
    pub time: Time,
    /// How 03/04/2026 is read; where this is not said, a row with such a date is wrong.
    pub date_order: Option<DateOrder>,
    /// When all mails go that no column gives a date; as soon as they may where there is none.
    pub send_at: Option<Timestamp>,
    /// Mails that follow, at most [`MAX_FOLLOW_UPS`].
    pub follow_ups: Vec<FollowUp>,
    /// Whether somebody who stands in several rows gets several mails.
    pub duplicates: bool,
    /// Whether each recipient can unsubscribe with one click (RFC 8058).
    pub unsubscribe: bool,
}

impl Plan {
    /// The time of day of a date without one, where nobody says another.
    pub const TIME: Time = Time::constant(9, 0, 0, 0);
}

/// What is wrong with a plan: the field, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// The field of the request (`mapping.to`).
    pub field: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Whether something is missing.
    pub missing: bool,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// A stable code.
    pub code: &'static str,
    /// The column, where it is one's fault.
    pub column: Option<String>,
    /// In words.
    pub message: String,
}

impl RowError {
    /// One.
    pub fn new(code: &'static str, column: Option<&str>, message: String) -> Self {
        Self { code, column: column.map(str::to_owned), message }
    }
}

/// A mail of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMail {
    /// Its subject.
    pub subject: HeaderText,
    /// Its text.
    pub text: Option<String>,
    /// Its HTML.
    pub html: Option<String>,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// Of one that follows, where no date of its own is given: so many days after the first; otherwise 0.
    pub after_days: u16,
}

/// What is made of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMails {
    /// To whom.
    pub to: Mailbox,
    /// The mail, and those that follow it.
    pub mails: Vec<RowMail>,
}

/// A plan that fits the columns of a sheet.
#[derive(Debug, Clone)]
pub struct Merge<'a> {
    plan: &'a Plan,
    columns: &'a [String],
    /// The place of the column of each field that one gives.
    fields: BTreeMap<&'static str, usize>,
    /// The place of the column of each variable.
    variables: BTreeMap<String, usize>,
    zone: TimeZone,
    first: Compiled,
    following: Vec<Compiled>,
}

#[derive(Debug, Clone, Default)]
struct Compiled {
    subject: Option<Template>,
    text: Option<Template>,
    html: Option<Template>,
}

/// A row with what its columns are for.
struct Values<'a> {
    fields: &'a BTreeMap<&'static str, usize>,
    variables: &'a BTreeMap<String, usize>,
    columns: &'a [String],
    cells: &'a [Cell],
}

impl<'a> Values<'a> {
    /// What a variable is in this row, without white space around it; none where no column gives it.
    fn variable(&self, name: &str) -> Option<&'a str> {
        self.variables.get(name).and_then(|place| self.cells.get(*place)).map(|cell| trim(&cell.text))
    }

    /// The cell of a field; none where no column gives it.
    fn cell(&self, name: &str) -> Option<&'a Cell> {
        self.fields.get(name).and_then(|place| self.cells.get(*place))
    }

    /// What it says, without white space around it.
    fn field(&self, name: &str) -> Option<&'a str> {
        self.cell(name).map(|cell| trim(&cell.text))
    }

    /// The column of a field.
    fn column(&self, name: &str) -> Option<&'a str> {
        self.fields.get(name).and_then(|place| self.columns.get(*place)).map(String::as_str)
    }

    fn empty(&self, name: &str) -> RowError {
        let column = self.variables.get(name).and_then(|place| self.columns.get(*place)).map(String::as_str);
        let message = format!("is empty, and the words ask for it: fill it in, or write {{{{{name}|…}}}}");
        RowError::new("variable_empty", column, message)
    }
}

/// Without white space around it, also such as sheets and web pages leave behind: no-break and zero-width spaces, a byte order mark.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
    })
}

impl<'a> Merge<'a> {
    /// Fits a plan to the columns of a sheet, or says all that is wrong with it.
    pub fn new(plan: &'a Plan, columns: &'a [String]) -> Result<Self, Vec<PlanError>> {
        let mut wrong = vec![];
        let mut is_wrong = |field: &str, message: String| {
            wrong.push(PlanError { field: field.to_owned(), message, missing: false });
        };
        // Every column gives the variable of its name. Which of two that give the same one is meant somebody has to say.
        let (mut fields, mut variables) = (BTreeMap::new(), BTreeMap::<String, usize>::new());
        let mut ambiguous = BTreeMap::<String, (&str, &str)>::new();
        for (place, column) in columns.iter().enumerate() {
            let name = variable_of(column);
            match variables.get(&name) {
                Some(first) => {
                    ambiguous.entry(name).or_insert((columns[*first].as_str(), column.as_str()));
                }
                None => _ = variables.insert(name, place),
            }
        }
        for (name, column) in &plan.mapping {
            let field = format!("mapping.{name}");
            if !is_variable(name) {
                is_wrong(
                    &field,
                    "is no field and no name of a variable: letters, digits and _ alone".to_owned(),
                );
            }
            match columns.iter().position(|it| it == column) {
                Some(place) => {
                    variables.insert(name.clone(), place);
                    fields.extend(FIELDS.into_iter().find(|field| field == name).map(|field| (field, place)));
                }
                None => {
                    is_wrong(&field, format!("names the column {column:?}, which the sheet does not have"));
                }
            }
        }
        for n in plan.follow_ups.len()..MAX_FOLLOW_UPS {
            let name = format!("follow_up_{}", n + 1);
            if plan.mapping.contains_key(&name) {
                is_wrong(
                    &format!("mapping.{name}"),
                    "is the date of a further mail that the plan does not have".to_owned(),
                );
            }
        }
        let zone = TimeZone::get(&plan.time_zone).unwrap_or_else(|_| {
            is_wrong(
                "time_zone",
                "is no time zone: name one as in Europe/Berlin or America/New_York".to_owned(),
            );
            TimeZone::UTC
        });
        if plan.follow_ups.len() > MAX_FOLLOW_UPS {
            is_wrong("follow_ups", format!("has more than {MAX_FOLLOW_UPS} mails"));
        }
        if plan.send_at.is_some() && plan.mapping.contains_key("send_at") {
            is_wrong("send_at", "is given by a column too: leave one of them out".to_owned());
        }
        let first = compile(&plan.words, "", Some(&plan.mapping), &mut wrong);
        let mut following = vec![];
        for (n, one) in plan.follow_ups.iter().enumerate() {
            let field = format!("follow_ups[{n}].");
            following.push(compile(&one.words, &field, None, &mut wrong));
            let dated = plan.mapping.contains_key(&format!("follow_up_{}", n + 1));
            let after = n.checked_sub(1).and_then(|n| plan.follow_ups.get(n)).map_or(0, |it| it.after_days);
            if !dated && (one.after_days <= after || one.after_days > MAX_DAYS) {
                let message =
                    format!("must be more than {after} and at most {MAX_DAYS}: days after the first mail");
                wrong.push(PlanError { field: format!("{field}after_days"), message, missing: false });
            }
        }
        if !plan.mapping.contains_key("to") {
            let message = "is required: the column that has the address";
            let (field, message) = ("mapping.to".to_owned(), message.to_owned());
            wrong.push(PlanError { field, message, missing: true });
        }
        let merge = Self { plan, columns, fields, variables, zone, first, following };
        for name in merge.asked().into_iter().filter(|name| !plan.mapping.contains_key(*name)) {
            if let Some((one, other)) = ambiguous.get(name) {
                let message = format!(
                    "is given by two columns, {one:?} and {other:?}: say here which of them is meant"
                );
                wrong.push(PlanError { field: format!("mapping.{name}"), message, missing: false });
            }
        }
        if wrong.is_empty() { Ok(merge) } else { Err(wrong) }
    }

    /// Whether each recipient can unsubscribe with one click.
    pub fn unsubscribes(&self) -> bool {
        self.plan.unsubscribe
    }

    /// The variables that its words ask for.
    pub fn asked(&self) -> BTreeSet<&str> {
        let all = std::iter::once(&self.first).chain(&self.following);
        all.flat_map(|it| [&it.subject, &it.text, &it.html]).flatten().flat_map(Template::variables).collect()
    }

    /// The places of the columns that are used.
    pub fn used(&self) -> BTreeSet<usize> {
        self.said().into_iter().chain(self.fields.values().copied()).collect()
    }

    /// The places of the columns whose values a reader of the mails sees, beside whom they go to and when.
    pub fn said(&self) -> BTreeSet<usize> {
        let asked = self.asked();
        let given = self.variables.iter().filter(|(name, _)| asked.contains(name.as_str()));
        let words = ["subject", "text", "html", "name"].into_iter().filter_map(|name| self.fields.get(name));
        given.map(|(_, place)| *place).chain(words.copied()).collect()
    }

    /// The mails of a row that are asked for now, or all that is wrong with it. Whether it is the only one to its mailbox is not its own affair.
    pub fn row(&self, row: &SheetRow, now: Timestamp) -> Result<RowMails, Vec<RowError>> {
        let (fields, variables) = (&self.fields, &self.variables);
        let values = Values { fields, variables, columns: self.columns, cells: &row.cells };
        let mut wrong: Vec<_> = row.problems.iter().filter_map(|it| self.said_of(it)).collect();
        let to = mailbox(&values, &mut wrong);
        let send_at = match values.cell("send_at") {
            Some(cell) => self.moment(cell, "send_at", &values, now, &mut wrong),
            None => self.plan.send_at.filter(|at| is_within(*at, now, None, &mut wrong)),
        };
        let mut mails = vec![];
        let empty = |name: &str| {
            RowError::new(
                "text_missing",
                values.column(name),
                "is empty: the mail would say nothing".to_owned(),
            )
        };
        let own = |name: &str, wrong: &mut Vec<RowError>| {
            let text = values.field(name)?;
            if !text.contains("{{") {
                return Some(Template::of(text));
            }
            let message =
                "has {{ in it: the words of a column go as they are, and no variable is filled in there";
            wrong.push(RowError::new("template_invalid", values.column(name), message.to_owned()));
            None
        };
        let first = Compiled {
            subject: self.first.subject.clone().or_else(|| own("subject", &mut wrong)),
            text: self.first.text.clone().or_else(|| own("text", &mut wrong)),
            html: self.first.html.clone().or_else(|| own("html", &mut wrong)),
        };
        for name in ["subject", "text", "html"] {
            if self.plan.mapping.contains_key(name) && values.field(name).is_some_and(str::is_empty) {
                wrong.push(empty(name));
            }
        }
        mails.extend(filled(&first, send_at, &values, &mut wrong));
        let mut last = send_at.unwrap_or(now);
        for (n, (one, follow_up)) in self.following.iter().zip(&self.plan.follow_ups).enumerate() {
            let name = format!("follow_up_{}", n + 1);
            let at = match values.cell(&name) {
                // A row may have fewer mails than others.
                Some(cell) if trim(&cell.text).is_empty() => continue,
                Some(cell) => self.moment(cell, &name, &values, now, &mut wrong),
                None => self
                    .days_later(send_at.unwrap_or(now), follow_up.after_days)
                    .filter(|at| is_within(*at, now, None, &mut wrong)),
            };
            if at.is_some_and(|at| at <= last) {
                let message = "is not after the mail before it".to_owned();
                wrong.push(RowError::new("date_order", values.column(&name), message));
            }
            last = at.unwrap_or(last);
            let after_days = if values.cell(&name).is_some() { 0 } else { follow_up.after_days };
            mails.extend(filled(one, at, &values, &mut wrong).map(|mail| RowMail { after_days, ..mail }));
        }
        match to {
            Some(to) if wrong.is_empty() => Ok(RowMails { to, mails }),
            _ => {
                wrong.dedup();
                Err(wrong)
            }
        }
    }

    /// The same time of day so many days later, where the mails' dates are.
    fn days_later(&self, at: Timestamp, days: u16) -> Option<Timestamp> {
        // What waits for a time is woken at whole seconds.
        let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
        let later = at.to_zoned(self.zone.clone()).checked_add(Span::new().days(i64::from(days)));
        later.ok().map(|it| it.timestamp())
    }

    /// What a problem of the sheet says, where it is in a column that is used.
    fn said_of(&self, problem: &CellProblem) -> Option<RowError> {
        let name = |place: &usize| self.columns.get(*place).map(String::as_str);
        match problem {
            CellProblem::TooManyCells(first) => {
                let first: String = first.chars().take(40).collect();
                let message = format!("has more cells than the header has columns: {first:?} has no column");
                Some(RowError::new("too_many_cells", None, message))
            }
            CellProblem::ErrorValue(place, text) => {
                let message = format!("holds the error {text}: mend the formula");
                Some(RowError::new("cell_error", name(place), message))
                    .filter(|_| self.used().contains(place))
            }
            CellProblem::Unsaved(place) => {
                let message = "holds a formula whose value was not saved: open the sheet in a spreadsheet program, and save it there";
                Some(RowError::new("cell_error", name(place), message.to_owned()))
                    .filter(|_| self.used().contains(place))
            }
            CellProblem::TooLong(place) => {
                let message = "is longer than 32,767 characters".to_owned();
                Some(RowError::new("cell_too_long", name(place), message))
                    .filter(|_| self.used().contains(place))
            }
        }
    }

    /// The instant that a cell names.
    fn moment(
        &self,
        cell: &Cell,
        name: &str,
        values: &Values<'_>,
        now: Timestamp,
        wrong: &mut Vec<RowError>,
    ) -> Option<Timestamp> {
        let mut is_wrong = |code, message: String| {
            wrong.push(RowError::new(code, values.column(name), message));
            None
        };
        let text = trim(&cell.text);
        // What a message quotes of it is short.
        let text = &text[..text.floor_char_boundary(QUOTED)];
        if text.is_empty() {
            return is_wrong(
                "date_missing",
                "is empty: write a date, as in 2026-11-30 or 2026-11-30 14:00".to_owned(),
            );
        }
        let read = match cell.at {
            // A day alone is midnight in a sheet, and nobody means midnight.
            Some(at) if at.time() == Time::midnight() => Ok(When::Day(at.date())),
            Some(at) => Ok(When::Civil(at)),
            None => read_date(text, self.plan.date_order),
        };
        let at = match read {
            Ok(When::Instant(at)) => Timestamp::from_second(at.as_second()).ok(),
            // In the fold of a year the earlier of both is meant; what the clocks leave out is no time.
            Ok(When::Civil(at)) => {
                let there = self.zone.to_ambiguous_timestamp(at);
                if matches!(there.offset(), AmbiguousOffset::Gap { .. }) {
                    let message =
                        format!("{text:?} is a time that the clocks there leave out: choose another");
                    return is_wrong("date_invalid", message);
                }
                there.compatible().ok()
            }
            Ok(When::Day(day)) => self.zone.to_timestamp(day.to_datetime(self.plan.time)).ok(),
            Err(NoDate::Ambiguous) => {
                let message =
                    format!("{text:?} is one of two days: write it as 2026-11-30, or say date_order");
                return is_wrong("date_ambiguous", message);
            }
            Err(NoDate::NoSuchDay) => {
                return is_wrong("date_invalid", format!("{text:?} is a day that there is not"));
            }
            Err(NoDate::Unreadable) => {
                let message = format!("{text:?} is no date: write it as 2026-11-30 or 2026-11-30 14:00");
                return is_wrong("date_invalid", message);
            }
        };
        let Some(at) = at else { return is_wrong("date_invalid", format!("{text:?} is out of reach")) };
        Some(at).filter(|at| is_within(*at, now, values.column(name), wrong))
    }
}

/// So many bytes of a cell a message quotes; no date is longer.
const QUOTED: usize = 80;

/// Whether a mail may be asked for now that goes then.
fn is_within(at: Timestamp, now: Timestamp, column: Option<&str>, wrong: &mut Vec<RowError>) -> bool {
    let (code, why) = match at {
        at if at < now => ("date_past", "is over"),
        at if at > now + MAX_AHEAD => ("date_too_far", "is more than 300 days ahead"),
        _ => return true,
    };
    wrong.push(RowError::new(code, column, format!("{at} {why}")));
    false
}

/// A mail is asked for at most so far ahead.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 300);

fn compile(
    words: &Words,
    before: &str,
    mapping: Option<&BTreeMap<String, String>>,
    wrong: &mut Vec<PlanError>,
) -> Compiled {
    let mut read = |name: &str, text: &Option<String>| {
        let field = format!("{before}{name}");
        let given = mapping.is_some_and(|mapping| mapping.contains_key(name));
        let text = text.as_ref().filter(|text| !text.trim().is_empty())?;
        if given {
            let message = "is given by a column too: leave one of them out".to_owned();
            wrong.push(PlanError { field, message, missing: false });
            return None;
        }
        let template = Template::parse(text);
        template
            .map_err(|error| wrong.push(PlanError { field, message: error.to_string(), missing: false }))
            .ok()
    };
    let compiled = Compiled {
        subject: read("subject", &words.subject),
        text: read("text", &words.text),
        html: read("html", &words.html),
    };
    let has = |name: &str, words: &Option<String>| {
        words.as_ref().is_some_and(|it| !it.trim().is_empty())
            || mapping.is_some_and(|mapping| mapping.contains_key(name))
    };
    let mut needs = |name: &str, message: &str| {
        wrong.push(PlanError {
            field: format!("{before}{name}"),
            message: message.to_owned(),
            missing: true,
        });
    };
    if !has("subject", &words.subject) {
        needs("subject", "is required: write it, or name the column that has it");
    }
    if !has("text", &words.text) && !has("html", &words.html) {
        needs("text", "is required, or html: write it, or name the column that has it");
    }
    compiled
}

/// Whom a row is for.
fn mailbox(values: &Values<'_>, wrong: &mut Vec<RowError>) -> Option<Mailbox> {
    let column = values.column("to");
    let mut is_wrong = |code, message: String| {
        wrong.push(RowError::new(code, column, message));
        None
    };
    let text = values.field("to").unwrap_or_default();
    if text.is_empty() {
        return is_wrong("address_missing", "has no address".to_owned());
    }
    let (before, address) = match text.strip_suffix('>').and_then(|it| it.rsplit_once('<')) {
        Some((name, address)) => (trim(name).trim_matches('"'), trim(address)),
        None => ("", text),
    };
    if text.matches('@').count() > 1 && text.contains([',', ';', ' ', '\n']) {
        return is_wrong("several_addresses", "has several addresses: a row is one mail to one".to_owned());
    }
    let address = match EmailAddress::parse(address) {
        Ok(address) => address,
        Err(error) => return is_wrong("address_invalid", error.to_string()),
    };
    let name = values.field("name").filter(|name| !name.is_empty()).unwrap_or(before);
    if name.is_empty() {
        return Some(Mailbox::bare(address));
    }
    match HeaderText::parse(name) {
        Ok(name) => Some(Mailbox { name: Some(name), address }),
        Err(error) => {
            wrong.push(RowError::new("name_invalid", values.column("name").or(column), error.to_string()));
            None
        }
    }
}

fn filled(
    words: &Compiled,
    send_at: Option<Timestamp>,
    values: &Values<'_>,
    wrong: &mut Vec<RowError>,
) -> Option<RowMail> {
    let before = wrong.len();
    let as_is = |value: &str| value.to_owned();
    let subject = words.subject.as_ref().map(|it| it.fill(values, as_is, wrong)).unwrap_or_default();
    let text = words.text.as_ref().map(|it| it.fill(values, as_is, wrong));
    let html = words.html.as_ref().map(|it| it.fill(values, escape, wrong));
    match HeaderText::parse(trim(&subject)) {
        Ok(subject) if wrong.len() == before => Some(RowMail { subject, text, html, send_at, after_days: 0 }),
        Ok(_) => None,
        Err(error) => {
            let message = format!("the subject {error}, as this row's values stand in it");
            wrong.push(RowError::new("subject_invalid", None, message));
            None
        }
    }
}

/// A value as it stands in HTML, between tags and in quoted attributes alike.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Also in an attribute without quotes nothing ends it.
            '`' => escaped.push_str("&#96;"),
            '=' => escaped.push_str("&#61;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// What a date says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Day(Date),
    Civil(DateTime),
    Instant(Timestamp),
}

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoDate {
    Unreadable,
    NoSuchDay,
    Ambiguous,
}

/// Reads a date as people write it: `2026-11-30`, `2026/11/30`, `30.11.2026`, `11/30/2026`, with a time behind it (`14:00`, `2:30 pm`) or
/// without; or an instant of RFC 3339.
fn read_date(text: &str, order: Option<DateOrder>) -> Result<When, NoDate> {
    if text.len() > 40 {
        return Err(NoDate::Unreadable);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(When::Instant(at));
    }
    let end = text.find([' ', 'T', ',']).unwrap_or(text.len());
    let (day, time) = (&text[..end], trim(text[end..].trim_start_matches(['T', ','])));
    let separator = day.chars().find(|c| !c.is_ascii_digit()).ok_or(NoDate::Unreadable)?;
    let numbers: Vec<i16> = day
        .trim_end_matches('.')
        .split(separator)
        .map(|part| number(part).ok_or(NoDate::Unreadable))
        .collect::<Result<_, _>>()?;
    let [a, b, c] = numbers[..] else { return Err(NoDate::Unreadable) };
    let is_year = |n: i16| (1000..=9999).contains(&n);
    let (year, month, day) = match separator {
        '-' | '/' | '.' if is_year(a) => (a, b, c),
        '.' if is_year(c) => (c, b, a),
        '/' | '-' if is_year(c) => match order {
            Some(DateOrder::DayFirst) => (c, b, a),
            Some(DateOrder::MonthFirst) => (c, a, b),
            None if a > 12 => (c, b, a),
            None if b > 12 || a == b => (c, a, b),
            None => return Err(NoDate::Ambiguous),
        },
        _ => return Err(NoDate::Unreadable),
    };
    let small = |n: i16| i8::try_from(n).map_err(|_| NoDate::NoSuchDay);
    let date = Date::new(year, small(month)?, small(day)?).map_err(|_| NoDate::NoSuchDay)?;
    if time.is_empty() {
        return Ok(When::Day(date));
    }
    Ok(When::Civil(date.to_datetime(read_time(time).ok_or(NoDate::Unreadable)?)))
}

/// Digits alone: a sign stands before no part of a date.
fn number<T: std::str::FromStr>(part: &str) -> Option<T> {
    Some(part).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

/// `14:00`, `14:00:30`, `2:30 pm`.
fn read_time(text: &str) -> Option<Time> {
    let lower = text.to_ascii_lowercase();
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(digits), _) => (digits.trim(), Some(0)),
        (_, Some(digits)) => (digits.trim(), Some(12)),
        _ => (lower.as_str(), None),
    };
    let parts: Vec<i8> = digits.split(':').map(number).collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour] if half.is_some() => (hour, 0, 0),
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let hour = match half {
        Some(after) if (1..=12).contains(&hour) => hour % 12 + after,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// Which column is probably for what: by its name, and the address by what it holds.
pub fn guess(columns: &[String], rows: &[SheetRow]) -> BTreeMap<String, String> {
    const NAMES: [(&str, &[&str]); 6] = [
        (
            "to",
            &[
                "email",
                "e_mail",
                "mail",
                "email_address",
                "e_mail_address",
                "recipient",
                "to",
                "address",
                "adresse",
                "courriel",
                "correo",
            ],
        ),
        (
            "name",
            &[
                "name",
                "full_name",
                "recipient_name",
                "client",
                "client_name",
                "customer",
                "contact",
                "contact_name",
                "nom",
                "nombre",
            ],
        ),
        ("subject", &["subject", "subject_line", "title", "betreff", "objet", "asunto"]),
        ("text", &["text", "message", "body", "content", "nachricht", "mensaje"]),
        ("html", &["html", "html_body"]),
        (
            "send_at",
            &[
                "send_at",
                "date",
                "send_date",
                "send_on",
                "scheduled",
                "scheduled_at",
                "when",
                "datum",
                "fecha",
            ],
        ),
    ];
    let mut guesses = BTreeMap::new();
    for (field, names) in NAMES {
        let found = names.iter().find_map(|name| columns.iter().find(|column| variable_of(column) == *name));
        guesses.extend(found.map(|column| (field.to_owned(), column.clone())));
    }
    // What a column holds counts for more than what it is called.
    let looked = || rows.iter().take(50);
    let addresses = |place: usize| {
        let is_address = |row: &&SheetRow| {
            row.cells.get(place).is_some_and(|cell| EmailAddress::parse(trim(&cell.text)).is_ok())
        };
        looked().filter(is_address).count()
    };
    let named = guesses.get("to").and_then(|name| columns.iter().position(|column| column == name));
    if named.is_none_or(|place| addresses(place) == 0) {
        guesses.remove("to");
        let best =
            (0..columns.len()).rev().max_by_key(|place| addresses(*place)).filter(|it| addresses(*it) > 0);
        guesses.extend(best.map(|place| ("to".to_owned(), columns[place].clone())));
    }
    // A date that no cell can be read as is none.
    if let Some(place) = guesses.get("send_at").and_then(|name| columns.iter().position(|it| it == name)) {
        let is_date = |row: &SheetRow| {
            row.cells.get(place).is_some_and(|cell| {
                cell.at.is_some() || !matches!(read_date(trim(&cell.text), None), Err(NoDate::Unreadable))
            })
        };
        if !rows.is_empty() && !looked().any(is_date) {
            guesses.remove("send_at");
        }
    }
    guesses
}

#[cfg(test)]
mod tests;
