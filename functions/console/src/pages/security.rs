//! `/console/security`: what is encrypted, who can see what, and what can't be promised. What it says is what `template.yaml` and
//! `ARCHITECTURE.md` say.

use app::Refusal;
use askama::Template;
use runtime::http::{Request, Response};

use super::render;
use crate::Context;
use crate::guard;
use crate::page::{Back, Get, Menu, Page};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/security",
    menu: Menu::Setting(88, "Security"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    back: Back::Here(&[]),
    ..Page::NEW
}];

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage {
    shell: Shell,
}

async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let shell = Frame::of(&visit).await?.shell;
    Ok(guard::html(200, render(&SecurityPage { shell })?))
}
