//! The `OpenAPI` document: that it is written down as the code has it, that it holds together, and that its examples are ones.

use std::collections::BTreeSet;

use runtime::http::{Access, Endpoint};
use serde_json::{Map, Value, json};

use crate::conformance::{IDS, read, root};

const PATH: &str = "infra/docs/openapi.json";

/// The file of a route's handler: of the folders whose name its own begins with, the one that has it.
fn source(endpoint: &Endpoint) -> String {
    let Some(name) = endpoint.name.strip_prefix("api-") else {
        // A group of one resource: its files are the actions.
        let (group, action) = endpoint.name.split_once('-').unwrap();
        return read(format!("functions/{group}/src/{}.rs", action.replace('-', "_")));
    };
    let name = name.replace('-', "_");
    let places = name.match_indices('_').map(|(at, _)| {
        root().join("functions/api/src").join(&name[..at]).join(format!("{}.rs", &name[at + 1..]))
    });
    let found = places.into_iter().find(|path| path.exists());
    std::fs::read_to_string(found.unwrap_or_else(|| panic!("{}: has no file", endpoint.name))).unwrap()
}

fn document() -> Value {
    tests::openapi::document(tests::endpoints(), IDS, source)
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap();
        methods.iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// `make routes` writes what this compares; the API and the console show it.
#[test]
fn the_papers_have_the_document() {
    let written = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if runtime::environment::setting("WRITE_ROUTES").is_some() {
        std::fs::write(root().join(PATH), written).unwrap();
    } else {
        assert!(read(PATH) == written, "{PATH}: `make routes` writes it");
    }
}

#[test]
fn it_has_each_route_with_a_name_a_sentence_and_its_scope() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let endpoint = tests::schemas::endpoint(&method.to_uppercase(), path).unwrap();
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} stands twice");
        let resource = operation["tags"][0].as_str().unwrap();
        assert!(name.starts_with(&format!("{resource}_")), "{name} is none of {resource}");
        assert!(operation["summary"].as_str().unwrap().len() > 5, "{name} has no summary");
        let scope = match endpoint.access {
            Access::Scope(scope) => json!(scope.as_str()),
            _ => Value::Null,
        };
        assert_eq!(operation["x-scope"], scope, "{name}");
        assert_eq!(operation["security"] == json!([]), endpoint.access == Access::Public, "{name}");
        let good =
            operation["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('2'));
        assert!(good.count() > 0, "{name} says nothing of what goes well");
    }
    assert_eq!(names.len(), tests::endpoints().len());
    for known in
        ["messages_send", "messages_list", "messages_list_all", "standing_approvals_create", "me_get"]
    {
        assert!(names.contains(known), "{known}: clients call it so");
    }
}

/// Whatever a handler does with a status or an `Idempotency-Key`, its source shows: nobody writes it down again.
#[test]
fn statuses_and_headers_are_those_of_the_handlers() {
    let document = document();
    let statuses = |path: &str, method: &str| {
        let all = document["paths"][path][method]["responses"].as_object().unwrap();
        all.keys().filter(|status| status.as_str() < "400").cloned().collect::<Vec<_>>()
    };
    let send = "/v1/inboxes/{inbox_id}/messages/send";
    let raw = "/v1/inboxes/{inbox_id}/messages/{message_id}/raw";
    assert_eq!(statuses(send, "post"), ["201", "202"]);
    assert_eq!(statuses("/v1/webhooks", "post"), ["201"]);
    assert_eq!(statuses("/v1/webhooks/{webhook_id}", "delete"), ["204"]);
    assert_eq!(statuses("/v1/tokens/{token_id}/pause", "post"), ["200"]);
    assert_eq!(statuses(raw, "get"), ["200", "303"]);
    assert_eq!(statuses("/openapi.json", "get"), ["200", "304"]);
    let content = &document["paths"][raw]["get"]["responses"]["200"]["content"];
    assert_eq!(content.as_object().unwrap().keys().collect::<Vec<_>>(), ["message/rfc822"]);
    let headers = |path: &str| {
        let all = document["paths"][path]["post"]["parameters"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|it| it["in"] == "header").map(|it| it["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(headers(send), ["Idempotency-Key"]);
    assert_eq!(headers("/v1/policies/simulate"), [] as [&str; 0]);
}

/// Each value of this name below a place, with the place's own value.
fn find<'a>(value: &'a Value, name: &str, found: &mut Vec<(&'a Value, &'a Value)>) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object {
                if key == name {
                    found.push((value, inner));
                }
                find(inner, name, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| find(inner, name, found)),
        _ => {}
    }
}

#[test]
fn what_it_refers_to_is_there_and_nothing_lies_unused() {
    let document = document();
    let mut found = vec![];
    find(&document, "$ref", &mut found);
    let named: BTreeSet<_> = found.iter().filter_map(|(_, path)| path.as_str()).collect();
    for path in &named {
        let pointer = path.strip_prefix('#').unwrap_or_else(|| panic!("{path} leads away"));
        assert!(document.pointer(pointer).is_some(), "{path} leads nowhere");
    }
    for kind in ["schemas", "headers", "examples", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let path = format!("#/components/{kind}/{name}");
            assert!(named.contains(path.as_str()), "nothing refers to {path}");
        }
    }
}

/// A schema with all that it refers to.
fn whole(schema: &Value, document: &Value) -> jsonschema::Validator {
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("no schema: {error}"))
}

#[test]
fn each_example_is_what_its_schema_says() {
    let document = document();
    let mut looked_at = 0;
    let mut found = vec![];
    find(&document, "schema", &mut found);
    for (place, schema) in found {
        let named = place["examples"].as_object().into_iter().flat_map(Map::values);
        let shown = |it: &Value| match it["$ref"].as_str() {
            Some(path) => document.pointer(&path[1..]).unwrap()["value"].clone(),
            None => it["value"].clone(),
        };
        let examples = named.map(shown).chain(place.get("example").cloned());
        let mut validator = None;
        for example in examples {
            let validator = validator.get_or_insert_with(|| whole(schema, &document));
            let errors: Vec<_> = validator.iter_errors(&example).map(|it| it.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}: {example}");
            looked_at += 1;
        }
    }
    assert!(looked_at > tests::endpoints().len(), "{looked_at}");
}

/// A public validator, which knows the specification's own schema.
#[test]
fn a_validator_of_others_takes_it() {
    let path = root().join(".local/tmp-openapi.json");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, document().to_string()).unwrap();
    let python = root().join(".local/venv/bin/python");
    let run = std::process::Command::new(python)
        .args(["-m", "openapi_spec_validator", "--schema", "3.1", path.to_str().unwrap()])
        .output()
        .unwrap_or_else(|error| panic!("`make unit` installs the validator: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}");
}

/// `make routes` writes them too.
#[test]
fn the_clients_have_the_routes_of_the_document() {
    let script = root().join("shared/clients/generate.py");
    let run = std::process::Command::new("python3")
        .arg(script)
        .arg("--check")
        .output()
        .unwrap_or_else(|error| panic!("python3: {error}"));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
