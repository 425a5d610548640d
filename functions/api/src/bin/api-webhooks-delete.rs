//! `DELETE /v1/webhooks/{webhook_id}`

fn main() {
    runtime::http::serve(&api::webhooks::delete::ENDPOINT, api::ports);
}
