//! `GET /v1/threads/{thread_id}`

fn main() {
    runtime::http::serve(&api::threads::get::ENDPOINT, api::ports);
}
