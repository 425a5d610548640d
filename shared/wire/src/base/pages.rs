//! Pages of lists: which one is asked for, and how it is answered.

use app::base::error::{FieldError, Refusal};
use app::base::store::{Page, PageRequest};
use domain::base::code::Code;
use serde_json::{Value, json};

/// `limit` and `cursor` of a list.
pub fn request(limit: Option<&str>, cursor: Option<&str>) -> Result<PageRequest, Refusal> {
    let limit = match limit {
        None => 50,
        Some(text) => match text.parse::<u16>() {
            Ok(limit @ 1..=100) => limit,
            _ => {
                return Err(Refusal::Invalid(vec![FieldError::new(
                    "limit",
                    Code::InvalidLimit,
                    "must be 1 to 100",
                )]));
            }
        },
    };
    Ok(PageRequest { limit, cursor: cursor.map(str::to_owned) })
}

/// A page of a list.
pub fn page<T>(page: &Page<T>, view: impl Fn(&T) -> Value) -> Value {
    json!({ "data": page.items.iter().map(view).collect::<Vec<_>>(), "next_cursor": page.next })
}
