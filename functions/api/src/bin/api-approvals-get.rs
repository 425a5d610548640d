//! `GET /v1/approvals/{approval_id}`

fn main() {
    runtime::http::serve(&api::approvals::get::ENDPOINT, api::ports);
}
