//! `GET /v1/webhooks/{webhook_id}`

fn main() {
    runtime::http::serve(&api::webhooks::get::ENDPOINT, api::ports);
}
