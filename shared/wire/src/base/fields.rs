//! Reading a JSON object field by field, so that an answer can name every bad field at once.

use std::collections::BTreeSet;
use std::fmt;

use app::base::error::{FieldError, Refusal};
use domain::base::address::{EmailAddress, HeaderText, InvalidHeaderText, Mailbox};
use domain::base::code::Code;
use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A list has at most so many entries, whatever it is of; what it means may take fewer.
const MAX_ENTRIES: usize = 1_000;
/// An answer names at most so many bad fields.
const MAX_ERRORS: usize = 100;

/// JSON in which no object has a name twice: of two, one reader takes the first and another the last (RFC 8259 §4).
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_string<E>(self, value: String) -> Result<Value, E> {
                Ok(value.into())
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut list = vec![];
                while let Some(Unique(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut object = Map::new();
                while let Some((name, Unique(value))) = entries.next_entry::<String, Unique>()? {
                    if object.contains_key(&name) {
                        return Err(serde::de::Error::custom(format!("it has {name:?} twice")));
                    }
                    object.insert(name, value);
                }
                Ok(object.into())
            }
        }

        deserializer.deserialize_any(Any).map(Unique)
    }
}

/// An object that is being read. Fields that nobody asked for are errors.
pub struct Fields {
    path: String,
    object: Map<String, Value>,
    known: BTreeSet<&'static str>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Reads a body: must be a JSON object.
    pub fn of_body(body: &[u8]) -> Result<Self, Refusal> {
        let Unique(value) = serde_json::from_slice(body).map_err(|error| {
            Refusal::field("", Code::InvalidJson, format!("the body is not JSON: {error}"))
        })?;
        match value {
            Value::Object(object) => Ok(Self::new(String::new(), object)),
            _ => Err(Refusal::field("", Code::InvalidJson, "the body must be a JSON object")),
        }
    }

    /// An empty object, for a request that needs no body.
    pub fn empty() -> Self {
        Self::new(String::new(), Map::new())
    }

    fn new(path: String, object: Map<String, Value>) -> Self {
        Self { path, object, known: BTreeSet::new(), errors: vec![] }
    }

    fn name(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// The object itself, for a reader of its own.
    pub(crate) fn into_object(self) -> Map<String, Value> {
        self.object
    }

    /// The value of a field as it is, for a reader of its own.
    pub(crate) fn value(&mut self, field: &'static str) -> Option<Value> {
        self.take(field)
    }

    /// An object within this one, read by `read`.
    pub(crate) fn object<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Option<T> {
        let Value::Object(object) = self.take(field)? else {
            self.wrong_type(field, "an object");
            return None;
        };
        let mut inner = Fields::new(self.name(field), object);
        let value = read(&mut inner);
        inner.unknown();
        self.errors.append(&mut inner.errors);
        self.errors.truncate(MAX_ERRORS);
        value
    }

    /// Notes a bad field.
    pub fn error(&mut self, field: &str, code: Code, message: impl ToString) {
        if self.errors.len() < MAX_ERRORS {
            let name = self.name(field);
            self.errors.push(FieldError::new(name, code, message));
        }
    }

    /// The value of a field; JSON `null` counts as absent.
    fn take(&mut self, field: &'static str) -> Option<Value> {
        self.known.insert(field);
        self.object.get(field).filter(|value| !value.is_null()).cloned()
    }

    fn wrong_type(&mut self, field: &str, expected: &str) {
        self.error(field, Code::WrongType, format!("must be {expected}"));
    }

    /// Notes that a field is missing.
    pub fn require<T>(&mut self, field: &'static str, value: Option<T>) -> Option<T> {
        let failed = self.errors.iter().any(|error| error.field.starts_with(&self.name(field)));
        if value.is_none() && !failed {
            self.error(field, Code::Required, "is required");
        }
        value
    }

    /// A text of at most `max` characters.
    pub fn text(&mut self, field: &'static str, max: usize) -> Option<String> {
        match self.take(field)? {
            Value::String(text) if text.chars().count() <= max => Some(text),
            Value::String(_) => {
                self.error(field, Code::TooLong, format!("is longer than {max} characters"));
                None
            }
            _ => {
                self.wrong_type(field, "a string");
                None
            }
        }
    }

    /// A text of any length that a body of a request can have.
    pub fn long_text(&mut self, field: &'static str) -> Option<String> {
        self.text(field, usize::MAX)
    }

    /// A line of text for a header.
    pub fn line(&mut self, field: &'static str) -> Option<HeaderText> {
        let text = self.text(field, usize::MAX)?;
        match HeaderText::parse(&text) {
            Ok(line) => Some(line),
            Err(error) => {
                self.error(field, header_code(error), error);
                None
            }
        }
    }

    /// Anything that reads from a text.
    pub fn parsed<T>(
        &mut self,
        field: &'static str,
        code: Code,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(field, 2_000)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.error(field, code, message);
                None
            }
        }
    }

    /// An id.
    pub fn id<T: domain::base::id::Id>(&mut self, field: &'static str) -> Option<T> {
        self.parsed(field, Code::InvalidId, |text| T::parse(text).map_err(|error| error.to_string()))
    }

    /// A whole number.
    pub fn number(&mut self, field: &'static str) -> Option<u64> {
        let value = self.take(field)?;
        if value.as_u64().is_none() {
            self.wrong_type(field, "a whole number");
        }
        value.as_u64()
    }

    /// `true` or `false`.
    pub fn flag(&mut self, field: &'static str) -> Option<bool> {
        let value = self.take(field)?;
        if value.as_bool().is_none() {
            self.wrong_type(field, "true or false");
        }
        value.as_bool()
    }

    /// Whether the field is there, be it empty.
    pub fn has(&self, field: &str) -> bool {
        self.object.get(field).is_some_and(|value| !value.is_null())
    }

    /// A list of ids.
    pub fn ids<T: domain::base::id::Id>(&mut self, field: &'static str, max: usize) -> Option<Vec<T>> {
        let texts = self.texts(field, max)?;
        let mut ids = vec![];
        for (i, text) in texts.iter().enumerate() {
            match T::parse(text) {
                Ok(id) => ids.push(id),
                Err(error) => self.error(&format!("{field}[{i}]"), Code::InvalidId, error),
            }
        }
        Some(ids)
    }

    /// A time: RFC 3339, cut to whole seconds.
    pub fn time(&mut self, field: &'static str) -> Option<Timestamp> {
        self.parsed(field, Code::InvalidTime, |text| {
            let parsed: Result<Timestamp, _> = text.parse();
            let time =
                parsed.map_err(|_| "must be an RFC 3339 time such as 2026-12-01T09:00:00Z".to_owned())?;
            Timestamp::from_second(time.as_second()).map_err(|error| error.to_string())
        })
    }

    /// A list of texts.
    pub fn texts(&mut self, field: &'static str, max: usize) -> Option<Vec<String>> {
        match self.take(field)? {
            Value::Array(list) if list.len() <= max && list.iter().all(Value::is_string) => {
                Some(list.into_iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
            }
            Value::Array(list) if list.len() > max => {
                self.error(field, Code::TooMany, format!("has more than {max} entries"));
                None
            }
            _ => {
                self.wrong_type(field, "a list of strings");
                None
            }
        }
    }

    /// Mailboxes: one or a list, each `"a@example.com"`, `"Ann <a@example.com>"` or `{"address", "name"}`.
    pub fn mailboxes(&mut self, field: &'static str) -> Vec<Mailbox> {
        let list = match self.take(field) {
            None => return vec![],
            Some(Value::Array(list)) if list.len() > MAX_ENTRIES => return self.too_many(field),
            Some(Value::Array(list)) => {
                list.into_iter().enumerate().map(|(i, v)| (format!("{field}[{i}]"), v)).collect()
            }
            Some(value) => vec![(field.to_owned(), value)],
        };
        let mut mailboxes = vec![];
        for (name, value) in list {
            match mailbox(&value) {
                Ok(mailbox) => mailboxes.push(mailbox),
                Err((code, message)) => self.error(&name, code, message),
            }
        }
        mailboxes
    }

    /// A list of objects, each read by `read`.
    pub fn objects<T>(&mut self, field: &'static str, read: impl Fn(&mut Fields) -> Option<T>) -> Vec<T> {
        let list = match self.take(field) {
            None => return vec![],
            Some(Value::Array(list)) if list.len() > MAX_ENTRIES => return self.too_many(field),
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.wrong_type(field, "a list of objects");
                return vec![];
            }
        };
        let mut all = vec![];
        for (i, value) in list.into_iter().enumerate() {
            let Value::Object(object) = value else {
                self.wrong_type(&format!("{field}[{i}]"), "an object");
                continue;
            };
            let mut inner = Fields::new(self.name(&format!("{field}[{i}]")), object);
            let value = read(&mut inner);
            inner.unknown();
            self.errors.append(&mut inner.errors);
            self.errors.truncate(MAX_ERRORS);
            all.extend(value);
        }
        all
    }

    fn too_many<T>(&mut self, field: &'static str) -> Vec<T> {
        self.error(field, Code::TooMany, format!("has more than {MAX_ENTRIES} entries"));
        vec![]
    }

    fn unknown(&mut self) {
        let unknown: Vec<_> =
            self.object.keys().filter(|key| !self.known.contains(key.as_str())).cloned().collect();
        for field in unknown {
            let known = self.known.iter().copied().collect::<Vec<_>>().join(", ");
            let shown: String = field.chars().take(60).collect();
            self.error(&shown, Code::UnknownField, format!("is not a field of this request; it has {known}"));
        }
    }

    /// Ends the reading: all that was wrong, or nothing.
    pub fn finish(mut self) -> Result<(), Refusal> {
        self.unknown();
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors)) }
    }
}

fn header_code(error: InvalidHeaderText) -> Code {
    match error {
        InvalidHeaderText::ControlCharacter => Code::ControlCharacter,
        InvalidHeaderText::TooLong => Code::TooLong,
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
                    format!("has the unknown field {field:?}; it has address, name"),
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
            domain::base::address::InvalidAddress::NotAscii => Code::AddressNotAscii,
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

    fn errors(body: &str, read: impl Fn(&mut Fields)) -> Vec<(String, &'static str)> {
        let mut fields = match Fields::of_body(body.as_bytes()) {
            Ok(fields) => fields,
            Err(Refusal::Invalid(errors)) => {
                return errors.into_iter().map(|e| (e.field, e.code.as_str())).collect();
            }
            Err(other) => panic!("{other:?}"),
        };
        read(&mut fields);
        match fields.finish() {
            Err(Refusal::Invalid(errors)) => errors.into_iter().map(|e| (e.field, e.code.as_str())).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_bad_fields_are_named_at_once() {
        let body = r#"{"to":["a@b.c","x","é@b.c",{"address":"a@b.c","nick":1}],"subject":"a\nb","send_at":"soon","x":1}"#;
        let found = errors(body, |fields| {
            fields.mailboxes("to");
            fields.line("subject");
            fields.time("send_at");
            let text = fields.long_text("text");
            fields.require("text", text);
        });
        let expected = [
            ("to[1]", "invalid_address"),
            ("to[2]", "address_not_ascii"),
            ("to[3]", "unknown_field"),
            ("subject", "control_character"),
            ("send_at", "invalid_time"),
            ("text", "required"),
            ("x", "unknown_field"),
        ];
        assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        for body in ["", "{", "[]", "1", "null", "{\"a\":1} x"] {
            assert_eq!(errors(body, |_| ()), [(String::new(), "invalid_json")], "{body}");
        }
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
