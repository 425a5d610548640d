//! Reading request bodies: each is a struct that [`request!`] declares, and everything that is wrong with one is named at once.
//!
//! The struct is the only description. What reads a field and what its JSON schema says stand side by side, at its type
//! ([`crate::base::values`]); what is optional is an `Option`.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;

use app::base::error::{FieldError, Refusal};
use domain::base::code::Code;
use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A response names at most so many bad fields.
const MAX_ERRORS: usize = 100;

/// What a field of a request may be.
pub trait Field: JsonSchema + Sized {
    /// What stands for a field that is left out or `null`; nothing where it is required.
    fn absent() -> Option<Self> {
        None
    }

    /// What stands for a field that is `null`: as one that is left out, but where that is told apart.
    fn null() -> Option<Self> {
        Self::absent()
    }

    /// Reads it. Where it gives nothing, it has noted why.
    fn read(value: Value, faults: &mut Faults) -> Option<Self>;
}

impl<T: Field> Field for Option<T> {
    fn absent() -> Option<Self> {
        Some(None)
    }

    fn null() -> Option<Self> {
        Some(T::null())
    }

    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        T::read(value, faults).map(Some)
    }
}

/// What is wrong with a request, and where in it one is reading.
#[derive(Debug, Default)]
pub struct Faults {
    path: String,
    errors: Vec<FieldError>,
}

impl Faults {
    /// Notes what is wrong at this place.
    pub fn note(&mut self, code: Code, message: impl ToString) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(self.path.clone(), code, message));
        }
    }

    /// Notes what is wrong with a field of the object at this place.
    pub fn note_at(&mut self, field: &str, code: Code, message: impl ToString) {
        self.within_field(field, |faults| faults.note(code, message));
    }

    /// Notes that this place has a value of another type.
    pub(crate) fn wrong_type<T>(&mut self, expected: &str) -> Option<T> {
        self.note(Code::WrongType, format!("must be {expected}"));
        None
    }

    /// Reads an entry of the list at this place.
    pub(crate) fn within_entry<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        self.within(&format!("[{index}]"), read)
    }

    /// Reads a field of the object at this place.
    pub(crate) fn within_field<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.path.is_empty() { self.within(field, read) } else { self.within(&format!(".{field}"), read) }
    }

    fn within<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(step);
        let read = read(self);
        self.path.truncate(length);
        read
    }
}

/// An object that is being read. A field that nobody asked for is a fault.
pub struct Object<'a> {
    fields: Map<String, Value>,
    known: Vec<&'static str>,
    faults: &'a mut Faults,
}

impl<'a> Object<'a> {
    /// The object at this place.
    pub fn open(value: Value, faults: &'a mut Faults) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { fields, known: vec![], faults }),
            _ => faults.wrong_type("an object"),
        }
    }

    /// Reads a field.
    pub fn field<T: Field>(&mut self, name: &'static str) -> Option<T> {
        self.known.push(name);
        // An account stands where an inbox does, under its own name.
        let name = match name {
            "inbox_id" if !self.fields.contains_key(name) && self.fields.contains_key("account_id") => {
                "account_id"
            }
            name => name,
        };
        let nothing = match self.fields.remove(name) {
            None => T::absent(),
            Some(Value::Null) => T::null(),
            Some(value) => return self.faults.within_field(name, |faults| T::read(value, faults)),
        };
        nothing.or_else(|| {
            self.faults.note_at(name, Code::Required, "is required");
            None
        })
    }

    /// Checks which of the fields stand together, before they are read.
    pub fn check(&mut self, rule: impl FnOnce(&dyn Fn(&str) -> bool, &mut Faults)) {
        let fields = &self.fields;
        rule(&|name| fields.get(name).is_some_and(|value| !value.is_null()), self.faults);
    }

    /// Ends the reading: what is left is of no use.
    pub fn close(self) {
        let message = match self.known.as_slice() {
            [] => "is not a field of this request, which has none".to_owned(),
            known => format!("is not a field of this request; it has {}", known.join(", ")),
        };
        for name in self.fields.keys().take(MAX_ERRORS) {
            self.faults.note_at(&cut(name), Code::UnknownField, &message);
        }
    }
}

/// Declares a request: a struct whose fields are read by their types, all of them before anything is refused.
///
/// `check rule` at its end names a function that is told which fields are there, and notes what can't stand together.
macro_rules! request {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$about:meta])* $field:ident: $type:ty),* $(,)?
        }
        $(check $rule:path)?
    ) => {
        // Not `Debug`: it has addresses and words of mails, passwords too.
        $(#[$meta])*
        #[derive(schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        $visibility struct $name {
            $($(#[$about])* pub $field: $type),*
        }

        impl $crate::base::request::Field for $name {
            fn read(value: serde_json::Value, faults: &mut $crate::base::request::Faults) -> Option<Self> {
                let mut object = $crate::base::request::Object::open(value, faults)?;
                $(object.check($rule);)?
                $(let $field = object.field(stringify!($field));)*
                object.close();
                Some(Self { $($field: $field?),* })
            }
        }
    };
}
pub(crate) use request;

/// Reads a request body, which must be a JSON object.
pub fn body<T: Field>(body: &[u8]) -> Result<T, Refusal> {
    read(json(body)?)
}

/// Reads the body of a request that says nothing where it has none.
pub fn body_or_nothing<T: Field>(body: &[u8]) -> Result<T, Refusal> {
    if body.is_empty() { read(Value::Object(Map::new())) } else { self::body(body) }
}

/// Reads a query.
pub fn query<T: Field, S: BuildHasher>(query: &HashMap<String, String, S>) -> Result<T, Refusal> {
    read(Value::Object(
        query.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect(),
    ))
}

/// Refuses a query where a route takes none: a filter that it does not know must not list everything.
pub fn no_query<S: BuildHasher>(query: &HashMap<String, String, S>) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    let fields = query.keys().map(|name| (name.clone(), Value::Null)).collect();
    Object { fields, known: vec![], faults: &mut faults }.close();
    if faults.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults.errors)) }
}

/// Reads a request that is JSON already.
pub(crate) fn read<T: Field>(value: Value) -> Result<T, Refusal> {
    let mut faults = Faults::default();
    let read = T::read(value, &mut faults);
    match read {
        Some(read) if faults.errors.is_empty() => Ok(read),
        _ => Err(Refusal::Invalid(faults.errors)),
    }
}

/// What is shown of a name that a stranger chose.
pub(crate) fn cut(name: &str) -> String {
    name.chars().take(60).collect()
}

/// The object that a request body is.
fn json(body: &[u8]) -> Result<Value, Refusal> {
    let Unique(value) = serde_json::from_slice(body)
        .map_err(|error| Refusal::field("", Code::InvalidJson, format!("the body is not JSON: {error}")))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Refusal::field("", Code::InvalidJson, "the body must be a JSON object"))
    }
}

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
                        return Err(serde::de::Error::custom(format!("it has {:?} twice", cut(&name))));
                    }
                    object.insert(name, value);
                }
                Ok(object.into())
            }
        }

        deserializer.deserialize_any(Any).map(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::values::{Line, List, Mailboxes, Text, Time};

    request! {
        /// A request of these tests.
        #[expect(dead_code, reason = "it is read, and its schema is looked at")]
        struct Sample {
            /// One.
            to: Option<Mailboxes>,
            /// Two.
            subject: Option<Line>,
            /// Three.
            send_at: Option<Time>,
            /// Four.
            text: Text<5>,
            /// Five.
            parts: Option<List<Part, 3>>,
        }
        check to_with_subject
    }

    request! {
        /// A part of it.
        #[expect(dead_code, reason = "as above")]
        struct Part {
            /// One.
            size: u64,
            /// Two.
            inline: Option<bool>,
        }
    }

    fn to_with_subject(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
        if has("to") && !has("subject") {
            faults.note(Code::Required, "to needs a subject");
        }
    }

    fn errors(body: &str) -> Vec<(String, &'static str)> {
        match self::body::<Sample>(body.as_bytes()) {
            Err(Refusal::Invalid(errors)) => errors.into_iter().map(|e| (e.field, e.code.as_str())).collect(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => vec![],
        }
    }

    #[test]
    fn all_bad_fields_are_named_at_once() {
        let body = r#"{"to":["a@b.c","x","é@b.c",{"address":"a@b.c","nick":1}],"subject":"a\nb","send_at":"soon","x":1,
            "parts":[{"size":1},{"inline":1,"y":2},"z"]}"#;
        let expected = [
            ("to[1]", "invalid_address"),
            ("to[2]", "address_not_ascii"),
            ("to[3]", "unknown_field"),
            ("subject", "control_character"),
            ("send_at", "invalid_time"),
            ("text", "required"),
            ("parts[1].size", "required"),
            ("parts[1].inline", "wrong_type"),
            ("parts[1].y", "unknown_field"),
            ("parts[2]", "wrong_type"),
            ("x", "unknown_field"),
        ];
        assert_eq!(errors(body), expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn what_is_null_is_left_out_and_what_can_t_stand_together_is_named() {
        assert_eq!(errors(r#"{"text":"12345","to":null,"parts":[]}"#), []);
        assert_eq!(errors(r#"{"text":null}"#), [("text".to_owned(), "required")]);
        assert_eq!(errors(r#"{"text":"123456"}"#), [("text".to_owned(), "too_long")]);
        assert_eq!(errors(r#"{"text":"ööööö","parts":[1,2,3,4]}"#), [("parts".to_owned(), "too_many")]);
        assert_eq!(errors(r#"{"text":"x","to":"a@b.co"}"#), [(String::new(), "required")]);
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        for body in ["", "{", "[]", "1", "null", "{\"a\":1} x", r#"{"text":"x","text":"y"}"#] {
            assert_eq!(errors(body), [(String::new(), "invalid_json")], "{body}");
        }
    }

    #[test]
    fn a_response_names_a_hundred_bad_fields_at_most() {
        let many: Vec<_> = (0..500).map(|i| format!(r#""f{i}":1"#)).collect();
        assert_eq!(errors(&format!("{{{}}}", many.join(","))).len(), MAX_ERRORS);
    }

    #[test]
    fn the_schema_says_what_the_reader_takes() {
        let schema = schemars::schema_for!(Sample).to_value();
        assert_eq!(schema["required"], serde_json::json!(["text"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["text"]["maxLength"], 5);
        assert_eq!(schema["properties"]["parts"]["maxItems"], 3);
        assert_eq!(schema["$defs"]["Part"]["required"], serde_json::json!(["size"]));
    }
}
