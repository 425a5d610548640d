//! `GET /v1/approvals`

fn main() {
    runtime::http::serve(&api::approvals::list::ENDPOINT, api::ports);
}
