//! `GET /v1/webhooks/{webhook_id}/deliveries`

fn main() {
    runtime::http::serve(&api::webhooks::deliveries::ENDPOINT, api::ports);
}
