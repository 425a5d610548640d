//! `POST /v1/webhooks`

fn main() {
    runtime::http::serve(&api::webhooks::create::ENDPOINT, api::ports);
}
