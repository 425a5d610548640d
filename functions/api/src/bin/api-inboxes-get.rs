//! `GET /v1/inboxes/{inbox_id}`

fn main() {
    runtime::http::serve(&api::inboxes::get::ENDPOINT, api::ports);
}
