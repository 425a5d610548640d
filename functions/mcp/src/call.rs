//! From a tool's arguments to a request of the API.

use domain::base::digest::Digest;
use rmcp::model::JsonObject;
use runtime::http::Endpoint;
use serde_json::{Value, json};

use crate::tools::{Effect, Switch, Tool};

/// Where to begin in a long text.
pub(crate) const OFFSET: &str = "offset";
/// The name of one mail.
pub(crate) const KEY: &str = "idempotency_key";
/// What the API takes of an `Idempotency-Key`.
pub(crate) const MAX_KEY: usize = 256;

/// A request of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) body: Option<String>,
    /// The `Idempotency-Key`.
    pub(crate) key: Option<String>,
    /// Where to begin in a long text, in characters.
    pub(crate) offset: usize,
}

/// An argument that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) argument: String,
    pub(crate) message: String,
}

/// The names in a path.
pub(crate) fn path_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}

/// The request that a tool makes of its arguments, or all that is wrong with them as far as it is known before the API reads them.
pub(crate) fn prepare(tool: &Tool, arguments: JsonObject) -> Result<Call, Vec<Fault>> {
    let mut arguments = Arguments { left: arguments, faults: vec![] };
    let route = arguments.route(tool);
    let (mut offset, mut key) = (0, None);
    match tool.effect {
        Effect::ReadsText => offset = arguments.number(OFFSET),
        Effect::Sends => key = arguments.key(),
        Effect::Reads | Effect::ReadsFile | Effect::Adds | Effect::Sets | Effect::Ends => {}
    }
    let path = arguments.path(route.path);
    let query = if route.body.is_none() { arguments.query(route) } else { String::new() };
    if !arguments.faults.is_empty() {
        return Err(arguments.faults);
    }
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    // Some clients fill what they leave out with `null`, which a route may take for what is to be taken out.
    arguments.left.retain(|_, value| !value.is_null());
    let body = route.body.map(|_| Value::Object(arguments.left).to_string());
    if tool.effect == Effect::Sends && key.is_none() {
        key = Some(derive(&target, body.as_deref()));
    }
    Ok(Call { method: route.method, target, body, key, offset })
}

/// The name of a mail that its asker did not name: what is asked for in the same words has the same.
fn derive(target: &str, body: Option<&str>) -> String {
    format!("mcp-{}", Digest::of(json!([target, body]).to_string().as_bytes()).hex())
}

/// Arguments that nothing has read yet, and what is wrong with those that were.
struct Arguments {
    left: JsonObject,
    faults: Vec<Fault>,
}

impl Arguments {
    fn fault(&mut self, argument: &str, message: &str) {
        // A name that a model makes up may be long.
        let argument = argument.chars().take(60).collect();
        self.faults.push(Fault { argument, message: message.to_owned() });
    }

    fn route(&mut self, tool: &Tool) -> &'static Endpoint {
        match tool.other {
            Some((Switch::Without(name), other)) if self.left.get(name).is_none_or(Value::is_null) => {
                self.left.remove(name);
                other
            }
            Some((Switch::With(name, _), other)) if self.flag(name) => other,
            _ => tool.route,
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.left.remove(name) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.fault(name, "must be true or false");
                false
            }
        }
    }

    fn number(&mut self, name: &str) -> usize {
        let Some(value) = self.left.remove(name).filter(|it| !it.is_null()) else { return 0 };
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.unwrap_or_else(|| {
            self.fault(name, "must be a whole number from 0");
            0
        })
    }

    fn key(&mut self) -> Option<String> {
        let value = self.left.remove(KEY).filter(|it| !it.is_null())?;
        let sound =
            |key: &&str| (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        let key = value.as_str().filter(sound).map(str::to_owned);
        if key.is_none() {
            self.fault(KEY, "must be 1 to 256 visible ASCII characters");
        }
        key
    }

    /// The path with its ids. Nothing but an id gets into it, so that it stays this route's.
    fn path(&mut self, pattern: &'static str) -> String {
        path_names(pattern).fold(pattern.to_owned(), |path, name| {
            let value = self.left.remove(name).filter(|it| !it.is_null());
            let id = value.as_ref().and_then(Value::as_str).filter(|text| {
                (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            });
            match (id, &value) {
                (Some(id), _) => path.replace(&format!("{{{name}}}"), id),
                (None, None) => {
                    self.fault(name, "is required");
                    path
                }
                (None, Some(_)) => {
                    self.fault(name, "must be an id as another tool gave it");
                    path
                }
            }
        })
    }

    /// All that is left, as a query.
    fn query(&mut self, route: &Endpoint) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in std::mem::take(&mut self.left) {
            match &value {
                Value::Null => {}
                _ if route.query.is_none() => self.fault(&name, "is no argument of this tool"),
                Value::String(text) => drop(query.append_pair(&name, text)),
                Value::Bool(_) | Value::Number(_) => drop(query.append_pair(&name, &value.to_string())),
                Value::Array(_) | Value::Object(_) => {
                    self.fault(&name, "must be a text, a number, or true or false");
                }
            }
        }
        query.finish()
    }
}
