//! A policy as a form has it: rules of conditions that are chosen and filled in, and what no field can say as JSON. The form is told to
//! the API's own rules, and what these find wrong stands beside the field that it is about.

use std::collections::{BTreeMap, BTreeSet};

use app::Refusal;
use app::base::error::FieldError;
use domain::gate::policy::{PolicyContent, Terms, limits, span};
use domain::people::access::Role;
use serde_json::{Map, Value, json};

use super::number;
use crate::guard::Form;
use crate::words::visible;

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Texts, one a line.
    Lines,
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// Bytes, such as `5 MB`.
    Size,
    /// Seconds, such as `24 hours`.
    Span,
    /// One of these, or nothing.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no, in these words, or nothing.
    YesNo(&'static str, &'static str),
    /// Some of these.
    Checks(&'static [(&'static str, &'static str)]),
    /// Some of these, and none is not the same as nothing.
    Exactly(&'static [(&'static str, &'static str)]),
    /// Some of what the organization has.
    Listed(Source),
}

/// What a policy may name of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Inboxes.
    Inboxes,
    /// Tokens.
    Tokens,
    /// Members.
    Members,
    /// Roles, groups and members who vote.
    Voters,
}

/// A field of a condition or of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Its name in the written form; empty where the condition is this value itself.
    pub name: &'static str,
    /// What it asks.
    pub label: &'static str,
    /// How it is filled in.
    pub shape: Shape,
}

/// A condition that the form knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Its name in the written form.
    pub name: &'static str,
    /// In the list of what can be added.
    pub title: &'static str,
    /// Its fields.
    pub fields: &'static [Spec],
}

const fn spec(name: &'static str, label: &'static str, shape: Shape) -> Spec {
    Spec { name, label, shape }
}

const RECIPIENT: &[Spec] = &[
    spec("domain_in", "At these domains (example.com, or *.example.com for what is below it)", Shape::Lines),
    spec("address_in", "These addresses", Shape::Lines),
    spec(
        "kind",
        "Where",
        Shape::Choice(&[("internal", "inside the organization"), ("external", "outside of it")]),
    ),
    spec("first_contact", "Known", Shape::YesNo("never written to before", "written to before")),
];
const COUNT: &[Spec] =
    &[spec("at_least", "At least", Shape::Number), spec("at_most", "At most", Shape::Number)];
const FILE: &[Spec] = &[
    spec("extension_in", "Names end with (pdf, docx …)", Shape::Lines),
    spec("media_type_in", "Of these types (image/* …)", Shape::Lines),
    spec(
        "kind_in",
        "It is",
        Shape::Checks(&[
            ("executable", "a program"),
            ("macro", "an office document that can have macros"),
            ("archive", "an archive of files"),
        ]),
    ),
    spec("over", "Larger than (5 MB …)", Shape::Size),
];
const PLACES: Shape =
    Shape::Checks(&[("subject", "the subject"), ("body", "the text"), ("filename", "names of files")]);
const LINK: &[Spec] = &[
    spec("present", "There is", Shape::YesNo("any", "none")),
    spec("domain_in", "To one of these domains", Shape::Lines),
    spec("domain_not_in", "To any other domain than these", Shape::Lines),
];
const HOURS: &[Spec] = &[
    spec(
        "days",
        "Days (none is every day)",
        Shape::Checks(&[
            ("mon", "Monday"),
            ("tue", "Tuesday"),
            ("wed", "Wednesday"),
            ("thu", "Thursday"),
            ("fri", "Friday"),
            ("sat", "Saturday"),
            ("sun", "Sunday"),
        ]),
    ),
    spec("from", "From (09:00)", Shape::Text),
    spec("to", "To (17:00; 24:00 is the end of the day)", Shape::Text),
    spec("time_zone", "Time zone (Europe/Berlin, UTC …)", Shape::Text),
];
const WINDOW: Spec = spec("window", "Within", Shape::Choice(&[("hour", "an hour"), ("day", "a day")]));
const VOLUME: &[Spec] = &[
    spec(
        "per",
        "Mails that",
        Shape::Choice(&[
            ("inbox", "leave its inbox"),
            ("recipient", "go to one of its recipients"),
            ("organization", "leave the organization"),
        ]),
    ),
    WINDOW,
    spec("over", "More than", Shape::Number),
];
const CONTACTS: &[Spec] = &[
    spec(
        "per",
        "Written to",
        Shape::Choice(&[("inbox", "from its inbox"), ("organization", "by the organization")]),
    ),
    WINDOW,
    spec("over", "More than", Shape::Number),
];
const SENDER: &[Spec] = &[
    spec("inbox_in", "From these inboxes", Shape::Listed(Source::Inboxes)),
    spec("token_in", "Asked for with these tokens", Shape::Listed(Source::Tokens)),
    spec("member_in", "Asked for by these people, or with a token of theirs", Shape::Listed(Source::Members)),
    spec("kind", "Who asks", Shape::Choice(&[("token", "a program"), ("member", "a signed-in person")])),
];
const THREAD: &[Spec] = &[
    spec("tainted", "What came in", Shape::YesNo("something suspicious", "nothing suspicious")),
    spec("kind", "It", Shape::Choice(&[("reply", "answers a mail"), ("new", "begins a conversation")])),
];

/// All conditions that the form knows: those that join others it has as a list, and "always" as an empty one.
pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "any_recipient", title: "a recipient …", fields: RECIPIENT },
    Kind { name: "every_recipient", title: "every recipient …", fields: RECIPIENT },
    Kind { name: "recipient_count", title: "the number of recipients", fields: COUNT },
    Kind { name: "any_attachment", title: "a file …", fields: FILE },
    Kind { name: "every_attachment", title: "every file …", fields: FILE },
    Kind {
        name: "attachments",
        title: "the number of files, or their size",
        fields: &[COUNT[0], COUNT[1], spec("total_over", "Together larger than (20 MB …)", Shape::Size)],
    },
    Kind {
        name: "words",
        title: "words of their own",
        fields: &[spec("any_of", "One of these words or phrases", Shape::Lines), spec("in", "In", PLACES)],
    },
    Kind {
        name: "keyword",
        title: "words, also within others",
        fields: &[spec("any_of", "One of these words or phrases", Shape::Lines), spec("in", "In", PLACES)],
    },
    Kind {
        name: "amount",
        title: "an amount of money",
        fields: &[
            spec("over", "More than", Shape::Number),
            spec("currency", "Currency (EUR …; empty for any)", Shape::Text),
            spec("in", "In", PLACES),
        ],
    },
    Kind {
        name: "pattern",
        title: "a pattern (regular expression)",
        fields: &[spec("regex", "The expression", Shape::Text), spec("in", "In", PLACES)],
    },
    Kind { name: "link", title: "links", fields: LINK },
    Kind { name: "picture", title: "pictures from elsewhere", fields: LINK },
    Kind {
        name: "size_over",
        title: "the size of the mail",
        fields: &[spec("", "Larger than (5 MB …)", Shape::Size)],
    },
    Kind { name: "sender", title: "who sends", fields: SENDER },
    Kind { name: "thread", title: "the conversation", fields: THREAD },
    Kind {
        name: "answers_automatic",
        title: "an answer to a program",
        fields: &[spec(
            "",
            "It",
            Shape::YesNo("answers a mail that a program wrote", "answers none that a program wrote"),
        )],
    },
    Kind { name: "time", title: "the time of day", fields: HOURS },
    Kind { name: "volume", title: "how many mails there were", fields: VOLUME },
    Kind {
        name: "first_contacts",
        title: "how many people were written to for the first time",
        fields: CONTACTS,
    },
];

const ROLES: Shape = Shape::Exactly(&[
    ("owner", "owners"),
    ("admin", "admins"),
    ("approver", "approvers"),
    ("editor", "editors"),
    ("viewer", "viewers"),
]);

/// The votes that a hold asks for.
const VOTES: &[Spec] =
    &[spec("quorum", "Votes", Shape::Number), spec("from", "Of", Shape::Listed(Source::Voters))];

/// What else a hold asks for.
const TERMS: &[Spec] = &[
    spec("expires_in", "It waits for at most (24 hours, 7 days …)", Shape::Span),
    spec("remind_after", "A reminder goes out every (24 hours …; 0 for never)", Shape::Span),
    spec("rejections", "Rejections that end it", Shape::Number),
    spec(
        "separation",
        "Whoever asked for it or edited it",
        Shape::YesNo("may not approve it", "may approve it too"),
    ),
    spec(
        "late",
        "Approved after its time",
        Shape::Choice(&[("expire", "it does not go out any more"), ("send", "it goes out all the same")]),
    ),
    spec("notify", "Told by mail", ROLES),
    spec(
        "by",
        "Decided by",
        Shape::Choice(&[
            ("person", "a person"),
            ("any", "a person or a program"),
            ("passkey", "a person, whose own key signs each vote"),
        ]),
    ),
    spec("signed.votes", "Votes among them that a person\u{2019}s own key signs (0 for none)", Shape::Number),
    spec(
        "signed.device_bound",
        "Such a key",
        Shape::YesNo("stays in its device", "may be on several devices of its person"),
    ),
    spec(
        "open_rows",
        "Rows of a spreadsheet that somebody decides about alone before they approve many at once (0 for none)",
        Shape::Number,
    ),
    spec(
        "links",
        "Links in those mails",
        Shape::Choice(&[("decide", "open a page to decide on"), ("sign_in", "lead to the sign-in")]),
    ),
];

/// What somebody typed: of each field its text, or what is checked.
type Values = BTreeMap<&'static str, Vec<String>>;

/// A condition as it is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConditionForm {
    kind: &'static Kind,
    not: bool,
    values: Values,
}

/// A rule as it is filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RuleForm {
    name: String,
    any: bool,
    conditions: Vec<ConditionForm>,
    outcome: String,
    votes: Values,
    terms: Values,
    hours: Values,
    /// All of it as JSON, where that is how it is written.
    json: Option<String>,
    /// Whether a condition was sent that can't be read: without it the rule would say more than its author does.
    lost: bool,
}

/// A policy as it is filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PolicyForm {
    /// The version that was opened; 0 for a new one.
    pub version: u64,
    name: String,
    description: String,
    enabled: bool,
    some_inboxes: bool,
    inboxes: Vec<String>,
    rules: Vec<RuleForm>,
    /// Whether there were other rules than can be read: without them the policy would say something else than its author does.
    lost: bool,
}

/// The whole value of a field that is read from JSON; none where the field can't say it.
fn read_value(shape: Shape, value: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(match shape {
        Shape::Lines | Shape::Checks(_) | Shape::Exactly(_) | Shape::Listed(_) => {
            value.as_array()?.iter().map(text).collect::<Option<_>>()?
        }
        Shape::Text | Shape::Choice(_) => vec![text(value)?],
        Shape::Number => vec![value.as_u64()?.to_string()],
        Shape::Size => vec![size(value.as_u64()?)],
        Shape::Span => {
            let seconds = i64::try_from(value.as_u64()?).ok()?;
            vec![if seconds == 0 { "0".to_owned() } else { span(jiff::SignedDuration::from_secs(seconds)) }]
        }
        Shape::YesNo(..) => vec![if value.as_bool()? { "yes" } else { "no" }.to_owned()],
    })
}

/// Bytes, exact, as they are typed.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let whole = units.into_iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    whole.map_or_else(|| bytes.to_string(), |(unit, name)| format!("{} {name}", bytes / unit))
}

/// A number with a unit behind it; a bare number counts in the first.
fn measured(typed: &str, units: &[(&str, u64)]) -> Option<u64> {
    let typed = typed.trim();
    let end = typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(typed.len());
    let (digits, unit) = typed.split_at(end);
    let unit = unit.trim().to_lowercase();
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

const SIZES: &[(&str, u64)] =
    &[("", 1), ("b", 1), ("byte", 1), ("bytes", 1), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000)];
const SPANS: &[(&str, u64)] = &[
    ("second", 1),
    ("seconds", 1),
    ("minute", 60),
    ("minutes", 60),
    ("hour", 3_600),
    ("hours", 3_600),
    ("day", 86_400),
    ("days", 86_400),
];

/// What was typed, as JSON; none where that is nothing. What no rule of the API could say well is said here.
fn write_value(shape: Shape, typed: &[String]) -> Result<Option<Value>, &'static str> {
    let text = typed.first().map(|text| text.trim()).unwrap_or_default();
    Ok(match shape {
        Shape::Lines => {
            let lines: Vec<_> = typed
                .iter()
                .flat_map(|text| text.lines())
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect();
            (!lines.is_empty()).then(|| json!(lines))
        }
        Shape::Checks(_) | Shape::Listed(_) => (!typed.is_empty()).then(|| json!(typed)),
        Shape::Exactly(_) => Some(json!(typed)),
        _ if text.is_empty() => None,
        Shape::Text | Shape::Choice(_) => Some(json!(text)),
        Shape::Number => number(text),
        Shape::Size => Some(json!(measured(text, SIZES).ok_or("Write a number and a unit, such as 5 MB.")?)),
        Shape::Span if text == "0" => Some(json!(0)),
        Shape::Span => Some(json!(
            measured(text, SPANS)
                .ok_or("Write a number and a unit, such as 30 minutes, 24 hours or 7 days.")?
        )),
        Shape::YesNo(..) => Some(json!(text == "yes")),
    })
}

/// Reads the fields of an object; none where one of them is no field of the form, or says what it can't.
fn read_fields(fields: &[Spec], value: &Value) -> Option<Values> {
    let object = value.as_object()?;
    let mut values = Values::new();
    for (name, value) in object {
        let spec = fields.iter().find(|spec| spec.name == name)?;
        if !value.is_null() {
            values.insert(spec.name, read_value(spec.shape, value)?);
        }
    }
    Some(values)
}

fn typed_fields(form: &Form, prefix: &str, fields: &[Spec]) -> Values {
    let one = |spec: &Spec| {
        let at = field_name(prefix, spec);
        let typed = match spec.shape {
            Shape::Checks(_) | Shape::Exactly(_) | Shape::Listed(_) => {
                form.checked(&format!("{at}:")).into_iter().map(str::to_owned).collect()
            }
            _ => vec![form.field(&at).to_owned()],
        };
        (spec.name, typed)
    };
    fields.iter().map(one).collect()
}

fn field_name(prefix: &str, spec: &Spec) -> String {
    format!("{prefix}-{}", if spec.name.is_empty() { "value" } else { spec.name })
}

/// What is wrong, and where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Vec<(String, String)>);

impl Faults {
    /// What the API's rules found.
    pub(crate) fn of(errors: &[FieldError]) -> Self {
        Self(
            errors
                .iter()
                .map(|error| (error.field.clone(), crate::fields::sentence(&error.message)))
                .collect(),
        )
    }

    fn note(&mut self, path: String, sentence: &str) {
        self.0.push((path, sentence.to_owned()));
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// What is wrong at a path or below it, each once: what is taken is said nowhere else.
    pub(super) fn take(&mut self, path: &str) -> String {
        let mut said: Vec<String> = vec![];
        self.0.retain(|(at, sentence)| {
            let below =
                at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '.']));
            if below && !said.contains(sentence) {
                said.push(sentence.clone());
            }
            !below
        });
        said.join(" ")
    }

    /// What is left.
    pub(super) fn rest(&self) -> String {
        self.0.iter().map(|(_, sentence)| sentence.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Writes fields into an object, and notes what can't be written.
fn write_fields(fields: &[Spec], values: &Values, at: &str, faults: &mut Faults) -> Map<String, Value> {
    let mut object = Map::new();
    let none = vec![];
    for spec in fields {
        match write_value(spec.shape, values.get(spec.name).unwrap_or(&none)) {
            Ok(Some(value)) => _ = object.insert(spec.name.to_owned(), value),
            Ok(None) => {}
            Err(sentence) => faults.note(format!("{at}.{}", spec.name), sentence),
        }
    }
    object
}

impl ConditionForm {
    fn of(value: &Value) -> Option<Self> {
        let (not, value) = match value.as_object()?.get("not") {
            Some(inner) => (true, inner),
            None => (false, value),
        };
        let object = value.as_object()?;
        let (name, inner) = object.iter().next().filter(|_| object.len() == 1)?;
        let kind = KINDS.iter().find(|kind| kind.name == name)?;
        let values: Values = match kind.fields {
            [only] if only.name.is_empty() => [("", read_value(only.shape, inner)?)].into(),
            fields => read_fields(fields, inner)?,
        };
        Some(Self { kind, not, values })
    }

    fn typed(form: &Form, prefix: &str) -> Option<Self> {
        // No field of a condition is called so.
        let name = form.field(&format!("{prefix}-about"));
        let kind = KINDS.iter().find(|kind| kind.name == name)?;
        let not = form.field(&format!("{prefix}-not")) == "yes";
        Some(Self { kind, not, values: typed_fields(form, prefix, kind.fields) })
    }

    /// Where its fields stand in the written form, below the path of the condition.
    fn inner(&self, at: &str) -> String {
        format!("{at}{}.{}", if self.not { ".not" } else { "" }, self.kind.name)
    }

    fn write(&self, at: &str, faults: &mut Faults) -> Value {
        let at = self.inner(at);
        let inner = match self.kind.fields {
            [only] if only.name.is_empty() => {
                let typed = self.values.get("").cloned().unwrap_or_default();
                match write_value(only.shape, &typed) {
                    Ok(value) => value.unwrap_or(Value::Null),
                    Err(sentence) => {
                        faults.note(at, sentence);
                        json!(0)
                    }
                }
            }
            fields => Value::Object(write_fields(fields, &self.values, &at, faults)),
        };
        let one = json!({ self.kind.name: inner });
        if self.not { json!({ "not": one }) } else { one }
    }
}

impl RuleForm {
    /// A rule that holds whatever it is about, as its author begins with it.
    fn blank() -> Self {
        let mut rule = Self { outcome: "hold".to_owned(), ..Self::default() };
        rule.fill_terms();
        rule
    }

    /// What is asked where nobody says otherwise.
    fn fill_terms(&mut self) {
        let usual = json!({
            "expires_in": Terms::default().expires_in.as_secs(), "remind_after": 86_400, "rejections": 1, "separation": true,
            "late": "expire", "notify": ["owner", "admin", "approver"], "by": "person", "links": "decide",
            "signed.votes": 0, "signed.device_bound": false, "open_rows": 0,
        });
        for (name, value) in read_fields(TERMS, &usual).unwrap_or_default() {
            self.terms.entry(name).or_insert(value);
        }
        let voters = [Role::Owner, Role::Admin, Role::Approver].map(|role| format!("role:{}", role.as_str()));
        self.votes.entry("quorum").or_insert_with(|| vec!["1".to_owned()]);
        self.votes.entry("from").or_insert_with(|| voters.to_vec());
    }

    /// A written rule, in fields where they can say it, and else as JSON.
    fn of(rule: &Value) -> Self {
        Self::in_fields(rule).unwrap_or_else(|| Self::as_json(rule))
    }

    fn as_json(rule: &Value) -> Self {
        let json = serde_json::to_string_pretty(rule).unwrap_or_default();
        Self { json: Some(json), ..Self::blank() }
    }

    fn in_fields(rule: &Value) -> Option<Self> {
        let object = rule.as_object()?;
        let known = ["name", "when", "outcome", "terms", "quiet_hours"];
        if !object.keys().all(|name| known.contains(&name.as_str())) {
            return None;
        }
        let when = object.get("when")?;
        let joined = |name: &str| when.as_object().filter(|it| it.len() == 1)?.get(name)?.as_array();
        let (any, conditions) = match (joined("all"), joined("any")) {
            (Some(list), _) => (false, list.iter().map(ConditionForm::of).collect::<Option<Vec<_>>>()?),
            (None, Some(list)) => (true, list.iter().map(ConditionForm::of).collect::<Option<Vec<_>>>()?),
            (None, None) if *when == json!({"always": true}) => (false, vec![]),
            (None, None) => (false, vec![ConditionForm::of(when)?]),
        };
        let mut form = Self {
            name: object.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            any,
            conditions,
            outcome: object.get("outcome")?.as_str()?.to_owned(),
            ..Self::default()
        };
        if let Some(terms) = object.get("terms").filter(|terms| !terms.is_null()) {
            let mut terms = terms.as_object()?.clone();
            match terms.remove("requirements") {
                None => {}
                Some(list) => {
                    let [one] = &list.as_array()?[..] else { return None };
                    let mut one = one.as_object()?.clone();
                    if let Some(roles) = one.remove("roles") {
                        let role = |role: &Value| Some(json!(format!("role:{}", role.as_str()?)));
                        one.insert(
                            "from".to_owned(),
                            roles.as_array()?.iter().map(role).collect::<Option<_>>()?,
                        );
                    }
                    form.votes = read_fields(VOTES, &Value::Object(one))?;
                }
            }
            // Its two fields stand among those of the terms, under the names that errors of the API have for them.
            if let Some(signed) = terms.remove("signed").filter(|signed| !signed.is_null()) {
                let signed = signed.as_object()?;
                terms.extend(signed.iter().map(|(name, value)| (format!("signed.{name}"), value.clone())));
            }
            form.terms = read_fields(TERMS, &Value::Object(terms))?;
        }
        form.fill_terms();
        if let Some(hours) = object.get("quiet_hours").filter(|hours| !hours.is_null()) {
            form.hours = read_fields(HOURS, hours)?;
        }
        Some(form)
    }

    fn typed(form: &Form, i: usize) -> Self {
        let at = format!("r{i}");
        let field = |name: &str| form.field(&format!("{at}-{name}"));
        let sent = field("conditions").parse::<usize>();
        let count = sent.clone().unwrap_or_default().min(limits::CONDITIONS);
        let json = (field("written") == "json").then(|| field("json").replace("\r\n", "\n"));
        let conditions: Vec<_> =
            (0..count).filter_map(|j| ConditionForm::typed(form, &format!("{at}-c{j}"))).collect();
        Self {
            lost: json.is_none() && sent != Ok(conditions.len()),
            name: field("name").trim().to_owned(),
            any: field("match") == "any",
            conditions,
            outcome: field("outcome").to_owned(),
            votes: typed_fields(form, &format!("{at}-votes"), VOTES),
            terms: typed_fields(form, &format!("{at}-terms"), TERMS),
            hours: typed_fields(form, &format!("{at}-hours"), HOURS),
            json,
        }
    }

    /// Where a condition stands in the written form.
    fn path(&self, at: &str, j: usize) -> String {
        match self.conditions.len() {
            1 => format!("{at}.when"),
            _ => format!("{at}.when.{}[{j}]", if self.any { "any" } else { "all" }),
        }
    }

    fn write(&self, at: &str, faults: &mut Faults) -> Value {
        if let Some(json) = &self.json {
            return serde_json::from_str(json).unwrap_or_else(|error| {
                faults.note(at.to_owned(), &format!("This is no JSON: {error}."));
                Value::Null
            });
        }
        if self.lost {
            faults.note(at.to_owned(), "A condition of this rule can\u{2019}t be read, so nothing is saved: look at what is here, and add it again.");
        }
        let conditions: Vec<Value> =
            self.conditions.iter().enumerate().map(|(j, one)| one.write(&self.path(at, j), faults)).collect();
        let when = match &conditions[..] {
            [] => json!({"always": true}),
            [one] => one.clone(),
            many => json!({ if self.any { "any" } else { "all" }: many }),
        };
        let mut rule = json!({"name": self.name, "when": when, "outcome": self.outcome});
        match self.outcome.as_str() {
            "hold" => {
                let mut terms = write_fields(TERMS, &self.terms, &format!("{at}.terms"), faults);
                let signed = (terms.remove("signed.votes"), terms.remove("signed.device_bound"));
                if let (Some(votes), bound) = signed
                    && votes != json!(0)
                {
                    terms.insert(
                        "signed".to_owned(),
                        json!({"votes": votes, "device_bound": bound.unwrap_or(json!(false))}),
                    );
                }
                if terms.get("open_rows") == Some(&json!(0)) {
                    terms.remove("open_rows");
                }
                let votes = format!("{at}.terms.requirements[0]");
                let mut votes_of = write_fields(VOTES, &self.votes, &votes, faults);
                if !votes_of.contains_key("from") {
                    faults.note(format!("{votes}.from"), "Check whose votes count.");
                    votes_of.insert("from".to_owned(), json!(["role:owner"]));
                }
                terms.insert("requirements".to_owned(), json!([votes_of]));
                rule["terms"] = Value::Object(terms);
            }
            "defer" => {
                let at = format!("{at}.quiet_hours");
                rule["quiet_hours"] = Value::Object(write_fields(HOURS, &self.hours, &at, faults));
            }
            _ => {}
        }
        rule
    }
}

impl PolicyForm {
    /// A policy with one rule that its author fills in.
    pub(crate) fn blank() -> Self {
        Self { enabled: true, rules: vec![RuleForm::blank()], ..Self::default() }
    }

    /// What is written, in fields.
    pub(crate) fn of(content: &PolicyContent, version: u64) -> Self {
        Self { version, ..Self::of_json(&wire::gate::policies::written(content)) }
    }

    /// What is written as the API takes it, in fields.
    pub(crate) fn of_json(written: &Value) -> Self {
        let text = |name: &str| written[name].as_str().unwrap_or_default().to_owned();
        let inboxes = written["inbox_ids"].as_array();
        Self {
            version: 0,
            name: text("name"),
            description: text("description"),
            enabled: written["enabled"].as_bool().unwrap_or(true),
            some_inboxes: inboxes.is_some(),
            inboxes: inboxes.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            lost: false,
            rules: written["rules"].as_array().into_iter().flatten().map(RuleForm::of).collect(),
        }
    }

    /// What was typed; or what came back from the page where it was tried, which has it as it is written.
    pub(crate) fn typed(form: &Form) -> Self {
        if let Ok(written @ Value::Object(_)) = serde_json::from_str(form.field("policy")) {
            let version = form.field("version").parse().unwrap_or_default();
            return Self { version, ..Self::of_json(&written) };
        }
        let sent = form.field("rules").parse::<usize>();
        let count = sent.clone().unwrap_or_default().min(limits::RULES);
        Self {
            lost: sent != Ok(count),
            version: form.field("version").parse().unwrap_or_default(),
            name: form.field("name").trim().to_owned(),
            description: form.field("description").trim().to_owned(),
            enabled: form.field("enabled") == "yes",
            some_inboxes: form.field("inboxes") == "some",
            inboxes: form.checked("inbox-").into_iter().map(str::to_owned).collect(),
            rules: (0..count).map(|i| RuleForm::typed(form, i)).collect(),
        }
    }

    /// What it says, as the API is told it, and what is wrong with it.
    pub(crate) fn content(&self) -> Result<PolicyContent, Faults> {
        let mut faults = Faults::default();
        let rules: Vec<_> = self
            .rules
            .iter()
            .enumerate()
            .map(|(i, rule)| rule.write(&format!("rules[{i}]"), &mut faults))
            .collect();
        if self.lost {
            faults.note(
                "rules".to_owned(),
                "Some of the rules can\u{2019}t be read, so nothing is saved: load the page again.",
            );
        }
        if self.some_inboxes && self.inboxes.is_empty() {
            faults.note("inbox_ids".to_owned(), "Check at least one, or choose every inbox.");
        }
        let body = json!({
            "name": self.name,
            "description": self.description,
            "enabled": self.enabled,
            "inbox_ids": (self.some_inboxes && !self.inboxes.is_empty()).then_some(&self.inboxes),
            "rules": rules,
        });
        match wire::gate::policies::content(body.to_string().as_bytes()) {
            Ok(content) if !faults.any() => Ok(content),
            Ok(_) => Err(faults),
            Err(Refusal::Invalid(errors)) => {
                // Of a field that was not taken here there is nothing more to say.
                let taken: BTreeSet<String> = faults.0.iter().map(|(path, _)| path.clone()).collect();
                let more = Faults::of(&errors).0.into_iter().filter(|(path, _)| !taken.contains(path));
                faults.0.extend(more);
                Err(faults)
            }
            Err(_) => {
                faults.note(String::new(), "This can\u{2019}t be read as a policy.");
                Err(faults)
            }
        }
    }

    /// Does what a button of the form asks for, other than to save.
    pub(crate) fn press(&mut self, button: &str, form: &Form) {
        let mut words = button.split('-');
        let what = words.next().unwrap_or_default();
        let mut at = || words.next().and_then(|at| at.parse::<usize>().ok());
        let (rule, condition) = (at(), at());
        let count = self.rules.len();
        match (what, rule.filter(|i| *i < count)) {
            ("rule", _) if count < limits::RULES => self.rules.push(RuleForm::blank()),
            ("drop", Some(i)) if count > 1 => _ = self.rules.remove(i),
            ("up", Some(i)) if i > 0 => self.rules.swap(i, i - 1),
            ("down", Some(i)) if i + 1 < count => self.rules.swap(i, i + 1),
            ("json", Some(i)) => {
                let written = self.rules[i].write("", &mut Faults::default());
                self.rules[i] = RuleForm::as_json(&written);
            }
            ("fields", Some(i)) => {
                let json = self.rules[i].json.as_deref().unwrap_or_default();
                let written: Value = serde_json::from_str(json).unwrap_or_default();
                if let Some(rule) = RuleForm::in_fields(&written) {
                    self.rules[i] = rule;
                }
            }
            ("add", Some(i)) => {
                let name = form.field(&format!("r{i}-add"));
                let kind = KINDS.iter().find(|kind| kind.name == name);
                if let Some(kind) = kind.filter(|_| self.rules[i].conditions.len() < limits::CONDITIONS) {
                    let condition = ConditionForm { kind, not: false, values: Values::new() };
                    self.rules[i].conditions.push(condition);
                }
            }
            ("remove", Some(i)) => {
                if let Some(j) = condition.filter(|j| *j < self.rules[i].conditions.len()) {
                    self.rules[i].conditions.remove(j);
                }
            }
            _ => {}
        }
    }
}

/// What an organization has that a policy may name, each with what people call it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    pub inboxes: Vec<(String, String)>,
    pub tokens: Vec<(String, String)>,
    pub members: Vec<(String, String)>,
    pub groups: Vec<(String, String)>,
}

impl Sources {
    fn of(&self, source: Source) -> Vec<(String, String)> {
        match source {
            Source::Inboxes => self.inboxes.clone(),
            Source::Tokens => self.tokens.clone(),
            Source::Members => self.members.clone(),
            Source::Voters => {
                let roles =
                    [("role:owner", "owners"), ("role:admin", "admins"), ("role:approver", "approvers")];
                let roles = roles.map(|(value, word)| (value.to_owned(), word.to_owned()));
                let groups = self
                    .groups
                    .iter()
                    .map(|(name, word)| (format!("group:{name}"), format!("the group {word}")));
                let members = self.members.iter().map(|(id, word)| (format!("member:{id}"), word.clone()));
                roles.into_iter().chain(groups).chain(members).collect()
            }
        }
    }
}

/// A field as the page shows it.
pub(crate) struct FieldView {
    pub id: String,
    pub label: &'static str,
    /// `lines`, `text`, `number`, `choice` or `checks`.
    pub shape: &'static str,
    pub value: String,
    pub options: Vec<OptionView>,
    pub wrong: String,
}

/// One of several.
pub(crate) struct OptionView {
    /// Of a check box its name, of a choice its value.
    pub value: String,
    pub word: String,
    pub chosen: bool,
}

pub(crate) struct ConditionView {
    pub id: String,
    pub kind: &'static str,
    pub title: &'static str,
    pub not: bool,
    pub fields: Vec<FieldView>,
    pub wrong: String,
    /// What its button is called.
    pub remove: String,
}

pub(crate) struct RuleView {
    /// Where it is on the page.
    pub id: String,
    /// Where its name is.
    pub name_id: String,
    pub i: usize,
    pub number: usize,
    pub name: String,
    pub name_wrong: String,
    pub any: bool,
    pub conditions: Vec<ConditionView>,
    pub outcome: String,
    pub votes: Vec<FieldView>,
    pub terms: Vec<FieldView>,
    pub hours: Vec<FieldView>,
    pub json: Option<String>,
    pub wrong: String,
    pub first: bool,
    pub last: bool,
}

pub(crate) struct FormView {
    pub version: u64,
    pub name: String,
    pub name_wrong: String,
    pub description: String,
    pub description_wrong: String,
    pub enabled: bool,
    pub some_inboxes: bool,
    pub inboxes: Vec<OptionView>,
    pub inboxes_wrong: String,
    pub rules: Vec<RuleView>,
    /// What is wrong with no field.
    pub alert: String,
    /// Whether anything is wrong.
    pub wrong: bool,
}

fn field(
    prefix: &str,
    spec: &Spec,
    values: &Values,
    at: &str,
    sources: &Sources,
    faults: &mut Faults,
) -> FieldView {
    let id = field_name(prefix, spec);
    let chosen = values.get(spec.name).map(Vec::as_slice).unwrap_or_default();
    let text = chosen.first().cloned().unwrap_or_default();
    let checks = |all: Vec<(String, String)>| options(&format!("{id}:"), all, chosen);
    let named = |all: &[(&str, &str)]| {
        all.iter().map(|(value, word)| ((*value).to_owned(), (*word).to_owned())).collect()
    };
    let one_of = |all: &[(&str, &str)]| {
        let choice = |(value, word): &(&str, &str)| OptionView {
            value: (*value).to_owned(),
            word: (*word).to_owned(),
            chosen: *value == text,
        };
        all.iter().map(choice).collect::<Vec<_>>()
    };
    let (shape, value, options) = match spec.shape {
        Shape::Lines => ("lines", chosen.join("\n"), vec![]),
        Shape::Number => ("number", text.clone(), vec![]),
        Shape::Text | Shape::Size | Shape::Span => ("text", text.clone(), vec![]),
        Shape::Choice(all) => ("choice", String::new(), one_of(all)),
        Shape::YesNo(yes, no) => ("choice", String::new(), one_of(&[("yes", yes), ("no", no)])),
        Shape::Checks(all) | Shape::Exactly(all) => ("checks", String::new(), checks(named(all))),
        Shape::Listed(source) => ("checks", String::new(), checks(sources.of(source))),
    };
    let path = if spec.name.is_empty() { at.to_owned() } else { format!("{at}.{}", spec.name) };
    FieldView { id, label: spec.label, shape, value, options, wrong: faults.take(&path) }
}

/// Check boxes; what is checked and not among them stays, under its own name.
fn options(prefix: &str, all: Vec<(String, String)>, chosen: &[String]) -> Vec<OptionView> {
    let unlisted: Vec<_> =
        chosen.iter().filter(|one| all.iter().all(|(value, _)| value != *one)).cloned().collect();
    let one = |(value, word): (String, String)| OptionView {
        chosen: chosen.contains(&value),
        value: format!("{prefix}{value}"),
        word: visible(&word),
    };
    all.into_iter().chain(unlisted.into_iter().map(|value| (value.clone(), value))).map(one).collect()
}

impl RuleForm {
    fn view(&self, i: usize, count: usize, sources: &Sources, faults: &mut Faults) -> RuleView {
        let (at, prefix) = (format!("rules[{i}]"), format!("r{i}"));
        let mut several = |part: &str, fields: &[Spec], values: &Values, path: &str| -> Vec<FieldView> {
            let prefix = format!("{prefix}-{part}");
            fields.iter().map(|spec| field(&prefix, spec, values, path, sources, faults)).collect()
        };
        let conditions = self.conditions.iter().enumerate().map(|(j, one)| {
            let path = self.path(&at, j);
            let fields = several(&format!("c{j}"), one.kind.fields, &one.values, &one.inner(&path));
            (j, path, one, fields)
        });
        let conditions: Vec<_> = conditions.collect();
        let votes = several("votes", VOTES, &self.votes, &format!("{at}.terms.requirements[0]"));
        let terms = several("terms", TERMS, &self.terms, &format!("{at}.terms"));
        let hours = several("hours", HOURS, &self.hours, &format!("{at}.quiet_hours"));
        let conditions = conditions
            .into_iter()
            .map(|(j, path, one, fields)| ConditionView {
                id: format!("{prefix}-c{j}"),
                kind: one.kind.name,
                title: one.kind.title,
                not: one.not,
                fields,
                wrong: faults.take(&path),
                remove: format!("remove-{i}-{j}"),
            })
            .collect();
        RuleView {
            id: format!("rule-{i}"),
            name_id: format!("r{i}-name"),
            i,
            number: i + 1,
            name: self.name.clone(),
            name_wrong: faults.take(&format!("{at}.name")),
            any: self.any,
            conditions,
            outcome: self.outcome.clone(),
            votes,
            terms,
            hours,
            json: self.json.clone(),
            wrong: faults.take(&at),
            first: i == 0,
            last: i + 1 == count,
        }
    }
}

impl PolicyForm {
    /// As the page shows it, with what is wrong beside what it is about.
    pub(crate) fn view(&self, sources: &Sources, mut faults: Faults) -> FormView {
        let wrong = faults.any();
        let count = self.rules.len();
        let rules = self
            .rules
            .iter()
            .enumerate()
            .map(|(i, rule)| rule.view(i, count, sources, &mut faults))
            .collect();
        FormView {
            version: self.version,
            name: self.name.clone(),
            name_wrong: faults.take("name"),
            description: self.description.clone(),
            description_wrong: faults.take("description"),
            enabled: self.enabled,
            some_inboxes: self.some_inboxes,
            inboxes: options("inbox-", sources.inboxes.clone(), &self.inboxes),
            inboxes_wrong: faults.take("inbox_ids"),
            rules,
            alert: faults.rest(),
            wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(rules: &Value) -> PolicyContent {
        let body = json!({"name": "p", "rules": rules});
        wire::gate::policies::content(body.to_string().as_bytes()).unwrap()
    }

    /// A browser sends both, and one of them would be lost.
    #[test]
    fn no_field_of_a_condition_has_the_name_of_another() {
        for kind in KINDS {
            let own = ["c-about", "c-not"].map(str::to_owned);
            let names: Vec<_> = kind.fields.iter().map(|spec| field_name("c", spec)).chain(own).collect();
            let different: BTreeSet<_> = names.iter().collect();
            assert_eq!(different.len(), names.len(), "{}: {names:?}", kind.name);
        }
    }

    #[test]
    fn what_is_written_comes_back_from_the_form_as_it_was() {
        for written in wire_templates() {
            let form = PolicyForm::of(&written, 1);
            let back = form.content().unwrap_or_else(|wrong| panic!("{}: {:?}", written.name, wrong.0));
            assert_eq!(back, written);
        }
        let odd = content(&json!([
            {"name": "deep", "when": {"all": [{"any": [{"size_over": 1}, {"size_over": 2}]}]}, "outcome": "block"},
            {"name": "plain", "when": {"not": {"link": {"present": true}}}, "outcome": "allow"},
            {"name": "two", "when": {"always": true}, "outcome": "hold",
             "terms": {"requirements": [{"quorum": 1}, {"quorum": 2, "from": ["group:legal"]}], "notify": []}},
            {"name": "quiet", "when": {"size_over": 5_000_000}, "outcome": "defer", "quiet_hours": {"days": ["sun"], "time_zone": "UTC"}},
        ]));
        let form = PolicyForm::of(&odd, 4);
        let as_json: Vec<_> = form.rules.iter().map(|rule| rule.json.is_some()).collect();
        assert_eq!(as_json, [true, false, true, false], "what no field can say");
        assert_eq!(form.content().map_err(|wrong| wrong.0), Ok(odd));
    }

    fn wire_templates() -> Vec<PolicyContent> {
        let all = serde_json::to_value(wire::gate::templates::templates()).unwrap();
        let all = all["data"].as_array().unwrap();
        assert_eq!(all.len(), 11);
        all.iter()
            .map(|one| wire::gate::policies::content(one["policy"].to_string().as_bytes()).unwrap())
            .collect()
    }

    #[test]
    fn the_form_knows_every_condition() {
        let joining = ["always", "all", "any", "not"];
        for kind in KINDS {
            assert!(!joining.contains(&kind.name));
            let one = ConditionForm { kind, not: false, values: Values::new() };
            assert!(one.write("", &mut Faults::default()).is_object());
        }
        assert_eq!(KINDS.len(), 19);
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let mut form = PolicyForm::blank();
        form.rules[0].conditions = vec![
            ConditionForm {
                kind: &KINDS[0],
                not: true,
                values: [("domain_in", vec!["example.com\nnot a domain".to_owned()])].into(),
            },
            ConditionForm { kind: &KINDS[12], not: false, values: [("", vec!["big".to_owned()])].into() },
        ];
        form.rules[0].votes.insert("from", vec![]);
        form.rules[0].terms.insert("expires_in", vec!["soon".to_owned()]);
        let faults = form.content().unwrap_err();
        let view = form.view(&Sources::default(), faults);
        assert!(view.wrong && !view.name_wrong.is_empty() && view.alert.is_empty(), "{}", view.alert);
        let rule = &view.rules[0];
        assert!(!rule.name_wrong.is_empty() && rule.wrong.is_empty(), "{}", rule.wrong);
        assert!(
            rule.conditions[0].fields[0].wrong.contains("example.com"),
            "{}",
            rule.conditions[0].fields[0].wrong
        );
        assert_eq!(rule.conditions[1].fields[0].wrong, "Write a number and a unit, such as 5 MB.");
        assert_eq!(rule.votes[1].wrong, "Check whose votes count.");
        assert!(rule.terms[0].wrong.starts_with("Write a number and a unit"), "{}", rule.terms[0].wrong);
    }

    #[test]
    fn numbers_with_units_are_read_as_they_are_written() {
        for (typed, seconds) in
            [("24 hours", 86_400), ("90 minutes", 5_400), ("7 days", 604_800), ("61 seconds", 61)]
        {
            assert_eq!(measured(typed, SPANS), Some(seconds));
            let written = span(jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap()));
            assert_eq!(written, typed);
        }
        for (typed, bytes) in [("5 MB", 5_000_000), ("1 kB", 1_000), ("7", 7)] {
            assert_eq!((measured(typed, SIZES), size(bytes).as_str()), (Some(bytes), typed));
        }
        for typed in ["", "MB", "-1 MB", "1.5 MB", "99999999999999999999 GB", "5 hours"] {
            assert_eq!(measured(typed, SIZES), None, "{typed}");
        }
    }
}
