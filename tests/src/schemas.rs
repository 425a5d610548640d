//! What the routes say of their requests and responses, and whether a response is as it says.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use runtime::http::Endpoint;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use wire::base::schema::SchemaOf;

/// What gathers the schemas of requests: what is optional may be left out.
pub fn requests() -> SchemaGenerator {
    SchemaGenerator::default()
}

/// What gathers the schemas of responses: what is optional is `null`, but for what says that it is left out.
pub fn responses() -> SchemaGenerator {
    SchemaSettings::default().for_serialize().into_generator()
}

/// A schema with all that it refers to.
pub fn document(of: SchemaOf, mut generator: SchemaGenerator) -> Value {
    let schema = of(&mut generator);
    json!({ "allOf": [schema], "$defs": generator.take_definitions(true) })
}

/// What checks values against a schema.
///
/// # Panics
/// Where it is no schema.
pub fn validator(of: SchemaOf, generator: SchemaGenerator) -> Validator {
    jsonschema::validator_for(&document(of, generator)).unwrap_or_else(|error| panic!("no schema: {error}"))
}

/// The route that answers this path, without its query.
pub fn endpoint(method: &str, path: &str) -> Option<&'static Endpoint> {
    let path: Vec<_> = path.split('?').next().unwrap_or_default().split('/').collect();
    let same = |named: &str| {
        let named: Vec<_> = named.split('/').collect();
        named.len() == path.len() && named.iter().zip(&path).all(|(n, p)| n.starts_with('{') || n == p)
    };
    // As the gateway has it: the route that names more of the path itself.
    let matching =
        crate::endpoints().iter().filter(|endpoint| endpoint.method == method && same(endpoint.path));
    matching.min_by_key(|endpoint| endpoint.path.matches('{').count())
}

/// Asserts that a response is what its route says.
///
/// # Panics
/// Where it is not.
pub fn check(method: &str, path: &str, status: u16, body: &Value) {
    static VALIDATORS: LazyLock<Mutex<HashMap<&str, Validator>>> = LazyLock::new(Mutex::default);
    let Some(endpoint) = endpoint(method, path).filter(|_| (200..300).contains(&status)) else { return };
    if status == 204 {
        // It says no more than that it is done.
        assert!(body.as_str().is_none_or(str::is_empty) && !body.is_object(), "{method} {path}: {body}");
        return;
    }
    let Some(of) = endpoint.response else { return };
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let validator = validators.entry(endpoint.name).or_insert_with(|| validator(of, responses()));
    let errors: Vec<_> = validator
        .iter_errors(body)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    drop(validators);
    assert!(errors.is_empty(), "{method} {path} does not answer as it says: {errors:#?}");
}
