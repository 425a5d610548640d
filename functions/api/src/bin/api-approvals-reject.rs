//! `POST /v1/approvals/{approval_id}/reject`

fn main() {
    runtime::http::serve(&api::approvals::reject::ENDPOINT, api::ports);
}
