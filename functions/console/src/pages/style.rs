//! `/console/style.css`

use runtime::http::{Request, Response};

use crate::guard;
use crate::page::{Audience, Get, Page};
use crate::shell::{STYLE, style_version};

/// The style sheet.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/style.css",
    audience: Audience::Anyone,
    get: Get::Page(|_, request, _| Box::pin(async move { Ok(show(request)) })),
    ..Page::NEW
}];

/// The style sheet. Under its version's address it never changes; under any other it may at every release.
pub(crate) fn show(request: &Request) -> Response {
    let current = request.query.get("v").is_some_and(|version| version == style_version());
    let keep = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    guard::html(200, STYLE.to_owned())
        .header("content-type", "text/css; charset=utf-8")
        .header("cache-control", keep)
}
