//! Tokens of programs.

use std::collections::BTreeSet;

use app::base::error::Refusal;
use app::people::tokens::NewToken;
use domain::InboxId;
use domain::base::code::Code;
use domain::people::access::Scope;
use domain::people::credential::Token;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::parts::time;
use crate::people::organization::pause;

/// `name`, `scopes` and `inbox_ids` of a token.
pub fn new(body: &[u8]) -> Result<NewToken, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let name = fields.text("name", 100).filter(|name| !name.trim().is_empty());
    let name = fields.require("name", name);
    let mut scopes = None;
    if let Some(names) = fields.texts("scopes", 100) {
        let mut set = BTreeSet::new();
        for (i, name) in names.iter().enumerate() {
            if let Some(scope) = Scope::parse(name) {
                _ = set.insert(scope);
            } else {
                let all = Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
                fields.error(&format!("scopes[{i}]"), Code::UnknownScope, format!("must be one of {all}"));
            }
        }
        scopes = Some(set);
    }
    let inboxes = fields.ids::<InboxId>("inbox_ids", 50).map(BTreeSet::from_iter);
    if inboxes.as_ref().is_some_and(BTreeSet::is_empty) {
        fields.error("inbox_ids", Code::EmptyList, "names no inbox: leave it out for all of them");
    }
    fields.finish()?;
    Ok(NewToken { name: name.unwrap_or_default(), scopes, inboxes })
}

/// A token, with its secret only in the answer to its creation.
pub fn token(token: &Token, secret: Option<&str>) -> Value {
    let mut view = json!({
        "id": token.id.to_string(),
        "name": token.name,
        "last_four": token.last_four,
        "scopes": token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "inbox_ids": token.inboxes.as_ref().map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "member_id": token.member_id.to_string(),
        "paused": token.paused.as_ref().map(pause),
        "created_at": time(token.created_at),
    });
    if let Some(secret) = secret {
        view["token"] = json!(secret);
    }
    view
}
