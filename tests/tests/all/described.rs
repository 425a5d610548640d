//! What routes say of their requests and responses: that it is in the papers, and that schemas and readers agree.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use runtime::http::Endpoint;
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use tests::schemas::{requests, responses, validator};
use wire::base::schema::{SchemaOf, Shape};

use crate::conformance::{read, root};

/// The example of a route, as its reader takes it; a query is texts.
fn read_example(endpoint: &Endpoint) -> Option<(Shape, Value)> {
    match (endpoint.body, endpoint.query) {
        _ if endpoint.example.is_empty() => None,
        (Some(body), _) => Some((body, serde_json::from_str(endpoint.example).unwrap())),
        (None, Some(query)) => {
            let pairs: HashMap<_, _> = runtime::http::form_pairs(endpoint.example);
            Some((query, json!(pairs)))
        }
        (None, None) => panic!("{}: an example of nothing", endpoint.name),
    }
}

#[test]
fn each_route_takes_its_example() {
    for endpoint in tests::endpoints() {
        let told = endpoint.body.is_some() && endpoint.method != "GET";
        assert!(!told || !endpoint.example.is_empty(), "{}: has no example of its body", endpoint.name);
        if let Some((shape, example)) = read_example(endpoint) {
            assert_eq!((shape.check)(example.clone()), Ok(()), "{}: {example}", endpoint.name);
            let validator = validator(shape.schema, requests());
            let fits = endpoint.body.is_none() || validator.is_valid(&example);
            assert!(fits, "{}: {example}", endpoint.name);
        }
    }
}

/// A value with one thing in it exchanged, left out or added, at each place.
fn spoil(value: &Value) -> Vec<Value> {
    let others = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1),
        json!("x"),
        json!("x".repeat(3_000)),
        json!([]),
        json!({}),
        json!([1]),
        json!(["x", "y"]),
        json!([{}]),
        json!({"x": 1}),
        json!(vec!["x"; 2_000]),
    ];
    let mut all = others.to_vec();
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let with = |inner: Option<Value>| {
                    let mut object = object.clone();
                    match inner {
                        Some(inner) => drop(object.insert(name.clone(), inner)),
                        None => drop(object.remove(name)),
                    }
                    Value::Object(object)
                };
                all.push(with(None));
                all.extend(spoil(inner).into_iter().map(|inner| with(Some(inner))));
            }
            for unknown in [json!(1), json!(null)] {
                let mut more = object.clone();
                more.insert("no_such_field".to_owned(), unknown);
                all.push(Value::Object(more));
            }
        }
        Value::Array(list) => {
            for (i, inner) in list.iter().enumerate() {
                all.extend(spoil(inner).into_iter().map(|inner| {
                    let mut list = list.clone();
                    list[i] = inner;
                    Value::Array(list)
                }));
            }
        }
        _ => {}
    }
    all
}

/// Whoever keeps to the schema is understood, but for what it can't say: the form of addresses, digests and texts, and what
/// stands together.
#[test]
fn what_a_reader_takes_its_schema_takes_too() {
    let mut looked_at = 0;
    for endpoint in tests::endpoints() {
        let Some(body) = endpoint.body else { continue };
        let validator = validator(body.schema, requests());
        let example: Value = serde_json::from_str(endpoint.example).unwrap();
        for value in spoil(&example) {
            let taken = (body.check)(value.clone()).is_ok();
            assert!(!taken || validator.is_valid(&value), "{}: {value}", endpoint.name);
            looked_at += usize::from(taken);
        }
    }
    assert!(looked_at > 50, "{looked_at}");
}

/// All that the routes refer to, by name.
fn gather_types() -> BTreeMap<String, Value> {
    let (mut taken, mut answered) = (requests(), responses());
    for endpoint in tests::endpoints() {
        for shape in [endpoint.query, endpoint.body].into_iter().flatten() {
            _ = (shape.schema)(&mut taken);
        }
        if let Some(of) = endpoint.response {
            _ = of(&mut answered);
        }
    }
    let mut all: BTreeMap<_, _> = taken.take_definitions(true).into_iter().collect();
    for (name, schema) in answered.take_definitions(true) {
        assert!(all.insert(name.clone(), schema).is_none(), "{name} is a request and a response");
    }
    all
}

fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// A link to a type in `infra/docs/TYPES.md`, from there or from beside it.
fn link_to(name: &str, file: &str) -> String {
    match name.strip_prefix("Page_of_") {
        Some(of) => format!("a page of {}", link_to(of, file)),
        None => format!("[{name}]({file}#{})", name.to_lowercase()),
    }
}

/// The cells of a route in `infra/docs/API.md` that name what it takes and answers.
pub(crate) fn write_cells(endpoint: &Endpoint) -> String {
    let named = |of: Option<SchemaOf>| {
        let schema = of.map(|of| of(&mut SchemaGenerator::default()).to_value());
        schema.as_ref().and_then(name).map(str::to_owned)
    };
    let cell = |names: Vec<Option<String>>| {
        let links: Vec<_> = names.into_iter().flatten().map(|name| link_to(&name, "TYPES.md")).collect();
        if links.is_empty() { " |".to_owned() } else { format!(" {} |", links.join(", ")) }
    };
    let taken = [endpoint.query, endpoint.body].map(|shape| named(shape.map(|shape| shape.schema)));
    format!("{}{}", cell(taken.to_vec()), cell(vec![named(endpoint.response)]))
}

/// A type in words.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = name(schema) {
        return link_to(name, "");
    }
    let either = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    if let Some(either) = either {
        let kinds: Vec<_> = either.iter().map(kind_of).collect();
        return kinds.join(" or ");
    }
    if let Some(names) = schema["enum"].as_array() {
        let names: Vec<_> = names.iter().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
        return names.join(", ");
    }
    if let Some(name) = schema["const"].as_str() {
        return format!("`{name}`");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    let most =
        |field: &str| schema[field].as_u64().map(|most| format!(", at most {most}")).unwrap_or_default();
    let one = |kind: &str| match kind {
        "string" => match (schema["format"].as_str(), schema["pattern"].as_str()) {
            (Some("date-time"), _) => "time".to_owned(),
            (Some(format), _) => format.to_owned(),
            (_, Some(pattern)) if pattern.contains('_') => {
                format!("id `{}…`", pattern.trim_start_matches('^').split('[').next().unwrap_or_default())
            }
            (_, Some(pattern)) if pattern.starts_with("^sha256:") => {
                "`sha256:` and 64 hexadecimal digits".to_owned()
            }
            (_, Some(pattern)) => format!("text like `{}`", pattern.replace('|', "\\|")),
            _ if schema["contentEncoding"] == "base64" => "base64".to_owned(),
            _ => format!("text{}", most("maxLength")),
        },
        "array" => format!("list of {}{}", kind_of(&schema["items"]), most("maxItems")),
        "integer" => match (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
            (Some(least), Some(most)) if most < 10_000 && least > 0 => format!("{least} to {most}"),
            _ => "whole number".to_owned(),
        },
        "boolean" => "true or false".to_owned(),
        "object" => "object".to_owned(),
        "null" => "null".to_owned(),
        other => other.to_owned(),
    };
    types.into_iter().map(one).collect::<Vec<_>>().join(" or ")
}

/// The fields of a type with those of its parts, and whether each is always there.
fn gather_fields(schema: &Value, always: bool, found: &mut Vec<(String, Value, bool)>) {
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let required = always && required.contains(&name.as_str());
        match found.iter_mut().find(|(known, ..)| known == name) {
            Some((_, known, _)) if known["const"].is_string() && field["const"].is_string() => {
                *known = json!({"enum": [known["const"], field["const"]]});
            }
            Some(_) => {}
            None => found.push((name.clone(), field.clone(), required)),
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        gather_fields(part, always, found);
    }
    let either: Vec<_> =
        schema["oneOf"].as_array().or(schema["anyOf"].as_array()).into_iter().flatten().collect();
    for part in &either {
        // What each of them has is always there.
        let each = |name: &str| {
            either.iter().all(|part| part["required"].as_array().is_some_and(|it| it.contains(&json!(name))))
        };
        let mut of_part = vec![];
        gather_fields(part, false, &mut of_part);
        for (name, field, _) in of_part {
            let required = always && each(&name);
            match found.iter_mut().find(|(known, ..)| *known == name) {
                Some((_, known, _)) if known["const"].is_string() && field["const"].is_string() => {
                    *known = json!({"enum": [known["const"], field["const"]]});
                }
                Some(_) => {}
                None => found.push((name, field, required)),
            }
        }
    }
}

fn write_section(name: &str, schema: &Value) -> String {
    let sentence = |schema: &Value| schema["description"].as_str().unwrap_or_default().replace('\n', " ");
    let mut text = format!("### {name}\n\n{}\n", sentence(schema));
    assert!(text.len() > name.len() + 10, "{name} has no sentence that says what it is");
    if let Some(examples) = schema["examples"].as_array() {
        let examples: Vec<_> = examples.iter().map(|example| format!("`{example}`")).collect();
        _ = write!(text, "\nIt is written as {}.\n", examples.join(" or "));
        return text;
    }
    let mut all = vec![];
    gather_fields(schema, true, &mut all);
    if all.is_empty() {
        _ = write!(text, "\n{}\n", kind_of(schema));
        return text;
    }
    text.push_str("\n| field | is | |\n| --- | --- | --- |\n");
    for (name, field, required) in all {
        let mark = if required { "" } else { "?" };
        let says = sentence(&field);
        let says = if says.is_empty() { String::new() } else { format!("{says} ") };
        let kind = kind_of(&field);
        // What may be left out may be null in a request; in a response it is left out.
        let kind = if required { &kind } else { kind.trim_end_matches(" or null") };
        _ = writeln!(text, "| `{name}`{mark} | {kind} | {says}|");
    }
    text
}

/// `make routes` writes what this compares.
#[test]
fn the_papers_have_each_type_of_a_route() {
    let path = "infra/docs/TYPES.md";
    let sections = gather_types().into_iter().filter(|(name, _)| !name.starts_with("Page_of_"));
    let sections: Vec<_> = sections.map(|(name, schema)| write_section(&name, &schema)).collect();
    let written = format!(
        "# What requests and responses have in them\n\n\
        `make routes` writes this from the code, a test compares. A `?` stands behind what a request may leave\n\
        out (or give as `null`), and what a response has in some cases alone. A page of a list has `data`, and `next_cursor`, which the next\n\
        request gives as `cursor`; it is `null` at the end.\n\n{}",
        sections.join("\n")
    );
    if runtime::environment::setting("WRITE_ROUTES").is_some() {
        std::fs::write(root().join(path), written).unwrap();
    } else {
        assert!(read(path) == written, "{path}: `make routes` writes it");
    }
}
