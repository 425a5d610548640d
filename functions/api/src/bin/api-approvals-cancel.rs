//! `POST /v1/approvals/{approval_id}/cancel`

fn main() {
    runtime::http::serve(&api::approvals::cancel::ENDPOINT, api::ports);
}
