//! `/unsubscribe/{token}`: where `List-Unsubscribe` of list mail leads (RFC 8058). No sign-in and no cookie: whoever has the secret of a
//! mail may end mail to its recipient, and can do nothing else.
//!
//! Programs follow links in mail before people do. So a `GET` shows a page and changes nothing; a `POST` that says
//! `List-Unsubscribe=One-Click` does, whether a mailbox provider sends it or the button of that page.

use app::Ports;
use app::Refusal;
use app::mailbox::opt_outs::{self, Found};
use askama::Template;
use assembly::Aws;
use domain::mailbox::opt_out::OptOutSecret;
use runtime::http::{Access, Endpoint, Handling, Request, Response, form_pairs, handler};

use crate::guard;
use crate::shell::style_version;

/// The page. Public: its address is the secret.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "console-unsubscribe",
    method: "ANY",
    path: "/unsubscribe/{token}",
    access: Access::Public,
    says: "ends mail to whom it was sent to",
    example: "",
    query: Some(wire::base::schema::Shape::ANYTHING),
    body: None,
    response: None,
    open: || handler(Aws::from_environment().ports(), handle),
};

/// The one field that a request to unsubscribe has, and its value.
const FIELD: (&str, &str) = ("List-Unsubscribe", "One-Click");
/// No such request is larger, in bytes.
const MAX_BODY: usize = 8 * 1024;

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct Page {
    style: &'static str,
    title: &'static str,
    message: String,
    /// Whether it has the button.
    asks: bool,
}

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move { Ok(answer(ports, request).await) })
}

/// Always a page, under whose address no other site learns where it was.
pub(crate) async fn answer(ports: &Ports, request: &Request) -> Response {
    let answered = match request.method.as_str() {
        "GET" | "HEAD" => show(ports, request).await,
        "POST" => submit(ports, request).await,
        _ => Ok(method()),
    };
    answered.unwrap_or_else(|refusal| refused(&refusal, request)).header("referrer-policy", "no-referrer")
}

async fn show(ports: &Ports, request: &Request) -> Result<Response, Refusal> {
    let found = opt_outs::open(ports, &secret(request)?).await?;
    let message = format!(
        "{} writes to {}. Press the button, and no more mail is sent to that address from there.",
        sender(&found),
        found.opt_out.masked()
    );
    Ok(page(200, "Unsubscribe?", message, true))
}

async fn submit(ports: &Ports, request: &Request) -> Result<Response, Refusal> {
    let secret = secret(request)?;
    if !is_one_click(request) {
        let message = "Nothing was done: a request to unsubscribe is a form, as application/x-www-form-urlencoded or multipart/form-data, \
                       with the one field List-Unsubscribe=One-Click (RFC 8058). Open the address in a browser to get a button that sends it.";
        return Ok(page(400, "That can\u{2019}t be read", message.to_owned(), false));
    }
    let found = opt_outs::unsubscribe(ports, &secret).await?;
    let message = format!("{} sends no more mail to {}.", sender(&found), found.opt_out.masked());
    Ok(page(200, "Unsubscribed", message, false))
}

fn secret(request: &Request) -> Result<OptOutSecret, Refusal> {
    let path = request.path.strip_prefix(OptOutSecret::PATH).unwrap_or_default();
    let token = path.strip_suffix('/').unwrap_or(path);
    OptOutSecret::parse(token).map_err(|_| Refusal::NotFound("address"))
}

/// Who writes, as their recipients know them.
fn sender(found: &Found) -> String {
    match &found.inbox {
        Some(inbox) => match &inbox.display_name {
            Some(name) => format!("{} ({})", name.as_str(), inbox.address),
            None => inbox.address.to_string(),
        },
        None => "The sender of that mail".to_owned(),
    }
}

/// Whether a request says what RFC 8058 §3.2 has it say.
fn is_one_click(request: &Request) -> bool {
    if request.body.len() > MAX_BODY {
        return false;
    }
    let Ok(body) = std::str::from_utf8(&request.body) else { return false };
    let kind = request.headers.get("content-type").map(String::as_str).unwrap_or_default();
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    if kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return boundary(parameters).is_some_and(|boundary| has_part(body, boundary));
    }
    form_pairs(body).get(FIELD.0).is_some_and(|value| value == FIELD.1)
}

/// The boundary that a content type names.
fn boundary(parameters: &str) -> Option<&str> {
    let named = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let found =
        named.filter(|(name, _)| name.eq_ignore_ascii_case("boundary")).map(|(_, value)| value).next()?;
    let found = found.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(found);
    // RFC 2046 §5.1.1.
    (1..=70).contains(&found.len()).then_some(found)
}

/// Whether a part of this form (RFC 7578) is the field.
fn has_part(body: &str, boundary: &str) -> bool {
    let delimiter = format!("--{boundary}");
    body.split(delimiter.as_str()).skip(1).filter_map(|part| part.split_once("\r\n\r\n")).any(
        |(head, value)| {
            let named = head.lines().filter_map(|line| line.split_once(':')).any(|(name, value)| {
                let is_name = |parameter: &str| {
                    let quoted = parameter.trim().strip_prefix("name=");
                    quoted.is_some_and(|name| name.trim_matches('"') == FIELD.0)
                };
                name.eq_ignore_ascii_case("content-disposition") && value.split(';').any(is_name)
            });
            named && value.trim_end_matches(['\r', '\n']) == FIELD.1
        },
    )
}

fn page(status: u16, title: &'static str, message: String, asks: bool) -> Response {
    let page = Page { style: style_version(), title, message: message.clone(), asks };
    guard::html(status, page.render().unwrap_or(message))
}

fn method() -> Response {
    let message = "This address does not take such a request. Nothing was done.".to_owned();
    page(405, "Not like this", message, false).header("allow", "GET, HEAD, POST".to_owned())
}

fn refused(refusal: &Refusal, request: &Request) -> Response {
    if matches!(refusal, Refusal::NotFound(_)) {
        let message = "Nothing was done: this address is cut short, or too old. Use the one in a later mail, or answer the mail and ask.";
        return page(404, "No such address", message.to_owned(), false);
    }
    tracing::error!(request_id = request.id, error = %refusal, "somebody could not unsubscribe");
    let message = "Something that is needed did not answer, so nothing was done. Try again in a moment: twice does no harm.";
    page(503, "Try again in a moment", message.to_owned(), false).header("retry-after", "5".to_owned())
}

#[cfg(test)]
mod tests {
    use app::base::store::{Change, Record};
    use domain::delivery::event::EventKind;
    use domain::mailbox::listed::{Source, Suppression};
    use domain::mailbox::opt_out::OptOut;
    use serde_json::Value;
    use testkit::{World, samples};

    use super::*;

    const CLICK: &str = "List-Unsubscribe=One-Click";
    const FORM: &str = "application/x-www-form-urlencoded";

    struct Answer(Value);

    impl Answer {
        fn status(&self) -> u64 {
            self.0["statusCode"].as_u64().unwrap()
        }
        fn body(&self) -> &str {
            self.0["body"].as_str().unwrap()
        }
        fn header(&self, name: &str) -> &str {
            self.0["headers"][name].as_str().unwrap_or_default()
        }
    }

    /// An organization with an inbox that wrote to Ann, and the path of her secret.
    async fn world() -> (World, String) {
        let world = World::default();
        let (opt_out, secret) = samples::opt_out(1);
        let change = Change::new(samples::organization_id(1))
            .create(samples::organization(1))
            .create(samples::inbox(1))
            .create(opt_out);
        world.ports.store.commit(change).await.unwrap();
        (world, secret.url(""))
    }

    async fn call(world: &World, method: &str, path: &str, kind: &str, body: &str) -> Answer {
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: [("content-type".to_owned(), kind.to_owned())].into(),
            body: body.to_owned().into(),
            ..Request::default()
        };
        Answer(serde_json::to_value(answer(&world.ports, &request).await).unwrap())
    }

    fn suppressions(world: &World) -> Vec<Suppression> {
        let contents = world.store.contents();
        let found = contents.records.values().filter_map(|record| match record {
            Record::Suppression(one) => Some(one.clone()),
            _ => None,
        });
        found.collect()
    }

    #[tokio::test]
    async fn a_page_says_who_writes_to_whom_and_looking_changes_nothing() {
        let (world, path) = world().await;
        let before = format!("{:?}", world.store.contents().records);
        for method in ["GET", "HEAD", "GET"] {
            let shown = call(&world, method, &path, "", "").await;
            assert_eq!(shown.status(), 200);
            let (opt_out, _) = samples::opt_out(1);
            assert!(shown.body().contains(samples::inbox(1).address.as_str()), "{}", shown.body());
            assert!(
                shown.body().contains(&opt_out.masked()) && !shown.body().contains(opt_out.address.as_str())
            );
            assert!(shown.body().contains("name=\"List-Unsubscribe\" value=\"One-Click\""));
            assert!(!shown.body().contains("<script"));
            assert!(shown.header("content-security-policy").starts_with("default-src 'none'"));
            assert_eq!(shown.header("referrer-policy"), "no-referrer");
            assert!(shown.0["cookies"].is_null() && shown.0["headers"]["location"].is_null());
        }
        assert_eq!(before, format!("{:?}", world.store.contents().records));
        let refused = call(&world, "DELETE", &path, "", "").await;
        assert_eq!((refused.status(), refused.header("allow")), (405, "GET, HEAD, POST"));
    }

    #[tokio::test]
    async fn one_click_suppresses_and_twice_is_the_same() {
        let (world, path) = world().await;
        for _ in 0..2 {
            let done = call(&world, "POST", &path, FORM, CLICK).await;
            assert_eq!(done.status(), 200, "{}", done.body());
            assert!(done.0["cookies"].is_null() && done.0["headers"]["location"].is_null());
        }
        let (opt_out, _) = samples::opt_out(1);
        let all = suppressions(&world);
        let [one] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((one.source, one.message_id), (Source::Unsubscribed, Some(opt_out.message_id)));
        assert_eq!(one.organization_id, samples::organization_id(1));
        let told: Vec<_> = world.store.contents().events.iter().map(|event| event.kind).collect();
        assert_eq!(told, [EventKind::SuppressionCreated]);
        let audited = world.store.contents().audit.clone();
        assert_eq!(audited.len(), 1);
        assert!(audited[0].details.contains(&("source", "unsubscribed".to_owned())), "{audited:?}");
    }

    #[tokio::test]
    async fn a_form_of_several_parts_is_read_as_well() {
        let (world, path) = world().await;
        let part =
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        let done = call(&world, "POST", &path, "multipart/form-data; boundary=\"b\"", part).await;
        assert_eq!((done.status(), suppressions(&world).len()), (200, 1));
    }

    #[tokio::test]
    async fn what_says_anything_else_is_explained_and_does_nothing() {
        let (world, path) = world().await;
        let large = format!("{CLICK}&x={}", "a".repeat(MAX_BODY));
        let part =
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
        for (kind, body) in [
            (FORM, ""),
            (FORM, "List-Unsubscribe=one-click"),
            (FORM, "List-Unsubscribe"),
            (FORM, "unsubscribe=One-Click"),
            (FORM, large.as_str()),
            ("application/json", "{\"List-Unsubscribe\": \"One-Click\"}"),
            ("multipart/form-data", part),
            ("multipart/form-data; boundary=c", part),
            ("multipart/form-data; boundary=b", CLICK),
        ] {
            let refused = call(&world, "POST", &path, kind, body).await;
            assert_eq!(refused.status(), 400, "{kind}: {body}");
            assert!(refused.body().contains("List-Unsubscribe=One-Click"), "it says what would be right");
        }
        assert_eq!(suppressions(&world), []);
    }

    #[tokio::test]
    async fn a_secret_that_is_forged_of_another_organization_or_too_old_leads_nowhere() {
        let (world, path) = world().await;
        let (opt_out, secret) = samples::opt_out(1);
        let own = secret.organization_id().to_string();
        let other = samples::organization_id(2).to_string();
        let body = |id: &str| id.split_once('_').map(|(_, body)| body.to_owned()).unwrap();
        let last = if path.ends_with('0') { "1" } else { "0" };
        for forged in [
            path.replace(&body(&own), &body(&other)),
            format!("{}{last}", &path[..path.len() - 1]),
            path.replace("cs_leave_", "cs_link_"),
            "/unsubscribe/".to_owned(),
            format!("/unsubscribe/{}", opt_out.hash.hex()),
            path.replace("/unsubscribe/", "/unsubscribe//"),
        ] {
            assert_ne!(forged, path);
            for (method, body) in [("GET", ""), ("HEAD", ""), ("POST", CLICK)] {
                assert_eq!(
                    call(&world, method, &forged, FORM, body).await.status(),
                    404,
                    "{method} {forged}"
                );
            }
        }
        world.pass(OptOut::LIFE.as_secs());
        assert_eq!(call(&world, "POST", &path, FORM, CLICK).await.status(), 404);
        assert_eq!(suppressions(&world), []);
    }
}
