//! `GET /v1/inboxes`

fn main() {
    runtime::http::serve(&api::inboxes::list::ENDPOINT, api::ports);
}
