//! Pages of lists: which one is asked for, and how it is shown.

use app::base::store::{Page, PageRequest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::request;
use crate::base::values::Limit;

request! {
    /// Which page of a list.
    pub struct PageQuery {
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
    }
}

impl PageQuery {
    /// The page.
    pub fn page(self) -> PageRequest {
        page_request(self.limit, self.cursor)
    }
}

pub(crate) fn page_request(limit: Option<Limit>, cursor: Option<String>) -> PageRequest {
    PageRequest { limit: limit.unwrap_or_default().0, cursor }
}

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Page_of_{T}")]
pub struct PageView<T> {
    data: Vec<T>,
    /// For `cursor`, where there is more.
    next_cursor: Option<String>,
}

/// A page of a list.
pub fn page<'a, T, V>(page: &'a Page<T>, view: impl Fn(&'a T) -> V) -> PageView<V> {
    PageView { data: page.items.iter().map(view).collect(), next_cursor: page.next.clone() }
}
