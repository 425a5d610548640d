//! A gallery of policies to start from.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The gallery, written as it is shown.
const GALLERY: &str = include_str!("templates.json");

/// All templates: there is one page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PolicyTemplates")]
pub struct TemplatesView {
    data: Vec<TemplateView>,
    /// Always `null`.
    next_cursor: Option<String>,
}

/// A policy to start from.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PolicyTemplate")]
pub struct TemplateView {
    /// A name that stays, such as `first-contacts`.
    id: String,
    /// Who wants it most: `everyone`, `support`, `sales`, `legal`, `finance` or `security`.
    room: String,
    title: String,
    /// What it does.
    about: String,
    /// What to change before it is made.
    change: String,
    /// What `POST /v1/policies` takes.
    #[schemars(schema_with = "policy_schema")]
    policy: Value,
}

fn policy_schema(_generator: &mut SchemaGenerator) -> Schema {
    crate::gate::policies::given_schema()
}

/// All templates.
pub fn templates() -> TemplatesView {
    // A test reads it.
    TemplatesView { data: serde_json::from_str(GALLERY).unwrap_or_default(), next_cursor: None }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_template_is_a_policy_that_can_be_made_as_it_is() {
        let all = templates().data;
        assert_eq!(all.len(), 11);
        let ids: BTreeSet<_> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids.len(), all.len());
        for one in &all {
            let read = crate::gate::policies::content(one.policy.to_string().as_bytes());
            let content = read.unwrap_or_else(|error| panic!("{}: {error:?}", one.id));
            // It names nothing that an organization would have to have, and asks for what two people can give.
            assert_eq!(content.named(), [], "{}", one.id);
            let texts = [&one.room, &one.title, &one.about, &one.change];
            assert!(texts.iter().all(|text| !text.is_empty()), "{}", one.id);
        }
    }
}
