//! `GET /openapi.json`: this API in the words of `OpenAPI` 3.1. `304` to whoever has it already.
//!
//! Needs no credential.

use std::sync::LazyLock;

use domain::base::digest::Digest;
use runtime::http::{Access, Endpoint, Handling, Request, Response, handler};
use wire::base::schema;

/// The document, as `make routes` writes it.
const DOCUMENT: &str = include_str!("../../../../infra/docs/openapi.json");

/// Names this document: another has another.
static ETAG: LazyLock<String> = LazyLock::new(|| format!("\"{}\"", Digest::of(DOCUMENT.as_bytes()).hex()));

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-openapi-get",
    method: "GET",
    path: "/openapi.json",
    access: Access::Public,
    says: "`infra/docs/openapi.json`, with an `ETag`",
    example: "",
    query: None,
    body: None,
    response: Some(schema::object),
    open: || handler((), handle),
};

fn handle<'a>((): &'a (), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let known = request.headers.get("if-none-match").is_some_and(|tags| names(tags, &ETAG));
        let response =
            if known { Response::empty(304) } else { Response::json_text(200, DOCUMENT.to_owned()) };
        Ok(response.header("etag", &*ETAG).header("cache-control", "public, max-age=300"))
    })
}

/// Whether `If-None-Match` names a tag: a list, in which each may be marked as weak (RFC 9110 §13.1.2).
fn names(tags: &str, wanted: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_the_document_is_told_so() {
        assert!(names("\"b\", W/\"a\"", "\"a\"") && names("*", "\"a\"") && names("\"a\"", "\"a\""));
        assert!(!names("", "\"a\"") && !names("\"aa\"", "\"a\"") && !names("a", "\"a\""));
    }
}
