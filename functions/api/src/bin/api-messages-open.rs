//! `GET /v1/messages`

fn main() {
    runtime::http::serve(&api::messages::open::ENDPOINT, api::ports);
}
