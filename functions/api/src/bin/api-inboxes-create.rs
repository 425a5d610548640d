//! `POST /v1/inboxes`

fn main() {
    runtime::http::serve(&api::inboxes::create::ENDPOINT, api::ports);
}
