//! `/console/docs`: the API's own description as pages, for anybody: what there is, and a page for each resource, the errors and the types.
//! They have no data of anyone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use app::Refusal;
use askama::Template;
use runtime::http::Response;
use serde_json::{Map, Value};

use super::render;
use crate::guard;
use crate::page::{Audience, Get, Menu, Page};
use crate::shell::Shell;
use crate::words::encode;

/// The pages.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/docs",
        audience: Audience::Anyone,
        menu: Menu::Setting(90, "API"),
        get: Get::Page(|_, _, _| Box::pin(async { show("") })),
        ..Page::NEW
    },
    Page {
        path: "/docs/{docs_part}",
        audience: Audience::Anyone,
        get: Get::Page(|_, _, at| {
            Box::pin(async move { show(&at.read(|part| Ok::<_, ()>(part.to_owned()))?) })
        }),
        ..Page::NEW
    },
];

/// The description, as `make routes` writes it.
const DOCUMENT: &str = include_str!("../../../../infra/docs/openapi.json");

/// The pages by the last part of their addresses, made when one of them is first asked for.
static WRITTEN: LazyLock<Result<BTreeMap<String, String>, Refusal>> = LazyLock::new(|| {
    let document = serde_json::from_str(DOCUMENT)
        .map_err(|error| Refusal::Internal(format!("openapi.json: {error}")))?;
    pages(&document)
});

/// One of the pages.
fn show(part: &str) -> Result<Response, Refusal> {
    let written = WRITTEN.as_ref().map_err(Clone::clone)?;
    let page = written.get(part).ok_or(Refusal::NotFound("page"))?;
    Ok(guard::html(200, page.clone()).header("cache-control", "public, max-age=300"))
}

/// What there is.
#[derive(Template)]
#[template(path = "docs.html")]
struct ContentsPage<'a> {
    shell: Shell,
    version: &'a str,
    says: Text,
    resources: &'a [Resource<'a>],
    events: Vec<&'a str>,
}

/// The routes of a resource.
#[derive(Template)]
#[template(path = "docs_resource.html")]
struct ResourcePage<'a> {
    shell: Shell,
    resource: &'a Resource<'a>,
}

/// The types.
#[derive(Template)]
#[template(path = "docs_types.html")]
struct TypesPage<'a> {
    shell: Shell,
    types: Vec<TypeOf<'a>>,
}

/// The errors.
#[derive(Template)]
#[template(path = "docs_errors.html")]
struct ErrorsPage<'a> {
    shell: Shell,
    errors: Vec<Errors<'a>>,
}

/// A text of the document: each part, and whether it is code.
struct Text(Vec<(String, bool)>);

impl Text {
    /// What stands between backticks is code.
    fn of(text: &str) -> Self {
        let parts = text.split('`').enumerate().map(|(i, part)| (part.to_owned(), i % 2 == 1));
        Self(parts.filter(|(part, _)| !part.is_empty()).collect())
    }

    fn in_field(schema: &Value, field: &str) -> Self {
        Self::of(text(schema, field))
    }
}

/// Routes of one resource.
struct Resource<'a> {
    name: &'a str,
    title: String,
    routes: Vec<Route<'a>>,
}

/// A route.
struct Route<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    summary: Text,
    says: Text,
    parameters: Vec<Field>,
    body: Option<Vec<Field>>,
    curl: String,
    answers: Vec<Answered<'a>>,
    errors: Vec<(&'a str, &'a str)>,
}

/// What a route answers where all goes well.
struct Answered<'a> {
    status: &'a str,
    says: Text,
    kind: Vec<Part>,
    example: String,
}

/// A field, or a parameter.
struct Field {
    name: String,
    /// Where it stands, where that is not a body.
    place: String,
    kind: Vec<Part>,
    required: bool,
    says: Text,
}

/// A part of what a type is called; with a link where it is another type.
struct Part {
    text: String,
    link: bool,
}

/// A type.
struct TypeOf<'a> {
    name: &'a str,
    says: Text,
    fields: Vec<Field>,
    kind: Vec<Part>,
}

/// The errors of a status.
struct Errors<'a> {
    name: &'a str,
    says: Text,
    codes: Vec<(&'a str, Text)>,
}

/// A text of an object; empty where it has none.
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The name that a reference ends with.
fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// What is referred to, or the value itself.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let path = value["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
    path.and_then(|path| document.pointer(path)).unwrap_or(value)
}

/// The pages of a document, by the last part of their addresses; what there is has none.
fn pages(document: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let mut resources: Vec<Resource<'_>> = vec![];
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            let name = operation["tags"][0].as_str().unwrap_or_default();
            let route = route(document, path, method, operation);
            match resources.iter_mut().find(|resource| resource.name == name) {
                Some(resource) => resource.routes.push(route),
                None => resources.push(Resource { name, title: name.replace('_', " "), routes: vec![route] }),
            }
        }
    }
    resources.sort_by_key(|resource| resource.name);
    let types =
        entries(&document["components"]["schemas"]).map(|(name, schema)| kind(document, name, schema));
    let errors = entries(&document["components"]["responses"]).map(|(name, response)| Errors {
        name,
        says: Text::in_field(response, "description"),
        codes: entries(&response["content"]["application/json"]["examples"])
            .map(|(code, example)| (code, Text::in_field(example, "summary")))
            .collect(),
    });
    let mut written = BTreeMap::new();
    for resource in &resources {
        let page = ResourcePage { shell: Shell::bare(), resource };
        written.insert(resource.name.to_owned(), render(&page)?);
    }
    let contents = ContentsPage {
        shell: Shell::bare(),
        version: text(&document["info"], "version"),
        says: Text::in_field(&document["info"], "description"),
        resources: &resources,
        events: entries(&document["webhooks"]).map(|(name, _)| name).collect(),
    };
    written.insert(String::new(), render(&contents)?);
    written.insert("types".to_owned(), render(&TypesPage { shell: Shell::bare(), types: types.collect() })?);
    written
        .insert("errors".to_owned(), render(&ErrorsPage { shell: Shell::bare(), errors: errors.collect() })?);
    Ok(written)
}

fn route<'a>(document: &'a Value, path: &'a str, method: &str, operation: &'a Value) -> Route<'a> {
    let content = &operation["requestBody"]["content"]["application/json"];
    let parameters = list(&operation["parameters"]).map(|parameter| Field {
        name: text(parameter, "name").to_owned(),
        place: text(parameter, "in").to_owned(),
        kind: parts(&parameter["schema"]),
        required: parameter["required"] == true,
        says: Text::in_field(parameter, "description"),
    });
    let (mut answers, mut errors) = (vec![], vec![]);
    for (status, response) in entries(&operation["responses"]) {
        if let Some(error) = response["$ref"].as_str() {
            errors.push((status, last_part(error)));
            continue;
        }
        let (media, content) = entries(&response["content"]).next().unwrap_or(("", &Value::Null));
        let first = entries(&content["examples"]).next().map(|(_, example)| resolve(document, example));
        let example = first.map(|example| &example["value"]).or(content.get("example"));
        let example = example.filter(|_| media == "application/json");
        answers.push(Answered {
            status,
            says: Text::in_field(response, "description"),
            kind: match media {
                "" => vec![],
                "application/json" => parts(&content["schema"]),
                other => vec![Part { text: other.to_owned(), link: false }],
            },
            example: example.and_then(|it| serde_json::to_string_pretty(it).ok()).unwrap_or_default(),
        });
    }
    Route {
        id: text(operation, "operationId"),
        method: method.to_uppercase(),
        path,
        summary: Text::in_field(operation, "summary"),
        says: Text::in_field(operation, "description"),
        parameters: parameters.collect(),
        body: content.is_object().then(|| fields(resolve(document, &content["schema"]))),
        curl: curl(path, method, operation),
        answers,
        errors,
    }
}

/// A call as a shell takes it.
fn curl(path: &str, method: &str, operation: &Value) -> String {
    let mut address = path.to_owned();
    let mut join = '?';
    let mut headers = vec![];
    for parameter in list(&operation["parameters"]) {
        let Some(example) = parameter.get("example") else { continue };
        let example = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        let name = text(parameter, "name");
        match text(parameter, "in") {
            "path" => address = address.replace(&format!("{{{name}}}"), &encode(&example)),
            "query" => {
                _ = write!(address, "{join}{name}={}", encode(&example));
                join = '&';
            }
            _ => headers.push(format!("{name}: {example}")),
        }
    }
    let mut call = format!("curl -X {} \"$COUNTERSIGN_URL{address}\"", method.to_uppercase());
    if list(&operation["security"]).next().is_some() {
        call.push_str(" \\\n  -H \"Authorization: Bearer $COUNTERSIGN_TOKEN\"");
    }
    for header in headers {
        _ = write!(call, " \\\n  -H {}", quote(&header));
    }
    let content = &operation["requestBody"]["content"]["application/json"];
    if let Some(example) = content.get("example") {
        let body = serde_json::to_string(example).unwrap_or_default();
        _ = write!(call, " \\\n  -H 'Content-Type: application/json' \\\n  -d {}", quote(&body));
    }
    call
}

/// A word of a shell.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn kind<'a>(document: &'a Value, name: &'a str, schema: &'a Value) -> TypeOf<'a> {
    let fields = fields(resolve(document, schema));
    let kind = if fields.is_empty() { parts(schema) } else { vec![] };
    TypeOf { name, says: Text::in_field(schema, "description"), fields, kind }
}

/// The fields of an object with those of its parts.
fn fields(schema: &Value) -> Vec<Field> {
    let mut all: Map<String, Value> = Map::new();
    let mut required = vec![];
    gather(schema, true, &mut all, &mut required);
    let field = |(name, schema): (String, Value)| Field {
        required: required.contains(&name),
        place: String::new(),
        kind: parts(&schema),
        says: Text::in_field(&schema, "description"),
        name,
    };
    all.into_iter().map(field).collect()
}

fn gather(schema: &Value, always: bool, all: &mut Map<String, Value>, required: &mut Vec<String>) {
    if always {
        required.extend(list(&schema["required"]).filter_map(Value::as_str).map(str::to_owned));
    }
    for (name, field) in entries(&schema["properties"]) {
        all.entry(name).or_insert_with(|| field.clone());
    }
    for part in list(&schema["allOf"]) {
        gather(part, always, all, required);
    }
    for part in ["oneOf", "anyOf"].into_iter().flat_map(|either| list(&schema[either])) {
        gather(part, false, all, required);
    }
}

/// What a type is called.
fn parts(schema: &Value) -> Vec<Part> {
    let plain = |text: String| vec![Part { text, link: false }];
    if let Some(path) = schema["$ref"].as_str() {
        return vec![Part { text: last_part(path).to_owned(), link: true }];
    }
    if let Some(values) = schema["enum"].as_array() {
        return plain(values.iter().map(Value::to_string).collect::<Vec<_>>().join(" or "));
    }
    if let Some(value) = schema.get("const") {
        return plain(value.to_string());
    }
    let either = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    if let Some(either) = either {
        let mut all = vec![];
        for part in either {
            if !all.is_empty() {
                all.extend(plain(" or ".to_owned()));
            }
            all.extend(parts(part));
        }
        return all;
    }
    let types: Vec<_> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let bounds = bounds(schema);
    let mut all = vec![];
    for one in types {
        if !all.is_empty() {
            all.extend(plain(" or ".to_owned()));
        }
        match one {
            "array" => {
                all.extend(plain("list of ".to_owned()));
                all.extend(parts(&schema["items"]));
                all.extend(plain(bounds.clone()));
            }
            "string" => all.extend(plain(format!("{}{bounds}", text_kind(schema)))),
            "integer" => all.extend(plain(format!("whole number{bounds}"))),
            "boolean" => all.extend(plain("true or false".to_owned())),
            other => all.extend(plain(other.to_owned())),
        }
    }
    if all.is_empty() { plain("anything".to_owned()) } else { all }
}

fn text_kind(schema: &Value) -> String {
    match (text(schema, "format"), text(schema, "contentEncoding"), text(schema, "pattern")) {
        ("date-time", ..) => "time".to_owned(),
        ("", "base64", _) => "base64".to_owned(),
        ("", _, pattern) if pattern.contains("_[") => {
            format!("id {}…", pattern.trim_start_matches('^').split('[').next().unwrap_or_default())
        }
        ("", ..) => "text".to_owned(),
        (format, ..) => format.to_owned(),
    }
}

/// The bounds of a type, in words.
fn bounds(schema: &Value) -> String {
    let least = schema["minimum"].as_u64().filter(|least| *least > 0);
    let most = ["maximum", "maxLength", "maxItems"].into_iter().find_map(|name| schema[name].as_u64());
    match (least, most) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (None, Some(most)) => format!(", at most {most}"),
        (Some(least), None) => format!(", at least {least}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_document_s_own_pages_have_each_route_type_and_code_and_each_link_leads_somewhere() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let written = pages(&document).unwrap();
        for (path, methods) in entries(&document["paths"]) {
            for (_, operation) in entries(methods) {
                let page = &written[operation["tags"][0].as_str().unwrap()];
                assert!(page.contains(&format!("id=\"{}\"", text(operation, "operationId"))), "{path}");
            }
        }
        for (name, _) in entries(&document["components"]["schemas"]) {
            assert!(written["types"].contains(&format!("id=\"type-{name}\"")), "{name}");
        }
        for (part, page) in &written {
            for link in page.split("href=\"/console/docs").skip(1).filter_map(|rest| rest.split('"').next()) {
                let (to, place) = link.split_once('#').unwrap_or((link, ""));
                let found = written.get(to.trim_start_matches('/'));
                let found =
                    found.is_some_and(|to| place.is_empty() || to.contains(&format!("id=\"{place}\"")));
                assert!(found, "{part}: {link} leads nowhere");
            }
            assert!(page.matches("<script").count() == 1 && !page.contains(" style="), "{part}");
        }
        assert!(written["errors"].contains("invalid_address"));
        assert!(written["inboxes"].contains("$COUNTERSIGN_URL/v1/inboxes"));
    }

    /// What the document says is text, whatever it is.
    #[test]
    fn nothing_in_a_document_becomes_markup() {
        let bad = "<img src=x onerror=alert(1)>\"'`</pre>";
        let schema = json!({
            "description": bad, "type": "object", "required": [bad], "properties": { bad: { "description": bad, "enum": [bad] } },
        });
        let content = json!({ "application/json": { "schema": schema, "example": bad } });
        let document = json!({
            "info": { "version": bad, "description": bad },
            "paths": { bad: { bad: {
                "operationId": bad, "tags": [bad], "summary": bad, "description": bad,
                "parameters": [{ "name": bad, "in": bad, "description": bad, "example": bad, "schema": { "const": bad } }],
                "requestBody": { "content": content },
                "responses": { bad: { "description": bad, "content": content }, "400": { "$ref": bad } },
            } } },
            "webhooks": { bad: {} },
            "components": {
                "schemas": { bad: schema },
                "responses": { bad: { "description": bad, "content": { "application/json": { "examples": { bad: { "summary": bad } } } } } },
            },
        });
        for (part, written) in pages(&document).unwrap() {
            assert!(
                !written.contains("<img") && !written.contains("onerror=alert(1)>\""),
                "{part}: {written}"
            );
            assert!(written.contains("&#60;img"), "{part}");
        }
    }

    #[test]
    fn a_call_is_one_that_a_shell_takes() {
        let operation = json!({
            "security": [{ "token": [] }],
            "parameters": [
                { "name": "id", "in": "path", "example": "a/b" },
                { "name": "limit", "in": "query", "example": 5 },
                { "name": "from", "in": "query", "example": "a&b" },
                { "name": "cursor", "in": "query" },
            ],
            "requestBody": { "content": { "application/json": { "example": { "text": "It's" } } } },
        });
        assert_eq!(
            curl("/v1/{id}", "post", &operation),
            "curl -X POST \"$COUNTERSIGN_URL/v1/a%2Fb?limit=5&from=a%26b\" \\\n  \
             -H \"Authorization: Bearer $COUNTERSIGN_TOKEN\" \\\n  -H 'Content-Type: application/json' \\\n  \
             -d '{\"text\":\"It'\\''s\"}'"
        );
    }
}
