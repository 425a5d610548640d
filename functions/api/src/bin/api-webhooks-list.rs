//! `GET /v1/webhooks`

fn main() {
    runtime::http::serve(&api::webhooks::list::ENDPOINT, api::ports);
}
