//! `GET /v1/audit`

fn main() {
    runtime::http::serve(&api::audit::list::ENDPOINT, api::ports);
}
