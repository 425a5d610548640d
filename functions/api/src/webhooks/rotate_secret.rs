//! `POST /v1/webhooks/{webhook_id}/rotate-secret`: another signing secret; the one before signs as well for 24 hours.
//!
//! Needs the scope `webhooks.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::base::store::Key;
use app::delivery::webhooks;
use domain::WebhookId;
use domain::delivery::webhook::Webhook;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, In, Request, Response};
use wire::base::parts::{id_in, text};
use wire::base::schema;
use wire::delivery::webhooks::WebhookView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-rotate-secret",
    method: "POST",
    path: "/v1/webhooks/{webhook_id}/rotate-secret",
    access: Access::Scope(Scope::WebhooksManage),
    says: "its `secret` is shown this once; the one before signs as well for 24 hours, and none that was before that",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<WebhookView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.data_keys()), handle),
};

fn handle<'a>((ports, data_keys): &'a (Ports, Arc<dyn DataKeys>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("webhook_id")?;
        let keys = [Key::Organization, Key::Webhook(id)];
        let call = request.enter_for_secret::<scope::WebhooksManage>(ports, &keys).await?;
        // What is saved for a repeated request lacks the secret: it is shown once.
        let saved = |webhook: &Webhook| (200, text(&wire::delivery::webhooks::webhook(webhook, None)));
        let In { permit, ports, once } = &call;
        let answered = once.answered().and_then(|answer| id_in::<WebhookId>(&answer.body));
        let (webhook, secret) = match answered {
            None => webhooks::rotate_secret(ports, &**data_keys, permit, id, once, saved).await?,
            // The secret of the answer that was lost ends; the one before it signs on.
            Some(id) => webhooks::replace_secret(ports, &**data_keys, permit, id, once, saved).await?,
        };
        Ok(Response::json(200, &wire::delivery::webhooks::webhook(&webhook, Some(&secret))))
    })
}
