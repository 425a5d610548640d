//! `POST /v1/approvals/{approval_id}/edit`

fn main() {
    runtime::http::serve(&api::approvals::edit::ENDPOINT, api::ports);
}
