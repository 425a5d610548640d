//! `POST /v1/webhooks`: registers an endpoint. Its signing secret is in this answer and nowhere else.
//!
//! Needs the scope `webhooks.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::base::store::Key;
use app::delivery::webhooks;
use domain::delivery::webhook::Webhook;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, In, Request, Response};
use wire::base::parts::{id_in, text};
use wire::base::schema::{self, Shape};
use wire::delivery::webhooks::{CreateWebhook, WebhookView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-create",
    method: "POST",
    path: "/v1/webhooks",
    access: Access::Scope(Scope::WebhooksManage),
    says: "its `secret` is shown this once; repeated within ten minutes, another secret of the same webhook ends the first",
    example: r#"{"url": "https://example.com/countersign", "events": ["message.received"]}"#,
    query: None,
    body: Some(Shape::of::<CreateWebhook>()),
    response: Some(schema::of::<WebhookView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.data_keys()), handle),
};

fn handle<'a>((ports, data_keys): &'a (Ports, Arc<dyn DataKeys>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_for_secret::<scope::WebhooksManage>(ports, &[Key::Organization]).await?;
        let new = wire::delivery::webhooks::new(&request.body)?;
        // What is saved for a repeated request lacks the secret: it is shown once.
        let saved = |webhook: &Webhook| (201, text(&wire::delivery::webhooks::webhook(webhook, None)));
        let In { permit, ports, once } = &call;
        let (webhook, secret) = match once.answered().and_then(|answer| id_in(&answer.body)) {
            None => webhooks::create(ports, &**data_keys, permit, new, once, saved).await?,
            Some(id) => webhooks::replace_secret(ports, &**data_keys, permit, id, once, saved).await?,
        };
        Ok(Response::json(201, &wire::delivery::webhooks::webhook(&webhook, Some(&secret))))
    })
}
