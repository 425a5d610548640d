//! What the fields of requests and responses are made of: for each, how it is read, how it is shown, and its JSON schema.

use app::gate::submit::{MAX_HEADER_VALUE, MAX_HEADERS, is_caller_header};
use app::mailbox::messages::Since;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use domain::MessageId;
use domain::base::address::{EmailAddress, HeaderText, InvalidAddress, InvalidHeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::base::hours::{DAYS, is_time_zone, read_clock, write_clock};
use domain::base::id::Id;
use domain::delivery::event::{EventKind, EventPattern};
use domain::ledger::requests::StatusWanted;
use domain::mailbox::domains::{DomainName, InvalidDomainName};
use domain::mailbox::label::Label;
use domain::mailbox::notes::{Notes, Tag};
use domain::mailbox::whom::Whom;
use domain::people::access::{Role, Scope};
use domain::people::credential::{OpenedWith, Standing, Token};
use domain::people::limit::SendsPerDay;
use domain::people::notifications::Mails;
use domain::people::usage::By;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::base::request::{Faults, Field, cut};

/// An object whose fields another standard names is at most so long, in bytes of its JSON.
const MAX_FOREIGN: usize = 16_384;
/// A list has at most so many entries, whatever it is of; what it means may take fewer.
pub(crate) const MAX_ENTRIES: usize = 1_000;
/// A text that is parsed is at most so long, in characters.
const MAX_PARSED: usize = 2_000;

/// Gives a type its JSON schema, in place.
macro_rules! schema {
    ([$($generics:tt)*] $type:ty, $name:expr, $generator:ident => $schema:expr) => {
        impl<$($generics)*> JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                Cow::from($name)
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

pub(crate) use schema;

fn string(value: Value, max: usize, faults: &mut Faults) -> Option<String> {
    match value {
        // Never more characters than bytes: few texts have to be counted.
        Value::String(text) if text.len() <= max || text.chars().count() <= max => Some(text),
        Value::String(_) => {
            faults.note(Code::TooLong, format!("is longer than {max} characters"));
            None
        }
        _ => faults.wrong_type("a string"),
    }
}

/// What `parse` makes of a text.
fn parse_text<T, E: ToString>(
    value: Value,
    code: Code,
    faults: &mut Faults,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    let text = string(value, MAX_PARSED, faults)?;
    parse(&text).map_err(|error| faults.note(code, error)).ok()
}

/// Of any length that a request body can have.
impl Field for String {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        string(value, usize::MAX, faults)
    }
}

impl Field for bool {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        value.as_bool().or_else(|| faults.wrong_type("true or false"))
    }
}

/// Yes or no, in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Field for Flag {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let read = value.as_str().and_then(|text| text.parse().ok()).map(Self);
        read.or_else(|| faults.wrong_type("true or false"))
    }
}

schema!([] Flag, "Flag", _generator => json_schema!({ "type": "boolean" }));

/// A label of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelOf(pub Label);

impl Field for LabelOf {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidLabel, faults, Label::parse).map(Self)
    }
}

schema!([] LabelOf, "Label", _generator => json_schema!({
    "type": "string", "minLength": 1, "maxLength": Label::MAX,
}));

/// What a list of mails is asked for by `label`: a label, or the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelWanted {
    /// Mails that have this label.
    Of(Label),
    /// Mails in the trash.
    Trash,
}

impl Field for LabelWanted {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        if value.as_str() == Some(Label::TRASH) {
            return Some(Self::Trash);
        }
        LabelOf::read(value, faults).map(|label| Self::Of(label.0))
    }
}

schema!([] LabelWanted, "LabelWanted", _generator => json_schema!({
    "type": "string", "minLength": 1, "maxLength": Label::MAX,
}));

/// A whole number.
impl Field for u64 {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        value.as_u64().or_else(|| faults.wrong_type("a whole number"))
    }
}

/// A text of at most `MAX` characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<const MAX: usize>(pub String);

impl<const MAX: usize> Field for Text<MAX> {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        string(value, MAX, faults).map(Self)
    }
}

schema!([const MAX: usize] Text<MAX>, "Text", _generator => json_schema!({ "type": "string", "maxLength": MAX }));

/// A text of 1 to `MAX` characters that is not blank.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled<const MAX: usize>(pub String);

impl<const MAX: usize> Field for Filled<MAX> {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = string(value, MAX, faults)?;
        if text.trim().is_empty() {
            faults.note(Code::Required, "must not be blank");
            return None;
        }
        Some(Self(text))
    }
}

schema!([const MAX: usize] Filled<MAX>, "Filled", _generator => json_schema!({
    "type": "string", "minLength": 1, "maxLength": MAX,
}));

/// A line that can stand in a header of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line(pub HeaderText);

fn header_code(error: InvalidHeaderText) -> Code {
    match error {
        InvalidHeaderText::ControlCharacter => Code::ControlCharacter,
        InvalidHeaderText::TooLong => Code::TooLong,
    }
}

impl Field for Line {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = string(value, usize::MAX, faults)?;
        HeaderText::parse(&text).map(Self).map_err(|error| faults.note(header_code(error), error)).ok()
    }
}

schema!([] Line, "Line", _generator => json_schema!({ "type": "string", "maxLength": HeaderText::MAX }));

/// An id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdOf<T>(pub T);

impl<T: Id> Field for IdOf<T> {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidId, faults, T::of_caller).map(Self)
    }
}

impl<T: Id> Serialize for IdOf<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

schema!([T: Id] IdOf<T>, T::PREFIX, _generator => json_schema!({
    "type": "string", "pattern": pattern_of::<T>(),
}));

/// What an id looks like, as callers may write it.
fn pattern_of<T: Id>() -> String {
    let prefix = T::ALSO.map_or_else(|| T::PREFIX.to_owned(), |also| format!("({}|{also})", T::PREFIX));
    format!("^{prefix}[0-9a-hjkmnp-tv-z]{{26}}$")
}

/// A time: RFC 3339, in UTC where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Time {
    /// Without what is less than a second: what waits for a time is woken at whole seconds.
    pub fn whole_second(self) -> Timestamp {
        Timestamp::from_second(self.0.as_second()).unwrap_or(self.0)
    }
}

impl Field for Time {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidTime, faults, |text| {
            let time = text.parse();
            time.map_err(|_| "must be an RFC 3339 time such as 2026-12-01T09:00:00Z")
        })
        .map(Self)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

schema!([] Time, "Time", _generator => json_schema!({ "type": "string", "format": "date-time" }));

/// A day of the calendar: RFC 3339's `full-date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub Date);

impl Field for Day {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidDate, faults, |text| {
            // Other forms of ISO 8601 are no days to most who read them.
            let day = text.parse().ok().filter(|day: &Date| day.year() >= 0 && day.to_string() == text);
            day.ok_or("must be a day such as 2026-12-01")
        })
        .map(Self)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

schema!([] Day, "Day", _generator => json_schema!({ "type": "string", "format": "date" }));

/// A time of day, in minutes from midnight; 24:00 ends a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTime(pub u16);

impl Field for ClockTime {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidTime, faults, |text| {
            read_clock(text).ok_or("must be a time of day such as 09:00, at most 24:00")
        })
        .map(Self)
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write_clock(self.0))
    }
}

schema!([] ClockTime, "ClockTime", _generator => json_schema!({
    "type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$",
}));

/// A day of the week: Monday is 1 and Sunday 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekDay(pub i8);

impl Field for WeekDay {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::UnknownChoice, faults, |text| {
            let day = (1_i8..).zip(DAYS).find(|(_, name)| *name == text).map(|(day, _)| day);
            day.ok_or_else(|| format!("must be one of {}", DAYS.join(", ")))
        })
        .map(Self)
    }
}

impl Serialize for WeekDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = usize::try_from(self.0 - 1).ok().and_then(|day| DAYS.get(day));
        serializer.serialize_str(name.unwrap_or(&DAYS[0]))
    }
}

schema!([] WeekDay, "WeekDay", _generator => json_schema!({ "type": "string", "enum": DAYS }));

/// A name of the IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZoneName(pub String);

/// The longest name of a time zone that is looked up, in characters.
const TIME_ZONE: usize = 60;

impl Field for TimeZoneName {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let name = string(value, TIME_ZONE, faults)?;
        if is_time_zone(&name) {
            return Some(Self(name));
        }
        faults.note(
            Code::UnknownTimeZone,
            "is not in the IANA time zone database: write a name such as Europe/Berlin or UTC",
        );
        None
    }
}

impl Serialize for TimeZoneName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

schema!([] TimeZoneName, "TimeZoneName", _generator => json_schema!({
    "type": "string", "minLength": 1, "maxLength": TIME_ZONE,
}));

/// Which statuses are wanted, in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusOf(pub StatusWanted);

impl Field for StatusOf {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::UnknownStatus, faults, |text| {
            StatusWanted::parse(text).ok_or("must be a status such as 429, or 4xx for all of its class")
        })
        .map(Self)
    }
}

schema!([] StatusOf, "Status", _generator => json_schema!({
    "type": "string", "pattern": "^[1-5]([0-9][0-9]|xx)$",
}));

/// Where somebody begins to wait, in a query: a time, or the id of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinceGiven(pub Since);

impl Field for SinceGiven {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let is_id = value.as_str().is_some_and(|text| text.starts_with(MessageId::PREFIX));
        if is_id {
            return IdOf::<MessageId>::read(value, faults).map(|id| Self(Since::Message(id.0)));
        }
        Time::read(value, faults).map(|time| Self(Since::Time(time.0)))
    }
}

schema!([] SinceGiven, "Since", _generator => json_schema!({ "type": "string" }));

/// How many seconds to wait, in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitSeconds(pub u8);

impl WaitSeconds {
    /// The gateway ends a request after 30.
    pub(crate) const MOST: u8 = 25;
}

impl Field for WaitSeconds {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidTimeout, faults, |text| {
            let seconds = text.parse().ok().filter(|seconds| *seconds <= Self::MOST);
            seconds.ok_or_else(|| format!("must be 0 to {} seconds", Self::MOST))
        })
        .map(Self)
    }
}

schema!([] WaitSeconds, "Seconds", _generator => json_schema!({
    "type": "integer", "minimum": 0, "maximum": Self::MOST, "default": Self::MOST,
}));

/// For how many seconds the secret before a rotation is taken still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap(pub SignedDuration);

impl Overlap {
    const MOST: i64 = Token::MAX_OVERLAP.as_secs();
}

impl Field for Overlap {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let seconds = value.as_i64().filter(|seconds| (0..=Self::MOST).contains(seconds));
        if seconds.is_none() && value.is_number() {
            let message = format!("must be 0 to {} seconds, in whole ones", Self::MOST);
            faults.note(Code::OutOfRange, message);
            return None;
        }
        let seconds = seconds.or_else(|| faults.wrong_type("a whole number"))?;
        Some(Self(SignedDuration::from_secs(seconds)))
    }
}

schema!([] Overlap, "Overlap", _generator => json_schema!({
    "type": "integer", "minimum": 0, "maximum": Self::MOST, "default": Token::OVERLAP.as_secs(),
}));

/// How many mails may be asked for on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyLimit(pub SendsPerDay);

impl Field for DailyLimit {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let limit = value.as_u64().and_then(SendsPerDay::new);
        if limit.is_none() {
            if value.as_u64() == Some(0) {
                let message = "is zero: to stop mail pause the token, the inbox or the organization; null takes the limit away";
                faults.note(Code::LimitOfZero, message);
            } else if value.is_number() {
                faults
                    .note(Code::OutOfRange, format!("must be 1 to {}, as a whole number", SendsPerDay::MAX));
            } else {
                return faults.wrong_type("a whole number");
            }
        }
        limit.map(Self)
    }
}

impl Serialize for DailyLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0.get())
    }
}

schema!([] DailyLimit, "DailyLimit", _generator => json_schema!({
    "type": "integer", "minimum": 1, "maximum": SendsPerDay::MAX,
}));

/// The address of a mailbox, without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(pub EmailAddress);

impl Field for Email {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidAddress, faults, EmailAddress::parse).map(Self)
    }
}

schema!([] Email, "Email", _generator => json_schema!({ "type": "string", "format": "email" }));

/// A domain name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(pub String);

impl Field for Domain {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidDomain, faults, |text| {
            EmailAddress::parse(&format!("x@{text}")).map(|address| address.domain().to_ascii_lowercase())
        })
        .map(Self)
    }
}

schema!([] Domain, "Domain", _generator => json_schema!({ "type": "string", "format": "hostname" }));

/// A domain that an organization can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDomain(pub DomainName);

impl Field for OwnDomain {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = string(value, MAX_PARSED, faults)?;
        let read = DomainName::parse(&text).map_err(|error| {
            let code = match error {
                InvalidDomainName::PublicSuffix => Code::PublicSuffix,
                InvalidDomainName::Malformed
                | InvalidDomainName::Address
                | InvalidDomainName::Ip
                | InvalidDomainName::TooLong => Code::InvalidDomain,
            };
            faults.note(code, error);
        });
        read.map(Self).ok()
    }
}

schema!([] OwnDomain, "OwnDomain", _generator => json_schema!({ "type": "string", "format": "hostname" }));

/// An author: an address, a domain with those below it, or `*` for everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(pub Whom);

impl Field for Sender {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidAddress, faults, |text| {
            let domain = |text: &str| EmailAddress::parse(&format!("x@{text}"));
            match text {
                "*" => Ok(Whom::Everyone),
                _ if text.contains('@') => EmailAddress::parse(text).map(Whom::Address),
                _ => domain(text).map(|address| Whom::Domain(address.domain().to_owned())),
            }
        })
        .map(Self)
    }
}

impl Serialize for Sender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Whom::Address(address) => serializer.serialize_str(address.as_str()),
            Whom::Domain(domain) => serializer.serialize_str(domain),
            Whom::Everyone => serializer.serialize_str("*"),
        }
    }
}

schema!([] Sender, "Sender", _generator => json_schema!({ "type": "string", "minLength": 1 }));

/// Bytes in base64 (RFC 4648 §4), with padding and without line breaks.
#[derive(Clone, PartialEq, Eq)]
pub struct Base64(pub Bytes);

impl Field for Base64 {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = string(value, usize::MAX, faults)?;
        let Ok(bytes) = BASE64.decode(text.as_bytes()) else {
            faults.note(Code::InvalidBase64, "must be base64, with padding and without line breaks");
            return None;
        };
        Some(Self(bytes.into()))
    }
}

schema!([] Base64, "Base64", _generator => json_schema!({ "type": "string", "contentEncoding": "base64" }));

/// A SHA-256, as `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sha256(pub Digest);

impl Field for Sha256 {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidDigest, faults, Digest::parse).map(Self)
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

schema!([] Sha256, "Sha256", _generator => json_schema!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" }));

/// A list of at most `MAX` entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T, const MAX: usize>(pub Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    /// The entries; none where the list was left out.
    pub fn entries(list: Option<Self>) -> Vec<T> {
        list.map(|list| list.0).unwrap_or_default()
    }
}

impl<T: Field, const MAX: usize> Field for List<T, MAX> {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let Value::Array(list) = value else { return faults.wrong_type("a list") };
        if list.len() > MAX {
            faults.note(Code::TooMany, format!("has more than {MAX} entries"));
            return None;
        }
        let mut read = vec![];
        for (i, value) in list.into_iter().enumerate() {
            read.push(faults.within_entry(i, |faults| T::read(value, faults)));
        }
        read.into_iter().collect::<Option<_>>().map(Self)
    }
}

schema!([T: JsonSchema, const MAX: usize] List<T, MAX>, format!("List_of_{}", T::schema_name()), generator => {
    let items = generator.subschema_for::<T>();
    json_schema!({ "type": "array", "maxItems": MAX, "items": items })
});

/// A word that a program keeps with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOf(pub Tag);

const TAG: &str = "^[A-Za-z0-9._:-]{1,64}$";

impl Field for TagOf {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidTag, faults, Tag::parse).map(Self)
    }
}

schema!([] TagOf, "Tag", _generator => json_schema!({ "type": "string", "pattern": TAG }));

/// An object with at most `max` fields, each of which `read` reads.
fn entries<T>(
    value: Value,
    max: usize,
    faults: &mut Faults,
    read: impl Fn(String, Value, &mut Faults) -> Option<T>,
) -> Option<Vec<T>> {
    let Value::Object(object) = value else { return faults.wrong_type("an object") };
    if object.len() > max {
        faults.note(Code::TooMany, format!("has more than {max} fields"));
        return None;
    }
    let mut all = vec![];
    for (name, value) in object {
        let path = cut(&name);
        all.push(faults.within_field(&path, |faults| read(name, value, faults)));
    }
    all.into_iter().collect()
}

/// An object whose fields another standard names, as JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Foreign(pub String);

impl Field for Foreign {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        if !value.is_object() {
            return faults.wrong_type("an object");
        }
        let text = value.to_string();
        if text.len() > MAX_FOREIGN {
            faults.note(Code::TooLong, format!("is longer than {MAX_FOREIGN} bytes"));
            return None;
        }
        Some(Self(text))
    }
}

impl Serialize for Foreign {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<Value>(&self.0).unwrap_or_default().serialize(serializer)
    }
}

schema!([] Foreign, "Foreign", _generator => json_schema!({ "type": "object" }));

/// Values that a program keeps with a mail, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata(pub BTreeMap<Tag, String>);

impl Field for Metadata {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let read = entries(value, Notes::MOST_VALUES, faults, |name, value, faults| {
            let name = Tag::parse(&name).map_err(|error| faults.note(Code::InvalidTag, error)).ok();
            let text = string(value, Notes::MAX_VALUE, faults)?;
            if !Notes::is_value(&text) {
                faults.note(Code::ControlCharacter, "has a character that nobody sees");
                return None;
            }
            Some((name?, text))
        })?;
        Some(Self(read.into_iter().collect()))
    }
}

schema!([] Metadata, "Metadata", _generator => json_schema!({
    "type": "object",
    "maxProperties": Notes::MOST_VALUES,
    "propertyNames": { "pattern": TAG },
    "additionalProperties": { "type": "string", "maxLength": Notes::MAX_VALUE },
}));

/// Columns of a sheet, by what they are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping(pub BTreeMap<String, String>);

/// A mapping has at most so many fields, as a sheet has columns.
const MAX_MAPPED: usize = 200;
/// The name of a column has at most so many characters.
const MAX_COLUMN: usize = 200;

impl Field for Mapping {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let read = entries(value, MAX_MAPPED, faults, |name, value, faults| {
            Some((name, string(value, MAX_COLUMN, faults)?))
        })?;
        Some(Self(read.into_iter().collect()))
    }
}

schema!([] Mapping, "Mapping", _generator => json_schema!({
    "type": "object",
    "maxProperties": MAX_MAPPED,
    "additionalProperties": { "type": "string", "maxLength": MAX_COLUMN },
}));

/// Header fields of a mail, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Field for Headers {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        entries(value, MAX_HEADERS, faults, |name, value, faults| {
            let may = is_caller_header(&name);
            if !may {
                faults.note(
                    Code::HeaderNotAllowed,
                    "can't be set: a mail takes X-\u{2026} (but X-SES-\u{2026} and X-Amz\u{2026}) and the List-\u{2026} fields of RFC 2369, 2919 and 8058",
                );
            }
            let text = string(value, MAX_HEADER_VALUE, faults)?;
            may.then_some((name, text))
        })
        .map(Self)
    }
}

schema!([] Headers, "Headers", _generator => json_schema!({
    "type": "object",
    "maxProperties": MAX_HEADERS,
    "propertyNames": { "pattern": "^([Xx]|[Ll][Ii][Ss][Tt])-[A-Za-z0-9_-]{1,70}$" },
    "additionalProperties": { "type": "string", "maxLength": MAX_HEADER_VALUE },
}));

/// How many entries a page has at most, in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub u16);

impl Limit {
    const MOST: u16 = 100;
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl Field for Limit {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidLimit, faults, |text| {
            let limit = text.parse().ok().filter(|limit| (1..=Self::MOST).contains(limit));
            limit.ok_or_else(|| format!("must be 1 to {}", Self::MOST))
        })
        .map(Self)
    }
}

schema!([] Limit, "Limit", _generator => json_schema!({
    "type": "integer", "minimum": 1, "maximum": Self::MOST, "default": Self::default().0,
}));

/// How many entries a page has at most, in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(pub u16);

impl Field for PageSize {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let size = u64::read(value, faults)?;
        let size = u16::try_from(size).ok().filter(|size| (1..=Limit::MOST).contains(size));
        if size.is_none() {
            faults.note(Code::InvalidLimit, format!("must be 1 to {}", Limit::MOST));
        }
        size.map(Self)
    }
}

schema!([] PageSize, "PageSize", _generator => json_schema!({
    "type": "integer", "minimum": 1, "maximum": Limit::MOST, "default": Limit::default().0,
}));

/// The place of an entry in its chain, from 1, in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence(pub u64);

impl Field for Sequence {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::InvalidSequence, faults, |text| {
            let place = text.parse().ok().filter(|place| *place >= 1);
            place.ok_or("must be the place of an entry: a whole number from 1")
        })
        .map(Self)
    }
}

schema!([] Sequence, "Sequence", _generator => json_schema!({ "type": "integer", "minimum": 1 }));

/// A list of 1 to `MAX` entries: what is to be all of them is left out.
#[derive(Clone, PartialEq, Eq)]
pub struct AtLeastOne<T, const MAX: usize>(pub Vec<T>);

impl<T: Field, const MAX: usize> Field for AtLeastOne<T, MAX> {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let List(list) = List::<T, MAX>::read(value, faults)?;
        if list.is_empty() {
            faults.note(Code::EmptyList, "names none: leave it out for all of them");
            return None;
        }
        Some(Self(list))
    }
}

schema!([T: JsonSchema, const MAX: usize] AtLeastOne<T, MAX>, format!("AtLeastOne_of_{}", T::schema_name()), generator => {
    let items = generator.subschema_for::<T>();
    json_schema!({ "type": "array", "minItems": 1, "maxItems": MAX, "items": items })
});

/// What is one of a few names.
pub trait Named: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// The code of a name that is none of them.
    const UNKNOWN: Code;

    /// The name.
    fn name(&self) -> &'static str;
}

impl Named for Role {
    const ALL: &'static [Self] = Role::ALL;
    const UNKNOWN: Code = Code::UnknownRole;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Scope {
    const ALL: &'static [Self] = Scope::ALL;
    const UNKNOWN: Code = Code::UnknownScope;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Standing {
    const ALL: &'static [Self] = Standing::ALL;
    const UNKNOWN: Code = Code::UnknownStatus;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for OpenedWith {
    const ALL: &'static [Self] = OpenedWith::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for By {
    const ALL: &'static [Self] = By::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Mails {
    const ALL: &'static [Self] = Mails::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for EventKind {
    const ALL: &'static [Self] = EventKind::ALL;
    const UNKNOWN: Code = Code::UnknownEvent;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

/// Types of event, in a query: names, groups such as `message.*`, or `*`, with commas between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventKinds(pub BTreeSet<EventKind>);

impl Field for EventKinds {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::UnknownEvent, faults, |text| {
            let mut kinds = BTreeSet::new();
            for pattern in text.split(',') {
                let named = EventKind::matching(pattern.trim());
                if named.is_empty() {
                    let known = names::<EventKind>().join(", ");
                    let pattern = cut(pattern);
                    return Err(format!(
                        "{pattern:?} names none: give types with commas between, of {known}; groups such as message.*; or *"
                    ));
                }
                kinds.extend(named);
            }
            Ok(kinds)
        })
        .map(Self)
    }
}

schema!([] EventKinds, "EventKinds", _generator => json_schema!({ "type": "string" }));

/// A type of event, a group such as `message.*`, or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsOf(pub EventPattern);

impl Field for EventsOf {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, Code::UnknownEvent, faults, |text| {
            EventPattern::parse(text).ok_or_else(|| {
                format!("must be one of {}; a group such as message.*; or *", names::<EventKind>().join(", "))
            })
        })
        .map(Self)
    }
}

impl Serialize for EventsOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

schema!([] EventsOf, "EventsOf", _generator => json_schema!({ "type": "string", "enum": EventPattern::all() }));

/// One of a few names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice<T>(pub T);

fn names<T: Named>() -> Vec<&'static str> {
    T::ALL.iter().map(Named::name).collect()
}

impl<T: Named> Field for Choice<T> {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        parse_text(value, T::UNKNOWN, faults, |text| {
            let known = T::ALL.iter().find(|one| one.name() == text);
            known.copied().ok_or_else(|| format!("must be one of {}", names::<T>().join(", ")))
        })
        .map(Self)
    }
}

impl<T: Named> Serialize for Choice<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

schema!([T: Named] Choice<T>, "Choice", _generator => json_schema!({ "type": "string", "enum": names::<T>() }));

/// A value that `null` takes out. As a field that may be left out it is an `Option` of this: what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrNull<T>(pub Option<T>);

impl<T: Field> Field for OrNull<T> {
    fn null() -> Option<Self> {
        Some(Self(None))
    }

    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        T::read(value, faults).map(|value| Self(Some(value)))
    }
}

schema!([T: JsonSchema] OrNull<T>, format!("{}_or_null", T::schema_name()), generator => {
    generator.subschema_for::<Option<T>>()
});

/// One mailbox or a list of at most 1,000.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailboxes(pub Vec<Mailbox>);

impl Mailboxes {
    /// The mailboxes; none where they were left out.
    pub fn entries(list: Option<Self>) -> Vec<Mailbox> {
        list.map(|list| list.0).unwrap_or_default()
    }
}

impl Field for Mailboxes {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        if value.is_array() {
            let List(list) = List::<OneMailbox, { MAX_ENTRIES }>::read(value, faults)?;
            Some(Self(list.into_iter().map(|one| one.0).collect()))
        } else {
            OneMailbox::read(value, faults).map(|one| Self(vec![one.0]))
        }
    }
}

schema!([] Mailboxes, "Mailboxes", generator => {
    let one = generator.subschema_for::<OneMailbox>();
    json_schema!({ "anyOf": [one, { "type": "array", "maxItems": MAX_ENTRIES, "items": one }] })
});

/// `"a@example.com"`, `"Ann <a@example.com>"` or `{"address", "name"}`.
struct OneMailbox(Mailbox);

impl Field for OneMailbox {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        mailbox(&value).map(Self).map_err(|(code, message)| faults.note(code, message)).ok()
    }
}

impl JsonSchema for OneMailbox {
    fn schema_name() -> Cow<'static, str> {
        Cow::from("Mailbox")
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An address, with or without a name.",
            "examples": ["ann@example.com", "Ann <ann@example.com>", { "address": "ann@example.com", "name": "Ann" }],
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "address": { "type": "string" }, "name": { "type": ["string", "null"] } },
                    "required": ["address"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

fn mailbox(value: &Value) -> Result<Mailbox, (Code, String)> {
    let (name, address) = match value {
        Value::String(text) => match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => {
                let name = name.trim();
                let unquoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
                (Some(unquoted.to_owned()), address.trim().to_owned())
            }
            None => (None, text.trim().to_owned()),
        },
        Value::Object(object) => {
            if let Some(field) = object.keys().find(|key| !["name", "address"].contains(&key.as_str())) {
                return Err((
                    Code::UnknownField,
                    format!("has the unknown field {:?}; it has address, name", cut(field)),
                ));
            }
            let text = |field: &str| match object.get(field) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) => Ok(Some(text.clone())),
                Some(_) => Err((Code::WrongType, format!("{field} must be a string"))),
            };
            (text("name")?, text("address")?.ok_or((Code::Required, "needs an address".to_owned()))?)
        }
        _ => return Err((Code::WrongType, "must be a string or an object with address and name".to_owned())),
    };
    let address = EmailAddress::parse(&address).map_err(|error| {
        let code = match error {
            InvalidAddress::NotAscii => Code::AddressNotAscii,
            _ => Code::InvalidAddress,
        };
        (code, error.to_string())
    })?;
    let name = name
        .filter(|name| !name.is_empty())
        .map(|name| HeaderText::parse(&name).map_err(|error| (header_code(error), format!("name {error}"))))
        .transpose()?;
    Ok(Mailbox { name, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_event_are_named_one_by_one_by_their_group_or_all() {
        let read = |text: &str| {
            let mut faults = Faults::default();
            EventKinds::read(text.into(), &mut faults).map(|kinds| kinds.0.len())
        };
        assert_eq!(read("message.sent"), Some(1));
        assert_eq!(read("message.sent, message.sent,inbox.*"), Some(5));
        assert_eq!(read("*"), Some(EventKind::ALL.len()));
        for bad in ["", ",", "message.sent,", "message", "message.sung", "message.*,x.*", "*.sent"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_null_is_told_apart_from_what_is_left_out() {
        crate::base::request::request! {
            /// A change.
            struct Sample {
                /// A part.
                text: Option<OrNull<Text<3>>>,
            }
        }
        let read = |body: &str| {
            let sample: Result<Sample, _> = crate::base::request::body(body.as_bytes());
            sample.map(|sample| sample.text.map(|text| text.0.map(|text| text.0))).ok()
        };
        assert_eq!(read("{}"), Some(None));
        assert_eq!(read(r#"{"text":null}"#), Some(Some(None)));
        assert_eq!(read(r#"{"text":"x"}"#), Some(Some(Some("x".to_owned()))));
        assert_eq!(read(r#"{"text":"xxxx"}"#), None);
    }

    #[test]
    fn the_forms_of_a_mailbox() {
        for (text, name) in [
            (r#""a@b.co""#, None),
            (r#"" a@b.co ""#, None),
            (r#""Ann <a@b.co>""#, Some("Ann")),
            (r#""\"Ann, B.\" <a@b.co>""#, Some("Ann, B.")),
            (r#"{"address":"a@b.co","name":"Ann"}"#, Some("Ann")),
            (r#"{"address":"a@b.co","name":null}"#, None),
        ] {
            let mailbox = mailbox(&serde_json::from_str(text).unwrap()).unwrap();
            assert_eq!(mailbox.address.as_str(), "a@b.co", "{text}");
            assert_eq!(mailbox.name.as_ref().map(HeaderText::as_str), name, "{text}");
        }
    }
}
