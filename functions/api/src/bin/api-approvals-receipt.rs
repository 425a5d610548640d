//! `GET /v1/approvals/{approval_id}/receipt`

fn main() {
    runtime::http::serve(&api::approvals::receipt::ENDPOINT, api::signing_ports);
}
