//! `POST /v1/approvals/{approval_id}/delegate`

fn main() {
    runtime::http::serve(&api::approvals::delegate::ENDPOINT, api::ports);
}
