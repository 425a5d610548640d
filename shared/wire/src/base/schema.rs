//! What describes requests and responses: their JSON schemas, and for requests what reads them.

use app::base::error::Refusal;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::base::request::{self, Field};

/// What gives a schema, and puts what it refers to among the definitions of the generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a response.
pub fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The schema of a response that is an object of somebody else's making.
pub fn object(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "object" })
}

/// What a query or a body may say.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Its schema.
    pub schema: SchemaOf,
    /// Whether it can be read, and if not, why.
    pub check: fn(Value) -> Result<(), Refusal>,
}

impl Shape {
    /// Whatever comes, for what reads it by itself.
    pub const ANYTHING: Self = Self { schema: |_| true.into(), check: |_| Ok(()) };

    /// That of a request.
    pub const fn of<T: Field>() -> Self {
        Self { schema: of::<T>, check: |value| request::read::<T>(value).map(drop) }
    }
}
