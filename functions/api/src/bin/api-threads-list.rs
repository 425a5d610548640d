//! `GET /v1/inboxes/{inbox_id}/threads`

fn main() {
    runtime::http::serve(&api::threads::list::ENDPOINT, api::ports);
}
