//! The `OpenAPI` document of the routes: what they say of themselves, what their handlers' sources show, and the list of codes,
//! in the words of `OpenAPI` 3.1. `make routes` writes it to `infra/docs/openapi.json`, which the API and the console embed:
//! no function makes it when it starts.
//!
//! Nothing is written down for one route alone. Statuses and media types are those that its handler names, so they can't be
//! forgotten; examples are made of the schemas.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::code::Code;
use domain::delivery::event::EventKind;
use runtime::http::{Access, Endpoint};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use wire::base::problem::status;
use wire::base::schema::{SchemaOf, Shape};

const SCHEMAS: &str = "#/components/schemas/";
const EXAMPLES: &str = "#/components/examples/";

/// The document. `source` gives the source of a route's handler, `ids` an example of each kind of id in a path.
///
/// # Panics
/// Where a route says something that can't be described.
pub fn document(endpoints: &[Endpoint], ids: &[(&str, &str)], source: impl Fn(&Endpoint) -> String) -> Value {
    let placed = || SchemaSettings::default().with(|it| it.definitions_path = "/components/schemas".into());
    let mut kinds =
        Kinds { requests: placed().into_generator(), responses: placed().for_serialize().into_generator() };
    let mut routes = vec![];
    for endpoint in endpoints {
        routes.push(Route {
            endpoint,
            facts: Facts::read(&source(endpoint)),
            query: endpoint.query.map(|shape| kinds.request(shape)),
            body: endpoint.body.map(|shape| kinds.request(shape)),
            response: endpoint.response.map(|of| kinds.response(of)),
        });
    }
    let schemas = kinds.take();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut tags = BTreeSet::new();
    for route in &routes {
        tags.insert(route.resource());
        let operation = route.describe(&schemas, ids);
        let before = paths
            .entry(route.endpoint.path)
            .or_default()
            .insert(route.endpoint.method.to_lowercase(), operation);
        assert!(before.is_none(), "{} stands twice", route.endpoint.name);
    }
    let webhooks = describe_events(&schemas);
    let answers = routes.iter().filter_map(|route| route.response.as_ref());
    let examples: Map<_, _> = answers
        .filter_map(|schema| {
            let name = schema["$ref"].as_str()?.strip_prefix(SCHEMAS)?;
            Some((name.to_owned(), json!({ "value": Sampler::new(&schemas).sample(schema, "") })))
        })
        .collect();
    let mut kept = schemas;
    // The fields of a query stand at its route.
    let is_query = |name: &str| {
        let of = |schema: &Option<Value>| {
            schema.as_ref().and_then(|it| it["$ref"].as_str()?.strip_prefix(SCHEMAS)) == Some(name)
        };
        routes.iter().any(|route| of(&route.query)) && !routes.iter().any(|route| of(&route.body))
    };
    kept.retain(|name, _| !is_query(name));
    kept.insert("Error".to_owned(), error_schema());
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Mailboxes for applications and agents, where nothing leaves until a person has countersigned the exact bytes.",
            "description": "Times are RFC 3339 in UTC, names `snake_case`. A request is one JSON object in UTF-8; a field or a filter that a route does not know is refused. A page of a list has `data` and `next_cursor`, which the next request gives as `cursor`.",
            "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The installation that gave this document." }],
        "tags": tags.into_iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": kept,
            "examples": examples,
            "responses": describe_errors(),
            "headers": {
                "Retry-After": {
                    "description": "After how many seconds to try again.",
                    "schema": { "type": "integer", "minimum": 1 },
                },
                "WWW-Authenticate": { "description": "`Bearer`.", "schema": { "type": "string" } },
                "Idempotent-Replay": {
                    "description": "`true` where this is the answer to an earlier request with the same `Idempotency-Key`.",
                    "schema": { "type": "string", "enum": ["true"] },
                },
            },
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "cs_live_…",
                    "description": "What a program shows: of `POST /v1/tokens`.",
                },
                "session": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "cs_session_…",
                    "description": "What a signed-in person shows: of `POST /v1/sessions`.",
                },
            },
        },
    })
}

/// Gathers the schemas that routes refer to.
struct Kinds {
    requests: SchemaGenerator,
    responses: SchemaGenerator,
}

impl Kinds {
    fn request(&mut self, shape: Shape) -> Value {
        (shape.schema)(&mut self.requests).to_value()
    }

    fn response(&mut self, of: SchemaOf) -> Value {
        of(&mut self.responses).to_value()
    }

    fn take(mut self) -> Map<String, Value> {
        let mut all = self.requests.take_definitions(true);
        for (name, schema) in self.responses.take_definitions(true) {
            assert!(all.insert(name.clone(), schema).is_none(), "{name} is a request and a response");
        }
        all
    }
}

const IF_MATCH: &str = "if-match";

/// What the source of a handler shows.
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    /// What its first lines say that it does.
    says: String,
    /// The statuses that it names.
    statuses: BTreeSet<u16>,
    /// The media type of an answer that is not JSON.
    media: Option<String>,
    /// Whether it honours an `Idempotency-Key`.
    once: bool,
    /// Headers of a request that it reads by name.
    reads: Vec<String>,
}

impl Facts {
    fn read(source: &str) -> Self {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let mut statuses = BTreeSet::new();
        for maker in ["json(", "json_text(", "empty(", "html("] {
            for rest in code.split(&format!("Response::{maker}")).skip(1) {
                let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
                statuses.extend(digits.parse::<u16>().ok());
            }
        }
        let media = code.split("Response::bytes(").nth(1).and_then(|rest| rest.split('"').nth(1));
        let media = media.or(code.contains("Response::event_stream(").then_some("text/event-stream"));
        statuses.extend(media.map(|_| 200));
        statuses.extend(code.contains("Response::see_other(").then_some(303));
        let reads = code.split("headers.get(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let reads = reads.chain(code.contains(".if_match()").then_some(IF_MATCH));
        let doc: Vec<_> = source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(str::trim)
            .take_while(|line| !line.is_empty())
            .collect();
        let doc = doc.join(" ");
        let says = doc.split_once("`: ").map_or(doc.as_str(), |(_, says)| says);
        Self {
            says: begin_large(says),
            statuses,
            media: media.map(str::to_owned),
            once: code.contains("enter_once::<"),
            reads: reads.map(str::to_owned).collect(),
        }
    }
}

/// A text that begins as a sentence does.
fn begin_large(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The first sentence, without the full stop.
fn first_sentence(text: &str) -> &str {
    let end = text.find(". ").unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

struct Route<'a> {
    endpoint: &'a Endpoint,
    facts: Facts,
    query: Option<Value>,
    body: Option<Value>,
    response: Option<Value>,
}

impl Route<'_> {
    /// The resource: the longest beginning of the function's name that stands in the path, or its first word.
    fn resource(&self) -> String {
        let name = self.name();
        let words: Vec<_> = name.split('-').collect();
        let beginnings = (1..words.len()).rev().map(|end| words[..end].join("-"));
        let found = beginnings.into_iter().find(|it| self.endpoint.path.split('/').any(|part| part == it));
        found.unwrap_or_else(|| words[0].to_owned()).replace('-', "_")
    }

    fn name(&self) -> &str {
        self.endpoint.name.strip_prefix("api-").unwrap_or(self.endpoint.name)
    }

    fn describe(&self, schemas: &Map<String, Value>, ids: &[(&str, &str)]) -> Value {
        let endpoint = self.endpoint;
        let resource = self.resource();
        let scope = match endpoint.access {
            Access::Scope(scope) => Some(scope.as_str()),
            Access::Credential | Access::Public => None,
        };
        let mut says = vec![self.facts.says.clone()];
        // What only makes sense beside the table of the papers is left to it.
        if !endpoint.says.is_empty() && !matches!(endpoint.says, "below" | "the same") {
            says.push(format!("{}.", begin_large(endpoint.says.trim_end_matches('.'))));
        }
        match endpoint.access {
            Access::Public => says.push("Needs no credential.".to_owned()),
            Access::Credential => says.push("Needs any good credential.".to_owned()),
            Access::Scope(scope) => says.push(format!("Needs the scope `{}`.", scope.as_str())),
        }
        let mut operation = json!({
            "operationId": self.endpoint.operation(),
            "tags": [resource],
            "summary": first_sentence(&self.facts.says),
            "description": says.join(" "),
            "responses": self.responses(schemas),
        });
        let scopes: Vec<_> = scope.into_iter().collect();
        operation["security"] = match endpoint.access {
            Access::Public => json!([]),
            _ => json!([{ "token": scopes }, { "session": scopes }]),
        };
        if let Some(scope) = scope {
            operation["x-scope"] = json!(scope);
        }
        let parameters = self.parameters(schemas, ids);
        if !parameters.is_empty() {
            operation["parameters"] = Value::Array(parameters);
        }
        if let Some(body) = &self.body {
            let mut content = json!({ "schema": body });
            if !endpoint.example.is_empty() && endpoint.method != "GET" {
                content["example"] = serde_json::from_str(endpoint.example)
                    .unwrap_or_else(|error| panic!("{}: its example: {error}", endpoint.name));
            }
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": content } });
        }
        operation
    }

    fn parameters(&self, schemas: &Map<String, Value>, ids: &[(&str, &str)]) -> Vec<Value> {
        let mut all = vec![];
        for name in self.endpoint.path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
            let example = ids.iter().find(|(known, _)| *known == name);
            let schema = match example.and_then(|(_, id)| id.split_once('_')) {
                Some((prefix, _)) => {
                    json!({ "type": "string", "pattern": format!("^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$") })
                }
                None => json!({ "type": "string", "minLength": 1 }),
            };
            let mut parameter = json!({
                "name": name, "in": "path", "required": true, "schema": schema,
                "description": format!("The {}.", name.replace("_id", "\u{2019}s id").replace('_', " ")),
            });
            if let Some((_, example)) = example {
                parameter["example"] = json!(example);
            }
            all.push(parameter);
        }
        let query = self.query.as_ref().map(|query| resolve(query, schemas));
        let examples = self.query_examples();
        for (name, field) in query.iter().filter_map(|query| query["properties"].as_object()).flatten() {
            let mut schema = without_null(field);
            let says = schema.as_object_mut().and_then(|it| it.remove("description"));
            let required = query.is_some_and(|query| requires(query, name));
            let mut parameter =
                json!({ "name": name, "in": "query", "required": required, "schema": schema });
            if let Some(says) = says {
                parameter["description"] = says;
            }
            if let Some(example) = examples.get(name) {
                parameter["example"] = example.clone();
            }
            all.push(parameter);
        }
        if self.facts.once {
            all.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "A text of the caller\u{2019}s own. A request that comes again with it within 24 hours gets the first answer and does nothing; another request with it is refused.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[!-~]+$" },
                "example": "order-4711-shipped",
            }));
        }
        let ours = ["authorization", "idempotency-key"];
        for name in self.facts.reads.iter().filter(|name| !ours.contains(&name.as_str())) {
            let mut parameter =
                json!({ "name": name, "in": "header", "required": false, "schema": { "type": "string" } });
            if name == IF_MATCH {
                let says = "The `revision` that is meant, in double quotes, such as `\"3\"`: where there is another by now, nothing is done. `*`, or none, means any.";
                parameter["description"] = json!(says);
                parameter["example"] = json!("\"3\"");
            }
            all.push(parameter);
        }
        all
    }

    /// What the example of a route says of its query, each as the value that it stands for.
    fn query_examples(&self) -> HashOf {
        let query = self.query.is_some() && self.endpoint.method == "GET";
        let pairs = if query {
            runtime::http::form_pairs(self.endpoint.example)
        } else {
            std::collections::HashMap::new()
        };
        let value = |text: String| serde_json::from_str::<Value>(&text).unwrap_or(Value::String(text));
        pairs.into_iter().map(|(name, text)| (name, value(text))).collect()
    }

    /// The statuses of what went well: those that the handler names; else those of what its answer is.
    fn statuses(&self) -> Vec<u16> {
        let submits = self.response.as_ref().is_some_and(|it| it["$ref"] == format!("{SCHEMAS}Submitted"));
        let named = self.facts.statuses.iter().copied().filter(|it| *it < 400);
        let all: BTreeSet<u16> = if submits { named.chain([201, 202]).collect() } else { named.collect() };
        if all.is_empty() { vec![200] } else { all.into_iter().collect() }
    }

    fn responses(&self, schemas: &Map<String, Value>) -> Value {
        let mut all = Map::new();
        for status in self.statuses() {
            let says = match status {
                200 => "Done.",
                201 => "It is made.",
                202 if self.response.is_some() => "The mail is held: a person decides about it.",
                202 => "It is taken.",
                204 => "Done; there is nothing to say.",
                303 => "It is there: `GET` it without a credential.",
                304 => "It is as you have it.",
                _ => "It is answered.",
            };
            let mut response = json!({ "description": says });
            let has_body = !matches!(status, 204 | 303 | 304);
            if let Some(media) = self.facts.media.as_ref().filter(|_| has_body) {
                response["content"] = json!({ media: { "schema": { "type": "string" } } });
            } else if let Some(schema) = self.response.as_ref().filter(|_| has_body) {
                let mut content = json!({ "schema": schema });
                match schema["$ref"].as_str().and_then(|path| path.strip_prefix(SCHEMAS)) {
                    Some(name) => {
                        let example = json!({ "$ref": format!("{EXAMPLES}{name}") });
                        content["examples"] = json!({ name: example });
                    }
                    None => content["example"] = Sampler::new(schemas).sample(schema, ""),
                }
                response["content"] = json!({ "application/json": content });
            }
            if status == 303 {
                let location = json!({ "description": "Holds 15 minutes.", "schema": { "type": "string", "format": "uri" } });
                response["headers"] = json!({ "Location": location });
            } else if self.facts.once {
                let replay = json!({ "$ref": "#/components/headers/Idempotent-Replay" });
                response["headers"] = json!({ "Idempotent-Replay": replay });
            }
            all.insert(status.to_string(), response);
        }
        for (status, name) in self.errors() {
            all.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
        Value::Object(all)
    }

    /// The errors that it may answer with.
    fn errors(&self) -> Vec<(u16, String)> {
        let public = self.endpoint.access == Access::Public;
        let named = self.endpoint.path.contains('{');
        let writes = self.endpoint.method != "GET";
        let of = |code: Code| {
            let expected = match status(code.class()) {
                // Signing in takes what proves a person from the body.
                401 => !public || writes,
                403 | 404 => !public,
                405 => false,
                409 => writes || (named && !public),
                412 => self.facts.reads.iter().any(|it| it == IF_MATCH),
                _ => true,
            };
            expected.then(|| (status(code.class()), format!("{:?}", code.class())))
        };
        let mut all: BTreeMap<u16, String> = Code::ALL.iter().copied().filter_map(of).collect();
        if self.body.is_some() {
            all.insert(413, "TooLarge".to_owned());
        }
        all.into_iter().collect()
    }
}

type HashOf = BTreeMap<String, Value>;

/// The envelope of errors.
fn error_schema() -> Value {
    let text = |says: &str| json!({ "type": "string", "description": says });
    json!({
        "description": "What went wrong.",
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["code", "message", "request_id", "details"],
            "properties": {
                "code": text("What is wrong, as a stable code: `infra/docs/ERRORS.md`."),
                "message": text("The same in words, for a person."),
                "request_id": text("Leads the operator to the log."),
                "details": {
                    "type": "object",
                    "description": "What the code says that there is. Where fields are not as they must be, `fields` names each.",
                    "properties": { "fields": { "type": "array", "maxItems": 100, "items": {
                        "type": "object",
                        "required": ["field", "code", "message"],
                        "properties": {
                            "field": text("Where, such as `to[1].address`; empty for the whole."),
                            "code": text("What is wrong with it."),
                            "message": text("The same in words."),
                        },
                    } } },
                },
            },
        } },
    })
}

/// The errors of each status, with all codes that it may have.
fn describe_errors() -> Map<String, Value> {
    let mut classes: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    // What no route answers: 405 is for paths that have others.
    for code in Code::ALL.iter().filter(|code| status(code.class()) != 405) {
        classes.entry(format!("{:?}", code.class())).or_default().push(*code);
    }
    let gateway = |says: &str| {
        json!({
            "type": "object", "required": ["message"], "description": says,
            "properties": { "message": { "type": "string" } },
        })
    };
    let mut all = Map::new();
    for (name, codes) in classes {
        let number = status(codes[0].class());
        let names: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
        let mut schema = json!({
            "allOf": [{ "$ref": format!("{SCHEMAS}Error") }],
            "properties": { "error": { "properties": { "code": { "enum": names } } } },
        });
        let examples: Map<_, _> =
            codes.iter().map(|code| (code.as_str().to_owned(), error_example(*code))).collect();
        let mut headers = Map::new();
        if matches!(number, 429 | 503) {
            headers.insert("Retry-After".to_owned(), json!({ "$ref": "#/components/headers/Retry-After" }));
        }
        if number == 401 {
            let name = "WWW-Authenticate";
            headers.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
        }
        // To what is not HTTP, and beyond what an account's gateway and Lambda take at once, the gateway answers by itself.
        if matches!(number, 400 | 429 | 500 | 503) {
            schema = json!({ "anyOf": [schema, gateway("What the gateway itself refuses has no code.")] });
        }
        let says = match number {
            400 => "The request can\u{2019}t be read.",
            401 => "No credential, or none that holds.",
            403 => "The credential is good, its rights are not.",
            404 => "It does not exist, or this credential may not know that it does.",
            409 => "It can\u{2019}t be done as things stand.",
            412 => "It was changed since: load it again.",
            422 => "Fields are not as they must be: all of them are named at once.",
            429 => "Not before a time.",
            500 => "A defect of ours.",
            _ => "Possible in a moment.",
        };
        let mut response = json!({
            "description": says,
            "content": { "application/json": { "schema": schema, "examples": examples } },
        });
        if !headers.is_empty() {
            response["headers"] = Value::Object(headers);
        }
        all.insert(name, response);
    }
    all.insert("TooLarge".to_owned(), json!({
        "description": "The gateway takes no request of this size: upload files first (`POST /v1/attachments`).",
        "content": { "application/json": { "schema": gateway("What the gateway itself refuses has no code.") } },
    }));
    all
}

fn error_example(code: Code) -> Value {
    let message = code.advice().replace('`', "");
    let details = if code == Code::InvalidRequest {
        let field = |field: &str, code: Code| json!({ "field": field, "code": code.as_str(), "message": code.advice().replace('`', "") });
        json!({ "fields": [field("to[0]", Code::InvalidAddress), field("subject", Code::TooLong)] })
    } else {
        json!({})
    };
    let envelope = wire::base::problem::of_code(code, &message, "JKJaXmPLvHcESHA=", &details);
    json!({ "summary": code.advice(), "value": envelope.body })
}

/// What webhooks are told, by the type of the event.
fn describe_events(schemas: &Map<String, Value>) -> Map<String, Value> {
    let header = |name: &str, says: &str| json!({ "name": name, "in": "header", "required": true, "description": says, "schema": { "type": "string" } });
    let parameters = json!([
        header("webhook-id", "The event\u{2019}s id, the same for every attempt."),
        header("webhook-timestamp", "When it was signed, in seconds since 1970."),
        header(
            "webhook-signature",
            "`v1,` and the HMAC-SHA256 in base64 of id, time and body, with `.` between them (Standard Webhooks); two with a space between, for a day after the secret was rotated."
        ),
    ]);
    let mut all = Map::new();
    for kind in EventKind::ALL {
        let about = wire::delivery::events::about(*kind);
        let of = &schemas["EventData"]["properties"][about];
        assert!(of.is_object(), "the data of {} has no `{about}`", kind.as_str());
        let data =
            json!({ "type": "object", "required": [about], "properties": { about: without_null(of) } });
        let schema = json!({
            "type": "object",
            "required": ["id", "type", "created_at", "data"],
            "properties": {
                "id": { "type": "string", "pattern": "^evt_[0-9a-hjkmnp-tv-z]{26}$" },
                "type": { "const": kind.as_str() },
                "created_at": { "type": "string", "format": "date-time" },
                "sequence": { "type": "integer", "description": "Of what is about one mail: what has a higher one happened later." },
                "data": data,
            },
        });
        let example = Sampler::new(schemas).sample(&schema, "");
        all.insert(kind.as_str().to_owned(), json!({ "post": {
            "operationId": format!("event_{}", kind.as_str().replace('.', "_")),
            "summary": format!("`{}`", kind.as_str()),
            "parameters": parameters,
            "requestBody": { "required": true, "content": { "application/json": { "schema": schema, "example": example } } },
            "responses": { "2XX": { "description": "It is taken. Whatever else is answered, it comes again." } },
        } }));
    }
    all
}

/// What a schema that may refer to another says itself.
fn resolve<'a>(schema: &'a Value, schemas: &'a Map<String, Value>) -> &'a Value {
    schema["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix(SCHEMAS))
        .map_or(schema, |name| schemas.get(name).unwrap_or_else(|| panic!("there is no {name}")))
}

fn requires(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|required| required.iter().any(|it| it == name))
}

/// A schema of what may be left out, without the `null` that a query can't say.
fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let is_null = |value: &Value| value.is_null() || value == "null" || value["type"] == "null";
    let Some(object) = schema.as_object_mut() else { return schema };
    for key in ["type", "enum", "anyOf", "oneOf"] {
        if let Some(Value::Array(list)) = object.get_mut(key) {
            list.retain(|value| !is_null(value));
        }
    }
    if let Some([one]) = object.get("type").and_then(Value::as_array).map(Vec::as_slice) {
        let one = one.clone();
        object.insert("type".to_owned(), one);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some([Value::Object(one)]) = object.get(key).and_then(Value::as_array).map(Vec::as_slice) {
            let one = one.clone();
            object.remove(key);
            object.extend(one);
        }
    }
    schema
}

/// A value that a schema takes: of a choice the first, of a text what the words of its name and its comment suggest. A type
/// that has itself in it is shown once.
struct Sampler<'a> {
    schemas: &'a Map<String, Value>,
    open: Vec<&'a str>,
}

impl<'a> Sampler<'a> {
    fn new(schemas: &'a Map<String, Value>) -> Self {
        Self { schemas, open: vec![] }
    }

    /// Whether a value of it would begin again what is being shown.
    fn is_open(&self, schema: &Value) -> bool {
        let own = schema["$ref"].as_str().and_then(|path| path.strip_prefix(SCHEMAS));
        let first = either(schema).and_then(|list| list.iter().find(|it| it["type"] != "null"));
        own.is_some_and(|name| self.open.contains(&name)) || first.is_some_and(|first| self.is_open(first))
    }

    fn sample(&mut self, schema: &'a Value, name: &str) -> Value {
        if let Some(example) = schema["examples"].get(0).or(schema.get("const")) {
            return example.clone();
        }
        if let Some(first) = schema["enum"].get(0) {
            return first.clone();
        }
        if let Some(of) = schema["$ref"].as_str().and_then(|path| path.strip_prefix(SCHEMAS)) {
            self.open.push(of);
            let value = self.sample(resolve(schema, self.schemas), name);
            self.open.pop();
            return value;
        }
        let either = either(schema);
        let mut value = match either.and_then(|list| list.iter().find(|it| it["type"] != "null")) {
            Some(first) if self.is_open(first) => Value::Null,
            Some(first) => self.sample(first, name),
            None => self.of_type(schema, name),
        };
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let more = self.sample(part, name);
            add(&mut value, more);
        }
        // What stands beside a choice.
        if either.is_some() && schema["properties"].is_object() {
            let own = self.fields(schema);
            add(&mut value, own);
        }
        value
    }

    fn fields(&mut self, schema: &'a Value) -> Value {
        let mut fields = Map::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if requires(schema, name) || !self.is_open(field) {
                fields.insert(name.clone(), self.sample(field, name));
            }
        }
        Value::Object(fields)
    }

    fn of_type(&mut self, schema: &'a Value, name: &str) -> Value {
        let kind = match &schema["type"] {
            Value::Array(several) => several.iter().find(|it| *it != "null").unwrap_or(&Value::Null),
            one => one,
        };
        match kind.as_str() {
            Some("object") => self.fields(schema),
            Some("array") if schema["items"].is_null() || self.is_open(&schema["items"]) => json!([]),
            Some("array") => {
                let least = schema["minItems"].as_u64().unwrap_or(1).max(1);
                Value::Array((0..least).map(|_| self.sample(&schema["items"], name)).collect())
            }
            Some("boolean") => json!(false),
            Some("integer" | "number") => {
                let least = schema["minimum"].as_u64().unwrap_or(1).max(1);
                json!(schema["maximum"].as_u64().map_or(least, |most| least.min(most)))
            }
            Some("string") => json!(sample_text(schema, name)),
            _ => Value::Null,
        }
    }
}

/// The kinds among which a schema lets choose.
fn either(schema: &Value) -> Option<&Vec<Value>> {
    schema["anyOf"].as_array().or(schema["oneOf"].as_array())
}

fn add(value: &mut Value, more: Value) {
    match (value, more) {
        (Value::Object(object), Value::Object(more)) => object.extend(more),
        (value, more) if value.is_null() => *value = more,
        _ => {}
    }
}

fn sample_text(schema: &Value, name: &str) -> String {
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    if let Some((prefix, _)) =
        pattern.trim_start_matches('^').split_once('[').filter(|(it, _)| it.contains('_'))
    {
        // Of what may be named under one of two prefixes, under the first.
        let prefix = prefix.trim_matches(['(', ')']).split('|').next().unwrap_or_default();
        return format!("{prefix}01kc1x5e3r0000000000000001");
    }
    if pattern.starts_with("^sha256:") {
        return format!("sha256:{}", "0123456789abcdef".repeat(4));
    }
    if pattern.ends_with(":[0-5][0-9]$") {
        return "08:30".to_owned();
    }
    match schema["format"].as_str() {
        Some("date-time") => return "2026-12-01T09:00:00Z".to_owned(),
        Some("email") => return "ann@example.com".to_owned(),
        Some("hostname") => return "example.com".to_owned(),
        _ => {}
    }
    if schema["contentEncoding"] == "base64" {
        return "SGVsbG8=".to_owned();
    }
    // Where the comment names the texts that there are, the first of them.
    let says = schema["description"].as_str().unwrap_or_default();
    if let Some(first) = says.strip_prefix('`').and_then(|rest| rest.split('`').next()) {
        return first.to_owned();
    }
    let known = [
        ("address", "ann@example.com"),
        ("email", "ann@example.com"),
        ("url", "https://example.com/hook"),
        ("subject", "Your order"),
        ("filename", "invoice.pdf"),
        ("content_type", "application/pdf"),
        ("id", "tok_01kc1x5e3r0000000000000001"),
        ("status", "ok"),
        ("name", "Ann"),
        ("reason", "not_allowed"),
        ("at", "2026-12-01T09:00:00Z"),
    ];
    let of = |(ending, text): &(&str, &str)| {
        (name == *ending || name.ends_with(&format!("_{ending}"))).then(|| (*text).to_owned())
    };
    known.iter().find_map(of).unwrap_or_else(|| "text".to_owned())
}
