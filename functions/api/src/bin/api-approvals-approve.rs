//! `POST /v1/approvals/{approval_id}/approve`

fn main() {
    runtime::http::serve(&api::approvals::approve::ENDPOINT, api::ports);
}
