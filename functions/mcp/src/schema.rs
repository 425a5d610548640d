//! What a tool takes: what stands in its route's path, query and body, as one object, and what the tool adds of its own.
//!
//! Nothing refers to anything, and what may be left out is not `null` as well: many clients hand schemas to models that know no more.

use rmcp::model::JsonObject;
use runtime::http::Endpoint;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::call;
use crate::tools::{Effect, Switch, Tool};

/// What a tool takes, as a JSON schema.
pub(crate) fn input(tool: &Tool) -> JsonObject {
    let mut properties = JsonObject::new();
    let mut required = vec![];
    for name in call::path_names(tool.route.path) {
        let left_out = matches!(tool.other, Some((Switch::Without(it), _)) if it == name);
        let (pattern, says) = id(name);
        let says = if left_out { format!("{says} Left out: all of them.") } else { says.to_owned() };
        properties
            .insert(name.to_owned(), json!({ "type": "string", "pattern": pattern, "description": says }));
        if !left_out {
            required.push(name.to_owned());
        }
    }
    for route in tool.routes() {
        merge(route, &mut properties, &mut required);
    }
    for (name, schema) in own(tool) {
        properties.insert(name.to_owned(), schema);
    }
    let object = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    match object {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

/// What a tool takes that no route has.
fn own(tool: &Tool) -> Vec<(&'static str, Value)> {
    let mut own = vec![];
    if let Some((Switch::With(name, says), _)) = tool.other {
        own.push((name, json!({ "type": "boolean", "default": false, "description": says })));
    }
    match tool.effect {
        Effect::ReadsText => {
            let says = "Where to begin in `text`, in characters: `next_offset` of the answer before.";
            own.push((
                call::OFFSET,
                json!({ "type": "integer", "minimum": 0, "default": 0, "description": says }),
            ));
        }
        Effect::Sends => {
            let says = "A name for this one mail: another call with the same name, within 24 hours, is answered as the first. Made of the \
                        arguments where it is left out: give one of your own where a second mail of the same words is meant, and the same \
                        one when you repeat that call.";
            own.push((
                call::KEY,
                json!({ "type": "string", "minLength": 1, "maxLength": call::MAX_KEY, "description": says }),
            ));
        }
        Effect::Reads | Effect::ReadsFile | Effect::Adds | Effect::Sets | Effect::Ends => {}
    }
    own
}

/// The form of an id in a path, and where it comes from.
fn id(name: &str) -> (&'static str, &'static str) {
    match name {
        "inbox_id" => ("^(inb|acc)_[0-9a-z]{26}$", "The inbox, of list_inboxes."),
        "message_id" => ("^msg_[0-9a-z]{26}$", "The mail."),
        "thread_id" => ("^thr_[0-9a-z]{26}$", "The conversation."),
        "approval_id" => ("^apr_[0-9a-z]{26}$", "The approval, as the answer to a held mail names it."),
        "attachment_id" => ("^att_[0-9a-z]{26}$", "The file, of a mail's `attachments`."),
        _ => ("^[a-z]{3}_[0-9a-z]{26}$", "An id, as it was given."),
    }
}

/// Adds what the query and the body of a route may say.
fn merge(route: &Endpoint, properties: &mut JsonObject, required: &mut Vec<String>) {
    for shape in [route.query, route.body].into_iter().flatten() {
        let settings = SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
        let mut schema = (shape.schema)(&mut settings.into_generator()).to_value();
        simplify(&mut schema);
        let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else { continue };
        properties.append(fields);
        let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in names.map(str::to_owned) {
            if !required.contains(&name) {
                required.push(name);
            }
        }
    }
}

/// The one of several schemas that stands for all: of one or several, several; of a text or what says the same in parts, the text.
fn plain(object: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return None };
    choices.retain(|it| it["type"] != "null");
    let of = |kind: &str| choices.iter().find(|it| it["type"] == kind);
    let only = choices.first().filter(|_| choices.len() == 1);
    of("array").or_else(|| of("string")).or(only)?.as_object().cloned()
}

/// Takes out of a schema what is no use to a model: its title, that what is optional may be `null` as well, and other ways to say the same.
fn simplify(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    object.remove("$schema");
    object.remove("title");
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|it| it != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("enum") {
        choices.retain(|it| !it.is_null());
    }
    // A choice of one may be another choice.
    while let Some(one) = plain(object) {
        object.remove("anyOf");
        for (name, value) in one {
            object.entry(name).or_insert(value);
        }
    }
    if object.get("type").is_some_and(|kind| kind == "string")
        && let Some(Value::Array(examples)) = object.get_mut("examples")
    {
        examples.retain(Value::is_string);
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(simplify);
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.iter_mut().for_each(simplify);
    }
    if let Some(items) = object.get_mut("items") {
        simplify(items);
    }
}
