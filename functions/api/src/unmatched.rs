//! What no route matches: the gateway's own answer would not be in the form of all other errors.

use app::Ports;
use assembly::Aws;
use domain::base::code::Code;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use serde_json::json;
use wire::base::problem::{Problem, of_code};

/// The gateway's default route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-unmatched",
    method: "ANY",
    path: "$default",
    access: Access::Public,
    says: "that there is no such route",
    example: "",
    query: Some(wire::base::schema::Shape::ANYTHING),
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

/// Method and path of the routes of other groups: linking them would link what they may do. A test holds it against them.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("POST", "/v1/accounts"),
    ("DELETE", "/v1/accounts/{account_id}"),
    ("GET", "/v1/accounts/{account_id}"),
    ("GET", "/v1/accounts"),
    ("POST", "/v1/accounts/{account_id}/test-send"),
    ("PATCH", "/v1/accounts/{account_id}"),
    ("POST", "/v1/domains"),
    ("DELETE", "/v1/domains/{domain_id}"),
    ("GET", "/v1/domains/{domain_id}"),
    ("GET", "/v1/domains"),
    ("POST", "/v1/domains/{domain_id}/verify"),
    ("GET", "/v1/domains/{domain_id}/zone-file"),
    ("POST", "/v1/signing-keys/entries"),
];

fn handle<'a>(_ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move { Ok(answer(&request.method, &request.path, &request.id)) })
}

fn answer(method: &str, path: &str, request_id: &str) -> Response {
    if path == "/" {
        return Response::see_other("/console");
    }
    let own = crate::ENDPOINTS.iter().map(|endpoint| (endpoint.method, endpoint.path));
    let all = own.chain(ELSEWHERE.iter().copied());
    let methods: Vec<_> = all.filter(|(_, route)| matches(route, path)).map(|(method, _)| method).collect();
    if methods.is_empty() {
        let message =
            "there is no route with this path: the routes are under /v1, the console is at /console";
        return refuse(&of_code(Code::RouteNotFound, message, request_id, &json!({})));
    }
    let allow = methods.join(", ");
    let message = format!("this path does not take {method}: it takes {allow}");
    refuse(&of_code(Code::MethodNotAllowed, &message, request_id, &json!({ "allow": methods })))
        .header("allow", allow)
}

fn refuse(problem: &Problem) -> Response {
    Response::json(problem.status, &problem.body)
}

/// Whether a path is one of a route, whose parameters match any segment.
fn matches(route: &str, path: &str) -> bool {
    let (mut route, mut path) = (route.split('/'), path.split('/'));
    loop {
        match (route.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given || (part.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_route_says_its_methods_and_another_that_there_is_none() {
        for (method, path, status) in [
            ("GET", "/v1/nothing", 404),
            ("GET", "/v1/inboxes/", 404),
            ("GET", "/", 303),
            ("PATCH", "/v1/inboxes", 405),
            ("PUT", "/v1/domains/dom_x", 405),
            ("POST", "/v1/inboxes/inb_x/messages/msg_x/raw/more", 404),
        ] {
            assert_eq!(answer(method, path, "r").status(), status, "{method} {path}");
        }
    }
}
