//! The approval console: what a person sees before a mail goes out, and where they decide.
//!
//! | module | what |
//! | --- | --- |
//! | `route` | which page an address names |
//! | `pages` | one file for each page |
//! | `guard` | headers of every answer; where a form must come from |
//! | `visit` | the session behind the cookie |
//! | `shell` | what all pages share |
//! | `unsubscribe` | the page of strangers who want no more list mail: a function of its own |
//! | `words` | times, sizes, names and states as a person reads them |
//!
//! Pages are made here, on the server, and hold no script. A `GET` never decides; a `POST` needs the session, a token
//! that only a page of this session holds, and an origin that is ours.
//!
//! What a mail says is hostile. It reaches a page in two ways: as text, which askama escapes, or as sanitised HTML
//! inside a sandboxed frame. Nothing else.

mod guard;
mod pages;
mod route;
mod shell;
#[cfg(test)]
mod tests;
pub mod unsubscribe;
mod visit;
mod words;

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Blobs, DataKeys, Workflow};
use app::base::store::Directory;
use app::base::trail::Trail;
use assembly::Aws;
use runtime::Function;
use runtime::http::{Access, Endpoint, Handling, Request, handler};

/// The console. Public, because the page for signing in is; every other page asks for a session itself.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "console",
    method: "ANY",
    path: "/console/{proxy+}",
    access: Access::Public,
    says: "the pages",
    example: "",
    query: Some(wire::base::schema::Shape::ANYTHING),
    body: None,
    response: None,
    open: || handler(context(), handle),
};

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&ENDPOINT, &unsubscribe::ENDPOINT];

/// What the console needs of the world.
pub struct Context {
    ports: Ports,
    powers: Powers,
}

/// What the pages take of the world, each its part, beside what every use case may touch.
#[derive(Clone)]
struct Powers {
    /// What mails say, and their files.
    blobs: Arc<dyn Blobs>,
    /// Logins and addresses.
    directory: Arc<dyn Directory>,
    /// Under which second factors are sealed.
    data_keys: Arc<dyn DataKeys>,
    /// What waits to be decided.
    workflow: Arc<dyn Workflow>,
    /// The audit log.
    trail: Arc<dyn Trail>,
}

/// From the environment.
fn context() -> Context {
    let aws = Aws::from_environment();
    let powers = Powers {
        blobs: aws.blobs(),
        directory: aws.directory(),
        data_keys: aws.data_keys(),
        workflow: aws.workflow(),
        trail: aws.trail(),
    };
    Context { ports: aws.ports(), powers }
}

/// Always a page: people don't read JSON.
fn handle<'a>(context: &'a Context, request: &'a Request) -> Handling<'a> {
    Box::pin(async { Ok(Box::pin(pages::answer(context, request)).await) })
}
