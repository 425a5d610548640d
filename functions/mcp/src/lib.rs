//! The Model Context Protocol at `/mcp`: streamable HTTP, without sessions, one JSON answer to each `POST`.
//!
//! It holds no right of its own. A tool is a route of the API, called over HTTPS with the credential that the caller showed, so that
//! authorisation, isolation, limits, `Idempotency-Key` and the audit log are those of the route.
//!
//! | module | what |
//! | --- | --- |
//! | [`tools`] | the table: which tool calls which route |
//! | `schema` | what a tool takes, from what its route takes |
//! | `call` | from a tool's arguments to a request of the API |
//! | `client` | the HTTPS client |
//! | `server` | tools listed and called, as the SDK has it |
//! | `words` | what a model is told: held mail, refusals, and what strangers wrote, between marks |
//! | `post` | one `POST`: who may, what is read, what is answered |

mod call;
mod client;
mod post;
mod schema;
mod server;
#[cfg(test)]
mod tests;
pub mod tools;
mod words;

use std::sync::Arc;

use app::base::error::Refusal;
use runtime::Function;
use runtime::environment::{require, setting};
use runtime::http::{Access, Endpoint, Handling, Request, handler};

use client::Client;

/// The one route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "mcp",
    method: "ANY",
    path: "/mcp",
    access: Access::Credential,
    says: "`infra/docs/MCP.md`",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || handler(context(), handle),
};

/// All functions of this group.
pub const FUNCTIONS: &[&dyn Function] = &[&ENDPOINT];

/// Where the API is, and what calls it.
struct Context {
    /// Scheme and host of the API, where the template says them.
    api_url: Option<String>,
    region: String,
    url_suffix: String,
    client: Arc<Client>,
}

/// From the environment.
fn context() -> Context {
    let api_url = setting("API_URL").map(|url| url.trim_end_matches('/').to_owned());
    let plain = api_url.as_ref().is_some_and(|url| url.starts_with("http://"));
    Context {
        api_url,
        region: require("AWS_REGION"),
        url_suffix: require("URL_SUFFIX"),
        client: Arc::new(Client::new(plain)),
    }
}

impl Context {
    /// Scheme and host of the API that this request came through. Nothing of it is the caller's choice: not the `Host` that they sent,
    /// but the id by which the gateway knows the API (API Gateway developer guide, "Invoke URL of an HTTP API").
    fn base(&self, request: &Request) -> Result<String, Refusal> {
        if let Some(url) = &self.api_url {
            return Ok(url.clone());
        }
        let id = &request.api_id;
        let sound = (1..=32).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !sound {
            return Err(Refusal::Internal(format!("the gateway names no API: {id:?}")));
        }
        Ok(format!("https://{id}.execute-api.{}.{}", self.region, self.url_suffix))
    }
}

fn handle<'a>(context: &'a Context, request: &'a Request) -> Handling<'a> {
    Box::pin(post::answer(context, request))
}
